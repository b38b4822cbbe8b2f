"""What the sandbox of this machine consists of, said plainly: what holds, and what is lost where something does not."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cache

from course_kit.errors import Unavailable
from course_kit.execution.sandbox import isolation, system

REQUIRED = frozenset({"limits", "landlock", "seccomp", "reaper"})
"""Without one of these there is a way out. The others hold the same doors a second time, or make failing gentler."""
_PROBE_SECONDS = 60.0


@dataclass(frozen=True)
class Layer:
    """One layer. ``protects``: what it is for. ``lost``: what is not held here, empty where all of it is."""

    name: str
    present: bool
    protects: str
    lost: str = ""


PROTECTS = {
    "limits": "a process cannot use more memory, files or time than it may",
    "landlock": "files outside the notebook's folder cannot be read or written",
    "seccomp": "nothing can be connected to, and no call to the system leads out",
    "namespaces": "other processes, shared memory and terminals are out of sight",
    "cgroup": "the kernel itself counts the memory and processes of a notebook together",
    "reaper": "no process is left behind",
}
LOST = {
    "limits": "memory, processes and disk can be used up by a submission",
    "landlock": "a submission can read and write what your account can, the gradebook and other submissions included",
    "seccomp": "a submission can use the network and talk to other programs of your account",
    "namespaces": "multiprocessing's locks and `!commands` fail in notebooks, and other processes' numbers are seen",
    "cgroup": "memory and processes are counted from outside instead, twenty times a second",
    "reaper": "a process that a submission leaves behind may go on running",
}


def layers() -> tuple[Layer, ...]:
    """Every layer, tried for real in a process of its own (a tenth of a second), once for this process."""
    return _layers()


def require() -> None:
    """Raise :class:`Unavailable` naming what is missing of the layers without which there is a way out."""
    missing = [layer for layer in layers() if layer.name in REQUIRED and not layer.present]
    if missing:
        lost = "; ".join(layer.lost for layer in missing)
        names = ", ".join(layer.name for layer in missing)
        raise Unavailable(
            f"The sandbox is not complete on this machine: {names} missing. Lost is: {lost}.",
            hint="Grade on Linux 5.13 or newer with `pip install 'course-kit[grading]'` and libseccomp "
            "(`apt install libseccomp2`), or without --require-sandbox.",
        )


@cache
def _layers() -> tuple[Layer, ...]:
    if not system.LINUX:
        return absent(f"there is no sandbox on {sys.platform} yet")
    if isolation.is_prepared():
        # a zygote: it has no threads, and can try it in forks of its own
        from course_kit.execution.sandbox.probe import probe

        return probe()
    try:
        command = [sys.executable, "-P", "-m", "course_kit.execution.sandbox.probe"]
        found = subprocess.run(command, capture_output=True, check=True, timeout=_PROBE_SECONDS)
        return tuple(Layer(**one) for one in json.loads(found.stdout))
    except (OSError, subprocess.SubprocessError, ValueError, TypeError) as error:
        return absent(f"it could not be tried ({type(error).__name__})")


def absent(why: str) -> tuple[Layer, ...]:
    """Every layer as missing, because of ``why``."""
    return tuple(Layer(name, False, PROTECTS[name], f"{LOST[name]} ({why})") for name in PROTECTS)


def to_json(found: tuple[Layer, ...]) -> str:
    return json.dumps([asdict(layer) for layer in found])
