"""Graded quizzes in nbgrader: stock nbgrader refuses them, we score what was handed in, and its rules record it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from course_kit.bridges.nbgrader.enable import enable
from course_kit.bridges.nbgrader.generate import generate_assignment
from course_kit.grading.staging import stage
from course_kit.quizzes.graded import SCORED
from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.quiz_file import wording_digest

pytestmark = pytest.mark.slow
QUIZ = """%%quiz robust
Which is *robust*?
- [x] `median` — One rank.
- [ ] `mean` — Try it.
key: which
---
The mean of 2, 4 and 9?
= 5 ± 0.01
key: mean
points: 3
explanation: Sum, then divide.
"""
SEALING = "from course_kit.bridges.nbgrader.enabled import seal_quizzes\nseal_quizzes(get_config())\n"


def digests(source: str = QUIZ) -> dict[str, str]:
    return {variants.item.key: wording_digest(variants) for variants in parse_quiz(source)[0].variants}


def responses(source: str = QUIZ, **answers: Any) -> str:
    known = digests(source)
    rows = {
        f"robust/{item}": {"digest": known[item], "variant": 0, "response": answer, "confidence": None, "count": 1}
        for item, answer in answers.items()
    }
    return json.dumps({"version": 1, "seed": "", "responses": rows})


def write_quiz(course: Any, source: str = QUIZ) -> None:
    """The quiz cell at the end of the course's notebook, in place of one that is there."""
    notebook = nbformat.read(course.source, 4)
    notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("%%quiz")]
    notebook.cells.append(new_code_cell(source, id="quiz"))
    nbformat.write(notebook, course.source)


@pytest.fixture
def quizzed(course: Any) -> Any:
    """The course with a quiz of 1 and 3 points behind its tests (2 and 3) and its essay (5), in the gradebook."""
    write_quiz(course)
    assert course.publish() == "added"
    return course


_RELEASED: list[str] = []


