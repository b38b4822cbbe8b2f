"""How each kind of item scores, and what must hold for every kind and every response."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from course_kit.errors import Invalid
from course_kit.model.kinds import (
    Choice,
    Mistake,
    Number,
    OneChoice,
    Parsons,
    Piece,
    SeveralChoices,
    ShortText,
    TrueFalse,
    normalise,
    parse_number,
)
from course_kit.model.quiz import KINDS, Item, item_digest, read_item, score

ROBUST = OneChoice(
    key="robust",
    prompt="Which is robust?",
    choices=(
        Choice(text="median", right=True, feedback="It moves by one rank."),
        Choice(text="mean", right=False, feedback="Try [1, 2, 1000]."),
    ),
)
PRIMES = SeveralChoices(
    key="primes",
    prompt="Which are prime?",
    choices=tuple(Choice(text=str(n), right=n in (2, 3, 5), feedback="") for n in (2, 3, 4, 5, 6)),
)
FLAT = TrueFalse(
    key="flat",
    prompt="The earth is flat.",
    answer=False,
    mistakes=(Mistake(answer="true", feedback="Look!"),),
)
MEAN = Number(
    key="mean",
    prompt="Mean of 2, 4, 9?",
    answer="5",
    tolerance="0.01",
    mistakes=(Mistake(answer="4", feedback="Median."),),
)
CAPITAL = ShortText(
    key="capital",
    prompt="Capital?",
    answers=("Paris", "City of Paris"),
    mistakes=(Mistake(answer="Lyon", feedback="Near."),),
)
ALL = [ROBUST, PRIMES, FLAT, MEAN, CAPITAL]


@pytest.mark.parametrize(
    ("item", "response", "state", "fraction", "remarks"),
    [
        (ROBUST, 0, "right", 1.0, ["It moves by one rank."]),
        (ROBUST, 1, "wrong", 0.0, ["Try [1, 2, 1000]."]),
        (ROBUST, 2, "invalid", 0.0, ["Choose one of the answers."]),
        (ROBUST, True, "invalid", 0.0, ["Choose one of the answers."]),
        (ROBUST, None, "unanswered", 0.0, []),
        (PRIMES, [0, 1, 3], "right", 1.0, []),
        (PRIMES, [0, 1], "partly-right", 2 / 3, []),
        (PRIMES, [0, 1, 2, 3], "partly-right", 2 / 3, []),
        (PRIMES, [0, 1, 2, 3, 4], "partly-right", 1 / 3, []),
        (PRIMES, [0, 2], "wrong", 0.0, []),
        (PRIMES, [0, 0, 0, 1, 3], "right", 1.0, []),
        (PRIMES, [], "unanswered", 0.0, []),
        (FLAT, False, "right", 1.0, []),
        (FLAT, True, "wrong", 0.0, ["Look!"]),
        (FLAT, 1, "invalid", 0.0, ["Choose true or false."]),
        (MEAN, "5", "right", 1.0, []),
        (MEAN, "4.99", "right", 1.0, []),
        (MEAN, "5,01", "right", 1.0, []),
        (MEAN, "5.011", "wrong", 0.0, []),
        (MEAN, "4", "wrong", 0.0, ["Median."]),
        (MEAN, "  ", "unanswered", 0.0, []),
        (CAPITAL, " paris. ", "right", 1.0, []),
        (CAPITAL, "“City  of PARIS”", "right", 1.0, []),
        (CAPITAL, "lyon", "wrong", 0.0, ["Near."]),
        (CAPITAL, "x" * 10_001, "invalid", 0.0, ["This is too long: a few words are asked for."]),
    ],
)
def test_a_response_gets_its_outcome(item, response, state, fraction, remarks):
    outcome = score(item, response)
    assert (outcome.state, outcome.fraction) == (state, pytest.approx(fraction))
    assert [remark.text for remark in outcome.feedback] == remarks


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", "1.234"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1 234 567", "1234567"),
        ("\u22123", "-3"),
        ("12 %", "0.12"),
        ("2e-3", "0.002"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1'000", "1000"),
        ("٣", None),
        ("1,2,3", None),
        ("nan", None),
        ("inf", None),
        ("1e9999", None),
        ("0x10", None),
        ("5 kg", None),
        ("", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert parse_number(text) == (None if value is None else Decimal(value))


def test_a_relative_tolerance_is_a_share_of_the_answer():
    item = Number(key="n", prompt="?", answer="-200", tolerance="1%", relative=True)
    assert [score(item, text).state for text in ("-198", "-202", "-197.9", "200")] == [
        "right",
        "right",
        "wrong",
        "wrong",
    ]


def test_an_item_without_a_right_answer_cannot_be_made():
    with pytest.raises(ValidationError, match="one choice has to be right, and 0 are"):
        OneChoice(key="k", prompt="?", choices=(Choice(text="a", right=False), Choice(text="b", right=False)))
    with pytest.raises(ValidationError, match="none is"):
        SeveralChoices(key="k", prompt="?", choices=(Choice(text="a", right=False), Choice(text="b", right=False)))


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.kind)
def test_every_kind_scores_its_reference_in_full_and_survives_json(item: Item):
    assert score(item, item.reference_response()).fraction == 1.0
    assert read_item(item.whole()) == item
    assert item_digest(read_item(item.whole())) == item_digest(item)


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.kind)
def test_another_name_is_no_other_wording(item: Item):
    renamed = item.model_copy(update={"key": "renamed", "was": (item.key, "old-quiz/a")})
    assert item_digest(renamed) == item_digest(item)
    assert read_item(renamed.whole()) == renamed
    assert item_digest(item.model_copy(update={"prompt": "Something else?"})) != item_digest(item)


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.kind)
def test_what_is_public_names_no_answer(item: Item):
    public = item.map_texts(lambda text: f"<p>{text}</p>").public()
    assert set(public) == {
        "key",
        "kind",
        "prompt",
        "form",
        "hints",
        "minutes",
        "skill",
        "points",
        "attempts",
        "wait",
        "confidence",
        "shuffle",
    }
    assert "right" not in str(public)
    assert "feedback" not in str(public)


def test_every_kind_is_in_the_registry_and_an_unknown_one_says_what_to_do():
    assert set(KINDS) >= {item.kind for item in ALL}
    with pytest.raises(Invalid, match="knows no items of kind 'hologram'"):
        read_item({"kind": "hologram", "key": "k", "prompt": "?"})


responses = st.none() | st.booleans() | st.integers() | st.lists(st.integers()) | st.text(max_size=40)


@given(st.sampled_from(ALL), responses)
def test_no_response_raises_or_scores_outside_its_range(item, response):
    outcome = score(item, response)
    assert 0.0 <= outcome.fraction <= 1.0
    assert (outcome.state == "right") == (outcome.fraction == 1.0)
    assert (outcome.state == "partly-right") == (0.0 < outcome.fraction < 1.0)


@given(st.text(max_size=60))
def test_reading_a_number_or_a_text_never_raises(text):
    parse_number(text)
    assert normalise(normalise(text)) is not None


@pytest.mark.parametrize(
    ("used", "fraction"),
    [([0, 3, 1, 2], 1.0), ([2, 3, 1, 0], 1.0), ([0, 2, 3, 1], 1.0), ([1, 3, 0, 2], 0.75), ([3, 1, 0, 2], 0.75)],
)
def test_lines_of_equal_text_stand_for_whichever_fits(used, fraction):
    texts = ("x += 1", "y = 0", "x += 1", "print(x)")
    pieces = tuple(Piece(text=text, position=number) for number, text in enumerate(texts))
    item = Parsons(key="k", prompt="?", program="…", indented=False, before=((2, 3),), pieces=pieces)
    assert score(item, [[number, 0] for number in used]).fraction == fraction


def test_many_lines_of_equal_text_are_scored_soon():
    pieces = tuple(Piece(text=f"line {number % 5}", position=number) for number in range(50))
    pairs = tuple((number, number + 1) for number in range(49))
    item = Parsons(key="k", prompt="?", program="…", before=pairs, pieces=pieces)
    began = time.process_time()
    assert 0 < score(item, [[number, 0] for number in reversed(range(50))]).fraction < 1
    assert time.process_time() - began < 2
