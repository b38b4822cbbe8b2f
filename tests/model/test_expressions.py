"""How formulas are read, shown and compared."""

import builtins
import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from course_kit.model.kinds import Expression
from course_kit.model.kinds.algebra import Term, Unreadable, names_in, read_expression
from course_kit.model.kinds.notation import expression_mathml
from course_kit.model.quiz import score

NAMES = ("x", "y", "x_1", "theta")
ROUNDED = "This is near, but rounded. Write numbers exactly: as fractions, roots or powers."
TOO_LARGE = "This is too large to be compared. Write it with smaller numbers."
UNDEFINED = "This has no value: it divides by zero, or takes the logarithm of zero."


def written(term: Term) -> str:
    """With all its parentheses."""
    if term.op in ("number", "name"):
        return term.text
    if len(term.args) == 1:
        return f"{term.op}({written(term.args[0])})"
    return f"({written(term.args[0])} {term.op} {written(term.args[1])})"


def formula(answer: str, **fields: object) -> Expression:
    return Expression.model_validate({"key": "k", "prompt": "?", "answer": answer, "names": NAMES, **fields})


def outcome_of(item: Expression, response: str) -> tuple[str, list[str]]:
    outcome = score(item, response)
    return outcome.state, [remark.text for remark in outcome.feedback]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2x^2 + sin(x)/3", "((2 * (x ^ 2)) + (sin(x) / 3))"),
        ("xy", "(x * y)"),
        ("1/2x", "((1 / 2) * x)"),
        ("-x^2", "neg((x ^ 2))"),
        ("(-x)^2", "(neg(x) ^ 2)"),
        ("2^3^2", "(2 ^ (3 ^ 2))"),
        ("x**-y", "(x ^ neg(y))"),
        ("sin^2(x)", "(sin(x) ^ 2)"),
        ("3x⁻¹", "(3 * (x ^ neg(1)))"),
        ("√(x)·π", "(sqrt(x) * pi)"),
        ("||x|-1|", "abs((abs(x) - 1))"),
        ("2|x|", "(2 * abs(x))"),
        ("x(x+1)[y-2]", "((x * (x + 1)) * (y - 2))"),
        ("2e^x", "(2 * (e ^ x))"),
        ("1,5x", "(1.5 * x)"),
        ("x − y − 1", "((x - y) - 1)"),
        ("--x", "x"),
        ("log(x)", "ln(x)"),
        ("theta x_1", "(theta * x_1)"),
        ("xsin(y)", "(x * sin(y))"),
    ],
)
def test_an_expression_is_read_as_it_is_written_on_paper(text, read):
    assert written(read_expression(text, NAMES)) == read


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Nothing stands here."),
        ("x +", "Something is missing after “+”."),
        ("* x", "Something is missing at the beginning."),
        ("(x", "A parenthesis is open."),
        ("x)", "There is a closing parenthesis too many."),
        ("2 3", "A sign is missing before “3”."),
        ("x 2", "A sign is missing before “2”."),
        ("sin x", "Write sin(…), with parentheses."),
        ("sin^-1(x)", "Write the power behind the parenthesis: sin(…)^2."),
        ("y = x", "Write only the expression, without an equals sign."),
        ("foo", "“foo” is not known here: use theta, x, x_1, y."),
        ("__import__('os')", "This holds signs that no expression has."),
        ("x.__class__", "This holds signs that no expression has."),
        ("lambda: x", "“lambda” is not known here: use theta, x, x_1, y."),
        ("<b>x</b>", "This holds signs that no expression has."),
        ("x₂", "This holds signs that no expression has."),
        ("(" * 60 + "x" + ")" * 60, "This is nested too deeply."),
        ("x^" * 60 + "x", "This is nested too deeply."),
        ("x+" * 100 + "x", "This is too long."),
        ("9" * 31, "Numbers have at most 30 digits here."),
        ("x" * 301, "This is too long."),
    ],
)
def test_what_cannot_be_read_says_why(text, reason):
    with pytest.raises(Unreadable) as error:
        read_expression(text, NAMES)
    assert str(error.value) == reason
    assert outcome_of(formula("x"), text or "?") == (
        "invalid",
        [reason if text else "This holds signs that no expression has."],
    )


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        ("x^2+2x+1", "(x+1)^2"),
        ("(x+y)^3", "x^3+3x^2y+3x y^2+y^3"),
        ("x/(x^2-1)", "1/2*(1/(x-1)+1/(x+1))"),
        ("1", "sin^2(x)+cos^2(x)"),
        ("tan(x)", "sin(x)/cos(x)"),
        ("2^x", "e^(x ln(2))"),
        ("|x|", "sqrt(x^2)"),
        ("x", "sqrt(x)^2"),
        ("ln(x)+ln(y)", "ln(xy)"),
        ("sqrt(x-5)", "(x-5)^(1/2)"),
        ("sqrt(-1-x^2)", "sqrt(-(1+x^2))"),
        ("1/3", "2/6"),
        ("0", "(x+1)^2-x^2-2x-1"),
        ("0", "sin(pi)"),
        ("exp(x)", "e^x"),
        ("6.626*10^-34*x", "6.626x/10^34"),
        ("0.5x", "x/2"),
        ("x", "10^20000*x/10^20000"),
        ("exp(exp(exp(100)))", "exp(exp(exp(100)))+0"),
    ],
)
def test_every_way_of_writing_it_counts(answer, response):
    assert outcome_of(formula(answer), response) == ("right", [])
    assert outcome_of(formula(response), answer)[0] in ("right", "wrong")  # where one is defined, the other need not be


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        ("x^2", "-x^2"),
        ("x", "|x|"),
        ("sqrt(x^2)", "x"),
        ("|x-1000|", "1000-x"),
        ("|x-1000|", "x-1000"),
        ("ln(xy)", "ln(x)+ln(y)"),
        ("x", "x+10^-30"),
        ("6.626*10^-34", "6.7*10^-34"),
        ("x", "y"),
        ("x", "x^1.1"),
        ("sin(x)", "sin(x+1/1000000)"),
    ],
)
def test_what_differs_somewhere_is_wrong(answer, response):
    assert outcome_of(formula(answer), response) == ("wrong", [])


