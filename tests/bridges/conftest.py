"""nbgrader courses of a few cells, and what their gradebooks hold."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import nbgrader_courses
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader_courses import hand_in, marks, notebook_of, own_home

from course_kit.bridges.nbgrader.client import Worker

TABLES = {
    "cells": "SELECT n.name, b.name, b.type, g.max_score, g.cell_type FROM base_cell b "
    "JOIN notebook n ON n.id = b.notebook_id LEFT JOIN grade_cells g ON g.id = b.id",
    "sources": "SELECT n.name, n.kernelspec, s.name, s.cell_type, s.locked, s.source, s.checksum FROM source_cell s "
    "JOIN notebook n ON n.id = s.notebook_id",
    "submissions": "SELECT a.name, s.student_id, s.timestamp, n.name, m.late_submission_penalty "
    "FROM submitted_assignment s JOIN assignment a ON a.id = s.assignment_id "
    "JOIN submitted_notebook m ON m.assignment_id = s.id JOIN notebook n ON n.id = m.notebook_id",
    "grades": "SELECT s.student_id, n.name, b.name, g.auto_score, g.manual_score, g.needs_manual_grade FROM grade g "
    "JOIN base_cell b ON b.id = g.cell_id JOIN submitted_notebook m ON m.id = g.notebook_id "
    "JOIN notebook n ON n.id = m.notebook_id JOIN submitted_assignment s ON s.id = m.assignment_id",
    "comments": "SELECT s.student_id, n.name, b.name, c.auto_comment, c.manual_comment FROM comment c "
    "JOIN base_cell b ON b.id = c.cell_id JOIN submitted_notebook m ON m.id = c.notebook_id "
    "JOIN notebook n ON n.id = m.notebook_id JOIN submitted_assignment s ON s.id = m.assignment_id",
}


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    own_home(tmp_path_factory, monkeypatch)


def source_cells() -> list[Any]:
    """Two tests (2 and 3 points) and an essay (5 points)."""
    return [
        new_markdown_cell("# Adding"),
        new_code_cell("### BEGIN SOLUTION\nx = 3\n### END SOLUTION", metadata=marks("answer", solution=True)),
        new_code_cell("assert x > 2", metadata=marks("test-more", grade=True, points=2)),
        new_code_cell("assert x == 3", metadata=marks("test-exact", grade=True, points=3)),
        new_markdown_cell("Why?", metadata=marks("why", grade=True, solution=True, points=5)),
    ]


def write_source(root: Path, cells: list[Any], *, assignment: str = "ps1", name: str = "sums") -> Path:
    for number, cell in enumerate(cells):
        cell["id"] = f"{name}-{number}"
    return nbgrader_courses.write_source(root, notebook_of(cells), assignment=assignment, name=name)


def handed_in(source: Path, outputs: dict[str, list[Any]] | None = None, *, answer: str = "x = 3") -> Any:
    """The notebook that a learner makes of a source, run already: ``outputs`` by grade id."""
    notebook = nbformat.read(source, as_version=4)
    count = 0
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name == "answer":
            cell.source = answer
        if name == "why":
            cell.source = "Because."
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = (outputs or {}).get(name, [])
    return notebook


def error(name: str = "AssertionError", text: str = "") -> Any:
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def value(text: str) -> Any:
    return new_output("execute_result", {"text/plain": text}, execution_count=1)


def stderr(text: str) -> Any:
    return new_output("stream", name="stderr", text=text)


class Course:
    """An nbgrader course whose worker is asked; notebooks are handed in as already run (nothing runs them here)."""

    def __init__(self, root: Path) -> None:
        self.root, self.assignment = root, "ps1"
        self.worker = Worker(root, log=root / ".course-kit" / "log")

    @property
    def source(self) -> Path:
        return self.root / "source" / self.assignment / "sums.ipynb"

    def put(self, learner: str, notebook: Any, *, name: str = "sums", at: str = "2026-11-20 10:00:00 UTC") -> Path:
        return hand_in(self.root, learner, notebook, assignment=self.assignment, name=f"{name}.ipynb", at=at)

    def stage(self, learner: str) -> Path:
        """A staging folder with the learner's submission, as the batch makes it."""
        staging = self.root / ".staging" / learner
        target = staging / "submitted" / learner / self.assignment
        target.mkdir(parents=True, exist_ok=True)
        for path in (self.root / "submitted" / learner / self.assignment).iterdir():
            (target / path.name).write_bytes(path.read_bytes())
        return staging

    def sanitize(self, learner: str) -> dict[str, Any]:
        found: dict[str, Any] = self.worker.call(
            "sanitize", assignment=self.assignment, learner=learner, staging=str(self.stage(learner))
        )
        return found

    def record(self, learner: str, executed: Any = None, *, as_sanitized: bool = False, **more: Any) -> dict[str, Any]:
        """Sanitize, put ``executed`` (by default what was handed in) in the place of what was sanitized, and record."""
        prepared = self.sanitize(learner)
        staging = self.root / ".staging" / learner
        for name in () if as_sanitized else prepared["notebooks"]:
            ran = executed or nbformat.read(staging / "submitted" / learner / self.assignment / f"{name}.ipynb", 4)
            nbformat.write(ran, Path(prepared["folder"]) / f"{name}.ipynb")
        found: dict[str, Any] = self.worker.call(
            "record", assignment=self.assignment, learner=learner, staging=str(staging), **more
        )
        return found

    def publish(self) -> str:
        return str(self.worker.call("publish_cells", assignment=self.assignment))

    def holds(self, *tables: str) -> dict[str, list[Any]]:
        return gradebook_rows(self.root / "gradebook.db", *tables)

    def change(self, statement: str) -> None:
        """As the formgrader would write it."""
        with closing(sqlite3.connect(self.root / "gradebook.db")) as database:
            database.execute(statement)
            database.commit()


def gradebook_rows(database: Path, *tables: str) -> dict[str, list[Any]]:
    """What a gradebook holds, without its ids."""
    with closing(sqlite3.connect(database)) as connection:
        return {name: sorted(connection.execute(TABLES[name]).fetchall(), key=repr) for name in tables or tuple(TABLES)}


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    """The course ``ps1`` of :func:`source_cells`, its cells not yet in the gradebook."""
    made = Course(write_source(tmp_path / "course", source_cells()))
    with made.worker:
        yield made


@pytest.fixture
def make() -> SimpleNamespace:
    """The functions of this file that make cells, outputs and notebooks."""
    functions = (marks, source_cells, write_source, handed_in, error, value, stderr, gradebook_rows, Course)
    return SimpleNamespace(**{function.__name__: function for function in functions})


@pytest.fixture
def nbgrader() -> Callable[..., subprocess.CompletedProcess[str]]:
    """nbgrader's own command in a folder; ``check=False`` lets it fail."""

    def run(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        command = [sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr[-3000:]
        return done

    return run
