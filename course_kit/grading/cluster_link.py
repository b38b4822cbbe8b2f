"""How a Dask cluster is reached, and how what is said there travels: as JSON, to workers that may have anything."""

import importlib
import json
import logging
import os
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any

from course_kit import __version__
from course_kit.errors import Unavailable
from course_kit.execution.executor import default_in_flight

_CONNECT_SECONDS = 20.0


def connect(scheduler: str | None, in_flight: int | None) -> tuple[Any, Any]:
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


def answered(answer: bytes) -> bytes:
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


def told(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answered(answer))
    return found