def released(course: Any) -> Any:
    """The learners' version of the course's notebook, made once."""
    if not _RELEASED:
        generate_assignment(course.root, "ps1", course.root.parent / "released")
        _RELEASED.append((course.root.parent / "released/sums.ipynb").read_text())
    notebook = nbformat.reads(_RELEASED[0], 4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "answer":
            cell.source = "x = 3"
    return notebook


def hand_in(course: Any, learner: str, notebook: Any, answers: str | None) -> None:
    course.put(learner, notebook)
    path = course.root / "submitted" / learner / "ps1" / "responses.json"
    path.unlink(missing_ok=True)
    if answers is not None:
        path.write_text(answers)


def quiz_row(course: Any, learner: str) -> list[Any]:
    return [row[3:] for row in course.holds("grades")["grades"] if row[0] == learner and row[2] == "quiz-robust"]


def test_partial_credit_reaches_the_gradebook(quizzed: Any) -> None:
    hand_in(quizzed, "ada", released(quizzed), responses(which=1, mean="5"))
    hand_in(quizzed, "bob", released(quizzed), responses(which=0))
    hand_in(quizzed, "cem", released(quizzed), None)
    rows = {learner: quizzed.record(learner, as_sanitized=True) for learner in ("ada", "bob", "cem")}
    assert {learner: row["fault"] for learner, row in rows.items()} == {"ada": None, "bob": None, "cem": None}
    assert quiz_row(quizzed, "ada") == [(3.0, None, 0)]
    assert quiz_row(quizzed, "bob") == [(1.0, None, 0)]
    assert quiz_row(quizzed, "cem") == [(0.0, None, 0)]
    assert rows["ada"]["notes"] == []
    (note,) = rows["cem"]["notes"]
    assert note.startswith("responses.json is missing")
    assert "ask the learner" in note
    marked = quizzed.root / ".staging/ada/autograded/ada/ps1/sums.ipynb"
    review = nbformat.read(marked, 4).cells[-1].outputs[0]
    assert (review.output_type, review.data["text/plain"]) == ("execute_result", "3.0")
    assert "Sum, then divide." in review.data["text/html"]


def test_a_persons_adjustment_survives_another_run(quizzed: Any) -> None:
    hand_in(quizzed, "ada", released(quizzed), responses(which=1, mean="5"))
    quizzed.record("ada", as_sanitized=True)
    quizzed.change("UPDATE grade SET manual_score = 4 WHERE auto_score = 3")
    hand_in(quizzed, "ada", released(quizzed), responses(which=0))
    quizzed.record("ada", as_sanitized=True)
    assert quiz_row(quizzed, "ada") == [(1.0, 4.0, 1)]  # nbgrader asks the person to look again


def test_its_cells_are_neither_run_nor_proved(quizzed: Any) -> None:
    hand_in(quizzed, "ada", released(quizzed), responses())
    found = quizzed.sanitize("ada")
    assert found["notebooks"]["sums"]["tests"] == {"test-more": 2, "test-exact": 3}
    cells = nbformat.read(Path(found["folder"]) / "sums.ipynb", 4).cells
    assert [cell.metadata.get("tags") for cell in cells[-3:]] == [None, ["skip-execution"], ["skip-execution"]]
    assert "quiz key" not in json.dumps(cells)


def test_what_code_writes_while_it_runs_does_not_count(quizzed: Any) -> None:
    hand_in(quizzed, "ada", released(quizzed), responses(which=1))
    quizzed.sanitize("ada")
    staging = quizzed.root / ".staging/ada"
    (staging / "autograded/ada/ps1/responses.json").write_text(responses(which=0, mean="5"))
    row = quizzed.worker.call("record", assignment="ps1", learner="ada", staging=str(staging))
    assert row["fault"] is None
    assert quiz_row(quizzed, "ada") == [(0.0, None, 0)]


def _print_points(cells: list[Any]) -> None:
    cells[-1].source = "4.0"
    cells[-1].metadata["nbgrader"]["points"] = 400


def _forge_output(cells: list[Any]) -> None:
    data = {"text/plain": "4.0"}
    cells[-1].outputs = [nbformat.v4.new_output("execute_result", data, execution_count=9)]


def _duplicate(cells: list[Any]) -> None:
    cells.append(new_code_cell("4.0", metadata=cells[-1].metadata))


def _delete(cells: list[Any]) -> None:
    del cells[-2:]


def _free(cells: list[Any]) -> None:
    cells[-1].source = "4.0"
    cells[-1].metadata["nbgrader"]["locked"] = False


def _retype(cells: list[Any]) -> None:
    cells[-1] = nbformat.v4.new_markdown_cell("4.0", metadata=cells[-1].metadata)


def _show_something_else(cells: list[Any]) -> None:
    cells[-2].source = "print('4.0')\nNotImplementedError = print"
    cells[-2].metadata["course_kit"] = {"version": 1, "quiz": "other", "graded": True}


def _disguise_a_test(cells: list[Any]) -> None:
    cells[1].source = "x = 0"
    for cell in cells[2:4]:
        cell.source = f"{SCORED}\n"
        cell.metadata["course_kit"] = {"version": 1, "quiz": "robust", "graded": True}
        cell.metadata["tags"] = ["skip-execution"]


@pytest.mark.parametrize(
    "attack",
    [_print_points, _forge_output, _duplicate, _delete, _free, _retype, _show_something_else, _disguise_a_test],
)
def test_an_edited_notebook_changes_no_score(
    quizzed: Any, attack: Callable[[list[Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_the_batch_does(learner: str) -> Path:
        staging = Path(quizzed.root / ".staging" / learner)
        stage(quizzed.root / "submitted" / learner / "ps1", staging / "submitted" / learner / "ps1")
        return staging

    monkeypatch.setattr(quizzed, "stage", as_the_batch_does)
    notebook = released(quizzed)
    attack(notebook.cells)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"c{number}"
    hand_in(quizzed, "eve", notebook, responses(which=0))
    (quizzed.root / "submitted/eve/ps1/sums.quizzes.json").write_text('{"version": 2, "quizzes": {"robust": 4}}')
    row = quizzed.record("eve", as_sanitized=True)
    assert row["fault"] is None
    assert quiz_row(quizzed, "eve") == [(1.0, None, 0)]
    assert row["max_score"] == 14.0


def test_a_disguised_test_still_runs(quizzed: Any) -> None:
    notebook = released(quizzed)
    _disguise_a_test(notebook.cells)
    hand_in(quizzed, "eve", notebook, responses())
    found = quizzed.sanitize("eve")
    assert found["notebooks"]["sums"]["tests"] == {"test-more": 2, "test-exact": 3}
    cells = nbformat.read(Path(found["folder"]) / "sums.ipynb", 4).cells
    assert [cell.source for cell in cells[2:4]] == ["assert x > 2", "assert x == 3"]
    assert [cell.metadata.get("tags") for cell in cells[2:4]] == [[], []]


def test_stock_nbgrader_gives_nothing_and_ours_what_was_earned(
    course: Any, nbgrader: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_quiz(course)
    (course.root / "nbgrader_config.py").write_text(SEALING)
    nbgrader(course.root, "generate_assignment", "ps1")
    notebook = nbformat.read(course.root / "release/ps1/sums.ipynb", 4)
    hand_in(course, "ada", notebook, responses(which=0, mean="4"))
    nbgrader(course.root, "autograde", "ps1")
    assert quiz_row(course, "ada") == [(0.0, None, 0)]
    enable(course.root)
    nbgrader(course.root, "autograde", "ps1", "--force")
    assert quiz_row(course, "ada") == [(1.0, None, 0)]
    marked = nbformat.read(course.root / "autograded/ada/ps1/sums.ipynb", 4)
    assert "Question 1 of 2: Right" in marked.cells[-1].outputs[0].data["text/html"]
    nbgrader(course.root, "generate_feedback", "ps1")
    page = (course.root / "feedback/ada/ps1/sums.html").read_text()
    assert "Sum, then divide." in page


def test_feedback_shows_the_review(quizzed: Any) -> None:
    script = "<script>alert(1)</script>"
    hand_in(quizzed, "ada", released(quizzed), responses(which=1, mean=script))
    quizzed.record("ada", as_sanitized=True)
    made = quizzed.root / ".staging/ada/autograded/ada/ps1"
    target = quizzed.root / "autograded/ada/ps1"
    target.mkdir(parents=True)
    for path in made.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    staging = quizzed.root / ".feedback"
    staging.mkdir()
    pages = quizzed.worker.call("feedback", assignment="ps1", learner="ada", staging=str(staging), language="en")
    page = pages["sums.html"]
    assert "Which is <em>robust</em>?" in page
    assert "Question 1 of 2: Wrong, 0 of 1 point" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Sum, then divide." in page
    assert "<script" not in page
    assert "quiz key" not in page


def test_a_changed_key_waits_and_is_then_applied(quizzed: Any) -> None:
    (quizzed.root / "course.yml").write_text("course: c\n")
    half = quizzed.root / "releases/0123456789ab/instructor"
    half.mkdir(parents=True)
    (half / "items.json").write_text(json.dumps(_items(QUIZ)))
    hand_in(quizzed, "ada", released(quizzed), responses(which=0, mean="5"))
    quizzed.record("ada", as_sanitized=True)
    assert quiz_row(quizzed, "ada") == [(4.0, None, 0)]
    write_quiz(quizzed, QUIZ.replace("= 5 ± 0.01", "= 6 ± 0.01"))
    changes = quizzed.worker.call("cell_changes", assignment="ps1")
    assert [change["text"] for change in changes["changes"]] == ["quiz-robust in sums has another text"]
    quizzed.record("ada", as_sanitized=True)  # the key in force is the released one
    assert quiz_row(quizzed, "ada") == [(4.0, None, 0)]
    quizzed.worker.call("apply_cells", assignment="ps1")
    quizzed.record("ada", as_sanitized=True)
    assert quiz_row(quizzed, "ada") == [(1.0, None, 0)]


def test_an_earlier_wording_is_found_in_its_release(quizzed: Any) -> None:
    hand_in(quizzed, "ada", released(quizzed), responses(mean="5"))
    write_quiz(quizzed, QUIZ.replace("The mean of 2, 4 and 9?\n= 5", "The mean of 2, 4 and 12?\n= 6"))
    quizzed.worker.call("apply_cells", assignment="ps1")
    row = quizzed.record("ada", as_sanitized=True)
    assert quiz_row(quizzed, "ada") == [(0.0, None, 0)]
    assert [(flag["cell"], flag["kind"]) for flag in row["flags"]] == [("quiz-robust", "quiz")]
    (quizzed.root / "course.yml").write_text("course: c\n")
    half = quizzed.root / "releases/0123456789ab/instructor"
    half.mkdir(parents=True)
    (half / "items.json").write_text(json.dumps(_items(QUIZ)))
    row = quizzed.record("ada", as_sanitized=True)
    assert quiz_row(quizzed, "ada") == [(3.0, None, 0)]
    assert "earlier wording" in row["flags"][0]["text"]


def _items(source: str) -> dict[str, Any]:
    """A release's items.json for that quiz, as `build` writes it."""
    from course_kit.quizzes.graded import key_digest

    items = [
        {"digest": wording_digest(variants), "variants": [item.whole() for item in variants.all]}
        for variants in parse_quiz(source)[0].variants
    ]
    quiz = {"notebook": "sums.ipynb", "key": key_digest(source), "pick": None, "items": items}
    return {"version": 1, "items": {}, "assignments": {"ps1": {"name": "ps1", "quizzes": {"robust": quiz}}}}
