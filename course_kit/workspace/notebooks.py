"""Notebooks as JSON: read what may be damaged, and tell a learner's work from what only running a cell leaves.

Plain JSON, so that nothing is lost or changed that a person did not touch.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from course_kit.errors import Invalid
from course_kit.files.archive import sha256

Cell = dict[str, Any]
Notebook = dict[str, Any]


def read_notebook(content: bytes, name: str) -> Notebook:
    """The notebook in ``content``, in format 4. Raises :class:`Invalid` where it is none; ``name`` says which."""
    hint = "Open it in JupyterLab and save it again, or bring the lesson back with Restore (your file is kept)."
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name} is damaged: it is not JSON ({error}).", hint=hint) from error
    if not isinstance(value, dict) or value.get("nbformat") != 4 or not isinstance(value.get("cells"), list):
        raise Invalid(f"{name} is not a notebook in format 4.", hint=hint)
    for number, cell in enumerate(value["cells"], 1):
        if not isinstance(cell, dict) or not _is_source(cell.get("source")):
            raise Invalid(f"{name} is damaged: cell {number} has no text that can be read.", hint=hint)
        if not isinstance(cell.get("cell_type"), str) or not isinstance(cell.get("metadata", {}), dict):
            raise Invalid(f"{name} is damaged: cell {number} is of no known form.", hint=hint)
    return value


def _is_source(source: object) -> bool:
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))


def write_notebook(notebook: Mapping[str, Any]) -> bytes:
    """The bytes of a notebook, as JupyterLab would lay it out."""
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def source_of(cell: Mapping[str, Any]) -> str:
    """A cell's text, whether it is stored as one text or as lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def id_of(cell: Mapping[str, Any]) -> str | None:
    value = cell.get("id")
    return value if isinstance(value, str) and value else None


def kit_of(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """A cell's course-kit metadata, empty where there is none."""
    value = cell.get("metadata", {}).get("course_kit")
    return value if isinstance(value, dict) else {}


def nbgrader_of(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """A cell's nbgrader metadata, empty where there is none."""
    value = cell.get("metadata", {}).get("nbgrader")
    return value if isinstance(value, dict) else {}


def grade_id_of(cell: Mapping[str, Any]) -> str | None:
    value = nbgrader_of(cell).get("grade_id")
    return value if isinstance(value, str) and value else None


def is_grade(cell: Mapping[str, Any]) -> bool:
    """Whether nbgrader gives points for this cell."""
    return nbgrader_of(cell).get("grade") is True


def is_manual(cell: Mapping[str, Any]) -> bool:
    """Whether a person marks it: the learner's own text bears the points."""
    return is_grade(cell) and nbgrader_of(cell).get("solution") is True


def is_locked(cell: Mapping[str, Any]) -> bool:
    """Whether it belongs to the author alone: a locked nbgrader cell, a test, or a quiz."""
    marks = nbgrader_of(cell)
    tests = is_grade(cell) and marks.get("solution") is not True
    return marks.get("locked") is True or tests or "quiz" in kit_of(cell)


def work_of(cell: Mapping[str, Any]) -> tuple[str, str, str]:
    """What a person can have typed or pasted into a cell: its type, text and attachments."""
    attachments = cell.get("attachments") or {}
    return str(cell.get("cell_type")), source_of(cell), json.dumps(attachments, sort_keys=True)


def has_ids(*notebooks: Mapping[str, Any]) -> bool:
    return all(id_of(cell) is not None for notebook in notebooks for cell in notebook["cells"])


def identities(notebook: Mapping[str, Any], *, by_id: bool) -> list[str]:
    """One name for each cell, each once: its id, or (in notebooks from before ids) its grade id or its text.

    A second cell of the same name gets one that no other notebook knows: it is the learner's own copy.
    """
    names: list[str] = []
    for cell in notebook["cells"]:
        kind, text, _ = work_of(cell)
        plain = f"grade:{grade_id_of(cell)}" if grade_id_of(cell) else f"text:{sha256(f'{kind}:{text}'.encode())}"
        name = (id_of(cell) if by_id else plain) or f"own:{secrets.token_hex(8)}"
        if name in names and by_id:
            name = f"own:{secrets.token_hex(8)}"
        number = 2
        while name in names:
            name, number = f"{plain}:{number}", number + 1
        names.append(name)
    return names


def untouched(content: bytes, base: bytes, name: str) -> bool:
    """Whether a file of the learner's holds nothing of their own: it is ``base``, perhaps with cells that ran.

    For a notebook: the same cells with the same ids, types, texts and attachments. For other files: the same bytes.
    """
    if content == base:
        return True
    if not name.endswith(".ipynb"):
        return False
    try:
        mine, theirs = read_notebook(content, name), read_notebook(base, name)
    except Invalid:
        return False
    same_ids = not has_ids(theirs) or [id_of(cell) for cell in mine["cells"]] == [
        id_of(cell) for cell in theirs["cells"]
    ]
    return same_ids and [work_of(cell) for cell in mine["cells"]] == [work_of(cell) for cell in theirs["cells"]]


def ever_ran(notebook: Mapping[str, Any]) -> bool:
    """Whether any code cell bears a trace of having been run."""
    return any(cell.get("execution_count") is not None or cell.get("outputs") for cell in notebook["cells"])


def fresh_id(taken: Sequence[str] | set[str]) -> str:
    """A cell id that is not among ``taken``."""
    while (name := secrets.token_hex(4)) in taken:
        pass
    return name
