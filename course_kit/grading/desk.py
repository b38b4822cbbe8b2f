"""The process in which nbgrader lives, started ahead and behind the scenes, and only if it is asked for anything."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from course_kit.bridges.nbgrader import client
from course_kit.bridges.nbgrader.client import Worker
from course_kit.bridges.nbgrader.config import CONFIG, CourseInfo
from course_kit.errors import CourseKitError
from course_kit.model.keys import slug


def start_ahead(course_folder: Path, assignment: str, *, runs_here: bool) -> None:
    """Begin to start nbgrader's process for a batch in ``course_folder`` before all else is imported. Never raises.

    And the process that notebooks are run from, where they run here (``runs_here``) and nothing of the assignment was
    graded before: else it may well be that nothing has to run.
    """
    folder = course_folder.resolve()
    if (folder / "course.yml").is_file() or (folder / CONFIG).is_file():
        hidden = folder / ".course-kit"
        with suppress(CourseKitError, OSError):
            client.start_ahead(hidden / "grading.log")
            if runs_here and never_graded(hidden, assignment):
                from course_kit.execution import executor

                executor.start_ahead(hidden / "grading.log")


def never_graded(hidden: Path, assignment: str) -> bool:
    """Whether no batch of the assignment came to its end here: then something will have to run."""
    return not any((hidden / "graded").glob(f"{slug(assignment)}-*.json"))  # as records are named


class Desk:
    """``with Desk(log=…) as desk: desk.start(root); desk.call("scores", assignment="ps1")``. One caller at a time.

    ``database``: another SQLite file in the gradebook's place.
    """

    def __init__(self, *, log: Path, kernel: str | None = None, database: Path | None = None) -> None:
        self._log, self._kernel, self._database = log, kernel, database
        self._worker: Worker | None = None
        self._starting: Future[Any] | None = None
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        starting, self._starting = self._starting, None
        if self._worker is not None:
            # one that is just starting is ended as soon as it is there
            while starting is not None and wait([starting], timeout=0.05).not_done:
                self._worker.stop()
            self._worker.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    @property
    def started(self) -> bool:
        return self._worker is not None

    def start(self, root: Path) -> None:
        """Begin to start; returns at once. What goes wrong is raised by the first call."""
        if self._worker is None:
            self._worker = Worker(root, log=self._log, kernel=self._kernel, database=self._database)
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="course-kit-nbgrader")
            self._starting = self._pool.submit(self._worker.call, "ping")

    def info(self, root: Path) -> CourseInfo:
        """What nbgrader says of the course's folders."""
        return self._ready(root).info

    def call(self, root: Path, operation: str, *, timeout: float | None = None, **arguments: Any) -> Any:
        """As :meth:`Worker.call`."""
        return self._ready(root).call(operation, timeout=timeout, **arguments)

    def _ready(self, root: Path) -> Worker:
        self.start(root)
        assert self._worker is not None  # noqa: S101 (started above)
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.result()
        return self._worker
