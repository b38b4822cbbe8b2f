"""How short text and blanks are compared, and what a pattern may cost."""

import threading
import time

import pytest
from pydantic import ValidationError

from course_kit.model.kinds import Cloze, NumberBlank, ShortText, placeholder
from course_kit.model.kinds import patterns as patterns_module
from course_kit.model.kinds.patterns import compiled, example, matches
from course_kit.model.kinds.texts import code_tokens
from course_kit.model.quiz import score

SLOW = "/(?:\\w|\\w\\w)*\\d/"


def short(**fields: object) -> ShortText:
    return ShortText.model_validate({"key": "k", "prompt": "?", **fields})


def outcome_of(item: ShortText | Cloze, response: object) -> tuple[str, float, list[str]]:
    outcome = score(item, response)  # type: ignore[arg-type]
    return outcome.state, round(outcome.fraction, 4), [remark.text for remark in outcome.feedback]


@pytest.mark.parametrize(
    ("pattern", "text", "right"),
    [
        ("/media?n/", "median", True),
        ("/media?n/", "medin", True),
        ("/media?n/", "Median", False),
        ("/media?n/i", "Median", True),
        ("/media?n/", "the median", False),
        ("/media?n/", "  “median”. ", True),
        ("/the median/", "the   median", True),
        ("/e\\.g\\./", "e.g.", True),
        ("/a|b/", "ab", False),
        ("/<b>/", "<b>", True),
        ("/ﬁt/", "fit", False),
    ],
)
def test_a_pattern_has_to_fit_the_whole_response(pattern, text, right):
    assert outcome_of(short(patterns=[pattern], answers=["x"]), text)[0] == ("right" if right else "wrong")


def test_case_counts_where_the_author_says_so():
    assert outcome_of(short(answers=["NaN"], case=True), "nan")[0] == "wrong"
    assert outcome_of(short(answers=["NaN"], case=True), " NaN.")[0] == "right"
    assert outcome_of(short(answers=["NaN"]), "nan")[0] == "right"


def test_a_mistake_may_be_a_pattern_and_a_literal_one_comes_first():
    mistakes = [
        {"answer": "/mean.*/i", "feedback": "A mean moves.", "pattern": True},
        {"answer": "mean", "feedback": "Try [1, 2, 1000]."},
    ]
    item = short(answers=["median"], patterns=["/mid.*/"], mistakes=mistakes)
    assert outcome_of(item, "Mean value") == ("wrong", 0.0, ["A mean moves."])
    assert outcome_of(item, "mean") == ("wrong", 0.0, ["Try [1, 2, 1000]."])
    assert outcome_of(item, "middle one") == ("right", 1.0, [])


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/media?n/i", "median"),
        ("/(the )?(mean|average)s*/", "the means"),
        ("/\\d{3}-[a-f]+/", "000-a"),
        ("/^colou?r$/", "colour"),
        ("/[^x]y/", "ay"),
        ("/a(?=b)/", None),
        ("/(a)\\1/", None),
        ("/\\s*/", None),
    ],
)
def test_an_example_is_found_for_a_simple_pattern(pattern, found):
    assert example(pattern) == found


def test_what_has_only_a_pattern_shows_an_example_of_it():
    item = short(patterns=["/media?n/i"])
    assert item.reference_response() == "median"
    assert item.right_answers() == ("median",)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "an answer or a pattern is needed"),
        ({"patterns": ["media?n"]}, "is not a pattern: write it between slashes"),
        ({"patterns": ["/(/"]}, "cannot be read: missing \\)"),
        ({"patterns": ["/((a{1000}){1000})/"]}, "repeats something too often"),
        ({"patterns": [f"/{'a' * 500}/"]}, "longer than 500 letters"),
        ({"patterns": ["/(a)\\1/"]}, "give an answer in words, too"),
        ({"answers": ["a"], "mistakes": [{"answer": "/[/", "feedback": "?", "pattern": True}]}, "cannot be read"),
    ],
)
def test_a_pattern_that_makes_no_sense_cannot_be_written(fields, message):
    with pytest.raises(ValidationError, match=message):
        short(**fields)


def test_a_runaway_pattern_is_stopped_in_any_thread_and_others_go_on():
    item = short(answers=["1"], patterns=[SLOW])
    response = "a" * 60 + "!"
    found = []
    ticks = 0
    runner = threading.Thread(target=lambda: found.append(score(item, response)))
    began = time.process_time()
    runner.start()
    while runner.is_alive():
        time.sleep(0.005)
        ticks += 1
    assert time.process_time() - began < 5
    assert ticks > 3
    assert (found[0].state, found[0].fraction) == ("invalid", 0.0)
    assert "could not be compared in time" in found[0].feedback[0].text


