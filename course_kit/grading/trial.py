"""Grade beside the recorded scores and show every difference, in a copy of the gradebook that is thrown away.

:func:`dry_run` grades with the tests in force, as the next `grade` would; :func:`preview` with the changed tests and
cells of the source, before they are applied. Nothing of the course changes.
"""

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_kit.execution.job import ProofMode
from course_kit.grading.batch import run_trial
from course_kit.grading.desk import Desk
from course_kit.grading.engine import Engine
from course_kit.grading.graded import BatchState, GradedBatch
from course_kit.grading.opened import Opened, Warm
from course_kit.grading.places import Progress, check_place, find_place, no_progress
from course_kit.grading.records import Forgetful


@dataclass(frozen=True)
class Difference:
    """What would be otherwise, for one learner's cell (``cell`` "" is the whole notebook, ``notebook`` "" the whole
    submission). ``before`` and ``after`` in points; None: no score."""

    learner: str
    notebook: str
    cell: str
    before: float | None
    after: float | None
    text: str


@dataclass(frozen=True)
class Trial:
    """``changes``: what would change in the tests; ``differences``: in scores, submissions before notebooks and cells.

    ``unaffected``: how many submissions keep each point; ``batch``: how the trial went for each submission.
    """

    changes: tuple[str, ...]
    differences: tuple[Difference, ...]
    unaffected: int
    batch: GradedBatch
    seconds: float = 0.0

    @property
    def learners(self) -> tuple[str, ...]:
        """Whose total would change."""
        return tuple(one.learner for one in self.differences if not one.notebook)


def dry_run(course_folder: Path, assignment: str, **options: Any) -> Trial:
    """Grade everything beside the recorded scores, of course-kit or of nbgrader, and write nothing.

    Options as for :func:`preview`. Scores and comments that were given by hand count in both.
    """
    return _Trial(course_folder, assignment, changed_cells=False, **options).run()


def preview(
    course_folder: Path,
    assignment: str,
    *,
    kernel: str | None = None,
    learners: Iterable[str] | None = None,
    limits: Mapping[str, Any] | None = None,
    proof: ProofMode | None = None,
    require_sandbox: bool = False,
    engine: Engine | None = None,
    progress: Progress = no_progress,
    watch: Callable[[BatchState], None] | None = None,
) -> Trial:
    """Who would change, and by how much, if the source's changed tests and cells were applied.

    Where nothing waits to be applied nothing is run, and the trial has no ``changes``. Only results go into the cache,
    so that applying (``grade(…, apply_changes=True)``) runs nothing again. Raises as
    :func:`~course_kit.grading.batch.grade` does.
    """
    trial = _Trial(
        course_folder,
        assignment,
        changed_cells=True,
        kernel=kernel,
        learners=learners,
        limits=limits,
        proof=proof,
        require_sandbox=require_sandbox,
        engine=engine,
        progress=progress,
        watch=watch,
    )
    return trial.run()


@dataclass
class _Trial:
    course_folder: Path
    assignment: str
    changed_cells: bool
    kernel: str | None = None
    learners: Iterable[str] | None = None
    limits: Mapping[str, Any] | None = None
    proof: ProofMode | None = None
    require_sandbox: bool = False
    engine: Engine | None = None
    progress: Progress = no_progress
    watch: Callable[[BatchState], None] | None = None

    def run(self) -> Trial:
        began = time.monotonic()
        with ExitStack() as stack:
            folder = check_place(self.course_folder)
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="course-kit-trial-")))
            live = stack.enter_context(Desk(log=scratch / "live.log", kernel=self.kernel))
            place = find_place(folder, ask=live.info)
            chosen = place.assignment(self.assignment)
            found = live.call(chosen.root, "cell_changes", assignment=chosen.name)
            changes = tuple(change["text"] for change in found["changes"])
            if self.changed_cells and found["state"] != "changed":
                submitters = live.info(chosen.root).submitters(chosen.name)
                return Trial((), (), len(submitters), GradedBatch(()), time.monotonic() - began)
            before = live.call(chosen.root, "scores", assignment=chosen.name)
            book = scratch / "gradebook.db"
            live.call(
                chosen.root,
                "trial_gradebook",
                assignment=chosen.name,
                path=str(book),
                changed_cells=self.changed_cells,
            )
            desk = stack.enter_context(Desk(log=scratch / "trial.log", kernel=self.kernel, database=book))
            warm = stack.enter_context(Warm(self.engine, log=scratch / "trial.log"))
            opened = Opened(
                place,
                chosen,
                desk,
                info=live.info(chosen.root),
                kernel=self.kernel,
                limits=self.limits,
                proof=self.proof,
                sandbox=self.require_sandbox,
                records=Forgetful(place, chosen),
                target=lambda learner: scratch / "autograded" / learner,
            )
            batch = run_trial(
                opened,
                warm,
                self.learners,
                keeps=self.changed_cells,
                progress=self.progress,
                watch=self.watch,
                at=datetime.now(UTC),
            )
            after = desk.call(chosen.root, "scores", assignment=chosen.name)
        differences = tuple(_differences(batch, before, after))
        touched = {one.learner for one in differences}
        unaffected = sum(score.learner not in touched for score in batch)
        seconds = time.monotonic() - began
        return Trial(changes, differences, unaffected, replace(batch, pending=changes), seconds)


def _differences(batch: GradedBatch, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Difference]:
    for score in batch:
        old, new = before["submissions"].get(score.learner), after["submissions"].get(score.learner)
        if score.score is None:
            new = None
        if old is None and new is None:
            continue
        was, now = _points(old), _points(new)
        if was != now or _maximum(old) != _maximum(new):
            yield Difference(score.learner, "", "", was, now, _text("in all", was, now, old, new, score.detail))
        if old is not None and new is not None:
            yield from _inside(score.learner, old["notebooks"], new["notebooks"])


def _inside(learner: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[Difference]:
    for notebook in sorted({*old, *new}):
        was, now = _points(old.get(notebook)), _points(new.get(notebook))
        if was != now:
            yield Difference(learner, notebook, "", was, now, _text(f"{notebook}.ipynb", was, now))
        cells = [row.get(notebook, {}).get("cells", {}) for row in (old, new)]
        for cell in sorted({*cells[0], *cells[1]}):
            first, second = (one.get(cell) for one in cells)
            if first != second:
                yield Difference(learner, notebook, cell, first, second, _text(f"{cell} in {notebook}", first, second))


def _points(row: Mapping[str, Any] | None) -> float | None:
    return None if row is None else float(row["score"])


def _maximum(row: Mapping[str, Any] | None) -> float | None:
    return None if row is None or "max_score" not in row else float(row["max_score"])


def _text(
    what: str,
    was: float | None,
    now: float | None,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    detail: str = "",
) -> str:
    def shown(points: float | None, row: Mapping[str, Any] | None) -> str:
        most = _maximum(row)
        text = "no score" if points is None else f"{points:g}"
        return text if most is None else f"{text} of {most:g}"

    sentence = f"{what}: {shown(was, old)} would become {shown(now, new)}."
    return f"{sentence} {detail}".strip() if now is None else sentence
