"""Whole files or nothing: a reader sees the old content or the new, also after a crash."""

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound, Unavailable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn what a disk refuses (full, read-only, no permission, a file in the way) into an error with the next step."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable(
                f"The disk is full: {what} could not be written. What was there before is untouched.",
                hint="Free some space (or raise your quota) and run the same command again.",
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise Unavailable(
                f"{what} could not be written: {error.strerror}.",
                hint="Check who owns the folder and whether it is read-only, then run the same command again.",
            ) from error
        if error.errno in {errno.EEXIST, errno.ENOTDIR}:
            raise Unavailable(
                f"{what} could not be written: a file stands where a folder is needed.",
                hint="Name another folder, or move that file away.",
            ) from error
        raise


def write_atomically(path: Path, data: bytes | str, *, private: bool = False) -> None:
    """Put ``data`` at ``path``: written beside it, fsynced and moved over it. Makes the parent folders.

    ``private``: only the file's owner may read it (where the system knows owners). Raises :class:`Unavailable` if the
    disk is full or may not be written.
    """
    content = data.encode() if isinstance(data, str) else data
    with disk_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            with open(draft, "wb", opener=_owners if private else None) as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
        sync_folder(path.parent)


def _owners(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` durable (where the system can; Windows does so by itself)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any, *, private: bool = False) -> None:
    """``value`` as indented JSON, atomically; ``private`` as for :func:`write_atomically`."""
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", private=private)


def read_json(path: Path, what: str) -> Any:
    """The JSON at ``path``. ``what`` names it in the error. Raises :class:`NotFound` or :class:`Invalid`."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"{what} is missing: {path}") from None
    except (ValueError, RecursionError) as error:
        raise Invalid(
            f"{what} is damaged: {path} is not JSON ({error}).",
            hint="Restore it from a backup, or make it again.",
        ) from error
