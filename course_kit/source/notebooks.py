"""Notebooks as their authors saved them, read with care and never run.

Only JSON is read here: a fault in a notebook is a finding with its cell, not an exception from a schema.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from course_kit.model.keys import digest
from course_kit.model.quiz import Item
from course_kit.quizzes.parse import ParsedQuiz, is_quiz, parse_quiz
from course_kit.source.findings import Finding
from course_kit.source.video_cells import ParsedVideo, is_video, parse_video

MAX_NOTEBOOK = 100_000_000
CellKind = Literal["code", "markdown", "raw"]
AUTHOR_ONLY = "author-only"
"""The tag of cells that stay with the author: they are left out of the release."""
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_CELL_ID = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")


@dataclass(frozen=True)
class SourceCell:
    """One cell. ``number`` counts from 1; ``id`` is made up from the content where the file has none."""

    id: str
    number: int
    kind: CellKind
    source: str
    metadata: Mapping[str, Any]
    attachments: tuple[str, ...] = ()
    has_outputs: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        tags = self.metadata.get("tags")
        return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()

    @property
    def author_only(self) -> bool:
        return AUTHOR_ONLY in self.tags


@dataclass(frozen=True)
class PlacedQuiz:
    """A quiz and the cell that it stands in."""

    quiz: ParsedQuiz
    cell: SourceCell


@dataclass(frozen=True)
class PlacedVideo:
    """A video and the cell that it stands in."""

    video: ParsedVideo
    cell: SourceCell


@dataclass(frozen=True)
class SourceNotebook:
    """A notebook that could be read. ``path`` is relative to the course; ``data`` is its JSON, not to be changed."""

    path: str
    title: str
    language: str
    cells: tuple[SourceCell, ...]
    quizzes: tuple[PlacedQuiz, ...]
    content: bytes = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    videos: tuple[PlacedVideo, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """The names ``quiz/item`` of its items, in order."""
        return tuple(f"{placed.quiz.key}/{item.key}" for placed in self.quizzes for item in placed.quiz.items)

    @property
    def renamed_items(self) -> dict[str, str]:
        """Former names of items, from ``was:`` and ``quiz-was:``, to present ones."""
        return {
            former: f"{placed.quiz.key}/{item.key}"
            for placed in self.quizzes
            for item in placed.quiz.items
            for former in former_names(placed.quiz.key, item)
        }

    @property
    def pools(self) -> dict[str, int]:
        """How many items a learner meets of each quiz that is a pool."""
        return {placed.quiz.key: placed.quiz.pick for placed in self.quizzes if placed.quiz.pick is not None}

    @property
    def skills(self) -> dict[str, str]:
        """Which skill an item exercises, by ``quiz/item``; of those that name one and tell something of it.

        An essay tells no program anything. A check of code does, and yet a review cannot ask it: it is left out where
        its skill has no other item here, since the skill would come due and never be asked.
        """
        telling = [
            (f"{placed.quiz.key}/{item.key}", item)
            for placed in self.quizzes
            for item in placed.quiz.items
            if item.skill is not None and item.kind != "essay"
        ]
        asked = {item.skill for _, item in telling if not item.practice_only}
        return {name: item.skill for name, item in telling if item.skill is not None and item.skill in asked}

    @property
    def code_cells(self) -> tuple[str, ...]:
        """The ids of the code cells that a learner runs for themselves: no quizzes or videos, no set-up, nothing empty.

        Nor cells that are meant to fail: a lesson counts as run when each of these has run without an error.
        """
        return tuple(
            cell.id
            for cell in self.cells
            if cell.kind == "code" and cell.source.strip() and not is_quiz(cell.source)
            and not is_video(cell.source) and not is_setup(cell.source) and not cell.author_only
            and "raises-exception" not in cell.tags
        )  # fmt: skip


def former_names(quiz: str, item: Item) -> Iterator[str]:
    """``quiz/item`` for each former name of an item that is in ``quiz`` now."""
    return (former if "/" in former else f"{quiz}/{former}" for former in item.was)


def is_setup(source: str) -> bool:
    """Whether a cell does nothing but load course-kit."""
    return source.strip() in ("%load_ext course_kit", "%reload_ext course_kit")


def read_notebook(path: Path, name: str) -> tuple[SourceNotebook | None, list[Finding]]:
    """The notebook at ``path``, called ``name`` in findings; None where it cannot be read at all. Never raises."""
    return NotebookReader(name).read(path)


class NotebookReader:
    """Reads one notebook and collects what is wrong with its form."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.findings: list[Finding] = []

    def error(self, code: str, message: str, hint: str = "", cell: SourceCell | None = None) -> None:
        place = {} if cell is None else {"cell": cell.id, "cell_number": cell.number}
        self.findings.append(Finding("error", code, self.name, message, hint, **place))  # type: ignore[arg-type]

    def read(self, path: Path) -> tuple[SourceNotebook | None, list[Finding]]:
        content = self._content(path)
        data = None if content is None else self._json(content)
        if content is None or data is None:
            return None, self.findings
        cells = self._cells(data)
        if cells is None:
            return None, self.findings
        self._check_ids(data, cells)
        notebook = SourceNotebook(
            path=self.name,
            title=_title(cells),
            language=_language(data),
            cells=tuple(cells),
            quizzes=tuple(self._quizzes(cells)),
            content=content,
            data=data,
            videos=tuple(self._videos(cells)),
        )
        return notebook, self.findings

    def _content(self, path: Path) -> bytes | None:
        try:
            if path.stat().st_size > MAX_NOTEBOOK:
                self.error("too-large", "the notebook is larger than 100 MB", "Clear its outputs and save it again.")
                return None
            return path.read_bytes()
        except OSError as error:
            hint = "Check its name and whether you may read it."
            self.error("unreadable", f"the notebook cannot be read: {error.strerror or error}", hint)
            return None

    def _json(self, content: bytes) -> dict[str, Any] | None:
        hint = "Restore it from a backup or from version control; look for lines like `<<<<<<<` from a merge."
        try:
            data = json.loads(content)
        except UnicodeDecodeError:
            self.error("not-json", "the notebook is not UTF-8 text", hint)
            return None
        except json.JSONDecodeError as error:
            message = f"the notebook is not JSON: {error.msg}"
            self.findings.append(Finding("error", "not-json", self.name, message, hint, error.lineno))
            return None
        except (RecursionError, ValueError):
            self.error("not-json", "the notebook is not JSON that can be read", hint)
            return None
        if not isinstance(data, dict):
            self.error("not-a-notebook", "the file is JSON, but not a notebook", hint)
            return None
        return data if self._check_version(data) else None

    def _check_version(self, data: dict[str, Any]) -> bool:
        major = data.get("nbformat")
        if type(major) is int and major == 4:
            return True
        if type(major) is int and major > 4:
            message = f"the notebook has format {major}; this course-kit reads format 4"
            self.error("notebook-too-new", message, "Run `pip install --upgrade course-kit`.")
        elif type(major) is int:
            message = f"the notebook has the old format {major}"
            self.error("notebook-too-old", message, "Open it in JupyterLab and save it: that brings it to format 4.")
        else:
            self.error("not-a-notebook", "the file is JSON, but not a notebook: `nbformat` is missing")
        return False

    def _cells(self, data: dict[str, Any]) -> list[SourceCell] | None:
        raw = data.get("cells")
        if not isinstance(raw, list):
            self.error("not-a-notebook", "the notebook has no list of cells", "Open it in JupyterLab and save it.")
            return None
        cells: list[SourceCell] = []
        for number, entry in enumerate(raw, 1):
            cell = _cell(entry, number)
            if cell is None:
                message = f"cell {number} is not a cell of a notebook"
                finding = Finding("error", "bad-cell", self.name, message, "Restore the notebook.", None, None, number)
                self.findings.append(finding)
            else:
                cells.append(cell)
        return cells if len(cells) == len(raw) else None

    def _check_ids(self, data: dict[str, Any], cells: list[SourceCell]) -> None:
        raw = data["cells"]
        missing = [cell for cell in cells if not _has_id(raw[cell.number - 1])]
        if missing:
            many = "its cells have" if len(missing) == len(cells) else f"{len(missing)} of its cells have"
            message = f"{many} no id, by which answers find their place in a new release"
            hint = "Open the notebook in JupyterLab and save it: that gives every cell an id."
            self.findings.append(Finding("warning", "no-cell-id", self.name, message, hint))
        seen: dict[str, int] = {}
        for cell in cells:
            if cell.id in seen and cell not in missing:
                message = f"the cell has the same id as cell {seen[cell.id]}"
                hint = "Open the notebook in JupyterLab, cut this cell, paste it again and save."
                self.error("duplicate-cell-id", message, hint, cell)
            seen.setdefault(cell.id, cell.number)

    def _quizzes(self, cells: list[SourceCell]) -> Iterator[PlacedQuiz]:
        for cell in cells:
            if cell.kind != "code" or cell.author_only or not is_quiz(cell.source):
                continue
            quiz, problems = parse_quiz(cell.source)
            for problem in problems:
                self.findings.append(
                    Finding(
                        problem.level,
                        problem.code,
                        self.name,
                        f"quiz {quiz.key}: {problem.message}",
                        problem.hint,
                        problem.line,
                        cell.id,
                        cell.number,
                    )
                )
            yield PlacedQuiz(quiz, cell)

    def _videos(self, cells: list[SourceCell]) -> Iterator[PlacedVideo]:
        for cell in cells:
            if cell.kind != "code" or cell.author_only or not is_video(cell.source):
                continue
            video, problems = parse_video(cell.source)
            for fault in problems:
                message = f"video {video.key}: {fault.message}"
                place = (fault.line, cell.id, cell.number)
                self.findings.append(Finding(fault.level, fault.code, self.name, message, fault.hint, *place))
            yield PlacedVideo(video, cell)


