"""What a Dask worker does for a batch: keep one warm process for it, run its jobs, and say what there is here.

Only JSON travels: jobs and results as bytes, and plain dictionaries of text. Nothing that submitted code made is
unpickled anywhere.
"""

import json
import platform
import threading
import time
from dataclasses import asdict

from course_kit.errors import CourseKitError
from course_kit.execution import sandbox
from course_kit.execution.executor import Executor, default_in_flight
from course_kit.execution.job import job_from_json

IDLE_SECONDS = 600.0
"""A batch that was killed says no goodbye: its warm process is ended when it had nothing to do for so long."""


class _Kept:
    """One batch's executor. ``running`` counts its jobs; ``since`` is when it last had one (monotonic seconds)."""

    def __init__(self, preload: tuple[str, ...]) -> None:
        self.executor = Executor(preload=preload, in_flight=4 * default_in_flight())  # the worker's threads decide
        self.running = 0
        self.since = time.monotonic()


_KEPT: dict[str, _Kept] = {}
_ENDED: set[str] = set()
_LOCK = threading.Lock()


def run_job(batch: str, preload: tuple[str, ...], job: bytes) -> bytes:
    """Run one job (JSON) and give its result (JSON), or ``{"error": kind, "message", "hint"}``.

    Never raises because of the notebook.
    """
    work = job_from_json(job)
    try:
        kept = _begin(batch, preload or work.preload)
    except LookupError:
        return _error("Cancelled", "The batch was ended.", "")
    try:
        return kept.executor.execute(work).to_json()
    except CourseKitError as error:
        return _error(type(error).__name__, f"On the worker {_here()}: {error.message}", error.hint)
    finally:
        with _LOCK:
            kept.running -= 1
            kept.since = time.monotonic()


def about() -> bytes:
    """What this worker is, as JSON: ``python``, ``host``, ``environment`` and its sandbox's ``layers``."""
    from course_kit.grading.installed import environment_digest

    found = {
        "python": platform.python_version(),
        "host": _here(),
        "environment": environment_digest(),
        "layers": [asdict(layer) for layer in sandbox.layers()],
    }
    return json.dumps(found).encode()


def end_batch(batch: str) -> bytes:
    """End the batch's warm process and whatever runs in it; jobs of it that still come are not run."""
    with _LOCK:
        _ENDED.add(batch)
        kept = _KEPT.pop(batch, None)
    if kept is not None:
        # closing waits for children, and this is called on the worker's event loop
        threading.Thread(target=kept.executor.close, daemon=True).start()
    return b"{}"


def _begin(batch: str, preload: tuple[str, ...]) -> _Kept:
    with _LOCK:
        if batch in _ENDED:
            raise LookupError(batch)
        kept = _KEPT.get(batch)
        if kept is None:
            if not _KEPT:
                threading.Thread(target=_end_idle, daemon=True).start()
            kept = _KEPT[batch] = _Kept(preload)
        kept.running += 1
        return kept


def _end_idle() -> None:
    """Until no batch is left: end those that had nothing to do for long."""
    while True:
        time.sleep(IDLE_SECONDS / 10)
        with _LOCK:
            idle = [
                name
                for name, kept in _KEPT.items()
                if not kept.running and time.monotonic() - kept.since > IDLE_SECONDS
            ]
            ended = [_KEPT.pop(name) for name in idle]
            left = bool(_KEPT)
        for kept in ended:
            kept.executor.close()
        if not left:
            return


def _here() -> str:
    return platform.node() or "without a name"


def _error(kind: str, message: str, hint: str) -> bytes:
    return json.dumps({"error": kind, "message": message, "hint": hint}).encode()
