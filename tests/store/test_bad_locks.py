"""A disk that grants every lock, as some network disks do: found out, said, and served with a safe setting.

A small library, loaded before libc, plays that disk for real processes: ``fcntl`` says yes to whoever asks.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_kit.store.mending import check
from course_kit.store.sql import SqlStore

COMPILER = shutil.which("cc")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="LD_PRELOAD is Linux's"),
    pytest.mark.skipif(COMPILER is None, reason="no C compiler here"),
]
DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#define GRANT(name) int name(int fd, int what, ...) { \\
    va_list rest; va_start(rest, what); void *with = va_arg(rest, void *); va_end(rest); \\
    if (what == F_SETLK || what == F_SETLKW || what == F_OFD_SETLK) return 0; \\
    if (what == F_GETLK || what == F_OFD_GETLK) { ((struct flock *) with)->l_type = F_UNLCK; return 0; } \\
    int (*real)(int, int, ...) = dlsym(RTLD_NEXT, #name); \\
    return real(fd, what, with); }
GRANT(fcntl)
GRANT(fcntl64)
"""
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from course_kit.model.events import read_event
from course_kit.model.keys import decision_id
from course_kit.store.sql import SqlStore
who, at = sys.argv[2], datetime(2026, 11, 16, tzinfo=UTC)
with SqlStore.open(Path(sys.argv[1])) as store:
    for number in range(int(sys.argv[3])):
        store.append([read_event({
            "version": 1, "event_id": decision_id(who, str(number)), "at": at, "learner": who, "course": "ds",
            "fact": {"kind": "LessonOpened", "lesson": f"l{number}"},
        })], at)
"""


@pytest.fixture
def disk(tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose locks all are granted."""
    assert COMPILER is not None
    (tmp_path / "disk.c").write_text(DISK)
    library = tmp_path / "disk.so"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", library, tmp_path / "disk.c", "-ldl"], check=True, timeout=60)
    return {**os.environ, "LD_PRELOAD": str(library)}


def write(path: Path, who: str, number: int, environment: dict[str, str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(path), who, str(number)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def finish(writer: "subprocess.Popen[str]") -> None:
    _, said = writer.communicate(timeout=120)
    assert writer.returncode == 0, said


def test_four_writers_on_a_disk_that_grants_every_lock_lose_nothing(tmp_path: Path, disk: dict[str, str]) -> None:
    path = tmp_path / "store" / "store.db"
    finish(write(path, "p-0", 1, disk))
    assert path.with_name("store.db.dotlocks").exists()
    for writer in [write(path, f"p-{who}", 40, disk) for who in range(1, 5)]:
        finish(writer)
    with SqlStore.open(path) as store:
        assert store.count() == 161
        assert {name: len(tally.opened) for name, tally in store.tallies("ds").items()} == {
            "p-0": 1,
            **{f"p-{who}": 40 for who in range(1, 5)},
        }
        assert store._pragma("journal_mode") == "delete"
    found = check(path)
    assert found.faults == ()
    (note,) = found.notes
    assert note.startswith("Its disk did not keep locks when it was made, so a folder beside it serves as the lock.")
    assert not path.with_name("store.db.lock").exists()


def test_a_store_that_came_to_such_a_disk_is_said_by_check(tmp_path: Path, disk: dict[str, str]) -> None:
    path = tmp_path / "store.db"
    finish(write(path, "p-0", 1, dict(os.environ)))
    story = (
        "import sys; from pathlib import Path; from course_kit.store.mending import check\n"
        "print(*check(Path(sys.argv[1])).notes)"
    )
    ran = subprocess.run([sys.executable, "-c", story, path], env=disk, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("Its disk does not keep locks: a second process was let in while one held the lock.")
