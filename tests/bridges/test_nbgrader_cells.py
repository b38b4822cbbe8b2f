"""An assignment's cells in the gradebook: as nbgrader puts them there, and carried on when the source changes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from course_kit.bridges.nbgrader.client import Worker
from course_kit.errors import Invalid

pytestmark = pytest.mark.slow


def edit_source(course: Any, change: Callable[[list[Any]], None]) -> None:
    notebook = nbformat.read(course.source, 4)
    change(notebook.cells)
    nbformat.write(notebook, course.source)


def with_another_test(make: SimpleNamespace) -> Callable[[list[Any]], None]:
    """A new test between the two, the essay gone, the last test worth 4 points and written anew."""

    def change(cells: list[Any]) -> None:
        metadata = make.marks("test-new", grade=True, points=1)
        cells.insert(3, nbformat.v4.new_code_cell("assert x < 9", metadata=metadata))
        cells[4].source = "assert x == 1 + 2"
        cells[4].metadata.nbgrader.points = 4
        del cells[5]

    return change


def test_cells_are_nbgraders_own(course: Any, make: SimpleNamespace, nbgrader: Callable[..., Any]) -> None:
    theirs = Path(shutil.copytree(course.root, course.root.with_name("theirs")))
    nbgrader(theirs, "generate_assignment", "ps1")
    assert [course.publish(), course.publish()] == ["added", "unchanged"]
    assert course.holds() == make.gradebook_rows(theirs / "gradebook.db")
    assert not (course.root / "release").exists()

    edit_source(course, with_another_test(make))
    shutil.copy(course.source, theirs / "source" / "ps1")
    nbgrader(theirs, "generate_assignment", "ps1", "--force")
    assert course.worker.call("cell_changes", assignment="ps1")["state"] == "changed"
    assert course.publish() == "updated"
    assert course.holds() == make.gradebook_rows(theirs / "gradebook.db")
    shutil.rmtree(course.root / "source")
    assert course.publish() == "no-source"


def test_recorded_cells_stay_until_someone_says_yes(course: Any, make: SimpleNamespace) -> None:
    course.publish()
    course.put("ada", make.handed_in(course.source))
    course.record("ada")
    course.change("UPDATE grade SET manual_score = 4, needs_manual_grade = 0 WHERE auto_score IS NULL")
    course.change("UPDATE comment SET manual_comment = 'Well said.'")
    before = course.holds()
    edit_source(course, with_another_test(make))

    assert course.publish() == "kept"
    assert course.holds() == before
    found = course.worker.call("cell_changes", assignment="ps1")

    assert (found["state"], found["submissions"]) == ("changed", 1)
    assert [
        (one["cell"], one["kind"], one["old_points"], one["points"], one["manual"]) for one in found["changes"]
    ] == [
        ("test-exact", "points", 3.0, 4.0, 0),
        ("test-exact", "source", 3.0, 4.0, 0),
        ("why", "removed", 5.0, None, 2),
        ("test-new", "added", None, 1.0, 0),
    ]
    assert course.holds() == before


def test_changed_cells_are_carried_to_graded_submissions(course: Any, make: SimpleNamespace) -> None:
    course.publish()
    for learner in ("ada", "bob"):
        course.put(learner, make.handed_in(course.source))
        course.record(learner)
    course.change("UPDATE comment SET manual_comment = 'Well said.'")
    course.change("UPDATE grade SET manual_score = 1.5 WHERE auto_score = 2")
    edit_source(course, with_another_test(make))

    course.worker.call("apply_cells", assignment="ps1")

    assert course.worker.call("cell_changes", assignment="ps1") == {
        "state": "unchanged",
        "submissions": 2,
        "changes": [],
    }
    assert course.publish() == "unchanged"
    assert [row for row in course.holds("grades")["grades"] if row[0] == "ada"] == [
        ("ada", "sums", "test-exact", 3.0, None, 0),
        ("ada", "sums", "test-more", 2.0, 1.5, 0),
        ("ada", "sums", "test-new", None, None, 1),
    ]
    assert course.holds("comments")["comments"] == [
        ("ada", "sums", "answer", None, "Well said."),
        ("bob", "sums", "answer", None, "Well said."),
    ]
    prepared = course.sanitize("ada")  # the new test stands where the source has it
    assert prepared["notebooks"]["sums"]["tests"] == {"test-more": 2, "test-new": 3, "test-exact": 4}
    assert prepared["repairs"] == ["sums.ipynb: the cell 'why' is none of the assignment's and was left to itself"]
    assert prepared["notebooks"]["sums"]["restored"] == ["test-new"]


def test_a_trial_gradebook_shows_what_would_be(course: Any, make: SimpleNamespace, tmp_path: Path) -> None:
    course.publish()
    course.put("ada", make.handed_in(course.source))
    course.record("ada")
    before = course.holds()
    edit_source(course, with_another_test(make))
    trial = tmp_path / "trial.db"
    course.worker.call("trial_gradebook", assignment="ps1", path=str(trial), changed_cells=True)
    with Worker(course.root, log=course.root / "log", database=trial) as worker:
        prepared = worker.call("sanitize", assignment="ps1", learner="ada", staging=str(course.stage("ada")))
    assert prepared["notebooks"]["sums"]["points"] == {"test-more": 2.0, "test-new": 1.0, "test-exact": 4.0}
    assert make.gradebook_rows(trial, "cells") != before["cells"]
    assert course.holds() == before


def test_a_notebook_that_comes_or_goes_does_so_in_every_submission(course: Any, make: SimpleNamespace) -> None:
    course.publish()
    course.put("ada", make.handed_in(course.source))
    course.record("ada")
    make.write_source(course.root, make.source_cells(), name="more")
    assert course.publish() == "kept"
    course.worker.call("apply_cells", assignment="ps1")
    assert {row[3] for row in course.holds("submissions")["submissions"]} == {"sums", "more"}
    assert len(course.holds("grades")["grades"]) == 6
    course.source.unlink()
    course.worker.call("apply_cells", assignment="ps1")
    assert {row[3] for row in course.holds("submissions")["submissions"]} == {"more"}
    assert {row[1] for row in course.holds("grades")["grades"]} == {"more"}


def test_a_source_that_nbgrader_refuses_is_named_and_changes_nothing(course: Any, make: SimpleNamespace) -> None:
    course.publish()
    before = course.holds()

    def same_name_twice(cells: list[Any]) -> None:
        cells[2].metadata.nbgrader.grade_id = "test-exact"

    edit_source(course, same_name_twice)
    with pytest.raises(Invalid, match=r"sums\.ipynb: Notebook failed to validate"):
        course.publish()
    assert course.holds() == before
    memory = next((course.root / ".course-kit" / "cells").iterdir())
    memory.write_text(json.dumps({"version": 1}))
    edit_source(course, lambda cells: cells[2].metadata.nbgrader.update(grade_id="test-more"))
    assert course.publish() == "unchanged"  # a damaged note costs a moment, nothing else
