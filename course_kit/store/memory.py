"""A store in memory: for tests, simulations and the events of one submission. Gone with its process."""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Self

from course_kit.model.events import Event, Voided
from course_kit.model.tally import Tally
from course_kit.store.contract import CONFLICT, Appended, Entry, Erased, SetAside, bears, first_of_each, writable


class MemoryStore:
    """Fulfils :class:`~course_kit.store.contract.ProgressStore`; durable means as long as the object lives."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._set_asides: dict[tuple[str, str], SetAside] = {}
        self._people: dict[str, str] = {}
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._erased: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def append(self, events: Iterable[Event], received_at: datetime) -> Appended:
        with self._lock:
            return self._append(events, received_at)

    def _append(self, events: Iterable[Event], received_at: datetime) -> Appended:
        wanted = list(events)
        kept = [event for event in wanted if event.learner not in self._erased]
        first, duplicates, conflicts = first_of_each(kept, received_at)
        new = {event_id: entry for event_id, entry in first.items() if event_id not in self._entries}
        for event_id, entry in first.items():
            known = self._entries.get(event_id)
            if known is None:
                continue
            if entry.equals(known.content, known.payload):
                duplicates += 1
            else:
                conflicts.append(entry)
        self._entries.update(new)
        self._tally([entry.stamped() for entry in new.values()])
        for entry in conflicts:
            self._keep_apart(entry.payload, CONFLICT, received_at)
        return Appended(len(new), duplicates, len(conflicts), len(wanted) - len(kept))

    def _tally(self, events: list[Event]) -> None:
        again: set[tuple[str, str]] = set()
        for event in events:
            key = (event.course, event.learner)
            if not self._tallies.setdefault(key, Tally()).take(event):
                again.add(key)
        for key in again:
            self._tallies[key] = self._replay(*key)

    def _replay(self, course: str, learner: str) -> Tally:
        found = (entry.stamped() for entry in self._entries.values())
        return Tally.of(event for event in found if (event.course, event.learner) == (course, learner))

    def events(
        self,
        *,
        learners: Collection[str] | None = None,
        course: str | None = None,
        lessons: Collection[str] | None = None,
    ) -> Iterator[Event]:
        with self._lock:
            events = [entry.stamped() for entry in self._entries.values()]
        found = [
            event
            for event in events
            if (learners is None or event.learner in learners) and (course is None or event.course == course)
            if lessons is None or isinstance(event.fact, Voided) or getattr(event.fact, "lesson", None) in lessons
        ]
        return iter(sorted(found, key=Event.order))

    def tallies(self, course: str, *, learners: Collection[str] | None = None) -> dict[str, Tally]:
        with self._lock:
            return {
                learner: Tally.from_json(tally.to_json())
                for (key, learner), tally in sorted(self._tallies.items())
                if key == course and (learners is None or learner in learners)
            }

    def keep_again(self, course: str, learner: str) -> bool:
        with self._lock:
            before = self._tallies.get((course, learner))
            after = self._replay(course, learner)
            if before is None:
                return False
            self._tallies[course, learner] = after
            return before.to_json() != after.to_json()

    def count(self, course: str | None = None) -> int:
        with self._lock:
            return sum(course is None or entry.event.course == course for entry in self._entries.values())

    def names(self) -> list[tuple[str, str]]:
        with self._lock:
            return sorted(self._tallies)

    def settle(self, aside: SetAside, event: Event, at: datetime) -> Appended:
        with self._lock:
            self._set_asides.pop((aside.raw, aside.reason), None)
            return self._append([event], at)

    def erase(self, names: Collection[str], at: datetime) -> Erased:
        with self._lock:
            gone = [event_id for event_id, entry in self._entries.items() if entry.event.learner in names]
            for event_id in gone:
                del self._entries[event_id]
            self._tallies = {key: tally for key, tally in self._tallies.items() if key[1] not in names}
            texts = [key for key in self._set_asides if bears(key[0], names)]
            for key in texts:
                del self._set_asides[key]
            self._people = {name: person for name, person in self._people.items() if name not in names}
            self._erased |= {name: self._erased.get(name, at.astimezone(UTC)) for name in names}
            return Erased(tuple(sorted(names)), len(gone), len(texts))

    def erased(self) -> Mapping[str, datetime]:
        with self._lock:
            return dict(self._erased)

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
