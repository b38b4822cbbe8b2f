"""Short text: a few words, compared without what does not matter."""

import unicodedata
from collections.abc import Callable
from typing import Annotated, Self

from pydantic import Field

from course_kit.model.kinds.mistakes import Mistake, map_mistakes
from course_kit.model.quiz import MAX_TEXT, Feedback, Item, Outcome, Response, register


def normalise(text: str) -> str:
    """Short text as it is compared: NFKC, without case, surplus blanks, quotation marks around it or a final stop."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return plain.strip("\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb ").removesuffix(".").strip()


@register("short-text")
class ShortText(Item):
    """A few words. Response: the text that was typed, compared after :func:`normalise`."""

    answers: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    mistakes: tuple[Mistake, ...] = ()

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": map_mistakes(self.mistakes, change)})

    def score(self, response: Response) -> Outcome:
        if not isinstance(response, str):
            return Outcome.invalid("Write a few words.")
        if len(response) > MAX_TEXT:
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
