"""What names a folder's content: a digest of all of it, and a stamp that tells cheaply that the content is the same.

A stamp is made of each file's name, size, inode and times. Changing a file changes the time that no program can set
(``ctime``), so an equal stamp means equal content; one that is too young to be sure of (a file changed within the
clock's grain) is not trusted. After git's index, "racy" entries.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

IGNORED = frozenset({".ipynb_checkpoints", "__pycache__", ".git", ".DS_Store", "feedback"})
GRAIN = 2_000_000_000
"""Nanoseconds: the coarsest clock of a disk (FAT's)."""
_PAGE_COUNTERS = slice(24, 28), slice(92, 100)


@dataclass(frozen=True)
class Named:
    """``digest``: SHA-256 over names and contents. ``stamp``: "" where it cannot be trusted yet."""

    digest: str
    stamp: str


def submission_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Relative name and path of every regular file of a submission that does not lead out of its folder, in order."""
    for name, entry in sorted(_entries(os.fspath(folder.resolve()), "", set()), key=_order):
        yield name, Path(entry.path)


def name_folder(folder: Path, known: Named | None = None) -> Named:
    """The name of a folder's content; read only if the stamp of ``known`` says that something changed."""
    now = time.time_ns()
    files = sorted(_entries(os.fspath(folder.resolve()), "", set()), key=_order)
    whole, young = hashlib.sha256(), False
    for name, entry in files:
        seen = entry.stat()
        young = young or max(seen.st_ctime_ns, seen.st_mtime_ns) > now - GRAIN
        line = f"{name}\0{seen.st_size}\0{seen.st_mtime_ns}\0{seen.st_ctime_ns}\0{seen.st_ino}\n"
        whole.update(line.encode("utf-8", errors="surrogateescape"))
    stamp = whole.hexdigest()
    if known is not None and known.stamp == stamp:
        return known
    return Named(_digest(files), "" if young else stamp)


def submission_digest(folder: Path) -> str:
    """Names what was handed in: the SHA-256 over names and contents, the time of submission included."""
    return _digest(sorted(_entries(os.fspath(folder.resolve()), "", set()), key=_order))


def database_stamp(path: Path | None) -> str:
    """Names the state of an SQLite file: it changes with every commit. "" where that cannot be told.

    Every transaction counts up the change counter in the file's header (sqlite.org/fileformat.html, 1.3.7), which is
    finer than the disk's clock. While a write-ahead log holds pages that are not in the file yet, nothing is promised.
    """
    if path is None:
        return ""
    try:
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            return ""
        seen = path.stat()
        with path.open("rb") as stream:
            header = stream.read(100)
    except OSError:
        return ""
    counters = "".join(header[part].hex() for part in _PAGE_COUNTERS)
    return f"{seen.st_size}-{seen.st_ino}-{seen.st_mtime_ns}-{counters}"


def _order(item: tuple[str, "os.DirEntry[str]"]) -> tuple[str, ...]:
    """A folder's own files before those of its folders."""
    *folders, name = item[0].split("/")
    return (*(f"\x01{folder}" for folder in folders), f"\x00{name}")


def _entries(folder: str, prefix: str, seen: set[str]) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in IGNORED:
                continue
            if entry.is_symlink():
                # a link to a file beside it is that file; a folder behind a link is not followed
                target, inside = os.path.realpath(entry.path), folder[: len(folder) - len(prefix.rstrip("/"))]
                if os.path.isfile(target) and target.startswith(inside.rstrip("/") + os.sep):  # noqa: PTH113
                    yield prefix + entry.name, entry
            elif entry.is_dir():
                yield from _entries(entry.path, f"{prefix}{entry.name}/", seen)
            elif entry.is_file():
                yield prefix + entry.name, entry


def _digest(files: list[tuple[str, "os.DirEntry[str]"]]) -> str:
    whole = hashlib.sha256()
    for name, entry in files:
        with open(entry.path, "rb") as stream:  # noqa: PTH123 (a DirEntry knows its path as text)
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{name}\0{content}\n".encode("utf-8", errors="surrogateescape"))
    return whole.hexdigest()
