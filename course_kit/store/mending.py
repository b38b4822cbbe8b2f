"""Keeping a store's file sound: look through it, make its kept progress anew, copy it, bring a copy back."""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from course_kit.errors import Invalid, NotFound, Unavailable, WrongVersion
from course_kit.files.atomic import disk_errors, sync_folder
from course_kit.files.lock import FileLock
from course_kit.model.keys import utc_text
from course_kit.store.asides import Retried, retry
from course_kit.store.locking import locks_hold
from course_kit.store.sql import SCHEMA, SqlStore
from course_kit.store.sql.opening import (
    check_header,
    connect,
    database_errors,
    dotfile_note,
    is_on_network,
    set_journal_mode,
)

Progress = Callable[[int, int, str], None]
_PAGES = 512
_EVENTS = 1000


def _silent(done: int, total: int, what: str) -> None: ...


@dataclass(frozen=True)
class Checked:
    """What was looked through, and what is wrong (``faults``) or worth knowing (``notes``), in sentences."""

    events: int
    learners: int
    set_asides: int
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def check(path: Path, *, progress: Progress = _silent) -> Checked:
    """Look through the store at ``path`` and change nothing: the file, every event, every kept tally, the locks.

    It can be stopped at any moment. Raises :class:`NotFound`, and :class:`Invalid` where it cannot be opened at all.
    """
    _must_exist(path)
    check_header(path)
    faults: list[str] = []
    progress(0, 0, "the file")
    with database_errors(path), closing(connect(path)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    faults += [f"The file is damaged: {line}." for line in found if line != "ok"]
    with SqlStore.open(path) as store:
        events = _check_events(path, faults, progress)
        names = store.names()
        for number, (course, learner) in enumerate(names):
            progress(number, len(names), "kept progress")
            with suppress(Invalid):  # said above, once for each event
                if store.differs(course, learner):
                    faults.append(f"What is kept of {learner} in {course} is not what the events come to.")
        back = sorted({learner for _, learner in names} & set(store.erased()))
        faults += [f"There are events of {name}, who was erased." for name in back]
        asides = len(store.set_asides())
        counts = events, len({learner for _, learner in names}), asides
    return Checked(*counts, faults=tuple(faults), notes=tuple(_notes(path, asides)))


def _check_events(path: Path, faults: list[str], progress: Progress) -> int:
    """Read every row by itself, so that one that is damaged does not hide the others."""
    from course_kit.model.events import Event

    with database_errors(path), closing(connect(path)) as connection:
        (total,) = connection.execute("SELECT count(*) FROM events").fetchone()
        rows = connection.execute("SELECT event_id, order_at, learner, course, payload FROM events")
        for number, (event_id, order_at, learner, course, payload) in enumerate(rows):
            if number % _EVENTS == 0:
                progress(number, total, "events")
            try:
                event = Event.model_validate_json(payload)
            except ValueError:
                faults.append(f"The event {event_id} cannot be read.")
                continue
            beside = (event.event_id, utc_text(event.order()[0]), event.learner, event.course)
            if beside != (event_id, order_at, learner, course):
                faults.append(f"The event {event_id} stands under another name, course, time or id than its own.")
    return int(total)


def _notes(path: Path, asides: int) -> list[str]:
    notes = []
    if asides:
        notes.append(f"{asides} texts were set aside, because they were no events or contradicted one; they are kept.")
    if is_on_network(path):
        notes.append("It lies on a disk that computers share, and does without the quick way of writing (WAL).")
    if dotfile_note(path).exists():
        notes.append(
            "Its disk did not keep locks when it was made, so a folder beside it serves as the lock. If everything is "
            f"said to be busy and no course-kit runs, one was killed: remove the folder {path}.lock."
        )
    elif not locks_hold(path.parent):
        notes.append(
            "Its disk does not keep locks: a second process was let in while one held the lock. Let one program at a "
            "time work with it, or move the folder to a local disk."
        )
    return notes


@dataclass(frozen=True)
class Rebuilt:
    """``learners``: whose kept progress was looked at; ``changed``: whose was not what the events come to."""

    events: int
    learners: int
    changed: int
    retried: Retried = field(default_factory=Retried)


def rebuild(path: Path, at: datetime, *, progress: Progress = _silent) -> Rebuilt:
    """Try again what was set aside, and make all kept progress anew from the events; linear in the events.

    Each learner's is written by itself: stopped at any moment, nothing is lost, and the next run begins again.
    """
    _must_exist(path)
    with SqlStore.open(path) as store:
        progress(0, 0, "what was set aside")
        retried = retry(store, at)
        names, changed = store.names(), 0
        for number, (course, learner) in enumerate(names):
            progress(number, len(names), learner)
            changed += store.keep_again(course, learner)
        progress(len(names), len(names), "")
        return Rebuilt(store.count(), len(names), changed, retried)


def backup(path: Path, target: Path, *, progress: Progress = _silent) -> Path:
    """Copy the store into the file ``target``, as of one moment, while others go on working with it.

    An existing ``target`` is not replaced. It appears whole or not at all. Returns ``target``.
    """
    _must_exist(path)
    check_header(path)
    if target.exists():
        raise Invalid(f"{target} is there already.", hint="Name another file for the backup, or move that one away.")
    with disk_errors(str(target)):
        target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with database_errors(path), closing(connect(path)) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy, pages=_PAGES, progress=lambda status, left, all_: progress(all_ - left, all_, "pages"))
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, that can be carried away
        with draft.open("rb+") as stream:
            os.fsync(stream.fileno())
        draft.replace(target)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    sync_folder(target.parent)
    return target


