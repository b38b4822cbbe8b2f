"""What of an assignment's quizzes leaves the instructor's computer: questions, and nothing that answers them."""

import base64
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from course_kit.bridges.nbgrader.generate import generate_assignment
from course_kit.errors import Invalid
from course_kit.model.quiz import item_digest
from course_kit.quizzes.graded import key_digest
from course_kit.release.build import build_release
from course_kit.source.checks import check
from course_kit.source.course_file import read_course
from course_kit.source.released import read_release
from course_kit.source.scaffold import init_course

pytestmark = pytest.mark.slow
QUIZ = """%%quiz robust
Which is *robust*? $x^2$
- [x] `median` — CANARY-one rank at most.
- [ ] `mean` — CANARY-try it.
key: which
explanation: CANARY-ranks.
---
The mean of 2.5, 4 and 9.25?
= 5.25 ± 0.0173
≠ 4.0625 — CANARY-the median.
key: mean
hint: CANARY-add them.
---
Which word?
= CANARY-word | CANARYother
key: word
points: 2
"""
SECRETS = ("CANARY", "5.25", "0.0173", "4.0625", "BEGIN HIDDEN", "quiz key")


def add_quiz(course: Path, source: str = QUIZ, name: str = "quiz") -> Path:
    """Put a quiz cell at the end of the scaffold's one assignment."""
    path = course / "autograders/source/warm-up/warm-up.ipynb"
    notebook = json.loads(path.read_text())
    cell = {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    notebook["cells"].append(cell)
    path.write_text(json.dumps(notebook))
    return path


@pytest.fixture
def course(tmp_path: Path) -> Path:
    init_course(tmp_path / "course", title="C")
    add_quiz(tmp_path / "course")
    return tmp_path / "course"


def everything_in(text: str) -> Iterator[str]:
    """A text, and whatever its words hide as base64 or compressed."""
    yield text
    for word in set(text.replace('"', " ").replace("\\n", " ").split()):
        if len(word) < 16:
            continue
        try:
            data = base64.b64decode(word, validate=True)
        except ValueError:
            continue
        yield data.decode("utf-8", errors="replace")
        try:
            yield zlib.decompress(data).decode("utf-8", errors="replace")
        except zlib.error:
            continue


def told(files: dict[str, bytes], secrets: tuple[str, ...] = SECRETS) -> list[tuple[str, str]]:
    """Which secrets which files tell."""
    return [
        (name, secret)
        for name, content in files.items()
        for text in everything_in(content.decode("utf-8", errors="replace"))
        for secret in secrets
        if secret in text
    ]


def test_nothing_that_answers_a_graded_item_travels(course: Path, tree: Callable[[Path], dict[str, bytes]]) -> None:
    built = build_release(course)
    learner = tree(built.folder / "learner")
    mine = {name: content for name, content in learner.items() if name.startswith("assignments/")}
    assert sorted(mine) == ["assignments/warm-up/warm-up.ipynb", "assignments/warm-up/warm-up.quizzes.json"]
    assert told(mine) == []
    # the lesson's practice items may be told by what is sealed; the graded ones are not in there
    assert told(learner, SECRETS[:-2]) == []
    with zipfile.ZipFile(built.archive) as archive:
        assert told({name: archive.read(name) for name in archive.namelist()}, SECRETS[:-2]) == []
    # nor what a learner could try all answers against
    quiz = read_course(course).assignments["warm-up"].notebooks["warm-up.ipynb"].quizzes[0].quiz
    names = (*(item_digest(item)[:12] for item in quiz.items), key_digest(QUIZ))
    assert told(learner, names) == []

    half = json.loads((built.folder / "instructor/items.json").read_text())
    graded = half["assignments"]["warm-up"]
    assert graded["name"] == "warm-up"
    assert graded["quizzes"]["robust"]["key"] == key_digest(QUIZ)
    assert graded["quizzes"]["robust"]["items"][1]["variants"][0]["answer"] == "5.25"
    (assignment,) = read_release(built.archive).course.assignments()
    assert assignment.max_score == 6.0


def test_the_quiz_cell_becomes_two(course: Path) -> None:
    built = build_release(course)
    notebook = json.loads((built.folder / "learner/assignments/warm-up/warm-up.ipynb").read_text())
    questions, grade = notebook["cells"][-2:]
    assert questions["id"] == "quiz"
    assert "".join(questions["source"]) == 'from course_kit import quiz\nquiz("robust")'
    assert questions["metadata"]["course_kit"] == {"version": 1, "quiz": "robust", "graded": True}
    assert "Which is <em>robust</em>?" in "".join(questions["outputs"][0]["data"]["text/html"])
    marks = {name: cell["metadata"]["nbgrader"] for name, cell in (("q", questions), ("g", grade))}
    assert (marks["q"]["grade_id"], marks["q"]["grade"], marks["q"]["locked"]) == ("quiz-robust-questions", False, True)
    assert (marks["g"]["grade_id"], marks["g"]["grade"], marks["g"]["points"]) == ("quiz-robust", True, 4)
    assert grade["metadata"]["deletable"] is questions["metadata"]["editable"] is False
    assert "".join(grade["source"]).endswith('raise NotImplementedError("scored by course-kit")')
    assert build_release(course).hash == built.hash


def test_nbgraders_own_command_seals_as_well(course: Path, tree: Callable[[Path], dict[str, bytes]]) -> None:
    """As an instructor types it: neither our release folder nor nbgrader's tells anything."""
    root = course / "autograders"
    path = root / "source/warm-up/warm-up.ipynb"
    notebook = json.loads(path.read_text())
    state = {"w": {"model_name": "AnyModel", "state": {"answers": {"which": {"answers": ["CANARY-tried-out"]}}}}}
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    path.write_text(json.dumps(notebook))
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "warm-up"]
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic by its name
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "PATH": programs}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = tree(root / "release")
    assert sorted(theirs) == ["warm-up/warm-up.ipynb", "warm-up/warm-up.quizzes.json"]
    assert told(theirs) == []
    assert b"CANARY" not in b"".join(theirs.values())
    generate_assignment(root, "warm-up", course / "ours")
    ours = tree(course / "ours")
    assert ours["warm-up.quizzes.json"] == theirs["warm-up/warm-up.quizzes.json"]
    cells = [json.loads(content)["cells"] for content in (ours["warm-up.ipynb"], theirs["warm-up/warm-up.ipynb"])]
    assert [cell["source"] for cell in cells[0]] == [cell["source"] for cell in cells[1]]


