"""The store in a database, by SQLAlchemy Core. SQLite now; nothing but :func:`_engine` and :class:`_Errors` is its own.

Writes are acknowledged after they would survive a power cut (``synchronous=FULL``); several processes may
have the file open, and a writer waits for the one before it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.dialects.sqlite import insert as insert_or

from course_kit.errors import Busy, Invalid, Unavailable, WrongVersion
from course_kit.files.atomic import disk_errors
from course_kit.files.lock import FileLock
from course_kit.model.events import Event
from course_kit.model.keys import digest, utc_text
from course_kit.store.contract import CONFLICT, Appended, Entry, SetAside, first_of_each, writable

SCHEMA = "0001"
"""The newest revision in ``store/migrations``; a store of another version is brought up to it, or refused."""
VERSION_TABLE = "course_kit_version"
BUSY_SECONDS = 15.0
"""How long a writer waits for another process's transaction."""
_HEADER = b"SQLite format 3\0"
_CHUNK = 500
_NETWORK_DISKS = ("nfs", "cifs", "smb", "afs", "ceph", "lustre", "gpfs", "beegfs", "9p", "fuse.sshfs", "fuse.gluster")
_BACKUP = "Restore it from a backup or from another computer's copy; the file was left as it is."

metadata = sa.MetaData()
_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

