"""The solution of a practice assignment: it opens after an attempt."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound, Refused
from course_kit.files.atomic import write_atomically
from course_kit.model.quiz import Item, Variants
from course_kit.quizzes.parse import is_quiz, parse_quiz
from course_kit.quizzes.responses import Responses
from course_kit.workspace import notebooks as nb
from course_kit.workspace.assignment import WorkFolder
from course_kit.workspace.behind import base_content
from course_kit.workspace.folder import Workspace
from course_kit.workspace.quiz_work import practice_notebooks, responses_of

SOLUTIONS = "solutions"
_MARKS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")


@dataclass(frozen=True)
class Solution:
    """``notebooks``: the files that were written, relative to the learner's copy."""

    assignment: str
    notebooks: tuple[str, ...]


def open_solution(folder: Path, assignment: str) -> Solution:
    """Write the solution of ``assignment`` into ``solutions/`` of the copy around ``folder``, with what it needs.

    Raises :class:`NotFound` for an unknown assignment, :class:`Refused` before an attempt (a notebook that was
    changed, a question that was answered) and for an assignment that is graded elsewhere.
    """
    work = WorkFolder.find(Workspace.around(folder), assignment)
    key = work.assignment.key
    if not work.assignment.practice:
        raise Refused(
            f"The solution of {key!r} is not in the course: it is graded by your instructor.",
            hint="Run `course-kit check-work` for the tests that you can see.",
        )
    sources = practice_notebooks(work)
    if not sources:
        raise NotFound(f"The release holds no solution of {key!r}.", hint="Open the course's file once more.")
    responses = responses_of(work)
    if not attempted(work, responses):
        raise Refused(
            f"You have not tried {key!r} yet: its solution opens after an attempt.",
            hint=f"Answer something in {work.folder}, save, and ask again. A wrong answer is an attempt, too.",
        )
    target = work.workspace.folder / SOLUTIONS / key
    for name, content in _companions(work):
        write_atomically(target / name, content)
    for name, source in sources.items():
        write_atomically(target / name, nb.write_notebook(_solved(source, responses)))
    notebooks = tuple(f"{SOLUTIONS}/{key}/{name}" for name in sources)
    return Solution(key, notebooks)


def attempted(work: WorkFolder, responses: Responses) -> bool:
    """Whether the learner answered or changed anything."""
    if any(given.response is not None for given in responses.given.values()):
        return True
    for name in work.expected():
        base = base_content(work.workspace, work.name(name))
        if base is not None and name in work.files and not nb.untouched(work.content(name), base, name):
            return True
    return False


def _companions(work: WorkFolder) -> Iterator[tuple[str, bytes]]:
    """What the release laid beside the notebooks: data that a solution reads."""
    start = f"assignments/{work.assignment.key}/"
    for path in work.workspace.manifest().files:
        name = path.removeprefix(start)
        if path.startswith(start) and not name.endswith((".ipynb", ".quizzes.json")):
            content = base_content(work.workspace, path)
            if content is not None:
                yield name, content


def _solved(source: nb.Notebook, responses: Responses) -> nb.Notebook:
    """The source as a notebook to read and run: no marks of nbgrader's, quizzes with their answers."""
    cells = []
    for cell in source["cells"]:
        try:
            text = nb.source_of(cell)
        except (KeyError, TypeError) as error:
            raise Invalid("The solution is damaged.", hint="Open the course's file once more.") from error
        if cell.get("cell_type") == "code" and is_quiz(text):
            cells.append(
                {"cell_type": "markdown", "id": cell.get("id"), "metadata": {}, "source": _answers(text, responses)}
            )
            continue
        lines = [line for line in text.split("\n") if not any(mark in line for mark in _MARKS)]
        metadata = {name: value for name, value in cell.get("metadata", {}).items() if name != "nbgrader"}
        cells.append({**cell, "metadata": metadata, "source": "\n".join(lines)})
    for cell in cells:
        if cell.get("id") is None:
            cell.pop("id", None)
    return {**source, "cells": cells}


def _answers(quiz: str, responses: Responses) -> str:
    parsed, _problems = parse_quiz(quiz)
    parts = [
        _item(_met(variants, responses, parsed.key), number, len(parsed.variants))
        for number, variants in enumerate(parsed.variants, 1)
    ]
    return "\n\n---\n\n".join(parts)


def _met(variants: Variants, responses: Responses, quiz: str) -> Item:
    """The variant that the learner answered, else the first one."""
    given = responses.given.get(f"{quiz}/{variants.item.key}")
    return variants.variant(given.variant if given is not None else 0)


def _item(item: Item, number: int, count: int) -> str:
    texts: Any = item.right_answers()
    shown = [text if item.answers_are_texts else f"`{text}`" for text in texts]
    answer = "; ".join(shown) if not any("\n" in text for text in shown) else "\n\n" + "\n\n".join(shown)
    parts = [f"**Question {number} of {count}.** {item.prompt}"]
    parts += [f"**Answer:** {answer}"] if shown else []
    parts += [item.explanation] if item.explanation else []
    return "\n\n".join(parts)
