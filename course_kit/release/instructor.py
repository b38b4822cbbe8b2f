"""The instructor's half of a release: whole items, and digests of every cell for comparing releases. Never travels."""

from collections.abc import Mapping
from typing import Any

from course_kit.model.keys import digest
from course_kit.model.quiz import Variants
from course_kit.quizzes.graded import key_digest
from course_kit.quizzes.parse import is_quiz
from course_kit.quizzes.quiz_file import wording_digest
from course_kit.source.assignments import SourceAssignment, nbgrader_meta, points_of
from course_kit.source.course_file import SourceCourse
from course_kit.source.notebooks import SourceCell, SourceNotebook

INSTRUCTOR_VERSION = 1


def items_file(source: SourceCourse) -> dict[str, Any]:
    """``items.json``: every item whole, as its author wrote it, by ``lesson/quiz/item``; those of graded quizzes by
    assignment and quiz, for scoring answers to wordings and keys that are not the present ones any more."""
    items = {
        f"{lesson}/{placed.quiz.key}/{variants.item.key}": _item(variants)
        for lesson, notebook in source.notebooks.items()
        for placed in notebook.quizzes
        for variants in placed.quiz.variants
    }
    graded = {
        key: {"name": assignment.name, "quizzes": quizzes}
        for key, assignment in source.assignments.items()
        if (quizzes := _graded(assignment))
    }
    return {"version": INSTRUCTOR_VERSION, "items": items, **({"assignments": graded} if graded else {})}


def _graded(assignment: SourceAssignment) -> dict[str, Any]:
    """An assignment's quizzes by key; a quiz's ``key`` names the text that it was read from."""
    return {
        placed.quiz.key: {
            "notebook": name,
            "key": key_digest(placed.cell.source),
            "pick": placed.quiz.pick,
            "items": [
                {"digest": wording_digest(variants), "variants": [item.whole() for item in variants.all]}
                for variants in placed.quiz.variants
            ],
        }
        for name, notebook in assignment.notebooks.items()
        for placed in notebook.quizzes
    }


def _item(variants: Variants) -> dict[str, Any]:
    """``variants`` stands there for an item that has several."""
    several = {"variants": [item.whole() for item in variants.all]} if len(variants.all) > 1 else {}
    return {"digest": variants.digest, "item": variants.item.whole(), **several}


def sources_file(source: SourceCourse) -> dict[str, Any]:
    """``sources.json``: the cells of each lesson and assignment with their digests, in order."""
    lessons = {key: _lesson_cells(notebook) for key, notebook in source.notebooks.items()}
    assignments = {key: _assignment_cells(assignment) for key, assignment in source.assignments.items()}
    return {"version": INSTRUCTOR_VERSION, "lessons": lessons, "assignments": assignments}


def _lesson_cells(notebook: SourceNotebook) -> list[dict[str, Any]]:
    return [
        {"id": cell.id, "kind": cell.kind, "digest": digest(cell.source)}
        for cell in notebook.cells
        if not cell.author_only and not (cell.kind == "code" and is_quiz(cell.source))
    ]


def _assignment_cells(assignment: SourceAssignment) -> Mapping[str, list[dict[str, Any]]]:
    return {
        name: [
            {
                "id": str(nbgrader_meta(cell).get("grade_id") or cell.id),
                "role": role_of(cell),
                "points": points_of(cell),
                "digest": digest(cell.source),
            }
            for cell in notebook.cells
        ]
        for name, notebook in assignment.notebooks.items()
    }


def role_of(cell: SourceCell) -> str:
    """What a cell is to nbgrader: ``test``, ``answer`` (also graded by hand), ``task``, or ``text``."""
    meta = nbgrader_meta(cell)
    if meta.get("task") is True:
        return "task"
    if meta.get("solution") is True:
        return "answer"
    return "test" if meta.get("grade") is True else "text"
