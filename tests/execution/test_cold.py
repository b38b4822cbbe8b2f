"""Notebooks that no fork can run get a kernel of their own, behind the same walls, and end in the same ways."""

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

from course_kit.execution.cold import run_cold
from course_kit.execution.job import Job, Result
from course_kit.model.limits import Limits

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")]


def notebook(*sources: str) -> bytes:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()


def outputs(result: Result) -> list[list[dict]]:
    return [cell["outputs"] for cell in json.loads(result.notebook)["cells"]]


def endings(result: Result) -> list[str]:
    return [cell.ending for cell in result.cells]


def test_runs_cells_in_the_folder_and_brings_back_what_changed():
    job = Job(
        notebook("open('new.txt', 'w').write(open('data.csv').read())", "import os; os.remove('data.csv')\nprint('x')"),
        files={"data.csv": b"a,b"},
        tests=(1,),
    )
    result = run_cold(job)
    assert (result.ending, result.warm, endings(result)) == ("ok", False, ["ok", "ok"])
    assert result.files == {"new.txt": b"a,b", "data.csv": None}
    assert outputs(result)[1] == [{"name": "stdout", "output_type": "stream", "text": "x\n"}]
    assert [(proof.index, proof.verdict) for proof in result.proof] == [(1, "unproved")]
    assert json.loads(result.notebook)["metadata"]["language_info"]["name"] == "python"


def test_code_cannot_leave_its_folder_or_reach_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    secret = tmp_path / "gradebook.db"
    secret.write_text("scores")
    result = run_cold(
        Job(
            notebook(
                f"open({str(secret)!r}).read()",
                f"open({str(secret)!r}, 'w')",
                "import socket\nsocket.create_connection(('127.0.0.1', 22), 2)",
                "import os\nos.kill(os.getppid(), 9)",
                "import os\nsorted(name for name in os.environ if 'SECRET' in name)",
            )
        )
    )
    found = outputs(result)
    assert [cell[0]["output_type"] for cell in found[:3]] == ["error", "error", "error"]
    assert found[2][0]["ename"] == "PermissionError"
    assert found[4][0]["data"]["text/plain"] == "[]"
    assert secret.read_text() == "scores"
    assert {"landlock", "limits"} <= set(result.layers) or not Path("/sys/kernel/security").exists()


def test_a_death_and_a_time_out_cost_their_own_cells_only():
    result = run_cold(
        Job(
            notebook(
                "import time\nx = 1",
                "import os; os._exit(3)",
                "while True:\n    try:\n        time.sleep(9)\n    except KeyboardInterrupt:\n        pass",
                "time.sleep(30)",
                "x",
            ),
            limits=Limits(cell=2),
        )
    )
    assert endings(result) == ["ok", "kernel-died", "timed-out", "timed-out", "ok"]
    found = outputs(result)
    assert [found[1][-1]["ename"], found[2][-1]["ename"]] == ["DeadKernelError", "CellTimeoutError"]
    assert found[4][0]["data"]["text/plain"] == "1"
    assert result.ending == "kernel-died"


def test_memory_is_bounded_and_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    result = run_cold(
        Job(
            notebook(
                "b = bytearray(3 * 10**9)",
                "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], "
                "start_new_session=True)\n1",
            ),
            limits=Limits(memory=10**9),
        )
    )
    assert outputs(result)[0][0]["ename"] == "MemoryError"
    assert result.notes == ("a process that it left behind was ended",)
    assert not list(tmp_path.iterdir())


def test_a_kernel_that_is_missing_or_does_not_start_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "kernels" / "broken"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": ["/nowhere/kernel", "{connection_file}"], "language": "x"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path) + os.pathsep + os.environ.get("JUPYTER_PATH", ""))
    missing = run_cold(Job(notebook("1"), kernel="nothing-of-the-kind"))
    assert (missing.ending, missing.reason) == (
        "missing-kernel",
        "The kernel 'nothing-of-the-kind' is not installed here.",
    )
    broken = run_cold(Job(notebook("1"), kernel="broken"))
    assert (broken.ending, broken.reason) == ("failed", "The kernel 'broken' did not start: kernel-died.")