@dataclass(frozen=True)
class Restored:
    """``before``: where the store that was there is now, or None if there was none."""

    events: int
    before: Path | None


def restore(path: Path, source: Path, at: datetime, *, progress: Progress = _silent) -> Restored:
    """Put the backup ``source`` in the place of the store at ``path``; what was there is kept beside it first.

    Who was erased from the present store is erased from the restored one. Others who have the store open see the
    old content or the new. Raises :class:`Invalid` if ``source`` is no sound store, :class:`WrongVersion` if a newer
    course-kit made it; then nothing was changed.
    """
    _must_exist(source)
    if path.exists() and path.samefile(source):
        raise Invalid(f"{source} is the store itself.", hint="Name the backup that is to be brought back.")
    with FileLock(path.with_name(f"{path.name}.restoring"), "Restoring", needed=False):
        _check_source(source)
        before, erased = _put_beside(path, at, progress)
        with disk_errors(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
        with database_errors(path), closing(sqlite3.connect(source)) as backed, closing(connect(path)) as store:
            backed.backup(store, pages=-1)
            set_journal_mode(store, path)
        with SqlStore.open(path) as restored:
            if erased:
                restored.erase(erased, at)
            progress(1, 1, "")
            return Restored(restored.count(), before)


def _check_source(source: Path) -> None:
    check_header(source)
    with database_errors(source), closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as backed:
        tables = {name for (name,) in backed.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"events", "course_kit_version"} <= tables:
            raise Invalid(f"{source} is no store of course-kit.", hint="Name a file that `store backup` wrote.")
        (version,) = backed.execute("SELECT version_num FROM course_kit_version").fetchone()
        if int(version) > int(SCHEMA):
            raise WrongVersion(
                f"The backup {source}",
                found=version,
                supported=SCHEMA,
                hint="It was made by a newer course-kit: run `pip install --upgrade course-kit` and try again.",
            )
        found = [str(row[0]) for row in backed.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise Invalid(f"The backup {source} is damaged: {found[0]}.", hint="Use another one; nothing was changed.")


def _put_beside(path: Path, at: datetime, progress: Progress) -> tuple[Path | None, tuple[str, ...]]:
    """Keep the present store, sound or damaged, under another name; and the names that were erased from it."""
    if not path.exists():
        return None, ()
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.stem}-before-{moment}-{secrets.token_hex(2)}{path.suffix}")
    try:
        with SqlStore.open(path) as present:
            erased = tuple(present.erased())
        return backup(path, target, progress=progress), erased
    except WrongVersion:
        raise
    except (Invalid, Unavailable):
        # too damaged to be read: the files themselves are moved, and the backup makes a new one
        with disk_errors(str(target)):
            for end in ("", "-wal", "-shm", "-journal"):
                with suppress(FileNotFoundError):
                    shutil.move(path.with_name(path.name + end), target.with_name(target.name + end))
        return target, ()


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise NotFound(f"There is no store at {path}.", hint="Name the course's folder, or another file.")
