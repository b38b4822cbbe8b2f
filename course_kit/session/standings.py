"""How one item stands with the learner: what was answered, what that earned, and what may be shown of it now."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any

from course_kit.model.quiz import UNANSWERED, Item, Outcome, Response

REVEAL_AFTER = 2
"""After so many attempts the answer may be asked for."""


@dataclass(frozen=True)
class Clock:
    """``now``: the time of day, in UTC, which may be set; ``ticks``: seconds that only ever go on."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ticks: Callable[[], float] = time.monotonic


class Pause:
    """The wait after an attempt at ``at``. A clock that was set back never makes it longer than it was meant to be."""

    def __init__(self, seconds: float, at: datetime, clock: Clock) -> None:
        self._seconds, self._at, self._clock = seconds, at, clock
        passed = (clock.now() - at).total_seconds()
        # an attempt that is yet to come says that the clock was set back since: nothing can be told from it
        self._until = clock.ticks() + (max(0.0, seconds - passed) if passed >= 0 else 0.0)

    @property
    def left(self) -> int:
        """Whole seconds that are left, rounded up."""
        passed = (self._clock.now() - self._at).total_seconds()
        left = self._until - self._clock.ticks()
        return max(0, math.ceil(min(left, self._seconds - passed) if passed >= 0 else left))


@dataclass
class Standing:
    """How one item stands in this session.

    ``outcome`` is that of ``response``, the last that could be read, ``read`` how it was understood, and ``fraction``
    what hints left of it.
    ``attempts`` counts all, ``tries`` those at the present wording and variant; ``solved``: a right answer to any
    variant is known, ``right``: to the present one.
    """

    variant: int = 0
    response: Response = None
    outcome: Outcome = UNANSWERED
    fraction: float = 0.0
    confidence: int | None = None
    read: str = ""
    attempts: int = 0
    tries: int = 0
    solved: bool = False
    right: bool = False
    hints: int = 0
    revealed: bool = False
    changed: bool = False
    pause: Pause | None = None

    def renewed(self, variant: int) -> "Standing":
        """The same learner before another variant, which is a question of its own."""
        return Standing(variant=variant, attempts=self.attempts, solved=self.solved, pause=self.pause)

    def left(self, item: Item) -> int | None:
        """How many attempts are left; None where any number may be made. Seeing the answer uses them up."""
        if item.attempts is None:
            return None
        return 0 if self.revealed else max(0, item.attempts - self.tries)

    def waits(self) -> int:
        return 0 if self.pause is None or self.right else self.pause.left

    def cost(self, item: Item) -> float:
        """What the hints that were taken cost, as a share of the points."""
        return sum(hint.cost for hint in item.hints[: self.hints])

    def state(self, item: Item, *, variants: int = 1) -> "ItemState":
        """What a page may know. ``item`` is the variant that stands here, ``variants`` how many there are."""
        over = self.revealed or self.left(item) == 0
        earned = self.right or over
        shown = over or not self.outcome.judged
        return ItemState(
            state=self.outcome.state,
            response=self.response,
            feedback=[remark.model_dump() for remark in self.outcome.feedback],
            attempts=self.attempts,
            left=self.left(item),
            waits=0 if over else self.waits(),
            solved=self.solved,
            hints=[hint.text for hint in item.hints[: self.hints]],
            explanation=item.explanation if earned else "",
            answers=answers_html(item) if shown else [],
            revealable=not earned and self.tries >= REVEAL_AFTER,
            changed=self.changed,
            variant=self.variant,
            renewable=variants > 1 and (self.tries > 0 or over),
            confidence=self.confidence,
            judged=self.outcome.judged,
            fraction=self.fraction,
            read=self.read,
        )


@dataclass(frozen=True)
class ItemState:
    """What a page may know of an item after what was answered: JSON by :meth:`json`.

    ``state`` is an outcome's, or ``saved`` in a graded quiz. ``explanation`` and ``answers`` (the right ones) are empty
    until they were earned: the item was solved, given up, or the last attempt was made. ``left``: attempts (None:
    any number); ``waits``: seconds until the next one counts; ``changed``: an answer to an earlier wording is on
    record; ``renewable``: another variant may be asked for; ``read``: how what was typed was understood, as HTML.
    """

    state: str = "unanswered"
    response: Response = None
    feedback: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    left: int | None = None
    waits: int = 0
    solved: bool = False
    hints: list[str] = field(default_factory=list)
    explanation: str = ""
    answers: list[str] = field(default_factory=list)
    revealable: bool = False
    changed: bool = False
    variant: int = 0
    renewable: bool = False
    confidence: int | None = None
    judged: bool = True
    fraction: float = 0.0
    read: str = ""

    def json(self) -> dict[str, Any]:
        return dict(vars(self))


def answers_html(item: Item) -> list[str]:
    """The right answers of a rendered item, as HTML."""
    answers = item.right_answers()
    return list(answers) if item.answers_are_texts else [escape(answer) for answer in answers]


def read_html(item: Item, response: Response) -> str:
    """How the kind of ``item`` understood what was typed, as HTML; empty where it does not say."""
    read = getattr(item, "read", None)
    if read is None or not isinstance(response, str):
        return ""
    try:
        return str(read(response) or "")
    except Exception:  # what only explains must not cost the learner the verdict
        return ""
