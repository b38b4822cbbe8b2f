"""Advisory locks on files: held by a process, gone with it however it ends."""

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from course_kit.errors import Busy
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
    """Lock an open file for as long as it stays open; False if another holder has it."""
    return _take(stream)


class FileLock:
    """``with FileLock(path, what):`` one process at a time; others wait up to ``wait`` seconds, then get Busy."""

    def __init__(self, path: Path, what: str, *, wait: float = 0.0) -> None:
        self._path, self._what, self._wait = path, what, wait
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Self:
        with disk_errors(str(self._path)):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            stream = self._path.open("a+b")
        deadline = time.monotonic() + self._wait
        while not _take(stream):
            if time.monotonic() >= deadline:
                stream.close()
                raise Busy(
                    f"{self._what} is under way in another process.",
                    hint="Wait for it to end and run the same command again; nothing was changed.",
                )
            time.sleep(0.02)
        os.set_inheritable(stream.fileno(), False)
        self._stream = stream
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