def test_names_may_stand_for_positive_numbers_only():
    assert outcome_of(formula("x", positive=True), "sqrt(x^2)")[0] == "right"
    assert outcome_of(formula("ln(xy)", positive=True), "ln(x)+ln(y)")[0] == "right"


@pytest.mark.parametrize(
    ("answer", "response", "outcome"),
    [
        ("sqrt(2)", "1.414", ("wrong", [ROUNDED])),
        ("x/3", "0.3333x", ("wrong", [ROUNDED])),
        ("sqrt(2)", "1.5", ("wrong", [])),
        ("x", "1/(x-x)", ("invalid", [UNDEFINED])),
        ("x", "tan(pi/2)", ("invalid", [UNDEFINED])),
        ("x", "9^9^9^9", ("invalid", [TOO_LARGE])),
        ("x", "(9^9999)^9999", ("invalid", [TOO_LARGE])),
        ("x", "abs(exp(exp(exp(100)))-1)", ("invalid", [TOO_LARGE])),
    ],
)
def test_what_is_rounded_undefined_or_too_large_is_told(answer, response, outcome):
    assert outcome_of(formula(answer), response) == outcome


@pytest.mark.parametrize(
    "response",
    [
        f"1/({'+'.join(f'sin({n})' for n in range(1, 11))})^5+exp(99999)",
        f"({'+'.join(f'cos({n})' for n in range(1, 13))})^6+exp(99999)",
        f"{'+'.join(f'1/(sin({n})+cos({n}))' for n in range(1, 7))}+exp(99999)",
    ],
)
def test_nobody_is_kept_waiting_by_many_unknowns(response):
    began = time.process_time()
    assert outcome_of(formula("x^2+1"), response) == ("invalid", [TOO_LARGE])
    assert time.process_time() - began < 2  # minutes, and more memory than there is, if it were written out


