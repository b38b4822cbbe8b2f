"""What proof said of one submission's tests, and what a person decided: whose points are held, and on what evidence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.evidence import (
    CellEvidence,
    NotebookEvidence,
    accepted_cells,
    read_decisions,
    work_digest,
    write_evidence,
)
from course_kit.bridges.nbgrader.held import hold

Proofs = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Notebook to grade id to ``verdict`` and ``evidence``."""
Names = Mapping[str, list[str]]
"""Notebook to grade ids."""


class Judged:
    """One submission under judgement. ``accepted`` None: the files of decisions in ``root`` are asked."""

    def __init__(
        self,
        root: Path,
        assignment: str,
        learner: str,
        proofs: Proofs,
        *,
        accepted: Names | None = None,
        denied: Names | None = None,
        holding: bool = True,
    ) -> None:
        self._root, self._assignment, self._learner, self._holding = root, assignment, learner, holding
        self._proofs = {
            name: {cell: (one["verdict"], one.get("evidence", "")) for cell, one in cells.items()}
            for name, cells in proofs.items()
        }
        self._accepted, self._denied = accepted, denied or {}
        self._decisions = read_decisions(root, assignment) if accepted is None else ()
        self._works: dict[str, str] = {}
        self.ran = True
        self.found: dict[str, dict[str, CellEvidence]] = {}

    def hold(self, name: str, notebook: Any) -> None:
        """Hold back what is unverified in an executed notebook."""
        work = self._works[name] = work_digest(notebook)
        if not self.ran:  # outputs are taken as they were handed in: that is the course's choice
            self.found[name] = {}
            return
        accepted, denied = self._decided(name, work)
        self.found[name] = hold(notebook, self._proofs.get(name, {}), accepted, denied, holding=self._holding)

    def forget(self, name: str) -> None:
        """This notebook could not be scored after all."""
        self.found.pop(name, None)

    def held(self, name: str) -> list[str]:
        return [cell for cell, one in self.found.get(name, {}).items() if one.held]

    def write(self, at: str) -> None:
        """Keep the evidence for the instructor."""
        found = {
            name: NotebookEvidence(self._works[name], at, "course-kit", cells) for name, cells in self.found.items()
        }
        write_evidence(self._root, self._assignment, self._learner, found)

    def _decided(self, name: str, work: str) -> tuple[set[str], set[str]]:
        if self._accepted is not None:
            return {*self._accepted.get(name, [])}, {*self._denied.get(name, [])}
        mine = [one for one in self._decisions if (one.learner, one.notebook, one.work) == (self._learner, name, work)]
        accepted = {*accepted_cells(mine, self._learner, name, work)}
        return accepted, {one.cell for one in mine} - accepted
