"""The quiz file of a lesson: what may be shown, in the open; what answers an item, sealed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_kit.model.quiz import QUIZ_VERSION, item_digest
from course_kit.source.notebooks import SourceNotebook
from course_kit.source.render import quiz_html, renderer
from course_kit.source.sealing import seal


@dataclass(frozen=True)
class SealedLesson:
    """``file``: the quiz file's JSON; ``pages``: each quiz as HTML to read without a kernel, by quiz key."""

    file: dict[str, Any]
    pages: dict[str, str]


def seal_lesson(notebook: SourceNotebook, lesson: str, folder: Path) -> SealedLesson:
    """Render and seal the quizzes of ``notebook``, a lesson of the course in ``folder``."""
    render = renderer((folder / notebook.path).parent, folder)
    quizzes: dict[str, list[dict[str, Any]]] = {}
    pages: dict[str, str] = {}
    for placed in notebook.quizzes:
        entries, rendered_items = [], []
        for item in placed.quiz.items:
            rendered = item.map_texts(render)
            rendered_items.append(rendered)
            entries.append({"public": rendered.public(), "digest": item_digest(item), "sealed": seal(rendered.whole())})
        quizzes[placed.quiz.key] = entries
        pages[placed.quiz.key] = quiz_html(rendered_items)
    return SealedLesson({"version": QUIZ_VERSION, "lesson": lesson, "quizzes": quizzes}, pages)
