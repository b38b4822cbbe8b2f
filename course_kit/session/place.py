"""Where a kernel finds itself: which release, which notebook, and whether what happens there is to be recorded.

Facts are recorded only in a learner's own copy (a release that ``course-kit open`` made into a workspace), and only
while a person is in front of it:

- ``COURSE_KIT_RECORD=0`` or ``=1`` in the environment decides, where it is set; trial runs set 0.
- A kernel below nbgrader (``NBGRADER_…`` in the environment), or below another kernel that has course-kit loaded
  (a cell that calls papermill), is silent.
- jupyter-server tells a kernel its notebook's path in ``JPY_SESSION_NAME`` (JupyterLab, Notebook 7). It counts where
  it lies inside the workspace; programs started from some other notebook inherit that one's. VS Code leaves the
  path in the variable ``__vsc_ipynb_file__``.
- nbclient, papermill and nbconvert set none of these. Such a kernel *waits*: the first message from a quiz's page
  proves that someone is there, and only then is it recorded. No page ever speaks to a program that runs notebooks.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from course_kit.errors import Invalid, NotFound, WrongVersion
from course_kit.files.atomic import read_json
from course_kit.model.release import PROTOCOL, ReleaseManifest

Recording = Literal["off", "waiting", "on"]

MANIFEST = "release.json"
WORKSPACE = ".course-kit/workspace.json"
NESTED = "COURSE_KIT_KERNEL"
"""Set to the number of the process that loaded course-kit; a kernel that inherits another's number is nested."""
_MAX_CLIMB = 40


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

    Raises :class:`NotFound` where there is none, :class:`Invalid` where its ``release.json`` is damaged,
    :class:`WrongVersion` where it was made for another protocol than this course-kit's.
    """
    starts = [cwd.resolve()] if notebook is None else [notebook.parent, cwd.resolve()]
    for start in starts:
        folder = next((above for above in _upwards(start) if (above / MANIFEST).is_file()), None)
        if folder is not None:
            release = _read_manifest(folder)
            return Place(folder, release, (folder / WORKSPACE).is_file(), notebook)
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
    if any(name.startswith("NBGRADER_") for name in environ) or nested not in {"", str(pid or os.getpid())}:
        return "off"
    inside = place.notebook is not None and place.notebook.is_relative_to(place.folder)
    return "on" if inside else "waiting"


def _upwards(start: Path) -> Iterator[Path]:
    yield start
    yield from list(start.parents)[:_MAX_CLIMB]


def _read_manifest(folder: Path) -> ReleaseManifest:
    data = read_json(folder / MANIFEST, "The release")
    if not isinstance(data, dict):
        raise Invalid(f"{folder / MANIFEST} is not a release's manifest.", hint="Open the course again from its file.")
    release = ReleaseManifest.read(data)
    if release.protocol != PROTOCOL:
        raise WrongVersion(
            f"The protocol of {release.course.title!r} (release {release.short})",
            found=release.protocol,
            supported=PROTOCOL,
            hint="Run `pip install --upgrade course-kit` where this kernel runs, and restart the kernel."
            if release.protocol > PROTOCOL
            else "Ask the author for a release made by the present course-kit.",
        )
    return release
