"""The quiz file of a lesson, and each of its quizzes as a page to read without a kernel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_kit.quizzes.quiz_file import quiz_file
from course_kit.quizzes.render import renderer
from course_kit.source.notebooks import SourceNotebook


@dataclass(frozen=True)
class SealedLesson:
    """``file``: the quiz file's JSON; ``pages``: each quiz as HTML to read without a kernel, by quiz key."""

    file: dict[str, Any]
    pages: dict[str, str]


def seal_lesson(notebook: SourceNotebook, lesson: str, folder: Path) -> SealedLesson:
    """Render and seal the quizzes of ``notebook``, a lesson of the course in ``folder``."""
    render = renderer((folder / notebook.path).parent, folder)
    file, released = quiz_file(lesson, (placed.quiz.quiz for placed in notebook.quizzes), render)
    note = "Run this cell to answer."
    pages = {key: quiz.page(note) for key, quiz in released.items()}
    return SealedLesson(file, pages)
