"""A video in real kernels: in front of a person it is recorded, under programs it is plain and silent."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from course_kit.model.video import Copy, Video, videos_file

pytestmark = pytest.mark.slow
VIDEO = Video(
    key="intro", title="Intro", seconds=60, full=Copy(path="notebooks/intro.webm", bytes=4), text="<p>All</p>"
)
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def lesson(make_workspace: Callable[..., Path], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook of an opened lesson with a video."""
    monkeypatch.setenv("COURSE_KIT_DATA", str(data))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("JPY_SESSION_NAME", "COURSE_KIT_KERNEL", "COURSE_KIT_RECORD"):
        monkeypatch.delenv(name, raising=False)
    root = make_workspace(lesson={"videos": {"intro": 60.0}, "complete": "video intro >= 50 %"})
    file = root / ".course-kit/videos/frames.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(videos_file("frames", [VIDEO])))
    (root / "notebooks/intro.webm").write_bytes(b"film")
    return root / "notebooks/frames.ipynb"


@pytest.fixture
def client(lesson: Path) -> Iterator[BlockingKernelClient]:
    """A kernel as jupyter-server starts it for the notebook."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(lesson.parent), env={**os.environ, "JPY_SESSION_NAME": str(lesson)})
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def displayed(client: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []

    def on_output(message: dict[str, Any]) -> None:
        if message["msg_type"] in ("display_data", "execute_result"):
            shown.append(message["content"]["data"])
        assert message["msg_type"] != "error", message["content"]

    client.execute_interactive(code, output_hook=on_output, timeout=60)
    return shown


def test_what_a_page_tells_is_on_the_disk_before_it_is_answered(
    client: BlockingKernelClient, facts: Callable[..., list[dict[str, Any]]]
) -> None:
    displayed(client, "%load_ext course_kit")
    (data,) = displayed(client, 'video("frames/intro")')
    comm = data[WIDGET]["model_id"]
    content = {"kind": "watched", "id": "one", "ranges": [[0, 31]], "duration": 60.1}
    message = client.session.msg("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}})
    client.shell_channel.send(message)
    while True:
        found = client.get_iopub_msg(timeout=60)
        said = found["content"].get("data", {}) if found["msg_type"] == "comm_msg" else {}
        if said.get("method") == "custom":
            break
    assert said["content"] == {"kind": "reply", "id": "one", "ok": True}
    (fact,) = facts("VideoWatched")
    assert (fact["lesson"], fact["video"], fact["ranges"], fact["duration"]) == ("frames", "intro", [[0.0, 31.0]], 60.0)
    assert facts("CellRan") == []  # neither loading nor watching is a cell of the lesson


@pytest.mark.parametrize("variable", ["", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING"])
def test_programs_show_it_plainly_and_record_nothing(
    lesson: Path, facts: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
        monkeypatch.setenv("JPY_SESSION_NAME", str(lesson))
    sources = [
        "%load_ext course_kit",
        'video("frames/intro")',
        "%%video own\ntitle: Own\nfile: intro.webm\nlength: 1:00",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    executed = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": lesson.parent}}).execute()
    assert "widgets" not in executed.metadata
    for cell in executed.cells[1:]:
        (output,) = cell.outputs
        assert set(output.data) == {"text/html", "text/plain"}
        assert 'src="intro.webm"' in output.data["text/html"]
    assert facts() == []
