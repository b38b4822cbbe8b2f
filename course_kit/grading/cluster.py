"""Jobs on a Dask cluster: the same pure function, on more machines."""

import platform
import secrets
import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError, wait
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from course_kit import __version__
from course_kit.errors import CourseKitError, Unavailable
from course_kit.execution.job import Job, Result, result_from_json
from course_kit.grading.cluster_link import answered, connect, portable, told

if TYPE_CHECKING:
    from course_kit.execution.sandbox import Layer

WAIT_SECONDS = 300.0
"""How long the first worker may take to come: queues and clusters that grow on demand take minutes."""
_PER_THREAD = 3
_GOODBYE_SECONDS = 5.0
_KILLED = (
    "It was stopped: every worker of the cluster that ran it ended, also when nothing else ran there. Its code takes "
    "more than the machine has, most likely."
)


class _Task:
    """One job under way. ``alone``: its second chance, after workers ended while it and others ran there."""

    def __init__(self, number: int, job: Job) -> None:
        self.number, self.job, self.alone = number, job, False
        self.result: Future[Result] = Future()
        self.remote: Any = None


class DaskEngine:
    """Notebooks run on the workers of a Dask cluster; what travels is JSON.

    A worker that ends is survived: its jobs run elsewhere, and results that were lost with it are made again. A job
    during which workers end again and again waits until it can be tried alone; if that ends a worker too, its result is
    ``failed``, and nobody else's is.
    """

    def __init__(
        self,
        scheduler: str | None = None,
        *,
        in_flight: int | None = None,
        preload: Sequence[str] = (),
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._fixed, self._preload = in_flight, tuple(preload)
        self._batch = secrets.token_hex(8)
        self._lock = threading.RLock()
        self._open: dict[int, _Task] = {}
        self._suspects: list[_Task] = []
        self._waiting: list[_Task] = []
        self._numbers = 0
        self._closed = False
        self._gone: CourseKitError | None = None
        self._counted = (0.0, 0)
        self._cluster, self._client = connect(scheduler, in_flight)
        self.name = "Dask on this computer" if self._cluster else f"Dask at {self._client.scheduler.address}"
        try:
            self._workers = self._ask_workers(wait_seconds)
        except BaseException:
            self.close()
            raise

    @property
    def in_flight(self) -> int:
        """Some for each thread, so that no worker waits for us, and more when more workers join."""
        if self._fixed is not None:
            return self._fixed
        at, number = self._counted
        if time.monotonic() - at > _GOODBYE_SECONDS:
            with suppress(OSError):
                number = sum(self._client.nthreads().values())
            self._counted = (time.monotonic(), number)
        return max(2 * _PER_THREAD, _PER_THREAD * number)

    def submit(self, job: Job) -> "Future[Result]":
        with self._lock:
            self._numbers += 1
            task = _Task(self._numbers, job)
            if self._closed:
                task.result.cancel()
                return task.result
            self._open[task.number] = task
            task.result.add_done_callback(lambda _: self._given_up(task))
            if self._gone is None and any(one.alone for one in self._open.values()):
                self._waiting.append(task)
            else:
                self._send(task)
        return task.result

    def layers(self) -> "tuple[Layer, ...]":
        from course_kit.execution.sandbox import Layer

        found: dict[str, list[tuple[str, Layer]]] = {}
        for worker in self._workers:
            for layer in worker["layers"]:
                found.setdefault(layer["name"], []).append((worker["host"], Layer(**layer)))
        return tuple(_everywhere(layers, len(self._workers)) for layers in found.values())

    def environment(self) -> str:
        return "+".join(sorted({worker["environment"] for worker in self._workers}))

    def close(self) -> None:
        with self._lock:
            closed, self._closed = self._closed, True
            tasks = list(self._open.values())
        if closed:
            return
        for task in tasks:
            task.result.cancel()
        with suppress(Exception):
            self._client.cancel([task.remote for task in tasks if task.remote is not None], force=True)
        if self._cluster is None:
            end = (portable(), "end_batch", __version__, self._batch)
            _within(_GOODBYE_SECONDS, self._client.run, *end, on_error="ignore")
        with suppress(Exception):
            self._client.close(timeout=_GOODBYE_SECONDS)
        if self._cluster is not None:
            with suppress(Exception):
                self._cluster.close(timeout=2 * _GOODBYE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            wait([task.result for task in list(self._open.values())])
        self.close()

    def _ask_workers(self, wait_seconds: float) -> list[dict[str, Any]]:
        """What every worker is. Raises :class:`Unavailable` if there is none, or one that cannot do these jobs."""
        # a job, and not only a question, since clusters that grow on demand have no worker before there is one
        first = self._client.submit(platform.python_version, pure=False, key=f"course-kit-hello-{self._batch}")
        try:
            first.result(timeout=wait_seconds)
        except TimeoutError:
            raise Unavailable(
                f"{self.name} has no worker that took up work within {wait_seconds:,.0f} seconds.",
                hint="Start workers (`dask worker ADDRESS`, cluster.scale(2)), or see why they wait in the queue.",
            ) from None
        finally:
            first.release()
        for address, theirs in self._client.run(platform.python_version).items():
            if theirs.split(".")[:2] != platform.python_version().split(".")[:2]:
                raise Unavailable(
                    f"The Dask worker {address} has Python {theirs}; this computer has {platform.python_version()}.",
                    hint="Give the workers the same Python, so that a notebook scores the same everywhere.",
                )
        answers = self._client.run(portable(), "about", __version__)
        return [told(answer) for answer in answers.values()]

    def _send(self, task: _Task) -> None:
        if self._gone is not None:
            self._settle(task, self._gone)
            return
        key = f"course-kit-{self._batch}-{task.number}{'-alone' if task.alone else ''}"
        work = (self._batch, self._preload, task.job.to_json())
        try:
            task.remote = self._client.submit(portable(), "run_job", __version__, *work, key=key, pure=False)
            task.remote.add_done_callback(lambda remote: self._finished(task, remote))
        except Exception as error:  # a client that lost its scheduler raises one thing or another
            self._lose(error)

    def _finished(self, task: _Task, remote: Any) -> None:
        """Called by Dask, in a thread of its own, when a job ended in whatever way."""
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker

        try:
            result = result_from_json(answered(remote.result()))
        except KilledWorker:
            self._suspect(task)
        except (CancelledError, CommClosedError) as error:
            if self._closed or task.result.cancelled():
                self._settle(task, None)
            else:
                self._lose(error)
        except CourseKitError as error:
            self._settle(task, error)
        except Exception as error:  # one job's fault is that job's
            reason = f"The cluster could not run it ({type(error).__name__}: {str(error)[:300]})."
            self._settle(task, Result("failed", task.job.notebook, reason=reason))
        else:
            self._settle(task, result)
        finally:
            with suppress(Exception):
                remote.release()

    def _lose(self, error: BaseException) -> None:
        """The scheduler is gone, and with it whatever runs or waits."""
        with self._lock:
            self._gone = self._gone or Unavailable(
                f"The connection with {self.name} was lost ({str(error)[:200] or type(error).__name__}).",
                hint="What is graded is kept. See that the scheduler runs, and run the same command again.",
            )
            self._suspects, self._waiting = [], []
            tasks = list(self._open.values())
        for task in tasks:
            self._settle(task, self._gone)

    def _suspect(self, task: _Task) -> None:
        with self._lock:
            if task.alone:
                self._settle(task, Result("failed", task.job.notebook, reason=_KILLED))
                return
            self._suspects.append(task)
        self._next()

    def _settle(self, task: _Task, value: Result | BaseException | None) -> None:
        """None: it was cancelled."""
        with self._lock:
            self._open.pop(task.number, None)
        with suppress(InvalidStateError):  # given up in this very moment
            if value is None:
                task.result.cancel()
            elif isinstance(value, Result):
                task.result.set_result(value)
            else:
                task.result.set_exception(value)
        self._next()

    def _next(self) -> None:
        """Try a suspect when nothing else runs; let the others go on when it is done."""
        with self._lock:
            if self._closed or any(one.alone for one in self._open.values()):
                return
            waiting, self._waiting = self._waiting, []
            for task in waiting:
                self._send(task)
            if self._suspects and len(self._suspects) == len(self._open):
                task = self._suspects.pop()
                task.alone = True
                self._send(task)

    def _given_up(self, task: _Task) -> None:
        if not task.result.cancelled():
            return
        with self._lock:
            self._open.pop(task.number, None)
            self._suspects = [one for one in self._suspects if one is not task]
            self._waiting = [one for one in self._waiting if one is not task]
        if task.remote is not None and not self._closed:
            with suppress(Exception):
                self._client.cancel([task.remote])
        self._next()


def _everywhere(layers: "Sequence[tuple[str, Layer]]", workers: int) -> "Layer":
    """A layer that is in force only where every worker has it."""
    _, layer = layers[0]
    missing = sorted({host for host, one in layers if not one.present})
    there = [one for _, one in layers if one.present]
    if len(there) == workers or not there:
        return layer
    lost = next((one.lost for _, one in layers if not one.present), layer.lost)
    return replace(layer, present=False, lost=f"{lost} (on {', '.join(missing) or 'some workers'})")


def _within(seconds: float, function: Any, *arguments: Any, **named: Any) -> None:
    """Call it, and go on without its answer if it takes longer."""

    def call() -> None:
        with suppress(Exception):
            function(*arguments, **named)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
