"""Submissions on their way: sanitized one by one, run many at a time, recorded one by one, all of it overlapping.

The process in which nbgrader lives is never asked to wait for a notebook: it sanitizes the next submission while there
is room to run it, and records finished ones in between.
"""

import queue
import secrets
import shutil
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from course_kit.bridges.nbgrader.client import WorkerLost
from course_kit.errors import CourseKitError, Invalid, Unavailable
from course_kit.execution.job import Job, ProofMode, Result
from course_kit.files.archive import safe_path
from course_kit.grading.cache import Environment, job_key, with_outputs
from course_kit.grading.engine import Engine
from course_kit.grading.stamps import submission_files
from course_kit.model.limits import Limits
from course_kit.model.scores import SubmissionStatus

CALL_SECONDS = 180.0
"""What sanitizing or recording one submission may take before its worker is replaced."""
EXTRA = 2
"""Jobs that wait at the engine beside those that run, so that a core is never without work."""
UNRECORDED = 16
"""Submissions that may wait to be recorded before no other is begun."""


@dataclass(frozen=True)
class Terms:
    """What all notebooks of a batch are run with."""

    limits: Limits
    proof: ProofMode = "drawn"
    require_sandbox: bool = False
    kernel: str | None = None
    preload: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    executes: bool = True


@dataclass
class Work:
    """One submission between its folder and its record. ``status`` is set where it ends without a score."""

    learner: str
    staging: Path
    status: SubmissionStatus | None = None
    detail: str = ""
    repairs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notebooks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    todo: deque[str] = field(default_factory=deque)
    folder: Path = Path()
    files: dict[str, bytes] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    broken: dict[str, SubmissionStatus] = field(default_factory=dict)
    ran: set[str] = field(default_factory=set)
    answer: Mapping[str, Any] | None = None
    began: float = 0.0
    seconds: float = 0.0

    @property
    def running(self) -> str:
        return self.todo[0] if self.todo else ""


class Kept(Protocol):
    """Where results of earlier runs are found."""

    def get(self, key: str, job: Job) -> Result | None: ...

    def put(self, key: str, result: Result) -> None: ...


class Steps(Protocol):
    """The steps of one submission that the pipeline does not know: all are called from its own thread, one at a time.

    ``begin`` stages and sanitizes, ``finish`` records; neither raises because of the submission.
    """

    def begin(self, learner: str) -> Work: ...

    def finish(self, work: Work) -> None: ...

    def tell(self, running: Iterable[Work], finished: Work | None) -> None: ...


