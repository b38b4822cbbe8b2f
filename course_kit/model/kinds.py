"""The kinds of items: one choice, several choices, true/false, number, short text."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from course_kit.model.quiz import UNANSWERED, Feedback, Item, Outcome, Response, register

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


def normalise(text: str) -> str:
    """Short text as it is compared: NFKC, without case, surplus blanks, quotation marks around it or a final stop."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return plain.strip("\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb ").removesuffix(".").strip()


def _check_number(text: str) -> str:
    if parse_number(text) is None:
        raise ValueError(f"{text!r} is not a number")
    return text


NumberText = Annotated[str, AfterValidator(_check_number)]


class Choice(BaseModel):
    """One choice: its text, whether it belongs to the answer, and what is said to one who took it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)
    right: bool
    feedback: str = ""


class Mistake(BaseModel):
    """A common wrong answer and what is said to one who gave it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: str = Field(min_length=1)
    feedback: str


class _ChoiceItem(Item):
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=50)]

    def choices_shown(self) -> tuple[str, ...]:
        return tuple(choice.text for choice in self.choices)

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        changed = tuple(
            choice.model_copy(
                update={
                    "text": change(choice.text),
                    "feedback": change(choice.feedback) if choice.feedback else "",
                }
            )
            for choice in self.choices
        )
        return self.model_copy(update={"choices": changed})

    def right_answers(self) -> tuple[str, ...]:
        return tuple(choice.text for choice in self.choices if choice.right)

    def _is_choice(self, value: object) -> bool:
        return type(value) is int and 0 <= value < len(self.choices)

    def _remark(self, number: int) -> Feedback:
        return Feedback(text=self.choices[number].feedback, choice=number)


@register("one-choice")
class OneChoice(_ChoiceItem):
    """Exactly one choice is right. Response: the number of a choice."""

    @model_validator(mode="after")
    def _has_one_answer(self) -> Self:
        if len(self.right_answers()) != 1:
            raise ValueError(f"one choice has to be right, and {len(self.right_answers())} are")
        return self

    def score(self, response: Response) -> Outcome:
        if not isinstance(response, int) or not self._is_choice(response):
            return Outcome.invalid("Choose one of the answers.")
        return Outcome.of(float(self.choices[response].right), self._remark(response))

    def reference_response(self) -> Response:
        return next(number for number, choice in enumerate(self.choices) if choice.right)


@register("several-choices")
class SeveralChoices(_ChoiceItem):
    """Some of the choices are right. Response: the numbers of the choices taken.

    Partial credit: (right ones taken minus wrong ones taken) over right ones, not below 0; full only for exactly the
    right set.
    """

    @model_validator(mode="after")
    def _has_an_answer(self) -> Self:
        if not self.right_answers():
            raise ValueError("at least one choice has to be right, and none is")
        return self

    def score(self, response: Response) -> Outcome:
        if not isinstance(response, list) or not all(self._is_choice(number) for number in response):
            return Outcome.invalid("Choose from the answers.")
        taken = sorted(set(response))
        if not taken:
            return UNANSWERED
        hits = sum(self.choices[number].right for number in taken)
        fraction = max(0.0, (2 * hits - len(taken)) / len(self.right_answers()))
        return Outcome.of(fraction, *(self._remark(number) for number in taken))

    def reference_response(self) -> Response:
        return [number for number, choice in enumerate(self.choices) if choice.right]


@register("true-false")
class TrueFalse(Item):
    """A statement. Response: whether it is held to be true."""

    answer: bool
    mistakes: tuple[Mistake, ...] = ()

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": _map_mistakes(self.mistakes, change)})

    def score(self, response: Response) -> Outcome:
        if not isinstance(response, bool):
            return Outcome.invalid("Choose true or false.")
        if response == self.answer:
            return Outcome.of(1.0)
        return Outcome.of(0.0, *(Feedback(text=mistake.feedback) for mistake in self.mistakes))

    def right_answers(self) -> tuple[str, ...]:
        return ("true" if self.answer else "false",)

    def reference_response(self) -> Response:
        return self.answer


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
        return self.model_copy(update={"mistakes": _map_mistakes(self.mistakes, change)})

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


@register("short-text")
class ShortText(Item):
    """A few words. Response: the text that was typed, compared after :func:`normalise`."""

    answers: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    mistakes: tuple[Mistake, ...] = ()

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": _map_mistakes(self.mistakes, change)})

    def score(self, response: Response) -> Outcome:
        if not isinstance(response, str):
            return Outcome.invalid("Write a few words.")
        if len(response) > 10_000:
            return Outcome.invalid("This is too long: a few words are asked for.")
        given = normalise(response)
        if given in {normalise(answer) for answer in self.answers}:
            return Outcome.of(1.0)
        hit = next((mistake for mistake in self.mistakes if normalise(mistake.answer) == given), None)
        return Outcome.of(0.0, *([Feedback(text=hit.feedback)] if hit else []))

    def right_answers(self) -> tuple[str, ...]:
        return self.answers

    def reference_response(self) -> Response:
        return self.answers[0]


def _map_mistakes(mistakes: tuple[Mistake, ...], change: Callable[[str], str]) -> tuple[Mistake, ...]:
    return tuple(mistake.model_copy(update={"feedback": change(mistake.feedback)}) for mistake in mistakes)
