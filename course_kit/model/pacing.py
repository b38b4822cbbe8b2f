"""When a lesson opens, and what stands in the way. Gates advise: they explain themselves and never hide a lesson."""

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict

from course_kit.model.course import Course, Lesson


class Reason(BaseModel):
    """One thing that keeps a lesson locked, with the lesson to work on and its minutes (None where unknown)."""

    model_config = ConfigDict(frozen=True)

    lesson: str
    text: str
    minutes: int | None = None


def reasons(course: Course, lesson: Lesson, completed: Collection[str]) -> tuple[Reason, ...]:
    """Everything that keeps ``lesson`` shut for one who has completed the lessons ``completed``; none means open."""
    found = []
    for key in lesson.requires:
        needed = course.lesson(key)
        if needed is not None and needed.key not in completed:
            title = needed.title or needed.key
            found.append(Reason(lesson=needed.key, text=f"Complete “{title}” first.", minutes=needed.minutes))
    return tuple(found)
