"""A lesson is renamed while a learner is in the middle of it: the work stays, is named, and can be carried along."""

from typing import Any

import pytest

from course_kit.errors import Refused
from course_kit.model.course import Course
from course_kit.workspace.behind import read_behind
from course_kit.workspace.folder import Workspace
from course_kit.workspace.merge import bring_answers_over
from course_kit.workspace.panel import panel

OLD, NEW, LATER = (f"notebooks/01-{name}.ipynb" for name in ("first", "begin", "start"))


def renamed(course: Course, key: str, path: str, *was: str) -> Course:
    """The course with its first lesson called otherwise."""
    (unit,) = course.units
    first, second = unit.lessons
    lessons = (
        first.model_copy(update={"key": key, "path": path, "was": was, "title": "Begin"}),
        second.model_copy(update={"requires": (key,)}),
    )
    return course.model_copy(update={"units": (unit.model_copy(update={"lessons": lessons}),)})


@pytest.fixture
def moved(author: Any, laptop: Any, make: Any) -> Any:
    """A learner who worked in the first lesson, which then got another name and another text."""
    laptop.opens(author.releases())
    laptop.types(OLD, "middle", "x = 'mine'")
    laptop.adds(OLD, "middle", make.prose("note", "my note"))
    files = {OLD: None, NEW: make.as_bytes(make.lesson_one(text="# Begin"))}
    laptop.opened = laptop.opens(author.releases(files, renamed(make.course, "begin", NEW, "first")))
    return laptop


def test_it_is_said_where_the_lesson_is_and_where_the_work_is(moved: Any) -> None:
    told = "Begin moved to notebooks/01-begin.ipynb; your work stays in notebooks/01-first.ipynb."
    assert moved.opened.message.startswith(told)
    assert moved.opened.message.endswith("course-kit bring-over notebooks/01-first.ipynb")
    assert moved.opened.kept == (OLD,)
    assert moved.sources(NEW) == ["# Begin", "x = 1", "print(x)"]
    assert panel(moved.copy, data=moved.data, at=moved.later()).message == told


def test_the_answers_are_carried_into_the_moved_notebook(moved: Any) -> None:
    mine = (moved.copy / OLD).read_bytes()
    done = bring_answers_over(moved.copy, OLD, at=moved.later())
    assert (done.path, done.carried, done.both) == (NEW, 2, 0)
    assert moved.sources(NEW) == ["# Begin", "x = 'mine'", "my note", "print(x)"]
    assert not (moved.copy / OLD).exists()
    assert (moved.copy / done.backup).read_bytes() == mine
    assert read_behind(Workspace.at(moved.copy)) == {}


def test_work_in_both_is_not_mixed(moved: Any) -> None:
    moved.types(NEW, "last", "print('here too')")
    with pytest.raises(Refused, match=r"Begin moved to notebooks/01-begin.ipynb; your work stays in .*01-first.ipynb"):
        bring_answers_over(moved.copy, OLD, at=moved.later())
    assert moved.sources(OLD)[1] == "x = 'mine'"
    assert moved.sources(NEW)[2] == "print('here too')"


def test_a_lesson_that_moves_twice_still_knows_the_text_that_the_work_began_with(
    moved: Any, author: Any, make: Any
) -> None:
    files = {OLD: None, LATER: make.as_bytes(make.lesson_one(text="# Start"))}
    opened = moved.opens(author.releases(files, renamed(make.course, "start", LATER, "begin", "first")))
    assert "moved to notebooks/01-start.ipynb; your work stays in notebooks/01-first.ipynb" in opened.message
    bring_answers_over(moved.copy, OLD, at=moved.later())
    assert moved.sources(LATER) == ["# Start", "x = 'mine'", "my note", "print(x)"]
    assert not (moved.copy / NEW).exists()


def test_what_nobody_touched_just_moves(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    files = {OLD: None, NEW: make.as_bytes(make.lesson_one())}
    opened = laptop.opens(author.releases(files, renamed(make.course, "begin", NEW, "first")))
    assert (opened.message, opened.removed, opened.kept) == ("", (OLD,), ())
    assert read_behind(Workspace.at(laptop.copy)) == {}
