"""Releases as strangers may have made them."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound, Tampered, WrongVersion
from course_kit.model.keys import manifest_digest
from course_kit.release.build import BuiltRelease, build_release
from course_kit.source.released import latest_release, read_manifest, read_quizzes, read_release


@pytest.fixture
def built(author: Any) -> BuiltRelease:
    author.writes_course("a")
    return build_release(author.folder)


@pytest.fixture
def repacked(built: BuiltRelease, tmp_path: Path) -> Callable[[dict[str, bytes | None]], Path]:
    """The release's zip with some files replaced, added or (None) left out."""

    def repack(changes: dict[str, bytes | None]) -> Path:
        path = tmp_path / "x.course.zip"
        with zipfile.ZipFile(built.archive) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            contents = {name: old.read(name) for name in old.namelist()} | changes
            for name, content in contents.items():
                if content is not None:
                    new.writestr(name, content)
        return path

    return repack


def resealed(built: BuiltRelease, **fields: Any) -> bytes:
    """A manifest with other fields whose own digest fits."""
    manifest = json.loads((built.folder / "learner/release.json").read_bytes()) | fields
    manifest["release"] = manifest_digest(manifest, without="release")
    return json.dumps(manifest).encode()


def test_what_was_built_is_believed(built: BuiltRelease) -> None:
    assert read_release(built.archive).release == built.hash
    assert read_manifest(built.folder / "learner").release == built.hash


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"notebooks/a.ipynb": b"{}"}, "notebooks/a.ipynb is not what its manifest says"),
        ({".course-kit/quizzes/a.json": b"{}"}, "is not what its manifest says"),
        ({"notebooks/a.ipynb": None}, "lacks a file: notebooks/a.ipynb"),
        ({"evil.py": b"x"}, "holds a file that its manifest does not name: evil.py"),
        ({"release.json": None}, "is not a release"),
        ({"release.json": b"{"}, "is not JSON"),
        ({"release.json": b"[]"}, "is not a JSON object"),
    ],
)
def test_a_changed_archive(repacked: Any, changes: dict[str, bytes | None], words: str) -> None:
    with pytest.raises(Tampered, match=words):
        read_release(repacked(changes))


def test_a_manifest_that_was_edited(built: BuiltRelease, repacked: Any) -> None:
    manifest = json.loads((built.folder / "learner/release.json").read_bytes())
    manifest["course"]["title"] = "Other"
    with pytest.raises(Tampered, match="its digest does not fit"):
        read_release(repacked({"release.json": json.dumps(manifest).encode()}))


def test_a_release_from_a_newer_course_kit(built: BuiltRelease, repacked: Any) -> None:
    for content in (b'{"version": 2}', resealed(built, protocol=3)):
        with pytest.raises(WrongVersion, match="pip install --upgrade course-kit"):
            read_release(repacked({"release.json": content}))


def test_a_truncated_download(built: BuiltRelease, tmp_path: Path) -> None:
    whole = built.archive.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        path = tmp_path / "cut.course.zip"
        path.write_bytes(whole[:size])
        with pytest.raises(Tampered, match="damaged or cut short"):
            read_release(path)
    with pytest.raises(NotFound):
        read_release(tmp_path / "none.course.zip")


def test_names_that_climb(built: BuiltRelease, repacked: Any) -> None:
    with pytest.raises(Invalid, match="would leave its folder"):
        read_release(repacked({"../evil.py": b"x"}))
    files = {"../../evil.py": "0" * 64}
    with pytest.raises(Invalid):
        read_release(repacked({"release.json": resealed(built, files=files)}))
    (built.folder / "learner/release.json").write_bytes(resealed(built, files=files))
    with pytest.raises(Invalid, match="would leave its folder"):
        read_release(built.folder / "learner")


def test_a_folder_is_verified_too(built: BuiltRelease, tmp_path: Path) -> None:
    learner = built.folder / "learner"
    (learner / "notebooks/a.ipynb").write_text("{}")
    with pytest.raises(Tampered, match=r"notebooks/a\.ipynb is not what"):
        read_release(learner)
    (learner / "notebooks/a.ipynb").unlink()
    with pytest.raises(Tampered, match="lacks a file"):
        read_release(learner)
    with pytest.raises(NotFound, match="is not a release"):
        read_release(tmp_path)


def test_quiz_files_that_are_damaged(built: BuiltRelease) -> None:
    learner = built.folder / "learner"
    path = learner / ".course-kit/quizzes/a.json"
    good = json.loads(path.read_bytes())
    other = json.loads(path.read_bytes())
    other["quizzes"]["robust"]["items"][0]["variants"][0]["public"]["prompt"] = "Another question"
    empty = {"version": 2, "of": "a", "quizzes": {}}
    odd = [{"k": [5]}, {"k": {"items": []}}, {"k": {"items": [{"digest": "d", "variants": [{"public": 1}]}]}}]
    bad_ones = ["{", "[]", '{"version": 2}', json.dumps(other), *(json.dumps({**empty, "quizzes": one}) for one in odd)]
    for bad in bad_ones:
        path.write_text(bad)
        with pytest.raises(Tampered, match="quiz file of lesson 'a' is damaged"):
            read_quizzes(learner, "a")
    path.write_text(json.dumps({**good, "version": 3}))
    with pytest.raises(WrongVersion):
        read_quizzes(learner, "a")
    for name in ("../a", "", "A", "/etc/passwd"):
        with pytest.raises(NotFound):
            read_quizzes(learner, name)


def test_a_latest_that_leads_nowhere(author: Any, built: BuiltRelease) -> None:
    latest = author.folder / "releases/latest"
    for text in ("", "../../x", "0" * 12, "\x00"):
        latest.write_text(text)
        assert latest_release(author.folder) is None
    latest.write_text(f"{built.hash}\n")
    assert latest_release(author.folder) == built.folder
    shutil.rmtree(built.folder)
    assert latest_release(author.folder) is None
