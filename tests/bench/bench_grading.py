"""Grading a batch, side by side with ``nbgrader autograde``: both as whole commands, start included, on equal copies.

In each of five rounds both grade the same submissions, and every score of both gradebooks is compared. nbgrader takes
minutes for a whole batch, so that in a round it grades a fifth of the learners (all of them, once, over the rounds).
Its time for the whole batch is then its start-up, measured by running it again with nothing left to do, plus the rest
of its time multiplied up; with ``--full`` it grades everybody in each round and nothing is multiplied. Ours always
grades everybody, with sandbox and proof. The limit is ``floor.py``, run in the same round. Before the first round
each side grades one submission, so that what a machine does once (to look for fonts) counts for neither.

Ours scores the graded quiz of the pandas assignment, too; nbgrader gets its submissions without it, and the points of
quizzes are not compared.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import courses
from tests.bench.courses import LAB9, Batch
from tests.bench.measured import Cost, KernelMemory, run, scores_of

Row = tuple[str, str, str, bool]
ROUNDS = 5
CORES = len(os.sched_getaffinity(0))
MANY = 1000
PER_KERNEL = 60 * 10**6
FLOOR = Path(__file__).with_name("floor.py")


@dataclass
class Compared:
    """One figure a round, in seconds."""

    ours: list[Cost] = field(default_factory=list)
    theirs: list[Cost] = field(default_factory=list)
    floor: list[Cost] = field(default_factory=list)
    scores: int = 0
    unequal: list[str] = field(default_factory=list)

    @property
    def equality(self) -> str:
        if not self.unequal:
            return f"all {self.scores} scores equal"
        return f"{len(self.unequal)} OF {self.scores} SCORES DIFFER, the first {self.unequal[0]}"


def our_command(batch: Batch, *options: str) -> list[str]:
    """The command that an instructor types, proof and sandbox on as they are by default."""
    return [sys.executable, "-m", "course_kit", "grade", batch.assignment, "--course", str(batch.course), *options]


def their_command(batch: Batch, *options: str) -> list[str]:
    return [sys.executable, "-m", "nbgrader", "autograde", batch.assignment, *options]


def compare(batch: Batch, kernel: str = "") -> Compared:
    """Grade the batch in each round: nbgrader its share, ours everything, and the bare loop everything."""
    found, scratch = Compared(), batch.course.parent
    cells = courses.write_cells(batch, scratch / "cells.json")
    words = [f"--ExecutePreprocessor.kernel_name={kernel}"] if kernel else []
    options = ["--kernel", kernel] if kernel else []
    home = scratch / "home"
    first = batch.copy(scratch / "first", batch.learners[:1])
    run(our_command(first, *options), cwd=first.course, home=home)
    run(their_command(first, *words, "--force"), cwd=first.root, home=home)
    for number in range(ROUNDS):
        share = batch.learners if _full() else batch.learners[number::ROUNDS]
        theirs, ours = batch.copy(scratch / f"theirs{number}", share), batch.copy(scratch / f"ours{number}")
        theirs.leave_out_quizzes()
        times = len(batch.learners) / len(share)
        found.theirs.append(_theirs(theirs, words, home, times))
        found.ours.append(run(our_command(ours, *options), cwd=ours.course, home=home))
        found.floor.append(_floor(cells))
        _compare_scores(found, theirs, ours)
        _say(f"round {number + 1}: ours {found.ours[-1]}, nbgrader {found.theirs[-1]}, limit {found.floor[-1]}")
    return found


def _theirs(batch: Batch, words: list[str], home: Path, times: float) -> Cost:
    """What nbgrader needs for ``times`` as many submissions as there are in ``batch``, its start counted once."""
    whole = run(their_command(batch, *words), cwd=batch.root, home=home)
    if times == 1:
        return whole
    start = run(their_command(batch, *words), cwd=batch.root, home=home)
    return Cost(start.wall + times * (whole.wall - start.wall), start.cpu + times * (whole.cpu - start.cpu))


def _floor(cells: Path) -> Cost:
    environment = {**os.environ, "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(FLOOR), str(CORES), str(cells)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    wall, cpu = map(float, told.split())
    return Cost(wall, cpu)


def _compare_scores(found: Compared, theirs: Batch, ours: Batch) -> None:
    here = {key: score for key, score in scores_of(ours.gradebook).items() if key[0] in theirs.learners}
    there = scores_of(theirs.gradebook)
    quizzes = ours.quizzes
    for key in sorted(key for key in {*here, *there} if key[2] not in quizzes):
        found.scores += 1
        if here.get(key) != there.get(key):
            found.unequal.append(f"{'/'.join(key)}: {here.get(key)}, by nbgrader {there.get(key)}")


def _faster(what: str, batch: Batch, found: Compared, least: float, aim: float) -> Row:
    ours, theirs, floor = _median(found.ours), _median(found.theirs), _median(found.floor)
    times = theirs.wall / ours.wall
    measured = (
        f"{times:.1f} times faster: {ours.wall:.2f} s ({ours.wall / batch.count * 1000:.0f} ms a notebook, "
        f"{ours.cpu:.1f} s of CPU) against {theirs.wall:.0f} s ({theirs.wall / batch.count:.2f} s a notebook, "
        f"{theirs.cpu:.0f} s of CPU); limit {floor.wall:.2f} s; {found.equality}"
    )
    what = f"{what}, {len(batch.learners)} learners, {batch.count} notebooks, against nbgrader autograde"
    return what, measured, f"at least {least:g} times, aim {aim:g}, equal scores", times >= least and not found.unequal


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(one.wall for one in costs), statistics.median(one.cpu for one in costs))


def example_rows(scratch: Path) -> Iterator[Row]:
    """nbgrader's ps1."""
    batch = courses.example_course(scratch / "course", 40)
    yield _faster("grade nbgrader's ps1", batch, compare(batch), 15, 25)


