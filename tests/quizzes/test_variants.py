"""One question with several sets of values; what a learner gets holds values only."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.model.quiz import score
from course_kit.quizzes.arithmetic import NotComputable, compute, shown
from course_kit.quizzes.domains import read_domain
from course_kit.quizzes.parse import ParsedQuiz, Problem, parse_quiz

SUM = """What is {a} + {b}?
= {a + b} ± 0.1
≠ {a * b} — {a} times {b} is {a * b}.
key: sum
vary: a in 2..9; b in 10, 20, 30
"""


def parsed(source: str) -> tuple[ParsedQuiz, tuple[Problem, ...]]:
    return parse_quiz(f"%%quiz k\n{source}")


def only(source: str) -> list[dict[str, object]]:
    """All variants of the one question of a quiz without any problem."""
    quiz, problems = parsed(source)
    assert problems == ()
    (variants,) = quiz.variants
    for item in variants.all:
        assert score(item, item.reference_response()).fraction == 1
    return [item.whole() for item in variants.all]


def test_each_variant_has_its_own_values_in_every_line() -> None:
    wholes = only(SUM)
    assert len(wholes) == 8
    assert len({str(whole["prompt"]) for whole in wholes}) == 8
    for whole in wholes:
        first, second = map(int, str(whole["prompt"]).removeprefix("What is ").removesuffix("?").split(" + "))
        assert 2 <= first <= 9
        assert second in (10, 20, 30)
        assert whole["answer"] == str(first + second)
        product = first * second
        assert whole["mistakes"] == [
            {"answer": str(product), "feedback": f"{first} times {second} is {product}.", "pattern": False}
        ]


def test_the_values_follow_from_vary_alone() -> None:
    prompts = [whole["prompt"] for whole in only(SUM)]
    assert [whole["prompt"] for whole in only(SUM.replace("key: sum", "key: other\nhint: h"))] == prompts
    assert prompts[:2] == [whole["prompt"] for whole in only(f"{SUM}variants: 2")]
    assert len(only(f"{SUM}variants: 50")) == 24


def test_where_keeps_some_values_and_derived_ones_follow() -> None:
    wholes = only(
        "{a} and {c}?\n= {c}\nvary: a in 1..6; b in 1..6\n  c = a * b\nwhere: a < b and c % 2 == 0\nvariants: 50"
    )
    pairs = sorted(str(whole["prompt"]).removesuffix("?") for whole in wholes)
    assert pairs == ["1 and 2", "1 and 4", "1 and 6", "2 and 10", "2 and 12", "2 and 6", "2 and 8", "3 and 12",
                     "3 and 18", "4 and 20", "4 and 24", "5 and 30"]  # fmt: skip


def test_words_lists_decimals_and_forms() -> None:
    source = (
        "{name} has {data}; the mean is {mean(data):.2f}, the first {data[0]}.\n= {mean(data):.2f} ± 0.01\n"
        'vary: name in Ada, "Mary Ann"; data in [1, 2, 7.5], [2, 2, 4]\nvariants: 4'
    )
    prompts = sorted(str(whole["prompt"]) for whole in only(source))
    assert prompts == [
        "Ada has [1, 2, 7.5]; the mean is 3.50, the first 1.",
        "Ada has [2, 2, 4]; the mean is 2.67, the first 2.",
        "Mary Ann has [1, 2, 7.5]; the mean is 3.50, the first 1.",
        "Mary Ann has [2, 2, 4]; the mean is 2.67, the first 2.",
    ]
    steps = only("{x}?\n= {10 * x}\nvary: x in 0.1..0.3 step 0.1")
    assert sorted(str(whole["prompt"]) for whole in steps) == ["0.1?", "0.2?", "0.3?"]
    assert sorted(str(whole["answer"]) for whole in steps) == ["1", "2", "3"]


def test_formulas_keep_their_braces_and_code_its_own() -> None:
    source = (
        "$\\frac{a}{b} + \\sqrt{n}$ and $$x^{a + 1}$$ and \\{a}\n\n```python\nprint(f'{name} {{}} {a}')\n```\n\n"
        "$$\n\\{{a}, {b}\\}\n$$\n= {a}\nvary: a in 12; b in 7\n"
    )
    (whole,) = only(source)
    assert whole["prompt"] == (
        "$\\frac{12}{7} + \\sqrt{n}$ and $$x^{13}$$ and {a}\n\n```python\nprint(f'{name} {{}} 12')\n```\n\n"
        "$$\n\\{{12}, {7}\\}\n$$"
    )


def test_every_kind_can_be_varied() -> None:
    questions = [
        "{a}?\n- [x] {a + 1} — {a} and 1\n- [ ] {a}",
        "{a} is {a}?\n= true",
        "{a}?\n= {a} m ± 1",
        "{a}?\n= word{a}",
        "{a}?\n\n```check\nx == {a} — {a}\n```",
        "{a}?\n1. {a}\n2. b\nkind: ordering",
        "{a}?\n\n```parsons\nx = {a}\ny = 1\n```",
        "{a} and {{ {a} }} {{= {a + 1}}}",
        "{a}\n= {a} => x\n= b => y",
        "{a}?\n= essay",
        "{a}?\n~ x + {a}",
    ]
    for question in questions:
        wholes = only(f"{question}\nexplanation: {{a}}\nvary: a in 3..9\nvariants: 3")
        assert len(wholes) == 3
        assert len({whole["kind"] for whole in wholes}) == 1
        for whole in wholes:
            assert "{a" not in json.dumps(whole)
            assert str(whole["explanation"]) in "3456789"


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("{a}\n= {a}\nvary: a", "bad-vary", 4),
        ("{a}\n= {a}\nvary: a in 9..1", "bad-vary", 4),
        ("{a}\n= {a}\nvary: a in 1..9; a in 2", "bad-vary", 4),
        ("{a}\n= {a}\nvary: max in 1..9", "bad-vary", 4),
        ("{a}\n= {a}\nvary: a = 1", "bad-vary", 4),
        ("{a}\n= {a}\nvary: a in 1..9; b = a / 0", "bad-vary", 4),
        ("{a}\n= {a}\nvary: a in 1..9\nwhere: a > z", "bad-vary", 4),
        ("{a}\n= {a}\nvary: a in 1..9\nwhere: a > 9", "no-variant", 5),
        ("{a}\n= {a}\nvary: a in 1..9\nvariants: 0", "bad-variants", 5),
        ("{a}\n= {a + z}\nvary: a in 1..9", "bad-braces", 3),
        ("{2a}\n= {a}\nvary: a in 1..9", "bad-braces", 2),
        ("{a ^ 2}\n= {a}\nvary: a in 1..9", "bad-braces", 2),
        ("{a, 2}\n= {a}\nvary: a in 1..9", "bad-braces", 2),
        ("{a:wide}\n= {a}\nvary: a in 1..9", "bad-braces", 2),
        ("{a.real}\n= {a}\nvary: a in 1..9", "bad-braces", 2),
        ("{a.__class__}\n= {a}\nvary: a in 1..9", "bad-braces", 2),
        ("{10 ** a ** a}\n= {a}\nvary: a in 9", "bad-braces", 2),
        ("{a}\n= {a} ± y{a}\nvary: a in 1..9", "bad-number", 3),
        ("{a}\n= {x}\nvary: x in true, 5; a in 1", "mixed-kinds", 2),
        ("Q{a}\n= 1\nvary: a in 1..9\nkey: {a}", "bad-key", 5),
    ],
)
def test_a_fault_of_a_varied_question_has_its_line(source: str, code: str, line: int) -> None:
    quiz, problems = parsed(source)
    assert [(p.code, p.line) for p in problems if p.level == "error"] == [(code, line)]
    assert quiz.items == ()


def test_a_fault_that_only_some_values_bring_names_them() -> None:
    _, (problem,) = parsed("{a} by {b}\n= {a / b}\nvary: a in 6; b in 0, 1")
    assert problem.message == "with a = 6, b = 0: `{a / b}`: it divides by zero"
    _, (problem,) = parsed("Q {a}\n= {a}\n≠ 4 — no\nvary: a in 3..5")
    assert problem.message == "with a = 4: `4` counts as right"


def test_what_is_doubtful_is_a_warning() -> None:
    _, problems = parsed("{a} {name}\n= {a}\nvary: a in 1..9; b in 1..2")
    assert [(p.level, p.code, p.line) for p in problems] == [
        ("warning", "no-parameter", 2),
        ("warning", "unused-parameter", 4),
    ]
    _, (problem, _) = parsed("Q\n= 1\nvary: a in 1..9")
    assert (problem.level, problem.code) == ("warning", "same-variants")
    _, (problem, *_) = parsed("Twice {a}?\n= 2 * a\nvary: a in 1..9")
    assert (problem.level, problem.code, problem.line) == ("warning", "no-braces", 3)
    assert problem.hint == "Write `= {2 * a}` for its value."
    assert parsed("Twice {a}?\n~ 2 * a * x\nnames: a, x\nvary: a in 1..9")[1] == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.3333333333"),
        ("7 // 2 + 7 % 2", "4"),
        ("2 ** -2", "0.25"),
        ("-3 ** 2", "-9"),
        ("sqrt(2)", "1.414213562"),
        ("sqrt(9 / 4)", "1.5"),
        ("round(2.345, 1)", "2.3"),
        ("max(1, 2) + min([3, 4])", "5"),
        ("median(3, 1, 2, 10)", "2.5"),
        ("std(1, 3)", "1"),
        ("comb(5, 2) + factorial(3)", "16"),
        ("1 if 2 > 1 else 0", "1"),
        ("not 1 > 2 and 1 < 2 <= 2", "true"),
        ("log(e) + log10(1000)", "4"),
        ("1e3 * 1_000", "1000000"),
        ("sorted([3, 1, 2])", "[1, 2, 3]"),
    ],
)
def test_arithmetic(text: str, value: str) -> None:
    assert shown(compute(text, {})) == value


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "a", "print(1)", "().__class__", "[].append(1)", "lambda: 1", "9 ** 9 ** 9", "sqrt(-1)", "(-8) ** 0.5",
     "1 / 0", "1 % 0", "log(0)", "'a' * 9", "[1] * 9", "exp(1000)", "factorial(1000)", "f'{1}'", "x := 1", "1 @ 2",
     "mean([])", "(" * 150 + ")" * 150, "1" * 300, "[i for i in [1]]", "__import__('os')", "1 if", "max('a', 1)",
     "[1, 2][5]", "[1, 2][0.5]", "abs()", "2a", "2(3)", "round(1.5, 10 ** 9)", "open", "True + 1", "..."],
)  # fmt: skip
def test_what_is_no_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(NotComputable):
        compute(text, {})


_PARTS = st.sampled_from(
    [*"0123456789+-*/%()[],. <>=!'\"", "**", "//", "a", "sqrt(", "mean(", " if ", " else ", " in "]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_PARTS, max_size=25).map("".join)))
def test_no_expression_and_no_domain_does_harm(text: str) -> None:
    tries: tuple[Callable[[], str], ...] = (
        lambda: shown(compute(text, {"a": compute("3", {})})),
        lambda: repr(read_domain(text, text)),
    )
    for value in tries:
        with suppress(NotComputable, OverflowError):
            assert isinstance(value(), str)
