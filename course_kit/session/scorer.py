"""Who scores a response: the port, and the scorer that runs in the kernel (practice)."""

from collections.abc import Mapping
from typing import Protocol

from course_kit.errors import NotFound
from course_kit.model.quiz import Outcome, Response, Variants, score


class Scorer(Protocol):
    """Scores responses. May be called from several threads at once.

    ``score`` raises :class:`~course_kit.errors.NotFound` for an unknown item and
    :class:`~course_kit.errors.Unavailable` where a scorer elsewhere cannot be reached; never for any response.
    """

    def score(self, item: str, response: Response, variant: int = 0) -> Outcome:
        """The outcome of ``response`` to that variant of the item ``quiz/item``."""


class LocalScorer:
    """Scores with the release's own items, in this process. What it says is practice: it proves nothing."""

    def __init__(self, items: Mapping[str, Variants]) -> None:
        self._items = dict(items)

    def score(self, item: str, response: Response, variant: int = 0) -> Outcome:
        if item not in self._items:
            raise NotFound(f"There is no item {item!r} here.", hint="Run the quiz's cell again.")
        return score(self._items[item], response, variant)
