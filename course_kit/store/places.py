"""The learner's data folder: who the learner is, and which courses were opened. Standard library only.

Every function takes the folder as ``data``; :func:`data_folder` says which one it is by default.
"""

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError, Invalid, check_version
from course_kit.files.atomic import read_json, write_json
from course_kit.files.lock import FileLock
from course_kit.model.keys import is_key, utc_text

PLACES_VERSION = 1
_RELEASE = re.compile(r"^[0-9a-f]{12,64}$")
_WAIT = 10.0
"""How many seconds one process waits for another that is writing a small file here."""


def data_folder() -> Path:
    """``$COURSE_KIT_DATA``, or the folder for a user's data that the system provides. It need not exist yet."""
    named = os.environ.get("COURSE_KIT_DATA")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("course-kit", appauthor=False)


@dataclass(frozen=True)
class Learner:
    """Who the data folder belongs to: a pseudonym, those that were met on other computers, and what they told us."""

    learner: str
    aliases: tuple[str, ...] = ()
    name: str = ""
    email: str = ""
    id: str = ""

    @property
    def pseudonyms(self) -> tuple[str, ...]:
        """All names that this person's events may bear, the own one first."""
        return (self.learner, *self.aliases)


def local_learner(data: Path) -> Learner:
    """The learner of this folder; the first call makes ``learner.json``, once, whoever else calls at that moment.

    Raises :class:`Invalid` if the file is damaged: a new pseudonym would part the learner from their events.
    """
    path = data / "learner.json"
    if not path.exists():
        with _one_at_a_time(data / "learner.lock", "Making the learner's file"):
            if not path.exists():
                _write_learner(path, Learner(f"p-{secrets.token_hex(8)}"))
    return _read_learner(path)


def save_learner(data: Path, learner: Learner) -> None:
    """Put ``learner`` into ``learner.json``, whole or not at all."""
    with _one_at_a_time(data / "learner.lock", "Writing the learner's file"):
        _write_learner(data / "learner.json", learner)


def add_aliases(data: Path, pseudonyms: Iterable[str]) -> Learner:
    """The local learner, who from now on is also known by ``pseudonyms`` (met on another computer)."""
    local_learner(data)
    with _one_at_a_time(data / "learner.lock", "Writing the learner's file"):
        before = _read_learner(data / "learner.json")
        others = dict.fromkeys([*before.aliases, *pseudonyms])
        after = replace(before, aliases=tuple(name for name in others if name != before.learner))
        if after != before:
            _write_learner(data / "learner.json", after)
    return after


def _one_at_a_time(path: Path, what: str) -> FileLock:
    """A lock where the disk knows locks. Where it knows none, one person's processes seldom meet here, and a learner
    who could not even begin would be worse off."""
    return FileLock(path, what, wait=_WAIT, needed=False)


def _write_learner(path: Path, learner: Learner) -> None:
    write_json(path, {"version": PLACES_VERSION, **asdict(learner)})


def _read_learner(path: Path) -> Learner:
    what, hint = "The learner's file", "Restore it from a backup; only delete it if your progress may start anew."
    value = _read_object(path, what, hint)
    texts = {name: value.get(name, "") for name in ("learner", "name", "email", "id")}
    aliases = value.get("aliases", [])
    is_list = isinstance(aliases, list) and all(_is_name(alias) for alias in aliases)
    if not all(isinstance(text, str) for text in texts.values()) or not _is_name(texts["learner"]) or not is_list:
        raise Invalid(f"{what} is damaged: {path} lacks the learner's pseudonym or holds no text there.", hint=hint)
    return Learner(aliases=tuple(aliases), **texts)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 300


def _read_object(path: Path, what: str, hint: str) -> dict[str, Any]:
    """The JSON object at ``path``, of our version. Raises :class:`Invalid` (damaged) or :class:`WrongVersion`."""
    value = read_json(path, what)
    if not isinstance(value, dict):
        raise Invalid(f"{what} is damaged: {path} is not a JSON object.", hint=hint)
    check_version(f"{what} {path}", value.get("version"), PLACES_VERSION)
    return value


# ---------------------------------------------------------------- the courses that were opened


@dataclass(frozen=True)
class Workspace:
    """A learner's copy of a course; ``opened_at`` is UTC text (so that text order is time order)."""

    course: str
    folder: Path
    opened_at: str


def remember_workspace(data: Path, course: str, folder: Path, at: datetime) -> None:
    """Note that the copy in ``folder`` was opened at ``at``. A folder is listed once."""
    place = folder.resolve()
    with _one_at_a_time(data / "workspaces.lock", "Noting the open courses"):
        others = [known for known in workspaces(data) if known.folder != place]
        listed = [*others, Workspace(course, place, utc_text(at))]
        entries = [{"course": w.course, "folder": str(w.folder), "opened_at": w.opened_at} for w in listed]
        write_json(data / "workspaces.json", {"version": PLACES_VERSION, "workspaces": entries})


