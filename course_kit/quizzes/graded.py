"""Graded quizzes: what a quiz becomes in an assignment, as nbgrader's cells are told apart, and what it is worth.

A quiz becomes a display cell, and a grade cell that refuses to run: stock nbgrader gives it no points, and course-kit
puts what it scored in the place of the refusal. Essays become cells of their own, which a person marks.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from course_kit.model.quiz import Item, Quiz, Variants

QUIZ_FILE = ".quizzes.json"
"""``frames.ipynb`` has its questions in ``frames.quizzes.json`` beside it."""
RESPONSES = "responses.json"
SCORED = 'raise NotImplementedError("scored by course-kit")'
"""The line that every grade cell of a quiz holds."""
_KEY_LINE = re.compile(r"^# quiz key: ([0-9a-f]{16})$", re.MULTILINE)
_ODD = re.compile(r"[^A-Za-z0-9_-]")


def score_id(quiz: str) -> str:
    """The nbgrader id of a quiz's grade cell."""
    return _ODD.sub("_", f"quiz-{quiz}")


def questions_id(quiz: str) -> str:
    """The nbgrader id of the cell that shows a quiz's questions."""
    return f"{score_id(quiz)}-questions"


def essay_id(quiz: str, item: str) -> str:
    """The nbgrader id of the cell in which an essay is written."""
    return _ODD.sub("_", f"quiz-{quiz}-{item}")


def is_scored(cell: Mapping[str, Any]) -> bool:
    """Whether a notebook's cell (as JSON) is the grade cell of a quiz.

    Believe it of a notebook only whose locked cells were put back from where no learner writes.
    """
    marks = cell.get("metadata", {}).get("nbgrader")
    if not isinstance(marks, dict) or marks.get("grade") is not True or marks.get("solution") is True:
        return False
    source = cell.get("source", "")
    return SCORED in (source if isinstance(source, str) else "".join(source)).split("\n")


def is_questions(cell: Mapping[str, Any]) -> bool:
    """Whether a notebook's cell shows the questions of a graded quiz, and nothing else depends on its outputs."""
    metadata = cell.get("metadata", {})
    marks, kit = metadata.get("nbgrader"), metadata.get("course_kit")
    if not isinstance(marks, dict) or not isinstance(kit, dict) or not isinstance(kit.get("quiz"), str):
        return False
    plain = marks.get("grade") is False and marks.get("solution") is False and marks.get("task") is not True
    return plain and marks.get("grade_id") == questions_id(kit["quiz"])


def is_essay(item: Item) -> bool:
    return item.kind == "essay"


def scored_quiz(quiz: Quiz) -> Quiz:
    """The items that programs score, without the help that practice gives (hints, limits of attempts, waits)."""
    plain = {"hints": (), "attempts": None, "wait": 0.0}
    items = (variants for variants in quiz.items if not is_essay(variants.item))
    return replace(
        quiz, items=tuple(Variants(tuple(item.model_copy(update=plain) for item in one.all)) for one in items)
    )


def essays(quiz: Quiz) -> tuple[Item, ...]:
    """The items that a person marks."""
    return tuple(variants.item for variants in quiz.items if is_essay(variants.item))


def quiz_points(quiz: Quiz) -> float:
    """What the scored items can earn together: of a pool, the ``pick`` that are worth most."""
    worth = sorted((variants.item.points for variants in quiz.items if not is_essay(variants.item)), reverse=True)
    return float(sum(worth[: quiz.pick]))


def all_points(quiz: Quiz) -> float:
    """What a quiz can earn with its essays."""
    return quiz_points(quiz) + sum(item.points for item in essays(quiz))


def key_digest(cell_source: str) -> str:
    """Names one quiz cell's text, keys included. Never shown to learners: it stands among a cell's hidden tests."""
    lines = [line.rstrip() for line in cell_source.strip().replace("\r\n", "\n").split("\n")]
    return sha256("\n".join(lines).encode("utf-8", errors="surrogatepass")).hexdigest()[:16]


def key_line(cell_source: str) -> str:
    """The line by which a grade cell remembers the quiz that it was made of."""
    return f"# quiz key: {key_digest(cell_source)}"


def remembered_key(grade_cell_source: str) -> str:
    """What :func:`key_digest` gave when this grade cell was made; "" where it does not say."""
    match = _KEY_LINE.search(grade_cell_source)
    return match[1] if match else ""
