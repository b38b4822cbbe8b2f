"""Kernels forked from a warm process behave as kernels do: for nbclient, jupyter_client, and when they are killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager, start_new_kernel
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient import NotebookClient

from course_kit.execution.provisioner import NAME, WarmProvisioner
from course_kit.execution.warm import client

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
    pytest.mark.filterwarnings("ignore:.*:ResourceWarning"),  # jupyter_client's own sockets
]


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    from importlib.metadata import EntryPoint

    entry = EntryPoint(NAME, "course_kit.execution.provisioner:WarmProvisioner", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.clear_instance()
    monkeypatch.setitem(KernelProvisionerFactory.provisioners, NAME, entry)
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", NAME)
    monkeypatch.setenv("COURSE_KIT_PRELOAD", "numpy")
    monkeypatch.chdir(tmp_path)
    yield
    KernelProvisionerFactory.clear_instance()


@pytest.fixture(autouse=True, scope="module")
def _no_server_left() -> Iterator[None]:
    yield
    servers = [server.pid for server in client._servers.values()]
    client.stop_all()
    assert servers
    assert not [pid for pid in servers if Path(f"/proc/{pid}").exists()]


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def said(kernel_client, source: str) -> str:
    found: list[str] = []

    def hook(message):
        content = message["content"]
        if message["msg_type"] == "stream":
            found.append(content["text"])
        elif message["msg_type"] == "error":
            found.append(content["ename"])

    kernel_client.execute_interactive(source, output_hook=hook, timeout=30)
    return "".join(found)


def executed(*sources: str, **options) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, kernel_name="python3", allow_errors=True, **options).execute()
    return notebook


@pytest.fixture
def running() -> Iterator[tuple[KernelManager, object]]:
    manager, kernel_client = start_new_kernel(kernel_name="python3")
    assert isinstance(manager.provisioner, WarmProvisioner)
    assert manager.provisioner.is_warm
    yield manager, kernel_client
    kernel_client.stop_channels()
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def test_a_kernel_is_a_process_of_its_own(running, tmp_path: Path):
    _, kernel_client = running
    found = said(
        kernel_client,
        textwrap.dedent(
            """
            import os, sys, threading, __main__
            print(os.getcwd(), os.getsid(0) == os.getpid(), sys.argv[0].endswith("ipykernel_launcher.py"), sys.argv[1])
            print(__main__.__dict__ is globals(), "numpy" in sys.modules, sys.flags.safe_path)
            print(*map(os.environ.get, ("COURSE_KIT_PRELOAD", "OPENBLAS_NUM_THREADS", "JPY_PARENT_PID")))
            """
        ),
    )
    threads = os.environ.get("OPENBLAS_NUM_THREADS")
    assert found.splitlines() == [
        f"{tmp_path} True True -f",
        "True False False",
        f"numpy {threads} {os.getpid()}",
    ]
    assert said(kernel_client, "import numpy; print(numpy.arange(3).sum())") == "3\n"


def test_kernels_draw_different_numbers_and_start_from_nothing():
    source = "import random, numpy, uuid, tempfile\nprint(random.random(), numpy.random.rand(), tempfile.mktemp())"
    first, second = (executed("'x' in globals()", "x = 1", source) for _ in range(2))
    texts = [book.cells[2].outputs[0].text.split() for book in (first, second)]
    assert not set(texts[0]) & set(texts[1])
    assert second.cells[0].outputs[0].data["text/plain"] == "False"
    assert [cell.execution_count for cell in second.cells] == [1, 2, 3]


def test_interrupt_restart_and_shutdown(running):
    manager, kernel_client = running
    # what is asked right after an error would else be answered with "aborted", by any ipykernel
    kernel_client.execute("import time\nprint('begun', flush=True)\ntime.sleep(600)", stop_on_error=False)
    until(lambda: kernel_client.get_iopub_msg(timeout=20)["content"].get("text") == "begun\n")
    manager.interrupt_kernel()
    reply = kernel_client.get_shell_msg(timeout=20)
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    first = manager.provisioner.pid
    assert said(kernel_client, "x = 1; print(x)") == "1\n"
    manager.restart_kernel()
    kernel_client.wait_for_ready(timeout=30)
    assert manager.provisioner.pid != first
    assert said(kernel_client, "print(x)") == "NameError"
    process = manager.provisioner.process
    manager.shutdown_kernel()
    assert process.poll() == 0
    assert not manager.is_alive()


@pytest.mark.parametrize(
    ("source", "code"), [("import os; os._exit(7)", 7), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_tells_how_a_kernel_ended(running, source: str, code: int):
    manager, kernel_client = running
    process = manager.provisioner.process
    assert process.poll() is None
    kernel_client.execute(source)
    until(lambda: process.poll() is not None)
    assert process.returncode == code
    assert not manager.is_alive()


def test_kernels_end_with_their_server_and_the_next_one_is_warm_again(running):
    manager, _ = running
    process, kernel = manager.provisioner.process, manager.provisioner.pid
    server = int(Path(f"/proc/{kernel}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(server, signal.SIGKILL)
    until(lambda: process.poll() is not None)
    assert process.returncode == -signal.SIGKILL
    manager.restart_kernel(now=True)
    assert manager.provisioner.is_warm
    assert manager.is_alive()


def test_two_at_once_share_a_server():
    async def both() -> list[str]:
        async def one(number: int) -> str:
            cell = nbformat.v4.new_code_cell(f"import os\nprint({number}, os.getppid())")
            book = nbformat.v4.new_notebook(cells=[cell])
            await NotebookClient(book, kernel_name="python3").async_execute()
            return book.cells[0].outputs[0].text

        return await asyncio.gather(*map(one, range(4)))

    found = [text.split() for text in asyncio.run(both())]
    assert [number for number, _ in found] == ["0", "1", "2", "3"]
    assert len({server for _, server in found}) == 1


def test_nothing_outlives_the_process_that_started_it(tmp_path: Path):
    script = tmp_path / "owner.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, time
            from importlib.metadata import EntryPoint
            from jupyter_client.manager import start_new_kernel
            from jupyter_client.provisioning import KernelProvisionerFactory as F
            F.provisioners["warm-provisioner"] = EntryPoint(
                "warm-provisioner", "course_kit.execution.provisioner:WarmProvisioner", F.GROUP_NAME)
            manager, client = start_new_kernel(kernel_name="python3")
            from course_kit.execution.warm.client import _servers
            print(manager.provisioner.pid, *[server.pid for server in _servers.values()], flush=True)
            time.sleep(600)
            """
        )
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        assert len(pids) == 2
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
        owner.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def test_figures_and_errors_appear_as_ever(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("COURSE_KIT_PRELOAD", "matplotlib.pyplot")
    book = executed(
        "import matplotlib\nhasattr(matplotlib, 'pyplot')", "import matplotlib.pyplot as plt\nplt.plot([1]);", "1/0"
    )
    assert book.cells[0].outputs[0].data["text/plain"] == "False"
    assert [(o.output_type, sorted(o.data)) for o in book.cells[1].outputs] == [
        ("display_data", ["image/png", "text/plain"])
    ]
    assert book.cells[2].outputs[0].ename == "ZeroDivisionError"


@pytest.mark.parametrize("name", ["numpy.py", "matplotlibrc"])
def test_a_file_that_a_library_would_have_found_makes_the_kernel_cold(tmp_path: Path, name: str):
    (tmp_path / name).write_text("")
    manager, kernel_client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    try:
        assert not manager.provisioner.is_warm
        assert said(kernel_client, "print(1)") == "1\n"
    finally:
        kernel_client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def test_what_is_not_ipykernel_is_started_as_ever(tmp_path: Path):
    provisioner = WarmProvisioner(kernel_id="x", kernel_spec=None, parent=None)

    async def story() -> None:
        await provisioner.launch_kernel([sys.executable, "-c", "import sys; sys.exit(5)"], env=dict(os.environ))
        assert not provisioner.is_warm
        assert await provisioner.wait() == 5

    asyncio.run(story())


def test_a_kernel_cannot_tell_that_it_was_forked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_KIT_PRELOAD", "numpy,pandas,matplotlib.pyplot")
    source = """
        import gc, json, os, signal, sys, threading
        state = {
            "modules": sorted(one for one in sys.modules if not one.startswith(("course_kit", "ipykernel_launcher"))),
            "path": sys.path,
            "flags": str(sys.flags),
            "environment": sorted(os.environ),
            "signals": [str(signal.getsignal(number)) for number in (1, 2, 13, 15, 17)],
            "arguments": [sys.argv[0], sys.orig_argv[:3]],
            "garbage": [gc.isenabled(), gc.get_threshold()],
            "names": sorted(globals()),
            "threads": threading.active_count(),
            "config": sorted(get_ipython().config),
        }
        print(json.dumps(state))
        """
    found = []
    for name in (NAME, "local-provisioner"):
        monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", name)
        KernelProvisionerFactory.clear_instance()
        found.append(json.loads(executed(textwrap.dedent(source)).cells[0].outputs[0].text))
    warm, cold = found
    # what the server itself uses is loaded, and can be used under its name only, once that is imported
    assert set(warm.pop("modules")) ^ set(cold.pop("modules")) <= {"secrets"}
    assert warm == cold
