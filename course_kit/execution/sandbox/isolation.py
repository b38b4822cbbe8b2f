"""The keeper's half of the sandbox: what is set up before the process that runs submitted code is forked."""

import os
import signal
import threading
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

from course_kit.execution.sandbox import landlock, mounts, privileges, processes, readable, seccomp, system
from course_kit.execution.sandbox.means import Means, enter_user_namespace, means
from course_kit.model.limits import Limits

_MOST, _SECONDS = 4096, 10.0
LAYERS = ("limits", "landlock", "seccomp", "namespaces", "cgroup", "reaper")


@dataclass(frozen=True)
class Prepared:
    """What a zygote found out once, for all of its forks."""

    means: Means
    readable: tuple[Path, ...]
    listed: tuple[Path, ...]
    processes: tuple[Path, ...]
    closed: dict[Path, tuple[Path, ...]]
    """Folders that another account may not enter, and what of them it must reach."""
    account_processes: int
    """Threads that this account had, where the kernel can only count those of the account together."""


@dataclass
class Isolation:
    """What is in force around the runners of one keeper. ``layers``: of :data:`LAYERS`, those that hold.

    ``views``: runners see the file system their own way. ``init``: the process whose end is the end of every process
    in the namespace, 0 where there is none. ``account``: the user that runners become, 0 for the keeper's own.
    ``opened``: folders closed to that user, and what of them it has to reach.
    """

    prepared: Prepared
    scratch: Path
    layers: tuple[str, ...] = ()
    views: bool = False
    init: int = 0
    account: int = 0
    opened: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    exact_count: bool = False
    parent: int = 0
    lifeline: int = -1
    switched_off: frozenset[str] = field(default_factory=frozenset)

    def close(self) -> None:
        """End every child of this process. Safe to call twice; a keeper that ends without it leaves nothing either."""
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1
        if self.init:
            processes.end_all(lambda: processes.descendants(processes.children(os.getpid()), _MOST), _SECONDS)
            self.init = 0


_prepared: Prepared | None = None
_current: Isolation | None = None


def prepare(extra: Iterable[Path] = ()) -> None:
    """Find out once, before any fork, what this machine offers and what may be read; ``extra``: further folders.

    Raises :class:`RuntimeError` in a process that has threads: what it forks then could stand still for ever.
    """
    global _prepared
    if threading.active_count() > 1:
        raise RuntimeError("the sandbox is prepared before the first thread starts")
    paths = readable.readable_paths(extra)
    found = means(paths)
    _prepared = Prepared(
        means=found,
        readable=paths,
        listed=readable.listed_folders(),
        processes=readable.process_paths(),
        closed=mounts.closed_folders(paths),
        account_processes=0 if found.account or found.counts_by_namespace else _account_processes(),
    )
    if system.LINUX:
        # here, so that no fork has to
        import fcntl  # noqa: F401
        import resource  # noqa: F401

        with suppress(OSError):
            # whose keeper was killed comes here, not to the machine's first process
            system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    if found.seccomp:
        for owner in (True, False):
            seccomp.program(seccomp.Calls(modes=owner))


def is_prepared() -> bool:
    """Whether :func:`prepare` was called in this process."""
    return _prepared is not None


def isolate(
    limits: Limits,  # noqa: ARG001 (what a layer that counts from outside would be told)
    scratch: Path,
    *,
    layers: Collection[str] = LAYERS,
) -> Isolation:
    """Set up, in the keeper, what surrounds the runners that it forks by :func:`fork_runner`.

    Makes namespaces where that is allowed, gives ``scratch`` to the runners' account, and makes the keeper the parent
    of every process that loses its own: the keeper has no children but those. ``layers``: those that there shall be;
    ``confine`` puts on no others.
    """
    global _current
    if _prepared is None:
        prepare()
    assert _prepared is not None  # noqa: S101 (for the type checker: prepare sets it)
    found = _prepared.means
    made = Isolation(_prepared, scratch.resolve(), switched_off=frozenset(LAYERS) - frozenset(layers))
    wanted = frozenset(layers)
    if "reaper" in wanted:
        with suppress(OSError):
            system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    if "namespaces" in wanted:
        _namespaces(made, found)
    if found.account:
        _give_account(made)
    made.exact_count = bool(made.account) or (found.counts_by_namespace and "namespaces" in wanted)
    made.layers = _in_force(made, wanted)
    made.parent = os.getpid()
    _current = made
    return made


