"""Actors and made-up releases for the learner's side: a small course whose next version changes a bit of everything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from course_kit.files.archive import sha256, write_archive
from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.release import ReleaseManifest

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
Cell = dict[str, Any]


def code(cell_id: str, source: str, **metadata: Any) -> Cell:
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def prose(cell_id: str, source: str, **metadata: Any) -> Cell:
    return {"cell_type": "markdown", "id": cell_id, "metadata": metadata, "source": source}


def nbgrader(grade_id: str, *, grade: bool, solution: bool, points: float | None = None) -> dict[str, Any]:
    mark: dict[str, Any] = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return {"nbgrader": mark if points is None else {**mark, "points": points}}


def notebook(*cells: Cell, **kit: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "course_kit": {"version": 1, "course": "tiny", **kit},
    }
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}


def as_bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


LESSON = "notebooks/01-first.ipynb"
WORK = "assignments/sums/sums.ipynb"


def lesson_one(*, middle: str = "x = 1", text: str = "# First") -> dict[str, Any]:
    return notebook(prose("title", text), code("middle", middle), code("last", "print(x)"), lesson="first")


def sums(*, hint: str = "Write `add`.") -> dict[str, Any]:
    return notebook(
        prose("intro", hint),
        code("add", "def add(a, b):\n    raise NotImplementedError()", **nbgrader("add", grade=False, solution=True)),
        code(
            "test-add",
            'assert add(1, 2) == 3, "1 + 2 should be 3"',
            **nbgrader("test-add", grade=True, solution=False, points=2),
        ),
        code("test-zero", "assert add(0, 0) == 0", **nbgrader("test-zero", grade=True, solution=False, points=1)),
        prose("essay", "YOUR ANSWER HERE", **nbgrader("essay", grade=True, solution=True, points=3)),
        assignment="sums",
    )


COURSE = Course(
    key="tiny",
    title="A tiny course",
    contact="mailto:teacher@example.org",
    packages=("pydantic",),
    units=(
        Unit(
            key="only",
            title="The only unit",
            goal="Add two numbers",
            lessons=(
                Lesson(key="first", title="First", kind="notebook", path=LESSON, minutes=5, items=("add/q1",)),
                Lesson(
                    key="second", title="Second", kind="notebook", path="notebooks/02-second.ipynb", requires="first"
                ),
            ),
            assignments=(
                Assignment(
                    key="sums",
                    source="autograders/source/sums",
                    title="Sums",
                    due="start + 14 days",
                    notebooks=("sums",),
                ),
            ),
        ),
    ),
)


@dataclass(frozen=True)
class MadeRelease:
    """A release as the author would hand it out: its ``learner/`` folder and its one file."""

    manifest: ReleaseManifest
    folder: Path
    archive: Path


class Author:
    """Hands out versions of the tiny course."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self, **changes: bytes | None) -> dict[str, bytes]:
        files: dict[str, bytes | None] = {
            LESSON: as_bytes(lesson_one()),
            "notebooks/02-second.ipynb": as_bytes(
                notebook(prose("t", "# Second"), code("c", "1 + 1"), lesson="second")
            ),
            "notebooks/data.csv": b"a,b\n1,2\n",
            WORK: as_bytes(sums()),
            ".course-kit/quizzes/first.json": as_bytes({"version": 1, "lesson": "first", "quizzes": {}}),
        }
        files.update(changes)
        return {name: content for name, content in files.items() if content is not None}

    def releases(
        self, changes: Mapping[str, bytes | None] | None = None, course: Course = COURSE, **fields: Any
    ) -> MadeRelease:
        files = self.files(**(changes or {}))
        manifest = ReleaseManifest.seal(
            **{
                "course": course,
                "packages": course.packages,
                "files": {name: sha256(content) for name, content in files.items()},
                "instructor": "0" * 64,
                **fields,
            }
        )
        whole = {**files, "release.json": as_bytes(manifest.json_object())}
        folder = self.folder / "releases" / manifest.short
        for name, content in whole.items():
            path = folder / "learner" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        archive = folder / f"tiny-{manifest.short}.course.zip"
        write_archive(archive, whole, first="release.json")
        (self.folder / "releases" / "latest").write_text(manifest.release + "\n")
        return MadeRelease(manifest, folder / "learner", archive)


class Computer:
    """One computer of a learner's: a data folder and a place for copies."""

    def __init__(self, home: Path, name: str = "laptop") -> None:
        self.name, self.home = name, home / name
        self.data = self.home / "data"
        self.copy = self.home / "courses" / "tiny"
        self.now = NOW

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**(span or {"minutes": 1}))
        return self.now

    def opens(self, release: MadeRelease | Path | str) -> Any:
        from course_kit.workspace.open import open_course

        source = release.archive if isinstance(release, MadeRelease) else release
        return open_course(str(source), to=self.copy, data=self.data, at=self.later())

    def reads(self, name: str) -> dict[str, Any]:
        value = json.loads((self.copy / name).read_text(encoding="utf-8"))
        assert isinstance(value, dict)
        return value

    def sources(self, name: str) -> list[str]:
        return [cell["source"] for cell in self.reads(name)["cells"]]

    def types(self, name: str, cell_id: str, text: str) -> None:
        """As JupyterLab saves it: the cell's text changed, and everything run."""
        value = self.reads(name)
        for number, cell in enumerate(value["cells"], 1):
            if cell["id"] == cell_id:
                cell["source"] = text
            if cell["cell_type"] == "code":
                cell["execution_count"] = number
        (self.copy / name).write_text(json.dumps(value), encoding="utf-8")

    def adds(self, name: str, after: str, *cells: Cell) -> None:
        value = self.reads(name)
        place = [cell["id"] for cell in value["cells"]].index(after) + 1
        value["cells"][place:place] = cells
        (self.copy / name).write_text(json.dumps(value), encoding="utf-8")


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path / "author")


@pytest.fixture(autouse=True)
def _own_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the real home, nor what Jupyter trusts there."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_KIT_DATA", str(tmp_path / "default-data"))


@pytest.fixture
def laptop(tmp_path: Path) -> Computer:
    return Computer(tmp_path, "laptop")


@pytest.fixture
def desktop(tmp_path: Path) -> Computer:
    return Computer(tmp_path, "desktop")


@pytest.fixture
def make() -> Any:
    """The helpers of this file, for tests that build notebooks themselves."""
    import types

    return types.SimpleNamespace(
        code=code,
        prose=prose,
        nbgrader=nbgrader,
        notebook=notebook,
        as_bytes=as_bytes,
        lesson_one=lesson_one,
        sums=sums,
        course=COURSE,
        LESSON=LESSON,
        WORK=WORK,
        NOW=NOW,
    )