def workspaces(data: Path) -> list[Workspace]:
    """The learner's copies of courses, the last opened first. Raises :class:`Invalid` if the list is damaged."""
    path = data / "workspaces.json"
    if not path.exists():
        return []
    hint = "Delete that file and open your courses again; nothing else is lost."
    entries = _read_object(path, "The list of open courses", hint).get("workspaces")
    found = [_workspace(entry) for entry in entries] if isinstance(entries, list) else [None]
    known = [workspace for workspace in found if workspace is not None]
    if len(known) < len(found):
        raise Invalid(f"The list of open courses is damaged: {path}.", hint=hint)
    return sorted(known, key=lambda workspace: workspace.opened_at, reverse=True)


def _workspace(entry: object) -> Workspace | None:
    if not isinstance(entry, dict):
        return None
    course, folder, opened_at = (entry.get(name) for name in ("course", "folder", "opened_at"))
    if not (isinstance(course, str) and isinstance(folder, str) and isinstance(opened_at, str)):
        return None
    return Workspace(course, Path(folder), opened_at)


def find_workspace(path: Path) -> Path | None:
    """The folder with a release's ``release.json`` that holds ``path`` (a file or folder, or one that is to be).

    The nearest such folder above the resolved path; but a copy that a workspace keeps in its own ``.course-kit``
    (the base of merges) belongs to that workspace. A damaged ``release.json`` counts, so that its reader can say so.
    """
    place = path.resolve()
    found = [folder for folder in (place, *place.parents) if _is_release(folder)]
    nearest = found[0] if found else None
    for outer in found[1:]:
        if nearest is not None and nearest.is_relative_to(outer / ".course-kit"):
            nearest = outer
    return nearest


def _is_release(folder: Path) -> bool:
    path = folder / "release.json"
    try:
        if not path.is_file():
            return False
        value = read_json(path, "The release")
    except (CourseKitError, OSError):
        return path.exists()
    return isinstance(value, dict) and "release" in value and "course" in value


# ---------------------------------------------------------------- outlines and snapshots: caches, never the truth


def save_outline(data: Path, manifest: Mapping[str, Any]) -> None:
    """Keep a release's ``release.json``, so that its events can be understood when the copy is gone.

    Saving it again makes it the latest of its course. Raises :class:`Invalid` if it names no release.
    """
    release = manifest.get("release")
    if not isinstance(release, str) or not _RELEASE.match(release):
        raise Invalid("An outline without its release's hash cannot be kept.", hint="Open the release again.")
    write_json(data / "outlines" / f"{release}.json", dict(manifest))


def outline(data: Path, release: str) -> dict[str, Any] | None:
    """The ``release.json`` of that release (its hash, or the first 12 digits or more), or None if it is not known."""
    if not _RELEASE.match(release):
        return None
    exact = data / "outlines" / f"{release}.json"
    paths = [exact] if exact.exists() else sorted((data / "outlines").glob(f"{release}*.json"))
    return next((manifest for path in paths if (manifest := _read_cache(path)) is not None), None)


def latest_outline(data: Path, course: str) -> dict[str, Any] | None:
    """The outline of ``course`` that was saved last, or None if none is known."""
    paths = sorted((data / "outlines").glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in reversed(paths):
        manifest = _read_cache(path)
        outlined = None if manifest is None else manifest.get("course")
        if isinstance(outlined, dict) and outlined.get("key") == course:
            return manifest
    return None


def snapshot_path(data: Path, course: str, lesson: str) -> Path | None:
    """Where the last answers of a lesson are kept; None if these are no keys (and might climb out of the folder)."""
    return data / "snapshots" / course / f"{lesson}.json" if is_key(course) and is_key(lesson) else None


def read_snapshot(data: Path, course: str, lesson: str) -> dict[str, dict[str, Any]]:
    """The last answers of a lesson by ``quiz/item``; empty where there are none or the file is damaged."""
    path = snapshot_path(data, course, lesson)
    snapshot = None if path is None else _read_cache(path)
    items = {} if snapshot is None or snapshot.get("version") != PLACES_VERSION else snapshot.get("items")
    return {name: item for name, item in items.items() if isinstance(item, dict)} if isinstance(items, dict) else {}


def _read_cache(path: Path) -> dict[str, Any] | None:
    """A JSON object, or None where it cannot be read: a cache that is damaged is as good as none."""
    try:
        value = read_json(path, path.name)
    except (CourseKitError, OSError):
        return None
    return value if isinstance(value, dict) else None
