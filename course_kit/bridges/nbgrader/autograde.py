"""One submission through nbgrader's autograder, in three steps: sanitize, execute, record. Runs in the worker.

Everything happens in a staging folder of the caller's, laid out as an nbgrader course; nothing is written into the
course but the gradebook, and scores only after all of the submission's notebooks ran.
"""

import json
import os
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter

from course_kit.bridges.nbgrader.desk import staged_course
from course_kit.bridges.nbgrader.execution import ExecuteSubmission, execution_list
from course_kit.bridges.nbgrader.gradebook import open_gradebook

_DEAD = {"DeadKernelError", "UnresponsiveKernelError"}
_SLOW = {"CellTimeoutError", "TimeoutError", "Empty"}
_ABSENT = {"NoSuchKernel"}


class StagedAutograde(Autograde):  # type: ignore[misc]  # nbgrader publishes no types
    """nbgrader's Autograde for one staged submission, whose errors come out instead of ending a batch."""

    def convert_notebooks(self) -> None:
        os.chdir(self.parent.coursedir.root)  # hooks and plug-ins expect the course, not the staging folder
        folder = next(iter(self.assignments))
        self.notebooks = sorted(self.assignments[folder])
        names = {"assignment_id": self.coursedir.assignment_id, "student_id": self.coursedir.student_id}
        self.run_pre_convert_hook()
        self.init_assignment(**names)
        before, after, executes = execution_list(list(self.autograde_preprocessors))
        before += [ExecuteSubmission] if executes else []
        staged = Path(self._format_dest(**names))
        stages = ((True, self.sanitize_preprocessors), (False, before), (False, after))
        for sanitizing, preprocessors in stages:
            for notebook in self.notebooks:
                path = notebook if sanitizing else str(staged / Path(notebook).name)
                self._run(path, preprocessors, sanitizing=sanitizing)
        self.set_permissions(**names)
        self.run_post_convert_hook()

    def _run(self, notebook: str, preprocessors: list[Any], *, sanitizing: bool) -> None:
        self._sanitizing = sanitizing
        self.exporter._preprocessors = []
        for preprocessor in preprocessors:
            self.exporter.register_preprocessor(preprocessor)
        # what nbgrader tells code that asks whether it is being marked
        os.environ["NBGRADER_EXECUTION"] = "autograde"
        try:
            BaseConverter.convert_single_notebook(self, notebook)
        finally:
            os.environ.pop("NBGRADER_EXECUTION", None)
            self._sanitizing = True


def autograde(app: Any, assignment: str, learner: str, staging: str) -> dict[str, Any]:
    """Mark the submission in ``staging/submitted/<learner>/<assignment>``; the result is in ``staging/autograded/``.

    ``staging/source/<assignment>`` holds the files that go beside every submission. Returns ``fault`` (None,
    ``kernel-died``, ``timed-out``, ``missing-kernel`` or ``failed``), ``reason``, and ``timeouts``: the names of
    notebooks in which a cell ran into the time limit and was marked zero.
    """
    course = staged_course(app, Path(staging))
    course.assignment_id, course.student_id = assignment, learner
    try:
        with open_gradebook(app):  # makes it whole, and names what ails it
            pass
        StagedAutograde(coursedir=course, parent=app, force=True).start()
    except (Exception, SystemExit) as error:
        app.log.exception("%s of %s could not be graded", assignment, learner)
        return {"fault": _fault(error), "reason": _reason(error), "timeouts": []}
    folder = Path(course.format_path(course.autograded_directory, learner, assignment))
    return {"fault": None, "reason": "", "timeouts": [p.stem for p in folder.glob("*.ipynb") if _timed_out(p)]}


def cell_seconds(app: Any) -> float | None:
    """The configured limit of one cell in seconds; None if there is none."""
    limit = ExecuteSubmission(parent=app).timeout
    return float(limit) if limit and limit > 0 else None


def _fault(error: BaseException) -> str:
    names = {kind.__name__ for kind in type(error).__mro__}
    for fault, kinds in (("kernel-died", _DEAD), ("timed-out", _SLOW), ("missing-kernel", _ABSENT)):
        if names & kinds:
            return fault
    return "failed"


def _reason(error: BaseException) -> str:
    first = next((line for line in str(error).strip().splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}"[:500].rstrip(": ")


def _timed_out(path: Path) -> bool:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return any(
        output.get("ename") == "CellTimeoutError" for cell in notebook["cells"] for output in cell.get("outputs", ())
    )
