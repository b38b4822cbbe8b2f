"""The report in a terminal and as JSON."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from course_kit.model.course import Course
from course_kit.model.roster import Roster, RosterEntry
from course_kit.report.contents import Report, make_report
from course_kit.report.terminal import print_report


def shown(report: Report, width: int) -> str:
    stream = io.StringIO()
    print_report(report, Console(file=stream, width=width))
    return stream.getvalue()


@pytest.fixture
def report(course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]) -> Report:
    ada = diary("ada", 3).opened("begin").answered("begin/warm/q1", 0, 1).answered("begin/warm/q2", 1, 0.5)
    ada.submitted("lab").scored("lab", 7.5, 10)
    stranger = diary("p-9", 3).opened("begin")
    return make_report(course, roster, ada.events + stranger.events, at=at)


def test_a_wide_terminal_shows_it_all(report: Report) -> None:
    text = shown(report, 100)
    assert "3 learners on the roster, 1 started, 0 completed all lessons; 1 of 3 submissions in, 1 scored" in text
    lines = [line.split() for line in text.splitlines()]
    last = report.table.rows[0].last_at
    assert last is not None
    assert ["Ada", "Lovelace", "33", "%", "1", "of", "3", last.astimezone().strftime("%Y-%m-%d"), "7.5"] in lines
    assert ["First", "steps", "1", "1", "1"] in lines
    assert ["begin/warm/q2", "50", "%", "0", "%", "1"] in lines
    assert "Not started: Bob Moran, cyd" in text
    assert "Not submitted, The lab: Bob Moran, cyd" in text
    assert "Unknown (not on the roster): p-9" in text


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_leaves_columns_out_and_cuts_no_number(report: Report, width: int) -> None:
    text = shown(report, width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "too narrow for:" in text


def test_names_are_no_markup_and_steer_no_terminal(course: Course, at: datetime) -> None:
    roster = Roster(
        entries=(RosterEntry(learner="ada", name="[/bold][link=x]\x1b]0;gone\x07"), RosterEntry(learner="b"))
    )
    text = shown(make_report(course, roster, [], at=at), 100)
    assert "[/bold][link=x]�]0;gone�" in text
    assert "\x1b" not in text


def test_long_lists_are_cut(course: Course, at: datetime, diary: Callable[..., Any]) -> None:
    roster = Roster(entries=tuple(RosterEntry(learner=f"l{number}") for number in range(100)))
    text = shown(make_report(course, roster, diary("l0", 1).opened("begin").events, at=at), 200)
    assert "and 59 more" in text
    assert "Not submitted, The lab: all 100" in text


def test_json_holds_the_same_and_null_for_what_is_missing(report: Report) -> None:
    data = json.loads(json.dumps(report.json_object(), allow_nan=False))
    assert (data["version"], data["course"], data["at"]) == (1, "data-science", "2026-11-22T14:00:00.000000Z")
    ada, bob, _ = data["learners"]
    assert ada["lessons"] == {
        "begin": {"state": "done", "fraction": 0.75},
        "frames": {"state": "open", "fraction": None},
        "paper": {"state": "open", "fraction": None},
    }
    assert (ada["assignments"]["lab"]["submitted"], ada["assignments"]["lab"]["score"]) == (True, 7.5)
    assert (bob["lessons"], bob["last_at"], bob["fraction"]) == ({}, None, None)
    assert bob["assignments"]["lab"] == {
        "submitted": False,
        "submitted_at": None,
        "score": None,
        "max_score": None,
        "status": "",
    }
    assert (data["not_started"], data["not_submitted"]) == (["bob", "cyd"], {"lab": ["bob", "cyd"]})
    assert [row["learner"] for row in data["unknown"]] == ["p-9"]
    assert [step["opened"] for step in data["funnel"]] == [1, 0, 0]
    assert [(row["item"], row["difficulty"]) for row in data["items"]] == [("warm/q1", 1.0), ("warm/q2", 0.5)]
