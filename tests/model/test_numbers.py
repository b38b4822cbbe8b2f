"""How numbers are read, and when one is near enough, exact enough and in a unit that is accepted."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from course_kit.model.kinds import Number, parse_number
from course_kit.model.kinds.quantities import exact, read_number, split_quantity, unit_meaning
from course_kit.model.quiz import score

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "numbers.json").read_text())


def number(answer: str, **fields: object) -> Number:
    return Number.model_validate({"key": "n", "prompt": "?", "answer": answer, **fields})


def outcome_of(item: Number, text: str) -> tuple[str, float, list[str]]:
    outcome = score(item, text)
    return outcome.state, outcome.fraction, [remark.text for remark in outcome.feedback]


@pytest.mark.parametrize(("text", "value"), GOLDEN["numbers"], ids=lambda part: ascii(part)[:30])
def test_a_number_is_read_as_the_golden_file_says(text, value):
    assert parse_number(text) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(("text", "parts"), GOLDEN["quantities"], ids=lambda part: ascii(part)[:30])
def test_a_quantity_is_taken_apart_as_the_golden_file_says(text, parts):
    found = split_quantity(text)
    assert (None if found is None else [parse_number(found[0]), found[1]]) == (
        None if parts is None else [Decimal(parts[0]), parts[1]]
    )


def test_the_golden_file_holds_enough_cases_and_names_none_twice():
    texts = [text for text, _ in GOLDEN["numbers"]]
    assert len(texts) == len(set(texts)) >= 80


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m/s^2", "m/s²"),
        ("m/s^2", "m s^-2"),
        ("m/s^2", "m·s⁻²"),
        ("m/s^2", "m/s/s"),
        ("m/s^2", "m * s**-2"),
        ("m/s", "m per s"),
        ("J/(kg K)", "J/kg/K"),
        ("J/(kg·K)", "J kg^-1 K^-1"),
        ("µm", "μm"),
        ("Ω", "\u2126"),
        ("s^-1", "1/s"),
        ("°C", "℃"),
    ],
)
def test_one_unit_has_many_spellings(one, other):
    assert unit_meaning(one) == unit_meaning(other)


@pytest.mark.parametrize(("one", "other"), [("mW", "MW"), ("m/s", "m s"), ("m2", "m"), ("min", "m"), ("%", "‰")])
def test_units_that_differ_are_told_apart(one, other):
    assert unit_meaning(one) != unit_meaning(other)


GRAVITY = number(
    "9.81",
    unit="m/s^2",
    units={"cm/s^2": "0.01", "km/h/s": "1/3.6"},
    tolerance="1 %",
    relative=True,
    mistakes=[
        {"answer": "1.62", "feedback": "That is the moon's."},
        {"answer": "9.81 m/s", "feedback": "That is a speed."},
    ],
)
NAMES = "m/s^2 or cm/s^2 or km/h/s"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("9.81 m/s^2", ("right", 1.0, [])),
        ("9,9m/s²", ("right", 1.0, [])),
        ("981 cm·s⁻²", ("right", 1.0, [])),
        ("35.316 km/h/s", ("right", 1.0, [])),
        ("9.81 cm/s^2", ("wrong", 0.0, [])),
        ("1.62 m/s^2", ("wrong", 0.0, ["That is the moon's."])),
        ("162 cm/s^2", ("wrong", 0.0, ["That is the moon's."])),
        ("9.81 m/s", ("wrong", 0.0, ["That is a speed."])),
        ("5 m/s", ("invalid", 0.0, [f"This unit is not known here: write {NAMES}."])),
        ("9.81", ("invalid", 0.0, [f"Give the unit, too: {NAMES}."])),
        ("9.81 <b>", ("invalid", 0.0, [f"This unit is not known here: write {NAMES}."])),
        ("m/s^2", ("invalid", 0.0, ["This is not a number that can be read. Write it like 3.5, 1200 or 2e-3."])),
    ],
)
def test_a_unit_is_asked_for_and_converted(text, outcome):
    assert outcome_of(GRAVITY, text) == outcome


def test_the_page_is_told_which_units_are_accepted_and_nothing_else():
    assert GRAVITY.form() == {"unit": True, "units": ["m/s^2", "cm/s^2", "km/h/s"]}
    assert number("5").form() == {"unit": False, "units": []}
    assert GRAVITY.right_answers() == ("9.81 m/s^2 ± 1 %",)


def test_a_unit_that_is_not_asked_for_is_told():
    assert outcome_of(number("5"), "5 kg") == ("invalid", 0.0, ["Give the number alone, without a unit."])


def test_a_percent_sign_is_a_hundredth_and_may_be_a_unit():
    assert outcome_of(number("0.12"), "12 %")[0] == "right"
    share = number("12", unit="%", units={"‰": "0.1"})
    assert [outcome_of(share, text)[0] for text in ("12 %", "12%", "120 ‰", "0.12", "0.12 %")] == [
        "right",
        "right",
        "right",
        "invalid",
        "wrong",
    ]


@pytest.mark.parametrize(
    ("text", "state", "fraction"),
    [
        ("9.81", "right", 1.0),
        ("9,81", "right", 1.0),
        ("0.00981e3", "right", 1.0),
        ("9.80665", "partly-right", 0.5),
        ("9.807", "partly-right", 0.5),
        ("9.8", "partly-right", 0.5),
        ("10", "wrong", 0.0),
        ("9.80", "wrong", 0.0),
        ("9.82", "wrong", 0.0),
    ],
)
def test_significant_figures_are_counted(text, state, fraction):
    remarks = ["Give 3 significant figures."] if fraction == 0.5 else []
    assert outcome_of(number("9.80665", figures=3), text) == (state, fraction, remarks)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("1200", [2, 3, 4]),
        ("1200.", [4]),
        ("0.0120", [3]),
        ("1.20e5", [3]),
        ("3 × 10^5", [1]),
        ("10^5", [1]),
        ("0", [0]),
    ],
)
def test_zeros_before_the_point_may_or_may_not_count(text, figures):
    reading = read_number(text)
    assert reading is not None
    assert list(reading.figures) == figures


def test_half_may_be_rounded_up_or_to_even():
    item = number("2.45", figures=2)
    assert [outcome_of(item, text)[0] for text in ("2.5", "2.4", "2.6")] == ["right", "right", "wrong"]


def test_figures_go_with_a_tolerance_and_with_units():
    item = number("12.3", figures=3, tolerance="0.2", unit="m", units={"cm": "0.01"})
    assert outcome_of(item, "12.4 m")[:2] == ("right", 1.0)
    assert outcome_of(item, "1240 cm")[:2] == ("right", 1.0)
    assert outcome_of(item, "12.45 m")[:2] == ("partly-right", 0.5)
    assert item.right_answers() == ("12.3 ± 0.2 m (3 significant figures)",)


@pytest.mark.parametrize(
    ("answer", "figures", "reference"),
    [
        ("9.80665", 3, "9.81"),
        ("9.8", 3, "9.80"),
        ("6.02e23", 3, "6.02e23"),
        ("123456", 3, "1.23e5"),
        ("99.96", 3, "100"),
        ("-0.00012345", 2, "-0.00012"),
        ("0.00000012", 3, "1.20e-7"),
        ("1200", 2, "1200"),
    ],
)
def test_the_reference_is_given_with_the_figures_that_are_asked_for(answer, figures, reference):
    item = number(answer, figures=figures)
    assert item.reference_response() == reference
    assert score(item, reference).fraction == 1.0


def test_bounds_are_included_and_exact_however_many_digits_there_are():
    long = "0.1" + "0" * 40 + "1"
    assert outcome_of(number("0", tolerance="0.1"), "0.1")[0] == "right"
    assert outcome_of(number("0", tolerance="0.1"), long)[0] == "wrong"
    assert outcome_of(number("1e999", tolerance="1"), "1e-999")[0] == "wrong"
    assert outcome_of(number("0.3", tolerance="0"), "0.30")[0] == "right"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1,234", "1.234"),
        ("12 %", "0.12"),
        ("3×10^5", "300000"),
        ("1 000", "1000"),
        ("5", ""),
        ("x", ""),
        ("1e30", ""),
        ("1e3", "1000"),
        ("1,0e30", "1.0e30"),
    ],
)
def test_a_number_says_how_it_was_read_where_that_is_not_plain(text, read):
    assert number("5").read(text) == read


def test_what_was_read_is_escaped():
    assert GRAVITY.read("9,81 m/s²") == "9.81 m/s^2"
    assert GRAVITY.read("9,81 <b>") == "9.81 &lt;b&gt;"
    assert GRAVITY.read(5) == GRAVITY.read(None) == GRAVITY.read([["x"]]) == ""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"answer": "five"}, "'five' is not a number"),
        ({"answer": "5", "tolerance": "-1"}, "is negative"),
        ({"answer": "0", "figures": 2}, "zero has no significant figures"),
        ({"answer": "9.81", "figures": 1, "tolerance": "0.01"}, "no number with 1 significant figure lies within"),
        ({"answer": "5", "units": {"m": "1"}}, "units are accepted and the answer has none"),
        ({"answer": "5", "unit": "m", "units": {"km": "0"}}, "is not a factor"),
        ({"answer": "5", "unit": "m", "units": {"km": "1/0"}}, "is not a factor"),
        ({"answer": "5", "unit": "m/s", "units": {"m s^-1": "1"}}, "two of the units are the same"),
        ({"answer": "5", "unit": "<i>"}, "is not a unit"),
        ({"answer": "5", "unit": "5 m"}, "is not a unit"),
        ({"answer": "5", "mistakes": [{"answer": "x", "feedback": "?"}]}, "'x' is not a number"),
        ({"answer": "5", "mistakes": [{"answer": "5 m", "feedback": "?"}]}, "'5 m' is not a number"),
    ],
)
def test_a_number_that_makes_no_sense_cannot_be_made(fields, message):
    with pytest.raises(ValidationError, match=message):
        number(**fields)


@given(st.text(max_size=120) | st.text(alphabet="0123456789.,eE+-−×x·*^()%' \u00a0²³⁻m/s", max_size=40))
def test_reading_never_raises_and_what_is_taken_apart_is_a_number(text):
    parse_number(text)
    unit_meaning(text)
    exact(text)
    parts = split_quantity(text)
    if parts is not None:
        assert parse_number(parts[0]) is not None
    for item in (GRAVITY, number("5", figures=2), number("0.5", tolerance="5%", relative=True)):
        assert 0.0 <= score(item, text).fraction <= 1.0
        item.read(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_what_a_program_writes_is_read_back(value):
    assert parse_number(f"{value:f}") == value
    assert parse_number(f"{value:f}".replace(".", ",").replace("-", "\u2212")) == value
