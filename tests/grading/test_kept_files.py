"""What collecting and grading keep is never written over when it cannot be read: it is named, with what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, WrongVersion
from course_kit.grading.collect import collect
from course_kit.grading.collected import Index, Origin
from course_kit.grading.places import GradingPlace, find_place
from course_kit.grading.records import Record, Records, State

ORIGIN = Origin("a" * 64, "2026-11-20T10:00:00.000000Z", "b" * 64, "c" * 64)
DAMAGED = [
    "{",
    "[]",
    '{"version": 1}',
    '{"version": 1, "submissions": null}',
    '{"version": 1, "submissions": 3}',
    '{"version": 1, "submissions": [3]}',
    '{"version": 1, "submissions": {"ada": []}}',
    '{"version": 1, "submissions": {"ada": {"submission": 1}}}',
    '{"version": 1, "submissions": [{"learner": "ada"}]}',
    '{"version": 1, "submissions": [{"learner": "ada", "assignment": "adding", "more": "x"}]}',
]


@pytest.fixture
def place(nbgrader_course: Path) -> GradingPlace:
    return find_place(nbgrader_course)


@pytest.fixture
def list_file(place: GradingPlace) -> Path:
    path = place.hidden / "collected" / "index.json"
    path.parent.mkdir(parents=True)
    return path


def test_what_was_kept_is_read_again(place: GradingPlace) -> None:
    Index(place).put("ada", "adding", ORIGIN)
    assert Index(place).get("ada", "adding") == ORIGIN
    record = Record("a", "b", "python3", "graded", "")
    Records(place, place.assignment("adding")).put("ada", record)
    assert Records(place, place.assignment("adding")).get("ada") == record


def test_a_batch_that_was_killed_leaves_its_records(place: GradingPlace) -> None:
    assignment = place.assignment("adding")
    killed = Records(place, assignment)
    killed.put("ada", Record("a", "b", "", "graded", ""))
    killed.put("bob", Record("c", "b", "", "failed", "why"))
    (log,) = (place.hidden / "graded").glob("*.log")
    log.write_bytes(log.read_bytes()[:-20])  # killed while it wrote

    again = Records(place, assignment)

    assert [name for name, _ in again.items()] == ["ada"]
    again.put("bob", Record("c", "b", "", "graded", ""))
    assert [record.status for _, record in Records(place, assignment).items()] == ["graded", "graded"]
    again.close(State(tests="t"))
    assert not log.exists()
    assert Records(place, assignment).state == State(tests="t")
    assert [record.status for _, record in Records(place, assignment).items()] == ["graded", "graded"]


def test_a_course_that_was_moved_keeps_its_records(place: GradingPlace) -> None:
    record = Record("a", "b", "", "unverified", "", held={"sums": ["test-add"]})
    Records(place, place.assignment("adding")).put("ada", record)
    moved = find_place(place.folder.rename(place.folder.with_name("elsewhere")))
    assert Records(moved, moved.assignment("adding")).get("ada") == record


def test_records_of_an_older_course_kit_are_read(place: GradingPlace) -> None:
    path = _records_file(place)
    row = {"submission": "a", "cells": "b", "kernel": "", "status": "graded", "detail": ""}
    path.write_text(json.dumps({"version": 1, "submissions": {"ada": row}}))
    assert Records(place, place.assignment("adding")).get("ada") == Record("a", "b", "", "graded", "")


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_list_stops_collecting_and_stays(
    place: GradingPlace, list_file: Path, text: str, tmp_path: Path, now: Any
) -> None:
    list_file.write_text(text)
    (tmp_path / "inbox").mkdir()
    with pytest.raises(Invalid, match=r"The list of what was collected is damaged: .*index\.json") as caught:
        collect(tmp_path / "inbox", place.folder, at=now)
    assert "move it away and collect again" in caught.value.hint
    assert list_file.read_text() == text


def test_a_newer_list_stops_collecting_and_stays(
    place: GradingPlace, list_file: Path, tmp_path: Path, now: Any, answer: Callable[..., Any]
) -> None:
    text = json.dumps({"version": 2, "submissions": [], "more": True})
    list_file.write_text(text)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "ada.ipynb").write_text(json.dumps(answer("return a + b")))
    with pytest.raises(WrongVersion, match="has version 2; this course-kit reads version 1") as caught:
        collect(tmp_path / "inbox", place.folder, at=now)
    assert "newer course-kit" in caught.value.hint
    assert list_file.read_text() == text
    assert not (place.folder / "submitted").exists()


@pytest.mark.parametrize("text", DAMAGED)
def test_damaged_records_are_named_and_stay(place: GradingPlace, text: str) -> None:
    path = _records_file(place)
    path.write_text(text)
    with pytest.raises(Invalid, match="The record of what was graded is damaged") as caught:
        Records(place, place.assignment("adding"))
    assert "grade again" in caught.value.hint
    assert path.read_text() == text


def test_newer_records_are_left_alone(place: GradingPlace) -> None:
    path = _records_file(place)
    path.write_text('{"version": 7}')
    with pytest.raises(WrongVersion, match="has version 7"):
        Records(place, place.assignment("adding"))
    assert path.read_text() == '{"version": 7}'


def _records_file(place: GradingPlace) -> Path:
    records = Records(place, place.assignment("adding"))
    records.put("ada", Record("a", "b", "python3", "graded", ""))
    records.close(State())
    (path,) = (place.hidden / "graded").glob("adding-*")
    return path