def test_an_essay_becomes_an_answer_that_a_person_marks(tmp_path: Path) -> None:
    course = tmp_path / "course"
    init_course(course, title="C")
    add_quiz(course, "%%quiz why\nWhy is it *robust*?\n= essay\nkey: reason\npoints: 3\nexplanation: CANARY-ranks\n")
    assert [found for found in check(course) if found.level == "error"] == []
    built = build_release(course)
    folder = built.folder / "learner/assignments/warm-up"
    assert sorted(path.name for path in folder.iterdir()) == ["warm-up.ipynb"]
    cell = json.loads((folder / "warm-up.ipynb").read_text())["cells"][-1]
    assert cell["cell_type"] == "markdown"
    assert "Why is it *robust*?" in "".join(cell["source"])
    assert "CANARY" not in "".join(cell["source"])
    marks: dict[str, Any] = cell["metadata"]["nbgrader"]
    assert (marks["grade_id"], marks["grade"], marks["solution"], marks["points"]) == ("quiz-why-reason", True, True, 3)


def test_what_cannot_be_sealed_is_not_given_out(tmp_path: Path) -> None:
    init_course(tmp_path, title="C")
    add_quiz(tmp_path, "%%quiz k\nWhich?\n- [ ] one\n- [ ] two\n")
    with pytest.raises(Invalid, match=r"source/warm-up.*cell 4, line"):
        generate_assignment(tmp_path / "autograders", "warm-up", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_answers_of_the_authors_own_do_not_travel(course: Path) -> None:
    (course / "autograders/source/warm-up/responses.json").write_text("{}")
    generate_assignment(course / "autograders", "warm-up", course / "out")
    assert sorted(path.name for path in (course / "out").iterdir()) == ["warm-up.ipynb", "warm-up.quizzes.json"]


def test_a_practice_assignment_travels_with_its_tests_sealed(course: Path) -> None:
    outline = course / "course.yml"
    text = outline.read_text()
    outline.write_text(text.replace("- source: autograders", "- practice: yes\n        source: autograders"))
    built = build_release(course)
    learner = built.folder / "learner"
    sealed = json.loads((learner / ".course-kit/practice/warm-up.json").read_text())
    assert list(sealed["notebooks"]) == ["warm-up.ipynb"]
    quizzes = json.loads((learner / "assignments/warm-up/warm-up.quizzes.json").read_text())
    assert quizzes["quizzes"]["robust"]["items"][0]["variants"][0]["sealed"]
    plain = {path.name: path.read_bytes() for path in learner.rglob("*.json")}
    assert not any(secret.encode() in content for content in plain.values() for secret in ("CANARY", "max(numbers)"))
    (assignment,) = read_release(built.archive).course.assignments()
    assert assignment.practice
