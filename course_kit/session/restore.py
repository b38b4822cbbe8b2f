"""What a learner has answered already: the lesson's snapshot, and whatever the journals hold since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError
from course_kit.model.course import Lesson
from course_kit.model.events import Event, HintTaken, ItemAnswered, read_event
from course_kit.model.quiz import Response
from course_kit.store.journal import journal_paths, read_journal
from course_kit.store.places import read_snapshot

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_KINDS = {"ItemAnswered", "HintTaken", "Voided"}


@dataclass(frozen=True)
class LastAnswer:
    """One item's last readable answer. ``fraction`` is the best so far; ``hints`` how many were taken."""

    response: Response = None
    digest: str = ""
    attempts: int = 0
    fraction: float = 0.0
    hints: int = 0
    at: datetime = _LONG_AGO


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
    if isinstance(fact, HintTaken):
        return replace(before, hints=max(before.hints, fact.hint + 1))
    if fact.state in ("unanswered", "invalid"):
        return before
    merged = replace(before, attempts=max(before.attempts, fact.attempt), fraction=max(before.fraction, fact.fraction))
    return merged if at < before.at else replace(merged, response=fact.response, digest=fact.digest, at=at)


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
        return LastAnswer(
            response=value.get("response"),
            digest=str(value.get("digest", "")),
            attempts=int(value.get("attempts", 0)),
            fraction=min(1.0, max(0.0, float(value.get("best", 0.0)))),
            hints=int(value.get("hints", 0)),
            at=datetime.fromisoformat(value["at"]).astimezone(UTC) if value.get("at") else _LONG_AGO,
        )
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None
