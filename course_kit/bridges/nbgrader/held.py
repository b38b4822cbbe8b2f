"""What nbgrader's scoring is told about scoring cells: that they run, and whose points wait.

Points are held back by an error output in the cell, so that nbgrader's own rule still decides; it goes first, since
nbgrader takes the first of an error and a value. Works on notebooks in memory; in the worker and within nbgrader.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils

from course_kit.bridges.nbgrader.evidence import CellEvidence
from course_kit.bridges.nbgrader.tested import tests_of

HELD = "HeldForReview"
REVIEWED = "This answer is being reviewed by your instructor."
DENIED = "Your instructor reviewed this answer and gave no points for it."
SKIP_TAG = "skip-execution"
_TWICE = "It showed more than one result, of which nbgrader would take the first."
_AFTER = "It showed a result and failed then; nbgrader would take the result."
_STILL = "Its execution count did not move: something kept it from running."


def strip_skips(notebook: Any, tag: str = SKIP_TAG) -> None:
    """Take the tags that keep a cell from being run off every test and every locked cell."""
    unwanted = {SKIP_TAG, tag}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        if isinstance(tags, list) and (utils.is_grade(cell) or utils.is_locked(cell)):
            cell.metadata["tags"] = [one for one in tags if one not in unwanted]


def hold(
    notebook: Any,
    proofs: Mapping[str, tuple[str, str]],
    accepted: Collection[str] = (),
    denied: Collection[str] = (),
    *,
    works: Mapping[str, str],
    holding: bool = True,
) -> dict[str, CellEvidence]:
    """Hold back the points of unverified tests that nobody accepted; what was found, by grade id.

    ``works`` as :func:`~course_kit.bridges.nbgrader.evidence.cell_works` gives them.
    ``notebook`` was executed just now; ``proofs``: grade id to verdict and evidence. With ``holding`` false nothing is
    held, and the evidence says so.
    """
    found = {}
    odd = _odd_tests(notebook)
    for name, index in tests_of(notebook).items():
        verdict, evidence = proofs.get(name, ("", ""))
        if name in odd:
            verdict, evidence = "unverified", odd[name]
        if not verdict:
            continue
        cell = notebook.cells[index]
        held = holding and verdict == "unverified" and name not in accepted and _would_score(cell)
        if held:
            text = DENIED if name in denied else REVIEWED
            error = {"output_type": "error", "ename": HELD, "evalue": text, "traceback": [text]}
            cell.outputs.insert(0, NotebookNode(error))  # type: ignore[no-untyped-call]
        found[name] = CellEvidence(verdict, evidence, held, works.get(name, ""))
    return found


def _odd_tests(notebook: Any) -> dict[str, str]:
    """Tests whose outputs are not what running them leaves, and why."""
    found = {}
    tests = {index: name for name, index in tests_of(notebook).items()}
    before: Any = None
    python = notebook.metadata.get("kernelspec", {}).get("language", "python") == "python"
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        kinds = [output.output_type for output in cell.outputs]
        if index in tests:
            if kinds.count("execute_result") > 1:
                found[tests[index]] = _TWICE
            elif "execute_result" in kinds and "error" in kinds[kinds.index("execute_result") :]:
                found[tests[index]] = _AFTER
            elif python and "error" not in kinds and cell.execution_count in (None, before):
                found[tests[index]] = _STILL
        if cell.execution_count is not None:
            before = cell.execution_count
    return found


def _would_score(cell: Any) -> bool:
    """Whether nbgrader would give points, were it not for standard error, which the course may yet have dropped."""
    quiet = type(cell)(cell)
    quiet.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    try:
        points, _ = utils.determine_grade(quiet)
    except ValueError:  # more than there is: a person decides anyway
        return False
    return bool(points)


def now_text() -> str:
    """The present time as files have it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
