"""The rows that SQLite keeps of progress: when events are taken into them, and that nobody has to wait for it."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from course_kit.model.events import Event
from course_kit.model.tally import Tally
from course_kit.store.mending import check
from course_kit.store.sql import SqlStore, kept

Make = Callable[..., Event]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_PENDING", 8)
    monkeypatch.setattr(kept, "_WORTH", 3)
    monkeypatch.setattr(kept, "_MOST", 20)


def waiting(path: Path) -> dict[str, int]:
    """How many events of each name are not in its row."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT learner, stamp FROM progress ORDER BY learner").fetchall()
        count = "SELECT count(*) FROM events WHERE learner = ? AND id > ?"
        return {name: database.execute(count, (name, kept.through(stamp))).fetchone()[0] for name, stamp in rows}


def check_kept(store: SqlStore, path: Path, events: Sequence[Event], at: datetime) -> None:
    stamped = [event.received(at) for event in events]
    tallies = store.tallies("data-science")
    assert tallies == {name: Tally.of(e for e in stamped if e.learner == name) for name in tallies}
    assert check(path).faults == ()


def test_events_are_taken_in_by_the_eight_however_names_are_mixed(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "store.db"
    events = [event(number, learner=f"p-{number % 3}") for number in range(36)]
    with SqlStore.open(path) as store:
        for number, one in enumerate(events):
            store.append([one], monday)
            assert max(waiting(path).values()) < 8
            if number == 20:
                assert waiting(path) == {"p-0": 7, "p-1": 7, "p-2": 7}
        assert waiting(path) == {"p-0": 4, "p-1": 4, "p-2": 4}
        check_kept(store, path, events, monday)


def test_two_writers_in_turns(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "store.db"
    events = [event(number) for number in range(50)]
    with SqlStore.open(path) as one, SqlStore.open(path) as other:
        for start in range(0, 50, 5):
            (one if start % 10 else other).append(events[start : start + 5], monday)
            assert waiting(path)["p-ada"] < 8
        check_kept(one, path, events, monday)
        check_kept(other, path, events, monday)


def test_who_closes_the_store_takes_in_what_is_worth_it(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "store.db"
    events = [event(number) for number in range(5)] + [event(9, learner="p-bob")]
    with SqlStore.open(path) as store:
        store.append(events, monday)
        assert waiting(path) == {"p-ada": 5, "p-bob": 1}
    assert waiting(path) == {"p-ada": 0, "p-bob": 1}
    with SqlStore.open(path) as store:
        check_kept(store, path, events, monday)


def test_who_reads_many_writes_the_row(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "store.db"
    with SqlStore.open(path) as writer, SqlStore.open(path) as reader:
        writer.append([event(number) for number in range(5)] + [event(9, learner="p-bob")], monday)
        check_kept(reader, path, [event(number) for number in range(5)] + [event(9, learner="p-bob")], monday)
        assert waiting(path) == {"p-ada": 0, "p-bob": 1}
        writer.append([event(number) for number in range(10, 15)], monday)
        assert waiting(path) == {"p-ada": 0, "p-bob": 1}, "5 and 5 are due, by the writer's own count"
        check_kept(writer, path, [event(n) for n in (*range(5), *range(10, 15))] + [event(9, learner="p-bob")], monday)


def test_who_reads_or_closes_while_another_writes_does_not_wait(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "store.db"
    store = SqlStore.open(path)
    store.append([event(number) for number in range(5)], monday)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert store.tallies("data-science")["p-ada"].opened == {"frames": event(0).at}
        store.close()
        assert time.monotonic() - began < 5
        other.execute("ROLLBACK")
    assert waiting(path) == {"p-ada": 5}


def test_what_voids_is_taken_in_at_once(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "store.db"
    void = event(3, {"kind": "Voided", "event_id": event(1).event_id, "reason": "a test"})
    with SqlStore.open(path) as store:
        store.append([event(1), event(2)], monday + timedelta(hours=1))
        store.append([void], monday + timedelta(hours=1))
        assert waiting(path) == {"p-ada": 0}
        assert store.tallies("data-science")["p-ada"].opened == {"frames": event(2).at}


def test_after_an_erasure_what_others_did_is_kept(tmp_path: Path, event: Make, monday: datetime):
    """Numbers of events that are gone are given out again."""
    path = tmp_path / "store.db"
    with SqlStore.open(path) as store, SqlStore.open(path) as other:
        store.append([event(number) for number in range(4)], monday)
        store.append([event(number, learner="p-bob") for number in range(4, 8)], monday)
        other.erase(["p-bob"], monday)
        more = [event(number, learner=f"p-{number % 2}") for number in range(8, 20)]
        other.append(more[:6], monday)
        store.append(more[6:], monday)
        check_kept(store, path, [event(number) for number in range(4)] + more, monday)
