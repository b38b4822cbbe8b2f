"""What nbgrader does with each attack, so that nobody has to believe it: the reason for everything in this folder."""

from collections.abc import Callable
from typing import Any

import pytest
from adversary.attack import Attack
from adversary.corpus import ATTACKS
from adversary.plain import deeds

pytestmark = pytest.mark.slow

TRIED = [one for one in ATTACKS if not one.plain.not_run]


@pytest.mark.parametrize("attack", TRIED, ids=[one.name for one in TRIED])
def test_plain_nbgrader(attack: Attack, plain_half: dict[str, Any], once_more: Callable[[str], dict[str, Any]]) -> None:
    told = plain_half[attack.name]
    if "error" in told or told["score"] != attack.plain.score or deeds(told) != _expected(attack):
        # kernels of several attacks at once now and then take one port, and attacks on time meet a busy machine
        told = once_more(attack.name)
    assert "error" not in told, told
    assert told["score"] == attack.plain.score, told
    assert deeds(told) == _expected(attack), told
    if attack.followed:
        assert told["next"] != 8.0, "the honest learner after it was graded as if nothing had happened"


def _expected(attack: Attack) -> set[str]:
    return set(attack.plain.deeds) - {"forges"}


def test_whatever_is_not_tried_has_a_reason() -> None:
    assert all(len(one.plain.not_run) > 20 for one in ATTACKS if one not in TRIED)
