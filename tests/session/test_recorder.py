"""Cells that ran: their ids, never their source; silence where nothing should be said."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course_kit.session.cells import LessonCells
from course_kit.session.notes import Notes, notes_of
from course_kit.session.place import find_place
from course_kit.session.recorder import Recorder, cell_fact
from course_kit.source.notebooks import is_setup

Facts = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))


@pytest.fixture
def notes(workspace: Path, data: Path) -> Notes:
    return notes_of(find_place(workspace), "on", data)


def run(shell: Any, source: str, cell: str | None = "c1", **more: Any) -> None:
    shell.run_cell(source, **{"cell_id": cell, "store_history": True, **more})


def test_a_cell_is_recorded_without_its_source(shell: Any, notes: Notes, facts: Facts, data: Path) -> None:
    Recorder(notes, "frames").register(shell.events)
    run(shell, "secret = 'what I typed'")
    run(shell, "raise KeyError('what I typed')", "c2")
    run(shell, "this is no Python", "c3")
    found = facts("CellRan")
    assert [(f["lesson"], f["cell"], f["ok"], f["error"]) for f in found] == [
        ("frames", "c1", True, None),
        ("frames", "c2", False, "KeyError"),
        ("frames", "c3", False, "SyntaxError"),
    ]
    assert all(0 <= fact["seconds"] < 5 for fact in found)
    assert "what I typed" not in "".join(path.read_text() for path in (data / "journals").iterdir())


def test_what_is_no_lesson_cell_is_left_out(shell: Any, notes: Notes, facts: Facts) -> None:
    Recorder(notes, "frames").register(shell.events)
    shell.user_ns["quiz"] = lambda name: None
    for source in ('quiz("frames/robust")', "  quiz ('x')", "%load_ext IPython.extensions.storemagic # no", "   "):
        run(shell, source)
    run(shell, "1", silent=True)
    run(shell, "1", store_history=False)
    run(shell, "1", None)
    assert [fact["cell"] for fact in facts("CellRan")] == ["c1"]  # the magic of another extension


@pytest.mark.parametrize(
    ("source", "counts"), [("%load_ext course_kit\n", False), ("%load_ext course_kit\nx = 1", True)]
)
def test_the_cells_that_a_lesson_counts_are_recorded(source: str, counts: bool) -> None:
    info = SimpleNamespace(raw_cell=source, silent=False, store_history=True, cell_id="c1")
    result = SimpleNamespace(info=info, error_before_exec=None, error_in_exec=None)
    assert (cell_fact(result, 0.1) is not None) == counts == (not is_setup(source))


def test_cells_before_the_lesson_is_known_are_kept_with_their_time(shell: Any, notes: Notes, facts: Facts) -> None:
    recorder = Recorder(notes, None)
    recorder.register(shell.events)
    run(shell, "1")
    assert facts() == []
    recorder.belongs_to("frames")
    recorder.belongs_to("other")
    run(shell, "2", "c2")
    assert [(fact["lesson"], fact["cell"]) for fact in facts()] == [("frames", "c1"), ("frames", "c2")]


def test_it_never_raises_and_never_prints(
    shell: Any, notes: Notes, data: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    data.mkdir()
    (data / "journals").write_text("in the way")
    recorder = Recorder(notes, "frames")
    recorder.register(shell.events)
    with caplog.at_level(logging.WARNING, "course_kit"):
        run(shell, "a = 1")
        run(shell, "b = 2")
        recorder.post_run_cell(SimpleNamespace(info=None))  # type: ignore[arg-type]
        recorder.post_run_cell(object())  # type: ignore[arg-type]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert shell.user_ns["b"] == 2
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_unregistered_it_is_silent(shell: Any, notes: Notes, facts: Facts) -> None:
    recorder = Recorder(notes, "frames")
    recorder.register(shell.events)
    recorder.unregister(shell.events)
    run(shell, "1")
    assert facts() == []


def test_a_front_end_with_ids_of_its_own(shell: Any, notes: Notes, facts: Facts, workspace: Path) -> None:
    """VS Code names cells by addresses; the notebook beside it tells which cell a text is."""
    cells = [("c1", "x = 1"), ("c2", ["y = 2\n", "y"]), ("c3", "z"), ("c4", "z")]
    notebook = {"cells": [{"cell_type": "code", "id": name, "source": source} for name, source in cells]}
    (workspace / "notebooks/frames.ipynb").write_text(json.dumps(notebook))
    recorder = Recorder(notes, None, LessonCells(find_place(workspace)).named)
    recorder.register(shell.events)
    run(shell, "x = 1", "vscode-notebook-cell:/c/frames.ipynb#W1sZmlsZQ==")
    recorder.belongs_to("frames")
    run(shell, "y = 2\ny", None)
    run(shell, "z", "vscode-notebook-cell:3")  # two cells have this text
    run(shell, "my_own = 3", "vscode-notebook-cell:4")
    assert [(fact["lesson"], fact["cell"]) for fact in facts()] == [("frames", "c1"), ("frames", "c2")]
