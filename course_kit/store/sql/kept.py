"""The tallies that the database keeps: written with the events, read instead of them.

For each course and name that has events there is a row, with the number of the last event that its tally has; those
that came since are taken in when it is read. It is written anew with the first event and every :data:`_PENDING`, so
that keeping it costs a small part of storing them. A row of another version than ours, or one that cannot be read,
says no more than that: its tally is made from the events.
"""

import secrets
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from course_kit.model.events import Event
from course_kit.model.tally import TALLY_VERSION, Tally
from course_kit.store.sql.reading import MANY, events_query, stored_event
from course_kit.store.sql.tables import progress_table

_PENDING = 512
"""How many events at most are taken in by a reader: a few milliseconds."""
_MOST = 64
_WRITE = (
    "INSERT INTO progress (course, learner, version, stamp, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (course, learner)"
    " DO UPDATE SET version = excluded.version, stamp = excluded.stamp, state = excluded.state"
)
_READ = "SELECT version, stamp, state FROM progress WHERE course = ? AND learner = ?"
_STAMP = "SELECT version, stamp FROM progress WHERE course = ? AND learner = ?"
_LAST = "SELECT coalesce(max(id), 0) FROM events WHERE course = ? AND learner = ? AND id <= ?"
_SINCE = "SELECT payload FROM events WHERE course = ? AND learner = ? AND id > ? AND id <= ?"
_ALL = 2**62
Key = tuple[str, str]


class _Known(NamedTuple):
    """A tally with all events up to the number ``last``, of which ``pending`` are not in the row with ``stamp``."""

    tally: Tally
    last: int
    stamp: str
    pending: int


class Remembered:
    """Tallies of the last writes, so that the next need not read them; used only within a writing transaction."""

    def __init__(self) -> None:
        self._known: dict[Key, _Known] = {}

    def forget(self) -> None:
        """After a transaction that failed: what was taken in there is not stored."""
        self._known.clear()

    def take(self, connection: sa.Connection, driver: Any, events: Iterable[Event], before: int) -> None:
        """Take in ``events``, which were stored just now, after the event of the number ``before``."""
        groups: dict[Key, list[Event]] = {}
        for event in events:
            groups.setdefault((event.course, event.learner), []).append(event)
        if len(self._known) > _MOST:
            self._known.clear()
        for key, new in groups.items():
            known = self._before(driver, key, before)
            (last,) = driver.execute(_LAST, (*key, _ALL)).fetchone()
            results = [known is not None and known.tally.take(event) for event in new]
            if known is None or not all(results):
                tally = replay(connection, *key)
                self._known[key] = _Known(tally, last, _write(driver, key, tally, last), 0)
            elif known.stamp and known.pending + len(new) < _PENDING:
                self._known[key] = known._replace(last=last, pending=known.pending + len(new))
            else:
                stamp = _write(driver, key, known.tally, last)
                self._known[key] = _Known(known.tally, last, stamp, 0)

    def _before(self, driver: Any, key: Key, before: int) -> _Known | None:
        """The tally of ``key`` up to ``before``, an empty one where there was none; None if it has to be made anew."""
        known = self._known.pop(key, None)
        row = driver.execute(_STAMP, key).fetchone()
        if row is None:
            return _Known(Tally(), 0, "", 0)
        (last,) = driver.execute(_LAST, (*key, before)).fetchone()
        if known is not None and row == (TALLY_VERSION, known.stamp) and known.last == last:
            return known
        version, stamp, state = driver.execute(_READ, key).fetchone()
        since = driver.execute(_SINCE, (*key, through(stamp), before)).fetchall()
        tally = _tally(version, state, (payload for (payload,) in since))
        return None if tally is None else _Known(tally, last, stamp, len(since))


def read(connection: sa.Connection, course: str, learners: Collection[str] | None) -> dict[str, Tally]:
    table = progress_table.c
    query = sa.select(table.learner, table.version, table.stamp, table.state).where(table.course == course)
    if learners is not None and len(learners) <= MANY:
        query = query.where(table.learner.in_(learners))
    rows = connection.execute(query.order_by(table.learner)).all()
    wanted = [row for row in rows if learners is None or row.learner in learners]
    return {row.learner: _now(connection, (course, row.learner), row) for row in wanted}


def renew(connection: sa.Connection, course: str, learner: str) -> bool:
    """Make the tally from the events; whether the kept one was another."""
    row = connection.exec_driver_sql(_READ, (course, learner)).one_or_none()
    if row is None:
        return False
    is_same = row.version == TALLY_VERSION and not differs(connection, course, learner)
    driver: Any = connection.connection.driver_connection
    (last,) = driver.execute(_LAST, (course, learner, _ALL)).fetchone()
    if not is_same or through(row.stamp) != last:
        _write(driver, (course, learner), replay(connection, course, learner), last)
    return not is_same


def differs(connection: sa.Connection, course: str, learner: str) -> bool:
    row = connection.exec_driver_sql(_READ, (course, learner)).one_or_none()
    if row is None or row.version != TALLY_VERSION:
        return False
    since = connection.exec_driver_sql(_SINCE, (course, learner, through(row.stamp), _ALL)).scalars()
    try:
        Tally.from_json(row.state)
    except (ValueError, KeyError, TypeError):
        return True
    kept = _tally(row.version, row.state, since)  # None: an event since then voids another, which readers see
    return kept is not None and kept.to_json() != replay(connection, course, learner).to_json()


def replay(connection: sa.Connection, course: str, learner: str) -> Tally:
    rows = connection.execute(events_query([learner], course, None))
    return Tally.of(stored_event(payload, "The store") for payload, _ in rows)


def through(stamp: str) -> int:
    """The number of the last event that a row's tally has."""
    number = stamp.partition(":")[0]
    return int(number) if number.isdigit() else 0


def _now(connection: sa.Connection, key: Key, row: Any) -> Tally:
    since = connection.exec_driver_sql(_SINCE, (*key, through(row.stamp), _ALL)).scalars()
    return _tally(row.version, row.state, since) or replay(connection, *key)


def _write(driver: Any, key: Key, tally: Tally, last: int) -> str:
    stamp = f"{last}:{secrets.token_hex(8)}"
    driver.execute(_WRITE, (*key, TALLY_VERSION, stamp, tally.to_json()))
    return stamp


def _tally(version: int, state: str, since: Iterable[str]) -> Tally | None:
    """The row's tally with the events ``since`` taken in; None where that cannot be."""
    if version != TALLY_VERSION:
        return None
    try:
        tally = Tally.from_json(state)
    except (ValueError, KeyError, TypeError):
        return None
    taken = [tally.take(stored_event(payload, "The store")) for payload in since]
    return tally if all(taken) else None
