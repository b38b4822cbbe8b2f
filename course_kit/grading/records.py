"""What earlier runs found out: ``.course-kit/graded/<assignment>.json``, so that a batch that was cut short goes on.

While a batch runs, each submission is one line of ``<assignment>.log`` beside it, on the disk before the next one is
recorded; the file itself is written when the batch ends.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound, check_version
from course_kit.files.atomic import disk_errors, read_json, write_json
from course_kit.grading.places import GradedAssignment, GradingPlace
from course_kit.model.keys import digest, slug

RECORD_VERSION = 2
_OLDER = (1,)
_WHAT = "The record of what was graded"
_MOVE_AWAY = (
    "Restore it from a backup, or move it away and grade again: every submission is then marked once more; scores and "
    "what people graded by hand are in the gradebook and stay."
)
UNSCORED = frozenset({"unreadable", "missing-kernel", "failed", "missing"})
"""Statuses without a score."""


@dataclass(frozen=True)
class Record:
    """One submission's last result: the digest that was marked, by which cells and kernel, and what came of it.

    ``stamp`` finds the digest again cheaply. ``files``, ``settings``, ``limits``, ``proof`` and ``environment``
    (:attr:`Installed.name`): what else it was graded with ("" and {}: by an older course-kit, or not known). By
    notebook: ``keys`` of the cache, and by cell ``works`` (what names the work for decisions), ``verdicts`` (what proof
    found), ``passed`` (whether running it left neither an error nor a warning) and ``flags``. ``held``: cells whose
    points wait for a decision; ``denied``: those whose points were not given after one. ``due``: it was to be run
    again, and no batch came to it yet.
    """

    submission: str
    cells: str
    kernel: str
    status: str
    detail: str
    stamp: str = ""
    files: str = ""
    settings: str = ""
    proof: str = ""
    environment: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    works: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    verdicts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    passed: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    flags: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    held: Mapping[str, list[str]] = field(default_factory=dict)
    denied: Mapping[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0
    due: bool = False

    @property
    def scored(self) -> bool:
        return self.status not in UNSCORED

    def work_of(self, notebook: str, cell: str) -> str:
        """What names the work that a decision on this cell is about; "" where it is not known."""
        return self.works.get(notebook, {}).get(cell, "")


@dataclass(frozen=True)
class State:
    """What was known of an assignment when its last batch ended.

    ``source``: digest and stamp of its source folder as it was looked at; ``tests``: the digest of the source whose
    tests are in force; ``pending``: phrases for changes that wait for a yes; ``carried``: whether changes ever were
    carried into the gradebook, so that what nbgrader graded before may have other tests; ``added``: tests that came
    so, which what was handed in before cannot have. ``gradebook`` is the
    database's stamp, for which ``scores`` holds what :func:`~course_kit.bridges.nbgrader.gradebook.scores` said.
    ``environments``: the packages of each environment that a record names.
    """

    source: str = ""
    stamp: str = ""
    tests: str = ""
    files: str = ""
    pending: tuple[str, ...] = ()
    config: str = ""
    gradebook: str = ""
    scores: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] | None = None
    carried: bool = False
    added: tuple[str, ...] = ()
    environments: Mapping[str, list[str]] = field(default_factory=dict)


class Records:
    """The records of one assignment; every change is on the disk before the next submission begins.

    Raises :class:`Invalid` if the file is damaged and :class:`WrongVersion` if a newer course-kit wrote it; nothing is
    written over it.
    """

    def __init__(self, place: GradingPlace, assignment: GradedAssignment) -> None:
        name = _name(place, assignment)
        self.folder = place.hidden / "graded" / name
        self._path = self.folder.with_name(f"{name}.json")
        self._log = self.folder.with_name(f"{name}.log")
        self.state, self._records = _read(self._path)
        for learner, record in _read_log(self._log):
            self._records[learner] = record

    def get(self, learner: str) -> Record | None:
        return self._records.get(learner)

    def items(self) -> Iterator[tuple[str, Record]]:
        """All learners with their records."""
        return iter(sorted(self._records.items()))

    def put(self, learner: str, record: Record) -> None:
        """Keep one record, durably."""
        self._records[learner] = record
        line = json.dumps({"version": RECORD_VERSION, "learner": learner, **asdict(record)}) + "\n"
        with disk_errors(str(self._log)):
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("ab") as stream:
                # what a kill left of a line is ended, so that it spoils no other
                stream.write(b"\n" + line.encode() if _torn(self._log) else line.encode())
                stream.flush()
                os.fsync(stream.fileno())

    def remember(self, learner: str, record: Record) -> None:
        """Keep what would only have to be found out again (a stamp); durable with :meth:`close`."""
        self._records[learner] = record

    def close(self, state: State) -> None:
        """Write all of it as one file, with what is known of the assignment."""
        self.state = state
        rows = {name: _row(record) for name, record in sorted(self._records.items())}
        write_json(self._path, {"version": RECORD_VERSION, "state": asdict(state), "submissions": rows})
        self._log.unlink(missing_ok=True)


def _name(place: GradingPlace, assignment: GradedAssignment) -> str:
    """By where the root lies within the course, so that a course that is moved, renamed or copied keeps its records."""
    within = Path(os.path.relpath(assignment.root, place.folder)).as_posix()
    name, former = (
        f"{slug(assignment.name)}-{digest([where, assignment.name])[:8]}" for where in (within, str(assignment.root))
    )
    folder = place.hidden / "graded"
    by_older = (folder / f"{former}.json").exists() and not (folder / f"{name}.json").exists()
    return former if by_older else name


class Forgetful(Records):
    """Records that start as those of an assignment and never reach the disk, for trial runs."""

    def put(self, learner: str, record: Record) -> None:
        self._records[learner] = record

    def close(self, state: State) -> None:
        self.state = state


_DEFAULTS = asdict(Record("", "", "", "", ""))


def _row(record: Record) -> dict[str, Any]:
    return {name: value for name, value in asdict(record).items() if value != _DEFAULTS[name] or name in _TEXTS[:5]}


_TEXTS = ("submission", "cells", "kernel", "status", "detail", "stamp", "files", "settings", "proof", "environment")


def _torn(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as stream:
        if stream.seek(0, os.SEEK_END):
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) != b"\n"
    return False


def _read(path: Path) -> tuple[State, dict[str, Record]]:
    try:
        data: Any = read_json(path, _WHAT)
    except NotFound:
        return State(), {}
    except Invalid as error:
        raise Invalid(error.message, hint=_MOVE_AWAY) from error
    if not isinstance(data, dict):
        raise Invalid(f"{_WHAT} is damaged: {path} is not a JSON object.", hint=_MOVE_AWAY)
    version = data.get("version")
    if version not in _OLDER:
        check_version(f"{_WHAT} {path}", version, RECORD_VERSION)
    try:
        records = {name: _record(row) for name, row in data["submissions"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"{_WHAT} is damaged: {path} holds a line that is no submission's.", hint=_MOVE_AWAY) from error
    return _state(data.get("state")), records


def _read_log(path: Path) -> Iterator[tuple[str, Record]]:
    """The lines of a batch that was cut short; one that a kill left unfinished is no record."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            row = json.loads(line)
            if row.pop("version") == RECORD_VERSION:
                yield row.pop("learner"), _record(row)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue


