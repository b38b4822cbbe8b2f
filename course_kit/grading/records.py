"""What earlier runs found out: ``.course-kit/graded/<assignment>.json``, so that a batch that was cut short goes on."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound
from course_kit.files.atomic import read_json, write_json
from course_kit.grading.places import GradedAssignment, GradingPlace
from course_kit.model.keys import digest, slug

RECORD_VERSION = 1


@dataclass(frozen=True)
class Record:
    """One submission's last result: the digest that was marked, by which cells and kernel, and what came of it."""

    submission: str
    cells: str
    kernel: str
    status: str
    detail: str


class Records:
    """The records of one assignment; every change is on the disk before the next submission begins."""

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
    """A record that cannot be read costs a second marking and nothing else."""
    try:
        data: Any = read_json(path, "The record of what was graded")
        if data["version"] != RECORD_VERSION:
            return {}
        return {name: Record(**row) for name, row in data["submissions"].items()}
    except (NotFound, Invalid, KeyError, TypeError, AttributeError):
        return {}
