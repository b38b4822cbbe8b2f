"""What a teacher types into a quiz cell, and what comes of it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.model.quiz import Hint, Item, score
from course_kit.quizzes.parse import MAX_CELL, OPTIONS, is_quiz, parse_quiz
from course_kit.quizzes.render import markdown_html


def only(source: str) -> Item:
    """The one item of a quiz without a fault."""
    quiz, problems = parse_quiz(f"%%quiz k\n{source}")
    assert [problem for problem in problems if problem.level == "error"] == []
    (item,) = quiz.items
    return item


def faults(source: str) -> list[tuple[str, int]]:
    _, problems = parse_quiz(f"%%quiz k\n{source}")
    return [(problem.code, problem.line) for problem in problems if problem.level == "error"]


def test_the_example_of_the_guide_is_read_whole() -> None:
    quiz, problems = parse_quiz(
        """%%quiz robust
Which of these is *robust* to outliers?
- [x] `median` — One wild value moves it by one rank at most.
- [ ] `mean` — Try it on `[1, 2, 3, 1000]`.
key: which
skill: summary-statistics
hint: Put one absurd number into a small list.
---
What is the mean of 2, 4 and 9?
= 5 ± 0.01
≠ 4 — That is the median.
key: mean
minutes: 2
"""
    )
    assert problems == ()
    assert quiz.key == "robust"
    assert quiz.lines == (2, 9)
    first, second = (item.whole() for item in quiz.items)
    assert first == {
        "kind": "one-choice",
        "key": "which",
        "prompt": "Which of these is *robust* to outliers?",
        "skill": "summary-statistics",
        "hints": [{"text": "Put one absurd number into a small list.", "cost": 0.0}],
        "explanation": "",
        "minutes": None,
        "points": 1.0,
        "attempts": None,
        "wait": 0.0,
        "confidence": False,
        "shuffle": "no",
        "was": [],
        "choices": [
            {"text": "`median`", "right": True, "feedback": "One wild value moves it by one rank at most."},
            {"text": "`mean`", "right": False, "feedback": "Try it on `[1, 2, 3, 1000]`."},
        ],
    }
    assert second["kind"] == "number"
    assert second["answer"] == "5"
    assert second["tolerance"] == "0.01"
    assert second["relative"] is False
    assert second["mistakes"] == [{"answer": "4", "feedback": "That is the median.", "pattern": False}]
    assert second["minutes"] == 2


@pytest.mark.parametrize(
    ("answer", "kind", "right"),
    [
        ("- [x] a\n- [ ] b", "one-choice", 0),
        ("- [X] a\n- [x] b\n- [ ] c", "several-choices", [0, 1]),
        ("- [x] a\n- [ ] b\nchoose: several", "several-choices", [0]),
        ("= true", "true-false", True),
        ("= False", "true-false", False),
        ("= 5", "number", "5"),
        ("=5", "number", "5"),
        ("= 1 200,5 ± 1 %", "number", "1205"),
        ("= 5 +- 0.5", "number", "4.5"),
        ("= 5 +/- 0.5", "number", "5.5"),
        ("= median | the median", "short-text", "The median."),
        ("= 5\nkind: text", "short-text", "5"),
        ("= true\nkind: text", "short-text", "TRUE"),
        ("= `a | b`", "short-text", "a | b"),
        (r"= a \| b", "short-text", "a | b"),
    ],
)
def test_the_answer_says_what_is_asked_for(answer: str, kind: str, right: object) -> None:
    item = only(f"Q?\n{answer}\nkey: a")
    assert item.kind == kind
    assert score(item, right).state == "right"  # type: ignore[arg-type]


def test_what_looks_like_an_answer_inside_code_tables_and_quotations_is_text() -> None:
    item = only(
        """Read this:

```python
- [ ] = x
= 5
key: value
---
```

> = 7

$$
a
= 77
$$

| a | b |
|---|---|
| = | key: |