def _record(row: dict[str, Any]) -> Record:
    known = {one.name for one in fields(Record)}
    if not all(isinstance(row[name], str) for name in _TEXTS[:5]):
        raise TypeError("these fields are texts")
    # an older course-kit named the work of a whole notebook: that names none of its tests'
    works = {name: cells for name, cells in row.get("works", {}).items() if not isinstance(cells, str)}
    record = Record(**{name: value for name, value in {**row, "works": works}.items() if name in known})
    if not all(isinstance(getattr(record, name), str) for name in _TEXTS):
        raise TypeError("these fields are texts")
    mappings = (
        record.limits,
        record.keys,
        record.verdicts,
        record.passed,
        record.flags,
        record.held,
        record.denied,
        record.works,
    )
    if not all(isinstance(one, dict) for one in (*mappings, *record.works.values())):
        raise TypeError("these fields are objects")
    if not isinstance(record.due, bool):
        raise TypeError("this field is yes or no")
    return record


def _state(data: Any) -> State:
    """What is known of an assignment only saves work: where it is odd, nothing is known."""
    try:
        found = State(**data)
        pending, added = (tuple(str(one) for one in texts) for texts in (found.pending, found.added))
        known = {name: [str(one) for one in packages] for name, packages in found.environments.items()}
        return replace(found, pending=pending, added=added, environments=known)
    except (TypeError, AttributeError):
        return State()
