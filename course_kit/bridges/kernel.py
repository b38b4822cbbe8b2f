"""Run a notebook's cells in a fresh kernel and tell how each one ended. The one importer of nbclient."""

import asyncio
import os
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from course_kit.bridges.kernel_name import named_kernel
from course_kit.errors import Unavailable

TRIAL = {"COURSE_KIT_TRIAL": "1"}
"""What a kernel's environment says when nobody is learning in it, so that nothing is recorded."""
_TICK = 0.05
_GRACE = 3.0
"""Seconds that a cell gets to end after it was interrupted."""

Ending = Literal["ok", "error", "timed-out", "died", "not-run"]


@dataclass(frozen=True)
class CellOutcome:
    """How one cell ended. ``error`` and ``message`` are the exception's; ``traceback`` is for looking into."""

    index: int
    cell_id: str
    ending: Ending
    error: str = ""
    message: str = ""
    traceback: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Ran:
    """The notebook as executed, the outcome of each code cell, and whether it was cancelled."""

    notebook: nbformat.NotebookNode
    cells: tuple[CellOutcome, ...]
    cancelled: bool = False


def installed_kernels() -> tuple[str, ...]:
    """The names of the kernels that this machine can start."""
    return tuple(sorted(KernelSpecManager().find_kernel_specs()))


def kernel_of(notebook: Mapping[str, Any], wanted: str | None = None) -> str:
    """The name of the kernel to run ``notebook`` in: ``wanted``, or the one it names (``python``: this Python's).

    Raises :class:`Unavailable` where that one is not installed, naming those that are.
    """
    name = named_kernel(notebook, wanted)
    installed = installed_kernels()
    if name in installed:
        return name
    known = ", ".join(installed) or "none"
    raise Unavailable(
        f"The notebook wants the kernel {name!r}, which is not installed here (installed: {known}).",
        hint="Name another one for this run, such as `--kernel python3`, or install that kernel.",
    )


def run_cells(
    notebook: Mapping[str, Any],
    *,
    cwd: Path,
    kernel: str | None = None,
    timeout: float = 60.0,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    cancelled: Callable[[], bool] = lambda: False,
    env: Mapping[str, str] = TRIAL,
) -> Ran:
    """Run every code cell of a copy of ``notebook`` (nbformat 4, as JSON) in a fresh kernel in the folder ``cwd``.

    An error in a cell does not end the run. A cell that takes longer than ``timeout`` seconds is interrupted; if it
    does not heed that, the kernel is killed and the rest is not run. The kernel is always gone at the end, also when
    this is interrupted. Call it from a thread that runs no event loop. Raises :class:`Unavailable` where the kernel
    is missing or does not start.
    """
    name = kernel_of(notebook, kernel)
    copy = nbformat.from_dict(dict(notebook))  # type: ignore[no-untyped-call]
    run = _Run(copy, name, cwd, timeout, progress, cancelled, {**os.environ, **env})
    return asyncio.run(run.whole())


