"""Who keeps one notebook's run: a fork of the zygote that never runs submitted code.

It makes the folder, has a runner run one cell after another, folds what is published into outputs, starts again after a
death, proves what passed, and takes out what changed in the folder.
"""

import json
import secrets
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from course_kit.execution import proof
from course_kit.execution.conversation import Conversation
from course_kit.execution.folder import changed_files, file_state, put_files, remove_folder
from course_kit.execution.job import CellProof, CellRun, Ending, Job, Result
from course_kit.execution.notebooks import reads
from course_kit.execution.outputs import OutputFolder, add_error
from course_kit.execution.warden import Warden

_PROOF_SECONDS = 15.0
_MAX_DEATHS = 5

_FAULTS: dict[str, tuple[Ending, str, str]] = {
    "timed-out": ("timed-out", "CellTimeoutError", "No reply from kernel before timeout"),
    "out-of-memory": ("out-of-memory", "OutOfMemoryError", "The notebook used more memory than it may"),
    "too-many-processes": ("kernel-died", "ProcessLimitError", "The notebook started more processes than it may"),
    "disk-full": ("kernel-died", "DiskLimitError", "The notebook wrote more than it may"),
    "flood": ("kernel-died", "OutputLimitError", "The cell sent more output than it may"),
    "kernel-died": ("kernel-died", "DeadKernelError", "Kernel died"),
    "not-run": ("timed-out", "NotRunError", "The notebook's time was over, or its kernel had died too often"),
}
"""What may break a cell: the ending that is told of it, and the name and text of the error that it is given."""
_WORST: tuple[Ending, ...] = ("kernel-died", "out-of-memory", "timed-out", "ok")
_ORDER = {"unverified": 0, "proved": 1, "silence-checked": 2, "unproved": 3}


def keep(warden: Warden, job: Job, client: socket.socket, language: Mapping[str, Any]) -> Result:
    """Run ``job`` with a ``warden`` that knows nothing of it; ``client`` is only asked whether somebody still waits.

    ``language``: the kernel's ``language_info``. Leaves no process and no file behind.
    """
    began = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="course-kit-run-"))
    try:
        for name in ("work", "home", "tmp"):
            (scratch / name).mkdir()
        put_files(scratch / "work", job.files)
        before = file_state(scratch / "work")
        warden.isolate(job.limits, scratch, job.env)
        keeper = _Keeper(warden, job, client, began + job.limits.notebook)
        keeper.notebook.metadata["language_info"] = dict(language)
        try:
            keeper.whole()
        finally:
            keeper.stop()
        files = changed_files(scratch / "work", before, job.limits.disk)
        return keeper.result(files, warden.layers, time.monotonic() - began)
    finally:
        warden.end()
        remove_folder(scratch)


