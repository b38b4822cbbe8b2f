"""Work with nbgrader from outside: a worker process, asked over its standard input, answered over its output.

nbgrader changes its process's directory and environment, prints, and takes seconds to import; a learner's notebook can
take down whatever runs it. So it lives in a process of its own, which is replaced when it dies or gets stuck.
"""

import atexit
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from course_kit import errors
from course_kit.bridges.nbgrader.config import CourseInfo, quick_info
from course_kit.errors import CourseKitError, Unavailable, WrongVersion

START_SECONDS = 120.0
MAX_LOG = 5 * 1024**2


class WorkerLost(CourseKitError):
    """The worker ended or did not answer in time; ``stuck`` says which. It was replaced; others are not affected."""

    code = "worker-lost"

    def __init__(self, message: str, *, stuck: bool) -> None:
        super().__init__(message, hint="Run the same command again; what is done stays done.")
        self.stuck = stuck


class Worker:
    """``with Worker(root, log=…) as worker: worker.call("scores", assignment="ps1")``. One call at a time."""

    def __init__(self, root: Path, *, log: Path, kernel: str | None = None, database: Path | None = None) -> None:
        """``database``: another SQLite file in the gradebook's place, for trial runs."""
        self._root, self._log, self._kernel, self._database = root.resolve(), log, kernel, database
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes | None] = queue.Queue()
        self._info: CourseInfo | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def info(self) -> CourseInfo:
        """The course's folders and database, as its configuration has them."""
        if self._info is None:
            self.call("ping")
        assert self._info is not None  # noqa: S101 (set by every start)
        return self._info

    def call(self, operation: str, *, timeout: float | None = None, **arguments: Any) -> Any:
        """The operation's answer. Raises what it raised, or :class:`WorkerLost`; then the next call starts afresh."""
        self._start()
        return self._ask(operation, timeout, arguments)

    def stop(self) -> None:
        """End the worker and everything that it started (kernels live in sessions of their own)."""
        process, self._process = self._process, None
        if process is None:
            return
        descendants = _descendants(process.pid)
        with suppress(OSError):
            process.kill()
        for pid in descendants:
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.stop()
        mine = next((one for one in _AHEAD if one[0] == self._log), None)
        if mine is not None:
            _AHEAD.remove(mine)
        self._process = mine[1] if mine is not None else _process(self._log)
        self._answers = queue.Queue()
        threading.Thread(target=_pump, args=(self._process.stdout, self._answers), daemon=True).start()
        opened = self._ask("open", START_SECONDS, self._opening())
        self._info = CourseInfo(**{**opened, "root": Path(opened["root"]), "excluded": tuple(opened["excluded"])})

    def _opening(self) -> dict[str, Any]:
        database = None if self._database is None else str(self._database)
        return {"root": str(self._root), "kernel": self._kernel, "database": database}

    def _ask(self, operation: str, timeout: float | None, arguments: dict[str, Any]) -> Any:
        process = self._process
        assert process is not None and process.stdin is not None  # noqa: S101, PT018 (started above)
        try:
            process.stdin.write(json.dumps({"operation": operation, **arguments}).encode() + b"\n")
            process.stdin.flush()
            line = self._answers.get(timeout=timeout)
        except queue.Empty:
            self.stop()
            raise WorkerLost(f"No answer came within {timeout:,.0f} seconds.", stuck=True) from None
        except OSError:
            line = None
        except BaseException:
            self.stop()  # interrupted: whatever runs must not go on behind the teacher's back
            raise
        if line is None:
            self.stop()
            raise WorkerLost("The process that ran it ended without an answer.", stuck=False)
        answer = json.loads(line)
        if "error" in answer:
            raise _raised(answer["error"])
        return answer["value"]


_AHEAD: list[tuple[Path, "subprocess.Popen[bytes]"]] = []


def start_ahead(log: Path) -> None:
    """Begin to start the process that the next :class:`Worker` with this ``log`` will need; returns at once.

    nbgrader takes half a second to import, in which the caller can do its own. One that nobody takes ends with us.
    """
    if not _AHEAD:
        _AHEAD.append((log, _process(log)))
        atexit.register(_end_ahead)


def _end_ahead() -> None:
    for _, process in _AHEAD:
        process.kill()
        process.wait()
    _AHEAD.clear()


def _process(log: Path) -> "subprocess.Popen[bytes]":
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > MAX_LOG:
        log.replace(log.with_name(log.name + ".old"))
    with log.open("ab") as place:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "course_kit.bridges.nbgrader.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=place,
            env=_environment(),
            start_new_session=os.name == "posix",
        )


def course_info(root: Path, *, log: Path) -> CourseInfo:
    """The course's folders: at once if nothing is configured, else from nbgrader."""
    quick = quick_info(root.resolve())
    if quick is not None:
        return quick
    with Worker(root, log=log) as worker:
        return worker.info


def _environment() -> dict[str, str]:
    """nbgrader calls ``alembic`` by name when it makes a gradebook, and leaves half a one where it finds none."""
    environment = dict(os.environ)
    folder = str(Path(sys.executable).parent)
    environment["PATH"] = folder + os.pathsep + environment.get("PATH", "")
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    if shutil.which("alembic", path=environment["PATH"]) is None:
        raise Unavailable(
            "The command `alembic`, which nbgrader needs to make a gradebook, is not installed.",
            hint="Install it with: pip install 'course-kit[grading]'",
        )
    return environment


def _pump(stream: Any, answers: "queue.Queue[bytes | None]") -> None:
    with suppress(OSError, ValueError):
        for line in stream:
            answers.put(line)
    answers.put(None)


def _descendants(pid: int) -> list[int]:
    with suppress(OSError):
        # the system says it at once where there are none
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        if tasks and not any((task / "children").read_text() for task in tasks):
            return []
    try:
        import psutil  # type: ignore[import-untyped]  # ipykernel brings it; it publishes no types
    except ImportError:
        return []
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def _raised(error: dict[str, str]) -> CourseKitError:
    kinds: dict[str, Callable[..., CourseKitError]] = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, CourseKitError) and kind is not WrongVersion
    }
    return kinds.get(error["kind"], CourseKitError)(error["message"], hint=error["hint"])
