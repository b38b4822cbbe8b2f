"""What the keeper sees of its runner from outside, twenty times a second, and how it ends all of it."""

import itertools
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

from course_kit.execution.sandbox import mounts, processes
from course_kit.execution.sandbox.isolation import Isolation, current
from course_kit.model.limits import Limits

Fault = Literal["out-of-memory", "too-many-processes", "disk-full"]

_DISK_EVERY = 1.0
"""Seconds between two looks at the folder: they cost more than the rest, yet never a twentieth of the time."""
_ENTRIES = 20_000
"""Names that a folder may hold, since each takes room that no size shows."""
_SOCKET = 425_984
"""Bytes that may wait in a pair of sockets, for each of them: memory that is no process's own, socket(7)."""
_SWEEP_SECONDS = 10.0


class Watch:
    """The watch over ``runner`` and every process that comes from it."""

    def __init__(self, runner: int, limits: Limits, scratch: Path) -> None:
        made = current()
        self.runner, self._peak = runner, 0
        self._limits, self._scratch = limits, scratch
        self._made: Isolation | None = made
        self._roots = processes.Roots(made.init if made else 0)
        # what it was forked with belongs to the process that it was forked from
        self._inherited = processes.held(os.getpid()).memory
        self._disk_due = time.monotonic() + _DISK_EVERY / 4
        self._shared = f"/proc/{runner}/root{mounts.SHARED_MEMORY}" if made and made.views else ""

    @property
    def peak(self) -> int:
        """The most memory in bytes that was held: by the runner for the kernel, by all together as seen from here."""
        self._peak = max(self._peak, processes.peak_memory(self.runner) - self._inherited)
        return self._peak

    def check(self) -> Fault | None:
        """The limit that is passed, if one is. Cheap, but for the folder, which is looked at once a second."""
        found = self._roots()
        if len(found) > self._limits.processes:
            return "too-many-processes"
        holdings = [(process, processes.held(process)) for process in found]
        if sum(held.threads for _, held in holdings) > self._limits.processes:
            return "too-many-processes"
        if self._memory(holdings) > self._limits.memory:
            return "out-of-memory"
        if time.monotonic() >= self._disk_due:
            began = time.thread_time()
            fault = self._look_closely(found)
            self._disk_due = time.monotonic() + max(_DISK_EVERY, 20 * (time.thread_time() - began))
            return fault
        return None

    def sweep(self) -> int:
        """End the runner and everything that came from it; how many processes there were beside it."""
        others = [process for process in self._roots() if process != self.runner and processes.lives(process)]
        if others and self._made is not None and self._made.init:
            _kill_namespace()
        with suppress(OSError):
            os.kill(self.runner, signal.SIGKILL)
        if others:
            processes.kill_all(self._roots, time.monotonic() + _SWEEP_SECONDS)
        with suppress(OSError):
            _, _, usage = os.wait4(self.runner, 0)
            self._peak = max(self._peak, usage.ru_maxrss * 1024 - self._inherited)
        processes.end_all(self._roots, _SWEEP_SECONDS)
        return len(others)

    def _memory(self, holdings: list[tuple[int, processes.Held]]) -> int:
        """Bytes in use: first an estimate that is never too low, and only where that is too much the true one."""
        shared = self._shared_memory()
        used = max(0, sum(held.memory for _, held in holdings) - self._inherited) + shared
        for _ in range(2):
            # twice: when processes end between one reading and the next, what they shared is counted twice
            if used > self._limits.memory:
                used = max(shared, sum(_own_memory(process) for process, _ in holdings))
        self._peak = max(self._peak, used)
        return used

    def _shared_memory(self) -> int:
        if not self._shared:
            return 0
        try:
            state = os.statvfs(self._shared)
        except OSError:
            return 0
        return (state.f_blocks - state.f_bfree) * state.f_frsize

    def _look_closely(self, found: list[int]) -> Fault | None:
        """What is written and what is open."""
        opened = [processes.open_files(process) for process in found]
        sockets = frozenset[int]().union(*(one.sockets for one in opened))
        if len(sockets) * _SOCKET > self._limits.memory:
            return "out-of-memory"
        removed: dict[tuple[int, int], int] = {}
        for one in opened:
            removed |= one.removed
        return "disk-full" if self._disk() + sum(removed.values()) > self._limits.disk else None

    def _disk(self) -> int:
        """Bytes on disk below the folder; too many names count as too many bytes."""
        total = entries = 0
        pending = [str(self._scratch)]
        while pending:
            try:
                listing = _listed(pending.pop())
            except OSError:
                # too deep to have a path, or hidden from us: what cannot be counted is too much (and its mode is not
                # touched, since it could be a link by then)
                return self._limits.disk + 1
            entries += len(listing)
            if entries > _ENTRIES:
                return self._limits.disk + 1
            for entry in listing:
                try:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                except FileNotFoundError:
                    continue
                except OSError:
                    return self._limits.disk + 1
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
        return total


def _listed(folder: str) -> list["os.DirEntry[str]"]:
    """What is in ``folder``, up to one more than may be; nothing where it is gone. Raises :class:`OSError` else."""
    try:
        listing = os.scandir(folder)
    except FileNotFoundError:
        return []
    with listing:
        return list(itertools.islice(listing, _ENTRIES + 1))


def _own_memory(process: int) -> int:
    """What ``process`` holds and its share of what it shares; all that it has mapped where the kernel does not say."""
    part = processes.proportional_memory(process)
    return processes.held(process).memory if part is None else part


def _kill_namespace() -> None:
    """Kill, from inside, all that lives in the namespace of this process's children at once: kill(2) with -1."""
    with suppress(OSError):
        # no fork where the namespace has ended already
        child = os.fork()
        if child == 0:
            # its parent is out of sight only if it is where it should be: elsewhere this would end everybody's work
            if os.getppid() == 0:
                with suppress(OSError):
                    os.kill(-1, signal.SIGKILL)
            os._exit(0)
        os.waitpid(child, 0)
