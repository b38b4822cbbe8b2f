"""A store's file looked through, made anew, copied and brought back; by interrupted hands, too."""

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound, WrongVersion
from course_kit.model.events import Event
from course_kit.model.keys import canonical_json
from course_kit.store import locking
from course_kit.store.asides import Retried
from course_kit.store.contract import Appended
from course_kit.store.ingest import Ingester
from course_kit.store.mending import Rebuilt, Restored, backup, check, rebuild, restore
from course_kit.store.sql import SqlStore, opening

Make = Callable[..., Event]


@pytest.fixture
def path(tmp_path: Path, event: Make, monday: datetime) -> Path:
    """A store with three events of Ada's and one of Bob's."""
    place = tmp_path / "store.db"
    with SqlStore.open(place) as store:
        store.append([event(1), event(2), event(3), event(4, learner="p-bob")], monday + timedelta(days=1))
    return place


def change(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path) as database:
        database.execute(statement, values)
    database.close()


def numbers(path: Path) -> list[int]:
    with SqlStore.open(path) as store:
        return [int(event.event_id[-12:], 16) for event in store.events()]


def test_a_sound_store_has_no_faults(path: Path, monday: datetime):
    with SqlStore.open(path) as store:
        store.set_aside("{broken", "not JSON", monday)
    said: list[str] = []
    found = check(path, progress=lambda done, total, what: said.append(what))
    assert (found.events, found.learners, found.set_asides, found.faults) == (4, 2, 1, ())
    assert found.notes == ("1 texts were set aside, because they were no events or contradicted one; they are kept.",)
    assert list(dict.fromkeys(said)) == ["the file", "events", "kept progress"]


def test_kept_progress_that_is_wrong_is_found_and_made_anew(path: Path, monday: datetime):
    assert rebuild(path, monday) == Rebuilt(4, 2, 0)
    change(path, "UPDATE progress SET state = replace(state, 'frames', 'chance') WHERE learner = 'p-ada'")
    assert check(path).faults == ("What is kept of p-ada in data-science is not what the events come to.",)
    assert rebuild(path, monday) == Rebuilt(4, 2, 1)
    assert check(path).faults == ()
    assert rebuild(path, monday) == Rebuilt(4, 2, 0)


@pytest.mark.parametrize("state", ["", "{", "[]", "{}", "null", '{"items": 3}'])
def test_kept_progress_that_cannot_be_read_is_made_from_the_events(path: Path, state: str, event: Make):
    change(path, "UPDATE progress SET state = ?", state)
    with SqlStore.open(path) as store:
        assert store.tallies("data-science")["p-ada"].opened == {"frames": event(1).at}
        store.append([event(0)], event(9).at)
        assert store.tallies("data-science")["p-ada"].opened == {"frames": event(0).at}


def test_an_event_that_cannot_be_read_is_named_and_hides_no_other(path: Path, event: Make):
    change(path, "UPDATE events SET payload = '{}' WHERE event_id = ?", event(1).event_id)
    change(path, "UPDATE events SET learner = 'p-eve' WHERE event_id = ?", event(4).event_id)
    faults = check(path).faults
    assert faults[:2] == (
        f"The event {event(1).event_id} cannot be read.",
        f"The event {event(4).event_id} stands under another name, course, time or id than its own.",
    )


def test_a_store_of_the_first_schema_is_brought_up_to_date(tmp_path: Path, event: Make, monday: datetime):
    """Its events are there, its progress is made when it is first asked for."""
    path = tmp_path / "store.db"
    with SqlStore.open(path) as store:
        store.append([event(1), event(2, learner="p-bob")], monday)
    with sqlite3.connect(path) as database:
        database.executescript(
            "DROP TABLE progress; DROP TABLE erased; UPDATE course_kit_version SET version_num='0001'"
        )
    database.close()
    with SqlStore.open(path) as store:
        assert store.names() == [("data-science", "p-ada"), ("data-science", "p-bob")]
        assert list(store.tallies("data-science")) == ["p-ada", "p-bob"]
        assert store.append([event(1), event(3)], monday) == Appended(stored=1, duplicates=1)
    assert check(path).faults == ()
    assert rebuild(path, monday) == Rebuilt(3, 2, 0)


def test_a_digest_of_an_earlier_form_makes_no_conflict(path: Path, event: Make, monday: datetime):
    change(path, "UPDATE events SET content = 'another digest'")
    other = event(2, {"kind": "LessonOpened", "lesson": "chance"})
    with SqlStore.open(path) as store:
        assert store.append([event(1), other], monday) == Appended(duplicates=1, conflicts=1)


