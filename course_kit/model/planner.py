"""Where a learner stands against the course's milestones, and when they finish at their pace.

Milestones are units: ``pace:`` says how long after the start each should be done, and :func:`plan_of` says it again
from the learner's own pace. Days are days on the learner's wall clock.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, NamedTuple

from course_kit.model.course import Course, Unit
from course_kit.model.dates import Effective, Pace, effective, pace_of
from course_kit.model.progress import Progress, item_id
from course_kit.model.tally import Tally
from course_kit.model.tasks import Task, tasks_of
from course_kit.model.when import Credit

RECENT = timedelta(days=28)
ENOUGH = timedelta(days=7)
"""The pace is measured over the most recent days without pauses: at most so many, and at least so many."""
MOST_MINUTES = 40 * 60
"""Of a week: who rushes through in a day does not go on so."""
BEST, WORST = 1.25, 1.6
"""How much faster than expected it goes at best, and how much slower at worst. Of students who said when they would
finish a thesis (Buehler, Griffin and Ross 1994), 33.9 days was the guess, 27.4 the guess if all went well (1.24 times
as fast), and 55.5 days was the truth (1.64 times as long)."""
SLOWEST = 0.25
"""Of the hours that the learner said: so many are believed at least, however little was measured."""
FARTHEST = 3650
"""Days: nothing is planned further ahead."""

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


class Rates(NamedTuple):
    """Minutes in a week: at best, as expected, at worst."""

    early: float
    expected: float
    late: float


class Finish(NamedTuple):
    early: date
    expected: date
    late: date


class Measured(NamedTuple):
    """``minutes`` per week over so many ``weeks`` (1 to 4)."""

    minutes: float
    weeks: float


@dataclass(frozen=True)
class Milestone:
    """The end of a unit. ``pace_at``: as the author paced it, on the day ``pace_day`` by the clock that counts.

    ``planned_at``: the end of the day that it is by the learner's own pace, or None. ``late``: the paced day is over
    and the unit is not done. ``reached_at`` may be unknown for a reached one.
    """

    unit: str
    title: str
    pace_at: datetime | None
    pace_day: date | None
    planned_at: datetime | None
    state: Literal["reached", "ahead", "late"]
    reached_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """``hours``: a week, as the learner said. ``finish``: None where nothing is left, or no pace is known."""

    hours: float | None
    measured: Measured | None
    minutes_left: float
    finish: Finish | None
    milestones: tuple[Milestone, ...]
    paused_since: datetime | None


@dataclass(frozen=True)
class Reached:
    """What was reached in a span of time: titles, how many items and reviews, and minutes of work."""

    lessons: tuple[str, ...]
    items: int
    reviews: int
    minutes: float
    submitted: tuple[str, ...]


# ---------------------------------------------------------------- weeks and days on the wall clock


def monday(at: datetime, zone: tzinfo) -> date:
    """The Monday of the week that ``at`` falls in for one who lives in ``zone``."""
    day = at.astimezone(zone).date()
    return day - _DAY * day.weekday()


def midnight(day: date, zone: tzinfo) -> datetime:
    """When ``day`` begins in ``zone``, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


# ---------------------------------------------------------------- the learner's pace


def hours_said(tally: Tally, at: datetime) -> float | None:
    """How many hours a week the learner last said, by ``at``; None if they never did, or took it back."""
    said = [
        (order, hours)
        for order, (change, since, hours) in tally.pace.items()
        if change == "hours" and max(order[0], since) <= at
    ]
    return max(said, key=lambda one: one[0])[1] if said else None


def pauses_of(pace: Iterable[Pace], at: datetime) -> tuple[list[tuple[datetime, datetime]], datetime | None]:
    """The pauses until ``at``, in order, and since when the last one goes on (then it ends at ``at``), or None."""
    pauses: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for one in pace:
        if one.at > at:
            break
        if one.change == "pause":
            since = since or one.at
        elif since is not None:
            pauses.append((since, one.at))
            since = None
    return pauses + ([(since, at)] if since is not None else []), since


def measure(tasks: Sequence[Task], tally: Tally, at: datetime) -> Measured | None:
    """The minutes per week of the most recent weeks, pauses left out; None before a whole week is over.

    It reaches no further back than the start, or the last restart.
    """
    at, pace = at.astimezone(UTC), pace_of(tally)  # two moments of one zone would be subtracted by its wall clock
    if tally.started_at is None or tally.started_at > at:
        return None
    begun = max([tally.started_at, *(one.at for one in pace if one.change == "restart" and one.at <= at)])
    pauses, _ = pauses_of(pace, at)
    since = max(begun, _back(RECENT, at, pauses))
    span = at - since - sum((end - max(begin, since) for begin, end in pauses if end > since), timedelta())
    if span < ENOUGH:
        return None
    done = sum(task.minutes * task.share for task in tasks if task.at is not None and since <= task.at <= at)
    weeks = span / _WEEK
    return Measured(min(done / weeks, MOST_MINUTES), weeks)


def _back(span: timedelta, at: datetime, pauses: Sequence[tuple[datetime, datetime]]) -> datetime:
    """The moment so much time before ``at``, pauses not counted."""
    for begin, end in reversed(pauses):
        if at - end >= span:
            break
        span -= at - end
        at = begin
    return at - span


