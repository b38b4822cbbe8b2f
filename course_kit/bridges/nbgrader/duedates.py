"""The dates and the credit that course.yml gives each learner, carried into nbgrader's gradebook.

They stand in ``.course-kit/dates/<assignment>.json`` below nbgrader's root, where the late-penalty plugin finds them,
too. In the gradebook a learner's due date is the last moment of full credit: the assignment's due date with the
learner's extension. What runs in the worker says so; the rest is light.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound, check_version
from course_kit.files.atomic import read_json, write_json
from course_kit.model.keys import utc_text

DATES_VERSION = 1
_WHAT = "The list of dates"
_FULL = 100.0


@dataclass(frozen=True)
class LearnerDates:
    """One learner's. Moments are UTC texts. ``due``: the last of full credit; ``counted``: what decides on lateness.

    ``steps``: pairs of a moment (None: from then on) and percent; None where course.yml has no credit, and the
    gradebook's own penalties stay. ``finished`` by the learner's clock, ``received`` here; ``why`` is the instructor's.
    """

    due: str | None = None
    counted: str | None = None
    finished: str | None = None
    received: str | None = None
    steps: tuple[tuple[str | None, float], ...] | None = None
    why: str = ""

    @property
    def percent(self) -> float:
        """How much counts, at most 100: nbgrader takes points off and adds none."""
        if self.steps is None or self.counted is None:
            return _FULL
        counted = _moment(self.counted)
        for until, percent in self.steps:
            if until is None or counted <= _moment(until):
                return min(_FULL, percent)
        return 0.0 if self.steps else _FULL

    @property
    def text(self) -> str:
        """For the instructor, where it counts less than in full: which date and which rule it was."""
        if self.percent >= _FULL or self.counted is None:
            return ""
        times = f"handed in {_said(_moment(self.counted))}"
        if self.finished is not None and self.finished != self.counted:
            times = f"finished {_said(_moment(self.finished))}, counts as {times}"
        if self.received is not None:
            times += f", received {_said(_moment(self.received))}"
        due = f"due {_said(_moment(self.due))}, " if self.due is not None else ""
        return f"It counts {self.percent:g} %: {due}{times} ({self.why})."


@dataclass(frozen=True)
class AssignmentDates:
    """``due``: the date that all share, or None where each learner has one of their own."""

    due: str | None = None
    learners: Mapping[str, LearnerDates] = field(default_factory=dict)


def dates_path(root: Path, assignment: str) -> Path:
    return root / ".course-kit" / "dates" / f"{assignment}.json"


def write_dates(root: Path, assignment: str, dates: AssignmentDates | None) -> bool:
    """Keep them (None: there are none any more). Returns whether that changed anything."""
    path = dates_path(root, assignment)
    if dates is None:
        there = path.exists()
        path.unlink(missing_ok=True)
        return there
    if path.exists() and read_dates(root, assignment) == dates:
        return False
    write_json(path, {"version": DATES_VERSION, **asdict(dates)})
    return True


def read_dates(root: Path, assignment: str) -> AssignmentDates | None:
    """What was written; None where nothing was. Raises :class:`Invalid`, :class:`WrongVersion`."""
    path = dates_path(root, assignment)
    try:
        data: Any = read_json(path, _WHAT)
    except NotFound:
        return None
    again = f"Remove {path}: it is made again from course.yml."
    if not isinstance(data, dict):
        raise Invalid(f"{_WHAT} is damaged: {path} is not a JSON object.", hint=again)
    check_version(f"{_WHAT} {path}", data.get("version"), DATES_VERSION)
    try:
        return AssignmentDates(data["due"], {name: _learner(row) for name, row in data["learners"].items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid(f"{_WHAT} is damaged: {path} holds a line that is no learner's.", hint=again) from error


def _learner(row: dict[str, Any]) -> LearnerDates:
    steps = row["steps"]
    read = None if steps is None else tuple((until, float(percent)) for until, percent in steps)
    found = LearnerDates(**{**row, "steps": read})
    for text in (found.due, found.counted, *(until for until, _ in read or ())):
        if text is not None:
            _moment(text)
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# ------------------------------------------------------------ in the worker


def put_dates(app: Any, assignment: str, write: bool = True) -> list[str]:
    """Make the gradebook's due date, extensions and penalties those of the list; ``write`` false only compares.

    Returns a sentence for each thing that differs, or differed. An assignment that the gradebook does not have yet
    gets its dates when its submissions are recorded.
    """
    from nbgrader.api import MissingEntry

    from course_kit.bridges.nbgrader.config import info_of
    from course_kit.bridges.nbgrader.gradebook import gradebook_errors, make_whole
    from course_kit.bridges.nbgrader.ledger import transaction

    dates, path = read_dates(Path(app.coursedir.root), assignment), info_of(app).database
    if dates is None or (path is not None and not path.exists()):
        return []
    make_whole(app)
    with (
        gradebook_errors(app),
        transaction(app.coursedir.db_url, app.coursedir.course_id, write=write) as gradebook,
    ):
        try:
            known = gradebook.find_assignment(assignment)
        except MissingEntry:
            return []
        found = _put_due(known, dates)
        for submission in known.submissions:
            mine = dates.learners.get(submission.student_id)
            if mine is not None:
                found += put_learner(submission, mine)
                found += put_penalties(submission, mine)
        return found


def put_submission(app: Any, submission: Any, assignment: str, learner: str) -> LearnerDates | None:
    """Before a submission is scored: its due date, extension and time. Returns the learner's dates, or None."""
    dates = read_dates(Path(app.coursedir.root), assignment)
    mine = dates.learners.get(learner) if dates is not None else None
    if dates is None or mine is None:
        return None
    _put_due(submission.assignment, dates)
    put_learner(submission, mine)
    return mine


