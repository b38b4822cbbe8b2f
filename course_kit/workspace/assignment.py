"""The assignment folder in a learner's copy: which files are in it, which of them are work, which come from us."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound
from course_kit.model.course import Assignment
from course_kit.workspace import notebooks as nb
from course_kit.workspace.behind import base_content
from course_kit.workspace.folder import DRAFT, NEW, Workspace

MAX_FILE = 100 * 1024**2
MAX_TOTAL = 250 * 1024**2
MAX_FILES = 2_000
_LEFT_OUT = {".ipynb_checkpoints", "__pycache__", ".git", ".DS_Store", ".responses.lock"}


@dataclass
class WorkFolder:
    """One assignment in the copy. ``files``: sizes by path in its folder; ``warnings``: what was left out."""

    workspace: Workspace
    assignment: Assignment
    folder: Path
    files: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def find(cls, workspace: Workspace, key: str) -> "WorkFolder":
        """The assignment ``key`` of the opened release. Raises :class:`NotFound`."""
        course = workspace.manifest().course
        assignment = course.assignment(key)
        if assignment is None:
            known = ", ".join(part.key for part in course.assignments()) or "none"
            raise NotFound(f"The course has no assignment {key!r}.", hint=f"Its assignments: {known}.")
        folder = workspace.folder / "assignments" / assignment.key
        if not folder.is_dir():
            raise NotFound(
                f"The folder {folder} is missing.",
                hint="Bring it back with Restore, or open the course's file once more.",
            )
        found = cls(workspace, assignment, folder)
        found._look()
        return found

    def _look(self) -> None:
        for name, path in _walk(self.folder):
            if path.is_symlink() and not path.resolve().is_relative_to(self.folder.resolve()):
                self.warnings.append(f"{name} is a link to a place outside of the assignment: it is left out.")
            elif path.is_symlink() and path.is_dir():
                self.warnings.append(f"{name} is a link to a folder: it is left out.")
            elif f"({NEW}" in path.stem:
                self.warnings.append(f"{name} is a new version that waits beside your own: it is left out.")
            elif path.is_file():
                self.files[name] = path.stat().st_size
            else:
                self.warnings.append(f"{name} is not a file: it is left out.")
        if len(self.files) > MAX_FILES or sum(self.files.values()) > MAX_TOTAL:
            size = sum(self.files.values()) / 1024**2
            raise Invalid(
                f"The assignment's folder holds {len(self.files)} files with {size:,.0f} MB, "
                f"which is too much (at most {MAX_FILES} files with {MAX_TOTAL // 1024**2} MB).",
                hint=f"Move what is not part of your answer out of {self.folder}.",
            )

    def name(self, file: str) -> str:
        """A file of the assignment as the release names it."""
        return f"assignments/{self.assignment.key}/{file}"

    def expected(self) -> tuple[str, ...]:
        """The notebooks that the release brought, relative to the folder."""
        start = f"assignments/{self.assignment.key}/"
        names = (name.removeprefix(start) for name in self.workspace.manifest().files if name.startswith(start))
        return tuple(sorted(name for name in names if name.endswith(".ipynb")))

    def released(self, file: str) -> nb.Notebook | None:
        """The notebook that the learner's file came from, or None."""
        content = base_content(self.workspace, self.name(file))
        return None if content is None else nb.read_notebook(content, file)

    def content(self, file: str) -> bytes:
        """A file's bytes as they are now. Raises :class:`NotFound` if it went away meanwhile."""
        try:
            return (self.folder / file).read_bytes()
        except OSError as error:
            raise NotFound(f"{self.folder / file} cannot be read: {error.strerror}.") from error


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and name not in links)
        for name in sorted([*files, *links]):
            path = Path(parent) / name
            if name not in _LEFT_OUT and not name.endswith((".pyc", "~")) and not DRAFT.match(name):
                yield path.relative_to(folder).as_posix(), path


def graded_cells(notebook: dict[str, Any] | None) -> dict[str, nb.Cell]:
    """The cells that bear points, by grade id."""
    cells = notebook["cells"] if notebook is not None else []
    return {grade_id: cell for cell in cells if nb.is_grade(cell) and (grade_id := nb.grade_id_of(cell)) is not None}
