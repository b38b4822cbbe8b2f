"""Learners by lessons and assignments: exact values, and nothing where nothing is known."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from course_kit.model.course import Course
from course_kit.model.roster import Roster
from course_kit.model.scores import SubmissionScore
from course_kit.report.cohort import group
from course_kit.report.tables import (
    AssignmentCell,
    CourseTable,
    FunnelStep,
    LessonCell,
    course_table,
    funnel,
    score_summaries,
)


def table_of(course: Course, roster: Roster, *diaries: Any, **given: Any) -> CourseTable:
    events = [event for one in diaries for event in one.events]
    seen = [learner for learner, _ in given.get("submitted", {})]
    return course_table(course, group(roster, {}, events, course=course.key, seen=seen), **given)


def test_a_learners_row_holds_what_was_done(course: Course, roster: Roster, diary: Callable[..., Any]) -> None:
    ada = diary("ada", 5).opened("begin").answered("begin/warm/q1", 0, 1).answered("begin/warm/q2", 1, 1)
    ada.opened("frames").answered("frames/robust/q1", 2, 0.5).submitted("lab")
    row = table_of(course, roster, ada).rows[0]
    assert (row.learner, row.shown, row.email, row.cohort) == ("ada", "Ada Lovelace", "ada@example.org", "a")
    assert row.lessons == (
        LessonCell(state="done", fraction=1.0, begun=True),
        LessonCell(state="started", fraction=0.25, begun=True),
        LessonCell(state="open", fraction=None, begun=False),
    )
    assert row.fraction == (1 + 0.25 + 0) / 3
    assert row.last_at == ada.now
    assert row.assignments == (AssignmentCell(submitted=True, submitted_at=ada.now),)


def test_who_was_never_seen_has_empty_cells(course: Course, roster: Roster, diary: Callable[..., Any]) -> None:
    row = table_of(course, roster, diary("ada", 5).opened("begin")).rows[1]
    assert (row.last_at, row.fraction, row.started) == (None, None, False)
    assert row.lessons == (LessonCell(), LessonCell(), LessonCell())
    assert row.assignments == (AssignmentCell(),)


def test_a_lesson_that_was_opened_and_not_begun_is_a_real_nothing(
    course: Course, roster: Roster, diary: Callable[..., Any]
) -> None:
    cells = table_of(course, roster, diary("ada", 5).opened("begin")).rows[0].lessons
    assert cells[0] == LessonCell(state="started", fraction=0.0, begun=False)
    assert cells[1] == LessonCell(state="locked", fraction=None, begun=False)


def test_not_started_not_submitted_and_unknown(course: Course, roster: Roster, diary: Callable[..., Any]) -> None:
    table = table_of(
        course,
        roster,
        diary("ada", 5).opened("begin"),
        diary("p-9", 5).opened("begin"),
        submitted={("bob", "lab"): None},
    )
    assert [row.learner for row in table.not_started()] == ["cyd"]
    assert [(column.key, [row.learner for row in rows]) for column, rows in table.not_submitted()] == [
        ("lab", ["ada", "cyd"])
    ]
    assert [row.learner for row in table.unknown] == ["p-9"]
    assert table.unknown[0].lessons[0].fraction == 0.0


def test_a_posted_score_shows_and_a_batch_that_is_not_posted_goes_before_it(
    course: Course, roster: Roster, diary: Callable[..., Any]
) -> None:
    posted = diary("ada", 5).submitted("lab").scored("lab", 0, 10)
    assert table_of(course, roster, posted).rows[0].assignments[0].model_dump(exclude={"submitted_at"}) == {
        "submitted": True,
        "score": 0.0,
        "max_score": 10.0,
        "status": "graded",
    }
    batch = [
        SubmissionScore(learner="ada", assignment="lab", status="graded", score=7.5, max_score=10),
        SubmissionScore(learner="bob", assignment="lab", status="timed-out", max_score=10),
        SubmissionScore(learner="cyd", assignment="lab", status="missing"),
    ]
    rows = table_of(course, roster, posted, scores=batch).rows
    assert [(row.assignments[0].submitted, row.assignments[0].score) for row in rows] == [
        (True, 7.5),
        (True, None),
        (False, None),
    ]


def test_scores_that_are_no_numbers_are_missing(course: Course, roster: Roster, diary: Callable[..., Any]) -> None:
    nan = diary("ada", 5)
    nan.scored("lab", 1, 10)
    batch = [SubmissionScore(learner="ada", assignment="lab", status="graded", score=float("nan"), max_score=10)]
    table = table_of(course, roster, nan, scores=batch)
    assert table.rows[0].assignments[0].score is None
    assert score_summaries(table)[0].scored == 0


def test_a_score_that_does_not_stand_bears_a_star() -> None:
    cells = [
        AssignmentCell(),
        AssignmentCell(submitted=True),
        AssignmentCell(submitted=True, score=0.0, status="graded"),
        AssignmentCell(submitted=True, score=7.5, status="needs-manual-grading"),
    ]
    assert [cell.shown for cell in cells] == ["", "in", "0", "7.5*"]


def test_the_funnel_narrows(course: Course, roster: Roster, diary: Callable[..., Any]) -> None:
    ada = diary("ada", 5).opened("begin").answered("begin/warm/q1", 0, 1).answered("begin/warm/q2", 0, 1)
    bob = diary("bob", 5).opened("begin").opened("tables").answered("tables/robust/old", 1, 0)
    cyd = diary("cyd", 5).wrote("LessonWaived", lesson="begin", reason="knows it").opened("paper")
    stranger = diary("p-9", 5).opened("begin")
    assert funnel(table_of(course, roster, ada, bob, cyd, stranger)) == (
        FunnelStep(lesson="begin", title="First steps", opened=3, started=2, done=2),
        FunnelStep(lesson="frames", title="Tables", opened=1, started=1, done=0),
        FunnelStep(lesson="paper", title="A paper", opened=1, started=1, done=1),
    )


def test_scores_are_summed_up_by_tenths(course: Course, roster: Roster, diary: Callable[..., Any]) -> None:
    table = table_of(
        course,
        roster,
        diary("ada", 5).scored("lab", 7, 10),
        diary("bob", 5).scored("lab", 10, 10),
        diary("cyd", 5).submitted("lab"),
    )
    (lab,) = score_summaries(table)
    assert (lab.submitted, lab.scored, lab.mean, lab.median, lab.lowest, lab.highest) == (3, 2, 0.85, 0.85, 0.7, 1.0)
    assert lab.bins == (0, 0, 0, 0, 0, 0, 0, 1, 0, 1)


def test_every_tenth_begins_where_a_person_expects_it(
    course: Course, roster: Roster, diary: Callable[..., Any]
) -> None:
    for tenth in range(10):
        (lab,) = score_summaries(table_of(course, roster, diary("ada", 5).scored("lab", tenth * 0.3, 3)))
        assert lab.bins.index(1) == tenth


def test_no_scores_give_no_mean(course: Course, roster: Roster) -> None:
    (lab,) = score_summaries(table_of(course, roster))
    assert (lab.mean, lab.median, lab.lowest, lab.highest, sum(lab.bins)) == (None, None, None, None, 0)


def test_points_beyond_the_maximum_stand_in_the_last_tenth(
    course: Course, roster: Roster, diary: Callable[..., Any], at: datetime
) -> None:
    (lab,) = score_summaries(table_of(course, roster, diary("ada", 5).scored("lab", 12, 10)))
    assert (lab.highest, lab.bins[9]) == (1.2, 1)
