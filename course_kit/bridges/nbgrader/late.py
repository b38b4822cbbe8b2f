"""nbgrader's plugin for late penalties, with the credit that course.yml gives. Runs where nbgrader runs.

In nbgrader_config.py: ``c.AssignLatePenalties.plugin_class = "course_kit.bridges.nbgrader.late.CreditPlugin"``.
"""

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties

from course_kit.bridges.nbgrader.duedates import LearnerDates, penalty, read_dates
from course_kit.errors import CourseKitError
from course_kit.model.keys import utc_text

OURS = "course_kit.bridges.nbgrader.late.CreditPlugin"


class CreditPlugin(LateSubmissionPlugin):  # type: ignore[misc]  # nbgrader publishes no types
    """What the list of dates says of a learner; nbgrader's own method for whoever is not in it."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """How many of a notebook's ``score`` points are taken off (None: nothing is said)."""
        step = self.parent
        mine = self._dates(step, student_id) if isinstance(step, AssignLatePenalties) else None
        if mine is None or mine.steps is None:
            found: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
            return found
        return penalty(mine, score)

    def _dates(self, step: Any, learner: str) -> LearnerDates | None:
        try:
            dates = read_dates(_root(step.db_url), step.assignment_id)
        except CourseKitError as error:
            self.log.error("%s %s", error.message, error.hint)
            return None
        mine = dates.learners.get(learner) if dates is not None else None
        if mine is None:
            return None
        # what was handed in since the list was made has its own time
        submission = step.gradebook.find_submission(step.assignment_id, learner)
        if submission.timestamp is None:
            return mine
        at = utc_text(submission.timestamp.replace(tzinfo=UTC))
        return mine if at == mine.finished else replace(mine, counted=at)


def _root(db_url: str) -> Path:
    """nbgrader's root: the folder that it works in, or that the gradebook lies in."""
    here, prefix = Path.cwd(), "sqlite:///"
    beside = Path(db_url.removeprefix(prefix)).parent if db_url.startswith(prefix) else here
    return here if (here / ".course-kit" / "dates").is_dir() else beside
