"""What collecting found out about each submission in its place: ``.course-kit/collected/index.json``."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.errors import Invalid, NotFound, check_version
from course_kit.files.atomic import read_json, write_json
from course_kit.grading.places import GradedAssignment, GradingPlace
from course_kit.grading.staging import submission_digest

INDEX_VERSION = 1
_WHAT = "The list of what was collected"
_MOVE_AWAY = (
    "Restore it from a backup; or move it away and collect again what came in: then only the receipts' digests of what "
    "is not collected again are lost."
)


@dataclass(frozen=True)
class Origin:
    """Where a submission came from. ``submission``: the receipt's digest; ``content``: ours of the folder.

    ``submitted_at`` by its own clock; ``received``: when it was first collected ("": by an older course-kit).
    """

    submission: str
    submitted_at: str
    content: str
    release: str = ""
    received: str = ""


class Index:
    """Origins by learner and assignment key.

    Raises :class:`Invalid` if the list is damaged and :class:`WrongVersion` if a newer course-kit wrote it: it names
    the receipts that learners hold, and nothing is written over it.
    """

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
        try:
            data: Any = read_json(self._path, _WHAT)
        except NotFound:
            return {}
        except Invalid as error:
            raise Invalid(error.message, hint=_MOVE_AWAY) from error
        if not isinstance(data, dict):
            raise Invalid(f"{_WHAT} is damaged: {self._path} is not a JSON object.", hint=_MOVE_AWAY)
        check_version(f"{_WHAT} {self._path}", data.get("version"), INDEX_VERSION)
        try:
            return dict(_row(row) for row in data["submissions"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Invalid(
                f"{_WHAT} is damaged: {self._path} holds a line that is no submission's.", hint=_MOVE_AWAY
            ) from error


def _row(row: dict[str, str]) -> tuple[tuple[str, str], Origin]:
    if not all(isinstance(value, str) for value in row.values()):
        raise TypeError("every field is a text")
    fields = dict(row)
    key = fields.pop("learner"), fields.pop("assignment")
    origin = Origin(**fields)
    datetime.fromisoformat(origin.submitted_at)
    if origin.received:
        datetime.fromisoformat(origin.received)
    return key, origin


def submission_id(
    place: GradingPlace,
    assignment: GradedAssignment,
    info: CourseInfo,
    learner: str,
    *,
    index: Index | None = None,
    content: str = "",
) -> str:
    """What names a learner's present submission: the receipt's digest if it came as one, else that of its files.

    ``index`` and ``content`` (the files' digest): where they are known already.
    """
    content = content or submission_digest(info.submitted_folder(learner, assignment.name))
    origin = (index or Index(place)).get(learner, assignment.key)
    return origin.submission if origin is not None and origin.content == content and origin.submission else content
