"""Only what changed is run. These tests run real notebooks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.grading import stamps
from course_kit.grading.batch import grade
from course_kit.grading.explain import explain
from course_kit.grading.graded import BatchState
from course_kit.grading.publish import publish
from course_kit.grading.trial import dry_run, preview
from course_kit.grading.unscored import unscored

pytestmark = pytest.mark.slow
GOOD, HALF = "return a + b", "return a + b if a < 10 else 0"


@pytest.fixture(autouse=True)
def _clock_without_grain(monkeypatch: pytest.MonkeyPatch) -> None:
    """This disk's clock is fine, and these tests do not wait two seconds for their files to be old."""
    monkeypatch.setattr(stamps, "GRAIN", 0)


def codes(scores: Any) -> dict[str, tuple[str, bool | None]]:
    return {reason.learner: (reason.code, reason.ran) for reason in scores.reasons}


def table(scores: Any) -> dict[str, tuple[str, float | None]]:
    return {score.learner: (score.status, score.score) for score in scores}


def everything(folder: Path) -> dict[str, bytes]:
    logs = {"grading.log", "grade"}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in logs
    }


def test_nothing_is_started_when_nothing_changed(
    nbgrader_course: Path, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (nbgrader_course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'adds'\n")
    hand_in("ada", GOOD)
    hand_in("bob", b"no notebook")
    first = grade(nbgrader_course, "adding")
    assert codes(first) == {"ada": ("new", True), "bob": ("new", False)}

    def nobody(*_: object, **__: object) -> None:
        raise AssertionError("nothing had to be started")

    monkeypatch.setattr("course_kit.grading.desk.Worker", nobody)
    monkeypatch.setattr("course_kit.grading.places.course_info", nobody)
    monkeypatch.setattr("course_kit.grading.opened.LocalEngine", nobody)
    second = grade(nbgrader_course, "adding")

    assert second.scores == first.scores
    assert codes(second) == {"ada": ("unchanged", False), "bob": ("unchanged", False)}
    assert (second.ran, second.cached, second.settled) == (0, 0, 2)
    assert [reason.text for reason in explain(nbgrader_course, "adding")] == [
        "Neither it nor the tests changed since it was graded.",
        "It is still unreadable: what was handed in did not change.",
    ]


def test_a_penalty_or_an_essay_is_recorded_and_runs_nothing(
    make_source: Callable[..., Path], nbgrader_course: Path, hand_in: Callable[..., Path], answer: Callable[..., Any]
) -> None:
    make_source(nbgrader_course, essay=True)
    work = answer(GOOD, essay=True)
    hand_in("ada", work)
    grade(nbgrader_course, "adding")
    work.cells[-1].source = "Because it adds."
    hand_in("ada", work, at="2026-11-21 10:00:00 UTC")

    again = grade(nbgrader_course, "adding")
    assert codes(again) == {"ada": ("changed", False)}
    assert "Nothing ran" in again.reasons[0].text
    graded = (nbgrader_course / "autograded" / "ada" / "adding" / "sums.ipynb").read_text()
    assert "Because it adds." in graded

    (nbgrader_course / "nbgrader_config.py").write_text("c = get_config()\nc.AssignLatePenalties.enabled = True\n")
    assert codes(grade(nbgrader_course, "adding")) == {"ada": ("settings", False)}
    assert codes(grade(nbgrader_course, "adding")) == {"ada": ("unchanged", False)}


def test_wider_limits_run_only_what_was_cut_short(nbgrader_course: Path, hand_in: Callable[..., Path]) -> None:
    hand_in("ada", GOOD)
    hand_in("slow", "import time; time.sleep(3); return a + b")
    first = grade(nbgrader_course, "adding", limits={"cell": 1})
    assert table(first) == {"ada": ("graded", 5.0), "slow": ("timed-out", 0.0)}

    second = grade(nbgrader_course, "adding", limits={"cell": 20})

    assert table(second) == {"ada": ("graded", 5.0), "slow": ("graded", 5.0)}
    assert codes(second) == {"ada": ("unchanged", False), "slow": ("limits", True)}


def test_a_changed_test_shows_first_who_would_change_and_then_runs_only_its_notebook(
    nbgrader_course: Path, hand_in: Callable[..., Path]
) -> None:
    source = nbgrader_course / "source" / "adding"
    (source / "other.ipynb").write_text((source / "sums.ipynb").read_text())
    for learner, body in (("ada", GOOD), ("bob", HALF)):
        folder = hand_in(learner, body)
        (folder / "other.ipynb").write_text((folder / "sums.ipynb").read_text().replace("pass", "return None"))
    grade(nbgrader_course, "adding")
    nothing = preview(nbgrader_course, "adding")
    assert (nothing.changes, nothing.differences, nothing.unaffected, len(nothing.batch)) == ((), (), 2, 0)
    path = source / "sums.ipynb"
    path.write_text(path.read_text().replace("canary_7f3a_total == 42", "canary_7f3a_total in (0, 42)"))
    before = everything(nbgrader_course)

    shown = preview(nbgrader_course, "adding")

    unchanged = everything(nbgrader_course)
    assert {name for name in unchanged if unchanged[name] != before.get(name)} <= {
        name for name in unchanged if name.startswith(".course-kit/cache/")
    }
    assert [(one.learner, one.notebook, one.cell, one.before, one.after) for one in shown.differences] == [
        ("bob", "", "", 4.0, 7.0),
        ("bob", "sums", "", 2.0, 5.0),
        ("bob", "sums", "test-more", 0.0, 3.0),
    ]
    assert shown.differences[0].text == "in all: 4 of 10 would become 7 of 10."
    assert (shown.unaffected, shown.learners) == (1, ("bob",))
    assert table(grade(nbgrader_course, "adding"))["bob"] == ("graded", 4.0)

    applied = grade(nbgrader_course, "adding", apply_changes=True)
    assert table(applied)["bob"] == ("graded", 7.0)
    assert codes(applied) == {"ada": ("tests", False), "bob": ("tests", False)}  # the preview ran them


def test_a_dry_run_writes_nothing_and_shows_every_difference(
    nbgrader_course: Path, hand_in: Callable[..., Path]
) -> None:
    hand_in("ada", GOOD)
    hand_in("bob", HALF)
    grade(nbgrader_course, "adding")
    hand_in("bob", GOOD, at="2026-11-21 10:00:00 UTC")
    before = everything(nbgrader_course)

    shown = dry_run(nbgrader_course, "adding")

    assert everything(nbgrader_course) == before
    assert [(one.learner, one.notebook, one.cell, one.before, one.after) for one in shown.differences] == [
        ("bob", "", "", 2.0, 5.0),
        ("bob", "sums", "", 2.0, 5.0),
        ("bob", "sums", "test-more", 0.0, 3.0),
    ]
    assert shown.unaffected == 1


def test_an_older_score_is_not_published_for_a_hand_in_that_cannot_be_graded(
    nbgrader_course: Path, hand_in: Callable[..., Path], now: Any
) -> None:
    hand_in("ada", GOOD)
    grade(nbgrader_course, "adding")
    assert [one.score for one in publish(nbgrader_course, at=now)] == [5.0]
    hand_in("ada", b"{", at="2026-11-21 10:00:00 UTC")
    assert table(grade(nbgrader_course, "adding")) == {"ada": ("unreadable", None)}

    assert publish(nbgrader_course, at=now) == ()
    assert [(one.learner, one.status) for one in unscored(nbgrader_course)] == [("ada", "unreadable")]


def explained(folder: Path) -> dict[str, tuple[str, str, bool]]:
    return {reason.learner: (reason.code, reason.text, reason.again) for reason in explain(folder, "adding")}


def test_explain_says_what_grade_does_where_the_gradebook_is_gone_or_another(
    nbgrader_course: Path, hand_in: Callable[..., Path]
) -> None:
    hand_in("ada", GOOD)
    hand_in("bob", b"no notebook")
    first = grade(nbgrader_course, "adding")
    book = nbgrader_course / "gradebook.db"
    without = book.read_bytes()
    hand_in("eve", HALF)
    grade(nbgrader_course, "adding")
    lost = ("lost", "The gradebook does not have its score any more.", True)
    still = ("unchanged", "It is still unreadable: what was handed in did not change.", False)

    book.write_bytes(without)  # from a backup, from before eve
    fine = ("unchanged", "Neither it nor the tests changed since it was graded.", False)
    assert explained(nbgrader_course) == {"ada": fine, "bob": still, "eve": lost}
    assert codes(grade(nbgrader_course, "adding")) == {
        "ada": ("unchanged", False),
        "bob": ("unchanged", False),
        "eve": ("lost", False),  # its result is kept
    }

    book.unlink()
    assert explained(nbgrader_course) == {"ada": lost, "bob": still, "eve": lost}
    assert not book.exists()
    again = grade(nbgrader_course, "adding")
    assert codes(again) == {"ada": ("lost", False), "bob": ("unchanged", False), "eve": ("lost", False)}
    assert table(again) == {**table(first), "eve": ("graded", 2.0)}


def test_an_upgrade_of_a_package_runs_what_ran_with_the_old_one(
    nbgrader_course: Path, hand_in: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "packages"
    (packages / "plotting-2.1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(packages))
    hand_in("ada", GOOD)
    hand_in("bob", b"no notebook")
    grade(nbgrader_course, "adding")
    assert codes(grade(nbgrader_course, "adding"))["ada"] == ("unchanged", False)

    (packages / "plotting-2.1.0.dist-info").rename(packages / "plotting-2.2.0.dist-info")
    (packages / "fonts-1.0.dist-info").mkdir()

    text = "The environment changed since it was graded: fonts 1.0 is new, plotting 2.1.0 -> 2.2.0."
    assert explained(nbgrader_course)["ada"] == ("environment", text, True)
    assert explained(nbgrader_course)["bob"][0] == "unchanged"
    assert codes(grade(nbgrader_course, "adding")) == {"ada": ("environment", True), "bob": ("unchanged", False)}
    assert codes(grade(nbgrader_course, "adding"))["ada"] == ("unchanged", False)


def test_a_forced_batch_that_was_stopped_goes_on_without_force(
    nbgrader_course: Path, hand_in: Callable[..., Path]
) -> None:
    for learner in ("ada", "bob", "eve"):
        hand_in(learner, GOOD)
    grade(nbgrader_course, "adding")

    def ctrl_c(state: BatchState) -> None:
        if state.what == "Grading" and state.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(nbgrader_course, "adding", force=True, watch=ctrl_c)

    (done,) = (name for name, (code, _, _) in explained(nbgrader_course).items() if code == "unchanged")
    left = {"ada", "bob", "eve"} - {done}
    text = "It was to be run again, and the batch was stopped before it came to it."
    assert {explained(nbgrader_course)[name] for name in left} == {("forced", text, True)}
    assert codes(grade(nbgrader_course, "adding")) == {
        done: ("unchanged", False),
        **dict.fromkeys(left, ("forced", True)),  # run, though a result of the same code is kept
    }
    assert {code for code, _, _ in explained(nbgrader_course).values()} == {"unchanged"}


def test_one_broken_notebook_costs_no_other(nbgrader_course: Path, hand_in: Callable[..., Path]) -> None:
    source = nbgrader_course / "source" / "adding"
    for name in ("first", "third"):
        (source / f"{name}.ipynb").write_text((source / "sums.ipynb").read_text())
    folder = hand_in("ada", GOOD)
    for name in ("first", "third"):
        (folder / f"{name}.ipynb").write_text((folder / "sums.ipynb").read_text())
    (folder / "first.ipynb").write_text("{")
    (folder / "third.ipynb").rename(folder / "my third try.ipynb")

    (score,) = grade(nbgrader_course, "adding")

    assert (score.status, score.score, score.max_score) == ("incomplete", 10.0, 15.0)
    assert "first.ipynb: it is not a notebook: it is not JSON (line 1); it counts zero" in score.detail

    (folder / "first.ipynb").write_text((folder / "sums.ipynb").read_text())
    (folder / "notes.ipynb").write_text("{")
    (score,) = grade(nbgrader_course, "adding")
    assert (score.status, score.score) == ("repaired", 15.0)
    assert "notes.ipynb: it is not a notebook: it is not JSON (line 1); it is none of the assignment's" in score.detail


def test_a_live_view_sees_all_of_it(nbgrader_course: Path, hand_in: Callable[..., Path]) -> None:
    hand_in("ada", GOOD)
    hand_in("bob", "import time; time.sleep(1); return a + b")
    hand_in("eve", b"{")
    seen: list[BatchState] = []

    grade(nbgrader_course, "adding", watch=seen.append)

    assert (seen[0].what, seen[0].done, seen[0].total) == ("Preparing", 0, 3)
    assert any(running[0] == "bob" for state in seen for running in state.running)
    assert (seen[-1].what, seen[-1].done, seen[-1].failures) == ("Done", 3, {"unreadable": 1})
    assert seen[-1].slowest[0][:2] == ("bob", "sums")
    assert {*seen[-1].layers, *(one.name for one in seen[-1].missing_layers)} >= {"limits", "landlock", "seccomp"}
