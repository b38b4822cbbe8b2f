"""One choice, several choices, true or false."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from course_kit.model.kinds.mistakes import Mistake, map_mistakes
from course_kit.model.quiz import UNANSWERED, Feedback, Item, Outcome, Response, register


class Choice(BaseModel):
    """One choice: its text, whether it belongs to the answer, and what is said to one who took it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    text: str = Field(min_length=1)
    right: bool
    feedback: str = ""


class _ChoiceItem(Item):
    answers_are_texts: ClassVar[bool] = True

    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=50)]

    def form(self) -> dict[str, Any]:
        return {"choices": [choice.text for choice in self.choices]}

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

    def in_words(self, response: Response) -> str:
        if not isinstance(response, int) or not self._is_choice(response):
            return super().in_words(response)
        return self.choices[response].text


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
        taken = self._read(response)
        if taken is None:
            return Outcome.invalid("Choose from the answers.")
        if not taken:
            return UNANSWERED
        hits = sum(self.choices[number].right for number in taken)
        fraction = max(0.0, (2 * hits - len(taken)) / len(self.right_answers()))
        return Outcome.of(fraction, *(self._remark(number) for number in taken))

    def _read(self, response: Response) -> list[int] | None:
        """The choices taken, each once; None for what is no list of choices."""
        given = response if isinstance(response, list) else [None]
        numbers = [number for number in given if isinstance(number, int) and self._is_choice(number)]
        return sorted(set(numbers)) if len(numbers) == len(given) else None

    def reference_response(self) -> Response:
        return [number for number, choice in enumerate(self.choices) if choice.right]

    def in_words(self, response: Response) -> str:
        taken = self._read(response)
        return super().in_words(response) if taken is None else "; ".join(self.choices[n].text for n in taken)


@register("true-false")
class TrueFalse(Item):
    """A statement. Response: whether it is held to be true."""

    answer: bool
    mistakes: tuple[Mistake, ...] = ()

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": map_mistakes(self.mistakes, change)})

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

    def in_words(self, response: Response) -> str:
        return str(response).lower() if isinstance(response, bool) else super().in_words(response)