1. first
2. second

- plain
  = 8

    = indented

\\= 9 and key\\: x
= 3
"""
    )
    assert item.kind == "number"
    assert item.right_answers() == ("3",)
    assert item.prompt.startswith("Read this:")
    assert item.prompt.endswith("\\= 9 and key\\: x")
    for text in ("= 5", "= 7", "= 77", "| = | key: |", "= 8", "= indented", "---"):
        assert text in item.prompt


def test_choices_and_remarks_go_on_in_indented_lines() -> None:
    item = only(
        """Q?
- [x] one
  more — because
  it is

      so = true
- [ ] `a — b`
  ```python
  if x:
      - [ ] y
  ```
hint: first
  and second
"""
    ).whole()
    assert item["choices"] == [
        {"text": "one\nmore", "right": True, "feedback": "because\nit is\n\n    so = true"},
        {"text": "`a — b`\n```python\nif x:\n    - [ ] y\n```", "right": False, "feedback": ""},
    ]
    assert item["hints"] == [{"text": "first\nand second", "cost": 0.0}]


def test_options_take_what_was_typed() -> None:
    item = only("Q?\n= no\nexplanation: 1:30 # this\nhint: no\nhint: 010\nwas: old, older")
    assert item.explanation == "1:30 # this"
    assert item.hints == (Hint(text="no"), Hint(text="010"))
    assert item.was == ("old", "older")
    assert item.right_answers() == ("no",)


def test_a_renamed_quiz_and_items_from_another_quiz() -> None:
    quiz, problems = parse_quiz(
        "%%quiz new\nQ?\n= 1\nkey: a\nquiz-was: old, older\n---\nR?\n= 2\nkey: b\nwas: [c, side/d]"
    )
    assert problems == ()
    assert [item.was for item in quiz.items] == [
        ("old/a", "older/a"),
        ("c", "side/d", "old/c", "old/b", "older/c", "older/b"),
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("was: a/b/c", [("bad-key", 4)]),
        ("was: /b", [("bad-key", 4)]),
        ("was: Old/b", [("bad-key", 4)]),
        ("quiz-was: Old", [("bad-key", 4)]),
        ("quiz-was:", [("empty-option", 4)]),
        ("key: a\n---\nR?\n= 2\nkey: b\nquiz-was: old", [("quiz-was-place", 9)]),
    ],
)
def test_a_former_name_that_cannot_be_one(options: str, found: list[tuple[str, int]]) -> None:
    _, problems = parse_quiz(f"%%quiz new\nQ?\n= 1\n{options}")
    assert [(problem.code, problem.line) for problem in problems if problem.level == "error"] == found


def test_ten_faults_are_found_at_once_each_with_its_line() -> None:
    assert faults(
        """- [x] no question
