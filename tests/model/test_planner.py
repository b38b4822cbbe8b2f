"""The plan of one learner: milestones, a finish range, and what a week came to."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.model import events as e
from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.dates import Effective
from course_kit.model.keys import uuid7
from course_kit.model.planner import (
    FARTHEST,
    Finish,
    Measured,
    Plan,
    Rates,
    days_for,
    hours_said,
    measure,
    midnight,
    monday,
    plan_of,
    rates_of,
    reached_between,
)
from course_kit.model.progress import progress_of
from course_kit.model.tally import Tally
from course_kit.model.tasks import tasks_of

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 16, 9, 30, tzinfo=BERLIN).astimezone(UTC)
"""A Monday; the clocks change on Sunday 29 March."""
DAY, WEEK = timedelta(days=1), timedelta(days=7)

COURSE = Course(
    key="c",
    title="C",
    units=(
        Unit(
            key="one",
            title="One",
            pace="1 week",
            lessons=(
                Lesson(key="a", title="A", kind="notebook", minutes=60, items=("q/1", "q/2")),
                Lesson(key="b", kind="notebook"),
            ),
        ),
        Unit(
            key="two",
            title="Two",
            pace="2 weeks",
            lessons=(Lesson(key="c", title="See", kind="document"),),
            assignments=(
                Assignment(key="work", title="Work", source="s/work", minutes=90),
                Assignment(key="try", source="s/try", minutes=50, practice=True),
            ),
        ),
        Unit(key="three", lessons=(Lesson(key="d", kind="link", url="https://example.org"),)),
        Unit(key="none", pace="3 weeks"),
    ),
)
"""Minutes: one 60 + 30, two 10 + 90, three 10; together 200."""

zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]).map(
    ZoneInfo
)
moments = st.integers(0, 15 * 366 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
hours = st.floats(0.01, 168)
measures = st.none() | st.builds(Measured, st.floats(0, 2400), st.floats(1, 4))


class Diary:
    """What one learner did, when."""

    def __init__(self, start: datetime = START) -> None:
        self.events: list[e.Event] = []
        self.did(start, e.CourseStarted())

    def did(self, at: datetime, *facts: e.Fact) -> None:
        for fact in facts:
            name = uuid7(at, len(self.events))
            self.events.append(e.Event(event_id=name, at=at, learner="p-1", course="c", fact=fact))

    def completed(self, at: datetime, *lessons: str) -> None:
        for lesson in lessons:
            self.did(at, e.LessonOpened(lesson=lesson), e.LessonCompleted(lesson=lesson))

    def says(self, at: datetime, change: Any, hours: float | None = None) -> None:
        self.did(at, e.PaceChanged(change=change, at=at, hours_per_week=hours))

    @property
    def tally(self) -> Tally:
        return Tally.of(self.events)

    def plan(
        self, at: datetime, *, zone: tzinfo = BERLIN, course: Course = COURSE, dates: dict[str, Effective] | None = None
    ) -> Plan:
        return plan_of(course, progress_of(course, self.tally, at=at), self.tally, dates or {}, at=at, zone=zone)

    def measured(self, at: datetime) -> Measured | None:
        tasks = tasks_of(COURSE, progress_of(COURSE, self.tally, at=at), {}, at)
        return measure(tasks, self.tally, at)


def states(plan: Plan) -> list[str]:
    return [stone.state for stone in plan.milestones]


# ---------------------------------------------------------------- milestones and the finish


def test_without_any_pace_there_are_milestones_and_no_finish() -> None:
    plan = Diary().plan(START)
    assert (plan.hours, plan.measured, plan.minutes_left, plan.finish, plan.paused_since) == (
        None,
        None,
        200,
        None,
        None,
    )
    assert [(stone.unit, stone.pace_day, stone.planned_at) for stone in plan.milestones] == [
        ("one", date(2026, 3, 23), None),
        ("two", date(2026, 3, 30), None),
        ("three", None, None),
    ]
    assert plan.milestones[1].pace_at == datetime(2026, 3, 30, 9, 30, tzinfo=BERLIN)  # half past nine in summer, too
    assert states(plan) == ["ahead", "ahead", "ahead"]


def test_the_hours_that_were_said_are_taken_at_their_word_until_a_week_is_measured() -> None:
    diary = Diary()
    diary.says(START, "hours", 2)
    plan = diary.plan(START)
    # 200 minutes at 120 a week are 11.67 days; at best 150 a week (9.33 days), at worst 75 (18.67)
    assert plan.finish == Finish(date(2026, 3, 26), date(2026, 3, 28), date(2026, 4, 4))
    assert [stone.planned_at for stone in plan.milestones] == [
        datetime(2026, 3, 22, 23, 59, 59, tzinfo=BERLIN),  # 90 minutes: 5.25 days
        datetime(2026, 3, 28, 23, 59, 59, tzinfo=BERLIN),  # 190 minutes: 11.08 days
        datetime(2026, 3, 28, 23, 59, 59, tzinfo=BERLIN),
    ]


def test_the_last_word_on_hours_holds_and_can_be_taken_back() -> None:
    diary = Diary()
    assert hours_said(diary.tally, START) is None
    diary.says(START + DAY, "hours", 2)
    diary.says(START + 2 * DAY, "hours", 5)
    assert [hours_said(diary.tally, START + days * DAY) for days in (0, 1, 2)] == [None, 2, 5]
    diary.says(START + 3 * DAY, "hours", None)
    assert hours_said(diary.tally, START + 3 * DAY) is None


def test_work_is_counted_when_it_was_done_and_by_its_share() -> None:
    diary = Diary()
    diary.completed(START + DAY, "b")
    answer = e.ItemAnswered(lesson="a", item="q/1", digest="d", response=0, state="right", fraction=1)
    diary.did(START + 2 * DAY, e.LessonOpened(lesson="a"), answer)
    assert diary.measured(START + 6 * DAY) is None  # not yet a week
    assert diary.measured(START + WEEK) == Measured(60.0, 1.0)  # 30 of b, half of a
    assert diary.measured(START + 2 * WEEK) == Measured(30.0, 2.0)
    assert diary.plan(START + WEEK).minutes_left == 140
    assert diary.measured(START + 5 * WEEK) == Measured(0.0, 4.0)  # only the last four weeks


def test_what_was_said_and_what_was_measured_come_together() -> None:
    diary = Diary()
    diary.completed(START + DAY, "b")
    diary.says(START + DAY, "hours", 2)
    plan = diary.plan(START + 2 * WEEK)
    assert plan.measured == Measured(15.0, 2.0)
    # measured are 15 minutes a week, and a quarter of what was said is believed at least: 30
    assert rates_of(plan.hours, plan.measured) == Rates(150.0, (120 + 2 * 30) / 3, 30 / 1.6)
    assert states(plan) == ["late", "ahead", "ahead"]
    assert rates_of(None, Measured(90, 3)) == Rates(112.5, 90.0, 56.25)
    assert rates_of(None, Measured(0, 3)) is None
    assert rates_of(None, None) is None


def test_a_pause_moves_milestones_and_is_no_idleness() -> None:
    diary = Diary()
    diary.completed(START + DAY, "b", "d")
    diary.says(START + 7 * DAY, "pause")
    during = diary.plan(START + 17 * DAY)
    assert during.paused_since == START + 7 * DAY
    assert during.measured == Measured(40.0, 1.0)
    diary.says(START + 27 * DAY, "resume")
    after = diary.plan(START + 34 * DAY)
    assert (after.paused_since, after.measured) == (None, Measured(20.0, 2.0))
    # the first was asked for when the pause began; twenty days and an hour on the wall move the second by whole days
    assert [stone.pace_day for stone in after.milestones] == [date(2026, 3, 23), date(2026, 4, 20), None]
    assert states(after) == ["late", "ahead", "reached"]


def test_starting_over_counts_milestones_and_pace_from_then() -> None:
    diary = Diary()
    diary.completed(START + DAY, "b")
    again = START + 30 * DAY
    diary.says(again, "restart")
    assert diary.measured(again + 3 * DAY) is None
    assert diary.measured(again + WEEK) == Measured(0.0, 1.0)
    stones = diary.plan(again).milestones
    assert [stone.pace_day for stone in stones] == [date(2026, 4, 22), date(2026, 4, 29), None]


def test_when_nothing_is_left_it_is_finished() -> None:
    diary = Diary()
    diary.says(START, "hours", 2)
    diary.completed(START + DAY, "a", "b")
    diary.did(START + 2 * DAY, e.LessonWaived(lesson="c", reason="known"))
    diary.completed(START + 3 * DAY, "d")
    diary.did(START + 4 * DAY, e.AssignmentSubmitted(assignment="work", submission="ab" * 32))
    plan = diary.plan(START + 5 * DAY)
    assert (plan.minutes_left, plan.finish) == (0, None)
    assert states(plan) == ["reached", "reached", "reached"]
    assert [stone.reached_at for stone in plan.milestones] == [START + DAY, START + 4 * DAY, START + 3 * DAY]
    assert [stone.planned_at for stone in plan.milestones] == [None, None, None]


def test_practice_is_never_waited_for_and_what_has_closed_is_over() -> None:
    diary = Diary()
    titles = [task.title for task in tasks_of(COURSE, progress_of(COURSE, diary.tally), {}, START)]
    assert titles == ["A", "b", "See", "Work", "d"]
    closed = {"work": Effective(closes=START + DAY)}
    assert diary.plan(START + DAY, dates=closed).minutes_left == 200
    assert diary.plan(START + 2 * DAY, dates=closed).minutes_left == 110
    diary.did(START + DAY, e.AssignmentSubmitted(assignment="try", submission="cd" * 32))
    week = reached_between(
        COURSE, progress_of(COURSE, diary.tally), diary.tally, {}, since=START, until=START + WEEK, at=START + WEEK
    )
    assert (week.submitted, week.minutes) == (("try",), 50)


def test_a_milestone_is_late_when_its_day_is_over_and_not_before() -> None:
    diary = Diary()
    evening = datetime(2026, 3, 23, 23, 59, tzinfo=BERLIN)
    assert states(diary.plan(evening))[0] == "ahead"
    assert states(diary.plan(evening + timedelta(minutes=1)))[0] == "late"
    diary.completed(evening, "a", "b")
    assert states(diary.plan(evening + WEEK))[0] == "reached"


# ---------------------------------------------------------------- weeks


def test_a_week_is_what_lies_between_two_mondays_of_the_learner() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    sunday_evening = datetime(2026, 3, 22, 20, 0, tzinfo=UTC)
    assert (monday(sunday_evening, UTC), monday(sunday_evening, tokyo)) == (date(2026, 3, 16), date(2026, 3, 23))
    # the week in which the clocks go forward has an hour less
    assert midnight(date(2026, 3, 30), BERLIN) - midnight(date(2026, 3, 23), BERLIN) == WEEK - timedelta(hours=1)


def test_last_week_names_what_was_reached_in_it_and_nothing_else() -> None:
    diary = Diary()
    since, until = midnight(date(2026, 3, 16), BERLIN), midnight(date(2026, 3, 23), BERLIN)
    diary.completed(until - timedelta(seconds=1), "a")
    diary.completed(until, "b")
    diary.did(START + DAY, e.LessonWaived(lesson="d", reason="known"))
    for at, lesson, item in (
        (START + DAY, "a", "q/1"),
        (until + DAY, "a", "q/2"),
        (START + DAY, "review.2026-03-17-c", "a/q/2"),  # an answer in a review solves no question of a lesson
        (START + 2 * DAY, "a", "q/1"),
    ):
        answer = e.ItemAnswered(lesson=lesson, item=item, digest="d", response=0, state="right", fraction=1)
        diary.did(at, answer)
    diary.did(START + DAY, e.ReviewDone(skill="s", rating=3, item="a/q/2"))
    diary.did(until + DAY, e.ReviewDone(skill="s", rating=3, item="a/q/2"))
    diary.did(START + DAY, e.AssignmentSubmitted(assignment="work", submission="ab" * 32))
    progress = progress_of(COURSE, diary.tally, at=until + DAY)
    week = reached_between(COURSE, progress, diary.tally, {}, since=since, until=until, at=until + DAY)
    assert (week.lessons, week.items, week.reviews, week.submitted) == (("A",), 1, 1, ("Work",))
    assert week.minutes == 60 + 90


# ---------------------------------------------------------------- what holds for everyone


@given(hours, hours, measures, st.floats(0, 10_000))
def test_more_hours_are_never_later(few: float, more: float, measured: Measured | None, minutes: float) -> None:
    few, more = sorted((few, more))
    slow, quick = rates_of(few, measured), rates_of(more, measured)
    assert slow is not None
    assert quick is not None
    for one, other in zip(slow, quick, strict=True):
        assert days_for(minutes, other) <= days_for(minutes, one)


@given(st.none() | hours, measures, st.floats(0, 10_000), st.floats(0, 10_000))
def test_less_work_is_never_later_and_the_range_is_in_order(
    said: float | None, measured: Measured | None, one: float, other: float
) -> None:
    rates = rates_of(said, measured)
    if rates is None:
        assert said is None
        return
    assert rates.early >= rates.expected >= rates.late > 0
    less, more = sorted((one, other))
    for rate in rates:
        assert 0 <= days_for(less, rate) <= days_for(more, rate) <= FARTHEST
    assert days_for(more, rates.early) <= days_for(more, rates.expected) <= days_for(more, rates.late)
    assert days_for(0, rates.late) == 0


@given(moments, zones, zones, hours, st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["a", "b", "c", "d"]))))
def test_a_plan_never_lies_in_the_past_and_its_milestones_stand_in_order(
    start: datetime, zone: tzinfo, elsewhere: tzinfo, said: float, done: Iterable[tuple[int, str]]
) -> None:
    diary = Diary(start)
    diary.says(start, "hours", said)
    for days, lesson in done:
        diary.completed(start + days * DAY, lesson)
    at = start + 61 * DAY
    tally = diary.tally
    plan = plan_of(COURSE, progress_of(COURSE, tally, at=at), tally, {}, at=at, zone=zone, counting=elsewhere)
    planned = [stone.planned_at for stone in plan.milestones if stone.planned_at is not None]
    assert plan.finish is not None
    assert planned == sorted(planned)
    assert all(moment > at for moment in planned)
    assert at.astimezone(zone).date() <= plan.finish.early <= plan.finish.expected <= plan.finish.late
    for stone in plan.milestones:
        assert (stone.planned_at is None) == (stone.state == "reached")
        if stone.pace_at is not None:
            wall = stone.pace_at.astimezone(elsewhere)
            begun = start.astimezone(elsewhere)
            assert (wall.date() - begun.date()).days == {"one": 7, "two": 14}[stone.unit]


@given(moments, zones)
def test_every_moment_lies_in_the_week_that_its_monday_begins(at: datetime, zone: tzinfo) -> None:
    first = monday(at, zone)
    assert first.weekday() == 0
    assert midnight(first, zone) <= at < midnight(first + WEEK, zone)


@pytest.mark.parametrize("minutes", [0, -1])
def test_nothing_takes_no_days(minutes: float) -> None:
    assert days_for(minutes, 0) == 0
    assert days_for(1, 0) == FARTHEST
