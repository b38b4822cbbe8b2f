"""How many of the learner's events have left this computer, by submission or sync: what the panel calls unsynced.

``carried.json`` in the data folder. Events are never taken away, so that a count says enough.
"""

from collections.abc import Mapping
from pathlib import Path

from course_kit.errors import CourseKitError
from course_kit.files.atomic import read_json, write_json


def carried(data: Path, course: str) -> int:
    """How many events of ``course`` were carried away so far; 0 where nothing is known."""
    return _read(data).get(course, 0)


def note_carried(data: Path, counts: Mapping[str, int]) -> None:
    """Note that so many events of each course are elsewhere, too."""
    known = _read(data)
    merged = {**known, **{course: max(count, known.get(course, 0)) for course, count in counts.items()}}
    if merged != known:
        write_json(data / "carried.json", {"version": 1, "courses": merged})


def _read(data: Path) -> dict[str, int]:
    try:
        value = read_json(data / "carried.json", "The record of what was carried")
    except (CourseKitError, OSError):
        return {}
    courses = value.get("courses") if isinstance(value, dict) and value.get("version") == 1 else None
    return {key: n for key, n in courses.items() if type(n) is int and n >= 0} if isinstance(courses, dict) else {}
