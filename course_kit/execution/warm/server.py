"""The process that kernels are forked from: ``python -m course_kit.execution.warm.server FD OWNER MODULE…``.

It imports ipykernel and the named modules, then waits on the descriptor FD, a socket of the process OWNER. Each message
brings a kernel's lifeline and its standard streams. When the owner is gone, the kernels end, and so does this.
"""

import array
import ctypes
import gc
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from course_kit.execution.preload import after_fork, preload, threads
from course_kit.execution.wire import Broken, receive_bytes, send, send_bytes

FILES = 4
"""How many descriptors a request brings: the lifeline, and the kernel's standard input, output and error."""
_PATIENCE = 5.0
_PR_SET_PDEATHSIG = 1
_SHOWS_ERRORS = ("stack_data", "executing", "asttokens", "pure_eval", "IPython.core.tbtools")
"""What IPython imports by itself when the first error is shown."""


_set_by_kernel: dict[str, str] = {}
"""What ipykernel puts into the environment when it is imported."""


@dataclass(frozen=True)
class Request:
    """A kernel to be forked: its command line, environment, working folder and standard streams."""

    arguments: list[str]
    env: dict[str, str]
    cwd: str
    streams: tuple[int, ...]


@dataclass
class _Kernel:
    pid: int
    lifeline: socket.socket


def main(arguments: list[str]) -> None:
    """Serve until the owner is gone; in a forked kernel, be that kernel until it ends."""
    control, owner = socket.socket(fileno=int(arguments[0])), int(arguments[1])
    os.set_inheritable(control.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inherited = dict(os.environ)
    _import_kernel()
    _set_by_kernel.update(os.environ.items() - inherited.items())
    found = preload([*arguments[2:], *_SHOWS_ERRORS])
    if not found.forkable:
        raise SystemExit(f"this process cannot be forked: {dict(found.refused)}")
    gc.collect()
    gc.freeze()
    shown = {name.partition(".")[0] for name in found.hidden}
    refused = {name: reason for name, reason in found.refused.items() if name in arguments[2:]}
    send_bytes(control, json.dumps({"loaded": found.loaded, "refused": refused, "names": sorted(shown)}).encode())
    request = _serve(control, owner)
    if request is not None:
        _be_kernel(request)


def _serve(control: socket.socket, owner: int) -> Request | None:
    """Fork a kernel for each request. Returns the request in such a fork, and None when the owner is gone."""
    kernels: dict[int, _Kernel] = {}
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while os.getppid() == owner:
        for ready, _ in poll.poll(1000):
            if ready in kernels:
                poll.unregister(ready)
                _bury(kernels.pop(ready))
                os.close(ready)
                continue
            files = _files(control)
            if files is None:
                _end_all(kernels)
                return None
            request = _accept(files, kernels)
            if isinstance(request, Request):
                control.close()
                for pidfd, kernel in kernels.items():
                    os.close(pidfd)
                    kernel.lifeline.close()
                return request
            if request is not None:
                poll.register(request, select.POLLIN)
    _end_all(kernels)
    return None


def _accept(files: list[int], kernels: dict[int, _Kernel]) -> Request | int | None:
    """Read one request and fork: the request in the fork; here the kernel's process descriptor, None if it failed."""
    lifeline, streams = socket.socket(fileno=files[0]), files[1:]
    pidfd = None
    try:
        lifeline.settimeout(_PATIENCE)
        asked = json.loads(receive_bytes(lifeline))
        lifeline.settimeout(None)
        parent, pid = os.getpid(), os.fork()
        if not pid:
            lifeline.close()
            _follow(parent)
            return Request(asked["arguments"], asked["env"], asked["cwd"], tuple(streams))
        pidfd = os.pidfd_open(pid)
        kernels[pidfd] = _Kernel(pid, lifeline)
        socket.send_fds(lifeline, [json.dumps({"pid": pid}).encode()], [pidfd])
    except (Broken, OSError, ValueError, KeyError):
        if pidfd is None:
            lifeline.close()
    for stream in streams:
        os.close(stream)
    return pidfd


def _files(control: socket.socket) -> list[int] | None:
    room = socket.CMSG_SPACE(FILES * array.array("i").itemsize)
    try:
        message, extra, _, _ = control.recvmsg(1, room)
    except OSError:
        return None
    found = array.array("i")
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found) if message and len(found) == FILES else None


