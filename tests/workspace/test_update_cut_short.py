"""An update that is killed at any moment leaves each file old or new, and whoever comes next finishes it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from course_kit.workspace.folder import Workspace
from course_kit.workspace.restore import restore_lesson

LESSON, WORK = "notebooks/01-first.ipynb", "assignments/sums/sums.ipynb"

KILLED_AT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from course_kit.files import atomic
from course_kit.workspace import open as opening, update, behind, folder

left = int(sys.argv[4])
real = os.replace

def dying(self, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)

Path.replace = dying
opening.open_course(sys.argv[1], to=Path(sys.argv[2]), data=Path(sys.argv[3]), at=datetime(2026, 11, 23, tzinfo=UTC))
"""


@pytest.mark.slow
def test_whenever_it_is_killed_the_next_opening_finishes_it(
    author: Any, laptop: Any, make: Any, tmp_path: Path
) -> None:
    old = author.releases()
    new = author.releases(
        {
            LESSON: make.as_bytes(make.lesson_one(text="# New")),
            WORK: make.as_bytes(make.sums(hint="New")),
            "notebooks/data.csv": None,
            "notebooks/03-more.ipynb": make.as_bytes(make.notebook(make.prose("m", "more"))),
        }
    )
    for moves in range(0, 40):
        laptop.copy = tmp_path / "copies" / f"{moves}"
        laptop.opens(old)
        laptop.types(WORK, "add", "def add(a, b): return 'mine'")
        mine = (laptop.copy / WORK).read_bytes()
        arguments = [str(new.archive), str(laptop.copy), str(laptop.data), str(moves)]
        died = subprocess.run([sys.executable, "-c", KILLED_AT, *arguments], env=os.environ, check=False, timeout=60)
        assert (laptop.copy / WORK).read_bytes() == mine
        assert laptop.sources(LESSON)[0] in ("# First", "# New")
        opened = laptop.opens(new)
        assert opened.release == new.manifest.release
        assert Workspace.at(laptop.copy).release == new.manifest.release
        assert laptop.sources(LESSON)[0] == "# New"
        assert (laptop.copy / WORK).read_bytes() == mine
        assert laptop.sources("assignments/sums/sums (new version).ipynb")[0] == "New"
        assert (laptop.copy / "notebooks/03-more.ipynb").exists()
        assert not (laptop.copy / "notebooks/data.csv").exists()
        assert not (laptop.copy / ".course-kit" / "update.json").exists()
        beside = sorted(path.name for path in (laptop.copy / "assignments" / "sums").iterdir())
        assert beside == ["sums (new version).ipynb", "sums.ipynb"]
        if died.returncode == 0:
            assert moves > 5
            return
        assert died.returncode == -signal.SIGKILL
    pytest.fail("The update never ended by itself.")


def test_another_command_finishes_a_plan_that_was_left(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    new = author.releases({LESSON: make.as_bytes(make.lesson_one(text="# New"))})
    from course_kit.workspace.incoming import incoming
    from course_kit.workspace.open import keep_base
    from course_kit.workspace.update import begin, make_plan

    workspace = Workspace.at(laptop.copy)
    with incoming(str(new.archive), progress=lambda done, total, what: None) as release:
        keep_base(workspace, release, lambda done, total, what: None)
    begin(workspace, make_plan(workspace, new.manifest, laptop.later()))
    restore_lesson(laptop.copy, "notebooks/02-second.ipynb", at=laptop.later())
    assert laptop.sources(LESSON)[0] == "# New"
    assert Workspace.at(laptop.copy).release == new.manifest.release


KILLED_OPENING = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from course_kit.workspace import open as opening

left = int(sys.argv[4])
put = opening._put

def dying(*arguments):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    put(*arguments)

opening._put = dying
opening.open_course(sys.argv[1], to=Path(sys.argv[2]), data=Path(sys.argv[3]), at=datetime(2026, 11, 23, tzinfo=UTC))
"""


@pytest.mark.slow
def test_a_first_opening_that_is_killed_leaves_nothing_behind(author: Any, laptop: Any) -> None:
    release = author.releases()
    laptop.copy.parent.mkdir(parents=True)
    for files in (0, 3, 8):
        arguments = [str(release.archive), str(laptop.copy), str(laptop.data), str(files)]
        died = subprocess.run([sys.executable, "-c", KILLED_OPENING, *arguments], check=False, timeout=60)
        assert died.returncode == -signal.SIGKILL
        assert not laptop.copy.exists()
    opened = laptop.opens(release)
    assert opened.first_run
    assert [path.name for path in laptop.copy.parent.iterdir()] == ["tiny"]
