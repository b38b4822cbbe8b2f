"""Attempts that are limited, waits between them, hints that cost, confidence beside the answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Refused
from course_kit.model.kinds import Essay, Number
from course_kit.model.quiz import Hint, Item
from course_kit.session.notes import close_all
from course_kit.session.practice import QuizSession
from course_kit.session.quizzes import open_quiz
from course_kit.session.standings import Clock, Pause
from course_kit.store.ingest import Ingester
from course_kit.store.memory import MemoryStore

Facts = Callable[..., list[dict[str, Any]]]
MEAN = Number(key="mean", prompt="The mean of 2, 4 and 9?", answer="5", explanation="15 / 3.")


def having(**fields: Any) -> Item:
    return MEAN.model_copy(update=fields)


def opened(workspace: Path, data: Path) -> QuizSession:
    quiz = open_quiz("frames/robust", cwd=workspace, data=data, environ={"COURSE_KIT_RECORD": "1"})
    assert isinstance(quiz, QuizSession)
    return quiz


def restarted(workspace: Path, data: Path, road: str) -> QuizSession:
    """The quiz in the next session: from the journals, or from the snapshot that was made of them."""
    if road == "snapshot":
        close_all()
        Ingester(data, MemoryStore()).ingest(datetime.now(UTC))
        assert list((data / "journals").iterdir()) == []
    return opened(workspace, data)


roads = pytest.mark.parametrize("road", ["journals", "snapshot"])


@roads
def test_after_the_last_attempt_explanation_and_answer_stand_there(make_workspace, data: Path, road: str) -> None:
    workspace = make_workspace((having(attempts=2),))
    quiz = opened(workspace, data)
    assert quiz.state_of("mean").left == 2
    quiz.answer("mean", "4")
    assert quiz.answer("mean", "four").state == "invalid"
    state = quiz.state_of("mean")
    assert (state.left, state.explanation, state.answers, state.revealable) == (1, "", [], False)
    quiz.answer("mean", "6")
    for now in (quiz, restarted(workspace, data, road)):
        state = now.state_of("mean")
        assert (state.left, state.explanation, state.answers) == (0, "15 / 3.", ["5"])
        assert (state.state, state.response, state.solved, state.revealable) == ("wrong", "6", False, False)
        with pytest.raises(Refused, match="no attempts left"):
            now.answer("mean", "5")


def test_seeing_the_answer_uses_up_what_is_left(make_workspace, data: Path) -> None:
    workspace = make_workspace((having(attempts=5),))
    quiz = opened(workspace, data)
    quiz.answer("mean", "4")
    quiz.answer("mean", "6")
    assert quiz.reveal("mean").left == 0
    assert opened(workspace, data).states() == quiz.states()
    with pytest.raises(Refused, match="no attempts left"):
        quiz.answer("mean", "5")


@roads
def test_hints_cost_what_they_say(make_workspace, data: Path, facts: Facts, road: str) -> None:
    hints = (Hint(text="Add.", cost=0.1), Hint(text="Divide.", cost=0.25), Hint(text="Free."))
    workspace = make_workspace((having(hints=hints),))
    quiz = opened(workspace, data)
    assert quiz.publics()[0]["hints"] == [0.1, 0.25, 0.0]
    quiz.hint("mean")
    quiz.hint("mean")
    outcome = quiz.answer("mean", "5")
    assert (outcome.state, outcome.fraction) == ("right", pytest.approx(0.65))
    assert [fact["fraction"] for fact in facts("ItemAnswered")] == [pytest.approx(0.65)]
    quiz.hint("mean")
    again = restarted(workspace, data, road)
    assert again.states() == quiz.states()
    state = again.state_of("mean")
    assert (state.solved, state.fraction, state.hints) == (True, pytest.approx(0.65), ["Add.", "Divide.", "Free."])
    assert again.answer("mean", "5").fraction == pytest.approx(0.65)


@roads
def test_confidence_is_kept_where_it_is_asked_for(make_workspace, data: Path, facts: Facts, road: str) -> None:
    workspace = make_workspace((having(confidence=True), having(key="other")))
    quiz = opened(workspace, data)
    quiz.answer("mean", "4", 3)
    quiz.answer("other", "4", 3)
    quiz.answer("other", "5", "certain")  # type: ignore[arg-type]
    assert [fact["confidence"] for fact in facts("ItemAnswered")] == [3, None, None]
    again = restarted(workspace, data, road)
    assert (again.state_of("mean").confidence, again.state_of("other").confidence) == (3, None)
    again.answer("mean", "5", 9)
    assert again.state_of("mean").confidence is None


def test_an_essay_is_handed_in_and_compared_by_its_writer(make_workspace, data: Path) -> None:
    essay = Essay(key="why", prompt="Why?", min_words=3, example="<p>Since.</p>", explanation="See above.")
    workspace = make_workspace((essay,))
    quiz = opened(workspace, data)
    assert quiz.answer("why", "too short").state == "invalid"
    assert quiz.state_of("why").answers == []
    assert quiz.answer("why", "a longer text").judged is False
    for now in (quiz, opened(workspace, data)):
        state = now.state_of("why")
        assert (state.state, state.judged, state.answers) == ("right", False, ["<p>Since.</p>"])
        assert (state.explanation, state.response) == ("See above.", "a longer text")


def test_what_was_typed_is_escaped_where_answers_are_shown(make_workspace, data: Path) -> None:
    from course_kit.model.kinds import ShortText

    quiz = opened(make_workspace((ShortText(key="sign", prompt="Less?", answers=("<",), attempts=1),)), data)
    quiz.answer("sign", ">")
    assert quiz.state_of("sign").answers == ["&lt;"]


def test_how_a_number_was_read_is_said(make_workspace, data: Path) -> None:
    quiz = opened(make_workspace(), data)
    quiz.answer("mean", "0,05e2")
    assert quiz.state_of("mean").read == "5"
    assert opened(make_workspace(), data).state_of("mean").read == "5"


# ---------------------------------------------------------------- waits


@dataclass
class Time:
    """A computer's two clocks. ``sets`` moves the one on the wall only."""

    wall: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)
    ticks: float = 1000.0
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(lambda: self.wall, lambda: self.ticks)

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.ticks += seconds

    def sets(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


def test_a_pause_ends() -> None:
    time = Time()
    pause = Pause(30, time.wall, time.clock)
    assert pause.left == 30
    time.passes(12.2)
    assert pause.left == 18
    time.passes(18)
    assert pause.left == 0


def test_a_clock_that_is_set_makes_no_pause_longer() -> None:
    time = Time()
    pause = Pause(30, time.wall, time.clock)
    time.sets(-3600 * 24 * 365)
    assert pause.left == 30
    time.passes(30)
    assert pause.left == 0
    # the computer slept: its ticks stood still, and the wall's clock tells
    slept = Pause(30, time.wall, time.clock)
    time.sets(60)
    assert slept.left == 0


def test_an_attempt_in_the_future_holds_nobody() -> None:
    time = Time()
    assert Pause(86_400, time.wall + timedelta(days=400), time.clock).left == 0


def test_between_attempts_is_a_wait_that_survives_a_restart(make_workspace, data: Path, facts: Facts) -> None:
    workspace = make_workspace((having(wait=3000.0),))
    quiz = opened(workspace, data)
    assert quiz.answer("mean", "four").state == "invalid"
    assert quiz.state_of("mean").waits == 0
    quiz.answer("mean", "4")
    for now in (quiz, opened(workspace, data)):
        assert 2990 < now.state_of("mean").waits <= 3000
        with pytest.raises(Refused, match=r"Wait \d+ more seconds before"):
            now.answer("mean", "5")
    assert [fact["state"] for fact in facts("ItemAnswered")] == ["invalid", "wrong"]


def test_who_has_solved_it_waits_no_more(make_workspace, data: Path) -> None:
    quiz = opened(make_workspace((having(wait=3000.0),)), data)
    quiz.answer("mean", "5")
    assert quiz.state_of("mean").waits == 0
    assert quiz.answer("mean", "4").state == "wrong"


def test_after_the_wait_the_next_attempt_counts(make_workspace, data: Path) -> None:
    from course_kit.model.quiz import Variants
    from course_kit.quizzes.quiz_file import ReleasedItem, ReleasedQuiz
    from course_kit.session.asked import asked_items

    time, variants = Time(), Variants((having(wait=20.0),))
    asked = asked_items(ReleasedQuiz("q", (ReleasedItem.of(variants, "d"),)), "", "")
    quiz = QuizSession("", "q", asked, clock=time.clock)
    quiz.answer("mean", "4")
    time.passes(19)
    with pytest.raises(Refused, match="Wait 1 more second before"):
        quiz.answer("mean", "5")
    time.passes(1)
    assert quiz.answer("mean", "5").state == "right"
