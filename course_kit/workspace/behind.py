"""Which of the learner's files are still based on an earlier release, because a newer version waits beside them.

``.course-kit/behind.json`` names, for each such file, the release that it came from (none where the learner made it)
and the file that holds the new version.
"""

import os
import shutil
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from course_kit.errors import Invalid, check_version
from course_kit.files.atomic import read_json, write_atomically, write_json
from course_kit.model.release import SHORT
from course_kit.workspace.folder import Workspace
from course_kit.workspace.notebooks import untouched


class Behind(BaseModel):
    """``base``: the release that the file came from, or empty. ``beside``: where the new version lies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    beside: str


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    files: dict[str, Behind] = {}


def read_behind(workspace: Workspace) -> dict[str, Behind]:
    """The files that are behind, by path. Raises :class:`Invalid` or :class:`WrongVersion` on a damaged record."""
    path = workspace.kit / "behind.json"
    if not path.exists():
        return {}
    what = "The record of new versions"
    data = read_json(path, what)
    check_version(what, data.get("version") if isinstance(data, dict) else None, 1)
    try:
        return _Record.model_validate(data).files
    except ValidationError as error:
        raise Invalid(
            f"{what} is damaged: {path}.",
            hint="Delete that file: your notebooks stay, and new versions already beside them stay too.",
        ) from error


def save_behind(workspace: Workspace, files: dict[str, Behind]) -> None:
    write_json(workspace.kit / "behind.json", _Record(files=files).model_dump(mode="json"))


def base_content(workspace: Workspace, name: str) -> bytes | None:
    """What the learner's file ``name`` was when it came, or None if no release brought it."""
    behind = read_behind(workspace).get(name)
    release = workspace.release if behind is None else behind.base
    path = workspace.base_of(release) / name
    return path.read_bytes() if release and path.is_file() else None


def catch_up(workspace: Workspace, name: str, backup: Path) -> None:
    """Note that ``name`` is based on the present release now; its new version goes into ``backup`` if unedited."""
    files = read_behind(workspace)
    behind = files.pop(name, None)
    if behind is None:
        return
    save_behind(workspace, files)
    beside = workspace.folder / behind.beside
    if is_unedited(workspace, beside, name):
        write_atomically(backup / behind.beside, beside.read_bytes())
        beside.unlink()


def prune_bases(workspace: Workspace) -> None:
    """Remove the kept releases that no file is based on any more."""
    needed = {workspace.release[:SHORT]} | {behind.base[:SHORT] for behind in read_behind(workspace).values()}
    for folder in (workspace.kit / "base").iterdir():
        if folder.is_dir() and folder.name not in needed:
            remove_read_only(folder)


def remove_read_only(folder: Path) -> None:
    """Remove a folder of ours whose files were made read-only."""
    for path in folder.rglob("*"):
        if path.is_file() and os.name != "posix":
            path.chmod(0o644)
    shutil.rmtree(folder, ignore_errors=True)


def is_unedited(workspace: Workspace, beside: Path, name: str) -> bool:
    """Whether the file ``beside`` holds the present release's ``name`` and nothing of the learner's."""
    released = workspace.base / name
    return beside.is_file() and released.is_file() and untouched(beside.read_bytes(), released.read_bytes(), name)
