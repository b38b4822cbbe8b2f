"""What came in: every file of a folder or an archive, archives inside it opened, whatever a stranger put there."""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course_kit.errors import CourseKitError, Invalid, NotFound
from course_kit.files.archive import Archive, open_archive

MAX_ARCHIVE = 2 * 1024**3
"""What a download of a whole cohort may unpack to, archives inside it included."""
MAX_FILE = 500 * 1024**2
"""What one file may hold, and what one archive inside a download may unpack to."""
MAX_COLLECTED = 2 * 1024**3
"""What all that is taken in at once may hold: it is looked at together, in memory."""
MAX_DEPTH = 3
SUBMISSION = "submission.json"
_JUNK = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Piece:
    """One file. ``parts`` are the names that lead to it, archives included; ``modified`` is its own time, if any."""

    parts: tuple[str, ...]
    content: bytes
    modified: datetime | None

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def label(self) -> str:
        return "/".join(self.parts)


@dataclass(frozen=True)
class Sealed:
    """A submission file of course-kit's: the archive is at ``path`` while it is being looked at."""

    parts: tuple[str, ...]
    path: Path

    @property
    def label(self) -> str:
        return "/".join(self.parts)


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be taken, and why in one sentence."""

    label: str
    reason: str


def incoming(source: Path) -> Iterator[Piece | Sealed | Unreadable]:
    """All files of a folder (recursively, links not followed) or an archive, in the order of their names.

    Raises :class:`NotFound` if ``source`` is not there; a file that cannot be read is an :class:`Unreadable`, and so
    is one that would bring all of them over :data:`MAX_COLLECTED`.
    """
    left = MAX_COLLECTED
    for one in _everything(source):
        size = _size(one)
        if size <= left:
            left -= size
            yield one
        else:
            yield Unreadable(one.label, "There is too much to take in at once: collect it in several parts.")


def _size(one: Piece | Sealed | Unreadable) -> int:
    """How many bytes it holds, unpacked."""
    match one:
        case Piece():
            return len(one.content)
        case Sealed():
            with zipfile.ZipFile(one.path) as opened:
                return sum(info.file_size for info in opened.infolist())
        case _:
            return 0


def _everything(source: Path) -> Iterator[Piece | Sealed | Unreadable]:
    if not source.exists():
        raise NotFound(f"There is no file or folder {source}.", hint="Check its name.")
    if source.is_file():
        yield from _file(source, (source.name,), 0)
        return
    for path in sorted(source.rglob("*")):
        parts = path.relative_to(source).parts
        if not _is_junk(parts) and path.is_symlink():
            yield Unreadable("/".join(parts), "It is a link, not a file.")
        elif not _is_junk(parts) and path.is_file() and not any(p.is_symlink() for p in _above(path, source)):
            yield from _file(path, parts, 0)


def _above(path: Path, top: Path) -> Iterator[Path]:
    for parent in path.parents:
        if parent == top:
            return
        yield parent


def _is_junk(parts: tuple[str, ...]) -> bool:
    return any(part in _JUNK or part.startswith(("._", ".~")) or part == ".DS_Store" for part in parts)


def _file(
    path: Path, parts: tuple[str, ...], depth: int, within: Archive | None = None
) -> Iterator[Piece | Sealed | Unreadable]:
    label = "/".join(parts)
    try:
        if parts[-1].lower().endswith(".zip"):
            yield from _archive(path, parts, depth, within)
        elif path.stat().st_size > MAX_FILE:
            yield Unreadable(label, f"It is larger than {MAX_FILE // 1024**2} MB.")
        else:
            modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            yield Piece(parts, path.read_bytes(), modified)
    except CourseKitError as error:
        yield Unreadable(label, error.message)
    except OSError as error:
        yield Unreadable(label, f"It cannot be read: {error.strerror or error}.")


def _archive(
    path: Path, parts: tuple[str, ...], depth: int, within: Archive | None
) -> Iterator[Piece | Sealed | Unreadable]:
    if depth >= MAX_DEPTH:
        raise Invalid(f"{'/'.join(parts)}: archives are nested more than {MAX_DEPTH} deep.")
    limit = MAX_ARCHIVE if within is None else MAX_FILE
    with open_archive(path, "The archive", max_bytes=limit, within=within) as archive:
        if SUBMISSION in archive.names():
            yield Sealed(parts, path)
            return
        times = _times(path)
        for name in sorted(archive.names()):
            inner = (*parts, *name.split("/"))
            if _is_junk(inner):
                continue
            if name.lower().endswith(".zip"):
                yield from _nested(archive, name, inner, depth)
            else:
                yield Piece(inner, archive.read(name), times.get(name))


def _nested(archive: Archive, name: str, parts: tuple[str, ...], depth: int) -> Iterator[Piece | Sealed | Unreadable]:
    with tempfile.TemporaryDirectory(prefix="course-kit-") as scratch:
        path = Path(scratch) / "nested.zip"
        path.write_bytes(archive.read(name))
        yield from _file(path, parts, depth + 1, archive)


def _times(path: Path) -> dict[str, datetime]:
    """When each member was changed. Zip files have no time zone; UTC is as good as any."""
    times = {}
    with zipfile.ZipFile(path) as opened:
        for info in opened.infolist():
            try:
                times[info.filename] = datetime(*info.date_time, tzinfo=UTC)
            except ValueError:
                continue
    return times
