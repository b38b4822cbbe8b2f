"""The panel's parts and how they follow from course, progress and what lies on the disk. Pure.

docs/architecture.md fixes the JSON; tests/golden/panel.json is a rich example of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Literal

from pydantic import BaseModel, ConfigDict

from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.dates import FULL, Effective, credit_at, effective
from course_kit.model.keys import utc_text
from course_kit.model.locks import Lock, Reason
from course_kit.model.planner import monday
from course_kit.model.progress import AssignmentProgress, LessonProgress, Progress
from course_kit.model.tally import Tally
from course_kit.workspace.plan import PanelCalendar, PanelNotice, PanelPlan, PanelWeek, plan_parts
from course_kit.workspace.review import PanelReviews, panel_reviews

STARTED, BEGIN, FOLLOWING = "Go on where you stopped.", "Start here.", "This comes next."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PanelCourse(_Part):
    key: str
    title: str
    release: str
    folder: str | None
    contact: str
    forum: str
    live: str


class NextStep(_Part):
    kind: Literal["lesson", "assignment"]
    key: str
    title: str
    minutes: int | None
    path: str | None
    url: str | None
    why: str


class PanelGoal(_Part):
    """``week``: the Monday of the learner's present week. ``suggested``: the next unit's goal."""

    week: str
    text: str
    done: bool
    suggested: str


class PanelVideo(_Part):
    """``watched``: the share of its ``seconds`` that was truly played, or 1 for its transcript read."""

    key: str
    title: str
    seconds: float
    watched: float


class PanelLesson(_Part):
    """``gate``: why the lesson is shut and what opens it, also where it was opened anyway; None once it is open."""

    key: str
    title: str
    kind: str
    path: str | None
    url: str | None
    minutes: int | None
    state: Literal["locked", "open", "started", "done"]
    fraction: float
    reasons: tuple[Reason, ...]
    gate: Lock | None
    items_right: int
    items: int
    new_version: str | None
    videos: tuple[PanelVideo, ...] = ()


class PanelAssignment(_Part):
    """``feedback``: the pages that were opened, newest last.

    ``credit_now``: how many percent it counts if it is handed in now; ``why``: which rule gave the due date, and what
    moved it; ``fixed``: no pause moves the due date.
    """

    key: str
    title: str
    path: str | None
    opens: str | None
    due: str | None
    closes: str | None
    credit_now: float
    why: str
    fixed: bool
    minutes: int | None
    submitted_at: str | None
    score: float | None
    max_score: float | None
    status: str
    feedback: tuple[str, ...]
    new_version: str | None


class PanelUnit(_Part):
    key: str
    title: str
    goal: str
    fraction: float
    lessons: tuple[PanelLesson, ...]
    assignments: tuple[PanelAssignment, ...]


class Panel(_Part):
    """``unsynced``: events that no submission or sync carried; ``submitted``: nothing is left to hand in."""

    version: Literal[1] = 1
    course: PanelCourse
    notice: str | None
    fraction: float
    next: NextStep | None
    goal: PanelGoal
    units: tuple[PanelUnit, ...]
    week: PanelWeek
    plan: PanelPlan
    notices: tuple[PanelNotice, ...]
    calendar: PanelCalendar
    reviews: PanelReviews
    unsynced: int
    submitted: bool
    message: str | None


@dataclass(frozen=True)
class OnDisk:
    """What the learner's copy holds that the panel shows; paths as the page can open them.

    ``files``: by path in the release; ``new_versions``: likewise; ``feedback``: pages by assignment; ``feed``: of the
    calendar.
    """

    folder: str | None
    files: Mapping[str, str] = field(default_factory=dict)
    new_versions: Mapping[str, str] = field(default_factory=dict)
    feedback: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notice: str | None = None
    unsynced: int = 0
    message: str | None = None
    feed: str | None = None


def week_of(at: datetime, zone: tzinfo) -> str:
    """The Monday of the week that ``at`` falls in for one who lives in ``zone``, as an ISO date."""
    return monday(at, zone).isoformat()


def assignment_path(assignment: Assignment, files: Collection[str]) -> str | None:
    """The first notebook of an assignment among ``files``, or None."""
    folder = f"assignments/{assignment.key}/"
    named = [folder + name if name.endswith(".ipynb") else f"{folder}{name}.ipynb" for name in assignment.notebooks]
    others = sorted(name for name in files if name.startswith(folder) and name.endswith(".ipynb"))
    return next((name for name in (*named, *others) if name in files), None)


def build_panel(
    course: Course,
    release: str,
    progress: Progress,
    disk: OnDisk,
    *,
    at: datetime,
    zone: tzinfo,
    calendar: Mapping[str, Effective] | None = None,
    tally: Tally | None = None,
    counting: tzinfo | None = None,
) -> Panel:
    """The panel of one learner's ``progress`` in ``course``. Pure: the same arguments give the same panel.

    ``zone`` is the learner's; ``calendar`` their dates by assignment, by default the course's own in that zone;
    ``tally``: what ``progress`` was made of; ``counting``: by whose clock ``pace:`` counts, by default ``zone``.
    """
    calendar = calendar or {
        part.key: effective(part, start=progress.started_at, at=at, zone=zone) for part in course.assignments()
    }
    units = tuple(_unit(unit, progress, disk, calendar, at) for unit in course.units)
    step, unit = _next_step(course, units, progress, at=at, zone=zone)
    paths = {part.key: part.path for each in units for part in each.assignments}
    parts = plan_parts(course, progress, tally or Tally(), calendar, paths, at=at, zone=zone, counting=counting)
    week = week_of(at, zone)
    goal = progress.goals.get(week)
    return Panel(
        course=PanelCourse(
            key=course.key,
            title=course.title,
            release=release,
            folder=disk.folder,
            contact=course.contact,
            forum=course.forum,
            live=course.live,
        ),
        notice=disk.notice,
        fraction=progress.fraction,
        next=step,
        goal=PanelGoal(
            week=week,
            text=goal.text if goal is not None else "",
            done=goal.done if goal is not None else False,
            suggested=unit.goal if unit is not None else "",
        ),
        units=units,
        week=parts.week,
        plan=parts.plan,
        notices=parts.notices,
        calendar=PanelCalendar(feed=disk.feed),
        reviews=panel_reviews(course, tally or Tally(), disk.files, at),
        unsynced=disk.unsynced,
        submitted=all(part.submitted_at is not None for unit in units for part in unit.assignments),
        message=disk.message,
    )


def _unit(unit: Unit, progress: Progress, disk: OnDisk, calendar: Mapping[str, Effective], at: datetime) -> PanelUnit:
    lessons = tuple(_lesson(lesson, progress.lesson(lesson.key), disk) for lesson in unit.lessons)
    fractions = [1.0 if lesson.state == "done" else lesson.fraction for lesson in lessons]
    return PanelUnit(
        key=unit.key,
        title=unit.title or unit.key,
        goal=unit.goal,
        fraction=sum(fractions) / len(fractions) if fractions else 0.0,
        lessons=lessons,
        assignments=tuple(
            _assignment(part, progress.assignment(part.key), calendar[part.key], disk, at) for part in unit.assignments
        ),
    )


def _lesson(lesson: Lesson, progress: LessonProgress | None, disk: OnDisk) -> PanelLesson:
    known = progress or LessonProgress(key=lesson.key, fraction=0.0, state="open", items=len(lesson.items))
    return PanelLesson(
        key=lesson.key,
        title=lesson.title or lesson.key,
        kind=lesson.kind,
        path=disk.files.get(lesson.path),
        url=lesson.url or None,
        minutes=lesson.minutes,
        state=known.state,
        fraction=known.fraction,
        reasons=known.reasons,
        gate=known.lock,
        items_right=known.items_right,
        items=known.items,
        new_version=disk.new_versions.get(lesson.path),
        videos=tuple(
            PanelVideo(
                key=key,
                title=lesson.video_titles.get(key, key),
                seconds=seconds,
                watched=known.videos.get(key, 0.0),
            )
            for key, seconds in lesson.videos.items()
        ),
    )


def _assignment(
    part: Assignment, progress: AssignmentProgress | None, dates: Effective, disk: OnDisk, at: datetime
) -> PanelAssignment:
    known = progress or AssignmentProgress(key=part.key)
    path = assignment_path(part, disk.files)
    return PanelAssignment(
        key=part.key,
        title=part.title or part.key,
        path=disk.files[path] if path else None,
        opens=utc_text(dates.opens) if dates.opens else None,
        due=utc_text(dates.due) if dates.due else None,
        closes=utc_text(dates.closes) if dates.closes else None,
        credit_now=credit_at(dates, at),
        why=dates.why.get("due", ""),
        fixed="due" in dates.fixed,
        minutes=part.minutes,
        submitted_at=utc_text(known.submitted_at) if known.submitted_at else None,
        score=known.score,
        max_score=part.max_score if known.max_score is None else known.max_score,
        status=known.status,
        feedback=disk.feedback.get(part.key, ()),
        new_version=disk.new_versions.get(path) if path else None,
    )


def _next_step(
    course: Course, units: tuple[PanelUnit, ...], progress: Progress, *, at: datetime, zone: tzinfo
) -> tuple[NextStep | None, PanelUnit | None]:
    """The first thing, in the order of the course, that can be worked on and is not done; and its unit."""
    done = {lesson.key for lesson in progress.lessons if lesson.state == "done"}
    requires = {part.key: part.requires for part in course.assignments()}
    for unit in units:
        for lesson in unit.lessons:
            if lesson.key == progress.next_lesson:
                return _lesson_step(lesson, progress), unit
        for part in unit.assignments:
            if part.submitted_at is None and part.path and set(requires[part.key]) <= done:
                return _assignment_step(part, at, zone), unit
    return None, units[-1] if units else None


def _lesson_step(lesson: PanelLesson, progress: Progress) -> NextStep:
    begun = any(known.opened_at is not None for known in progress.lessons)
    why = STARTED if lesson.state == "started" else FOLLOWING if begun else BEGIN
    return NextStep(
        kind="lesson",
        key=lesson.key,
        title=lesson.title,
        minutes=lesson.minutes,
        path=lesson.path,
        url=lesson.url,
        why=why,
    )


def _assignment_step(part: PanelAssignment, at: datetime, zone: tzinfo) -> NextStep:
    why = "Hand it in."
    if part.due is not None:
        due = datetime.fromisoformat(part.due)
        when = due.astimezone(zone).strftime("%a %d %b %Y, %H:%M")
        counts = "" if part.credit_now == FULL else f" Handed in now, it counts {part.credit_now:g} %."
        why = f"Hand it in by {when}." if due >= at else f"It was due on {when}.{counts}"
    return NextStep(
        kind="assignment", key=part.key, title=part.title, minutes=part.minutes, path=part.path, url=None, why=why
    )
