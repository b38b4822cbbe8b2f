"""A fresh kernel runs every cell and says how each one ended, whatever the cells do."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from course_kit.bridges.kernel import kernel_of, run_cells
from course_kit.errors import Unavailable

pytestmark = pytest.mark.slow


def notebook(*sources: str, kernel: str = "python3") -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(sources)
    ]
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


def test_an_error_does_not_end_the_run_and_nobody_is_recorded(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    ran = run_cells(
        notebook(
            "import os; from pathlib import Path; Path('here').touch(); os.environ['COURSE_KIT_TRIAL']",
            "1 / 0",
            "x = 1",
        ),
        cwd=tmp_path,
        progress=lambda done, total, what: seen.append((done, total)),
    )
    assert [(cell.ending, cell.error, cell.message) for cell in ran.cells] == [
        ("ok", "", ""),
        ("error", "ZeroDivisionError", "division by zero"),
        ("ok", "", ""),
    ]
    assert ran.notebook.cells[0].outputs[0].data["text/plain"] == "'1'"
    assert (tmp_path / "here").exists()
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_cell_that_hangs_is_stopped_and_the_rest_runs(tmp_path: Path) -> None:
    ran = run_cells(notebook("while True: pass", "x = 1"), cwd=tmp_path, timeout=1)
    assert [cell.ending for cell in ran.cells] == ["timed-out", "ok"]
    assert ran.cells[0].message == "It took longer than 1 seconds and was stopped."


def test_a_kernel_that_dies_is_that_cells_outcome(tmp_path: Path) -> None:
    ran = run_cells(notebook("import os; os._exit(1)", "x = 1"), cwd=tmp_path)
    assert [cell.ending for cell in ran.cells] == ["died", "not-run"]


def test_cancelling_kills_the_kernel(tmp_path: Path) -> None:
    code = "import os, time; from pathlib import Path; Path('pid').write_text(str(os.getpid())); time.sleep(600)"
    begun, pid = time.monotonic(), tmp_path / "pid"
    ran = run_cells(notebook(code, "x = 1"), cwd=tmp_path, cancelled=lambda: pid.exists() and pid.read_text() != "")
    assert ran.cancelled
    assert [cell.ending for cell in ran.cells] == ["not-run", "not-run"]
    assert time.monotonic() - begun < 60
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_missing_kernel_is_named_with_those_that_are_there() -> None:
    with pytest.raises(Unavailable, match=r"'xpython', which is not installed here .*python3") as caught:
        kernel_of(notebook(kernel="xpython"))
    assert "--kernel python3" in caught.value.hint
    assert kernel_of(notebook(kernel="xpython"), "python3") == "python3"
