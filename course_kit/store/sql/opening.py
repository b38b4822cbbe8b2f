"""Opening a store's file: its settings, its schema, and what SQLite says in course-kit's errors."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from course_kit.errors import Busy, Invalid, Unavailable, WrongVersion
from course_kit.files.atomic import disk_errors
from course_kit.store.locking import locks_hold
from course_kit.store.sql.tables import SCHEMA, VERSION_TABLE

BUSY_SECONDS = 15.0
"""How long a writer waits for another process's transaction."""
_HEADER = b"SQLite format 3\0"
_NETWORK_DISKS = ("nfs", "cifs", "smb", "afs", "ceph", "lustre", "gpfs", "beegfs", "9p", "fuse.sshfs", "fuse.gluster")
BACKUP = "Restore it from a backup or from another computer's copy; the file was left as it is."
DOTFILE = ".dotlocks"
"""The end of the name of a note beside a store: its disk does not keep locks, so that all take a folder for one."""


def dotfile_note(path: Path) -> Path:
    return path.with_name(path.name + DOTFILE)


def connect(path: Path, *, wait: float | None = None) -> sqlite3.Connection:
    """A connection to the file with the settings that every user of it must share."""
    dotfile = "?vfs=unix-dotfile" if dotfile_note(path).exists() else ""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}{dotfile}",
        uri=True,
        timeout=BUSY_SECONDS if wait is None else wait,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone stops at the disk's own cache
    return connection


def engine_of(path: Path) -> sa.Engine:
    engine = sa.create_engine("sqlite://", creator=lambda: connect(path), poolclass=sa.pool.QueuePool)

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: object) -> None:  # noqa: ARG001 - SQLAlchemy's form
        connection.isolation_level = None  # transactions begin below, so that DDL is part of them

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("course_kit_writes", False)
        driver: Any = connection.connection.driver_connection  # a fifth of the time that SQLAlchemy takes for it
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def check_header(path: Path) -> None:
    try:
        with disk_errors(str(path)), path.open("rb") as stream:
            header = stream.read(len(_HEADER))
    except FileNotFoundError:
        return
    except IsADirectoryError as error:
        raise Invalid(f"{path} is a folder, not a store.", hint="Name another file.") from error
    if header and header != _HEADER:
        raise Invalid(f"{path} is not a store: it is no SQLite database.", hint=BACKUP)


def is_ready(engine: sa.Engine, path: Path) -> bool:
    """Whether the schema is the present one. Raises :class:`WrongVersion`, or :class:`Invalid` if it is foreign."""
    with engine.begin() as connection:
        tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
        if VERSION_TABLE not in tables:
            if tables:
                raise Invalid(f"{path} is another program's database, not a store.", hint="Name another file.")
            return False
        found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalars().all()  # noqa: S608 - our constant
    if found == [SCHEMA]:
        return True
    _check_older(found, path)
    return False


def _check_older(found: Sequence[str], path: Path) -> None:
    number = found[0] if len(found) == 1 else "none"
    if not number.isdigit():
        raise WrongVersion(f"The store {path}", found=number, supported=SCHEMA, hint=BACKUP)
    if int(number) > int(SCHEMA):
        hint = "It was made by a newer course-kit: run `pip install --upgrade course-kit` and try again."
        raise WrongVersion(f"The store {path}", found=number, supported=SCHEMA, hint=hint)


def prepare(engine: sa.Engine, path: Path) -> None:
    """Bring the schema up to date, schema and version in one transaction, unless another process just did."""
    if is_ready(engine, path):
        return
    from course_kit.store.migrations import upgrade

    raw = engine.raw_connection()
    try:
        set_journal_mode(raw, path)
    finally:
        raw.close()
    with engine.execution_options(course_kit_writes=True).begin() as connection:
        upgrade(connection, VERSION_TABLE)


def set_journal_mode(connection: Any, path: Path) -> None:
    # WAL shares memory between processes, which two computers cannot: https://sqlite.org/wal.html
    safely = is_on_network(path) or dotfile_note(path).exists()
    connection.execute(f"PRAGMA journal_mode={'DELETE' if safely else 'WAL'}")


def note_locks(path: Path) -> None:
    """Try, before a store is made, whether its folder keeps locks; where not, note that all are to use another kind.

    That kind is a folder that only one process can make: it works on any disk and holds only as long as its maker
    takes it away, so a process that was killed may leave it behind (``course-kit store check`` says so).
    """
    if os.name == "posix" and not path.exists() and not locks_hold(path.parent):
        with disk_errors(str(path)):
            dotfile_note(path).touch()


def is_on_network(path: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether ``path`` lies on a disk that other computers share, as far as the system tells (only Linux does here)."""
    try:
        lines = [line.split() for line in mounts.read_text(errors="replace").splitlines()]
    except OSError:
        return False
    place = path.resolve()
    kinds = {Path(line[1].replace(r"\040", " ")): line[2] for line in lines if len(line) > 2}
    above = [mount for mount in kinds if place.is_relative_to(mount)]
    return bool(above) and kinds[max(above, key=lambda mount: len(mount.parts))].startswith(_NETWORK_DISKS)


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """What SQLite says, in course-kit's errors. Codes: https://sqlite.org/rescode.html (the low byte is the kind)."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as caught:
        error = caught.orig if isinstance(caught, sa.exc.DBAPIError) else caught
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {5, 6}:  # BUSY, LOCKED
            hint = "Try again in a moment."
            if dotfile_note(path).exists():
                hint += f" If no course-kit runs any more, one was killed: remove the folder {path}.lock."
            raise Busy(f"The store {path} is in use by another process.", hint=hint) from caught
        if code == 13:  # FULL
            raise Unavailable(
                f"The disk is full: nothing was written to the store {path}. What was there before is untouched.",
                hint="Free some space (or raise your quota) and run the same command again.",
            ) from caught
        if code in {11, 26}:  # CORRUPT, NOTADB
            raise Invalid(f"The store {path} is damaged: {error}.", hint=BACKUP) from caught
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(
                f"The store {path} could not be used: {error}.",
                hint="Check the disk, and who owns the file and its folder, then run the same command again.",
            ) from caught
        raise
