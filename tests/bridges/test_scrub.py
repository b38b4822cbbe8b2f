"""What a marked notebook still tells when its hidden tests are taken out."""

from typing import Any

import pytest

from course_kit.bridges.nbgrader.scrub import LEFT_OUT, NOTE, HiddenTests, scrub, visible_part

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
HIDDEN = 'secret_total_99 = add(20, 22)  # CANARY\nassert secret_total_99 == 42, "two digits go wrong"'
TEST = f"assert add\n### {BEGIN}\n{HIDDEN}\n### {END}"
TESTS = HiddenTests([HIDDEN], ["assert add", "def add(a, b): return a"])


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": list(outputs)}


def failed(name: str, value: str, *traceback: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": list(traceback)}


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(*cells: dict[str, Any]) -> list[dict[str, Any]]:
    notebook = {"metadata": {"widgets": {"state": HIDDEN}}, "cells": list(cells)}
    scrub(notebook, TESTS, BEGIN, END)
    assert "secret_total_99" not in str(notebook)
    assert "CANARY" not in str(notebook)
    return notebook["cells"]


def test_the_visible_part_keeps_its_place() -> None:
    assert visible_part(TEST, BEGIN, END) == (f"assert add\n{NOTE}", HIDDEN)
    assert visible_part("x = 1", BEGIN, END) == ("x = 1", "")
    assert visible_part(f"# {BEGIN}\nnever closed", BEGIN, END) == (NOTE, "never closed")


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        (
            failed("HeldForReview", "This answer is being reviewed by your instructor."),
            "your instructor looks at this answer before its points count.",
        ),
        (failed("AssertionError", "two digits go wrong", HIDDEN), "not passed. AssertionError: two digits go wrong"),
        (failed("AssertionError", "", HIDDEN), "not passed. AssertionError."),
        (failed("NameError", "name 'secret_total_99' is not defined"), "not passed. NameError."),
        (failed("TypeError", "unsupported operand"), "not passed. TypeError: unsupported operand"),
        (failed("secret_total_99", "x"), "not passed. An error: x"),
        (failed("CellTimeoutError", ""), "not passed. They ran longer than allowed."),
        (printed(HIDDEN, "stderr"), "not passed. Something was written to the error stream."),
        (printed(HIDDEN), "passed."),
    ],
)
def test_a_cell_with_hidden_tests_shows_verdict_and_message_only(output: dict[str, Any], verdict: str) -> None:
    (cell,) = shown(code(TEST, output))
    assert cell["source"] == f"assert add\n{NOTE}"
    assert [one["text"] for one in cell["outputs"]] == [f"Hidden tests: {verdict}\n"]


@pytest.mark.parametrize(
    "quotation",
    [
        HIDDEN,
        repr(HIDDEN),
        repr([HIDDEN]),
        "\x1b[31msecret_total_99\x1b[0m = \x1b[32madd\x1b[0m(20, 22)  # CANARY",
        "<pre><span>secret_total_99</span> = add(<b>20</b>, 22) # CANARY</pre>",
        "secret_total_99",
    ],
)
def test_an_output_elsewhere_that_quotes_them_is_left_out(quotation: str) -> None:
    data = {"output_type": "display_data", "data": {"text/html": quotation}, "metadata": {}}
    (cell,) = shown(code("look()", printed(quotation), data, failed("E", quotation, quotation), printed("honest")))
    assert [one.get("text") for one in cell["outputs"]] == [f"{LEFT_OUT}\n"] * 3 + ["honest"]


def test_honest_outputs_with_everyday_words_stay() -> None:
    tests = HiddenTests(['assert answer == "Adelie"\nfor item in correct: pass'], ["answer = ..."])
    assert not tests.quoted_in("species: Adelie, correct, item")
    assert tests.quoted_in("species: Adelie", strictly=True)
