"""The way from the journals into the store: each acknowledged event once, whatever is killed when.

The order of the steps is what holds this: append (committed), then what follows from it, then delete a journal that
nobody writes any more. Whatever is cut short is done again, and doing it again changes nothing.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from course_kit.errors import Busy, CourseKitError, Invalid, WrongVersion
from course_kit.files.lock import FileLock, try_lock
from course_kit.model.course import Course
from course_kit.model.events import EVENT_VERSION, WRITERS, Event, read_event
from course_kit.model.progress import Progress, progress_of
from course_kit.store.asides import retry
from course_kit.store.contract import Appended, ProgressStore
from course_kit.store.decisions import decide
from course_kit.store.journal import MAX_LINE, Line, journal_paths, journal_writer, scan
from course_kit.store.kept import tally_of
from course_kit.store.places import latest_outline, outline
from course_kit.store.snapshots import renew_snapshots

_BATCH = 500
_TORN = "The line was cut short: whoever wrote it ended before it was acknowledged."


@dataclass(frozen=True)
class Ingested:
    """What one pass did, decisions included. ``bad``: lines that are no events. ``skipped``: others did it."""

    stored: int = 0
    duplicates: int = 0
    conflicts: int = 0
    bad: int = 0
    skipped: bool = False

    def plus(self, appended: Appended, bad: int = 0) -> "Ingested":
        return Ingested(
            self.stored + appended.stored,
            self.duplicates + appended.duplicates,
            self.conflicts + appended.conflicts,
            self.bad + bad,
        )


@dataclass
class _Place:
    """How far a journal has been read: bytes and lines; and whether it holds events of a newer course-kit."""

    offset: int = 0
    lines: int = 0
    from_the_future: bool = False


@dataclass(frozen=True)
class _Touched:
    """Whose course got events from which release; ``lesson`` is None where an event names none."""

    learner: str
    course: str
    release: str
    lesson: str | None


class Ingester:
    """Reads the journals in ``data`` into ``store``, which belongs to one person, under however many pseudonyms.

    A long-lived one remembers how far it has read; a new one reads again from the start, and skips what is there.
    """

    def __init__(self, data: Path, store: ProgressStore) -> None:
        self._data, self._store = data, store
        self._places: dict[Path, _Place] = {}
        self._touched: set[_Touched] = set()
        self._has_retried = False

    def ingest(self, at: datetime, *, wait: float = 5.0) -> Ingested:
        """One pass over all journals, at ``at``. Only one process at a time does this; if another still is at it
        after ``wait`` seconds, the pass is ``skipped`` and nothing was done.

        A line that cannot be read, or whose kind does not belong to the journal's writer, is set aside and stops
        nothing. Raises as the store does; then the journals are untouched and the next pass starts where this did.
        """
        try:
            # each step bears being done twice, also at once: without locks it is only done more often
            with FileLock(self._data / "ingest.lock", "Taking in events", wait=wait, needed=False):
                return self._ingest(at)
        except Busy:
            return Ingested(skipped=True)

    def _ingest(self, at: datetime) -> Ingested:
        done, finished = Ingested(), {}
        if not self._has_retried:
            done = done.plus(Appended(stored=retry(self._store, at).taken))
            self._has_retried = True
        journals = journal_paths(self._data / "journals")
        self._places = {path: self._places.get(path, _Place()) for path in journals}
        for path, place in self._places.items():
            stream = _open(path)
            if stream is None:
                continue
            with stream:
                is_ours = _lock(stream)
                done = self._read(path, stream, place, done, at)
                if is_ours:
                    done = self._take_torn(path, stream, place, done, at)
                    finished[path] = stream.tell()
        done = self._conclude(done, at)
        for path, size in finished.items():
            if not self._places[path].from_the_future:
                _delete(path, size)
        return done

    def _read(self, path: Path, stream: IO[bytes], place: _Place, done: Ingested, at: datetime) -> Ingested:
        writer, lines = journal_writer(path), scan(stream, place.offset, place.lines)
        while batch := list(islice(lines, _BATCH)):
            events, bad = [], 0
            for line in batch:
                try:
                    events.append(_event(line, writer))
                except CourseKitError as error:
                    bad += 1
                    if _is_newer(error):
                        place.from_the_future = True
                    else:
                        self._store.set_aside(_text(line.raw), _reason(path, line.number, error.message), at)
            done = done.plus(self._store.append(events, at), bad)
            self._touched |= {_touch(event) for event in events}
            place.offset, place.lines = batch[-1].end, batch[-1].number
        return done

    def _take_torn(self, path: Path, stream: IO[bytes], place: _Place, done: Ingested, at: datetime) -> Ingested:
        """Set aside what a writer that is gone left without a newline; nobody was told that it was taken."""
        stream.seek(place.offset)
        torn = stream.read(MAX_LINE)
        place.offset = stream.seek(0, os.SEEK_END)
        if not torn.strip(b"\0"):
            return done
        self._store.set_aside(_text(torn), _reason(path, place.lines + 1, _TORN), at)
        return done.plus(Appended(), 1)

    def _conclude(self, done: Ingested, at: datetime) -> Ingested:
        """Record what follows from the events that came, and renew the snapshots of their lessons."""
        for key in sorted({touched.course for touched in self._touched}):
            here = {touched for touched in self._touched if touched.course == key}
            tally = tally_of(self._store, key)
            for learner, release in sorted({(touched.learner, touched.release) for touched in here}):
                course = self._outline(key, release)
                if course is not None:
                    made = decide(course, tally, learner=learner, release=release, at=at)
                    done = done.plus(self._store.append(made, at))
            lessons = {touched.lesson for touched in here if touched.lesson is not None}
            renew_snapshots(self._data, self._store, key, lessons, self._outline(key, ""))
        self._touched.clear()
        return done

    def _outline(self, course: str, release: str) -> Course | None:
        """The outline of ``release``, or else the latest of ``course``; None if there is none that can be read."""
        for manifest in (outline(self._data, release), latest_outline(self._data, course)):
            with suppress(ValidationError, KeyError):
                found = Course.model_validate(manifest["course"]) if manifest is not None else None
                if found is not None and found.key == course:
                    return found
        return None


def _open(path: Path) -> IO[bytes] | None:
    """The journal, for writing where that is allowed (some disks lock nothing else); None if it is gone."""
    try:
        return path.open("r+b")
    except FileNotFoundError:
        return None
    except PermissionError:
        return path.open("rb")


def _lock(stream: IO[bytes]) -> bool:
    """Whether nobody writes this journal any more. Where the disk knows no locks, nobody can tell."""
    try:
        return try_lock(stream)
    except OSError:
        return False


def _delete(path: Path, size: int) -> None:
    """Delete a journal that was read up to ``size``, unless somebody took it over after all."""
    with suppress(OSError):
        stream = path.open("r+b")
        with stream:
            is_done = _lock(stream) and stream.seek(0, os.SEEK_END) == size
            if is_done and os.name == "posix":
                path.unlink()
        if is_done and os.name != "posix":
            path.unlink()  # fails, as it should, while anybody has the file open


def _event(line: Line, writer: str) -> Event:
    """The line's event. Raises :class:`Invalid` if it is none, or of a kind that this writer may not write."""
    if line.event is None:
        raise Invalid(line.reason)
    event = read_event(line.event)
    if writer not in WRITERS[event.kind]:
        raise Invalid(f"A {writer}'s journal may not hold {event.kind}.")
    return event


def _is_newer(error: CourseKitError) -> bool:
    """Whether a newer course-kit wrote this: its journal stays until one that can read it comes by."""
    return isinstance(error, WrongVersion) and type(error.found) is int and error.found > EVENT_VERSION


def _touch(event: Event) -> _Touched:
    return _Touched(event.learner, event.course, event.release, getattr(event.fact, "lesson", None))


def _reason(path: Path, number: int, message: str) -> str:
    return f"{path.name}, line {number}: {message}"


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace").removesuffix("\n")


def local_progress(data: Path, course: Course, *, at: datetime | None = None) -> Progress:
    """One's own progress in ``course``: takes in the journals (``at`` is now by default), reads what is kept.

    The local store belongs to one person: events under every pseudonym count.
    """
    from course_kit.store.sql import SqlStore

    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(at or datetime.now(UTC))
        return progress_of(course, tally_of(store, course.key))
