"""Quizzes without a widget: every kind can be read in an export, in print and without a kernel."""

from typing import Any

import pytest

from course_kit.model.quiz import Item, Variants
from course_kit.quizzes.plain import plain_text, quiz_html, quiz_text, shown_choices
from course_kit.quizzes.quiz_file import ReleasedItem, ReleasedQuiz
from course_kit.quizzes.render import markdown_html
from course_kit.session.asked import asked_items

Shown = dict[str, dict[str, Any]]


@pytest.fixture
def shown(every_kind: tuple[Item, ...]) -> Shown:
    rendered = [Variants((item,)).map_texts(str) for item in every_kind]
    quiz = ReleasedQuiz("all", tuple(ReleasedItem.of(one, one.digest) for one in rendered))
    return {asked.key: asked.public() for asked in asked_items(quiz, "", "")}


@pytest.mark.parametrize(
    ("key", "html", "text"),
    [
        ("one", "<li>left</li>\n<li>up</li>", "  ( ) left\n  ( ) up"),
        ("several", "<li>x</li>", "  [ ] x"),
        ("truth", "<li>True</li>\n<li>False</li>", "  ( ) True\n  ( ) False"),
        ("number", "Give the number with its unit (m/s).", "  Give the number with its unit (m/s)."),
        ("text", "What is it called?", "Question 1: What is it called?"),
        ("code", "What your code made is checked: <code>f</code>.", "  What your code made is checked: f."),
        ("order", "<li>second</li>\n<li>third</li>", "  Put these into the right order:\n  - second\n  - third"),
        ("parsons", "and with the right indentation:", "  | ```python\n    return x"),
        ("cloze", "_____\u00a0(2)", "Question 1: The _____\u00a0(1) of 2 and 4 is _____\u00a0(2), _____\u00a0(3)."),
        ("cloze", "(3) is one of:</p>\n<ul>\n<li>always</li>", "  (3) is one of:\n  - always\n  - never"),
        ("match", '<ol type="A">\n<li>bark</li>', "  1. cat\n  2. dog\n  among these:\n  A. bark\n  B. meow\n  C. moo"),
        ("essay", "Write 3 to 50 words.", "  Write 3 to 50 words."),
        ("formula", "Write an expression in <code>x</code>.", "  Write an expression in x."),
    ],
)
def test_each_kind_shows_what_is_asked(shown: Shown, key: str, html: str, text: str) -> None:
    assert html in quiz_html([shown[key]])
    assert text in quiz_text([shown[key]])


def test_it_holds_nothing_that_has_to_be_earned(shown: Shown, keys: tuple[str, ...]) -> None:
    page = quiz_html(list(shown.values())) + quiz_text(list(shown.values()))
    assert [key for key in keys if key in page] == []
    assert "<input" not in page


def test_choices_stand_in_the_learners_own_order(shown: Shown) -> None:
    assert shown_choices({**shown["several"], "order": [2, 0, 1]}) == ["z", "x", "y"]


def test_what_is_damaged_is_shown_as_far_as_it_goes() -> None:
    kinds = ("one-choice", "ordering", "parsons", "matching", "cloze", "essay", "number", "expression", "to-come")
    publics = [{"key": "k", "kind": kind, "prompt": f"What {kind}?", "form": {}} for kind in kinds]
    assert all(f"What {kind}?" in quiz_html(publics) for kind in kinds)
    assert all(f"What {kind}?" in quiz_text(publics) for kind in kinds)


def test_a_formula_is_read_in_text_as_it_was_written() -> None:
    shown = markdown_html(r"Differentiate $x^3$ and $\frac{a<b}{2}$, then **stop**.")
    assert plain_text(shown) == r"Differentiate x^3 and \frac{a<b}{2}, then stop."


def test_whoever_reads_ahead_is_told_of_variants(every_kind: tuple[Item, ...]) -> None:
    one = every_kind[0].model_copy(update={"prompt": "Another wording"})
    varied = ReleasedQuiz("k", (ReleasedItem.of(Variants((every_kind[0], one)), "0" * 64),))
    assert "Where a question has variants, you will meet your own. Run it." in varied.page("Run it.")
    assert "variants" not in ReleasedQuiz("k", (ReleasedItem.of(Variants((one,)), "0" * 64),)).page("Run it.")
