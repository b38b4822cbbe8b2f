"""A graded quiz from the author's cell to the learner's feedback, by the commands alone; and one for practice."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from worlds import Instructor, Learner

from course_kit.session.quizzes import open_quiz

pytestmark = pytest.mark.slow
QUIZ = """%%quiz robust
Which is *robust*?
- [x] `median` — CANARY one rank.
- [ ] `mean` — CANARY try it.
key: which
---
The mean of 2, 4 and 9?
= 5 ± 0.01
key: mean
points: 3
explanation: Sum, then divide.
"""


def teaches(folder: Path, *, practice: bool = False) -> Instructor:
    """A small course whose assignment (2 points) ends with a quiz (1 and 3 points)."""
    teacher = Instructor(folder)
    teacher.runs("init", teacher.course, "--title", "Small course")
    path = teacher.course / "autograders/source/warm-up/warm-up.ipynb"
    notebook = json.loads(path.read_text())
    cell = {"cell_type": "code", "id": "quiz", "metadata": {}, "source": QUIZ, "outputs": [], "execution_count": None}
    notebook["cells"].append(cell)
    path.write_text(json.dumps(notebook))
    if practice:
        teacher.edits("course.yml", "- source: autograders", "- practice: yes\n        source: autograders")
    (teacher.course / "roster.csv").write_text(
        "learner,name,email,lms_id,cohort\nada,Ada Lovelace,ada@example.org,11,\nbob,Bob,,12,\ncem,Cem,,13,\n"
    )
    return teacher


def answers(learner: Learner, **given: Any) -> list[str]:
    """Answer as the widget would; the states that it got to see."""
    place = learner.copy / "assignments" / "warm-up"
    session = open_quiz("robust", cwd=place, environ={"COURSE_KIT_RECORD": "1"}, data=learner.data)
    return [session.answer(item, response).state for item, response in given.items()]


def graded(teacher: Instructor, *options: str) -> dict[str, Any]:
    found = teacher.runs("grade", "warm-up", "--course", teacher.course, "--json", *options).json
    return {one["learner"]: one for one in found["submissions"]}


def test_a_graded_quiz_goes_round(tmp_path: Path) -> None:
    teacher = teaches(tmp_path / "teacher")
    release = teacher.builds()
    ada, bob = Learner(tmp_path / "ada"), Learner(tmp_path / "bob")
    for learner in (ada, bob):
        learner.opens(release)
    assert answers(ada, which=1, mean="5") == ["saved", "saved"]
    checked = ada.runs("check-work", "warm-up", "--folder", ada.copy, "--json").json
    (quiz,) = [cell for cell in checked["cells"] if cell["grade_id"] == "quiz-robust"]
    assert (quiz["verdict"], quiz["points"]) == ("by-hand", 4.0)
    assert quiz["message"] == "2 of 2 questions are answered. They are scored when it is graded."
    said = ada.runs("solution", "warm-up", "--folder", ada.copy, fails=True).err
    assert "graded by your instructor" in said

    adas = ada.submits("warm-up", "--id", "ada", "--name", "Ada Lovelace")
    with zipfile.ZipFile(adas) as archive:
        assert "files/responses.json" in archive.namelist()
    work = bob.copy / "assignments/warm-up"
    assert answers(bob, which=0) == ["saved"]
    download = tmp_path / "download.zip"
    with zipfile.ZipFile(download, "w") as archive:
        archive.write(adas, f"Ada Lovelace_11_assignsubmission_file_/{adas.name}")
        archive.write(work / "warm-up.ipynb", "Bob_12_assignsubmission_file_/warm-up.ipynb")
        archive.write(work / "responses.json", "Bob_12_assignsubmission_file_/responses.json")
        archive.write(work / "warm-up.ipynb", "Cem_13_assignsubmission_file_/warm-up.ipynb")
    teacher.runs("collect", download, "--course", teacher.course, "--assignment", "warm-up", "--json")

    scores = graded(teacher)
    assert {name: (one["score"], one["max_score"], one["status"]) for name, one in scores.items()} == {
        "ada": (3.0, 6.0, "graded"),
        "bob": (1.0, 6.0, "graded"),
        "cem": (0.0, 6.0, "incomplete"),
    }
    assert "responses.json is missing" in scores["cem"]["detail"]
    assert "ask the learner for that file" in scores["cem"]["detail"]

    # another key in the source: nothing changes until it is carried through, and the preview says what will
    source = "autograders/source/warm-up/warm-up.ipynb"
    teacher.edits(source, "- [x] `median`", "- [ ] `median`")
    teacher.edits(source, "- [ ] `mean`", "- [x] `mean`")
    course = ("--course", teacher.course)
    previewed = teacher.runs("grade", "warm-up", *course, "--preview").out
    assert "quiz-robust" in previewed
    assert graded(teacher)["ada"]["score"] == 3.0
    applied = graded(teacher, "--yes")
    assert {name: one["score"] for name, one in applied.items()} == {"ada": 4.0, "bob": 0.0, "cem": 0.0}
    assert {name: one["score"] for name, one in graded(teacher).items()} == {"ada": 4.0, "bob": 0.0, "cem": 0.0}

    files = teacher.runs("feedback", "warm-up", *course, "--json").json["files"]
    adas_file = next(Path(one["file"]) for one in files if one["learner"] == "ada")
    shown = ada.runs("open", adas_file, "--no-lab", "--json").json
    page = (ada.copy / "feedback/warm-up/warm-up.html").read_text()
    assert shown["score"] == 4.0
    assert "Question 2 of 2: Right, 3 of 3 points" in page
    assert "Sum, then divide." in page


def test_a_practice_assignment_is_marked_where_it_is_done(tmp_path: Path) -> None:
    teacher = teaches(tmp_path / "teacher", practice=True)
    ada = Learner(tmp_path / "ada")
    ada.opens(teacher.builds())
    said = ada.runs("solution", "warm-up", "--folder", ada.copy, fails=True).err
    assert "after an attempt" in said
    assert "solution" not in ada.runs("check-work", "warm-up", "--folder", ada.copy).out
    assert answers(ada, which=1, mean="5") == ["wrong", "right"]
    notebook = ada.copy / "assignments/warm-up/warm-up.ipynb"
    work = json.loads(notebook.read_text())
    for cell in work["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = "def spread(numbers):\n    return max(numbers) - min(numbers)"
    notebook.write_text(json.dumps(work))
    checked = ada.runs("check-work", "warm-up", "--folder", ada.copy, "--json").json
    found = {cell["grade_id"]: (cell["verdict"], cell["message"]) for cell in checked["cells"]}
    assert checked["practice"] is True
    assert found["quiz-robust"] == ("failed", "3 of 4 points; 2 of 2 questions are answered.")
    assert found["test-spread"][0] == "failed"  # by a hidden test: an empty list

    opened = ada.runs("solution", "warm-up", "--folder", ada.copy, "--json").json
    assert opened["notebooks"] == ["solutions/warm-up/warm-up.ipynb"]
    solution = (ada.copy / "solutions/warm-up/warm-up.ipynb").read_text()
    assert "max(numbers) - min(numbers) if numbers else 0" in solution
    assert "**Answer:** `median`" in solution
    assert "BEGIN" not in solution
    assert not {"solution", "solutions"} & {path.name for path in (ada.copy / "assignments/warm-up").iterdir()}
