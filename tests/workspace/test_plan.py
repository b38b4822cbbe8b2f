"""The plan as the panel shows it: in one sentence, with this week, the last, and what is due soon."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.model import events as e
from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.dates import Effective
from course_kit.model.events import Event, Fact, PaceChanged
from course_kit.model.keys import uuid7
from course_kit.model.progress import progress_of
from course_kit.model.tally import Tally
from course_kit.workspace.events import own_events
from course_kit.workspace.panel import panel
from course_kit.workspace.plan import PlanParts, plan_parts, say_hours

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
"""A Monday, half past nine in Berlin."""
DAY = timedelta(days=1)
COURSE = Course(
    key="c",
    title="C",
    units=(
        Unit(
            key="one",
            title="Tables",
            pace="1 week",
            lessons=(Lesson(key="a", title="Frames", kind="notebook", minutes=240, items=("q/1",)),),
        ),
        Unit(
            key="two",
            title="Chance",
            pace="3 weeks",
            lessons=(Lesson(key="b", kind="notebook", minutes=120),),
            assignments=(Assignment(key="work", title="Penguins in tables", source="s/work", minutes=120),),
        ),
    ),
)


def parts(
    at: datetime,
    *said: tuple[datetime, Fact],
    dates: Mapping[str, Effective] | None = None,
    zone: tzinfo = BERLIN,
) -> PlanParts:
    events = [
        Event(event_id=uuid7(moment, n), at=moment, learner="p-1", course="c", fact=fact)
        for n, (moment, fact) in enumerate([(START, e.CourseStarted()), *said])
    ]
    tally = Tally.of(events)
    paths = {"work": "assignments/work/work.ipynb"}
    return plan_parts(COURSE, progress_of(COURSE, tally, at=at), tally, dates or {}, paths, at=at, zone=zone)


def hours(number: float | None, at: datetime = START) -> tuple[datetime, Fact]:
    return at, PaceChanged(change="hours", at=at, hours_per_week=number)


def change(what: Any, at: datetime) -> tuple[datetime, Fact]:
    return at, PaceChanged(change=what, at=at)


def done(lesson: str, at: datetime) -> list[tuple[datetime, Fact]]:
    return [(at, e.LessonOpened(lesson=lesson)), (at, e.LessonCompleted(lesson=lesson))]


def handed_in(at: datetime) -> tuple[datetime, Fact]:
    return at, e.AssignmentSubmitted(assignment="work", submission="ab" * 32)


# ---------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("days", "said", "text"),
    [
        (0, [], "There is no pace to go by yet: say how many hours a week you have, and you see when you finish."),
        (
            8,
            [],
            "Nothing was finished in the last weeks: say how many hours a week you have, and you see when you finish.",
        ),
        (0, [hours(4)], "At 4 hours a week, you finish about Mon 16 Nov 2026 (between 14 Nov and 25 Nov 2026)."),
        (0, [hours(1)], "At 1 hour a week, you finish about Mon 28 Dec 2026 (between 17 Dec 2026 and 31 Jan 2027)."),
        (
            7,
            done("a", START + DAY),
            "At your pace so far (4 hours a week), you finish about Mon 16 Nov 2026 (between 15 Nov and 21 Nov 2026).",
        ),
        (
            14,
            [hours(2.5), *done("a", START + DAY)],
            "At 2.5 hours a week and with your pace so far (2 hours a week) in mind, you finish about Sun 29 Nov 2026 "
            "(between 25 Nov and 9 Dec 2026).",
        ),
        (
            3,
            [hours(4), change("pause", START + DAY)],
            "The course is paused since Tue 3 Nov 2026. If you go on today, at 4 hours a week, you finish about "
            "Thu 19 Nov 2026 (between 17 Nov and 28 Nov 2026).",
        ),
        (
            3,
            [change("pause", START + DAY)],
            "The course is paused since Tue 3 Nov 2026. Whenever you go on, say how many hours a week you have, and "
            "you see when you finish.",
        ),
        (9, [*done("a", START), *done("b", START), handed_in(START), hours(4)], "Everything is done."),
    ],
)
def test_the_plan_is_one_sentence(days: int, said: list[tuple[datetime, Fact]], text: str) -> None:
    assert parts(START + days * DAY, *said).plan.text == text


def test_the_numbers_behind_it() -> None:
    plan = parts(START + 14 * DAY, hours(2.5), *done("a", START + DAY)).plan
    assert (plan.hours_per_week, plan.measured, plan.minutes_left, plan.paused_since) == (2.5, 120.0, 240, None)
    assert [(one.unit, one.state, one.pace_day, one.planned_at) for one in plan.milestones] == [
        ("one", "reached", "2026-11-09", None),
        ("two", "ahead", "2026-11-23", "2026-11-29T22:59:59.000000Z"),
    ]
    assert plan.milestones[0].reached_at == "2026-11-03T08:30:00.000000Z"
    assert parts(START + 14 * DAY, hours(2.5), hours(None, START + DAY)).plan.hours_per_week is None


# ---------------------------------------------------------------- weeks


def test_this_week_holds_its_milestones_and_late_ones() -> None:
    early = parts(START + DAY).week
    assert (early.monday, early.milestones) == ("2026-11-02", ())  # the first is asked for next Monday
    second = parts(START + 7 * DAY).week
    assert [(one.text, one.at, one.state) for one in second.milestones] == [
        ("Finish Tables", "2026-11-09T08:30:00.000000Z", "ahead")
    ]
    third = parts(START + 22 * DAY).week
    assert [(one.unit, one.state) for one in third.milestones] == [("one", "late"), ("two", "late")]
    reached = parts(START + 8 * DAY, *done("a", START + 7 * DAY)).week
    assert [(one.state, one.reached_at) for one in reached.milestones] == [("reached", "2026-11-09T08:30:00.000000Z")]
    assert parts(START + 14 * DAY, *done("a", START + 7 * DAY)).week.milestones == ()


def test_last_week_is_the_week_before_the_learners_monday() -> None:
    at = datetime(2026, 11, 8, 23, 30, tzinfo=UTC)  # Monday in Berlin, Sunday elsewhere
    said = [*done("a", START + DAY), handed_in(START + 2 * DAY)]
    last = parts(at, *said).week.last
    assert last.model_dump() == {
        "lessons": ("Frames",),
        "items": 0,
        "reviews": 0,
        "minutes": 360,
        "submitted": ("Penguins in tables",),
    }
    assert parts(at, *said, zone=ZoneInfo("America/New_York")).week.last.lessons == ()
    assert parts(at + 7 * DAY, *said).week.last.minutes == 0


# ---------------------------------------------------------------- due soon


@pytest.mark.parametrize(
    ("days", "hour", "text"),
    [
        (-3, 9, None),
        (-2, 0, "Penguins in tables is due on Tue 24 Nov, 09:00 (in 2 days)."),
        (-1, 23, "Penguins in tables is due on Tue 24 Nov, 09:00 (tomorrow)."),
        (0, 8, "Penguins in tables is due on Tue 24 Nov, 09:00 (today)."),
        (0, 10, None),
    ],
)
def test_what_is_due_within_two_days_is_said_with_its_moment(days: int, hour: int, text: str | None) -> None:
    due = datetime(2026, 11, 24, 9, 0, tzinfo=BERLIN)
    at = (due + days * DAY).replace(hour=hour)
    dates = {"work": Effective(due=due.astimezone(UTC))}
    found = parts(at, dates=dates).notices
    assert [notice.text for notice in found] == ([] if text is None else [text])
    for notice in found:
        assert notice.key == "due-work-2026-11-24T08:00:00.000000Z"
        assert (notice.assignment, notice.path) == ("work", "assignments/work/work.ipynb")
    assert parts(at, handed_in(START), dates=dates).notices == ()
    assert parts(at, dates={"work": Effective(due=due, opens=due - timedelta(minutes=30))}).notices == ()
    moved = parts(at, dates={"work": Effective(due=due + 14 * DAY)}).notices
    assert moved == ()


def test_while_the_course_is_paused_only_fixed_dates_are_said() -> None:
    """One that counts from the start moves with each day of the pause, and would be due in two days each day."""
    at = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)
    pause = change("pause", at - DAY)
    due = (at + DAY).astimezone(UTC)
    assert parts(at, pause, dates={"work": Effective(due=due)}).notices == ()
    (notice,) = parts(at, pause, dates={"work": Effective(due=due, fixed=frozenset({"due"}))}).notices
    assert notice.assignment == "work"


# ---------------------------------------------------------------- from a learner's folder


def test_hours_are_recorded_and_shown(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    say_hours(laptop.copy, 4, data=laptop.data, at=laptop.later())
    shown = panel(laptop.copy, data=laptop.data, at=laptop.later(), zone=BERLIN)
    assert shown.plan.hours_per_week == 4.0
    assert (
        shown.plan.minutes_left == 5 + 30 + 60
    )  # what the author does not say: 30 for a notebook, 60 for an assignment
    said = [event.fact for event in own_events(laptop.data, "tiny", at=laptop.later())]
    assert [fact.hours_per_week for fact in said if isinstance(fact, PaceChanged)] == [4.0]


@pytest.mark.parametrize("wrong", [0, -1, 168.5, float("nan"), float("inf"), float("-inf")])
def test_hours_that_no_week_has_are_refused(wrong: float, author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    with pytest.raises(Invalid, match="no such number of hours"):
        say_hours(laptop.copy, wrong, data=laptop.data, at=laptop.later())


def test_hours_need_a_course(laptop: Any) -> None:
    laptop.home.mkdir(parents=True)
    with pytest.raises(NotFound):
        say_hours(laptop.home, 4, data=laptop.data, at=laptop.later())


def test_what_is_due_soon_is_in_the_panel_with_its_notebook(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    at = laptop.later(days=13)
    (notice,) = panel(laptop.copy, data=laptop.data, at=at, root=laptop.home, zone=BERLIN).notices
    assert notice.text == "Sums is due on Sun 6 Dec, 15:01 (tomorrow)."
    assert notice.path == "courses/tiny/assignments/sums/sums.ipynb"
