"""Who is stuck: at work, and getting nowhere."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from course_kit.model import events as e
from course_kit.model.course import Course
from course_kit.model.progress import Progress, fold
from course_kit.report.cohort import Member

STUCK_DAYS = 7
STUCK_ATTEMPTS = 5


class Stuck(BaseModel):
    """One who is stuck: ``failed`` attempts since the last progress, most of them at ``item`` of ``lesson``.

    ``since`` is when the first of them was made; ``last_at`` when anything was last seen of the learner.
    """

    model_config = ConfigDict(frozen=True)

    learner: str
    name: str = ""
    lesson: str
    item: str
    failed: int
    since: datetime
    last_at: datetime


def stuck(
    course: Course,
    member: Member,
    progress: Progress,
    *,
    at: datetime,
    days: int = STUCK_DAYS,
    attempts: int = STUCK_ATTEMPTS,
) -> Stuck | None:
    """Whether this learner is stuck at the moment ``at``, and where.

    The rule: something was seen of them in the ``days`` before ``at``, the course is not completed, and since the
    course's progress last rose they answered at least ``attempts`` times without the item being right. Progress is
    what :func:`course_kit.model.progress.fold` says it is: a newly right item or a newly run cell that counts
    towards its lesson, so one who fails here and gets on there is not stuck. A response that could not be read is
    not an attempt. ``progress`` is the fold of all of the member's events.
    """
    last = progress.last_at
    if last is None or last < at - timedelta(days=days) or progress.fraction >= 1:
        return None
    failed = [number for number, event in enumerate(member.events) if _failed(event)]
    if len(failed) < attempts or fold(course, member.events[: failed[-attempts]]).fraction < progress.fraction:
        return None
    begin = _last_rise(course, member.events, progress.fraction, failed[-attempts])
    since = [member.events[number] for number in failed if number >= begin]
    facts = [event.fact for event in since if isinstance(event.fact, e.ItemAnswered)]
    lesson, item = Counter((fact.lesson, fact.item) for fact in facts).most_common(1)[0][0]
    present = course.lesson(lesson)
    return Stuck(
        learner=member.learner,
        name=member.entry.name if member.entry else "",
        lesson=present.key if present else lesson,
        item=item,
        failed=len(since),
        since=since[0].order()[0],
        last_at=last,
    )


def _failed(event: e.Event) -> bool:
    return isinstance(event.fact, e.ItemAnswered) and event.fact.state in ("wrong", "partly-right")


def _last_rise(course: Course, events: Sequence[e.Event], fraction: float, upper: int) -> int:
    """The fewest first events that fold to ``fraction``, known to be at most ``upper``.

    Progress never falls along the canonical order (it merges by maximum), so halving finds it.
    """
    lower = 0
    while lower < upper:
        middle = (lower + upper) // 2
        if fold(course, events[:middle]).fraction < fraction:
            lower = middle + 1
        else:
            upper = middle
    return lower
