"""What one learner meets: variants, pools, shuffled choices; the same after every restart."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Refused
from course_kit.model.kinds import Choice, Number, OneChoice
from course_kit.model.quiz import Hint, Variants
from course_kit.session.notes import close_all
from course_kit.session.practice import QuizSession
from course_kit.session.quizzes import open_quiz
from course_kit.store.ingest import Ingester
from course_kit.store.memory import MemoryStore

Facts = Callable[..., list[dict[str, Any]]]
SEEDS = [f"{number:032x}" for number in range(40)]
SUMS = Variants(
    tuple(
        Number(
            key="sum",
            prompt=f"2 + {number}?",
            answer=str(2 + number),
            hints=(Hint(text=f"Count on from {number}.", cost=0.5),),
            explanation=f"It is {2 + number}.",
            attempts=2,
        )
        for number in range(4)
    )
)
SHUFFLED = OneChoice(
    key="letter",
    prompt="Which?",
    choices=tuple(Choice(text=letter, right=letter == "a") for letter in "abcde"),
    shuffle="but-last",
)


def opened(workspace: Path, data: Path) -> QuizSession:
    quiz = open_quiz("frames/robust", cwd=workspace, data=data, environ={"COURSE_KIT_RECORD": "1"})
    assert isinstance(quiz, QuizSession)
    return quiz


def right(quiz: QuizSession, key: str = "sum") -> Any:
    return quiz.item(key).reference_response()


def test_each_learner_meets_a_variant_of_their_own_and_keeps_it(make_workspace, data: Path) -> None:
    met = []
    for seed in SEEDS:
        workspace = make_workspace((SUMS,), seed=seed)
        (first,), (again,) = opened(workspace, data).publics(), opened(workspace, data).publics()
        assert first == again
        assert first["prompt"] == f"2 + {first['variant']}?"
        assert first["variants"] == 4
        met.append(first["variant"])
    assert set(met) == {0, 1, 2, 3}


def test_a_new_variant_is_a_question_of_its_own(make_workspace, data: Path, facts: Facts) -> None:
    quiz = opened(make_workspace((SUMS,), seed=SEEDS[0]), data)
    first = quiz.publics()[0]["variant"]
    assert not quiz.state_of("sum").renewable
    with pytest.raises(Refused, match="no other variant"):
        quiz.renew("sum")
    quiz.hint("sum")
    quiz.answer("sum", "77")
    quiz.answer("sum", "78")
    assert (quiz.state_of("sum").left, quiz.state_of("sum").explanation) == (0, f"It is {first + 2}.")
    public = quiz.renew("sum")
    assert public["variant"] != first
    assert public == quiz.publics()[0]
    state = quiz.state_of("sum")
    assert (state.state, state.left, state.hints, state.explanation) == ("unanswered", 2, [], "")
    assert (state.attempts, state.renewable, state.variant) == (2, False, public["variant"])
    assert quiz.answer("sum", right(quiz)).fraction == 1.0
    told = [(fact["variant"], fact["attempt"], fact["fraction"]) for fact in facts("ItemAnswered")]
    assert told == [(first, 1, 0.0), (first, 2, 0.0), (public["variant"], 3, 1.0)]


def test_none_comes_twice_before_all_were_seen(make_workspace, data: Path) -> None:
    quiz = opened(make_workspace((SUMS,), seed=SEEDS[3]), data)
    seen = [quiz.publics()[0]["variant"]]
    for _ in range(4):
        quiz.answer("sum", "77")
        seen.append(quiz.renew("sum")["variant"])
    assert sorted(seen[:4]) == [0, 1, 2, 3]
    assert seen[4] == seen[0]


@pytest.mark.parametrize("road", ["journals", "snapshot"])
def test_a_restart_shows_the_variant_that_was_left_with_what_it_earned(make_workspace, data: Path, road: str) -> None:
    workspace = make_workspace((SUMS,), seed=SEEDS[1])
    quiz = opened(workspace, data)
    quiz.answer("sum", right(quiz))
    quiz.renew("sum")
    quiz.hint("sum")
    quiz.answer("sum", "99")
    if road == "snapshot":
        close_all()
        Ingester(data, MemoryStore()).ingest(datetime.now(UTC))
    again = opened(workspace, data)
    assert again.states() == quiz.states()
    assert again.publics() == quiz.publics()
    state = again.state_of("sum")
    assert (state.state, state.attempts, state.left, state.solved) == ("wrong", 2, 1, True)
    assert (state.explanation, state.answers, len(state.hints)) == ("", [], 1)
    assert again.answer("sum", right(again)).fraction == 0.5


def test_a_hint_that_was_taken_is_paid_after_a_restart(make_workspace, data: Path) -> None:
    """Nobody reads a new variant's hints, restarts, and meets it again for free."""
    workspace = make_workspace((SUMS,), seed=SEEDS[1])
    quiz = opened(workspace, data)
    quiz.answer("sum", "99")
    variant = quiz.renew("sum")["variant"]
    quiz.hint("sum")
    again = opened(workspace, data)
    assert (again.publics()[0]["variant"], len(again.state_of("sum").hints)) == (variant, 1)
    assert (again.state_of("sum").left, again.state_of("sum").attempts) == (2, 1)
    assert again.answer("sum", right(again)).fraction == 0.5