def rates_of(hours: float | None, measured: Measured | None) -> Rates | None:
    """What is expected of the coming weeks; None where there is nothing to go by.

    The hours that were said count as one week's experience beside the measured ones. At best it goes :data:`BEST` times
    as fast as the better of the two, at worst :data:`WORST` times slower than the worse.
    """
    said = None if hours is None else hours * 60
    seen = None if measured is None else measured.minutes
    if said is not None:
        seen = said if seen is None else max(seen, said * SLOWEST)
    if not seen:
        return None
    hoped = seen if said is None else said
    weeks = 0.0 if measured is None else measured.weeks
    return Rates(max(hoped, seen) * BEST, (hoped + weeks * seen) / (1 + weeks), min(hoped, seen) / WORST)


def days_for(minutes: float, rate: float) -> int:
    """So many whole days, at ``rate`` minutes in a week; at most :data:`FARTHEST`."""
    if minutes <= 0:
        return 0
    weeks = minutes / rate if rate > 0 else math.inf
    return math.ceil(min(weeks * 7, FARTHEST))


# ---------------------------------------------------------------- the plan


def plan_of(
    course: Course,
    progress: Progress,
    tally: Tally,
    dates: Mapping[str, Effective],
    *,
    at: datetime,
    zone: tzinfo,
    counting: tzinfo | None = None,
) -> Plan:
    """The plan of one learner at ``at``, with days as ``zone`` has them; by default ``pace:`` counts in it, too.

    ``counting``: the zone of the clock by which ``pace:`` counts. A pause that goes on is planned as if it ended now.
    """
    tasks = tasks_of(course, progress, dates, at)
    hours, measured = hours_said(tally, at), measure(tasks, tally, at)
    rates, left = rates_of(hours, measured), sum(task.left for task in tasks)
    today = at.astimezone(zone).date()
    finish = None
    if rates is not None and left > 0:
        finish = Finish(*(today + _DAY * days_for(left, rate) for rate in rates))
    return Plan(
        hours=hours,
        measured=measured,
        minutes_left=left,
        finish=finish,
        milestones=tuple(_milestones(course, tasks, tally, rates, at=at, zone=zone, counting=counting or zone)),
        paused_since=pauses_of(pace_of(tally), at)[1],
    )


class _Paced(NamedTuple):
    """A unit's milestone, dated as an assignment that is due then."""

    due: str
    opens: str | None = None
    closes: str | None = None
    credit: tuple[Credit, ...] = ()


def _milestones(
    course: Course,
    tasks: Sequence[Task],
    tally: Tally,
    rates: Rates | None,
    *,
    at: datetime,
    zone: tzinfo,
    counting: tzinfo,
) -> Iterable[Milestone]:
    before = 0.0
    for unit in course.units:
        own = [task for task in tasks if task.unit == unit.key]
        if not own:
            continue
        before += sum(task.left for task in own)
        reached = all(task.settled for task in own)
        pace_at = _pace_at(unit, tally, at=at, zone=counting)
        day = None if pace_at is None else pace_at.astimezone(counting).date()
        late = day is not None and day < at.astimezone(zone).date()
        planned = None if rates is None or reached else _end_of_day(at, days_for(before, rates.expected), zone)
        yield Milestone(
            unit=unit.key,
            title=unit.title or unit.key,
            pace_at=pace_at,
            pace_day=day,
            planned_at=planned,
            state="reached" if reached else "late" if late else "ahead",
            reached_at=max((task.at for task in own if task.at is not None), default=None) if reached else None,
        )


def _end_of_day(at: datetime, days: int, zone: tzinfo) -> datetime:
    """The last second of the day so many days ahead: the same all day long, and never before now."""
    return midnight(at.astimezone(zone).date() + _DAY * (days + 1), zone) - timedelta(seconds=1)


def _pace_at(unit: Unit, tally: Tally, *, at: datetime, zone: tzinfo) -> datetime | None:
    if unit.pace is None:
        return None
    paced = _Paced(due=f"start + {unit.pace}")
    return effective(paced, start=tally.started_at, at=at, zone=zone, pace=pace_of(tally)).due


def reached_between(
    course: Course,
    progress: Progress,
    tally: Tally,
    dates: Mapping[str, Effective],
    *,
    since: datetime,
    until: datetime,
    at: datetime,
) -> Reached:
    """What was reached from ``since`` until before ``until``. A waived lesson was not reached then."""
    titles = {lesson.key: lesson.title or lesson.key for lesson in course.lessons()}
    names = {part.key: part.title or part.key for part in course.assignments()}

    items = {item_id(lesson.key, item) for lesson in course.lessons() for item in lesson.items}

    def within(moment: datetime | None) -> bool:
        return moment is not None and since <= moment < until

    return Reached(
        lessons=tuple(
            titles[one.key]
            for one in progress.lessons
            if one.state == "done" and within(one.completed_at) and one.completed_at != one.waived_at
        ),
        items=sum(within(item.solved_at) for name, item in progress.items.items() if name in items),
        reviews=sum(within(moment) for moment, _ in tally.reviews),
        minutes=sum(task.minutes * task.share for task in tasks_of(course, progress, dates, at) if within(task.at)),
        submitted=tuple(names[one.key] for one in progress.assignments if within(one.submitted_at)),
    )
