"""A graded quiz being answered: responses are saved for grading; nothing here knows what is right."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course_kit.errors import NotFound, Refused
from course_kit.model.quiz import Item, Response, recordable
from course_kit.quizzes.quiz_file import ReleasedItem
from course_kit.session.asked import Asked
from course_kit.session.legible import remarks_on
from course_kit.session.responses import GivenResponse, ResponsesFile, now_text
from course_kit.session.standings import ItemState


@dataclass(frozen=True)
class Saved:
    """What came of a response: ``saved``, ``invalid`` (nothing was written) or ``unanswered``."""

    state: str
    message: str = ""

    def json(self) -> dict[str, Any]:
        """In the form of an outcome, for the page."""
        feedback = [{"text": self.message, "choice": None}] if self.message else []
        return {"state": self.state, "fraction": 0.0, "feedback": feedback, "judged": False}


class GradedSession:
    """As :class:`~course_kit.session.practice.QuizSession`, without keys: no verdict, hint, explanation or event."""

    graded = True

    def __init__(
        self, quiz: str, asked: Sequence[Asked], responses: ResponsesFile, *, note: str = "", scope: str = ""
    ) -> None:
        self.lesson, self.quiz, self.name, self.note, self.scope = "", quiz, quiz, note, scope
        self._responses = responses
        self._lock = threading.RLock()
        self._asked: dict[str, Asked] = {}
        for item in asked:
            last = responses.given.get(item.name)
            same = last is not None and last.digest == item.released.digest
            self._asked[item.key] = item.at(last.variant) if last is not None and same else item

    @property
    def items(self) -> tuple[ReleasedItem, ...]:
        """The items that this learner meets, in the order of the quiz."""
        return tuple(asked.released for asked in self._asked.values())

    def item(self, key: str) -> Item:
        raise self._refusal(key)

    def kind(self, key: str) -> str:
        """What kind of item that is. Raises :class:`NotFound` for an unknown one."""
        return str(self._of(key).released.public()["kind"])

    def publics(self) -> list[dict[str, Any]]:
        """What a page may show of the items: hints, limits and waits are for practice."""
        return [{**asked.public(), "hints": [], "attempts": None, "wait": 0} for asked in self._asked.values()]

    def wake(self) -> None:
        """A page has spoken: nothing follows."""

    def shown(self) -> None:
        """The quiz is in front of someone: nothing is recorded."""

    def answer(self, key: str, response: Response, confidence: int | None = None) -> Saved:
        """Save a response, durably, for grading; an empty one takes an earlier one back.

        Raises :class:`NotFound` for an unknown item and :class:`~course_kit.errors.Unavailable` where it could not be
        written: it may be given again.
        """
        with self._lock:
            asked = self._of(key)
            empty = response is None or response == [] or (isinstance(response, str) and not response.strip())
            given = None if empty else recordable(response)
            if given is None and not empty:
                return Saved("invalid", "This answer is longer, or of another form, than can be saved.")
            if empty and self._standing(asked) is None:
                return Saved("unanswered")
            sure = confidence if asked.public().get("confidence") and type(confidence) is int else None
            saved = GivenResponse(
                digest=asked.released.digest,
                variant=asked.variant,
                response=given,
                confidence=sure if sure is not None and 1 <= sure <= 3 else None,
                at=now_text(),
                count=1,
            )
            self._responses.put(asked.name, saved)
            return Saved("unanswered" if empty else "saved")

    def check(self, key: str) -> Saved:
        raise self._refusal(key)

    def hint(self, key: str) -> str:
        raise self._refusal(key)

    def reveal(self, key: str) -> ItemState:
        raise self._refusal(key)

    def renew(self, key: str) -> dict[str, Any]:
        raise self._refusal(key)

    def state_of(self, key: str) -> ItemState:
        """What was saved. Raises :class:`NotFound` for an unknown item."""
        with self._lock:
            asked = self._of(key)
            last = self._standing(asked)
            if last is None:
                known = self._responses.given.get(asked.name)
                return ItemState(variant=asked.variant, judged=False, changed=known is not None)
            return ItemState(
                state="unanswered" if last.response is None else "saved",
                response=last.response,
                feedback=remarks_on(asked.public(), last.response),
                attempts=last.count,
                variant=last.variant,
                confidence=last.confidence,
                judged=False,
            )

    def states(self) -> dict[str, dict[str, Any]]:
        """How all items stand, by key, as JSON."""
        return {key: self.state_of(key).json() for key in self._asked}

    def _of(self, key: str) -> Asked:
        if key not in self._asked:
            raise NotFound(f"The quiz {self.name} has no item {key!r}.", hint="Run the quiz's cell again.")
        return self._asked[key]

    def _standing(self, asked: Asked) -> GivenResponse | None:
        """What is saved for the wording and the variant that are asked."""
        last = self._responses.given.get(asked.name)
        fits = last is not None and (last.digest, last.variant) == (asked.released.digest, asked.variant)
        return last if fits else None

    def _refusal(self, key: str) -> Refused:
        self._of(key)
        return Refused(
            "This quiz is graded: there are neither hints nor verdicts here.",
            hint="Save your answers; they are marked after you submit the assignment.",
        )
