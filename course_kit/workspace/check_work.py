"""Check my work: run an assignment's visible tests on a copy, in a fresh kernel, and say what they said."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from course_kit.bridges.kernel import CellOutcome, kernel_of, run_cells
from course_kit.errors import Invalid
from course_kit.quizzes.graded import is_scored
from course_kit.workspace import notebooks as nb
from course_kit.workspace.assignment import WorkFolder, graded_cells
from course_kit.workspace.folder import Workspace
from course_kit.workspace.quiz_work import QuizWork, practice_notebooks, quiz_work, quizzes_of, responses_of

Verdict = Literal["passed", "failed", "not-answered", "not-run", "by-hand"]
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ARROW = re.compile(r"^-+>\s*\d+\s?(.*)$")
_LONGEST = 400


@dataclass(frozen=True)
class CheckedCell:
    """One cell with points. ``message`` says what went wrong, for a learner; ``points`` is what it can give."""

    notebook: str
    grade_id: str
    cell_id: str
    verdict: Verdict
    message: str
    points: float


@dataclass(frozen=True)
class CheckedWork:
    """``problems``: notebooks that could not be run at all, each in a sentence. ``practice``: these were all tests."""

    assignment: str
    cells: tuple[CheckedCell, ...]
    problems: tuple[str, ...] = ()
    cancelled: bool = False
    practice: bool = False

    @property
    def passed(self) -> int:
        return sum(cell.verdict == "passed" for cell in self.cells)

    @property
    def tests(self) -> int:
        """How many cells are tests (the others are marked by a person)."""
        return sum(cell.verdict != "by-hand" for cell in self.cells)


def check_work(
    folder: Path,
    assignment: str,
    *,
    kernel: str | None = None,
    timeout: float = 60.0,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> CheckedWork:
    """Run the tests that the learner can see, on a copy of ``assignment`` from the copy around ``folder``.

    Nothing of the learner's changes and nothing is recorded. The tests are the release's, whatever the notebook has
    in their place; hidden tests run only when the assignment is graded, but here in one for practice. ``timeout`` is
    in seconds a cell. Raises :class:`NotFound` for an unknown assignment, :class:`Unavailable` where the kernel is
    missing.
    """
    work = WorkFolder.find(Workspace.around(folder), assignment)
    whole = practice_notebooks(work)
    cells: list[CheckedCell] = []
    problems: list[str] = []
    stopped = False
    with TemporaryDirectory(prefix="course-kit-check-", ignore_cleanup_errors=True) as place:
        copy = Path(place) / work.assignment.key
        for name in work.files:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(work.folder / name, copy / name)
        for name in work.expected():
            try:
                notebook = _with_release_tests(work, name, whole.get(name))
            except Invalid as error:
                problems.append(error.message)
                continue
            if notebook is None:
                problems.append(f"{name} is missing. Bring it back with Restore.")
                continue
            kernel_of(notebook, kernel)
            ran = run_cells(
                notebook,
                cwd=(copy / name).parent,
                kernel=kernel,
                timeout=timeout,
                progress=progress,
                cancelled=cancelled,
            )
            cells += _checked(work, name, notebook, ran.cells)
            stopped = stopped or ran.cancelled
    return CheckedWork(work.assignment.key, tuple(cells), tuple(problems), stopped, work.assignment.practice)


def _with_release_tests(work: WorkFolder, name: str, whole: nb.Notebook | None) -> nb.Notebook | None:
    """The learner's notebook with the release's tests in place of whatever stands there; None if it is missing.

    ``whole``: the notebook with all of its tests, in practice.
    """
    if name not in work.files:
        return None
    notebook = nb.read_notebook(work.content(name), name)
    released = {nb.grade_id_of(cell): cell for cell in (work.released(name) or {"cells": []})["cells"]}
    hidden = {nb.grade_id_of(cell): nb.source_of(cell) for cell in (whole or {"cells": []})["cells"] if _is_test(cell)}
    for cell in notebook["cells"]:
        original = released.get(nb.grade_id_of(cell))
        if original is not None and nb.is_locked(original):
            source = hidden.get(nb.grade_id_of(cell), nb.source_of(original))
            # a quiz's cell only says that it is not run
            cell["source"], cell["cell_type"] = "" if is_scored(original) else source, original["cell_type"]
            cell["metadata"] = {**cell.get("metadata", {}), "nbgrader": dict(nb.nbgrader_of(original))}
        cell["source"] = nb.source_of(cell)
        tags = cell.get("metadata", {}).get("tags")
        if isinstance(tags, list) and "skip-execution" in tags:
            tags.remove("skip-execution")
    return notebook


def _is_test(cell: nb.Cell) -> bool:
    return nb.is_grade(cell) and not nb.is_manual(cell) and cell.get("cell_type") == "code"


def _checked(
    work: WorkFolder, name: str, notebook: dict[str, Any], outcomes: tuple[CellOutcome, ...]
) -> list[CheckedCell]:
    """What became of each cell that bears points in the release, in its order."""
    by_index = {outcome.index: outcome for outcome in outcomes}
    mine: dict[str, tuple[CellOutcome | None, nb.Cell]] = {}
    unanswered = False
    for index, cell in enumerate(notebook["cells"]):
        outcome, grade_id = by_index.get(index), nb.grade_id_of(cell)
        if nb.nbgrader_of(cell).get("solution") is True:
            unanswered = outcome is not None and outcome.error == "NotImplementedError"
        elif unanswered and outcome is not None and outcome.error == "NameError":
            # what the test looks for would have come from the cell above, which was not answered
            outcome = replace(outcome, error="NotImplementedError")
        if grade_id is not None and grade_id not in mine:
            mine[grade_id] = outcome, cell
    expected = graded_cells(work.released(name)) or graded_cells(notebook)
    checked = []
    quizzes, responses = quizzes_of(work, name), responses_of(work)
    for grade_id, original in expected.items():
        outcome, cell = mine.get(grade_id, (None, original))
        points = nb.nbgrader_of(original).get("points")
        worth = float(points) if isinstance(points, int | float) else 0.0
        if is_scored(original) and grade_id in quizzes:
            verdict, message = _quiz_verdict(quiz_work(quizzes[grade_id], responses, worth), worth)
        else:
            verdict, message = _verdict(original, outcome, grade_id in mine)
        checked.append(CheckedCell(name, grade_id, nb.id_of(cell) or "", verdict, message, worth))
    return checked


def _quiz_verdict(quiz: QuizWork, worth: float) -> tuple[Verdict, str]:
    if quiz.points is None:
        return "by-hand", f"{quiz.in_words[0].upper()}{quiz.in_words[1:]}. They are scored when it is graded."
    if quiz.points >= worth:
        return "passed", ""
    if not quiz.answered:
        return "not-answered", "Not answered yet."
    return "failed", f"{quiz.points:g} of {worth:g} points; {quiz.in_words}."


def _verdict(original: nb.Cell, outcome: CellOutcome | None, present: bool) -> tuple[Verdict, str]:
    if nb.is_manual(original):
        return "by-hand", "A person marks this one."
    if not present:
        return "not-run", "This test was deleted from your notebook. Bring it back with Restore."
    if outcome is None or outcome.ending == "not-run":
        return "not-run", "It was not run, because an earlier cell stopped the notebook."
    if outcome.ending == "ok":
        return "passed", ""
    if outcome.ending in ("timed-out", "died"):
        return "failed", outcome.message
    if outcome.error == "NotImplementedError":
        return "not-answered", "Not answered yet."
    return "failed", _message(outcome)


def _message(outcome: CellOutcome) -> str:
    """What an error says, in a line or a few, without a traceback or a path of this computer."""
    said = _ANSI.sub("", outcome.message).strip()
    if outcome.error == "AssertionError":
        return _short(said) if said else _failed_line(outcome)
    return _short(f"{outcome.error}: {said}" if said else outcome.error)


def _failed_line(outcome: CellOutcome) -> str:
    for line in "\n".join(outcome.traceback).splitlines():
        match = _ARROW.match(_ANSI.sub("", line).strip())
        if match is not None and match[1].strip():
            return _short(f"This does not hold: {match[1].strip()}")
    return "The test does not hold."


def _short(text: str) -> str:
    plain = re.sub(r"(?:[A-Za-z]:\\|/)(?:[\w.+ -]+[\\/])+(?=[\w.+-]+)", "…/", text)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
