"""Numbers: how they are typed, and when one is near enough."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from course_kit.model.kinds.mistakes import Mistake, map_mistakes
from course_kit.model.quiz import Feedback, Item, Outcome, Response, register

_GROUPED = re.compile(r"^([+-]?\d{1,3})((?:[ '\u00a0\u2009\u202f_]\d{3})+)((?:[.,]\d*)?(?:e[+-]?\d+)?)$", re.IGNORECASE)
_NUMBER = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$", re.IGNORECASE)


def parse_number(text: str) -> Decimal | None:
    """The number that a person typed, or None.

    Reads a decimal point or a decimal comma, groups of three set apart by spaces, apostrophes or underscores, a
    true minus sign, an exponent, and a percent sign (``12 %`` is 0.12). A single comma before three digits is a
    decimal comma (``1,234`` is 1.234); a text with both comma and point is read only where it is unambiguous.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-")
    percent = plain.endswith("%")
    plain = plain.removesuffix("%").strip()
    grouped = _GROUPED.match(plain)
    if grouped:
        plain = grouped[1] + re.sub(r"\D", "", grouped[2]) + grouped[3]
    if "," in plain and "." in plain:
        if re.match(r"^[+-]?\d{1,3}(,\d{3})+\.\d+$", plain):
            plain = plain.replace(",", "")
        elif re.match(r"^[+-]?\d{1,3}(\.\d{3})+,\d+$", plain):
            plain = plain.replace(".", "").replace(",", ".")
        else:
            return None
    elif plain.count(",") == 1:
        plain = plain.replace(",", ".")
    if len(plain) > 60 or not plain.isascii() or not _NUMBER.match(plain):
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    return value / 100 if percent else value


def _check_number(text: str) -> str:
    if parse_number(text) is None:
        raise ValueError(f"{text!r} is not a number")
    return text


NumberText = Annotated[str, AfterValidator(_check_number)]


@register("number")
class Number(Item):
    """A number. Response: the text that was typed, see :func:`parse_number`.

    Right within ``tolerance`` of the answer (both as decimal text, bounds included, computed exactly); a
    ``relative`` tolerance is a share of the answer. A mistake matches within the same tolerance, and only where the
    answer itself does not.
    """

    answer: NumberText
    tolerance: NumberText = "0"
    relative: bool = False
    mistakes: tuple[Mistake, ...] = ()

    @model_validator(mode="after")
    def _mistakes_are_numbers(self) -> Self:
        for mistake in self.mistakes:
            _check_number(mistake.answer)
        if (parse_number(self.tolerance) or Decimal(0)) < 0:
            raise ValueError(f"the tolerance {self.tolerance!r} is negative")
        return self

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": map_mistakes(self.mistakes, change)})

    def _near(self, value: Decimal, target: str) -> bool:
        centre, tolerance = parse_number(target), parse_number(self.tolerance)
        if centre is None or tolerance is None:
            return False
        return abs(value - centre) <= (abs(centre) * tolerance if self.relative else tolerance)

    def score(self, response: Response) -> Outcome:
        value = parse_number(response) if isinstance(response, str) else None
        if value is None:
            return Outcome.invalid("This is not a number that can be read. Write it like 3.5, 1200 or 2e-3.")
        if self._near(value, self.answer):
            return Outcome.of(1.0)
        hit = next((mistake for mistake in self.mistakes if self._near(value, mistake.answer)), None)
        return Outcome.of(0.0, *([Feedback(text=hit.feedback)] if hit else []))

    def right_answers(self) -> tuple[str, ...]:
        exact = parse_number(self.tolerance) == 0
        return (self.answer if exact else f"{self.answer} ± {self.tolerance}",)

    def reference_response(self) -> Response:
        return self.answer
