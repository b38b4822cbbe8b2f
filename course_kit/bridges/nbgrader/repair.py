"""Make a submitted notebook such that nbgrader can mark it, in a copy; say what was done. Standard library only.

One learner's duplicated cell ends nbgrader's whole batch, and half a download is no notebook at all: what can be put
right without touching an answer is put right, the rest is named.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from course_kit.errors import Invalid

MAX_NOTEBOOK = 100 * 1024**2
_KINDS = {"code", "markdown", "raw"}


def read_notebook(content: bytes) -> tuple[dict[str, Any], list[str]]:
    """The notebook in ``content``, repaired, and one phrase for each repair. Raises :class:`Invalid` if it is none."""
    if len(content) > MAX_NOTEBOOK:
        raise Invalid(f"it is {len(content) / 1024**2:,.0f} MB large, more than {MAX_NOTEBOOK // 1024**2} MB")
    if not content.strip():
        raise Invalid("it is empty")
    repairs = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("utf-8", errors="replace")
        repairs.append("characters that are not UTF-8 were replaced")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Invalid(f"it is not a notebook: it is not JSON{where}") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise Invalid("it is not a notebook: it has no nbformat")
    if notebook["nbformat"] > 4:
        raise Invalid(f"it has notebook format {notebook['nbformat']}, which is newer than 4")
    if notebook["nbformat"] == 4:
        _repair(notebook, repairs)
    return notebook, repairs


def write_notebook(notebook: dict[str, Any]) -> bytes:
    """As JSON, for programs: indenting it would take many times as long.

    Raises :class:`Invalid` if it is nested deeper than can be written.
    """
    try:
        return json.dumps(notebook, ensure_ascii=False).encode("utf-8", errors="replace") + b"\n"
    except (ValueError, RecursionError):
        raise Invalid("it is not a notebook: it is nested too deeply") from None


def _repair(notebook: dict[str, Any], repairs: list[str]) -> None:
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise Invalid("it is not a notebook: it has no cells")
    sound = [cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") in _KINDS]
    if len(sound) < len(cells):
        repairs.append("cells of no known kind were left out")
    notebook["cells"] = sound
    if not isinstance(notebook.get("metadata"), dict):
        notebook["metadata"] = {}
    if not isinstance(notebook.get("nbformat_minor"), int):
        notebook["nbformat_minor"] = 4
    filled = [_fill(cell) for cell in sound]
    if any(filled):
        repairs.append("missing parts of cells were filled in")
    # nbgrader clears outputs anyway, and one broken output would keep the notebook from being read
    for cell in sound:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    _drop_repeated_ids(sound)
    repairs.extend(_repair_marks(sound))


def _fill(cell: dict[str, Any]) -> bool:
    source, metadata = cell.get("source"), cell.get("metadata")
    text = "".join(source) if isinstance(source, list) and all(isinstance(x, str) for x in source) else source
    cell["source"] = text if isinstance(text, str) else ""
    cell["metadata"] = metadata if isinstance(metadata, dict) else {}
    if cell["cell_type"] == "code":
        return not isinstance(text, str) or not isinstance(metadata, dict) or "outputs" not in cell
    return not isinstance(text, str) or not isinstance(metadata, dict)


def _drop_repeated_ids(cells: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for cell in cells:
        name = cell.get("id")
        if name is not None and (not isinstance(name, str) or name in seen):
            del cell["id"]
        elif name is not None:
            seen.add(name)


def _repair_marks(cells: list[dict[str, Any]]) -> Iterator[str]:
    """nbgrader keeps the last of several cells with one grade id; it forgets to make the others plain cells."""
    seen: set[str] = set()
    for cell in reversed(cells):
        if "nbgrader" not in cell["metadata"]:
            continue
        marks = cell["metadata"]["nbgrader"]
        name = marks.get("grade_id") if isinstance(marks, dict) else None
        if not isinstance(name, str) or not name:
            del cell["metadata"]["nbgrader"]
            yield "a cell with damaged nbgrader marks was made a plain cell"
            continue
        if name in seen:
            del cell["metadata"]["nbgrader"]
            yield f"the cell {name!r} is there more than once: the last one was marked"
            continue
        seen.add(name)
        points = marks.get("points")
        if isinstance(points, float) and not math.isfinite(points):
            marks["points"] = 0
            yield f"the points of {name!r} were no number"
