"""Courses for grading, small enough to be marked in seconds."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbgrader_courses
import pytest
from nbgrader_courses import answered, own_home, write_adding

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    own_home(tmp_path_factory, monkeypatch)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def nbgrader_course(tmp_path: Path) -> Path:
    """A plain nbgrader course with the assignment ``adding`` (one notebook, ``sums``)."""
    return write_adding(tmp_path / "course")


@pytest.fixture
def make_source() -> Callable[..., Path]:
    """``make_source(course folder, essay=True)`` writes the source of ``adding`` in another form."""
    return write_adding


@pytest.fixture
def answer() -> Callable[..., Any]:
    """``answer("return a + b")`` is the notebook that a learner hands in."""
    return answered


@pytest.fixture
def hand_in(nbgrader_course: Path) -> Callable[..., Path]:
    """``hand_in("ada", "return a + b")`` puts a submission in its place; a notebook or bytes are taken as they are."""

    def put(learner: str, work: Any, **options: Any) -> Path:
        made = answered(work) if isinstance(work, str) else work
        return nbgrader_courses.hand_in(nbgrader_course, learner, made, assignment="adding", **options)

    return put


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real course material, if this machine has it."""
    default = Path(__file__).resolve().parents[3] / "shared"
    folder = Path(os.environ.get("COURSE_KIT_SHARED", default))
    if not (folder / "courses" / "cs1302i21a" / "source").is_dir():
        pytest.skip(f"there is no real course material in {folder}; name its folder in COURSE_KIT_SHARED")
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path, str], Path]:
    """A second copy of a course folder."""

    def copy(folder: Path, name: str) -> Path:
        return Path(shutil.copytree(folder, tmp_path / name))

    return copy