def current() -> Isolation | None:
    """What :func:`isolate` set up in this process, or in the one that it is a fork of."""
    return _current


def fork_runner() -> int:
    """``os.fork`` for a runner: 0 in it, its number in the keeper. It ends when its keeper ends."""
    made = _current
    parent = os.getpid()
    process = os.fork()
    if process == 0 and made is not None:
        made.parent = parent
        if made.lifeline >= 0:
            os.close(made.lifeline)
            made.lifeline = -1
        with suppress(OSError):
            privileges.die_with_parent(parent)
    return process


def _give_account(made: Isolation) -> None:
    """Let runners be a user of their own, if that user can reach what it needs."""
    made.opened = dict(made.prepared.closed)
    for folder, paths in mounts.closed_folders([made.scratch]).items():
        made.opened[folder] = (*made.opened.get(folder, ()), *paths)
    if made.opened and not made.views:
        made.opened = {}
        return
    made.account = privileges.own_account()
    privileges.give_folder(made.scratch, made.account)


def end_orphans(keepers: Collection[int]) -> int:
    """In the zygote: end every process that came here because its keeper was killed, and what it started.

    ``keepers``: the children of this process that are meant to live. Returns how many there were. Where there is a pid
    namespace the kernel has ended them before.
    """
    kept = frozenset(keepers)

    def orphans() -> list[int]:
        found = processes.children(os.getpid())
        return processes.descendants([process for process in found if process not in kept], _MOST)

    count = sum(processes.lives(process) for process in orphans())
    processes.end_all(orphans, _SECONDS)
    return count


def _namespaces(made: Isolation, found: Means) -> None:
    if not (found.views or found.processes):
        return
    if found.users:
        enter_user_namespace()
    made.views = found.views
    program = which("cat", path="/usr/bin:/bin:" + os.defpath) if found.processes else None
    if program is None:
        return
    # a network and queues of its own are made only where no filter refuses them: they cost as much as all the rest
    filtered = found.seccomp and "seccomp" not in made.switched_off
    system.unshare(system.CLONE_NEWPID | (0 if filtered else system.CLONE_NEWNET | system.CLONE_NEWIPC))
    made.init, made.lifeline = _start_init(program)


def _start_init(program: str) -> tuple[int, int]:
    """Start the namespace's first process: ``cat``, which waits for a pipe that only the keeper holds to be closed.

    It takes in whoever loses a parent (ended ones vanish, since it ignores SIGCHLD), cannot be signalled from inside,
    and with its end the kernel ends everything in the namespace, pid_namespaces(7). A fork would cost three times as
    much.
    """
    readable_end, writable_end = os.pipe()
    null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        actions = [
            (os.POSIX_SPAWN_DUP2, readable_end, 0),
            (os.POSIX_SPAWN_DUP2, null, 1),
            (os.POSIX_SPAWN_DUP2, null, 2),
        ]
        process = os.posix_spawn(program, [program], {}, file_actions=actions)
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL if before is None else before)
        os.close(readable_end)
        os.close(null)
    return process, writable_end


def _in_force(made: Isolation, wanted: frozenset[str]) -> tuple[str, ...]:
    holds = {
        "limits": system.LINUX,
        "landlock": landlock.version() > 0,
        "seccomp": seccomp.available(),
        "namespaces": bool(made.init) and made.views,
        "cgroup": False,
        "reaper": system.LINUX,
    }
    return tuple(name for name in LAYERS if name in wanted and holds[name])


def _account_processes() -> int:
    """Threads of this process's account on the whole machine."""
    if not Path("/proc/self/task").exists():
        return 0
    user, count = os.geteuid(), 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if folder.stat().st_uid == user:
                    count += len(os.listdir(folder / "task"))  # noqa: PTH208 (only how many)
    return count
