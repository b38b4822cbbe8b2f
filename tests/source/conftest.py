"""A folder in which an author writes a course."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cells = list[dict[str, Any]]
LOAD = "%load_ext course_kit"
QUIZ = "%%quiz one\nTwo and two?\n= 4\n"


def cell(kind: str, source: str, name: str = "", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "cell_type": kind,
        "id": name or f"c{abs(hash(source)) % 10**8}",
        "metadata": {},
        "source": source,
    }
    if kind == "code":
        made.update(execution_count=None, outputs=[])
    return {**made, **more}


def notebook(*cells: dict[str, Any], **more: Any) -> str:
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5, **more})


class Writer:
    """An author with a text editor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cell, self.notebook = cell, notebook

    def writes(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def writes_lesson(self, name: str, *sources: str) -> Path:
        """A lesson with a heading and a loaded course-kit, then code cells of these sources."""
        cells = [cell("markdown", f"# Lesson {name}", "top"), cell("code", LOAD, "load")]
        cells += [cell("code", source, f"code-{number}") for number, source in enumerate(sources)]
        return self.writes(f"notebooks/{name}.ipynb", notebook(*cells))

    def writes_course(self, units: str = "", **fields: str) -> Path:
        """course.yml with these fields; by default one unit with the lesson ``a``."""
        lines = {"course": "c", "title": "C", **fields}
        default = "units:\n  - key: u\n    lessons:\n      - notebook: notebooks/a.ipynb\n        minutes: 5\n"
        return self.writes(
            "course.yml", "".join(f"{name}: {value}\n" for name, value in lines.items()) + (units or default)
        )


@pytest.fixture
def author(tmp_path: Path) -> Writer:
    folder = tmp_path / "course"
    folder.mkdir()
    return Writer(folder)


@pytest.fixture
def codes() -> Callable[[Any], list[tuple[str, str, int | None]]]:
    """The findings as (code, place, line), in their order."""
    return lambda findings: [(f.code, f.file.rpartition("/")[2], f.line) for f in findings]
