"""One batch with every attacker in it, graded by course-kit beside three honest learners."""

from typing import Any

import pytest
from adversary.arena import HONEST_SCORES
from adversary.attack import Attack
from adversary.corpus import ATTACKS

pytestmark = pytest.mark.slow


def test_the_batch_comes_to_its_end(our_half: dict[str, Any]) -> None:
    assert our_half["status"] == 0, our_half["said"]
    assert set(our_half["scores"]) == {one.name for one in ATTACKS} | set(HONEST_SCORES) | {"neighbour"}


def test_honest_learners_get_exactly_what_they_earned(our_half: dict[str, Any]) -> None:
    honest = {name: (our_half["scores"][name]["status"], our_half["scores"][name]["score"]) for name in HONEST_SCORES}
    assert honest == {name: ("graded", score) for name, score in HONEST_SCORES.items()}


@pytest.mark.parametrize("attack", ATTACKS, ids=[one.name for one in ATTACKS])
def test_each_attack_ends_in_a_named_status(attack: Attack, our_half: dict[str, Any]) -> None:
    found = our_half["scores"][attack.name]
    if found["status"] == "unverified" and "graded" in attack.ours.statuses:
        # where chance decides whether its copy ran at all, an attack may always be held: it gains nothing by that
        assert found["score"] <= max(score for score in attack.ours.scores if score is not None), found
    else:
        assert found["status"] in attack.ours.statuses, found
        assert found["score"] in attack.ours.scores, found
    assert found["max_score"] == 8.0
    assert found["detail"].isprintable(), "terminal codes must not reach whoever reads the table"


def test_no_secret_was_found_in_what_grading_made(our_half: dict[str, Any]) -> None:
    told = {"hard-link-to-keys"}  # named in README.md
    assert {name: found for name, found in our_half["leaks"].items() if name not in told} == {}


def test_nothing_outside_was_changed(our_half: dict[str, Any]) -> None:
    assert our_half["changes"] == []
    assert our_half["dates"] == []


def test_nobody_was_spoken_to(our_half: dict[str, Any]) -> None:
    assert our_half["heard"] == []


def test_nothing_outlives_the_batch(our_half: dict[str, Any]) -> None:
    assert our_half["left"] == 0
    assert our_half["surroundings"] == []
