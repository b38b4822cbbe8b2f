"""How each kind of question is written, and what is said where it is not."""

from typing import Any

import pytest

from course_kit.model.quiz import Item, score
from course_kit.quizzes.parse import parse_quiz


def only(source: str) -> Item:
    """The one item of a quiz without any problem."""
    quiz, problems = parse_quiz(f"%%quiz k\n{source}")
    assert problems == ()
    (item,) = quiz.items
    return item


def faults(source: str) -> list[tuple[str, int]]:
    _, problems = parse_quiz(f"%%quiz k\n{source}")
    return [(problem.code, problem.line) for problem in problems if problem.level == "error"]


# ------------------------------------------------------------ numbers and words


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        ("= 9.81 m/s^2 ± 1 %", {"answer": "9.81", "tolerance": "1 %", "relative": True, "unit": "m/s^2"}),
        ("= 9.81 ± 0.05 m/s^2", {"answer": "9.81", "tolerance": "0.05", "relative": False, "unit": "m/s^2"}),
        ("= 9.81 m/s² +- 0.05 m/s^2", {"answer": "9.81", "tolerance": "0.05", "unit": "m/s^2"}),
        ("= 5\nunit: m | cm = 0.01 | km = 1000", {"unit": "m", "units": {"cm": "0.01", "km": "1000"}}),
        ("= 5 m\nunit: m", {"answer": "5", "unit": "m", "units": {}}),
        ("= 5 m\nkind: number", {"answer": "5", "unit": "m"}),
        ("= 36 km/h ± 1\nunit: m/s = 3.6", {"unit": "km/h", "units": {"m/s": "3.6"}}),
        ("= 6.02e23 (3 figures)", {"answer": "6.02e23", "figures": 3, "unit": ""}),
        ("= 9.81 m/s^2 (3 significant figures)", {"figures": 3, "unit": "m/s^2"}),
        ("= 9.81 ± 1 % (2 digits)", {"figures": 2, "relative": True}),
        ("= −3,5", {"answer": "−3,5", "tolerance": "0"}),
    ],
)
def test_a_number_with_a_tolerance_a_unit_and_figures(answer: str, fields: dict[str, Any]) -> None:
    item = only(f"Q?\n{answer}")
    assert item.kind == "number"
    assert {name: item.whole()[name] for name in fields} == fields


def test_alternatives_patterns_and_case() -> None:
    item = only("Q?\n= the median | /media?n/i | a/b | /usr/bin/\n≠ /means?/ — No.")
    whole = item.whole()
    assert whole["answers"] == ["the median", "a/b", "/usr/bin/"]
    assert whole["patterns"] == ["/media?n/i"]
    assert whole["mistakes"] == [{"answer": "/means?/", "feedback": "No.", "pattern": True}]
    assert score(item, "Medin").state == "right"
    assert score(item, "means").feedback[0].text == "No."
    assert only("Q?\n= /(a|b)c/").whole()["patterns"] == ["/(a|b)c/"]
    table = only("Q?\n= DataFrame\ncase: yes")
    assert score(table, "dataframe").state == "wrong"


def test_a_number_and_its_unit_that_are_read_as_words_are_pointed_out() -> None:
    quiz, (problem,) = parse_quiz("%%quiz k\nQ?\n= 5 m\n")
    assert (problem.level, problem.code, problem.line) == ("warning", "unit-as-text", 3)
    assert "`unit: m`" in problem.hint
    assert quiz.items[0].kind == "short-text"
    assert parse_quiz("%%quiz k\nQ?\n= 5 m\nkind: text\n")[1] == ()
    assert parse_quiz("%%quiz k\nQ?\n= 3 columns\n")[1] == ()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("= 1/3", "for a number, write `= 0.3333 ± 1 %`"),
        ("= 5 | 6", "several numbers as words"),
        ("= 5 to 6", "for all numbers between two"),
        ("= 5..6", "for all numbers between two"),
        ("= 6.02e23 (3 sig figs)", "write `= 6.02e23 (3 figures)`"),
        ("= {a + 1}", "only where `vary:` stands below"),
        ("= left => right", "one pair alone is nothing to match"),
        ("= 5€", "so that `5 €` is wrong"),
    ],
)
def test_words_that_were_probably_meant_otherwise_are_pointed_out(lines: str, said: str) -> None:
    quiz, (problem,) = parse_quiz(f"%%quiz k\nQ?\n{lines}\n")
    assert (problem.level, problem.line) == ("warning", 3)
    assert said in problem.message
    assert quiz.items[0].kind == "short-text"
    assert parse_quiz(f"%%quiz k\nQ?\n{lines}\nkind: text\n")[1] == ()


