"""Assignments: nbgrader's source folders, read without nbgrader and without running anything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_kit.quizzes.graded import RESPONSES, all_points
from course_kit.source.findings import Finding
from course_kit.source.graded_quizzes import quiz_findings
from course_kit.source.notebooks import SourceCell, SourceNotebook, read_notebook

NBGRADER_SCHEMA = 3
_REGIONS = (("SOLUTION", "solution"), ("HIDDEN TESTS", "grade"), ("MARK SCHEME", "grade"))


@dataclass(frozen=True)
class SourceAssignment:
    """``<root>/source/<name>``: nbgrader's course folder and nbgrader's own name, whose case is kept.

    ``notebooks`` by file name; ``max_score``: the points of all graded cells.
    """

    root: Path
    name: str
    notebooks: Mapping[str, SourceNotebook] = field(default_factory=dict)
    max_score: float = 0.0

    @property
    def folder(self) -> Path:
        return self.root / "source" / self.name

    @property
    def title(self) -> str:
        return next((notebook.title for notebook in self.notebooks.values() if notebook.title), self.name)


def read_assignment(folder: Path, label: str) -> tuple[SourceAssignment, list[Finding]]:
    """The assignment in ``folder``, called ``label`` in findings, with what nbgrader would trip over. Never raises."""
    root = folder.parent.parent
    own_markers = _has_own_markers(root)
    findings: list[Finding] = []
    notebooks: dict[str, SourceNotebook] = {}
    try:
        paths = sorted(folder.glob("*.ipynb"))
    except OSError:
        paths = []
    for path in paths:
        notebook, faults = read_notebook(path, f"{label}/{path.name}")
        findings.extend(fault for fault in faults if fault.code != "duplicate-cell-id")
        if notebook is not None:
            notebooks[path.name] = notebook
            findings.extend(_Cells(notebook, own_markers=own_markers).check())
    findings += quiz_findings(root, label, notebooks)
    findings += _left_answers(folder, label)
    if not paths:
        hint = "nbgrader looks for `*.ipynb` in this folder itself."
        findings.append(Finding("error", "no-notebooks", label, "the assignment has no notebook", hint))
    points = sum(points_of(cell) for notebook in notebooks.values() for cell in notebook.cells)
    points += sum(all_points(placed.quiz.quiz) for notebook in notebooks.values() for placed in notebook.quizzes)
    if notebooks and not points and not findings:
        message = "no cell of the assignment has points: nbgrader has nothing to grade"
        hint = "Mark cells in JupyterLab with *View → Activate Assignment toolbar* (nbgrader)."
        findings.append(Finding("warning", "no-points", label, message, hint))
    return SourceAssignment(root, folder.name, notebooks, points), findings


def nbgrader_meta(cell: SourceCell) -> Mapping[str, Any]:
    """A cell's nbgrader metadata; empty where there is none."""
    meta = cell.metadata.get("nbgrader")
    return meta if isinstance(meta, dict) else {}


def points_of(cell: SourceCell) -> float:
    """The points that a graded cell can earn."""
    meta = nbgrader_meta(cell)
    points = meta.get("points")
    graded = meta.get("grade") is True or meta.get("task") is True
    return float(points) if graded and points is not None and _is_number(points) else 0.0


def _left_answers(folder: Path, label: str) -> list[Finding]:
    if not (folder / RESPONSES).exists():
        return []
    message = f"`{RESPONSES}` lies beside the notebooks: learners would begin with these answers"
    return [Finding("error", "left-answers", f"{label}/{RESPONSES}", message, "Delete it, or move it elsewhere.")]


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 1e9


