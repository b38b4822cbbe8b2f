"""``kill -9`` while ``course-kit collect`` is at work: doing it again completes it, and nothing is lost or doubled.

The command runs in a process of its own, which kills itself before its n-th step that a disk would remember: an fsync,
or a file or folder moved to its place.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_kit.files.archive import sha256, write_archive
from course_kit.model.events import Event, LessonOpened
from course_kit.model.keys import canonical_json, uuid7
from course_kit.model.release import EventsEntry, FileEntry, SubmissionManifest
from course_kit.store.sql import SqlStore

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")]

COLLECT = """
import os, signal, sys
from pathlib import Path

left = int(sys.argv[1])

def dying(real):
    def step(*arguments, **named):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return step

os.fsync, Path.replace, Path.rename = dying(os.fsync), dying(Path.replace), dying(Path.rename)
from course_kit.apps.cli import main
main(["collect", sys.argv[2], "--course", sys.argv[3]])
"""
LEARNERS = ("ada", "grace")


def sealed(path: Path, notebook: bytes, learner: str, at: datetime) -> None:
    """A learner's submission file with one event of its own and one that an earlier one had as well."""
    pseudonym = f"p-{LEARNERS.index(learner):016x}"
    times = [datetime(2025, 11, 20, 9, 0, tzinfo=UTC), at]
    events = [
        Event(
            event_id=uuid7(time, number + 1 + 16 * LEARNERS.index(learner)),
            at=time,
            learner=pseudonym,
            course="course",
            fact=LessonOpened(lesson=f"l{number}"),
        )
        for number, time in enumerate(times)
    ]
    lines = "".join(canonical_json(event.content()) + "\n" for event in events).encode()
    manifest = SubmissionManifest.seal(
        course="course",
        release="",
        assignment="adding",
        learner=pseudonym,
        id=learner,
        submitted_at=at,
        files={"sums.ipynb": FileEntry(sha256=sha256(notebook), size=len(notebook))},
        events=EventsEntry(sha256=sha256(lines), count=len(events)),
    )
    files = {
        "submission.json": canonical_json(manifest.json_object()).encode(),
        "files/sums.ipynb": notebook,
        "events.jsonl": lines,
    }
    write_archive(path, files, first="submission.json")


@pytest.fixture
def course(nbgrader_course: Path) -> Path:
    (nbgrader_course / "roster.csv").write_text("learner,name,email,lms_id,cohort\nada,Ada,,,\ngrace,Grace,,,\n")
    return nbgrader_course


@pytest.fixture
def inboxes(tmp_path: Path, answer: Callable[..., Any]) -> tuple[Path, Path]:
    """What came in on the first day, and the newer work of the same learners from the second."""
    made = []
    for day in (20, 21):
        inbox = tmp_path / f"inbox-{day}"
        inbox.mkdir()
        for learner in LEARNERS:
            notebook = nbformat.writes(answer(f"return {day}  # {learner}")).encode()
            sealed(inbox / f"{learner}.submission.zip", notebook, learner, datetime(2025, 11, day, 10, 0, tzinfo=UTC))
        made.append(inbox)
    return made[0], made[1]


def collect(steps: int, inbox: Path, course: Path) -> int:
    command = [sys.executable, "-c", COLLECT, str(steps), str(inbox), str(course)]
    # a process that is killed leaves its scratch folder
    environment = {**os.environ, "TMPDIR": str(course.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def collected(course: Path) -> Any:
    """Where everything came from, without when it was received: that is now."""
    index = json.loads((course / ".course-kit" / "collected" / "index.json").read_bytes())
    return without(index, "received")


def without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: without(part, name) for key, part in value.items() if key != name}
    return [without(part, name) for part in value] if isinstance(value, list) else value


def known(course: Path) -> tuple[list[str], dict[str, str]]:
    """The content of all events in their order, without when they were received, and whose the pseudonyms are."""
    with SqlStore.open(course / ".course-kit" / "progress.db") as store:
        assert store.set_asides() == []
        return [canonical_json(event.content()) for event in store.events()], dict(store.people())


def test_whenever_it_is_killed_doing_it_again_completes_it(
    course: Path, inboxes: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = inboxes
    never = 10_000
    assert collect(never, first, course) == 0
    old = files(course / "submitted")
    undisturbed = Path(shutil.copytree(course, tmp_path / "undisturbed" / "course"))
    assert collect(never, second, undisturbed) == 0
    expected = files(undisturbed / "submitted")
    index = collected(undisturbed)
    came = files(second)
    assert set(expected) == set(old)
    assert expected != old
    for steps in range(60):
        copy = Path(shutil.copytree(course, tmp_path / f"{steps}" / "course"))
        status = collect(steps, second, copy)
        everything = set(files(copy).values())
        assert set(old.values()) <= everything
        assert files(second) == came
        assert collect(never, second, copy) == 0
        assert files(copy / "submitted") == expected
        assert collected(copy) == index
        assert known(copy) == known(undisturbed)
        assert set(old.values()) - set(expected.values()) <= set(files(copy / ".course-kit" / "collected").values())
        shutil.rmtree(copy)
        if status == 0:
            assert steps > 5
            return
    pytest.fail("Collecting never ended by itself.")
