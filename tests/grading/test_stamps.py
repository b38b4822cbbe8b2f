"""A folder is read again only when something in it changed, and always when something did."""

import os
import sqlite3
from pathlib import Path

import pytest

from course_kit.grading import stamps
from course_kit.grading.stamps import Named, database_stamp, name_folder, submission_digest, submission_files


def test_a_folder_is_named_by_what_is_in_it(tmp_path: Path) -> None:
    for name in ("b.ipynb", "a.txt", "data/x.csv", ".ipynb_checkpoints/old", "__pycache__/y"):
        (tmp_path / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / name).write_text(name)
    (tmp_path / "secret").write_text("outside")
    (tmp_path / "work" / "leads-out").symlink_to(tmp_path / "secret")
    (tmp_path / "work" / "beside").symlink_to("a.txt")
    work = tmp_path / "work"

    assert [name for name, _ in submission_files(work)] == ["a.txt", "b.ipynb", "beside", "data/x.csv"]
    assert name_folder(work).digest == submission_digest(work)


def test_a_young_file_is_read_again_and_an_old_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("1")
    assert name_folder(tmp_path).stamp == ""  # it was written within the clock's grain

    monkeypatch.setattr(stamps, "GRAIN", 0)
    named = name_folder(tmp_path)
    assert named.stamp != ""
    invented = Named("what was known", named.stamp)
    assert name_folder(tmp_path, invented) is invented


def test_any_change_is_seen_also_one_that_hides_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "GRAIN", 0)
    path = tmp_path / "a"
    path.write_text("right")
    known, times = name_folder(tmp_path), path.stat()
    path.write_text("wrong")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert path.stat().st_mtime_ns == times.st_mtime_ns
    assert name_folder(tmp_path, known).digest != known.digest
    path.unlink()
    assert name_folder(tmp_path, known).digest not in {known.digest, ""}


def test_every_commit_changes_a_databases_stamp(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    assert database_stamp(path) == database_stamp(None) == ""
    seen = set()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (x)")
    for number in range(5):
        with sqlite3.connect(path) as database:
            database.execute("INSERT INTO t VALUES (?)", (number,))
        seen.add(database_stamp(path))
        assert database_stamp(path) in seen
    assert len(seen) == 5


def test_a_database_with_a_log_of_its_own_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE t (x)")
    database.commit()
    assert database_stamp(path) == ""
    database.close()
