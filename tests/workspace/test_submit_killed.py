"""``kill -9`` while ``course-kit submit`` is at work: what is noted has a whole file, and nothing is noted twice.

The command runs in a process of its own, which kills itself before its n-th step that a disk would remember: an fsync,
or a file moved over another.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from course_kit.files.archive import open_archive, sha256
from course_kit.model.events import GoalSet
from course_kit.model.release import SubmissionManifest
from course_kit.workspace.events import own_events, record
from course_kit.workspace.folder import Workspace
from course_kit.workspace.submit import submit

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")]
WORK = "assignments/sums/sums.ipynb"

SUBMIT = """
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

os.fsync, Path.replace = dying(os.fsync), dying(Path.replace)
from course_kit.apps.cli import main
main(["submit", "sums", "--folder", sys.argv[2], "--yes"])
"""


def whole(path: Path) -> SubmissionManifest:
    """The manifest of a submission file, every file of which is what it says."""
    with open_archive(path, path.name) as archive:
        manifest = SubmissionManifest.read(archive.read_json("submission.json"))
        for name, entry in manifest.files.items():
            assert sha256(archive.read(f"files/{name}")) == entry.sha256
        assert manifest.events is not None
        lines = archive.read("events.jsonl")
        ids = [json.loads(line)["event_id"] for line in lines.splitlines()]
    assert sha256(lines) == manifest.events.sha256
    assert len(ids) == len(set(ids)) == manifest.events.count
    return manifest


def check(learner: Any) -> int:
    """How many submissions are noted, after all that is promised about them was looked at."""
    sent = [whole(path) for path in sorted((learner.copy / "submissions").glob("*.submission.zip"))]
    kept = [whole(path) for path in sorted((learner.copy / ".course-kit" / "submissions").glob("*.submission.zip"))]
    events = own_events(learner.data, "tiny", at=learner.later())
    assert [event.kind for event in events].count("CourseStarted") == 1
    assert [event.kind for event in events].count("GoalSet") == 1
    noted = [event.content() for event in events if event.kind == "AssignmentSubmitted"]
    assert len({event["event_id"] for event in noted}) == len(noted)
    assert len({event["fact"]["submission"] for event in noted}) == len(noted)
    for files in (sent, kept):
        made = [manifest.event().content() for manifest in files]
        assert all(event in made for event in noted)
    return len(noted)


def test_whenever_it_is_killed_what_is_noted_has_its_file(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(WORK, "add", "def add(a, b):\n    return a + b")
    record(laptop.data, Workspace.at(laptop.copy), [GoalSet(week="2026-11-16", text="x")], at=laptop.later())
    environment = {**os.environ, "COURSE_KIT_DATA": str(laptop.data)}
    noted = [0]
    for steps in range(60):
        command = [sys.executable, "-c", SUBMIT, str(steps), str(laptop.copy)]
        died = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
        noted.append(check(laptop))
        assert noted[-1] - noted[-2] in (0, 1)
        if died.returncode == 0:
            break
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert steps > 5
    assert 0 in noted[1:]
    assert noted[-1] - noted[-2] == 1
    receipt = submit(laptop.copy, "sums", data=laptop.data, at=laptop.later())
    assert receipt.events == len(own_events(laptop.data, "tiny", at=laptop.later())) - 1
    assert check(laptop) == noted[-1] + 1
