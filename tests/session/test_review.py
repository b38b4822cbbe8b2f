"""A question of a review: kept apart from its lesson, counted once, restored where it was left."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import NotFound, Unavailable
from course_kit.model.kinds import Essay, Number
from course_kit.model.quiz import Variants
from course_kit.session.notes import close_all
from course_kit.session.practice import QuizSession
from course_kit.session.quizzes import Surroundings, open_quiz
from course_kit.session.review import open_question
from course_kit.store.ingest import Ingester
from course_kit.store.sql import SqlStore

REVIEW = "2026-11-22-3f2a1b"
PLACE = f"review.{REVIEW}"
SUMS = Variants(
    tuple(
        Number(key="sum", prompt=f"{n} + 1?", answer=str(n + 1), hints=({"text": "Count.", "cost": 0.25},))
        for n in (1, 2, 3)
    )
)
Facts = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def copy(make_workspace: Callable[..., Path]) -> Path:
    lesson = {"skills": {"robust/sum": "adding", "robust/why": "adding"}, "renamed_items": {"robust/add": "robust/sum"}}
    return make_workspace((SUMS, Essay(key="why", prompt="Why?")), lesson=lesson)


@pytest.fixture
def ask(copy: Path, data: Path) -> Callable[..., QuizSession]:
    def opened(name: str = "frames/robust/sum", *, review: str = REVIEW, variant: int = 1) -> QuizSession:
        close_all()  # a kernel of its own
        around = Surroundings(copy, {"COURSE_KIT_RECORD": "1"}, data=data)
        return open_question(name, review, variant, around)

    return opened


def test_the_first_answer_is_the_reviews_result(ask: Callable[..., QuizSession], facts: Facts) -> None:
    question = ask()
    assert question.publics()[0]["prompt"] == "2 + 1?"
    assert question.answer("sum", "what?").state == "invalid"
    assert facts("ReviewDone") == []
    question.hint("sum")
    assert question.answer("sum", "3").fraction == 0.75
    question.answer("sum", "4")
    assert [(fact["lesson"], fact["item"], fact["variant"]) for fact in facts("ItemAnswered")] == [
        (PLACE, "frames/robust/sum", 1)
    ] * 3
    assert facts("ReviewDone") == [
        {"kind": "ReviewDone", "skill": "adding", "rating": 2, "item": "frames/robust/sum", "variant": 1}
    ]


def test_running_the_cell_again_restores_the_answer_and_counts_nothing_twice(
    ask: Callable[..., QuizSession], data: Path, facts: Facts
) -> None:
    ask().answer("sum", "7")
    again = ask()
    assert (again.state_of("sum").state, again.state_of("sum").response) == ("wrong", "7")
    again.answer("sum", "3")
    assert [fact["rating"] for fact in facts("ReviewDone")] == [1]
    close_all()
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(datetime.now(UTC))
        assert list((data / "journals").glob("*.jsonl")) == []
        after = ask()
        assert (after.state_of("sum").state, after.state_of("sum").attempts) == ("right", 2)
        after.answer("sum", "4")
        close_all()
        Ingester(data, store).ingest(datetime.now(UTC))
        assert [event.fact.rating for event in store.events() if event.kind == "ReviewDone"] == [1]


def test_a_result_that_was_kept_without_its_answer_is_not_kept_twice(
    ask: Callable[..., QuizSession], data: Path, facts: Facts
) -> None:
    """As after a crash between the two lines: the question is open again, and the first result stands."""
    ask().answer("sum", "7")
    close_all()
    (journal,) = (data / "journals").glob("*.jsonl")
    first = journal.read_text().splitlines(keepends=True)[0]
    assert '"ReviewDone"' in first
    journal.write_text(first)
    question = ask()
    assert question.state_of("sum").state == "unanswered"
    question.answer("sum", "3")
    close_all()
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(datetime.now(UTC))
        assert [event.fact.rating for event in store.events() if event.kind == "ReviewDone"] == [1]


def test_two_reviews_of_one_question_are_two(ask: Callable[..., QuizSession], facts: Facts) -> None:
    ask().answer("sum", "7")
    other = ask(review="2026-11-25-3f2a1b", variant=2)
    assert other.state_of("sum").state == "unanswered"
    other.answer("sum", "4")
    assert [(fact["rating"], fact["variant"]) for fact in facts("ReviewDone")] == [(1, 1), (3, 2)]


def test_the_lessons_own_quiz_stays_as_it_was(
    ask: Callable[..., QuizSession], copy: Path, data: Path, facts: Facts
) -> None:
    environ = {"COURSE_KIT_RECORD": "1"}
    lesson = open_quiz("frames/robust", cwd=copy, environ=environ, data=data)
    shown = lesson.publics()[0]["variant"]
    lesson.answer("sum", "100")
    ask(variant=(shown + 1) % 3).answer("sum", "100")
    close_all()
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(datetime.now(UTC) + timedelta(seconds=1))
    again = open_quiz("frames/robust", cwd=copy, environ=environ, data=data)
    assert again.publics()[0]["variant"] == shown
    assert (again.state_of("sum").attempts, again.state_of("sum").response) == (1, "100")


def test_a_question_by_its_former_name_is_the_present_one(ask: Callable[..., QuizSession], facts: Facts) -> None:
    ask("frames/robust/add").answer("sum", "3")
    assert [fact["item"] for fact in facts("ReviewDone")] == ["frames/robust/sum"]


def test_what_no_program_judges_moves_no_skill(ask: Callable[..., QuizSession], facts: Facts) -> None:
    ask("frames/robust/why", variant=0).answer("why", "Because.")
    assert len(facts("ItemAnswered")) == 1
    assert facts("ReviewDone") == []


@pytest.mark.parametrize(
    ("name", "review"),
    [
        ("frames/robust", REVIEW),
        ("frames/robust/gone", REVIEW),
        ("gone/robust/sum", REVIEW),
        ("frames/gone/sum", REVIEW),
        ("../../sum", REVIEW),
        ("frames/robust/sum", "../../etc"),
        ("frames/robust/sum", "x" * 200),
    ],
)
def test_what_is_not_there_is_said(ask: Callable[..., QuizSession], name: str, review: str) -> None:
    with pytest.raises(NotFound) as caught:
        ask(name, review=review)
    assert caught.value.hint


def test_a_variant_that_is_gone_is_another(ask: Callable[..., QuizSession]) -> None:
    assert ask(variant=99).publics()[0]["variant"] == 0


def test_an_answer_that_cannot_be_written_does_not_count(
    ask: Callable[..., QuizSession], data: Path, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = ask()
    data.mkdir(exist_ok=True)
    (data / "journals").write_text("in the way")
    with pytest.raises(Unavailable):
        question.answer("sum", "3")
    assert question.state_of("sum").state == "unanswered"
    (data / "journals").unlink()
    question.answer("sum", "3")
    assert [fact["rating"] for fact in facts("ReviewDone")] == [3]
