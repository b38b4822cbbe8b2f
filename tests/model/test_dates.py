"""Dates of one learner: overrides, pauses, restarts, clock changes, and what work counts when."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from course_kit.model.dates import (
    Credit,
    Effective,
    Override,
    Pace,
    Step,
    counted_time,
    credit_at,
    effective,
    later,
    own_zones,
    pace_of,
)
from course_kit.model.events import CourseStarted, Event, PaceChanged, ZoneNoted
from course_kit.model.keys import decision_id
from course_kit.model.tally import Tally

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 20, 9, 30, tzinfo=BERLIN)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
CHANGING = [*(name for name in ZONES if name not in ("UTC", "Asia/Kathmandu")), "Antarctica/Troll", "America/St_Johns"]
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.integers(0, 15 * 366 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@dataclass(frozen=True)
class Work:
    opens: str | None = None
    due: str | None = "start + 14 days"
    closes: str | None = None
    credit: tuple[Credit, ...] = field(
        default=(
            Credit(until="due", percent=100),
            Credit(until="due + 7 days", percent=80),
            Credit(percent=50),
        )
    )


def dates(work: Work | None = None, **said: Any) -> Effective:
    return effective(work or Work(), **{"start": START, "at": LATER, "zone": BERLIN, **said})


def said(change: str, at: datetime) -> Pace:
    return Pace(change=change, at=at, said=at)


def local(at: datetime | None) -> str:
    assert at is not None
    return at.astimezone(BERLIN).strftime("%d %b %H:%M")


def test_a_day_is_a_day_on_the_wall_clock() -> None:
    """Fourteen days after 9:30 it is 9:30 again, though the clocks were put forward on 29 March."""
    found = dates()
    assert local(found.due) == "03 Apr 09:30"
    assert found.due == datetime(2026, 4, 3, 7, 30, tzinfo=UTC)
    assert [(local(step.until), step.percent) for step in found.credit[:2]] == [
        ("03 Apr 09:30", 100.0),
        ("10 Apr 09:30", 80.0),
    ]
    assert found.credit[2] == Step(percent=50)
    assert found.why == {"due": "the course", "credit": "the course"}
    assert dates(zone=UTC).due == datetime(2026, 4, 3, 8, 30, tzinfo=UTC), "elsewhere, hours are counted"


@pytest.mark.parametrize(
    ("begin", "span", "shown"),
    [
        (datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN), timedelta(days=1), "29 Mar 03:30"),  # 2:30 does not exist
        (datetime(2026, 10, 24, 2, 30, tzinfo=BERLIN), timedelta(days=1), "25 Oct 02:30"),  # 2:30 comes twice
        (datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN), timedelta(hours=23), "29 Mar 01:30"),
        (datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN), timedelta(minutes=90), "29 Mar 04:00"),
        (datetime(2026, 3, 30, 9, 0, tzinfo=BERLIN), -timedelta(days=2), "28 Mar 09:00"),
    ],
)
def test_clock_changes(begin: datetime, span: timedelta, shown: str) -> None:
    assert local(later(begin, span, BERLIN)) == shown


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    found = later(datetime(2026, 10, 24, 2, 30, tzinfo=BERLIN), timedelta(days=1), BERLIN)
    assert found == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_credit_falls_step_by_step() -> None:
    found = dates()
    assert found.due is not None
    second = timedelta(seconds=1)
    assert credit_at(found, found.due) == 100
    assert credit_at(found, found.due + second) == 80
    assert credit_at(found, found.due + timedelta(days=7)) == 80
    assert credit_at(found, found.due + timedelta(days=7) + second) == 50
    assert found.full_until == found.due
    closed = dates(Work(closes="due + 20 days"))
    assert closed.closes is not None
    assert credit_at(closed, closed.closes) == 50
    assert credit_at(closed, closed.closes + second) == 0
    assert credit_at(dates(Work(credit=())), LATER) == 100, "a due date alone takes nothing away"
    bonus = Work(credit=(Credit(until="due - 7 days", percent=110), Credit(until="due", percent=100)))
    assert credit_at(dates(bonus), START) == 110
    assert credit_at(dates(bonus), LATER) == 0, "after the last step there is nothing"


def test_the_more_specific_wins_field_by_field() -> None:
    overrides = [
        Override(learner="mia", due="start + 21 days", reason="ill"),
        Override(cohort="evening", due="2026-05-01T20:00+02:00", closes="2026-06-01T20:00+02:00"),
        Override(learner="jon", credit=(Credit(percent=100),)),
    ]
    mia = dates(overrides=overrides, cohort="evening", learner="mia")
    assert (local(mia.due), local(mia.closes)) == ("10 Apr 09:30", "01 Jun 20:00")
    assert mia.why["due"] == "mia's own dates (ill)"
    assert mia.why["closes"] == "the cohort evening"
    assert mia.fixed == {"closes"}
    jon = dates(overrides=overrides, cohort="evening", learner="jon")
    assert (local(jon.due), jon.credit) == ("01 May 20:00", (Step(percent=100),))
    assert jon.fixed == {"due", "closes"}
    other = dates(overrides=overrides, cohort="morning", learner="eve")
    assert (other.due, other.closes) == (dates().due, None)


def test_an_extension_moves_what_counts_from_the_due_date() -> None:
    extended = [Override(learner="mia", extend="3 days", reason="exam week")]
    work = Work(due="2026-04-01T23:59+02:00", closes="2026-04-20T23:59+02:00")
    mia = dates(work, overrides=extended, learner="mia")
    assert [local(at) for at in (mia.due, mia.credit[1].until, mia.closes)] == [
        "04 Apr 23:59",
        "11 Apr 23:59",
        "23 Apr 23:59",
    ]
    assert mia.why["due"] == "the course, extended by 3 days (exam week)"
    assert mia.why["credit"] == "the course"
    assert local(dates(Work(closes="due + 10 days"), overrides=extended, learner="mia").closes) == "16 Apr 09:30"


def test_a_pause_moves_what_may_move() -> None:
    paused = [said("pause", START + timedelta(days=3)), said("resume", START + timedelta(days=7, hours=6))]
    work = Work(closes="2026-07-01T12:00+02:00")
    found = dates(work, pace=paused)
    assert local(found.due) == "08 Apr 09:30", "five days, whole ones, so that the hour stays"
    assert local(found.closes) == "01 Jul 12:00"
    assert found.fixed == {"closes"}
    assert found.why == {"due": "the course, paused for 5 days", "closes": "the course", "credit": "the course"}
    after_due = [said("pause", START + timedelta(days=16)), said("resume", START + timedelta(days=18))]
    late = dates(work, pace=after_due)
    assert (local(late.due), local(late.credit[1].until)) == ("03 Apr 09:30", "12 Apr 09:30")


def test_what_was_still_to_come_when_a_second_pause_began_does_not_pass_in_it() -> None:
    """Each pause is rounded up by itself: a first one's rest is no part of the second."""
    start = START.astimezone(UTC)
    hours = (("pause", 0), ("resume", 265), ("pause", 627))
    pace = [said(change, start + timedelta(hours=hour)) for change, hour in hours]
    found = dates(Work(due="start + 15 days"), start=start, pace=pace, at=start + timedelta(hours=650), zone=UTC)
    assert found.due == start + timedelta(days=15 + 12 + 1)


