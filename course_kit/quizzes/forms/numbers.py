"""``= 5 ± 0.01``: a number, with a tolerance, significant figures, a unit."""

import re
from dataclasses import dataclass

from course_kit.model.kinds import parse_number
from course_kit.model.kinds.quantities import exact, split_quantity, unit_meaning
from course_kit.quizzes.draft import Draft, Line
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.mistakes import mistakes_of, refusal
from course_kit.quizzes.splitting import split_alternatives

_TOLERANCE = re.compile(r"^(?P<value>[^±]*?)\s*(?:±|\+\s?/\s?[-−–]|\+[-−–])\s*(?P<tolerance>.*)$", re.DOTALL)
_FIGURES = re.compile(
    r"^(?P<rest>.*?)\s*\(\s*(?P<count>\d{1,4})\s+(?:significant\s+)?(?:figures?|digits?)\s*\)$",
    re.DOTALL | re.IGNORECASE,
)
_MAYBE_THOUSANDS = re.compile(r"[+\-−]?[1-9]\d{0,2},\d{3}")
_MOST_FIGURES = 15
_LONGEST = 300


@dataclass
class NumberParts:
    """How a number is written: ``9.81 m/s^2 ± 1 % (3 figures)``. Each part is as it was typed."""

    value: str
    tolerance: str = "0"
    unit: str = ""
    figures: int | None = None

    @property
    def relative(self) -> bool:
        return self.tolerance.rstrip().endswith("%")


def is_number(text: str) -> bool:
    """Whether an answer is meant as a number: one that can be read, or anything with a tolerance or with figures."""
    if len(text) > _LONGEST:
        return False
    figures = _FIGURES.match(text)
    if figures and (parse_number(figures["rest"]) is not None or split_quantity(figures["rest"])):
        return True
    match = _TOLERANCE.match(text)
    if match:
        value, tolerance = _apart(match["value"])[0], _apart(match["tolerance"])[0]
        return parse_number(value) is not None or parse_number(tolerance) is not None
    return parse_number(text) is not None


def number_parts(text: str, line: int, question: Question) -> NumberParts | None:
    """The parts of a number, or None after a fault was reported."""
    if len(text) > _LONGEST:
        question.note("bad-number", line, f"this is longer than {_LONGEST} letters", "Write it like `= 3.5`.")
        return None
    figures = _FIGURES.match(text)
    rest = figures["rest"] if figures else text
    match = None if parse_number(rest) is not None else _TOLERANCE.match(rest)
    value, tolerance = (match["value"].strip(), match["tolerance"].strip()) if match else (rest.strip(), "0")
    (value, unit), (tolerance, its_unit) = _apart(value), _apart(tolerance)
    sound = True
    if parse_number(value) is None:
        hint = "Write it like `= 3.5` or `= 9.81 m/s^2`; `kind: text` asks for the text instead."
        question.note("bad-number", line, f"`{value}` is not a number", hint)
        sound = False
    width = parse_number(tolerance)
    if width is None or width < 0:
        question.note("bad-number", line, f"`{tolerance}` is not a tolerance", "Write it like `± 0.01` or `± 1 %`.")
        sound = False
    if its_unit and unit and unit_meaning(its_unit) != unit_meaning(unit):
        message = f"the answer is in `{unit}` and its tolerance in `{its_unit}`"
        question.note("bad-unit", line, message, f"Write the tolerance in `{unit}`, or as a share: `± 1 %`.")
        sound = False
    if _MAYBE_THOUSANDS.fullmatch(value):
        whole, _, rest = value.partition(",")
        hint = f"Write `{whole}{rest}` if that is meant, and else `{whole}.{rest}`."
        question.warn("comma", line, f"`{value}` is read with a decimal comma, as {whole}.{rest}", hint)
    count = int(figures["count"]) if figures else None
    if count is not None and not 1 <= count <= _MOST_FIGURES:
        hint = f"Write 1 to {_MOST_FIGURES}, such as `= {value} (3 figures)`."
        question.note("bad-figures", line, f"{count} significant figures cannot be asked for", hint)
        sound = False
    return NumberParts(value, tolerance, unit or its_unit, count) if sound else None


def _apart(text: str) -> tuple[str, str]:
    """A number and its unit, where there is one."""
    if parse_number(text) is not None:
        return text, ""
    return split_quantity(text) or (text, "")


def _fits(draft: Draft) -> bool:
    if not draft.answers:
        return False
    return is_number(draft.answer) or ("unit" in draft.options and split_quantity(draft.answer) is not None)


def _build(question: Question) -> Fields | None:
    draft = question.draft
    parts = number_parts(draft.answer, draft.answers[0].number, question)
    if parts is None:
        return None
    fields: Fields = {
        "answer": parts.value,
        "tolerance": parts.tolerance,
        "relative": parts.relative,
        "figures": parts.figures,
        "unit": parts.unit,
    }
    option = draft.option("unit")
    if option is not None:
        units = _units(parts.unit, option, question)
        if units is None:
            return None
        fields["unit"], fields["units"] = units
    if why := refusal("number", fields):
        question.note("bad-number", draft.answers[0].number, why, "Write it like `= 9.81 m/s^2 ± 1 %`.")
        return None
    numbers = True
    for mistake in draft.mistakes:
        for given in split_alternatives(mistake.text):
            if given and parse_number(given) is None and not (fields["unit"] and _apart(given)[1]):
                hint = "The answer is a number: so are mistakes."
                question.note("bad-number", mistake.number, f"`{given}` is not a number", hint)
                numbers = False
    if not numbers:
        return None

    def typed(text: str) -> str:
        return f"{text} {fields['unit']}".strip() if parse_number(text) is not None else text

    return {**fields, "mistakes": mistakes_of(question, "number", fields, lambda t: exact(t) or t, typed)}


def _units(own: str, option: Line, question: Question) -> tuple[str, dict[str, str]] | None:
    """The answer's unit, and the factors of the others that are accepted: ``m/s^2 | cm/s^2 = 0.01``."""
    units: dict[str, str] = {}
    for part in split_alternatives(option.text):
        name, equals, factor = (text.strip() for text in part.partition("="))
        if not name:
            question.note(
                "bad-unit", option.number, "a unit is missing between the bars", "Write `unit: m | cm = 0.01`."
            )
            return None
        if not equals and (not own or unit_meaning(name) == unit_meaning(own)):
            own = name
        elif not equals and re.search(r"[,;]|\s[\d.,]+$", name):
            hint = "Write bars between units, and how much of the answer's own one is: `unit: m | cm = 0.01`."
            question.note("bad-unit", option.number, f"`{name}` is not one unit", hint)
            return None
        elif not equals:
            hint = f"Write how much of it one {name} is: `{name} = 0.01`."
            question.note("bad-unit", option.number, f"how many {own} is one {name}?", hint)
            return None
        elif (value := exact(factor)) is None or value <= 0:
            hint = f"Write a number above 0, or a quotient: `{name} = 1/3.6`."
            question.note("bad-unit", option.number, f"`{factor}` is not how much of a unit one {name} is", hint)
            return None
        else:
            units[name] = factor
    if not own:
        hint = "Write the unit of the answer first, without a factor: `unit: m | cm = 0.01`."
        question.note("bad-unit", option.number, "none of the units is that of the answer", hint)
        return None
    return own, {name: factor for name, factor in units.items() if unit_meaning(name) != unit_meaning(own)}


FORM = AnswerForm("number", "number", _fits, lambda d: bool(d.answers), _build, frozenset({"unit"}))
