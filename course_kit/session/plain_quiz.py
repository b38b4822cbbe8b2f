"""A quiz where nobody can answer it: shown plainly, under programs that run notebooks to mark or validate them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from course_kit.errors import CourseKitError
from course_kit.quizzes.plain import quiz_html, quiz_text
from course_kit.session.quizzes import Surroundings, asked_plainly

_NOTE = "Answers are given where course-kit shows this quiz as a form."


class PlainQuiz:
    """Questions and choices as HTML and text; no widget is imported for it."""

    def __init__(self, publics: Sequence[Mapping[str, Any]], trouble: str = "") -> None:
        self._publics, self._trouble = publics, trouble

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._trouble)}</p>" if self._trouble else quiz_html(self._publics, note=_NOTE)

    def __repr__(self) -> str:
        return self._trouble or quiz_text(self._publics)


def plain_quiz(name: str, around: Surroundings) -> PlainQuiz:
    """The quiz of that name. Never raises: a quiz that is not there must not stop a notebook from being marked."""
    try:
        return PlainQuiz([asked.public() for asked in asked_plainly(name, around)])
    except CourseKitError as error:
        return PlainQuiz((), error.message)
