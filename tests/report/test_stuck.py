"""Who is stuck: at work in the last week, and five attempts or more without progress."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_kit.model import events as e
from course_kit.model.course import Course
from course_kit.model.events import Event
from course_kit.model.progress import canonical, progress_of
from course_kit.model.roster import Roster
from course_kit.model.tally import Tally
from course_kit.report.cohort import group
from course_kit.report.outline import Outline
from course_kit.report.stuck import Stuck, stuck


def found(course: Course, roster: Roster, at: datetime, diary: Any) -> Stuck | None:
    ada = group(roster, {}, diary.events, course=course.key).members[0]
    return stuck(Outline.of(course), ada, progress_of(course, ada.tally), at=at)


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


def test_looking_on_is_no_progress_where_answers_count(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    ada = fail(diary("ada", 3).opened("begin"), 5).wrote("LessonViewed", lesson="begin", fraction=0.9)
    ada.wrote("CellRan", lesson="begin", cell="c1", ok=True).opened("frames")
    assert found(course, roster, at, ada) is not None
    assert found(course, roster, at, ada.opened("paper")) is None


def test_a_better_answer_under_a_former_name_is_progress_once(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    ada = fail(diary("ada", 3).answered("frames/robust/q1", [0], 0.5), 4).answered("tables/robust/old", [0], 0.5)
    one = found(course, roster, at, ada)
    assert one is not None
    assert (one.failed, one.item) == (5, "warm/q2")


def test_failing_at_what_the_course_no_longer_has_does_not_count(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    assert found(course, roster, at, fail(diary("ada", 3).opened("begin"), 9, "begin/gone/q1")) is None


def replayed(course: Course, events: Sequence[Event]) -> list[tuple[datetime, str]]:
    """The definition, event by event: the failed attempts since something that counts came to more than before."""
    best: dict[tuple[str, str], float] = {}
    failed: list[tuple[datetime, str]] = []
    names = course.lessons_by_name()
    for event in canonical(events):
        fact, at = event.fact, event.order()[0]
        lesson = names.get(getattr(fact, "lesson", ""))
        if lesson is None:
            continue
        thing, share = "", 0.0
        if isinstance(fact, e.ItemAnswered) and lesson.present_item(fact.item) in lesson.items:
            thing, share = lesson.present_item(fact.item), fact.fraction
            if share < 1:
                failed.append((at, f"{lesson.key}/{thing}"))
        elif fact.kind == "LessonCompleted":
            thing, share = "completed", 1.0
        elif fact.kind == "LessonOpened" and lesson.kind == "document":
            thing, share = "opened", 1.0
        if thing and share > best.get((lesson.key, thing), 0.0):
            best[lesson.key, thing] = share
            failed = []
    return failed


answers = st.tuples(
    st.sampled_from(["begin/warm/q1", "begin/warm/q2", "frames/robust/q1", "tables/robust/old", "gone/quiz/q1"]),
    st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0]),
)
others = st.sampled_from([("LessonOpened", "paper"), ("LessonOpened", "frames"), ("LessonCompleted", "begin")])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(answers, answers, answers, others), max_size=20), chance=st.randoms())
def test_what_is_kept_tells_what_the_replay_tells(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any], steps: list[Any], chance: Any
) -> None:
    ada = diary("ada", 3)
    for name, share in steps:
        if isinstance(share, str):
            ada.wrote(name, lesson=share)
        else:
            ada.answered(name, 0, share)
    expected = replayed(course, ada.events)
    chance.shuffle(ada.events)
    one = found(course, roster, at, ada)
    whole = progress_of(course, Tally.of(ada.events)).fraction
    if len(expected) < 5 or whole >= 1:
        assert one is None
        return
    assert one is not None
    worst = Counter(name for _, name in expected).most_common(1)[0][0]
    assert (one.failed, one.since, f"{one.lesson}/{one.item}") == (len(expected), expected[0][0], worst)
    # nothing but what counts raises progress: with the attempts since then it is what it was before them
    before = [event for event in ada.events if event.order()[0] < one.since]
    assert progress_of(course, Tally.of(before)).fraction == whole