class _Run:
    def __init__(
        self,
        notebook: nbformat.NotebookNode,
        kernel: str,
        cwd: Path,
        timeout: float,
        progress: Callable[[int, int, str], None],
        cancelled: Callable[[], bool],
        env: Mapping[str, str],
    ) -> None:
        self.notebook, self.kernel, self.cwd, self.timeout = notebook, kernel, cwd, timeout
        self.progress, self.cancelled, self.env = progress, cancelled, dict(env)
        self.alive = True
        self.was_cancelled = False

    async def whole(self) -> Ran:
        manager = AsyncKernelManager(kernel_name=self.kernel)
        client: NotebookClient | None = None
        try:
            client = await self._started(manager)
            outcomes = await self._cells(manager, client)
        finally:
            await self._stop(manager, client)
        return Ran(self.notebook, tuple(outcomes), self.was_cancelled)

    async def _started(self, manager: AsyncKernelManager) -> NotebookClient:
        try:
            # what cells print comes as messages; only the kernel's own log would go to our terminal
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            await manager.start_kernel(cwd=str(self.cwd), env=self.env, **quiet)
            client = NotebookClient(
                self.notebook, km=manager, timeout=None, allow_errors=True, store_widget_state=False
            )
            client.reset_execution_trackers()
            await client.async_start_new_kernel_client()
        except (NoSuchKernel, RuntimeError, OSError, TimeoutError) as error:
            raise Unavailable(
                f"The kernel {self.kernel!r} did not start: {error}",
                hint="Try the kernel in JupyterLab; install it again if it does not start there either.",
            ) from error
        return client

    async def _stop(self, manager: AsyncKernelManager, client: NotebookClient | None) -> None:
        if client is not None and client.kc is not None:
            client.kc.stop_channels()
        with suppress(RuntimeError, ProcessLookupError):
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)
        await _awaited(manager.cleanup_resources())

    async def _cells(self, manager: AsyncKernelManager, client: NotebookClient) -> list[CellOutcome]:
        cells = [(i, c) for i, c in enumerate(self.notebook.cells) if c.cell_type == "code" and c.source.strip()]
        outcomes = []
        for done, (index, cell) in enumerate(cells):
            self.progress(done, len(cells), f"cell {index + 1}")
            if self.alive and not self.was_cancelled:
                outcomes.append(await self._cell(manager, client, cell, index))
            else:
                outcomes.append(CellOutcome(index, str(cell.get("id", "")), "not-run"))
        self.progress(len(cells), len(cells), "")
        return outcomes

    async def _cell(
        self, manager: AsyncKernelManager, client: NotebookClient, cell: nbformat.NotebookNode, index: int
    ) -> CellOutcome:
        begun = time.monotonic()
        cell_id = str(cell.get("id", ""))
        task = asyncio.ensure_future(client.async_execute_cell(cell, index))
        ending = await self._watched(manager, task)
        seconds = time.monotonic() - begun
        if ending != "ok":
            return CellOutcome(index, cell_id, ending, message=self._why(ending), seconds=seconds)
        for output in cell.outputs:
            if output.output_type == "error":
                traceback = tuple(str(line) for line in output.get("traceback", []))
                name, message = str(output.get("ename", "")), str(output.get("evalue", ""))
                return CellOutcome(index, cell_id, "error", name, message, traceback, seconds)
        return CellOutcome(index, cell_id, "ok", seconds=seconds)

    async def _watched(self, manager: AsyncKernelManager, task: "asyncio.Future[Any]") -> Ending:
        """Wait for a cell; interrupt it when its time is up, and give the kernel up if that does not help."""
        deadline = time.monotonic() + self.timeout
        interrupted = False
        while True:
            await asyncio.wait({task}, timeout=_TICK)
            if task.done():
                return self._ended(task, interrupted)
            if self.cancelled():
                self.was_cancelled = True
                await self._give_up(task)
                return "not-run"
            if time.monotonic() < deadline:
                continue
            if interrupted:
                await self._give_up(task)
                return "timed-out"
            interrupted, deadline = True, time.monotonic() + _GRACE
            with suppress(RuntimeError, OSError):
                await _awaited(manager.interrupt_kernel())

    def _ended(self, task: "asyncio.Future[Any]", interrupted: bool) -> Ending:
        try:
            task.result()
        except DeadKernelError:
            self.alive = False
            return "timed-out" if interrupted else "died"
        return "timed-out" if interrupted else "ok"

    async def _give_up(self, task: "asyncio.Future[Any]") -> None:
        self.alive = False
        task.cancel()
        with suppress(asyncio.CancelledError, DeadKernelError):
            await task

    def _why(self, ending: Ending) -> str:
        if ending == "timed-out":
            return f"It took longer than {self.timeout:g} seconds and was stopped."
        return "The kernel died while this cell ran." if ending == "died" else ""


async def _awaited(value: Awaitable[None] | None) -> None:
    if value is not None:
        await value
