"""A submission copied aside for marking: repaired where that is possible, never changed where it lies."""

import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.repair import read_notebook, write_notebook
from course_kit.errors import Invalid
from course_kit.files.atomic import disk_errors
from course_kit.grading.stamps import submission_digest, submission_files

__all__ = ["MAX_SUBMISSION", "Staged", "mend_folder", "put_folder", "stage", "submission_digest", "submission_files"]
MAX_SUBMISSION = 500 * 1024**2
_MAX_TIME = 200
"""Bytes of a ``timestamp.txt``; its parser takes minutes for a long one."""
Expected = Mapping[str, frozenset[str]]
"""The notebooks of an assignment, with the grade ids that tell each from the others."""


@dataclass(frozen=True)
class Staged:
    """``notebooks``: the stems that can be marked. ``repairs`` and ``unreadable`` are phrases for the instructor."""

    notebooks: tuple[str, ...]
    repairs: tuple[str, ...]
    unreadable: tuple[str, ...]


def stage(submitted: Path, to: Path, expected: Expected | None = None) -> Staged:
    """Copy a submission to ``to``; notebooks are read and written again, so that nbgrader can read them.

    A notebook under another name is taken for a missing one of ``expected`` where only that one fits. Raises
    :class:`Invalid` if the submission is too large or a link, :class:`Unavailable` if the disk is full.
    """
    if submitted.is_symlink() or submitted.parent.is_symlink():
        raise Invalid("its folder is a link to another place, whose work may be somebody else's")
    repairs, unreadable, size = [], [], 0
    notebooks: dict[str, dict[str, Any]] = {}
    with disk_errors(str(to)):
        to.mkdir(parents=True, exist_ok=True)
        for name, path in submission_files(submitted):
            size += path.stat().st_size
            if size > MAX_SUBMISSION:
                raise Invalid(f"it is larger than {MAX_SUBMISSION // 1024**2} MB")
            if "/" in name or not name.endswith(".ipynb"):
                if name == "timestamp.txt" and not _is_time(path):
                    repairs.append("timestamp.txt holds no time and was left out")
                else:
                    target = to / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, target)
                continue
            try:
                notebook, mended = read_notebook(path.read_bytes())
                write_notebook(notebook)
            except Invalid as error:
                unreadable.append(f"{name}: {error.message}")
                continue
            notebooks[name.removesuffix(".ipynb")] = notebook
            repairs += [f"{name}: {phrase}" for phrase in mended]
        for old, new in _renamed(notebooks, expected or {}, {text.split(".ipynb:")[0] for text in unreadable}).items():
            notebooks[new] = notebooks.pop(old)
            repairs.append(f"{old}.ipynb was taken for {new}.ipynb, which is missing")
        for stem, notebook in notebooks.items():
            (to / f"{stem}.ipynb").write_bytes(write_notebook(notebook))
    return Staged(tuple(sorted(notebooks)), tuple(repairs), tuple(unreadable))


def _renamed(notebooks: Mapping[str, dict[str, Any]], expected: Expected, broken: set[str]) -> dict[str, str]:
    """Which unexpected notebooks stand for which missing ones: only where each fits one and no other fits it."""
    missing = {name: marks for name, marks in expected.items() if name not in notebooks and name not in broken}
    others = {stem: grade_ids(notebook) for stem, notebook in notebooks.items() if stem not in expected}
    fits = {stem: [name for name, marks in missing.items() if _fits(ids, marks)] for stem, ids in others.items()}
    found = {stem: names[0] for stem, names in fits.items() if len(names) == 1}
    return {old: new for old, new in found.items() if sum(new in names for names in fits.values()) == 1}


def _fits(found: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether at least half of a notebook's marked cells are there."""
    return bool(wanted) and 2 * len(found & wanted) >= len(wanted)


def grade_ids(notebook: Mapping[str, Any]) -> frozenset[str]:
    """The grade ids of a notebook's cells."""
    marks = [cell.get("metadata", {}).get("nbgrader") for cell in notebook.get("cells", ()) if isinstance(cell, dict)]
    return frozenset(str(one["grade_id"]) for one in marks if isinstance(one, dict) and one.get("grade_id"))


def _is_time(path: Path) -> bool:
    """Whether nbgrader will read this ``timestamp.txt`` (it fails the submission otherwise)."""
    from dateutil import parser  # type: ignore[import-untyped]  # jupyter_client brings it; it publishes no types

    if path.stat().st_size > _MAX_TIME:
        return False
    text = path.read_bytes().decode("utf-8", errors="replace").strip()
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
