"""What earlier runs found out: ``.course-kit/graded/<assignment>.json``, so that a batch that was cut short goes on."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound, check_version
from course_kit.files.atomic import read_json, write_json
from course_kit.grading.places import GradedAssignment, GradingPlace
from course_kit.model.keys import digest, slug

RECORD_VERSION = 1
_WHAT = "The record of what was graded"
_MOVE_AWAY = (
    "Restore it from a backup, or move it away and grade again: every submission is then marked once more; scores and "
    "what people graded by hand are in the gradebook and stay."
)


@dataclass(frozen=True)
class Record:
    """One submission's last result: the digest that was marked, by which cells and kernel, and what came of it."""

    submission: str
    cells: str
    kernel: str
    status: str
    detail: str


class Records:
    """The records of one assignment; every change is on the disk before the next submission begins.

    Raises :class:`Invalid` if the file is damaged and :class:`WrongVersion` if a newer course-kit wrote it; nothing is
    written over it.
    """

    def __init__(self, place: GradingPlace, assignment: GradedAssignment) -> None:
        name = f"{slug(assignment.name)}-{digest([str(assignment.root), assignment.name])[:8]}.json"
        self._path = place.hidden / "graded" / name
        self._records = _read(self._path)

    def get(self, learner: str) -> Record | None:
        return self._records.get(learner)

    def put(self, learner: str, record: Record) -> None:
        self._records[learner] = record
        rows = {name: asdict(row) for name, row in sorted(self._records.items())}
        write_json(self._path, {"version": RECORD_VERSION, "submissions": rows})


def _read(path: Path) -> dict[str, Record]:
    try:
        data: Any = read_json(path, _WHAT)
    except NotFound:
        return {}
    except Invalid as error:
        raise Invalid(error.message, hint=_MOVE_AWAY) from error
    if not isinstance(data, dict):
        raise Invalid(f"{_WHAT} is damaged: {path} is not a JSON object.", hint=_MOVE_AWAY)
    check_version(f"{_WHAT} {path}", data.get("version"), RECORD_VERSION)
    try:
        return {name: _record(row) for name, row in data["submissions"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"{_WHAT} is damaged: {path} holds a line that is no submission's.", hint=_MOVE_AWAY) from error


def _record(row: dict[str, str]) -> Record:
    if not all(isinstance(value, str) for value in row.values()):
        raise TypeError("every field is a text")
    return Record(**row)
