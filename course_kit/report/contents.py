"""A report: all that it says, derived from what was read, before it is shown anywhere."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from course_kit.model.course import Course
from course_kit.model.events import Event
from course_kit.model.keys import utc_text
from course_kit.model.progress import progress_of
from course_kit.model.quiz import Item
from course_kit.model.roster import Roster
from course_kit.model.scores import SubmissionScore
from course_kit.model.tally import Tally
from course_kit.report.cohort import group
from course_kit.report.items import ItemRow, analyse
from course_kit.report.outline import Outline
from course_kit.report.stuck import STUCK_DAYS, Stuck, stuck
from course_kit.report.tables import (
    CourseTable,
    FunnelStep,
    LearnerRow,
    ScoreSummary,
    Submitted,
    course_table,
    funnel,
    score_summaries,
)


class Summary(BaseModel):
    """Numbers of learners (the roster's, or everyone seen where there is none), and of what came in.

    ``active``: seen in the last seven days. ``finished``: all lessons done. ``expected`` submissions are one of
    each assignment from each learner. ``answers`` are those that could be read.
    """

    model_config = ConfigDict(frozen=True)

    learners: int
    started: int
    active: int
    finished: int
    submitted: int
    scored: int
    expected: int
    answers: int


class Report(BaseModel):
    """Everything at one moment. ``set_aside``: how many events came in that could not be read."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    course: str
    title: str
    at: datetime
    summary: Summary
    table: CourseTable
    funnel: tuple[FunnelStep, ...]
    scores: tuple[ScoreSummary, ...]
    items: tuple[ItemRow, ...]
    items_in_course: int
    stuck: tuple[Stuck, ...]
    set_aside: int = 0

    def json_object(self) -> dict[str, Any]:
        """The report for other programs (``course-kit report --json``): what is missing is null, never 0.

        Cells are named by the keys of lessons and assignments; a lesson that says nothing of a learner is left out.
        """
        data = self.model_dump(mode="json", exclude={"table", "at"})
        table = self.table
        return {
            **data,
            "at": utc_text(self.at),
            "has_roster": table.has_roster,
            "lessons": [column.model_dump(mode="json", exclude={"max_score"}) for column in table.lessons],
            "assignments": [column.model_dump(mode="json") for column in table.assignments],
            "learners": [_json_row(table, row) for row in table.rows],
            "unknown": [_json_row(table, row) for row in table.unknown],
            "not_started": [row.learner for row in table.not_started()],
            "not_submitted": {column.key: [row.learner for row in rows] for column, rows in table.not_submitted()},
        }


def _json_row(table: CourseTable, row: LearnerRow) -> dict[str, Any]:
    data = row.model_dump(mode="json", exclude={"lessons", "assignments", "last_at"})
    lessons = zip(table.lessons, row.lessons, strict=True)
    work = zip(table.assignments, row.assignments, strict=True)
    return {
        **data,
        "last_at": None if row.last_at is None else utc_text(row.last_at),
        "lessons": {
            column.key: {"state": cell.state, "fraction": cell.fraction}
            for column, cell in lessons
            if cell.state is not None
        },
        "assignments": {
            column.key: cell.model_dump(mode="json", exclude={"submitted_at"})
            | {"submitted_at": None if cell.submitted_at is None else utc_text(cell.submitted_at)}
            for column, cell in work
        },
    }


def make_report(
    course: Course,
    roster: Roster,
    events: Iterable[Event],
    *,
    at: datetime,
    people: Mapping[str, str] | None = None,
    scores: Sequence[SubmissionScore] = (),
    submitted: Submitted | None = None,
    items: Mapping[str, Item] | None = None,
    set_aside: int = 0,
    kept: Mapping[str, Tally] | None = None,
    seen: Iterable[str] = (),
) -> Report:
    """The report of the moment ``at`` (aware UTC). Pure: the same arguments give the same report.

    ``people`` maps pseudonyms to learners of the roster. ``scores`` are results that are not posted yet;
    ``submitted`` is work that is in although no event says so. ``items`` are the present items by
    ``lesson/quiz/item``; without them a report shows choices by number. ``kept``: what the events of each learner come
    to, from whoever has it already; ``events`` are those of the others. ``seen``: the names that the store knows.
    """
    names = [*seen, *(score.learner for score in scores), *(learner for learner, _ in submitted or {})]
    cohort = group(roster, people or {}, events, course=course.key, seen=names, kept=kept)
    progress = {
        member.learner: progress_of(course, member.tally, at=at, cohorts=member.cohorts or None)
        for member in cohort.everyone()
    }
    table = course_table(course, cohort, scores=scores, submitted=submitted, progress=progress)
    outline = Outline.of(course)
    found = (stuck(outline, member, progress[member.learner], at=at) for member in cohort.members)
    everyone = cohort.everyone()
    return Report(
        course=course.key,
        title=course.title,
        at=at,
        summary=_summary(table, at, sum(member.tally.answers for member in everyone)),
        table=table,
        funnel=funnel(table),
        scores=score_summaries(table),
        items=analyse(course, everyone, items),
        items_in_course=sum(len(lesson.items) for lesson in course.lessons()),
        stuck=tuple(sorted(filter(None, found), key=lambda one: (-one.failed, one.learner))),
        set_aside=set_aside,
    )


def _summary(table: CourseTable, at: datetime, answers: int) -> Summary:
    recently = at - timedelta(days=STUCK_DAYS)
    rows = table.rows
    cells = [cell for row in rows for cell in row.assignments]
    return Summary(
        learners=len(rows),
        started=sum(row.started for row in rows),
        active=sum(row.last_at is not None and row.last_at >= recently for row in rows),
        finished=sum(bool(row.lessons) and row.lessons_done == len(row.lessons) for row in rows),
        submitted=sum(cell.submitted for cell in cells),
        scored=sum(cell.score is not None for cell in cells),
        expected=len(cells),
        answers=answers,
    )
