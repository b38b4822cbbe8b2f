"""What the store promises, measured: durable appends, a journal's answer time, a warm opening, a replay."""

import gc
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.events import Event, read_event
from course_kit.model.keys import uuid7
from course_kit.model.progress import fold
from course_kit.model.roster import Roster
from course_kit.report.contents import make_report
from course_kit.store.contract import Entry
from course_kit.store.ingest import Ingester, local_progress
from course_kit.store.journal import Journal
from course_kit.store.kept import tallies_of
from course_kit.store.mending import rebuild
from course_kit.store.places import save_outline
from course_kit.store.sql import SqlStore
from course_kit.store.sql.opening import connect
from course_kit.store.sql.store import INSERT

Row = tuple[str, str, str, bool]
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
LATER = MONDAY + timedelta(days=3)
COUNT, BATCH = 10_000, 100
ITEMS = tuple(f"quiz/q{number}" for number in range(1, 9))
COURSE = Course(
    key="ds",
    title="Data science",
    units=(
        Unit(
            key="all",
            lessons=tuple(Lesson(key=f"l{n}", kind="notebook", path=f"l{n}.ipynb", items=ITEMS) for n in range(20)),
        ),
    ),
)


def _fact(number: int, items: int = 40) -> dict[str, Any]:
    """An answer to one of so many items; every tenth item gets better now and then, the others never come right."""
    place = number % items
    is_right = place % 10 == 0 and number // items % 3 == 1
    return {
        "kind": "ItemAnswered",
        "lesson": f"l{place % 20}",
        "item": ITEMS[place // 20 % 8],
        "digest": "d" * 64,
        "variant": 0,
        "response": 4 if is_right else number // items % 4,
        "state": "right" if is_right else "wrong",
        "fraction": float(is_right),
        "attempt": 1 + number // items,
    }


def _events(count: int, learners: int = 1, items: int = 40) -> list[Event]:
    """Answers, a second apart; of several learners, each has a stretch of them."""
    each = count // learners
    return [
        read_event(
            {
                "version": 1,
                "event_id": uuid7(MONDAY + timedelta(seconds=number), number),
                "at": MONDAY + timedelta(seconds=number % each),
                "learner": f"p-{number // each:016x}",
                "course": "ds",
                "release": "a" * 64,
                "fact": _fact(number, items),
            }
        )
        for number in range(count)
    ]


def append_rows(folder: Path) -> list[Row]:
    """100,000 events of ten learners by the hundred, each commit on the disk before the next begins, against two bare
    loops of INSERT … ON CONFLICT into the same table with the same settings.

    The first loop has ready rows and does nothing but store them: what ours is slower is the price of all that it does.
    The second begins where ours does, with events, and makes their JSON. They take turns, a tenth of the events each
    time, so that whatever else the machine does meets all alike. Closing the store, which takes in what waits, counts.
    """
    count = 100_000
    events = _events(count, learners=10)
    rows = [_row_of(Entry.of(event, LATER)) for event in events]
    seconds = dict.fromkeys(("ready", "made", "ours"), 0.0)
    for name in ("ready", "made"):
        SqlStore.open(folder / f"{name}.db").close()
    with (
        SqlStore.open(folder / "ours.db") as store,
        closing(connect(folder / "ready.db")) as ready,
        closing(connect(folder / "made.db")) as made,
    ):
        ready.isolation_level = made.isolation_level = None
        steps: dict[str, Callable[[int], object]] = {
            "ready": lambda first: _insert(ready, rows[first : first + BATCH]),
            "made": lambda first: _insert(made, map(_plain_row, events[first : first + BATCH])),
            "ours": lambda first: store.append(events[first : first + BATCH], LATER),
        }
        gc.collect()
        gc.freeze()  # the 100,000 events that lie ready are nobody's work here
        for start in range(0, count, count // 10):
            for name, step in steps.items():
                began = time.perf_counter()
                for first in range(start, start + count // 10, BATCH):
                    step(first)
                seconds[name] += time.perf_counter() - began
        began = time.perf_counter()
        store.close()  # takes in what waits
        seconds["ours"] += time.perf_counter() - began
        gc.unfreeze()
    found = []
    for name, what in (("made", "of the same events"), ("ready", "of rows that lie ready")):
        share = seconds[name] / seconds["ours"]
        measured = f"{share:.0%} ({count / seconds['ours']:,.0f} against {count / seconds[name]:,.0f} events a second)"
        label = f"append {count:,} events, durable commits of {BATCH}, against bare INSERTs {what}"
        asked, met = ("70 %", share >= 0.7) if name == "made" else ("stated: no Python work on events at all", True)
        found.append((label, measured, asked, met))
    return found


def _insert(loop: sqlite3.Connection, rows: Iterable[tuple[str, ...]]) -> None:
    loop.execute("BEGIN IMMEDIATE")
    loop.executemany(INSERT, rows)
    loop.execute("COMMIT")


def _plain_row(event: Event) -> tuple[str, ...]:
    """No digest, no canonical order, no stamp: what the columns need at the least."""
    at = event.at.isoformat()
    return (event.event_id, at, at, event.learner, event.course, event.kind, event.model_dump_json(), "", at)


def _row_of(entry: Entry) -> tuple[str, ...]:
    event = entry.event
    names = (event.event_id, entry.at, entry.order_at, event.learner, event.course, event.kind)
    return (*names, entry.payload, entry.content, entry.received_at)


def fold_rows(folder: Path) -> list[Row]:
    """10,000 events of one learner, in memory: the median of five."""
    events, times = [event.received(LATER) for event in _events(COUNT)], []
    for _ in range(5):
        began = time.perf_counter()
        fold(COURSE, events)
        times.append(time.perf_counter() - began)
    folded = statistics.median(times) * 1000
    return [(f"fold {COUNT:,} events of one learner", f"{folded:.0f} ms", "under 100 ms", folded < 100)]


def rebuild_rows(folder: Path) -> list[Row]:
    """Making all that is kept anew, for 50,000 events and for four times as many, of learners with 1,000 each."""
    seconds = {}
    for count in (50_000, 200_000):
        path = _filled(folder / f"rebuild-{count}.db", count, learners=count // 1000)
        began = time.perf_counter()
        rebuild(path, LATER)
        seconds[count] = time.perf_counter() - began
    few, many = (seconds[count] * 1e6 / count for count in seconds)
    growth = many / few
    measured = f"{many:.1f} s a million; {growth:.2f} times as long for an event of four times as many"
    return [("rebuild what is kept", measured, "linear: under 1.3 times", growth < 1.3)]


def cohort_rows(folder: Path) -> list[Row]:
    """20 lessons with 160 items, 300 learners, 300,000 events, which came by the hundred: the report that
    ``course-kit report`` makes, first after they came and once more; and of it everybody's progress alone."""
    path = folder / "progress.db"
    _filled(path, 300_000, learners=300, items=160, batch=BATCH)
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        with SqlStore.open(path) as store:
            names = [name for _, name in store.names()]
            kept = tallies_of(store, COURSE.key, store.people())
            tallied = time.perf_counter() - began
            report = make_report(COURSE, Roster(), (), at=LATER, kept=kept, seen=names)
        seconds.append(time.perf_counter() - began)
    if (report.summary.learners, report.summary.answers, len(report.items)) != (300, 300_000, 160):
        raise RuntimeError("The report does not show the events that were put into the store.")
    first, again = seconds
    what = "cohort report of 300 learners and 300,000 events"
    return [
        (f"{what}, the first after they came", f"{first:.2f} s", "under 2 s", first < 2),
        (f"{what}, after that ({tallied:.2f} s of it to read what is kept)", f"{again:.2f} s", "under 2 s", again < 2),
    ]


def _filled(path: Path, count: int, learners: int, items: int = 40, batch: int = 5_000) -> Path:
    with SqlStore.open(path) as store:
        events = _events(count, learners, items)
        for start in range(0, count, batch):
            store.append(events[start : start + batch], LATER)
    return path


def journal_rows(folder: Path) -> list[Row]:
    """From an answer to its acknowledgement by the disk, one event at a time: the 95th percentile of 500."""
    times = []
    with Journal(folder / "journals", learner="p", course="ds", release="a" * 64, writer="kernel") as journal:
        for number in range(500):
            began = time.perf_counter()
            journal.append([_fact(number)])
            times.append(time.perf_counter() - began)
    slow = statistics.quantiles(times, n=20)[-1] * 1000
    return [("journal: one event until it is durable, 95th percentile", f"{slow:.1f} ms", "under 20 ms", slow < 20)]


def opening_rows(folder: Path) -> list[Row]:
    """Opening a store whose schema is current, and importing what a kernel imports beyond a notebook's own modules."""
    path, times = folder / "store.db", []
    SqlStore.open(path).close()
    for _ in range(20):
        began = time.perf_counter()
        SqlStore.open(path).close()
        times.append(time.perf_counter() - began)
    opened = statistics.median(times) * 1000
    story = (
        "import asyncio, dataclasses, hashlib, json, pathlib, secrets, typing, uuid, time\n"
        "began = time.perf_counter()\n"
        "import course_kit.store.journal, course_kit.store.places\n"
        "print(time.perf_counter() - began)"
    )
    runs = [subprocess.run([sys.executable, "-c", story], capture_output=True, text=True, check=True) for _ in range(7)]
    imported = statistics.median(float(run.stdout) for run in runs) * 1000
    return [
        ("open a store that is up to date", f"{opened:.1f} ms", "under 20 ms", opened < 20),
        ("import the journal in a kernel", f"{imported:.1f} ms", "under 15 ms", imported < 15),
    ]


def replay_rows(folder: Path) -> list[Row]:
    """A learner with 10,000 events: taking in one more with all that follows from it, and folding the whole."""
    data = folder / "data"
    save_outline(data, {"version": 1, "release": "a" * 64, "course": COURSE.model_dump(mode="json")})
    with SqlStore.open(data / "store.db") as store:
        store.append(_events(COUNT), MONDAY)
        ingester = Ingester(data, store)
        with Journal(data / "journals", learner="p", course="ds", release="a" * 64, writer="kernel") as journal:
            journal.append([_fact(1)])
            ingester.ingest(MONDAY)
            journal.append([_fact(2)])
            began = time.perf_counter()
            ingester.ingest(MONDAY)
            ingested = time.perf_counter() - began
    began = time.perf_counter()
    local_progress(data, COURSE)
    folded = time.perf_counter() - began
    return [
        (f"take in one more event after {COUNT:,}", f"{ingested:.2f} s", "under 1 s", ingested < 1),
        (f"a learner's progress from {COUNT:,} events", f"{folded:.2f} s", "under 1 s", folded < 1),
    ]


PARTS = {
    "append": append_rows,
    "fold": fold_rows,
    "rebuild": rebuild_rows,
    "cohort": cohort_rows,
    "journal": journal_rows,
    "opening": opening_rows,
    "replay": replay_rows,
}


def rows(part: str = "") -> list[Row]:
    """(what, measured, asked, met) for each figure, or for those of one ``part``."""
    found: list[Row] = []
    for name in [part] if part else PARTS:
        with tempfile.TemporaryDirectory() as folder:
            found += PARTS[name](Path(folder))
    return found
