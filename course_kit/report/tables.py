"""The course's table, learners by lessons and assignments, and what follows from it.

What is missing is None and is shown as nothing, never as 0: a lesson that was not opened has no fraction, work that
was not scored has no score.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from course_kit.model.course import Course
from course_kit.model.progress import LessonProgress, Progress, progress_of
from course_kit.model.scores import SubmissionScore
from course_kit.report.cohort import Cohort, Member
from course_kit.report.wording import points

FINAL = frozenset({"", "graded", "repaired"})
"""The statuses of a score that stands; any other is still to be looked at (marked by hand, verified)."""
Submitted = Mapping[tuple[str, str], datetime | None]
"""Work that is in, by learner and assignment, and when it came, as far as that is known."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class Column(_Row):
    """A lesson or an assignment. ``max_score`` is an assignment's, where it is known."""

    key: str
    title: str
    unit: str
    max_score: float | None = None


class LessonCell(_Row):
    """How far one learner is in one lesson: ``fraction`` 0–1, None while it was not opened.

    ``begun``: something was done in it (an answer, a hint, a cell that was run), not only looked at.
    """

    state: Literal["locked", "open", "started", "done"] | None = None
    fraction: float | None = None
    begun: bool = False


class AssignmentCell(_Row):
    """One learner's work: ``score`` is None until one is known; ``status`` is as grading names it."""

    submitted: bool = False
    submitted_at: datetime | None = None
    score: float | None = None
    max_score: float | None = None
    status: str = ""

    @property
    def share(self) -> float | None:
        """The score as a share of the maximum, None where either is missing or the maximum is nothing."""
        return None if self.score is None or not self.max_score else self.score / self.max_score

    @property
    def shown(self) -> str:
        """``7.5``, ``7.5*`` while it does not stand, ``in`` for what is submitted and has no score, or nothing."""
        if self.score is None:
            return "in" if self.submitted else ""
        return points(self.score) + ("" if self.status in FINAL else "*")


