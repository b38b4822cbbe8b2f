"""Graded quizzes scored outside the learner's kernel: the points go into their grade cells, and nbgrader records them.

Keys come from the assignment's source as it is now, where the tests in force were made of it; else, and for questions
that were worded otherwise when they were answered, from the instructor's half of earlier releases. Answers come from
the ``responses.json`` that was handed in, read before or beside any code of the learner's, never after it ran.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError
from course_kit.model.quiz import Quiz, Variants, read_item
from course_kit.quizzes.graded import (
    RESPONSES,
    SCORED,
    is_questions,
    is_scored,
    key_digest,
    remembered_key,
    score_id,
    scored_quiz,
)
from course_kit.quizzes.quiz_file import wording_digest
from course_kit.quizzes.responses import read_responses
from course_kit.quizzes.score_sheet import score_sheet

SKIP_TAG = "skip-execution"
Recorded = Callable[[str], str]
"""The text of a cell as the gradebook holds it, by its grade id; "" where it has none."""


@dataclass(frozen=True)
class KeyedQuiz:
    """A quiz with its keys. ``key`` names the text that it was read from; ``rendered``: its texts are HTML."""

    key: str
    quiz: Quiz
    rendered: Quiz

    @property
    def digests(self) -> dict[str, str]:
        return {variants.item.key: wording_digest(variants) for variants in self.quiz.items}


def quiet(notebook: Any) -> None:
    """Have no cell of a quiz run, and let none bring what names its key into a learner's kernel. In place.

    Showing the questions would only cost time: the review shows them.
    """
    for cell in notebook.cells:
        if cell.cell_type != "code" or not (is_scored(cell) or is_questions(cell)):
            continue
        if is_scored(cell):
            lines = cell.source.split("\n")
            cell.source = "\n".join(lines[: lines.index(SCORED) + 1])
        tags = [tag for tag in cell.metadata.get("tags", []) if isinstance(tag, str)]
        cell.metadata["tags"] = [*(tag for tag in tags if tag != SKIP_TAG), SKIP_TAG]


class Quizzes:
    """The quizzes of one submission.

    ``source``: the assignment's source folder; ``root``: the nbgrader course, beside or above which releases lie;
    ``submitted``: the folder that was handed in. After :meth:`put`, ``notes`` says what the submission lacks and
    ``flags`` what is odd, each ``cell``, ``kind`` and ``text``.
    """

    def __init__(self, root: Path, source: Path, submitted: Path) -> None:
        self._root, self._source = root, source
        self._responses = read_responses(submitted / RESPONSES)
        self.notes: list[str] = []
        self.flags: list[dict[str, str]] = []

    def put(self, name: str, notebook: Any, recorded: Recorded) -> None:
        """Score the quizzes of the executed notebook ``name`` into their grade cells. Never raises for a learner's
        answers; raises :class:`CourseKitError` where the source cannot be read."""
        self.flags = []
        cells = [cell for cell in notebook.cells if cell.cell_type == "code" and is_scored(cell)]
        if not cells:
            return
        self._note()
        for cell in notebook.cells:
            if cell.cell_type == "code" and is_questions(cell):
                cell.outputs, cell.execution_count = [], None  # the review shows the questions
        known = {score_id(one.quiz.key): one for one in present_quizzes(self._source).get(name, {}).values()}
        for cell in cells:
            grade_id = str(cell.metadata.nbgrader["grade_id"])
            self._score(cell, grade_id, self._in_force(known.get(grade_id), grade_id, recorded(grade_id)))

    def _note(self) -> None:
        given = self._responses
        if given.is_missing:
            text = (
                f"{RESPONSES} is missing, so that its quizzes count zero: ask the learner for that file, which lies "
                "beside the notebook, or for the file that Submit makes (nothing to do if no question was answered)"
            )
            self.notes = [text]
        elif given.trouble:
            self.notes = [f"{given.trouble.rstrip('.')}; what cannot be read counts zero: ask the learner for it again"]

    def _in_force(self, present: KeyedQuiz | None, grade_id: str, cell_source: str) -> KeyedQuiz | None:
        """The quiz that the recorded cell was made of: the present one, or an earlier one until changes are applied."""
        key = remembered_key(cell_source)
        if present is not None and (not key or present.key == key):
            return present
        earlier = (one for one in self._earlier() if one.key == key and score_id(one.quiz.key) == grade_id)
        return next(earlier, present)

    def _earlier(self) -> Iterator[KeyedQuiz]:
        for path in _release_files(self._root):
            yield from released_quizzes(path, _stamp(path), self._source.name, self._source)

    def _past_item(self, name: str, wording: str) -> Variants | None:
        quiz, _, item = name.partition("/")
        for one in self._earlier():
            if one.quiz.key != quiz:
                continue
            for written, rendered in zip(one.quiz.items, one.rendered.items, strict=True):
                if written.item.key == item and wording_digest(written).startswith(wording):
                    return rendered
        return None

    def _score(self, cell: Any, grade_id: str, keyed: KeyedQuiz | None) -> None:
        worth = float(cell.metadata.nbgrader["points"])
        cell.execution_count = None
        if keyed is None:
            self._flag(
                grade_id, "quiz", "Its quiz is not in the assignment any more, nor in a release: it counts zero."
            )
            cell.outputs = [_result(0.0, "<p>This quiz is not in the assignment any more.</p>")]
            return
        sheet = score_sheet(keyed.rendered, keyed.digests, self._responses, worth, self._past_item)
        for remark in sheet.remarks:
            self._flag(grade_id, "quiz", remark)
        cell.outputs = [_result(sheet.points, sheet.page)]

    def _flag(self, grade_id: str, kind: str, text: str) -> None:
        self.flags.append({"cell": grade_id, "kind": kind, "text": text})


def recorded_source(gradebook: Any, names: Mapping[str, str], cell: str) -> str:
    """A cell's text as nbgrader's ``gradebook`` has it, hidden tests included; "" where it has no such cell.

    ``names``: ``assignment`` and ``notebook``.
    """
    from nbgrader.api import MissingEntry

    try:
        return str(gradebook.find_source_cell(cell, names["notebook"], names["assignment"]).source or "")
    except MissingEntry:
        return ""


def _result(points: float, page: str) -> Any:
    from nbformat import from_dict

    data = {"text/plain": repr(float(points)), "text/html": page}
    return from_dict(  # type: ignore[no-untyped-call]
        {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}
    )


# ---------------------------------------------------------------- where keys are


def present_quizzes(source: Path) -> Mapping[str, Mapping[str, KeyedQuiz]]:
    """The scored quizzes of an assignment's source folder, by notebook (its stem) and quiz key."""
    paths = sorted(source.glob("*.ipynb")) if source.is_dir() else []
    return {path.stem: _quizzes_in(path, _stamp(path)) for path in paths}


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        seen = path.stat()
    except OSError:
        return (0, 0, 0)
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


