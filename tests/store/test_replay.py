"""Progress is a replay: in whatever order, pieces and repetitions events reach a store, it comes out the same."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.events import Event, read_event
from course_kit.model.keys import decision_id, utc_text
from course_kit.model.progress import Progress, fold
from course_kit.store.memory import MemoryStore
from course_kit.store.sql import SqlStore

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
LESSONS = ("a", "b", "c")
COURSE = Course(
    key="ds",
    title="Data science",
    units=(
        Unit(
            key="u",
            lessons=tuple(
                Lesson(key=key, kind="notebook", path=f"{key}.ipynb", items=("quiz/q1", "quiz/q2"), requires=needs)
                for key, needs in zip(LESSONS, ((), ("a",), ("b",)), strict=True)
            ),
        ),
    ),
)
shares = st.sampled_from([0.0, 0.5, 1.0])
lessons = st.sampled_from(LESSONS)
answers = st.builds(
    lambda lesson, item, share: {
        "kind": "ItemAnswered",
        "lesson": lesson,
        "item": f"quiz/{item}",
        "digest": "d",
        "response": 0,
        "state": {0.0: "wrong", 0.5: "partly-right", 1.0: "right"}[share],
        "fraction": share,
    },
    lessons,
    st.sampled_from(["q1", "q2"]),
    shares,
)
others = st.one_of(
    st.builds(lambda lesson: {"kind": "LessonOpened", "lesson": lesson}, lessons),
    st.builds(lambda lesson: {"kind": "LessonCompleted", "lesson": lesson}, lessons),
    st.builds(lambda lesson: {"kind": "LessonWaived", "lesson": lesson, "reason": ""}, lessons),
    st.builds(
        lambda share: {"kind": "ScorePosted", "assignment": "x", "score": share, "max_score": 1, "status": "graded"},
        shares,
    ),
    st.builds(lambda done: {"kind": "GoalSet", "week": "2026-11-16", "text": "read", "done": done}, st.booleans()),
    st.builds(lambda n: {"kind": "Voided", "event_id": event_id(n), "reason": ""}, st.integers(0, 20)),
)


def event_id(number: int) -> str:
    return decision_id("replay", str(number))


def numbered(facts: Sequence[tuple[dict[str, Any], int]]) -> list[Event]:
    """The facts as events: minutes apart, some at one time, all received before the day was over."""
    return [
        read_event(
            {
                "version": 1,
                "event_id": event_id(number),
                "at": utc_text(MONDAY + timedelta(minutes=minute)),
                "learner": f"p-{number % 2}",
                "course": "ds",
                "release": "",
                "fact": fact,
            }
        )
        for number, (fact, minute) in enumerate(facts)
    ]


events_of_a_day = st.lists(st.tuples(st.one_of(answers, others), st.integers(0, 5)), max_size=20).map(numbered)


@given(events=events_of_a_day, chance=st.randoms(use_true_random=False), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_order_repetition_and_pieces_make_no_difference(events: list[Event], chance: Any, cuts: list[int]):
    at = MONDAY + timedelta(hours=1)
    expected = fold(COURSE, [event.received(at) for event in events])
    sent = events + chance.sample(events, len(events) // 2)
    chance.shuffle(sent)
    store = MemoryStore()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(sent)], strict=True):
        store.append(sent[start:end], at)
    assert fold(COURSE, store.events()) == expected
    assert fold(COURSE, sent) == expected


@settings(max_examples=15, deadline=None)
@given(events=events_of_a_day)
def test_every_store_gives_the_same_events_and_so_the_same_progress(tmp_path_factory: Any, events: list[Event]):
    at = MONDAY + timedelta(minutes=3)  # some clocks run ahead of the store's
    memory, found = MemoryStore(), list[list[Event]]()
    with SqlStore.open(tmp_path_factory.mktemp("store") / "store.db") as database:
        for store in (memory, database):
            store.append(reversed(events), at)
            found.append(list(store.events()))
    assert found[0] == found[1] == sorted(found[0], key=Event.order)
    assert _progress(found[0]) == _progress(found[1])


@given(events=events_of_a_day, fact=answers)
def test_a_later_answer_takes_nothing_away(events: list[Event], fact: dict[str, Any]):
    before = fold(COURSE, events)
    (last,) = numbered([(fact, 9)])
    after = fold(COURSE, [*events, last.model_copy(update={"event_id": decision_id("one more")})])
    assert after.fraction >= before.fraction
    done = {lesson.key for lesson in before.lessons if lesson.state == "done"}
    assert done <= {lesson.key for lesson in after.lessons if lesson.state == "done"}


def _progress(events: Sequence[Event]) -> Progress:
    return fold(COURSE, events)
