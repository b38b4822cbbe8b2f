"""What follows from the events and is recorded once: begun, unlocked, completed. The first word stands.

Recording it keeps a newer release, with other gates or questions, from taking back what a learner had.
"""

from collections.abc import Sequence
from datetime import datetime

from course_kit.model.course import Course
from course_kit.model.events import CourseStarted, Event, Fact, LessonCompleted, LessonUnlocked
from course_kit.model.keys import decision_id
from course_kit.model.progress import Progress, canonical, fold


def decisions(course: Course, events: Sequence[Event], *, learner: str, release: str, at: datetime) -> list[Event]:
    """The decisions that ``events`` (one person's, in this course) call for and that are not among them yet.

    ``course`` is the outline of ``release``. A voided decision is not taken again. A decision's time is that of the
    last event that bears on it; ``at`` where there is none.
    """
    if not events:
        return []
    progress = fold(course, events)
    known = {event.event_id for event in events}
    unlocked = _unlocked(course, events)
    found: list[tuple[str, Fact, datetime]] = []
    if progress.started_at is not None and not any(isinstance(event.fact, CourseStarted) for event in events):
        found.append(("", CourseStarted(), progress.started_at))
    for lesson in progress.lessons:
        if lesson.state == "done" and lesson.completed_at is None:
            found.append((lesson.key, LessonCompleted(lesson=lesson.key), lesson.last_at or at))
        if lesson.state in ("open", "started") and lesson.key not in unlocked:
            found.append(
                (lesson.key, LessonUnlocked(lesson=lesson.key), _opened_at(course, progress, lesson.key) or at)
            )
    made = [
        Event(
            event_id=decision_id(learner, course.key, key, fact.kind),
            at=when,
            learner=learner,
            course=course.key,
            release=release,
            fact=fact,
        )
        for key, fact, when in found
    ]
    return [event for event in made if event.event_id not in known]


def _unlocked(course: Course, events: Sequence[Event]) -> set[str]:
    """The present keys of the lessons whose unlocking is on record."""
    named = [event.fact.lesson for event in canonical(events) if isinstance(event.fact, LessonUnlocked)]
    return {lesson.key for name in named if (lesson := course.lesson(name)) is not None}


def _opened_at(course: Course, progress: Progress, key: str) -> datetime | None:
    """When the last of the lessons that it waits for was worked on; the start of the course if it waits for none."""
    lesson = course.lesson(key)
    needed = [progress.lesson(name) for name in (lesson.requires if lesson is not None else ())]
    times = [found.last_at for found in needed if found is not None and found.last_at is not None]
    return max(times, default=progress.started_at)
