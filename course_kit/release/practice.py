"""Practice assignments: what travels beside the learners' version, so that it can be marked where it is done."""

import json
from typing import Any

from course_kit.quizzes.graded import QUIZ_FILE, essays
from course_kit.quizzes.practice_file import PRACTICE, practice_file
from course_kit.quizzes.quiz_file import quiz_file
from course_kit.quizzes.render import renderer
from course_kit.source.assignments import SourceAssignment


def practice_files(key: str, assignment: SourceAssignment) -> dict[str, bytes]:
    """The files of a release that a practice assignment has besides (or instead of) what nbgrader made, by path.

    Its quizzes with their answers, sealed; and the source's notebooks, sealed. Raises :class:`Invalid` for a notebook
    that is too large.
    """
    notebooks = {name: notebook.data for name, notebook in assignment.notebooks.items()}
    files = {f"{PRACTICE}/{key}.json": _json_bytes(practice_file(key, notebooks))}
    render = renderer(assignment.folder, assignment.folder)
    for name, notebook in assignment.notebooks.items():
        quizzes = [placed.quiz.quiz for placed in notebook.quizzes]
        scored = []
        for quiz in quizzes:
            by_hand = {item.key for item in essays(quiz)}
            items = tuple(variants for variants in quiz.items if variants.item.key not in by_hand)
            scored += [type(quiz)(quiz.key, items, quiz.pick)] if items else []
        if scored:
            content, _ = quiz_file(name, scored, render)
            files[f"assignments/{key}/{name.removesuffix('.ipynb')}{QUIZ_FILE}"] = _json_bytes(content)
    return files


def _json_bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()
