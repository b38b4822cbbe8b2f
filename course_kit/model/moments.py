"""When things happened: a moment alone, or with the event's id as a place in the canonical order."""

from datetime import datetime

Moment = tuple[datetime, str]
"""A place in the canonical order: ``Event.order``."""


def note_first(times: dict[str, datetime], name: str, at: datetime) -> None:
    if name not in times or at < times[name]:
        times[name] = at


def note_last(times: dict[str, datetime], name: str, at: datetime) -> None:
    if name not in times or at > times[name]:
        times[name] = at


def least(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def most(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


def best(one: tuple[float, datetime], other: tuple[float, datetime]) -> tuple[float, datetime]:
    """The larger share; of equal ones the earlier."""
    return min(one, other, key=lambda reached: (-reached[0], reached[1]))


def moment_text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def read_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def place_text(order: Moment) -> str:
    """As text, of one width up to the id, so that the earlier text is the earlier place."""
    return f"{order[0].isoformat(timespec='microseconds')} {order[1]}"


def read_place(text: str) -> Moment:
    at, _, event_id = text.partition(" ")
    return datetime.fromisoformat(at), event_id
