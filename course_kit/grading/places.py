"""Which folders a grading command works on: a course-kit course, or a plain nbgrader course directory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from course_kit.bridges.nbgrader.client import course_info
from course_kit.bridges.nbgrader.config import CONFIG, CourseInfo
from course_kit.errors import NotFound
from course_kit.grading.known_roots import KnownRoots
from course_kit.model.course import Assignment, GradingSettings, parse_span
from course_kit.model.keys import slug

Progress = Callable[[int, int, str], None]
"""``progress(done, total, what)``."""


def no_progress(done: int, total: int, what: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class GradedAssignment:
    """One assignment. ``key`` is course-kit's, ``name`` nbgrader's; in a plain nbgrader course they are the same.

    ``limits`` and ``grading`` are what course.yml says of it, and ``part`` all of that (None: there is no course.yml).
    """

    key: str
    name: str
    root: Path
    notebooks: tuple[str, ...] = ()
    limits: Mapping[str, str] = field(default_factory=dict)
    grading: GradingSettings = field(default_factory=GradingSettings)
    part: Assignment | None = None


@dataclass(frozen=True)
class GradingPlace:
    """A course folder with what grading keeps in it, below ``.course-kit/``.

    ``zone`` and ``grace`` are the course's (see :class:`~course_kit.model.course.Course`).
    """

    folder: Path
    course: str
    assignments: tuple[GradedAssignment, ...]
    language: str = "en"
    zone: str = ""
    grace: timedelta | None = None

    @property
    def hidden(self) -> Path:
        return self.folder / ".course-kit"

    @property
    def log(self) -> Path:
        return self.hidden / "grading.log"

    @property
    def store(self) -> Path:
        return self.hidden / "progress.db"

    def assignment(self, name: str) -> GradedAssignment:
        """The assignment of that key or nbgrader name. Raises :class:`NotFound`, listing those that there are."""
        for kind in ("key", "name"):
            for assignment in self.assignments:
                if getattr(assignment, kind) == name:
                    return assignment
        there = ", ".join(assignment.key for assignment in self.assignments) or "none"
        raise NotFound(f"There is no assignment {name!r} in {self.folder}.", hint=f"Assignments here: {there}.")

    def chosen(self, name: str | None) -> tuple[GradedAssignment, ...]:
        """That assignment, or all of them for None."""
        return self.assignments if name is None else (self.assignment(name),)

    def info(self, root: Path) -> CourseInfo:
        """The folders of one nbgrader root."""
        return KnownRoots(self.hidden).info(root, lambda: course_info(root, log=self.log))


Ask = Callable[[Path], CourseInfo]


def find_place(course_folder: Path, *, ask: Ask | None = None) -> GradingPlace:
    """What ``course_folder`` is. ``ask`` asks nbgrader for a root's folders, for whoever has a worker already.

    Raises :class:`NotFound` if it is no course, :class:`Invalid` if course.yml is faulty.
    """
    folder = check_place(course_folder)
    return _course_kit(folder) if (folder / "course.yml").is_file() else _plain(folder, ask)


def check_place(course_folder: Path) -> Path:
    """The course's folder, absolute, with nothing in it read. Raises :class:`NotFound` if it is no course."""
    folder = course_folder.resolve()
    if (folder / "course.yml").is_file() or (folder / CONFIG).is_file():
        return folder
    if (folder / "source").is_dir() or (folder / "gradebook.db").is_file():
        return folder
    raise NotFound(
        f"{folder} is no course: it has neither course.yml nor nbgrader_config.py, source/ or gradebook.db.",
        hint="Name the course's folder, such as `--course ~/courses/data-science`.",
    )


def _course_kit(folder: Path) -> GradingPlace:
    from course_kit.source.course_file import read_course

    source = read_course(folder)
    assignments = []
    for assignment in source.course.assignments():
        path = (folder / assignment.source).resolve()
        root = path.parent.parent
        assignments.append(
            GradedAssignment(
                assignment.key,
                path.name,
                root,
                assignment.notebooks,
                assignment.limits,
                assignment.grading,
                assignment,
            )
        )
    course = source.course
    grace = None if course.grace is None else parse_span(course.grace)
    return GradingPlace(folder, course.key, tuple(assignments), course.language, course.zone, grace)


def _plain(folder: Path, ask: Ask | None) -> GradingPlace:
    hidden = folder / ".course-kit"
    asked = ask or (lambda root: course_info(root, log=hidden / "grading.log"))
    info = KnownRoots(hidden).info(folder, lambda: asked(folder))
    names = sorted({*info.source_assignments(), *info.submitted_assignments()})
    assignments = tuple(GradedAssignment(name, name, folder) for name in names)
    return GradingPlace(folder, slug(info.course_id or folder.name), assignments)
