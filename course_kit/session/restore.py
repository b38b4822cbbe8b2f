"""What a learner has answered already: the lesson's snapshot, and whatever the journals hold since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError
from course_kit.model.course import Lesson
from course_kit.model.events import Event, HintTaken, ItemAnswered, read_event
from course_kit.model.quiz import Response, recordable
from course_kit.store.journal import journal_paths, read_journal
from course_kit.store.places import read_snapshot

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_KINDS = {"ItemAnswered", "HintTaken", "Voided"}


@dataclass(frozen=True)
class LastAnswer:
    """One item's last readable answer, and what all came to.

    ``fraction`` is the best so far, ``earned`` that of the last (None: not recorded). ``earlier`` of the ``attempts``
    were at another wording or variant; ``hints`` were taken, and ``right`` says whether a right answer was given, at
    this one. ``solved``: at any variant of this wording.
    """

    response: Response = None
    digest: str = ""
    variant: int = 0
    attempts: int = 0
    earlier: int = 0
    fraction: float = 0.0
    earned: float | None = None
    solved: bool = False
    right: bool = False
    confidence: int | None = None
    hints: int = 0
    at: datetime = _LONG_AGO

    def asks(self, fact: ItemAnswered | HintTaken) -> bool:
        """Whether ``fact`` is about this wording and variant."""
        return (self.digest, self.variant) == (fact.digest, fact.variant)

    def moved_to(self, fact: ItemAnswered | HintTaken) -> "LastAnswer":
        """As it stands when the wording and variant of ``fact`` are asked: a question of its own."""
        return LastAnswer(
            digest=fact.digest,
            variant=fact.variant,
            attempts=self.attempts,
            earlier=self.attempts,
            fraction=self.fraction,
            solved=self.solved and self.digest == fact.digest,
            at=self.at,
        )


def last_answers(data: Path, course: str, lesson: Lesson) -> dict[str, LastAnswer]:
    """By ``quiz/item`` (present names), from ``data``. What cannot be read is left out; nothing is raised."""
    snapshot = _snapshot(data, course, lesson.key)
    # what is under its present name already goes before what was under a former one
    answers = {_present(lesson, name): answer for name, answer in snapshot.items()} | {
        name: answer for name, answer in snapshot.items() if _present(lesson, name) == name
    }
    events = [event for event in _journal_events(data) if event.course == course]
    voided = {getattr(event.fact, "event_id", None) for event in events if event.kind == "Voided"}
    names = {lesson.key, *lesson.was}
    for event in sorted(events, key=Event.order):
        fact = event.fact
        if event.event_id in voided or not isinstance(fact, ItemAnswered | HintTaken) or fact.lesson not in names:
            continue
        item = _present(lesson, fact.item)
        answers[item] = _after(answers.get(item, LastAnswer()), fact, event.order()[0])
    return answers


def _present(lesson: Lesson, item: str) -> str:
    """The present name of an item, as in the fold of progress."""
    return item if item in lesson.items else lesson.renamed_items.get(item, item)


def _after(before: LastAnswer, fact: ItemAnswered | HintTaken, at: datetime) -> LastAnswer:
    """Taking an event that ``before`` holds already changes nothing."""
    late = at < before.at
    if isinstance(fact, HintTaken):
        if late and not before.asks(fact):
            return before
        here = before if before.asks(fact) else before.moved_to(fact)
        return replace(here, hints=max(here.hints, fact.hint + 1))
    if fact.state in ("unanswered", "invalid"):
        return before
    here = before if late or before.asks(fact) else before.moved_to(fact)
    right = here.right or (fact.state == "right" and here.asks(fact))
    merged = replace(
        here,
        attempts=max(here.attempts, fact.attempt),
        earlier=here.earlier if here is before else max(here.attempts, fact.attempt) - 1,
        fraction=max(here.fraction, fact.fraction),
        right=right,
        solved=here.solved or right or (fact.state == "right" and fact.digest == here.digest),
    )
    if late:
        return merged
    return replace(merged, response=fact.response, earned=fact.fraction, confidence=fact.confidence, at=at)


def _journal_events(data: Path) -> Iterable[Event]:
    try:
        paths = journal_paths(data / "journals")
    except OSError:
        return
    for path in paths:
        try:
            lines, _, _ = read_journal(path)
        except OSError:
            continue
        for line in lines:
            fact = line.get("fact")
            if not isinstance(fact, Mapping) or fact.get("kind") not in _KINDS:
                continue
            try:
                yield read_event(line)
            except CourseKitError:
                continue


def _snapshot(data: Path, course: str, lesson: str) -> dict[str, LastAnswer]:
    found = {name: _read_answer(value) for name, value in read_snapshot(data, course, lesson).items()}
    return {name: answer for name, answer in found.items() if answer is not None}


def _read_answer(value: Any) -> LastAnswer | None:
    try:
        best = min(1.0, max(0.0, float(value.get("best", 0.0))))
        confidence = value.get("confidence")
        return LastAnswer(
            response=recordable(value.get("response")),
            digest=str(value.get("digest", "")),
            variant=int(value.get("variant", 0)),
            attempts=int(value.get("attempts", 0)),
            earlier=int(value.get("earlier", 0)),
            fraction=best,
            earned=min(1.0, max(0.0, float(value.get("fraction", 0.0)))),
            solved=bool(value.get("solved", best >= 1)),
            right=bool(value.get("right", best >= 1)),
            confidence=confidence if type(confidence) is int and 1 <= confidence <= 3 else None,
            hints=int(value.get("hints", 0)),
            at=datetime.fromisoformat(value["at"]).astimezone(UTC) if value.get("at") else _LONG_AGO,
        )
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None
