"""What there is to do in a course, in the minutes that its author gives, and how much of it one learner has done.

A lesson's minutes count at the moment when it was finished; of one that is begun, the share that is done counts when it
was last worked on; an assignment's when it was handed in.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.dates import Effective
from course_kit.model.progress import AssignmentProgress, LessonProgress, Progress

LESSON_MINUTES: Mapping[str, int] = {"notebook": 30, "document": 10, "link": 10}
ASSIGNMENT_MINUTES = 60
"""What work takes of which the author does not say it."""
ALMOST = 0.99
"""So much of a lesson is done at most, until it is completed: something is left, then."""


class Task(NamedTuple):
    """A lesson or an assignment of ``unit``: its minutes, the share of them that was worked off, and the rest.

    ``at``: when that share was, or when it was settled; None where that is not known. ``settled``: it is done, waived
    or over.
    """

    unit: str
    title: str
    minutes: int
    share: float
    left: float
    at: datetime | None
    settled: bool


def tasks_of(course: Course, progress: Progress, dates: Mapping[str, Effective], at: datetime) -> tuple[Task, ...]:
    """The work of the course in its order. ``dates``: the assignments', as they stand for the learner.

    An assignment for practice counts once it is handed in: nobody waits for it. One that has closed is over.
    """
    lessons = {lesson.key: lesson for lesson in progress.lessons}
    assignments = {part.key: part for part in progress.assignments}
    found: list[Task] = []
    for unit in course.units:
        found += [_lesson(unit, lesson, lessons.get(lesson.key)) for lesson in unit.lessons]
        for part in unit.assignments:
            known = assignments.get(part.key)
            if not part.practice or (known is not None and known.submitted_at is not None):
                found.append(_assignment(unit, part, known, dates.get(part.key), at))
    return tuple(found)


def _lesson(unit: Unit, lesson: Lesson, known: LessonProgress | None) -> Task:
    minutes = lesson.minutes or LESSON_MINUTES[lesson.kind]
    title = lesson.title or lesson.key
    if known is None:
        return Task(unit.key, title, minutes, 0.0, float(minutes), None, settled=False)
    if known.state == "done":
        waived = known.waived_at is not None and known.waived_at == (known.completed_at or known.waived_at)
        at = known.completed_at or known.last_at
        return Task(unit.key, title, minutes, 0.0 if waived else 1.0, 0.0, at, settled=True)
    share = min(max(known.fraction, 0.0), ALMOST)
    return Task(unit.key, title, minutes, share, minutes * (1 - share), known.last_at, settled=False)


def _assignment(
    unit: Unit, part: Assignment, known: AssignmentProgress | None, dates: Effective | None, at: datetime
) -> Task:
    minutes, title = part.minutes or ASSIGNMENT_MINUTES, part.title or part.key
    if known is not None and known.submitted_at is not None:
        return Task(unit.key, title, minutes, 1.0, 0.0, known.submitted_at, settled=True)
    if dates is not None and dates.closes is not None and dates.closes < at:
        return Task(unit.key, title, minutes, 0.0, 0.0, dates.closes, settled=True)
    return Task(unit.key, title, minutes, 0.0, float(minutes), None, settled=False)
