"""The corpus itself: everyone has a name, and a sentence on what it tries."""

from adversary.corpus import ATTACKS
from adversary.table import README, written


def test_every_attack_is_named_once_and_says_what_it_tries() -> None:
    assert len({one.name for one in ATTACKS}) == len(ATTACKS) >= 150
    assert [one.name for one in ATTACKS if not one.tries.endswith(".")] == []


def test_the_table_in_the_readme_is_what_the_corpus_says() -> None:
    text = README.read_text(encoding="utf-8")
    assert written(text) == text, "run `python tests/adversarial/adversary/table.py`"
