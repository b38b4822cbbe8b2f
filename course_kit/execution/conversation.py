"""The keeper's talk with one runner: send a request, follow it to its end within the limits."""

import os
import secrets
import select
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from course_kit.execution.warden import Warden
from course_kit.execution.wire import Broken, Flood, Frames, frame
from course_kit.model.limits import Limits

_TICK = 0.25
_GRACE = 2.0
"""Seconds that a cell gets to end after it was interrupted."""
_FAREWELL = 0.2
"""Seconds that a runner gets to close its files."""
_FLOOD = 8
"""How many times the limit on output may arrive before the cell is ended: our own side sends no more than that."""
_REPLY = ("status", "execution_count", "ename", "evalue", "traceback")

Take = Callable[[dict[str, Any], int], None]


class Abandoned(Exception):
    """Nobody waits for the result any more."""


def ignore(message: dict[str, Any], size: int) -> None:
    """For requests whose outputs nobody wants."""


class Conversation:
    """With one runner, from its fork to its end. ``deadline``: when the whole notebook's time is over (monotonic)."""

    def __init__(self, warden: Warden, limits: Limits, client: socket.socket, deadline: float) -> None:
        self._warden, self._limits, self._client, self._deadline = warden, limits, client, deadline
        self._runner = warden.launch()
        self._channel = self._runner.channel
        # read as JSON, a message takes many times its length: it is refused by what its head says
        self._frames = Frames(self._channel, _FLOOD * limits.output + 2**20)
        self.proof_fd = self._runner.proof_fd

    def ask(self, request: Mapping[str, Any], seconds: float, take: Take = ignore) -> dict[str, Any]:
        """Send a request and follow it to its end; ``take`` gets each message of it and its length.

        Returns the reply (``status``, ``execution_count``, ``cpu`` …); or ``ending``, what broke, and ``dead`` where
        the runner has to be stopped. Raises :class:`Abandoned` where the client has gone.
        """
        return _Request(self, request, seconds, take).follow()

    def proof_report(self) -> bytes:
        """What arrived on the pipe for proofs since it was last read, at most about a megabyte."""
        found = b""
        with suppress(OSError):
            while len(found) < 2**20 and (piece := os.read(self._runner.proof, 2**16)):
                found += piece
        return found

    def stop(self) -> int:
        """End the runner and all that it started; how many there were beside it."""
        with suppress(OSError):
            self._channel.sendall(frame({"end": True}))
            self._channel.shutdown(socket.SHUT_WR)
            select.select([self._channel], [], [], _FAREWELL)
        try:
            return self._warden.stop()
        finally:
            self._channel.close()
            os.close(self._runner.proof)


class _Request:
    """One request under way."""

    def __init__(self, talk: Conversation, request: Mapping[str, Any], seconds: float, take: Take) -> None:
        self._talk, self._take, self._seconds = talk, take, seconds
        # a name that nobody can guess: the messages of an older cell, or of one that ran out of time, count for nothing
        self._name = secrets.token_hex(8)
        self._request = {**request, "name": self._name}
        self._reply: dict[str, Any] = {}
        self._size = 0
        self._interrupted = False

    def follow(self) -> dict[str, Any]:
        talk = self._talk
        try:
            self._begin()
            while True:
                ready = select.select([talk._channel, talk._client, talk._warden.channel], [], [], self._patience())[0]
                if talk._client in ready:
                    self._check_client()
                if talk._channel in ready:
                    for message, length in talk._frames.read():
                        if (answer := self._hear(message, length)) is not None:
                            return answer
                fault = talk._warden.fault() if talk._warden.channel in ready else self._fault()
                if fault:
                    return {"ending": fault, "dead": True}
        except Flood:
            return {"ending": "flood", "dead": True}
        except Broken:
            return {"ending": self._end(), "dead": True}

    def _patience(self) -> float:
        return max(0.0, min(_TICK, self._until - time.monotonic()))

    def _end(self) -> str:
        """Why the runner is gone."""
        with suppress(Broken):
            if select.select([self._talk._warden.channel], [], [], 0)[0]:
                return self._talk._warden.fault() or "kernel-died"
        return "timed-out" if self._interrupted else "kernel-died"

    def _begin(self) -> None:
        self._began, self._queued = time.monotonic(), self._waited()
        self._until = min(self._began + self._seconds, self._talk._deadline)
        try:
            self._talk._channel.sendall(frame(self._request))
        except OSError as error:
            raise Broken(str(error)) from error

    def _hear(self, message: Any, length: int) -> dict[str, Any] | None:
        """One message; the answer if it was the last."""
        if not isinstance(message, dict):
            return None
        if message.get("done") == self._name:
            cpu = message.get("cpu")
            found = {"cpu": cpu if isinstance(cpu, float) else 0.0, "endings": message.get("endings")}
            return {**found, "ending": "timed-out"} if self._interrupted else {**self._reply, **found}
        if message.get("parent") != self._name or self._interrupted:
            return None
        self._size += length
        if message.get("type") != "execute_reply":
            self._take(message, length)
        elif isinstance(message.get("content"), dict):
            content = message["content"]
            self._reply = {name: content.get(name) for name in _REPLY}
        return None

    def _fault(self) -> str | None:
        """What speaks against waiting any longer; interrupts a cell whose time is over, once."""
        talk = self._talk
        if self._size > _FLOOD * talk._limits.output + 2**20:
            return "flood"
        if time.monotonic() < self._until:
            return None
        if self._interrupted:
            return "timed-out"
        # time that it stood in line for the processor is not its fault
        until = min(self._began + self._seconds + self._waited() - self._queued, talk._deadline)
        if time.monotonic() < until:
            self._until = until
            return None
        self._interrupted, self._until = True, time.monotonic() + _GRACE
        talk._warden.interrupt()
        return None

    def _check_client(self) -> None:
        client = self._talk._client
        readable, _, _ = select.select([client], [], [], 0)
        if readable and not client.recv(1, socket.MSG_PEEK):
            raise Abandoned

    def _waited(self) -> float:
        """Seconds that the runner was ready and had no processor, as Linux counts them in schedstat (see proc(5))."""
        try:
            return int(Path(f"/proc/{self._talk._runner.pid}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0
