"""A batch is graded whole, whatever is in it. These tests run real kernels."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import NotFound, Unavailable
from course_kit.grading.batch import grade

pytestmark = pytest.mark.slow

GOOD, HALF = "return a + b", "return a + b if a < 10 else 0"


def table(scores: Any) -> dict[str, tuple[str, float | None]]:
    return {score.learner: (score.status, score.score) for score in scores}


def test_a_batch_with_every_kind_of_fault_is_graded_to_its_end(
    nbgrader_course: Path, hand_in: Callable[..., Path], answer: Callable[..., Any]
) -> None:
    (nbgrader_course / "nbgrader_config.py").write_text("c = get_config()\nc.Execute.timeout = 3\n")
    twice = answer(GOOD)
    twice.cells.append(twice.cells[2].copy())
    twice.cells[-1].id = "twice"
    foreign = answer(GOOD)
    foreign.metadata.kernelspec.name = "no-such-kernel"
    hand_in("ada", GOOD)
    hand_in("bob", HALF)
    hand_in("cut-short", b'{"cells": [')
    hand_in("huge-number", b'{"nbformat": ' + b"9" * 5000 + b"}")
    hand_in("dies", "import os; os._exit(1)")
    hand_in("floods", "import sys; sys.stdout.write('x' * 30_000_000); return a + b")
    hand_in("foreign", foreign)
    hand_in("loops", "while True: pass")
    hand_in("twice", twice)
    nothing = hand_in("nothing", GOOD)
    (nothing / "sums.ipynb").rename(nothing / "sums.txt")
    before = {path: path.read_bytes() for path in (nbgrader_course / "submitted").rglob("*") if path.is_file()}
    seen: list[tuple[int, int, str]] = []

    scores = grade(nbgrader_course, "adding", progress=lambda *step: seen.append(step))

    assert table(scores) == {
        "ada": ("graded", 5.0),
        "bob": ("graded", 2.0),
        "cut-short": ("unreadable", None),
        "dies": ("kernel-died", 0.0),
        "floods": ("graded", 5.0),
        "foreign": ("graded", 5.0),
        "huge-number": ("unreadable", None),
        "loops": ("timed-out", 0.0),
        "nothing": ("missing", None),
        "twice": ("repaired", 5.0),
    }
    details = {score.learner: score.detail for score in scores}
    assert details["cut-short"] == "sums.ipynb: it is not a notebook: it is not JSON (line 1)."
    assert details["nothing"] == "There is no notebook in it, only: sums.txt, timestamp.txt."
    assert details["twice"] == "sums.ipynb: the cell 'test-add' is there more than once: the last one was marked."
    assert {score.max_score for score in scores} == {5.0}
    assert seen[0] == (0, 10, "Preparing")
    assert [step[0] for step in seen] == [*range(11), 10]
    assert seen[-1] == (10, 10, "Done")
    after = {path: path.read_bytes() for path in (nbgrader_course / "submitted").rglob("*") if path.is_file()}
    assert after == before
    assert (nbgrader_course / "autograded" / "ada" / "adding" / "sums.ipynb").is_file()


def test_what_is_graded_is_not_run_again_until_it_changes(
    nbgrader_course: Path, hand_in: Callable[..., Path], now: Any
) -> None:
    hand_in("ada", GOOD)
    hand_in("bob", HALF)
    first = grade(nbgrader_course, "adding", at=now)
    marks = {p: p.stat().st_mtime_ns for p in nbgrader_course.glob("autograded/*/adding/sums.ipynb")}
    hand_in("bob", GOOD, at="2026-11-21 10:00:00 UTC")

    second = grade(nbgrader_course, "adding", at=now)

    assert (table(first)["bob"], table(second)["bob"]) == (("graded", 2.0), ("graded", 5.0))
    again = {p: p.stat().st_mtime_ns for p in nbgrader_course.glob("autograded/*/adding/sums.ipynb")}
    assert {p.parts[-3] for p in marks if marks[p] != again[p]} == {"bob"}
    assert len(list((nbgrader_course / ".course-kit" / "backups").glob("gradebook-*.db"))) == 1

    grade(nbgrader_course, "adding", force=True, learners=["ada"])
    forced = {p: p.stat().st_mtime_ns for p in nbgrader_course.glob("autograded/*/adding/sums.ipynb")}
    assert {p.parts[-3] for p in again if again[p] != forced[p]} == {"ada"}


def test_marks_and_comments_given_by_hand_survive(
    make_source: Callable[..., Path], nbgrader_course: Path, hand_in: Callable[..., Path], answer: Callable[..., Any]
) -> None:
    make_source(nbgrader_course, essay=True)
    notebook = answer(GOOD, essay=True)
    notebook.cells[-1].source = "Because."
    hand_in("ada", notebook)
    assert table(grade(nbgrader_course, "adding")) == {"ada": ("needs-manual-grading", 5.0)}
    with sqlite3.connect(nbgrader_course / "gradebook.db") as database:
        query = "UPDATE grade SET manual_score = 4, needs_manual_grade = 0 WHERE auto_score IS NULL"
        assert database.execute(query).rowcount == 1
        database.execute("UPDATE comment SET manual_comment = 'Well put.'")

    scores = grade(nbgrader_course, "adding", force=True)

    assert [(score.score, score.max_score) for score in scores] == [(9.0, 10.0)]
    assert "Well put." in scores[0].comment


def test_a_missing_kernel_is_named_with_what_there_is(
    make_source: Callable[..., Path], nbgrader_course: Path, hand_in: Callable[..., Path]
) -> None:
    make_source(nbgrader_course, kernel="xpython")
    folder = hand_in("ada", GOOD)
    before = (folder / "sums.ipynb").read_bytes()

    with pytest.raises(Unavailable) as caught:
        grade(nbgrader_course, "adding")

    assert "'xpython', which is not installed here (installed: " in caught.value.message
    assert "--kernel python3" in caught.value.hint
    assert table(grade(nbgrader_course, "adding", kernel="python3")) == {"ada": ("graded", 5.0)}
    assert (folder / "sums.ipynb").read_bytes() == before
    source = json.loads((nbgrader_course / "source" / "adding" / "sums.ipynb").read_text())
    assert source["metadata"]["kernelspec"]["name"] == "xpython"


def test_changed_tests_and_cells_wait_for_a_yes(
    make_source: Callable[..., Path], nbgrader_course: Path, hand_in: Callable[..., Path]
) -> None:
    hand_in("ada", HALF)
    assert table(grade(nbgrader_course, "adding")) == {"ada": ("graded", 2.0)}
    source = nbgrader_course / "source" / "adding" / "sums.ipynb"
    source.write_text(source.read_text().replace("canary_7f3a_total == 42", "canary_7f3a_total == 0"))
    hand_in("bob", HALF)

    waiting = grade(nbgrader_course, "adding")
    assert table(waiting) == {"ada": ("graded", 2.0), "bob": ("graded", 2.0)}
    assert len(waiting.pending) == 1
    assert "test-more" in waiting.pending[0]
    assert table(grade(nbgrader_course, "adding", apply_changes=True)) == {
        "ada": ("graded", 5.0),
        "bob": ("graded", 5.0),
    }

    make_source(nbgrader_course, extra="assert add(0, 0) == 0")
    assert "extra" in "".join(grade(nbgrader_course, "adding").pending)
    scores = grade(nbgrader_course, "adding", apply_changes=True)
    # their notebooks never had the new cell, which is nothing that they broke
    assert table(scores) == {"ada": ("graded", 3.0), "bob": ("graded", 3.0)}
    assert {score.detail for score in scores} == {"sums.ipynb: the test 'extra' was added after it was handed in."}
    assert {score.max_score for score in scores} == {6.0}
    assert scores.pending == ()
    assert len(list((nbgrader_course / ".course-kit" / "backups").glob("gradebook-*.db"))) >= 2


def test_changed_tests_are_carried_through_where_nbgrader_graded_before(
    nbgrader_course: Path, hand_in: Callable[..., Path]
) -> None:
    hand_in("ada", HALF)
    hand_in("bob", GOOD)
    grade(nbgrader_course, "adding")
    shutil.rmtree(nbgrader_course / ".course-kit")  # nobody but nbgrader was here
    assert [reason.code for reason in grade(nbgrader_course, "adding").reasons] == ["by-nbgrader"] * 2
    shutil.rmtree(nbgrader_course / ".course-kit")
    source = nbgrader_course / "source" / "adding" / "sums.ipynb"
    source.write_text(source.read_text().replace("canary_7f3a_total == 42", "canary_7f3a_total in (0, 42)"))

    waiting = grade(nbgrader_course, "adding")
    assert table(waiting) == {"ada": ("graded", 2.0), "bob": ("graded", 5.0)}
    assert len(waiting.pending) == 1
    applied = grade(nbgrader_course, "adding", apply_changes=True)

    assert table(applied) == {"ada": ("graded", 5.0), "bob": ("graded", 5.0)}
    assert [reason.code for reason in applied.reasons] == ["tests"] * 2
    assert applied.pending == ()
    assert grade(nbgrader_course, "adding").settled == 2


def test_a_batch_that_was_killed_goes_on_where_it_was(nbgrader_course: Path, hand_in: Callable[..., Path]) -> None:
    learners = [f"a{number}" for number in range(8)]
    for learner in learners:
        hand_in(learner, f"return a + b + {learner[1]} * 0")
    program = (
        "import sys; from pathlib import Path; from course_kit.grading.batch import grade;"
        "grade(Path(sys.argv[1]), 'adding', progress=lambda *step: print(*step, flush=True))"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(nbgrader_course)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("2 8"):  # two are recorded, others are under way
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    done = {p: p.stat().st_mtime_ns for p in nbgrader_course.glob("autograded/*/adding/sums.ipynb")}
    assert 2 <= len(done) < 8

    deadline = time.monotonic() + 60
    while True:  # the orphaned worker lets go of the gradebook when its pipe is closed
        try:
            scores = grade(nbgrader_course, "adding")
            break
        except Unavailable:
            assert time.monotonic() < deadline
    assert table(scores) == dict.fromkeys(learners, ("graded", 5.0))
    assert scores.settled >= 2
    kept = [path for path, mark in done.items() if path.stat().st_mtime_ns == mark]
    assert len(kept) >= 2


def test_a_submission_that_never_comes_to_an_end_is_stopped_and_the_others_graded(
    nbgrader_course: Path, hand_in: Callable[..., Path]
) -> None:
    hand_in("ada", GOOD)
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n    while True: pass"
    hand_in("zoe", GOOD)
    hand_in("mallory", stubborn)

    scores = grade(nbgrader_course, "adding", limits={"cell": "2 seconds", "notebook": "12 seconds"})

    assert table(scores)["mallory"] == ("timed-out", 0.0)
    assert table(scores)["ada"] == table(scores)["zoe"] == ("graded", 5.0)


def test_an_unknown_assignment_or_learner_is_named(nbgrader_course: Path, hand_in: Callable[..., Path]) -> None:
    hand_in("ada", GOOD)
    with pytest.raises(NotFound, match="no assignment 'addng'") as caught:
        grade(nbgrader_course, "addng")
    assert caught.value.hint == "Assignments here: adding."
    with pytest.raises(NotFound, match="eve submitted nothing for 'adding'"):
        grade(nbgrader_course, "adding", learners=["eve"])


def test_a_half_made_gradebook_is_made_whole(nbgrader_course: Path, hand_in: Callable[..., Path]) -> None:
    with sqlite3.connect(nbgrader_course / "gradebook.db") as database:
        database.execute("CREATE TABLE student (id VARCHAR(128))")
    hand_in("ada", GOOD)

    assert table(grade(nbgrader_course, "adding")) == {"ada": ("graded", 5.0)}

    with sqlite3.connect(nbgrader_course / "gradebook.db") as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