class LearnerRow(_Row):
    """One learner. ``fraction`` (0–1, of the whole course) and ``last_at`` are None for who has not started."""

    learner: str
    name: str = ""
    email: str = ""
    cohort: str = ""
    pseudonyms: tuple[str, ...] = ()
    last_at: datetime | None = None
    fraction: float | None = None
    lessons: tuple[LessonCell, ...] = ()
    assignments: tuple[AssignmentCell, ...] = ()

    @property
    def shown(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.learner

    @property
    def started(self) -> bool:
        return self.last_at is not None or any(cell.submitted for cell in self.assignments)

    @property
    def lessons_done(self) -> int:
        return sum(cell.state == "done" for cell in self.lessons)


class CourseTable(_Row):
    """``rows``: the roster, or everyone seen where there is none. ``unknown``: seen, and not on the roster."""

    lessons: tuple[Column, ...]
    assignments: tuple[Column, ...]
    rows: tuple[LearnerRow, ...]
    unknown: tuple[LearnerRow, ...]
    has_roster: bool

    def not_started(self) -> tuple[LearnerRow, ...]:
        """Those on the roster of whom nothing was ever seen, neither an event nor a submission."""
        return tuple(row for row in self.rows if not row.started)

    def not_submitted(self) -> tuple[tuple[Column, tuple[LearnerRow, ...]], ...]:
        """For each assignment, those on the roster whose work is not in."""
        return tuple(
            (column, tuple(row for row in self.rows if not row.assignments[number].submitted))
            for number, column in enumerate(self.assignments)
        )


class FunnelStep(_Row):
    """How many learners opened a lesson, began to work in it, and completed it; each includes the next."""

    lesson: str
    title: str
    opened: int
    started: int
    done: int


class ScoreSummary(_Row):
    """The scores of one assignment as shares of the maximum; ``bins`` counts them by tenths, the last with 100 % and
    above. All but the counts are None where nobody has a score."""

    assignment: str
    title: str
    submitted: int
    scored: int
    mean: float | None = None
    median: float | None = None
    lowest: float | None = None
    highest: float | None = None
    bins: tuple[int, ...] = (0,) * 10


def course_table(
    course: Course,
    cohort: Cohort,
    *,
    scores: Iterable[SubmissionScore] = (),
    submitted: Submitted | None = None,
    progress: Mapping[str, Progress] | None = None,
) -> CourseTable:
    """The table of everyone in ``cohort``.

    A posted score (an event) counts unless ``scores``, the results of a batch, hold a later word on the same
    learner and assignment. ``scores`` and ``submitted`` name learners as the roster does. ``progress`` by
    learner, from whoever has it already.
    """
    given = {(score.learner, score.assignment): score for score in scores}
    known, lessons = progress or {}, course.lessons_by_name()

    def row(member: Member) -> LearnerRow:
        folded = known.get(member.learner) or progress_of(course, member.tally)
        begun = {lessons[name].key for name in member.tally.worked if name in lessons}
        return _learner_row(course, member, folded, begun, given, submitted or {})

    return CourseTable(
        lessons=tuple(
            Column(key=lesson.key, title=lesson.title or lesson.key, unit=unit.title or unit.key)
            for unit in course.units
            for lesson in unit.lessons
        ),
        assignments=tuple(
            Column(key=work.key, title=work.title or work.key, unit=unit.title or unit.key, max_score=work.max_score)
            for unit in course.units
            for work in unit.assignments
        ),
        rows=tuple(row(member) for member in cohort.members),
        unknown=tuple(row(member) for member in cohort.unknown),
        has_roster=cohort.has_roster,
    )


def _learner_row(
    course: Course,
    member: Member,
    progress: Progress,
    begun: Collection[str],
    scores: Mapping[tuple[str, str], SubmissionScore],
    submitted: Submitted,
) -> LearnerRow:
    seen = progress.last_at is not None
    return LearnerRow(
        learner=member.learner,
        name=member.entry.name if member.entry else "",
        email=member.entry.email if member.entry else "",
        cohort=member.entry.cohort if member.entry else "",
        pseudonyms=member.pseudonyms,
        last_at=progress.last_at,
        fraction=progress.fraction if seen else None,
        lessons=tuple(_lesson_cell(lesson, lesson.key in begun, seen) for lesson in progress.lessons),
        assignments=tuple(
            _assignment_cell(progress, work.key, (member.learner, work.key), scores, submitted)
            for work in course.assignments()
        ),
    )


def _lesson_cell(lesson: LessonProgress, begun: bool, seen: bool) -> LessonCell:
    if lesson.state == "done":
        return LessonCell(state="done", fraction=lesson.fraction, begun=True)
    if not seen:
        return LessonCell()
    opened = lesson.opened_at is not None
    return LessonCell(state=lesson.state, fraction=lesson.fraction if opened else None, begun=begun)


def _assignment_cell(
    progress: Progress,
    key: str,
    name: tuple[str, str],
    scores: Mapping[tuple[str, str], SubmissionScore],
    submitted: Submitted,
) -> AssignmentCell:
    posted = progress.assignment(key)
    score, most, status = (posted.score, posted.max_score, posted.status) if posted else (None, None, "")
    result = scores.get(name)
    if result is not None:
        score, most, status = result.score, result.max_score, result.status
    moment = (posted.submitted_at if posted else None) or submitted.get(name)
    handed_in = moment is not None or name in submitted or status not in ("", "missing")
    return AssignmentCell(
        submitted=handed_in, submitted_at=moment, score=_finite(score), max_score=_finite(most), status=status
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def funnel(table: CourseTable) -> tuple[FunnelStep, ...]:
    """For each lesson how many of the table's rows opened it, began to work in it, and completed it.

    Who completed a lesson (or had it waived) counts as having opened and begun it, so that each step includes the
    next. Those who are not on the roster are not counted.
    """
    steps = []
    for number, column in enumerate(table.lessons):
        cells = [row.lessons[number] for row in table.rows]
        steps.append(
            FunnelStep(
                lesson=column.key,
                title=column.title,
                opened=sum(cell.fraction is not None or cell.state == "done" or cell.begun for cell in cells),
                started=sum(cell.begun for cell in cells),
                done=sum(cell.state == "done" for cell in cells),
            )
        )
    return tuple(steps)


def score_summaries(table: CourseTable) -> tuple[ScoreSummary, ...]:
    """For each assignment how the scores of the table's rows lie. The median of an even number is the middle two's
    mean."""
    found = []
    for number, column in enumerate(table.assignments):
        cells = [row.assignments[number] for row in table.rows]
        shares = sorted(cell.share for cell in cells if cell.share is not None)
        bins = [0] * 10
        for share in shares:
            # the tiny shift puts 0.7 (7 / 10 in binary is a little less at times) where a person expects it
            bins[min(9, max(0, int(share * 10 + 1e-9)))] += 1
        half = len(shares) // 2
        found.append(
            ScoreSummary(
                assignment=column.key,
                title=column.title,
                submitted=sum(cell.submitted for cell in cells),
                scored=len(shares),
                mean=sum(shares) / len(shares) if shares else None,
                median=(shares[half] + shares[~half]) / 2 if shares else None,
                lowest=shares[0] if shares else None,
                highest=shares[-1] if shares else None,
                bins=tuple(bins),
            )
        )
    return tuple(found)
