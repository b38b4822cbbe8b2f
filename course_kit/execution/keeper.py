"""Who keeps one notebook's run: a fork of the zygote that never runs submitted code.

It makes the folder, forks the runner, tells it one cell after another, watches time, memory and disk, folds what is
published into outputs, starts again after a death, and judges the proof.
"""

import json
import os
import random
import select
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat

from course_kit.execution import proof, sandbox
from course_kit.execution.folder import Files, changed_files, file_state, put_files
from course_kit.execution.job import CellProof, CellRun, Ending, Job, Result
from course_kit.execution.outputs import OutputFolder
from course_kit.execution.piped import PipeKernel
from course_kit.execution.runner import Place, run
from course_kit.execution.wire import Broken, Frames, frame

_TICK = 0.05
_GRACE = 2.0
"""Seconds that a cell gets to end after it was interrupted."""
_PROOF_SECONDS = 15.0
_MAX_DEATHS = 5
_FLOOD = 8
"""How many times the limit on output may arrive before the cell is ended: our own side sends no more than that."""

_ERRORS: dict[str, tuple[str, str]] = {
    "timed-out": ("CellTimeoutError", "No reply from kernel before timeout"),
    "out-of-memory": ("OutOfMemoryError", "The notebook used more memory than it may"),
    "too-many-processes": ("ProcessLimitError", "The notebook started more processes than it may"),
    "disk-full": ("DiskLimitError", "The notebook wrote more than it may"),
    "flood": ("OutputLimitError", "The cell sent more output than it may"),
    "kernel-died": ("DeadKernelError", "Kernel died"),
    "not-run": ("NotRunError", "The cell was not run: the notebook's time was over, or its kernel died too often"),
}
_WORST: tuple[Ending, ...] = ("kernel-died", "out-of-memory", "timed-out", "ok")


def keep(kernel: PipeKernel, job: Job, client: socket.socket) -> Result:
    """Run ``job``; ``client`` is only asked whether somebody still waits. Leaves no process and no file behind."""
    began = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="course-kit-run-"))
    try:
        for name in ("work", "home", "tmp"):
            (scratch / name).mkdir()
        put_files(scratch / "work", job.files)
        isolation = sandbox.isolate(job.limits, scratch)
        keeper = _Keeper(kernel, job, scratch, client, began)
        try:
            keeper.whole()
        finally:
            keeper.stop()
        files = changed_files(scratch / "work", keeper.before, job.limits.disk)
        return keeper.result(files, isolation.layers, time.monotonic() - began)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class Abandoned(Exception):
    """Nobody waits for the result any more."""


