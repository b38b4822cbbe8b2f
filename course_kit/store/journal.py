"""Journals: where a process first writes what happened. One append-only file a process, standard library only.

A line is one event in JSON. A writer holds an advisory lock on its file while it lives, so that whoever reads the
journals into the store knows when a file will not grow any more.
"""

import json
import os
import re
import secrets
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, NamedTuple, Self

from course_kit.errors import Invalid, Unavailable
from course_kit.files.atomic import disk_errors, sync_folder
from course_kit.files.lock import try_lock
from course_kit.model.keys import is_event_id, utc_text, uuid7

EVENT_VERSION = 1
MAX_LINE = 1_000_000
"""The longest line, in bytes: no event comes near it, and a damaged file cannot fill the memory."""
_NAME = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(kernel|page|server)\.jsonl$")
_open_journals: "weakref.WeakSet[Journal]" = weakref.WeakSet()


class Journal:
    """One process's journal in ``folder``. Safe for threads; a forked child goes on in a file of its own.

    The file is made by the first :meth:`append`. ``writer`` says which kinds of facts belong in it.
    """

    def __init__(
        self, folder: Path, *, learner: str, course: str, release: str, writer: Literal["kernel", "page", "server"]
    ) -> None:
        self._folder, self._writer = folder, writer
        self._stamps = {"learner": learner, "course": course, "release": release}
        self._stream: IO[bytes] | None = None
        self._path: Path | None = None
        self._end = 0
        self._last_id = (0, 0)
        self._lock = threading.Lock()
        _open_journals.add(self)

    @property
    def path(self) -> Path | None:
        """The file that is being written, if there is one."""
        return self._path

    def append(
        self,
        facts: Sequence[Mapping[str, Any]],
        at: datetime | Sequence[datetime] | None = None,
        event_ids: Sequence[str | None] | None = None,
    ) -> list[dict[str, Any]]:
        """Write ``facts`` (JSON objects with a ``kind``) and return their events once they are on the disk.

        ``at`` is one aware time for all or one for each, by default now; ``event_ids`` are made here (also where one
        is None) unless whoever saw the facts made them. Events of one time stand in the order of their facts. Raises
        :class:`Invalid` if a fact cannot be written as JSON, :class:`Unavailable` if the disk refuses; then none of
        them was taken.
        """
        if not facts:
            return []
        with self._lock:
            events = self._events(facts, at, event_ids)
            content = b"".join(_line(event) for event in events)
            with _refusals():
                self._write(content)
        return events

    def close(self) -> None:
        """Let the file go: it is now the reader's. A later :meth:`append` begins another."""
        with self._lock:
            self._retire()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _events(
        self,
        facts: Sequence[Mapping[str, Any]],
        at: datetime | Sequence[datetime] | None,
        event_ids: Sequence[str | None] | None,
    ) -> list[dict[str, Any]]:
        times = [at or datetime.now(UTC)] * len(facts) if at is None or isinstance(at, datetime) else list(at)
        given: list[str | None] = [None] * len(facts) if event_ids is None else list(event_ids)
        if not len(facts) == len(times) == len(given):
            raise Invalid("Each fact needs one time and one id.", hint="This is a fault in course-kit: report it.")
        ids = [self._next_id(time) if known is None else known for time, known in zip(times, given, strict=True)]
        if not all(is_event_id(event_id) for event_id in ids):
            raise Invalid("An event id is not a UUID in lower case.", hint="Reload the page and try again.")
        return [
            {
                "version": EVENT_VERSION,
                "event_id": event_id,
                "at": utc_text(time),
                **self._stamps,
                "fact": dict(fact),
            }
            for fact, time, event_id in zip(facts, times, ids, strict=True)
        ]

    def _next_id(self, at: datetime) -> str:
        """Ids of one millisecond count up (RFC 9562, section 6.2, method 2), so that equal times keep their order."""
        moment = int(at.timestamp() * 1000)
        before, bits = self._last_id
        bits = bits + 1 + secrets.randbits(32) if moment == before else secrets.randbits(73)
        self._last_id = (moment, bits)
        return uuid7(at, bits)

    def _write(self, content: bytes) -> None:
        stream = self._stream or self._begin()
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[stream.write(rest) :]
            os.fsync(stream.fileno())
        except BaseException:
            # Nobody was told of these events. The next append begins a new file: a reader may have seen the half
            # line here, and no later line may stand where it stood.
            with suppress(OSError):
                os.ftruncate(stream.fileno(), self._end)
            self._retire()
            raise
        self._end += len(content)

    def _begin(self) -> IO[bytes]:
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            sync_folder(self._folder.parent)
        while True:
            path = self._folder / f"{uuid7(datetime.now(UTC), secrets.randbits(73))}.{self._writer}.jsonl"
            stream = open(path, "ab", buffering=0, opener=_create)  # noqa: SIM115 - open for as long as we live
            if _own(stream, path):
                break
            stream.close()
        try:
            sync_folder(self._folder)
        except BaseException:
            stream.close()
            raise
        self._stream, self._path, self._end = stream, path, 0
        return stream

    def _retire(self) -> None:
        stream, path = self._stream, self._path
        self._stream = self._path = None
        if stream is None or path is None:
            return
        stream.close()
        if self._end == 0:
            with suppress(OSError):
                path.unlink()

    def _in_child(self) -> None:
        """After a fork: the file and its lock are the parent's, and a thread there may have held our mutex."""
        self._lock = threading.Lock()
        stream, self._stream, self._path, self._last_id = self._stream, None, None, (0, 0)
        if stream is not None:
            stream.close()