def _put_due(known: Any, dates: AssignmentDates) -> list[str]:
    due = dates.due
    if due is None and known.duedate is None:
        due = min((one.due for one in dates.learners.values() if one.due is not None), default=None)
    if due is None or known.duedate == _naive(due):
        return []
    before, known.duedate = known.duedate, _naive(due)
    return [f"{known.name} is due {_said(known.duedate)} by course.yml, {_said(before)} in the gradebook"]


def put_learner(submission: Any, mine: LearnerDates) -> list[str]:
    """One submission's extension and time."""
    found = []
    who, due = submission.student_id, submission.assignment.duedate
    if mine.counted is not None and submission.timestamp != _naive(mine.counted):
        before, submission.timestamp = submission.timestamp, _naive(mine.counted)
        found.append(f"{who}: counts as handed in {_said(submission.timestamp)}, {_said(before)} in the gradebook")
    if mine.due is None or due is None:
        return found
    extension = (_naive(mine.due) - due) or None
    if (submission.extension or None) != extension:
        before, submission.extension = submission.duedate, extension
        found.append(f"{who}: is due {_said(_naive(mine.due))} by course.yml, {_said(before)} in the gradebook")
    return found


def put_penalties(submission: Any, mine: LearnerDates) -> list[str]:
    """One submission's late penalties, notebook by notebook, where course.yml has a credit."""
    if mine.steps is None:
        return []
    found = []
    for notebook in submission.notebooks:
        wanted = penalty(mine, float(notebook.score))
        before = float(notebook.late_submission_penalty or 0.0)
        if abs(wanted - before) > 1e-9:
            notebook.late_submission_penalty = wanted or None
            text = f"{wanted:g} points are taken off by course.yml, {before:g} in the gradebook"
            found.append(f"{submission.student_id}: {notebook.name}: {text}")
    return found


def penalty(mine: LearnerDates, score: float) -> float:
    """What is taken off ``score`` points: never less than nothing, nor more than all."""
    return max(0.0, score) * (_FULL - mine.percent) / _FULL


def _naive(text: str) -> datetime:
    """As nbgrader keeps moments: UTC without saying so."""
    return _moment(text).replace(tzinfo=None)


def _said(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def text_of(at: datetime | None) -> str | None:
    """A moment as the list has it."""
    return None if at is None else utc_text(at)
