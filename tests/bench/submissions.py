"""Made-up submissions with a seed: each answer is the reference, the untouched stub, a slip, or code that raises."""

import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

from course_kit.apps.made_up_answers import right_answer, wrong_answer
from course_kit.quizzes.graded import is_questions, is_scored, scored_quiz
from course_kit.quizzes.parse import is_quiz, parse_quiz
from course_kit.session.quizzes import open_quiz

KINDS, WEIGHTS = ("solved", "untouched", "mutated", "failing"), (60, 20, 15, 5)
_SLIPS = ((" + ", " - "), (" < ", " <= "), (" == ", " != "), (" and ", " or "), ("True", "False"))
_MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")
_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")


def submit(nbgrader_root: Path, assignment: str, learners: int, *, seed: int = 0) -> list[str]:
    """Write ``submitted/learnerNNN/<assignment>`` for each of them from ``release/`` and ``source/``; the ids.

    Quizzes are answered through the session that a learner's page talks to.
    """
    release, source = nbgrader_root / "release" / assignment, nbgrader_root / "source" / assignment
    names = [f"learner{number:04d}" for number in range(learners)]
    for number, name in enumerate(names):
        chance = random.Random(f"{seed}/{number}")
        folder = nbgrader_root / "submitted" / name / assignment
        shutil.copytree(release, folder)
        for path in sorted(folder.rglob("*.ipynb")):
            _answer(path, source / path.relative_to(folder), chance, name)
            _answer_quizzes(folder, source / path.relative_to(folder), chance, nbgrader_root.parent / "data" / name)
        (folder / "timestamp.txt").write_text(f"2026-01-{1 + number % 28:02d} 12:00:00 UTC\n")
    return names


def text_of(cell: dict[str, Any]) -> str:
    """A cell's source as one text."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def marks_of(cell: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader keeps of a cell; empty where it keeps nothing."""
    marks: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return marks


def _answer(path: Path, reference: Path, chance: random.Random, name: str) -> None:
    """Answer a notebook. No two learners hand in the same text, so that no result serves for two."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    solutions = {
        marks_of(cell)["grade_id"]: text_of(cell)
        for cell in json.loads(reference.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code" and marks_of(cell).get("solution")
    }
    for cell in notebook["cells"]:
        grade_id = marks_of(cell).get("grade_id")
        if grade_id in solutions:
            [kind] = chance.choices(KINDS, WEIGHTS)
            cell["source"] = f"{answer(solutions[grade_id], text_of(cell), kind, chance)}\n# {name}"
        elif cell["cell_type"] == "markdown" and marks_of(cell).get("solution"):
            cell["source"] = f"{text_of(cell)}\n\nI think so, {name}."
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _answer_quizzes(folder: Path, reference: Path, chance: random.Random, data: Path) -> None:
    """Answer the quizzes of the notebook that was made of ``reference``: two of three responses are right."""
    for cell in json.loads(reference.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code" or not is_quiz(text_of(cell)):
            continue
        quiz = scored_quiz(parse_quiz(text_of(cell))[0].quiz)
        keyed = {variants.item.key: variants for variants in quiz.items}
        session = open_quiz(quiz.key, cwd=folder, environ={"COURSE_KIT_RECORD": "1"}, data=data)
        for public in session.publics():
            item = keyed[public["key"]].variant(public["variant"])
            session.answer(item.key, right_answer(item) if chance.random() < 2 / 3 else wrong_answer(item, chance))


def is_of_quiz(cell: dict[str, Any]) -> bool:
    """Whether a released cell belongs to a graded quiz: nbgrader alone knows none."""
    return is_questions(cell) or is_scored(cell)


def answer(solution: str, stub: str, kind: str, chance: random.Random) -> str:
    """One answer of that kind."""
    if kind == "untouched":
        return stub
    solved = "\n".join(line for line in solution.splitlines() if line.strip() not in _MARKERS)
    if kind == "failing":
        return f"{solved}\nraise RuntimeError('not finished')"
    return _slip(solved, chance) if kind == "mutated" else solved


def _slip(solved: str, chance: random.Random) -> str:
    """One number that is one too large or one operator that is another; unchanged where there is neither."""
    numbers = list(_NUMBER.finditer(solved))
    slips = [slip for slip in _SLIPS if slip[0] in solved]
    if numbers and (not slips or chance.random() < 0.5):
        hit = chance.choice(numbers)
        return f"{solved[: hit.start()]}{int(hit[0]) + 1}{solved[hit.end() :]}"
    return solved.replace(*chance.choice(slips), 1) if slips else solved
