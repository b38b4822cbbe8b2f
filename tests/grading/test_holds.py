"""Whose points wait: what nobody could verify, unless so many passed alike that the test is to blame."""

from course_kit.bridges.nbgrader.evidence import Decision
from course_kit.grading.holds import Decisions, is_settled, ruling, suspects, unproved_passes
from course_kit.grading.records import Record


def record(verdict: str = "proved", *, passed: bool = True, held: bool = False, status: str = "graded") -> Record:
    return Record(
        "s", "t", "", status, "",
        works={"sums": {"t1": "w", "t2": "v"}},
        verdicts={"sums": {"t1": verdict, "t2": "proved"}},
        passed={"sums": {"t1": passed, "t2": True}},
        held={"sums": ["t1"]} if held else {},
    )  # fmt: skip


def batch(unverified: int, honest: int) -> list[tuple[str, Record]]:
    found = [(f"u{number}", record("unverified")) for number in range(unverified)]
    return found + [(f"h{number}", record()) for number in range(honest)]


def test_a_few_are_held_and_many_speak_against_the_test() -> None:
    assert suspects(batch(2, 8), 0.2) == ()
    cell, whole = suspects(batch(3, 9), 0.2)
    assert (cell.notebook, cell.cell, cell.share, cell.learners) == ("sums", "t1", 0.25, ("u0", "u1", "u2"))
    assert (whole.notebook, whole.cell) == ("", "")
    assert "speaks against the tests" in whole.text
    assert suspects(batch(3, 12), 0.2) == ()  # exactly the share
    assert suspects(batch(3, 9), 0.5) == ()


def test_two_forgers_in_a_small_class_are_no_proof_against_a_test() -> None:
    assert suspects(batch(2, 0), 0.2) == ()


def test_a_test_that_proof_could_not_look_at_does_not_count() -> None:
    records = [*batch(3, 3), *((f"x{number}", record("unproved")) for number in range(20))]
    assert [(one.cell, one.share) for one in suspects(records, 0.2)] == [("t1", 0.5)]


def test_a_test_that_failed_holds_nothing() -> None:
    assert unproved_passes(record("unverified", passed=False)) == {}
    wanted = ruling("ada", record("unverified", passed=False), Decisions(), ())
    assert (wanted.waiting, wanted.accepted, wanted.denied) == ({}, {}, {})


def test_the_last_decision_on_this_very_work_counts() -> None:
    def decided(accepted: bool, work: str = "w") -> Decision:
        return Decision("ada", "sums", "t1", work, accepted, "teacher", "2026-11-22T12:00:00Z")

    one = record("unverified")
    assert ruling("ada", one, Decisions(), ()).waiting == {"sums": ("t1",)}
    assert ruling("ada", one, Decisions([decided(True)]), ()).accepted == {"sums": ("t1",)}
    assert ruling("ada", one, Decisions([decided(True), decided(False)]), ()).denied == {"sums": ("t1",)}
    assert ruling("ada", one, Decisions([decided(True, work="older")]), ()).waiting == {"sums": ("t1",)}
    assert ruling("bob", one, Decisions([decided(True)]), ()).waiting == {"sums": ("t1",)}


def test_suspicion_lets_go_and_a_denial_stays() -> None:
    suspected = suspects(batch(3, 9), 0.2)
    assert ruling("u0", record("unverified"), Decisions(), suspected).accepted == {"sums": ("t1",)}
    denied = Decisions([Decision("u0", "sums", "t1", "w", False, "teacher", "")])
    assert ruling("u0", record("unverified"), denied, suspected).denied == {"sums": ("t1",)}


def test_a_submission_is_settled_when_it_is_held_as_it_should_be() -> None:
    waits = ruling("ada", record("unverified"), Decisions(), ())
    assert is_settled(record("unverified", held=True), waits)
    assert not is_settled(record("unverified"), waits)
    assert is_settled(record(), ruling("ada", record(), Decisions(), ()))
