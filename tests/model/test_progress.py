"""Progress as a replay: exact values, and the same for every order of the same events."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.events import Event, read_event
from course_kit.model.keys import uuid7
from course_kit.model.progress import fold

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
COURSE = Course(
    key="ds",
    title="Data science",
    units=(
        Unit(
            key="one",
            lessons=(
                Lesson(
                    key="first",
                    title="First",
                    kind="notebook",
                    path="a.ipynb",
                    items=("q/a", "q/b"),
                    minutes=20,
                ),
                Lesson(key="second", kind="notebook", path="b.ipynb", cells=("c1", "c2"), requires=("first",)),
                Lesson(key="paper", kind="document", path="p.pdf"),
            ),
            assignments=(Assignment(key="hw", source="autograders/source/hw"),),
        ),
    ),
)


def happened(minute: int, kind: str, *, received: int | None = None, **fact: object) -> Event:
    at = START + timedelta(minutes=minute)
    data = {
        "version": 1,
        "event_id": uuid7(at, random.Random(f"{minute}{kind}{fact}").getrandbits(74)),
        "at": at.isoformat(),
        "learner": "p-1",
        "course": "ds",
        "fact": {"kind": kind, **fact},
    }
    if received is not None:
        data["received_at"] = (START + timedelta(minutes=received)).isoformat()
    return read_event(data)


def answered(minute: int, item: str, fraction: float, state: str = "", **more: object) -> Event:
    state = state or ("right" if fraction == 1 else "partly-right" if fraction else "wrong")
    fact = {
        "lesson": "first",
        "item": item,
        "digest": "d",
        "response": 0,
        "state": state,
        "fraction": fraction,
    }
    return happened(minute, "ItemAnswered", **{**fact, **more})


def test_a_new_learner_begins_with_the_first_lesson_and_sees_why_the_second_is_shut():
    progress = fold(COURSE, [])
    assert [(lesson.key, lesson.state) for lesson in progress.lessons] == [
        ("first", "open"),
        ("second", "locked"),
        ("paper", "open"),
    ]
    reason = progress.lesson("second").reasons[0]
    assert (reason.lesson, reason.text, reason.minutes) == ("first", "Complete “First” first.", 20)
    assert (progress.next_lesson, progress.fraction, progress.started_at) == ("first", 0.0, None)


def test_answers_move_a_lesson_and_open_the_next():
    half = fold(COURSE, [answered(1, "q/a", 1.0)])
    assert (half.lesson("first").fraction, half.lesson("first").state) == (0.5, "started")
    done = fold(COURSE, [answered(1, "q/a", 1.0), answered(2, "q/b", 0.5)])
    assert (done.lesson("first").fraction, done.lesson("first").state) == (0.75, "done")
    assert (done.lesson("second").state, done.next_lesson) == ("open", "second")
    assert done.fraction == pytest.approx(1 / 3)


def test_a_later_wrong_answer_takes_nothing_away_but_is_what_is_restored():
    progress = fold(COURSE, [answered(1, "q/a", 1.0), answered(2, "q/a", 0.0, response=1)])
    item = progress.items["first/q/a"]
    assert (item.fraction, item.attempts, item.state, item.response, item.first_fraction) == (
        1.0,
        2,
        "wrong",
        1,
        1.0,
    )


def test_what_could_not_be_read_costs_no_attempt():
    progress = fold(COURSE, [answered(1, "q/a", 0.0, state="invalid")])
    assert progress.items == {}


def test_voiding_is_the_one_way_back():
    good = answered(1, "q/a", 1.0)
    void = happened(5, "Voided", event_id=good.event_id, reason="a slip")
    assert fold(COURSE, [void, good]).items == {}


def test_a_completed_lesson_stays_done_when_a_new_release_asks_for_more():
    completed = happened(3, "LessonCompleted", lesson="first")
    assert fold(COURSE, [completed]).lesson("first").state == "done"


def test_cells_count_only_when_they_ran_and_belong_to_the_lesson():
    events = [
        happened(1, "LessonUnlocked", lesson="second"),
        happened(2, "CellRan", lesson="second", cell="c1", ok=True),
        happened(3, "CellRan", lesson="second", cell="c2", ok=False, error="NameError"),
        happened(4, "CellRan", lesson="second", cell="own", ok=True),
    ]
    lesson = fold(COURSE, events).lesson("second")
    assert (lesson.fraction, lesson.state) == (0.5, "started")


def test_a_document_is_done_when_it_was_opened():
    assert fold(COURSE, [happened(1, "LessonOpened", lesson="paper")]).lesson("paper").state == "done"


def test_scores_come_in_without_looking_like_work():
    events = [
        happened(1, "AssignmentSubmitted", assignment="hw", submission="abc"),
        happened(9, "ScorePosted", assignment="hw", score=0.0, max_score=4.0, status="graded"),
    ]
    progress = fold(COURSE, events)
    hw = progress.assignment("hw")
    assert (hw.score, hw.max_score, hw.submission) == (0.0, 4.0, "abc")
    assert progress.last_at == START + timedelta(minutes=1)


def test_a_renamed_lesson_and_item_keep_their_history():
    renamed = Lesson(
        key="intro",
        kind="notebook",
        path="a.ipynb",
        items=("quiz/one", "q/b"),
        was=("first",),
        renamed_items={"q/a": "quiz/one"},
    )
    course = COURSE.model_copy(update={"units": (Unit(key="one", lessons=(renamed,)),)})
    progress = fold(course, [answered(1, "q/a", 1.0), answered(2, "q/b", 1.0)])
    assert (progress.lesson("intro").state, progress.items["intro/quiz/one"].fraction) == ("done", 1.0)


def test_a_clock_that_runs_ahead_is_held_to_the_servers():
    ahead = answered(600, "q/a", 0.0, response=1).received(START + timedelta(minutes=1))
    after = answered(2, "q/a", 1.0).received(START + timedelta(minutes=2))
    assert fold(COURSE, [ahead, after]).items["first/q/a"].response == 0


STORY = [
    answered(1, "q/a", 0.0),
    answered(2, "q/a", 1.0),
    answered(3, "q/b", 0.5),
    answered(4, "q/b", 0.0),
    happened(5, "CellRan", lesson="second", cell="c1", ok=True),
    happened(6, "GoalSet", week="2026-11-02", text="two lessons"),
    happened(7, "GoalSet", week="2026-11-02", text="", done=True),
    happened(8, "AssignmentSubmitted", assignment="hw", submission="abc"),
    happened(9, "LessonOpened", lesson="paper"),
]


@given(st.lists(st.sampled_from(STORY), max_size=6), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_gives_the_same_progress(extra, shuffler):
    events = [*STORY, *extra]
    shuffler.shuffle(events)
    assert fold(COURSE, events) == fold(COURSE, STORY)


def test_of_a_pool_the_best_answers_count() -> None:
    lesson = COURSE.lesson("first")
    assert lesson is not None
    pooled = lesson.model_copy(update={"items": ("q/a", "q/b", "q/c", "r/d"), "pools": {"q": 2}})
    course = Course(key="ds", title="Data science", units=(Unit(key="one", lessons=(pooled,)),))
    some = [answered(1, "q/a", 0.0), answered(2, "q/b", 0.5), answered(3, "q/c", 0.75, state="right")]
    (progress,) = fold(course, some).lessons
    assert (progress.fraction, progress.items_right, progress.items) == (1.25 / 3, 1, 3)


def test_an_item_that_hints_helped_with_is_solved_at_its_price() -> None:
    progress = fold(COURSE, [answered(1, "q/a", 0.6, state="right"), answered(2, "q/a", 0.0)])
    assert (progress.items["first/q/a"].solved, progress.items["first/q/a"].fraction) == (True, 0.6)
    assert progress.lessons[0].items_right == 1
