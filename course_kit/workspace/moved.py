"""Lessons whose notebook lies elsewhere in a new release, while the learner's work stays in the former file.

``behind.json`` names such a file like any that a newer version waits for; its ``beside`` is the lesson's new path.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from course_kit.model.course import Course
from course_kit.model.release import ReleaseManifest
from course_kit.workspace.behind import Behind, read_behind
from course_kit.workspace.folder import Workspace


@dataclass(frozen=True)
class Moved:
    """``old`` holds the learner's work, ``new`` is the lesson's notebook now; both relative to the copy."""

    title: str
    old: str
    new: str

    @property
    def text(self) -> str:
        return f"{self.title} moved to {self.new}; your work stays in {self.old}."


def moved_lessons(old: Course, new: Course) -> dict[str, str]:
    """The former path of each notebook that lies elsewhere in ``new``, to its present one."""
    before = {lesson.key: lesson for lesson in old.lessons() if lesson.kind == "notebook"}
    found: dict[str, str] = {}
    for lesson in new.lessons():
        former = next((before[key] for key in (lesson.key, *lesson.was) if key in before), None)
        if former is not None and lesson.kind == "notebook" and former.path != lesson.path:
            found[former.path] = lesson.path
    return found


def follow_moves(files: Mapping[str, Behind], moves: Mapping[str, str], manifest: ReleaseManifest) -> dict[str, Behind]:
    """The record ``files`` as it is with the new release: what it lacks is left out, but for work in moved lessons."""
    kept: dict[str, Behind] = {}
    for name, entry in files.items():
        beside = entry.beside if name in manifest.files else moves.get(entry.beside, entry.beside)
        if name in manifest.files or beside in manifest.files:
            kept[name] = entry.model_copy(update={"beside": beside})
    return kept


def moved_work(workspace: Workspace, manifest: ReleaseManifest) -> Iterator[Moved]:
    """The learner's files whose lesson has moved and whose work was not carried over yet."""
    titles = {lesson.path: lesson.title or lesson.key for lesson in manifest.course.lessons()}
    for name, entry in read_behind(workspace).items():
        if name not in manifest.files and entry.beside in titles and (workspace.folder / name).is_file():
            yield Moved(titles[entry.beside], name, entry.beside)
