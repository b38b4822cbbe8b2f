"""Who handed in and has no score: they get no feedback either, so they are named."""

from dataclasses import dataclass
from pathlib import Path

from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.grading.places import GradedAssignment, find_place
from course_kit.grading.plan import has_notebooks
from course_kit.grading.records import Record, Records

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
            record = records.get(learner)
            if learner in info.excluded or has_score(info, one, learner, record):
                continue
            status = record.status if record else NOT_GRADED
            found.append(Unscored(learner, one.key, status, record.detail if record else ""))
    return tuple(found)


def has_score(info: CourseInfo, assignment: GradedAssignment, learner: str, record: Record | None) -> bool:
    """Whether what the gradebook has of a learner is the score of a submission that was graded.

    It is not where the last attempt failed: what stands there is then an older submission's, or nothing.
    """
    if record is not None and not record.scored:
        return False
    return has_notebooks(info.autograded_folder(learner, assignment.name))
