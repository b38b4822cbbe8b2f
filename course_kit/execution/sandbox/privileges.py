"""Giving up: an account of its own, every capability, and the way back to either. See capabilities(7), prctl(2)."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from course_kit.execution.sandbox import system

_ACCOUNTS = 1_879_048_192
"""The first of the user numbers that no system hands out (https://systemd.io/UIDS-GIDS)."""
_CAPABILITIES = 64
_CAP_VERSION = 0x20080522
_SECUREBITS, _NO_ROOT = 28, 0x2F


def own_account() -> int:
    """A user number for what this process is about to start: nobody else's, as long as this process lives."""
    return _ACCOUNTS + os.getpid()


def become(account: int) -> None:
    """Be the user and the group ``account`` and in no other group. Raises :class:`OSError` where that is refused."""
    os.setgroups([])
    os.setresgid(account, account, account)
    os.setresuid(account, account, account)
    # the kernel hides a process's own /proc entry from it once its user changed
    system.prctl(system.PR_SET_DUMPABLE, 1)


def give_folder(folder: Path, account: int) -> None:
    """Make ``folder`` and what is below it belong to ``account``; links are not followed."""
    os.chown(folder, account, account, follow_symlinks=False)
    for place, names, files in os.walk(folder):
        for name in (*names, *files):
            os.chown(Path(place, name), account, account, follow_symlinks=False)


def can_read(paths: Iterable[Path]) -> bool:
    """Whether this process, as what it is now, can read what it imported, and ``paths``."""
    files = [getattr(module, "__file__", None) for module in tuple(sys.modules.values())]
    names = [*(name for name in files if isinstance(name, str) and Path(name).is_absolute()), *map(str, paths)]
    return all(os.access(name, os.R_OK) for name in names if "zip" not in name)


def drop_bounds() -> None:
    """Let no program that is started ever gain a capability, not even as root. Needs CAP_SETPCAP, else does nothing."""
    for capability in range(_CAPABILITIES):
        try:
            system.prctl(system.PR_CAPBSET_DROP, capability)
        except OSError:
            break
    with suppress(OSError):
        system.prctl(_SECUREBITS, _NO_ROOT)


def drop_capabilities() -> None:
    """Have none of root's powers, whoever this process is, and never gain any by starting a program."""
    with suppress(OSError):
        system.prctl(system.PR_CAP_AMBIENT, system.PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0)
    system.call("capset", header, (ctypes.c_uint32 * 6)())
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent(parent: int) -> None:
    """End this process when the one that forked it, ``parent``, ends; that one may be out of its sight."""
    system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() not in {parent, 0}:
        os._exit(1)
