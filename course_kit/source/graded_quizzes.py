"""The checks of an assignment's quizzes: what can be graded, what it is worth, and whether nbgrader seals it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from course_kit.model.kinds import Matching, Ordering, Parsons
from course_kit.model.quiz import Item
from course_kit.quizzes.graded import all_points, essay_id, essays, questions_id, quiz_points, score_id, scored_quiz
from course_kit.quizzes.misplaced import misplaced_quiz
from course_kit.quizzes.parse import is_quiz
from course_kit.source.findings import Finding
from course_kit.source.notebooks import PlacedQuiz, SourceCell, SourceNotebook

_SEALERS = ("course_kit.bridges.nbgrader.enabled", "course_kit.bridges.nbgrader.seal.SealQuiz")


def quiz_findings(root: Path, label: str, notebooks: Mapping[str, SourceNotebook]) -> Iterator[Finding]:
    """What is wrong with the quizzes in the notebooks of an assignment; ``root`` is the nbgrader course's folder."""
    seen: dict[str, str] = {}
    for notebook in notebooks.values():
        yield from _misplaced(notebook)
        yield from _grade_ids(notebook)
        for placed in notebook.quizzes:
            yield from _quiz(notebook, placed)
            key = placed.quiz.key
            if key in seen:
                message = f"the quiz key `{key}` stands already in {seen[key]}"
                hint = "Give each quiz of an assignment a key of its own: its answers are kept in one file."
                yield _note(notebook, "duplicate-quiz-key", message, hint, placed.cell, 1)
            seen.setdefault(key, f"{notebook.path.rpartition('/')[2]}, cell {placed.cell.number}")
    if seen and not _is_sealing(root):
        message = "the assignment has a quiz, and nbgrader's own Generate button would give it out with its answers"
        hint = (
            "Run `course-kit nbgrader enable`, or put the two lines on quizzes of the instructor's guide into "
            "nbgrader_config.py. `course-kit build` seals it in any case."
        )
        yield Finding("error", "unsealed-quiz", label, message, hint)


def _is_sealing(root: Path) -> bool:
    """Whether the course's nbgrader_config.py names what seals quizzes (it is not run to be understood)."""
    try:
        text = (root / "nbgrader_config.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return any(sealer in line for line in lines for sealer in _SEALERS)


def _note(
    notebook: SourceNotebook,
    code: str,
    message: str,
    hint: str,
    cell: SourceCell,
    line: int | None = None,
    *,
    warning: bool = False,
) -> Finding:
    level: Any = "warning" if warning else "error"
    return Finding(level, code, notebook.path, message, hint, line, cell.id, cell.number)


def _misplaced(notebook: SourceNotebook) -> Iterator[Finding]:
    for cell in notebook.cells:
        found = misplaced_quiz(cell.kind, cell.source)
        if found is not None:
            yield _note(notebook, "misplaced-quiz", found.message, found.hint, cell, found.line)
        if cell.author_only and (cell.kind == "code" and is_quiz(cell.source)):
            message = "the quiz is tagged `author-only`, and nbgrader leaves no cell out"
            yield _note(notebook, "author-only-quiz", message, "Delete the cell, or take the tag off.", cell)


def _quiz(notebook: SourceNotebook, placed: PlacedQuiz) -> Iterator[Finding]:
    cell, quiz = placed.cell, placed.quiz.quiz
    if notebook.language not in ("python", "ipython"):
        message = f"the notebook has a quiz and speaks {notebook.language}: quizzes need a Python kernel"
        yield _note(notebook, "not-python", message, "Move the quiz to a Python notebook of the assignment.", cell)
    if isinstance(cell.metadata.get("nbgrader"), dict) and any(
        cell.metadata["nbgrader"].get(mark) is True for mark in ("grade", "solution", "locked", "task")
    ):
        message = "the quiz cell is marked as a cell of nbgrader's, which it becomes by itself"
        yield _note(notebook, "quiz-is-marked", message, "Choose `-` for it in the Assignment toolbar.", cell)
    for variants, line in zip(placed.quiz.variants, placed.quiz.lines, strict=False):
        item = variants.item
        if item.practice_only:
            message = f"the question `{item.key}` can only be practised: it needs the learner's own kernel"
            hint = "Move it to a lesson, or write a test cell for it."
            yield _note(notebook, "practice-only", message, hint, cell, line)
        if told := _told_by_order(item):
            message = f"the question `{item.key}` gives its answer away: {told} never stand as they should be put"
            hint = "Add another, a distractor will do: with four there are orders enough."
            yield _note(notebook, "too-few-to-order", message, hint, cell, line, warning=True)
        if item.hints or item.attempts is not None or item.wait:
            message = f"the question `{item.key}` has hints, attempts or a wait: in a graded quiz there is no such help"
            yield _note(notebook, "no-help-here", message, "They count in lessons only.", cell, line, warning=True)
    if quiz.items and not all_points(quiz):
        yield _note(notebook, "no-points", f"the quiz `{quiz.key}` gives no points", "Write `points: 1`.", cell)
    scored = scored_quiz(quiz)
    if quiz.pick is not None and len({variants.item.points for variants in scored.items}) > 1:
        message = (
            f"the questions of the pool `{quiz.key}` are worth different points: learners would meet unlike totals"
        )
        yield _note(notebook, "unequal-pool", message, "Give each the same `points:`.", cell)
    if quiz.pick is not None and essays(quiz):
        message = f"the pool `{quiz.key}` holds an essay, whose cell every learner would get"
        yield _note(notebook, "essay-in-pool", message, "Put the essay into a quiz of its own.", cell)


def _told_by_order(item: Item) -> str:
    """Which entries tell their order by the one in which they are shown, which is never the right one; or nothing."""
    if isinstance(item, Ordering) and len(item.pieces) < 3:
        return "its two pieces"
    if isinstance(item, Matching) and len(item.right) < 3:
        return "its two partners"
    if isinstance(item, Parsons) and len(item.pieces) < 3:
        return "its two lines"
    return ""


def _grade_ids(notebook: SourceNotebook) -> Iterator[Finding]:
    """nbgrader ids that a quiz's cells will have and another cell has already."""
    taken: dict[str, int] = {}
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader")
        if isinstance(marks, dict) and isinstance(marks.get("grade_id"), str) and not is_quiz(cell.source):
            taken.setdefault(marks["grade_id"], cell.number)
    for placed in notebook.quizzes:
        quiz = placed.quiz.quiz
        names = [score_id(quiz.key), questions_id(quiz.key)] if quiz_points(quiz) or scored_quiz(quiz).items else []
        names += [essay_id(quiz.key, item.key) for item in essays(quiz)]
        for name in names:
            if name in taken:
                message = (
                    f"the quiz `{quiz.key}` makes a cell with the nbgrader id `{name}`, which cell {taken[name]} has"
                )
                hint = "Give the quiz (or that cell) another name."
                yield _note(notebook, "duplicate-grade-id", message, hint, placed.cell)
            taken.setdefault(name, placed.cell.number)
