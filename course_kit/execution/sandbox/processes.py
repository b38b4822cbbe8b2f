"""Which processes there are below one, what they hold, and their end. Read from ``/proc``, proc(5)."""

import os
import signal
import stat
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class Held:
    """``threads`` of a process (0: it is gone or ended) and the ``memory`` in bytes that is mapped to pages."""

    threads: int
    memory: int


@dataclass(frozen=True)
class OpenFiles:
    """``removed``: bytes on disk of files without a name, by device and number. ``sockets``: their numbers."""

    removed: dict[tuple[int, int], int]
    sockets: frozenset[int]


def descendants(roots: Iterable[int], limit: int) -> list[int]:
    """``roots`` and all processes below them, at most about ``limit``: no storm keeps the watch busy."""
    found = dict.fromkeys(roots)
    pending = list(found)
    while pending and len(found) < limit:
        born = [child for child in children(pending.pop()) if child not in found]
        found.update(dict.fromkeys(born))
        pending += born
    return list(found)


def children(process: int) -> list[int]:
    """The processes that ``process`` (any thread of it) is the parent of, ended ones not yet collected among them."""
    folder = f"/proc/{process}/task"
    found: list[int] = []
    try:
        for thread in os.listdir(folder):  # noqa: PTH208 (called twenty times a second)
            found += map(int, _text(f"{folder}/{thread}/children").split())
    except OSError:
        return found or _children_by_parents(process)
    return found


def held(process: int) -> Held:
    """What ``process`` holds now. Pages that it shares with others are counted whole: it may be less, never more."""
    try:
        # state and the rest follow the name, which is in brackets and can hold anything
        fields = _text(f"/proc/{process}/stat").rpartition(")")[2].split()
        ended = fields[0] in "ZX"
        return Held(0, 0) if ended else Held(int(fields[17]), int(fields[21]) * _PAGE)
    except (OSError, IndexError, ValueError):
        return Held(0, 0)


def lives(process: int) -> bool:
    """Whether ``process`` still runs: one that ended and was not collected does not."""
    return held(process).threads > 0


def peak_memory(process: int) -> int:
    """The most bytes that ``process`` ever had mapped to pages; 0 once it is gone."""
    with suppress(OSError, ValueError, IndexError):
        return int(_text(f"/proc/{process}/status").partition("VmHWM:")[2].split()[0]) * 1024
    return 0


def proportional_memory(process: int) -> int | None:
    """Bytes that ``process`` holds by itself, and its share of what it shares; None where nobody says."""
    try:
        text = _text(f"/proc/{process}/smaps_rollup")
    except OSError:
        return None
    sizes = {line.split()[0]: int(line.split()[1]) for line in text.splitlines()[1:] if line.endswith("kB")}
    return 1024 * (sizes.get("Pss_Anon:", sizes.get("Pss:", 0)) + sizes.get("Pss_Shmem:", 0))


def open_files(process: int) -> OpenFiles:
    """What ``process`` has open that is to be seen nowhere else."""
    removed: dict[tuple[int, int], int] = {}
    sockets = set()
    folder = f"/proc/{process}/fd"
    with suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 (called every second, for thousands of files)
            with suppress(OSError):
                state = os.stat(f"{folder}/{name}")  # noqa: PTH116 (the same)
                if stat.S_ISSOCK(state.st_mode):
                    sockets.add(state.st_ino)
                elif state.st_nlink == 0 and state.st_blocks:
                    removed[state.st_dev, state.st_ino] = state.st_blocks * 512
    return OpenFiles(removed, frozenset(sockets))


def kill_all(roots: Callable[[], list[int]], deadline: float) -> None:
    """Kill every process that ``roots`` finds, and whatever they start meanwhile, until nothing new is born.

    Each round reads the list and kills what lives on it, groups first, since that is done at once. No ended process is
    taken leave of: until then it counts against RLIMIT_NPROC, so a storm runs out of numbers.
    """
    before = frozenset[int]()
    while time.monotonic() < deadline:
        living = frozenset(process for process in roots() if lives(process))
        _kill_groups(living)
        for process in living:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        if living <= before:
            return
        before = living


def end_all(roots: Callable[[], list[int]], seconds: float) -> bool:
    """Kill all that ``roots`` finds and take leave of it. False where some were left after ``seconds``."""
    deadline, pause = time.monotonic() + seconds, 0.0002
    while found := roots():
        if time.monotonic() > deadline:
            return False
        kill_all(roots, deadline)
        # the rest is on its way; a namespace's first process waits for all the others to be taken leave of
        collect(found)
        time.sleep(pause)
        pause = min(2 * pause, 0.01)
    return True


def collect(processes: Collection[int]) -> None:
    """Take leave of those of ``processes`` that are this process's children and ended."""
    for process in processes:
        with suppress(OSError):
            os.waitpid(process, os.WNOHANG)


class Roots:
    """The processes that stand directly below this one, and below ``init`` where there is one."""

    def __init__(self, init: int = 0) -> None:
        self._init = init
        self._limit = 4096

    def __call__(self) -> list[int]:
        own = children(os.getpid())
        if self._init:
            own = [child for child in own if child != self._init] + children(self._init)
        return descendants(own, self._limit)


def _kill_groups(processes: Iterable[int]) -> None:
    ours = os.getpgid(0)
    groups = set()
    for process in processes:
        with suppress(OSError):
            groups.add(os.getpgid(process))
    for group in groups - {ours}:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def _children_by_parents(process: int) -> list[int]:
    """Where the kernel keeps no list of children: ask every process for its parent."""
    found = []
    with suppress(OSError):
        for name in os.listdir("/proc"):  # noqa: PTH208 (hundreds of names, often)
            if name.isdigit():
                with suppress(OSError, IndexError, ValueError):
                    if int(_text(f"/proc/{name}/stat").rpartition(")")[2].split()[1]) == process:
                        found.append(int(name))
    return found


def _text(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        while piece := os.read(descriptor, 65536):
            pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")
    finally:
        os.close(descriptor)
