"""The learner's plan, this week and what is due soon, as the panel shows them; and the hours that they say."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from course_kit.errors import Invalid
from course_kit.model.course import Course
from course_kit.model.dates import Effective
from course_kit.model.events import PaceChanged
from course_kit.model.keys import utc_text
from course_kit.model.planner import Milestone, Plan, Reached, midnight, monday, plan_of, reached_between
from course_kit.model.progress import Progress
from course_kit.model.tally import Tally
from course_kit.workspace.events import record
from course_kit.workspace.folder import Workspace

SOON = 2
"""What is due within so many days of the calendar is worth a notice."""
MOST_HOURS = 168
_WEEK = timedelta(days=7)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WeekMilestone(_Part):
    """``at``: when the unit should be done by the author's pace."""

    unit: str
    title: str
    text: str
    at: str | None
    state: Literal["reached", "ahead", "late"]
    reached_at: str | None


class LastWeek(_Part):
    """What was reached the week before: titles of lessons and of what was handed in; minutes as the author counts."""

    lessons: tuple[str, ...] = ()
    items: int = 0
    reviews: int = 0
    minutes: int = 0
    submitted: tuple[str, ...] = ()


class PanelWeek(_Part):
    """``milestones``: those of this week, and late ones."""

    monday: str
    milestones: tuple[WeekMilestone, ...] = ()
    last: LastWeek = LastWeek()


class PanelFinish(_Part):
    """Days on the learner's calendar."""

    early: str
    expected: str
    late: str


class PlanMilestone(_Part):
    """``pace_at``: by the author's pace, on the day ``pace_day`` of the calendar that counts.

    ``planned_at``: by the learner's own pace, None where it is reached or unknown.
    """

    unit: str
    title: str
    pace_at: str | None
    pace_day: str | None
    planned_at: str | None
    state: Literal["reached", "ahead", "late"]
    reached_at: str | None


class PanelPlan(_Part):
    """``hours_per_week``: what the learner said; ``measured``: minutes a week of late. ``text``: all of it in words."""

    hours_per_week: float | None = None
    measured: float | None = None
    minutes_left: int = 0
    finish: PanelFinish | None = None
    milestones: tuple[PlanMilestone, ...] = ()
    paused_since: str | None = None
    text: str = ""


class PanelNotice(_Part):
    """``key`` is the same for the same assignment and due date. ``path``: its notebook, as the page can open it."""

    key: str
    text: str
    path: str | None
    assignment: str


class PanelCalendar(_Part):
    """``feed``: the path of the calendar's feed on the learner's own server, or None where there is none."""

    feed: str | None = None


@dataclass(frozen=True)
class PlanParts:
    week: PanelWeek
    plan: PanelPlan
    notices: tuple[PanelNotice, ...]


def plan_parts(
    course: Course,
    progress: Progress,
    tally: Tally,
    dates: Mapping[str, Effective],
    paths: Mapping[str, str | None],
    *,
    at: datetime,
    zone: tzinfo,
    counting: tzinfo | None = None,
) -> PlanParts:
    """What the panel says of plan, week and dates. Pure.

    ``dates``, ``paths``: of the assignments by key; ``zone``: the learner's; ``counting``: by whose clock ``pace:``
    counts (by default ``zone``).
    """
    plan = plan_of(course, progress, tally, dates, at=at, zone=zone, counting=counting)
    first = monday(at, zone)
    since, until = midnight(first - _WEEK, zone), midnight(first, zone)
    last = reached_between(course, progress, tally, dates, since=since, until=until, at=at)
    return PlanParts(
        week=_week(plan, last, first),
        plan=_plan(plan, zone),
        notices=tuple(notices(course, progress, dates, paths, at=at, zone=zone, paused=plan.paused_since is not None)),
    )


def _week(plan: Plan, last: Reached, first: date) -> PanelWeek:
    return PanelWeek(
        monday=first.isoformat(),
        milestones=tuple(
            WeekMilestone(
                unit=one.unit,
                title=one.title,
                text=f"Finish {one.title}",
                at=_utc(one.pace_at),
                state=one.state,
                reached_at=_utc(one.reached_at),
            )
            for one in plan.milestones
            if _counts_this_week(one, first)
        ),
        last=LastWeek(
            lessons=last.lessons,
            items=last.items,
            reviews=last.reviews,
            minutes=round(last.minutes),
            submitted=last.submitted,
        ),
    )


def _counts_this_week(one: Milestone, first: date) -> bool:
    return one.pace_day is not None and (one.state == "late" or first <= one.pace_day < first + _WEEK)