@pytest.mark.parametrize("words", ["1914–1918", "3 columns", "and/or", "{1, 2}", "4 | four", "a -> b", "to be or not"])
def test_words_are_taken_as_words(words: str) -> None:
    assert only(f"Q?\n= {words}").kind == "short-text"


@pytest.mark.parametrize("value", ["1,000", "-12,500", "250,125 m ± 1"])
def test_a_comma_before_three_digits_is_pointed_out(value: str) -> None:
    _, (problem,) = parse_quiz(f"%%quiz k\nQ?\n= {value}\n")
    assert (problem.level, problem.code, problem.line) == ("warning", "comma", 3)
    assert parse_quiz("%%quiz k\nQ?\n= 0,125\n")[1] == parse_quiz("%%quiz k\nQ?\n= 1,000.5\n")[1] == ()


def test_units_in_a_row_are_told_how_they_are_written() -> None:
    for units in ("m, cm", "m | cm 0.01"):
        _, (problem,) = parse_quiz(f"%%quiz k\nQ?\n= 5 m ± 1 %\nunit: {units}\n")
        assert (problem.code, problem.line) == ("bad-unit", 4)
        assert "`unit: m | cm = 0.01`" in problem.hint


@pytest.mark.parametrize("dash", ["-", "--", "–"])
def test_a_remark_behind_a_short_dash_would_be_seen(dash: str) -> None:
    _, (problem,) = parse_quiz(f"%%quiz k\nQ?\n- [x] a {dash} That is right indeed.\n- [ ] b — No - not this one.\n")
    assert (problem.level, problem.code, problem.line) == ("warning", "short-dash", 3)
    assert "`choice — remark`" in problem.hint


@pytest.mark.parametrize("choice", ["3 - 2", "mean - median", "`a - b if c else d`", "$a - b + c$", r"a \- that is it"])
def test_other_dashes_belong_to_a_choice(choice: str) -> None:
    assert only(f"Q?\n- [x] {choice}\n- [ ] none").kind == "one-choice"


def test_shuffling_is_for_choices() -> None:
    _, (problem,) = parse_quiz("%%quiz k\nQ?\n= a => b\n= c => d\nshuffle: yes\n")
    assert (problem.level, problem.code, problem.line) == ("warning", "nothing-to-shuffle", 5)
    assert parse_quiz("%%quiz k\nQ?\n= 5\nshuffle: no\n")[1] == ()


def test_braces_that_make_no_blank_are_pointed_out() -> None:
    for text in ("The {{median}} of {{1 is 1.", "The {{median}} of {{1 is {{1}}.", "The {{median}} of {{}} is"):
        _, (problem,) = parse_quiz(f"%%quiz k\n{text}\n")
        assert (problem.level, problem.code, problem.line) == ("warning", "open-blank", 2)
    assert only(r"The {{median}} of \{{1}} and $x^{{a}}$ is").kind == "cloze"
    _, (problem,) = parse_quiz("%%quiz k\nThe {{median of 1\n")
    assert (problem.level, problem.code) == ("error", "no-right-answer")
    assert "`{{answer}}`" in problem.hint