def test_a_line_that_an_older_course_kit_could_not_read_is_taken_later(data: Path, event: Make, monday: datetime):
    """By `rebuild`, or when a program that takes in events starts; by the rules of the journal's writer."""
    journal = "01970000-0000-7000-8000-000000000000"
    known = canonical_json(event(1, {"kind": "GateOverridden", "lesson": "frames"}).content())
    forged = canonical_json(event(2, {"kind": "LessonWaived", "lesson": "frames", "reason": ""}).content())
    path = data / "store.db"
    with SqlStore.open(path) as store:
        store.set_aside(known, f"{journal}.page.jsonl, line 1: An event cannot be read: fact.", monday)
        store.set_aside(forged, f"{journal}.page.jsonl, line 2: An event cannot be read: fact.", monday)
        store.set_aside(
            canonical_json(event(3).content()), "sync: a, line 1: It is the event of somebody else.", monday
        )
    assert rebuild(path, monday).retried == Retried(taken=1, left=2)
    assert numbers(path) == [1]
    with SqlStore.open(path) as store:
        store.set_aside(canonical_json(event(4).content()), f"{journal}.page.jsonl, line 3: An event …", monday)
        assert Ingester(data, store).ingest(monday).stored == 1
        assert len(store.set_asides()) == 2


def test_a_backup_comes_back_and_what_was_there_is_kept(path: Path, tmp_path: Path, event: Make, monday: datetime):
    copy = backup(path, tmp_path / "backups" / "monday.db")
    with SqlStore.open(path) as others:
        others.append([event(5)], monday + timedelta(days=2))
        done = restore(path, copy, monday)
        assert [e.event_id[-1] for e in others.events()] == ["1", "2", "3", "4"]  # who has it open sees it, too
    assert done.events == 4
    assert done.before is not None
    assert done.before.name.startswith("store-before-20261116T090000Z-")
    assert numbers(done.before) == [1, 2, 3, 4, 5]
    assert check(path).faults == ()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_a_backup_replaces_nothing(path: Path, tmp_path: Path, monday: datetime):
    (tmp_path / "there.db").write_text("mine")
    with pytest.raises(Invalid, match="is there already"):
        backup(path, tmp_path / "there.db")
    assert (tmp_path / "there.db").read_text() == "mine"
    with pytest.raises(Invalid, match="is the store itself"):
        restore(path, path, monday)


def test_a_backup_that_is_interrupted_leaves_nothing(path: Path, tmp_path: Path):
    def stop(done: int, total: int, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(path, tmp_path / "half.db", progress=stop)
    assert [file.name for file in tmp_path.iterdir() if "half" in file.name] == []


def test_a_rebuild_that_is_interrupted_is_done_again(path: Path, monday: datetime):
    change(path, "UPDATE progress SET version = 0")

    def stop(done: int, total: int, what: str) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(path, monday, progress=stop)
    assert check(path).faults == ()
    assert rebuild(path, monday) == Rebuilt(4, 2, 1)


def test_what_is_no_backup_changes_nothing(path: Path, tmp_path: Path, monday: datetime):
    text, other, newer, broken = (tmp_path / f"{name}.db" for name in ("text", "other", "newer", "broken"))
    text.write_text("not a database at all")
    change(other, "CREATE TABLE grades (score)")
    backup(path, newer)
    change(newer, "UPDATE course_kit_version SET version_num = '0099'")
    backup(path, broken)
    broken.write_bytes(broken.read_bytes()[:8192] + os.urandom(8192) + broken.read_bytes()[16384:])
    for source, kind in ((text, Invalid), (other, Invalid), (newer, WrongVersion), (broken, Invalid)):
        with pytest.raises(kind):
            restore(path, source, monday)
    with pytest.raises(NotFound):
        restore(path, tmp_path / "nowhere.db", monday)
    assert numbers(path) == [1, 2, 3, 4]
    assert list(tmp_path.glob("store-before*")) == []


def test_a_damaged_store_gives_way_to_its_backup_and_is_kept_as_it_is(path: Path, tmp_path: Path, monday: datetime):
    copy = backup(path, tmp_path / "good.db")
    path.write_bytes(b"damaged beyond all hope" * 500)
    with pytest.raises(Invalid):
        check(path)
    done = restore(path, copy, monday)
    assert done.before is not None
    assert done == Restored(4, done.before)
    assert done.before.read_bytes().startswith(b"damaged beyond")
    assert numbers(path) == [1, 2, 3, 4]


def test_a_backup_brings_nobody_back_who_was_erased(path: Path, tmp_path: Path, monday: datetime):
    copy = backup(path, tmp_path / "before.db")
    with SqlStore.open(path) as store:
        store.erase(["p-ada"], monday)
    assert b"p-ada" in copy.read_bytes()
    assert restore(path, copy, monday).events == 1
    assert numbers(path) == [4]


def test_what_was_erased_is_not_left_in_the_file(path: Path, monday: datetime, event: Make):
    secret = "a sentence that only Ada wrote"
    with SqlStore.open(path) as store:
        store.append([event(9, {"kind": "GoalSet", "week": "2026-11-16", "text": secret})], monday)
        assert any(secret.encode() in file.read_bytes() for file in path.parent.glob("store.db*"))
        store.erase(["p-ada"], monday)
        assert not any(secret.encode() in file.read_bytes() for file in path.parent.glob("store.db*"))


# ---------------------------------------------------------------- locks


def test_a_local_disk_keeps_locks(tmp_path: Path):
    assert locking.locks_hold(tmp_path)
    assert list(tmp_path.iterdir()) == []


LETS_IN = "print('taken')"
SHUTS_OUT = "print('refused')"
FAILS = "raise OSError"


@pytest.mark.parametrize("second", [LETS_IN, SHUTS_OUT, FAILS])
def test_a_disk_that_lets_two_in_or_nobody_keeps_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str):
    """No disk here is that bad, so the second process says what it would have met there."""
    monkeypatch.setattr(locking, "_SECOND", second)
    assert not locking.locks_hold(tmp_path)
    assert list(tmp_path.iterdir()) == []


