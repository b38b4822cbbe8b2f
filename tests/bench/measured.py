"""What a command costs and what a gradebook holds."""

import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_PARTS = "auto_score, manual_score, extra_credit, needs_manual_grade"
_SCORES = f"""
    SELECT submitted_assignment.student_id, notebook.name, base_cell.name, {_PARTS}
    FROM grade
    JOIN base_cell ON base_cell.id = grade.cell_id
    JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
    JOIN notebook ON notebook.id = submitted_notebook.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
"""  # noqa: S608 (no value is put into it)

Scores = dict[tuple[str, str, str], tuple[object, ...]]


@dataclass(frozen=True)
class Cost:
    """Seconds of a whole command, start included; ``cpu`` with that of all processes that it started and waited for."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} s of CPU)"


def run(command: list[str], *, cwd: Path, home: Path, watch: Callable[[int], None] | None = None) -> Cost:
    """Run a command to its end. Raises :class:`RuntimeError` with what it said where it fails.

    ``home`` keeps what it stores for this person apart from everyone else's. ``watch`` is called with its process id
    every 20 ms while it runs.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    environment["COURSE_KIT_DATA"] = str(home / "data")
    log = home / "log.txt"
    with log.open("w") as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=said, stderr=subprocess.STDOUT)
        while watch is not None and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            watch(process.pid)
            time.sleep(0.02)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text()[-3000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime)


def scores_of(gradebook: Path) -> Scores:
    """Every score, by learner, notebook and cell: given automatically and by hand, extra credit, wanting a person."""
    with sqlite3.connect(f"file:{gradebook}?mode=ro", uri=True) as database:
        found = {(row[0], row[1], row[2]): tuple(row[3:]) for row in database.execute(_SCORES)}
    database.close()
    return found


@dataclass
class KernelMemory:
    """Memory that each kernel in flight adds to that of the warm parent which they are forked from.

    A kernel is a child of the parent (the process whose command line has ``course_kit.execution.zygote``) that has
    children itself, with everything below it. The proportional set sizes of them all and the parent add up to what they
    occupy together; from that comes off what the parent occupied alone, and the rest is shared out to the kernels.
    """

    alone: int = 0
    seen: list[tuple[int, int]] = field(default_factory=list)

    @property
    def largest(self) -> float:
        """Bytes a kernel, the most that was seen with several in flight."""
        return max(((size - self.alone) / kernels for size, kernels in self.seen if kernels > 1), default=0.0)

    @property
    def middle(self) -> float:
        """Bytes a kernel, the median of all looks."""
        return statistics.median([(size - self.alone) / kernels for size, kernels in self.seen] or [0.0])

    @property
    def most_in_flight(self) -> int:
        return max((kernels for _, kernels in self.seen), default=0)

    def __call__(self, command: int) -> None:
        """Look once."""
        parent = next((process for process in _below(command) if _is_parent(process)), None)
        if parent is None:
            return
        children = _children(parent)
        kernels = [child for child in children if _children(child)]
        whole = sum(map(_proportional_size, [parent, *_below(parent)]))
        if kernels:
            self.seen.append((whole, len(kernels)))
        elif not children:
            self.alone = max(self.alone, whole)


def _is_parent(process: int) -> bool:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"course_kit.execution.zygote" in words


def _children(process: int) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def _below(process: int) -> list[int]:
    return [found for child in _children(process) for found in [child, *_below(child)]]


def _proportional_size(process: int) -> int:
    """In bytes; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
