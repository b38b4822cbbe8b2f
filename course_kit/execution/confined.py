"""Starts one command behind the sandbox and watches over it: ``python -P -m course_kit.execution.confined FD``.

Its caller tells it over the socket FD what to do, one frame each: first ``scratch``, ``limits`` and ``readable``; then
``start`` (with ``argv``, ``env``, ``cwd``), ``interrupt``, ``stop``. It tells ``layers``, a ``fault`` or that it
``ended``, and how many processes were ``left`` when it stopped. It ends when its caller hangs up, with all it started.
"""

import os
import select
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from course_kit.execution import sandbox
from course_kit.execution.wire import Broken, Frames, send
from course_kit.model.limits import Limits

_TICK = 0.05


def main(arguments: list[str]) -> None:
    """Serve the caller until it hangs up."""
    channel = socket.socket(fileno=int(arguments[0]))
    os.set_inheritable(channel.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    launcher: _Launcher | None = None
    frames = Frames(channel)
    try:
        while True:
            if select.select([channel], [], [], _TICK if launcher and launcher.runs else None)[0]:
                for message, _ in frames.read():
                    if launcher is None:
                        launcher = _Launcher(channel, message)
                    else:
                        launcher.obey(message)
            if launcher is not None:
                launcher.look()
    except Broken:
        pass
    finally:
        if launcher is not None:
            launcher.close()


class _Launcher:
    def __init__(self, channel: socket.socket, message: dict[str, Any]) -> None:
        self._channel = channel
        self._scratch, self._limits = Path(message["scratch"]), Limits(**message["limits"])
        sandbox.prepare([Path(one) for one in message["readable"]])
        self._isolation = sandbox.isolate(self._limits, self._scratch)
        self._pid = 0
        self._watch: sandbox.Watch | None = None
        send(channel, {"layers": list(self._isolation.layers)})

    @property
    def runs(self) -> bool:
        """Whether there is something to watch."""
        return self._watch is not None

    def obey(self, message: dict[str, Any]) -> None:
        """Do one thing that the caller asks for."""
        if message["do"] == "start":
            self._pid = sandbox.fork_runner()
            if not self._pid:
                self._become(message)
            self._watch = sandbox.Watch(self._pid, self._limits, self._scratch)
        elif message["do"] == "interrupt" and self._pid:
            with suppress(OSError):
                os.killpg(self._pid, signal.SIGINT)
        elif message["do"] == "stop":
            send(self._channel, {"left": self._sweep()})

    def look(self) -> None:
        """Tell the caller of a limit that was passed, and of the end."""
        if self._watch is None:
            return
        if fault := self._watch.check():
            self._tell({"fault": fault})
        elif os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            self._tell({"ended": True})

    def close(self) -> None:
        """End everything."""
        self._sweep()
        self._isolation.close()

    def _tell(self, what: dict[str, Any]) -> None:
        send(self._channel, {**what, "left": self._sweep()})

    def _sweep(self) -> int:
        watch, self._watch, self._pid = self._watch, None, 0
        return watch.sweep() if watch is not None else 0

    def _become(self, message: dict[str, Any]) -> NoReturn:
        try:
            os.setsid()
            null = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.chdir(message["cwd"])
            tempfile.tempdir = str(
                self._scratch / "tmp"
            )  # the filter is written by way of a file, and all else is shut
            sandbox.confine(self._limits, self._scratch, keep={0, 1, 2}, serves=True)
            os.execvpe(message["argv"][0], message["argv"], message["env"])  # noqa: S606 (a list, no shell)
        finally:
            os._exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
