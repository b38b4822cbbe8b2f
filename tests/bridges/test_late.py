"""The credit of course.yml in nbgrader's gradebook: by recording, by comparing, and by nbgrader's own command."""

import csv
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from traitlets.config import Config

from course_kit.bridges.nbgrader.duedates import (
    AssignmentDates,
    LearnerDates,
    dates_path,
    read_dates,
    write_dates,
)
from course_kit.bridges.nbgrader.enable import disable, enable
from course_kit.bridges.nbgrader.enabled import exchange_execution
from course_kit.bridges.nbgrader.late import OURS
from course_kit.errors import Invalid, WrongVersion

pytestmark = pytest.mark.slow
DUE, LATER = "2026-11-19T23:59:00Z", "2026-11-26T23:59:00Z"
STEPS = ((DUE, 100.0), (LATER, 80.0), (None, 50.0))
CONFIG = (
    "c = get_config()\nc.Execute.enabled = False\nc.ClearOutput.enabled = False\n"
    'c.AssignLatePenalties.plugin_class = "course_kit.bridges.nbgrader.late.CreditPlugin"\n'
    "c.LateSubmissionPlugin.penalty_method = 'zero'\n"
)


def moved(steps: Any, days: int) -> Any:
    return tuple((text and f"2026-11-{int(text[8:10]) + days:02d}{text[10:]}", percent) for text, percent in steps)


def dates() -> AssignmentDates:
    """Ada is in time, Bob a day late, Cy too, with an extension; Dee is in no list."""
    day = "2026-11-20T10:00:00Z"
    return AssignmentDates(
        DUE,
        {
            "ada": LearnerDates(DUE, "2026-11-19T10:00:00Z", "2026-11-19T10:00:00Z", None, STEPS, "the course"),
            "bob": LearnerDates(DUE, day, day, None, STEPS, "the course"),
            "cy": LearnerDates("2026-11-22T23:59:00Z", day, day, None, moved(STEPS, 3), "extended"),
        },
    )


def hand_in_all(course: Any, make: SimpleNamespace) -> None:
    for learner in ("ada", "bob", "cy", "dee"):
        at = "2026-11-19 10:00:00 UTC" if learner == "ada" else "2026-11-20 10:00:00 UTC"
        course.put(learner, make.handed_in(course.source), at=at)


def held(root: Path) -> dict[str, tuple[Any, ...]]:
    """Penalty and extension by learner, and the assignment's due date as ``""``."""
    with closing(sqlite3.connect(root / "gradebook.db")) as database:
        rows = database.execute(
            "SELECT s.student_id, n.late_submission_penalty, s.extension, s.timestamp FROM submitted_assignment s "
            "JOIN submitted_notebook n ON n.assignment_id = s.id"
        ).fetchall()
        ((due,),) = database.execute("SELECT duedate FROM assignment").fetchall()
    return {"": (due,), **{name: row for name, *row in rows}}


def test_recorded_with_the_credit_of_the_course(course: Any, make: SimpleNamespace) -> None:
    hand_in_all(course, make)
    course.publish()
    assert write_dates(course.root, "ps1", dates())
    assert not write_dates(course.root, "ps1", dates())

    rows = {learner: course.record(learner) for learner in ("ada", "bob", "cy", "dee")}

    assert {name: (row["score"], row["penalty"]) for name, row in rows.items()} == {
        "ada": (5.0, 0.0),
        "bob": (4.0, 1.0),
        "cy": (5.0, 0.0),
        "dee": (5.0, 0.0),
    }
    assert {name: row["late_seconds"] > 0 for name, row in rows.items()} == {
        "ada": False,
        "bob": True,
        "cy": False,
        "dee": True,
    }
    assert held(course.root)[""] == ("2026-11-19 23:59:00.000000",)
    assert course.worker.call("put_dates", assignment="ps1", write=False) == []


def test_an_extension_afterwards_changes_the_gradebook_and_runs_nothing(course: Any, make: SimpleNamespace) -> None:
    hand_in_all(course, make)
    course.publish()
    write_dates(course.root, "ps1", dates())
    for learner in ("ada", "bob", "cy"):
        course.record(learner)
    course.change("UPDATE grade SET manual_score = 5 WHERE cell_id IN (SELECT id FROM base_cell WHERE name = 'why')")
    late = dates()
    bob = LearnerDates("2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z", None, moved(STEPS, 1))
    write_dates(course.root, "ps1", AssignmentDates(DUE, {**late.learners, "cy": bob}))

    compared = course.worker.call("put_dates", assignment="ps1", write=False)
    assert compared == [
        "bob: sums: 2 points are taken off by course.yml, 1 in the gradebook",
        "cy: is due 2026-11-20 09:00 UTC by course.yml, 2026-11-22 23:59 UTC in the gradebook",
    ]
    assert course.worker.call("put_dates", assignment="ps1") == compared
    assert course.worker.call("put_dates", assignment="ps1") == []
    found = course.worker.call("scores", assignment="ps1")["submissions"]
    assert {name: row["score"] for name, row in found.items()} == {"ada": 10.0, "bob": 8.0, "cy": 10.0}