def _plan(plan: Plan, zone: tzinfo) -> PanelPlan:
    finish = plan.finish
    return PanelPlan(
        hours_per_week=plan.hours,
        measured=None if plan.measured is None else round(plan.measured.minutes, 1),
        minutes_left=math.ceil(plan.minutes_left),
        finish=None if finish is None else PanelFinish(**{k: v.isoformat() for k, v in finish._asdict().items()}),
        milestones=tuple(
            PlanMilestone(
                unit=one.unit,
                title=one.title,
                pace_at=_utc(one.pace_at),
                pace_day=None if one.pace_day is None else one.pace_day.isoformat(),
                planned_at=_utc(one.planned_at),
                state=one.state,
                reached_at=_utc(one.reached_at),
            )
            for one in plan.milestones
        ),
        paused_since=_utc(plan.paused_since),
        text=in_words(plan, zone),
    )


def _utc(at: datetime | None) -> str | None:
    return None if at is None else utc_text(at)


# ---------------------------------------------------------------- in words


def day_text(day: date) -> str:
    """``Mon 14 Dec 2026``."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def hours_text(hours: float) -> str:
    return f"{hours:.3g} {'hour' if hours == 1 else 'hours'} a week"


def in_words(plan: Plan, zone: tzinfo) -> str:
    """The plan in one sentence."""
    if plan.minutes_left <= 0:
        return "Everything is done."
    paused = plan.paused_since
    since = f"The course is paused since {day_text(paused.astimezone(zone).date())}" if paused is not None else ""
    if plan.finish is None:
        idle = plan.measured is not None
        why = "Nothing was finished in the last weeks" if idle else "There is no pace to go by yet"
        say = "say how many hours a week you have, and you see when you finish."
        return f"{since}. Whenever you go on, {say}" if since else f"{why}: {say}"
    early, expected, late = plan.finish
    when = f"you finish about {day_text(expected)} ({_span(early, late)})."
    basis = _basis(plan)
    return f"{since}. If you go on today, {basis}, {when}" if since else f"{basis[0].upper()}{basis[1:]}, {when}"


def _span(early: date, late: date) -> str:
    year = f" {early.year}" if early.year != late.year else ""
    return f"between {early.day} {early:%b}{year} and {late.day} {late:%b} {late.year}"


def _basis(plan: Plan) -> str:
    measured = "" if plan.measured is None else f"your pace so far ({hours_text(plan.measured.minutes / 60)})"
    if plan.hours is None:
        return f"at {measured}"
    return f"at {hours_text(plan.hours)}" + (f" and with {measured} in mind" if measured else "")


def notices(
    course: Course,
    progress: Progress,
    dates: Mapping[str, Effective],
    paths: Mapping[str, str | None],
    *,
    at: datetime,
    zone: tzinfo,
    paused: bool = False,
) -> Iterable[PanelNotice]:
    """What is to be handed in within :data:`SOON` days, the next first; what has not opened yet is not named.

    While the course is ``paused``, fixed dates only.
    """
    for due, key in sorted((one.due, key) for key, one in dates.items() if one.due is not None):
        part, known = course.assignment(key), progress.assignment(key)
        days = (due.astimezone(zone).date() - at.astimezone(zone).date()).days
        if part is None or due < at or days > SOON or (known is not None and known.submitted_at is not None):
            continue
        if paused and "due" not in dates[key].fixed:  # it moves with every day of the pause
            continue
        opens = dates[key].opens
        if opens is not None and opens > at:
            continue
        moment = due.astimezone(zone)
        when = f"{moment:%a} {moment.day} {moment:%b, %H:%M}"
        soon = ("today", "tomorrow")[days] if days < SOON else f"in {days} days"
        text = f"{part.title or key} is due on {when} ({soon})."
        yield PanelNotice(key=f"due-{key}-{utc_text(due)}", text=text, path=paths.get(key), assignment=key)


# ---------------------------------------------------------------- what the learner says


def say_hours(folder: Path, hours: float | None, *, data: Path, at: datetime) -> None:
    """Record how many hours a week the learner of the copy around ``folder`` has; None takes it back.

    Raises :class:`Invalid` where a week has no such hours.
    """
    if hours is not None and not 0 < hours <= MOST_HOURS:
        raise Invalid(
            "A week has no such number of hours for the course.", hint=f"Say a number above 0, at most {MOST_HOURS}."
        )
    fact = PaceChanged(change="hours", at=at.astimezone(UTC), hours_per_week=hours)
    record(data, Workspace.around(folder), [fact], at=at)
