"""What the instructor arranges for single learners (cohort, extensions, waived lessons), and the way it reaches them.

``roster.csv`` and the list of extensions are what counts when work is graded. What travels says the same to the
learner's own computer: in each feedback file, and in a file of its own.
"""

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound, did_you_mean
from course_kit.files.archive import write_archive
from course_kit.grading.extensions import Extensions
from course_kit.grading.places import GradingPlace
from course_kit.grading.publish import new_pseudonym
from course_kit.grading.roster_file import roster_of
from course_kit.model.arrangements import posted
from course_kit.model.events import ArrangementsPosted, Event, LessonWaived
from course_kit.model.keys import canonical_json
from course_kit.model.release import ArrangementsManifest
from course_kit.model.roster import is_stand_in
from course_kit.model.tally import Tally
from course_kit.model.when import Override
from course_kit.store.contract import ProgressStore

_NOTHING = ArrangementsPosted()


class Arranging:
    """Asked for one learner after another; the roster, the extensions and what is kept of all are read once."""

    def __init__(self, place: GradingPlace, store: ProgressStore, at: datetime) -> None:
        self._place, self._store, self._at = place, store, at
        self._extensions = Extensions(place)
        self._cohorts = {entry.learner: entry.cohort for entry in roster_of(place.folder).entries}
        self._people = dict(store.people())
        self._tallies = store.tallies(place.course)

    @property
    def arranged_for(self) -> tuple[str, ...]:
        """Everyone for whom there is, or ever was, an arrangement."""
        told = {self._people.get(name, name) for name, tally in self._tallies.items() if tally.arranged is not None}
        waived = {self._people.get(name, name) for name, tally in self._tallies.items() if tally.waived}
        cohorts = {learner for learner, cohort in self._cohorts.items() if cohort}
        parts = [one.part for one in self._place.assignments if one.part is not None]
        written = {override.learner for part in parts for override in part.overrides if override.learner}
        return tuple(sorted({*told, *waived, *cohorts, *written, *self._extensions.learners()}))

    def events(self, learner: str) -> tuple[Event, ...]:
        """Everything that was arranged for ``learner``, as events that are in the store; what is news is put there."""
        found = [*self._waivers(learner)]
        told = self._told(learner)
        return tuple(found if told is None else [told, *found])

    def waive(self, learner: str, lesson: str, reason: str) -> bool:
        """Waive a lesson (its present key) for ``learner``; False where it was waived before."""
        if any(lesson in tally.waived for _, tally in self._tallies_of(learner)):
            return False
        event = self._event(
            _new_id(),
            self._name(learner),
            LessonWaived(lesson=lesson, reason=reason),
        )
        self._append(event, learner)
        return True

    def addressed(self, learner: str) -> tuple[str, ...]:
        """The pseudonyms of the learner's computers, as far as any was met."""
        return tuple(name for name in self._store.pseudonyms(learner) if not is_stand_in(name))

    def _told(self, learner: str) -> Event | None:
        """The last word on cohort and extensions: the one in the store if it says the same, else a new one."""
        fact = posted(self._cohorts.get(learner, ""), self._given_to(learner))
        words = [(tally.arranged, name) for name, tally in self._tallies_of(learner) if tally.arranged is not None]
        before = max(words, default=None)
        if before is None and fact == _NOTHING:
            return None
        if before is not None:
            ((when, event_id), text), name = before
            known = ArrangementsPosted.model_validate(json.loads(text))
            if known == fact:
                return self._event(event_id, name, known, at=when)
        made = self._event(
            _new_id(),
            self._name(learner),
            fact,
        )
        return self._append(made, learner)

    def _given_to(self, learner: str) -> list[tuple[str, Override]]:
        """Overrides of course.yml and the extension, joined field by field as the later one says."""
        found: dict[str, dict[str, Any]] = {}
        written = [
            (one.key, override)
            for one in self._place.assignments
            for override in (one.part.overrides if one.part is not None else ())
            if override.learner == learner
        ]
        for key, override in (*written, *self._extensions.given_to(learner)):
            said = {name: value for name, value in override if value is not None and name not in ("cohort", "reason")}
            found.setdefault(key, {}).update(said)
        return [(key, Override.model_validate(fields)) for key, fields in found.items()]

    def _waivers(self, learner: str) -> list[Event]:
        tallies = self._tallies_of(learner)
        lessons = sorted({lesson for _, tally in tallies for lesson in tally.waived})
        if not lessons:
            return []
        names = [name for name, _ in tallies]
        events = self._store.events(learners=names, course=self._place.course, lessons=lessons)
        return [
            event.model_copy(update={"received_at": None}) for event in events if isinstance(event.fact, LessonWaived)
        ]

    def _tallies_of(self, learner: str) -> list[tuple[str, Tally]]:
        return [(name, tally) for name, tally in self._tallies.items() if self._people.get(name, name) == learner]

    def _name(self, learner: str) -> str:
        names = self._store.pseudonyms(learner)
        return names[0] if names else new_pseudonym(self._store, learner, self._at)

    def _event(
        self, event_id: str, name: str, fact: ArrangementsPosted | LessonWaived, *, at: datetime | None = None
    ) -> Event:
        return Event(event_id=event_id, at=at or self._at, learner=name, course=self._place.course, fact=fact)

    def _append(self, event: Event, learner: str) -> Event:
        self._store.append([event], self._at)
        self._people[event.learner] = learner
        self._tallies |= self._store.tallies(self._place.course, learners=[event.learner])
        return event