def test_a_formula_that_learners_would_see_as_code_is_pointed_out() -> None:
    _, (problem,) = parse_quiz("%%quiz k\nWhat is $x^2$\nfor $\\begin{x} \\foo{$?\n= 5\nexplanation: $\\frac{1}{2}$\n")
    assert (problem.level, problem.code, problem.line) == ("warning", "bad-formula", 3)
    assert problem.message.startswith("the formula `\\begin{x} \\foo{` cannot be read")
    assert parse_quiz("%%quiz k\nIt costs $5 or $6.\n= 5\n")[1] == ()


# ------------------------------------------------------------ order


def test_an_ordering_is_a_numbered_list() -> None:
    item = only(
        """Order these:
- as they come

1. Read
   the *file*
2. Drop
2. Rename

3. Draw
kind: ordering
points: 2
"""
    )
    whole = item.whole()
    assert item.prompt == "Order these:\n- as they come"
    ranks = dict(zip(whole["pieces"], whole["ranks"], strict=True))
    assert ranks == {"Read\nthe *file*": 1, "Drop": 2, "Rename": 2, "Draw": 3}
    assert whole["ranks"] != sorted(whole["ranks"])
    assert item.points == 2


def test_pieces_are_never_shown_in_an_accepted_order_and_always_in_the_same() -> None:
    for words in (["a", "b"], ["b", "a"], ["x", "y", "z"], ["1", "2", "3", "4"]):
        listed = "\n".join(f"{number}. {word}" for number, word in enumerate(words, start=1))
        first, second = (only(f"Order {how}.\n{listed}\nkind: ordering").whole() for how in ("up", "down"))
        assert first["pieces"] == second["pieces"]
        assert score(only(f"Q\n{listed}\nkind: ordering"), list(range(len(words)))).fraction < 1
        pairs = "\n".join(f"= {word} => the {word}" for word in words)
        assert score(only(f"Match.\n{pairs}"), list(range(len(words)))).fraction < 1
        lines = "\n".join(f"x = '{word}'" for word in words)
        program = only(f"Build.\n\n```parsons python\n{lines}\n```")
        assert score(program, [[number, 0] for number in range(len(words))]).fraction < 1


PROGRAM = """Build a function.

```parsons python
def mean(values):
    total = 0
    count = 0

    for value in values:
        total += value
        count += 1
    return total / count
    return total / 2  # distractor: Two is not how many there are.
  return  #Distractor
```
"""


def test_a_program_its_levels_and_its_distractors() -> None:
    whole = only(PROGRAM).whole()
    assert [(p["text"], p["indent"]) for p in sorted(_placed(whole), key=lambda p: p["position"])] == [
        ("def mean(values):", 0),
        ("total = 0", 1),
        ("count = 0", 1),
        ("for value in values:", 1),
        ("total += value", 2),
        ("count += 1", 2),
        ("return total / count", 1),
    ]
    distractors = {p["text"]: p["feedback"] for p in whole["pieces"] if p["position"] is None}
    assert distractors == {"return total / 2": "Two is not how many there are.", "return": ""}
    assert whole["indented"] is True
    assert whole["before"] is None
    assert whole["program"].startswith("```python\ndef mean(values):\n    total = 0\n    count = 0\n    for value")
    assert only("Q\n\n```parsons sql\nSELECT a\nFROM b -- distractor\nFROM t\n```").whole()["indented"] is False


def _placed(whole: dict[str, Any]) -> list[dict[str, Any]]:
    return [piece for piece in whole["pieces"] if piece["position"] is not None]


@pytest.mark.parametrize(
    ("option", "free"),
    [
        ("either: 2, 3\neither: 5, 6", [(1, 2), (4, 5)]),
        ("either: 2, 3-4", [(1, 2), (1, 3)]),
        ("order: 1 < 2 3 < 4 < 5 6 < 7", [(1, 2), (4, 5)]),
    ],
)
def test_a_program_with_more_than_one_accepted_order(option: str, free: list[tuple[int, int]]) -> None:
    item = only(f"{PROGRAM}{option}")
    place = {piece["position"]: number for number, piece in enumerate(item.whole()["pieces"])}
    right = item.reference_response()
    assert isinstance(right, list)
    for first, second in free:
        order: list[Any] = list(right)
        if second == first + 1:
            order[first], order[second] = order[second], order[first]
            assert score(item, order).state == "right"
    order = list(right)
    order[0], order[1] = order[1], order[0]
    assert score(item, order).state == "partly-right"
    assert place[0] != 0 or place[1] != 1


