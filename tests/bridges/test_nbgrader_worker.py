"""nbgrader from outside: people, the exchange, and a worker that can be lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from course_kit.bridges.nbgrader import exchange
from course_kit.bridges.nbgrader.client import Worker, WorkerLost
from course_kit.errors import Invalid, NotFound, Unavailable

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "home" / "jupyter"))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    return folder


def test_people_are_put_into_the_gradebook_and_read_back(course: Path) -> None:
    ada = {"learner": "ada", "name": "Ada King Lovelace", "email": "ada@example.org", "lms_id": "101"}
    with Worker(course, log=course / "log") as worker:
        assert worker.call("students") == []
        assert worker.call("import_students", people=[{"learner": "ada", "email": "ada@example.org"}]) == 1
        assert worker.call("import_students", people=[{**ada, "email": "other@example.org"}]) == 1
        assert worker.call("students") == [ada]
        assert worker.call("assignments") == []
        with pytest.raises(NotFound, match=r"neither .* nor the gradebook has it"):
            worker.call("publish_cells", assignment="nothing")


def test_a_faulty_configuration_is_named(course: Path) -> None:
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 7\n")
    with (
        Worker(course, log=course / "log") as worker,
        pytest.raises(Invalid, match=r"nbgrader_config\.py cannot be used"),
    ):
        worker.call("students")


def test_prints_of_a_configuration_do_not_disturb(course: Path) -> None:
    noisy = "import os, sys\nprint('hello')\nos.write(1, b'raw')\nprint('oh', file=sys.stderr)\nc = get_config()\n"
    (course / "nbgrader_config.py").write_text(noisy)
    with Worker(course, log=course / "log") as worker:
        assert worker.call("students") == []
    assert "hello" in (course / "log").read_text()


def test_a_lost_worker_is_replaced(course: Path) -> None:
    (course / "nbgrader_config.py").write_text(
        "import os, pathlib, time\nif pathlib.Path('die').exists():\n    pathlib.Path('die').unlink(); os._exit(3)\n"
    )
    (course / "die").touch()
    with Worker(course, log=course / "log") as worker:
        with pytest.raises(WorkerLost, match="ended without an answer"):
            worker.call("students")
        assert worker.call("students") == []
        if hasattr(signal, "SIGSTOP"):  # on a busy machine the answer may come before it is waited for
            assert worker._process is not None
            worker._process.send_signal(signal.SIGSTOP)
        with pytest.raises(WorkerLost, match="No answer came within 0 seconds") as caught:
            worker.call("students", timeout=0)
        assert caught.value.stuck
        assert worker.call("students") == []


@pytest.mark.skipif(sys.platform == "win32", reason="nbgrader has no exchange on Windows")
def test_work_is_handed_in_through_an_exchange(course: Path, tmp_path: Path) -> None:
    work = tmp_path / "work" / "adding"
    work.mkdir(parents=True)
    (work / "sums.ipynb").write_text('{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}')
    root = tmp_path / "exchange"
    config = tmp_path / "home" / "jupyter" / "nbgrader_config.py"
    config.parent.mkdir(parents=True)
    config.write_text(f"c = get_config()\nc.Exchange.root = {str(root)!r}\n")
    assert not exchange.is_configured("sums")
    with pytest.raises(Unavailable, match="There is no nbgrader exchange here"):
        exchange.submit(work, course="sums", assignment="adding", log=tmp_path / "log")
    for step in ("inbound", "outbound/adding"):
        (root / "sums" / step).mkdir(parents=True)
    (root / "sums" / "inbound").chmod(0o733)
    (root / "sums" / "outbound" / "adding" / "sums.ipynb").write_bytes((work / "sums.ipynb").read_bytes())

    (work / "nbgrader_config.py").write_text(
        "import os\nos._exit(3)  # what came with a course is handed in, not run\n"
    )
    assert exchange.is_configured("sums")
    assert not exchange.is_configured("other")
    exchange.submit(work, course="sums", assignment="adding", log=tmp_path / "log")

    (handed_in,) = (root / "sums" / "inbound").iterdir()
    assert "+adding+" in handed_in.name
    assert sorted(path.name for path in handed_in.iterdir()) == [
        "nbgrader_config.py",
        "submission_secret.txt",
        "sums.ipynb",
        "timestamp.txt",
    ]


def test_a_worker_leaves_out_what_grading_never_uses_and_others_still_get_it() -> None:
    story = (
        "import sys\nfrom course_kit.bridges.nbgrader.lean import import_nbgrader\nimport_nbgrader()\n"
        "left_out = {'rfc3987_syntax', 'setuptools', 'jupyter_server', 'nbgrader.server_extensions.formgrader'}\n"
        "assert not left_out & set(sys.modules), left_out & set(sys.modules)\n"
        "import nbgrader.utils, tempfile, zipfile, pathlib\n"
        "place = pathlib.Path(tempfile.mkdtemp())\n"
        "with zipfile.ZipFile(place / 'a.zip', 'w') as archive:\n    archive.writestr('x/y.txt', 'text')\n"
        "nbgrader.utils.unpack_archive(str(place / 'a.zip'), str(place))\n"
        "assert (place / 'x' / 'y.txt').read_text() == 'text'\n"
        "import rfc3987_syntax, setuptools\nfrom nbgrader.server_extensions.formgrader import formgrader\n"
        "print('all there')"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", story], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "all there\n", done.stderr[-2000:]