def test_start_over_from_today() -> None:
    again = [said("restart", datetime(2026, 5, 4, 18, 0, tzinfo=BERLIN))]
    found = dates(Work(closes="2026-07-01T12:00+02:00"), pace=again)
    assert (local(found.due), local(found.closes)) == ("18 May 18:00", "01 Jul 12:00")
    assert found.why["due"] == "the course, counted from the restart"
    before = dates(pace=again, at=datetime(2026, 5, 1, tzinfo=UTC))
    assert local(before.due) == "03 Apr 09:30", "what was handed in before is judged by the dates of then"
    assert dates(start=None, pace=again).due is None


def test_pace_comes_from_events_and_never_reaches_back() -> None:
    day = timedelta(days=1)

    def event(number: int, change: Any, at: datetime, since: datetime) -> Event:
        return Event(
            event_id=decision_id("test", str(number)),
            at=at,
            learner="p-0000000000000001",
            course="c",
            release="",
            fact=PaceChanged(change=change, at=since),
        )

    events = [event(1, "resume", START + 4 * day, START + 4 * day), event(2, "pause", START + 2 * day, START)]
    assert [(one.change, one.at) for one in pace_of(Tally.of(events))] == [
        ("pause", START + 2 * day),
        ("resume", START + 4 * day),
    ]


def test_before_the_learner_begins_nothing_counts_from_the_start() -> None:
    found = dates(start=None)
    assert (found.due, credit_at(found, LATER)) == (None, 100)
    assert found.full_until is None


def test_work_that_was_finished_offline() -> None:
    finished, day = datetime(2026, 4, 3, 7, 0, tzinfo=UTC), timedelta(days=1)
    assert counted_time(finished, finished + 9 * day, None) == finished
    assert counted_time(finished, finished + day, day) == finished
    assert counted_time(finished, finished + 3 * day, day) == finished + 2 * day
    assert counted_time(finished, None, day) == finished


def test_an_override_names_one() -> None:
    with pytest.raises(ValidationError, match="names a `cohort` or a `learner`"):
        Override(due="start")
    with pytest.raises(ValidationError, match="names a `cohort` or a `learner`"):
        Override(cohort="a", learner="b")


