"""Which cells ran, for how long, and whether they failed: never what stands in them."""

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from course_kit.model.events import CellRan
from course_kit.session.cells import is_notebook_id
from course_kit.session.notes import Notes, log

_NO_LESSON_CELL = re.compile(r"\s*(?:(?:quiz|video)\s*\(|%%(?:quiz|video)\b|%(?:re)?load_ext\s+course_kit\s*$)")
_LONGEST_NAME = 200
_UNKNOWN = "?"


class ExecutionInfo(Protocol):
    """What IPython tells before a cell runs."""

    raw_cell: str | None
    silent: bool
    store_history: bool
    cell_id: str | None


class ExecutionResult(Protocol):
    """What IPython tells after a cell ran."""

    info: Any
    error_before_exec: BaseException | None
    error_in_exec: BaseException | None


class Recorder:
    """Writes one ``CellRan`` for each cell of a lesson that ran. It never raises into the learner's kernel.

    ``lesson`` may be unknown at first (None): the first quiz or video of the notebook tells it, and what ran before is
    written then. Quiz and video cells, a lone ``%load_ext course_kit`` and silent requests are not recorded. ``named``
    tells a cell's id from lesson and text where the front end gives none that a notebook knows; without an id, nothing
    is recorded.
    """

    HELD = 200

    def __init__(
        self, notes: Notes, lesson: str | None, named: Callable[[str, str], str | None] = lambda _lesson, _text: None
    ) -> None:
        self._notes, self._lesson, self._named = notes, lesson, named
        self._began: float | None = None
        self._held: list[tuple[dict[str, Any], str, datetime]] = []
        self._lock = threading.Lock()

    def register(self, events: Any) -> None:
        """Begin to listen to an IPython shell's ``events``."""
        events.register("pre_run_cell", self.pre_run_cell)
        events.register("post_run_cell", self.post_run_cell)

    def unregister(self, events: Any) -> None:
        """Stop listening."""
        events.unregister("pre_run_cell", self.pre_run_cell)
        events.unregister("post_run_cell", self.post_run_cell)

    def belongs_to(self, lesson: str) -> None:
        """The notebook is this lesson; the first word stands."""
        with self._lock:
            if self._lesson is not None:
                return
            self._lesson = lesson
            held, self._held = self._held, []
        for fact, source, at in held:
            self._write(fact, lesson, source, at)

    def pre_run_cell(self, info: ExecutionInfo) -> None:
        self._began = time.monotonic()

    def post_run_cell(self, result: ExecutionResult) -> None:
        seconds = 0.0 if self._began is None else time.monotonic() - self._began
        self._began = None
        try:
            fact = cell_fact(result, seconds)
            if fact is not None:
                self._take(fact, str(result.info.raw_cell), datetime.now(UTC))
        except Exception as error:  # whatever a front end sends, the learner's cell has run and that is what counts
            log.debug("a cell was not recorded: %r", error)

    def _take(self, fact: dict[str, Any], source: str, at: datetime) -> None:
        with self._lock:
            lesson = self._lesson
            if lesson is None:
                self._held = [*self._held, (fact, source, at)][-self.HELD :]
                return
        self._write(fact, lesson, source, at)

    def _write(self, fact: dict[str, Any], lesson: str, source: str, at: datetime) -> None:
        cell = fact["cell"] if is_notebook_id(fact["cell"]) else self._named(lesson, source)
        if cell is not None:
            self._notes.try_write([{**fact, "lesson": lesson, "cell": cell}], [at])


def cell_fact(result: ExecutionResult, seconds: float) -> dict[str, Any] | None:
    """The fact of a cell that ran (lesson and, perhaps, cell still open), or None for what is not a lesson's cell."""
    info = result.info
    cell, source = getattr(info, "cell_id", None), getattr(info, "raw_cell", None)
    if info.silent or not info.store_history:
        return None
    if not isinstance(source, str) or not source.strip() or _NO_LESSON_CELL.match(source):
        return None
    error = result.error_before_exec or result.error_in_exec
    fact = CellRan(
        lesson=_UNKNOWN,
        cell=str(cell) if is_notebook_id(cell) else _UNKNOWN,
        ok=error is None,
        error=None if error is None else type(error).__name__[:_LONGEST_NAME],
        seconds=round(max(0.0, seconds), 3),
    )
    return fact.model_dump(mode="json")
