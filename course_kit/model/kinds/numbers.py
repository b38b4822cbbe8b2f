"""Numbers: when one is near enough, how exactly it has to be given, and in which unit."""

import html
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from course_kit.model.kinds.mistakes import Mistake, map_mistakes
from course_kit.model.kinds.quantities import (
    Reading,
    exact,
    parse_number,
    plain,
    read_number,
    split_quantity,
    unit_meaning,
)
from course_kit.model.quiz import Feedback, Item, Outcome, Response, register

__all__ = ["Number", "NumberKey", "NumberText", "UnitName", "parse_number"]

_UNREADABLE = "This is not a number that can be read. Write it like 3.5, 1200 or 2e-3."
_DIGITS = 200
"""In which a quotient is worked out before it is rounded."""


def _check_number(text: str) -> str:
    if parse_number(text) is None:
        raise ValueError(f"{text!r} is not a number")
    return text


def _check_factor(text: str) -> str:
    value = exact(text)
    if value is None or value <= 0:
        raise ValueError(f"{text!r} is not a factor: write a number above 0, or two like 1/3.6")
    return text


def _check_unit(text: str) -> str:
    if any(letter in text for letter in "<>&\"'\n") or split_quantity(text) is not None or len(text) > 40:
        raise ValueError(f"{text!r} is not a unit: write it like m/s^2")
    return text


NumberText = Annotated[str, AfterValidator(_check_number)]
FactorText = Annotated[str, AfterValidator(_check_factor)]
UnitName = Annotated[str, AfterValidator(_check_unit)]


def number_fault(text: str, units: Sequence[str] = ()) -> str:
    """Why a text cannot be counted as a number (in one of ``units``, where there are any); empty where it can.

    It needs nothing but what a learner may know, so that it can be said of a graded question, too.
    """
    number, unit = split_quantity(text) or (text, "")
    if read_number(text if not units else number) is None:
        return "Give the number alone, without a unit." if unit and not units else _UNREADABLE
    if not units or (unit and unit_meaning(unit) in map(unit_meaning, units)):
        return ""
    return f"{'This unit is not known here: write' if unit else 'Give the unit, too:'} {' or '.join(units)}."


