"""nbgrader's own tests of autograding, unmodified from the installed wheel, with our execution in its configuration.

Which of nbgrader's tests are oracles here: ``apps/test_nbgrader_autograde.py`` (autograding as a whole; it reads a
configuration, so ours can be put there), and of ``preprocessors/`` and ``nbgraderformat/`` those of the steps that
sanitize and record run through a shared transaction (they are called with our gradebook in nbgrader's place).
``preprocessors/test_execute.py`` tests the class that is exchanged, and ``apps/test_nbgrader_validate.py`` and
``utils/`` what course-kit never touches.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
CONFIG = """
from course_kit.bridges.nbgrader.enabled import exchange_execution
exchange_execution(get_config())
"""
ONCE = """
from functools import cache
import nbgrader.api
# a process of its own for each new gradebook, all of which say the same
nbgrader.api.get_alembic_version = cache(nbgrader.api.get_alembic_version)
"""
SHARED = """
from course_kit.bridges.nbgrader.ledger import install
from course_kit.bridges.nbgrader.steps import quicken
install()
quicken()
"""
STEPS = ["assignlatepenalties", "checkcellmetadata", "deduplicateids", "ignorepattern", "limitoutput"]
STEPS += ["overwritecells", "overwritekernelspec", "saveautogrades", "savecells"]


def nbgrader_tests() -> Path:
    spec = find_spec("nbgrader")
    folder = None if spec is None or spec.origin is None else Path(spec.origin).parent / "tests"
    if folder is None or not folder.is_dir():
        pytest.skip("the installed nbgrader carries no tests")
    return folder


def run_pytest(tmp_path: Path, *arguments: str, plugin: str = "") -> str:
    """nbgrader's tests in a process of their own, away from our own pytest settings; what pytest said."""
    home, config = tmp_path / "home", tmp_path / "config"
    for folder in (home, config):
        folder.mkdir()
    (config / "nbgrader_config.py").write_text(CONFIG)
    (tmp_path / "ours.py").write_text(ONCE + plugin)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = ignore\n")
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *(path for path in sys.path if path)]),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "ours", "--rootdir"]
    command += [str(tmp_path), "-c", str(tmp_path / "pytest.ini"), "--pyargs", *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_nbgraders_own_autograding_tests_pass_with_our_execution(tmp_path: Path) -> None:
    nbgrader_tests()
    count = (
        "import pytest\nfrom course_kit.bridges.nbgrader.execution import ExecuteSubmission\nRUNS = []\n"
        "_run = ExecuteSubmission.preprocess\n"
        "def counted(self, *args, **kwargs):\n    RUNS.append(1)\n    return _run(self, *args, **kwargs)\n"
        "ExecuteSubmission.preprocess = counted\n"
        "def pytest_unconfigure():\n    print(f'ran by course-kit: {len(RUNS)}')\n"
    )
    said = run_pytest(tmp_path, "nbgrader.tests.apps.test_nbgrader_autograde", plugin=count)
    assert int(said.rpartition("ran by course-kit: ")[2].split()[0]) > 40, said[-500:]


def test_the_steps_keep_their_own_tests_with_our_gradebook(tmp_path: Path) -> None:
    folder = nbgrader_tests() / "preprocessors"
    there = [f"nbgrader.tests.preprocessors.test_{name}" for name in STEPS if (folder / f"test_{name}.py").is_file()]
    assert len(there) > 6
    run_pytest(tmp_path, *there, plugin=SHARED)
