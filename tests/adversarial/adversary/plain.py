"""nbgrader as it comes, on each attack in a course of its own: ``python plain.py TEMPLATE FOLDER [NAME…]``.

One JSON object a line tells of one attack. Each runs in a session of its own below a supervisor that ends whatever is
left; several at once, since most wait.
"""

import ctypes
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from adversary.arena import ASSIGNMENT, RIGHT, Arena, Listeners, scores
from adversary.attack import FULL, Attack
from adversary.corpus import ATTACKS

CONFIG = "c.Execute.timeout = 6\nc.Execute.iopub_timeout = 4\nc.CourseDirectory.db_url = ''\n"
PATIENCE = 30.0
"""Seconds after which a run counts as hanging; a fair one takes 2 to 8."""
AT_ONCE = 3


def main(template: Path, folder: Path, wanted: list[str]) -> None:
    """Run them all, a supervisor each."""
    import nbgrader.apps.autogradeapp  # loaded once, before the forks
    import nbgrader.plugins
    import nbgrader.preprocessors  # noqa: F401

    todo = [one for one in ATTACKS if not one.plain.not_run and (not wanted or one.name in wanted)]
    running: dict[int, str] = {}
    for number, attack in enumerate(todo):
        while len(running) >= AT_ONCE:
            running.pop(os.wait()[0], None)
        if (pid := os.fork()) == 0:
            status = 1
            try:
                os.setsid()
                told = _supervise(attack, template, folder / f"plain{number:03}x")
                os.write(1, (json.dumps(told) + "\n").encode())
                status = 0
            except BaseException as error:
                os.write(1, (json.dumps({"name": attack.name, "error": repr(error)}) + "\n").encode())
            finally:
                os._exit(status)
        running[pid] = attack.name
    while running:
        running.pop(os.wait()[0], None)


def _supervise(attack: Attack, template: Path, folder: Path) -> dict[str, Any]:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: whatever is left behind comes to us
    folder.mkdir()
    doors = Listeners()
    arena = Arena(folder, doors, config=CONFIG.replace("''", repr(f"sqlite:///{folder}/course/gradebook.db")))
    arena.build(template)
    arena.hand_in_attack(attack)
    arena.remember()
    begun = time.monotonic()
    status, hangs = _autograde(arena, attack.name)
    left = left_behind()
    log = (folder / "log").read_text(errors="replace")
    told = {
        "name": attack.name,
        "seconds": round(time.monotonic() - begun, 1),
        "status": status,
        "score": None if status else _score(arena, attack.name),
        "went_on": not hangs and (status == 0 or "for student '" in log),
        "left": left,
        "leaks": [] if status else arena.leaks(attack.name),
        "changes": arena.changes(),
        "heard": list(dict.fromkeys(doors.heard)),
    }
    if (arena.autograded(attack.name) / "done-to-parent").exists():
        told["changes"] = [*told["changes"], "the grading process"]
    arena.tidy()
    doors.close()
    if attack.followed:
        arena.hand_in("zzz-honest", RIGHT)
        status, hangs = _autograde(arena, "zzz-honest")
        told["next"] = None if status else _score(arena, "zzz-honest")
    return told


def _score(arena: Arena, learner: str) -> float | None:
    if not any(arena.autograded(learner).glob("*.ipynb")):
        return None
    return scores(arena.gradebook).get(learner)


def _autograde(arena: Arena, learner: str) -> tuple[int, bool]:
    """Its exit code, and whether it had to be stopped."""
    if (pid := os.fork()) == 0:
        os.setsid()
        os.environ.clear()
        os.environ.update(arena.environment())
        log = os.open(arena.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(log, number)
        os.chdir(arena.course)
        from nbgrader.apps.autogradeapp import AutogradeApp

        status = 1
        try:
            AutogradeApp.launch_instance([ASSIGNMENT, "--student", learner])
            status = 0
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else 1 if left.code else 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), False
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -9, True


def left_behind() -> int:
    """End what came to us as its subreaper; how many there were a second after nbgrader's end."""
    time.sleep(1.0)  # kernels notice within a second that their parent is gone
    count = 0
    while pids := _children():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while True:
                done, status = os.waitpid(-1, os.WNOHANG)
                if not done:
                    break
                count += int(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)
        time.sleep(0.02)
    return count


def _children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def deeds(told: dict[str, Any]) -> set[str]:
    """What an attack achieved, as told by :func:`main`."""
    found = {
        name
        for name, key in (("leaks", "leaks"), ("writes", "changes"), ("connects", "heard"), ("leaves", "left"))
        if told[key]
    }
    if not told["went_on"]:
        found.add("stops")
    return found


__all__ = ["FULL", "deeds", "main"]

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
