"""Evidence and decisions: kept by learner and work, and never taken for another's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.bridges.nbgrader.evidence import (
    CellEvidence,
    Decision,
    NotebookEvidence,
    add_decisions,
    cell_works,
    decided_cells,
    read_decisions,
    read_evidence,
    unverified,
    write_evidence,
)
from course_kit.errors import Invalid, WrongVersion

HELD = NotebookEvidence("2026-11-22T12:00:00Z", "course-kit", {"t": CellEvidence("unverified", "odd", True, "w1")})
FINE = NotebookEvidence("2026-11-22T12:00:00Z", "nbgrader", {"t": CellEvidence("proved", work="w2")})


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
    assert decided_cells(read_decisions(tmp_path, "ps1"), "ada", "p1", {"t": "w1"}) == {"t": False}
    add_decisions(tmp_path, "ps1", [decided("w1", accepted=True)])
    assert decided_cells(read_decisions(tmp_path, "ps1"), "ada", "p1", {"t": "w1"}) == {"t": True}
    assert decided_cells(read_decisions(tmp_path, "ps1"), "bob", "p1", {"t": "w1"}) == {}
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


def test_a_tests_work_is_named_by_the_answers_and_that_test_alone() -> None:
    def works(*sources: str, output: str = "") -> dict[str, str]:
        cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": [output]} for text in sources]
        return cell_works({"cells": cells}, {"first": 1, "second": 3})

    known = works("answer", "test 1", "more", "test 2")
    assert known == works("answer", "test 1", "more", "test 2", output="x")
    assert len(set(known.values())) == 2
    other = works("answer", "test 1", "more", "mended")
    assert (other["first"] == known["first"], other["second"] == known["second"]) == (True, False)
    for sources in (("else", "test 1", "more", "test 2"), ("answer", "test 1", "else", "test 2")):
        assert not {*works(*sources).values()} & {*known.values()}
    moved = [{"cell_type": "code", "source": text, "metadata": {}} for text in ("answer", "more", "test 1", "test 2")]
    assert cell_works({"cells": moved}, {"first": 2, "second": 3}) == {
        "first": cell_works({"cells": moved}, {"first": 2, "second": 3})["first"],
        "second": known["second"],
    }
    assert cell_works({"cells": moved}, {"first": 2, "second": 3})["first"] != known["first"]
