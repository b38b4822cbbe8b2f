"""Essays: a person marks them; the learner compares with an example."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from course_kit.model.quiz import MAX_TEXT, Item, Outcome, Response, register


@register("essay")
class Essay(Item):
    """Free text. Response: the text.

    No program judges it: within the bounds of ``min_words`` and ``max_words`` it counts as handed in, which is
    ``right`` with ``judged`` False. ``example`` is an answer to compare with; ``lines`` is how much room is shown.
    """

    answers_are_texts: ClassVar[bool] = True

    lines: Annotated[int, Field(ge=1, le=60)] = 6
    min_words: Annotated[int, Field(ge=0, le=2000)] = 0
    max_words: Annotated[int, Field(ge=1, le=2000)] | None = None
    example: str = ""

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        if self.max_words is not None and self.max_words < self.min_words:
            raise ValueError(f"at least {self.min_words} and at most {self.max_words} words leave no room")
        return self

    def form(self) -> dict[str, Any]:
        return {"lines": self.lines, "words": [self.min_words, self.max_words]}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"example": change(self.example) if self.example else ""})

    def score(self, response: Response) -> Outcome:
        if not isinstance(response, str):
            return Outcome.invalid("Write your answer as text.")
        if len(response) > MAX_TEXT:
            return Outcome.invalid(f"This is too long: at most {MAX_TEXT:,} letters can be kept.")
        words = len(response.split())
        if words < self.min_words:
            return Outcome.invalid(f"Write at least {self.min_words} words; these are {words}.")
        if self.max_words is not None and words > self.max_words:
            return Outcome.invalid(f"Write at most {self.max_words} words; these are {words}.")
        return Outcome(state="right", fraction=1.0, judged=False)

    def right_answers(self) -> tuple[str, ...]:
        return (self.example,) if self.example else ()

    def reference_response(self) -> Response:
        return " ".join(["word"] * max(1, self.min_words))