events_table = sa.Table(
    "events",
    metadata,
    sa.Column("id", _row_id, primary_key=True),
    sa.Column("event_id", sa.String(36), nullable=False, unique=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("order_at", sa.Text, nullable=False),
    sa.Column("learner", sa.Text, nullable=False),
    sa.Column("course", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("content", sa.String(64), nullable=False),
    sa.Column("received_at", sa.Text, nullable=False),
    sa.Column("acknowledged_at", sa.Text),
    sa.Index("events_by_course_and_learner", "course", "learner"),
)
set_asides_table = sa.Table(
    "set_asides",
    metadata,
    sa.Column("id", _row_id, primary_key=True),
    sa.Column("content", sa.String(64), nullable=False, unique=True),
    sa.Column("raw", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
people_table = sa.Table(
    "people",
    metadata,
    sa.Column("pseudonym", sa.Text, primary_key=True),
    sa.Column("learner", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("people_by_learner", "learner"),
)


class SqlStore:
    """Fulfils :class:`~course_kit.store.contract.ProgressStore`. Made by :meth:`open`."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self._reading, self._path = engine, path
        self._writing = engine.execution_options(course_kit_writes=True)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The store in the SQLite file ``path``, which is made, or brought to the present schema, if need be.

        Raises :class:`WrongVersion` if a newer course-kit made it, :class:`Invalid` if it is no store or is damaged
        (either way it stays as it was), :class:`Unavailable` if the disk refuses.
        """
        _check_header(path)
        with disk_errors(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
        engine = _engine(path)
        try:
            with _database_errors(path):
                if not _is_ready(engine, path):
                    # the transaction alone keeps two apart; with the lock the second need not load alembic
                    lock = path.with_name(f"{path.name}.lock")
                    with FileLock(lock, "Preparing the store", wait=BUSY_SECONDS, needed=False):
                        _prepare(engine, path)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, path)

    def append(self, events: Iterable[Event], received_at: datetime) -> Appended:
        first, duplicates, conflicts = first_of_each(events, received_at)
        if not first:
            return Appended()
        with self._transaction() as connection:
            new = _insert(connection, list(first.values()))
            known = _contents(connection, [event_id for event_id in first if event_id not in new])
            same = [event_id for event_id, content in known.items() if first[event_id].content == content]
            conflicts += [first[event_id] for event_id in known if event_id not in same]
            _keep_apart(connection, [(entry.payload, CONFLICT) for entry in conflicts], received_at)
        return Appended(len(new), duplicates + len(same), len(conflicts))

    def events(self, *, learners: Collection[str] | None = None, course: str | None = None) -> Iterator[Event]:
        names = None if learners is None else frozenset(learners)
        query = sa.select(events_table.c.payload, events_table.c.learner)
        if names is not None and len(names) <= _CHUNK:
            query = query.where(events_table.c.learner.in_(names))
        if course is not None:
            query = query.where(events_table.c.course == course)
        query = query.order_by(events_table.c.order_at, events_table.c.event_id)
        rows = self._rows(query)
        return (self._event(payload) for payload, learner in rows if names is None or learner in names)

    def set_aside(self, raw: str, reason: str, at: datetime) -> None:
        with self._transaction() as connection:
            _keep_apart(connection, [(raw, reason)], at)

    def set_asides(self) -> list[SetAside]:
        table = set_asides_table.c
        rows = self._rows(sa.select(table.raw, table.reason, table.at).order_by(table.id))
        return [SetAside(raw, reason, datetime.fromisoformat(at)) for raw, reason, at in rows]

    def people(self) -> Mapping[str, str]:
        table = people_table.c
        return {row.pseudonym: row.learner for row in self._rows(sa.select(table.pseudonym, table.learner))}

    def link_person(self, pseudonym: str, learner: str, at: datetime) -> None:
        row = {"learner": learner, "at": utc_text(at)}
        statement = insert_or(people_table).values(pseudonym=pseudonym, **row)
        with self._transaction() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["pseudonym"], set_=row))

    def pseudonyms(self, learner: str) -> tuple[str, ...]:
        table = people_table.c
        rows = self._rows(sa.select(table.pseudonym).where(table.learner == learner).order_by(table.pseudonym))
        return tuple(pseudonym for (pseudonym,) in rows)

    def close(self) -> None:
        self._reading.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with _database_errors(self._path), self._writing.begin() as connection:
            yield connection

    def _rows(self, query: sa.Select[Any]) -> Sequence[Any]:
        with _database_errors(self._path), self._reading.begin() as connection:
            return connection.execute(query).all()

    def _event(self, payload: str) -> Event:
        try:
            return Event.model_validate_json(payload)
        except ValidationError as error:
            raise Invalid(
                f"The store {self._path} is damaged: it holds an event that cannot be read.", hint=_BACKUP
            ) from error


def _insert(connection: sa.Connection, entries: Sequence[Entry]) -> set[str]:
    """The ids of those that were not there before."""
    rows = [
        {
            "event_id": entry.event.event_id,
            "at": utc_text(entry.event.at),
            "order_at": entry.order_at,
            "learner": entry.event.learner,
            "course": entry.event.course,
            "kind": entry.event.kind,
            "payload": entry.payload,
            "content": entry.content,
            "received_at": entry.received_at,
        }
        for entry in entries
    ]
    statement = insert_or(events_table).on_conflict_do_nothing(index_elements=["event_id"])
    return set(connection.execute(statement.returning(events_table.c.event_id), rows).scalars())


def _contents(connection: sa.Connection, event_ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    table = events_table.c
    for start in range(0, len(event_ids), _CHUNK):
        query = sa.select(table.event_id, table.content).where(table.event_id.in_(event_ids[start : start + _CHUNK]))
        found |= {row.event_id: row.content for row in connection.execute(query)}
    return found


def _keep_apart(connection: sa.Connection, raws: Sequence[tuple[str, str]], at: datetime) -> None:
    rows = [
        {"content": digest([text, reason]), "raw": text, "reason": reason, "at": utc_text(at)}
        for text, reason in ((writable(raw), writable(reason)) for raw, reason in raws)
    ]
    if rows:
        connection.execute(insert_or(set_asides_table).on_conflict_do_nothing(index_elements=["content"]), rows)


# ---------------------------------------------------------------- opening


def _engine(path: Path) -> sa.Engine:
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: object) -> None:  # noqa: ARG001 - SQLAlchemy's form
        connection.isolation_level = None  # transactions begin below, so that DDL is part of them
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone stops at the disk's own cache

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("course_kit_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _check_header(path: Path) -> None:
    try:
        with disk_errors(str(path)), path.open("rb") as stream:
            header = stream.read(len(_HEADER))
    except FileNotFoundError:
        return
    except IsADirectoryError as error:
        raise Invalid(f"{path} is a folder, not a store.", hint="Name another file.") from error
    if header and header != _HEADER:
        raise Invalid(f"{path} is not a store: it is no SQLite database.", hint=_BACKUP)


def _is_ready(engine: sa.Engine, path: Path) -> bool:
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
        raise WrongVersion(f"The store {path}", found=number, supported=SCHEMA, hint=_BACKUP)
    if int(number) > int(SCHEMA):
        hint = "It was made by a newer course-kit: run `pip install --upgrade course-kit` and try again."
        raise WrongVersion(f"The store {path}", found=number, supported=SCHEMA, hint=hint)


def _prepare(engine: sa.Engine, path: Path) -> None:
    """Bring the schema up to date, schema and version in one transaction, unless another process just did."""
    if _is_ready(engine, path):
        return
    from course_kit.store.migrations import upgrade

    raw = engine.raw_connection()
    try:
        # WAL shares memory between processes, which two computers cannot: https://sqlite.org/wal.html
        raw.execute(f"PRAGMA journal_mode={'DELETE' if is_on_network(path) else 'WAL'}")
    finally:
        raw.close()
    with engine.execution_options(course_kit_writes=True).begin() as connection:
        upgrade(connection, VERSION_TABLE)


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
def _database_errors(path: Path) -> Iterator[None]:
    """What SQLite says, in course-kit's errors. Codes: https://sqlite.org/rescode.html (the low byte is the kind)."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in {5, 6}:  # BUSY, LOCKED
            raise Busy(f"The store {path} is in use by another process.", hint="Try again in a moment.") from error
        if code == 13:  # FULL
            raise Unavailable(
                f"The disk is full: nothing was written to the store {path}. What was there before is untouched.",
                hint="Free some space (or raise your quota) and run the same command again.",
            ) from error
        if code in {11, 26}:  # CORRUPT, NOTADB
            raise Invalid(f"The store {path} is damaged: {error.orig}.", hint=_BACKUP) from error
        if isinstance(error, sa.exc.OperationalError):
            raise Unavailable(
                f"The store {path} could not be used: {error.orig}.",
                hint="Check the disk, and who owns the file and its folder, then run the same command again.",
            ) from error
        raise
