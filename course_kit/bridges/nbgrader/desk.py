"""What a batch keeps from submission to submission: nbgrader's converter, and its preprocessors, built once.

Runs in the worker.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.preprocessors import SaveAutoGrades

from course_kit.bridges.nbgrader.config import DEFAULT_STRUCTURE
from course_kit.bridges.nbgrader.execution import ExecuteSubmission, execution_list
from course_kit.bridges.nbgrader.marks import SaveMarks
from course_kit.bridges.nbgrader.steps import Steps, quicken


class Desk:
    """The course's own configuration of autograding, ready to be used for one staged submission after another."""

    def __init__(self, app: Any) -> None:
        quicken()
        self.app = app
        self.converter = Autograde(coursedir=staged_course(app, Path(app.coursedir.root)), parent=app, force=True)
        self.converter.exporter = self.converter.exporter_class(parent=self.converter, config=self.converter.config)
        parent = self.converter.exporter
        before, after, self.executes = execution_list(list(self.converter.autograde_preprocessors))
        after = [SaveMarks if kind is SaveAutoGrades else kind for kind in after]
        self.execution = ExecuteSubmission(parent=parent)
        self.executes = self.executes and self.execution.enabled
        self._sanitizing = list(self.converter.sanitize_preprocessors)
        self.sanitizing, self.before = Steps(self._sanitizing, parent), Steps(before, parent)
        self.marks = SaveMarks(parent=parent)
        self.after = Steps([self.marks if kind is SaveMarks else kind for kind in after], parent)

    @property
    def course(self) -> Any:
        return self.converter.coursedir

    def take(self, assignment: str, learner: str, staging: str) -> tuple[Path, Path]:
        """Turn to one staged submission: where it lies, and where it is marked."""
        course = self.course
        course.root, course.assignment_id, course.student_id = staging, assignment, learner
        places = (course.format_path(step, learner, assignment) for step in ("submitted", "autograded"))
        return tuple(Path(place) for place in places)  # type: ignore[return-value]  # two of them

    def source(self, assignment: str) -> Path:
        live = self.app.coursedir
        return Path(live.format_path(live.source_directory, ".", assignment))


@lru_cache(maxsize=1)
def desk_of(app: Any) -> Desk:
    """The one desk of a loaded application."""
    return Desk(app)


def staged_course(app: Any, staging: Path) -> Any:
    """A course directory in nbgrader's usual layout below ``staging``, with the live gradebook."""
    course = type(app.coursedir)(parent=app)
    course.root, course.db_url, course.directory_structure = str(staging), app.coursedir.db_url, DEFAULT_STRUCTURE
    for step in ("source", "submitted", "autograded", "feedback"):
        setattr(course, f"{step}_directory", step)
    course.student_id_exclude, course.notebook_id = "", "*"
    return course


def settings(app: Any, assignment: str) -> dict[str, Any]:
    """What the course's configuration says of running an assignment's notebooks.

    ``limits`` (as :meth:`Limits.with_settings` takes them), ``kernel`` (one that is forced, or None), ``proof``,
    ``require_sandbox``, ``preload`` (modules named there), ``environment`` and ``executes`` (False: outputs are taken
    as they are handed in). Raises :class:`Invalid` where the course runs notebooks with a class of its own.
    """
    desk = desk_of(app)
    step = desk.execution
    return {
        "limits": step.limits_of(assignment),
        "kernel": step.kernel_name or None,
        "proof": step.proof,
        "require_sandbox": step.require_sandbox,
        "preload": sorted(step.preload),
        "environment": step.job_environment(),
        "executes": desk.executes,
    }
