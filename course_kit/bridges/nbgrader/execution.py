"""The one place where nbgrader hands over submitted code to be run: our execution in place of nbgrader's ``Execute``.

It obeys the course's settings for ``Execute`` (the time limit, the kernel) and has a few of its own. In a batch of
ours only the settings are read from here; within ``nbgrader autograde`` and the formgrader, :class:`ExecuteSubmission`
runs the notebook itself.
"""

import atexit
import json
import secrets
from functools import partial
from pathlib import Path
from typing import Any, cast

from nbformat import from_dict
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute
from nbgrader.preprocessors.execute import UnresponsiveKernelError
from traitlets import Bool, Dict, Enum, List, Unicode

from course_kit.bridges.kernel_name import named_kernel
from course_kit.bridges.nbgrader.evidence import (
    NotebookEvidence,
    cell_works,
    decided_cells,
    read_decisions,
    write_evidence,
)
from course_kit.bridges.nbgrader.held import hold, now_text, strip_skips
from course_kit.bridges.nbgrader.quiz_scores import Quizzes, quiet, recorded_source
from course_kit.bridges.nbgrader.tested import tests_of
from course_kit.errors import CourseKitError, Invalid
from course_kit.execution.job import Job, ProofMode, Result
from course_kit.model.limits import Limits

NOTEBOOK_SECONDS = 600.0
CELLS_AT_LIMIT = 20
_NBGRADER_SAYS = {"NBGRADER_EXECUTION": "autograde"}
_MAX_FILES = 500 * 10**6


class ExecuteSubmission(Execute):  # type: ignore[misc]  # nbgrader publishes no types
    """Run a sanitized notebook in a fork of a warm kernel: no network, not the course's files, within limits."""

    limits = Dict(help="Limits beside Execute.timeout, as in {'memory': '2 GB', 'notebook': '10 minutes'}.").tag(
        config=True
    )
    assignment_limits = Dict(help="Limits of single assignments, as in {'ps1': {'memory': '4 GB'}}.").tag(config=True)
    course_limits = Dict(
        help="Limits of single assignments as course.yml has them, for nbgrader's own grading: `course-kit nbgrader "
        "enable` writes them; what else is set here goes before them."
    ).tag(config=True)
    proof = Enum(("drawn", "all", "off"), "drawn", help="How many of a notebook's passes are proved.").tag(config=True)
    require_sandbox = Bool(False, help="Run nothing where a layer of the sandbox is missing.").tag(config=True)
    preload = List(Unicode(), help="Modules for the warm kernel, beside those that the source imports.").tag(
        config=True
    )
    environment = Dict(help="What submitted code finds in its environment, beside what every kernel has.").tag(
        config=True
    )

    def preprocess(self, nb: Any, resources: Any, *args: Any, **kwargs: Any) -> Any:
        """Run ``nb`` in a copy of its folder; its outputs are in it afterwards, and changed files in the folder."""
        names, folder = resources["nbgrader"], Path(resources["metadata"]["path"])
        strip_skips(nb, self.skip_cells_with_tag)
        quiet(nb)
        works = cell_works(nb, tests_of(nb))
        quizzes = self._quizzes(names)  # what was answered is read before any code runs
        result = _execute(self._job(nb, names["assignment"], folder), self._modules(names["assignment"]))
        if result.ending in ("missing-kernel", "failed"):
            raise UnresponsiveKernelError(result.reason or result.ending)
        for note in result.notes:
            self.log.warning("%s of %s: %s", names["notebook"], names["student"], note)
        executed = from_dict(json.loads(result.notebook))  # type: ignore[no-untyped-call]
        nb.cells, nb.metadata = executed.cells, executed.metadata
        put_changes(result, folder)
        self._hold(nb, result, works, names)
        if quizzes is not None:
            self._score(nb, quizzes, names)
        return nb, resources

    def limits_of(self, assignment: str) -> dict[str, Any]:
        """What the configuration itself sets for an assignment, as :meth:`Limits.with_settings` takes it."""
        found: dict[str, Any] = {}
        seconds = self.timeout
        if seconds != Limits().cell:
            found["cell"] = seconds if seconds and seconds > 0 else 0
            found["notebook"] = max(NOTEBOOK_SECONDS, CELLS_AT_LIMIT * float(found["cell"]))
        found |= {**self.limits, **self.assignment_limits.get(assignment, {})}
        try:
            Limits().with_settings(found)
        except ValueError as error:
            raise Invalid(
                f"nbgrader_config.py: {error}.", hint="Mend c.ExecuteSubmission.limits or .assignment_limits there."
            ) from error
        return found

    def _limits(self, assignment: str) -> Limits:
        """What holds where nbgrader grades: the configuration's own settings, and course.yml's where it has none."""
        try:
            found = Limits().with_settings(self.course_limits.get(assignment, {}))
        except ValueError as error:
            raise Invalid(
                f"c.ExecuteSubmission.course_limits: {error}.", hint="Write it anew: course-kit nbgrader enable."
            ) from error
        return found.with_settings(self.limits_of(assignment))

    def kernel_of(self, nb: Any) -> str:
        """The kernel that the configuration forces, or the one that the notebook names."""
        return named_kernel(nb, self.kernel_name)

    def job_environment(self) -> dict[str, str]:
        return {**{str(name): str(value) for name, value in self.environment.items()}, **_NBGRADER_SAYS}

    def _job(self, nb: Any, assignment: str, folder: Path) -> Job:
        return Job(
            notebook=json.dumps(nb).encode(),
            files=folder_files(folder),
            tests=tuple(tests_of(nb).values()),
            limits=self._limits(assignment),
            kernel=self.kernel_of(nb),
            preload=self._modules(assignment),
            proof=cast(ProofMode, self.proof),
            seed=secrets.randbits(63),
            env=self.job_environment(),
            require_sandbox=self.require_sandbox,
        )

    def _modules(self, assignment: str) -> tuple[str, ...]:
        """What the assignment's source imports: the warm kernel holds it. Nothing that a learner wrote is asked."""
        course = self._course()
        if course is None:
            return tuple(sorted(self.preload))
        folder = Path(course.format_path(course.source_directory, ".", assignment))
        return source_modules(folder, self.preload)

    def _course(self) -> Any:
        return getattr(getattr(self.parent, "parent", None), "coursedir", None)

    def _quizzes(self, names: Any) -> Quizzes | None:
        course = self._course()
        if course is None:
            return None
        source = Path(course.format_path(course.source_directory, ".", names["assignment"]))
        submitted = Path(course.format_path(course.submitted_directory, names["student"], names["assignment"]))
        return Quizzes(Path(course.root), source, submitted)

    def _score(self, nb: Any, quizzes: Quizzes, names: Any) -> None:
        with Gradebook(names["db_url"], self._course().course_id) as gradebook:
            quizzes.put(names["notebook"], nb, partial(recorded_source, gradebook, names))
        for text in (*quizzes.notes, *(flag["text"] for flag in quizzes.flags)):
            self.log.warning("%s of %s: %s", names["notebook"], names["student"], text)

    def _hold(self, nb: Any, result: Result, works: dict[str, str], names: Any) -> None:
        course = self._course()
        root = Path(course.root) if course is not None else None
        assignment, learner, notebook = names["assignment"], names["student"], names["notebook"]
        try:
            decisions = () if root is None else read_decisions(root, assignment)
        except CourseKitError as error:
            self.log.error("%s", error)
            decisions = ()
        cells = {index: name for name, index in tests_of(nb).items()}
        proofs = {cells[one.index]: (one.verdict, one.evidence) for one in result.proof if one.index in cells}
        decided = decided_cells(decisions, learner, notebook, works)
        found = hold(nb, proofs, [cell for cell, accepted in decided.items() if accepted], works=works)
        for name, one in found.items():
            if one.held:
                self.log.warning("%s of %s: the points of %s wait for you: %s", notebook, learner, name, one.evidence)
        if root is not None:
            evidence = NotebookEvidence(now_text(), "nbgrader", found)
            write_evidence(root, assignment, learner, {notebook: evidence})


