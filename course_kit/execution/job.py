"""What goes into running one notebook, and what comes out of it: plain values that travel as JSON."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from course_kit.errors import check_version
from course_kit.model.limits import Limits

VERSION = 1

Ending = Literal["ok", "timed-out", "out-of-memory", "kernel-died", "missing-kernel", "failed"]
"""How the worst of a notebook's cells ended. ``timed-out``, ``out-of-memory`` and ``kernel-died``: that cell was given
an error output, and the rest ran; ``missing-kernel`` and ``failed``: nothing can be said of the notebook."""

Verdict = Literal["proved", "silence-checked", "unproved", "unverified"]
ProofMode = Literal["drawn", "all", "off"]


@dataclass(frozen=True)
class Job:
    """One notebook (nbformat 4 JSON, sanitized) to be run in a folder that holds ``files`` (relative path to bytes).

    ``tests``: the positions of the cells that score points, in order; only these are proved. ``preload``: modules that
    the warm kernel may hold already. ``seed`` draws what the proof draws in secret. ``env`` is all that the code sees
    of the environment beside what every kernel gets. ``kernel`` is the kernelspec to run in.
    """

    notebook: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    tests: tuple[int, ...] = ()
    limits: Limits = field(default_factory=Limits)
    kernel: str = "python3"
    preload: tuple[str, ...] = ()
    proof: ProofMode = "drawn"
    seed: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    require_sandbox: bool = False

    def to_json(self) -> bytes:
        found = {**asdict(self), "version": VERSION}
        found["notebook"] = base64.b64encode(self.notebook).decode()
        found["files"] = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        return json.dumps(found).encode()


def job_from_json(text: bytes) -> Job:
    """The :class:`Job` that :meth:`Job.to_json` wrote. Raises :class:`~course_kit.errors.WrongVersion`."""
    found = _loaded(text, "A job")
    files = {name: base64.b64decode(content) for name, content in found.pop("files").items()}
    notebook, limits = base64.b64decode(found.pop("notebook")), Limits(**found.pop("limits"))
    tests, preload = tuple(found.pop("tests")), tuple(found.pop("preload"))
    return Job(notebook=notebook, files=files, limits=limits, tests=tests, preload=preload, **found)


@dataclass(frozen=True)
class CellRun:
    """One code cell that ran: its position, how it ended, and its seconds of wall and of processor time."""

    index: int
    ending: Literal["ok", "error", "timed-out", "out-of-memory", "kernel-died"]
    seconds: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class CellProof:
    """What proof found of one scoring cell; ``evidence`` is for the instructor, one sentence."""

    index: int
    verdict: Verdict
    evidence: str = ""


@dataclass(frozen=True)
class Result:
    """The notebook as executed. ``files``: what the code wrote into its folder, None for a file that it removed.

    ``reason`` explains an ``ending`` other than ``ok`` in one sentence; ``notes`` tell the instructor what else
    happened (a process that was left behind and ended). ``warm``: False where a cold kernel did the work.
    ``layers``: the sandbox's layers that were in force.
    """

    ending: Ending
    notebook: bytes
    cells: tuple[CellRun, ...] = ()
    proof: tuple[CellProof, ...] = ()
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    reason: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    warm: bool = True
    layers: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        found = {**asdict(self), "version": VERSION}
        found["notebook"] = base64.b64encode(self.notebook).decode()
        found["files"] = {
            name: None if content is None else base64.b64encode(content).decode()
            for name, content in self.files.items()
        }
        return json.dumps(found).encode()


def result_from_json(text: bytes) -> Result:
    """The :class:`Result` that :meth:`Result.to_json` wrote. Raises :class:`~course_kit.errors.WrongVersion`."""
    found = _loaded(text, "A result")
    return Result(
        notebook=base64.b64decode(found.pop("notebook")),
        files={
            name: None if content is None else base64.b64decode(content) for name, content in found.pop("files").items()
        },
        cells=tuple(CellRun(**cell) for cell in found.pop("cells")),
        proof=tuple(CellProof(**one) for one in found.pop("proof")),
        notes=tuple(found.pop("notes")),
        layers=tuple(found.pop("layers")),
        **found,
    )


def _loaded(text: bytes, what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    check_version(what, found.pop("version", None), VERSION)
    return found
