"""The owner's side of a fork server: start it, ask it for kernels, treat a kernel like any child process."""

import atexit
import hashlib
import json
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from course_kit.execution.wire import Broken, receive_bytes, send_bytes

START_SECONDS = 60.0
_MODULE = "course_kit.execution.warm.server"
_ONE_SESSION_ONLY = ("JPY_", "OLDPWD", "PWD", "SHLVL", "_", "TERM", "COLUMNS", "LINES", "SSH_", "DISPLAY", "KERNEL_")
"""Variables that differ from kernel to kernel and that no library reads when it is imported."""


class NotForked(Exception):
    """No kernel could be forked; a cold one is to be started."""


class WarmProcess:
    """A forked kernel, with what callers use of :class:`subprocess.Popen`."""

    stdin: IO[bytes] | None = None
    stdout: IO[bytes] | None = None
    stderr: IO[bytes] | None = None

    def __init__(self, pid: int, pidfd: int, lifeline: socket.socket, args: Sequence[str]) -> None:
        self.pid, self.args = pid, list(args)
        self.returncode: int | None = None
        self._pidfd, self._lifeline = pidfd, lifeline

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._pidfd], [], [], 0)[0]:
            self.returncode = self._ending()
            self._close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises :class:`subprocess.TimeoutExpired`."""
        if self.returncode is None and not select.select([self._pidfd], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        code = self.poll()
        return code if code is not None else -signal.SIGKILL

    def send_signal(self, number: int) -> None:
        """Signal the kernel's process, never another one that took its number."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ending(self) -> int:
        self._lifeline.settimeout(1.0)
        with suppress(Broken, ValueError, KeyError, TypeError):
            return int(json.loads(receive_bytes(self._lifeline))["ended"])
        return -signal.SIGKILL  # the server was killed, and the kernel with it

    def _close(self) -> None:
        os.close(self._pidfd)
        self._lifeline.close()

    def __del__(self) -> None:
        if self.returncode is None:
            with suppress(OSError, AttributeError):
                self._close()


class ForkServer:
    """One server process: an interpreter (``command`` up to ``-m``), an environment and modules held ready."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], modules: Sequence[str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control, self._lock = ours, threading.Lock()
        self.ready: dict[str, Any] | None = None
        with theirs:
            self._process = subprocess.Popen(
                [*command, "-m", _MODULE, str(theirs.fileno()), str(os.getpid()), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(env),
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def lives(self) -> bool:
        return self._process.poll() is None

    def warm_up(self) -> dict[str, Any]:
        """Wait until the server is warm; what it loaded. Raises :class:`NotForked`."""
        with self._lock:
            if self.ready is None:
                self._control.settimeout(START_SECONDS)
                try:
                    self.ready = json.loads(receive_bytes(self._control))
                except (Broken, ValueError) as error:
                    raise NotForked(f"the fork server did not start: {error}") from error
            return self.ready or {}

    def fork(self, arguments: Sequence[str], env: Mapping[str, str], cwd: str, streams: Sequence[int]) -> WarmProcess:
        """A kernel with these arguments of ipykernel's launcher. Raises :class:`NotForked`."""
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [b"k"], [theirs.fileno(), *streams])
            send_bytes(ours, json.dumps({"arguments": list(arguments), "env": dict(env), "cwd": cwd}).encode())
            ours.settimeout(START_SECONDS)
            told, files, _, _ = socket.recv_fds(ours, 4096, 1)
            if not told or not files:
                raise NotForked("the fork server did not fork")
            return WarmProcess(int(json.loads(told)["pid"]), files[0], ours, arguments)
        except (OSError, ValueError, KeyError, Broken) as error:
            ours.close()
            raise NotForked(str(error)) from error
        except NotForked:
            ours.close()
            raise

    def stop(self) -> None:
        """End the server and its kernels."""
        with suppress(OSError):
            self._control.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_servers: dict[tuple[str, ...], ForkServer] = {}
_in_vain: set[tuple[str, ...]] = set()
_lock = threading.Lock()


def server_for(command: Sequence[str], env: Mapping[str, str], modules: Sequence[str]) -> ForkServer:
    """This process's server for such kernels, started where there is none or where it ended.

    Raises :class:`NotForked` where it does not start; it is not tried a second time.
    """
    key = (str(os.getpid()), *command, *modules, _digest(env))
    with _lock:
        if key in _in_vain:
            raise NotForked("the fork server did not start before")
        server = _servers.get(key)
        if server is None or not server.lives():
            server = _servers[key] = ForkServer(command, env, modules)
    try:
        server.warm_up()
    except NotForked:
        _in_vain.add(key)
        raise
    return server


def stop_all() -> None:
    """End the servers that this process started, and their kernels."""
    with _lock:
        ours = {key: server for key, server in _servers.items() if key[0] == str(os.getpid())}
        _servers.clear()
    for server in ours.values():
        server.stop()


atexit.register(stop_all)


def _digest(env: Mapping[str, str]) -> str:
    kept = sorted((name, value) for name, value in env.items() if not name.startswith(_ONE_SESSION_ONLY))
    return hashlib.sha256(json.dumps(kept).encode(errors="surrogatepass")).hexdigest()
