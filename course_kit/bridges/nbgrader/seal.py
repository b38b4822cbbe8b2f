"""``%%quiz`` cells of an assignment, sealed while nbgrader makes the learners' version: questions without their keys.

Two steps of nbgrader's GenerateAssignment: :class:`SealQuiz` before cells are locked and named in the gradebook, and
:class:`ShowQuiz` after outputs were cleared. They work in course-kit's own build and behind the formgrader's button
(:mod:`course_kit.bridges.nbgrader.enabled` puts them into the list).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import from_dict
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions, NbGraderPreprocessor

from course_kit.model.quiz import Item, Quiz
from course_kit.quizzes.graded import (
    QUIZ_FILE,
    RESPONSES,
    SCORED,
    essay_id,
    essays,
    key_line,
    questions_id,
    quiz_points,
    score_id,
    scored_quiz,
)
from course_kit.quizzes.misplaced import misplaced_quiz
from course_kit.quizzes.parse import is_quiz, parse_quiz
from course_kit.quizzes.quiz_file import quiz_file
from course_kit.quizzes.render import renderer

METADATA_VERSION = 1
NOTE = (
    f"Run this cell to answer. Your answers are kept in {RESPONSES} beside this notebook and scored when it is graded."
)
_PAGES = "course_kit_pages"


class FaultyQuiz(Exception):
    """A quiz that cannot be released; nbgrader shows the message and makes no release."""


class SealQuiz(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader publishes no types
    """Put a display cell, a grade cell and the cells of essays in the place of each ``%%quiz`` cell."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Raises :class:`FaultyQuiz` where a quiz would go out with its answers, or cannot be read."""
        self._begin_hidden, self._end_hidden = _marks(ClearHiddenTests(parent=self.parent), "test")
        self._begin_solution, self._end_solution = _marks(ClearSolutions(parent=self.parent), "solution")
        cells: list[Any] = []
        sealed: list[Quiz] = []
        for number, cell in enumerate(nb.cells, 1):
            if cell.cell_type == "code" and is_quiz(cell.source):
                quiz = _read(cell.source, number)
                if quiz.key in {one.key for one in sealed}:
                    raise FaultyQuiz(f"cell {number}: the quiz key {quiz.key!r} stands there already")
                sealed.append(quiz)
                cells += self._cells(quiz, cell)
                continue
            found = misplaced_quiz(cell.cell_type, cell.source)
            if found is not None:
                raise FaultyQuiz(f"cell {number}, line {found.line}: {found.message}. {found.hint}")
            cells.append(cell)
        if sealed:
            nb.cells = cells
            # an author who tried the quiz out may have saved its widget with what was shown: feedback, answers
            nb.metadata.pop("widgets", None)
            self._write(sealed, resources)
        return nb, resources

    def _write(self, quizzes: list[Quiz], resources: Any) -> None:
        """The questions, beside the notebook; and as pages, for :class:`ShowQuiz`."""
        folder = Path(resources.get("metadata", {}).get("path") or ".")
        name = str(resources.get("nbgrader", {}).get("notebook") or resources.get("unique_key") or "notebook")
        scored = [one for quiz in quizzes if (one := scored_quiz(quiz)).items]
        if not scored:
            return
        file, released = quiz_file(f"{name}.ipynb", scored, renderer(folder, folder), sealed=False)
        text = json.dumps(file, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
        outputs = dict(resources.get("outputs") or {})
        outputs[f"{name}{QUIZ_FILE}"] = text.encode()
        resources["outputs"] = outputs
        resources[_PAGES] = {key: quiz.page(NOTE) for key, quiz in released.items()}

    def _cells(self, quiz: Quiz, cell: Any) -> Iterator[Any]:
        if scored_quiz(quiz).items:
            yield self._display(quiz, cell)
            yield self._grade(quiz, cell)
        for item in essays(quiz):
            yield self._essay(quiz, item, cell)

    def _display(self, quiz: Quiz, cell: Any) -> Any:
        made = _code(f'from course_kit import quiz\nquiz("{quiz.key}")', _locked(questions_id(quiz.key)))
        made.metadata["course_kit"] = {"version": METADATA_VERSION, "quiz": quiz.key, "graded": True}
        return _named(made, cell, "")

    def _grade(self, quiz: Quiz, cell: Any) -> Any:
        points = quiz_points(quiz)
        source = "\n".join(
            [
                f'# Quiz "{quiz.key}", {points:g} {"point" if points == 1 else "points"}: your answers are kept in '
                f"{RESPONSES},",
                "# and course-kit scores them when the assignment is graded.",
                SCORED,
                f"### {self._begin_hidden}",
                key_line(cell.source),
                f"### {self._end_hidden}",
            ]
        )
        return _named(_code(source, _locked(score_id(quiz.key), points=points)), cell, "grade")

    def _essay(self, quiz: Quiz, item: Item, cell: Any) -> Any:
        """The prompt stays; the example stands where nbgrader leaves a solution out."""
        example = "\n\n".join(part for part in (str(getattr(item, "example", "")), item.explanation) if part)
        source = (
            f"{item.prompt}\n\n{_length(item)}"
            f"### {self._begin_solution}\n{example or '(an answer)'}\n### {self._end_solution}"
        )
        marks = _marks_of(essay_id(quiz.key, item.key), grade=True, solution=True, points=item.points)
        made: Any = from_dict(  # type: ignore[no-untyped-call]
            {"cell_type": "markdown", "metadata": {"nbgrader": marks}, "source": source}
        )
        return _named(made, cell, item.key)


class ShowQuiz(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader publishes no types
    """Give the display cells the questions to read without a kernel, as their output."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        pages = resources.get(_PAGES, {})
        for cell in nb.cells:
            page = pages.get(cell.metadata.get("course_kit", {}).get("quiz"))
            if cell.cell_type == "code" and page is not None:
                data = {"text/html": page, "text/plain": "Quiz: run this cell to answer."}
                cell.outputs = [from_dict({"output_type": "display_data", "data": data, "metadata": {}})]  # type: ignore[no-untyped-call]
        return nb, resources


def _read(source: str, number: int) -> Quiz:
    parsed, problems = parse_quiz(source)
    faults = [problem for problem in problems if problem.level == "error"]
    if faults:
        raise FaultyQuiz(f"cell {number}, line {faults[0].line}: {faults[0].message}. {faults[0].hint}".strip())
    if not parsed.quiz.items:
        raise FaultyQuiz(f"cell {number}: the quiz {parsed.key!r} has no question")
    for variants in parsed.quiz.items:
        if variants.item.practice_only:
            raise FaultyQuiz(f"cell {number}: {variants.item.key!r} can only be practised, not graded")
    return parsed.quiz


def _marks(step: Any, what: str) -> tuple[str, str]:
    return getattr(step, f"begin_{what}_delimeter"), getattr(step, f"end_{what}_delimeter")


def _marks_of(grade_id: str, *, grade: bool, solution: bool, points: float | None = None) -> dict[str, Any]:
    found = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    return found if points is None else {**found, "points": int(points) if points == int(points) else points}


def _locked(grade_id: str, *, points: float | None = None) -> dict[str, Any]:
    return _marks_of(grade_id, grade=points is not None, solution=False, points=points)


def _code(source: str, marks: dict[str, Any]) -> Any:
    made: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {"nbgrader": marks},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    return from_dict(made)  # type: ignore[no-untyped-call]


def _named(made: Any, origin: Any, part: str) -> Any:
    """With an id that stays the same from release to release, where the notebook has ids at all."""
    if origin.get("id"):
        made["id"] = f"{origin['id'][:40]}-{part}"[:64].replace(".", "_") if part else origin["id"]
    return made


def _length(item: Item) -> str:
    low, high = item.form().get("words") or (0, None)
    if low and high:
        return f"*{low} to {high} words.*\n\n"
    return f"*At least {low} words.*\n\n" if low else f"*At most {high} words.*\n\n" if high else ""
