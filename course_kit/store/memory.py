"""A store in memory: for tests, simulations and the events of one submission. Gone with its process."""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Self

from course_kit.model.events import Event
from course_kit.store.contract import CONFLICT, Appended, Entry, SetAside, first_of_each, writable


class MemoryStore:
    """Fulfils :class:`~course_kit.store.contract.ProgressStore`; durable means as long as the object lives."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._set_asides: dict[tuple[str, str], SetAside] = {}
        self._people: dict[str, str] = {}
        self._lock = threading.Lock()

    def append(self, events: Iterable[Event], received_at: datetime) -> Appended:
        first, duplicates, conflicts = first_of_each(events, received_at)
        with self._lock:
            new = {event_id: entry for event_id, entry in first.items() if event_id not in self._entries}
            for event_id, entry in first.items():
                if event_id in new:
                    continue
                if self._entries[event_id].content == entry.content:
                    duplicates += 1
                else:
                    conflicts.append(entry)
            self._entries.update(new)
            for entry in conflicts:
                self._keep_apart(entry.payload, CONFLICT, received_at)
        return Appended(len(new), duplicates, len(conflicts))

    def events(self, *, learners: Collection[str] | None = None, course: str | None = None) -> Iterator[Event]:
        with self._lock:
            entries = list(self._entries.values())
        wanted = None if learners is None else frozenset(learners)
        found = [
            entry.event
            for entry in entries
            if (wanted is None or entry.event.learner in wanted) and (course is None or entry.event.course == course)
        ]
        return iter(sorted(found, key=Event.order))

    def set_aside(self, raw: str, reason: str, at: datetime) -> None:
        with self._lock:
            self._keep_apart(raw, reason, at)

    def _keep_apart(self, raw: str, reason: str, at: datetime) -> None:
        text, why = writable(raw), writable(reason)
        self._set_asides.setdefault((text, why), SetAside(text, why, at.astimezone(UTC)))

    def set_asides(self) -> list[SetAside]:
        with self._lock:
            return list(self._set_asides.values())

    def people(self) -> Mapping[str, str]:
        with self._lock:
            return dict(self._people)

    def link_person(self, pseudonym: str, learner: str, at: datetime) -> None:
        with self._lock:
            self._people[pseudonym] = learner

    def pseudonyms(self, learner: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, person in self.people().items() if person == learner))

    def close(self) -> None:
        """Nothing to let go: the events stay readable."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
