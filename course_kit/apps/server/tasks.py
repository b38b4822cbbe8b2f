"""Long work that a page starts, watches and can cancel: one thread a task, kept until an hour after its end."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from course_kit.errors import Busy, CourseKitError, NotFound

KEPT_SECONDS = 3600
AT_ONCE = 4
_SHOWN = ("state", "done", "total", "what", "details", "result", "error")
_log = logging.getLogger(__name__)


class Progress(Protocol):
    """``progress(done, total, what)``, with ``details`` for work that has more to tell."""

    def __call__(self, done: int, total: int, what: str, details: dict[str, Any] | None = None, /) -> None: ...


Work = Callable[[Progress, Callable[[], bool]], dict[str, Any]]
"""``work(progress, cancelled)`` returns what the page gets as the result."""


@dataclass
class Task:
    """One piece of work. Written by its thread, read by the handlers; each field is replaced whole."""

    what: str = ""
    done: int = 0
    total: int = 0
    details: dict[str, Any] | None = None
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    result: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    ended_at: float | None = None
    _cancel: threading.Event = field(default_factory=threading.Event)

    def json_object(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SHOWN}

    def progress(self, done: int, total: int, what: str, details: dict[str, Any] | None = None) -> None:
        self.done, self.total, self.what, self.details = done, total, what, details

    def cancel(self) -> None:
        """Ask the work to stop; it does at its next step."""
        self._cancel.set()

    def run(self, work: Work) -> None:
        try:
            self.result = work(self.progress, self._cancel.is_set)
            self.state = "cancelled" if self._cancel.is_set() else "done"
        except CourseKitError as error:
            self.error = error_object(error)
            self.state = "cancelled" if self._cancel.is_set() else "failed"
        except Exception as error:
            _log.exception("A task of course-kit failed")
            self.error = {
                "code": "error",
                "message": f"Something went wrong inside course-kit: {type(error).__name__}.",
                "hint": "Try again; the details are in the log of the Jupyter server.",
            }
            self.state = "failed"
        finally:
            self.ended_at = time.monotonic()


class Tasks:
    """The tasks of one server, by id."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def start(self, work: Work) -> str:
        """Begin ``work`` on a thread of its own and return the task's id. Raises :class:`Busy` at the limit."""
        self._forget_old()
        if sum(task.state == "running" for task in self._tasks.values()) >= AT_ONCE:
            raise Busy(f"{AT_ONCE} tasks are running already.", hint="Wait for one to end, or cancel one.")
        name, task = secrets.token_hex(8), Task()
        self._tasks[name] = task
        threading.Thread(target=task.run, args=(work,), daemon=True, name=f"course-kit-task-{name}").start()
        return name

    def get(self, name: str) -> Task:
        """Raises :class:`NotFound` for an id that is unknown or was forgotten."""
        if name not in self._tasks:
            raise NotFound("This task is not known (the server was restarted, perhaps).", hint="Start it again.")
        return self._tasks[name]

    def _forget_old(self) -> None:
        limit = time.monotonic() - KEPT_SECONDS
        self._tasks = {n: t for n, t in self._tasks.items() if t.ended_at is None or t.ended_at > limit}


def error_object(error: CourseKitError) -> dict[str, str]:
    """An error as the page gets it."""
    return {"code": error.code, "message": error.message, "hint": error.hint}