# ------------------------------------------------------------ pairs, blanks, texts, code


def test_pairs_their_distractors_and_their_mistakes() -> None:
    item = only(
        "Match.\n= mean => sum over count\n= median => `a => b`\n= mid-value => `a => b`\n=> the largest\n"
        "≠ mean => `a => b` — Not that."
    )
    whole = item.whole()
    assert whole["left"] == ["mean", "median", "mid-value"]
    assert sorted(whole["right"]) == ["`a => b`", "sum over count", "the largest"]
    assert [whole["right"][one] for one in whole["partners"]] == ["sum over count", "`a => b`", "`a => b`"]
    wrong = [whole["right"].index("`a => b`"), whole["partners"][1], -1]
    assert score(item, wrong).feedback[0].text == "Not that."
    listed = only("Match.\n\n- a => 1\n- b => 2\n- => 3\nkey: x").whole()
    assert listed["prompt"] == "Match."
    assert listed["left"] == ["a", "b"]
    assert sorted(listed["right"]) == ["1", "2", "3"]
    assert only("Q?\n= a => b\nkind: text").kind == "short-text"


def test_blanks_in_a_sentence() -> None:
    item = only(
        r"""The {{median | 50 % quantile}} is {{2}}, $\frac{{1}}{2}$ aside; \{{x}} {{= 4 ± 0.5}} {{/a|b/}}
and `code {{a \| b}}` {{choose: *moves | stays — Try 900.}}.
≠ 1: mode — The most frequent.
≠ 2: 3 — Sort first.
key: c
"""
    )
    whole = item.whole()
    assert item.kind == "cloze"
    assert item.prompt == (
        r"The ckblank0x is ckblank1x, $\frac{{1}}{2}$ aside; {{x}} ckblank2x ckblank3x"
        "\nand `code ckblank4x` ckblank5x."
    )
    assert [blank["kind"] for blank in whole["blanks"]] == ["text", "number", "number", "text", "text", "choice"]
    assert whole["blanks"][0]["answers"] == ["median", "50 % quantile"]
    assert whole["blanks"][3]["patterns"] == ["/a|b/"]
    assert whole["blanks"][4]["answers"] == ["a | b"]
    assert whole["blanks"][5]["choices"][1] == {"text": "stays", "right": False, "feedback": "Try 900."}
    assert whole["blanks"][1]["mistakes"][0]["feedback"] == "Sort first."
    assert whole["code"] is False
    assert score(item, ["MEDIAN", "2.0", "4.2", "b", "a | b", "moves"]).state == "right"


def test_blanks_in_code() -> None:
    item = only('Fill.\n\n```python\nd = {"a": {{1}}}\nprint({{d["a"]|d.get("a")}})\n```\nkey: c')
    assert item.whole()["code"] is True
    assert 'd = {"a": ckblank0x}' in item.prompt
    assert score(item, ["1", "d['a']"]).state == "right"
    assert score(item, ["1", "D['a']"]).state == "partly-right"


def test_braces_above_an_answer_are_text_and_are_pointed_out_in_sentences() -> None:
    quiz, (problem,) = parse_quiz("%%quiz k\nSay {{x}}.\n= 1\n")
    assert (problem.level, problem.code, problem.line) == ("warning", "blank-as-text", 2)
    assert quiz.items[0].kind == "number"
    assert parse_quiz("%%quiz k\n\n```\n{{x}}\n```\n\n= 1\n")[1] == ()


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        ("50-200", (50, 200)),
        ("at least 50", (50, None)),
        ("at most 200", (0, 200)),
        ("200", (0, 200)),
        ("5 to 9", (5, 9)),
    ],
)
def test_an_essay_and_its_length(words: str, bounds: tuple[int, int | None]) -> None:
    whole = only(f"Why?\n= essay\nlines: 8\nwords: {words}\nexample: So.\n  And so.").whole()
    assert (whole["kind"], whole["min_words"], whole["max_words"]) == ("essay", *bounds)
    assert (whole["lines"], whole["example"]) == (8, "So.\nAnd so.")


