"""The command line: help with an example everywhere, errors in words, and a root that stays quick."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from worlds import Author, Learner

from course_kit.apps.cli.main import COMMANDS, root
from course_kit.apps.cli.opening import start_lab
from course_kit.apps.cli.output import print_table, say
from course_kit.files.archive import write_archive

REPOSITORY = Path(__file__).parents[2]
HEAVY = ("nbgrader", "sqlalchemy", "pandas", "papermill", "anywidget", "nbformat", "markdown_it", "pydantic", "rich")


def command(name: str) -> click.Command:
    found = root.get_command(click.Context(root), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_an_example_and_stands_in_the_docs(name):
    text = command(name).get_help(click.Context(command(name), info_name=f"course-kit {name}"))
    assert f"course-kit {name}" in text.split("Example", 1)[1]
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    docs = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert f"course-kit {name}" in docs


def test_each_command_line_in_the_docs_can_be_typed():
    unknown = []
    for page in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        code = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S) + re.findall(r"`([^`\n]+)`", text))
        for line in re.findall(r"^(?:\$ )?course-kit ([a-z].*)", code, re.M):
            name, *rest = line.split("#")[0].split()
            found = root.get_command(click.Context(root), name)
            if isinstance(found, click.Group) and rest:
                found = found.get_command(click.Context(found), rest[0])
            known = {"--help"} if found is None else {"--help", *(o for p in found.params for o in p.opts)}
            typed = {word.partition("=")[0] for word in rest if re.fullmatch(r"--[a-z][a-z-]*(=.*)?", word)}
            if found is None or not typed <= known:
                unknown.append(f"{page.name}: course-kit {line}")
    assert unknown == []


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_says_what_it_does(name):
    for parameter in command(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts} has no help"


@pytest.mark.parametrize("what", ["course_kit", "course_kit.apps.cli.main"])
def test_nothing_heavy_loads_before_it_is_needed(what):
    code = f"import {what}, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_mistyped_command_is_guessed(tmp_path):
    ran = Author(tmp_path).runs("grde", fails=True)
    assert (ran.status, "Did you mean 'grade'?" in ran.err) == (2, True)


def test_an_error_says_what_and_what_next_and_no_traceback(tmp_path):
    ran = Author(tmp_path).runs("open", tmp_path / "none.course.zip", "--no-lab", fails=True)
    assert ran.status == 1
    assert re.search(r"^Error: .*none\.course\.zip", ran.err, re.MULTILINE)
    assert "What next: " in ran.err


def test_a_feedback_file_is_known_by_what_it_holds(tmp_path):
    file = tmp_path / "frames-ada.feedback (1).zip"
    write_archive(file, {"feedback.json": b"{}"}, first="feedback.json")
    ran = Author(tmp_path).runs("open", file, "--no-lab", fails=True)
    assert "Error: The feedback file has version None" in ran.err


def test_ten_faults_are_ten_findings_with_their_places(tmp_path):
    author = Author(tmp_path)
    author.course.mkdir()
    (author.course / "course.yml").write_text(
        "course: My Course\n"
        "title: ''\n"
        "pass: 7\n"
        "contact: nobody\n"
        "colour: red\n"
        "units:\n"
        "  - key: one\n"
        "    pace: a while\n"
        "    lessons:\n"
        "      - notebook: notebooks/none.ipynb\n"
        "        minutes: soon\n"
        "        requires: [nowhere]\n"
        "      - notebook: ../outside.ipynb\n"
        "    assignments:\n"
        "      - source: autograders/source/none\n"
        "        due: tomorrow\n",
        encoding="utf-8",
    )
    ran = author.runs("check", author.course, "--json", fails=True)
    errors = [finding for finding in ran.json["findings"] if finding["level"] == "error"]
    assert ran.status == 1
    assert [finding["line"] for finding in errors] == [1, 2, 3, 4, 5, 8, 10, 11, 12, 13, 15, 16]
    assert {finding["file"] for finding in errors} == {"course.yml"}


def test_a_course_begun_with_init_checks_builds_and_is_never_overwritten(tmp_path):
    author = Author(tmp_path)
    author.runs("init", author.course, "--title", "Statistics, gently")
    assert author.runs("check", author.course, "--json").json["errors"] == 0
    assert "already" in author.runs("init", author.course, fails=True).err


@pytest.mark.slow
def test_two_builds_at_once_leave_one_whole_release(tmp_path):
    author = Author(tmp_path)
    author.runs("init", author.course)
    words = [sys.executable, "-m", "course_kit", "build", str(author.course), "--json"]
    builds = [
        subprocess.Popen(words, env=author.surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [(build.communicate(timeout=120), build.returncode) for build in builds]
    assert 0 in [status for _, status in answers]
    for (_, said), status in answers:
        assert status == 0 or "under way in another process" in said
    built = next(json.loads(out) for (out, _), status in answers if status == 0)
    assert Path(built["archive"]).is_file()
    assert author.builds() == Path(built["archive"])


def test_jupyterlab_starts_where_no_file_of_a_course_is_imported_or_read_as_settings(tmp_path, monkeypatch):
    """A release with a ``tornado.py`` or an ``nbgrader_config.py`` would otherwise run it on opening."""
    (tmp_path / "copy").mkdir()
    for name in ("jupyterlab.py", "nbgrader_config.py"):
        (tmp_path / "copy" / name).write_text("raise SystemExit('the course ran')\n", encoding="utf-8")
    monkeypatch.setenv("COURSE_KIT_DATA", str(tmp_path / "data"))
    seen = []
    monkeypatch.setattr(subprocess, "run", lambda command, **options: seen.append((command, options)))

    start_lab(tmp_path / "copy", "a.ipynb")

    (command, options), root_dir = seen[0], f"--ServerApp.root_dir={(tmp_path / 'copy').resolve()}"
    monkeypatch.undo()
    ran = subprocess.run([*command, "--version"], cwd=tmp_path / "copy", capture_output=True, text=True)
    assert (command[1], root_dir in command, options["cwd"]) == ("-P", True, tmp_path / "data")
    assert (ran.returncode, "the course ran" in ran.stderr) == (0, False)


def test_no_name_from_outside_reaches_the_terminal_as_a_command(capsys):
    say("\x1b]0;mine\x07Ada \u202e\x9b2J\tok\nnext")
    print_table("", ("Name",), [("\x1b[2JAda",)])
    out = capsys.readouterr().out
    assert out.startswith("\\x1b]0;mine\\x07Ada \\x202e\\x9b2J\tok\nnext\n")
    assert "\\x1b[2JAda" in out
    assert "\x1b" not in out


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="nbgrader has no exchange on Windows")
def test_submit_uses_the_exchange_where_there_is_one(tmp_path):
    author, learner = Author(tmp_path / "author"), Learner(tmp_path / "learner")
    author.runs("init", author.course)
    learner.opens(author.builds())
    course = json.loads((learner.copy / "release.json").read_text("utf-8"))["course"]
    (assignment,) = [part["key"] for unit in course["units"] for part in unit["assignments"]]
    submits = ("submit", assignment, "--folder", learner.copy, "--yes")
    said = learner.runs(*submits)
    assert "nbgrader" not in said.out
    said = learner.runs(*submits, "--exchange", fails=True)
    assert "Receipt" in said.out
    assert "Not in nbgrader's exchange: There is no nbgrader exchange here" in said.err

    root = tmp_path / "exchange"
    config = learner.home / "jupyter-config" / "nbgrader_config.py"
    config.parent.mkdir(exist_ok=True)
    config.write_text(f"c = get_config()\nc.Exchange.root = {str(root)!r}\n", encoding="utf-8")
    inbound, outbound = root / course["key"] / "inbound", root / course["key"] / "outbound" / assignment
    for folder in (inbound, outbound):
        folder.mkdir(parents=True)
    inbound.chmod(0o733)
    for notebook in (learner.copy / "assignments" / assignment).glob("*.ipynb"):
        (outbound / notebook.name).write_bytes(notebook.read_bytes())

    assert "nbgrader" not in learner.runs(*submits, "--no-exchange").out
    assert list(inbound.iterdir()) == []
    said = learner.runs(*submits)
    assert "nbgrader's exchange gets the assignment's files, too" in said.out
    assert "handed to nbgrader's exchange, too" in said.out
    (handed_in,) = inbound.iterdir()
    assert f"+{assignment}+" in handed_in.name
