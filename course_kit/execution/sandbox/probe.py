"""``python -P -m course_kit.execution.sandbox.probe``: try each layer in a confined fork and print what held, as JSON.

It is a process of its own, since it forks and whoever asks may have threads.
"""

import json
import os
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from course_kit.execution.sandbox import confinement, isolation, landlock, layer, system
from course_kit.execution.sandbox.watch import Watch
from course_kit.model.limits import Limits

_MEMORY = 200 * 10**6


def probe() -> tuple[layer.Layer, ...]:
    """Every layer as it is found here. Forks; call it in a process without threads."""
    if not system.LINUX:
        return layer.absent(f"there is no sandbox on {sys.platform} yet")
    if not isolation.is_prepared():
        isolation.prepare()
    with tempfile.TemporaryDirectory() as outside:
        secret = Path(outside, "secret")
        secret.write_text("found")
        Path(outside).chmod(0o755)
        readable, writable = os.pipe()
        keeper = os.fork()
        if keeper == 0:
            os.close(readable)
            _keep(secret, writable)
        os.close(writable)
        with os.fdopen(readable, "rb") as stream:
            text = stream.read()
        os.waitpid(keeper, 0)
    held = json.loads(text) if text else {}
    return tuple(_layer(name, held) for name in layer.PROTECTS)


def _layer(name: str, held: dict[str, bool]) -> layer.Layer:
    present = held.get(name, False)
    lost = "" if present else layer.LOST[name]
    if name == "landlock" and present and not landlock.signals_are_scoped() and not held.get("namespaces"):
        lost = "this kernel's Landlock does not hold signals back, so a notebook cannot signal what it starts"
    if name == "seccomp" and present and not held.get("namespaces") and not held.get("account"):
        lost = "changes of a file's mode and times do nothing in notebooks, since they would reach your files too"
    return layer.Layer(name, present, layer.PROTECTS[name], lost)


def _keep(secret: Path, writable: int) -> None:
    held: dict[str, bool] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            limits = Limits(memory=_MEMORY, disk=10**6)
            made = isolation.isolate(limits, Path(folder))
            told, tell = os.pipe()
            runner = isolation.fork_runner()
            if runner == 0:
                _run(limits, Path(folder), secret, tell)
            os.close(tell)
            with os.fdopen(told, "rb") as stream:
                held = json.loads(stream.read() or b"{}")
            watch = Watch(runner, limits, Path(folder))
            left = watch.sweep()
            held["reaper"] = left == 1
            held["namespaces"] = held.get("namespaces", False) and "namespaces" in made.layers
            held["account"] = made.account > 0
            made.close()
    finally:
        os.write(writable, json.dumps(held).encode())
        os._exit(0)


def _run(limits: Limits, scratch: Path, secret: Path, tell: int) -> None:
    held: dict[str, bool] = {}
    try:
        confinement.confine(limits, scratch, keep={2, tell})
        held["limits"] = _refused(MemoryError, lambda: bytearray(3 * _MEMORY))
        held["landlock"] = _refused(PermissionError, secret.read_text) and _refused(
            OSError, lambda: secret.with_name("new").write_text("")
        )
        held["seccomp"] = _refused(PermissionError, lambda: socket.socket(socket.AF_INET))
        held["namespaces"] = _sees_only_its_own()
        _leave_daemon()
    finally:
        os.write(tell, json.dumps(held).encode())
        os._exit(0)


def _refused(error: type[BaseException], action: object) -> bool:
    try:
        action()  # type: ignore[operator]
    except error:
        return True
    except OSError:
        return False
    return False


def _sees_only_its_own() -> bool:
    return os.getppid() == 0 and os.access("/dev/shm", os.W_OK)  # noqa: S108


def _leave_daemon() -> None:
    """A process that nobody waits for, in a session of its own: the kind that a kill of the group misses."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            for number in range(3, 64):
                with suppress(OSError):
                    os.close(number)
            signal.pause()
        os._exit(0)
    os.waitpid(child, 0)


if __name__ == "__main__":
    sys.stdout.write(layer.to_json(probe()))
