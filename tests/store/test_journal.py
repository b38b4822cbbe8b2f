"""Journals: durable when told so, one a process, and readable whatever became of them."""

import json
import multiprocessing
import os
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.errors import Invalid, Unavailable
from course_kit.files.lock import try_lock
from course_kit.store.journal import MAX_LINE, Journal, journal_paths, journal_writer, read_journal

Begin = Callable[..., Journal]
OPENED = {"kind": "LessonOpened", "lesson": "frames"}


def opened(name: str) -> dict[str, str]:
    return {"kind": "LessonOpened", "lesson": name}


def contents(data: Path) -> list[list[str]]:
    """The lessons that each journal names; files of one moment have no order."""
    journals = [read_journal(path)[0] for path in journal_paths(data / "journals")]
    return sorted([event["fact"]["lesson"] for event in events] for events in journals)


def test_a_fact_becomes_an_event_on_the_disk(journal: Begin, data: Path, monday: datetime, release: str):
    (event,) = journal("page").append([OPENED], at=monday)
    (path,) = journal_paths(data / "journals")
    assert journal_writer(path) == "page"
    assert event == {
        "version": 1,
        "event_id": event["event_id"],
        "at": "2026-11-16T09:00:00.000000Z",
        "learner": "p-ada",
        "course": "data-science",
        "release": release,
        "fact": OPENED,
    }
    assert read_journal(path) == ([event], [], path.stat().st_size)
    assert json.loads(path.read_text()) == event


def test_the_file_is_made_by_the_first_event_and_is_nobody_elses(journal: Begin, data: Path):
    mine = journal()
    assert mine.append([]) == []
    assert journal_paths(data / "journals") == []
    mine.append([OPENED])
    (path,) = journal_paths(data / "journals")
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_facts_of_one_moment_keep_their_order(journal: Begin, monday: datetime):
    mine = journal()
    events = [event for _ in range(20) for event in mine.append([OPENED] * 50, at=monday)]
    ids = [event["event_id"] for event in events]
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000


def test_whoever_saw_the_facts_may_bring_ids_and_times(journal: Begin, monday: datetime):
    ids = ["01935f3a-0000-7000-8000-000000000001", "01935f3a-0000-7000-8000-000000000002"]
    events = journal("page").append([OPENED, OPENED], at=[monday, monday + timedelta(seconds=1)], event_ids=ids)
    assert [(event["event_id"], event["at"]) for event in events] == [
        (ids[0], "2026-11-16T09:00:00.000000Z"),
        (ids[1], "2026-11-16T09:00:01.000000Z"),
    ]


@pytest.mark.parametrize(
    ("facts", "more"),
    [
        ([{"kind": "CellRan", "seconds": float("nan")}], {}),
        ([{"kind": "CellRan", "cell": object()}], {}),
        ([{"kind": "GoalSet", "text": "x" * MAX_LINE}], {}),
        ([OPENED], {"event_ids": ["../../etc"]}),
        ([OPENED], {"event_ids": []}),
        ([OPENED, OPENED], {"at": [datetime(2026, 1, 1, tzinfo=UTC)]}),
    ],
)
def test_what_cannot_be_an_event_is_refused_before_anything_is_written(journal: Begin, data: Path, facts, more):
    mine = journal()
    with pytest.raises(Invalid):
        mine.append([OPENED, *facts] if not more else facts, **more)
    assert journal_paths(data / "journals") == []
    mine.append([opened("after")])
    assert contents(data) == [["after"]]


