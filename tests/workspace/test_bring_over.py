"""One action brings the answers over; Restore brings back what the release has; a backup is there each time."""

import json
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.workspace.behind import read_behind
from course_kit.workspace.folder import Workspace
from course_kit.workspace.merge import bring_answers_over
from course_kit.workspace.restore import restore_cell, restore_lesson
from course_kit.workspace.trust import trusted

LESSON = "notebooks/01-first.ipynb"
BESIDE = "notebooks/01-first (new version).ipynb"


@pytest.fixture
def behind(author: Any, laptop: Any, make: Any) -> Any:
    """A learner who worked in the first lesson, whose text then changed twice."""
    laptop.opens(author.releases())
    laptop.types(LESSON, "middle", "x = 'mine'")
    laptop.adds(LESSON, "middle", make.prose("note", "my note"))
    laptop.opens(author.releases({LESSON: make.as_bytes(make.lesson_one(text="# Two"))}))
    laptop.opens(author.releases({LESSON: make.as_bytes(make.lesson_one(text="# Three", middle="x = 1.5"))}))
    return laptop


def test_answers_are_brought_over_from_the_release_that_they_came_from(behind: Any) -> None:
    mine = (behind.copy / LESSON).read_bytes()
    done = bring_answers_over(behind.copy, LESSON, at=behind.later())
    text, middle, note, own, last = behind.sources(LESSON)
    assert (text, middle, own, last) == ("# Three", "x = 'mine'", "my note", "print(x)")
    assert "x = 1.5" in note
    assert (done.path, done.carried, done.both) == (LESSON, 2, 1)
    assert (behind.copy / done.backup).read_bytes() == mine
    assert not (behind.copy / BESIDE).exists()
    assert read_behind(Workspace.at(behind.copy)) == {}
    assert trusted(behind.copy / LESSON)
    with pytest.raises(NotFound, match="No new version"):
        bring_answers_over(behind.copy, LESSON, at=behind.later())


def test_what_was_typed_into_the_new_version_stays_too(behind: Any) -> None:
    behind.types(BESIDE, "last", "print('here too')")
    bring_answers_over(behind.copy, LESSON, at=behind.later())
    assert behind.sources(BESIDE)[2] == "print('here too')"


def test_a_notebook_that_cannot_be_read_is_left_as_it_is(behind: Any) -> None:
    (behind.copy / LESSON).write_text("{ cut short")
    with pytest.raises(Invalid, match="not JSON"):
        bring_answers_over(behind.copy, LESSON, at=behind.later())
    assert (behind.copy / LESSON).read_text() == "{ cut short"
    for outside in ("../x.ipynb", "/etc/passwd"):
        with pytest.raises(Invalid):
            bring_answers_over(behind.copy, outside, at=behind.later())


def test_a_cell_comes_back_and_the_learners_is_in_the_backup(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(LESSON, "middle", "x = 'broken")
    before = (laptop.copy / LESSON).read_bytes()
    restored = restore_cell(laptop.copy, LESSON, "middle", at=laptop.later())
    assert laptop.sources(LESSON) == ["# First", "x = 1", "print(x)"]
    assert (laptop.copy / restored.backup).read_bytes() == before
    with pytest.raises(NotFound, match="it is your own"):
        restore_cell(laptop.copy, LESSON, "nothing", at=laptop.later())


def test_a_deleted_cell_comes_back_to_its_place(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    notebook = laptop.reads(LESSON)
    del notebook["cells"][1]
    (laptop.copy / LESSON).write_text(json.dumps(notebook))
    restore_cell(laptop.copy, LESSON, "middle", at=laptop.later())
    assert laptop.sources(LESSON) == ["# First", "x = 1", "print(x)"]


def test_a_lesson_comes_back_whole_even_if_it_is_gone_or_behind(behind: Any) -> None:
    restored = restore_lesson(behind.copy, LESSON, at=behind.later())
    assert behind.sources(LESSON) == ["# Three", "x = 1.5", "print(x)"]
    assert "'mine'" in (behind.copy / restored.backup).read_text()
    assert not (behind.copy / BESIDE).exists()
    (behind.copy / LESSON).unlink()
    assert restore_lesson(behind.copy, LESSON, at=behind.later()).backup == ""
    assert behind.sources(LESSON)[0] == "# Three"
    for restore in (restore_lesson, lambda *lesson, at: restore_cell(*lesson, "middle", at=at)):
        with pytest.raises(NotFound) as slip:
            restore(behind.copy, "01-first.ipynb", at=behind.later())
        assert slip.value.hint.endswith("Did you mean notebooks/01-first.ipynb?")
    own = Path("notebooks/own.ipynb")
    (behind.copy / own).write_text("{}")
    with pytest.raises(NotFound, match="your own file"):
        restore_lesson(behind.copy, own, at=behind.later())
