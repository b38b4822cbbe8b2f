"""What follows from the events and is recorded once: begun, unlocked, completed, waived. The first word stands.

Recording it keeps a newer release, with other gates or questions, from taking back what a learner had.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from course_kit.model.course import Course
from course_kit.model.events import CourseStarted, Event, Fact, LessonCompleted, LessonUnlocked, LessonWaived
from course_kit.model.gate_tree import After, leaves
from course_kit.model.keys import decision_id
from course_kit.model.progress import Progress, first_score, progress_of
from course_kit.model.tally import Tally
from course_kit.model.when import When

_Decision = tuple[str, Fact, datetime]
_SLACK = 1e-9


def decisions(course: Course, events: Sequence[Event], *, learner: str, release: str, at: datetime) -> list[Event]:
    """The decisions that ``events`` (one person's, in this course) call for and that are not among them yet."""
    return decide(course, Tally.of(events), learner=learner, release=release, at=at)


def decide(course: Course, kept: Tally, *, learner: str, release: str, at: datetime) -> list[Event]:
    """The decisions that what is in ``kept`` (one person's, in this course) calls for and that are not in it yet.

    They are in it afterwards. ``course`` is the outline of ``release``. A voided decision is not taken again. A
    decision's time is that of the last event that bears on it; ``at`` where there is none.
    """
    if kept.started_at is None:
        return []

    def stamped(found: Sequence[_Decision]) -> list[Event]:
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
        new = [event for event in made if event.event_id not in kept.voids]
        for event in new:
            kept.take(event.received(at))
        return new

    progress = progress_of(course, kept, at=at)
    waived = stamped(list(_tested_out(course, progress, at)))
    if waived:
        progress = progress_of(course, kept, at=at)
    return [*waived, *stamped(list(_reached(course, kept, progress, at)))]


def _tested_out(course: Course, progress: Progress, at: datetime) -> Iterator[_Decision]:
    """The lessons that diagnostics waive: those that the first answers passed, of lessons that are not done yet."""
    for lesson in course.lessons():
        test = lesson.diagnostic
        if test is None or first_score(lesson, progress.items) < test.pass_score - _SLACK:
            continue
        taken = progress.lesson(lesson.key)
        for name in test.waives:
            waived = course.lesson(name)
            known = None if waived is None else progress.lesson(waived.key)
            if known is not None and known.state != "done":
                when = taken.last_at if taken is not None and taken.last_at is not None else at
                reason = f"Passed the diagnostic “{lesson.title or lesson.key}”."
                yield known.key, LessonWaived(lesson=known.key, reason=reason), when


def _reached(course: Course, kept: Tally, progress: Progress, at: datetime) -> Iterator[_Decision]:
    unlocked = {known.key for name in kept.unlocked if (known := course.lesson(name)) is not None}
    if progress.started_at is not None and not kept.recorded:
        yield "", CourseStarted(), progress.started_at
    for lesson in progress.lessons:
        if lesson.state == "done" and lesson.completed_at is None:
            yield lesson.key, LessonCompleted(lesson=lesson.key), lesson.last_at or at
        # What was opened anyway is not unlocked: its gate still says what is missing.
        if lesson.state in ("open", "started") and lesson.lock is None and lesson.key not in unlocked:
            yield lesson.key, LessonUnlocked(lesson=lesson.key), _opened_at(course, progress, lesson.key, at) or at


def _opened_at(course: Course, progress: Progress, key: str, at: datetime) -> datetime | None:
    """When the last of what its gate names was worked on, or came; the start of the course if it waits for nothing.

    Never taken from a clock, so that two computers that learn of it at different times record the same.
    """
    lesson = course.lesson(key)
    gate = lesson.whole_gate() if lesson is not None else None
    times: list[datetime | None] = []
    for leaf in leaves(gate) if gate is not None else ():
        if isinstance(leaf, After):
            came = When.parse(leaf.when).resolve(start=progress.started_at)
            times.append(came if came is not None and came <= at else None)
            continue
        name = str(getattr(leaf, "lesson", "") or getattr(leaf, "key", ""))
        needed, work = course.lesson(name), progress.assignment(name)
        known = progress.lesson(needed.key) if needed is not None else None
        times += [known.last_at if known is not None else None, work.submitted_at if work is not None else None]
    return max((time for time in times if time is not None), default=progress.started_at)
