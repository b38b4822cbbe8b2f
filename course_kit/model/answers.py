"""What one learner's answers to one item have come to, for progress and for item analysis.

Like all of a tally it merges: however the answers are split and in whatever order they come, it comes out the same.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, Self

from course_kit.model.events import ItemAnswered
from course_kit.model.moments import Moment, best, least, moment_text, place_text, read_moment, read_place
from course_kit.model.quiz import Response, State

MOST_WRONG = 10
"""Of how many different wrong responses of one learner to one wording of an item a tally knows."""
_LETTERS, _PARTS = 200, 50


@dataclass(slots=True)
class Wording:
    """The answers to one wording of an item, for item analysis: how many, whether one was wholly right, the first.

    ``wrong``: what was given that was not wholly right (:func:`kept_response`), and where first in the canonical order
    (:func:`place_text`, which is compared and never read); of many different responses the :data:`MOST_WRONG` that came
    first.
    """

    attempts: int
    solved: bool
    first: tuple[Moment, float]
    wrong: dict[str, str]

    def take(self, other: "Wording") -> None:
        self.attempts += other.attempts
        self.solved = self.solved or other.solved
        if other.first[0] < self.first[0]:
            self.first = other.first
        for response, place in other.wrong.items():
            _give(self.wrong, response, place)

    def copy(self) -> "Wording":
        return Wording(self.attempts, self.solved, self.first, dict(self.wrong))

    @classmethod
    def of(cls, fact: ItemAnswered, order: Moment) -> Self:
        wrong = {kept_response(fact.response): place_text(order)} if fact.fraction < 1 else {}
        return cls(1, fact.fraction >= 1, (order, fact.fraction), wrong)

    def add(self, fact: ItemAnswered, order: Moment, *, is_last: bool) -> None:
        """``is_last``: nothing that was taken in comes after it, which spares most of the comparing."""
        self.attempts += 1
        if not is_last and order < self.first[0]:
            self.first = (order, fact.fraction)
        if fact.fraction >= 1:
            self.solved = True
            return
        response = kept_response(fact.response)
        if not is_last or response not in self.wrong:
            _give(self.wrong, response, place_text(order))


@dataclass(slots=True)
class Answers:
    """The answers to one item. ``first`` and ``last`` are in canonical order, each with what was answered there.

    ``rose_at``: when ``fraction``, the best, was first come to; ``solved_at``: when the first right answer was given,
    or None; ``digest``: of the wording that was answered last; ``wordings``: by digest.
    """

    fraction: float
    rose_at: datetime
    attempts: int
    solved_at: datetime | None
    first: tuple[Moment, float]
    last: tuple[Moment, State, Response]
    digest: str
    wordings: dict[str, Wording]

    def take(self, other: "Answers") -> None:
        self.fraction, self.rose_at = best((self.fraction, self.rose_at), (other.fraction, other.rose_at))
        self.attempts += other.attempts
        self.solved_at = least(self.solved_at, other.solved_at)
        if other.first[0] < self.first[0]:
            self.first = other.first
        if other.last[0] > self.last[0]:
            self.last, self.digest = other.last, other.digest
        for digest, wording in other.wordings.items():
            if digest in self.wordings:
                self.wordings[digest].take(wording)
            else:
                self.wordings[digest] = wording.copy()

    def copy(self) -> "Answers":
        wordings = {digest: wording.copy() for digest, wording in self.wordings.items()}
        return replace(self, wordings=wordings)

    @classmethod
    def of(cls, fact: ItemAnswered, order: Moment) -> Self:
        """What the first answer comes to; one that could be read."""
        at, fraction = order[0], fact.fraction
        solved_at = at if fact.state == "right" else None
        last = (order, fact.state, fact.response)
        return cls(
            fraction, at, 1, solved_at, (order, fraction), last, fact.digest, {fact.digest: Wording.of(fact, order)}
        )

    def add(self, fact: ItemAnswered, order: Moment) -> None:
        """Take in one more answer that could be read."""
        at, fraction = order[0], fact.fraction
        self.attempts += 1
        if fact.state == "right":
            self.solved_at = least(self.solved_at, at)
        if fraction > self.fraction or (fraction == self.fraction and at < self.rose_at):
            self.fraction, self.rose_at = fraction, at
        is_last = order > self.last[0]
        if is_last:
            self.last, self.digest = (order, fact.state, fact.response), fact.digest
        elif order < self.first[0]:
            self.first = (order, fraction)
        wording = self.wordings.get(fact.digest)
        if wording is None:
            self.wordings[fact.digest] = Wording.of(fact, order)
        else:
            wording.add(fact, order, is_last=is_last)

    def form(self) -> list[Any]:
        """As JSON, null for what is said already; :meth:`read` reads it back."""
        first, (last, state, response) = self.first, self.last
        wordings = [
            [
                None if digest == self.digest else digest,
                wording.attempts,
                int(wording.solved),
                *((None, None) if wording.first == first else (place_text(wording.first[0]), wording.first[1])),
                *(part for given in sorted(wording.wrong.items(), key=itemgetter(1)) for part in given),
            ]
            for digest, wording in sorted(self.wordings.items())
        ]
        ends = place_text(first[0]), first[1], None if last == first[0] else place_text(last), state, response
        rose = None if self.rose_at == first[0][0] else self.rose_at.isoformat()
        return [self.fraction, rose, self.attempts, moment_text(self.solved_at), *ends, self.digest, *wordings]

    @classmethod
    def read(cls, form: list[Any]) -> Self:
        fraction, rose, attempts, solved, place, share, end, state, response, digest, *wordings = form
        first = (read_place(place), share)
        known = {
            digest if wording is None else wording: Wording(
                count,
                bool(right),
                first if begin is None else (read_place(begin), part),
                dict(zip(wrong[::2], wrong[1::2], strict=True)),
            )
            for wording, count, right, begin, part, *wrong in wordings
        }
        rose_at = first[0][0] if rose is None else datetime.fromisoformat(rose)
        last = (first[0] if end is None else read_place(end), state, response)
        return cls(fraction, rose_at, attempts, read_moment(solved), first, last, digest, known)


def kept_response(response: Response) -> str:
    """A response as item analysis counts it: its JSON; of a long text or list its beginning."""
    if type(response) is int:
        return str(response)
    if isinstance(response, str):
        return json.dumps(response[:_LETTERS])
    if isinstance(response, list):
        return json.dumps([part[:_LETTERS] if isinstance(part, str) else part for part in response[:_PARTS]])
    return json.dumps(response)


def _give(wrong: dict[str, str], response: str, place: str) -> None:
    known = wrong.get(response)
    if known is not None and known <= place:
        return
    wrong[response] = place
    if len(wrong) > MOST_WRONG:
        del wrong[max(wrong, key=wrong.__getitem__)]