def test_nbgraders_own_command_takes_off_the_same(
    course: Any, make: SimpleNamespace, nbgrader: Callable[..., Any]
) -> None:
    """With the plugin in nbgrader_config.py; who is in no list is judged by the method that stands there."""
    (course.root / "nbgrader_config.py").write_text(CONFIG)
    hand_in_all(course, make)
    write_dates(course.root, "ps1", dates())
    nbgrader(course.root, "generate_assignment", "ps1")
    nbgrader(course.root, "db", "assignment", "add", "ps1", "--duedate", "2026-11-19 23:59:00 UTC")
    nbgrader(course.root, "autograde", "ps1")
    assert {name: row[0] for name, row in held(course.root).items() if name} == {
        "ada": None,
        "bob": 1.0,
        "cy": 0.0,
        "dee": 5.0,
    }
    found = course.worker.call("scores", assignment="ps1")["submissions"]
    assert {name: row["score"] for name, row in found.items()} == {"ada": 5.0, "bob": 4.0, "cy": 5.0, "dee": 0.0}
    nbgrader(course.root, "export")
    with (course.root / "grades.csv").open(newline="") as stream:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}
    assert exported == {"ada": 5.0, "bob": 4.0, "cy": 5.0, "dee": 0.0}


def test_enabling_has_nbgraders_own_command_count_the_same_and_disabling_takes_it_away(
    course: Any, make: SimpleNamespace, nbgrader: Callable[..., Any]
) -> None:
    """A plugin of the course's own would stay; Dee is in no list and is judged by the course's method."""
    plain = CONFIG.replace('c.AssignLatePenalties.plugin_class = "course_kit.bridges.nbgrader.late.CreditPlugin"\n', "")
    (course.root / "nbgrader_config.py").write_text(plain)
    hand_in_all(course, make)
    write_dates(course.root, "ps1", dates())
    assert enable(course.root).changed
    nbgrader(course.root, "generate_assignment", "ps1")
    nbgrader(course.root, "db", "assignment", "add", "ps1", "--duedate", "2026-11-19 23:59:00 UTC")

    def penalties() -> dict[str, float]:
        nbgrader(course.root, "autograde", "ps1", "--force")
        return {name: row[0] or 0.0 for name, row in held(course.root).items() if name}

    assert penalties() == {"ada": 0.0, "bob": 1.0, "cy": 0.0, "dee": 5.0}
    assert disable(course.root).changed
    assert (course.root / "nbgrader_config.py").read_text() == plain
    assert penalties() == {"ada": 0.0, "bob": 5.0, "cy": 5.0, "dee": 5.0}


def test_a_plugin_of_the_courses_own_stays() -> None:
    config = Config()
    exchange_execution(config)
    assert config.AssignLatePenalties.plugin_class == OURS
    own = Config({"AssignLatePenalties": {"plugin_class": "mine.Plugin"}})
    exchange_execution(own)
    assert own.AssignLatePenalties.plugin_class == "mine.Plugin"


def test_dates_without_credit_leave_the_courses_own_penalties(course: Any, make: SimpleNamespace) -> None:
    (course.root / "nbgrader_config.py").write_text(CONFIG)
    hand_in_all(course, make)
    course.publish()
    plain = {"bob": LearnerDates(DUE, "2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z")}
    write_dates(course.root, "ps1", AssignmentDates(DUE, plain))
    assert course.record("bob")["score"] == 0.0


def test_each_learner_has_a_due_date_of_their_own(course: Any, make: SimpleNamespace) -> None:
    """Dates that count from the start: the gradebook has the earliest, and extensions lead to the others."""
    hand_in_all(course, make)
    course.publish()
    write_dates(course.root, "ps1", AssignmentDates(None, dates().learners))
    for learner in ("cy", "bob"):
        course.record(learner)
    rows = held(course.root)
    assert rows[""] == ("2026-11-19 23:59:00.000000",)
    assert rows["bob"][1] is None
    assert rows["cy"][1].startswith("1970-01-04 00:00:00")


def test_offline_work_counts_when_the_course_says(course: Any, make: SimpleNamespace) -> None:
    """Finished in time by the learner's clock; it came long after, and the grace was used up."""
    hand_in_all(course, make)
    course.publish()
    ada = LearnerDates(DUE, "2026-11-21T10:00:00Z", "2026-11-19T10:00:00Z", "2026-11-22T10:00:00Z", STEPS)
    write_dates(course.root, "ps1", AssignmentDates(DUE, {"ada": ada}))
    row = course.record("ada")
    assert (row["score"], row["penalty"], row["timestamp"]) == (4.0, 1.0, "2026-11-21T10:00:00Z")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", Invalid),
        ("[]", Invalid),
        ('{"version": 1, "due": null, "learners": {"a": 1}}', Invalid),
        ('{"version": 1, "due": null, "learners": {"a": {"steps": [["soon", 1]]}}}', Invalid),
        ('{"version": 2, "due": null, "learners": {}}', WrongVersion),
    ],
)
def test_a_damaged_list_is_said_to_be_so(tmp_path: Path, text: str, error: type[Exception]) -> None:
    path = dates_path(tmp_path, "ps1")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(error):
        read_dates(tmp_path, "ps1")


def test_the_list_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_dates(tmp_path, "ps1") is None
    write_dates(tmp_path, "ps1", dates())
    assert read_dates(tmp_path, "ps1") == dates()
    assert [one.percent for one in dates().learners.values()] == [100.0, 80.0, 100.0]
    assert write_dates(tmp_path, "ps1", None)
    assert not write_dates(tmp_path, "ps1", None)