class _Keeper:
    def __init__(self, warden: Warden, job: Job, client: socket.socket, deadline: float) -> None:
        self._warden, self._job, self._client, self._deadline = warden, job, client, deadline
        self.notebook = reads(job.notebook.decode())  # type: ignore[no-untyped-call]
        self._outputs = OutputFolder(self.notebook, job.limits.output)
        self._talk: Conversation | None = None
        self._cells: dict[int, CellRun] = {}
        self._proofs: dict[int, CellProof] = {}
        self._failed_before: set[int] = set()
        self._notes: list[str] = []
        self._faults: set[str] = set()
        self._deaths = self._count = 0

    def whole(self) -> None:
        """Run every code cell, and prove what passed."""
        drawn = proof.draw(self._job.tests, self._job.seed) if self._job.proof == "drawn" else None
        for index in self._code_cells():
            talk = self._runner(index)
            if talk is not None and (index == drawn or (self._job.proof == "all" and index in self._job.tests)):
                self._prove(talk, (index,), again=True)
                talk = self._runner(index)
            if talk is None:
                self._broke(index, "not-run")
                self._cells[index] = CellRun(index, "timed-out")
            else:
                self._cell(talk, index)
        self._point_out()
        passed = tuple(index for index in self._job.tests if self._passed(index))
        if self._talk is not None and passed:
            self._prove(self._talk, passed)
        self._outputs.finish()

    def stop(self) -> None:
        """End the runner and all that it started, and note what it left behind."""
        if self._talk is not None:
            left = self._talk.stop()
            if left:
                what = "a process" if left == 1 else f"{left} processes"
                self._notes.append(f"{what} that it left behind {'was' if left == 1 else 'were'} ended")
            self._talk = None

    def _code_cells(self) -> list[int]:
        """What nbclient would run, and every test."""
        return [
            index
            for index, cell in enumerate(self.notebook.cells)
            if cell.cell_type == "code"
            and cell.source.strip()
            and (index in self._job.tests or "skip-execution" not in cell.metadata.get("tags", []))
        ]

    def _passed(self, index: int) -> bool:
        """Whether nothing yet speaks against points for this test: it ran, no error, nothing on standard error."""
        return index in self._cells and not any(
            output.output_type == "error" or (output.output_type == "stream" and output.name == "stderr")
            for output in self.notebook.cells[index].outputs
        )

    def _runner(self, upto: int) -> Conversation | None:
        """A runner that has seen the cells before ``upto`` that ended: after a death they are run again, unseen.

        None where the notebook's time is over or its kernel died too often.
        """
        while self._deaths <= _MAX_DEATHS and time.monotonic() < self._deadline:
            if self._talk is not None:
                return self._talk
            self._talk, self._count = self._begin(), 0
            if all(self._replayed(self._talk, index) for index in self._cells if index < upto):
                return self._talk
            self._died()
        return None

    def _begin(self) -> Conversation:
        return Conversation(self._warden, self._job.limits, self._client, self._deadline)

    def _replayed(self, talk: Conversation, index: int) -> bool:
        if self._cells[index].ending not in {"ok", "error"}:
            return True
        told = talk.ask({"run": self.notebook.cells[index].source, "cell": ""}, self._seconds())
        self._count += 1
        return "ending" not in told

    def _died(self) -> None:
        self._deaths += 1
        self.stop()

    def _seconds(self) -> float:
        return self._job.limits.cell or self._job.limits.notebook

    def _cell(self, talk: Conversation, index: int) -> None:
        began = time.monotonic()
        self._outputs.begin(index)
        cell = self.notebook.cells[index]
        request = {"run": cell.source, "cell": str(cell.get("id", ""))}
        told = talk.ask(request, self._seconds(), lambda message, size: self._outputs.take(index, message, size))
        ending: Any = "error" if told.get("status") == "error" else "ok"
        if "ending" in told:
            ending = self._broke(index, told["ending"])
        else:
            self._reply(index, told)
        seconds, cpu = round(time.monotonic() - began, 4), round(float(told.get("cpu", 0.0)), 4)
        self._cells[index] = CellRun(index, ending, seconds, cpu)
        if told.get("dead"):
            self._died()

    def _reply(self, index: int, told: Mapping[str, Any]) -> None:
        """What the reply says beyond the outputs: an error that was not shown, a cell that did not run."""
        count = told.get("execution_count")
        # moved, not by one: a cell before it that was interrupted counts as well
        moved = isinstance(count, int) and count > self._count
        self._count = max(self._count, count) if isinstance(count, int) else self._count
        cell = self.notebook.cells[index]
        if told.get("status") == "error":
            # as nbgrader has it: any error that was shown speaks for the reply's
            if not any(output.output_type == "error" for output in cell.outputs):
                name = str(told.get("ename", ""))
                lines = [str(line) for line in told.get("traceback") or ()]
                # nbgrader's own words where a traceback was switched off
                lines = lines or ["ERROR: An error occurred while showtraceback was disabled"]
                add_error(cell, name, str(told.get("evalue", "")), lines)
        elif index in self._job.tests and not moved:
            self._verdict(CellProof(index, "unverified", "The kernel did not count this cell as run."))

    def _broke(self, index: int, fault: str) -> Ending:
        """Zero a cell that broke: an error output, so that nobody takes its silence for a pass."""
        self._faults.add(fault)
        ending, name, text = _FAULTS[fault]
        # as nbgrader writes it
        said = "" if fault == "timed-out" else text
        add_error(self.notebook.cells[index], name, said, [f"\x1b[0;31m{name}\x1b[0m: {text}"])
        return ending

    def _prove(self, talk: Conversation, indices: Sequence[int], *, again: bool = False) -> None:
        """Run a copy of tests; with ``again`` first the test in other words, to be compared with its real run."""
        if self._job.proof == "off":
            return
        sources = {index: self.notebook.cells[index].source for index in indices}
        seed = secrets.randbits(63)
        copy = proof.make_copy(sources, seed=seed, fd=talk.proof_fd)
        first = [proof.reworded(source, seed) for source in sources.values()] if again else []
        told: dict[str, Any] = {}
        endings: list[str] = []
        if copy.cells:
            told = talk.ask({"prove": [*first, *copy.cells], "seconds": _PROOF_SECONDS}, _PROOF_SECONDS + 1)
            endings = _endings(told.get("endings"), len(first) + len(copy.cells))
            self._failed_before.update(
                index for index, one in zip(indices, endings[: len(first)], strict=False) if one == "asserted"
            )
            endings = ["error" if one == "asserted" else one for one in endings[len(first) :]]
            if "timed-out" in endings:
                self._notes.append("a copy of its tests came to no end, though the tests did: look at this notebook")
        for verdict in copy.judge(talk.proof_report(), endings=endings):
            self._verdict(verdict)
        if told.get("dead"):
            self._died()

    def _point_out(self) -> None:
        """Tests that failed in other words a moment before they passed: for a human to look at, never held."""
        for index in sorted(self._failed_before):
            if self._passed(index):
                self._notes.append(
                    f"the test in cell {index + 1} passed, and failed in other words just before: look at this notebook"
                )

    def _verdict(self, verdict: CellProof) -> None:
        """Of several proofs of one cell the worst evidence counts, and else the best."""
        known = self._proofs.get(verdict.index)
        if known is None or _ORDER[verdict.verdict] < _ORDER[known.verdict]:
            self._proofs[verdict.index] = verdict

    def result(self, files: Mapping[str, bytes | None], layers: tuple[str, ...], seconds: float) -> Result:
        """All that is known at the end."""
        endings = {_FAULTS[fault][0] for fault in self._faults}
        return Result(
            ending=next(one for one in _WORST if one in endings or one == "ok"),
            # half of a surrogate pair is no text that could be written down
            notebook=json.dumps(self.notebook, ensure_ascii=False).encode(errors="replace"),
            cells=tuple(self._cells[index] for index in sorted(self._cells)),
            proof=tuple(self._proofs[index] for index in sorted(self._proofs)),
            files=files,
            reason="; ".join(sorted({_FAULTS[fault][2] for fault in self._faults})),
            notes=tuple(dict.fromkeys(self._notes)),
            seconds=seconds,
            layers=layers,
        )


def _endings(told: Any, expected: int) -> list[str]:
    """How the cells of a copy ended, as the runner says; it may say anything."""
    if isinstance(told, list) and len(told) == expected and all(isinstance(one, str) for one in told):
        return told
    return ["died"] * expected
