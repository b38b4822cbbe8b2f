"""Real kernels: killed in the middle, run by programs, run by people."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from course_kit.model.kinds import Check, CodeCheck
from course_kit.session.quizzes import open_quiz

pytestmark = pytest.mark.slow

LESSON = ["%load_ext course_kit", "x = 6 * 7", 'quiz("frames/robust")', "1 / 0"]


def lesson_notebook() -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(LESSON[:3])]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


@pytest.fixture
def environ(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_KIT_DATA", str(data))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("JPY_SESSION_NAME", "COURSE_KIT_KERNEL", "COURSE_KIT_RECORD"):
        monkeypatch.delenv(name, raising=False)


class Kernel:
    """A kernel as jupyter-server starts it for a notebook."""

    def __init__(self, workspace: Path) -> None:
        notebook = workspace / "notebooks/frames.ipynb"
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(notebook.parent), env={**os.environ, "JPY_SESSION_NAME": str(notebook)})
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, source: str, cell: str) -> dict[str, Any]:
        """Run a cell as JupyterLab does: the request bears the cell's id. Returns texts and the error's name."""
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        said: dict[str, Any] = {"out": "", "err": "", "error": None, "shown": []}
        while True:
            found = self.client.get_iopub_msg(timeout=60)
            if found["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            kind, body = found["msg_type"], found["content"]
            if kind == "stream":
                said["out" if body["name"] == "stdout" else "err"] += body["text"]
            elif kind == "error":
                said["error"] = body["ename"]
            elif kind in ("display_data", "execute_result"):
                said["shown"].append(body["data"])
            elif kind == "status" and body["execution_state"] == "idle":
                return said

    def says(self, comm: str, subshell: str | None = None, **content: Any) -> dict[str, Any]:
        """Send a widget's message as a page does, perhaps to a subshell; the reply to it."""
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        while True:
            found = self.client.get_iopub_msg(timeout=60)
            said = found["content"].get("data", {}) if found["msg_type"] == "comm_msg" else {}
            if said.get("method") == "custom" and said["content"].get("id") == content["id"]:
                return dict(said["content"])

    def subshell(self) -> str:
        """Begin a subshell, as JupyterLab does for widgets."""
        self.client.control_channel.send(self.client.session.msg("create_subshell_request", {}))
        while True:
            found = self.client.get_control_msg(timeout=60)
            if found["msg_type"] == "create_subshell_reply":
                return str(found["content"]["subshell_id"])

    def kill(self) -> None:
        pid = self.manager.provisioner.pid
        os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(workspace: Path, environ: None) -> Iterator[Kernel]:
    one = Kernel(workspace)
    yield one
    one.close()


def test_a_person_in_front_of_a_lesson_is_recorded(kernel: Kernel, facts: Callable[..., list[dict[str, Any]]]) -> None:
    said = [kernel.run(source, f"c{n}") for n, source in enumerate(LESSON)]
    assert [one["err"] for one in said] == ["", "", "", ""]
    assert "text/html" in said[2]["shown"][0]
    ran = [(fact["lesson"], fact["cell"], fact["ok"], fact["error"]) for fact in facts("CellRan")]
    assert ran == [("frames", "c1", True, None), ("frames", "c3", False, "ZeroDivisionError")]


def test_a_lesson_may_change_its_folder(kernel: Kernel) -> None:
    kernel.run(LESSON[0], "c0")
    kernel.run("import os; os.chdir('/')", "c1")
    assert "text/html" in kernel.run(LESSON[2], "c2")["shown"][0]


def test_outside_a_release_the_error_says_what_to_do(kernel: Kernel) -> None:
    kernel.run(LESSON[0], "c0")
    said = kernel.run('quiz("frames/gone")', "c1")
    assert said["error"] == "NotFound"


def test_loading_twice_and_unloading(kernel: Kernel, facts: Callable[..., list[dict[str, Any]]]) -> None:
    kernel.run("%load_ext course_kit", "c0")
    kernel.run("%reload_ext course_kit", "c0")
    kernel.run("1", "c1")
    kernel.run("%unload_ext course_kit", "c2")
    kernel.run("2", "c3")
    assert [fact["cell"] for fact in facts("CellRan")] == ["c1"]


