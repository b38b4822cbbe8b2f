"""Who is stuck: at work, and getting nowhere."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from course_kit.model.moments import best
from course_kit.model.progress import Progress
from course_kit.model.tally import Tally
from course_kit.report.cohort import Member
from course_kit.report.outline import Outline

STUCK_DAYS = 7
STUCK_ATTEMPTS = 5


class Stuck(BaseModel):
    """One who is stuck: ``failed`` attempts since the last progress, most of them at ``item`` of ``lesson``.

    ``since`` is when the first of them was made; ``last_at`` when anything was last seen of the learner. Of very many
    attempts only the last ones are counted (``course_kit.model.tally.MOST_FAILED``).
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
    outline: Outline,
    member: Member,
    progress: Progress,
    *,
    at: datetime,
    days: int = STUCK_DAYS,
    attempts: int = STUCK_ATTEMPTS,
) -> Stuck | None:
    """Whether this learner is stuck at the moment ``at``, and where.

    The rule: something was seen of them in the ``days`` before ``at``, the course is not completed, and since they
    last made progress they answered at least ``attempts`` times an item of the course without getting it right.
    Progress is whatever raises a lesson (:func:`last_rise`): a better answer, a newly run cell that counts, so one who
    fails here and gets on there is not stuck. A response that could not be read is not an attempt. ``progress`` is
    what all of the member's events come to.
    """
    last = progress.last_at
    if last is None or last < at - timedelta(days=days) or progress.fraction >= 1:
        return None
    rise = last_rise(outline, member.tally)
    since = [
        (order[0], outline.items[lesson, item])
        for order, lesson, item in member.tally.failed
        if (rise is None or order[0] > rise) and (lesson, item) in outline.items
    ]
    if len(since) < attempts:
        return None
    lesson, _, item = Counter(name for _, name in since).most_common(1)[0][0].partition("/")
    return Stuck(
        learner=member.learner,
        name=member.entry.name if member.entry else "",
        lesson=lesson,
        item=item,
        failed=len(since),
        since=since[0][0],
        last_at=last,
    )


def last_rise(outline: Outline, tally: Tally) -> datetime | None:
    """When something that counts towards its lesson last came to more than ever before; None: nothing did yet.

    That is an item's best fraction, the share that was in view, a cell that had not run, a document that was opened, a
    score that the lesson's rule asks for, or that the lesson was completed or waived.
    """
    return max(_rises(outline, tally), default=None)


def _rises(outline: Outline, tally: Tally) -> Iterator[datetime]:
    names, counting = outline.lessons, outline.counting

    def counts(name: str, what: str) -> bool:
        lesson = names.get(name)
        return lesson is not None and what in counting[lesson.key]

    # what bears several names, former ones included, is one thing: it rose when the best of them did
    reached: dict[tuple[str, str], tuple[float, datetime]] = {}

    def note(name: str, part: str, share: float, at: datetime) -> None:
        key = names[name].key, part
        reached[key] = best(reached.get(key, (share, at)), (share, at))

    for (name, item), answers in tally.items.items():
        present = outline.items.get((name, item))
        if present is not None and answers.fraction > 0 and counts(name, "quizzes"):
            note(name, present, answers.fraction, answers.rose_at)
    for name, share in tally.viewed.items():
        if share > 0 and counts(name, "viewed"):
            note(name, "viewed", share, tally.viewed_at[name])
    for name, cells in tally.cells.items():
        if counts(name, "cells"):
            for cell in cells.keys() & set(names[name].cells):
                note(name, f"cell {cell}", 1.0, cells[cell])
    for name, at in tally.opened.items():
        if counts(name, "opened"):
            note(name, "opened", 1.0, at)
    for name, at in tally.completed.items():
        if name in names:
            note(name, "completed", 1.0, at)
    asked = set().union(*counting.values())
    yield from (at for _, at in reached.values())
    yield from (score[0][0] for key, score in tally.scores.items() if f"assignment {key}" in asked and score[1] > 0)
