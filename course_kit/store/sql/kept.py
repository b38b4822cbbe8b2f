"""The tallies that the database keeps: written with the events, read instead of them.

For each course and name that has events there is a row, with the number of the last event that its tally has. Events
are taken into it by the :data:`_PENDING`, and when whoever wrote them closes the store; those that wait are taken in by
whoever reads, who writes the row if there were many. So keeping costs a small part of storing, however the names are
mixed. A row of another version than ours, or one that cannot be read, says no more than that: its tally is made from
the events.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from course_kit.model.events import Event, Voided
from course_kit.model.tally import TALLY_VERSION, Tally
from course_kit.store.sql.reading import MANY, events_query, stored_event
from course_kit.store.sql.tables import progress_table

_PENDING = 1024
"""How many events of one name wait at most for being taken in: a reader does it in a few milliseconds."""
_WORTH = 32
"""From how many on a reader, or whoever closes the store, writes the row anew."""
_MOST = 20_000
"""How many waiting events a writer has in memory at most."""
_WRITE = (
    "INSERT INTO progress (course, learner, version, stamp, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (course, learner)"
    " DO UPDATE SET version = excluded.version, stamp = excluded.stamp, state = excluded.state"
)
_READ = "SELECT version, stamp, state FROM progress WHERE course = ? AND learner = ?"
_REPLACE = (
    "UPDATE progress SET version = ?, stamp = ?, state = ?"
    " WHERE course = ? AND learner = ? AND version = ? AND stamp = ?"
)
_STAMP = "SELECT stamp FROM progress WHERE course = ? AND learner = ?"
_COUNT = "SELECT count(*) FROM events WHERE course = ? AND learner = ? AND id > ? AND id <= ?"
_LAST = "SELECT coalesce(max(id), 0) FROM events WHERE course = ? AND learner = ? AND id <= ?"
_NUMBER = "SELECT coalesce(max(id), 0) FROM events"
_SINCE = "SELECT payload FROM events WHERE course = ? AND learner = ? AND id > ? AND id <= ?"
_ALL = 2**62
Key = tuple[str, str]


class _Waiting(NamedTuple):
    """``number`` events that came after those in the row with ``stamp``; ``events`` are they, unless only stored."""

    stamp: str
    number: int
    events: list[Event] | None


class Late(NamedTuple):
    """A tally that a reader brought up to the event number ``last``, and of which row."""

    key: Key
    version: int
    stamp: str
    last: int
    tally: Tally


class Remembered:
    """What waits, as one who writes knows it; used only within a writing transaction."""

    def __init__(self) -> None:
        self._waiting: dict[Key, _Waiting] = {}
        self._last = -1
        self._held = 0

    def forget(self) -> None:
        """After a transaction that failed: what was noted there is not stored."""
        self._waiting.clear()
        self._last, self._held = -1, 0

    def take(self, connection: sa.Connection, driver: Any, events: Sequence[Event], before: int) -> None:
        """Note ``events``, stored just now after the event of the number ``before``, and take in what is due."""
        groups: dict[Key, list[Event]] = {}
        voided: set[Key] = set()
        key: Key | None = None
        group: list[Event] = []
        for event in events:
            if key is None or event.learner != key[1] or event.course != key[0]:
                key = (event.course, event.learner)
                group = groups.setdefault(key, [])
            group.append(event)
            if event.fact.__class__ is Voided:
                voided.add(key)
        if before != self._last:
            self.forget()  # another process wrote meanwhile
        if self._held > _MOST:
            self._waiting = {key: waiting._replace(events=None) for key, waiting in self._waiting.items()}
            self._held = 0
        for key, new in groups.items():
            waiting = self._waiting.get(key) or _stored(driver, key, before)
            held = None if waiting.events is None else waiting.events + new
            waiting = _Waiting(waiting.stamp, waiting.number + len(new), held)
            if waiting.number >= _PENDING or key in voided:
                waiting = _Waiting(_take_in(connection, driver, key, waiting), 0, [])
            self._waiting[key] = waiting
        self._last = before + len(events)
        self._held += len(events)

    def is_worth_it(self) -> bool:
        return any(waiting.number >= _WORTH for waiting in self._waiting.values())

    def take_in(self, connection: sa.Connection, driver: Any) -> None:
        """Take in what waits, where it is worth it."""
        if driver.execute(_NUMBER).fetchone() == (self._last,):
            for key, waiting in self._waiting.items():
                if waiting.number >= _WORTH:
                    self._waiting[key] = _Waiting(_take_in(connection, driver, key, waiting), 0, [])


def _stored(driver: Any, key: Key, before: int) -> _Waiting:
    """What waited before this transaction; who has no row gets one."""
    row = driver.execute(_STAMP, key).fetchone()
    if row is None:
        return _Waiting(_write(driver, key, Tally(), 0), 0, [])
    (stamp,) = row
    (count,) = driver.execute(_COUNT, (*key, through(stamp), before)).fetchone()
    return _Waiting(stamp, count, None if count else [])


def _take_in(connection: sa.Connection, driver: Any, key: Key, waiting: _Waiting) -> str:
    """Write the row anew with all events that there are; its stamp."""
    version, stamp, state = driver.execute(_READ, key).fetchone()
    (last,) = driver.execute(_LAST, (*key, _ALL)).fetchone()
    if waiting.events is None or stamp != waiting.stamp:
        since = driver.execute(_SINCE, (*key, through(stamp), _ALL))
        new: Iterable[Event] = (stored_event(payload, "The store") for (payload,) in since)
    else:
        new = waiting.events
    return _write(driver, key, _tally(version, state, new) or replay(connection, *key), last)


def put_back(driver: Any, late: Iterable[Late]) -> None:
    """Write the rows that a reader brought up to date, unless another did so meanwhile; within a transaction."""
    for key, version, stamp, last, tally in late:
        driver.execute(_REPLACE, (TALLY_VERSION, _stamp(last), tally.to_json(), *key, version, stamp))


def read(
    connection: sa.Connection, course: str, learners: Collection[str] | None
) -> tuple[dict[str, Tally], list[Late]]:
    """The tallies as of now, and those of them whose rows are worth being written anew."""
    table = progress_table.c
    query = sa.select(table.learner, table.version, table.stamp, table.state).where(table.course == course)
    if learners is not None and len(learners) <= MANY:
        query = query.where(table.learner.in_(learners))
    driver: Any = connection.connection.driver_connection
    found: dict[str, Tally] = {}
    late: list[Late] = []
    for learner, version, stamp, state in connection.execute(query.order_by(table.learner)).all():
        if learners is not None and learner not in learners:
            continue
        key = (course, learner)
        since = driver.execute(_SINCE, (*key, through(stamp), _ALL)).fetchall()
        tally = _tally(version, state, (stored_event(payload, "The store") for (payload,) in since))
        found[learner] = replay(connection, *key) if tally is None else tally
        if tally is None or len(since) >= _WORTH:
            (last,) = driver.execute(_LAST, (*key, _ALL)).fetchone()
            late.append(Late(key, version, stamp, last, found[learner]))
    return found, late


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
    since = connection.exec_driver_sql(_SINCE, (course, learner, through(row.stamp), _ALL))
    try:
        Tally.from_json(row.state)
    except (ValueError, KeyError, TypeError):
        return True
    new = (stored_event(payload, "The store") for (payload,) in since)
    kept = _tally(row.version, row.state, new)  # None: an event since then voids another, which readers see
    return kept is not None and kept.to_json() != replay(connection, course, learner).to_json()


def replay(connection: sa.Connection, course: str, learner: str) -> Tally:
    rows = connection.execute(events_query([learner], course, None))
    return Tally.of(stored_event(payload, "The store") for payload, _ in rows)


def through(stamp: str) -> int:
    """The number of the last event that a row's tally has."""
    number = stamp.partition(":")[0]
    return int(number) if number.isdigit() else 0


def _write(driver: Any, key: Key, tally: Tally, last: int) -> str:
    stamp = _stamp(last)
    driver.execute(_WRITE, (*key, TALLY_VERSION, stamp, tally.to_json()))
    return stamp


def _stamp(last: int) -> str:
    return f"{last}:{secrets.token_hex(8)}"


def _tally(version: int, state: str, since: Iterable[Event]) -> Tally | None:
    """The row's tally with the events ``since`` taken in; None where that cannot be."""
    if version != TALLY_VERSION:
        return None
    try:
        tally = Tally.from_json(state)
    except (ValueError, KeyError, TypeError):
        return None
    taken = [tally.take(event) for event in since]
    return tally if all(taken) else None
