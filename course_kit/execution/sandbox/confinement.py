"""The runner's half of the sandbox: what a process does to itself before the first line of submitted code."""

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from course_kit.execution.sandbox import landlock, mounts, privileges, readable, seccomp
from course_kit.execution.sandbox import limits as kernel_limits
from course_kit.execution.sandbox.isolation import LAYERS, Isolation, Prepared, current
from course_kit.execution.sandbox.means import Means
from course_kit.model.limits import Limits

_POLITENESS = 5
"""How far the code steps back: for the keeper, which has to see a storm, and for whoever works here, nice(2)."""


def confine(
    limits: Limits,
    scratch: Path,
    *,
    keep: Collection[int] | None = None,
    layers: Collection[str] = LAYERS,
    serves: bool = False,
) -> None:
    """Restrict this process and all that it will start, for good. Called in the runner, before it has threads.

    ``scratch`` is all that it can write. ``keep``: the open descriptors that it needs; all others are closed (None:
    none is). ``layers``: those to be put on, of :data:`LAYERS`. ``serves``: it is a whole kernel, whose sockets are
    bound after this; nothing can be connected to even so.

    Raises :class:`OSError` where a layer that is there cannot be put on: no code may run then.
    """
    made = current() or _bare(scratch)
    wanted = frozenset(layers) - made.switched_off
    if keep is not None:
        _close_all_but(keep)
    _step_back()
    view = mounts.View()
    if "namespaces" in wanted and made.views:
        view = mounts.own_view(scratch.resolve(), shared_memory=limits.memory // 2, opened=made.opened)
    _give_up_rights(made)
    if "limits" in wanted:
        kernel_limits.set_limits(limits, processes=_most_processes(made, limits))
    if "landlock" in wanted and landlock.version():
        landlock.restrict(_reach(scratch.resolve(), made, view))
    if "seccomp" in wanted and seccomp.available():
        seccomp.refuse(_calls(made, view, serves=serves, landlocked="landlock" in wanted))


def confine_proof() -> None:
    """Restrict a fork of the runner further: no file can be written, by name or through what is already open.

    Memory that the runner shared before (a file mapped for writing, an array of multiprocessing) stays shared.

    Raises :class:`OSError` where that is not possible: the copy must not run then.
    """
    kernel_limits.forbid_writing()
    _reopen_read_only()
    if landlock.version():
        landlock.forbid_writing()


def _bare(scratch: Path) -> Isolation:
    """For a process that no keeper forked."""
    return Isolation(
        Prepared(Means(), readable.readable_paths(), readable.listed_folders(), readable.process_paths(), {}, 0),
        scratch,
    )


def _give_up_rights(made: Isolation) -> None:
    privileges.drop_bounds()
    if made.account:
        privileges.become(made.account)
    privileges.drop_capabilities()
    if made.parent:
        # a change of user took it away
        privileges.die_with_parent(made.parent)


def _most_processes(made: Isolation, limits: Limits) -> int:
    if made.exact_count:
        return limits.processes + kernel_limits.SPARE_PROCESSES
    # the kernel counts those of the whole account: room for what may run beside this one
    beside = 2 * (os.cpu_count() or 1)
    return made.prepared.account_processes + beside * (limits.processes + kernel_limits.SPARE_PROCESSES)


def _reach(scratch: Path, made: Isolation, view: mounts.View) -> landlock.Reach:
    own, devices = [scratch], [Path(name) for name in readable.DEVICES]
    paths = list(made.prepared.readable)
    if view.shared_memory:
        own.append(mounts.SHARED_MEMORY)
    if view.terminals:
        devices += [mounts.TERMINALS, Path("/dev/ptmx"), Path("/dev/tty")]
    paths += [Path("/proc")] if view.processes else made.prepared.processes
    return landlock.Reach(tuple(own), tuple(paths), made.prepared.listed, tuple(devices))


def _calls(made: Isolation, view: mounts.View, *, serves: bool, landlocked: bool) -> seccomp.Calls:
    alone = bool(made.init) or bool(made.account)
    scoped = landlocked and landlock.signals_are_scoped()
    return seccomp.Calls(
        modes=not (view.read_only or made.account),
        neighbours=not alone,
        process=0 if alone or scoped else os.getpid(),
        serves=serves,
    )


def _close_all_but(keep: Iterable[int]) -> None:
    """Put ``/dev/null`` in the place of every other descriptor, so that no object that still knows a number closes, one
    day, a file that submitted code opened under it."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    kept = {*keep, null}
    for name in os.listdir("/proc/self/fd" if Path("/proc/self/fd").exists() else "/dev/fd"):  # noqa: PTH208 (numbers)
        number = int(name)
        if number not in kept:
            with suppress(OSError):
                os.fstat(number)
                os.dup2(null, number, inheritable=number <= 2)
    os.close(null)


def _step_back() -> None:
    """Be in a session of one's own, a little slower than the keeper, and the first to go when memory runs out."""
    with suppress(OSError):
        os.setsid()
    with suppress(OSError):
        os.nice(_POLITENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900")


def _reopen_read_only() -> None:
    """Regular files that are open for writing are opened again for reading only, under their number."""
    import fcntl
    import stat

    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 (numbers)
        number = int(name)
        with suppress(OSError):
            writable = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
            if not writable or not stat.S_ISREG(os.fstat(number).st_mode):
                continue
            place = os.lseek(number, 0, os.SEEK_CUR)
            try:
                again = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                again = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            os.dup2(again, number)
            os.close(again)
            os.lseek(number, place, os.SEEK_SET)
