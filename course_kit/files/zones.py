"""Time zones by their names, as the computer's own table has them, or the package tzdata."""

import os
from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

_TABLE = "zoneinfo/"
"""What stands before a zone's name in the path of its file, on every system that has such files."""


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo | None:
    """The zone of that name (``Europe/Berlin``), or None if this computer knows none."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def zone_or_utc(name: str) -> tzinfo:
    """The zone of that name; UTC for "" and where this computer does not know it."""
    return (zone_named(name) if name else None) or UTC


def computer_zone_name(environ: Mapping[str, str] = os.environ, etc: Path = Path("/etc")) -> str | None:
    """The name of this computer's own zone: as ``TZ`` says, else as the system is set. None where neither names one.

    ``etc`` is the folder with the system's settings.
    """
    told = environ.get("TZ", "").removeprefix(":")
    if told:
        return _known(told)
    try:
        link = (etc / "localtime").resolve().as_posix()
        named = _known(link.rpartition(_TABLE)[2]) if _TABLE in link else None
        return named or _known((etc / "timezone").read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None


def _known(name: str) -> str | None:
    _, _, last = name.rpartition(_TABLE)
    return last if last and zone_named(last) is not None else None
