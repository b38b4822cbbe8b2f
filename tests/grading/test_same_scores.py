"""The same scores, comments and flags as `nbgrader autograde`, on courses that no one here wrote and on our own."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_kit.apps.made_up_answers import right_answer
from course_kit.grading.batch import grade
from course_kit.grading.decisions import review
from course_kit.quizzes.graded import score_id, scored_quiz
from course_kit.quizzes.parse import is_quiz, parse_quiz
from course_kit.session.quizzes import open_quiz

pytestmark = pytest.mark.slow
LABS = {"Lab2": 8, "Lab3a": 6, "Lab3b": 6, "Lab6": 6, "Lab8": 6, "Lab9": 6}
"""Labs that run without internet, and how many learners hand each in."""
HELD = """
SELECT sa.student_id, n.name, c.name, c.type, {columns}
FROM {table} t JOIN base_cell c ON c.id = t.cell_id
JOIN submitted_notebook sn ON sn.id = t.notebook_id JOIN notebook n ON n.id = sn.notebook_id
JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
WHERE a.name = ?
"""


def nbgrader(folder: Path, *arguments: str) -> None:
    """nbgrader's own command, in a course's folder.

    Autograding is asked for again where it fails: now and then one of its kernels does not start (two take one port),
    which ends the command, and there is nothing to compare with until it went through.
    """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    for _ in range(3 if arguments[0] == "autograde" else 1):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr[-3000:]


def held(folder: Path, assignment: str) -> dict[str, dict[tuple[str, ...], tuple[Any, ...]]]:
    """All that a gradebook says of an assignment's cells: points, flags and comments, by learner, notebook and cell."""
    found = {}
    tables = {
        "grade": "t.auto_score, t.manual_score, t.extra_credit, t.needs_manual_grade",
        "comment": "t.auto_comment, t.manual_comment",
    }
    with closing(sqlite3.connect(folder / "gradebook.db")) as database:
        for table, columns in tables.items():
            rows = database.execute(HELD.format(table=table, columns=columns), (assignment,)).fetchall()
            found[table] = {row[:4]: row[4:] for row in rows}
        late = "SELECT sa.student_id, n.name, sn.late_submission_penalty, sn.flagged FROM submitted_notebook sn"
        joins = "JOIN notebook n ON n.id = sn.notebook_id JOIN submitted_assignment sa ON sa.id = sn.assignment_id"
        rows = database.execute(f"{late} {joins}").fetchall()
        found["notebook"] = {row[:2]: row[2:] for row in rows}
    return found


def submissions(folder: Path, assignment: str, shared: Path, count: int) -> None:
    """A batch with solved, untouched, mutated and failing cells; the first one hands in late."""
    nbgrader(folder, "generate_assignment", assignment, "--force")
    maker = shared / "tools" / "make_submissions.py"
    command = [sys.executable, str(maker), str(folder), assignment, "-n", str(count)]
    subprocess.run(command, check=True, capture_output=True)


def check_the_same(
    ours: Path,
    theirs: Path,
    assignment: str,
    course: Path | None = None,
    quiz: str = "",
    answered: Mapping[str, int] | None = None,
) -> None:
    """Grade by both, and compare all that both gradebooks hold.

    nbgrader gives no points for the cell ``quiz``, and course-kit one for each of so many questions ``answered``.
    """
    nbgrader(theirs, "autograde", assignment, "--force", "--ExecutePreprocessor.kernel_name=python3")

    scores = grade(course or ours, assignment, kernel="python3", use_cache=False)

    expected, found = held(theirs, assignment), held(ours, assignment)
    of_quiz = {row for row in expected["grade"] if row[2] == quiz}
    assert {(row[0], expected["grade"].pop(row)[0]) for row in of_quiz} == {(name, 0) for name in answered or {}}
    assert {row[0]: found["grade"].pop(row)[0] for row in of_quiz} == (answered or {})
    assert found == expected
    assert {score.status for score in scores} <= {"graded", "needs-manual-grading"}
    assert review(course or ours, assignment) == ()
    assert scores.suspects == ()
    points = {row[0] for row in expected["grade"].values()}
    assert len(points) > 1  # a batch in which all are equal would show nothing


@pytest.mark.parametrize("lab", LABS)
def test_a_real_university_course(lab: str, shared: Path, tmp_path: Path, copied: Callable[[Path, str], Path]) -> None:
    ours = tmp_path / "ours"
    shutil.copytree(shared / "courses" / "cs1302i21a" / "source" / lab, ours / "source" / lab)
    submissions(ours, lab, shared, LABS[lab])
    check_the_same(ours, copied(ours, "theirs"), lab)


def test_nbgraders_own_example_course(shared: Path, tmp_path: Path, copied: Callable[[Path, str], Path]) -> None:
    nbgrader(tmp_path, "quickstart", "example")
    ours = tmp_path / "example"
    submissions(ours, "ps1", shared, 8)
    theirs = copied(ours, "theirs")
    # quickstart writes its own folder into the configuration
    config = theirs / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(ours), str(theirs)))
    check_the_same(ours, theirs, "ps1")


@pytest.mark.parametrize("assignment", ["frames", "chance"])
def test_our_own_course(assignment: str, shared: Path, tmp_path: Path, copied: Callable[[Path, str], Path]) -> None:
    here = Path(__file__).resolve().parents[2]
    course = tmp_path / "course"
    course.mkdir()
    for name in ("course.yml", "notebooks", "autograders"):
        source = here / name
        shutil.copytree(source, course / name) if source.is_dir() else shutil.copy(source, course / name)
    ours = course / "autograders"
    shutil.rmtree(ours / "release", ignore_errors=True)
    submissions(ours, assignment, shared, 6)
    theirs = copied(ours, "theirs")
    quiz, answered = answer_quiz(ours, assignment, tmp_path / "data")
    assert set(answered.values()) == {0, 1, 2, 3}
    check_the_same(ours, theirs, assignment, course, score_id(quiz), answered)


def answer_quiz(folder: Path, assignment: str, data: Path) -> tuple[str, dict[str, int]]:
    """Answer the assignment's one graded quiz as a page does, each learner another number of its three questions."""
    (source,) = (
        cell.source
        for cell in nbformat.read(folder / "source" / assignment / f"{assignment}.ipynb", 4).cells
        if is_quiz(cell.source)
    )
    quiz = scored_quiz(parse_quiz(source)[0].quiz)
    keyed = {variants.item.key: variants for variants in quiz.items}
    answered = {}
    for number, work in enumerate(sorted(folder.glob(f"submitted/*/{assignment}"))):
        session = open_quiz(quiz.key, cwd=work, environ={"COURSE_KIT_RECORD": "1"}, data=data / str(number))
        learner = answered[work.parent.name] = number % 4
        for place, public in enumerate(session.publics()):
            item = keyed[public["key"]].variant(public["variant"])
            if place < learner:
                assert session.answer(item.key, right_answer(item)).state == "saved"
            elif place == 0:  # the first question of both asks for a number
                assert session.answer(item.key, "-1").state == "saved"
    return quiz.key, answered
