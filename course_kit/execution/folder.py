"""The folder that a notebook runs in: filled before, and what changed in it taken out after."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from course_kit.errors import Invalid

_IGNORED = {"__pycache__", ".ipynb_checkpoints"}
MAX_FILES = 2000

Files = dict[str, tuple[int, str]]
"""Size and SHA-256 by relative path."""


def put_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` below ``folder``. Raises :class:`Invalid` for a name that leads out of it."""
    for name, content in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
            raise Invalid(f"The file {name!r} leads out of its folder.", hint="Hand it in under another name.")
        target = folder.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def file_state(folder: Path) -> Files:
    """Every regular file below ``folder``."""
    return {name: (size, _digest(path)) for name, path, size in _regular(folder)}


def changed_files(folder: Path, before: Files, limit: int) -> dict[str, bytes | None]:
    """What is new or different since ``before``, at most ``limit`` bytes in all; None for what is gone.

    Links, devices and pipes are left out, and so is what lies behind a link.
    """
    found: dict[str, bytes | None] = {}
    seen = set()
    left = limit
    for name, path, size in _regular(folder):
        seen.add(name)
        if len(found) >= MAX_FILES or size > left:
            continue
        content = _content(path, left)
        if content is not None and before.get(name) != (len(content), hashlib.sha256(content).hexdigest()):
            found[name] = content
            left -= len(content)
    found.update(dict.fromkeys(before.keys() - seen))
    return found


def remove_folder(folder: Path) -> None:
    """Remove a folder whatever is in it: thousands of folders in each other, folders that may not be entered."""
    with suppress(OSError, RecursionError):
        shutil.rmtree(folder)
        return
    # by the system's own means, which know no depth; what a submission named cannot be taken for an option
    subprocess.run(["chmod", "-R", "u+rwx", "--", str(folder)], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", "--", str(folder)], check=False, capture_output=True)


def _regular(folder: Path) -> Iterator[tuple[str, Path, int]]:
    folders = [folder]
    while folders:  # not os.walk, which recurses: folders may lie in each other a thousand deep
        try:
            with os.scandir(folders.pop()) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            # it may not be entered, or its path is longer than a path may be
            continue
        inner = [one for one in entries if one.name not in _IGNORED and one.is_dir(follow_symlinks=False)]
        folders += [Path(one.path) for one in reversed(inner)]
        for one in entries:
            path = Path(one.path)
            relative = path.relative_to(folder).as_posix()
            with suppress(OSError):
                if one.is_file(follow_symlinks=False) and _is_text(relative):
                    yield relative, path, one.stat(follow_symlinks=False).st_size


def _is_text(name: str) -> bool:
    """Whether a file's name can be written down: bytes that are no text cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _content(path: Path, limit: int) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        content = stream.read(min(limit, os.fstat(descriptor).st_size) + 1)
    return content if len(content) <= limit else None


def _digest(path: Path) -> str:
    content = _content(path, 2**40)
    return "" if content is None else hashlib.sha256(content).hexdigest()
