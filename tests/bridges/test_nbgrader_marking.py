"""A submission through sanitize and record: what nbgrader itself would have made of it, whole or not at all."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from course_kit.bridges.nbgrader.client import WorkerLost
from course_kit.bridges.nbgrader.evidence import Decision, add_decisions, read_evidence

pytestmark = pytest.mark.slow
NO_EXECUTE = "c = get_config()\nc.Execute.enabled = False\nc.ClearOutput.enabled = False\n"


def test_recording_equals_nbgraders_own(course: Any, make: SimpleNamespace, nbgrader: Callable[..., Any]) -> None:
    (course.root / "nbgrader_config.py").write_text(
        NO_EXECUTE + "c.LateSubmissionPlugin.penalty_method = 'zero'\n"
        "c.IgnorePattern.enabled = True\nc.IgnorePattern.pattern = 'harmless'\n"
    )
    works: dict[str, dict[str, Any]] = {
        "ada": {},
        "bob": {"outputs": {"test-more": [make.error()], "test-exact": [make.value("1.5")]}},
        "cy": {"outputs": {"test-more": [make.value("nan")], "test-exact": [make.value("-1")]}},
        "dee": {"outputs": {"test-more": [make.stderr("harmless")], "test-exact": [make.stderr("real")]}},
        "eve": {"outputs": {"test-more": [make.value("True")]}, "answer": "# YOUR CODE HERE"},
    }
    for learner, work in works.items():
        late = "2026-12-24" if learner == "bob" else "2026-11-20"
        course.put(learner, make.handed_in(course.source, **work), at=f"{late} 10:00:00 UTC")
    theirs = Path(shutil.copytree(course.root, course.root.with_name("theirs")))
    nbgrader(theirs, "generate_assignment", "ps1")
    for root in (course.root, theirs):
        assert course.publish() == "added" if root == course.root else True
        nbgrader(root, "db", "assignment", "add", "ps1", "--duedate", "2026-12-01 00:00:00 UTC")
    nbgrader(theirs, "autograde", "ps1")

    rows = {learner: course.record(learner, as_sanitized=True) for learner in works}

    assert course.holds() == make.gradebook_rows(theirs / "gradebook.db")
    assert {learner: row["score"] for learner, row in rows.items()} == {
        "ada": 5.0,
        "bob": 0.0,
        "cy": 5.0,
        "dee": 2.0,
        "eve": 5.0,
    }
    assert rows["bob"]["penalty"] == 1.5
    assert [(flag["cell"], flag["kind"]) for flag in rows["cy"]["flags"]] == [
        ("test-more", "odd-value"),
        ("test-exact", "odd-value"),
    ]
    assert [(flag["cell"], flag["kind"]) for flag in rows["dee"]["flags"]] == [("test-exact", "stderr")]
    marked = course.root / ".staging" / "dee" / "autograded" / "dee" / "ps1" / "sums.ipynb"
    assert nbformat.read(marked, 4) == nbformat.read(theirs / "autograded" / "dee" / "ps1" / "sums.ipynb", 4)


def test_sanitizing_says_what_is_to_be_run(course: Any, make: SimpleNamespace) -> None:
    (course.source.parent / "data.csv").write_text("1,2\n")
    course.publish()
    notebook = make.handed_in(course.source)
    notebook.cells[2].metadata.tags = ["skip-execution", "mine"]
    notebook.cells[1].metadata.tags = ["skip-execution"]
    course.put("ada", notebook)

    found = course.sanitize("ada")

    assert found["fault"] is None
    assert (found["missing"], found["unknown"], found["repairs"]) == ([], [], [])
    (name,) = found["notebooks"]
    sums = found["notebooks"][name]
    assert (name, sums["kernel"], sums["language"]) == ("sums", "python3", "python")
    assert sums["tests"] == {"test-more": 2, "test-exact": 3}
    assert sums["points"] == {"test-more": 2.0, "test-exact": 3.0}
    folder = Path(found["folder"])
    assert sorted(path.name for path in folder.iterdir()) == ["data.csv", "sums.ipynb", "timestamp.txt"]
    cells = nbformat.read(folder / "sums.ipynb", 4).cells
    assert [cell.metadata.get("tags") for cell in cells[1:3]] == [["skip-execution"], ["mine"]]
    assert course.holds("submissions") == {"submissions": []}  # nothing is written before it is recorded


def test_missing_and_retyped_cells_are_mended_and_named(course: Any, make: SimpleNamespace) -> None:
    course.publish()
    notebook = make.handed_in(course.source)
    del notebook.cells[2]
    notebook.cells[2] = nbformat.v4.new_markdown_cell(notebook.cells[2].source, metadata=notebook.cells[2].metadata)
    course.put("ada", notebook)
    found = course.sanitize("ada")
    assert found["notebooks"]["sums"]["reason"] == ""
    assert found["repairs"] == ["sums.ipynb: the cell 'test-exact' had been made a markdown cell"]
    assert found["notebooks"]["sums"]["restored"] == ["test-more"]
    assert found["notebooks"]["sums"]["tests"] == {"test-more": 2, "test-exact": 3}


def test_a_retyped_cell_is_mended_where_cells_have_no_ids(course: Any, make: SimpleNamespace) -> None:
    course.publish()
    notebook = make.handed_in(course.source)
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]
    answer = notebook.cells[1]
    notebook.cells[1] = nbformat.from_dict(
        {"cell_type": "markdown", "source": answer.source, "metadata": answer.metadata, "attachments": {}}
    )
    course.put("ada", notebook)

    found = course.sanitize("ada")

    assert found["notebooks"]["sums"]["reason"] == ""
    assert found["repairs"] == [
        f"sums.ipynb: the cell {answer.metadata.nbgrader.grade_id!r} had been made a markdown cell"
    ]


def test_more_points_than_there_are_wait_for_a_person_and_the_rest_is_scored(
    course: Any, make: SimpleNamespace
) -> None:
    course.publish()
    course.put("ada", make.handed_in(course.source))
    row = course.record("ada", make.handed_in(course.source, {"test-more": [make.value("3")]}))
    assert row["fault"] is None
    assert row["score"] == 3.0
    assert row["needs_manual"]
    (flag,) = row["flags"]
    assert (flag["kind"], flag["text"]) == (
        "out-of-range",
        "The test's last value is 3, more than its 2 points: mark it by hand.",
    )
    assert ("ada", "sums", "test-more", None, None, 1) in course.holds("grades")["grades"]


def test_unverified_points_wait_and_are_given_when_accepted(course: Any, make: SimpleNamespace) -> None:
    course.publish()
    course.put("ada", make.handed_in(course.source))
    executed = make.handed_in(course.source, {"test-more": [make.value("1.0")]})
    proofs = {
        "sums": {
            "test-more": {"verdict": "unverified", "evidence": "a fresh value was accepted"},
            "test-exact": {"verdict": "proved", "evidence": ""},
        }
    }
    row = course.record("ada", executed, proofs=proofs, at="2026-11-22T12:00:00Z")
    assert row["score"] == 3.0
    assert row["notebooks"]["sums"]["held"] == ["test-more"]
    found = read_evidence(course.root, "ps1")["ada"]["sums"]
    assert (found.at, found.by) == ("2026-11-22T12:00:00Z", "course-kit")
    assert found.cells["test-more"].held
    assert not found.cells["test-exact"].held
    marked = nbformat.read(course.root / ".staging/ada/autograded/ada/ps1/sums.ipynb", 4)
    first = marked.cells[2].outputs[0]
    assert (first.ename, first.evalue) == ("HeldForReview", "This answer is being reviewed by your instructor.")

    assert course.record("ada", executed, proofs=proofs, hold=False)["score"] == 4.0
    denied = Decision(
        "ada", "sums", "test-more", found.cells["test-more"].work, False, "teacher", "2026-11-22T13:00:00Z"
    )
    add_decisions(course.root, "ps1", [denied])
    assert course.record("ada", executed, proofs=proofs)["score"] == 3.0
    accepted = Decision(
        "ada", "sums", "test-more", found.cells["test-more"].work, True, "teacher", "2026-11-22T14:00:00Z"
    )
    add_decisions(course.root, "ps1", [accepted])
    assert course.record("ada", executed, proofs=proofs)["score"] == 4.0
    other = make.handed_in(course.source, answer="x = 4")
    course.put("ada", other)
    assert course.record("ada", other, proofs=proofs)["score"] == 3.0  # other work needs another decision


@pytest.mark.parametrize(
    ("kinds", "evidence"),
    [
        (("value 2.0", "error"), "It showed a result and failed then; nbgrader would take the result."),
        (("value 2.0", "value 0.0"), "It showed more than one result, of which nbgrader would take the first."),
        (("stuck",), "Its execution count did not move: something kept it from running."),
    ],
)
def test_forged_results_are_held_and_not_scored(
    course: Any, make: SimpleNamespace, kinds: tuple[str, ...], evidence: str
) -> None:
    course.publish()
    course.put("eve", make.handed_in(course.source))
    outputs = {"error": make.error(), "value 2.0": make.value("2.0"), "value 0.0": make.value("0.0")}
    executed = make.handed_in(course.source, {"test-more": [outputs[kind] for kind in kinds if kind in outputs]})
    if "stuck" in kinds:
        executed.cells[2].execution_count = executed.cells[1].execution_count
    row = course.record("eve", executed)
    assert row["notebooks"]["sums"]["cells"]["test-more"] == 0.0
    assert read_evidence(course.root, "ps1")["eve"]["sums"].cells["test-more"].evidence == evidence


def test_marks_and_comments_by_hand_survive(course: Any, make: SimpleNamespace) -> None:
    course.publish()
    course.put("ada", make.handed_in(course.source))
    course.record("ada")
    course.change("UPDATE grade SET manual_score = 4, needs_manual_grade = 0 WHERE auto_score IS NULL")
    course.change("UPDATE comment SET manual_comment = 'Well said.'")
    row = course.record("ada")
    assert row["score"] == 9.0
    assert set(row["notebooks"]["sums"]["comments"]) == {"Well said."}
    assert row["needs_manual"]  # nbgrader asks to look again


def test_notebooks_that_could_not_be_run_count_zero(course: Any, make: SimpleNamespace) -> None:
    make.write_source(course.root, make.source_cells(), name="more")
    course.publish()
    course.put("ada", make.handed_in(course.source))
    course.put("ada", make.handed_in(course.source), name="more")
    course.put("ada", make.handed_in(course.source), name="stray")
    row = course.record("ada", absent={"more": "its kernel is not installed"})
    assert row["fault"] is None
    assert row["score"] == 5.0
    assert (row["notebooks"]["more"]["score"], row["notebooks"]["more"]["reason"]) == (
        0.0,
        "its kernel is not installed",
    )
    assert course.sanitize("ada")["unknown"] == ["stray"]


def test_a_kill_leaves_whole_submissions_only(course: Any, make: SimpleNamespace) -> None:
    (course.root / "deadly.py").write_text(
        "import os\n"
        "from nbgrader.plugins import BasePlugin\n"
        "class Deadly(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        if student_id == 'bob':\n"
        "            os._exit(9)\n"
        "        return 1.0\n"
    )
    (course.root / "nbgrader_config.py").write_text(
        "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent))\n"
        "c = get_config()\nc.AssignLatePenalties.plugin_class = 'deadly.Deadly'\n"
    )
    course.publish()
    course.change("UPDATE assignment SET duedate = '2026-11-01 00:00:00.000000'")
    for learner in ("ada", "bob"):
        course.put(learner, make.handed_in(course.source))
    assert course.record("ada")["score"] == 4.0
    before = course.holds()
    with pytest.raises(WorkerLost):
        course.record("bob")
    assert course.holds() == before
    assert {row[0] for row in before["grades"]} == {"ada"}


def test_a_courses_own_steps_see_the_gradebook_as_ever(course: Any, make: SimpleNamespace) -> None:
    (course.root / "mine.py").write_text(
        "from nbgrader.api import Gradebook\n"
        "from nbgrader.preprocessors import NbGraderPreprocessor\n"
        "class Mine(NbGraderPreprocessor):\n"
        "    def preprocess(self, nb, resources):\n"
        "        names = resources['nbgrader']\n"
        "        with Gradebook(names['db_url']) as gb:\n"
        "            grade = gb.find_grade('test-more', names['notebook'], names['assignment'], names['student'])\n"
        "            comment = gb.find_comment('answer', names['notebook'], names['assignment'], names['student'])\n"
        "            comment.manual_comment = f'you have {grade.auto_score}'\n"
        "            gb.db.commit()\n"
        "        return nb, resources\n"
    )
    (course.root / "nbgrader_config.py").write_text(
        "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent))\n"
        "from mine import Mine\n"
        "c = get_config()\nc.Autograde.autograde_preprocessors.append(Mine)\n"
    )
    course.publish()
    course.put("ada", make.handed_in(course.source))
    row = course.record("ada")
    assert row["fault"] is None
    assert row["notebooks"]["sums"]["comments"] == ["you have 2.0"]


def test_a_notebook_that_nbgrader_cannot_read_is_one_fault_of_one_submission(
    course: Any, make: SimpleNamespace
) -> None:
    course.publish()
    notebook = make.handed_in(course.source)
    notebook.cells[2].metadata.nbgrader.schema_version = 9
    course.put("ada", notebook)
    found = course.sanitize("ada")
    assert found["fault"] is None
    assert found["notebooks"]["sums"]["fault"] == "failed"
    assert "too new" in found["notebooks"]["sums"]["reason"]
    course.put("bob", make.handed_in(course.source))
    assert course.record("bob")["score"] == 5.0


def test_settings_are_the_courses(course: Any) -> None:
    assert course.worker.call("settings", assignment="ps1") == {
        "limits": {},
        "kernel": None,
        "proof": "drawn",
        "require_sandbox": False,
        "preload": [],
        "environment": {"NBGRADER_EXECUTION": "autograde"},
        "executes": True,
    }
    course.worker.stop()
    (course.root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.ExecutePreprocessor.timeout = 90\nc.Execute.kernel_name = 'ir'\n"
        "c.ExecuteSubmission.assignment_limits = {'ps1': {'memory': '4 GB'}}\n"
    )
    found = course.worker.call("settings", assignment="ps1")
    assert found["limits"] == {"cell": 90, "notebook": 1800.0, "memory": "4 GB"}
    assert found["kernel"] == "ir"
    assert json.dumps(found)
