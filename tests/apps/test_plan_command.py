"""`course-kit plan`: readable at 80 columns, complete as JSON, and calendars that others can open."""

import json
import stat
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from icalendar import Calendar
from worlds import Author, Learner

from course_kit.apps.cli import learner as clock
from course_kit.apps.cli import pace as pace_module
from course_kit.apps.cli import plan as plan_module
from course_kit.apps.cli.main import root
from course_kit.errors import CourseKitError
from course_kit.workspace.events import own_events

COURSE = """course: tiny
title: A course of a title that is as long as titles of courses are when a committee of five has agreed on them at last
units:
  - key: u
    title: Tables, and everything else that stands in rows and columns and is not yet a figure at all
    goal: Read a table
    pace: 1 week
    lessons:
      - link: https://example.org/one
        key: one
        title: One
        minutes: 120
      - link: https://example.org/two
        key: two
        title: Two
        minutes: 60
  - key: v
    title: Figures
    pace: 2 weeks
    lessons:
      - link: https://example.org/three
        key: three
        title: Three
        minutes: 30
    assignments:
      - source: source/adding
        title: Adding up
        minutes: 30
        due: start + 10 days
"""
BERLIN = ZoneInfo("Europe/Berlin")


class Story:
    """A learner at a terminal, at a time that the story sets."""

    def __init__(self, learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
        self.learner, self.began = learner, datetime.now(UTC)
        self.now = self.began
        monkeypatch.setenv("COURSE_KIT_DATA", str(learner.data))
        monkeypatch.setenv("TZ", "Europe/Berlin")
        monkeypatch.setattr(plan_module, "now", lambda: self.now)
        monkeypatch.setattr(pace_module, "now", lambda: self.now)
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def types(self, *words: str, fails: bool = False) -> Result:
        self.now += timedelta(milliseconds=1)  # less than a command takes: no story runs ahead of the next one's clock
        result = CliRunner().invoke(
            root, [*words, *(() if "progress" in words else ("--folder", str(self.learner.copy)))]
        )
        assert (result.exit_code != 0) == fails, result.output
        return result

    def plan(self, *words: str) -> Any:
        return json.loads(self.types("plan", "--json", *words).stdout)

    def refused(self, *words: str) -> CourseKitError:
        error = self.types("plan", *words, fails=True).exception
        assert isinstance(error, CourseKitError)
        return error


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    place = tmp_path_factory.mktemp("people")
    author, learner = Author(place / "author"), Learner(place / "learner", {"TZ": "Europe/Berlin"})
    author.course.mkdir(parents=True)
    (author.course / "course.yml").write_text(COURSE, encoding="utf-8")
    work = author.course / "source" / "adding"
    work.mkdir(parents=True)
    cells = [{"cell_type": "markdown", "metadata": {}, "source": "# Adding up", "id": "a"}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (work / "adding.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    learner.opens(author.builds())
    return learner


@pytest.fixture
def story(home: Learner, monkeypatch: pytest.MonkeyPatch) -> Story:
    return Story(home, monkeypatch)


def day(story: Story, days: int) -> str:
    at = story.now.astimezone(BERLIN) + timedelta(days=days)
    return f"{at:%a} {at.day} {at:%b %Y}"


def test_it_is_read_in_a_terminal_of_eighty_columns(story: Story) -> None:
    before = story.types("plan").stdout
    assert "There is no pace to go by yet" in before
    assert "plan --hours 4" in before
    said = story.types("plan", "--hours", "4").stdout
    lines = said.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert lines[0].startswith("A course of a title")
    assert " ".join(lines).count("4 h left") == 1
    assert f"  Figures: by {day(story, 14)}; at your pace {day(story, 7)}" in lines
    assert "  No goal yet. It could be: Read a table" in lines
    assert lines[-2:] == ["Last week", "  Nothing was finished."]
    assert "There is no goal for this week yet" in str(story.types("goal", fails=True).exception)
    story.types("goal", "Two lessons")
    assert json.loads(story.types("goal", "--json").stdout) == {"text": "Two lessons", "done": False}
    assert "  Goal: Two lessons" in story.types("plan").stdout.splitlines()
    assert json.loads(story.types("goal", "--done", "--json").stdout) == {"text": "Two lessons", "done": True}
    assert "  Goal: Two lessons (done)" in story.types("plan").stdout.splitlines()
    story.types("goal", "Two lessons")
    assert "  Goal: Two lessons" in story.types("plan").stdout.splitlines()


def test_as_json_it_says_the_same(story: Story) -> None:
    found = story.plan("--hours", "2.5")
    assert set(found) == {"course", "goal", "week", "plan", "notices", "calendar"}
    assert (found["course"], found["plan"]["hours_per_week"], found["plan"]["minutes_left"]) == ("tiny", 2.5, 240)
    assert [stone["state"] for stone in found["plan"]["milestones"]] == ["ahead", "ahead"]
    assert story.plan("--hours", "0")["plan"]["hours_per_week"] is None
    facts = [event.fact for event in own_events(story.learner.data, "tiny", at=story.now)]
    assert [fact.hours_per_week for fact in facts if fact.kind == "PaceChanged"][-2:] == [2.5, None]


def test_late_milestones_are_this_weeks_business(story: Story) -> None:
    story.now += timedelta(days=21)
    said = story.types("plan").stdout
    assert f"Figures: late, was for {day(story, -7)}" in said
    assert "Finish Figures (late, was for" in said


def test_what_is_due_soon_is_said_by_plan_and_progress(story: Story) -> None:
    for days, said in ((7, None), (8, "(in 2 days)."), (9, "(tomorrow)."), (11, None)):
        story.now = story.began + timedelta(days=days)
        found = [notice["text"] for notice in story.plan()["notices"]]
        assert len(found) == (said is not None)
        progress = story.types("progress", str(story.learner.copy)).stdout
        assert ("Adding up is due on" in progress) == (said is not None)
        for text in found:
            assert text.startswith("Adding up is due on ")
            assert text.endswith(said or "")
            assert text in progress
            assert text in " ".join(story.types("plan").stdout.split())


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (("--hours", "-3"), "no such number of hours", "above 0"),
        (("--hours", "nan"), "no such number of hours", "above 0"),
        (("--zone", "Mars/Olympus"), "no time zone 'Mars/Olympus'", "Europe/Berlin"),
        (("--zone", "../../etc/passwd"), "no time zone", "Europe/Berlin"),
        (("--ics", "."), "is a folder", "course.ics"),
    ],
)
def test_what_cannot_be_is_said_with_the_next_step(words: tuple[str, str], what: str, hint: str, story: Story) -> None:
    error = story.refused(*words)
    assert what in error.message
    assert hint in error.hint


def test_a_calendar_file_is_written_again_and_nothing_else_is_overwritten(story: Story) -> None:
    to = story.learner.home / "dates.ics"
    said = story.types("plan", "--ics", str(to)).stdout
    assert "3 dates are in" in said
    assert "write it again" in said
    calendar = Calendar.from_ical(to.read_bytes())
    assert len(list(calendar.walk("VEVENT"))) == 3
    assert story.plan("--ics", str(to))["entries"] == 3
    notes = story.learner.home / "notes.txt"
    notes.write_text("mine", encoding="utf-8")
    assert "is no calendar" in story.refused("--ics", str(notes)).message
    assert notes.read_text(encoding="utf-8") == "mine"


def test_an_address_is_made_shown_and_revoked(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(story.learner.home / "none"))
    said = story.types("plan", "--feed", "on").stdout
    assert "/course-kit/calendar/" in said
    assert "your JupyterLab's address (such as http://localhost:8888), followed by" in said
    assert "plan --feed off" in said
    assert stat.S_IMODE((story.learner.data / "calendar.json").stat().st_mode) == 0o600
    found = story.plan("--feed", "on")
    assert found["feed"] == found["calendar"]["feed"]
    assert found["feed"] in said
    assert "--feed on" in story.types("plan").stdout
    off = story.types("plan", "--feed", "off").stdout
    assert off == "The calendar's address is revoked: nothing can be read there any more.\n"
    assert story.plan()["calendar"] == {"feed": None}


def test_on_a_hub_the_address_lies_behind_the_hubs(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    found = story.plan("--feed", "on")
    assert found["addresses"] == [f"/user/ada{found['feed']}"]
    monkeypatch.setenv("JUPYTERHUB_PUBLIC_URL", "https://hub.example.org/user/ada/")
    assert story.plan("--feed", "on")["addresses"] == [f"https://hub.example.org/user/ada{found['feed']}"]
    story.plan("--feed", "off")


def test_starting_over_shows_the_dates_and_asks_first(story: Story) -> None:
    story.now = story.began + timedelta(days=4)
    before = story.types("pace", "--json").stdout
    asked = story.types("pace", "restart", fails=True)
    assert "Dates if you start over from today" in asked.stdout
    assert "Start over from today? [y/N]" in asked.stderr
    assert json.loads(story.types("pace", "--json").stdout) == json.loads(before)
    (was,) = json.loads(before)["assignments"]
    (now,) = json.loads(story.types("pace", "restart", "--yes", "--json").stdout)["assignments"]
    assert datetime.fromisoformat(now["due"]) == story.now + timedelta(days=10)
    assert now["due"] > was["due"]
