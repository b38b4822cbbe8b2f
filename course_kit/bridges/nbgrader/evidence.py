"""What proof found in submitted work, and what was decided of it: files in the nbgrader root's ``.course-kit/``.

Standard library only. Evidence is written by whoever executed the work; a decision is a person's, and holds for one
learner's cell in the very work that was looked at (``work`` names the answers together with that test).
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote

from course_kit.errors import Invalid, NotFound, check_version
from course_kit.files.atomic import disk_errors, read_json, write_json
from course_kit.files.lock import FileLock

VERSION = 1
HIDDEN = ".course-kit"
_WAIT = 10.0
_MOVE_AWAY = "Restore it from a backup, or move it away and grade again."


@dataclass(frozen=True)
class CellEvidence:
    """What proof found of one scoring cell, in a ``work`` as :func:`cell_works` names it. ``held``: its points wait for
    the instructor's decision."""

    verdict: str
    evidence: str = ""
    held: bool = False
    work: str = ""


@dataclass(frozen=True)
class NotebookEvidence:
    """One notebook: when and ``by`` whom it was run, cells by grade id."""

    at: str
    by: Literal["course-kit", "nbgrader"]
    cells: Mapping[str, CellEvidence] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """A person's word on one held cell: ``accepted`` gives the points that nbgrader found."""

    learner: str
    notebook: str
    cell: str
    work: str
    accepted: bool
    by: str
    at: str


@dataclass(frozen=True)
class Open:
    """One unverified cell, with the decision that stands on it (None: it waits)."""

    learner: str
    notebook: str
    cell: str
    evidence: str
    held: bool
    work: str
    decision: Decision | None


def cell_works(notebook: Mapping[str, Any], tests: Mapping[str, int]) -> dict[str, str]:
    """Names, for each test of a sanitized notebook, the work that a decision on it is about; outputs do not count.

    ``tests``: grade id to position. A digest over type, grade id and source of the test and of every cell that is no
    test: where another test changed, it is the same work.
    """
    answers = hashlib.sha256()
    positions, behind = set(tests.values()), {}
    for index, cell in enumerate(notebook["cells"]):
        if index not in positions:
            answers.update(_named(cell))
        behind[index] = index - sum(one <= index for one in positions)
    found = {}
    for name, index in tests.items():
        whole = answers.copy()
        whole.update(f"{behind[index]}\0".encode() + _named(notebook["cells"][index]))
        found[name] = whole.hexdigest()
    return found


def _named(cell: Mapping[str, Any]) -> bytes:
    source = cell.get("source", "")
    text = source if isinstance(source, str) else "".join(source)
    marks = cell.get("metadata", {}).get("nbgrader") or {}
    parts = (cell.get("cell_type", ""), str(marks.get("grade_id", "")), text)
    return "".join(f"{len(part)}\0{part}\0" for part in parts).encode("utf-8", errors="surrogatepass")


def read_evidence(root: Path, assignment: str) -> dict[str, dict[str, NotebookEvidence]]:
    """All evidence of an assignment, by learner and notebook. Raises :class:`Invalid` where a file is damaged."""
    folder = _evidence_folder(root, assignment)
    if not folder.is_dir():
        return {}
    return {unquote(path.stem): _evidence(path) for path in sorted(folder.glob("*.json"))}


def holds_points(root: Path, assignment: str, learner: str) -> bool:
    """Whether points of a learner's submission were held when it was last graded; a damaged file says no."""
    try:
        found = _evidence(_evidence_folder(root, assignment) / f"{_file_name(learner)}.json")
    except (NotFound, Invalid):
        return False
    return any(cell.held for notebook in found.values() for cell in notebook.cells.values())


