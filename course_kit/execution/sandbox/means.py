"""What this machine lets this account do: tried in forks, since much is allowed by name and fails in effect."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course_kit.execution.sandbox import landlock, mounts, privileges, seccomp, system


@dataclass(frozen=True)
class Means:
    """``account``: a process can become a user of its own that still reads what the interpreter needs. ``users``: the
    namespaces are made inside a user namespace, since this account may not make them outright. ``views``: a process can
    have its own view of the file system, ``processes``: of the processes. ``counts_by_namespace``: the kernel counts
    processes in each user namespace apart. ``landlock``: its version, 0 for none.
    """

    landlock: int = 0
    seccomp: bool = False
    account: bool = False
    users: bool = False
    views: bool = False
    processes: bool = False
    counts_by_namespace: bool = False


@cache
def means(readable: tuple[Path, ...] = ()) -> Means:
    """The means of this process, tried once. Forks: call it before there are threads."""
    if not system.LINUX:
        return Means()
    root = succeeds_in_fork(lambda: system.unshare(system.CLONE_NEWNS))
    users = not root and succeeds_in_fork(_enter_and_unshare)

    def inside(action: Callable[[], None]) -> bool:
        return succeeds_in_fork(lambda: _inside(action) if users else action())

    return Means(
        landlock=landlock.version(),
        seccomp=seccomp.available(),
        account=os.geteuid() == 0 and not users and succeeds_in_fork(lambda: _try_account(readable)),
        users=users,
        views=inside(_try_view),
        processes=inside(_try_processes),
        # since 5.14 a user's processes are counted in each user namespace apart
        counts_by_namespace=users and kernel() >= (5, 14),
    )


def kernel() -> tuple[int, int]:
    """The kernel's version, its first two numbers."""
    major, _, rest = os.uname().release.partition(".")
    minor = "".join(letter for letter in rest.partition(".")[0] if letter.isdigit())
    return int(major), int(minor or 0)


def enter_user_namespace() -> None:
    """Be the same user and group in a new user namespace, with every capability inside it and none outside."""
    user, group = os.geteuid(), os.getegid()
    system.unshare(system.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def succeeds_in_fork(action: Callable[[], object]) -> bool:
    """Whether ``action`` ends without an error in a fork of this process, which shares nothing that it changes."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            action()
            status = 0
        except BaseException:  # noqa: S110 (the answer is the exit status)
            pass
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _inside(action: Callable[[], None]) -> None:
    enter_user_namespace()
    action()


def _enter_and_unshare() -> None:
    enter_user_namespace()
    # some systems let anyone make the namespace and nobody use it
    system.unshare(system.CLONE_NEWNS)


def _try_account(readable: Iterable[Path]) -> None:
    closed = mounts.closed_folders(readable)
    if closed:
        with tempfile.TemporaryDirectory() as folder:
            child = os.fork()
            if child == 0:
                mounts.own_view(Path(folder), shared_memory=2**20, opened=closed)
                _become_and_read(readable)
                os._exit(0)
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
                raise PermissionError
    else:
        _become_and_read(readable)


def _become_and_read(readable: Iterable[Path]) -> None:
    privileges.become(privileges.own_account())
    if not privileges.can_read([*readable, *(Path(entry) for entry in sys.path if Path(entry).exists())]):
        raise PermissionError


def _try_view() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        child = os.fork()
        if child == 0:
            mounts.own_view(Path(folder), shared_memory=2**20, opened={})
            os._exit(0 if mounts.SHARED_MEMORY.is_dir() else 1)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            raise OSError


def _try_processes() -> None:
    system.unshare(system.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        os._exit(0 if os.getpid() == 1 else 1)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise OSError