def _all_in_child() -> None:
    for journal in list(_open_journals):
        journal._in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_all_in_child)


def _create(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


def _own(stream: IO[bytes], path: Path) -> bool:
    """Whether the new file is ours and still there: a reader may have taken it for a dead writer's and deleted it.

    Where the disk knows no locks (some network disks) readers cannot lock either, and delete nothing.
    """
    try:
        if not try_lock(stream):
            return False
    except OSError:
        return True
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _line(event: Mapping[str, Any]) -> bytes:
    try:
        line = json.dumps(event, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(
            f"A fact cannot be written as JSON: {error}.", hint="Give the answer in a plainer form."
        ) from error
    if len(line) > MAX_LINE:
        raise Invalid("A fact is longer than an event may be.", hint="Give a shorter answer.")
    return line


@contextmanager
def _refusals() -> Iterator[None]:
    """Whatever the disk refuses becomes :class:`Unavailable`."""
    try:
        with disk_errors("What you did here"):
            yield
    except OSError as error:
        raise Unavailable(
            f"What you did here could not be written to the disk: {error}.",
            hint="Check the disk that holds your course-kit folder, then do it again.",
        ) from error


# ---------------------------------------------------------------- reading


class Line(NamedTuple):
    """One line of a journal: an event's JSON object, or the ``reason`` why it is none. ``end`` is where it ends."""

    number: int
    raw: bytes
    end: int
    event: dict[str, Any] | None
    reason: str


def journal_paths(folder: Path) -> list[Path]:
    """The journals in ``folder``, the oldest first. Files of other names are not journals."""
    try:
        return sorted(path for path in folder.iterdir() if _NAME.match(path.name))
    except FileNotFoundError:
        return []


def journal_writer(path: Path) -> str:
    """Who wrote it: ``kernel``, ``page`` or ``server``. Raises :class:`Invalid` if the name is no journal's."""
    match = _NAME.match(path.name)
    if match is None:
        raise Invalid(f"{path.name} is not a journal.", hint="Journals are made by course-kit alone.")
    return match[1]


def scan(stream: IO[bytes], offset: int = 0, number: int = 0) -> Iterator[Line]:
    """The whole lines of an open journal from ``offset``, ``number`` lines into it. Never raises on any bytes.

    A last line without its newline is not given out: it is being written, or was never acknowledged.
    """
    stream.seek(offset)
    while True:
        raw = stream.readline(MAX_LINE + 1)
        length, too_long = len(raw), len(raw) > MAX_LINE
        while raw and not raw.endswith(b"\n") and len(raw) > MAX_LINE:
            more = stream.readline(MAX_LINE + 1)
            if not more:
                return
            length += len(more)
            raw = raw[:MAX_LINE] + more[-1:] if more.endswith(b"\n") else raw
        if not raw.endswith(b"\n"):
            return
        offset, number = offset + length, number + 1
        if too_long:
            yield Line(number, raw[:200], offset, None, "The line is longer than any event; its beginning is kept.")
        else:
            yield _parse(number, raw, offset)


def _parse(number: int, raw: bytes, end: int) -> Line:
    try:
        value = json.loads(raw, parse_constant=_no_constant)
    except _NotANumber:
        return Line(number, raw, end, None, "It holds a number that JSON does not know (NaN or Infinity).")
    except (ValueError, RecursionError):
        return Line(number, raw, end, None, "The line is not JSON.")
    if not isinstance(value, dict):
        return Line(number, raw, end, None, "The line is not a JSON object.")
    return Line(number, raw, end, value, "")


class _NotANumber(Exception):
    pass


def _no_constant(name: str) -> Any:
    raise _NotANumber(name)


def read_journal(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], list[tuple[int, str]], int]:
    """The events in a journal from ``offset`` bytes on, the bad lines (number, reason), and where the reading ended.

    Lines are numbered from 1 at ``offset``. A journal that has been read into the store meanwhile is gone: no events.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return [], [], offset
    events: list[dict[str, Any]] = []
    bad: list[tuple[int, str]] = []
    with stream:
        for line in scan(stream, offset):
            offset = line.end
            if line.event is None:
                bad.append((line.number, line.reason))
            else:
                events.append(line.event)
    return events, bad, offset
