"""Which cell of a lesson a text is: for front ends that give cells ids of their own (VS Code) or none."""

import json
import re
from pathlib import Path
from typing import Any

from course_kit.model.release import SHORT
from course_kit.session.place import Place

_NOTEBOOK_ID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_MAX_NOTEBOOK = 50_000_000


def is_notebook_id(cell: object) -> bool:
    """Whether this is a cell's id as nbformat knows it."""
    return isinstance(cell, str) and _NOTEBOOK_ID.match(cell) is not None


class LessonCells:
    """The ids of a lesson's code cells by their text: as they are saved now, else as they were released."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._released: dict[str, dict[str, str]] = {}

    def named(self, lesson: str, source: str) -> str | None:
        """The id of the one cell with this text, or None."""
        known = self._place.release.course.lesson(lesson)
        if known is None or not known.path:
            return None
        if lesson not in self._released:
            base = self._place.folder / ".course-kit/base" / self._place.release.release[:SHORT]
            self._released[lesson] = _ids_by_text(base / known.path)
        text = source.strip()
        return _ids_by_text(self._place.folder / known.path).get(text) or self._released[lesson].get(text)


def _ids_by_text(notebook: Path) -> dict[str, str]:
    try:
        if notebook.stat().st_size > _MAX_NOTEBOOK:
            return {}
        content = json.loads(notebook.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    cells = content.get("cells") if isinstance(content, dict) else None
    found: dict[str, str] = {}
    for cell in cells if isinstance(cells, list) else []:
        if isinstance(cell, dict) and cell.get("cell_type") == "code" and is_notebook_id(cell.get("id")):
            text = _text(cell.get("source"))
            found[text] = "" if text in found else str(cell["id"])  # two cells with one text are no cell's name
    return {text: cell for text, cell in found.items() if text and cell}


def _text(source: Any) -> str:
    parts = source if isinstance(source, list) else [source]
    return "".join(part for part in parts if isinstance(part, str)).strip()
