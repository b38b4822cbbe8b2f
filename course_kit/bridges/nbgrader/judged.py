"""What proof said of one submission's tests, and what a person decided: whose points are held, and on what evidence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.evidence import (
    CellEvidence,
    NotebookEvidence,
    cell_works,
    decided_cells,
    read_decisions,
    write_evidence,
)
from course_kit.bridges.nbgrader.held import hold
from course_kit.bridges.nbgrader.tested import tests_of

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
        self.ran = True
        self.found: dict[str, dict[str, CellEvidence]] = {}

    def hold(self, name: str, notebook: Any) -> None:
        """Hold back what is unverified in an executed notebook."""
        works = cell_works(notebook, tests_of(notebook))
        if not self.ran:  # outputs are taken as they were handed in: that is the course's choice
            self.found[name] = {}
            return
        accepted, denied = self._decided(name, works)
        self.found[name] = hold(
            notebook, self._proofs.get(name, {}), accepted, denied, works=works, holding=self._holding
        )

    def forget(self, name: str) -> None:
        """This notebook could not be scored after all."""
        self.found.pop(name, None)

    def held(self, name: str) -> list[str]:
        return [cell for cell, one in self.found.get(name, {}).items() if one.held]

    def write(self, at: str) -> None:
        """Keep the evidence for the instructor."""
        found = {name: NotebookEvidence(at, "course-kit", cells) for name, cells in self.found.items()}
        write_evidence(self._root, self._assignment, self._learner, found)

    def _decided(self, name: str, works: Mapping[str, str]) -> tuple[set[str], set[str]]:
        if self._accepted is not None:
            return {*self._accepted.get(name, [])}, {*self._denied.get(name, [])}
        decided = decided_cells(self._decisions, self._learner, name, works)
        accepted = {cell for cell, is_accepted in decided.items() if is_accepted}
        return accepted, decided.keys() - accepted
