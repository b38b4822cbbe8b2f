"""The store in SQLite.

Writes are acknowledged after they would survive a power cut (``synchronous=FULL``); several processes may have the
file open, and a writer waits for the one before it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from course_kit.errors import CourseKitError
from course_kit.files.atomic import disk_errors
from course_kit.files.lock import FileLock
from course_kit.model.events import Event
from course_kit.model.keys import digest, utc_text
from course_kit.model.tally import Tally
from course_kit.store.contract import CONFLICT, Appended, Entry, Erased, SetAside, bears, first_of_each, writable
from course_kit.store.sql import kept
from course_kit.store.sql.opening import (
    BUSY_SECONDS,
    check_header,
    database_errors,
    engine_of,
    is_ready,
    note_locks,
    prepare,
)
from course_kit.store.sql.reading import events_query, is_wanted, stored_event
from course_kit.store.sql.tables import erased_table, events_table, people_table, progress_table, set_asides_table

_CHUNK = 500
_PAGE = 500
_COLUMNS = ("event_id", "at", "order_at", "learner", "course", "kind", "payload", "content", "received_at")
INSERT = (
    f"INSERT INTO events ({', '.join(_COLUMNS)})"  # noqa: S608 - our constants
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING"
)


class SqlStore:
    """Fulfils :class:`~course_kit.store.contract.ProgressStore`. Made by :meth:`open`."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self._reading, self._path = engine, path
        self._writing = engine.execution_options(course_kit_writes=True)
        self._remembered = kept.Remembered()
        self._is_shared = self._pragma("journal_mode") == "wal"

    @classmethod
    def open(cls, path: Path) -> Self:
        """The store in the SQLite file ``path``, which is made, or brought to the present schema, if need be.

        Raises :class:`WrongVersion` if a newer course-kit made it, :class:`Invalid` if it is no store or is damaged
        (either way it stays as it was), :class:`Unavailable` if the disk refuses.
        """
        check_header(path)
        with disk_errors(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
        note_locks(path)
        engine = engine_of(path)
        try:
            with database_errors(path):
                if not is_ready(engine, path):
                    # the transaction alone keeps two apart; with the lock the second need not load alembic
                    lock = path.with_name(f"{path.name}.preparing")
                    with FileLock(lock, "Preparing the store", wait=BUSY_SECONDS, needed=False):
                        prepare(engine, path)
                return cls(engine, path)
        except BaseException:
            engine.dispose()
            raise

    @property
    def path(self) -> Path:
        return self._path

    def append(self, events: Iterable[Event], received_at: datetime) -> Appended:
        wanted = list(events)
        if not wanted:
            return Appended()
        first, duplicates, conflicts = first_of_each(wanted, received_at)
        with self._transaction() as connection:
            return self._append(connection, len(wanted), first, duplicates, conflicts, received_at)

    def _append(
        self,
        connection: sa.Connection,
        wanted: int,
        first: dict[str, Entry],
        duplicates: int,
        conflicts: list[Entry],
        at: datetime,
    ) -> Appended:
        driver: Any = connection.connection.driver_connection  # SQLAlchemy's way to many rows takes as long as SQLite's
        gone = {learner for (learner,) in driver.execute("SELECT learner FROM erased")}
        if gone:
            first = {event_id: entry for event_id, entry in first.items() if entry.event.learner not in gone}
            conflicts = [entry for entry in conflicts if entry.event.learner not in gone]
            duplicates = min(duplicates, wanted - len(first) - len(conflicts))
        (before,) = driver.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
        new, known = _insert(connection, driver, first, before)
        same = [event_id for event_id, (text, payload) in known.items() if first[event_id].equals(text, payload)]
        conflicts = conflicts + [first[event_id] for event_id in known if event_id not in same]
        _keep_apart(connection, [(entry.payload, CONFLICT) for entry in conflicts], at)
        self._remembered.take(connection, driver, [entry.event for entry in new], before)
        counts = len(new), duplicates + len(same), len(conflicts)
        return Appended(*counts, erased=wanted - sum(counts) if gone else 0)

    def events(
        self,
        *,
        learners: Collection[str] | None = None,
        course: str | None = None,
        lessons: Collection[str] | None = None,
    ) -> Iterator[Event]:
        query = events_query(learners, course, lessons)
        names = None if learners is None else frozenset(learners)
        if self._is_shared:
            rows: Iterable[Any] = self._stream(query)
        else:
            rows = self._rows(query)  # an open reading would keep every writer waiting
        for payload, learner in rows:
            if names is None or learner in names:
                event = stored_event(payload, f"The store {self._path}")
                if lessons is None or is_wanted(event, lessons):
                    yield event

    def tallies(self, course: str, *, learners: Collection[str] | None = None) -> dict[str, Tally]:
        with database_errors(self._path), self._reading.begin() as connection:
            found, late = kept.read(connection, course, learners)
        if late:
            self._at_leisure(lambda connection, driver: kept.put_back(driver, late))
        return found

    def keep_again(self, course: str, learner: str) -> bool:
        with self._transaction() as connection:
            return kept.renew(connection, course, learner)

    def differs(self, course: str, learner: str) -> bool:
        """Whether a kept tally is not what its events come to; one that is still to be made is no fault."""
        with database_errors(self._path), self._reading.begin() as connection:
            return kept.differs(connection, course, learner)

    def count(self, course: str | None = None) -> int:
        query = sa.select(sa.func.count()).select_from(events_table)
        if course is not None:
            query = query.where(events_table.c.course == course)
        return int(self._rows(query)[0][0])

    def names(self) -> list[tuple[str, str]]:
        table = progress_table.c
        query = sa.select(table.course, table.learner).order_by(table.course, table.learner)
        return [(course, learner) for course, learner in self._rows(query)]

    def set_aside(self, raw: str, reason: str, at: datetime) -> None:
        with self._transaction() as connection:
            _keep_apart(connection, [(raw, reason)], at)

    def set_asides(self) -> list[SetAside]:
        table = set_asides_table.c
        rows = self._rows(sa.select(table.raw, table.reason, table.at).order_by(table.id))
        return [SetAside(raw, reason, datetime.fromisoformat(at)) for raw, reason, at in rows]

    def settle(self, aside: SetAside, event: Event, at: datetime) -> Appended:
        first, duplicates, conflicts = first_of_each([event], at)
        table = set_asides_table
        with self._transaction() as connection:
            connection.execute(sa.delete(table).where(table.c.content == digest([aside.raw, aside.reason])))
            return self._append(connection, 1, first, duplicates, conflicts, at)

    def erase(self, names: Collection[str], at: datetime) -> Erased:
        wanted = sorted(names)
        with self._transaction() as connection:
            self._remembered.forget()
            connection.exec_driver_sql("PRAGMA secure_delete=ON")  # what was there is overwritten, not just let go
            found = connection.execute(sa.select(set_asides_table.c.id, set_asides_table.c.raw))
            texts = [row.id for row in found if bears(row.raw, wanted)]
            connection.execute(sa.delete(set_asides_table).where(set_asides_table.c.id.in_(texts)))
            gone = connection.execute(sa.delete(events_table).where(events_table.c.learner.in_(wanted))).rowcount
            connection.execute(sa.delete(progress_table).where(progress_table.c.learner.in_(wanted)))
            # numbers of events that are gone may be given out again, so that no row says up to which it goes
            connection.exec_driver_sql("UPDATE progress SET version = 0")
            connection.execute(sa.delete(people_table).where(people_table.c.pseudonym.in_(wanted)))
            for name in wanted:
                row = (name, utc_text(at))
                connection.exec_driver_sql("INSERT INTO erased VALUES (?, ?) ON CONFLICT DO NOTHING", row)
        with suppress(Exception), self._reading.connect() as connection:
            # what the log of the last writes still holds goes, too, unless somebody reads just now
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return Erased(tuple(wanted), gone, len(texts))

    def erased(self) -> Mapping[str, datetime]:
        rows = self._rows(sa.select(erased_table.c.learner, erased_table.c.at).order_by(erased_table.c.learner))
        return {learner: datetime.fromisoformat(at) for learner, at in rows}

    def people(self) -> Mapping[str, str]:
        table = people_table.c
        return {row.pseudonym: row.learner for row in self._rows(sa.select(table.pseudonym, table.learner))}

    def link_person(self, pseudonym: str, learner: str, at: datetime) -> None:
        statement = "INSERT INTO people VALUES (?, ?, ?) ON CONFLICT (pseudonym) DO UPDATE SET learner = ?, at = ?"
        with self._transaction() as connection:
            moment = utc_text(at)
            connection.exec_driver_sql(statement, (pseudonym, learner, moment, learner, moment))

    def pseudonyms(self, learner: str) -> tuple[str, ...]:
        table = people_table.c
        rows = self._rows(sa.select(table.pseudonym).where(table.learner == learner).order_by(table.pseudonym))
        return tuple(pseudonym for (pseudonym,) in rows)

    def close(self) -> None:
        if self._remembered.is_worth_it():
            self._at_leisure(self._remembered.take_in)
            self._remembered.forget()
        self._reading.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with database_errors(self._path):
            try:
                with self._writing.begin() as connection:
                    yield connection
            except BaseException:
                self._remembered.forget()
                raise

    def _at_leisure(self, step: Callable[[sa.Connection, Any], None]) -> None:
        """Do in a transaction what saves others work; leave it if another process writes, or the disk refuses."""
        with suppress(CourseKitError), database_errors(self._path), self._reading.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA busy_timeout = 0")
            try:
                with connection.execution_options(course_kit_writes=True).begin():
                    step(connection, driver)
            finally:
                driver.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    def _rows(self, query: sa.Select[Any]) -> Sequence[Any]:
        with database_errors(self._path), self._reading.begin() as connection:
            return connection.execute(query).all()

    def _stream(self, query: sa.Select[Any]) -> Iterator[Any]:
        with database_errors(self._path), self._reading.connect() as connection:
            yield from connection.execution_options(yield_per=_PAGE).execute(query)

    def _pragma(self, name: str) -> Any:
        with database_errors(self._path), self._reading.begin() as connection:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def _insert(
    connection: sa.Connection, driver: Any, first: dict[str, Entry], before: int
) -> tuple[list[Entry], dict[str, tuple[str, str]]]:
    """Those of ``first`` that were not there before, and the digest and JSON of those that were."""
    rows = [
        (event_id, at, order_at, event.learner, event.course, event.fact.kind, payload, content, received)
        for event_id, (event, at, order_at, received, content, payload) in first.items()
    ]
    if driver.executemany(INSERT, rows).rowcount == len(rows):
        return list(first.values()), {}
    known: dict[str, tuple[str, str]] = {}
    table, ids = events_table.c, list(first)
    for start in range(0, len(ids), _CHUNK):
        query = sa.select(table.event_id, table.content, table.payload)
        query = query.where(table.event_id.in_(ids[start : start + _CHUNK]), table.id <= before)
        known |= {row.event_id: (row.content, row.payload) for row in connection.execute(query)}
    return [entry for event_id, entry in first.items() if event_id not in known], known


def _keep_apart(connection: sa.Connection, raws: Sequence[tuple[str, str]], at: datetime) -> None:
    for raw, reason in ((writable(raw), writable(reason)) for raw, reason in raws):
        row = (digest([raw, reason]), raw, reason, utc_text(at))
        connection.exec_driver_sql(
            "INSERT INTO set_asides (content, raw, reason, at) VALUES (?, ?, ?, ?) ON CONFLICT (content) DO NOTHING",
            row,
        )
