"""Which files travel with a course besides its notebooks: documents, `files:`, and the images of the lessons."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_kit.errors import Invalid
from course_kit.files.archive import safe_path
from course_kit.quizzes.render import local_file
from course_kit.source.course_file import COURSE_FILE, SourceCourse
from course_kit.source.references import text_references
from course_kit.source.videos import lesson_videos

_KEPT_BACK = {"releases", "nbgrader_config.py", "submitted", "autograded", "feedback", COURSE_FILE}
_NBGRADER = {"source", "release"}
_ANYWHERE = re.compile(
    r"^(submitted|autograded|roster\.csv|gradebook\.db.*|.*\.(submission|feedback|course)\.zip)$", re.IGNORECASE
)
"""Names that are the instructor's or hold learners' data, wherever they lie."""
_READ = 2_000
_NOISE = {"__pycache__"}
REPORT_MARK = b'<meta name="generator" content="course-kit report">'
"""By this line of its head an instructor's report is known."""


@dataclass
class Shipped:
    """``files``: path in the release to the file; ``unmatched``: entries of `files:` with nothing to bring;
    ``kept_back``: entries and lessons' paths that name what learners must not get; ``odd``: files whose names not every
    system takes."""

    files: dict[str, Path] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)
    kept_back: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def shipped_files(source: SourceCourse) -> Shipped:
    """Everything but notebooks and quizzes. Links that lead out of the course's folder are left out. Never raises."""
    shipped = Shipped()
    folder = source.folder.resolve()
    notebooks = {lesson.path for lesson in source.course.lessons() if lesson.kind == "notebook"}
    roots = {_relative(folder, assignment.root) for assignment in source.assignments.values()}
    for lesson in source.course.lessons():
        path = folder / lesson.path
        if lesson.path and (_is_kept_back(_relative(folder, path), roots) or _is_of_learners(path)):
            shipped.kept_back.append(lesson.path)
        elif lesson.kind == "document":
            _add(shipped, folder, lesson.path)
    for entry in source.course.files:
        names = [_relative(folder, path) for path in _matches(folder, entry)]
        allowed = [name for name in names if not _is_kept_back(name, roots) and not _is_of_learners(folder / name)]
        for name in allowed:
            if name not in notebooks:
                _add(shipped, folder, name)
        if names and not allowed:
            shipped.kept_back.append(entry)
        elif not names:
            shipped.unmatched.append(entry)
    for notebook in source.notebooks.values():
        base = (folder / notebook.path).parent
        for reference in text_references(notebook):
            if reference.kind == "image" and reference.is_local:
                image = local_file(base, reference.target, folder)
                if image is not None and not _is_kept_back(_relative(folder, image), roots):
                    _add(shipped, folder, _relative(folder, image))
        for video in lesson_videos(notebook, folder):
            for name in video.paths():
                if not _is_kept_back(name, roots):
                    _add(shipped, folder, name)
    return shipped


def _relative(folder: Path, path: Path) -> str:
    try:
        return path.resolve().relative_to(folder).as_posix()
    except (ValueError, OSError):
        return ""


def _matches(folder: Path, entry: str) -> Iterator[Path]:
    """The files that an entry means: a file, everything below a folder, or a pattern (``data/*.csv``)."""
    name = entry.strip().removeprefix("./").rstrip("/")
    if not name or ".." in PurePosixPath(name).parts or re.match(r"^([/\\]|[A-Za-z]:)", name):
        return
    try:
        found = sorted(folder.glob(name)) if re.search(r"[*?\[]", name) else [folder / name]
        for path in found:
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            yield from (file for file in files if file.is_file() and not _is_noise(file.relative_to(folder)))
    except (OSError, ValueError, NotImplementedError):
        return


def _is_noise(path: Path) -> bool:
    return any(part.startswith(".") or part in _NOISE for part in path.parts)


def _is_kept_back(name: str, roots: set[str]) -> bool:
    first = name.split("/")[0]
    below_root = any(root not in ("", ".") and (name == root or name.startswith(f"{root}/")) for root in roots)
    in_plain_root = "." in roots and first in _NBGRADER
    of_learners = any(_ANYWHERE.match(part) for part in name.split("/"))
    return not name or first in _KEPT_BACK or first.startswith(".") or below_root or in_plain_root or of_learners


def _is_of_learners(path: Path) -> bool:
    """Whether a file is a report that course-kit wrote or a roster, whatever it is called by now."""
    if path.suffix.lower() not in (".html", ".htm", ".csv"):
        return False
    try:
        with path.open("rb") as stream:
            head = stream.read(_READ).removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return False
    return REPORT_MARK in head or head.startswith(b"learner,name,email,")


def _add(shipped: Shipped, folder: Path, name: str) -> None:
    try:
        path = str(safe_path(name))
    except Invalid:
        shipped.odd.append(name)
        return
    file = folder / path
    if file.is_file() and file.resolve().is_relative_to(folder):
        shipped.files[path] = file
