"""Archives made by strangers, and files on disks that fail."""

import errno
import os
import stat
import zipfile
from pathlib import Path

import pytest

from course_kit.errors import Busy, Invalid, NotFound, Tampered, Unavailable
from course_kit.files.archive import check_content, open_archive, safe_path, sha256, write_archive
from course_kit.files.atomic import read_json, write_atomically, write_json
from course_kit.files.lock import FileLock


def test_the_same_content_gives_the_same_bytes(tmp_path):
    write_archive(tmp_path / "a.zip", {"b.txt": b"2", "release.json": b"{}", "a.txt": b"1"}, first="release.json")
    write_archive(tmp_path / "b.zip", {"a.txt": b"1", "b.txt": b"2", "release.json": b"{}"}, first="release.json")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with open_archive(tmp_path / "a.zip", "The release") as archive:
        assert archive.names() == ["release.json", "a.txt", "b.txt"]
        assert archive.read_json("release.json") == {}


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/x",
        "a/../../x",
        "a//x",
        "./x",
        "C:x",
        "a\\x",
        "a\0x",
        "nul.txt",
        "a/con",
        "x.",
        "x ",
        "",
        "a\nb",
        "a\x9b31m",
        "a\u202egnp.exe",
        "a\ud800",
        "x" * 201,
    ],
)
def test_a_name_that_climbs_or_cannot_be_made_is_refused(name):
    with pytest.raises(Invalid, match="A file inside is named"):
        safe_path(name)


def test_an_archive_that_climbs_out_is_refused_before_anything_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("ok.txt", "fine")
        archive.writestr("../../evil.txt", "bad")
    with pytest.raises(Invalid, match="evil"), open_archive(tmp_path / "x.zip", "The submission"):
        pass


def test_a_link_inside_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(Invalid, match="is a link"), open_archive(tmp_path / "x.zip", "The submission"):
        pass


def test_an_archive_without_end_is_stopped(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 3_000_000)
    with (
        pytest.raises(Invalid, match="too much"),
        open_archive(tmp_path / "bomb.zip", "The file", max_bytes=1_000_000),
    ):
        pass


def test_one_that_lies_about_its_size_is_stopped_too(tmp_path):
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 3_000_000)
    data = path.read_bytes().replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    with open_archive(path, "The file", max_bytes=1_000_000) as archive, pytest.raises((Invalid, Tampered)):
        archive.read("zeros")


def test_a_file_cut_short_or_changed_is_named(tmp_path):
    path = tmp_path / "a.zip"
    write_archive(path, {"release.json": b"{}" * 500, "b": bytes(range(256)) * 40}, first="release.json")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with (
        pytest.raises(Tampered, match=r"The release a\.zip is damaged or cut short"),
        open_archive(path, "The release"),
    ):
        pass
    with pytest.raises(Tampered, match="not what its manifest says"):
        check_content("The release", "b", b"other", sha256(b"this"))
    with pytest.raises(NotFound, match="no file"), open_archive(tmp_path / "none.zip", "The release"):
        pass


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "kept.json"
    write_json(path, {"version": 1})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("course_kit.files.atomic.os.fsync", full)
    with pytest.raises(Unavailable, match="The disk is full"):
        write_atomically(path, b"other")
    assert read_json(path, "The file") == {"version": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in ("file/x", "file/y/x"):
        with pytest.raises(Unavailable, match="a file stands where a folder is needed"):
            write_atomically(tmp_path / path, b"x")


def test_damaged_json_says_which_file(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(Invalid, match=r"The manifest is damaged: .*a\.json"):
        read_json(tmp_path / "a.json", "The manifest")
    (tmp_path / "deep.json").write_text("[" * 200_000)
    with pytest.raises(Invalid):
        read_json(tmp_path / "deep.json", "The manifest")


def test_two_cannot_hold_one_lock(tmp_path: Path):
    with (
        FileLock(tmp_path / "l", "A build"),
        pytest.raises(Busy, match="A build is under way"),
        FileLock(tmp_path / "l", "A build"),
    ):
        pass
    with FileLock(tmp_path / "l", "A build"):
        pass


def test_a_file_that_is_a_folder_too_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a", "file")
        archive.writestr("A/b/c.txt", "below it")
    with pytest.raises(Invalid, match="lies in what is a file"), open_archive(tmp_path / "x.zip", "The release"):
        pass


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless file here")
def test_a_device_is_no_archive_and_is_not_read_without_end():
    with pytest.raises(Tampered, match="no file"), open_archive(Path("/dev/zero"), "The feedback file"):
        pass


@pytest.mark.parametrize("text", ['{"a": ' + "9" * 5000 + "}", "[" * 100_000, b"\xff"])
def test_what_looks_like_json_and_cannot_be_read_is_damage(tmp_path, text):
    write_archive(tmp_path / "x.zip", {"a.json": text if isinstance(text, bytes) else text.encode()}, first="a.json")
    with open_archive(tmp_path / "x.zip", "The release") as archive, pytest.raises(Tampered, match="is not JSON"):
        archive.read_json("a.json")


@pytest.mark.skipif(os.name != "posix", reason="flock is POSIX's")
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_disk_without_locks(tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch):
    """Some network disks refuse every lock; no such disk is at hand, so flock is made to say what it says there."""

    def refuse(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with (
        pytest.raises(Unavailable, match="lies on a disk that knows no locks") as caught,
        FileLock(tmp_path / "l", "A build"),
    ):
        pass
    assert "local disk" in caught.value.hint
    with FileLock(tmp_path / "l", "Taking in events", needed=False), FileLock(tmp_path / "l", "x", needed=False):
        pass
