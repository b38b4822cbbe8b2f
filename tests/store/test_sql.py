"""The store in SQLite: its versions, its damage, its neighbours."""

import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from course_kit.errors import Busy, Invalid, Unavailable, WrongVersion
from course_kit.model.events import Event
from course_kit.store.contract import Appended
from course_kit.store.migrations import script, upgrade
from course_kit.store.sql import SCHEMA, VERSION_TABLE, SqlStore, opening
from course_kit.store.sql import tables as sql

Make = Callable[..., Event]


def test_a_store_is_made_and_opened_again(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "new" / "folder" / "store.db"
    with SqlStore.open(path) as store:
        store.append([event(1)], monday)
    with SqlStore.open(path) as store:
        assert list(store.events()) == [event(1).received(monday)]


def test_what_is_acknowledged_survives_a_power_cut(tmp_path: Path):
    with SqlStore.open(tmp_path / "store.db") as store, store._writing.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


def test_a_disk_that_computers_share_is_known(tmp_path: Path):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n/dev/vdb /home/local ext4 rw 0 0\n"
        "//files/share /mnt/my\\040share cifs rw 0 0\nbroken\n"
    )
    places = ["/home/ada/store.db", "/home/local/store.db", "/homes/store.db", "/mnt/my share/store.db"]
    assert [opening.is_on_network(Path(place), mounts) for place in places] == [True, False, False, True]
    assert not opening.is_on_network(Path("/home/ada/store.db"), tmp_path / "no such file")


def test_on_a_shared_disk_the_store_does_without_wal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: Make):
    monkeypatch.setattr(opening, "is_on_network", lambda path: True)
    with SqlStore.open(tmp_path / "store.db") as store:
        store.append([event(1)], event(1).at)
        assert [file.name for file in tmp_path.iterdir() if "-wal" in file.name] == []
        assert list(store.events()) == [event(1).received(event(1).at)]


def test_the_migrations_make_what_the_code_uses(tmp_path: Path):
    assert script().get_current_head() == SCHEMA
    with SqlStore.open(tmp_path / "store.db") as store, store._reading.begin() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, sql.metadata) == []


