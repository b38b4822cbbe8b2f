"""The tallies that the database keeps: written with the events, read instead of them.

For each course and name that has events there is a row. One of another version than ours, or that cannot be read,
says no more than that: its tally is made from the events.
"""

import secrets
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from course_kit.model.events import Event
from course_kit.model.tally import TALLY_VERSION, Tally
from course_kit.store.sql.reading import MANY, events_query, stored_event
from course_kit.store.sql.tables import progress_table

_MOST = 64
_WRITE = (
    "INSERT INTO progress (course, learner, version, stamp, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (course, learner)"
    " DO UPDATE SET version = excluded.version, stamp = excluded.stamp, state = excluded.state"
)
_READ = "SELECT version, stamp, state FROM progress WHERE course = ? AND learner = ?"
_STAMP = "SELECT version, stamp FROM progress WHERE course = ? AND learner = ?"


class Remembered:
    """Tallies of the last writes, so that the next need not read them; used only within a writing transaction."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str], tuple[str, Tally]] = {}

    def take(self, connection: sa.Connection, driver: Any, events: Iterable[Event]) -> None:
        """Take in ``events``, which were stored just now, and write what they come to."""
        groups: dict[tuple[str, str], list[Event]] = {}
        for event in events:
            groups.setdefault((event.course, event.learner), []).append(event)
        for key, new in groups.items():
            tally = self._before(driver, key)
            taken = tally is not None and all([tally.take(event) for event in new])  # noqa: C419 - every one is taken
            if tally is None or not taken:
                tally = replay(connection, *key)
            if len(self._tallies) >= _MOST:
                self._tallies.clear()
            # if the transaction fails, the stamp is nowhere, and what is remembered under it is not used
            self._tallies[key] = _write(driver, key, tally), tally

    def _before(self, driver: Any, key: tuple[str, str]) -> Tally | None:
        """The kept tally of ``key``, an empty one where there was none; None if it has to be made anew."""
        stamp, tally = self._tallies.pop(key, ("", None))
        row = driver.execute(_STAMP, key).fetchone()
        if row is None:
            return Tally()
        if tally is not None and row == (TALLY_VERSION, stamp):
            return tally
        version, _, state = driver.execute(_READ, key).fetchone()
        return _tally(version, state)


def read(connection: sa.Connection, course: str, learners: Collection[str] | None) -> dict[str, Tally]:
    table = progress_table.c
    query = sa.select(table.learner, table.version, table.state).where(table.course == course).order_by(table.learner)
    if learners is not None and len(learners) <= MANY:
        query = query.where(table.learner.in_(learners))
    rows = [row for row in connection.execute(query) if learners is None or row.learner in learners]
    return {row.learner: _tally(row.version, row.state) or replay(connection, course, row.learner) for row in rows}


def renew(connection: sa.Connection, course: str, learner: str) -> bool:
    """Make the tally from the events; whether the kept one was another."""
    row = connection.exec_driver_sql(_READ, (course, learner)).one_or_none()
    if row is None:
        return False
    tally = replay(connection, course, learner)
    if row.version == TALLY_VERSION and row.state == tally.to_json():
        return False
    _write(connection.connection.driver_connection, (course, learner), tally)
    return True


def differs(connection: sa.Connection, course: str, learner: str) -> bool:
    row = connection.exec_driver_sql(_READ, (course, learner)).one_or_none()
    return (
        row is not None and row.version == TALLY_VERSION and row.state != replay(connection, course, learner).to_json()
    )


def replay(connection: sa.Connection, course: str, learner: str) -> Tally:
    rows = connection.execute(events_query([learner], course, None))
    return Tally.of(stored_event(payload, "The store") for payload, _ in rows)


def _write(driver: Any, key: tuple[str, str], tally: Tally) -> str:
    stamp = secrets.token_hex(8)
    driver.execute(_WRITE, (*key, TALLY_VERSION, stamp, tally.to_json()))
    return stamp


def _tally(version: int, state: str) -> Tally | None:
    if version != TALLY_VERSION:
        return None
    try:
        return Tally.from_json(state)
    except (ValueError, KeyError, TypeError):
        return None
