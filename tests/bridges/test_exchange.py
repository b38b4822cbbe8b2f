"""Whether this computer has an exchange is a look at its configuration, and costs no import of nbgrader."""

import subprocess
import sys
from pathlib import Path

import pytest

from course_kit.bridges.nbgrader.exchange import is_configured
from course_kit.bridges.nbgrader.site import EXCHANGE, Site, read_site

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader has no exchange on Windows")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this computer's configuration."""
    folder = tmp_path / "jupyter"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder))
    return folder


def test_without_a_configuration_it_is_where_nbgrader_puts_it(config: Path) -> None:
    assert read_site() == Site(EXCHANGE, "")
    assert not is_configured("no-course-is-called-so")


def test_the_configured_exchange_has_the_course_or_not(config: Path, tmp_path: Path) -> None:
    root = tmp_path / "exchange"
    (config / "nbgrader_config.py").write_text(f"print('{{}}')\nc = get_config()\nc.Exchange.root = {str(root)!r}\n")
    assert read_site() == Site(root, "")
    assert not is_configured("sums")
    (root / "sums" / "inbound").mkdir(parents=True)
    assert (is_configured("sums"), is_configured("other")) == (True, False)
    (config / "nbgrader_config.json").write_text('{"CourseDirectory": {"course_id": "sums"}}')
    assert is_configured("other")  # one course for all, as the site says


def test_a_configuration_that_fails_is_none(config: Path) -> None:
    (config / "nbgrader_config.py").write_text("import os\nos._exit(3)\n")
    assert read_site() is None
    assert not is_configured("sums")


def test_a_look_imports_no_nbgrader(config: Path) -> None:
    (config / "nbgrader_config.py").write_text("c = get_config()\n")
    look = "import sys; from course_kit.bridges.nbgrader.exchange import is_configured; is_configured('x');"
    code = f"{look} sys.exit('nbgrader' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