def join_source(value: Any) -> str | None:
    """A cell's source, which a notebook holds as one text or as a list of lines; None if it is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return None


def _has_id(entry: Any) -> bool:
    return isinstance(entry.get("id"), str) and _CELL_ID.match(entry["id"]) is not None


def made_up_id(source: str, number: int) -> str:
    """The id of a cell that came without one: the same for the same cell at the same place."""
    return "ck-" + digest([source, number])[:13]


def _cell(entry: Any, number: int) -> SourceCell | None:
    if not isinstance(entry, dict) or entry.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = join_source(entry.get("source", ""))
    metadata = entry.get("metadata", {})
    attachments = entry.get("attachments", {})
    if source is None or not isinstance(metadata, dict):
        return None
    return SourceCell(
        id=entry["id"] if _has_id(entry) else made_up_id(source, number),
        number=number,
        kind=entry["cell_type"],
        source=source,
        metadata=metadata,
        attachments=tuple(attachments) if isinstance(attachments, dict) else (),
        has_outputs=bool(entry.get("outputs")),
    )


def _title(cells: list[SourceCell]) -> str:
    for cell in cells:
        if cell.kind != "markdown":
            continue
        in_code = False
        for line in cell.source.splitlines():
            if line.lstrip().startswith(("```", "~~~")):
                in_code = not in_code
            match = None if in_code else _HEADING.match(line)
            if match and match[1]:
                return re.sub(r"[*`]|\[([^\]]*)\]\([^)]*\)", lambda found: found[1] or "", match[1])[:300].strip()
    return ""


def _language(data: Mapping[str, Any]) -> str:
    """The language that the notebook's kernel speaks, in lower case; ``python`` where nothing is said."""
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for part, name in (("language_info", "name"), ("kernelspec", "language")):
        found = metadata.get(part)
        if isinstance(found, dict) and isinstance(found.get(name), str) and found[name]:
            return str(found[name]).lower()
    return "python"
