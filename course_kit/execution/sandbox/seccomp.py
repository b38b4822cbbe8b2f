"""Which system calls are answered with an error: seccomp(2), its program written by libseccomp through pyseccomp.

Calls are refused, never punished: honest code sees ``PermissionError`` (EPERM), or ENOSYS where a library then takes
the older way.
"""

import ctypes
import errno
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from course_kit.execution.sandbox import system

_SET_MODE_FILTER, _TSYNC, _SPEC_ALLOW = 1, 1, 4

_REFUSED = (
    # looking into and steering other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "process_madvise", "pidfd_getfd", "move_pages",
    "migrate_pages", "get_robust_list",
    # leaving the sandbox's namespaces, or making more of them
    "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr",
    # the network, and sockets that others listen on
    "connect", "bind", "listen", "accept", "accept4",
    # the kernel itself
    "bpf", "perf_event_open", "userfaultfd", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "create_module", "reboot", "syslog", "acct", "iopl", "ioperm", "modify_ldt", "lookup_dcookie",
    "nfsservctl", "quotactl", "swapon", "swapoff", "vhangup", "uselib", "_sysctl", "sysfs", "ustat", "vm86", "vm86old",
    "sethostname", "setdomainname", "settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime",
    "clock_adjtime64", "adjtimex", "personality",
    # keys and handles that outlive a process
    "add_key", "request_key", "keyctl", "name_to_handle_at", "open_by_handle_at",
    # memory and messages that outlive a process: System V and POSIX queues
    "shmget", "semget", "msgget", "shmctl", "semctl", "msgctl", "ipc", "mq_open", "mq_unlink",
    # what happens in folders out of reach
    "fanotify_init", "inotify_init", "inotify_init1",
)  # fmt: skip
_NUMBERED = (443, 447)
"""quotactl_fd and memfd_secret: newer than many a libseccomp, and the same number everywhere."""
_MISSING = ("io_uring_setup", "io_uring_enter", "io_uring_register", "memfd_create", "openat2", "clone3")
"""Refused with ENOSYS, so that what has an older way takes it. io_uring is not filtered by seccomp, the arguments of
openat2 and clone3 cannot be read here, and a file in memory is counted nowhere."""
_MODES = (
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "lchown",
    "fchown",
    "fchownat",
)
_ATTRIBUTES = ("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr")
_CLONES = (
    system.CLONE_NEWNS, system.CLONE_NEWCGROUP, system.CLONE_NEWUTS, system.CLONE_NEWIPC, system.CLONE_NEWUSER,
    system.CLONE_NEWPID, system.CLONE_NEWNET,
)  # fmt: skip
_STICKY = (0o4000, 0o2000)
_TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP = 0x5412, 0x541C, 0x8901, 0x8902
_F_SETSIG, _F_SETOWN, _F_SETOWN_EX = 10, 8, 15
_FAST_OPEN = 0x20000000


@dataclass(frozen=True)
class Calls:
    """Which of the groups of calls that depend on the other layers are refused as well.

    ``modes``: changing the mode, owner or times of a file is answered as done, and not done, since the account's own
    files outside could be spoilt by it. ``neighbours``: processes outside have the same account and could be slowed.
    ``signals``: they could be sent signals; only this process (``process``) can be signalled then.
    ``serves``: the process is a kernel of its own, which waits for others on sockets that it binds.
    """

    modes: bool = False
    neighbours: bool = False
    process: int = 0
    serves: bool = False


@cache
def _library() -> ModuleType | None:
    try:
        import pyseccomp  # type: ignore[import-untyped]  # it publishes no types
    except (ImportError, RuntimeError, OSError, AttributeError):
        return None
    library: ModuleType = pyseccomp
    return library


@cache
def available() -> bool:
    """Whether a filter can be made here and the kernel takes one (asked with an empty one, seccomp(2))."""
    if _library() is None or not system.LINUX:
        return False
    try:
        number = _number("seccomp")
        system.call("syscall", ctypes.c_long(number), ctypes.c_uint(_SET_MODE_FILTER), ctypes.c_uint(_TSYNC), None)
    except OSError as error:
        return error.errno == errno.EFAULT
    return False


