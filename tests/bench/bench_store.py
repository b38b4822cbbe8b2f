"""What the store promises, measured: durable appends, a journal's answer time, a warm opening, a replay."""

import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.events import Event, read_event
from course_kit.model.keys import uuid7
from course_kit.store.ingest import Ingester, local_progress
from course_kit.store.journal import Journal
from course_kit.store.places import save_outline
from course_kit.store.sql import SqlStore

Row = tuple[str, str, str, bool]
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
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


def _fact(number: int) -> dict[str, Any]:
    return {
        "kind": "ItemAnswered",
        "lesson": f"l{number % 20}",
        "item": ITEMS[number % 8],
        "digest": "d" * 64,
        "variant": 0,
        "response": number % 4,
        "state": "wrong",
        "fraction": 0.0,
        "attempt": 1 + number // 160,
    }


def _events(count: int) -> list[Event]:
    return [
        read_event(
            {
                "version": 1,
                "event_id": uuid7(MONDAY + timedelta(seconds=number), number),
                "at": MONDAY + timedelta(seconds=number),
                "learner": "p-0123456789abcdef",
                "course": "ds",
                "release": "a" * 64,
                "fact": _fact(number),
            }
        )
        for number in range(count)
    ]


def append_rows(folder: Path) -> list[Row]:
    """10,000 events, committed and synced by the hundred; the median of three new stores."""
    events, times = _events(COUNT), []
    for turn in range(3):
        with SqlStore.open(folder / f"append-{turn}.db") as store:
            began = time.perf_counter()
            for start in range(0, COUNT, BATCH):
                store.append(events[start : start + BATCH], MONDAY)
            times.append(time.perf_counter() - began)
    seconds = statistics.median(times)
    return [(f"append {COUNT:,} events, durable commits of {BATCH}", f"{seconds:.2f} s", "under 2 s", seconds < 2)]


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


def rows() -> list[Row]:
    """(what, measured, asked, met) for each figure."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        return [*append_rows(place), *journal_rows(place), *opening_rows(place), *replay_rows(place)]
