"""Lessons that seem to have got another key since the latest release, and did not say so with ``was:``."""

from course_kit.errors import CourseKitError
from course_kit.model.course import Course, Lesson
from course_kit.source.course_file import SourceCourse
from course_kit.source.released import latest_release, read_manifest


class Renames:
    """Compares a course with its latest release; where none was built, nobody has learned in it and nothing is said."""

    def __init__(self, source: SourceCourse) -> None:
        self.source = source
        former = {old for lesson in source.course.lessons() for old in lesson.was}
        self.before = [lesson for lesson in _latest(source).lessons() if lesson.key not in former]

    def hint(self, key: str) -> str:
        """`` If `frames` is `tables` renamed, write `was: tables` at it.`` where that is plausible, or nothing."""
        old = next((lesson for lesson in self.before if lesson.key == key), None)
        renamed = None if old is None else self._successor(old)
        return "" if renamed is None else f" If `{renamed}` is `{key}` renamed, write `was: {key}` at it."

    def _successor(self, old: Lesson) -> str | None:
        """The new lesson with the same file, the same questions or the same title; else the only one that is new."""
        known = {lesson.key for lesson in self.before}
        new = [lesson for lesson in self.source.course.lessons() if lesson.key not in known and not lesson.was]
        present = {lesson.key for lesson in self.source.course.lessons()}
        gone = [lesson.key for lesson in self.before if lesson.key not in present]
        for lesson in new:
            if (lesson.path and lesson.path == old.path) or (lesson.items and lesson.items == old.items):
                return lesson.key
        same = [lesson.key for lesson in new if lesson.title and lesson.title == old.title]
        if len(same) == 1:
            return same[0]
        return new[0].key if len(new) == 1 and gone == [old.key] else None


def _latest(source: SourceCourse) -> Course:
    try:
        release = latest_release(source.folder)
        if release is not None:
            return read_manifest(release / "learner").course
    except (CourseKitError, OSError):
        pass
    return Course(key=source.course.key, title=source.course.title)
