"""A real Jupyter server with course-kit's extension, as a process of its own on a port of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

TOKEN = "a-token-for-this-test"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Server:
    """A server on the folder ``root`` of whoever lives in ``home``; ``environment`` is what it finds in its own."""

    root: Path
    home: Path
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> Self:
        """Start it, and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        options = [f"--port={self.port}", f"--IdentityProvider.token={TOKEN}", "--ServerApp.port_retries=0"]
        options += self.options
        enabled = "--ServerApp.jpserver_extensions={'course_kit.apps.server': True}"
        log = self.home / "server.log"
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", enabled, *options],
                cwd=self.root,
                env={**os.environ, **self.environment, "JUPYTER_RUNTIME_DIR": str(self.home / "runtime")},
                stdout=subprocess.DEVNULL,
                stderr=stream,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/api/status", headers=self.headers).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(log.read_text())

    def end(self, sign: signal.Signals) -> None:
        """End it by that signal, if it runs, with all that it started."""
        if self.process is not None:
            os.killpg(self.process.pid, sign)
            self.process.wait(30)
            self.process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {TOKEN}"}

    def ask(self, method: str, path: str, body: object = None, **options: Any) -> httpx.Response:
        """Ask course-kit's part of it; ``body`` is sent as JSON, bytes as they are."""
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.url}/course-kit/{path}"
        return httpx.request(method, url, content=content, headers=self.headers, timeout=60, **options)
