"""Who handed in and has no score: they get no feedback either, so they are named."""

from dataclasses import dataclass
from pathlib import Path

from course_kit.grading.places import find_place
from course_kit.grading.records import Records

NOT_GRADED = "not-graded"
"""The status of a submission that no grading has come to yet."""


@dataclass(frozen=True)
class Unscored:
    """One submission without a score. ``status`` and ``detail`` are grading's; ``not-graded`` where it never ran."""

    learner: str
    assignment: str
    status: str
    detail: str = ""


def unscored(course_folder: Path, assignment: str | None = None) -> tuple[Unscored, ...]:
    """Everyone who submitted an assignment (None: any) and got no score for it, by assignment and learner.

    Raises :class:`NotFound`, :class:`Unavailable` (nbgrader is not installed).
    """
    place = find_place(course_folder)
    found = []
    for one in place.chosen(assignment):
        info, records = place.info(one.root), Records(place, one)
        for learner in info.submitters(one.name):
            if learner in info.excluded or any(info.autograded_folder(learner, one.name).glob("*.ipynb")):
                continue
            record = records.get(learner)
            status = record.status if record else NOT_GRADED
            found.append(Unscored(learner, one.key, status, record.detail if record else ""))
    return tuple(found)
