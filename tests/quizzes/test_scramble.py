"""The order in which pieces are shown tells nobody the right one."""

import json
from itertools import permutations

import pytest

from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.scramble import scrambled

ORDERING = "%%quiz q\nWhich comes first?\n{}\nkind: ordering\n"
PARSONS = "%%quiz q\nBuild it.\n```parsons python\n{}\n```\n"
MATCHING = "%%quiz q\nWhat belongs together?\n{}\n"


def shown(source: str) -> list[str]:
    """The pieces as a page shows them."""
    parsed, problems = parse_quiz(source)
    assert not problems
    form = parsed.items[0].form()
    return list(form["right"] if "right" in form else form["pieces"])


def ordering(pieces: tuple[str, ...]) -> list[str]:
    return shown(ORDERING.format("\n".join(f"{number}. {piece}" for number, piece in enumerate(pieces, 1))))


def parsons(pieces: tuple[str, ...]) -> list[str]:
    return shown(PARSONS.format("\n".join(pieces)))


def matching(pieces: tuple[str, ...]) -> list[str]:
    return shown(MATCHING.format("\n".join(f"= {number} => {piece}" for number, piece in enumerate(pieces, 1))))


@pytest.mark.parametrize("kind", [ordering, parsons, matching])
def test_trying_all_orders_finds_nothing_out(kind) -> None:
    """Of the 24 orders that four pieces may have, whatever is shown fits either one or all of the others."""
    fitting: dict[str, int] = {}
    for right in permutations(("read()", "clean()", "group()", "draw()")):
        there = kind(right)
        assert there != list(right)
        fitting[json.dumps(there)] = fitting.get(json.dumps(there), 0) + 1
    assert sorted(fitting.values()) == [1, 23]


def test_it_is_the_same_each_time_and_never_right() -> None:
    for count in range(2, 8):
        texts = [f"step {number}" for number in range(count)]
        order = scrambled(texts, lambda one: list(one) == sorted(one))
        assert sorted(order) == list(range(count))
        assert order != sorted(order)
        assert order == scrambled(texts, lambda one: list(one) == sorted(one))


def test_lines_of_the_same_text_and_orders_that_are_all_right() -> None:
    assert sorted(scrambled(["a", "a", "b"], lambda one: [*one] == [0, 1, 2])) == [0, 1, 2]
    assert sorted(scrambled(["a", "b"], lambda _: True)) == [0, 1]
