"""What a store of events promises. One test file holds every store to it (tests/store/test_contract.py)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from course_kit.model.events import Event
from course_kit.model.keys import canonical_json, digest, utc_text

CONFLICT = "Another event with this id, and different content, was stored before; that one counts."


@dataclass(frozen=True)
class Appended:
    """How many events were new, how many were there already, and how many were set aside for a conflict."""

    stored: int = 0
    duplicates: int = 0
    conflicts: int = 0


@dataclass(frozen=True)
class SetAside:
    """Something that came as an event and is kept apart: as it came, why, and when it was taken."""

    raw: str
    reason: str
    at: datetime


class ProgressStore(Protocol):
    """Events, what was set aside, and who is who. Safe for threads; errors are course-kit's.

    Every method raises :class:`~course_kit.errors.Busy` where another process holds the store too long,
    :class:`~course_kit.errors.Unavailable` where the disk refuses, :class:`~course_kit.errors.Invalid` where the
    store is damaged. What a method wrote is durable when it returns; where it raises, nothing of its call was written.
    """

    def append(self, events: Iterable[Event], received_at: datetime) -> Appended:
        """Store ``events`` in one transaction, stamped with ``received_at`` unless they bear such a stamp.

        Idempotent by ``event_id``: an event that is there with equal content (``Event.content``) is a duplicate and
        skipped; one with different content is a conflict, set aside with its reason, and the stored one stays. None
        of these stops the others. The order of ``events`` does not matter, but of two with one id the first wins.
        """
        ...

    def events(self, *, learners: Collection[str] | None = None, course: str | None = None) -> Iterator[Event]:
        """The events in canonical order (``Event.order``), as of one moment; of some ``learners`` or one ``course``.

        ``learners`` are names that events bear (pseudonyms); None means all, an empty collection none.
        """
        ...

    def set_aside(self, raw: str, reason: str, at: datetime) -> None:
        """Keep apart what cannot be an event. The same raw text with the same reason is kept once, as it first came."""
        ...

    def set_asides(self) -> list[SetAside]:
        """All that was set aside, in the order in which it came."""
        ...

    def people(self) -> Mapping[str, str]:
        """Whom each known pseudonym belongs to: pseudonym to learner (as the roster names them)."""
        ...

    def link_person(self, pseudonym: str, learner: str, at: datetime) -> None:
        """Note that ``pseudonym`` is ``learner``. A later word replaces an earlier one."""
        ...

    def pseudonyms(self, learner: str) -> tuple[str, ...]:
        """The pseudonyms that are linked to ``learner``, in the order of their text."""
        ...

    def close(self) -> None:
        """Let files and connections go. Closing twice is harmless."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


@dataclass(frozen=True)
class Entry:
    """An event as stores keep it: stamped, with its place in the canonical order and the digest of its content."""

    event: Event
    order_at: str
    received_at: str
    content: str
    payload: str

    @classmethod
    def of(cls, event: Event, received_at: datetime) -> "Entry":
        stamped = event.received(received_at)
        value = stamped.model_dump(mode="json")
        payload = canonical_json(value)
        received = value.pop("received_at")
        return cls(stamped, utc_text(stamped.order()[0]), received, digest(value), payload)


def first_of_each(events: Iterable[Event], received_at: datetime) -> tuple[dict[str, Entry], int, list[Entry]]:
    """Of ``events``: the first of each id, how many others equal it, and those that conflict with it."""
    first: dict[str, Entry] = {}
    duplicates, conflicts = 0, []
    for event in events:
        entry = Entry.of(event, received_at)
        known = first.setdefault(event.event_id, entry)
        if known is entry:
            continue
        if known.content == entry.content:
            duplicates += 1
        else:
            conflicts.append(entry)
    return first, duplicates, conflicts


def writable(text: str) -> str:
    """``text`` as UTF-8 can hold it: half characters (lone surrogates) become their escapes."""
    return text.encode(errors="backslashreplace").decode()
