"""Proof of pass, told by submissions that are run in a real shell: their cells, their tests, then the copy in a fork."""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence

import pytest

from course_kit.execution.job import CellProof
from course_kit.execution.proof import make_copy

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="proof runs in a fork")

_SECONDS = 10.0


def prove(cells: Sequence[str], tests: Sequence[str], *, seed: int = 7, pass_first: bool = True) -> list[CellProof]:
    """What proof says of ``tests`` after ``cells``; each test must pass for real first, as the keeper has it."""
    readable, writable = os.pipe()
    answers, answer = os.pipe()
    copy = make_copy(dict(enumerate(tests)), seed=seed, fd=writable)
    child = os.fork()
    if child == 0:
        _run(cells, tests, copy.cells, answer, pass_first)
    os.close(writable)
    os.close(answer)
    told, ended = b"", time.monotonic() + _SECONDS
    while select.select([answers], [], [], max(0.0, ended - time.monotonic()))[0] and (piece := os.read(answers, 999)):
        told += piece
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.set_blocking(readable, False)
    try:
        report = os.read(readable, 2**20)
    except BlockingIOError:
        report = b""
    os.close(readable)
    os.close(answers)
    assert told[:1] == b"!", "a test did not pass for real"
    words = {"o": "ok", "e": "error"}
    endings = [words[letter] for letter in told[1:].decode()]
    missing = "timed-out" if time.monotonic() > ended else "died"
    return list(copy.judge(report, endings=[*endings, *[missing] * (len(copy.cells) - len(endings))]))


def _run(cells: Sequence[str], tests: Sequence[str], copy: Sequence[str], answer: int, pass_first: bool) -> None:
    try:
        from IPython.core.interactiveshell import InteractiveShell

        null = os.open(os.devnull, os.O_WRONLY)
        if not os.environ.get("PROOF_LOUD"):
            os.dup2(null, 1)
            os.dup2(null, 2)
            sys.stdout = sys.stderr = open(null, "w", closefd=False)
        InteractiveShell.clear_instance()
        shell = InteractiveShell.instance()
        for source in cells:
            shell.run_cell(source, store_history=True)
        for source in tests:
            ended = shell.run_cell(source, store_history=True)
            if pass_first and ended is not None and not ended.success:
                os._exit(0)
        os.write(answer, b"!")
        child = os.fork()
        if child == 0:
            for source in copy:
                ended = shell.run_cell(source, store_history=True)
                os.write(answer, b"o" if ended is None or ended.success else b"e")
            os._exit(0)
        os.waitpid(child, 0)
    finally:
        os._exit(0)


def verdict(cells: str, test: str) -> str:
    (found,) = prove([cells], [test])
    return found.verdict


def test_equality_proved() -> None:
    assert prove(["def f(x):\n    return x * x"], ["assert f(3) == 9\nassert f(4) == 16"]) == [
        CellProof(0, "proved", "Random values in the expected ones' place were refused (line 1, 2).")
    ]
