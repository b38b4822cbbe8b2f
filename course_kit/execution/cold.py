"""Run a notebook in a kernel of its own: another language or interpreter, or a machine that cannot fork.

The kernel is started by :mod:`course_kit.execution.confined` and reached over sockets in the notebook's own folder.
Proof of pass needs a fork, so tests that pass here stay ``unproved``.
"""

import json
import os
import queue
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel

from course_kit.execution import sandbox
from course_kit.execution.folder import changed_files, file_state, put_files, remove_folder
from course_kit.execution.job import CellProof, Job, Result
from course_kit.execution.keeper import _Keeper
from course_kit.execution.wire import Broken, Frames, send

_START_SECONDS = 60.0
_TICK = 0.05
_GRACE = 2.0
_CHANNELS = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")
_NOT_PROVED = "It ran in a kernel of its own, which cannot be forked for a proof."


def run_cold(job: Job) -> Result:
    """Run ``job`` like :meth:`course_kit.execution.executor.Executor.execute`, in a kernel started for it alone."""
    began = time.monotonic()
    try:
        spec = KernelSpecManager().get_kernel_spec(job.kernel)
    except (NoSuchKernel, OSError, ValueError):
        reason = f"The kernel {job.kernel!r} is not installed here."
        return Result("missing-kernel", job.notebook, reason=reason, warm=False)
    scratch = Path(tempfile.mkdtemp(prefix="course-kit-run-"))
    try:
        for name in ("work", "home", "tmp", "run"):
            (scratch / name).mkdir()
        put_files(scratch / "work", job.files)
        before = file_state(scratch / "work")
        with _Launcher(job, scratch, spec) as launcher:
            keeper = _ColdKeeper(launcher, job, began + job.limits.notebook)
            try:
                keeper.whole()
            finally:
                keeper.stop()
            files = changed_files(scratch / "work", before, job.limits.disk)
            return keeper.ended(files, launcher.layers, time.monotonic() - began)
    except Broken as error:
        reason = f"The kernel {job.kernel!r} did not start: {error}."
        return Result("failed", job.notebook, reason=reason, seconds=time.monotonic() - began, warm=False)
    finally:
        remove_folder(scratch)


class _ColdKeeper(_Keeper):
    """Keeps a run as the warm one does, with a kernel behind sockets for a runner."""

    def __init__(self, launcher: "_Launcher", job: Job, deadline: float) -> None:
        nobody: Any = None
        super().__init__(nobody, job, nobody, deadline)
        self._launcher = launcher

    def _begin(self) -> Any:
        talk = _ColdConversation(self._launcher, self._job, self._deadline)
        self.notebook.metadata["language_info"] = talk.language_info
        return talk

    def _prove(self, talk: Any, indices: Sequence[int], *, again: bool = False) -> None:
        if self._job.proof != "off":
            for index in indices:
                self._verdict(CellProof(index, "unproved", _NOT_PROVED))

    def ended(self, files: Mapping[str, bytes | None], layers: tuple[str, ...], seconds: float) -> Result:
        """The result, which says that it was cold."""
        return Result(**{**vars(self.result(files, layers, seconds)), "warm": False})


class _Launcher:
    """The confined launcher's caller: one kernel at a time."""

    def __init__(self, job: Job, scratch: Path, spec: KernelSpec) -> None:
        self._job, self._scratch, self._spec = job, scratch, spec
        ours, theirs = socket.socketpair()
        self._channel, self._frames = ours, Frames(ours)
        self._told: dict[str, Any] = {}
        self.connection = scratch / "run" / "kernel.json"
        # all that the kernel's account must own is made before it is told of
        ports: dict[str, Any] = {name: number for number, name in enumerate(_CHANNELS, 1)}
        key = secrets.token_hex(32).encode()
        write_connection_file(str(self.connection), ip=str(scratch / "run" / "k"), transport="ipc", key=key, **ports)
        environment = sandbox.clean_environment(os.environ)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "course_kit.execution.confined", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        self.layers: tuple[str, ...] = ()
        self._environment = environment

    def __enter__(self) -> "_Launcher":
        limits, readable = self._job.limits.json_object(), [str(path) for path in self._readable()]
        send(self._channel, {"scratch": str(self._scratch), "limits": limits, "readable": readable})
        self.layers = tuple(self.wait("layers", _START_SECONDS))
        return self

    def __exit__(self, *error: object) -> None:
        self._channel.close()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def start(self) -> None:
        """Start the kernel, after :meth:`stop` once more."""
        self._told = {}
        home, temporary = str(self._scratch / "home"), str(self._scratch / "tmp")
        own = {"HOME": home, "TMPDIR": temporary, "IPYTHONDIR": f"{home}/.ipython", "PWD": str(self._scratch / "work")}
        own |= {"MPLCONFIGDIR": f"{home}/.config/matplotlib", "JUPYTER_RUNTIME_DIR": str(self._scratch / "run")}
        env = {**self._environment, **self._spec.env, **own, **self._job.env}
        message = {"do": "start", "argv": self._argv(), "env": env, "cwd": str(self._scratch / "work")}
        send(self._channel, message)

    def interrupt(self) -> None:
        send(self._channel, {"do": "interrupt"})

    def stop(self) -> int:
        """End the kernel and all that it started; how many there were beside it."""
        if not self.ended():
            send(self._channel, {"do": "stop"})
        return int(self.wait("left", 20.0))

    def ended(self) -> str:
        """Why the kernel ended, if it did."""
        self._hear(0.0)
        return str(self._told.get("fault") or ("kernel-died" if "ended" in self._told else ""))

    def wait(self, word: str, seconds: float) -> Any:
        """What the launcher tells under ``word``. Raises :class:`Broken` where it does not come."""
        deadline = time.monotonic() + seconds
        while word not in self._told:
            if time.monotonic() > deadline:
                raise Broken("the launcher does not answer")
            self._hear(_TICK)
        return self._told[word]

    def _hear(self, seconds: float) -> None:
        self._channel.settimeout(seconds or 0.001)
        with suppress(TimeoutError):
            if self._channel.recv(1, socket.MSG_PEEK) == b"":
                raise Broken("the launcher ended")
            for message, _ in self._frames.read():
                self._told.update(message)
        self._channel.settimeout(None)

    def _argv(self) -> list[str]:
        argv = list(self._spec.argv)
        major, minor = sys.version_info[:2]
        if argv[0] in {"python", f"python{major}", f"python{major}.{minor}"}:
            argv[0] = sys.executable
        known = {"connection_file": str(self.connection), "resource_dir": self._spec.resource_dir, "prefix": sys.prefix}
        for name, value in known.items():
            argv = [one.replace("{" + name + "}", value) for one in argv]
        return argv

    def _readable(self) -> list[Path]:
        """The kernel's own folders: its specification, its program and what belongs to that."""
        found = [Path(self._spec.resource_dir)] if self._spec.resource_dir else []
        program = shutil.which(self._argv()[0])
        if program:
            found += [Path(program).parent.parent, Path(program).resolve().parent.parent]
        return [path for path in found if path.is_dir() and len(path.parts) > 2]


