"""Courses to build, without nbgrader where it is not needed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

QUIZ = """%%quiz robust
Which is *robust*? $x^2$
- [x] `median` — One rank at most.
- [ ] `mean` — Try it.
key: which
hint: Put in an absurd number.
---
The mean of 2, 4 and 9?
= 5 ± 0.01
≠ 4 — That is the median.
key: mean
"""


def cell(kind: str, name: str, source: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    if kind == "code":
        made.update(execution_count=None, outputs=[])
    return {**made, **more}


def notebook(*cells: dict[str, Any]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5},
        ensure_ascii=False,
    )


class Author:
    """Writes a course of lessons and changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cell, self.notebook = cell, notebook

    def writes(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def edits(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text(encoding="utf-8")
        assert old in text
        self.writes(path, text.replace(old, new, 1))

    def writes_lesson(self, name: str, quiz: str = QUIZ) -> None:
        cells = [
            cell("markdown", "top", f"# Lesson {name}"),
            cell("code", "load", "%load_ext course_kit"),
            cell("code", "work", "1 + 1", execution_count=3, outputs=[]),
            cell("code", "quiz", quiz),
        ]
        self.writes(f"notebooks/{name}.ipynb", notebook(*cells))

    def writes_course(self, *lessons: str, **fields: str) -> None:
        for name in lessons:
            self.writes_lesson(name)
        head = "".join(f"{name}: {value}\n" for name, value in {"course": "c", "title": "C", **fields}.items())
        entries = "".join(f"      - notebook: notebooks/{name}.ipynb\n        minutes: 5\n" for name in lessons)
        self.writes("course.yml", f"{head}units:\n  - key: u\n    lessons:\n{entries}")


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path / "course")


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Everything below a folder, by its path."""
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
