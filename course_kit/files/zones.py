"""Time zones by their names, as the computer's own table has them, or the package tzdata."""

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo


@cache
def zone_named(name: str) -> tzinfo | None:
    """The zone of that name (``Europe/Berlin``), or None if this computer knows none."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def zone_or_utc(name: str) -> tzinfo:
    """The zone of that name; UTC for "" and where this computer does not know it."""
    return (zone_named(name) if name else None) or UTC