@lru_cache(maxsize=64)
def _quizzes_in(path: Path, _stamp: tuple[int, int, int]) -> Mapping[str, KeyedQuiz]:
    from course_kit.quizzes.parse import is_quiz, parse_quiz

    found = {}
    for source in _code(path):
        if is_quiz(source):
            parsed, _problems = parse_quiz(source)
            quiz = scored_quiz(parsed.quiz)
            if quiz.items:
                found[quiz.key] = KeyedQuiz(key_digest(source), quiz, _rendered(quiz, path.parent))
    return found


def _code(path: Path) -> Iterator[str]:
    try:
        cells = json.loads(path.read_bytes())["cells"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return  # nbgrader said so before
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            yield source if isinstance(source, str) else "".join(source)


def _rendered(quiz: Quiz, base: Path) -> Quiz:
    from course_kit.quizzes.render import renderer

    render = renderer(base, base)
    return replace(quiz, items=tuple(variants.map_texts(render) for variants in quiz.items))


def _release_files(root: Path) -> list[Path]:
    """``items.json`` of each release of the course that the nbgrader course ``root`` belongs to, the newest first."""
    for folder in (root, *list(root.parents)[:3]):
        if (folder / "course.yml").is_file():
            found = folder.glob("releases/*/instructor/items.json")
            return sorted(found, key=_stamp, reverse=True)
    return []


@lru_cache(maxsize=64)
def released_quizzes(path: Path, _stamp: tuple[int, int, int], assignment: str, base: Path) -> tuple[KeyedQuiz, ...]:
    """The graded quizzes of ``assignment`` (nbgrader's name) in a release's ``items.json``; what is odd is left out."""
    try:
        assignments = json.loads(path.read_bytes()).get("assignments", {})
        rows = [one for one in assignments.values() if one["name"] == assignment]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ()
    found = []
    for key, row in ((key, row) for one in rows for key, row in one["quizzes"].items()):
        with suppress(CourseKitError, LookupError, TypeError, ValueError, AttributeError):
            items = tuple(Variants(tuple(read_item(item) for item in entry["variants"])) for entry in row["items"])
            quiz = scored_quiz(Quiz(key, items, row["pick"]))
            found.append(KeyedQuiz(str(row["key"]), quiz, _rendered(quiz, base)))
    return tuple(found)
