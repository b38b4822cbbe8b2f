"""Bring a learner's answers over into the new version of a notebook: three-way, cell by cell, losing nothing.

Untouched cells follow the new version; touched ones stay, with the new text beside them where the author changed it
too; the learner's own cells keep their neighbour; locked cells follow (ADR 0004 has the table).
"""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from course_kit.errors import NotFound, Refused
from course_kit.files.archive import sha256
from course_kit.files.atomic import write_atomically
from course_kit.workspace import notebooks as nb
from course_kit.workspace.behind import base_content, catch_up
from course_kit.workspace.folder import Workspace, backup_folder
from course_kit.workspace.moved import Moved, moved_work
from course_kit.workspace.notebooks import Cell, Notebook
from course_kit.workspace.trust import trust
from course_kit.workspace.update import changing

_EMPTY: Mapping[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@dataclass(frozen=True)
class Merged:
    """``carried``: cells of the learner's that went over. ``both``: of them, those that the author changed as well.

    ``only_in_backup``: locked cells that the learner had changed; their text is kept in the backup alone.
    """

    notebook: Notebook
    carried: int
    both: int
    only_in_backup: int


@dataclass(frozen=True)
class BroughtOver:
    """``path`` and ``backup`` are relative to the learner's copy."""

    path: str
    carried: int
    both: int
    only_in_backup: int
    backup: str


def bring_answers_over(folder: Path, path: str | Path, *, at: datetime) -> BroughtOver:
    """Merge the new version of the notebook ``path`` (in the learner's copy ``folder``) with what the learner did.

    The learner's file goes into a backup first and is then replaced whole; the unedited file of the new version
    goes there too. Of a lesson that moved, ``path`` is the former file: its answers go into the notebook at the new
    place, and it goes away. Raises :class:`NotFound` where no new version waits, :class:`Refused` where the learner
    has worked in the moved notebook already, :class:`Invalid` where the learner's notebook cannot be read,
    :class:`Busy` while another change is under way.
    """
    workspace = Workspace.around(folder)
    with changing(workspace):
        name = workspace.relative(path)
        moved = next((moved for moved in moved_work(workspace, workspace.manifest()) if moved.old == name), None)
        if moved is not None:
            return _carry_over(workspace, moved, at)
        target, new = workspace.path(name), workspace.base / name
        if not new.is_file() or not target.is_file() or not name.endswith(".ipynb"):
            raise NotFound(
                f"No new version of {name} is waiting.",
                hint="Open the new release first: `course-kit open FILE`.",
            )
        before = target.read_bytes()
        base = base_content(workspace, name)
        if base == new.read_bytes():
            raise NotFound(f"No new version of {name} is waiting: yours is based on the newest.")
        merged = merge(
            nb.read_notebook(base, name) if base is not None else _EMPTY,
            nb.read_notebook(before, name),
            nb.read_notebook(new.read_bytes(), name),
        )
        backup = backup_folder(workspace, at)
        write_atomically(backup / name, before)
        write_atomically(target, nb.write_notebook(merged.notebook))
        catch_up(workspace, name, backup)
        trust([target])
    kept = (backup / name).relative_to(workspace.folder).as_posix()
    return BroughtOver(name, merged.carried, merged.both, merged.only_in_backup, kept)


def _carry_over(workspace: Workspace, moved: Moved, at: datetime) -> BroughtOver:
    """The learner's work in the former file of a lesson, merged into its untouched notebook at the new place."""
    source, target = workspace.path(moved.old), workspace.path(moved.new)
    new, before = (workspace.base / moved.new).read_bytes(), source.read_bytes()
    there = target.read_bytes() if target.is_file() else None
    if there is not None and not nb.untouched(there, new, moved.new):
        raise Refused(
            f"{moved.text} You have worked in {moved.new} as well, so that nothing was changed.",
            hint="Open both and copy what you need from one to the other.",
        )
    base = base_content(workspace, moved.old)
    merged = merge(
        nb.read_notebook(base, moved.old) if base is not None else _EMPTY,
        nb.read_notebook(before, moved.old),
        nb.read_notebook(new, moved.new),
    )
    backup = backup_folder(workspace, at)
    write_atomically(backup / moved.old, before)
    if there is not None and there != new:
        write_atomically(backup / moved.new, there)
    write_atomically(target, nb.write_notebook(merged.notebook))
    source.unlink()
    catch_up(workspace, moved.old, backup)
    trust([target])
    kept = (backup / moved.old).relative_to(workspace.folder).as_posix()
    return BroughtOver(moved.new, merged.carried, merged.both, merged.only_in_backup, kept)


def merge(base: Mapping[str, Any], mine: Mapping[str, Any], new: Mapping[str, Any]) -> Merged:
    """The merged notebook of three that were read by :func:`read_notebook`; none of them is changed."""
    return _Merge(base, mine, new).whole()


class _Merge:
    def __init__(self, base: Mapping[str, Any], mine: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        by_id = nb.has_ids(base, new)
        self.new_notebook, self.mine_notebook = new, mine
        self.base = dict(zip(nb.identities(base, by_id=by_id), base["cells"], strict=True))
        self.mine = {
            name: cell
            for name, cell in zip(nb.identities(mine, by_id=by_id), mine["cells"], strict=True)
            if not _is_unedited_note(cell)
        }
        self.new = dict(zip(nb.identities(new, by_id=by_id), new["cells"], strict=True))
        self.carried = self.both = self.only_in_backup = 0
        self.kept: dict[str, Cell] = {}

    def whole(self) -> Merged:
        groups: dict[str, list[Cell]] = {name: self._from_new(name) for name in self.new}
        top: list[Cell] = []
        anchor: str | None = None
        for name, cell in self.mine.items():
            if groups.get(name):
                anchor = name
            elif name not in self.new and self._is_own(name, cell):
                (top if anchor is None else groups[anchor]).append(self._own(name, cell))
                self.carried += 1
        cells = top + [cell for group in groups.values() for cell in group]
        _make_ids_unique(cells)
        notebook = {**copy.deepcopy(dict(self.new_notebook)), "cells": cells}
        notebook["nbformat_minor"] = max(5, int(self.new_notebook.get("nbformat_minor", 5)))
        widgets = self.mine_notebook.get("metadata", {}).get("widgets")
        if widgets is not None:
            notebook["metadata"] = {**notebook.get("metadata", {}), "widgets": copy.deepcopy(widgets)}
        return Merged(notebook, self.carried, self.both, self.only_in_backup)

    def _from_new(self, name: str) -> list[Cell]:
        """What stands in the result where the new version has the cell ``name``."""
        new, mine, base = self.new[name], self.mine.get(name), self.base.get(name)
        if mine is None:
            deleted = base is not None and nb.work_of(base) == nb.work_of(new) and not nb.is_locked(new)
            return [] if deleted else [copy.deepcopy(new)]
        mine_work, new_work = nb.work_of(mine), nb.work_of(new)
        if mine_work == new_work:
            return [_with_outputs(new, mine)]
        if base is not None and mine_work == nb.work_of(base):
            return [copy.deepcopy(new)]
        if nb.is_locked(new):
            self.only_in_backup += 1
            return [copy.deepcopy(new)]
        self.carried += 1
        theirs = _with_work(new, mine)
        if base is not None and nb.work_of(base) == new_work:
            return [theirs]
        self.both += 1
        return [theirs, _note(new)]

    def _is_own(self, name: str, cell: Cell) -> bool:
        """Whether a cell that the new version lacks is the learner's: added, or touched before it was taken out."""
        base = self.base.get(name)
        return base is None or nb.work_of(base) != nb.work_of(cell)

    def _own(self, name: str, cell: Cell) -> Cell:
        """The learner's cell; one that the author took out no longer bears the author's marks."""
        own = copy.deepcopy(cell)
        if name in self.base or nb.nbgrader_of(own):
            own["metadata"] = {k: v for k, v in own.get("metadata", {}).items() if k not in ("nbgrader", "course_kit")}
            for lock in ("deletable", "editable"):
                own["metadata"].pop(lock, None)
        return own


def _with_outputs(new: Cell, mine: Cell) -> Cell:
    """The new cell with what running it has left in the learner's."""
    result = copy.deepcopy(new)
    for part in ("outputs", "execution_count"):
        if part in mine and new["cell_type"] == "code":
            result[part] = copy.deepcopy(mine[part])
    return result


def _with_work(new: Cell, mine: Cell) -> Cell:
    """The learner's cell with the new version's marks (nbgrader's, course-kit's)."""
    result = copy.deepcopy(mine)
    marks = {k: v for k, v in new.get("metadata", {}).items() if k in ("nbgrader", "course_kit")}
    others = {k: v for k, v in mine.get("metadata", {}).items() if k not in ("nbgrader", "course_kit")}
    result["metadata"] = {**others, **copy.deepcopy(marks)}
    if nb.id_of(new) is not None:
        result["id"] = nb.id_of(new)
    return result


def _note(new: Cell) -> Cell:
    """A Markdown cell that shows the author's new text of a cell that the learner changed as well."""
    text = nb.source_of(new)
    if new["cell_type"] == "markdown":
        shown = text
    else:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
        shown = f"{fence}\n{text}\n{fence}"
    source = f"**The author has changed the cell above as well. The new text:**\n\n{shown}"
    mark = {"version": 1, "new_version_of": nb.id_of(new) or "", "digest": sha256(source.encode())}
    cell: Cell = {
        "cell_type": "markdown",
        "id": f"new-{sha256(source.encode())[:12]}",
        "metadata": {"course_kit": mark},
        "source": source,
    }
    if new.get("attachments"):
        cell["attachments"] = copy.deepcopy(new["attachments"])
    return cell


def _is_unedited_note(cell: Cell) -> bool:
    """Whether it is a note of an earlier merge that holds the author's words alone."""
    mark = nb.kit_of(cell)
    return "new_version_of" in mark and mark.get("digest") == sha256(nb.source_of(cell).encode())


def _make_ids_unique(cells: list[Cell]) -> None:
    """Give a fresh id to a later cell that lacks one or bears one that is taken."""
    taken: set[str] = set()
    for cell in cells:
        if nb.id_of(cell) is None or cell["id"] in taken:
            cell["id"] = nb.fresh_id(taken)
        taken.add(cell["id"])
