"""Whose work was due when, when it came, and what it counts: course.yml's rules, as the gradebook is to have them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.client import Worker
from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.bridges.nbgrader.duedates import AssignmentDates, LearnerDates, text_of, write_dates
from course_kit.files.zones import zone_named, zone_or_utc
from course_kit.grading.collected import Index
from course_kit.grading.extensions import Extensions
from course_kit.grading.places import GradedAssignment, GradingPlace
from course_kit.grading.roster_file import roster_of
from course_kit.model.course import Assignment
from course_kit.model.dates import Effective, Pace, counted_time, credit_at, effective, own_zones, pace_of
from course_kit.model.when import Override
from course_kit.store.contract import ProgressStore
from course_kit.store.kept import tallies_of

Call = Callable[..., Any]
"""Ask nbgrader's worker: ``call(operation, assignment=…)``."""


@dataclass(frozen=True)
class WorkDates:
    """One learner's dates for one assignment, and the times of what they handed in (None: nothing yet).

    ``finished`` by their own clock, ``received`` here (None: not known); ``counted`` is the one that decided, after the
    grace of the course; ``percent`` is what the work counts.
    """

    learner: str
    dates: Effective
    finished: datetime | None = None
    received: datetime | None = None
    counted: datetime | None = None
    percent: float = 100.0

    @property
    def why(self) -> str:
        """Which rules applied, in words."""
        rules = dict.fromkeys(self.dates.why[name] for name in ("due", "closes", "credit") if name in self.dates.why)
        texts = [text for text in rules if not any(other.startswith(f"{text},") for other in rules)]
        if self.counted is not None and self.counted != self.finished:
            texts.append("it arrived after the grace was used up")
        elif self.received is not None and self.finished is not None and self._grace_helped:
            texts.append("the time at which it was finished counts")
        return "; ".join(texts)

    @property
    def _grace_helped(self) -> bool:
        return self.received is not None and credit_at(self.dates, self.received) != self.percent


@dataclass(frozen=True)
class _Beginning:
    start: datetime | None = None
    pace: tuple[Pace, ...] = ()
    zones: tuple[tzinfo, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """The rules of one assignment; whoever asks it has read everything that it needs."""

    place: GradingPlace
    assignment: GradedAssignment
    part: Assignment
    extensions: tuple[Override, ...] = ()
    cohorts: Mapping[str, str] = field(default_factory=dict)
    beginnings: Mapping[str, _Beginning] = field(default_factory=dict)

    def dates(self, learner: str, at: datetime) -> Effective:
        """As they stand at ``at``."""
        begun = self.beginnings.get(learner, _Beginning())
        return effective(
            self.part,
            start=begun.start,
            at=at,
            zone=zone_or_utc(self.place.zone),
            own=begun.zones,
            overrides=(*self.part.overrides, *self.extensions),
            cohort=self.cohorts.get(learner, ""),
            learner=learner,
            pace=begun.pace,
        )

    def work(self, learner: str, *, index: Index, info: CourseInfo, at: datetime) -> WorkDates:
        """A learner's dates, with what they handed in; the dates are those of when that was."""
        finished = _finished(info, learner, self.assignment)
        if finished is None:
            return WorkDates(learner, self.dates(learner, at))
        origin = index.get(learner, self.assignment.key)
        same = origin is not None and datetime.fromisoformat(origin.submitted_at) == finished
        received = datetime.fromisoformat(origin.received) if same and origin and origin.received else None
        counted = counted_time(finished, received, self.place.grace)
        dates = self.dates(learner, counted)
        return WorkDates(learner, dates, finished, received, counted, credit_at(dates, counted))


def calendar(
    place: GradingPlace, assignment: GradedAssignment, *, store: ProgressStore | None = None
) -> Calendar | None:
    """The rules that course.yml and extensions give an assignment; None where they give none.

    The store is opened only where dates count from when a learner began.
    """
    part, extensions = assignment.part, Extensions(place).of(assignment.key)
    if part is None or not (part.opens or part.due or part.closes or part.credit or part.overrides or extensions):
        return None
    cohorts: dict[str, str] = {}
    if any(one.cohort for one in part.overrides):
        cohorts = {entry.learner: entry.cohort for entry in roster_of(place.folder).entries if entry.cohort}
    beginnings = _beginnings(place, store) if _counts_from_start(part, extensions) else {}
    return Calendar(place, assignment, part, extensions, cohorts, beginnings)


def _counts_from_start(part: Assignment, extensions: tuple[Override, ...]) -> bool:
    sources: tuple[Assignment | Override, ...] = (part, *part.overrides, *extensions)
    texts = [text for one in sources for text in (one.opens, one.due, one.closes) if text]
    texts += [step.until for one in sources for step in one.credit or () if step.until]
    return any(text.startswith("start") for text in texts)


def _beginnings(place: GradingPlace, store: ProgressStore | None) -> dict[str, _Beginning]:
    if store is None:
        if not place.store.is_file():
            return {}
        from course_kit.store.sql import SqlStore

        with SqlStore.open(place.store) as opened:
            return _beginnings(place, opened)
    people, zone = store.people(), zone_or_utc(place.zone)
    tallies = tallies_of(store, place.course, people, learners=people.keys())
    # a score is no step of the learner's: a bare notebook's sender has never begun
    return {
        learner: _Beginning(tally.started_at, pace_of(tally), own_zones(tally, zone, zone_named))
        for learner, tally in tallies.items()
        if tally.started_at is not None
    }


def _finished(info: CourseInfo, learner: str, assignment: GradedAssignment) -> datetime | None:
    """What the submission's ``timestamp.txt`` says."""
    try:
        with (info.submitted_folder(learner, assignment.name) / "timestamp.txt").open(encoding="utf-8") as stream:
            text = stream.read(100).strip()
        at = datetime.fromisoformat(text.removesuffix("UTC").strip())
    except (OSError, ValueError):
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)