def source_modules(source: Path, more: Any = ()) -> tuple[str, ...]:
    """The modules that the notebooks in ``source`` import, and ``more``."""
    from course_kit.execution.imports import imported_modules

    texts = []
    for path in sorted(source.glob("*.ipynb")):
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            texts += ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue  # whoever reads it for its own sake says what is wrong with it
    return tuple(sorted({*imported_modules(texts), *more}))


def folder_files(folder: Path) -> dict[str, bytes]:
    """Every regular file below a folder of graded work, by its relative path; links are left out."""
    found, size = {}, 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        size += path.stat().st_size
        if size > _MAX_FILES:
            raise Invalid(f"{folder} is larger than {_MAX_FILES // 10**6} MB.")
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def put_changes(result: Result, folder: Path) -> None:
    """Have the files that the code wrote or removed so in ``folder``, never outside of it."""
    inside = folder.resolve()
    for name, content in result.files.items():
        path = inside / name
        if not path.resolve().is_relative_to(inside) or path.resolve() == inside:
            continue
        if content is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content)


_RUNNING: dict[tuple[str, ...], Any] = {}


def _execute(job: Job, modules: tuple[str, ...]) -> Result:
    """By the one executor that this process keeps for these modules."""
    from course_kit.execution.executor import Executor

    if modules not in _RUNNING:
        end_execution()
        _RUNNING[modules] = Executor(preload=modules)
    result: Result = _RUNNING[modules].execute(job)
    return result


def end_execution() -> None:
    """End the warm kernel, where one was started."""
    while _RUNNING:
        _RUNNING.popitem()[1].close()


atexit.register(end_execution)


def execution_list(preprocessors: list[Any]) -> tuple[list[Any], list[Any], bool]:
    """The course's autograde preprocessors before and after execution, and whether there is one between.

    Raises :class:`Invalid` where the course executes notebooks with a class of its own.
    """
    from traitlets import import_item

    kinds = [import_item(kind) if isinstance(kind, str) else kind for kind in preprocessors]
    found = [number for number, kind in enumerate(kinds) if isinstance(kind, type) and issubclass(kind, Execute)]
    for number in found:
        if kinds[number] not in (Execute, ExecuteSubmission):
            raise Invalid(
                f"This course runs submitted notebooks with a class of its own ({kinds[number].__name__}).",
                hint="course-kit runs them in its sandbox instead: put nbgrader's Execute in its place in "
                "c.Autograde.autograde_preprocessors, or grade with `nbgrader autograde`.",
            )
    if not found:
        return [], kinds, False
    between = [kind for kind in kinds[found[0] + 1 : found[-1]] if kind not in (Execute, ExecuteSubmission)]
    return kinds[: found[0]], [*between, *kinds[found[-1] + 1 :]], True
