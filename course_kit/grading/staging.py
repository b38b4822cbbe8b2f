"""A submission copied aside for marking: repaired where that is possible, never changed where it lies."""

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from course_kit.bridges.nbgrader.repair import read_notebook, write_notebook
from course_kit.errors import Invalid
from course_kit.files.atomic import disk_errors

MAX_SUBMISSION = 500 * 1024**2
_IGNORED = {".ipynb_checkpoints", "__pycache__", ".git", ".DS_Store", "feedback"}


@dataclass(frozen=True)
class Staged:
    """``notebooks``: the stems that can be marked. ``repairs`` and ``unreadable`` are phrases for the instructor."""

    notebooks: tuple[str, ...]
    repairs: tuple[str, ...]
    unreadable: tuple[str, ...]


def submission_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Relative name and path of every regular file of a submission that does not lead out of its folder."""
    inside = folder.resolve()
    for place, names, files in os.walk(inside):
        names[:] = sorted(name for name in names if name not in _IGNORED and not (Path(place) / name).is_symlink())
        for name in sorted(files):
            path = Path(place) / name
            if name not in _IGNORED and path.resolve().is_relative_to(inside) and path.is_file():
                yield path.relative_to(inside).as_posix(), path


def submission_digest(folder: Path) -> str:
    """Names what was handed in: the SHA-256 over names and contents, the time of submission included."""
    whole = hashlib.sha256()
    for name, path in submission_files(folder):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{name}\0{content}\n".encode("utf-8", errors="surrogateescape"))
    return whole.hexdigest()


def stage(submitted: Path, to: Path) -> Staged:
    """Copy a submission to ``to``; notebooks are read and written again, so that nbgrader can read them.

    Raises :class:`Invalid` if it is too large, :class:`Unavailable` if the disk is full.
    """
    notebooks, repairs, unreadable, size = [], [], [], 0
    with disk_errors(str(to)):
        to.mkdir(parents=True, exist_ok=True)
        for name, path in submission_files(submitted):
            size += path.stat().st_size
            if size > MAX_SUBMISSION:
                raise Invalid(f"it is larger than {MAX_SUBMISSION // 1024**2} MB")
            target = to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if "/" in name or not name.endswith(".ipynb"):
                if name == "timestamp.txt" and not _is_time(path):
                    repairs.append("timestamp.txt holds no time and was left out")
                else:
                    shutil.copyfile(path, target)
                continue
            try:
                notebook, mended = read_notebook(path.read_bytes())
                content = write_notebook(notebook)
            except Invalid as error:
                unreadable.append(f"{name}: {error.message}")
                continue
            target.write_bytes(content)
            notebooks.append(target.stem)
            repairs += [f"{name}: {phrase}" for phrase in mended]
    return Staged(tuple(notebooks), tuple(repairs), tuple(unreadable))


def _is_time(path: Path) -> bool:
    """Whether nbgrader will read this ``timestamp.txt`` (it fails the submission otherwise)."""
    from dateutil import parser  # type: ignore[import-untyped]  # jupyter_client brings it; it publishes no types

    text = path.read_bytes()[:200].decode("utf-8", errors="replace").strip()
    day_and_time = " ".join(text.split(" ")[:2])
    try:
        parser.parse(day_and_time)
    except (ValueError, OverflowError):
        return not text
    return True


def put_folder(made: Path, target: Path) -> None:
    """Put a whole folder in the place of another, in one step as far as a reader can tell."""
    with disk_errors(str(target)):
        target.parent.mkdir(parents=True, exist_ok=True)
        mend_folder(target)
        mark = secrets.token_hex(4)
        draft, old = (target.with_name(f".{target.name}.{mark}.{kind}") for kind in ("new", "old"))
        try:
            shutil.copytree(made, draft)
            if target.exists():
                target.rename(old)
            try:
                draft.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def mend_folder(target: Path) -> None:
    """Clear up after a :func:`put_folder` that was killed: what stood there before comes back if nothing does yet."""
    left_over = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.(?:new|old)")
    with disk_errors(str(target)), suppress(FileNotFoundError):
        for left in [path for path in target.parent.iterdir() if left_over.fullmatch(path.name)]:
            if left.suffix == ".old" and not target.exists():
                left.rename(target)
            else:
                shutil.rmtree(left, ignore_errors=True)