class _Keeper:
    def __init__(self, kernel: PipeKernel, job: Job, scratch: Path, client: socket.socket, began: float) -> None:
        self.kernel, self.job, self.scratch, self.client = kernel, job, scratch, client
        self.deadline = began + job.limits.notebook
        self.notebook = nbformat.v4.reads(job.notebook.decode())
        self.outputs = OutputFolder(self.notebook, job.limits.output)
        self.before: Files = file_state(scratch / "work")
        self.cells: dict[int, CellRun] = {}
        self.proofs: dict[int, CellProof] = {}
        self.notes: list[str] = []
        self.endings: set[str] = set()
        self.deaths = 0
        self.pid = 0
        self.peak = 0
        self.asked = 0
        self.expected_count = 0

    # ------------------------------------------------------------------ the notebook

    def whole(self) -> None:
        """Run every code cell, proving what passes."""
        self._prepare()
        drawn = proof.draw(self.job.tests, self.job.seed) if self.job.proof == "drawn" else None
        for index in self._code_cells():
            if self.deaths > _MAX_DEATHS or time.monotonic() > self.deadline:
                self._mark(index, "not-run")
                continue
            self._alive(index)
            if index == drawn or (self.job.proof == "all" and index in self.job.tests):
                self._prove((index,))
                self._alive(index)
            self._cell(index)
        self._prove(tuple(index for index in self.job.tests if self._passed(index)))
        self.outputs.finish()

    def _prepare(self) -> None:
        self.notebook.metadata["language_info"] = dict(self.kernel.language_info)
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.setdefault("outputs", [])

    def _code_cells(self) -> list[int]:
        """What nbclient would run, and every test."""
        return [
            index
            for index, cell in enumerate(self.notebook.cells)
            if cell.cell_type == "code"
            and cell.source.strip()
            and (index in self.job.tests or "skip-execution" not in cell.metadata.get("tags", []))
        ]

    def _passed(self, index: int) -> bool:
        """Whether nothing yet speaks against points for this test: no error, nothing on standard error."""
        if index not in self.cells:
            return False
        return not any(
            output.output_type == "error" or (output.output_type == "stream" and output.name == "stderr")
            for output in self.notebook.cells[index].outputs
        )

    # ------------------------------------------------------------------ the runner

    def _alive(self, upto: int) -> None:
        """Have a runner that has seen all cells before ``upto`` that ended: after a death, run them again unseen."""
        if self.pid:
            return
        self._launch()
        for index in [one for one in self._code_cells() if one < upto]:
            run = self.cells.get(index)
            if run is None or run.ending not in {"ok", "error"}:
                continue
            told = self._ask({"run": self.notebook.cells[index].source, "cell": ""}, self._limit(), None)
            if "ending" in told:
                self._died()
                return self._alive(upto) if self.deaths <= _MAX_DEATHS else None
            self.expected_count += 1

    def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        self.proof_read, proof_write = os.pipe()
        files = (os.memfd_create("stdout"), os.memfd_create("stderr"))
        for descriptor in files:
            _append_only(descriptor)
        self.pid = sandbox.fork_runner()
        if self.pid == 0:
            ours.close()
            self.client.close()
            os.close(self.proof_read)
            run(self.kernel, Place(theirs, files, proof_write, self.scratch, self.job.limits, self.job.env))
        theirs.close()
        for descriptor in (*files, proof_write):
            os.close(descriptor)
        os.set_blocking(self.proof_read, False)
        self.channel, self.frames = ours, Frames(ours)
        self.proof_fd = proof_write
        self.expected_count = 0
        self.watch = sandbox.Watch(self.pid, self.job.limits, self.scratch)

    def stop(self) -> None:
        """End the runner and all that it started."""
        if not self.pid:
            return
        with suppress(OSError):
            self.channel.sendall(frame({"end": True}))
            self.channel.shutdown(socket.SHUT_WR)
            select.select([self.channel], [], [], 0.2)
        self.peak = max(self.peak, self.watch.peak)
        left = self.watch.sweep()
        if left:
            self.notes.append(f"{left} processes that it left behind were ended" if left > 1 else "a process that it left behind was ended")
        self.channel.close()
        os.close(self.proof_read)
        self.pid = 0

    def _died(self) -> None:
        self.deaths += 1
        self.stop()

    def _limit(self) -> float:
        return self.job.limits.cell or self.job.limits.notebook

    # ------------------------------------------------------------------ one cell

    def _cell(self, index: int) -> None:
        began = time.monotonic()
        self.outputs.begin(index)
        cell = self.notebook.cells[index]
        request = {"run": cell.source, "cell": str(cell.get("id", ""))}
        told = self._ask(request, self._limit(), index)
        ending = told.get("ending") or ("error" if told.get("status") == "error" else "ok")
        if ending in {"ok", "error"}:
            self._reply(index, told)
        else:
            self._mark(index, ending)
            if told.get("dead"):
                self._died()
        named = ending if ending in {"ok", "error", "timed-out", "out-of-memory"} else "kernel-died"
        self.cells[index] = CellRun(
            index, named, round(time.monotonic() - began, 4), round(float(told.get("cpu", 0.0)), 4), self.watch.peak
        )

    def _reply(self, index: int, told: Mapping[str, Any]) -> None:
        """What the reply says beyond the outputs: an error that was not shown, a cell that did not run."""
        self.expected_count += 1
        cell = self.notebook.cells[index]
        if told.get("status") == "error":
            name = str(told.get("ename", ""))
            if not any(output.output_type == "error" and output.ename == name for output in cell.outputs):
                lines = [str(line) for line in told.get("traceback") or ()]
                lines = lines or ["ERROR: An error occurred while showtraceback was disabled"]
                _add_error(cell, name, str(told.get("evalue", "")), lines)
        elif index in self.job.tests and told.get("execution_count") != self.expected_count:
            self._verdict(CellProof(index, "unverified", "The kernel did not count this cell as run."))

    def _mark(self, index: int, ending: str) -> None:
        """Zero a cell that broke: an error output, so that nobody takes its silence for a pass."""
        self.endings.add(ending)
        name, text = _ERRORS.get(ending, _ERRORS["kernel-died"])
        _add_error(self.notebook.cells[index], name, text if name != "CellTimeoutError" else "", [f"\x1b[0;31m{name}\x1b[0m: {text}"])
        if index not in self.cells:
            self.cells[index] = CellRun(index, "kernel-died" if ending == "not-run" else "timed-out")

    def _ask(self, request: dict[str, Any], seconds: float, index: int | None) -> dict[str, Any]:
        """Send a request and follow it to its end. ``index``: the cell that outputs belong to, None to drop them.

        Returns the reply (``status``, ``execution_count``, ``cpu`` …), or ``ending`` and whether the runner is ``dead``.
        """
        self.asked += 1
        name = f"c{self.asked}-{random.getrandbits(64):x}"  # noqa: S311 (a name, no secret)
        began = time.monotonic()
        waited = self._waited()
        deadline, interrupted = min(began + seconds, self.deadline), False
        reply: dict[str, Any] = {}
        size = 0
        try:
            self._send({**request, "name": name})
            while True:
                if select.select([self.channel, self.client], [], [], _TICK)[0]:
                    self._check_client()
                    for message, length in self.frames.read():
                        if not isinstance(message, dict):
                            continue
                        if message.get("done") == name:
                            cpu = message.get("cpu")
                            found = {"ending": "timed-out"} if interrupted else {**reply, "endings": message.get("endings")}
                            return {**found, "cpu": cpu if isinstance(cpu, float) else 0.0}
                        if message.get("parent") != name or interrupted:
                            continue
                        size += length
                        if message.get("type") == "execute_reply" and isinstance(message.get("content"), dict):
                            reply = message["content"]
                        elif index is not None:
                            self.outputs.take(index, message, length)
                fault = "flood" if size > _FLOOD * self.job.limits.output + 10**6 else self.watch.check()
                if fault:
                    return {"ending": fault, "dead": True}
                if time.monotonic() < deadline:
                    continue
                queued = self._waited() - waited
                if not interrupted and time.monotonic() < min(began + seconds + queued, self.deadline):
                    # it stood in line for the processor, which is not its fault
                    deadline = min(began + seconds + queued, self.deadline)
                    continue
                if interrupted:
                    return {"ending": "timed-out", "dead": True}
                interrupted, deadline = True, time.monotonic() + _GRACE
                with suppress(OSError):
                    os.kill(self.pid, signal.SIGINT)
        except Broken:
            fault = self.watch.check()
            return {"ending": fault or ("timed-out" if interrupted else "kernel-died"), "dead": True}

    def _send(self, request: dict[str, Any]) -> None:
        try:
            self.channel.sendall(frame(request))
        except OSError as error:
            raise Broken(str(error)) from error

    def _check_client(self) -> None:
        readable, _, _ = select.select([self.client], [], [], 0)
        if readable and not self.client.recv(1, socket.MSG_PEEK):
            raise Abandoned

    def _waited(self) -> float:
        """Seconds that the runner was ready and had no processor, from the kernel's own count (proc(5), schedstat)."""
        try:
            return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    # ------------------------------------------------------------------ the proof

    def _prove(self, indices: tuple[int, ...]) -> None:
        if not indices or self.job.proof == "off" or not self.pid:
            return
        sources = {index: self.notebook.cells[index].source for index in indices}
        copy = proof.make_copy(sources, seed=random.SystemRandom().getrandbits(63), fd=self.proof_fd)
        if copy.cells:
            told = self._ask(
                {"prove": list(copy.cells), "seconds": _PROOF_SECONDS}, _PROOF_SECONDS + _GRACE, None
            )
            endings = told.get("endings")
            sound = isinstance(endings, list) and all(isinstance(one, str) for one in endings)
            endings = endings if sound else ["died"] * len(copy.cells)
        else:
            told, endings = {}, []
        for verdict in copy.judge(self._report(), endings=endings):
            self._verdict(verdict)
        if told.get("dead"):
            self._died()

    def _report(self) -> bytes:
        found = b""
        with suppress(OSError):
            while len(found) < 2**20 and (piece := os.read(self.proof_read, 2**16)):
                found += piece
        return found

    def _verdict(self, verdict: CellProof) -> None:
        """Of several proofs of one cell the worst evidence counts, and else the best."""
        order = {"unverified": 0, "proved": 1, "silence-checked": 2, "unproved": 3}
        known = self.proofs.get(verdict.index)
        if known is None or order[verdict.verdict] < order[known.verdict]:
            self.proofs[verdict.index] = verdict

    def result(self, files: Mapping[str, bytes | None], layers: tuple[str, ...], seconds: float) -> Result:
        kinds = {"disk-full": "kernel-died", "too-many-processes": "kernel-died", "flood": "kernel-died"}
        endings = {kinds.get(one, "timed-out" if one == "not-run" else one) for one in self.endings}
        worst = next(one for one in _WORST if one in endings or one == "ok")
        return Result(
            ending=worst,
            notebook=json.dumps(self.notebook).encode(),
            cells=tuple(self.cells[index] for index in sorted(self.cells)),
            proof=tuple(self.proofs[index] for index in sorted(self.proofs)),
            files=files,
            reason="; ".join(sorted({_ERRORS[one][1] for one in self.endings})),
            notes=tuple(self.notes),
            seconds=seconds,
            layers=layers,
        )


def _add_error(cell: Any, name: str, text: str, lines: list[str]) -> None:
    error = nbformat.from_dict({"output_type": "error", "ename": name, "evalue": text, "traceback": lines})  # type: ignore[no-untyped-call]
    cell.outputs.append(error)


def _append_only(descriptor: int) -> None:
    import fcntl

    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)
