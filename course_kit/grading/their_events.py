"""The events that a submission carries: a stranger's word, checked line by line before the store takes it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from course_kit.errors import CourseKitError
from course_kit.model.events import Event, LessonWaived, read_event
from course_kit.model.keys import decision_id
from course_kit.store.contract import ProgressStore

INSTRUCTORS = frozenset({"ScorePosted", "LessonWaived", "ArrangementsPosted", "Voided"})
"""Kinds of facts that the instructor's side writes: a learner's copy of them proves nothing."""
_NO_NEWS = frozenset({"ScorePosted", "ArrangementsPosted"})
MAX_LINE = 100_000
MAX_LINES = 50_000_000
"""So many bytes of one submission's events are taken: a hundred times what a long course comes to."""


@dataclass(frozen=True)
class TakenEvents:
    """``stored``: new; ``duplicates``: known already; ``refused``: set aside, with a reason each in the store."""

    stored: int = 0
    duplicates: int = 0
    refused: int = 0


NO_EVENTS = TakenEvents()


def take_events(
    store: ProgressStore, lines: bytes, *, pseudonyms: frozenset[str], course: str, at: datetime
) -> TakenEvents:
    """Append what a submission holds for one learner. Idempotent; a bad line never blocks the others.

    ``pseudonyms``: the names that the learner's events may bear. ``at``: when they were received; what the sender
    says about that is not believed.
    """
    good: list[Event] = []
    refused = 0
    if len(lines) > MAX_LINES:
        taken = lines[:MAX_LINES].rpartition(b"\n")[0]
        rest = lines[len(taken) + 1 :][:MAX_LINE].decode(errors="replace")
        store.set_aside(rest, f"One submission brings {MAX_LINES:,} bytes at most. The rest is left out.", at)
        lines, refused = taken, 1
    for raw, event, reason in _read(lines, pseudonyms, course, _waived_here(store, course, pseudonyms)):
        if event is not None:
            good.append(event)
        elif reason:
            store.set_aside(raw, reason, at)
            refused += 1
    appended = store.append(good, at)
    return TakenEvents(appended.stored, appended.duplicates, refused + appended.conflicts)


def _waived_here(store: ProgressStore, course: str, pseudonyms: frozenset[str]) -> frozenset[str]:
    """The ids of the waivers that this side has given to the learner, under whatever name."""
    people = store.people()
    learners = {people[name] for name in pseudonyms if name in people}
    names = [name for name, learner in people.items() if learner in learners]
    lessons = {lesson for tally in store.tallies(course, learners=names).values() for lesson in tally.waived}
    if not lessons:
        return frozenset()
    events = store.events(learners=names, course=course, lessons=lessons)
    return frozenset(event.event_id for event in events if isinstance(event.fact, LessonWaived))


def _is_tested_out(event: Event) -> bool:
    """Whether this is what a learner's own store records when a diagnostic was passed: practice, like what it is
    about."""
    fact = event.fact
    return isinstance(fact, LessonWaived) and event.event_id == decision_id(
        event.learner, event.course, fact.lesson, fact.kind
    )


def _read(
    lines: bytes, pseudonyms: frozenset[str], course: str, known: frozenset[str]
) -> Iterator[tuple[str, Event | None, str]]:
    for line in lines.splitlines():
        raw = line[:MAX_LINE].decode("utf-8", errors="replace")
        try:
            if len(line) > MAX_LINE:
                raise ValueError("longer than any event")
            event = read_event(json.loads(line))
        except CourseKitError as error:
            yield raw, None, error.message
            continue
        except (ValueError, RecursionError) as error:
            yield raw, None, f"The line is not JSON ({error})."
            continue
        if event.fact.kind in INSTRUCTORS and not _is_tested_out(event):
            # a file that was opened puts the instructor's word into the learner's own store: no news, and no harm
            is_old = event.fact.kind in _NO_NEWS or event.event_id in known
            yield raw, None, "" if is_old else f"Only the instructor's side writes {event.fact.kind}."
        elif event.learner not in pseudonyms:
            yield raw, None, "It is another learner's event than the submission's."
        elif event.course != course:
            yield raw, None, f"It belongs to the course {event.course!r}."
        else:
            yield raw, event.model_copy(update={"received_at": None}), ""
