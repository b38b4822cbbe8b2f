"""What ``progress`` says of reviews: what is due, when something is, and which lessons to look at again."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from course_kit.apps.cli.output import local_time, typed

if TYPE_CHECKING:
    from course_kit.workspace.review import PanelReviews, PanelSkill

_NAMED = 3


def review_lines(reviews: "PanelReviews") -> Iterator[str]:
    """Nothing where no skill was met yet."""
    if not reviews.skills:
        return
    if reviews.due:
        what = "1 skill is" if reviews.due == 1 else f"{reviews.due} skills are"
        minutes = "1 minute" if reviews.minutes == 1 else f"{reviews.minutes} minutes"
        titles = _some([one.title for one in reviews.skills if one.due])
        yield f"{what} due for review (about {minutes}): {titles}. {typed('review')}"
    elif reviews.next_at is not None:
        when = local_time(datetime.fromisoformat(reviews.next_at))
        yield f"Nothing is due for review; the next skill comes back on {when}."
    if reviews.weak:
        yield f"To learn again: {_some([_where(one) for one in reviews.weak])}."


def _where(skill: "PanelSkill") -> str:
    lessons = " and ".join(f"“{lesson.title}”" for lesson in skill.lessons[:2])
    return f"{skill.title} ({lessons})" if lessons else skill.title


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
