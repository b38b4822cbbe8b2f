"""Where a kernel finds itself: which release, which notebook, and whether what happens there is to be recorded.

Facts are recorded only in a learner's own copy (a release that ``course-kit open`` made into a workspace), and only
while a person is in front of it:

- ``COURSE_KIT_RECORD=0`` or ``=1`` in the environment decides, where it is set; trial runs set 0.
- A kernel below nbgrader (``NBGRADER_EXECUTION`` or ``NBGRADER_VALIDATING`` in the environment), or below another
  kernel that has course-kit loaded (a cell that calls papermill), is silent.
- jupyter-server tells a kernel its notebook's path in ``JPY_SESSION_NAME`` (JupyterLab, Notebook 7). It counts where
  it lies inside the workspace; programs started from some other notebook inherit that one's. VS Code leaves the
  path in the variable ``__vsc_ipynb_file__``.
- nbclient, papermill and nbconvert set none of these. Such a kernel *waits*: the first message from a quiz's page
  proves that someone is there, and only then is it recorded. No page ever speaks to a program that runs notebooks.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from course_kit.errors import NotFound
from course_kit.model.release import ReleaseManifest
from course_kit.source.released import read_manifest
from course_kit.store.places import find_workspace

Recording = Literal["off", "waiting", "on"]

WORKSPACE = ".course-kit/workspace.json"
NBGRADER = ("NBGRADER_EXECUTION", "NBGRADER_VALIDATING")
"""What nbgrader sets while it runs a notebook, marking or validating it; a person's own settings begin alike."""
NESTED = "COURSE_KIT_KERNEL"
"""Set to the number of the process that loaded course-kit; a kernel that inherits another's number is nested."""


@dataclass(frozen=True)
class Place:
    """A release on the disk. ``opened``: it is a learner's own copy. ``notebook``: where the front end says so."""

    folder: Path
    release: ReleaseManifest
    opened: bool
    notebook: Path | None = None

    @property
    def lesson(self) -> str | None:
        """The lesson that the notebook is, or None where that is not known (a renamed notebook, another file)."""
        if self.notebook is None or not self.notebook.is_relative_to(self.folder):
            return None
        path = self.notebook.relative_to(self.folder).as_posix()
        return next((lesson.key for lesson in self.release.course.lessons() if lesson.path == path), None)


def notebook_path(environ: Mapping[str, str], names: Mapping[str, Any]) -> Path | None:
    """The notebook that this kernel was started for, as far as its front end tells. ``names``: the user's variables."""
    for told in (names.get("__vsc_ipynb_file__"), environ.get("JPY_SESSION_NAME")):
        if isinstance(told, str) and told and Path(told).is_absolute():
            return Path(told).resolve()
    return None


def find_place(cwd: Path, *, notebook: Path | None = None) -> Place:
    """The release beside or above the notebook, else beside or above ``cwd``.

    Raises :class:`NotFound` where there is none, :class:`~course_kit.errors.Tampered` where its ``release.json`` is
    damaged, :class:`~course_kit.errors.WrongVersion` where it was made for another protocol than this course-kit's.
    """
    starts = [cwd.resolve()] if notebook is None else [notebook.parent, cwd.resolve()]
    for start in starts:
        folder = find_workspace(start)
        if folder is not None:
            return Place(folder, read_manifest(folder), (folder / WORKSPACE).is_file(), notebook)
    raise NotFound(
        f"No release of a course was found beside or above {starts[0]}.",
        hint="Learners: open the course with `course-kit open FILE` and work in the folder that it makes. "
        "Authors: `quiz(…)` is what a release holds; in the source, write a `%%quiz` cell.",
    )


def recording(place: Place, environ: Mapping[str, str], *, pid: int | None = None) -> Recording:
    """Whether facts seen in ``place`` are to be recorded; ``waiting``: once a page has spoken."""
    wish = environ.get("COURSE_KIT_RECORD", "").strip().lower()
    if wish in {"0", "no", "off", "false"} or not place.opened:
        return "off"
    if wish:
        return "on"
    nested = environ.get(NESTED, "")
    if any(environ.get(name) for name in NBGRADER) or nested not in {"", str(pid or os.getpid())}:
        return "off"
    inside = place.notebook is not None and place.notebook.is_relative_to(place.folder)
    return "on" if inside else "waiting"
