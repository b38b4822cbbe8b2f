"""The flagship course's assignment with a figure, handed in by five learners and graded from end to end."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from worlds import Instructor

from course_kit.apps.flagship import copy_flagship
from course_kit.apps.made_up_answers import right_answer
from course_kit.quizzes.graded import scored_quiz
from course_kit.quizzes.parse import is_quiz, parse_quiz
from course_kit.session.quizzes import open_quiz

pytestmark = pytest.mark.slow
BY_HAND = 4.0
"""Points of the task that a person marks."""
MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


def cells_of(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def hand_in(course: Path, learner: str, answers: dict[str, str] | None, *, questions: int = 3) -> None:
    """Submit the released notebook with these answers by grade id; None for the untouched one.

    As many ``questions`` of its graded quiz are answered rightly, the others not.
    """
    root = course / "autograders"
    folder = root / "submitted" / learner / "frames"
    shutil.copytree(root / "release" / "frames", folder)
    notebook = json.loads((folder / "frames.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if answers is not None and grade_id in answers:
            cell["source"] = answers[grade_id]
    (folder / "frames.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    if questions:
        answer_quiz(course, folder, learner, questions)


def answer_quiz(course: Path, folder: Path, learner: str, questions: int) -> None:
    """Through the session that a learner's page talks to, each learner with variants of their own."""
    (source,) = (
        "".join(cell["source"])
        for cell in cells_of(course / "autograders/source/frames/frames.ipynb")
        if is_quiz("".join(cell["source"]))
    )
    quiz = scored_quiz(parse_quiz(source)[0].quiz)
    variants = {one.item.key: one for one in quiz.items}
    session = open_quiz(quiz.key, cwd=folder, environ={"COURSE_KIT_RECORD": "1"}, data=course / "data" / learner)
    for public in session.publics()[:questions]:
        item = variants[public["key"]].variant(public["variant"])
        assert session.answer(item.key, right_answer(item)).state == "saved"


def solutions(course: Path) -> dict[str, str]:
    source = course / "autograders" / "source" / "frames" / "frames.ipynb"
    found = {}
    for cell in cells_of(source):
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution"):
            lines = "".join(cell["source"]).splitlines()
            found[cell["metadata"]["nbgrader"]["grade_id"]] = "\n".join(
                line for line in lines if line.strip() not in MARKERS
            )
    return found


def figures(path: Path) -> list[bytes]:
    outputs = [output for cell in cells_of(path) for output in cell.get("outputs", ())]
    return [base64.b64decode(out["data"]["image/png"]) for out in outputs if "image/png" in out.get("data", {})]


def graded(teacher: Instructor) -> dict[str, dict[str, Any]]:
    answer = teacher.runs("grade", "frames", "--course", teacher.course, "--json").json
    return {one["learner"]: one for one in answer["submissions"]}


def test_an_assignment_with_a_figure_is_graded(tmp_path: Path) -> None:
    teacher = Instructor(tmp_path / "teacher")
    copy_flagship(teacher.course)
    root = teacher.course / "autograders"
    teacher.runs("build", teacher.course, "--json")
    shutil.copytree(next((teacher.course / "releases").glob("*/learner/assignments/frames")), root / "release/frames")
    right = solutions(teacher.course)
    assert set(right) == {"read-table", "heavier-than", "complete", "share", "compare"}

    hand_in(teacher.course, "solved", right | {"explain": "Adelies weigh the same on both islands: species differ."})
    hand_in(teacher.course, "untouched", None, questions=0)
    hand_in(
        teacher.course,
        "slipped",
        right | {"heavier-than": right["heavier-than"].replace("> grams", ">= grams")},
        questions=2,
    )
    hand_in(teacher.course, "upside-down", right | {"compare": right["compare"].replace(", ascending=False", "")})
    hand_in(teacher.course, "unfinished", right | {"compare": right["compare"] + "\n\nraise RuntimeError('later')"})

    scores = graded(teacher)

    assert {one["max_score"] for one in scores.values()} == {23.0}
    assert {learner: one["score"] for learner, one in scores.items()} == {
        "solved": 23 - BY_HAND,
        "untouched": 0,
        "slipped": 23 - BY_HAND - 3 - 1,
        "upside-down": 23 - BY_HAND - 2,
        "unfinished": 23 - BY_HAND,
    }
    statuses = {learner: one["status"] for learner, one in scores.items()}
    # an explanation that nobody wrote needs no person to mark it
    assert statuses == {
        **dict.fromkeys(scores, "graded"),
        "solved": "needs-manual-grading",
        "untouched": "incomplete",  # without the file in which answers to questions are
    }
    assert "ask the learner for that file" in scores["untouched"]["detail"]
    notebooks = {learner: root / "autograded" / learner / "frames" / "frames.ipynb" for learner in scores}
    drawn = {learner: figures(path) for learner, path in notebooks.items()}
    assert {learner: len(found) for learner, found in drawn.items()} == {
        "solved": 1,
        "untouched": 0,
        "slipped": 1,
        "upside-down": 1,
        "unfinished": 1,
    }
    assert all(found[0].startswith(b"\x89PNG") for found in drawn.values() if found)
    assert drawn["solved"] == drawn["slipped"] == drawn["unfinished"] != drawn["upside-down"]

    again = graded(teacher)
    assert {learner: one["score"] for learner, one in again.items()} == {
        learner: one["score"] for learner, one in scores.items()
    }
