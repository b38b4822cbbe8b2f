"""A real shell in a process of its own, for what proof says of a submission."""

import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from os import write

import pytest

from course_kit.execution.job import CellProof
from course_kit.execution.proof import make_copy

_SECONDS = 120.0

Cells = Sequence[tuple[str, bool]]


@pytest.fixture
def prove(prove_notebook: Callable[[Cells], list[CellProof]]) -> Callable[..., list[CellProof]]:
    """What proof says of tests that follow a submission's cells: ``prove(cells, tests)``."""

    def run(cells: Sequence[str], tests: Sequence[str]) -> list[CellProof]:
        return prove_notebook([*((source, False) for source in cells), *((source, True) for source in tests)])

    return run


@pytest.fixture
def prove_notebook() -> Callable[[Cells], list[CellProof]]:
    """The same for a notebook's code cells in order, each with whether it is a test that is to be proved.

    Every test has to pass for real first, as the keeper has it; the copy runs in a fork of that shell.
    """
    if not hasattr(os, "fork"):
        pytest.skip("proof runs in a fork")
    return _prove


def _prove(cells: Cells) -> list[CellProof]:
    # imported once, so that no fork has to
    import IPython.core.interactiveshell  # noqa: F401

    readable, writable = os.pipe()
    answers, answer = os.pipe()
    copy = make_copy({index: source for index, (source, test) in enumerate(cells) if test}, seed=7, fd=writable)
    child = os.fork()
    if child == 0:
        _run(cells, copy.cells, answer, writable)
    os.close(writable)
    os.close(answer)
    told, ended = b"", time.monotonic() + _SECONDS
    while select.select([answers], [], [], max(0.0, ended - time.monotonic()))[0] and (piece := os.read(answers, 999)):
        told += piece
    missing = "timed-out" if time.monotonic() > ended else "died"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.set_blocking(readable, False)
    try:
        report = os.read(readable, 2**20)
    except BlockingIOError:
        report = b""
    os.close(readable)
    os.close(answers)
    assert told[:1] == b"!", f"a test did not pass for real: {told!r}"
    endings = [{"o": "ok", "e": "error"}[letter] for letter in told[1:].decode()]
    return list(copy.judge(report, endings=[*endings, *[missing] * (len(copy.cells) - len(endings))]))


def _run(cells: Cells, copy: Sequence[str], answer: int, proof: int) -> None:
    """In the child: the cells, and then the copy in another fork. Never returns."""
    try:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        warnings.simplefilter("ignore")
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.stdout = sys.stderr = os.fdopen(null, "w", closefd=False)
        InteractiveShell.clear_instance()
        # no history: its thread would not survive the fork
        shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
        shell.user_ns["PROOF"] = proof
        for number, (source, test) in enumerate(cells):
            ended = shell.run_cell(source, store_history=True)
            if test and ended is not None and not ended.success:
                write(answer, str(number).encode())
                os._exit(0)
        write(answer, b"!")
        child = os.fork()
        if child == 0:
            for source in copy:
                ended = shell.run_cell(source, store_history=True)
                write(answer, b"o" if ended is None or ended.success else b"e")
            os._exit(0)
        os.waitpid(child, 0)
    finally:
        os._exit(0)
