"""The same scores as `nbgrader autograde`, on courses that no one here wrote."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from course_kit.bridges.nbgrader.client import Worker
from course_kit.grading.batch import grade

pytestmark = pytest.mark.slow
LEARNERS = 12


def nbgrader(folder: Path, *arguments: str) -> None:
    """nbgrader's own command, in a course's folder."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def notebook_scores(folder: Path, assignment: str) -> dict[tuple[str, str], float]:
    """What a gradebook holds, by learner and notebook."""
    with Worker(folder, log=folder / "scores.log") as worker:
        held = worker.call("scores", assignment=assignment)["submissions"]
    return {
        (learner, name): notebook["score"]
        for learner, row in held.items()
        for name, notebook in row["notebooks"].items()
    }


@pytest.mark.parametrize("lab", ["Lab2", "Lab9"])
def test_a_real_university_course(lab: str, shared: Path, tmp_path: Path, copied: Callable[[Path, str], Path]) -> None:
    ours = tmp_path / "ours"
    shutil.copytree(shared / "courses" / "cs1302i21a" / "source" / lab, ours / "source" / lab)
    nbgrader(ours, "generate_assignment", lab)
    maker = shared / "tools" / "make_submissions.py"
    subprocess.run([sys.executable, str(maker), str(ours), lab, "-n", str(LEARNERS)], check=True, capture_output=True)
    theirs = copied(ours, "theirs")
    nbgrader(theirs, "autograde", lab, "--ExecutePreprocessor.kernel_name=python3")
    nbgrader(theirs, "export", "--to", str(theirs / "grades.csv"))
    with (theirs / "grades.csv").open() as stream:
        expected = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}

    scores = grade(ours, lab, kernel="python3")

    assert {score.learner: score.score for score in scores} == expected
    assert len(scores) == LEARNERS
    assert {score.status for score in scores} == {"graded"}
    assert notebook_scores(ours, lab) == notebook_scores(theirs, lab)
    assert len(set(expected.values())) > 1  # a batch in which all are equal would show nothing


def test_nbgraders_own_example_course(tmp_path: Path, copied: Callable[[Path, str], Path]) -> None:
    nbgrader(tmp_path, "quickstart", "example")
    ours = tmp_path / "example"
    for learner in ("bitdiddle", "hacker"):
        submitted = ours / "submitted" / learner / "ps1"
        if not submitted.exists():
            shutil.copytree(ours / "source" / "ps1", submitted)
    theirs = copied(ours, "theirs")
    # quickstart writes its own folder into the configuration
    config = theirs / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(ours), str(theirs)))
    nbgrader(theirs, "generate_assignment", "ps1", "--force")
    nbgrader(theirs, "autograde", "ps1", "--force")

    scores = grade(ours, "ps1", force=True)

    assert {score.learner for score in scores} >= {"bitdiddle", "hacker"}
    assert {score.status for score in scores} <= {"graded", "needs-manual-grading"}
    ours_scores = notebook_scores(ours, "ps1")
    assert ours_scores == notebook_scores(theirs, "ps1")
    assert any(ours_scores.values())