class _ColdConversation:
    """What the keeper asks of a runner, asked of a kernel. Raises :class:`Broken` where the kernel does not start."""

    proof_fd = -1

    def __init__(self, launcher: _Launcher, job: Job, deadline: float) -> None:
        self._launcher, self._limits, self._deadline = launcher, job.limits, deadline
        self._client = BlockingKernelClient(connection_file=str(launcher.connection), context=zmq.Context())
        self._client.load_connection_file()
        launcher.start()
        self._client.start_channels(stdin=False, hb=False, control=False)
        try:
            self.language_info = self._greet()
        except Broken:
            self._close()
            raise

    def ask(
        self, request: Mapping[str, Any], seconds: float, take: Callable[[dict[str, Any], int], None] | None = None
    ) -> dict[str, Any]:
        """Run a cell to its end; as :meth:`course_kit.execution.conversation.Conversation.ask`."""
        until = min(time.monotonic() + seconds, self._deadline)
        name = self._client.execute(request["run"], allow_stdin=False, stop_on_error=False)
        reply: dict[str, Any] | None = None
        idle = interrupted = False
        while not (idle and reply is not None):
            for message in self._messages(name):
                kind, content = message["header"]["msg_type"], message["content"]
                if kind == "status":
                    idle = idle or content.get("execution_state") == "idle"
                elif take is not None and not interrupted:
                    take({"type": kind, "parent": name, "content": content}, len(json.dumps(content, default=str)))
            reply = reply or self._reply(name)
            if fault := self._launcher.ended():
                return {"ending": "timed-out" if interrupted and fault == "kernel-died" else fault, "dead": True}
            if time.monotonic() > until:
                if interrupted:
                    return {"ending": "timed-out", "dead": True}
                interrupted, until = True, time.monotonic() + _GRACE
                self._launcher.interrupt()
        return {"ending": "timed-out"} if interrupted else reply or {}

    def proof_report(self) -> bytes:
        return b""

    def stop(self) -> int:
        self._close()
        return self._launcher.stop()

    def _close(self) -> None:
        self._client.stop_channels()
        self._client.context.destroy(linger=0)

    def _greet(self) -> dict[str, Any]:
        until = time.monotonic() + _START_SECONDS
        name = self._client.kernel_info()
        while time.monotonic() < until:
            if (reply := self._reply(name, _TICK)) is not None:
                self._subscribe(until)
                return dict(reply.get("language_info", {}))
            if fault := self._launcher.ended():
                raise Broken(fault)
        raise Broken("it does not answer")

    def _subscribe(self, until: float) -> None:
        """Wait until the kernel's broadcasts arrive, so that no output is missed."""
        while time.monotonic() < until:
            name = self._client.kernel_info()
            patience = time.monotonic() + 0.5
            while time.monotonic() < patience:
                if any(message["header"]["msg_type"] == "status" for message in self._messages(name)):
                    return

    def _reply(self, name: str, seconds: float = 0.0) -> dict[str, Any] | None:
        with suppress(queue.Empty, ValueError):
            message = self._client.get_shell_msg(timeout=seconds)
            if message["parent_header"].get("msg_id") == name:
                return dict(message["content"])
        return None

    def _messages(self, name: str) -> list[dict[str, Any]]:
        """What was published for request ``name`` by now, after waiting a moment for the first."""
        found: list[dict[str, Any]] = []
        with suppress(queue.Empty, ValueError):
            while True:
                message = self._client.get_iopub_msg(timeout=0.0 if found else _TICK)
                if message["parent_header"].get("msg_id") == name:
                    found.append(message)
        return found
