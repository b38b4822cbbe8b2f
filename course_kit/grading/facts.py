"""What is known of a submission whose notebooks ran: what proof found, what passed, how it ended, and its flags."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from course_kit.execution.job import Result
from course_kit.grading.holds import Ruling
from course_kit.grading.pipeline import Work
from course_kit.grading.records import Record
from course_kit.model.scores import SubmissionStatus

_ENDINGS: Mapping[SubmissionStatus, str] = {
    "out-of-memory": "{} used more memory than allowed and counts zero",
    "kernel-died": "{} ended the kernel and counts zero",
    "timed-out": "{} ran longer than allowed and counts zero",
}
"""The worst first: a submission's status is that of its worst notebook."""


_BEGINS_WITH_FILE = re.compile(r"[^:;]*\.ipynb\b")
FLAKY = "It came out otherwise when the same work was run again: it depends on luck, time or order."


@dataclass(frozen=True)
class Facts:
    """By notebook and cell: what proof found (``proofs``: with evidence), and whether running left nothing bad."""

    proofs: Mapping[str, Mapping[str, Mapping[str, str]]]
    verdicts: Mapping[str, Mapping[str, str]]
    passed: Mapping[str, Mapping[str, bool]]


def facts_of(work: Work) -> Facts:
    proofs: dict[str, dict[str, dict[str, str]]] = {}
    passed: dict[str, dict[str, bool]] = {}
    for stem, result in work.results.items():
        if stem in work.absent:
            continue
        names = {position: cell for cell, position in work.notebooks[stem]["tests"].items()}
        proofs[stem] = {
            names[one.index]: {"verdict": one.verdict, "evidence": one.evidence}
            for one in result.proof
            if one.index in names
        }
        cells = json.loads((work.folder / f"{stem}.ipynb").read_bytes())["cells"]
        passed[stem] = {cell: left_nothing(cells[position]) for position, cell in names.items()}
    verdicts = {stem: {cell: one["verdict"] for cell, one in cells.items()} for stem, cells in proofs.items()}
    return Facts(proofs, verdicts, passed)


def as_held(facts: Facts, answer: Mapping[str, Any], wanted: Ruling) -> Facts:
    """What is held is what recording says: it knows what a cell would have scored, and looks at its outputs, too."""
    verdicts = {stem: dict(cells) for stem, cells in facts.verdicts.items()}
    passed = {stem: dict(cells) for stem, cells in facts.passed.items()}
    for stem, row in answer["notebooks"].items():
        held = set(row.get("held", ()))
        for cell in held:
            verdicts.setdefault(stem, {})[cell] = "unverified"
            passed.setdefault(stem, {})[cell] = True
        for cell, verdict in verdicts.get(stem, {}).items():
            if verdict == "unverified" and cell not in held and cell not in wanted.accepted.get(stem, ()):
                passed.setdefault(stem, {})[cell] = False
    return Facts(facts.proofs, verdicts, passed)


def left_nothing(cell: Mapping[str, Any]) -> bool:
    """Whether a test cell's outputs hold neither an error nor a warning: nbgrader's rule for any points at all."""
    for output in cell.get("outputs", ()):
        if output.get("output_type") == "error":
            return False
        if output.get("output_type") == "stream" and output.get("name") == "stderr":
            return False
    return True


def outcome(work: Work, answer: Mapping[str, Any], wanted: Ruling) -> tuple[SubmissionStatus, str]:
    notes = list(work.repairs) + list(work.notes) + list(work.remarks)
    for stem, reason in work.absent.items():
        notes.append(f"{stem}.ipynb could not be run and counts zero ({reason.rstrip('.')})")
    for stem, row in answer["notebooks"].items():
        if row.get("fault") and stem not in work.absent:
            notes.append(f"{stem}.ipynb could not be recorded and counts zero ({str(row['reason']).rstrip('.')})")
    lacking = [str(note) for note in answer.get("notes", ())]
    notes += lacking
    broken = bool(lacking or work.absent) or any(row.get("fault") for row in answer["notebooks"].values())
    notes += [note for result in work.results.values() for note in result.notes]
    if wanted.denied:
        notes.insert(0, f"points were not given after a review: {_listed(wanted.denied)}")
    status: SubmissionStatus = "repaired" if work.repairs else "graded"
    if work.notes or broken:
        status = "incomplete"
    for ending in reversed(list(_ENDINGS)):
        stems = [stem for stem, result in work.results.items() if result.ending == ending]
        if stems:
            status = ending
            notes[:0] = [_ENDINGS[ending].format(_where(stem, work.results[stem])) for stem in stems]
    if wanted.waiting:
        status = "unverified"
        notes.insert(0, f"passed without proof, and waits for your decision: {_listed(wanted.waiting)}")
    return status, sentence(notes)


def _where(stem: str, result: Result) -> str:
    """The first cell that ended so, by the name that its author gave it or by its place."""
    position = next((cell.index for cell in result.cells if cell.ending == result.ending), None)
    if position is None:
        return f"a cell of {stem}"
    name = json.loads(result.notebook)["cells"][position].get("metadata", {}).get("nbgrader", {}).get("grade_id")
    return f"the cell {str(name)!r} of {stem}" if name else f"cell {position + 1} of {stem}"


def _listed(cells: Mapping[str, Iterable[str]]) -> str:
    return ", ".join(f"{', '.join(names)} in {stem}" for stem, names in cells.items() if names)


def wavering(work: Work, facts: Facts, before: Record | None) -> dict[str, list[str]]:
    """Tests that came out otherwise than before although everything that goes into them is the same, by notebook."""
    if before is None:
        return {}
    same = [stem for stem in work.ran if before.keys.get(stem) == work.keys.get(stem)]
    return {
        stem: [
            cell
            for cell, now in facts.passed.get(stem, {}).items()
            if before.passed.get(stem, {}).get(cell, now) != now
        ]
        for stem in same
    }


def flags_of(answer: Mapping[str, Any], wavering: Mapping[str, list[str]]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for stem, cells in wavering.items():
        for cell in cells:
            found.setdefault(stem, {})[cell] = [f"flaky: {FLAKY}"]
    for flag in answer.get("flags", ()):
        found.setdefault(flag["notebook"], {}).setdefault(flag["cell"], []).append(f"{flag['kind']}: {flag['text']}")
    return found


def sentence(phrases: Iterable[str]) -> str:
    text = "; ".join(phrases).rstrip(".")
    if not text:
        return ""
    # a file's name keeps its letters, and may hold blanks
    named = "." in text.split(" ", 1)[0] or _BEGINS_WITH_FILE.match(text)
    return f"{text}." if named else f"{text[0].upper()}{text[1:]}."
