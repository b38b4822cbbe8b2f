"""What a batch tells while it runs: one line for a log, or a state for a live view."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from course_kit.execution.sandbox import Layer
from course_kit.grading.graded import BatchState
from course_kit.grading.pipeline import Work
from course_kit.grading.places import Progress

FINE = frozenset({"graded", "needs-manual-grading"})
SLOWEST = 3
_SLOW = 5.0
"""Seconds after which a notebook may be one that does not end, such as an endless loop that waits for its limit."""


class Watcher:
    """Counts what happens, and tells ``progress`` of each submission and ``watch`` of every step."""

    def __init__(self, progress: Progress, watch: Callable[[BatchState], None] | None) -> None:
        self._progress, self._watch = progress, watch
        self._what, self._done, self._total, self._todo = "Preparing", 0, 0, 0
        self._running: tuple[tuple[str, str, float], ...] = ()
        self._slowest: list[tuple[str, str, float]] = []
        self._failures: dict[str, int] = {}
        self._cached = 0
        self._looking: Future[tuple[Layer, ...]] | None = None
        self._began = time.monotonic()
        self._finished = 0

    def prepare(self, total: int) -> None:
        self._total = total
        self._progress(0, total, "Preparing")
        self._tell()

    def layers(self, looking: "Future[tuple[Layer, ...]]") -> None:
        """They are shown as soon as they are known."""
        self._looking = looking
        self._tell()

    def begin(self, todo: int) -> None:
        """So many are looked at again; the others are done."""
        self._what, self._todo, self._done = "Grading", todo, self._total - todo
        self._began = time.monotonic()
        self._tell()

    def done(self, work: Work, status: str) -> None:
        """One submission came to its end."""
        self._done += 1
        self._finished += 1
        self._cached += bool(work.results) and not work.ran
        if status not in FINE:
            self._failures[status] = self._failures.get(status, 0) + 1
        for stem in work.ran & set(work.results):
            self._slowest.append((work.learner, stem, work.results[stem].seconds))
        self._slowest = sorted(self._slowest, key=lambda one: -one[2])[:SLOWEST]
        self._progress(self._done, self._total, work.learner)

    def running(self, works: Iterable[Work]) -> None:
        now = time.monotonic()
        seconds = ((work.learner, work.running, now - work.began) for work in works)
        self._running = tuple(sorted(seconds, key=lambda one: -one[2]))
        self._tell()

    def finish(self, total: int) -> None:
        self._what, self._done, self._running = "Done", total, ()
        self._progress(total, total, "Done")
        self._tell()

    def _left(self) -> float | None:
        if self._what != "Grading" or not self._finished:
            return None
        left = (time.monotonic() - self._began) / self._finished * (self._todo - self._finished)
        oldest = max((seconds for _, _, seconds in self._running), default=0.0)
        return None if oldest > max(_SLOW, 2 * left) else left

    def _tell(self) -> None:
        if self._watch is None:
            return
        looking = self._looking
        layers = looking.result() if looking is not None and looking.done() and not looking.exception() else ()
        self._watch(
            BatchState(
                what=self._what,
                done=self._done,
                total=self._total,
                running=self._running,
                slowest=tuple(self._slowest),
                failures=dict(self._failures),
                left=self._left(),
                cached=self._cached,
                layers=tuple(one.name for one in layers if one.present),
                missing_layers=tuple(one for one in layers if not one.present),
            )
        )