def all_dates(
    place: GradingPlace,
    assignment: GradedAssignment,
    info: CourseInfo,
    *,
    at: datetime,
    store: ProgressStore | None = None,
    everyone: bool = False,
) -> tuple[WorkDates, ...] | None:
    """The dates of all who handed in (``everyone``: and of the roster), by id; None where there are no rules."""
    found = calendar(place, assignment, store=store)
    if found is None:
        return None
    index = Index(place)
    known = {entry.learner for entry in roster_of(place.folder).entries} if everyone else set()
    learners = sorted({*info.submitters(assignment.name), *known})
    return tuple(found.work(learner, index=index, info=info, at=at) for learner in learners)


def list_dates(
    place: GradingPlace,
    assignment: GradedAssignment,
    info: CourseInfo,
    *,
    at: datetime,
    store: ProgressStore | None = None,
) -> bool:
    """Write the list that nbgrader's side reads. Returns whether that changed it."""
    found = all_dates(place, assignment, info, at=at, store=store)
    if found is None:
        return write_dates(assignment.root, assignment.name, None)
    handed_in = {one.learner: _listed(one) for one in found if one.counted is not None}
    shared = assignment.part.due if assignment.part is not None else None
    due = None
    if assignment.part is not None and shared is not None and not shared.startswith("start"):
        plain = effective(assignment.part, start=None, at=at, zone=zone_or_utc(place.zone))
        due = text_of(plain.full_until or plain.due)
    return write_dates(assignment.root, assignment.name, AssignmentDates(due, handed_in))


def _listed(one: WorkDates) -> LearnerDates:
    dates = one.dates
    steps: tuple[tuple[str | None, float], ...] | None = None
    if dates.credit or dates.closes is not None:
        steps = _steps(dates)
    due = dates.full_until if steps is not None else dates.due
    return LearnerDates(
        due=text_of(due or dates.due),
        counted=text_of(one.counted),
        finished=text_of(one.finished),
        received=text_of(one.received),
        steps=steps,
        why=one.why,
    )


def _steps(dates: Effective) -> tuple[tuple[str | None, float], ...]:
    """The credit as pairs; the closing ends it."""
    pairs: list[tuple[str | None, float]] = []
    steps = [(step.until, step.percent) for step in dates.credit] or [(None, 100.0)]
    for until, percent in steps:
        if dates.closes is not None and (until is None or until >= dates.closes):
            return (*pairs, (text_of(dates.closes), percent), (None, 0.0))
        pairs.append((text_of(until), percent))
    return (*pairs, (None, 0.0)) if pairs[-1][0] is not None else tuple(pairs)


def bring_dates(
    place: GradingPlace,
    assignment: GradedAssignment,
    info: CourseInfo,
    call: Call,
    *,
    at: datetime,
    back_up: Callable[[], object],
    store: ProgressStore | None = None,
    always: bool = False,
) -> tuple[str, ...]:
    """Bring dates, extensions and credit into the gradebook (after ``back_up``, where that changes anything).

    Asks nbgrader only if the list changed, or ``always`` (somebody may have changed the gradebook, or marked by hand).
    Returns a sentence for each thing that differed.
    """
    changed = list_dates(place, assignment, info, at=at, store=store)
    if assignment.part is None or not (changed or always):
        return ()
    found: list[str] = call("put_dates", assignment=assignment.name, write=False)
    if found:
        back_up()
        call("put_dates", assignment=assignment.name, write=True)
    return tuple(found)


def disagreements(place: GradingPlace, *, at: datetime) -> dict[str, tuple[str, ...]]:
    """:func:`differences` of all assignments for which course.yml has rules and that a gradebook may know, by key."""
    roots: dict[Path, list[GradedAssignment]] = {}
    for one in place.assignments:
        if calendar(place, one) is None:
            continue
        info = place.info(one.root)
        if info.database is None or info.database.is_file():
            list_dates(place, one, info, at=at)
            roots.setdefault(one.root, []).append(one)
    found = {}
    for root, assignments in roots.items():
        with Worker(root, log=place.log) as worker:
            for one in assignments:
                found[one.key] = tuple(worker.call("put_dates", assignment=one.name, write=False))
    return found


def differences(place: GradingPlace, assignment: GradedAssignment, *, at: datetime) -> tuple[str, ...]:
    """Where course.yml and the gradebook disagree, a sentence each; the gradebook is not touched."""
    list_dates(place, assignment, place.info(assignment.root), at=at)
    with Worker(assignment.root, log=place.log) as worker:
        return tuple(worker.call("put_dates", assignment=assignment.name, write=False))
