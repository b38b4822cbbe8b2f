"""The installed kernel *Python 3 (warm)*, used unchanged by papermill, nbgrader and a Jupyter server."""

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import pytest

REPO = Path(__file__).parents[2]
KERNEL = REPO / "course_kit" / "execution" / "warm" / "kernelspec" / "kernel.json"
PARENT = "import os\nprint(open(f'/proc/{os.getppid()}/cmdline').read().split(chr(0))[2])"
SERVER = "course_kit.execution.warm.server"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which course-kit's kernel and entry point are installed as the wheel installs them."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    site = tmp_path / "site" / "course_kit_entry-0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: course-kit-entry\nVersion: 0\n")
    points = project["entry-points"]["jupyter_client.kernel_provisioners"]
    lines = ["[jupyter_client.kernel_provisioners]", *(f"{name} = {place}" for name, place in points.items())]
    (site / "entry_points.txt").write_text("\n".join(lines))
    folder = tmp_path / "share" / "kernels" / "python3-warm"
    folder.mkdir(parents=True)
    shutil.copy(KERNEL, folder)
    return {
        **os.environ,
        "PYTHONPATH": str(site.parent),
        "JUPYTER_PATH": str(tmp_path / "share"),
        "COURSE_KIT_PRELOAD": "json",
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }


def notebook_at(path: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def run(script: str, env: dict[str, str], folder: Path) -> str:
    command = [sys.executable, "-W", "ignore", "-c", script]
    ran = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_papermill(installed: dict[str, str], tmp_path: Path):
    notebook_at(tmp_path / "in.ipynb", PARENT)
    run(
        "import papermill; papermill.execute_notebook('in.ipynb', 'out.ipynb', kernel_name='python3-warm', "
        "progress_bar=False)",
        installed,
        tmp_path,
    )
    assert nbformat.read(tmp_path / "out.ipynb", 4).cells[0].outputs[0].text == f"{SERVER}\n"


def test_nbgrader(installed: dict[str, str], tmp_path: Path):
    pytest.importorskip("nbgrader")
    notebook_at(tmp_path / "in.ipynb", PARENT, "1 / 0")
    found = run(
        "import nbformat, json\nfrom traitlets.config import Config\nfrom nbgrader.preprocessors import Execute\n"
        "config = Config()\nconfig.ExecutePreprocessor.kernel_name = 'python3-warm'\n"
        "book = nbformat.read('in.ipynb', 4)\n"
        "book, _ = Execute(config=config).preprocess(book, {'metadata': {'path': '.'}})\n"
        "print(json.dumps([cell.outputs for cell in book.cells]))",
        installed,
        tmp_path,
    )
    first, second = json.loads(found.splitlines()[-1])
    assert [first[0]["text"], second[0]["ename"]] == [f"{SERVER}\n", "ZeroDivisionError"]


def test_a_jupyter_server(installed: dict[str, str], tmp_path: Path):
    ready = tmp_path / "runtime"
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        "--no-browser",
        "--ServerApp.token=t",
        "--port=0",
        "--allow-root",
    ]
    with subprocess.Popen(
        command, env=installed, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            deadline = time.monotonic() + 60
            while not (found := list(ready.glob("jpserver-*.json"))):
                assert time.monotonic() < deadline, "the server never came up"
                time.sleep(0.05)
            while not (told := found[0].read_text()).endswith("}"):
                assert time.monotonic() < deadline, "the server's file was never written to its end"
                time.sleep(0.05)
            url = json.loads(told)["url"]
            specs = asked(f"{url}api/kernelspecs")["kernelspecs"]
            assert specs["python3-warm"]["spec"]["display_name"] == "Python 3 (warm)"
            body = {"path": "x.ipynb", "name": "x", "type": "notebook", "kernel": {"name": "python3-warm"}}
            session = asked(f"{url}api/sessions", body)
            kernel = session["kernel"]["id"]
            forked = forked_by(server.pid)
            assert forked
            assert asked(f"{url}api/kernels/{kernel}/restart", {})["id"] == kernel
            assert forked_by(server.pid)
            assert forked_by(server.pid) != forked
        finally:
            server.terminate()
            server.wait(30)
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in forked):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def asked(url: str, body: dict[str, Any] | None = None) -> Any:
    """What the server answers; it says where it will listen a moment before it does."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return _asked(url, body)
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _asked(url: str, body: dict[str, Any] | None) -> Any:
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())  # noqa: S310
    request.add_header("Authorization", "token t")
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.loads(answer.read())


def forked_by(owner: int) -> set[int]:
    """The kernels of the fork server of this process."""
    servers = [pid for pid in children(owner) if SERVER in Path(f"/proc/{pid}/cmdline").read_text()]
    return {kernel for server in servers for kernel in children(server)}


def children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}
