"""An assignment's cells in the live gradebook: put there when they are missing or changed. Runs in the worker.

nbgrader's ``generate_assignment`` does the work, with a release folder that is thrown away; a trial run against an
empty gradebook shows first what would change.
"""

import copy
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.config import info_of
from course_kit.bridges.nbgrader.gradebook import make_whole, open_gradebook
from course_kit.errors import Invalid, NotFound, Refused

Cells = dict[tuple[str, str], tuple[Any, ...]]


def kernels(app: Any, assignment: str) -> dict[str, Any]:
    """Which kernels the assignment's notebooks will ask for: ``needed`` (names), ``installed`` (names)."""
    from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager

    installed = sorted(KernelSpecManager().find_kernel_specs())
    configured = _configured_kernel(app)
    if configured:
        return {"needed": [configured], "installed": installed}
    needed = set()
    for path in sorted(info_of(app).source_folder(assignment).glob("*.ipynb")):
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            needed.add(notebook["metadata"]["kernelspec"]["name"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    with open_gradebook(app) as gradebook:
        for known in gradebook.assignments:
            for notebook in known.notebooks if known.name == assignment else ():
                needed.add(json.loads(notebook.kernelspec or "{}").get("name"))
    # jupyter_client takes `python` for the native kernel; notebooks of long ago name it so
    asked = {NATIVE_KERNEL_NAME if name == "python" else name for name in needed if name}
    return {"needed": sorted(asked), "installed": installed}


def _configured_kernel(app: Any) -> str | None:
    for section in ("ExecuteSubmission", "Execute", "ExecutePreprocessor"):
        name = app.config[section].get("kernel_name") if section in app.config else None
        if isinstance(name, str) and name:
            return name
    return None


def publish_cells(app: Any, assignment: str) -> str:
    """Bring the gradebook's cells of an assignment to the state of its source.

    Returns ``added``, ``updated``, ``unchanged``, or ``no-source`` where only the gradebook knows the assignment.
    Raises :class:`NotFound` if neither does, :class:`Invalid` if nbgrader cannot read the source, and
    :class:`Refused` if cells were added or removed after submissions were recorded.
    """
    info = info_of(app)
    source = info.source_folder(assignment)
    make_whole(app)
    known = _cells(app, assignment)
    if not any(source.glob("*.ipynb")):
        if known is not None:
            return "no-source"
        raise NotFound(
            f"There is no assignment {assignment!r}: neither {source} nor the gradebook has it.",
            hint=f"Assignments here: {', '.join(info.source_assignments()) or 'none'}.",
        )
    with tempfile.TemporaryDirectory(prefix="course-kit-") as scratch:
        trial = _with_database(app, f"sqlite:///{Path(scratch) / 'gradebook.db'}")
        make_whole(trial)
        _generate(trial, assignment, Path(scratch) / "trial")
        wanted = _cells(trial, assignment) or {}
        if known == wanted:
            return "unchanged"
        if known is not None and known.keys() != wanted.keys():
            _refuse_if_submitted(app, assignment, known, wanted)
        _generate(_with_database(app, info.db_url), assignment, Path(scratch) / "live")
    return "added" if known is None else "updated"


def _with_database(app: Any, db_url: str) -> Any:
    """A copy of the application for the same folders and another database."""
    other = copy.copy(app)
    other.coursedir = type(app.coursedir)(parent=app)
    other.coursedir.root, other.coursedir.db_url = app.coursedir.root, db_url
    return other


def _generate(app: Any, assignment: str, release: Path) -> None:
    from nbgrader.converters import GenerateAssignment

    course = app.coursedir
    course.assignment_id, course.student_id_exclude = assignment, ""
    # an absolute step works only where the structure begins with it
    absolute = course.directory_structure.startswith("{nbgrader_step}")
    course.release_directory = str(release) if absolute else f".course-kit-{os.getpid()}"
    made = Path(course.format_path(course.release_directory, ".", assignment))
    try:
        GenerateAssignment(coursedir=course, parent=app, force=True).start()
    except (Exception, SystemExit) as error:
        raise Invalid(
            f"nbgrader cannot read the source of {assignment!r}: {_reason(error)}.",
            hint="Run `course-kit check` (or `nbgrader generate_assignment` there), mend it, and grade again.",
        ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().rstrip(".") or type(error).__name__


def _cells(app: Any, assignment: str) -> Cells | None:
    """All cells of an assignment by notebook and kind/name; None if the gradebook does not have it."""
    with open_gradebook(app) as gradebook:
        known = next((row for row in gradebook.assignments if row.name == assignment), None)
        if known is None or not known.notebooks:
            return None
        cells: Cells = {}
        for notebook in known.notebooks:
            cells[notebook.name, "kernel"] = (notebook.kernelspec,)
            for cell in notebook.source_cells:
                content = (cell.cell_type, cell.locked, cell.source, cell.checksum)
                cells[notebook.name, f"source {cell.name}"] = content
            for cell in (*notebook.grade_cells, *notebook.task_cells):
                cells[notebook.name, f"points {cell.name}"] = (cell.cell_type, float(cell.max_score))
            for cell in notebook.solution_cells:
                cells[notebook.name, f"solution {cell.name}"] = ()
        return cells


def _refuse_if_submitted(app: Any, assignment: str, known: Cells, wanted: Cells) -> None:
    with open_gradebook(app) as gradebook:
        submissions = len(gradebook.find_assignment(assignment).submissions)
    if submissions == 0:
        return

    def named(cells: set[tuple[str, str]]) -> str:
        return ", ".join(sorted({f"{cell.split(' ', 1)[-1]} in {notebook}" for notebook, cell in cells}))

    added, removed = named(set(wanted) - set(known)), named(set(known) - set(wanted))
    changes = "; ".join(f"{what}: {cells}" for what, cells in (("added", added), ("removed", removed)) if cells)
    raise Refused(
        f"{assignment!r} has other cells than the gradebook, which already holds {submissions} submissions: {changes}.",
        hint="Bring the old cells back into the source, or give the new version another name. To start over "
        f"instead, back up and run `nbgrader db assignment remove {assignment} --force` (its grades are lost).",
    )
