"""One quiz being practised: scored at once, kept, restored. Needs no kernel."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from course_kit.errors import NotFound, Refused, Unavailable
from course_kit.model.quiz import UNANSWERED, Item, Outcome, Response, recordable, score
from course_kit.quizzes.quiz_file import ReleasedItem
from course_kit.session.asked import Asked
from course_kit.session.keeping import Keeper
from course_kit.session.restore import LastAnswer
from course_kit.session.scorer import LocalScorer, Scorer
from course_kit.session.standings import REVEAL_AFTER, Clock, ItemState, Pause, Standing, read_html

Checker = Callable[[Item], list[str]]
"""Runs an item's checks on what the learner's cells made: one text for each, as a code check's response."""


class QuizSession:
    """A quiz being answered. Thread-safe: JupyterLab runs a widget's messages beside the main thread.

    Nothing is kept without a ``keeper`` (an author's preview, a release that was not opened). ``place`` is the lesson's
    key; empty in a preview.
    """

    graded = False

    def __init__(
        self,
        place: str,
        quiz: str,
        asked: Sequence[Asked],
        *,
        keeper: Keeper | None = None,
        scorer: Scorer | None = None,
        checker: Checker | None = None,
        last: Mapping[str, LastAnswer] | None = None,
        name: str = "",
        note: str = "",
        scope: str = "",
        clock: Clock | None = None,
    ) -> None:
        self.lesson, self.quiz, self.note, self.scope = place, quiz, note, scope
        self.name = name or (f"{place}/{quiz}" if place else quiz)
        self.keeper = keeper
        self._checker, self._clock = checker, clock or Clock()
        self._scorer = scorer or LocalScorer({a.name: a.released.variants for a in asked if a.released.variants})
        self._lock = threading.RLock()
        self._shown = False
        self._asked: dict[str, Asked] = {}
        self._standings: dict[str, Standing] = {}
        for item in asked:
            self._restore(item, (last or {}).get(item.name))

    @property
    def items(self) -> tuple[ReleasedItem, ...]:
        """The items that this learner meets, in the order of the quiz."""
        return tuple(asked.released for asked in self._asked.values())

    def item(self, key: str) -> Item:
        """An item in the variant that is asked, with its key. Raises :class:`NotFound` for an unknown one."""
        return self._of(key).item()

    def kind(self, key: str) -> str:
        """What kind of item that is. Raises :class:`NotFound` for an unknown one."""
        return str(self._of(key).released.public()["kind"])

    def publics(self) -> list[dict[str, Any]]:
        """What a page may show of the items before an answer, in the variants that are asked."""
        with self._lock:
            return [asked.public() for asked in self._asked.values()]

    def wake(self) -> None:
        """A page has spoken."""
        if self.keeper is not None:
            self.keeper.wake()

    def answer(self, key: str, response: Response, confidence: int | None = None) -> Outcome:
        """Score a response. An answer is kept, durably, before this returns; the outcome is what hints left of it.

        ``confidence`` counts where the item asks for it, 1 (a guess) to 3 (certain). Raises :class:`NotFound` for an
        unknown item, :class:`Refused` where no attempt is left or the wait is not over, :class:`Unavailable` where
        the answer could not be written: it does not count then, and may be given again.
        """
        with self._lock:
            asked, standing = self._of(key), self._standings[key]
            item = asked.item()
            self._check_allowed(standing, item, asked)
            outcome = self._scorer.score(asked.name, response, asked.variant)
            if outcome.state == "unanswered":
                return outcome
            outcome = outcome.less(standing.cost(item))
            sure = confidence if item.confidence and type(confidence) is int and 1 <= confidence <= 3 else None
            given, attempt = recordable(response), standing.attempts + 1
            if self.keeper is not None:
                self.keeper.answered(asked, given, outcome, attempt=attempt, confidence=sure)
            if outcome.state == "invalid":
                return outcome
            standing.response, standing.outcome, standing.changed = given, outcome, False
            standing.fraction, standing.confidence = outcome.fraction, sure
            standing.read = read_html(item, given)
            standing.attempts, standing.tries = attempt, standing.tries + 1
            standing.right = standing.right or outcome.state == "right"
            standing.solved = standing.solved or standing.right
            standing.pause = Pause(item.wait, self._clock.now(), self._clock) if item.wait else None
            return outcome

    def check(self, key: str) -> Outcome:
        """Run a code check on what the learner's cells made, and score what it found.

        Raises as :meth:`answer` does, and :class:`Unavailable` where no cells can be looked at now.
        """
        asked = self._of(key)
        item = asked.item()
        if self._checker is None or self.kind(key) != "code-check":
            raise Unavailable("There are no cells here to look at.", hint="Run this quiz in the lesson's notebook.")
        with self._lock:
            self._check_allowed(self._standings[key], item, asked)
        return self.answer(key, self._checker(item))

    def hint(self, key: str) -> str:
        """The next hint as HTML; recorded. Raises :class:`Refused` when all have been taken."""
        with self._lock:
            asked, standing = self._of(key), self._standings[key]
            hints = asked.item().hints
            if standing.hints >= len(hints):
                raise Refused("There are no more hints.", hint="All of them stand below the question.")
            if self.keeper is not None:
                self.keeper.hinted(asked, standing.hints)
            standing.hints += 1
            return hints[standing.hints - 1].text

    def reveal(self, key: str) -> ItemState:
        """Give up: the right answer and its explanation. Recorded as the hint after the last one.

        Raises :class:`Refused` before the item was tried :data:`REVEAL_AFTER` times.
        """
        with self._lock:
            asked, standing = self._of(key), self._standings[key]
            item = asked.item()
            if not standing.right and not standing.revealed and standing.left(item) != 0:
                if standing.tries < REVEAL_AFTER:
                    raise Refused("The answer can be seen after two attempts.", hint="Try it, or take a hint.")
                if self.keeper is not None:
                    self.keeper.hinted(asked, len(item.hints))
                standing.revealed = True
            return self.state_of(key)

    def renew(self, key: str) -> dict[str, Any]:
        """Ask another variant of an item that was tried; what a page may show of it.

        Raises :class:`Refused` where there is none, or the present one was not tried yet.
        """
        with self._lock:
            if not self.state_of(key).renewable:
                many = self._of(key).variants > 1
                hint = "Try this one first." if many else "This question has one form only."
                raise Refused("There is no other variant to ask now.", hint=hint)
            asked = self._of(key).other_variant()
            self._asked[key], self._standings[key] = asked, self._standings[key].renewed(asked.variant)
            return asked.public()

    def shown(self) -> None:
        """The quiz is in front of someone: recorded once a session. Never raises."""
        with self._lock:
            if not self._shown and self.keeper is not None:
                self._shown = self.keeper.shown(tuple(self._asked.values()))

    def state_of(self, key: str) -> ItemState:
        """How an item stands. Raises :class:`NotFound` for an unknown one."""
        with self._lock:
            asked = self._of(key)
            return self._standings[key].state(asked.item(), variants=asked.variants)

    def states(self) -> dict[str, dict[str, Any]]:
        """How all items stand, by key, as JSON."""
        with self._lock:
            return {key: self.state_of(key).json() for key in self._asked}

    def _of(self, key: str) -> Asked:
        if key not in self._asked:
            raise NotFound(f"The quiz {self.name} has no item {key!r}.", hint="Run the quiz's cell again.")
        return self._asked[key]

    def _check_allowed(self, standing: Standing, item: Item, asked: Asked) -> None:
        if standing.left(item) == 0:
            hint = "Ask for a new variant to go on." if asked.variants > 1 else "The answer stands below the question."
            raise Refused("There are no attempts left.", hint=hint)
        seconds = standing.waits()
        if seconds:
            unit = "second" if seconds == 1 else "seconds"
            raise Refused(f"Wait {seconds} more {unit} before the next attempt.", hint="Use them to think it through.")

    def _restore(self, first: Asked, last: LastAnswer | None) -> None:
        """Put an item where the learner left it: in the variant that was answered, with what that earned."""
        asked = first
        if last is not None and last.digest == first.released.digest:
            asked = first.at(last.variant)
        self._asked[asked.key] = asked
        self._standings[asked.key] = _restored(asked, last, self._clock)


