"""Courses for grading, small enough to be marked in seconds."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANSWER = "def add(a, b):\n    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION"
VISIBLE = "assert add(1, 2) == 3, 'add(1, 2) should be 3'"
HIDDEN = (
    "assert callable(add)\n"
    "### BEGIN HIDDEN TESTS\n"
    "canary_7f3a_total = add(20, 22)\n"
    "assert canary_7f3a_total == 42, 'adding two-digit numbers goes wrong'\n"
    "### END HIDDEN TESTS"
)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No nbgrader configuration of whoever runs the tests."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))


def marks(grade_id: str, *, grade: bool = False, solution: bool = False, points: float = 1) -> dict[str, Any]:
    found: dict[str, Any] = {
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": grade and not solution,
        "schema_version": 3,
        "task": False,
    }
    return {"nbgrader": {**found, "points": points} if grade else found}


def source_notebook(*, essay: bool = False, extra: str | None = None, kernel: str = "python3") -> Any:
    """Two tests of a function that adds, worth 2 and 3 points; ``essay`` adds 5 points that a person gives."""
    cells = [
        new_markdown_cell("# Adding\n\nGive back $a + b$."),
        new_code_cell(ANSWER, metadata=marks("add", solution=True)),
        new_code_cell(VISIBLE, metadata=marks("test-add", grade=True, points=2)),
        new_code_cell(HIDDEN, metadata=marks("test-more", grade=True, points=3)),
    ]
    if essay:
        cells.append(new_markdown_cell("Why?", metadata=marks("why", grade=True, solution=True, points=5)))
    if extra is not None:
        cells.append(new_code_cell(extra, metadata=marks("extra", grade=True)))
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": kernel, "display_name": kernel, "language": "python"}
    return notebook


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def nbgrader_course(tmp_path: Path) -> Path:
    """A plain nbgrader course with the assignment ``adding`` (one notebook, ``sums``)."""
    return write_course(tmp_path / "course")


@pytest.fixture
def make_source() -> Callable[..., Path]:
    """``make_source(course folder, essay=True)`` writes the source of ``adding`` in another form."""
    return write_course


def write_course(folder: Path, **options: Any) -> Path:
    (folder / "source" / "adding").mkdir(parents=True, exist_ok=True)
    nbformat.write(source_notebook(**options), folder / "source" / "adding" / "sums.ipynb")
    return folder


@pytest.fixture
def answer() -> Callable[..., Any]:
    """``answer("return a + b")`` is the notebook that a learner hands in."""
    return answered


def answered(body: str, **options: Any) -> Any:
    """What a learner hands in: the solution cell's body replaced."""
    notebook = source_notebook(**options)
    notebook.cells[1].source = f"def add(a, b):\n    {body}"
    return notebook


@pytest.fixture
def hand_in(nbgrader_course: Path) -> Callable[..., Path]:
    """``hand_in("ada", "return a + b")`` puts a submission in its place; a notebook or bytes are taken as they are."""

    def put(learner: str, work: Any, *, name: str = "sums.ipynb", at: str = "2026-11-20 10:00:00 UTC") -> Path:
        folder = nbgrader_course / "submitted" / learner / "adding"
        folder.mkdir(parents=True, exist_ok=True)
        notebook = answered(work) if isinstance(work, str) else work
        content = notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode()
        (folder / name).write_bytes(content)
        (folder / "timestamp.txt").write_text(at + "\n")
        return folder

    return put


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real course material, if this machine has it."""
    default = Path(__file__).resolve().parents[3] / "shared"
    folder = Path(os.environ.get("COURSE_KIT_SHARED", default))
    if not (folder / "courses" / "cs1302i21a" / "source").is_dir():
        pytest.skip(f"there is no real course material in {folder}; name its folder in COURSE_KIT_SHARED")
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path, str], Path]:
    """A second copy of a course folder."""

    def copy(folder: Path, name: str) -> Path:
        return Path(shutil.copytree(folder, tmp_path / name))

    return copy
