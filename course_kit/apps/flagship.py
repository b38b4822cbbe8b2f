"""Where the course that ships with course-kit is, and a copy of it to work on."""

import shutil
from pathlib import Path

from course_kit.errors import Refused, Unavailable

_PARTS = ("course.yml", "notebooks", "autograders")
_MADE = (
    "release",
    "submitted",
    "autograded",
    "feedback",
    "gradebook.db*",
    ".ipynb_checkpoints",
    ".course-kit",
)


def flagship_folder() -> Path:
    """The flagship course: inside an installed wheel, or the checkout's own folders.

    Raises :class:`Unavailable` if neither is there.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "flagship", package.parent):
        if all((folder / part).exists() for part in _PARTS):
            return folder
    raise Unavailable(
        "The flagship course is not part of this installation.",
        hint="Install course-kit from its wheel, or run the command in a checkout.",
    )


def copy_flagship(to: Path) -> Path:
    """Copy the flagship course's sources into the new folder ``to`` and return it.

    Raises :class:`Refused` if the folder holds anything, so that nobody's work is overwritten.
    """
    if to.exists() and any(to.iterdir()):
        raise Refused(f"The folder {to} is not empty.", hint="Name another folder, or remove this one yourself.")
    source = flagship_folder()
    to.mkdir(parents=True, exist_ok=True)
    for part in _PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, to / part, ignore=shutil.ignore_patterns(*_MADE))
        else:
            shutil.copy2(source / part, to / part)
    return to
