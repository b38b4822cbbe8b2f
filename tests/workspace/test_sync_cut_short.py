"""A sync that is killed at any moment does no harm: the next one goes on, and both computers end up the same."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from course_kit.workspace.events import own_events
from course_kit.workspace.sync import sync

LESSON, SECOND = "notebooks/01-first.ipynb", "notebooks/02-second.ipynb"

KILLED_AT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from course_kit.workspace.sync import sync

left = int(sys.argv[3])
real = os.replace

def dying(self, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)

Path.replace = dying
sync(Path(sys.argv[1]), data=Path(sys.argv[2]), at=datetime(2026, 11, 23, tzinfo=UTC), computer="desktop")
"""


@pytest.mark.slow
def test_whenever_it_is_killed_the_next_one_goes_on(author: Any, laptop: Any, desktop: Any, tmp_path: Path) -> None:
    release = author.releases()
    for moves in range(0, 60, 3):
        stick = tmp_path / f"stick-{moves}"
        stick.mkdir()
        for computer in (laptop, desktop):
            computer.home = tmp_path / f"{computer.name}-{moves}"
            computer.data, computer.copy = computer.home / "data", computer.home / "tiny"
            computer.opens(release)
            computer.types(LESSON, "middle", f"x = '{computer.name}'")
        laptop.types(SECOND, "c", "laptop = 1")
        (desktop.copy / "notes.txt").write_text("desktop")
        sync(stick, data=laptop.data, at=laptop.later(), computer="laptop")
        arguments = [str(stick), str(desktop.data), str(moves)]
        died = subprocess.run([sys.executable, "-c", KILLED_AT, *arguments], check=False, timeout=60)
        for computer in (desktop, laptop, desktop):
            computer.now = computer.now.replace(day=24)
            sync(stick, data=computer.data, at=computer.later(), computer=computer.name)
        texts = [_texts(computer.copy) for computer in (laptop, desktop)]
        assert texts[0] == texts[1]
        everything = "".join(texts[0].values())
        assert all(text in everything for text in ("x = 'laptop'", "x = 'desktop'", "laptop = 1"))
        assert (laptop.copy / "notes.txt").read_text() == "desktop"
        ids = [{e.event_id for e in own_events(c.data, "tiny", at=c.later())} for c in (laptop, desktop)]
        assert ids[0] == ids[1]
        if died.returncode == 0:
            assert moves > 5
            return
        assert died.returncode == -signal.SIGKILL
    pytest.fail("The sync never ended by itself.")


def _texts(copy: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (copy / "notebooks").glob("*.ipynb")}
