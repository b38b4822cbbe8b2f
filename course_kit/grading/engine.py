"""Where notebooks are run: on this computer, or on a Dask cluster. The batch knows only :class:`Engine`."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

from course_kit.execution.executor import Executor, default_in_flight
from course_kit.execution.job import Job, Result
from course_kit.grading.installed import environment_digest

if TYPE_CHECKING:
    from course_kit.execution.sandbox import Layer

EngineKind = Literal["local", "dask"]


class Engine(Protocol):
    """Runs jobs, many at once. A context manager: left by an exception (Ctrl-C) it ends what runs, at once.

    ``name`` says where, for the batch's first line ("this computer", "Dask at tcp://10.0.0.1:8786").
    """

    name: str

    @property
    def in_flight(self) -> int:
        """How many jobs are worth having submitted and unfinished; it may grow with a cluster."""

    def submit(self, job: Job) -> "Future[Result]":
        """Have ``job`` run as soon as there is room. Thread-safe; does not wait.

        The future ends in a :class:`Result`, whatever the notebook did. It raises :class:`Unavailable` only where the
        engine itself is lost, and :class:`~concurrent.futures.CancelledError` after :meth:`close`.
        """

    def layers(self) -> "tuple[Layer, ...]":
        """The sandbox's layers; on a cluster one is present only where every worker has it."""

    def environment(self) -> str:
        """A digest of the Python and the packages that notebooks meet where they are run, for the cache's key."""

    def close(self) -> None:
        """End what runs, cancel what waits, and let go of everything. Closing twice does no harm."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class LocalEngine:
    """Notebooks run on this computer, from one warm process; without ``preload`` it holds what the first job names."""

    name = "this computer"

    def __init__(self, in_flight: int | None = None, *, preload: Sequence[str] = (), log: Path | None = None) -> None:
        self._in_flight = in_flight or default_in_flight()
        self._preload, self._log = tuple(preload), log
        self._lock = threading.Lock()
        self._kept: Executor | None = None
        self._pool = ThreadPoolExecutor(self._in_flight, thread_name_prefix="course-kit-run")

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def submit(self, job: Job) -> "Future[Result]":
        return self._pool.submit(self._executor(job.preload).execute, job)

    def start(self) -> None:
        """Begin to warm up, without waiting for it."""
        self._executor(()).start()

    def _executor(self, preload: tuple[str, ...]) -> Executor:
        with self._lock:
            if self._kept is None:
                self._kept = Executor(preload=self._preload or preload, in_flight=self._in_flight, log=self._log)
            return self._kept

    def layers(self) -> "tuple[Layer, ...]":
        from course_kit.execution import sandbox

        return sandbox.layers()

    def environment(self) -> str:
        return environment_digest()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            kept = self._kept
        if kept is not None:
            kept.close()
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._pool.shutdown(wait=True)
        self.close()


def open_engine(
    kind: EngineKind = "local",
    *,
    scheduler: str | None = None,
    in_flight: int | None = None,
    preload: Sequence[str] = (),
    log: Path | None = None,
) -> Engine:
    """The engine of that kind, ready to be used in a ``with``.

    ``scheduler``: the Dask scheduler's address, or the JSON file that it wrote for its workers; None starts workers on
    this computer. ``in_flight`` None is what fits the machine or the cluster; ``preload``: modules that warm processes
    import once (none given: what the first job names); ``log`` takes what a warm process has to say on this computer.
    Raises :class:`Unavailable` where Dask is not installed, no scheduler answers, no worker is there, or a worker has
    no course-kit or another one.
    """
    if kind == "local":
        return LocalEngine(in_flight, preload=preload, log=log)
    from course_kit.grading.cluster import DaskEngine

    return DaskEngine(scheduler, in_flight=in_flight, preload=preload)