def write_many(path: Path, first: int, make: Any) -> None:
    with SqlStore.open(path) as store:
        for number in range(first, first + 20):
            store.append([make(number)], datetime.now(UTC))


def test_on_a_disk_without_locks_a_folder_serves_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: Make, monday: datetime
):
    """Three processes write at once; all of them use the lock that was chosen when the store was made."""
    path = tmp_path / "store.db"
    monkeypatch.setattr(locking, "_SECOND", LETS_IN)
    SqlStore.open(path).close()
    monkeypatch.undo()
    assert opening.dotfile_note(path).exists()
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_many, args=(path, 100 * n, event)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert len(numbers(path)) == 60
    found = check(path)
    assert found.faults == ()
    assert "a folder beside it serves as the lock" in found.notes[0]
    assert [file.name for file in tmp_path.iterdir() if "-wal" in file.name or file.name.endswith(".lock")] == []


# ---------------------------------------------------------------- several programs at once

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from course_kit.store.journal import Journal
data, seed = Path(sys.argv[1]), int(sys.argv[2])
with Journal(data / "journals", learner="p-ada", course="data-science", release="a" * 64, writer="kernel") as journal:
    for number in range(40):
        journal.append([{"kind": "ItemAnswered", "lesson": "frames", "item": "robust/q1", "digest": "d", "variant": 0,
                         "response": seed, "state": "wrong", "fraction": 0.0, "attempt": number + 1}])
"""
SERVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from course_kit.store.ingest import Ingester
from course_kit.store.sql import SqlStore
data = Path(sys.argv[1])
with SqlStore.open(data / "store.db") as store:
    ingester = Ingester(data, store)
    for _ in range(15):
        ingester.ingest(datetime.now(UTC), wait=20)
"""
COMMAND = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from course_kit.store.mending import backup, check, rebuild
path, copy = Path(sys.argv[1]) / "store.db", Path(sys.argv[1]) / f"copy-{sys.argv[2]}.db"
rebuild(path, datetime.now(UTC))
assert check(path).faults == ()
backup(path, copy)
assert check(copy).faults == ()
"""


@pytest.mark.slow
def test_kernels_servers_and_commands_at_once_stay_sound(data: Path):
    SqlStore.open(data / "store.db").close()
    stories = [(WRITER, 1), (WRITER, 2), (WRITER, 3), (SERVER, 4), (SERVER, 5), (COMMAND, 6), (COMMAND, 7)]
    running = [subprocess.Popen([sys.executable, "-c", story, str(data), str(n)]) for story, n in stories]
    try:
        assert [process.wait(timeout=120) for process in running] == [0] * len(stories)
    finally:
        for process in running:
            process.kill()
            process.wait()
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(datetime.now(UTC))
        assert sum(event.kind == "ItemAnswered" for event in store.events()) == 120
        assert store.tallies("data-science")["p-ada"].answers == 120
        assert store.set_asides() == []
    assert check(data / "store.db").faults == ()
