"""A review as a notebook: before each question, which skill it asks for and which lesson teaches it. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import quote

from course_kit.model.course import Course, Lesson
from course_kit.model.keys import digest
from course_kit.quizzes.plain import quiz_html
from course_kit.workspace.review_questions import Question

FOLDER = "review"
_RUN = "Run this cell to answer (Shift+Enter)."
_SPECIAL = re.compile(r"([\\`*_\[\]<>|$~&])")
Cell = dict[str, Any]


def review_template(
    course: Course,
    questions: Sequence[Question],
    taught: Mapping[str, Sequence[Lesson]],
    *,
    review: str,
    at: datetime,
    zone: tzinfo,
) -> dict[str, Any]:
    """The notebook before its parameter ``review`` is filled in. ``taught``: the lessons that teach each skill."""
    cells = [_opening(course, questions, at, zone), _code("load-course-kit", "%load_ext course_kit"), _parameters()]
    for number, question in enumerate(questions, 1):
        cells += [
            _introduction(number, len(questions), question, taught.get(question.state.skill, ()), zone),
            _question(number, question),
        ]
    cells.append(_closing())
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "course_kit": {"version": 1, "course": course.key, "review": review},
        },
        "cells": cells,
    }


def written(notebook: Mapping[str, Any]) -> str:
    """A digest of what stands in a notebook's cells, whatever was run in it."""
    cells = [cell for cell in notebook.get("cells", []) if isinstance(cell, dict)]
    return digest([[str(cell.get("cell_type")), _text(cell.get("source"))] for cell in cells])


def _text(source: object) -> str:
    return "".join(str(line) for line in source) if isinstance(source, list) else str(source)


def _opening(course: Course, questions: Sequence[Question], at: datetime, zone: tzinfo) -> Cell:
    count = "One question" if len(questions) == 1 else f"{len(questions)} questions"
    minutes = max(1, round(sum(question.minutes for question in questions)))
    lines = [
        f"# Review of {_day(at, zone)}",
        "",
        f"{count} from **{_plain(course.title)}**, about {minutes} {'minute' if minutes == 1 else 'minutes'}: what you "
        "learned comes back just before it would fade.",
        "",
        "Run all cells (menu **Run**, **Run All Cells**), then answer. Your first answer to each question decides when "
        "its skill comes back; nothing here changes how far a lesson has come.",
    ]
    return _markdown("opening", "\n".join(lines))


def _introduction(number: int, count: int, question: Question, taught: Sequence[Lesson], zone: tzinfo) -> Cell:
    state, day = question.state, _day(question.state.last, zone)
    last = f"You last met it on {day}." if state.rating else f"You were excused from it on {day}: this is the check."
    lessons = [lesson for lesson in taught if lesson.path] or [question.lesson]
    links = [f"[{_plain(lesson.title or lesson.key)}]({_link(lesson)})" for lesson in lessons]
    where = f"{', '.join(links[:-1])} and {links[-1]}" if len(links) > 1 else links[0]
    return _markdown(f"about-{number}", f"## {number} of {count}: {_plain(state.title)}\n\n{last} Taught in {where}.")


def _question(number: int, question: Question) -> Cell:
    cell = _code(f"question-{number}", f'quiz("{question.name}", review=review, variant={question.variant})')
    shown = {
        "output_type": "display_data",
        "data": {"text/html": quiz_html([question.public], note=_RUN), "text/plain": _RUN},
        "metadata": {},
    }
    metadata = {"course_kit": {"version": 1, "question": question.name}}
    return {**cell, "metadata": metadata, "outputs": [shown]}


def _closing() -> Cell:
    return _markdown("closing", "That was all. The course panel, or `course-kit progress`, says what comes back when.")


def _parameters() -> Cell:
    cell = _code("review", 'review = ""')
    return {**cell, "metadata": {"tags": ["injected-parameters"]}}


def _markdown(name: str, text: str) -> Cell:
    return {"cell_type": "markdown", "id": f"review-{name}", "metadata": {}, "source": text}


def _code(name: str, text: str) -> Cell:
    empty: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "id": f"review-{name}", "metadata": {}, "source": text, **empty}


def _day(at: datetime, zone: tzinfo) -> str:
    here = at.astimezone(zone)
    return f"{here.day} {here:%B %Y}"


def _plain(text: str) -> str:
    """An author's title as Markdown shows it letter by letter."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _link(lesson: Lesson) -> str:
    return f"../{quote(lesson.path)}"
