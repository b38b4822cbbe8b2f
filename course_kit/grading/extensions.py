"""Extensions that single learners were given: ``.course-kit/extensions.json``, which no release ever holds."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from course_kit.errors import Invalid, NotFound, check_version
from course_kit.files.atomic import read_json, write_json
from course_kit.files.lock import FileLock
from course_kit.grading.places import GradingPlace
from course_kit.model.keys import utc_text
from course_kit.model.when import Override

EXTENSIONS_VERSION = 1
_WHAT = "The list of extensions"
_AGAIN = "Restore it from a backup, or move it away and give the extensions again with `course-kit extend`."


class Extensions:
    """Overrides by assignment key, one a learner; every change is on the disk when it returns.

    Raises :class:`Invalid` if the list is damaged and :class:`WrongVersion` if a newer course-kit wrote it.
    """

    def __init__(self, place: GradingPlace) -> None:
        self._path, self._lock = extensions_path(place.folder), place.hidden / "locks" / "extensions"
        self._rows = self._read()

    def of(self, assignment: str) -> tuple[Override, ...]:
        """Those of one assignment."""
        return tuple(override for (key, _), (override, _) in sorted(self._rows.items()) if key == assignment)

    def given_to(self, learner: str) -> tuple[tuple[str, Override], ...]:
        """Those of one learner, each with its assignment."""
        return tuple((key, override) for (key, whose), (override, _) in sorted(self._rows.items()) if whose == learner)

    def learners(self) -> frozenset[str]:
        """Everyone who has one."""
        return frozenset(learner for _, learner in self._rows)

    def put(self, assignment: str, override: Override, *, at: datetime) -> None:
        """Give one, in the place of what that learner had for that assignment."""
        with FileLock(self._lock, "Writing extensions"):
            self._rows = self._read()
            self._rows[assignment, override.learner] = (override, utc_text(at))
            self._write()

    def remove(self, assignment: str, learner: str) -> bool:
        """Take one back; whether there was one."""
        with FileLock(self._lock, "Writing extensions"):
            self._rows = self._read()
            if self._rows.pop((assignment, learner), None) is None:
                return False
            self._write()
            return True

    def _write(self) -> None:
        rows = [
            {"assignment": key, "given": given, **override.model_dump(mode="json", exclude_defaults=True)}
            for (key, _), (override, given) in sorted(self._rows.items(), key=lambda row: row[0])
        ]
        write_json(self._path, {"version": EXTENSIONS_VERSION, "extensions": rows})

    def _read(self) -> dict[tuple[str, str], tuple[Override, str]]:
        try:
            data: Any = read_json(self._path, _WHAT)
        except NotFound:
            return {}
        except Invalid as error:
            raise Invalid(error.message, hint=_AGAIN) from error
        if not isinstance(data, dict):
            raise Invalid(f"{_WHAT} is damaged: {self._path} is not a JSON object.", hint=_AGAIN)
        check_version(f"{_WHAT} {self._path}", data.get("version"), EXTENSIONS_VERSION)
        try:
            return dict(_row(row) for row in data["extensions"])
        except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
            raise Invalid(f"{_WHAT} is damaged: {self._path} holds a line that is none.", hint=_AGAIN) from error


def extensions_path(course_folder: Path) -> Path:
    return course_folder / ".course-kit" / "extensions.json"


def _row(row: Mapping[str, Any]) -> tuple[tuple[str, str], tuple[Override, str]]:
    fields = dict(row)
    assignment, given = str(fields.pop("assignment")), str(fields.pop("given", ""))
    override = Override.model_validate(fields)
    if not override.learner:
        raise ValueError("an extension is one learner's")
    return (assignment, override.learner), (override, given)
