"""The process that forks runners and watches over them, and knows nothing of the notebook.

A runner can read its own memory, and a fork's memory holds what its parent knew. So runners are not forked from the
keeper, which holds the notebook and with it the hidden tests, but from the warden, forked before the job was read.
"""

import fcntl
import os
import select
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from course_kit.execution import sandbox
from course_kit.execution.piped import PipeKernel
from course_kit.execution.runner import Place, run
from course_kit.execution.wire import Broken, Frames, frame, receive, send
from course_kit.model.limits import Limits

_TICK = 0.05
"""Seconds between two looks at what a runner uses."""


@dataclass(frozen=True)
class Launched:
    """A runner as the keeper knows it: its process, the channel to it, and the pipe that its proofs are read from.

    ``proof_fd``: the number under which the runner knows the other end of that pipe.
    """

    pid: int
    channel: socket.socket
    proof: int
    proof_fd: int


class Warden:
    """The keeper's side. Make it before anything is known; ``others``: sockets that are the keeper's alone."""

    def __init__(self, kernel: PipeKernel, *others: socket.socket) -> None:
        ours, theirs = socket.socketpair()
        keeper = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            for other in (ours, *others):
                other.close()
            _serve(kernel, theirs, keeper)
        theirs.close()
        self.channel = ours
        self.layers: tuple[str, ...] = ()

    def isolate(self, limits: Limits, scratch: Path, env: Mapping[str, str]) -> None:
        """Set up what surrounds the runners of one notebook; then ``layers`` says what is in force."""
        told = self._ask({"isolate": limits.json_object(), "scratch": str(scratch), "env": dict(env)}, "isolated")
        self.layers = tuple(told["isolated"])

    def launch(self) -> Launched:
        """A fresh runner; the one before was stopped. Raises :class:`Broken` where the warden is gone."""
        told = self._ask({"launch": True}, "launched")
        _, (channel, proof), _, _ = socket.recv_fds(self.channel, 1, 2)
        os.set_blocking(proof, False)
        return Launched(told["launched"], socket.socket(fileno=channel), proof, told["proof"])

    def fault(self) -> str | None:
        """The limit that the runner passed, when the channel is readable. Raises :class:`Broken`."""
        told = receive(self.channel)
        return told.get("fault") if isinstance(told, dict) else None

    def interrupt(self) -> None:
        """Send the runner what Ctrl-C sends."""
        send(self.channel, {"interrupt": True})

    def stop(self) -> int:
        """End the runner and all that it started; how many there were beside it."""
        return int(self._ask({"stop": True}, "stopped")["stopped"])

    def end(self) -> None:
        """End the warden, and with it whatever is left."""
        self.channel.close()
        with suppress(OSError):
            os.waitpid(self._pid, 0)

    def _ask(self, request: dict[str, Any], answer: str) -> dict[str, Any]:
        send(self.channel, request)
        while True:
            told = receive(self.channel)
            if answer in told:
                found: dict[str, Any] = told
                return found


def _serve(kernel: PipeKernel, channel: socket.socket, keeper: int) -> NoReturn:
    status = 1
    try:
        # it ends when the keeper ends, and its runners when it ends
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _Service(kernel, channel, keeper).whole()
        status = 0
    except Broken:
        status = 0
    finally:
        os._exit(status)


class _Service:
    def __init__(self, kernel: PipeKernel, channel: socket.socket, keeper: int) -> None:
        self._kernel, self._channel, self._keeper = kernel, channel, keeper
        self._frames = Frames(channel)
        self._limits, self._scratch = Limits(), Path()
        self._env: dict[str, str] = {}
        self._isolation: sandbox.Isolation | None = None
        self._watch: sandbox.Watch | None = None
        self._told = False

    def whole(self) -> None:
        """Serve until the keeper hangs up; then end all that there is."""
        try:
            while os.getppid() == self._keeper:
                if select.select([self._channel], [], [], _TICK)[0]:
                    for request, _ in self._frames.read():
                        self._do(request)
                if self._watch is not None and not self._told and (fault := self._watch.check()):
                    self._told = True
                    send(self._channel, {"fault": fault})
        finally:
            self._stop()
            if self._isolation is not None:
                self._isolation.close()

    def _do(self, request: dict[str, Any]) -> None:
        if "isolate" in request:
            self._limits, self._scratch = Limits(**request["isolate"]), Path(request["scratch"])
            self._env = request["env"]
            self._isolation = sandbox.isolate(self._limits, self._scratch)
            send(self._channel, {"isolated": list(self._isolation.layers)})
        elif "launch" in request:
            self._launch()
        elif "interrupt" in request and self._watch is not None:
            with suppress(OSError):
                os.kill(self._watch.runner, signal.SIGINT)
        elif "stop" in request:
            send(self._channel, {"stopped": self._stop()})

    def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        proof_read, proof_write = os.pipe()
        files = (os.memfd_create("stdout"), os.memfd_create("stderr"))
        for descriptor in files:
            fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)
        pid = sandbox.fork_runner()
        if pid == 0:
            for other in (ours, self._channel):
                other.close()
            os.close(proof_read)
            run(self._kernel, Place(theirs, files, proof_write, self._scratch, self._limits, self._env))
        theirs.close()
        for descriptor in (*files, proof_write):
            os.close(descriptor)
        self._watch, self._told = sandbox.Watch(pid, self._limits, self._scratch), False
        self._channel.sendall(frame({"launched": pid, "proof": proof_write}))
        socket.send_fds(self._channel, [b"f"], [ours.fileno(), proof_read])
        ours.close()
        os.close(proof_read)

    def _stop(self) -> int:
        watch, self._watch = self._watch, None
        return watch.sweep() if watch is not None else 0
