"""Removing a folder that hostile code filled: folders that cannot be entered, and nests too deep for any path."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def remove_folder(folder: Path) -> None:
    """Remove ``folder`` and all below it, whatever its modes and however deep, and never anything behind a link.

    Nothing may run in it any more. Raises :class:`OSError` where something cannot be removed.
    """
    _open_up(folder)
    # every folder comes to stand directly below the first one before it is emptied: no path grows long
    while names := os.listdir(folder):  # noqa: PTH208 (there may be very many)
        for name in names:
            path = folder / name
            if stat.S_ISDIR(path.lstat().st_mode):
                _lift(folder, path)
            else:
                path.unlink()
    folder.rmdir()


def _lift(top: Path, folder: Path) -> None:
    """Remove ``folder``, and put the folders that are in it into ``top``."""
    _open_up(folder)
    with os.scandir(folder) as listing:
        entries = list(listing)
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            # to move a folder one must be able to write in it
            _open_up(path)
            path.rename(top / os.urandom(12).hex())
        else:
            path.unlink()
    folder.rmdir()


def _open_up(folder: Path) -> None:
    with suppress(PermissionError):
        folder.chmod(0o700)