def test_a_current_store_opens_without_alembic(tmp_path: Path):
    SqlStore.open(tmp_path / "store.db").close()
    story = """
        import sys
        from pathlib import Path
        from course_kit.store.sql import SqlStore
        SqlStore.open(Path(sys.argv[1])).close()
        print("alembic" in sys.modules)
    """
    assert run(story, tmp_path / "store.db") == "False\n"


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Schema and version are one transaction: cut off between them, the next opening begins from nothing."""

    def cut_off(connection: sa.Connection, table: str) -> None:
        upgrade(connection, table)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("course_kit.store.migrations.upgrade", cut_off)
        with pytest.raises(KeyboardInterrupt):
            SqlStore.open(tmp_path / "store.db")
    assert tables(tmp_path / "store.db") == set()
    SqlStore.open(tmp_path / "store.db").close()
    assert tables(tmp_path / "store.db") == {"events", "set_asides", "people", "progress", "erased", VERSION_TABLE}


@pytest.mark.parametrize(
    ("version", "hint"), [("0003", "newer course-kit"), ("9999", "newer course-kit"), ("zebra", "Restore"), (None, "R")]
)
def test_a_store_of_another_version_is_refused_and_untouched(tmp_path: Path, version: str | None, hint: str):
    path = tmp_path / "store.db"
    SqlStore.open(path).close()
    with sqlite3.connect(path) as database:
        database.execute(f"DELETE FROM {VERSION_TABLE}")  # noqa: S608 - our constant
        if version is not None:
            database.execute(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (version,))  # noqa: S608 - the same
    database.close()
    before = path.read_bytes()
    with pytest.raises(WrongVersion) as caught:
        SqlStore.open(path)
    assert (caught.value.found, caught.value.supported) == (version or "none", SCHEMA)
    assert hint in caught.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"learner,name\nada,Ada\n", b"SQLite format 2\0", b"\0" * 4096, b"x"])
def test_what_is_no_database_is_refused_and_untouched(tmp_path: Path, content: bytes):
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(Invalid, match="no SQLite database"):
        SqlStore.open(path)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["store.db"]


def test_another_programs_database_is_refused_and_untouched(tmp_path: Path):
    path = tmp_path / "gradebook.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE grade (id INTEGER)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(Invalid, match="another program's database"):
        SqlStore.open(path)
    assert path.read_bytes() == before


def test_an_empty_file_is_a_store_to_be(tmp_path: Path, event: Make, monday: datetime):
    (tmp_path / "store.db").touch()
    with SqlStore.open(tmp_path / "store.db") as store:
        assert store.append([event(1)], monday) == Appended(stored=1)


def test_a_folder_is_no_store(tmp_path: Path):
    with pytest.raises(Invalid, match="is a folder"):
        SqlStore.open(tmp_path)


def test_a_damaged_database_is_said_so(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "store.db"
    with SqlStore.open(path) as store:
        store.append([event(number) for number in range(500)], monday)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xaa" * (len(content) - 4096))
    with pytest.raises(Invalid, match="damaged"), SqlStore.open(path) as store:
        list(store.events())
    path.write_bytes(content[:1000])
    with pytest.raises(Invalid, match="damaged"):
        SqlStore.open(path)


def test_an_unreadable_event_in_the_store_is_said_so(tmp_path: Path, event: Make, monday: datetime):
    with SqlStore.open(tmp_path / "store.db") as store:
        store.append([event(1)], monday)
        with store._writing.begin() as connection:
            connection.exec_driver_sql("UPDATE events SET payload = '{'")
        with pytest.raises(Invalid, match="an event that cannot be read"):
            list(store.events())


def test_a_store_that_is_held_too_long_is_busy(
    tmp_path: Path, event: Make, monday: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.05)
    path = tmp_path / "store.db"
    with SqlStore.open(path) as holder, SqlStore.open(path) as other, holder._writing.begin():
        with pytest.raises(Busy):
            other.append([event(1)], monday)
        assert list(other.events()) == []


def test_a_full_disk_keeps_what_was_there(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "store.db"
    with SqlStore.open(path) as store:
        store.append([event(1)], monday)
        with store._writing.connect() as connection:  # as full as a disk: the file may not grow by another page
            connection.exec_driver_sql("PRAGMA max_page_count=1")
        with pytest.raises(Unavailable, match="disk is full"):
            store.append([event(number) for number in range(2, 1000)], monday)
        assert list(store.events()) == [event(1).received(monday)]


def test_names_with_strange_characters_are_only_names(tmp_path: Path, event: Make, monday: datetime):
    path = tmp_path / "a ?mode=ro#%20é" / "store.db"
    with SqlStore.open(path) as store:
        store.append([event(1)], monday)
    assert path.exists()


WRITE = """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from course_kit.model.events import read_event
    from course_kit.store.sql import SqlStore
    path, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    at = datetime(2026, 11, 16, tzinfo=UTC)
    def event(number):
        return read_event({"version": 1, "event_id": f"00000000-0000-7000-8000-{number:012x}", "at": at.isoformat(),
            "learner": "p", "course": "c", "release": "", "fact": {"kind": "LessonOpened", "lesson": "a"}})
    print("ready", flush=True)
    sys.stdin.readline()
    with SqlStore.open(path) as store:
        done = [store.append([event(number)], at) for number in range(first, last)]
    print(sum(one.stored for one in done), sum(one.duplicates for one in done))
"""


def test_processes_that_begin_at_once_make_one_store_and_lose_nothing(tmp_path: Path):
    """Four make the schema in a race; each writes 100 events one by one, half of them its neighbour's as well."""
    path, pipe = tmp_path / "store.db", subprocess.PIPE
    command = [sys.executable, "-c", textwrap.dedent(WRITE), str(path)]
    writers = [
        subprocess.Popen([*command, str(50 * n), str(50 * n + 100)], stdin=pipe, stdout=pipe, text=True)
        for n in range(4)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    counts = [[int(word) for word in writer.communicate(timeout=60)[0].split()] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert sum(stored for stored, _ in counts) == 250
    assert sum(duplicates for _, duplicates in counts) == 150
    with SqlStore.open(path) as store:
        assert len({one.event_id for one in store.events()}) == 250


def tables(path: Path) -> set[str]:
    database = sqlite3.connect(path)
    try:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    finally:
        database.close()


def run(story: str, *arguments: object) -> str:
    command = [sys.executable, "-c", textwrap.dedent(story), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
