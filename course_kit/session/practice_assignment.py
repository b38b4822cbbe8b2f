"""Quizzes of an assignment that is practised: answers are judged at once, and kept beside the notebook."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from course_kit.model.quiz import Outcome, Response
from course_kit.session.asked import Asked
from course_kit.session.responses import GivenResponse, ResponsesFile, now_text
from course_kit.session.restore import LastAnswer


class ResponsesKeeper:
    """Keeps answers in ``responses.json``, as a graded quiz does, and which hints were taken; no events."""

    def __init__(self, responses: ResponsesFile) -> None:
        self._responses = responses

    def wake(self) -> None:
        """Nothing was held."""

    def shown(self, asked: Sequence[Asked]) -> bool:
        return True

    def answered(
        self, asked: Asked, response: Response, outcome: Outcome, *, attempt: int, confidence: int | None
    ) -> None:
        if outcome.state != "invalid":
            self._put(asked, response=response, confidence=confidence, count=1)

    def hinted(self, asked: Asked, hint: int) -> None:
        before = self._responses.given.get(asked.name)
        same = before is not None and (before.digest, before.variant) == (asked.released.digest, asked.variant)
        response, confidence = (before.response, before.confidence) if before is not None and same else (None, None)
        self._put(asked, response=response, confidence=confidence, hints=hint + 1)

    def _put(self, asked: Asked, **more: Any) -> None:
        given = GivenResponse(digest=asked.released.digest, variant=asked.variant, at=now_text(), **more)
        self._responses.put(asked.name, given)


def last_responses(responses: ResponsesFile) -> Mapping[str, LastAnswer]:
    """What is kept, as a session restores it. What each earned follows from scoring it again."""
    return {name: _last(given) for name, given in responses.given.items()}


def _last(given: GivenResponse) -> LastAnswer:
    try:
        at = datetime.fromisoformat(given.at).astimezone(UTC)
    except (ValueError, OverflowError):
        at = datetime.min.replace(tzinfo=UTC)
    return LastAnswer(
        response=given.response,
        digest=given.digest,
        variant=given.variant,
        attempts=given.count,
        confidence=given.confidence,
        hints=given.hints,
        at=at,
    )
