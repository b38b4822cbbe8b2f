"""nbgrader courses of a few cells, written where a test wants them, and what learners hand in for them."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ANSWER = "def add(a, b):\n    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION"
VISIBLE = "assert add(1, 2) == 3, 'add(1, 2) should be 3'"
HIDDEN = (
    "assert callable(add)\n"
    "### BEGIN HIDDEN TESTS\n"
    "canary_7f3a_total = add(20, 22)\n"
    "assert canary_7f3a_total == 42, 'adding two-digit numbers goes wrong'\n"
    "### END HIDDEN TESTS"
)


def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No nbgrader configuration of whoever runs the tests."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))


def marks(grade_id: str, *, grade: bool = False, solution: bool = False, points: float = 1) -> dict[str, Any]:
    """A cell's metadata as nbgrader writes it."""
    found: dict[str, Any] = {
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": grade and not solution,
        "schema_version": 3,
        "task": False,
    }
    return {"nbgrader": {**found, "points": points} if grade else found}


def notebook_of(cells: list[Any], *, kernel: str = "python3") -> Any:
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": kernel, "display_name": kernel, "language": "python"}
    return notebook


def write_source(root: Path, notebook: Any, *, assignment: str, name: str = "sums") -> Path:
    """Put a notebook into an assignment's source. Returns ``root``."""
    folder = root / "source" / assignment
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return root


def hand_in(
    root: Path,
    learner: str,
    work: Any,
    *,
    assignment: str,
    name: str = "sums.ipynb",
    at: str = "2026-11-20 10:00:00 UTC",
) -> Path:
    """Put a submission (a notebook, or bytes as they are) in its place. Returns its folder."""
    folder = root / "submitted" / learner / assignment
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(work if isinstance(work, bytes) else nbformat.writes(work).encode())
    (folder / "timestamp.txt").write_text(at + "\n")
    return folder


# ---------------------------------------------------------------- the assignment ``adding``


def adding(*, essay: bool = False, extra: str | None = None, kernel: str = "python3") -> Any:
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
    return notebook_of(cells, kernel=kernel)


def answered(body: str, **options: Any) -> Any:
    """What a learner hands in for :func:`adding`: the solution cell's body replaced."""
    notebook = adding(**options)
    notebook.cells[1].source = f"def add(a, b):\n    {body}"
    return notebook


def write_adding(root: Path, **options: Any) -> Path:
    """An nbgrader course with the assignment ``adding`` (one notebook, ``sums``)."""
    return write_source(root, adding(**options), assignment="adding")
