"""What grading found out about each submission."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

SubmissionStatus = Literal[
    "graded",
    "needs-manual-grading",
    "repaired",
    "incomplete",
    "timed-out",
    "out-of-memory",
    "kernel-died",
    "unreadable",
    "missing-kernel",
    "unverified",
    "failed",
    "missing",
]


class SubmissionScore(BaseModel):
    """One submission's result. ``score`` is None where nothing could be scored; 0.0 is a score.

    ``detail`` is one sentence for the instructor; ``comment`` may be shown to the learner.
    """

    model_config = ConfigDict(frozen=True)

    learner: str
    assignment: str
    status: SubmissionStatus
    score: float | None = None
    max_score: float | None = None
    submission: str = ""
    detail: str = ""
    comment: str = ""
