"""The corpus itself: everyone has a name, and a sentence on what it tries."""

from adversary.corpus import ATTACKS


def test_every_attack_is_named_once_and_says_what_it_tries() -> None:
    assert len({one.name for one in ATTACKS}) == len(ATTACKS) >= 150
    assert [one.name for one in ATTACKS if not one.tries.endswith(".")] == []
