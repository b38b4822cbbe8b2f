"""The process in which submitted code runs: a fork of the warm kernel that runs cell after cell as it is told.

Nothing in it can be trusted once the first cell ran; whoever talks to it (the keeper) checks all that it says.
"""

import asyncio
import gc
import json
import os
import random
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from course_kit.execution import sandbox
from course_kit.execution.piped import PipeKernel, PipeStream, execute
from course_kit.execution.preload import after_fork
from course_kit.execution.proof.quiet import quieten
from course_kit.execution.wire import HEAD, Broken, frame
from course_kit.model.limits import Limits

_ENDINGS = {ord(word[0]): word for word in ("ok", "asserted", "error")}


@dataclass(frozen=True)
class Place:
    """Where a runner works: ``channel`` to its keeper, the files in memory behind its output, its folder."""

    channel: socket.socket
    outputs: tuple[int, int]
    proof: int
    scratch: Path
    limits: Limits
    env: Mapping[str, str]


def run(kernel: PipeKernel, place: Place) -> NoReturn:
    """Serve the keeper's requests until it hangs up. Called in the fresh fork; never returns."""
    status = 1
    try:
        _settle(kernel, place)
        asyncio.run(_serve(kernel, place))
        status = 0
    except Broken:
        status = 0
    except BaseException as error:
        os.write(2, f"the runner ended: {error!r}\n".encode())
    finally:
        os._exit(status)


def _settle(kernel: PipeKernel, place: Place) -> None:
    """Make the fork a process of its own: folder, environment, chance, output, and then the sandbox around it."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(place.outputs[0], 1)
    os.dup2(place.outputs[1], 2)
    os.environ.update(_environment(place))
    os.chdir(place.scratch / "work")
    _reseed()
    kernel.session.attach(place.channel)
    for stream, descriptor in zip((sys.stdout, sys.stderr), place.outputs, strict=True):
        if isinstance(stream, PipeStream):
            stream.attach(descriptor, null)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.confine(
        place.limits, place.scratch, keep={0, 1, 2, null, place.channel.fileno(), place.proof, *place.outputs}
    )
    gc.enable()


def _environment(place: Place) -> dict[str, str]:
    home, temporary = str(place.scratch / "home"), str(place.scratch / "tmp")
    own = {"HOME": home, "TMPDIR": temporary, "IPYTHONDIR": f"{home}/.ipython", "PWD": str(place.scratch / "work")}
    return {**own, "MPLCONFIGDIR": f"{home}/.config/matplotlib", **place.env}


def _reseed() -> None:
    """Forks of one process would all draw the same numbers."""
    random.seed()
    after_fork()
    import tempfile

    tempfile.tempdir = None
    tempfile._name_sequence = None  # type: ignore[attr-defined]  # its generator was drawn before the fork


async def _serve(kernel: PipeKernel, place: Place) -> None:
    channel = place.channel
    channel.setblocking(False)
    loop, owner = asyncio.get_running_loop(), os.getpid()
    while True:
        request = await _request(loop, channel)
        channel.setblocking(True)
        if "run" in request:
            before = resource.getrusage(resource.RUSAGE_SELF)
            await execute(kernel, request["run"], request["cell"], request["name"])
            if os.getpid() != owner:
                # a fork that the cell made and did not end: only one of the two goes on to the next cell
                os._exit(0)
            after = resource.getrusage(resource.RUSAGE_SELF)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            answer = {"done": request["name"], "cpu": used}
        elif "prove" in request:
            answer = {"done": request["name"], "endings": _prove(kernel, request)}
        else:
            # closes what was left open, so that files end on the disk as they do when a kernel shuts down
            kernel.shell.user_ns.clear()
            raise Broken("told to end")
        channel.sendall(frame(answer))
        channel.setblocking(False)


async def _request(loop: asyncio.AbstractEventLoop, channel: socket.socket) -> Any:
    head = b""
    while len(head) < HEAD.size:
        head += await _piece(loop, channel, HEAD.size - len(head))
    (length,) = HEAD.unpack(head)
    body = b""
    while len(body) < length:
        body += await _piece(loop, channel, length - len(body))
    return json.loads(body)


async def _piece(loop: asyncio.AbstractEventLoop, channel: socket.socket, length: int) -> bytes:
    piece = await loop.sock_recv(channel, length)
    if not piece:
        raise Broken("the keeper ended")
    return piece


def _prove(kernel: PipeKernel, request: dict[str, Any]) -> list[str]:
    """Run cells in a fork, so that nothing of it is seen here.

    How each ended: ok, asserted (with an AssertionError), error, timed-out or died.
    """
    cells, seconds = request["prove"], request["seconds"]
    readable, writable = os.pipe()
    try:
        child = os.fork()
    except Exception:
        # whatever kept it from being forked, the copy did not run
        os.close(readable)
        os.close(writable)
        return ["died"] * len(cells)
    if child == 0:
        _run_copy(kernel, cells, writable)
    os.close(writable)
    endings, stopped = _watch_copy(readable, len(cells), time.monotonic() + seconds)
    os.close(readable)
    try:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    except OSError:
        pass
    return [*endings, *([stopped] * (len(cells) - len(endings)))]


def _watch_copy(readable: int, expected: int, deadline: float) -> tuple[list[str], str]:
    endings: list[str] = []
    while len(endings) < expected:
        if not select.select([readable], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return endings, "timed-out"
        told = os.read(readable, 100)
        if not told:
            return endings, "died"
        endings += [_ENDINGS.get(one, "error") for one in told]
    return endings[:expected], "died"


def _run_copy(kernel: PipeKernel, cells: list[str], writable: int) -> NoReturn:
    try:
        # it lives too short to be tidied, and looking through what it shares would copy it
        gc.disable()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sandbox.confine_proof()
        quieten(kernel.shell)
        for number, source in enumerate(cells):
            replies: list[str] = []
            kernel.session.heard = replies
            request = execute(kernel, source, f"proof-{number}", f"proof-{number}")
            try:
                request.send(None)
            except StopIteration:
                pass
            else:
                # it waits for the loop, which is the parent's
                replies.append("error")
            os.write(writable, (replies[-1] if replies else "error")[:1].encode())
    finally:
        os._exit(0)