def test_kill_9_loses_no_acknowledged_answer(kernel: Kernel, workspace: Path, data: Path, facts: Any) -> None:
    kernel.run("%load_ext course_kit", "c0")
    kernel.run('widget = quiz("frames/robust")', "c1")
    answering = """
import itertools
for number in itertools.count(1):
    widget.session.answer("mean", str(number + 10))
    print(number, flush=True)
"""
    message = kernel.client.execute(answering)
    acknowledged = 0
    while acknowledged < 50:
        found = kernel.client.get_iopub_msg(timeout=60)
        if found["parent_header"].get("msg_id") == message and found["msg_type"] == "stream":
            acknowledged = max(acknowledged, *(int(line) for line in found["content"]["text"].split()))
    kernel.kill()
    kept = [int(fact["response"]) - 10 for fact in facts("ItemAnswered")]
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= acknowledged
    again = open_quiz("frames/robust", cwd=workspace, data=data, environ={"COURSE_KIT_RECORD": "1"})
    assert again.state_of("mean").attempts == len(kept)


def test_programs_that_run_notebooks_are_not_recorded(workspace: Path, environ: None, data: Path) -> None:
    notebook = lesson_notebook()
    NotebookClient(notebook, resources={"metadata": {"path": str(workspace / "notebooks")}}).execute()
    assert "Which is robust?" in json.dumps(notebook.cells[2].outputs)
    assert not data.exists()


def test_nor_is_nbgrader(workspace: Path, environ: None, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("JPY_SESSION_NAME", str(workspace / "notebooks/frames.ipynb"))
    NotebookClient(lesson_notebook(), resources={"metadata": {"path": str(workspace / "notebooks")}}).execute()
    assert not data.exists()


CODE = CodeCheck(key="code", prompt="Write `f`.", checks=(Check(code="f(1) == 2", feedback="Add one."),))
SHORT_LIMIT = "import course_kit.session.code_checks as checks; checks.SECONDS = 0.5"


@pytest.fixture
def checking(make_workspace: Callable[..., Path], environ: None) -> Iterator[tuple[Kernel, str]]:
    """A kernel in front of a code check, and its quiz's comm."""
    one = Kernel(make_workspace((CODE,)))
    one.run(f"%load_ext course_kit\n{SHORT_LIMIT}", "c0")
    shown = one.run('quiz("frames/robust")', "c1")["shown"][0]
    yield one, shown["application/vnd.jupyter.widget-view+json"]["model_id"]
    one.close()


def test_code_is_checked_where_cells_run(checking: tuple[Kernel, str]) -> None:
    kernel, comm = checking
    subshell = kernel.subshell()
    kernel.run(
        "import threading\nwhere = []\ndef f(x):\n    where.append(threading.current_thread().name)\n    return 3", "c2"
    )
    for number, place in enumerate((None, subshell)):
        reply = kernel.says(comm, place, id=f"m{number}", kind="check", item="code")
        assert reply["outcome"]["state"] == "wrong"
        assert reply["standing"]["response"] == ["failed: f(1) is 3"]
    assert kernel.run("print(set(where))", "c3")["out"] == "{'MainThread'}\n"
    kernel.run("def f(x): print('noise'); return x + 1", "c4")
    assert kernel.says(comm, subshell, id="m3", kind="check", item="code")["outcome"]["state"] == "right"
    reply = kernel.says(comm, id="m4", kind="answer", item="code", response=["ok"])
    assert (reply["ok"], reply["code"]) == (False, "invalid")


def test_code_that_does_not_end_leaves_the_kernel_alive(checking: tuple[Kernel, str]) -> None:
    kernel, comm = checking
    subshell = kernel.subshell()
    kernel.run("x = 41\nimport time\ndef f(x):\n    while True: time.sleep(1)", "c2")
    for number, place in enumerate((None, subshell)):
        reply = kernel.says(comm, place, id=f"m{number}", kind="check", item="code")
        assert reply["standing"]["response"] == ["error: stopped after 0.5 seconds"]
    assert kernel.run("print(x + 1)", "c3")["out"] == "42\n"