- [ ] b
---
Nothing is right
- [ ] a
- [ ] b
---
Only one
- [x] a
---
Both forms
- [x] a
- [ ] b
= 3
---
Not a number
= 5 ± x
kye: k5
---
Twice
- [x] a
- [ ] A
---
The mistake is right
= 5 ± 1
≠ 5.5 — no
minutes: two
---
No answer at all
"""
    ) == [
        ("empty-prompt", 2),
        ("no-right-answer", 6),
        ("one-choice-only", 10),
        ("two-forms", 15),
        ("bad-number", 18),
        ("unknown-option", 19),
        ("duplicate-choice", 23),
        ("mistake-is-answer", 27),
        ("bad-minutes", 28),
        ("no-right-answer", 30),
    ]


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("Q\n-[x] a\n- [ ] b", "bad-box", 3),
        ("Q\n- [y] a\n- [x] b", "bad-box", 3),
        ("Q\n- [x] a\n- b", "no-box", 4),
        ("Q\n- [x]\n- [ ] b", "empty-choice", 3),
        ("Q\n- [x] a\n- [ ] b\n≠ c — d", "mistake-with-choices", 5),
        ("key: a\nQ\n= 1", "option-before-answer", 2),
        ("Q\n= 1\nkey: a\nkey: b", "duplicate-option", 5),
        ("Q\n= 1\n= 2", "two-answers", 4),
        ("Q\n=", "no-right-answer", 3),
        ("Q\n= 1\nmore text", "text-after-answer", 4),
        ("Q\n= 1\nkey: Not A Key", "bad-key", 4),
        ("Q\n= 1\nskill:", "empty-option", 4),
        ("Q\n= 1\nkind: guess", "unknown-kind", 4),
        ("Q\n= 1\nkind: one-choice", "wrong-kind", 4),
        ("Q\n= word\nkind: number", "bad-number", 3),
        ("Q\n= word\nkind: true-false", "bad-truth", 3),
        ("Q\n= true\n≠ true — no", "mistake-is-answer", 4),
        ("Q\n= a\n≠ b", "no-feedback", 4),
        ("Q\n= a\n≠ b — x\n≠ B — y", "duplicate-mistake", 5),
        ("Q\n= a | A", "duplicate-answer", 3),
        ("Q\n= 1\nchoose: several", "bad-choose", 4),
        ("Q\n- [x] a\n- [ ] b\nchoose: some", "bad-choose", 5),
        ("Q\n= 1\n---\n", "empty-item", 4),
        ("", "empty-quiz", 1),
    ],
)
def test_a_fault_names_its_line(source: str, code: str, line: int) -> None:
    assert (code, line) in faults(source)


def test_two_questions_of_one_key_are_a_fault_and_no_key_is_a_warning() -> None:
    quiz, problems = parse_quiz("%%quiz k\nA\n= 1\nkey: q2\n---\nB\n= 2\n")
    assert [(p.level, p.code, p.line) for p in problems] == [
        ("error", "duplicate-item-key", 6),
        ("warning", "no-item-key", 6),
    ]
    assert [item.key for item in quiz.items] == ["q2", "q2"]


def test_an_unknown_option_is_told_what_was_meant() -> None:
    _, (problem,) = parse_quiz("%%quiz k\nQ\n= 1\nexplanaton: x\n")
    assert problem.hint.endswith("Did you mean `explanation`?")
    _, (problem,) = parse_quiz("%%quiz k\nQ\n= 1\nhnit: x\n")
    assert problem.hint == "Did you mean `hint`?"
    _, (problem, *_) = parse_quiz("%%quiz k\nQ\n= 1\nNote: how many?\n= 2\n")
    assert problem.hint.endswith("Or put `---` before the next question.")


@pytest.mark.parametrize(("first", "code"), [("%%quiz", "no-quiz-key"), ("%%quiz Tidy Data", "bad-key")])
def test_a_quiz_needs_a_key(first: str, code: str) -> None:
    quiz, (problem, *_) = parse_quiz(f"{first}\nQ\n= 1")
    assert (problem.code, problem.line) == (code, 1)
    assert len(quiz.items) == 1


def test_what_is_a_quiz_cell() -> None:
    assert is_quiz("%%quiz a\n")
    assert is_quiz("\n\n%%quiz a")
    assert not is_quiz("%%quizzes a")
    assert not is_quiz("# %%quiz a")
    assert not is_quiz("")


def test_windows_line_ends_and_endless_cells() -> None:
    quiz, problems = parse_quiz("%%quiz k\r\nQ\r\n= 1\r\n")
    assert problems == ()
    assert quiz.items[0].prompt == "Q"
    _, (problem,) = parse_quiz("%%quiz k\n" + "x" * MAX_CELL)
    assert problem.code == "too-long"


@pytest.mark.parametrize("between", ["±", "+/-", "+-", "+ / -", "+/−", "+−"])
def test_a_tolerance_as_a_keyboard_has_it(between: str) -> None:
    for text in (f"200 {between} 1", f"200{between}1"):
        quiz, problems = parse_quiz(f"%%quiz k\nQ\n= {text}\n")
        assert problems == ()
        assert [quiz.items[0].whole()[name] for name in ("kind", "answer", "tolerance")] == ["number", "200", "1"]


def test_yes_and_no_are_words() -> None:
    for word, meant in (("yes", "true"), ("No", "false")):
        quiz, (problem,) = parse_quiz(f"%%quiz k\nQ\n= {word}\n")
        assert (problem.level, problem.line) == ("warning", 3)
        assert problem.message == f"read as text; did you mean `= {meant}`?"
        assert quiz.items[0].kind == "short-text"
        assert parse_quiz(f"%%quiz k\nQ\n= {word}\nkind: text\n")[1] == ()
    assert parse_quiz("%%quiz k\nQ\n= yes | aye\n")[1] == ()


_PIECES = st.sampled_from(
    ["- [x] a", "- [ ] b — c", "= 5 ± 1", "= a | b", "≠ 4 — no", "!= ", "---", "```", "    x", "> q", "", "text", "~~~",
     "1. x", "- y", "| a |\n|---|", "  - [x] c", "\t= 1", "=", "- [", "[x]: y", "<b>", "%%quiz", "\x00", "\u2028",
     "= a => b", "=> c", "- a => b", "1. x\n2. y\nkind: ordering", "2. z", "```parsons python", "```check", "x = 1",
     "x == 1", "{{a}} and {{= 1}}",
     "{{choose: *a | b}}", "{{", "}}", "= essay", "~ x + 1", "= 5 m ± 1", "= /a+/ | b", "= 5 (2 figures)",
     "vary: a in 1..3; b in x, y", "{a} {a + 1} {b}", "where: a > 1", "hint (10 %): h", "$a {a}$", "either: 1, 2"]
    + [f"{name}: v" for name in OPTIONS]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=20).map("\n".join)))
def test_no_text_whatever_raises(text: str) -> None:
    for source in (text, f"%%quiz k\n{text}"):
        quiz, problems = parse_quiz(source)
        last = source.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        assert all(1 <= problem.line <= last for problem in problems)
        for item in (item for variants in quiz.variants for item in variants.all):
            assert score(item, item.reference_response()).fraction == 1


@pytest.mark.parametrize(
    "text",
    [
        "x\n" * 90_000,
        "\n" * 190_000,
        "- [x] a\n" + "  b`— `\n" * 20_000,
        "Q {a}\n= {a}\nvary: a in 1..9999; b in 1..9999\nwhere: a > b > a\n---\n" * 2500,
        "Q " + "{a} " * 30_000 + "\n= {a}\nvary: a in 1..50\nvariants: 50\n",
        "Q " + "{{a}} " * 30_000 + "\nkey: a\n",
        "Q\n= 1" + " " * 190_000 + "x",
        "Q\n= 1\nkey" + " " * 190_000 + "x",
        "Q\n= 1\n" + "ab: a\n" * 30_000,
        "Q\n= /" + "(a+)+" * 30_000 + "/\n",
        "Q\n\n```check\nx == (" + " — " * 40_000 + "\n```\n",
        "Q {a}\n= {round(a, 10 ** 9)}\nvary: a in 9..99",
        "Q {a}\n= {factorial(100) ** 200}\nvary: a in 9..99",
        "Q " + "![a" * 60_000 + "\n= 1",
        "Q\n" + ">" * 190_000 + "\n= 1",
        "Q\n" + "- " * 95_000 + "\n= 1",
    ],
    ids=lambda text: text[:20],
)
def test_no_cell_takes_its_time(text: str) -> None:
    began = time.process_time()
    quiz, _ = parse_quiz(f"%%quiz k\n{text}"[:199_999])
    for item in quiz.items:
        markdown_html(item.prompt)
    assert time.process_time() - began < 5
