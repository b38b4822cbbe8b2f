"""Whether a folder's disk keeps locks: found out by trying, between two processes. Standard library only."""

import os
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_SECONDS = 10.0
# The kind of lock that SQLite takes: on a stretch of bytes, by fcntl. Says "refused" or "taken".
_SECOND = """
import fcntl, sys
with open(sys.argv[1], "r+b") as stream:
    try:
        fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0)
    except (BlockingIOError, PermissionError):
        print("refused")
    else:
        print("taken")
"""


def locks_hold(folder: Path) -> bool:
    """Whether a lock that one process holds in ``folder`` keeps a second one out, and lets it in afterwards.

    True where that cannot be tried: no POSIX system, or a folder that cannot be written (its user will hear of that).
    """
    if os.name != "posix":
        return True
    import fcntl

    path = folder / f".lock-test-{secrets.token_hex(4)}"
    try:
        stream = path.open("x+b")
    except OSError:
        return True
    try:
        with stream:
            stream.write(b"0")
            stream.flush()
            try:
                fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0)
            except OSError:
                return False
            if _second(path) != "refused":
                return False
            fcntl.lockf(stream, fcntl.LOCK_UN, 1, 0)
            return _second(path) == "taken"
    finally:
        with suppress(OSError):
            path.unlink()


def _second(path: Path) -> str:
    """What a second process was told when it asked for the lock."""
    command = [sys.executable, "-I", "-S", "-c", _SECOND, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip()