def _bury(kernel: _Kernel) -> None:
    """Tell the owner how a kernel ended."""
    _, status = os.waitpid(kernel.pid, 0)
    with suppress(Broken):
        send(kernel.lifeline, {"ended": os.waitstatus_to_exitcode(status)})
    kernel.lifeline.close()


def _end_all(kernels: dict[int, _Kernel]) -> None:
    for number, seconds in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
        for kernel in kernels.values():
            with suppress(OSError):
                os.killpg(kernel.pid, number)
        deadline = time.monotonic() + seconds
        while kernels and time.monotonic() < deadline:
            ended = [fd for fd in kernels if select.select([fd], [], [], 0.01)[0]]
            for pidfd in ended:
                _bury(kernels.pop(pidfd))


# ---------------------------------------------------------------- a kernel


def _follow(parent: int) -> None:
    """Make this fork a session of its own that ends with the process it was forked from."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _be_kernel(request: Request) -> None:
    for number, stream in enumerate(request.streams):
        os.dup2(stream, number)
        os.close(stream)
    _settle(request.env, request.cwd)
    sys.argv = [import_module("ipykernel_launcher").__file__ or "", *request.arguments]
    sys.orig_argv[:] = [sys.executable, "-m", "ipykernel_launcher", *request.arguments]
    from ipykernel.kernelapp import IPKernelApp

    app: Any = IPKernelApp.instance(parent_handle=os.getppid())
    app.initialize(request.arguments)
    app.start()


def _settle(env: dict[str, str], cwd: str) -> None:
    """Give this fork what is its own: environment, folder, signals, chance."""
    os.environ.clear()
    os.environ.update({**_set_by_kernel, **env})
    time.tzset()
    os.chdir(cwd)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    after_fork()
    tempfile.tempdir = None
    tempfile._name_sequence = None  # type: ignore[attr-defined]  # its generator was drawn before the fork


# ---------------------------------------------------------------- before


def _import_kernel() -> None:
    """Import what a kernel imports until it is ready, as seen in a fork that becomes one."""
    import_module("ipykernel.kernelapp")
    end, writing = os.pipe()
    pid = os.fork()
    if not pid:
        _rehearse(writing)
    os.close(writing)
    with os.fdopen(end, "rb") as told:
        text = told.read()
    os.waitpid(pid, 0)
    for name in text.decode().split():
        if name not in sys.modules:
            with suppress(Exception):
                import_module(name)
    if threads() > 1:
        raise SystemExit("ipykernel starts a thread when it is imported")


def _rehearse(end: int) -> NoReturn:
    """Start a kernel in this fork, in a folder of its own and on no network, and name the modules that it needed."""
    try:
        from ipykernel.kernelapp import IPKernelApp

        with tempfile.TemporaryDirectory() as folder:
            nothing = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(nothing, number)
            os.environ["IPYTHONDIR"] = folder
            known = set(sys.modules)
            app: Any = IPKernelApp.instance(transport="ipc", ip=f"{folder}/k", connection_file=f"{folder}/k.json")
            app.initialize([])
            needed = [name for name, module in sys.modules.items() if name not in known and module is not None]
            with os.fdopen(end, "wb") as told:
                told.write(" ".join(needed).encode())
    finally:
        os._exit(0)


if __name__ == "__main__":
    if sys.path and sys.path[0] in {"", str(Path.cwd())}:
        del sys.path[0]  # as ipykernel's launcher does; the shell puts it back
    main(sys.argv[1:])
