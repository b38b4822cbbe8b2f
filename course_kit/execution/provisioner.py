"""A provisioner for jupyter_client: kernels that are forked from a process that holds ipykernel and libraries ready.

Whatever cannot be forked gets an ordinary kernel, with nothing said. Not a sandbox: a forked kernel may do what any
kernel may. See docs/warm-kernels.md.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import List, Unicode, default

from course_kit.execution.imports import is_installed
from course_kit.execution.warm.client import ForkServer, NotForked, WarmProcess, server_for

NAME = "warm-provisioner"
_LAUNCHERS = {"ipykernel_launcher", "ipykernel"}
_USUAL = ("numpy", "pandas", "matplotlib.pyplot")
_POLL = 0.01


class WarmProvisioner(LocalProvisioner):
    """Set ``"kernel_provisioner": {"provisioner_name": "warm-provisioner", "config": {"preload": […]}}`` in a
    kernelspec's ``metadata``, or ``JUPYTER_DEFAULT_PROVISIONER_NAME=warm-provisioner`` for all kernels of a process.
    """

    preload = List(
        Unicode(), help="The modules to hold ready; those that are not installed or cannot be forked are left out."
    ).tag(config=True)

    @default("preload")
    def _usual(self) -> list[str]:
        named = os.environ.get("COURSE_KIT_PRELOAD")
        if named is not None:
            return [name.strip() for name in named.split(",") if name.strip()]
        return [name for name in _USUAL if is_installed(name)]

    process: Any = None  # a Popen, or what stands for it

    @property
    def is_warm(self) -> bool:
        """Whether the kernel that runs now was forked."""
        return isinstance(self.process, WarmProcess)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        try:
            forked = await asyncio.get_running_loop().run_in_executor(None, partial(self._forked, cmd, kwargs))
        except (NotForked, OSError, ValueError) as error:
            self.log.debug("A cold kernel is started: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid = forked, forked.pid, forked.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def wait(self) -> int | None:
        process = self.process
        if not isinstance(process, WarmProcess):
            return await super().wait()
        while process.poll() is None:
            await asyncio.sleep(_POLL)
        self.process = None
        return process.returncode

    def _forked(self, cmd: list[str], kwargs: dict[str, Any]) -> WarmProcess:
        python, arguments = _kernel_command(cmd)
        unknown = kwargs.keys() - {"env", "cwd", "stdin", "stdout", "stderr", "independent", "kernel_id"}
        if unknown or kwargs.get("independent"):
            raise NotForked(f"it is to be started in a way of its own: {sorted(unknown)}")
        env = dict(kwargs.get("env") or os.environ)
        cwd = str(Path(kwargs.get("cwd") or Path.cwd()).absolute())
        server = server_for(python, env, self.preload)
        _refuse_shadows(server, Path(cwd))
        with ExitStack() as open_files:
            streams = [_stream(number, kwargs.get(name), open_files) for number, name in enumerate(_STREAMS)]
            return server.fork(arguments, {**env, "JPY_PARENT_PID": str(os.getpid())}, cwd, streams)


_STREAMS = ("stdin", "stdout", "stderr")


def _kernel_command(cmd: Sequence[str]) -> tuple[list[str], list[str]]:
    """A kernel's command as the interpreter with its options, and the arguments of ipykernel's launcher."""
    if sys.platform != "linux":
        raise NotForked("kernels are forked on Linux only")
    if "-m" not in cmd[1:]:
        raise NotForked("it is no Python module")
    at = list(cmd).index("-m")
    if len(cmd) <= at + 1 or cmd[at + 1] not in _LAUNCHERS:
        raise NotForked("it is not ipykernel")
    return list(cmd[:at]), list(cmd[at + 2 :])


def _refuse_shadows(server: ForkServer, folder: Path) -> None:
    """Files beside a notebook that a library would have read or imported when it was imported in this folder."""
    held = {*(server.ready or {}).get("names", ()), "matplotlibrc"}
    for entry in os.scandir(folder):
        if entry.name.partition(".")[0] in held:
            raise NotForked(f"{entry.name} lies beside the notebook")


def _stream(number: int, wanted: Any, open_files: ExitStack) -> int:
    if wanted is None and number > 0:
        return number
    if wanted is None or wanted == subprocess.DEVNULL:
        return open_files.enter_context(open(os.devnull, "r+b")).fileno()  # noqa: PTH123
    if wanted in {subprocess.PIPE, subprocess.STDOUT}:
        raise NotForked("its output is to be read from a pipe")
    return int(wanted if isinstance(wanted, int) else wanted.fileno())
