"""Jobs on a Dask cluster: the same pure function, on more machines. The one importer of Dask."""

import importlib
import json
import logging
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from course_kit import __version__
from course_kit.errors import CourseKitError, Unavailable
from course_kit.execution.executor import default_in_flight
from course_kit.execution.job import Job, Result, result_from_json

if TYPE_CHECKING:
    from course_kit.execution.sandbox import Layer

WAIT_SECONDS = 300.0
"""How long the first worker may take to come: queues and clusters that grow on demand take minutes."""
_CONNECT_SECONDS = 20.0
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
        log: Path | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._fixed, self._preload, self._log = in_flight, tuple(preload), log
        self._batch = secrets.token_hex(8)
        self._lock = threading.RLock()
        self._open: dict[int, _Task] = {}
        self._suspects: list[_Task] = []
        self._waiting: list[_Task] = []
        self._numbers = 0
        self._closed = False
        self._counted = (0.0, 0)
        self._cluster, self._client = _connect(scheduler, in_flight)
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
            if any(one.alone for one in self._open.values()):
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
        told = self._client.run(portable(), "about", __version__)
        return [_told(about) for about in told.values()]

    def _send(self, task: _Task) -> None:
        key = f"course-kit-{self._batch}-{task.number}{'-alone' if task.alone else ''}"
        work = (self._batch, self._preload, task.job.to_json())
        task.remote = self._client.submit(portable(), "run_job", __version__, *work, key=key, pure=False)
        task.remote.add_done_callback(lambda remote: self._finished(task, remote))

    def _finished(self, task: _Task, remote: Any) -> None:
        """Called by Dask, in a thread of its own, when a job ended in whatever way."""
        from distributed.scheduler import KilledWorker

        try:
            result = result_from_json(_told_bytes(remote.result()))
        except KilledWorker:
            self._suspect(task)
            return
        except (CancelledError, OSError) as error:
            self._settle(task, None if self._closed else self._lost(error))
        except CourseKitError as error:
            self._settle(task, error)
        except Exception as error:
            reason = f"The cluster could not run it ({type(error).__name__}: {str(error)[:300]})."
            self._settle(task, Result("failed", task.job.notebook, reason=reason))
        else:
            self._settle(task, result)
        finally:
            with suppress(Exception):
                remote.release()

    def _lost(self, error: BaseException) -> CourseKitError:
        return Unavailable(
            f"The connection with {self.name} was lost ({str(error)[:200] or type(error).__name__}).",
            hint="What is graded is kept. See that the scheduler runs, and run the same command again.",
        )

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
        if not task.result.done():
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


def _connect(scheduler: str | None, in_flight: int | None) -> tuple[Any, Any]:
    """The cluster (None if it is not ours) and the client. Raises :class:`Unavailable`."""
    dask, distributed = _dask()
    # a notebook with its files is larger than what Dask expects a task to be
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"})
    if scheduler is None:
        with dask.config.set({"distributed.scheduler.allowed-failures": 1}):  # nothing is flaky here but the job
            cluster = _local_cluster(distributed, in_flight)
        return cluster, distributed.Client(cluster, set_as_default=False)
    where: dict[str, str] = {"address": scheduler}
    if Path(scheduler).is_file():
        where = {"scheduler_file": scheduler}
    try:
        return None, distributed.Client(**where, timeout=_CONNECT_SECONDS, set_as_default=False, name="course-kit")
    except Exception as error:
        raise Unavailable(
            f"No Dask scheduler answers at {scheduler} ({str(error)[:300]}).",
            hint="Name it as it names itself, such as --scheduler tcp://10.0.0.1:8786; tls:// needs the certificates "
            "in Dask's configuration.",
        ) from error


def _dask() -> tuple[Any, Any]:
    try:
        return importlib.import_module("dask"), importlib.import_module("distributed")
    except ImportError as error:
        raise Unavailable(
            "Dask is not installed here.", hint="Install it with: pip install 'course-kit[cluster]'"
        ) from error


def _local_cluster(distributed: Any, in_flight: int | None) -> Any:
    """Workers on this computer, a process a processor; with TLS where the package ``cryptography`` is there for it."""
    cores = max(1, default_in_flight() // 2)
    threads = max(1, -(-(in_flight or default_in_flight()) // cores))
    security = None
    with suppress(ImportError):
        security = distributed.Security.temporary()
    return distributed.LocalCluster(
        n_workers=cores,
        threads_per_worker=threads,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        memory_limit=0,  # notebooks run in processes of their own, with limits of their own
        security=security,
        silence_logs=logging.CRITICAL,
        local_directory=os.environ.get("TMPDIR"),
    )


def portable() -> Callable[..., bytes]:
    """``portable()(operation, version, …)`` calls :mod:`course_kit.grading.cluster_worker` on a worker.

    It travels whole: a task that names a module which a worker has not takes that worker down.
    """

    def call(operation: str, version: str, *arguments: Any) -> bytes:
        import importlib
        import json
        import platform

        theirs, worker = "", None
        try:
            theirs = str(importlib.import_module("course_kit").__version__)
            if theirs == version:
                worker = importlib.import_module("course_kit.grading.cluster_worker")
        except ImportError as error:
            if error.name != "course_kit":
                theirs = f"{theirs}, of which a part is missing ({error})"
        if worker is not None:
            answer: bytes = getattr(worker, operation)(*arguments)
            return answer
        return json.dumps({"error": "Version", "message": theirs, "hint": platform.node()}).encode()

    return call


def _told_bytes(answer: bytes) -> bytes:
    """``answer``, which is no error. Raises what it says."""
    if not answer.startswith(b'{"error"'):
        return answer
    found = json.loads(answer)
    if found["error"] == "Cancelled":
        raise CancelledError(found["message"])
    if found["error"] == "Version":
        theirs = f"course-kit {found['message']}" if found["message"] else "no course-kit"
        raise Unavailable(
            f"The Dask worker on {found['hint']} has {theirs}; this computer has course-kit {__version__}.",
            hint=f"Install the same on every worker: pip install 'course-kit[cluster,grading]=={__version__}'.",
        )
    raise Unavailable(found["message"], hint=found["hint"])


def _told(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_told_bytes(answer))
    return found


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
