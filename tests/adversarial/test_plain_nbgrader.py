"""What nbgrader does with each attack, so that nobody has to believe it: the reason for everything in this folder."""

from typing import Any

import pytest
from adversary.attack import Attack
from adversary.corpus import ATTACKS
from adversary.plain import deeds

pytestmark = pytest.mark.slow

TRIED = [one for one in ATTACKS if not one.plain.not_run]


@pytest.mark.parametrize("attack", TRIED, ids=[one.name for one in TRIED])
def test_plain_nbgrader(attack: Attack, plain_half: dict[str, Any]) -> None:
    told = plain_half[attack.name]
    assert "error" not in told, told
    assert told["score"] == attack.plain.score, told
    assert deeds(told) == set(attack.plain.deeds) - {"forges"}, told
    if attack.followed:
        assert told["next"] != 8.0, "the honest learner after it was graded as if nothing had happened"


def test_whatever_is_not_tried_has_a_reason() -> None:
    assert all(len(one.plain.not_run) > 20 for one in ATTACKS if one not in TRIED)
