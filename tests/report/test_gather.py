"""From a course's folder to its report: real files, a real store."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound, WrongVersion
from course_kit.model.roster import Roster
from course_kit.report.gather import COLLECTED, STORE, report_data
from course_kit.store.sql import SqlStore

COURSE = """
course: data-science
title: Data science
units:
  - key: all
    lessons:
      - notebook: notebooks/begin.ipynb
    assignments:
      - source: autograders/source/Lab
"""
QUIZ = "%%quiz warm\nWhich is robust?\n- [x] median\n- [ ] mean\n"


def notebook(*cells: dict[str, Any]) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course with one quiz and one assignment."""
    cell = {"cell_type": "code", "id": "quiz", "metadata": {}, "outputs": [], "execution_count": None, "source": QUIZ}
    files = {
        "course.yml": COURSE,
        "notebooks/begin.ipynb": notebook(cell),
        "autograders/source/Lab/lab.ipynb": notebook(),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def hand_in(folder: Path, learner: str, stamp: str | None = None) -> None:
    work = folder / "autograders" / "submitted" / learner / "Lab"
    work.mkdir(parents=True)
    (work / "lab.ipynb").write_text("{}", encoding="utf-8")
    if stamp is not None:
        (work / "timestamp.txt").write_text(stamp, encoding="utf-8")


def test_before_anything_came_in_nothing_is_written(folder: Path, roster: Roster, at: datetime) -> None:
    report = report_data(folder, roster, at=at)
    assert (report.title, report.summary.learners, report.summary.started) == ("Data science", 3, 0)
    assert not (folder / ".course-kit").exists()


def test_events_people_and_items_come_together(
    folder: Path, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    one = diary("p-1", 3).opened("begin").answered("begin/warm/q1", 1, 0).scored("lab", 4, 10)
    with SqlStore.open(folder / STORE) as store:
        store.append(one.events, at)
        store.append(diary("p-1", 3, course="french").opened("begin").events, at)
        store.link_person("p-1", "ada", at)
        store.set_aside("{", "damaged", at)
    report = report_data(folder, roster, at=at)
    ada = report.table.rows[0]
    assert (ada.pseudonyms, ada.lessons[0].state, ada.assignments[0].score) == (("p-1",), "started", 4.0)
    assert (report.set_aside, report.summary.answers, report.items_in_course) == (1, 1, 1)
    # the wording in the store is not the course's present one, so its choices go by number
    assert [(row.present, row.wrong[0].text) for row in report.items] == [(False, "choice 2")]


def test_a_bare_notebook_in_nbgraders_folder_is_a_submission(folder: Path, roster: Roster, at: datetime) -> None:
    hand_in(folder, "ada", "2026-11-20 12:30:00.000000 UTC")
    hand_in(folder, "bob", "no time at all")
    hand_in(folder, "zoe")
    (folder / "autograders" / "submitted" / "cyd" / "Lab").mkdir(parents=True)
    report = report_data(folder, roster, at=at)
    cells = [row.assignments[0] for row in report.table.rows]
    assert [(cell.submitted, cell.submitted_at) for cell in cells] == [
        (True, datetime(2026, 11, 20, 12, 30, tzinfo=UTC)),
        (True, None),
        (False, None),
    ]
    assert [row.learner for row in report.table.unknown] == ["zoe"]


def collected(folder: Path, *rows: Any, version: int = 1) -> None:
    path = folder / COLLECTED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": version, "submissions": list(rows)}), encoding="utf-8")


def test_what_was_collected_counts_wherever_nbgrader_keeps_it(folder: Path, roster: Roster, at: datetime) -> None:
    """The course's nbgrader_config.py may name another folder than submitted/; a report does not run it."""
    (folder / "autograders/nbgrader_config.py").write_text("c.CourseDirectory.submitted_directory = 'in'\n")
    row = {"learner": "ada", "assignment": "lab", "submission": "", "content": "x", "release": ""}
    gone = {**row, "learner": "bob", "assignment": "a-former-one"}
    collected(folder, *({**one, "submitted_at": "2026-11-20T12:30:00.000000Z"} for one in (row, gone)))
    report = report_data(folder, roster, at=at)
    cells = [row.assignments[0] for row in report.table.rows]
    assert [(cell.submitted, cell.submitted_at) for cell in cells] == [
        (True, datetime(2026, 11, 20, 12, 30, tzinfo=UTC)),
        (False, None),
        (False, None),
    ]


@pytest.mark.parametrize("row", [3, {}, {"learner": "ada", "assignment": "lab", "submitted_at": "soon"}])
def test_a_list_of_what_was_collected_that_cannot_be_read_is_named(
    row: Any, folder: Path, roster: Roster, at: datetime
) -> None:
    collected(folder, row)
    with pytest.raises(Invalid, match="The list of what was collected is damaged"):
        report_data(folder, roster, at=at)
    collected(folder, version=2)
    with pytest.raises(WrongVersion, match="has version 2"):
        report_data(folder, roster, at=at)


def test_no_course_is_an_error_that_says_so(tmp_path: Path, roster: Roster, at: datetime) -> None:
    with pytest.raises(NotFound, match=r"course\.yml"):
        report_data(tmp_path, roster, at=at)
