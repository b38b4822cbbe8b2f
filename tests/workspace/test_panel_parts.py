"""The panel of a learner in the middle of a course; the same example is what the page's own tests draw."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from course_kit.model import events as e
from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.dates import Credit
from course_kit.model.events import Event, Fact
from course_kit.model.keys import uuid7
from course_kit.model.progress import Progress, fold
from course_kit.model.tally import Tally
from course_kit.workspace.own_dates import own_dates
from course_kit.workspace.panel_parts import OnDisk, Panel, build_panel, week_of

GOLDEN = Path(__file__).parents[1] / "golden" / "panel.json"
RELEASE = "4f1c" * 16
BEGUN = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

COURSE = Course(
    key="data-science",
    title="Data science, self-paced",
    contact="mailto:teacher@example.org",
    forum="https://example.org/forum",
    live="https://example.org/live",
    units=(
        Unit(
            key="begin",
            title="Begin",
            pace="3 days",
            goal="Find your way in a notebook",
            lessons=(
                Lesson(
                    key="first-steps",
                    title="First steps",
                    kind="notebook",
                    path="notebooks/01-first-steps.ipynb",
                    minutes=20,
                    items=("cells/q1", "cells/q2"),
                    skills={"cells/q1": "notebook-basics", "cells/q2": "notebook-basics"},
                ),
                Lesson(key="tidy-data", title="Tidy data", kind="document", path="notebooks/tidy-data.pdf", minutes=15),
                Lesson(key="talk", title="A talk on tables", kind="link", url="https://example.org/talk"),
            ),
        ),
        Unit(
            key="frames",
            title="Tables",
            pace="2 weeks",
            goal="Read, clean and group a real table",
            lessons=(
                Lesson(
                    key="frames",
                    title="Tables with <pandas> & co.",
                    kind="notebook",
                    path="notebooks/02-frames.ipynb",
                    minutes=40,
                    requires=("first-steps",),
                    items=("robust/q1", "robust/q2", "group/q1", "group/q2"),
                    skills={"robust/q1": "summary-statistics", "group/q1": "grouping"},
                    videos={"median": 42.0},
                    video_titles={"median": "How a median resists a slip"},
                ),
                Lesson(
                    key="chance",
                    title="Chance – und Zufall 🎲",
                    kind="notebook",
                    path="notebooks/04-chance.ipynb",
                    minutes=45,
                    requires=("frames", "tidy-data"),
                    items=("die/q1",),
                ),
            ),
            assignments=(
                Assignment(
                    key="penguins",
                    source="autograders/source/penguins",
                    title="The penguins",
                    due="start + 14 days",
                    minutes=90,
                    notebooks=("penguins.ipynb",),
                    max_score=10,
                ),
                Assignment(key="warm-up", source="autograders/source/warm-up", notebooks=("warm-up.ipynb",)),
            ),
        ),
    ),
)


class Learner:
    """Makes events, a minute apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def did(self, fact: Fact, *, at: datetime | None = None) -> None:
        moment = at or BEGUN + timedelta(minutes=len(self.events))
        self.events.append(
            Event(
                event_id=uuid7(moment, len(self.events)),
                at=moment,
                learner="p-0123456789abcdef",
                course=COURSE.key,
                release=RELEASE,
                fact=fact,
            )
        )

    def answers(self, lesson: str, item: str, fraction: float) -> None:
        state = "right" if fraction == 1 else "wrong"
        self.did(e.ItemAnswered(lesson=lesson, item=item, digest="d", response=0, state=state, fraction=fraction))


def midway() -> Progress:
    return fold(COURSE, midway_events())


def midway_events() -> list[Event]:
    learner = Learner()
    learner.did(e.CourseStarted())
    learner.did(e.LessonOpened(lesson="first-steps"))
    learner.answers("first-steps", "cells/q1", 1)
    learner.answers("first-steps", "cells/q2", 1)
    learner.did(e.LessonOpened(lesson="tidy-data"))
    learner.did(e.LessonOpened(lesson="talk"))
    learner.did(e.LessonOpened(lesson="frames"))
    learner.answers("frames", "robust/q1", 1)
    learner.answers("frames", "robust/q2", 0)
    learner.did(e.AssignmentSubmitted(assignment="warm-up", submission="ab" * 32))
    learner.did(e.ScorePosted(assignment="warm-up", score=0.0, max_score=4.0, status="graded"))
    learner.did(e.GoalSet(week="2026-11-16", text="Tables, before Sunday", done=False))
    learner.did(e.PaceChanged(change="hours", at=BEGUN, hours_per_week=2.5))
    learner.did(e.VideoWatched(lesson="frames", video="median", ranges=((0.0, 10.5),), duration=42.0))
    return learner.events


def example_panel() -> Panel:
    files = {
        name: f"courses/data-science/{name}"
        for name in (
            "notebooks/01-first-steps.ipynb",
            "notebooks/tidy-data.pdf",
            "notebooks/02-frames.ipynb",
            "notebooks/04-chance.ipynb",
            "assignments/penguins/penguins.ipynb",
            "assignments/warm-up/warm-up.ipynb",
        )
    }
    disk = OnDisk(
        folder="courses/data-science",
        files=files,
        new_versions={"notebooks/02-frames.ipynb": "courses/data-science/notebooks/02-frames (new version).ipynb"},
        feedback={"warm-up": ("courses/data-science/feedback/warm-up/warm-up.html",)},
        notice="courses/data-science/welcome.html",
        unsynced=12,
        message="A new version of one lesson lies beside your own.",
        feed="/course-kit/calendar/not-a-real-token.ics",
    )
    tally = Tally.of(midway_events())
    return build_panel(COURSE, RELEASE, midway(), disk, at=NOW, zone=BERLIN, tally=tally)


