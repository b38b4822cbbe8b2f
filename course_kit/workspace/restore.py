"""Bring back a cell or a whole lesson as the release has it; the learner's own goes into a backup first."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course_kit.errors import NotFound
from course_kit.files.atomic import write_atomically
from course_kit.workspace import notebooks as nb
from course_kit.workspace.behind import base_content, catch_up
from course_kit.workspace.folder import Workspace, backup_folder
from course_kit.workspace.trust import trust
from course_kit.workspace.update import changing


@dataclass(frozen=True)
class Restored:
    """``path`` and ``backup`` are relative to the copy; ``backup`` is empty where there was no file to keep."""

    path: str
    backup: str


def restore_lesson(folder: Path, path: str | Path, *, at: datetime) -> Restored:
    """Make the file ``path`` of the copy around ``folder`` what the present release has; keep a backup.

    Raises :class:`NotFound` where the release has no such file, :class:`Busy` while another change is under way.
    """
    workspace = Workspace.around(folder)
    with changing(workspace):
        name = workspace.relative(path)
        released = workspace.base / name
        files = workspace.manifest().files
        if name not in files or not released.is_file():
            raise NotFound(
                f"The release has no {name}: it is your own file.",
                hint=f"Only what came with the course can be restored.{_same_name(name, files)}",
            )
        target = workspace.path(name)
        backup = backup_folder(workspace, at)
        kept = ""
        if target.is_file():
            write_atomically(backup / name, target.read_bytes())
            kept = (backup / name).relative_to(workspace.folder).as_posix()
        write_atomically(target, released.read_bytes())
        catch_up(workspace, name, backup)
        if not any(backup.iterdir()):
            backup.rmdir()
        trust([target])
    return Restored(name, kept)


def restore_cell(folder: Path, path: str | Path, cell_id: str, *, at: datetime) -> Restored:
    """Bring back one cell of the notebook ``path`` from the release that the learner's file is based on.

    A cell that was deleted comes back behind the one that it stood behind. The whole notebook as it was is kept as a
    backup. Raises :class:`NotFound` where the release's notebook has no such cell, :class:`Invalid` where the
    learner's notebook cannot be read.
    """
    workspace = Workspace.around(folder)
    with changing(workspace):
        name = workspace.relative(path)
        target = workspace.path(name)
        base = base_content(workspace, name)
        if base is None or not target.is_file():
            meant = _same_name(name, workspace.manifest().files)
            raise NotFound(
                f"The release has no {name}.", hint=f"Only what came with the course can be restored.{meant}"
            )
        released = nb.read_notebook(base, name)["cells"]
        before = target.read_bytes()
        mine = nb.read_notebook(before, name)
        mine["cells"] = _with_cell_back(mine["cells"], released, cell_id, name)
        backup = backup_folder(workspace, at)
        write_atomically(backup / name, before)
        write_atomically(target, nb.write_notebook(mine))
        trust([target])
    return Restored(name, (backup / name).relative_to(workspace.folder).as_posix())


def _same_name(name: str, files: Iterable[str]) -> str:
    """`` Did you mean notebooks/02-tables.ipynb?`` where one released file has that name, or nothing."""
    last = name.rpartition("/")[2]
    found = [file for file in files if file != name and file.rpartition("/")[2] == last and file[0] != "."]
    return f" Did you mean {found[0]}?" if len(found) == 1 else ""


def _with_cell_back(mine: list[nb.Cell], released: list[nb.Cell], cell_id: str, name: str) -> list[nb.Cell]:
    ids = [nb.id_of(cell) for cell in released]
    if cell_id not in ids:
        raise NotFound(
            f"The release's {name} has no cell {cell_id!r}: it is your own.",
            hint="Only cells that came with the course can be restored.",
        )
    original = copy.deepcopy(released[ids.index(cell_id)])
    present = [nb.id_of(cell) for cell in mine]
    if cell_id in present:
        place = present.index(cell_id)
        return [*mine[:place], original, *mine[place + 1 :]]
    before = ids[: ids.index(cell_id)]
    place = next((present.index(known) + 1 for known in reversed(before) if known in present), 0)
    return [*mine[:place], original, *mine[place:]]
