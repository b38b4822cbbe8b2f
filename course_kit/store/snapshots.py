"""The last answers of one lesson as a small file, so that a bare kernel shows them without a database. A cache."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from course_kit.files.atomic import write_json
from course_kit.model.course import Course, Lesson
from course_kit.model.events import Event, HintTaken, ItemAnswered
from course_kit.model.keys import utc_text
from course_kit.model.progress import canonical
from course_kit.store.contract import ProgressStore
from course_kit.store.places import PLACES_VERSION, snapshot_path

_NONE: dict[str, Any] = {
    "response": None,
    "state": "unanswered",
    "fraction": 0.0,
    "best": 0.0,
    "attempts": 0,
    "earlier": 0,
    "solved": False,
    "right": False,
    "confidence": None,
    "hints": 0,
}


def last_answers(lesson: str, events: Iterable[Event], course: Course | None = None) -> dict[str, dict[str, Any]]:
    """By ``quiz/item``: the last response (state, fraction, digest, variant, confidence, time), and what all came to.

    That is the best fraction, ``attempts``, and whether any variant of this wording was ever right (``solved``).
    ``earlier`` of the attempts were at another wording or variant; ``hints`` were taken, and ``right`` is told, of the
    present one. ``course`` tells former names of lessons
    and items; without it, names are taken as they are. A response that could not be read changes nothing.
    """
    items: dict[str, dict[str, Any]] = {}
    present = {} if course is None else course.lessons_by_name()
    here = present.get(lesson)
    for event in canonical(events):
        fact = event.fact
        if not isinstance(fact, ItemAnswered | HintTaken) or _present_key(fact.lesson, present) != lesson:
            continue
        name = fact.item if here is None else here.present_item(fact.item)
        if isinstance(fact, ItemAnswered) and fact.state in ("unanswered", "invalid"):
            continue
        before = _at_question(items.get(name, _NONE), fact)
        if isinstance(fact, HintTaken):
            after = {**before, "hints": max(before["hints"], fact.hint + 1)}
        else:
            after = before | {
                "response": fact.response,
                "state": fact.state,
                "fraction": fact.fraction,
                "best": max(before["best"], fact.fraction),
                "attempts": before["attempts"] + 1,
                "solved": before["solved"] or fact.state == "right",
                "right": before["right"] or fact.state == "right",
                "confidence": fact.confidence,
                "at": utc_text(event.order()[0]),
            }
        items[name] = after
    return items


def _at_question(before: dict[str, Any], fact: ItemAnswered | HintTaken) -> dict[str, Any]:
    """``before`` as it stands where ``fact`` happened: another wording or variant is a question of its own."""
    asked = {"digest": fact.digest, "variant": fact.variant}
    if all(before.get(name) == value for name, value in asked.items()):
        return before
    kept: dict[str, Any] = {name: before[name] for name in ("best", "attempts", "at") if name in before}
    solved = before["solved"] and before.get("digest") == fact.digest
    return {**_NONE, **kept, "solved": solved, "earlier": before["attempts"], **asked}


def lesson_names(keys: Iterable[str], course: Course | None) -> set[str]:
    """The present keys of the lessons that events name."""
    present = {} if course is None else course.lessons_by_name()
    return {_present_key(key, present) for key in keys}


def _present_key(key: str, present: Mapping[str, Lesson]) -> str:
    return present[key].key if key in present else key


def write_snapshot(data: Path, course: str, lesson: str, items: dict[str, dict[str, Any]]) -> None:
    """Put the last answers of a lesson into its file, whole or not at all. Names that are no keys have none."""
    path = snapshot_path(data, course, lesson)
    if path is not None:
        write_json(path, {"version": PLACES_VERSION, "course": course, "lesson": lesson, "items": items})


def renew_snapshots(
    data: Path, store: ProgressStore, course: str, lessons: Collection[str], now: Course | None
) -> None:
    """Write the files of ``lessons`` (as events name them) anew; ``now`` is the course's present outline."""
    wanted = lesson_names(lessons, now)
    if not wanted:
        return
    former = {} if now is None else {name: lesson.key for name, lesson in now.lessons_by_name().items()}
    names = wanted | set(lessons) | {name for name, key in former.items() if key in wanted}
    events = list(store.events(course=course, lessons=names))
    for lesson in wanted:
        write_snapshot(data, course, lesson, last_answers(lesson, events, now))
