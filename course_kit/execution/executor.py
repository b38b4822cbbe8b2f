"""Run notebooks apart: the caller's side of the zygote."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from course_kit.errors import CourseKitError, Unavailable
from course_kit.execution import sandbox
from course_kit.execution.job import Job, Result, result_from_json
from course_kit.execution.trials import PLACE as TRIALS
from course_kit.execution.wire import Broken, receive_bytes, send_bytes

START_SECONDS = 120.0


class Executor:
    """``with Executor(preload=("numpy",)) as executor: result = executor.execute(job)``.

    Thread-safe: as many notebooks run at once as threads call :meth:`execute`, at most ``in_flight``. The zygote starts
    with the first job, or with :meth:`start`; one that ended is replaced. ``log`` takes what the zygote has to say.
    """

    def __init__(self, *, preload: Iterable[str] = (), in_flight: int | None = None, log: Path | None = None) -> None:
        self._preload, self._log = tuple(preload), log
        self._room = threading.BoundedSemaphore(in_flight or default_in_flight())
        self._lock = threading.Lock()
        self._zygote: _Zygote | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begin to warm up, without waiting for it."""
        self._live()

    def execute(self, job: Job) -> Result:
        """Run one notebook and wait for its result. Never raises because of the notebook.

        Raises :class:`Unavailable` where no zygote can be started, and where ``job.require_sandbox`` is set and a
        layer of the sandbox is missing.
        """
        with self._room:
            if job.require_sandbox:
                sandbox.require()
            if not _warm(job):
                from course_kit.execution.cold import run_cold

                return run_cold(job)
            for last in (False, True):
                try:
                    return self._live().run(job)
                except Broken as error:
                    # the zygote itself was ended, by whoever: once more with a new one
                    if last or self._closed:
                        return Result("failed", job.notebook, reason=f"The process that ran it ended ({error}).")
            raise AssertionError("the loop returns")

    def close(self) -> None:
        """End the zygote and what runs in it: whoever waits for a result is told that it failed."""
        with self._lock:
            zygote, self._zygote, self._closed = self._zygote, None, True
        if zygote is not None:
            zygote.stop()

    def _live(self) -> "_Zygote":
        with self._lock:
            if self._closed:
                raise Broken("the grading was ended")
            if self._zygote is not None and not self._zygote.lives():
                self._zygote.stop()
                self._zygote = None
            if self._zygote is None:
                self._zygote = _Zygote(self._preload, self._log)
            return self._zygote


