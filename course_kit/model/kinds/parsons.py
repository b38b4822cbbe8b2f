"""Parsons problems: build a program from given lines (D. Parsons and P. Haden, 2006)."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice, permutations, product
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from course_kit.model.kinds.sequences import kept_in_order
from course_kit.model.quiz import UNANSWERED, Feedback, Item, Outcome, Response, register

MAX_INDENT = 12
_MAX_READINGS = 24
"""In so many ways lines of equal text may be exchanged for each other."""


class Piece(BaseModel):
    """One line, without its indentation. ``position``: its place in the program, from 0; None for a distractor.

    ``indent`` counts levels. ``feedback`` is said to one who used a distractor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    text: str = Field(min_length=1)
    position: Annotated[int, Field(ge=0)] | None = None
    indent: Annotated[int, Field(ge=0, le=MAX_INDENT)] = 0
    feedback: str = ""


@register("parsons")
class Parsons(Item):
    """Lines, as they are shown, distractors among them.

    ``indented``: whether the indentation has to be right, too; ``program``: the whole, as a fenced block, to be shown
    in the end. ``before``: pairs of positions of which the first has to come before the second; without it, lines stand
    in the order of their positions. Lines of the same text may stand for each other.

    Response: ``[piece, level]`` for each line used, in the learner's order. Partial credit: the most misplaced lines
    are taken out one by one until the rest stand in an accepted order; the lines left whose indentation is right, less
    the distractors used, over the lines of the program; not below 0.
    """

    answers_are_texts: ClassVar[bool] = True

    pieces: Annotated[tuple[Piece, ...], Field(min_length=2, max_length=50)]
    indented: bool = True
    language: str = Field(default="python", max_length=40)
    program: str = Field(min_length=1)
    before: tuple[tuple[int, int], ...] | None = None

    @model_validator(mode="after")
    def _positions_are_whole(self) -> Self:
        positions = sorted(piece.position for piece in self.pieces if piece.position is not None)
        if positions != list(range(len(positions))) or len(positions) < 2:
            raise ValueError("the program has to have at least two lines, at the positions 0, 1, 2 …")
        for first, second in self.before or ():
            if not 0 <= first < second < len(positions):
                raise ValueError(f"line {first} cannot have to come before line {second}")
        return self

    def form(self) -> dict[str, Any]:
        return {"pieces": [piece.text for piece in self.pieces], "indent": self.indented, "language": self.language}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        pieces = tuple(
            piece.model_copy(
                update={
                    "text": change(f"```{self.language}\n{piece.text}\n```"),
                    "feedback": change(piece.feedback) if piece.feedback else "",
                }
            )
            for piece in self.pieces
        )
        return self.model_copy(update={"pieces": pieces, "program": change(self.program)})

    def score(self, response: Response) -> Outcome:
        lines = self._read(response)
        if lines is None:
            return Outcome.invalid("Build the program from the lines.")
        if not lines:
            return UNANSWERED
        used = self._positions(lines)
        placed = [position for position in used if position is not None]
        good = max(len(self._good(lines, reading)) for reading in self._readings(lines, used))
        distractors = len(used) - len(placed)
        remarks = [
            Feedback(text=self.pieces[number].feedback, choice=number)
            for number, _ in lines
            if self.pieces[number].position is None
        ]
        return Outcome.of(max(0, good - distractors) / self._length, *remarks)

    @property
    def _length(self) -> int:
        return sum(piece.position is not None for piece in self.pieces)

    def _good(self, lines: list[tuple[int, int]], used: list[int | None]) -> list[int]:
        """The positions that stand in an accepted order, indented as they should be."""
        right = dict(enumerate(sorted((p for p in self.pieces if p.position is not None), key=_position)))
        placed = [position for position in used if position is not None]
        level = dict(zip(used, (indent for _, indent in lines), strict=True))
        kept = kept_in_order(placed, self._must_precede())
        return [one for one in kept if not self.indented or level[one] == right[one].indent]

    def _readings(self, lines: list[tuple[int, int]], used: list[int | None]) -> Iterator[list[int | None]]:
        """The positions that lines of equal text may stand for, where lines need not stand in one order."""
        yield used
        if self.before is None:
            return
        alike: dict[str, list[int]] = defaultdict(list)
        for place, (number, _) in enumerate(lines):
            if used[place] is not None:
                alike[self.pieces[number].text].append(place)
        groups = [places for places in alike.values() if len(places) > 1]
        ways = (islice(permutations([used[place] for place in places]), _MAX_READINGS) for places in groups[:10])
        for swap in islice(product(*ways), 1, _MAX_READINGS):
            reading = list(used)
            for places, positions in zip(groups, swap, strict=False):
                for place, position in zip(places, positions, strict=True):
                    reading[place] = position
            yield reading

    def _read(self, response: Response) -> list[tuple[int, int]] | None:
        """Each line that was used and its level; None for what is no program of these lines."""
        if not isinstance(response, list):
            return None
        lines: list[tuple[int, int]] = []
        for part in response:
            if not isinstance(part, list) or len(part) != 2 or not all(type(number) is int for number in part):
                return None
            lines.append((part[0], part[1]))
        numbers = [number for number, _ in lines]
        known = all(0 <= number < len(self.pieces) for number in numbers)
        sound = known and len(set(numbers)) == len(numbers) and all(0 <= level <= MAX_INDENT for _, level in lines)
        return lines if sound else None

    def _positions(self, lines: list[tuple[int, int]]) -> list[int | None]:
        """The position that each line used stands for; None for distractors.

        Lines of equal text cannot be told apart: one stands for the first free place with the indentation that it was
        given, else for the first free place.
        """
        free: dict[str, list[Piece]] = defaultdict(list)
        for piece in sorted((p for p in self.pieces if p.position is not None), key=_position):
            free[piece.text].append(piece)
        given: list[int | None] = [None] * len(lines)
        for exactly in (True, False):
            for place, (number, level) in enumerate(lines):
                piece = self.pieces[number]
                fitting = [one for one in free[piece.text] if not exactly or not self.indented or one.indent == level]
                if piece.position is not None and given[place] is None and fitting:
                    given[place] = fitting[0].position
                    free[piece.text].remove(fitting[0])
        return given

    def _must_precede(self) -> Callable[[int, int], bool]:
        if self.before is None:
            return lambda first, second: first < second
        after: dict[int, set[int]] = defaultdict(set)
        for first, second in sorted(self.before, reverse=True):
            after[first] |= {second} | after[second]
        return lambda first, second: second in after[first]

    def right_answers(self) -> tuple[str, ...]:
        return (self.program,)

    def reference_response(self) -> Response:
        used = [number for number, piece in enumerate(self.pieces) if piece.position is not None]
        ordered = sorted(used, key=lambda number: _position(self.pieces[number]))
        return [[number, self.pieces[number].indent if self.indented else 0] for number in ordered]

    def in_words(self, response: Response) -> str:
        lines = self._read(response)
        return super().in_words(response) if lines is None else " / ".join(self.pieces[n].text for n, _ in lines)


def _position(piece: Piece) -> int:
    return -1 if piece.position is None else piece.position