def _has_own_markers(root: Path) -> bool:
    """Whether the course's nbgrader_config.py names markers of its own (it is not run to be understood)."""
    try:
        return "delimeter" in (root / "nbgrader_config.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


class _Cells:
    """The checks that nbgrader makes late, one by one and without saying where."""

    def __init__(self, notebook: SourceNotebook, *, own_markers: bool) -> None:
        self.notebook, self.own_markers = notebook, own_markers
        self.findings: list[Finding] = []
        self.ids: dict[str, int] = {}

    def note(self, cell: SourceCell, code: str, message: str, hint: str = "", *, warning: bool = False) -> None:
        level: Any = "warning" if warning else "error"
        self.findings.append(
            Finding(level, code, self.notebook.path, message, hint, cell=cell.id, cell_number=cell.number)
        )

    def check(self) -> list[Finding]:
        for cell in self.notebook.cells:
            meta = cell.metadata.get("nbgrader")
            if meta is not None and self._check_schema(cell, meta):
                self._check_meta(cell, nbgrader_meta(cell))
            if not self.own_markers:
                self._check_regions(cell, nbgrader_meta(cell))
        return self.findings

    def _check_schema(self, cell: SourceCell, meta: Any) -> bool:
        schema = meta.get("schema_version", 0) if isinstance(meta, dict) else 0
        folder = self.notebook.path.rpartition("/")[0]
        if type(schema) is not int or schema < NBGRADER_SCHEMA:
            message = "the cell's nbgrader metadata has an old form, which nbgrader refuses"
            self.note(
                cell, "nbgrader-schema", message, f"Make a copy of the folder, then run `nbgrader update {folder}`."
            )
            return False
        if schema > NBGRADER_SCHEMA:
            message = f"the cell's nbgrader metadata has version {schema}; nbgrader here reads {NBGRADER_SCHEMA}"
            self.note(cell, "nbgrader-schema", message, "Run `pip install --upgrade nbgrader course-kit`.")
            return False
        for name in ("grade", "solution", "locked"):
            if not isinstance(meta.get(name), bool):
                hint = "Set the cell's type once more in the Assignment toolbar."
                self.note(cell, "nbgrader-meta", f"`{name}` in the cell's nbgrader metadata is not true or false", hint)
                return False
        return True

    def _check_meta(self, cell: SourceCell, meta: Mapping[str, Any]) -> None:
        grade, solution, task = meta["grade"], meta["solution"], meta.get("task") is True
        if not (grade or solution or meta["locked"] or task):
            return
        grade_id = meta.get("grade_id")
        if not isinstance(grade_id, str) or not grade_id:
            self.note(cell, "no-grade-id", "the cell has no nbgrader id", "Give it one in the Assignment toolbar.")
            return
        if grade_id in self.ids:
            message = f"the nbgrader id `{grade_id}` stands already in cell {self.ids[grade_id]}"
            self.note(cell, "duplicate-grade-id", message, "Give one of the two another id in the Assignment toolbar.")
        self.ids.setdefault(grade_id, cell.number)
        if (grade or task) and not _is_number(meta.get("points")):
            message = f"the graded cell `{grade_id}` has no points"
            self.note(cell, "no-points", message, "Enter its points in the Assignment toolbar.")
        if task and cell.kind != "markdown":
            self.note(cell, "nbgrader-meta", f"the task `{grade_id}` has to be a Markdown cell")
        if not task and cell.kind == "markdown" and grade != solution:
            message = f"the Markdown cell `{grade_id}` is graded or a solution, and has to be both"
            self.note(cell, "nbgrader-meta", message, "Choose *Manually graded answer* in the Assignment toolbar.")
        has_region = re.search(r"BEGIN (SOLUTION|MARK SCHEME)", cell.source) is not None
        if solution and not task and cell.kind == "code" and not has_region and not self.own_markers:
            message = f"the solution cell `{grade_id}` has no `### BEGIN SOLUTION`: learners will see none of it"
            hint = "Put `### BEGIN SOLUTION` and `### END SOLUTION` around the solution to keep the rest."
            self.note(cell, "no-solution-markers", message, hint, warning=True)

    def _check_regions(self, cell: SourceCell, meta: Mapping[str, Any]) -> None:
        for name, needed in _REGIONS:
            if f"BEGIN {name}" not in cell.source:
                continue
            inside = False
            for line in cell.source.split("\n"):
                if f"BEGIN {name}" in line:
                    if inside:
                        message = f"`BEGIN {name}` stands inside another one"
                        self.note(cell, "bad-region", message, f"Close the first with `### END {name}`.")
                    inside = True
                elif f"END {name}" in line:
                    inside = False
            if inside:
                message = f"`BEGIN {name}` is never closed"
                self.note(cell, "bad-region", message, f"Add a line `### END {name}`.")
            if meta.get(needed) is not True and not (needed == "grade" and meta.get("task") is True):
                kind = "a solution cell" if needed == "solution" else "a graded cell"
                message = f"`BEGIN {name}` stands in a cell that is not marked as {kind}"
                self.note(cell, "bad-region", message, "Set the cell's type in the Assignment toolbar.")
