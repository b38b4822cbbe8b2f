"""Where many pass without proof, the tests are suspected and not the learners: what a crowd can make of that."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CROWD = ("input-transformer", "cleanup-transformer", "patched-run-code", "patched-compile")


def test_a_crowd_that_cheats_alike_is_told_by_name_and_keeps_its_points(graded: Callable[..., Any]) -> None:
    told = graded("20%", *CROWD)

    assert {name: told["scores"][name]["score"] for name in CROWD} == dict.fromkeys(CROWD, 8.0)
    # "" stands for the assignment as a whole
    assert {cell for cell, _ in told["suspects"]} == {"", "test-add", "test-more", "test-complex", "test-refuses"}
    assert all(set(learners) == set(CROWD) for _, learners in told["suspects"])


def test_the_same_crowd_gets_nothing_where_nobody_else_is_suspected(graded: Callable[..., Any]) -> None:
    told = graded("100%", *CROWD)

    assert {name: (told["scores"][name]["status"], told["scores"][name]["score"]) for name in CROWD} == dict.fromkeys(
        CROWD, ("unverified", 0.0)
    )
    assert told["suspects"] == []