def test_threads_write_whole_lines(journal: Begin, data: Path):
    mine = journal()

    def write(name: str) -> None:
        for _ in range(25):
            mine.append([opened(name), opened(name)])

    threads = [threading.Thread(target=write, args=(f"thread-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (path,) = journal_paths(data / "journals")
    events, bad, _ = read_journal(path)
    assert bad == []
    names = [event["fact"]["lesson"] for event in events]
    assert sorted(names) == sorted(f"thread-{number}" for number in range(4) for _ in range(50))
    assert names[::2] == names[1::2]


def test_the_file_is_locked_while_its_writer_lives(journal: Begin, data: Path):
    mine = journal()
    mine.append([OPENED])
    (path,) = journal_paths(data / "journals")
    with path.open("r+b") as other:
        assert not try_lock(other)
    mine.close()
    with path.open("r+b") as other:
        assert try_lock(other)
    mine.append([opened("again")])
    assert contents(data) == [["again"], ["frames"]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_writes_a_file_of_its_own(journal: Begin, data: Path):
    mine = journal()
    mine.append([opened("parent")])
    context = multiprocessing.get_context("fork")
    child = context.Process(target=lambda: mine.append([opened("child")]))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    mine.append([opened("parent again")])
    assert contents(data) == [["child"], ["parent", "parent again"]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no limit on a file's size")
def test_a_full_disk_takes_nothing_and_spoils_nothing(data: Path):
    """A limit on the file's size stops a write in its middle, as a full disk does."""
    story = """
        import resource, sys
        from pathlib import Path
        from course_kit.errors import Unavailable
        from course_kit.store.journal import Journal
        journal = Journal(Path(sys.argv[1]), learner="p", course="c", release="", writer="page")
        fact = lambda name: {"kind": "LessonOpened", "lesson": name}
        journal.append([fact("before")])
        size, hard = journal.path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + size // 2, hard))
        try:
            journal.append([fact("refused"), fact("refused")])
        except Unavailable as error:
            print(error.message)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        for _ in range(3):
            try:
                journal.append([fact("refused")])
            except Unavailable as error:
                print(error.code)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        journal.append([fact("after")])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(story), str(data / "journals")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "The disk is full: What you did here could not be written. What was there before is untouched.",
        "unavailable",
        "unavailable",
        "unavailable",
    ]
    assert contents(data) == [["after"], ["before"]]
    assert [read_journal(path)[1] for path in journal_paths(data / "journals")] == [[], []]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path):
    (tmp_path / "journals").write_text("a file stands here")
    mine = Journal(tmp_path / "journals", learner="p", course="c", release="", writer="page")
    with pytest.raises(Unavailable, match="could not be written"):
        mine.append([OPENED])


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path):
    path = tmp_path / "journal"
    path.write_bytes(b'{"a": 1}\n{"b": ')
    assert read_journal(path) == ([{"a": 1}], [], 9)
    with path.open("ab") as stream:
        stream.write(b'2}\n{"c": 3}\n')
    assert read_journal(path, 9) == ([{"b": 2}, {"c": 3}], [], 27)
    assert read_journal(path, 27) == ([], [], 27)


def test_bad_lines_are_numbered_and_stop_nothing(tmp_path: Path):
    path = tmp_path / "journal"
    lines = [b"\xff\xfe\x00", b'{"a": 1}', b"[]", b"", b'{"a": NaN}', b"9" * 5000, b"[" * 100_000, b'{"b": 2}']
    lines += [b"x" * (3 * MAX_LINE + 7), b'{"c": 3}']
    path.write_bytes(b"\n".join(lines) + b"\n")
    events, bad, end = read_journal(path)
    assert events == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert bad == [
        (1, "The line is not JSON."),
        (3, "The line is not a JSON object."),
        (4, "The line is not JSON."),
        (5, "It holds a number that JSON does not know (NaN or Infinity)."),
        (6, "The line is not JSON."),
        (7, "The line is not JSON."),
        (9, "The line is longer than any event; its beginning is kept."),
    ]
    assert end == path.stat().st_size


def test_an_endless_line_without_an_end_is_not_read(tmp_path: Path):
    path = tmp_path / "journal"
    path.write_bytes(b'{"a": 1}\n' + b"x" * (4 * MAX_LINE))
    assert read_journal(path) == ([{"a": 1}], [], 9)


@given(content=st.binary(max_size=300), offset=st.integers(0, 400))
def test_no_bytes_make_the_reader_fail(tmp_path_factory: pytest.TempPathFactory, content: bytes, offset: int):
    path = tmp_path_factory.mktemp("bytes") / "journal"
    path.write_bytes(content)
    events, bad, end = read_journal(path, offset)
    assert len(events) + len(bad) == content[offset:].count(b"\n")
    assert end == max(offset, content.rfind(b"\n") + 1)


def test_a_journal_that_was_taken_in_meanwhile_is_empty(tmp_path: Path):
    assert read_journal(tmp_path / "gone.jsonl") == ([], [], 0)
    assert journal_paths(tmp_path / "nowhere") == []
    with pytest.raises(Invalid):
        journal_writer(tmp_path / "notes.jsonl")


def test_importing_it_loads_nothing_heavy():
    story = """
        import sys
        import course_kit.store.journal, course_kit.store.places
        heavy = {"pydantic", "sqlalchemy", "alembic", "platformdirs", "course_kit.model.events", "course_kit.store.sql"}
        print(sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(story)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
