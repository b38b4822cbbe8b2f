"""A view of one's own of the file system: read-only but for one folder, nothing shared. See mount_namespaces(7)."""

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from course_kit.execution.sandbox import system

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (the place that shm_open(3) means, not a choice of ours)
TERMINALS = Path("/dev/pts")


@dataclass(frozen=True)
class View:
    """What of the view is the sandbox's own. What is not is shared with everybody, and the other layers keep it out of
    reach; without ``read_only`` the mode of the account's own files outside could be changed, but for them.
    """

    read_only: bool = False
    shared_memory: bool = False
    processes: bool = False
    terminals: bool = False


def own_view(scratch: Path, *, shared_memory: int, opened: Mapping[Path, tuple[Path, ...]]) -> View:
    """Give this process and all that it starts a view of its own, in which ``scratch`` can be written.

    ``shared_memory``: bytes that ``/dev/shm`` may hold. ``opened``: folders that another account may not enter (see
    :func:`closed_folders`), and what of them it should reach all the same; the rest of them vanishes. The working
    folder stays what it is. Needs CAP_SYS_ADMIN in its user namespace; raises :class:`OSError` where there can be no
    view at all, and leaves out what else is refused.
    """
    here = Path.cwd()
    system.unshare(system.CLONE_NEWNS)
    system.mount("none", "/", None, system.MS_REC | system.MS_PRIVATE)
    for folder, paths in opened.items():
        _open_folder(folder, paths)
    read_only = _read_only_but(scratch)
    flags = system.MS_NOSUID | system.MS_NODEV
    memory = SHARED_MEMORY.is_dir() and _mounted(
        "tmpfs", SHARED_MEMORY, flags, f"mode=1777,size={shared_memory},nr_inodes=4096"
    )
    processes = _mounted("proc", Path("/proc"), flags | system.MS_NOEXEC, "")
    terminals = TERMINALS.is_dir() and _mounted(
        "devpts", TERMINALS, system.MS_NOSUID | system.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"
    )
    if terminals:
        try:
            system.mount("/dev/pts/ptmx", "/dev/ptmx", None, system.MS_BIND)
        except OSError:
            terminals = False
    # the folder was reached through the mount that was there before
    os.chdir(here)
    return View(read_only, memory, processes, terminals)


def closed_folders(paths: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """The outermost folders above ``paths`` that only their owner may enter, with those of ``paths`` that they hide."""
    found: dict[Path, tuple[Path, ...]] = {}
    for path in paths:
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & stat.S_IXOTH:
                found[parent] = (*found.get(parent, ()), path)
                break
    return found


def _open_folder(folder: Path, paths: Iterable[Path]) -> None:
    """Put an empty folder in the place of ``folder``, and in it ``paths`` where they were."""
    sources = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths]
    try:
        flags = system.MS_NOSUID | system.MS_NODEV
        system.mount("tmpfs", str(folder), "tmpfs", flags, "mode=0755,size=1m")
        for path, source in zip(paths, sources, strict=True):
            is_folder = stat.S_ISDIR(os.fstat(source).st_mode)
            (path if is_folder else path.parent).mkdir(mode=0o755, parents=True, exist_ok=True)
            if not is_folder:
                path.touch()
            system.mount(f"/proc/self/fd/{source}", str(path), None, system.MS_BIND)
    finally:
        for source in sources:
            os.close(source)


def _read_only_but(scratch: Path) -> bool:
    name = str(scratch)
    try:
        system.mount(name, name, None, system.MS_BIND)
        system.set_read_only("/", yes=True, recursive=True)
    except OSError:
        return False
    try:
        system.set_read_only(name, yes=False)
    except OSError:
        with suppress(OSError):
            system.set_read_only("/", yes=False, recursive=True)
        return False
    return True


def _mounted(kind: str, place: Path, flags: int, options: str) -> bool:
    try:
        system.mount(kind, str(place), kind, flags, options)
    except OSError:
        return False
    return True
