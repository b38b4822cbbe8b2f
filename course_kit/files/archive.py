"""Zip files that travel: releases, submissions, feedback. What comes in was made by a stranger."""

import hashlib
import io
import json
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from course_kit.errors import Invalid, NotFound, Tampered
from course_kit.files.atomic import write_atomically

MAX_BYTES = 2 * 1024**3
"""What an archive may unpack to in all, unless the caller says less."""
MAX_FILES = 20_000
_TIME = (1980, 1, 1, 0, 0, 0)
_WINDOWS_NAMES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls of terminals and of the direction of writing, and halves of characters: no name needs them."""
_MAX_NAME = 200
"""Bytes in a name: what disks take (255) less what a draft's name or a new version's adds."""
_AGAIN = "Get the file once more from where it came from; nothing was changed on this computer."


def safe_path(name: str) -> PurePosixPath:
    """``name`` as a path that stays inside its folder on every system. Raises :class:`Invalid` if it does not."""
    path = PurePosixPath(name)
    parts = name.split("/")
    climbs = path.is_absolute() or any(part in {"", ".", ".."} for part in parts)
    odd = "\\" in name or ":" in name or _UNSEEN.search(name) is not None or len(name) > 1000
    long = any(len(part.encode(errors="replace")) > _MAX_NAME for part in parts)
    if climbs or odd or long or any(_WINDOWS_NAMES.match(part) or part != part.rstrip(". ") for part in parts):
        raise Invalid(f"A file inside is named {name!r}, which would leave its folder or cannot be made.", hint=_AGAIN)
    return path


def write_archive(path: Path, files: Mapping[str, bytes], *, first: str) -> None:
    """A zip of ``files`` (path to content), the same bytes for the same content, with ``first`` at its front."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files, key=lambda name: (name != first, name)):
            info = zipfile.ZipInfo(str(safe_path(name)), _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, files[name])
    write_atomically(path, buffer.getvalue())


class Archive:
    """An open zip whose names are safe and whose size is bounded. Made by :func:`open_archive`."""

    def __init__(self, opened: zipfile.ZipFile, label: str, max_bytes: int, within: "Archive | None") -> None:
        self._zip, self.label, self._within = opened, label, within
        self._left: int = max_bytes if within is None else min(max_bytes, within._left)
        self._infos = {info.filename: info for info in opened.infolist() if not info.is_dir()}
        self._check_names(opened.infolist())

    def _check_names(self, infos: list[zipfile.ZipInfo]) -> None:
        if len(infos) > MAX_FILES:
            raise Invalid(f"{self.label} holds more than {MAX_FILES} files.", hint=_AGAIN)
        seen: set[str] = set()
        files = {info.filename.casefold() for info in infos if not info.is_dir()}
        for info in infos:
            name = info.filename.removesuffix("/")
            safe_path(name)
            mode = info.external_attr >> 16
            if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
                raise Invalid(f"{self.label}: {name!r} is a link or a device, not a file.", hint=_AGAIN)
            if name.casefold() in seen:
                raise Invalid(f"{self.label} holds {name!r} twice.", hint=_AGAIN)
            seen.add(name.casefold())
        for info in infos:
            above = PurePosixPath(info.filename.casefold()).parents
            if any(str(folder) in files for folder in above):
                raise Invalid(f"{self.label}: {info.filename!r} lies in what is a file there.", hint=_AGAIN)
        declared = sum(info.file_size for info in infos)
        if declared > self._left:
            raise Invalid(f"{self.label} would unpack to {declared / 1024**2:,.0f} MB, which is too much.", hint=_AGAIN)

    def names(self) -> list[str]:
        """The names of the files in it, in its order."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """One file's content. Raises :class:`NotFound`, :class:`Tampered` (damaged) or :class:`Invalid` (endless)."""
        if name not in self._infos:
            raise NotFound(f"{self.label} holds no {name}.", hint=_AGAIN)
        try:
            with self._zip.open(self._infos[name]) as stream:
                content = stream.read(self._left + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            OSError,
            RuntimeError,
            NotImplementedError,
        ) as error:
            raise Tampered(f"{self.label} is damaged: {name} cannot be read ({error}).", hint=_AGAIN) from error
        if len(content) > self._left:
            raise Invalid(f"{self.label} unpacks to more than is allowed.", hint=_AGAIN)
        self._spend(len(content))
        return content

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._within is not None:
            self._within._spend(size)

    def read_json(self, name: str) -> dict[str, Any]:
        """A JSON object in it. Raises as :meth:`read`, and :class:`Tampered` if it is not one."""
        try:
            value = json.loads(self.read(name))
        except (ValueError, RecursionError) as error:
            raise Tampered(f"{self.label} is damaged: {name} is not JSON.", hint=_AGAIN) from error
        if not isinstance(value, dict):
            raise Tampered(f"{self.label} is damaged: {name} is not a JSON object.", hint=_AGAIN)
        return value


@contextmanager
def open_archive(
    path: Path, what: str, *, max_bytes: int = MAX_BYTES, within: Archive | None = None
) -> Iterator[Archive]:
    """Open a zip that came from outside. ``what`` names it in errors (``The release``).

    What is read of one that lay ``within`` another counts for both: many small archives are no way around the limit.
    Raises :class:`NotFound` if it is not there, :class:`Tampered` if it is no whole zip, :class:`Invalid` if a name
    in it climbs out of its folder or it would unpack to more than ``max_bytes``.
    """
    label = f"{what} {path.name}"
    try:
        if path.exists() and not path.is_file():
            raise Tampered(f"{label} is no file: it is a folder or a device.", hint="Name the file itself.")
        opened = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check its name and folder.") from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Tampered(
            f"{label} is damaged or cut short: it is not a whole zip file ({error}).", hint=_AGAIN
        ) from error
    with opened:
        yield Archive(opened, label, max_bytes, within)


def sha256(content: bytes) -> str:
    """The SHA-256 of ``content`` in 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def check_content(label: str, name: str, content: bytes, expected: str) -> None:
    """Raise :class:`Tampered` unless ``content`` has the digest that the manifest names."""
    if sha256(content) != expected:
        raise Tampered(f"{label}: {name} is not what its manifest says: it was changed or damaged.", hint=_AGAIN)
