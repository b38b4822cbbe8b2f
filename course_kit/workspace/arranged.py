"""What the instructor has arranged, taken in from a file, and said in sentences."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from course_kit.model.arrangements import arrangements_of
from course_kit.model.course import Course
from course_kit.model.events import Event, LessonWaived
from course_kit.model.tally import Tally
from course_kit.store.decisions import decide
from course_kit.store.kept import tally_of
from course_kit.store.places import local_learner
from course_kit.workspace.events import append_foreign, local_store
from course_kit.workspace.folder import Workspace
from course_kit.workspace.own_dates import own_dates


def take_arranged(
    data: Path, course: str, events: Sequence[Event], folder: Path | None, *, at: datetime, zone: tzinfo
) -> tuple[bool, tuple[str, ...]]:
    """Put the instructor's ``events`` into the local store. Returns whether any is news, and what holds now.

    ``folder`` is the copy of the course; without one there is nothing to say. Dates are worded in ``zone``.
    """
    workspace = None if folder is None else Workspace.at(folder)
    # when it came, this computer says: a date ahead would outlive every later word
    events = [event.model_copy(update={"received_at": None}) for event in events]
    with local_store(data, at=at) as store:
        new = append_foreign(data, store, events, at=at).stored > 0
        if workspace is None:
            return new, ()
        outline, tally = workspace.manifest().course, tally_of(store, course)
        # what opens by it stays open
        learner = local_learner(data).learner
        store.append(decide(outline, tally, learner=learner, release=workspace.release, at=at), at)
    return new, tuple(_sentences(outline, tally, events, at, zone))


def _sentences(course: Course, tally: Tally, events: Sequence[Event], at: datetime, zone: tzinfo) -> Iterator[str]:
    arranged, dates = arrangements_of(tally), own_dates(course, tally, at)
    if arranged.cohort:
        yield f"You are in the cohort “{arranged.cohort}”."
    for key in sorted(arranged.extensions):
        part = course.assignment(key)
        if part is None:
            continue
        due = dates[key].due
        title = part.title or part.key
        when = f"is due on {due.astimezone(zone):%a %d %b %Y, %H:%M %Z}" if due is not None else "has other dates"
        yield f"“{title}” {when} for you ({dates[key].why.get('due', 'arranged for you')})."
    for event in events:
        if isinstance(event.fact, LessonWaived):
            lesson = course.lesson(event.fact.lesson)
            title = event.fact.lesson if lesson is None else lesson.title or lesson.key
            yield f"You are excused from “{title}”: {event.fact.reason}"