def _new_id() -> str:
    """An id that nobody can guess, and so use up before, in a submission here or in a file on the learner's computer.

    What was said before is found in the store, so it need not be the same each time."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class ArrangedFile:
    """One learner's file. ``addressed``: a computer of theirs is known, and nobody else's opens the file."""

    learner: str
    path: Path
    addressed: bool


def write_arrangements(
    place: GradingPlace, store: ProgressStore, *, at: datetime, learners: Iterable[str] | None = None
) -> tuple[ArrangedFile, ...]:
    """Write ``.course-kit/arrangements/arrangements-<learner>-<digest>.feedback.zip`` (None: for all who have any).

    The same arrangements give the same file; an older one of the learner's is removed.
    """
    arranging = Arranging(place, store, at)
    made = []
    for learner in arranging.arranged_for if learners is None else learners:
        events = arranging.events(learner)
        if events:
            made.append(_write(place, learner, arranging.addressed(learner), events))
    return tuple(made)


def waive(
    place: GradingPlace, store: ProgressStore, learner: str, lesson: str, reason: str, *, at: datetime
) -> tuple[str, bool]:
    """Excuse ``learner`` from a lesson. Returns its present key, and whether that is news.

    Raises :class:`NotFound` for a lesson that the course does not have, :class:`Invalid` without a reason or a
    course.yml.
    """
    from course_kit.source.course_file import read_course

    if not (place.folder / "course.yml").is_file():
        raise Invalid(f"{place.folder} has no course.yml, and so no lessons.", hint="Wrap the course: course-kit init.")
    if not reason.strip():
        raise Invalid("A waiver needs a reason; the learner sees it.", hint='Write --reason "taken last year", say.')
    course = read_course(place.folder).course
    named = course.lesson(lesson)
    if named is None:
        known = [each.key for each in course.lessons()]
        hint = f"Write the key of a lesson: {', '.join(known)}.{did_you_mean(lesson, known)}"
        raise NotFound(f"The course has no lesson {lesson!r}.", hint=hint)
    return named.key, Arranging(place, store, at).waive(learner, named.key, reason.strip()[:2000])


def _write(place: GradingPlace, learner: str, names: Sequence[str], events: tuple[Event, ...]) -> ArrangedFile:
    manifest = ArrangementsManifest.seal(course=place.course, learners=tuple(names), arranged=events)
    folder, stem = place.hidden / "arrangements", f"arrangements-{re.sub(r'[^A-Za-z0-9._@-]', '_', learner)}"
    path = folder / f"{stem}-{manifest.arrangements[:8]}.feedback.zip"
    content = canonical_json(manifest.json_object()).encode()
    write_archive(path, {"arrangements.json": content}, first="arrangements.json")
    older = re.compile(re.escape(stem) + r"-[0-9a-f]{8}\.feedback\.zip")
    for other in folder.iterdir():
        if other != path and older.fullmatch(other.name):
            other.unlink()
    return ArrangedFile(learner, path, bool(names))