def default_in_flight() -> int:
    """How many notebooks run at once: two a processor, since many wait as much as they compute."""
    return 2 * (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _warm(job: Job) -> bool:
    """Whether the job's kernel is this very Python's ipykernel, which can be forked here.

    matplotlib reads a ``matplotlibrc`` beside the notebook when it is imported, which in a fork it has been already.
    """
    forks = hasattr(os, "fork") and sys.platform == "linux" and "matplotlibrc" not in job.files
    # jupyter_client, which takes a while to import, is not asked about the one that is always here
    return forks and (job.kernel == "python3" or job.kernel in own_kernels())


_OWN: set[str] = set()


def own_kernels() -> set[str]:
    """The names of kernelspecs that start ipykernel in this interpreter."""
    if not _OWN:
        from jupyter_client.kernelspec import KernelSpecManager

        _OWN.add("python3")
        manager = KernelSpecManager()
        for name in manager.find_kernel_specs():
            with suppress(Exception):
                argv = manager.get_kernel_spec(name).argv
                same = Path(argv[0]).name in {"python", "python3"} or Path(argv[0]) == Path(sys.executable)
                if same and "ipykernel_launcher" in argv:
                    _OWN.add(name)
    return _OWN


_Started = tuple[Path | None, "subprocess.Popen[bytes]", socket.socket]
_AHEAD: list[_Started] = []
"""Zygotes that nobody has asked for anything yet, each with its log."""


def start_ahead(log: Path) -> None:
    """Begin to start the zygote of whoever uses an :class:`Executor` with this ``log`` next; it is told later what to
    hold. One that nobody takes ends with this process. Raises :class:`OSError`."""
    if not _AHEAD:
        atexit.register(_end_unused)
        _AHEAD.append(_started(log))


def _end_unused() -> None:
    while _AHEAD:
        _, process, control = _AHEAD.pop()
        control.close()
        process.kill()
        process.wait()


def _started(log: Path | None) -> _Started:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    errors: IO[bytes] | int = subprocess.DEVNULL
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        errors = log.open("ab")
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "course_kit.execution.zygote", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env=_environment(),
            cwd="/",
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    finally:
        theirs.close()
        if not isinstance(errors, int):
            errors.close()
    return log, process, ours


class _Zygote:
    def __init__(self, preload: tuple[str, ...], log: Path | None) -> None:
        mine = next((one for one in _AHEAD if one[0] == log and one[1].poll() is None), None)
        if mine is not None:
            _AHEAD.remove(mine)
        _, self._process, self._control = mine or _started(log)
        self._lock = threading.Lock()
        self._ready: dict[str, Any] | None = None
        self._stopped = False
        with suppress(OSError):
            # where it ended, whoever waits for it is told
            self._control.send(json.dumps(preload).encode())

    def lives(self) -> bool:
        return self._process.poll() is None

    def run(self, job: Job) -> Result:
        if (prose := _without_code(job.notebook)) is not None:
            return self._unrun(prose)
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, self._lock:
                self._wait()
                try:
                    socket.send_fds(self._control, [b"j"], [theirs.fileno()])
                except OSError as error:
                    raise Broken(str(error)) from error
            send_bytes(ours, job.to_json())
            return result_from_json(receive_bytes(ours))

    def _unrun(self, notebook: dict[str, Any]) -> Result:
        """The result of a notebook in which nothing can run: no process is made for it."""
        with self._lock:
            self._wait()
        assert self._ready is not None  # noqa: S101 (the zygote said so)
        notebook["metadata"]["language_info"] = self._ready["language"]
        return Result("ok", json.dumps(notebook).encode())

    def _wait(self) -> None:
        """Until the zygote is warm; it says so once."""
        if self._ready is not None:
            return
        told, why = b"", "it ended"
        try:
            self._control.settimeout(START_SECONDS)
            told = self._control.recv(2**16)
        except OSError as error:
            why = str(error)
        if self._stopped:
            raise Broken("the grading was ended")
        if not told:
            raise _not_started(why)
        self._ready = json.loads(told)
        with suppress(OSError):
            self._control.settimeout(None)

    def stop(self) -> None:
        self._stopped = True
        with suppress(OSError):
            # closing alone would leave a thread that waits for the zygote waiting, and the zygote with it
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            # one that is still warming up runs nothing yet that it would have to end in order
            self._process.wait(0 if self._ready is None else 10)
        except subprocess.TimeoutExpired:
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _without_code(text: bytes) -> dict[str, Any] | None:
    """The notebook, if it holds prose alone; None where it has code, or is not what it should be."""
    try:
        notebook = json.loads(text)
        kinds = {cell["cell_type"] for cell in notebook["cells"]}
        sound = isinstance(notebook["metadata"], dict) and notebook["nbformat"] == 4
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return notebook if sound and kinds <= {"markdown", "raw"} else None


def _not_started(why: str) -> CourseKitError:
    return Unavailable(
        f"The process that runs notebooks did not start: {why}.",
        hint="The log (.course-kit/grading.log) has more; `python -m ipykernel --version` must work here.",
    )


def _environment() -> dict[str, str]:
    from platformdirs import user_cache_path

    # fonts are looked for, and imports tried, once a machine and not once a batch
    cache = user_cache_path("course-kit")
    fonts = cache / "matplotlib"
    with suppress(OSError):
        fonts.mkdir(parents=True, exist_ok=True)
    return {**sandbox.clean_environment(os.environ), "MPLCONFIGDIR": str(fonts), TRIALS: str(cache / "imports.json")}