def _restored(asked: Asked, last: LastAnswer | None, clock: Clock) -> Standing:
    if last is None:
        return Standing(variant=asked.variant)
    if last.digest != asked.released.digest:
        return Standing(variant=asked.variant, attempts=last.attempts, changed=last.attempts > 0)
    item = asked.item()
    if last.variant != asked.variant:  # there are fewer than there were: this one is new
        return Standing(variant=asked.variant, attempts=last.attempts, solved=last.solved)
    outcome = score(item, last.response)
    answered = outcome.state not in ("unanswered", "invalid")
    right = last.right or (last.earned is None and outcome.state == "right")
    taken = sum(hint.cost for hint in item.hints[: last.hints])
    return Standing(
        variant=asked.variant,
        response=last.response if answered else None,
        outcome=outcome if answered else UNANSWERED,
        fraction=(outcome.less(taken).fraction if last.earned is None else last.earned) if answered else 0.0,
        confidence=last.confidence if answered else None,
        read=read_html(item, last.response) if answered else "",
        attempts=last.attempts,
        tries=max(0, last.attempts - last.earlier),
        solved=last.solved or right,
        right=right,
        hints=min(last.hints, len(item.hints)),
        revealed=last.hints > len(item.hints),
        pause=Pause(item.wait, last.at, clock) if item.wait and answered else None,
    )
