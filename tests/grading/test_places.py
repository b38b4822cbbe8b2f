"""Grading finds its folders in a course-kit course and in a plain nbgrader course."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.grading.backup import KEPT, back_up
from course_kit.grading.known_roots import is_plain
from course_kit.grading.places import find_place
from course_kit.grading.staging import put_folder, stage, submission_digest
from course_kit.source.starter import nbgrader_config

COURSE = """course: sums
title: Sums
language: de
units:
  - key: one
    title: One
    assignments:
      - key: first-sums
        source: autograders/source/adding
"""


def test_a_course_kit_course_is_found_by_its_assignments_source(
    tmp_path: Path, make_source: Callable[..., Path]
) -> None:
    (tmp_path / "course.yml").write_text(COURSE)
    make_source(tmp_path / "autograders")

    place = find_place(tmp_path)

    assert (place.course, place.language) == ("sums", "de")
    by_key, by_name = place.assignment("first-sums"), place.assignment("adding")
    assert by_key == by_name
    assert (by_key.name, by_key.root) == ("adding", tmp_path / "autograders")


def test_a_plain_nbgrader_course_is_found_with_its_configured_folders(nbgrader_course: Path) -> None:
    config = (
        "c = get_config()\nc.CourseDirectory.course_id = 'Sums 101'\nc.CourseDirectory.submitted_directory = 'in'\n"
    )
    (nbgrader_course / "nbgrader_config.py").write_text(config)

    place = find_place(nbgrader_course)

    assert place.course == "sums-101"
    assert [one.key for one in place.assignments] == ["adding"]
    info = place.info(nbgrader_course)
    assert info.submitted_folder("ada", "adding") == nbgrader_course / "in" / "ada" / "adding"
    assert info.database == nbgrader_course / "gradebook.db"


def test_what_is_no_course_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is no course"):
        find_place(tmp_path)


def test_backups_are_whole_and_the_newest_stay(tmp_path: Path, now: datetime) -> None:
    database = tmp_path / "gradebook.db"
    assert back_up(database, tmp_path / "backups", now) is None
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (42)")
    for day in range(1, KEPT + 4):
        copy = back_up(database, tmp_path / "backups", now.replace(day=day))
    assert copy is not None
    assert copy.name == "gradebook-20261123T120000.000000Z.db"
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT x FROM t").fetchone() == (42,)
    assert len(list((tmp_path / "backups").iterdir())) == KEPT

    database.write_bytes(b"not a database, and long enough to be looked at" * 10)
    with pytest.raises(Invalid, match="so nothing was graded"):
        back_up(database, tmp_path / "backups", now)


def test_staging_leaves_links_and_other_folders_alone(hand_in: Callable[..., Path], tmp_path: Path) -> None:
    folder = hand_in("ada", "return a + b")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "more").mkdir()
    (folder / "more" / "data.csv").write_text("1,2")
    (folder / "timestamp.txt").write_text("yesterday, perhaps")

    staged = stage(folder, tmp_path / "staged")

    assert staged.notebooks == ("sums",)
    assert staged.repairs == ("timestamp.txt holds no time and was left out",)
    there = sorted(path.relative_to(tmp_path / "staged").as_posix() for path in (tmp_path / "staged").rglob("*.*"))
    assert there == ["more/data.csv", "sums.ipynb"]
    before = submission_digest(folder)
    (folder / "more" / "data.csv").write_text("1,3")
    assert submission_digest(folder) != before


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    new, target = tmp_path / "new", tmp_path / "in" / "place"
    new.mkdir()
    (new / "a.txt").write_text("new")
    target.mkdir(parents=True)
    (target / "b.txt").write_text("old")

    put_folder(new, target)

    assert [path.name for path in target.parent.rglob("*")] == ["place", "a.txt"]


@pytest.mark.parametrize(
    ("config", "plain"),
    [
        (nbgrader_config("sums"), True),
        ("c = get_config()\nc.CourseDirectory.course_id = 'sums'\n", True),
        ("from course_kit.bridges.nbgrader.enabled import seal_quizzes\nseal_quizzes(get_config())\n", True),
        ("import os\nc = get_config()\nc.CourseDirectory.root = os.getcwd()\n", False),
        ("c = get_config()\ntry:\n    c.CourseDirectory.root = where()\nexcept NameError:\n    pass\n", False),
        ("c = get_config()\nc.merge(load())\n", False),
        ("from course_kit.bridges.nbgrader.enabled import seal_quizzes\nseal_quizzes(load())\n", False),
    ],
)
def test_what_init_writes_is_as_plain_as_values(tmp_path: Path, config: str, plain: bool) -> None:
    (tmp_path / "nbgrader_config.py").write_text(config)
    assert is_plain(tmp_path) is plain
