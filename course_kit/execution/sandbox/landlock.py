"""Which files can be reached, and which processes: landlock(7), through landlockpy."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Reach:
    """What stays in reach: everything below ``own`` is readable and writable, below ``readable`` readable and runnable.

    ``listed``: the names in it can be listed. ``devices``: can be read and written, and asked with ioctl.
    """

    own: tuple[Path, ...]
    readable: tuple[Path, ...] = ()
    listed: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = ()


@cache
def _library() -> ModuleType | None:
    try:
        import landlockpy
    except ImportError:
        return None
    return landlockpy


@cache
def version() -> int:
    """The version of Landlock that this kernel and the installed library can enforce; 0 for none."""
    library = _library()
    if library is None:
        return 0
    try:
        return int(library.abi_version())
    except OSError:
        return 0


def signals_are_scoped() -> bool:
    """Whether Landlock keeps signals and abstract sockets inside (its version 6)."""
    return version() >= 6


def restrict(reach: Reach) -> None:
    """Restrict this thread and all that it starts to ``reach``, for good. Call it before there are other threads.

    Raises :class:`OSError` where the kernel refuses.
    """
    import landlockpy
    from landlockpy import AccessFS

    read = AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.READ_DIR
    device = AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE | AccessFS.IOCTL_DEV | AccessFS.READ_DIR
    everything = landlockpy.fs_for_abi(landlockpy.flags.LATEST_ABI)
    write = everything & ~(AccessFS.MAKE_CHAR | AccessFS.MAKE_BLOCK)
    scopes = landlockpy.Scope.SIGNAL | landlockpy.Scope.ABSTRACT_UNIX_SOCKET
    with landlockpy.Ruleset(scoped=scopes) as rules:
        _allow(rules, reach.own, write)
        _allow(rules, reach.readable, read)
        _allow(rules, reach.listed, AccessFS.READ_DIR)
        _allow(rules, reach.devices, device)
        # what it may not do is its own affair: no log of the system is filled by it
        rules.restrict(landlockpy.RestrictFlag.LOG_SAME_EXEC_OFF | landlockpy.RestrictFlag.LOG_SUBDOMAINS_OFF)


def forbid_writing() -> None:
    """Restrict this thread further: files can still be read and run as before, and none written, made or removed."""
    import landlockpy
    from landlockpy import AccessFS

    read = AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.READ_DIR | AccessFS.IOCTL_DEV
    with landlockpy.Ruleset() as rules:
        rules.allow_path("/", read)
        _allow(rules, (Path("/dev/null"),), AccessFS.WRITE_FILE | AccessFS.TRUNCATE)
        rules.restrict(landlockpy.RestrictFlag.LOG_SAME_EXEC_OFF)


def _allow(rules: Any, paths: Iterable[Path], access: int) -> None:
    for path in paths:
        # the kernel refuses rights for folders on what is none
        granted = access if path.is_dir() else access & _file_rights()
        with suppress(FileNotFoundError, PermissionError):
            rules.allow_path(path, granted)


@cache
def _file_rights() -> int:
    from landlockpy import AccessFS

    return int(AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE | AccessFS.IOCTL_DEV)
