"""course-kit's grading, on a course whose learners are all the attackers beside three honest ones.

``python ours.py TEMPLATE FOLDER [SHARE%] [NAME…]`` prints one JSON object. The grading is a process of its own below a
supervisor, to which everything that is left behind comes.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from adversary.arena import HONEST, Arena, Listeners
from adversary.corpus import ATTACKS
from adversary.plain import left_behind

PATIENCE = 900.0

_PROGRAM = """
import json, sys
from pathlib import Path
from course_kit.grading.batch import grade
batch = grade(Path(sys.argv[1]), "adding", progress=lambda *step: print("#", *step, file=sys.stderr, flush=True))
print(json.dumps({"scores": [score.model_dump(mode="json") for score in batch],
                  "suspects": [[one.cell, sorted(one.learners)] for one in batch.suspects],
                  "layers": [layer.name for layer in batch.layers if layer.present]}))
"""


def main(template: Path, folder: Path, wanted: list[str]) -> dict[str, Any]:
    """Grade the attackers (or those that are named) and the honest; tell what became of everything.

    A word that ends in ``%`` sets from which share on tests are suspected.
    """
    suspect = next((word for word in wanted if word.endswith("%")), "100 %")
    wanted = [word for word in wanted if not word.endswith("%")]
    attacks = [one for one in ATTACKS if not wanted or one.name in wanted]
    system_files = [Path("/usr/lib/os-release"), Path(os.__file__).with_name("this.py")]
    dates = {path: path.stat() for path in system_files if path.exists()}
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    folder.mkdir()
    doors = Listeners()
    arena = Arena(folder, doors, suspect=suspect)
    arena.build(template)
    for learner, answer in HONEST.items():
        arena.hand_in(learner, answer)
    for attack in attacks:
        arena.hand_in_attack(attack)
    arena.remember()
    before, begun = _surroundings(arena), time.monotonic()
    status, out, err = _grade(arena)
    told: dict[str, Any] = {
        "status": status,
        "seconds": round(time.monotonic() - begun, 1),
        "left": left_behind(),
        "changes": arena.changes(),
        "surroundings": sorted(_surroundings(arena) - before),
        "heard": sorted(set(doors.heard)),
        "leaks": {one.name: found for one in attacks if (found := arena.leaks(one.name))},
        "dates": [str(path) for path, was in dates.items() if path.stat().st_mtime_ns != was.st_mtime_ns],
        "scores": {},
        "suspects": [],
        "layers": [],
        "said": err[-4000:],
    }
    for path, was in dates.items():
        with suppress(OSError):
            os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    with suppress(ValueError, IndexError):
        said = json.loads(out.splitlines()[-1])
        told |= {**said, "scores": {one["learner"]: one for one in said["scores"]}}
    arena.tidy()
    doors.close()
    return told


def _grade(arena: Arena) -> tuple[int, str, str]:
    """Run the batch as an instructor does, with a ceiling in case that a bomb goes off all the same."""
    room = arena.folder / "tmp"
    room.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(arena.course)],
        env={**arena.environment(), "TMPDIR": str(room)},
        cwd=arena.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=_ceiling,
    ) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
    return process.returncode, out, err


def _ceiling() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 10**9, 8 * 10**9))


def _surroundings(arena: Arena) -> set[str]:
    """What stands where runs are made and where processes share memory: nothing new may stay."""
    found = {path.name for path in (arena.folder / "tmp").glob("*")}
    found |= {str(path) for path in Path("/dev/shm").glob("*course-kit*")}  # noqa: S108
    for table in ("shm", "sem", "msg"):
        with suppress(OSError):
            lines = Path(f"/proc/sysvipc/{table}").read_text().splitlines()[1:]
            found |= {f"{table} {line.split()[0]}" for line in lines}
    return found


def honest_scores(told: dict[str, Any], learners: Iterable[str]) -> dict[str, float | None]:
    return {learner: told["scores"][learner]["score"] for learner in learners}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])))