def test_a_match_that_was_stopped_is_no_mismatch(monkeypatch):
    monkeypatch.setattr(patterns_module, "SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        matches(SLOW, "a" * 60 + "!")
    assert compiled(SLOW).fullmatch("ab1")


# ------------------------------------------------------------ blanks

BLANKS = [
    {"kind": "text", "answers": ["median"], "mistakes": [{"answer": "mean", "feedback": "That moves."}]},
    {"kind": "number", "answer": "5", "tolerance": "0.1"},
    {
        "kind": "choice",
        "choices": [
            {"text": "<", "right": True},
            {"text": ">", "right": False, "feedback": "The other way."},
        ],
    },
]
PROMPT = f"The {placeholder(0)} is {placeholder(1)} {placeholder(2)} 6"
CLOZE = Cloze.model_validate({"key": "k", "prompt": PROMPT, "blanks": BLANKS})


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (["median", "5", "<"], ("right", 1.0, [])),
        ([" Median.", "5,05", " < "], ("right", 1.0, [])),
        (["mean", "5", ">"], ("partly-right", 0.3333, ["That moves.", "The other way."])),
        (["median", "", ""], ("partly-right", 0.3333, [])),
        (["x", "4", ">"], ("wrong", 0.0, ["The other way."])),
        (["", " ", ""], ("unanswered", 0.0, [])),
        (["median", "five", "?"], ("invalid", 0.0, [
            "Blank 2: This is not a number that can be read. Write it like 3.5, 1200 or 2e-3.",
            "Blank 3: Choose one of the answers.",
        ])),
        (["median", "5"], ("invalid", 0.0, ["Fill the blanks."])),
        (["median", 5, "<"], ("invalid", 0.0, ["Fill the blanks."])),
        ("median", ("invalid", 0.0, ["Fill the blanks."])),
        (["x" * 10_001, "5", "<"], ("invalid", 0.0, ["Fill the blanks."])),
    ],
)  # fmt: skip
def test_each_blank_counts_the_same(response, outcome):
    assert outcome_of(CLOZE, response) == outcome


def test_remarks_name_their_blank_and_the_page_gets_choices_only():
    assert [remark.choice for remark in score(CLOZE, ["mean", "5", ">"]).feedback] == [0, 2]
    assert CLOZE.form() == {
        "blanks": [
            {"kind": "text", "choices": None, "label": "Blank 1"},
            {"kind": "number", "choices": None, "label": "Blank 2"},
            {"kind": "choice", "choices": ["<", ">"], "label": "Blank 3"},
        ],
        "code": False,
    }
    metres = Cloze(key="c", prompt="ckblank0x", blanks=(NumberBlank(answer="5", unit="m"),))
    assert metres.form()["blanks"] == [{"kind": "number", "choices": None, "label": "Blank 1, with its unit"}]
    assert CLOZE.right_answers() == ("median", "5 ± 0.1", "<")
    assert CLOZE.in_words(["median", "", ">"]) == "1: median; 2: …; 3: >"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x==1", "x == 1", True),
        ("print('a')", 'print("a")', True),
        ("f(a,b)", "f( a, b )", True),
        ("not x", "notx", False),
        ("'a b'", "'a  b'", False),
        ("X", "x", False),
        ("'it\"s'", '"it\'s"', False),
        ("a.b", "a . b", True),
        ("1.5", "1 .5", True),
        ("return x", "returnx", False),
        ("x_1", "x _1", False),
    ],
)
def test_code_is_compared_by_its_tokens(one, other, same):
    assert (code_tokens(one) == code_tokens(other)) is same


def test_blanks_in_code_mind_case_and_not_blanks():
    blanks = [{"kind": "text", "answers": ["x == 'a'"]}]
    item = Cloze.model_validate({"key": "k", "prompt": "p", "blanks": blanks, "code": True})
    assert [outcome_of(item, [text])[0] for text in ('x=="a"', "X == 'a'", "x == 'a'.")] == ["right", "wrong", "wrong"]


def test_choices_of_a_blank_stand_in_an_order_that_tells_nothing():
    def offered(*texts: str) -> object:
        choices = [{"text": text, "right": number == 0} for number, text in enumerate(texts)]
        item = Cloze.model_validate({"key": "k", "prompt": "p", "blanks": [{"kind": "choice", "choices": choices}]})
        return item.form()["blanks"][0]["choices"]

    assert offered("moves", "leaves", "Doubles") == ["Doubles", "leaves", "moves"]
    assert offered("10", "9,5", "none", "-2") == ["-2", "9,5", "10", "none"]


def test_a_choice_blank_has_one_right_choice_and_none_twice():
    for choices, message in (
        ([{"text": "a", "right": False}, {"text": "b", "right": False}], "one choice of a blank has to be right"),
        ([{"text": "a", "right": True}, {"text": " a ", "right": False}], "two choices of a blank are the same"),
    ):
        with pytest.raises(ValidationError, match=message):
            Cloze.model_validate({"key": "k", "prompt": "p", "blanks": [{"kind": "choice", "choices": choices}]})
