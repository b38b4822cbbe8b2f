"""How a course begins: a small one that works, or course.yml beside an nbgrader course that is there already."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from course_kit.errors import Invalid, NotFound, Refused
from course_kit.files.atomic import write_atomically
from course_kit.model.keys import slug
from course_kit.source import starter
from course_kit.source.assignments import SourceAssignment, read_assignment
from course_kit.source.course_file import COURSE_FILE

_COURSE_ID = re.compile(r"^\s*c\.(?:CourseDirectory|NbGrader|Exchange)\.course_id\s*=\s*[\"']([^\"'\n]+)[\"']", re.M)


def init_course(folder: Path, *, title: str = "") -> list[Path]:
    """Make a small course in ``folder`` that checks, builds and grades; the files that were made.

    ``title`` is by default made from the folder's name. Nothing is overwritten: raises :class:`Refused` if one of the
    files is there already.
    """
    shown = " ".join(title.split()) or folder.resolve().name.replace("-", " ").replace("_", " ").strip().capitalize()
    shown = (shown or "My course")[:300]
    key = slug(shown)
    files = {
        COURSE_FILE: starter.course_yml(key, shown),
        "notebooks/01-first-lesson.ipynb": starter.lesson(),
        "autograders/nbgrader_config.py": starter.nbgrader_config(key),
        "autograders/source/warm-up/warm-up.ipynb": starter.assignment(),
        "roster.csv": starter.ROSTER,
        ".gitignore": starter.GITIGNORE,
        "README.md": starter.readme(shown),
    }
    return _write_new(folder, files)


def _write_new(folder: Path, files: Mapping[str, str]) -> list[Path]:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file, not a folder.", hint="Name a folder for the new course.")
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise Refused(
            f"{folder} holds {', '.join(there)} already, and nothing is overwritten.",
            hint="Name another folder, or move what is there away.",
        )
    for name, text in files.items():
        write_atomically(folder / name, text)
    return [folder / name for name in files]


def wrap_nbgrader(folder: Path) -> list[Path]:
    """Write course.yml beside the nbgrader_config.py of an nbgrader course, and .gitignore if none is there; the files.

    Each folder of ``source/`` with a notebook in it becomes an assignment; nbgrader's names keep their case and
    nothing is moved. Raises :class:`NotFound` if this is no nbgrader course, :class:`Refused` if course.yml is there,
    :class:`Invalid` if no assignment is found.
    """
    source = folder / "source"
    if not source.is_dir():
        raise NotFound(
            f"{folder} is no nbgrader course: it has no folder `source`.",
            hint="Name the folder that holds nbgrader_config.py and source/.",
        )
    if (folder / COURSE_FILE).exists():
        raise Refused(f"{folder / COURSE_FILE} is there already, and nothing is overwritten.", hint="Edit it instead.")
    names = sorted((path.name for path in source.iterdir() if _is_assignment(path)), key=_natural)
    if not names:
        raise Invalid(f"{source} holds no assignment: no folder with a notebook in it.", hint="Add one and try again.")
    text = _wrapped(folder, names)
    files = {COURSE_FILE: text}
    if not (folder / ".gitignore").exists():
        files[".gitignore"] = starter.GITIGNORE.replace("autograders/", "/")
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [folder / name for name in files]


def _is_assignment(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "__")) and any(path.glob("*.ipynb"))


def _natural(name: str) -> list[tuple[int, str]]:
    """Lab2 before Lab10."""
    return [(int(part), "") if part.isdigit() else (0, part.casefold()) for part in re.split(r"(\d+)", name)]


def _course_id(folder: Path) -> str:
    try:
        found = _COURSE_ID.search((folder / "nbgrader_config.py").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return found[1] if found else folder.resolve().name


def _wrapped(folder: Path, names: list[str]) -> str:
    course_id = _course_id(folder)
    lines = [
        "# Written by `course-kit init --from`. The nbgrader course is as it was; this file adds the outline.",
        f"course: {slug(course_id)}",
        f"title: {_quoted(course_id)}",
        "units:",
        "  - key: assignments",
        "    title: Assignments",
        "    # lessons: write `- notebook: path/to/lesson.ipynb` here",
        "    assignments:",
    ]
    taken: set[str] = set()
    for name in names:
        assignment, _ = read_assignment(folder / "source" / name, f"source/{name}")
        key = _free_key(name, taken)
        lines.append(f"      - source: {_quoted(f'source/{name}')}")
        lines.append(f"        key: {key}")
        lines.append(f"        title: {_quoted(_title_of(assignment))}")
    return "\n".join(lines) + "\n"


def _title_of(assignment: SourceAssignment) -> str:
    """The heading of its notebooks where they agree on one, else the name that nbgrader knows it by."""
    titles = {notebook.title for notebook in assignment.notebooks.values() if notebook.title}
    return titles.pop() if len(titles) == 1 else assignment.name


def _free_key(name: str, taken: set[str]) -> str:
    base = slug(name)
    key, number = base, 2
    while key in taken:
        key, number = f"{base[:95]}-{number}", number + 1
    taken.add(key)
    return key


def _quoted(text: str) -> str:
    """A text as YAML: plain where that is safe, else in double quotes (JSON's are YAML's)."""
    if re.match(r"^[A-Za-z0-9][A-Za-z0-9 _./()-]*$", text) and not text.endswith(" "):
        return text
    return json.dumps(text, ensure_ascii=False)