def refuse(calls: Calls) -> None:
    """Refuse calls in every thread of this process and in all that it starts, for good. Needs no_new_privs.

    Raises :class:`OSError` where the kernel does not take the program.
    """
    instructions = program(calls)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    loaded = _Program(length=len(instructions) // 8, filter=ctypes.cast(buffer, ctypes.c_void_p))
    flags = ctypes.c_uint(_TSYNC | _SPEC_ALLOW)
    number = ctypes.c_long(_number("seccomp"))
    if system.call("syscall", number, ctypes.c_uint(_SET_MODE_FILTER), flags, ctypes.byref(loaded)) > 0:
        raise OSError(errno.EBUSY, "a thread of this process has other filters")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _number(name: str) -> int:
    library = _library()
    return -1 if library is None else int(library.resolve_syscall(library.Arch.NATIVE, name))


@cache
def program(calls: Calls) -> bytes:
    """The filter as the kernel reads it. Made once for each kind; a fork inherits it."""
    filtered = _Filter(_library())
    for name in _REFUSED:
        if not (calls.serves and name in {"bind", "listen", "accept", "accept4"}):
            filtered.refuse(name)
    for number in _NUMBERED:
        filtered.refuse(number)
    for name in _MISSING:
        filtered.refuse(name, code=errno.ENOSYS)
    _refuse_arguments(filtered)
    _refuse_sockets(filtered, serves=calls.serves)
    _refuse_sticky_modes(filtered, all_modes=calls.modes)
    if calls.neighbours:
        _refuse_neighbours(filtered)
    if calls.process:
        _refuse_signals(filtered, calls.process)
    return filtered.text()


class _Filter:
    """libseccomp's filter, with names that this kernel's machine does not have left out."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._filter = library.SyscallFilter(library.ALLOW)
        # another machine's calls (32-bit ones) have other numbers: none of them is answered
        self._filter.set_attr(library.Attr.ACT_BADARCH, library.ERRNO(errno.ENOSYS))

    def refuse(self, call: str | int, *where: tuple[int, int, int, int], code: int = errno.EPERM) -> None:
        """Refuse ``call`` where all of ``where`` hold: argument, comparison, and the values to compare with."""
        number = call if isinstance(call, int) else _number(call)
        if number < 0:
            return
        self._filter.add_rule(self._library.ERRNO(code), number, *(self._library.Arg(*one) for one in where))

    def bits(self, argument: int, bits: int) -> tuple[int, int, int, int]:
        return argument, self._library.MASKED_EQ, bits, bits

    def masked(self, argument: int, mask: int, value: int) -> tuple[int, int, int, int]:
        return argument, self._library.MASKED_EQ, mask, value

    def equal(self, argument: int, value: int) -> tuple[int, int, int, int]:
        return argument, self._library.EQ, value, 0

    def other(self, argument: int, value: int) -> tuple[int, int, int, int]:
        return argument, self._library.NE, value, 0

    def text(self) -> bytes:
        with tempfile.TemporaryFile() as stream:
            self._filter.export_bpf(stream)
            stream.seek(0)
            return stream.read()


def _refuse_arguments(filtered: _Filter) -> None:
    for flag in _CLONES:
        filtered.refuse("clone", filtered.bits(0, flag))
    for request in (_TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP):
        filtered.refuse("ioctl", filtered.masked(1, 0xFFFFFFFF, request))
    for option in (system.PR_SET_PDEATHSIG, system.PR_SET_DUMPABLE):
        # it would outlive its keeper, or hide from it
        filtered.refuse("prctl", filtered.masked(0, 0xFFFFFFFF, option))


def _refuse_sockets(filtered: _Filter, *, serves: bool) -> None:
    """Leave pairs of connected local sockets. A datagram socket can write to any name, so there is none."""
    local, stream, packets, netlink = 1, 1, 5, 16
    families, served = range(46), {local, 2, 10} if serves else {local}
    for family in families:
        if family in served:
            continue
        # ZeroMQ asks for the machine's interfaces, and aborts the process for any answer but one that it knows of
        code = errno.EOPNOTSUPP if serves and family == netlink else errno.EPERM
        filtered.refuse("socket", filtered.masked(0, 0xFFFFFFFF, family), code=code)
    filtered.refuse("socket", (0, 5, len(families), 0))
    for kind in range(16):
        if kind not in {stream, packets}:
            for family in served:
                filtered.refuse("socket", filtered.masked(0, 0xFFFFFFFF, family), filtered.masked(1, 0xF, kind))
            filtered.refuse("socketpair", filtered.masked(1, 0xF, kind))
    for call, argument in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        filtered.refuse(call, filtered.bits(argument, _FAST_OPEN))


def _refuse_sticky_modes(filtered: _Filter, *, all_modes: bool) -> None:
    """No program that runs as its owner can be made, as systemd's RestrictSUIDSGID has it."""
    create = os.O_CREAT
    for bit in _STICKY:
        for call, argument in (("creat", 1), ("mknod", 1), ("mknodat", 2), ("mkdir", 1), ("mkdirat", 2)):
            filtered.refuse(call, filtered.bits(argument, bit))
        filtered.refuse("open", filtered.bits(1, create), filtered.bits(2, bit))
        filtered.refuse("openat", filtered.bits(2, create), filtered.bits(3, bit))
        if not all_modes:
            for call, argument in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2)):
                filtered.refuse(call, filtered.bits(argument, bit))
    if not all_modes:
        # fchmodat2, whose flags differ from fchmodat's; the C library takes that one then
        filtered.refuse(452, code=errno.ENOSYS)
        return
    filtered.refuse(452, code=0)
    for call in _MODES:
        filtered.refuse(call, code=0)
    for call in _ATTRIBUTES:
        filtered.refuse(call, code=errno.EOPNOTSUPP)


def _refuse_neighbours(filtered: _Filter) -> None:
    filtered.refuse("prlimit64", filtered.other(0, 0))
    filtered.refuse("setpriority", filtered.other(0, 0))
    filtered.refuse("setpriority", filtered.other(1, 0))
    filtered.refuse("ioprio_set", filtered.other(1, 0))
    for call in ("sched_setscheduler", "sched_setparam", "sched_setattr"):
        filtered.refuse(call, filtered.other(0, 0))


def _refuse_signals(filtered: _Filter, process: int) -> None:
    filtered.refuse("kill", filtered.other(0, process))
    filtered.refuse("tgkill", filtered.other(0, process))
    for call in ("tkill", "pidfd_send_signal", "rt_sigqueueinfo"):
        filtered.refuse(call)
    filtered.refuse("rt_tgsigqueueinfo", filtered.other(0, process))
    for command in (_F_SETOWN, _F_SETOWN_EX, _F_SETSIG):
        filtered.refuse("fcntl", filtered.masked(1, 0xFFFFFFFF, command))
