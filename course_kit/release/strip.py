"""The learner's version of a lesson's notebook: questions without answers. Pure: JSON in, JSON out."""

import json
from collections.abc import Mapping
from typing import Any

from course_kit.source.notebooks import SourceCell, SourceNotebook

NOTEBOOK_VERSION = 1
_NOTEBOOK_NOISE = ("widgets", "papermill", "toc", "varInspector", "signature")
_CELL_NOISE = ("execution", "papermill", "ExecuteTime", "collapsed", "scrolled")


def learner_notebook(
    notebook: SourceNotebook,
    *,
    course: str,
    lesson: str,
    quizzes: Mapping[str, str],
    videos: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The notebook of ``lesson`` as it travels.

    Each quiz cell becomes ``quiz("lesson/key")`` with its page of ``quizzes`` (HTML by quiz key) as output, each video
    cell likewise; other outputs are cleared, cells tagged ``author-only`` are left out; ids stay. ``notebook`` is not
    changed.
    """
    keys = {placed.cell.number: placed.quiz.key for placed in notebook.quizzes}
    films = {placed.cell.number: placed.video.key for placed in notebook.videos}
    cells = []
    for cell in notebook.cells:
        if cell.author_only:
            continue
        if cell.number in keys:
            key = keys[cell.number]
            cells.append(_shown_cell(cell, "quiz", lesson, key, quizzes[key], "Quiz: run this cell to answer."))
        elif videos and films.get(cell.number) in videos:
            key = films[cell.number]
            cells.append(_shown_cell(cell, "video", lesson, key, videos[key], "Video: run this cell to watch it."))
        else:
            cells.append(_plain_cell(cell, notebook.data["cells"][cell.number - 1]))
    metadata = _without(notebook.data.get("metadata", {}), _NOTEBOOK_NOISE)
    metadata["course_kit"] = {"version": NOTEBOOK_VERSION, "course": course, "lesson": lesson}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": _minor(notebook.data)}


def assignment_notebook(
    data: Mapping[str, Any], *, course: str, assignment: str, source: SourceNotebook | None
) -> dict[str, Any]:
    """A notebook that nbgrader generated, marked as ``assignment``'s.

    Ids that are not in ``source`` were drawn at random by nbformat; they are replaced, so that a release is the same
    each time.
    """
    raw = source.data["cells"] if source is not None else []
    known = {cell.get("id") for cell in raw if isinstance(cell, dict) and cell.get("id")}
    cells = []
    for number, cell in enumerate(data["cells"], 1):
        kept = dict(cell)
        if kept.get("id") not in known:
            kept["id"] = f"ck-cell-{number}"
        cells.append(kept)
    metadata = _without(data.get("metadata", {}), _NOTEBOOK_NOISE)
    metadata["course_kit"] = {"version": NOTEBOOK_VERSION, "course": course, "assignment": assignment}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": _minor(data)}


def notebook_bytes(notebook: Mapping[str, Any]) -> bytes:
    """A notebook as the bytes of its file, the same for the same content."""
    return (json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _minor(data: Mapping[str, Any]) -> int:
    minor = data.get("nbformat_minor")
    return max(5, minor) if type(minor) is int else 5


def _without(metadata: Any, noise: tuple[str, ...]) -> dict[str, Any]:
    given = metadata if isinstance(metadata, dict) else {}
    return {name: value for name, value in given.items() if name not in noise}


def _split(text: str) -> list[str]:
    """A text as notebooks keep it: a list of lines with their ends."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _plain_cell(cell: SourceCell, raw: Mapping[str, Any]) -> dict[str, Any]:
    learner: dict[str, Any] = {
        "id": cell.id,
        "cell_type": cell.kind,
        "metadata": _without(cell.metadata, _CELL_NOISE),
        "source": _split(cell.source),
    }
    if cell.kind == "code":
        learner.update(execution_count=None, outputs=[])
    elif cell.attachments:
        learner["attachments"] = raw["attachments"]
    return learner


def _shown_cell(cell: SourceCell, what: str, lesson: str, key: str, page: str, text: str) -> dict[str, Any]:
    """The cell that shows a quiz or a video, with what can be read of it before it is run."""
    metadata = _without(cell.metadata, _CELL_NOISE)
    metadata["course_kit"] = {"version": NOTEBOOK_VERSION, what: key}
    output = {
        "output_type": "display_data",
        "data": {"text/html": _split(page), "text/plain": [text]},
        "metadata": {},
    }
    return {
        "id": cell.id,
        "cell_type": "code",
        "metadata": metadata,
        "source": [f'{what}("{lesson}/{key}")'],
        "execution_count": None,
        "outputs": [output],
    }
