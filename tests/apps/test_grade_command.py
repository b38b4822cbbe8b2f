"""What ``grade`` says: of an option that cannot be read, before changed tests are applied, and when it is stopped."""

import re
import signal
import subprocess
import sys
from functools import partial

import pytest
from click.testing import CliRunner
from nbgrader_courses import answered, hand_in, own_home, write_adding

from course_kit.apps.cli.grading import grade_command


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    own_home(tmp_path_factory, monkeypatch)


@pytest.fixture
def course(tmp_path):
    """The course ``adding`` with ada, who is right, bob, who is half right, and eve, whose file is broken."""
    folder = write_adding(tmp_path / "course")
    for learner, work in (
        ("ada", answered("return a + b")),
        ("bob", answered("return a + b if a < 10 else 0")),
        ("eve", b"{"),
    ):
        hand_in(folder, learner, work, assignment="adding")
    return folder


def grade(course, *options):
    return CliRunner().invoke(grade_command, ["adding", "--course", str(course), *options])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("memory=lots", "--limit memory=lots: 'lots' is no amount for memory; write it like --limit 'memory=2 GB'."),
        ("cell=10 GB", "--limit cell=10 GB: '10 GB' is no amount for cell; write it like --limit 'cell=30 seconds'."),
        ("disk=0", "--limit disk=0: '0' is no amount for disk; write it like --limit 'disk=500 MB'."),
        (
            "time=9",
            "--limit time=9: there is no limit 'time'; there are cell, notebook, memory, processes, output, disk.",
        ),
        ("mem=2GB", "--limit mem=2GB: there is no limit 'mem'; write it like --limit 'memory=2 GB'."),
        ("30s", "--limit 30s: write NAME=AMOUNT, such as --limit 'cell=30 seconds'."),
    ],
)
def test_a_limit_that_cannot_be_read_is_named_with_one_that_is_right(course, typed, said):
    told = grade(course, "--limit", typed)
    assert told.exit_code == 2
    assert said in " ".join(told.output.split())


def test_options_that_do_not_go_together_are_named(course):
    told = grade(course, "--preview", "--yes")
    assert told.exit_code == 2
    assert "--preview and --yes do not go together" in told.output


@pytest.mark.slow
def test_a_preview_shows_who_would_change_and_counts_the_others(course):
    grade(course)
    nothing = grade(course, "--preview")
    assert nothing.exit_code == 0
    assert "Nothing waits to be applied" in nothing.output
    assert "grade adding --dry-run --course" in nothing.output

    source = course / "source" / "adding" / "sums.ipynb"
    source.write_text(source.read_text().replace("canary_7f3a_total == 42", "canary_7f3a_total in (0, 42)"))
    told = grade(course, "--preview")

    assert told.exit_code == 0
    rows = [line.split() for line in told.output.splitlines() if "│" in line]
    assert [[word for word in row if word != "│"] for row in rows] == [["bob", "2", "5", "+3"]]
    assert "1 score would change, 2 would not. Nothing was written." in told.output
    assert told.output.rstrip().endswith(f"grade adding --yes --course {course}")


@pytest.mark.slow
@pytest.mark.parametrize("force", [False, True])
def test_ctrl_c_says_what_is_kept_and_how_to_go_on(course, force):
    if force:
        grade(course)
    for learner in ("fay", "gil"):
        hand_in(course, learner, answered("import time; time.sleep(60)"), assignment="adding")
    command = [sys.executable, "-m", "course_kit", "grade", "adding", "--course", str(course), *["--force"] * force]
    # whoever runs the tests in a shell's background has Ctrl-C ignored, and so would the command
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, preexec_fn=heeding
    ) as batch:
        assert batch.stderr is not None
        said = ""
        for line in batch.stderr:
            said += line
            if re.search(r"running: .*\b(fay|gil)\b", line):
                batch.send_signal(signal.SIGINT)
        assert batch.wait(60) == 130, said
    if force:
        assert re.search(r"Stopped: \d of 5 were run again and are recorded.\n", said)
        assert "The others keep the scores that they had" in said
        assert "To go on: the same command without --force." in said
    else:
        assert re.search(r"Stopped: \d of 5 are graded and recorded; nothing is lost.\n", said)
        assert "To go on, run the same command again." in said
