"""An assignment's cells in the gradebook, brought to what the source has, also when submissions hold grades on them.

nbgrader stops there ("Cannot add or remove cells"). Here cells are matched by notebook, kind and name: what stays keeps
its grades and comments, what is new gets the rows that nbgrader makes for a new submission, and what is gone goes with
its rows. All within the caller's transaction. Runs in the worker.
"""

from typing import Any

from nbgrader import api

from course_kit.bridges.nbgrader.source_cells import SourceCells

_KINDS = (("grade", api.GradeCell), ("solution", api.SolutionCell), ("task", api.TaskCell))
_WORDS = {"grade": "test or graded answer", "solution": "answer", "task": "task", "source": "cell"}


def recorded_cells(gradebook: Any, assignment: str) -> dict[str, SourceCells] | None:
    """The cells that the gradebook holds, as :func:`read_source_cells` gives the source's; None if it has none."""
    known = next((row for row in gradebook.assignments if row.name == assignment), None)
    if known is None or not known.notebooks:
        return None
    return {notebook.name: _recorded(notebook) for notebook in known.notebooks}


def _recorded(notebook: Any) -> SourceCells:
    return SourceCells(
        notebook.kernelspec or "{}",
        {cell.name: {"max_score": float(cell.max_score), "cell_type": cell.cell_type} for cell in notebook.grade_cells},
        {cell.name: {} for cell in notebook.solution_cells},
        {cell.name: {"max_score": float(cell.max_score), "cell_type": cell.cell_type} for cell in notebook.task_cells},
        {
            cell.name: {
                "cell_type": cell.cell_type,
                "locked": cell.locked,
                "source": cell.source,
                "checksum": cell.checksum,
            }
            for cell in notebook.source_cells
        },
    )


def submission_count(gradebook: Any, assignment: str) -> int:
    return len(gradebook.assignment_submissions(assignment))


def differences(known: dict[str, SourceCells], wanted: dict[str, SourceCells]) -> list[dict[str, Any]]:
    """What would change, cell by cell: ``notebook``, ``cell``, ``kind``, ``text``, ``old_points`` and ``points``.

    ``kind`` is ``added``, ``removed``, ``source``, ``points``, ``type``, ``locked`` or ``kernel``; a notebook that
    comes or goes has the ``cell`` "".
    """
    found = []
    for name in sorted(known.keys() | wanted.keys()):
        if name not in wanted:
            found.append(_change(name, "", "removed", f"the notebook {name} goes"))
        elif name not in known:
            found.append(_change(name, "", "added", f"the notebook {name} comes"))
        else:
            found += _notebook_differences(name, known[name], wanted[name])
    return found


def _notebook_differences(name: str, known: SourceCells, wanted: SourceCells) -> list[dict[str, Any]]:
    found = []
    if _kernel(known) != _kernel(wanted):
        found.append(_change(name, "", "kernel", f"{name} asks for the kernel {_kernel(wanted)}"))
    for cell in dict.fromkeys([*known.source, *wanted.source, *known.grade, *wanted.grade]):
        old, new = _points(known, cell), _points(wanted, cell)
        points = {"old_points": old, "points": new}
        if cell not in wanted.source:
            found.append(_change(name, cell, "removed", f"{cell} in {name} goes{_worth(old)}", **points))
        elif cell not in known.source:
            found.append(_change(name, cell, "added", f"{cell} in {name} comes{_worth(new)}", **points))
        else:
            found += _cell_differences(name, cell, known, wanted, points)
    return found


def _cell_differences(
    name: str, cell: str, known: SourceCells, wanted: SourceCells, points: dict[str, Any]
) -> list[dict[str, Any]]:
    found = []
    old, new = known.source[cell], wanted.source[cell]
    if _roles(known, cell) != _roles(wanted, cell) or old["cell_type"] != new["cell_type"]:
        found.append(_change(name, cell, "type", f"{cell} in {name} becomes another kind of cell", **points))
    if points["old_points"] != points["points"] and None not in points.values():
        text = f"{cell} in {name} is worth {points['points']:g} instead of {points['old_points']:g} points"
        found.append(_change(name, cell, "points", text, **points))
    if old["source"] != new["source"]:
        found.append(_change(name, cell, "source", f"{cell} in {name} has another text", **points))
    elif old["checksum"] != new["checksum"] and not found:
        found.append(_change(name, cell, "source", f"{cell} in {name} has another checksum", **points))
    if old["locked"] != new["locked"]:
        found.append(_change(name, cell, "locked", f"{cell} in {name} is {'locked' if new['locked'] else 'free'}"))
    return found


