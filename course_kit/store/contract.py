"""What a store of events promises. One test file holds every store to it (tests/store/test_contract.py)."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Protocol, Self

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from course_kit.model.events import Event
from course_kit.model.keys import utc_text
from course_kit.model.tally import Tally

CONFLICT = "Another event with this id, and different content, was stored before; that one counts."


@dataclass(frozen=True)
class Appended:
    """How many events were new, how many were there already, and how many were set aside for a conflict.

    ``erased``: how many were dropped, because whoever's name they bear was erased from this store.
    """

    stored: int = 0
    duplicates: int = 0
    conflicts: int = 0
    erased: int = 0


@dataclass(frozen=True)
class SetAside:
    """Something that came as an event and is kept apart: as it came, why, and when it was taken."""

    raw: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Erased:
    """How many events and set-aside texts were taken out, and from under which names."""

    names: tuple[str, ...]
    events: int
    set_asides: int


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
        The tallies of whom they belong to follow in the same transaction.
        """
        ...

    def events(
        self,
        *,
        learners: Collection[str] | None = None,
        course: str | None = None,
        lessons: Collection[str] | None = None,
    ) -> Iterator[Event]:
        """The events in canonical order (``Event.order``), as of the moment in which the first is taken.

        Of some ``learners``, one ``course``, some ``lessons`` (with whatever voids an event): names that events bear.
        None means all, an empty collection none. They are read as they are taken, not all at once.
        """
        ...

    def tallies(self, course: str, *, learners: Collection[str] | None = None) -> dict[str, Tally]:
        """What the events of ``course`` have come to, by the names that they bear; as of one moment.

        Each equals the replay (``Tally.of``) of the events under that name; names without events have none. They are
        kept, so that this takes time by learners and not by events. What is returned belongs to the caller.
        """
        ...

    def keep_again(self, course: str, learner: str) -> bool:
        """Make the kept tally of one name anew from its events. Whether that changed it."""
        ...

    def count(self, course: str | None = None) -> int:
        """How many events there are, of one ``course`` or of all."""
        ...

    def names(self) -> list[tuple[str, str]]:
        """The (course, learner) of all events, each once, in order."""
        ...

    def set_aside(self, raw: str, reason: str, at: datetime) -> None:
        """Keep apart what cannot be an event. The same raw text with the same reason is kept once, as it first came."""
        ...

    def set_asides(self) -> list[SetAside]:
        """All that was set aside, in the order in which it came."""
        ...

    def settle(self, aside: SetAside, event: Event, at: datetime) -> Appended:
        """Append the ``event`` that a set-aside text turns out to be, and take it from among those; both or neither."""
        ...

    def erase(self, names: Collection[str], at: datetime) -> Erased:
        """Take out all that bears one of ``names``: events, tallies, links, set-aside texts; in one transaction.

        The names stay, as tombstones: events that bear them are dropped from now on, wherever they come from.
        """
        ...

    def erased(self) -> Mapping[str, datetime]:
        """The names that were erased, and when."""
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


class Entry(NamedTuple):
    """An event as stores keep it: its place in the canonical order, the digest of its content, and its JSON.

    ``event`` bears a stamp where that decides its place; :meth:`stamped` always does.
    """

    event: Event
    at: str
    order_at: str
    received_at: str
    content: str
    payload: str

    @classmethod
    def of(cls, event: Event, received_at: datetime, received: str = "") -> "Entry":
        """``received``: the text of ``received_at``, from whoever has it already."""
        at = utc_text(event.at)
        try:
            body = _body(event, at)
        except PydanticSerializationError:
            event = _writable_event(event)
            body = _body(event, at)
        if event.received_at is not None:
            received = utc_text(event.received_at)
        else:
            received = received or utc_text(received_at)
            if received < at:
                event = event.received(received_at)
        # texts of times are of one width, so that the earlier text is the earlier time
        order_at = at if at < received else received
        content = hashlib.sha256(body.encode()).hexdigest()
        return cls(event, at, order_at, received, content, f'{body[:-1]},"received_at":"{received}"}}')

    def stamped(self) -> Event:
        return self.event.received(datetime.fromisoformat(self.received_at))

    def equals(self, content: str, payload: str) -> bool:
        """Whether a stored event of this digest and JSON has the same content.

        The JSON decides where digests differ: a field that a later course-kit adds makes no conflict of an old event.
        """
        if content == self.content:
            return True
        try:
            return Event.model_validate_json(payload).content() == self.event.content()
        except ValidationError:
            return False


def _body(event: Event, at: str) -> str:
    """The JSON of ``event`` without ``received_at``, as pydantic writes it, in half the time."""
    fact = event.fact.__pydantic_serializer__.to_json(event.fact).decode()
    names = _names(event.learner, event.course, event.release)
    return f'{{"version":{event.version},"event_id":"{event.event_id}","at":"{at}",{names},"fact":{fact}}}'


@lru_cache(maxsize=1024)
def _names(learner: str, course: str, release: str) -> str:
    names = {"learner": learner, "course": course, "release": release}
    return json.dumps(names, ensure_ascii=False, separators=(",", ":"))[1:-1]


def _writable_event(event: Event) -> Event:
    """The event as UTF-8 can hold it: each half character (a page may cut an emoji in two) becomes the sign for one
    that is lost. What else was answered is worth more than to be refused for it."""
    text = json.dumps(event.model_dump(mode="json"), ensure_ascii=False)
    return Event.model_validate_json(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def first_of_each(events: Iterable[Event], received_at: datetime) -> tuple[dict[str, Entry], int, list[Entry]]:
    """Of ``events``: the first of each id, how many others equal it, and those that conflict with it."""
    first: dict[str, Entry] = {}
    duplicates, conflicts = 0, []
    received = utc_text(received_at)
    for event in events:
        entry = Entry.of(event, received_at, received)
        known = first.setdefault(event.event_id, entry)
        if known is entry:
            continue
        if entry.equals(known.content, known.payload):
            duplicates += 1
        else:
            conflicts.append(entry)
    return first, duplicates, conflicts


def writable(text: str) -> str:
    """``text`` as UTF-8 can hold it: half characters (lone surrogates) become their escapes."""
    return text.encode(errors="backslashreplace").decode()


def bears(raw: str, names: Collection[str]) -> bool:
    """Whether a set-aside text names somebody: a name in quotes, as JSON has it, with or without an escape before."""
    return any(f'"{name}"' in raw or f'"{name}\\"' in raw for name in names)