@given(zones, moments, st.integers(1, 400))
def test_days_keep_the_hour_or_move_forward_by_a_gap(zone: ZoneInfo, at: datetime, days: int) -> None:
    found = later(at, timedelta(days=days), zone)
    wall, moved = at.astimezone(zone).replace(tzinfo=None), found.astimezone(zone).replace(tzinfo=None)
    ahead = moved - (wall + timedelta(days=days))
    assert timedelta() <= ahead <= timedelta(hours=1)
    if ahead:  # that hour does not exist
        missing = (wall + timedelta(days=days)).replace(tzinfo=zone)
        assert missing.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != missing.replace(tzinfo=None)
    assert found > at
    first = moved.replace(tzinfo=zone, fold=0).astimezone(UTC)
    assert found == first


@given(zones, moments, moments, st.integers(0, 400))
def test_whoever_begins_later_is_due_no_earlier(zone: ZoneInfo, one: datetime, other: datetime, days: int) -> None:
    one, other = sorted((one, other))
    first, second = (later(at, timedelta(days=days), zone) for at in (one, other))
    assert second >= first - timedelta(hours=1), "but for the hour that comes twice"


paces = st.lists(st.tuples(st.sampled_from(["pause", "resume"]), st.integers(0, 60 * 24)), max_size=8)


@given(zones, moments, paces, st.integers(0, 40), st.integers(0, 70 * 24))
def test_no_date_passes_during_a_pause(
    zone: ZoneInfo, start: datetime, changes: list[tuple[str, int]], days: int, hours: int
) -> None:
    """What was still to come when a pause began is still to come, or just now, as long as it lasts."""
    at = start + timedelta(hours=hours)
    pace = [said(change, start + timedelta(hours=hour)) for change, hour in sorted(changes, key=lambda one: one[1])]
    work = Work(due=f"start + {days} days")
    found = effective(work, start=start, at=at, zone=zone, pace=pace)
    plain = effective(work, start=start, at=at, zone=zone)
    assert found.due is not None
    assert plain.due is not None
    assert found.due >= plain.due - timedelta(hours=1)
    lasting = [one for one in pace if one.at <= at]
    if lasting and lasting[-1].change == "pause":
        begun = lasting[-1].at
        for one in reversed(lasting):
            if one.change != "pause":
                break
            begun = one.at
        before = effective(work, start=start, at=begun, zone=zone, pace=[one for one in pace if one.at < begun])
        assert before.due is not None
        if before.due > begun + timedelta(hours=1):
            assert found.due >= at - timedelta(hours=1), "an hour that comes twice aside"


@given(zones, moments, paces, st.lists(st.integers(0, 100 * 24), min_size=2, max_size=6))
def test_credit_never_rises_with_time(
    zone: ZoneInfo, start: datetime, changes: list[tuple[str, int]], hours: list[int]
) -> None:
    pace = [said(change, start + timedelta(hours=hour)) for change, hour in sorted(changes, key=lambda one: one[1])]
    found = effective(Work(closes="due + 30 days"), start=start, at=LATER + timedelta(days=9000), zone=zone, pace=pace)
    percents = [credit_at(found, start + timedelta(hours=hour)) for hour in sorted(hours)]
    assert percents == sorted(percents, reverse=True)
    assert found.full_until == found.due


@cache
def changes_of(name: str) -> tuple[datetime, ...]:
    """Every moment from 2020 to 2034 at which the clocks of a zone are changed."""
    zone, hour = ZoneInfo(name), timedelta(hours=1)

    def found() -> Iterator[datetime]:
        at, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
        while at < end:
            following = at + 24 * hour
            if at.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
                step = at
                while step.astimezone(zone).utcoffset() == (step + hour / 2).astimezone(zone).utcoffset():
                    step += hour / 2
                yield step + hour / 2
            at = following

    return tuple(found())


@pytest.mark.parametrize("name", CHANGING)
def test_at_every_change_of_the_clocks(name: str) -> None:
    """What falls into an hour that is left out moves forward by it; of what comes twice the first is meant."""
    zone, minute = ZoneInfo(name), timedelta(minutes=1)
    changes = changes_of(name)
    assert len(changes) >= 28
    gaps = folds = 0
    for change in changes:
        before, after = ((change + part).astimezone(zone).utcoffset() for part in (-minute, timedelta()))
        assert before is not None
        assert after is not None
        shift = after - before
        for offset in (-61, -30, -1, 0, 1, 15, 30, 59, 60, 61, 119, 121):
            # this hour on the wall, as it would be had nobody touched the clocks
            wall = (change + before).replace(tzinfo=None) + offset * minute + min(shift, timedelta())
            start = (wall - timedelta(days=14)).replace(tzinfo=zone).astimezone(UTC)
            if start.astimezone(zone).replace(tzinfo=None) != wall - timedelta(days=14):
                continue  # two changes within fourteen days (Casablanca's Ramadan)
            due = later(start, timedelta(days=14), zone)
            shown = due.astimezone(zone).replace(tzinfo=None)
            first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
            second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
            if first > second:  # left out
                gaps += 1
                assert shown == wall + shift
            else:
                folds += first < second
                assert shown == wall
            assert due == first
    assert gaps
    assert folds


