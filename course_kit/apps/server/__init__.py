"""The Jupyter server extension behind JupyterLab's panel; its requests are listed in docs/architecture.md."""

import importlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "course_kit.apps.server"}]


def _load_jupyter_server_extension(server: "ServerApp") -> None:
    """Called by the Jupyter server when it starts."""
    from course_kit.apps.server import grading, handlers, pacing

    handlers.install(server)
    pacing.install(server)
    grading.install(server)
    warming = threading.Timer(_WARM_AFTER, _warm_up)
    warming.daemon = True
    warming.start()


_WARM_AFTER = 1.0
"""Seconds after which the server has begun to answer: nothing of its start waits for this."""


def _warm_up() -> None:
    """Load what the first panel would wait for, a quarter of a second, while the browser still loads its page."""
    for name in ("course_kit.store.sql.store", "fsrs"):
        importlib.import_module(name)
