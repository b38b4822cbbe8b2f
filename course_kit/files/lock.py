"""Advisory locks on files: held by a process, gone with it however it ends."""

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from course_kit.errors import Busy, Unavailable
from course_kit.files.atomic import disk_errors

if sys.platform == "win32":
    import msvcrt

    def _take(stream: IO[bytes]) -> bool:
        try:
            stream.seek(0x7FFF0000)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(stream: IO[bytes]) -> bool:
        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def try_lock(stream: IO[bytes]) -> bool:
    """Lock an open file for as long as it stays open; False if another holder has it.

    Raises OSError where the disk knows no locks, as some network disks do.
    """
    return _take(stream)


class FileLock:
    """``with FileLock(path, what):`` one process at a time; others wait up to ``wait`` seconds, then get Busy.

    Where the disk knows no locks: Unavailable, unless ``needed`` is false; then all go on, side by side, and what they
    do must bear it.
    """

    def __init__(self, path: Path, what: str, *, wait: float = 0.0, needed: bool = True) -> None:
        self._path, self._what, self._wait, self._needed = path, what, wait, needed
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Self:
        with disk_errors(str(self._path)):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            stream = self._path.open("a+b")
        try:
            self._wait_for(stream)
        except BaseException:
            stream.close()
            raise
        os.set_inheritable(stream.fileno(), False)
        self._stream = stream
        return self

    def _wait_for(self, stream: IO[bytes]) -> None:
        deadline = time.monotonic() + self._wait
        while not self._taken(stream):
            if time.monotonic() >= deadline:
                raise Busy(
                    f"{self._what} is under way in another process.",
                    hint="Wait for it to end and run the same command again; nothing was changed.",
                )
            time.sleep(0.02)

    def _taken(self, stream: IO[bytes]) -> bool:
        try:
            return _take(stream)
        except OSError as error:
            if not self._needed:
                return True
            raise Unavailable(
                f"{self._path.parent} lies on a disk that knows no locks ({error.strerror}), and without one two "
                "processes at once could harm each other.",
                hint="Use a folder on a local disk, have the network disk mounted with locks, or name another data "
                "folder in COURSE_KIT_DATA. Nothing was changed.",
            ) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