several = st.lists(st.sampled_from([*ZONES, "Antarctica/Troll"]), min_size=1, max_size=5, unique=True)
near_changes = st.builds(
    lambda number, days, minutes: (
        changes_of("Europe/Berlin")[number] - timedelta(days=days) + timedelta(minutes=minutes)
    ),
    st.integers(0, 29),
    st.integers(0, 40),
    st.integers(-180, 180),
)
roaming = Work(
    opens="start + 3 days",
    due="start + 14 days",
    closes="due + 20 days",
)


@given(several, st.data(), moments | near_changes, paces, st.integers(0, 70 * 24))
def test_another_zone_takes_nothing_away(
    names: list[str], data: st.DataObject, start: datetime, changes: list[tuple[str, int]], hours: int
) -> None:
    at = start + timedelta(hours=hours)
    pace = [said(change, start + timedelta(hours=hour)) for change, hour in sorted(changes, key=lambda one: one[1])]

    def found(own: list[str]) -> Effective:
        return effective(roaming, start=start, at=at, zone=UTC, own=[ZoneInfo(name) for name in own], pace=pace)

    before, after = found(names[: data.draw(st.integers(1, len(names)))]), found(names)
    assert before.opens is not None
    assert after.opens is not None
    assert after.opens <= before.opens
    for name in ("due", "closes"):
        assert getattr(after, name) >= getattr(before, name)
    for mine, was in zip(after.credit[:2], before.credit[:2], strict=True):
        assert mine.until is not None
        assert was.until is not None
        assert mine.until >= was.until
    for hour in range(0, 60 * 24, 7):
        moment = start + timedelta(hours=hour)
        assert credit_at(after, moment) >= credit_at(before, moment)
    mixed = found(data.draw(st.permutations(names)))
    assert mixed.model_copy(update={"why": after.why}) == after, "in whatever order they were noted"


@given(several, moments | near_changes)
def test_fixed_dates_are_the_same_for_everybody(names: list[str], start: datetime) -> None:
    work = Work(due="2027-03-20T23:59+01:00", closes="due + 14 days")
    own = [ZoneInfo(name) for name in names]
    assert effective(work, start=start, at=LATER, zone=BERLIN, own=own) == effective(
        work, start=None, at=LATER, zone=BERLIN
    )


@given(zones, zones, moments | near_changes, st.integers(0, 60))
def test_one_zone_of_ones_own_goes_before_the_courses(
    mine: ZoneInfo, courses: ZoneInfo, start: datetime, days: int
) -> None:
    work = Work(due=f"start + {days} days")
    found = effective(work, start=start, at=LATER, zone=courses, own=[mine])
    assert found == effective(work, start=start, at=LATER, zone=mine)


def test_which_zones_count() -> None:
    """The first day's alone, as a rule; the course's, too, where dates had been given out by it for longer."""

    def tally(*noted: tuple[str, timedelta]) -> Tally:
        facts = [(timedelta(), CourseStarted()), *((after, ZoneNoted(zone=name)) for name, after in noted)]
        return Tally.of(
            Event(
                event_id=decision_id("zones", str(number)),
                at=START + after,
                learner="p-0000000000000001",
                course="c",
                fact=fact,
            )
            for number, (after, fact) in enumerate(facts)
        )

    def named(name: str) -> ZoneInfo | None:
        return None if name == "Mars/Olympus" else ZoneInfo(name)

    minute, day = timedelta(minutes=1), timedelta(days=1)
    york = ZoneInfo("America/New_York")
    assert own_zones(tally(), UTC, named) == (UTC,)
    assert own_zones(tally(("Europe/Berlin", minute)), UTC, named) == (BERLIN,)
    moved = tally(("America/New_York", 7 * day), ("Europe/Berlin", minute), ("Mars/Olympus", 8 * day))
    assert own_zones(moved, UTC, named) == (BERLIN, york)
    assert own_zones(tally(("America/New_York", 2 * day)), UTC, named) == (UTC, york)
    assert own_zones(tally(("Mars/Olympus", minute)), UTC, named) == (UTC,)
    many = tally(*((f"Etc/GMT{n:+d}", n * minute) for n in range(1, 13)), ("Europe/Berlin", 30 * minute))
    assert len(own_zones(many, UTC, named)) == 13