def test_a_release_with_fewer_variants_asks_anew(make_workspace, data: Path) -> None:
    quiz = opened(make_workspace((SUMS,), seed=SEEDS[1]), data)
    quiz.answer("sum", right(quiz))
    one = Variants(SUMS.all[:1])
    state = opened(make_workspace((one,), seed=SEEDS[1]), data).state_of("sum")
    assert (state.state, state.changed, state.renewable) == ("unanswered", True, False)


def test_choices_are_shuffled_and_answers_name_them_as_they_were_written(make_workspace, data: Path) -> None:
    orders = set()
    for seed in SEEDS:
        workspace = make_workspace((SHUFFLED,), seed=seed)
        quiz = opened(workspace, data)
        order = quiz.publics()[0]["order"]
        assert sorted(order) == [0, 1, 2, 3, 4]
        assert order[4] == 4
        assert opened(workspace, data).publics()[0]["order"] == order
        assert quiz.answer("letter", 0).state == "right"
        orders.add(tuple(order))
    assert len(orders) > 10


def test_without_shuffle_choices_stand_as_written(workspace: Path, data: Path) -> None:
    assert [item["order"] for item in opened(workspace, data).publics()] == [[0, 1], [], [0, 1, 2]]


def pool(size: int) -> tuple[Number, ...]:
    return tuple(Number(key=f"n{number}", prompt=f"{number}?", answer=str(number)) for number in range(size))


def test_of_a_pool_each_learner_meets_some(make_workspace, data: Path) -> None:
    met = set()
    for seed in SEEDS:
        quiz = opened(make_workspace(pool(6), pick=2, seed=seed), data)
        keys = [item.key for item in quiz.items]
        assert len(keys) == 2
        assert keys == sorted(keys)
        met |= set(keys)
    assert met == {"n0", "n1", "n2", "n3", "n4", "n5"}


def test_what_was_answered_stays_in_the_pool(make_workspace, data: Path) -> None:
    before = opened(make_workspace(pool(6), pick=3, seed=SEEDS[5]), data)
    answered = [item.key for item in before.items][1]
    before.answer(answered, "77")
    for size, seed in ((12, SEEDS[5]), (6, SEEDS[9]), (9, SEEDS[11])):
        quiz = opened(make_workspace(pool(size), pick=3, seed=seed), data)
        assert answered in [item.key for item in quiz.items]
        assert len(quiz.items) == 3
        assert quiz.state_of(answered).response == "77"
