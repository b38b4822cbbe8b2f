"""The panel from a learner's real folder: paths that the page can open, new versions, the week's goal."""

from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.model.events import LessonOpened
from course_kit.store.journal import Journal
from course_kit.store.places import local_learner
from course_kit.workspace.panel import panel, set_goal

LESSON = "notebooks/01-first.ipynb"


def test_a_fresh_copy_shows_where_to_begin_and_the_first_run_page(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    shown = panel(laptop.copy, data=laptop.data, at=laptop.later(), root=laptop.home)
    assert shown.course.folder == "courses/tiny"
    assert shown.notice == "courses/tiny/welcome.html"
    assert shown.next is not None
    assert (shown.next.key, shown.next.path) == ("first", f"courses/tiny/{LESSON}")
    assert shown.next.why == "Start here."
    assert (shown.goal.suggested, shown.goal.text) == ("Add two numbers", "")
    assert shown.units[0].lessons[1].state == "locked"
    assert shown.units[0].assignments[0].path == "courses/tiny/assignments/sums/sums.ipynb"
    with Journal(
        laptop.data / "journals",
        learner=local_learner(laptop.data).learner,
        course="tiny",
        release=shown.course.release,
        writer="page",
    ) as journal:
        journal.append([LessonOpened(lesson="first").model_dump(mode="json")], laptop.later())
    later = panel(laptop.copy / "notebooks", data=laptop.data, at=laptop.later(), root=laptop.home)
    assert later.notice is None
    assert later.next is not None
    assert later.next.why == "Go on where you stopped."


def test_a_course_outside_of_the_servers_folder_says_so(author: Any, laptop: Any, tmp_path: Path) -> None:
    laptop.opens(author.releases())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shown = panel(laptop.copy, data=laptop.data, at=laptop.later(), root=elsewhere)
    assert (shown.course.folder, shown.units[0].lessons[0].path) == (None, None)
    assert "does not show" in (shown.message or "")


def test_a_new_version_beside_is_shown_and_a_deleted_file_is_not(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(LESSON, "middle", "x = 'mine'")
    laptop.opens(author.releases({LESSON: make.as_bytes(make.lesson_one(text="# New"))}))
    (laptop.copy / "notebooks/02-second.ipynb").unlink()
    shown = panel(laptop.copy, data=laptop.data, at=laptop.later(), root=laptop.home)
    first, second = shown.units[0].lessons
    assert first.new_version == "courses/tiny/notebooks/01-first (new version).ipynb"
    assert second.path is None
    assert "Bring my answers over" in (shown.message or "")


def test_the_goal_is_set_for_the_learners_own_week(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    berlin = ZoneInfo("Europe/Berlin")
    sunday_night = laptop.now.replace(hour=23, minute=30)
    laptop.now = sunday_night
    set_goal(laptop.data, "tiny", "  Add\nnumbers ", False, at=sunday_night, zone=berlin)
    shown = panel(laptop.copy, data=laptop.data, at=sunday_night + timedelta(minutes=1), zone=berlin)
    assert shown.goal.model_dump() == {
        "week": "2026-11-23",
        "text": "Add numbers",
        "done": False,
        "suggested": "Add two numbers",
    }
    set_goal(laptop.data, "tiny", "Add numbers", True, at=sunday_night + timedelta(minutes=2), zone=berlin)
    assert panel(laptop.copy, data=laptop.data, at=sunday_night + timedelta(minutes=3), zone=berlin).goal.done
    assert panel(laptop.copy, data=laptop.data, at=sunday_night + timedelta(minutes=3), zone=UTC).goal.text == ""
    with pytest.raises(Invalid, match="at most 500"):
        set_goal(laptop.data, "tiny", "x" * 501, False, at=sunday_night, zone=berlin)
    with pytest.raises(NotFound, match="not open"):
        set_goal(laptop.data, "other", "x", False, at=sunday_night, zone=berlin)