def test_a_formula_its_names_and_its_mistakes() -> None:
    whole = only("Expand.\n~ x^2 + 2x*y\n≠ x(x + 2y) — Not expanded.\n≠ x^2 — More.").whole()
    assert (whole["kind"], whole["answer"], whole["names"]) == ("expression", "x^2 + 2x*y", ["x", "y"])
    assert [mistake["answer"] for mistake in whole["mistakes"]] == ["x(x + 2y)", "x^2"]
    assert only("Q\n= a + 1\nkind: expression\nnames: a, b\npositive: yes").whole()["names"] == ["a", "b"]


def test_checks_of_code_and_the_names_that_they_look_at() -> None:
    whole = only(
        """Compute.

```check
# a comment
total == 6 — The sum.
assert all(n in names for n in [1, 2])
label == "a — b" — Mind the dash.
sorted(frame["x"]) == (lambda row: row)(values)
```
weights: 2; 1, 1, 0.5
"""
    ).whole()
    assert [(check["code"], check["feedback"], check["weight"]) for check in whole["checks"]] == [
        ("total == 6", "The sum.", 2.0),
        ("all(n in names for n in [1, 2])", "", 1.0),
        ('label == "a — b"', "Mind the dash.", 1.0),
        ('sorted(frame["x"]) == (lambda row: row)(values)', "", 0.5),
    ]
    assert whole["names"] == ["total", "names", "label", "frame", "values"]


def test_a_block_may_hold_what_looks_like_answers() -> None:
    item = only("Build.\n\n````parsons text\n= 1\n- [x] a\n---\nkey: b\n````\nkey: c")
    assert sorted(piece["text"] for piece in item.whole()["pieces"]) == ["- [x] a", "---", "= 1", "key: b"]


# ------------------------------------------------------------ options


def test_the_options_of_every_kind() -> None:
    item = only(
        "Q?\n- [x] a\n- [ ] b\nhint (10 %): first\nhint: [2,5 %] second\nhint: third\nattempts: 3\nwait: 2 minutes\n"
        "confidence: yes\nshuffle: but-last\npoints: 0.5\nminutes: 2"
    )
    assert [(hint.text, hint.cost) for hint in item.hints] == [("first", 0.1), ("second", 0.025), ("third", 0.0)]
    assert (item.attempts, item.wait, item.confidence) == (3, 120.0, True)
    assert (item.shuffle, item.points, item.minutes) == ("but-last", 0.5, 2.0)


def test_new_options_are_text_above_an_answer() -> None:
    item = only("Think of these\nwords: mean, median\nexample: 3 of 4\n= 5")
    assert item.prompt == "Think of these\nwords: mean, median\nexample: 3 of 4"


