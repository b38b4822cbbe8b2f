"""course-kit's execution in nbgrader's own configuration: put in, used by nbgrader, and taken out without a trace."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from course_kit.bridges.nbgrader.enable import disable, enable, status
from course_kit.bridges.nbgrader.enabled import OURS, exchange_execution
from course_kit.bridges.nbgrader.evidence import read_evidence
from course_kit.errors import Invalid, NotFound

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "content",
    [None, b"", b"c = get_config()", b"c = get_config()\r\n# \xc3\xa9\r\n", b"c = get_config()\n\n\nc.A.b = 1\n\n"],
    ids=["none", "empty", "no line end", "windows", "blank lines"],
)
def test_disabling_is_the_exact_inverse(tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "source").mkdir()
    config = tmp_path / "nbgrader_config.py"
    if content is not None:
        config.write_bytes(content)
    assert status(tmp_path).state == "disabled"
    assert (enable(tmp_path).changed, enable(tmp_path).changed) == (True, False)
    assert status(tmp_path).state == "enabled"
    config.write_bytes(config.read_bytes() + b"# mine\n")
    assert (disable(tmp_path).changed, disable(tmp_path).changed) == (True, False)
    assert config.read_bytes() == (content or b"") + b"# mine\n"
    config.write_bytes(config.read_bytes().removesuffix(b"# mine\n"))
    if content is None:
        config.unlink()
        enable(tmp_path)
        disable(tmp_path)
        assert not config.exists()


def test_a_courses_own_steps_stay(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    own = (
        "from nbgrader.preprocessors import Execute, SaveAutoGrades, LimitOutput\nc = get_config()\n"
        "c.Autograde.autograde_preprocessors = [LimitOutput, Execute, 'nbgrader.preprocessors.SaveAutoGrades']\n"
    )
    (tmp_path / "nbgrader_config.py").write_text(own)
    enable(tmp_path)
    from traitlets.config import Config

    config = Config()
    text = (tmp_path / "nbgrader_config.py").read_text()
    exec(compile(text, "config", "exec"), {"get_config": lambda: config})  # noqa: S102 (as nbgrader reads it)
    names = [step if isinstance(step, str) else step.__name__ for step in config.Autograde.autograde_preprocessors]
    assert names == ["LimitOutput", OURS, "nbgrader.preprocessors.SaveAutoGrades"]
    exchange_execution(config)
    assert config.Autograde.autograde_preprocessors[1] == OURS


def test_what_is_not_understood_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is no nbgrader course"):
        enable(tmp_path)
    (tmp_path / "source").mkdir()
    config = tmp_path / "nbgrader_config.py"
    for content, words in (
        ("c = get_config(\n", r"not valid Python \(line 1\)"),
        ("c = get_config()\nc.Autograde.autograde_preprocessors = []\n", "hold no `Execute`"),
    ):
        config.write_text(content)
        with pytest.raises(Invalid, match=words):
            enable(tmp_path)
        assert config.read_text() == content
    config.unlink()
    (tmp_path / "nbgrader_config.json").write_text("{}")
    with pytest.raises(Invalid, match=r"nbgrader_config\.json, which course-kit does not change"):
        enable(tmp_path)
    (tmp_path / "nbgrader_config.json").unlink()
    enable(tmp_path)
    config.write_text(config.read_text().replace("# <<<", "# <"))
    with pytest.raises(Invalid, match="were changed"):
        disable(tmp_path)


def attack(root: Path) -> str:
    return (
        "import pathlib\nfound = []\n"
        f"for place in ('../../../source', {str(root / 'source')!r}, {str(root / 'gradebook.db')!r}):\n"
        "    try:\n        path = pathlib.Path(place)\n"
        "        found.append(list(path.iterdir()) if path.is_dir() else path.read_bytes())\n"
        "    except OSError as error:\n        found.append(type(error).__name__)\n"
        "print('READ' if any(type(one) is not str and one for one in found) else 'CONFINED')\nx = 3"
    )


def test_nbgrader_autograde_is_confined_quicker_and_gives_equal_scores(
    course: Any, make: SimpleNamespace, nbgrader: Callable[..., Any]
) -> None:
    nbgrader(course.root, "generate_assignment", "ps1")
    release = course.root / "release" / "ps1" / "sums.ipynb"
    answers = {"ada": "x = 3", "bob": "x = 4", "cy": "raise ValueError", "dee": "x = 0", "eve": attack(course.root)}
    answers |= {f"more{number}": f"x = {number}" for number in range(3)}
    for learner, answer in answers.items():
        course.put(learner, make.handed_in(release, answer=answer))
    began = time.monotonic()
    nbgrader(course.root, "autograde", "ps1")
    theirs, their_seconds = course.holds(), time.monotonic() - began
    assert "READ" in printed(course.root, "eve")

    enable(course.root)
    began = time.monotonic()
    nbgrader(course.root, "autograde", "ps1", "--force")
    our_seconds = time.monotonic() - began

    assert course.holds() == theirs
    assert "CONFINED" in printed(course.root, "eve")
    assert our_seconds < their_seconds
    found = read_evidence(course.root, "ps1")
    assert {evidence["sums"].by for evidence in found.values()} == {"nbgrader"}
    assert {one.verdict for one in found["ada"]["sums"].cells.values()} <= {"proved", "silence-checked"}
    assert not any(one.held for evidence in found.values() for one in evidence["sums"].cells.values())


def printed(root: Path, learner: str) -> str:
    notebook = nbformat.read(root / "autograded" / learner / "ps1" / "sums.ipynb", 4)
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))


def test_the_formgraders_button_does_the_same(course: Any, make: SimpleNamespace, nbgrader: Callable[..., Any]) -> None:
    """What the button's handler calls, with the configuration as the formgrader's extension reads it."""
    nbgrader(course.root, "generate_assignment", "ps1")
    course.put("eve", make.handed_in(course.root / "release" / "ps1" / "sums.ipynb", answer=attack(course.root)))
    enable(course.root)
    button = (
        "import json\nfrom nbgrader.apps import NbGrader, NbGraderAPI\nfrom nbgrader.coursedir import CourseDirectory\n"
        "app = NbGrader()\napp.load_config_file()\nparent = NbGrader(config=app.config)\n"
        "api = NbGraderAPI(CourseDirectory(parent=parent), parent=parent)\n"
        "print('RESULT', json.dumps(api.autograde('ps1', 'eve')['success']))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", button], cwd=course.root, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.rpartition("RESULT ")[2]) is True
    assert "CONFINED" in printed(course.root, "eve")
    assert "eve" in read_evidence(course.root, "ps1")


def test_a_courses_limits_go_into_the_block_and_are_renewed_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    config = tmp_path / "nbgrader_config.py"
    config.write_text("c = get_config()\n")
    first, second = {"ps1": {"memory": "1 GB"}, "ps2": {}}, {"ps1": {"memory": "2 GB"}}
    assert enable(tmp_path, first).changed
    config.write_text(config.read_text() + "# mine\n")
    assert not enable(tmp_path, first).changed
    assert not enable(tmp_path).changed  # nobody says what they are: they stay
    assert [status(tmp_path, limits).outdated for limits in (None, first, second, {})] == [False, False, True, True]

    assert enable(tmp_path, second).changed
    assert not status(tmp_path, second).outdated
    assert config.read_text().count('{"ps1": {"memory": "2 GB"}}') == 1
    assert config.read_text().endswith("# mine\n")
    assert enable(tmp_path, {}).changed
    assert "GB" not in config.read_text()
    disable(tmp_path)
    assert config.read_text() == "c = get_config()\n# mine\n"


def test_nbgrader_itself_keeps_to_the_courses_limits_unless_it_has_its_own(
    course: Any, make: SimpleNamespace, nbgrader: Callable[..., Any]
) -> None:
    nbgrader(course.root, "generate_assignment", "ps1")
    slow = make.handed_in(course.root / "release" / "ps1" / "sums.ipynb", answer="import time; time.sleep(3); x = 3")
    course.put("slow", slow)

    def points() -> float:
        nbgrader(course.root, "autograde", "ps1", "--force")
        return sum(row[3] or 0 for row in course.holds("grades")["grades"])

    enable(course.root, {"ps1": {"cell": "1 second"}})
    assert points() == 0.0
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + 'c = get_config()\nc.ExecuteSubmission.limits = {"cell": "20 seconds"}\n')
    assert points() == 5.0
