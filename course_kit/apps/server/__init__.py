"""The Jupyter server extension behind JupyterLab's panel; its requests are listed in docs/architecture.md."""

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