class NumberKey(BaseModel):
    """A number that is looked for, and how near and in which form a response has to come.

    Right within ``tolerance`` of the answer (both as decimal text, bounds included, computed exactly); a ``relative``
    tolerance is a share of the answer.

    ``figures``: with how many significant figures it has to be given. Without a tolerance, the value has to be the
    answer rounded so. A right value in another number of figures (rounded to at most one fewer) earns half and is told.

    ``unit``: the answer's own unit, which then has to be given; ``units``: further ones that are accepted, each with
    the factor that turns it into that of the answer (a number, or a quotient such as ``1/3.6``). A unit that is missing
    or not known makes a response invalid. Without ``unit`` the number stands alone.

    A mistake (a number in the answer's unit, or a number with a unit of its own) matches within the same tolerance, and
    only where the answer itself does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    answer: NumberText
    tolerance: NumberText = "0"
    relative: bool = False
    figures: Annotated[int, Field(ge=1, le=15)] | None = None
    unit: UnitName = ""
    units: Mapping[UnitName, FactorText] = {}
    mistakes: tuple[Mistake, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (exact(self.tolerance) or 0) < 0:
            raise ValueError(f"the tolerance {self.tolerance!r} is negative")
        if self.figures and not exact(self.answer):
            raise ValueError("zero has no significant figures")
        if self.figures and self.judge(self.reference()).fraction < 1:
            raise ValueError(f"no number with {self._figures_in_words()} lies within the tolerance")
        if self.units and not self.unit:
            raise ValueError("units are accepted and the answer has none")
        if len({unit_meaning(name) for name in self.unit_names}) < len(self.unit_names):
            raise ValueError("two of the units are the same")
        for mistake in self.mistakes:
            if mistake.pattern or (parse_number(mistake.answer) is None and not self._with_unit(mistake.answer)):
                raise ValueError(f"{mistake.answer!r} is not a number")
        return self

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The units that are accepted, the answer's own first, the others by name: JSON keeps no order of its own, and
        one by size would tell of the factors."""
        return (self.unit, *sorted(self.units)) if self.unit else ()

    def _with_unit(self, text: str) -> bool:
        parts = split_quantity(text) if self.unit else None
        return parts is not None and parts[1] != ""

    def judge(self, text: str) -> Outcome:
        """The outcome of a text that was typed. Never raises."""
        number, unit = (split_quantity(text) or (text, "")) if self.unit else (text, "")
        reading, factor = read_number(number), self._factor(unit)
        if reading is None or factor is None:
            remark = None if reading is None else self._in_another_unit(reading, unit)
            return remark or Outcome.invalid(number_fault(text, self.unit_names))
        value = Fraction(reading.value) * factor
        fraction = self._fraction(reading, value, factor)
        if fraction == 1:
            return Outcome.of(1.0)
        if fraction > 0:
            return Outcome.of(fraction, Feedback(text=f"Give {self._figures_in_words()}."))
        hit = next((m for m in self.mistakes if self._is_mistake(m, value)), None)
        return Outcome.of(0.0, *([Feedback(text=hit.feedback)] if hit else []))

    def _factor(self, unit: str) -> Fraction | None:
        """What turns a value in ``unit`` into one in the answer's; None for a unit that is not accepted."""
        if not self.unit:
            return Fraction(1)
        meaning = unit_meaning(unit)
        if not unit or meaning == unit_meaning(self.unit):
            return Fraction(1) if unit else None
        return next((exact(factor) for name, factor in self.units.items() if unit_meaning(name) == meaning), None)

    def _fraction(self, reading: Reading, value: Fraction, factor: Fraction) -> float:
        if self.figures is None:
            return float(self._near(value, self.answer))
        if exact(self.tolerance):
            return (1.0 if self.figures in reading.figures else 0.5) if self._near(value, self.answer) else 0.0
        target = (exact(self.answer) or Fraction(0)) / factor
        if Fraction(reading.value) in _rounded(target, self.figures):
            return 1.0 if self.figures in reading.figures else 0.5
        given = reading.figures[-1]
        coarse = given == self.figures - 1 and Fraction(reading.value) in _rounded(target, given)
        fine = given > self.figures and not _rounded(Fraction(reading.value), self.figures).isdisjoint(
            _rounded(target, self.figures)
        )
        return 0.5 if coarse or fine else 0.0

    def _near(self, value: Fraction, target: str) -> bool:
        centre, tolerance = exact(target), exact(self.tolerance)
        if centre is None or tolerance is None:
            return False
        return abs(value - centre) <= (abs(centre) * tolerance if self.relative else tolerance)

    def _is_mistake(self, mistake: Mistake, value: Fraction) -> bool:
        if parse_number(mistake.answer) is not None:
            return self._near(value, mistake.answer)
        number, unit = split_quantity(mistake.answer) or ("", "")
        factor, given = self._factor(unit), exact(number)
        if factor is None or given is None:
            return False
        room = (exact(self.tolerance) or Fraction(0)) * (abs(given * factor) if self.relative else 1)
        return abs(value - given * factor) <= room

    def _in_another_unit(self, reading: Reading, unit: str) -> Outcome | None:
        """A unit that is a known mistake is wrong; any other, and none, is only told."""
        for mistake in self.mistakes:
            number, its_unit = split_quantity(mistake.answer) or ("", "")
            same = unit_meaning(its_unit) == unit_meaning(unit)
            if unit and its_unit and same and self._near(Fraction(reading.value), number):
                return Outcome.of(0.0, Feedback(text=mistake.feedback))
        return None

    def _figures_in_words(self) -> str:
        return f"{self.figures} significant figure{'' if self.figures == 1 else 's'}"

    def reference(self) -> str:
        """A text that is right."""
        number = self.answer
        if self.figures is not None and self.figures not in getattr(read_number(number), "figures", ()):
            number = _with_figures(exact(number) or Fraction(1), self.figures)
        return f"{number} {self.unit}".strip()

    def in_full(self) -> str:
        """The right answer in words, with what is accepted beside it."""
        words = [self.reference()]
        tolerance = parse_number(self.tolerance)
        if tolerance and self.relative:
            words.append(f"± {_short(tolerance * 100)} %")
        elif tolerance:
            words = [self.reference().removesuffix(self.unit).strip(), f"± {self.tolerance}", self.unit]
        if self.figures is not None:
            words.append(f"({self._figures_in_words()})")
        return " ".join(word for word in words if word)


def _decimal(value: Fraction) -> Decimal:
    return Context(prec=_DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator))


def _rounded(value: Fraction, figures: int) -> set[Fraction]:
    """``value`` rounded to so many figures; two results where half may go up or to the even digit."""
    given = _decimal(value)
    ways = (ROUND_HALF_UP, ROUND_HALF_EVEN)
    return {Fraction(Context(prec=figures, rounding=way).plus(given)) for way in ways}


def _with_figures(value: Fraction, figures: int) -> str:
    given = Context(prec=figures, rounding=ROUND_HALF_UP).plus(_decimal(value))
    if 0 <= given.adjusted() < figures or -4 <= given.adjusted() < 0:
        return f"{given:.{figures - 1 - given.adjusted()}f}"
    return f"{given:.{figures - 1}e}".replace("e+", "e")


def _short(value: Decimal) -> str:
    return f"{value.normalize():f}"


@register("number")
class Number(NumberKey, Item):
    """A number, see :class:`NumberKey`. Response: the text that was typed, see :func:`parse_number`."""

    def form(self) -> dict[str, Any]:
        return {"unit": bool(self.unit), "units": list(self.unit_names)}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": map_mistakes(self.mistakes, change)})

    def score(self, response: Response) -> Outcome:
        return self.judge(response) if isinstance(response, str) else Outcome.invalid(_UNREADABLE)

    def right_answers(self) -> tuple[str, ...]:
        return (self.in_full(),)

    def reference_response(self) -> Response:
        return self.reference()

    def read(self, response: Response) -> str:
        parts = split_quantity(response) if isinstance(response, str) and self.unit else (response, "")
        number = parse_number(parts[0]) if parts is not None and isinstance(parts[0], str) else None
        if parts is None or number is None or not isinstance(response, str):
            return ""
        read = f"{_plainly(number)} {parts[1]}".strip()
        return "" if read == plain(response) else html.escape(read)


def _plainly(number: Decimal) -> str:
    """Without an exponent, unless there were too many zeros."""
    return f"{number:f}" if -8 <= number.adjusted() <= 15 else str(number).lower().replace("e+", "e")
