"""A pass that cannot be verified waits for the instructor; the learner is told only that it is being reviewed."""

import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import NotFound
from course_kit.grading.batch import grade
from course_kit.grading.decisions import decide, review
from course_kit.grading.explain import explain
from course_kit.grading.feedback import make_feedback
from course_kit.grading.publish import publish

pytestmark = pytest.mark.slow
GOOD = "return a + b"
STRIPPED = """return 0


import ast


class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()


get_ipython().ast_transformers.append(Strip())"""


def table(scores: Any) -> dict[str, tuple[str, float | None]]:
    return {score.learner: (score.status, score.score) for score in scores}


@pytest.fixture
def graded(nbgrader_course: Path, hand_in: Callable[..., Path], forge: Any) -> Path:
    hand_in("ada", GOOD)
    hand_in("eve", forge())
    scores = grade(nbgrader_course, "adding", proof="all")
    assert table(scores) == {"ada": ("graded", 5.0), "eve": ("unverified", 0.0)}
    return nbgrader_course


@pytest.fixture
def forge(answer: Callable[..., Any]) -> Callable[[], Any]:
    def forged() -> Any:
        notebook = answer(GOOD)
        notebook.cells[1].source = "def add(a, b):\n    " + STRIPPED
        return notebook

    return forged


def test_points_are_held_with_evidence_for_the_instructor_alone(graded: Path, now: datetime) -> None:
    held = review(graded, "adding")
    assert {(one.learner, one.notebook, one.state) for one in held} == {("eve", "sums", "waiting")}
    assert {one.cell for one in held} == {"test-add", "test-more"}
    assert all(one.evidence for one in held)

    publish(graded, at=now)
    (ada, eve) = make_feedback(graded, at=now)
    assert ada.path is not None
    assert eve.path is not None
    with zipfile.ZipFile(eve.path) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "review" in text
    for one in held:
        assert one.evidence not in text
    for word in ("cheat", "forge", "fresh value", "nonce", "proof"):
        assert word not in text.casefold().replace("course-kit-proof", "")


def test_accepting_gives_the_points_and_runs_nothing(graded: Path, now: datetime, monkeypatch: Any) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise AssertionError("nothing may run")

    monkeypatch.setattr("course_kit.grading.opened.LocalEngine", nobody)
    one = decide(graded, "adding", learner="eve", cell="test-add", accept=True, by="teacher", at=now)
    assert table(one.scores) == {"eve": ("unverified", 2.0)}
    assert [(held.cell, held.state, held.by) for held in one.decisions] == [("test-add", "accepted", "teacher")]

    rest = decide(graded, "adding", learner=None, cell=None, accept=False, by="teacher", at=now)
    assert table(rest.scores) == {"eve": ("graded", 2.0)}
    assert "not given after a review: test-more in sums" in rest.scores[0].detail
    assert [(held.cell, held.state) for held in review(graded, "adding")] == [
        ("test-add", "accepted"),
        ("test-more", "denied"),
    ]
    changed_mind = decide(graded, "adding", learner="eve", cell="test-more", accept=True, by="other", at=now)
    assert table(changed_mind.scores) == {"eve": ("graded", 5.0)}
    again = grade(graded, "adding", proof="all")
    assert table(again)["eve"] == ("graded", 5.0)
    assert again.ran == 0
    with pytest.raises(NotFound, match="waits for a decision"):
        decide(graded, "adding", learner="ada", cell=None, accept=True, by="teacher", at=now)


def test_what_nbgraders_own_button_held_is_listed_decided_and_taken_up(graded: Path, now: datetime) -> None:
    shutil.rmtree(graded / ".course-kit" / "graded")  # as its button leaves it: evidence, and no record of a batch

    held = review(graded, "adding")
    assert {(one.learner, one.state) for one in held} == {("eve", "waiting")}
    assert {reason.learner: reason.code for reason in explain(graded, "adding")} == {
        "ada": "by-nbgrader",
        "eve": "unsettled",
    }
    one = decide(graded, "adding", learner="eve", cell="test-add", accept=True, by="teacher", at=now)
    assert one.unsettled == ("eve",)
    assert [(held.cell, held.state) for held in one.decisions] == [("test-add", "accepted")]

    assert table(grade(graded, "adding", proof="all")) == {"ada": ("graded", 5.0), "eve": ("unverified", 2.0)}


def test_work_that_is_handed_in_anew_waits_anew(
    graded: Path, hand_in: Callable[..., Path], forge: Any, now: datetime
) -> None:
    decide(graded, "adding", learner=None, cell=None, accept=True, by="teacher", at=now)
    notebook = forge()
    notebook.cells[1].source += "\n# again"
    hand_in("eve", notebook, at="2026-11-21 10:00:00 UTC")
    assert table(grade(graded, "adding", proof="all"))["eve"] == ("unverified", 0.0)


def test_a_decision_stands_until_the_test_that_it_concerns_changes(graded: Path, now: datetime) -> None:
    decide(graded, "adding", learner="eve", cell="test-more", accept=False, by="teacher", at=now)
    decide(graded, "adding", learner="eve", cell="test-add", accept=True, by="teacher", at=now)
    source = graded / "source" / "adding" / "sums.ipynb"

    def states() -> dict[str, str]:
        return {one.cell: one.state for one in review(graded, "adding")}

    source.write_text(source.read_text().replace("'add(1, 2) should be 3'", "'1 + 2 is 3'"))
    scores = grade(graded, "adding", proof="all", apply_changes=True)
    assert table(scores)["eve"] == ("unverified", 0.0)
    assert states() == {"test-add": "waiting", "test-more": "denied"}
    decide(graded, "adding", learner="eve", cell="test-add", accept=True, by="teacher", at=now)

    source.write_text(source.read_text().replace("goes wrong", "fails"))
    scores = grade(graded, "adding", proof="all", apply_changes=True)
    assert table(scores)["eve"] == ("unverified", 2.0)
    assert states() == {"test-add": "accepted", "test-more": "waiting"}


def test_too_many_speak_against_the_test_and_nobodys_points_are_held(
    graded: Path, hand_in: Callable[..., Path], forge: Any
) -> None:
    for learner in ("fay", "gil"):
        hand_in(learner, forge())
    scores = grade(graded, "adding", proof="all")
    assert {score.status for score in scores} == {"graded"}
    assert {score.score for score in scores} == {5.0}
    assert {one.cell for one in scores.suspects} == {"", "test-add", "test-more"}
    assert {one.state for one in review(graded, "adding")} == {"not-held"}

    for number in range(12):  # a larger class came in: three of fifteen are the share itself
        hand_in(f"honest{number}", f"return a + b + {number} * 0")
    scores = grade(graded, "adding", proof="all")
    assert scores.suspects == ()
    assert {score.learner for score in scores if score.status == "unverified"} == {"eve", "fay", "gil"}
    assert json.loads(json.dumps(scores.json_object()))["suspects"] == []
