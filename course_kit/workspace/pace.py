"""The learner's own pace: a pause, its end, and starting over from today. Fixed dates stay where they are."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal

from course_kit.errors import Invalid
from course_kit.model.dates import Effective, pace_of
from course_kit.model.events import PaceChanged
from course_kit.model.planner import pauses_of
from course_kit.model.tally import Tally
from course_kit.workspace.events import record
from course_kit.workspace.folder import Workspace
from course_kit.workspace.own_dates import own_dates
from course_kit.workspace.own_zone import own_tally

Change = Literal["pause", "resume", "restart"]


@dataclass(frozen=True)
class OwnDates:
    """One assignment's dates; ``submitted``: it was handed in."""

    key: str
    title: str
    dates: Effective
    submitted: bool


@dataclass(frozen=True)
class OwnPace:
    """``paused``: since when the movable dates stand still, or None."""

    paused: datetime | None
    dates: tuple[OwnDates, ...]


def own_pace(folder: Path, *, data: Path, at: datetime, zone: tzinfo = UTC) -> OwnPace:
    """Where the learner of the copy around ``folder`` stands, who works in ``zone``.

    Raises as :func:`~course_kit.workspace.panel.panel`.
    """
    workspace = Workspace.around(folder)
    return _stand(workspace, own_tally(workspace, data=data, at=at, zone=zone), at)


def change_pace(folder: Path, change: Change, *, data: Path, at: datetime, zone: tzinfo = UTC) -> OwnPace:
    """Pause, go on, or start over from now; the dates as they are then.

    Raises :class:`Invalid` where there is nothing to end, or a pause goes on already.
    """
    workspace = Workspace.around(folder)
    _, paused = pauses_of(pace_of(own_tally(workspace, data=data, at=at, zone=zone)), at)
    if change == "pause" and paused is not None:
        raise Invalid("The course is paused already.", hint="End the pause with: course-kit pace resume")
    if change == "resume" and paused is None:
        raise Invalid("The course is not paused.", hint="Begin a pause with: course-kit pace pause")
    record(data, workspace, [PaceChanged(change=change, at=at)], at=at)
    return _stand(workspace, own_tally(workspace, data=data, at=at, zone=zone), at)


def foreseen(folder: Path, change: Change, *, data: Path, at: datetime, zone: tzinfo = UTC) -> OwnPace:
    """What :func:`change_pace` would come to; nothing is recorded of it."""
    workspace = Workspace.around(folder)
    tally = own_tally(workspace, data=data, at=at, zone=zone)
    tally.pace[at, ""] = (change, at, None)
    return _stand(workspace, tally, at)


def _stand(workspace: Workspace, tally: Tally, at: datetime) -> OwnPace:
    course = workspace.manifest().course
    known = own_dates(course, tally, at)
    dates = tuple(
        OwnDates(part.key, part.title or part.key, known[part.key], part.key in tally.submitted)
        for part in course.assignments()
    )
    return OwnPace(pauses_of(pace_of(tally), at)[1], dates)
