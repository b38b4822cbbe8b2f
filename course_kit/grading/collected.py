"""What collecting found out about each submission in its place: ``.course-kit/collected/index.json``."""

from dataclasses import asdict, dataclass
from typing import Any

from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.errors import Invalid, NotFound
from course_kit.files.atomic import read_json, write_json
from course_kit.grading.places import GradedAssignment, GradingPlace
from course_kit.grading.staging import submission_digest

INDEX_VERSION = 1


@dataclass(frozen=True)
class Origin:
    """Where a submission came from. ``submission``: the receipt's digest; ``content``: ours of the folder."""

    submission: str
    submitted_at: str
    content: str
    release: str = ""


class Index:
    """Origins by learner and assignment key."""

    def __init__(self, place: GradingPlace) -> None:
        self._path = place.hidden / "collected" / "index.json"
        self._origins = self._read()

    def get(self, learner: str, assignment: str) -> Origin | None:
        return self._origins.get((learner, assignment))

    def put(self, learner: str, assignment: str, origin: Origin) -> None:
        self._origins[learner, assignment] = origin
        rows = [
            {"learner": learner, "assignment": key, **asdict(origin)}
            for (learner, key), origin in sorted(self._origins.items())
        ]
        write_json(self._path, {"version": INDEX_VERSION, "submissions": rows})

    def _read(self) -> dict[tuple[str, str], Origin]:
        """An index that cannot be read costs the receipts' digests and nothing else."""
        try:
            data: Any = read_json(self._path, "The list of what was collected")
            if data["version"] != INDEX_VERSION:
                return {}
            rows = [dict(row) for row in data["submissions"]]
            return {(row.pop("learner"), row.pop("assignment")): Origin(**row) for row in rows}
        except (NotFound, Invalid, KeyError, TypeError, AttributeError):
            return {}


def submission_id(place: GradingPlace, assignment: GradedAssignment, info: CourseInfo, learner: str) -> str:
    """What names a learner's present submission: the receipt's digest if it came as one, else that of its files."""
    content = submission_digest(info.submitted_folder(learner, assignment.name))
    origin = Index(place).get(learner, assignment.key)
    return origin.submission if origin is not None and origin.content == content and origin.submission else content
