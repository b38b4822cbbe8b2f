"""An assignment's cells as its source has them: nbgrader's own way of making a release, in memory, writing nothing.

Runs in the worker.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import nbgrader
from nbgrader.api import MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import IncludeHeaderFooter, SaveCells

from course_kit.bridges.nbgrader.config import info_of
from course_kit.bridges.nbgrader.enabled import with_sealing
from course_kit.bridges.nbgrader.steps import Steps, check_node, quicken, read_node, resources_for
from course_kit.errors import Invalid


@dataclass
class SourceCells:
    """One notebook's cells, in nbgrader's own fields, by kind and name, in the order of the notebook."""

    kernelspec: str
    grade: dict[str, dict[str, Any]] = field(default_factory=dict)
    solution: dict[str, dict[str, Any]] = field(default_factory=dict)
    task: dict[str, dict[str, Any]] = field(default_factory=dict)
    source: dict[str, dict[str, Any]] = field(default_factory=dict)


class _Nobody:
    """A gradebook that holds nothing."""

    def __getattr__(self, name: str) -> Any:
        def find(*_names: str) -> None:
            raise MissingEntry(name)

        return find


class _ReadCells(SaveCells):  # type: ignore[misc]  # nbgrader publishes no types
    """nbgrader's SaveCells, which says what it would save."""

    found: SourceCells | None = None

    def preprocess(self, nb: Any, resources: Any) -> Any:
        new = SourceCells(json.dumps(nb.metadata.get("kernelspec", {})))
        self.new_grade_cells, self.new_solution_cells = new.grade, new.solution
        self.new_task_cells, self.new_source_cells = new.task, new.source
        self.gradebook, self.notebook_id = _Nobody(), resources["nbgrader"]["notebook"]
        self.assignment_id = resources["nbgrader"]["assignment"]
        for index, cell in enumerate(nb.cells):
            nb.cells[index], resources = self.preprocess_cell(cell, resources, index)
        self.found = new
        return nb, resources


def read_source_cells(app: Any, assignment: str) -> dict[str, SourceCells]:
    """The cells of an assignment's notebooks by the notebooks' names, in order. Raises :class:`Invalid`."""
    quicken()
    course = app.coursedir
    converter = GenerateAssignment(coursedir=course, parent=app)
    exporter = converter.exporter_class(parent=converter, config=converter.config)
    reader: Any = _ReadCells(parent=exporter)
    saves = [kind for kind in converter.preprocessors if isinstance(kind, type) and issubclass(kind, SaveCells)]
    kinds = with_sealing(list(converter.preprocessors))
    steps = Steps([reader if kind in saves else kind for kind in kinds], exporter)
    paths = sorted(info_of(app).source_folder(assignment).glob("*.ipynb"))
    course.assignment_id, converter.notebooks = assignment, [str(path) for path in paths]
    converter.run_pre_convert_hook()
    found: dict[str, SourceCells] = {}
    for path in paths:
        reader.found = None
        os.chdir(course.root)
        try:
            resources = resources_for(path, assignment=assignment, learner=".", db_url=course.db_url)
            check_node(steps.run(read_node(path), resources))
        except (Exception, SystemExit) as error:
            app.log.exception("%s cannot be read", path)
            raise Invalid(
                f"nbgrader cannot read the source of {assignment!r}: {path.name}: {_reason(error)}.",
                hint="Run `course-kit check` (or `nbgrader generate_assignment` there), mend it, and grade again.",
            ) from error
        if reader.found is not None:  # a course may record no cells
            found[path.stem] = reader.found
    converter.run_post_convert_hook()
    return found


def source_digest(app: Any, assignment: str) -> str:
    """Names all that an assignment's cells are made of: its notebooks, headers, autotests, settings and nbgrader."""
    whole = hashlib.sha256(f"{nbgrader.__version__}\n{_settings(app)}\n".encode())
    info = info_of(app)
    frame = IncludeHeaderFooter(parent=app)
    folder = info.source_folder(assignment)
    files = [*sorted(folder.glob("*.ipynb")), *sorted(folder.glob("autotests.y*ml")), info.root / "autotests.yml"]
    files += [info.root / name for name in (frame.header, frame.footer) if name]
    for path in files:
        try:
            content = path.read_bytes()
        except OSError:
            continue
        whole.update(f"{path.name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


def _settings(app: Any) -> str:
    """The configuration as text; what has no text of its own goes by its name."""

    def shown(value: Any) -> str:
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__qualname__)}"

    return json.dumps(app.config, sort_keys=True, default=shown)


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().rstrip(".") or type(error).__name__
