"""Builds that meet a full disk, another build, or their end."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Busy, Unavailable
from course_kit.files.lock import FileLock
from course_kit.release.build import build_release
from course_kit.source.released import latest_release, read_release

Tree = Callable[[Path], dict[str, bytes]]
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits are POSIX's")


def test_two_builds_at_once(author: Any) -> None:
    author.writes_course("a")
    with (
        FileLock(author.folder / ".course-kit" / "build.lock", "x"),
        pytest.raises(Busy, match="A build of this course"),
    ):
        build_release(author.folder)
    assert not (author.folder / "releases").exists()
    build_release(author.folder)


@posix
@pytest.mark.slow
def test_a_build_that_is_killed_leaves_the_last_release_and_is_cleaned_up(author: Any, tree: Tree) -> None:
    author.writes_course(*(f"l{number}" for number in range(8)))
    first = build_release(author.folder)
    before = tree(first.folder)
    program = (
        "import sys; from pathlib import Path; from course_kit.release.build import build_release\n"
        "def step(done, total, what):\n    print(done, flush=True)\n    sys.stdin.readline()\n"
        "build_release(Path(sys.argv[1]), progress=step)\n"
    )
    last = 0
    for steps in (1, 5, 9, 10):
        for number in range(8):
            author.edits(f"notebooks/l{number}.ipynb", "# ", f"# {steps} ")
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(author.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(steps):
            last = int(process.stdout.readline())
            process.stdin.write("\n")
            process.stdin.flush()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert latest_release(author.folder) == first.folder
        assert tree(first.folder) == before
    assert last >= 8
    second = build_release(author.folder)
    assert latest_release(author.folder) == second.folder
    assert [path.name for path in (author.folder / "releases").iterdir() if path.name.startswith(".building")] == []
    assert tree(first.folder) == before


@posix
@pytest.mark.slow
def test_killed_at_any_moment_the_latest_release_is_whole(author: Any) -> None:
    author.writes_course(*(f"l{number}" for number in range(5)))
    build_release(author.folder)
    program = (
        "import sys; from pathlib import Path; from course_kit.release.build import build_release\nprint(flush=True)\n"
    )
    program += "build_release(Path(sys.argv[1]))\n"
    for turn in range(8):
        author.edits("notebooks/l0.ipynb", "# ", f"# {turn} ")
        process = subprocess.Popen([sys.executable, "-c", program, str(author.folder)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.02 * turn)  # not a wait: the moment of the blow
        process.kill()
        process.communicate()
        latest = latest_release(author.folder)
        assert latest is not None
        assert read_release(latest / "learner").short == latest.name
    build_release(author.folder)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="tells by /proc which file a descriptor is")
def test_before_latest_moves_all_that_it_names_is_on_the_disk(author: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut cannot be had here: so each fsync is noted, with what lay behind the descriptor, and done."""
    author.writes_course("a", "b")
    synced: list[Path] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    built = build_release(author.folder)
    releases = author.folder.resolve() / "releases"
    latest = next(number for number, path in enumerate(synced) if path.name.startswith(".latest."))
    (draft,) = {path.relative_to(releases).parts[0] for path in synced if ".building-" in str(path)}
    # the archive was written beside its place, under a name of its own
    names = {re.sub(r"/\.([^/]*)\.[0-9a-f]{8}\.tmp$", r"/\1", str(path)) for path in synced[:latest]}
    expected = {path.relative_to(built.folder) for path in built.folder.rglob("*")} | {Path()}
    assert {str(releases / draft / path) for path in expected} <= names
    assert synced[latest - 1] == releases


@posix
def test_a_file_that_cannot_grow(author: Any, tree: Tree) -> None:
    author.writes_course("a")
    first = build_release(author.folder)
    before = tree(author.folder / "releases" / first.folder.name)
    author.writes("notebooks/large.csv", "x" * 400_000)
    author.writes_course("a", files="[notebooks/large.csv]")
    program = (
        "import resource, sys; from pathlib import Path; from course_kit.release.build import build_release\n"
        "from course_kit.errors import Unavailable\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try:\n    build_release(Path(sys.argv[1]))\nexcept Unavailable as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(author.folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("The disk is full: the release could not be written.")
    assert "run the same command again" in done.stdout
    assert latest_release(author.folder) == first.folder
    assert tree(first.folder) == before
    assert build_release(author.folder).hash != first.hash


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_last_release_untouched(author: Any, tiny_disk: Path, tree: Tree) -> None:
    author.folder = tiny_disk / "course"
    author.writes_course("a")
    first = build_release(author.folder)
    before = tree(first.folder)
    author.writes("notebooks/large.csv", "x" * 500_000)
    author.writes_course("a", files="[notebooks/large.csv]")
    with pytest.raises(Unavailable, match="The disk is full"):
        build_release(author.folder)
    assert latest_release(author.folder) == first.folder
    assert tree(first.folder) == before
    assert [path.name for path in (author.folder / "releases").iterdir() if path.name.startswith(".building")] == []
    author.writes("notebooks/large.csv", "x")
    assert build_release(author.folder).hash != first.hash
