"""What sanitizing mends in a submitted notebook beside what nbgrader does: tests that are gone come back."""

from typing import Any

from nbformat import from_dict
from nbgrader import utils
from nbgrader.preprocessors import OverwriteCells


def free_unknown(notebook: Any, gradebook: Any, name: str, assignment: str) -> list[str]:
    """Make cells plain that the assignment does not have (any more); nbgrader fails a submission with one of them."""
    known = {cell.name for cell in gradebook.find_notebook(name, assignment).source_cells}
    phrases = []
    for cell in notebook.cells:
        grade_id = _name(cell)
        if grade_id and grade_id not in known:
            del cell.metadata["nbgrader"]
            phrases.append(f"the cell {grade_id!r} is none of the assignment's and was left to itself")
    return phrases


def retype(notebook: Any, gradebook: Any, name: str, assignment: str) -> list[str]:
    """Give cells that were made another kind their own back; one phrase for each.

    nbgrader does so, too, but checks the cell by the newest notebook format, and fails a notebook without cell ids.
    """
    kinds = {cell.name: cell.cell_type for cell in gradebook.find_notebook(name, assignment).source_cells}
    phrases = []
    for cell in notebook.cells:
        found, kind = _name(cell), cell.cell_type
        wanted = kinds.get(found, kind)
        if wanted == kind or wanted not in {"code", "markdown"}:
            continue
        cell.cell_type = wanted
        if wanted == "code":
            cell.outputs, cell.execution_count = [], None
            cell.pop("attachments", None)  # a code cell has none
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
        phrases.append(f"the cell {found!r} had been made a {kind} cell")
    return phrases


def restore_tests(notebook: Any, gradebook: Any, name: str, assignment: str, app: Any) -> tuple[list[str], list[str]]:
    """Put tests that are missing back behind the cell that they stood behind. Returns their grade ids, and those of
    the answers that are missing, which are only named.

    nbgrader leaves such a cell without a score, to be marked by hand (or does the same, with ``add_missing_cells``).
    """
    here = {
        cell.metadata.nbgrader.get("grade_id"): index
        for index, cell in enumerate(notebook.cells)
        if "nbgrader" in cell.metadata
    }
    recorded = gradebook.find_notebook(name, assignment)
    marked = {cell.name: cell for cell in recorded.grade_cells}
    solutions = {cell.name for cell in recorded.solution_cells}
    sources = list(recorded.source_cells)
    if all(cell.name in here for cell in sources):
        return [], []
    restored: list[str] = []
    lacking: list[str] = []
    last = -1
    transform = OverwriteCells(parent=app).missing_cell_transform
    for cell in sources:
        if cell.name in here:
            last = next(i for i, one in enumerate(notebook.cells) if _name(one) == cell.name)
        elif cell.name in solutions:
            lacking.append(cell.name)
        elif cell.name in marked and cell.cell_type == "code":
            back: Any = from_dict(transform(cell, marked[cell.name].max_score))  # type: ignore[no-untyped-call]
            if notebook.nbformat_minor >= 5:
                back["id"] = f"restored-{len(restored)}-{utils.compute_checksum(back)[:12]}"
            last = last + 1 if last >= 0 else len(notebook.cells)
            notebook.cells.insert(last, back)
            restored.append(cell.name)
    return restored, lacking


def _name(cell: Any) -> Any:
    marks = cell.metadata.get("nbgrader")
    return marks.get("grade_id") if isinstance(marks, dict) else None