def test_a_pool_is_a_quiz_with_pick() -> None:
    quiz, problems = parse_quiz("%%quiz k\nA\n= 1\nkey: a\npick: 2\n---\nB\n= 2\nkey: b\n---\nC\n= 3\nkey: c\n")
    assert problems == ()
    assert (quiz.pick, quiz.quiz.pick, len(quiz.items)) == (2, 2, 3)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Q\n= 1\npick: 2", [("bad-pick", 4)]),
        ("Q\n= 1\nkey: a\n---\nR\n= 2\nkey: b\npick: 1", [("pick-place", 9)]),
        ("Q\n= 1\nattempts: many", [("bad-attempts", 4)]),
        ("Q\n= 1\nhint (10): more", [("bad-cost", 4)]),
        ("Q\n= 1\nattempts: 0", [("bad-attempts", 4)]),
        ("Q\n= 1\npoints: -1", [("bad-points", 4)]),
        ("Q\n= 1\nwait: soon", [("bad-wait", 4)]),
        ("Q\n= 1\nwait: 2 days", [("bad-wait", 4)]),
        ("Q\n= 1\nconfidence: perhaps", [("bad-confidence", 4)]),
        ("Q\n= 1\nshuffle: some", [("bad-shuffle", 4)]),
        ("Q\n= 1\nhint (200 %): x", [("bad-cost", 4)]),
        ("Q\n= 1\nhint (10 %):", [("empty-option", 4)]),
        ("Q\n= 1\nwords: 5", [("option-of-another-kind", 4)]),
        ("Q\n= 1\nwhere: a > 1", [("no-vary", 4)]),
        ("Q\n= 5 ± 1 m\nunit: cm", [("bad-unit", 4)]),
        ("Q\n= 5 m ± 1 s", [("bad-unit", 3)]),
        ("Q\n= 5\nunit: m = 2", [("bad-unit", 4)]),
        ("Q\n= 5 m ± 1\nunit: cm = 0", [("bad-unit", 4)]),
        ("Q\n= 5 (99 figures)", [("bad-figures", 3)]),
        ("Q\n= 0 (2 figures)", [("bad-number", 3)]),
        ("Q\n= 5 m ± 1\n≠ five — no", [("bad-number", 4)]),
        ("Q\n= 5 m ± 1\n≠ 5.5 — no", [("mistake-is-answer", 4)]),
        ("Q\n= /a(/", [("bad-pattern", 3)]),
        ("Q\n= a\n≠ /a(/ — no", [("bad-pattern", 4)]),
        ("Q\n= a | /b+/\n≠ bbb — no", [("mistake-is-answer", 4)]),
        ("Q\nkind: ordering", [("no-pieces", 3)]),
        ("Q\n- a\n- b\nkind: ordering", [("no-rank", 3)]),
        ("Q\n1. a\n1. b\nkind: ordering", [("equal-ranks", 3)]),
        ("Q\n1. a\n2. A\nkind: ordering", [("duplicate-piece", 4)]),
        ("Q\n1. a\n2.\nkind: ordering", [("empty-piece", 4)]),
        ("Q\n1. a\nkind: ordering", [("bad-pieces", 3)]),
        ("Q\n1. a\n2. b\nkind: ordring", [("unknown-kind", 5)]),
        ("Q\n1. a\n2. b\nkey: x", [("no-right-answer", 2)]),
        ("Q\n\n```parsons\na = 1\n```", [("bad-program", 4)]),
        ("Q\n\n```parsons\na = 1\nb = 2", [("open-block", 4)]),
        ("Q\n\n```parsons\na = 1\nb = 2\na = 1  # distractor\n```", [("duplicate-piece", 7)]),
        ("Q\n\n```parsons\na = 1\nb = 2\n```\neither: 1, 3", [("bad-either", 8)]),
        ("Q\n\n```parsons\na = 1\nb = 2\nc = 3\n```\neither: 1, 3", [("bad-either", 9)]),
        ("Q\n\n```parsons\na = 1\nb = 2\n```\norder: 2 < 1", [("bad-order", 8)]),
        ("Q\n\n```parsons\na = 1\nb = 2\n```\norder: first", [("bad-order", 8)]),
        ("Q\n\n```parsons\na = 1\nb = 2\n```\norder: 1 < 2\neither: 1, 2", [("bad-order", 9)]),
        ("Q\n\n```parsons no!\na = 1\nb = 2\n```", [("bad-language", 4)]),
        ("Q\n\n```check\nx = 1\n```", [("bad-check", 5)]),
        ("Q\n\n```check\n```", [("bad-check", 4)]),
        ("Q\n\n```check\nx == 1\n```\nweights: 1, 2", [("bad-weights", 7)]),
        ("Q\n\n```check\nx == 1\n```\n\n```check\ny == 1\n```", [("two-answers", 8)]),
        ("Q\n\n```check\nx == 1\n```\n= 1", [("two-forms", 4)]),
        ("Q\n= a => b\n= c", [("two-answers", 4)]),
        ("Q\n= a => b\n= a => c", [("duplicate-entry", 4)]),
        ("Q\n= a => b\n= c => b", [("too-few-pairs", 3)]),
        ("Q\n= a => b\n= c => d\n=> d", [("duplicate-partner", 5)]),
        ("Q\n= a => b\n= c => d\n=>", [("bad-pair", 5)]),
        ("Q\n= a => b\n= c => d\n≠ a => x — no", [("unknown-entry", 5)]),
        ("Q\n= a => b\n= c => d\n≠ a => b — no", [("mistake-is-answer", 5)]),
        ("Q {{ }}\nkey: a", [("bad-blank", 2)]),
        ("Q {{choose: a | b}}\nkey: a", [("bad-blank", 2)]),
        ("Q {{= five}} {{= 1 ± x}}\nkey: a", [("bad-number", 2)]),
        ("Q {{a}} {{b}}\n≠ c — no", [("no-blank", 3)]),
        ("Q {{a}}\n≠ 2: c — no", [("no-blank", 3)]),
        ("Q {{a}}\n≠ A — no", [("mistake-is-answer", 3)]),
        ("Q {{choose: *a | b}}\n≠ b — no", [("mistake-with-choices", 3)]),
        ("Q {{/(/}}\nkey: a", [("bad-blank", 2)]),
        ("Q ![{{a}}](x.png)\nkey: a", [("lost-blank", 2)]),
        ("Q ckblank0x {{a}}\nkey: a", [("bad-blank", 2)]),
        ("Q\n= essay\nwords: many", [("bad-words", 4)]),
        ("Q\n= essay\nwords: 9-5", [("bad-words", 4)]),
        ("Q\n= essay\nlines: 0", [("bad-lines", 4)]),
        ("Q\n= essay\n≠ a — no", [("mistake-of-essay", 4)]),
        ("Q\n= text\nkind: essay", [("bad-essay", 3)]),
        ("Q\n~ 2 +", [("bad-expression", 3)]),
        ("Q\n~ x + 1\n≠ 1 + x — no", [("mistake-is-answer", 4)]),
        ("Q\n~ x + 1\n≠ y — no", [("bad-expression", 4)]),
        ("Q\n~ x\n~ y", [("two-answers", 4)]),
        ("Q\n= x\n~ y", [("two-forms", 4)]),
        ("Q\n- [x] a\n- [x] b\nkind: one-choice", [("two-right-choices", 4)]),
        ("Q\n= 1\nkind: ordering", [("wrong-kind", 4)]),
        ("Q\n= 1\nhnit: a", [("unknown-option", 4)]),
        ("Q {{a}}\nhnit: a\nkey: b", [("unknown-option", 3)]),
        ("Q {{a}}\nkey: b\nand more", [("text-after-answer", 4)]),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(source: str, found: list[tuple[str, int]]) -> None:
    assert faults(source) == found


def test_each_fault_says_what_to_do() -> None:
    source = "Q\n1. a\n1. b\nkind: ordering\n---\nQ {{choose: a}}\n---\nQ\n= 1\nwait: soon\n---\nQ\n1. a\n2. b\n"
    _, problems = parse_quiz(f"%%quiz k\n{source}")
    hints = {problem.code: problem.hint for problem in problems}
    assert hints["equal-ranks"] == "Number them 1., 2., 3. …; equal numbers say that either order is right."
    assert hints["bad-blank"] == "Write `{{choose: *right | wrong | wrong}}`, with one star."
    assert hints["bad-wait"].startswith("Write `wait: 30 seconds`")
    assert hints["no-right-answer"].endswith("If its list is to be put in order, add `kind: ordering`.")