def test_the_golden_panel_is_what_this_code_makes() -> None:
    made = example_panel().model_dump(mode="json")
    if os.environ.get("COURSE_KIT_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert made == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_it_shows_where_to_go_on_and_what_stands_in_the_way() -> None:
    panel = example_panel()
    assert panel.next is not None
    assert (panel.next.key, panel.next.why) == ("frames", "Go on where you stopped.")
    assert panel.fraction == (1 + 1 + 1 + 0.25 + 0) / 5
    chance = panel.units[1].lessons[1]
    assert chance.state == "locked"
    assert [reason.text for reason in chance.reasons] == ["Complete “Tables with <pandas> & co.” first."]
    assert panel.goal.model_dump() == {
        "week": "2026-11-16",
        "text": "Tables, before Sunday",
        "done": False,
        "suggested": "Read, clean and group a real table",
    }


def test_a_score_of_zero_is_a_score_and_a_date_counts_from_the_start() -> None:
    penguins, warm_up = example_panel().units[1].assignments
    assert (warm_up.score, warm_up.max_score, warm_up.status) == (0.0, 4.0, "graded")
    assert (penguins.score, penguins.max_score) == (None, 10.0)
    assert penguins.due == "2026-11-30T08:00:00.000000Z"
    assert example_panel().submitted is False


def test_before_anything_happened_the_first_lesson_is_next_and_no_date_is_invented() -> None:
    panel = build_panel(COURSE, RELEASE, fold(COURSE, []), OnDisk(folder=None), at=NOW, zone=BERLIN)
    assert panel.next is not None
    assert (panel.next.key, panel.next.why, panel.next.path) == ("first-steps", "Start here.", None)
    assert [part.due for part in panel.units[1].assignments] == [None, None]


def test_last_weeks_goal_is_not_this_weeks() -> None:
    later = build_panel(COURSE, RELEASE, midway(), OnDisk(folder=None), at=NOW + timedelta(days=2), zone=BERLIN)
    assert (later.goal.week, later.goal.text, later.goal.done) == ("2026-11-23", "", False)


def test_a_goal_of_a_clock_that_ran_ahead_hides_no_other() -> None:
    learner = Learner()
    learner.did(e.GoalSet(week="2099-01-05", text="From a wrong clock"))
    learner.did(e.GoalSet(week="2026-11-16", text="Two lessons", done=True))
    panel = build_panel(COURSE, RELEASE, fold(COURSE, learner.events), OnDisk(folder=None), at=NOW, zone=BERLIN)
    assert (panel.goal.text, panel.goal.done) == ("Two lessons", True)


def test_the_week_begins_on_the_learners_own_monday() -> None:
    sunday_night = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert week_of(sunday_night, UTC) == "2026-11-16"
    assert week_of(sunday_night, BERLIN) == "2026-11-23"


def test_when_the_lessons_are_done_the_assignment_is_next() -> None:
    learner = Learner()
    learner.did(e.CourseStarted())
    for lesson in COURSE.lessons():
        learner.did(e.LessonWaived(lesson=lesson.key, reason="known"))
    files = {"assignments/penguins/penguins.ipynb": "a/penguins.ipynb"}
    panel = build_panel(
        COURSE, RELEASE, fold(COURSE, learner.events), OnDisk(folder="a", files=files), at=NOW, zone=BERLIN
    )
    assert panel.next is not None
    assert (panel.next.kind, panel.next.key) == ("assignment", "penguins")
    assert panel.next.why == "Hand it in by Mon 30 Nov 2026, 09:00."


def test_a_pause_moves_the_date_and_lateness_is_said() -> None:
    """Penguins is due on 30 November; Warm-up's date is a date, and stays."""
    learner = Learner()
    learner.did(e.CourseStarted())
    for lesson in COURSE.lessons():
        learner.did(e.LessonWaived(lesson=lesson.key, reason="known"))
    credit = (Credit(until="due", percent=100), Credit(until="due + 7 days", percent=80), Credit(percent=50))
    units = tuple(
        unit.model_copy(
            update={"assignments": tuple(part.model_copy(update={"credit": credit}) for part in unit.assignments)}
        )
        for unit in COURSE.units
    )
    course, files = COURSE.model_copy(update={"units": units}), {"assignments/penguins/penguins.ipynb": "a/p.ipynb"}
    at = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
    since = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

    def shown() -> Panel:
        disk, dates = OnDisk(folder="a", files=files), own_dates(course, Tally.of(learner.events), at)
        return build_panel(course, RELEASE, fold(course, learner.events), disk, at=at, zone=BERLIN, calendar=dates)

    penguins = shown().units[1].assignments[0]
    assert (penguins.due, penguins.credit_now, penguins.why, penguins.fixed) == (
        "2026-11-30T08:00:00.000000Z",
        80.0,
        "the course",
        False,
    )
    late = shown().next
    assert late is not None
    assert late.why == "It was due on Mon 30 Nov 2026, 09:00. Handed in now, it counts 80 %."
    until = since + timedelta(days=3)
    learner.did(e.PaceChanged(change="pause", at=since), at=since)
    learner.did(e.PaceChanged(change="resume", at=until), at=until)
    moved = shown().units[1].assignments[0]
    assert (moved.due, moved.credit_now, moved.why) == (
        "2026-12-03T08:00:00.000000Z",
        100.0,
        "the course, paused for 3 days",
    )