def _change(notebook: str, cell: str, kind: str, text: str, **points: Any) -> dict[str, Any]:
    found = {"notebook": notebook, "cell": cell, "kind": kind, "text": text, "old_points": None, "points": None}
    return {**found, **points, "manual": 0}


def _kernel(cells: SourceCells) -> str:
    return cells.kernelspec


def _points(cells: SourceCells, name: str) -> float | None:
    found = cells.grade.get(name) or cells.task.get(name)
    return None if found is None else float(found["max_score"])


def _worth(points: float | None) -> str:
    return "" if points is None else f" ({points:g} points)"


def _roles(cells: SourceCells, name: str) -> tuple[bool, bool, bool]:
    return name in cells.grade, name in cells.solution, name in cells.task


def count_manual(gradebook: Any, assignment: str, changes: list[dict[str, Any]], known: dict[str, SourceCells]) -> None:
    """Say of each change how many scores and comments of people's own go with it."""
    for change in changes:
        if change["kind"] not in ("removed", "type"):
            continue
        notebook = gradebook.find_notebook(change["notebook"], assignment)
        names = {change["cell"]} if change["cell"] else {*known[change["notebook"]].source}
        cells = [cell.id for cell in notebook._base_cells if cell.name in names]
        grades = gradebook.db.query(api.Grade).filter(api.Grade.cell_id.in_(cells))
        comments = gradebook.db.query(api.Comment).filter(api.Comment.cell_id.in_(cells))
        change["manual"] = (
            grades.filter(api.Grade.manual_score.isnot(None) | api.Grade.extra_credit.isnot(None)).count()
            + comments.filter(api.Comment.manual_comment.isnot(None)).count()
        )


def apply(gradebook: Any, assignment: str, wanted: dict[str, SourceCells]) -> None:
    """Bring the gradebook's cells of an assignment to ``wanted``."""
    row = gradebook.update_or_create_assignment(assignment)
    known = {notebook.name: notebook for notebook in row.notebooks}
    for name in known.keys() - wanted.keys():
        gradebook.remove_notebook(name, assignment)
    for name, cells in wanted.items():
        notebook = known.get(name)
        if notebook is None:
            notebook = gradebook.add_notebook(name, assignment, kernelspec=cells.kernelspec)
            for submission in gradebook.assignment_submissions(assignment):
                gradebook.db.add(api.SubmittedNotebook(notebook=notebook, assignment=submission))
            gradebook.db.flush()
        notebook.kernelspec = cells.kernelspec
        for kind, table in _KINDS:
            _apply_kind(gradebook.db, notebook, kind, table, getattr(cells, kind))
        _apply_sources(gradebook.db, notebook, cells.source)
        gradebook.db.expire(notebook)


def _apply_kind(db: Any, notebook: Any, kind: str, table: Any, wanted: dict[str, dict[str, Any]]) -> None:
    known = {cell.name: cell for cell in db.query(table).filter(table.notebook_id == notebook.id)}
    for name in known.keys() - wanted.keys():
        for rows in (api.Grade, api.Comment):
            db.query(rows).filter(rows.cell_id == known[name].id).delete(synchronize_session="fetch")
        db.delete(known[name])
    db.flush()
    submitted = db.query(api.SubmittedNotebook).filter(api.SubmittedNotebook.notebook_id == notebook.id).all()
    for name, fields in wanted.items():
        cell = known.get(name)
        if cell is None:
            cell = table(name=name, notebook_id=notebook.id, **fields)
            db.add(cell)
            db.flush()
            _add_rows(db, kind, cell, submitted)
        for field, value in fields.items():
            setattr(cell, field, value)
    db.flush()


def _add_rows(db: Any, kind: str, cell: Any, submitted: list[Any]) -> None:
    """What ``Gradebook.add_submission`` makes for a cell of this kind, in submissions that are there already."""
    for notebook in submitted:
        if kind in ("grade", "task"):
            db.add(api.Grade(cell_id=cell.id, notebook_id=notebook.id))
        if kind in ("solution", "task"):
            db.add(api.Comment(cell_id=cell.id, notebook_id=notebook.id))
    db.flush()


def _apply_sources(db: Any, notebook: Any, wanted: dict[str, dict[str, Any]]) -> None:
    rows = db.query(api.SourceCell).filter(api.SourceCell.notebook_id == notebook.id)
    known = {cell.name: cell for cell in rows}
    if list(known) == list(wanted):
        for name, fields in wanted.items():
            for field, value in fields.items():
                setattr(known[name], field, value)
    else:
        rows.delete(synchronize_session="fetch")
        db.flush()
        for name, fields in wanted.items():  # nbgrader goes by the order in which they were made
            db.add(api.SourceCell(name=name, notebook_id=notebook.id, **fields))
            db.flush()
    db.flush()
