"""Cloze: fill the blanks in a text or in code."""

from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from course_kit.model.kinds.choices import Choice
from course_kit.model.kinds.mistakes import map_mistakes
from course_kit.model.kinds.numbers import NumberKey
from course_kit.model.kinds.quantities import exact
from course_kit.model.kinds.texts import TextKey
from course_kit.model.quiz import MAX_TEXT, UNANSWERED, Feedback, Item, Outcome, Response, register

MAX_BLANKS = 50


def placeholder(number: int) -> str:
    """What stands in a prompt where the blank of that number (from 0) is; a word to Markdown and to any language."""
    return f"ckblank{number}x"


class TextBlank(TextKey):
    """A few words are looked for."""

    kind: Literal["text"] = "text"

    def offered(self) -> list[str] | None:
        return None

    def mapped(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": map_mistakes(self.mistakes, change)})


class NumberBlank(NumberKey):
    """A number is looked for."""

    kind: Literal["number"] = "number"

    def offered(self) -> list[str] | None:
        return None

    def mapped(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": map_mistakes(self.mistakes, change)})


class ChoiceBlank(BaseModel):
    """One of a few texts is looked for; they are plain, since they stand in a list of the page's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: Literal["choice"] = "choice"
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=50)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if sum(choice.right for choice in self.choices) != 1:
            raise ValueError("one choice of a blank has to be right")
        if len({_plain(choice.text) for choice in self.choices}) < len(self.choices):
            raise ValueError("two choices of a blank are the same")
        return self

    def offered(self) -> list[str] | None:
        """The choices by number or by letter: where the right one stands tells nothing."""
        return sorted((choice.text for choice in self.choices), key=_rank)

    def mapped(self, change: Callable[[str], str]) -> Self:
        changed = tuple(
            choice.model_copy(update={"feedback": change(choice.feedback) if choice.feedback else ""})
            for choice in self.choices
        )
        return self.model_copy(update={"choices": changed})

    def judge(self, text: str) -> Outcome:
        taken = next((choice for choice in self.choices if _plain(choice.text) == _plain(text)), None)
        if taken is None:
            return Outcome.invalid("Choose one of the answers.")
        return Outcome.of(float(taken.right), Feedback(text=taken.feedback))

    def reference(self) -> str:
        return next(choice.text for choice in self.choices if choice.right)


Blank = Annotated[TextBlank | NumberBlank | ChoiceBlank, Field(discriminator="kind")]


def _asked_with(blank: Blank) -> str:
    return ", with its unit" if isinstance(blank, NumberBlank) and blank.unit else ""


def _plain(text: str) -> str:
    return " ".join(text.split())


def _rank(text: str) -> tuple[bool, Fraction, str, str]:
    number = exact(text)
    return (number is None, number or Fraction(0), text.casefold(), text)


@register("cloze")
class Cloze(Item):
    """A text with blanks; the prompt holds the :func:`placeholder` of each. ``code``: the text is code.

    Response: one text for each blank, empty where nothing stands. Blanks are judged as short texts, numbers and choices
    are; in code, texts by their tokens. Partial credit: what the blanks earned, each the same. A blank that cannot be
    read makes the response invalid. Remarks bear the number of their blank.
    """

    blanks: Annotated[tuple[Blank, ...], Field(min_length=1, max_length=MAX_BLANKS)]
    code: bool = False

    def form(self) -> dict[str, Any]:
        blanks = [
            {"kind": blank.kind, "choices": blank.offered(), "label": f"Blank {number}{_asked_with(blank)}"}
            for number, blank in enumerate(self.blanks, start=1)
        ]
        return {"blanks": blanks, "code": self.code}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"blanks": tuple(blank.mapped(change) for blank in self.blanks)})

    def score(self, response: Response) -> Outcome:
        texts = self._read(response)
        if texts is None:
            return Outcome.invalid("Fill the blanks.")
        if not any(texts):
            return UNANSWERED
        outcomes = [self._judge(blank, text) for blank, text in zip(self.blanks, texts, strict=True)]
        unread = any(outcome.state == "invalid" for outcome in outcomes)
        remarks = tuple(
            Feedback(text=f"Blank {number + 1}: {remark.text}" if unread else remark.text, choice=number)
            for number, outcome in enumerate(outcomes)
            for remark in outcome.feedback
            if not unread or outcome.state == "invalid"
        )
        if unread:
            return Outcome(state="invalid", feedback=remarks)
        return Outcome.of(sum(outcome.fraction for outcome in outcomes) / len(outcomes), *remarks)

    def _judge(self, blank: TextBlank | NumberBlank | ChoiceBlank, text: str) -> Outcome:
        if not text:
            return UNANSWERED
        return blank.judge(text, code=self.code) if isinstance(blank, TextBlank) else blank.judge(text)

    def _read(self, response: Response) -> list[str] | None:
        """What stands in each blank; None for what does not fit them."""
        if not isinstance(response, list) or len(response) != len(self.blanks):
            return None
        texts = [part.strip() for part in response if isinstance(part, str)]
        return texts if len(texts) == len(response) and sum(map(len, texts)) <= MAX_TEXT else None

    def right_answers(self) -> tuple[str, ...]:
        return tuple(blank.in_full() if isinstance(blank, NumberBlank) else blank.reference() for blank in self.blanks)

    def reference_response(self) -> Response:
        return [blank.reference() for blank in self.blanks]

    def in_words(self, response: Response) -> str:
        texts = self._read(response)
        if texts is None:
            return super().in_words(response)
        return "; ".join(f"{number}: {text or '…'}" for number, text in enumerate(texts, start=1))
