"""System calls that Python has no name for, through the C library. Only on Linux does any of them do something."""

import ctypes
import errno
import os
import sys
from functools import cache

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18

_MOUNT_SETATTR = 442
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

LINUX = sys.platform == "linux"


@cache
def library() -> ctypes.CDLL:
    """The C library of this process. Raises :class:`OSError` where there is no Linux below it."""
    if not LINUX:
        raise OSError(errno.ENOSYS, "this is not Linux")
    found = ctypes.CDLL(None, use_errno=True)
    found.syscall.restype = ctypes.c_long
    return found


def call(name: str, *arguments: object) -> int:
    """The C library's function ``name``. Raises :class:`OSError` where it answers less than 0."""
    answer = int(getattr(library(), name)(*arguments))
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return answer


def prctl(option: int, first: int = 0, second: int = 0) -> int:
    """``prctl(2)``."""
    zero = ctypes.c_ulong(0)
    return call("prctl", option, ctypes.c_ulong(first), ctypes.c_ulong(second), zero, zero)


def unshare(flags: int) -> None:
    """``unshare(2)``: leave the named namespaces for new ones."""
    call("unshare", ctypes.c_int(flags))


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """``mount(2)``."""
    encoded = None if kind is None else kind.encode()
    call("mount", source.encode(), target.encode(), encoded, ctypes.c_ulong(flags), options.encode() or None)


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def set_read_only(target: str, *, yes: bool, recursive: bool = False) -> None:
    """``mount_setattr(2)`` (Linux 5.12): whether a mount (and all below) can be written; set-user-id means nothing."""
    wanted = _MountAttributes(attr_set=_MOUNT_ATTR_NOSUID | (_MOUNT_ATTR_RDONLY if yes else 0))
    wanted.attr_clr = 0 if yes else _MOUNT_ATTR_RDONLY
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    flags = ctypes.c_uint(_AT_RECURSIVE if recursive else 0)
    call(
        "syscall",
        ctypes.c_long(_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        target.encode(),
        flags,
        ctypes.byref(wanted),
        size,
    )
