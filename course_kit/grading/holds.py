"""Whose points wait for a decision: what proof found, what the instructor decided, and when the tests are suspected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_kit.bridges.nbgrader.evidence import Decision, read_decisions
from course_kit.grading.graded import Suspect
from course_kit.grading.records import Record

FEWEST = 3
"""So many submissions have to agree before a test is suspected: one or two forgers in a small class are no proof."""

Cells = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Ruling:
    """What holds for one submission. By notebook: ``accepted`` by a person or because the test is suspected,
    ``denied`` by a person, and ``waiting``, whose points are held until someone decides."""

    accepted: Cells
    denied: Cells
    waiting: Cells


class Decisions:
    """The instructor's decisions on an assignment; the last one on a cell of the same work counts."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._last = {(one.learner, one.notebook, one.cell, one.work): one for one in decisions}

    @classmethod
    def of(cls, root: Path, assignment: str) -> "Decisions":
        return cls(read_decisions(root, assignment))

    def on(self, learner: str, notebook: str, cell: str, work: str) -> bool | None:
        """True for accepted, False for denied, None where nobody has decided."""
        found = self.last(learner, notebook, cell, work)
        return None if found is None else found.accepted

    def last(self, learner: str, notebook: str, cell: str, work: str) -> Decision | None:
        """The decision that counts."""
        return self._last.get((learner, notebook, cell, work))


def unproved_passes(record: Record) -> Cells:
    """The cells that scored although proof says that they should not have, by notebook."""
    found = {
        notebook: tuple(
            cell for cell, verdict in cells.items() if verdict == "unverified" and _passed(record, notebook, cell)
        )
        for notebook, cells in record.verdicts.items()
    }
    return {notebook: cells for notebook, cells in found.items() if cells}


def _passed(record: Record, notebook: str, cell: str) -> bool:
    return record.passed.get(notebook, {}).get(cell, True)


def suspects(records: Iterable[tuple[str, Record]], share: float) -> tuple[Suspect, ...]:
    """The tests that too many passed without proof: more than ``share`` of those in whose work proof looked at them.

    One with the cell "" where so many submissions are unverified in all.
    """
    looked: dict[tuple[str, str], int] = {}
    struck: dict[tuple[str, str], list[str]] = {}
    whole: list[str] = []
    total = 0
    for learner, record in records:
        if not record.scored or not record.verdicts:
            continue
        total += 1
        passes = unproved_passes(record)
        for notebook, cells in record.verdicts.items():
            for cell, verdict in cells.items():
                if verdict != "unproved":
                    looked[notebook, cell] = looked.get((notebook, cell), 0) + 1
                if cell in passes.get(notebook, ()):
                    struck.setdefault((notebook, cell), []).append(learner)
        if passes:
            whole.append(learner)
    found = [
        Suspect(notebook, cell, len(who) / looked[notebook, cell], tuple(who), _cell_text(cell, notebook, len(who)))
        for (notebook, cell), who in sorted(struck.items())
        if _too_many(len(who), looked[notebook, cell], share)
    ]
    if _too_many(len(whole), total, share):
        found.append(Suspect("", "", len(whole) / total, tuple(whole), _whole_text(len(whole), total)))
    return tuple(found)


def _too_many(struck: int, looked: int, share: float) -> bool:
    return struck >= FEWEST and looked > 0 and struck / looked > share


def _cell_text(cell: str, notebook: str, count: int) -> str:
    return (
        f"{count} submissions passed the test {cell!r} in {notebook}.ipynb without proof: look at the test first. "
        "Nobody's points are held for it."
    )


def _whole_text(count: int, total: int) -> str:
    return (
        f"{count} of {total} submissions passed tests without proof, which speaks against the tests rather than the "
        "learners: look at them first. Nobody's points are held."
    )


def ruling(learner: str, record: Record, decisions: Decisions, suspected: Iterable[Suspect]) -> Ruling:
    """What holds for one submission."""
    cells = {(one.notebook, one.cell) for one in suspected}
    accepted: dict[str, list[str]] = {}
    denied: dict[str, list[str]] = {}
    waiting: dict[str, list[str]] = {}
    for notebook, passes in unproved_passes(record).items():
        for cell in passes:
            decided = decisions.on(learner, notebook, cell, record.work_of(notebook, cell))
            waived = ("", "") in cells or (notebook, cell) in cells
            undecided = accepted if waived else waiting
            where = undecided if decided is None else accepted if decided else denied
            where.setdefault(notebook, []).append(cell)
    return Ruling(_frozen(accepted), _frozen(denied), _frozen(waiting))


def _frozen(cells: Mapping[str, list[str]]) -> Cells:
    return {notebook: tuple(sorted(names)) for notebook, names in sorted(cells.items())}


def is_settled(record: Record, wanted: Ruling) -> bool:
    """Whether the gradebook has a submission as it should be held."""
    now = {notebook: tuple(sorted(cells)) for notebook, cells in sorted(record.held.items()) if cells}
    refused = {notebook: tuple(sorted(cells)) for notebook, cells in sorted(record.denied.items()) if cells}
    return now == dict(wanted.waiting) and refused == dict(wanted.denied)
