"""Ordering: put the pieces into the right order."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from course_kit.model.kinds.sequences import kept_in_order
from course_kit.model.quiz import Item, Outcome, Response, register


@register("ordering")
class Ordering(Item):
    """Pieces, as they are shown, and the rank of each; pieces of equal rank may stand in either order.

    Response: the numbers of all pieces, in the learner's order. Partial credit: the most misplaced pieces are taken out
    one by one until the rest stand in an accepted order; of those left, one more than can always be left counts
    nothing: (left - least) / (pieces - least), where ``least`` is the size of the largest group of equal rank.
    """

    answers_are_texts: ClassVar[bool] = True

    pieces: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=2, max_length=30)]
    ranks: tuple[int, ...]

    @model_validator(mode="after")
    def _ranks_fit(self) -> Self:
        if len(self.ranks) != len(self.pieces):
            raise ValueError("each piece has one rank")
        if len(set(self.ranks)) < 2:
            raise ValueError("every order is right: at least two pieces have to differ in rank")
        return self

    def form(self) -> dict[str, Any]:
        return {"pieces": list(self.pieces)}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"pieces": tuple(change(piece) for piece in self.pieces)})

    def score(self, response: Response) -> Outcome:
        order = self._read(response)
        if order is None:
            return Outcome.invalid("Put all the pieces into an order.")
        least = max(self.ranks.count(rank) for rank in set(self.ranks))
        left = len(kept_in_order(order, lambda a, b: self.ranks[a] < self.ranks[b]))
        return Outcome.of(max(0, left - least) / (len(self.pieces) - least))

    def _read(self, response: Response) -> list[int] | None:
        if not isinstance(response, list) or len(response) != len(self.pieces):
            return None
        order = [number for number in response if type(number) is int]
        return order if sorted(order) == list(range(len(self.pieces))) else None

    def right_answers(self) -> tuple[str, ...]:
        return tuple(self.pieces[number] for number in self._right_order())

    def _right_order(self) -> list[int]:
        return sorted(range(len(self.pieces)), key=lambda number: self.ranks[number])

    def reference_response(self) -> Response:
        return self._right_order()

    def in_words(self, response: Response) -> str:
        order = self._read(response)
        return super().in_words(response) if order is None else " → ".join(self.pieces[number] for number in order)
