"""The warm process that every run is forked from: ``python -P -m course_kit.execution.zygote FD``.

It imports ipykernel and the modules that the first message on the descriptor FD names, builds a shell, and then waits:
each further message brings one end of a socket, for which it forks a keeper. It runs no submitted code and starts no
thread.
"""

import array
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from typing import NoReturn

from course_kit.execution import sandbox
from course_kit.execution.conversation import Abandoned
from course_kit.execution.job import Result, job_from_json
from course_kit.execution.keeper import keep
from course_kit.execution.piped import PipeKernel, build_kernel
from course_kit.execution.preload import preload
from course_kit.execution.warden import Warden
from course_kit.execution.wire import Broken, receive_bytes, send_bytes

LAUNCHER = "ipykernel_launcher.py"
_KEPT_ON_FAILURE = 2000
_MOST_TOLD = 2**17


def main(arguments: list[str]) -> None:
    gc.disable()
    control = socket.socket(fileno=int(arguments[0]))
    os.set_inheritable(control.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.prepare()
    told = control.recv(_MOST_TOLD)
    if not told:
        return  # nobody needs it after all
    loaded = preload(json.loads(told))
    kernel = build_kernel()
    # as nbclient starts a kernel
    sys.argv = [LAUNCHER, "-f", "kernel.json", "--HistoryManager.hist_file=:memory:"]
    gc.collect()
    gc.freeze()
    ready = {
        "ready": os.getpid(),
        "refused": dict(loaded.refused),
        "language": dict(kernel.language_info),
    }
    control.send(json.dumps(ready).encode())
    _serve(kernel, control)
    # whoever started us waits, and nothing is left that taking all modules down would do for it
    os._exit(0)


def _serve(kernel: PipeKernel, control: socket.socket) -> None:
    keepers: set[int] = set()
    try:
        while True:
            readable, _, _ = select.select([control], [], [], 1.0 if keepers else None)
            _reap(keepers)
            if not readable:
                continue
            client = _client(control)
            if client is None:
                return
            pid = os.fork()
            if pid == 0:
                control.close()
                _keep(kernel, client)
            keepers.add(pid)
            client.close()
    finally:
        for pid in keepers:
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while keepers and time.monotonic() < deadline:
            _reap(keepers)
            time.sleep(0.01)


def _reap(keepers: set[int]) -> None:
    ended = False
    with suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            keepers.discard(pid)
            ended = True
    if ended:
        # what a killed keeper could not end comes here
        sandbox.end_orphans(keepers)


def _client(control: socket.socket) -> socket.socket | None:
    """The next client's socket; None when whoever started us is gone."""
    room = socket.CMSG_SPACE(array.array("i").itemsize)
    try:
        message, extra, _, _ = control.recvmsg(1, room)
    except OSError:
        return None
    if not message:
        return None
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            return socket.socket(fileno=array.array("i", data[:4])[0])
    return None


def _keep(kernel: PipeKernel, client: socket.socket) -> NoReturn:
    """Be the keeper of one job: read it, run it, answer, end."""
    try:
        signal.signal(signal.SIGTERM, _leave)
        warden = Warden(kernel, client)
        job = job_from_json(receive_bytes(client))
        try:
            result = keep(warden, job, client, kernel.language_info)
        except (Abandoned, Broken):
            os._exit(0)
        except Exception as error:
            traceback.print_exc(file=sys.__stderr__)
            reason = f"It could not be run: {type(error).__name__}: {error}"[:_KEPT_ON_FAILURE]
            result = Result("failed", job.notebook, reason=reason)
        send_bytes(client, result.to_json())
    except Broken:
        pass
    finally:
        os._exit(0)


def _leave(*_: object) -> None:
    raise Abandoned


if __name__ == "__main__":
    main(sys.argv[1:])