def write_evidence(root: Path, assignment: str, learner: str, notebooks: Mapping[str, NotebookEvidence]) -> None:
    """Keep one learner's evidence; notebooks that are not named stay as they were."""
    path = _evidence_folder(root, assignment) / f"{_file_name(learner)}.json"
    try:
        known = _evidence(path)
    except (NotFound, Invalid):  # evidence is made again by every run
        known = {}
    rows = {name: asdict(found) for name, found in sorted({**known, **notebooks}.items())}
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with disk_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        # whole, but not waited for: what a power cut takes is made again by the next run
        draft.write_text(
            json.dumps({"version": VERSION, "notebooks": rows}, indent=1, ensure_ascii=False) + "\n", "utf-8"
        )
        draft.replace(path)


def read_decisions(root: Path, assignment: str) -> tuple[Decision, ...]:
    """All decisions in the order in which they were taken. Raises :class:`Invalid` if the file is damaged."""
    path = _decisions_file(root, assignment)
    try:
        data = read_json(path, "The file of decisions")
    except NotFound:
        return ()
    try:
        check_version(f"The file of decisions {path}", data.get("version"), VERSION)
        return tuple(_decision(row) for row in data["decisions"])
    except (AttributeError, KeyError, TypeError) as error:
        raise Invalid(f"The file of decisions is damaged: {path}.", hint=_MOVE_AWAY) from error


def add_decisions(root: Path, assignment: str, decisions: Iterable[Decision]) -> None:
    """Write decisions behind those that are there; of several on one cell and work the last one counts."""
    path = _decisions_file(root, assignment)
    with FileLock(path.with_suffix(".lock"), "Deciding on held answers", wait=_WAIT):
        rows = [asdict(decision) for decision in (*read_decisions(root, assignment), *decisions)]
        write_json(path, {"version": VERSION, "decisions": rows})


def decided_cells(
    decisions: Iterable[Decision], learner: str, notebook: str, works: Mapping[str, str]
) -> dict[str, bool]:
    """The cells on whose very work there is a decision, and whether the last one is to accept. ``works`` as
    :func:`cell_works` gives them."""
    return {
        one.cell: one.accepted
        for one in decisions
        if (one.learner, one.notebook) == (learner, notebook) and works.get(one.cell) == one.work
    }


def unverified(root: Path, assignment: str) -> tuple[Open, ...]:
    """Every unverified cell of an assignment, by learner, notebook and cell."""
    decisions = {(one.learner, one.notebook, one.cell, one.work): one for one in read_decisions(root, assignment)}
    return tuple(
        Open(learner, name, cell, one.evidence, one.held, one.work, decisions.get((learner, name, cell, one.work)))
        for learner, notebooks in read_evidence(root, assignment).items()
        for name, found in notebooks.items()
        for cell, one in found.cells.items()
        if one.verdict == "unverified"
    )


def _file_name(name: str) -> str:
    """nbgrader's names are folders' names already; what a file's name cannot hold is written out."""
    return quote(name, safe=" @+=,()'!") if name.strip(".") else name.replace(".", "%2E")


def _evidence_folder(root: Path, assignment: str) -> Path:
    return root / HIDDEN / "proof" / _file_name(assignment)


def _decisions_file(root: Path, assignment: str) -> Path:
    return root / HIDDEN / "decisions" / f"{_file_name(assignment)}.json"


def _evidence(path: Path) -> dict[str, NotebookEvidence]:
    data = read_json(path, "The evidence of a graded submission")
    try:
        check_version(f"The evidence {path}", data.get("version"), VERSION)
        return {
            name: NotebookEvidence(
                str(row["at"]),
                row["by"],
                {
                    cell: CellEvidence(
                        str(one["verdict"]), str(one["evidence"]), bool(one["held"]), str(one.get("work", ""))
                    )
                    for cell, one in row["cells"].items()
                },
            )
            for name, row in data["notebooks"].items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise Invalid(f"The evidence of a graded submission is damaged: {path}.", hint=_MOVE_AWAY) from error


def _decision(row: Mapping[str, Any]) -> Decision:
    if not isinstance(row["accepted"], bool):
        raise TypeError("a decision is yes or no")
    texts = {name: str(row[name]) for name in ("learner", "notebook", "cell", "work", "by", "at")}
    return Decision(accepted=row["accepted"], **texts)
