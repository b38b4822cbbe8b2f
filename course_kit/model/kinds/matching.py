"""Matching: find the partner of each entry."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from course_kit.model.quiz import UNANSWERED, Feedback, Item, Outcome, Response, register

NONE = -1
"""In a response: no partner was chosen."""
Entries = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=2, max_length=30)]


class WrongPair(BaseModel):
    """What is said to one who gave the entry ``left`` the partner ``right``."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    left: int
    right: int
    feedback: str = Field(min_length=1)


@register("matching")
class Matching(Item):
    """Entries on the left and, as they are shown, on the right, distractors among them.

    ``partners``: the right one's number for each on the left; several may have the same. Response: a number on the
    right for each on the left, -1 for none. Partial credit: right pairs over pairs.
    """

    answers_are_texts: ClassVar[bool] = True

    left: Entries
    right: Entries
    partners: tuple[int, ...]
    wrong_pairs: tuple[WrongPair, ...] = ()

    @model_validator(mode="after")
    def _partners_exist(self) -> Self:
        if len(self.partners) != len(self.left) or not all(0 <= one < len(self.right) for one in self.partners):
            raise ValueError("each entry on the left has one partner on the right")
        for pair in self.wrong_pairs:
            if not (0 <= pair.left < len(self.left) and 0 <= pair.right < len(self.right)):
                raise ValueError("a remark names a pair that is not there")
            if self.partners[pair.left] == pair.right:
                raise ValueError("a remark for a wrong pair names a right one")
        return self

    def form(self) -> dict[str, Any]:
        return {"left": list(self.left), "right": list(self.right)}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        remarks = tuple(pair.model_copy(update={"feedback": change(pair.feedback)}) for pair in self.wrong_pairs)
        left, right = tuple(map(change, self.left)), tuple(map(change, self.right))
        return self.model_copy(update={"left": left, "right": right, "wrong_pairs": remarks})

    def score(self, response: Response) -> Outcome:
        chosen = self._read(response)
        if chosen is None:
            return Outcome.invalid("Choose a partner for each entry.")
        if all(one == NONE for one in chosen):
            return UNANSWERED
        hits = sum(given == right for given, right in zip(chosen, self.partners, strict=True))
        remarks = [
            Feedback(text=pair.feedback, choice=pair.left)
            for pair in self.wrong_pairs
            if chosen[pair.left] == pair.right
        ]
        return Outcome.of(hits / len(self.left), *remarks)

    def _read(self, response: Response) -> list[int] | None:
        if not isinstance(response, list) or len(response) != len(self.left):
            return None
        chosen = [one for one in response if type(one) is int and NONE <= one < len(self.right)]
        return chosen if len(chosen) == len(response) else None

    def right_answers(self) -> tuple[str, ...]:
        return tuple(f"{left} → {self.right[one]}" for left, one in zip(self.left, self.partners, strict=True))

    def reference_response(self) -> Response:
        return list(self.partners)

    def in_words(self, response: Response) -> str:
        chosen = self._read(response)
        if chosen is None:
            return super().in_words(response)
        pairs = zip(self.left, chosen, strict=True)
        return "; ".join(f"{left} → {'…' if one == NONE else self.right[one]}" for left, one in pairs)