def flagship_rows(scratch: Path) -> Iterator[Row]:
    """The flagship course's assignment with pandas and a figure."""
    batch = courses.flagship_course(scratch / "course", 40)
    yield _faster("grade a pandas assignment with a figure", batch, compare(batch), 15, 22)


def memory_rows(scratch: Path) -> Iterator[Row]:
    """What a kernel in flight adds, on the pandas batch."""
    batch, memory = courses.flagship_course(scratch / "course", 40), KernelMemory()
    first = batch.copy(scratch / "first", batch.learners[:1])
    run(our_command(first), cwd=first.course, home=scratch / "home")
    run(our_command(batch), cwd=batch.course, home=scratch / "home", watch=memory)
    measured = (
        f"{memory.middle / 1e6:.0f} MB, at most {memory.largest / 1e6:.0f} MB (up to {memory.most_in_flight} in "
        f"flight, {len(memory.seen)} looks; the parent alone has {memory.alone / 1e6:.0f} MB)"
    )
    met = 0 < memory.largest < PER_KERNEL
    yield "a pandas kernel in flight beyond the parent, proportional set size", measured, "under 60 MB", met


def compute_rows(scratch: Path) -> Iterator[Row]:
    """Lab9, whose cells compute: nothing but the cells should cost time."""
    what, asked = "grade cs1302's Lab9, 24 learners, compute-bound", "1.2 × the cells' CPU time ÷ cores"
    batch = courses.university_course(scratch / "course", 24)
    if batch is None:
        yield what, f"not measured: there is no {LAB9} (COURSE_KIT_SHARED names its folder)", asked, True
        return
    found = compare(batch, kernel="python3")
    shares = [ours.wall * CORES / floor.cpu for ours, floor in zip(found.ours, found.floor, strict=True)]
    share, ours, floor = statistics.median(shares), _median(found.ours), _median(found.floor)
    theirs = _median(found.theirs)
    measured = (
        f"{share:.2f} × ({ours.wall:.1f} s; the cells alone take {floor.cpu:.1f} s of CPU on {CORES} cores; limit "
        f"{floor.wall:.1f} s; nbgrader {theirs.wall:.0f} s, {theirs.wall / batch.count:.1f} s a notebook: "
        f"{theirs.wall / ours.wall:.1f} times faster); {found.equality}"
    )
    yield what, measured, asked, share <= 1.2 and not found.unequal


def again_rows(scratch: Path) -> Iterator[Row]:
    """A second run of 1,000 submissions in which nothing has changed, beyond what the same command needs for one."""
    walls: dict[int, list[float]] = {}
    for learners in (1, MANY):
        batch = courses.example_course(scratch / f"course{learners}", learners, ("problem1",))
        home = scratch / "home"
        first = run(our_command(batch), cwd=batch.course, home=home)
        _say(f"{learners} submissions for the first time: {first}")
        walls[learners] = [run(our_command(batch), cwd=batch.course, home=home).wall for _ in range(ROUNDS)]
    start, whole = (statistics.median(walls[learners]) for learners in (1, MANY))
    measured = (
        f"{whole - start:.2f} s beyond a start of {start:.2f} s ({whole:.2f} s in all; first run {first.wall:.0f} s)"
    )
    yield (
        f"grade {MANY:,} submissions again, nothing changed",
        measured,
        "under 1 s beyond the start",
        whole - start < 1,
    )


PARTS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "ps1": example_rows,
    "pandas": flagship_rows,
    "lab9": compute_rows,
    "again": again_rows,
    "memory": memory_rows,
}


def rows(*parts: str) -> Iterator[Row]:
    """(what, measured, asked, met) for each figure, as soon as it is known; only those of ``parts`` where named."""
    for name in parts or PARTS:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            yield from PARTS[name](Path(folder))


def _full() -> bool:
    return os.environ.get("BENCH_FULL") == "1"


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)
