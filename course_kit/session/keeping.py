"""Where a session keeps what happens in it: the port, and the keeper that writes events into the journal."""

from collections.abc import Sequence
from typing import Any, Protocol

from course_kit.model.events import HintTaken, ItemAnswered, ItemShown
from course_kit.model.quiz import Outcome, Response
from course_kit.session.asked import Asked
from course_kit.session.notes import Notes

_ItemFact = type[ItemAnswered | HintTaken | ItemShown]


class Keeper(Protocol):
    """Keeps what a learner does. May be called from several threads at once.

    ``answered`` and ``hinted`` return once it is durable; they raise :class:`~course_kit.errors.Unavailable` where it
    could not be written: it does not count then.
    """

    def wake(self) -> None:
        """A page has spoken: someone is there."""

    def shown(self, asked: Sequence[Asked]) -> bool:
        """The items are in front of someone. False where that could not be kept; never raises."""

    def answered(
        self, asked: Asked, response: Response, outcome: Outcome, *, attempt: int, confidence: int | None
    ) -> None:
        """An answer was scored: the ``attempt``-th, counted from 1."""

    def hinted(self, asked: Asked, hint: int) -> None:
        """Hint number ``hint`` (from 0) was taken; the answer is the one after the last."""


class JournalKeeper:
    """Writes events of a lesson."""

    def __init__(self, notes: Notes, lesson: str) -> None:
        self.notes, self._lesson = notes, lesson

    def wake(self) -> None:
        self.notes.wake()

    def shown(self, asked: Sequence[Asked]) -> bool:
        return self.notes.try_write([self._fact(ItemShown, item) for item in asked])

    def answered(
        self, asked: Asked, response: Response, outcome: Outcome, *, attempt: int, confidence: int | None
    ) -> None:
        self.notes.write(
            [answer_fact(self._lesson, asked.name, asked, response, outcome, attempt=attempt, confidence=confidence)]
        )

    def hinted(self, asked: Asked, hint: int) -> None:
        self.notes.write([self._fact(HintTaken, asked, hint=hint)])

    def _fact(self, kind: _ItemFact, asked: Asked, **more: Any) -> dict[str, Any]:
        return item_fact(kind, self._lesson, asked.name, asked, **more)


def answer_fact(
    lesson: str,
    item: str,
    asked: Asked,
    response: Response,
    outcome: Outcome,
    *,
    attempt: int,
    confidence: int | None,
) -> dict[str, Any]:
    """That ``asked`` was answered so, as :func:`item_fact` has it."""
    return item_fact(
        ItemAnswered,
        lesson,
        item,
        asked,
        response=response,
        state=outcome.state,
        fraction=outcome.fraction,
        attempt=attempt,
        confidence=confidence,
    )


def item_fact(kind: _ItemFact, lesson: str, item: str, asked: Asked, **more: Any) -> dict[str, Any]:
    """The fact of that kind about ``asked``, which bears the name ``item`` in ``lesson``, as JSON."""
    about = {"lesson": lesson, "item": item, "digest": asked.released.digest, "variant": asked.variant}
    return kind.model_validate({**about, **more}).model_dump(mode="json")
