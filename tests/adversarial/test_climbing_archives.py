"""A zip whose names climb out of it, lead elsewhere or take another's place: nbgrader's zip_collect, and ours."""

import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from adversary.arena import ASSIGNMENT, NOTEBOOK

from course_kit.grading.collect import collect

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CLIMBING = ("../../../escaped.txt", "../../../../gradebook.db", "a/../../../../escaped.txt", "..\\..\\escaped.txt")


@pytest.fixture
def archive(template: Path, tmp_path: Path) -> Path:
    """An honest notebook, beside names that climb, absolute ones, and a link to the course's gradebook."""
    notebook = (template / "release" / ASSIGNMENT / NOTEBOOK).read_text()
    found = tmp_path / "download.zip"
    with zipfile.ZipFile(found, "w") as made:
        for name in (*CLIMBING, f"{tmp_path}/absolute.txt"):
            made.writestr(name, "climbed")
        link = zipfile.ZipInfo("link.txt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        made.writestr(link, str(tmp_path / "course" / "gradebook.db"))
        made.writestr(f"ada/{NOTEBOOK}", notebook)
    return found


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    subprocess.run(["cp", "-r", str(template), str(folder)], check=True)
    return folder


def planted(folder: Path) -> list[str]:
    """Whatever climbed out, anywhere below the folder."""
    return sorted(path.name for path in folder.rglob("*") if path.name in {"escaped.txt", "absolute.txt"})


def test_plain_nbgrader_keeps_every_name_below_its_folder(course: Path, archive: Path, tmp_path: Path) -> None:
    inbox = course / "downloaded" / ASSIGNMENT / "archive"
    inbox.mkdir(parents=True)
    archive.rename(inbox / "download.zip")
    before = (course / "gradebook.db").read_bytes()

    programs = str(Path(sys.executable).parent)
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "zip_collect", ASSIGNMENT, "--force"],
        cwd=course,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path / "home")},
        check=False,
        capture_output=True,
    )

    assert (course / "gradebook.db").read_bytes() == before
    outside = [path for path in tmp_path.rglob("*.txt") if not path.is_relative_to(course / "downloaded")]
    assert outside == []


def test_nothing_climbs_out_of_what_is_collected(course: Path, archive: Path, tmp_path: Path) -> None:
    before = (course / "gradebook.db").read_bytes()

    collected = collect(archive, course, ASSIGNMENT, at=NOW)

    assert collected.placed == ()
    assert [one.reason for one in collected.unmatched] == [
        "A file inside is named '../../../escaped.txt', which would leave its folder or cannot be made."
    ]
    assert (course / "gradebook.db").read_bytes() == before
    assert planted(tmp_path) == []
    assert not any(path.is_symlink() for path in (course / "submitted").rglob("*"))