def test_a_mistake_may_be_a_form_that_is_equal():
    mistakes = [{"answer": "(x+1)^2", "feedback": "Not expanded yet."}, {"answer": "x^2+1", "feedback": "And 2x?"}]
    item = formula("x^2+2x+1", mistakes=mistakes)
    assert outcome_of(item, "(1+x)^2") == ("wrong", ["Not expanded yet."])
    assert outcome_of(item, "(1+x)*(1+x)") == ("right", [])
    assert outcome_of(item, "x*x+1") == ("wrong", ["And 2x?"])
    assert outcome_of(item, "1+2x+x^2") == ("right", [])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"answer": "x +"}, "is not an expression: Something is missing"),
        ({"answer": "z"}, "“z” is not known here"),
        ({"answer": "x", "names": ["sin"]}, "'sin' cannot be the name of a variable"),
        ({"answer": "x", "names": ["x", "2y"]}, "'2y' cannot be the name of a variable"),
        ({"answer": "x", "mistakes": [{"answer": "(", "feedback": "?"}]}, "is not an expression"),
        ({"answer": "x", "mistakes": [{"answer": "x", "feedback": "?", "pattern": True}]}, "written as a pattern"),
    ],
)
def test_an_expression_that_makes_no_sense_cannot_be_asked_for(fields, message):
    with pytest.raises(ValidationError, match=message):
        formula(**fields)


def test_an_author_may_leave_the_names_to_the_answer():
    assert names_in("2 x_1 + sin(theta) pi e^y") == ("x_1", "theta", "y")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x/2", "<mfrac><mi>x</mi><mn>2</mn></mfrac>"),
        ("theta_0", "<msub><mi>θ</mi><mn>0</mn></msub>"),
        ("-x^2", "<mrow><mo>&#x2212;</mo><msup><mi>x</mi><mn>2</mn></msup></mrow>"),
        ("2x", "<mrow><mn>2</mn><mo>&#x2062;</mo><mi>x</mi></mrow>"),
        ("2*3", "<mrow><mn>2</mn><mo>&#xB7;</mo><mn>3</mn></mrow>"),
        ("sqrt(x)", "<msqrt><mi>x</mi></msqrt>"),
        (
            "x-(x-1)",
            "<mrow><mi>x</mi><mo>&#x2212;</mo><mrow><mo>(</mo>"
            "<mrow><mi>x</mi><mo>&#x2212;</mo><mn>1</mn></mrow><mo>)</mo></mrow></mrow>",
        ),
    ],
)
def test_how_it_was_understood_is_shown_as_mathml(text, shown):
    whole = f'<math xmlns="http://www.w3.org/1998/Math/MathML">{shown}</math>'
    assert expression_mathml(read_expression(text, (*NAMES, "theta_0"))) == whole


def test_nothing_is_shown_of_what_cannot_be_read():
    item = formula("x")
    assert item.read("x +") == item.read("<b>") == item.read(5) == item.read(None) == ""
    assert item.read("2x").startswith("<math")


def test_what_neither_sympy_nor_its_arithmetic_is_installed_for_says_so(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] in ("mpmath", "sympy"):
            raise ImportError(name)
        return real(name, *rest)

    for name in [name for name in sys.modules if name.split(".")[0] in ("mpmath", "sympy")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    state, remarks = outcome_of(formula("x^2"), "(x)(x)")
    assert state == "invalid"
    assert "pip install sympy" in remarks[0]
    assert outcome_of(formula("x^2"), "x^2") == ("right", [])


def test_threads_do_not_disturb_each_other():
    item, found = formula("x^2+2x+1"), []
    threads = [threading.Thread(target=lambda: found.append(score(item, "(x+1)^2").state)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["right"] * 8


HOSTILE = st.text("xy0123456789+-*/^()|. e", max_size=60) | st.lists(
    st.sampled_from(
        ["x", "9", "^", "^(", "(", ")", "exp(", "ln(", "tan(", "sqrt(", "/", "-", "*", "99999", "10^", "0"]
    ),
    max_size=60,
).map("".join)


@given(HOSTILE)
@settings(max_examples=60)
def test_whatever_is_typed_is_judged_soon(text):
    item = formula("x^2 + exp(x)/y", mistakes=[{"answer": "x", "feedback": "?"}, {"answer": "ln(x)", "feedback": "?"}])
    began = time.process_time()
    outcome = score(item, text)
    assert time.process_time() - began < 3
    assert 0 <= outcome.fraction <= 1
    assert score(item, text) == outcome