class Pipeline:
    """``Pipeline(steps, engine, kept, terms).run(learners)``. ``engine`` is called when a notebook has to run.

    ``fresh``: the learners whose notebooks run even where a result of the same code is kept.
    """

    def __init__(
        self, steps: Steps, engine: Callable[[], Engine], kept: Kept, terms: Terms, *, fresh: Collection[str]
    ) -> None:
        self._steps, self._engine_of, self._kept, self._terms, self._fresh = steps, engine, kept, terms, fresh
        self._engine: Engine | None = None
        self._environment: Environment | None = None
        self._running: dict[str, Work] = {}
        self._ready: deque[Work] = deque()
        self._finished: queue.SimpleQueue[tuple[Work, Future[Result]]] = queue.SimpleQueue()

    def run(self, learners: Iterable[str]) -> None:
        """Take each submission to its end. Raises what the engine or the worker raises when they are lost for good."""
        waiting = deque(learners)
        while waiting or self._running or self._ready:
            self._collect(block=False)
            room = self._room() - len(self._running)
            if waiting and room > 0 and (room > EXTRA or not self._ready) and len(self._ready) < UNRECORDED:
                self._advance(self._steps.begin(waiting.popleft()))
            elif self._ready:
                work = self._ready.popleft()
                self._steps.finish(work)
                self._steps.tell(self._running.values(), work)
            else:
                self._collect(block=True)

    def _room(self) -> int:
        return 1 + EXTRA if self._engine is None else self._engine.in_flight + EXTRA

    def _collect(self, *, block: bool) -> None:
        """Take in what ran meanwhile; ``block`` waits for something, up to half a second."""
        with suppress(queue.Empty):
            while True:
                work, future = self._finished.get(block=block, timeout=0.5 if block else None)
                block = False
                self._running.pop(work.learner, None)
                self._take(work, _result(future), kept=False)
                self._advance(work)
        if block:
            self._steps.tell(self._running.values(), None)

    def _advance(self, work: Work) -> None:
        """Take a submission as far as it goes without waiting: from notebook to notebook, until one has to run."""
        while work.status is None and work.todo:
            name = work.todo[0]
            try:
                job = self._job(work, name)
                key = job_key(job, self._where(), frozenset(f"{stem}.ipynb" for stem in work.notebooks))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
                work.todo.popleft()
                work.absent[name] = f"it could not be run ({type(error).__name__}: {error})"
                work.broken[name] = "failed"
                continue
            work.keys[name] = key
            found = None if work.learner in self._fresh else self._kept.get(key, job)
            if found is None:
                self._submit(work, job)
                return
            self._take(work, found, kept=True)
        self._ready.append(work)

    def _where(self) -> Environment:
        if self._environment is None:
            self._engine = self._engine_of()
            self._environment = Environment(self._engine.environment())
        return self._environment

    def _submit(self, work: Work, job: Job) -> None:
        assert self._engine is not None  # noqa: S101 (opened for the key)
        work.began = time.monotonic()
        work.ran.add(work.running)
        self._running[work.learner] = work
        future = self._engine.submit(job)
        future.add_done_callback(lambda done: self._finished.put((work, done)))

    def _job(self, work: Work, name: str) -> Job:
        about, terms = work.notebooks[name], self._terms
        return Job(
            notebook=(work.folder / f"{name}.ipynb").read_bytes(),
            files=dict(work.files),
            tests=tuple(about["tests"].values()),
            limits=terms.limits,
            kernel=terms.kernel or about["kernel"],
            preload=terms.preload,
            proof=terms.proof,
            seed=secrets.randbits(62),
            env=terms.env,
            require_sandbox=terms.require_sandbox,
        )

    def _take(self, work: Work, result: Result, *, kept: bool) -> None:
        name = work.todo.popleft()
        work.seconds += 0.0 if kept else result.seconds
        if put_result(work, name, result) and not kept:
            self._kept.put(work.keys[name], result)


def put_result(work: Work, name: str, result: Result) -> bool:
    """Put a result into the submission's folder: the executed notebook, and what the code wrote beside it.

    False, and the notebook counts as not run, where there is nothing to put.
    """
    work.results[name] = result
    if result.ending in {"failed", "missing-kernel"}:
        work.absent[name] = result.reason or "it could not be run"
        work.broken[name] = "missing-kernel" if result.ending == "missing-kernel" else "failed"
        return False
    path = work.folder / f"{name}.ipynb"
    try:
        path.write_bytes(with_outputs(path.read_bytes(), result.notebook))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        work.absent[name] = f"what running it gave cannot be read ({error})"
        work.broken[name] = "failed"
        return False
    protected = {f"{stem}.ipynb" for stem in work.notebooks}
    for file, content in result.files.items():
        if file not in protected and _put(work.folder, file, content):
            work.files.pop(file, None)
            if content is not None:
                work.files[file] = content
    return True


def read_files(folder: Path) -> dict[str, bytes]:
    """All files of a submission's folder, the notebooks too: code may read them."""
    return {name: path.read_bytes() for name, path in submission_files(folder)}


def _put(folder: Path, name: str, content: bytes | None) -> bool:
    """Write or remove a file that the code wrote or removed; a name that leads elsewhere is left out."""
    try:
        path = folder / safe_path(name)
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.rmtree(path)
            path.write_bytes(content)
    except (Invalid, OSError):
        return False
    return True


def _result(future: "Future[Result]") -> Result:
    """What ran, or a failed result for this notebook alone. Raises where the engine itself is lost."""
    try:
        return future.result()
    except (Unavailable, CancelledError):
        raise
    except CourseKitError as error:
        return Result("failed", b"", reason=error.message)
    except Exception as error:
        return Result("failed", b"", reason=f"{type(error).__name__}: {error}")


def lost(error: WorkerLost) -> tuple[SubmissionStatus, str]:
    """How a submission ends that took nbgrader's process down."""
    if error.stuck:
        return "failed", f"nbgrader did not come to an end with it within {CALL_SECONDS:,.0f} seconds."
    return "failed", "It ended the process in which nbgrader reads it."
