"""Evidence and decisions: kept by learner and work, and never taken for another's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.bridges.nbgrader.evidence import (
    CellEvidence,
    Decision,
    NotebookEvidence,
    accepted_cells,
    add_decisions,
    read_decisions,
    read_evidence,
    unverified,
    work_digest,
    write_evidence,
)
from course_kit.errors import Invalid, WrongVersion

HELD = NotebookEvidence("w1", "2026-11-22T12:00:00Z", "course-kit", {"t": CellEvidence("unverified", "odd", held=True)})
FINE = NotebookEvidence("w2", "2026-11-22T12:00:00Z", "nbgrader", {"t": CellEvidence("proved")})


def decided(work: str, *, accepted: bool) -> Decision:
    return Decision("ada", "p1", "t", work, accepted, "teacher", "2026-11-22T13:00:00Z")


def test_evidence_waits_for_a_decision_on_this_very_work(tmp_path: Path) -> None:
    assert (read_evidence(tmp_path, "ps1"), read_decisions(tmp_path, "ps1")) == ({}, ())
    write_evidence(tmp_path, "ps1", "ada", {"p1": HELD})
    write_evidence(tmp_path, "ps1", "ada", {"p2": FINE})
    assert read_evidence(tmp_path, "ps1") == {"ada": {"p1": HELD, "p2": FINE}}
    (waiting,) = unverified(tmp_path, "ps1")
    assert (waiting.cell, waiting.held, waiting.decision) == ("t", True, None)

    add_decisions(tmp_path, "ps1", [decided("w0", accepted=True), decided("w1", accepted=False)])
    assert accepted_cells(read_decisions(tmp_path, "ps1"), "ada", "p1", "w1") == frozenset()
    add_decisions(tmp_path, "ps1", [decided("w1", accepted=True)])
    assert accepted_cells(read_decisions(tmp_path, "ps1"), "ada", "p1", "w1") == {"t"}
    assert accepted_cells(read_decisions(tmp_path, "ps1"), "bob", "p1", "w1") == frozenset()
    assert unverified(tmp_path, "ps1")[0].decision == decided("w1", accepted=True)


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20))
def test_any_name_has_a_file_of_its_own_inside(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = tmp_path_factory.mktemp("root")
    write_evidence(root, name, name, {"p1": HELD})
    assert list(read_evidence(root, name)) == [name]
    (file,) = (path for path in root.rglob("*") if path.is_file())
    assert file.resolve().is_relative_to(root.resolve() / ".course-kit" / "proof")


def test_damaged_and_newer_files_are_named_and_not_overwritten(tmp_path: Path) -> None:
    add_decisions(tmp_path, "ps1", [decided("w1", accepted=True)])
    path = tmp_path / ".course-kit" / "decisions" / "ps1.json"
    for content, kind in (("{", Invalid), ("[]", Invalid), ('{"version": 2, "decisions": []}', WrongVersion)):
        path.write_text(content)
        with pytest.raises(kind):
            add_decisions(tmp_path, "ps1", [decided("w2", accepted=True)])
        assert path.read_text() == content
    path.write_text('{"version": 1, "decisions": [{"accepted": "yes"}]}')
    with pytest.raises(Invalid, match="decisions is damaged"):
        read_decisions(tmp_path, "ps1")
    write_evidence(tmp_path, "ps1", "ada", {"p1": HELD})
    evidence = tmp_path / ".course-kit" / "proof" / "ps1" / "ada.json"
    evidence.write_text('{"version": 1, "notebooks": 7}')
    with pytest.raises(Invalid, match="evidence of a graded submission is damaged"):
        read_evidence(tmp_path, "ps1")
    write_evidence(tmp_path, "ps1", "ada", {"p1": HELD})  # evidence is made again, and mends the file
    assert read_evidence(tmp_path, "ps1") == {"ada": {"p1": HELD}}


def test_a_work_is_named_by_answers_and_tests_and_not_by_outputs() -> None:
    def notebook(source: str, outputs: list[str]) -> dict[str, object]:
        return {"cells": [{"cell_type": "code", "source": source, "metadata": {}, "outputs": outputs}]}

    assert work_digest(notebook("x", [])) == work_digest(notebook("x", ["y"]))
    assert work_digest(notebook("x", [])) != work_digest(notebook("y", []))
