"""Who is stuck: at work in the last week, and five attempts or more without progress."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from course_kit.model.course import Course
from course_kit.model.progress import fold
from course_kit.model.roster import Roster
from course_kit.report.cohort import group
from course_kit.report.stuck import Stuck, stuck


def found(course: Course, roster: Roster, at: datetime, diary: Any) -> Stuck | None:
    ada = group(roster, {}, diary.events, course=course.key).members[0]
    return stuck(course, ada, fold(course, ada.events), at=at)


def fail(diary: Any, times: int, name: str = "begin/warm/q2") -> Any:
    for response in range(times):
        diary.answered(name, response, 0)
    return diary


def test_five_failures_since_the_last_progress(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    ada = fail(diary("ada", 3).opened("begin"), 2).answered("begin/warm/q1", 0, 1)
    begun = ada.now + timedelta(minutes=1)
    fail(fail(ada, 2, "begin/warm/q1"), 4)
    assert found(course, roster, at, ada) == Stuck(
        learner="ada",
        name="Ada Lovelace",
        lesson="begin",
        item="warm/q2",
        failed=6,
        since=begun,
        last_at=ada.now,
    )


def test_who_never_got_anything_right_is_stuck_from_the_start(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    one = found(course, roster, at, fail(diary("ada", 3).opened("begin"), 7))
    assert one is not None
    assert (one.failed, one.item) == (7, "warm/q2")


def test_four_failures_are_not_enough(course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]) -> None:
    assert found(course, roster, at, fail(diary("ada", 3).opened("begin"), 4)) is None


def test_what_could_not_be_read_is_no_attempt(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    ada = fail(diary("ada", 3).opened("begin"), 4)
    fact = {"lesson": "begin", "item": "warm/q2", "digest": "first", "response": "x"}
    for _ in range(9):
        ada.wrote("ItemAnswered", state="invalid", fraction=0, **fact)
    assert found(course, roster, at, ada) is None


def test_who_fails_here_and_gets_on_there_is_not_stuck(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    ada = fail(diary("ada", 3).opened("begin"), 9).answered("begin/warm/q1", 0, 1)
    assert found(course, roster, at, ada) is None


def test_a_partly_right_answer_is_progress_once(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    ada = fail(diary("ada", 3).opened("begin"), 4).answered("begin/warm/q2", [0], 0.5)
    assert found(course, roster, at, ada) is None
    for _ in range(5):
        ada.answered("begin/warm/q2", [0], 0.5)
    one = found(course, roster, at, ada)
    assert one is not None
    assert one.failed == 5


def test_who_has_not_been_seen_for_a_week_is_gone_and_not_stuck(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    assert found(course, roster, at, fail(diary("ada", 8).opened("begin"), 9)) is None
    assert found(course, roster, at, fail(diary("ada", 6.9).opened("begin"), 9)) is not None


def test_who_is_done_is_not_stuck(course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]) -> None:
    ada = diary("ada", 3).opened("paper")
    for lesson, quiz in (("begin", "warm"), ("frames", "robust")):
        ada.opened(lesson).answered(f"{lesson}/{quiz}/q1", 0, 1).answered(f"{lesson}/{quiz}/q2", 0, 1)
    assert found(course, roster, at, fail(ada, 9)) is None
