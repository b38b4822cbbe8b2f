"""What a report asks of a course's outline again and again: present names by those that events may bear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from course_kit.model.completion import parts_of
from course_kit.model.course import Course, Lesson
from course_kit.model.progress import item_id
from course_kit.model.tally import Name


@dataclass(frozen=True)
class Outline:
    """``lessons`` by present and former key. ``items``: the present name, ``lesson/quiz/item``, of each of the course's
    items by the lesson and the item that events may name. ``counting``: what counts towards a lesson, by its key."""

    course: Course
    lessons: Mapping[str, Lesson]
    items: Mapping[Name, str]
    counting: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, course: Course) -> Self:
        """As in the fold of progress, what is a lesson's or an item's name now goes before what was once another's."""
        lessons = course.lessons_by_name()
        items: dict[Name, str] = {}
        for name, lesson in lessons.items():
            named = {**lesson.renamed_items, **{item: item for item in lesson.items}}
            present = {item: now for item, now in named.items() if now in lesson.items}
            items |= {(name, item): item_id(lesson.key, now) for item, now in present.items()}
        return cls(course, lessons, items, {lesson.key: _counting(lesson) for lesson in course.lessons()})


def _counting(lesson: Lesson) -> frozenset[str]:
    """What raises a lesson's progress: viewed, cells, quizzes, opened, or ``assignment KEY``.

    As :mod:`course_kit.model.progress` has it: what its rule asks for, else its quizzes, else its cells, else that
    it is seen. Of a video only that it completes the lesson.
    """
    if lesson.complete is not None:
        return frozenset(f"{part.what} {part.name}".strip() for part in parts_of(lesson.complete))
    if lesson.items:
        return frozenset({"quizzes"})
    if lesson.cells:
        return frozenset({"cells"})
    return frozenset({"viewed" if lesson.kind == "notebook" else "opened"})
