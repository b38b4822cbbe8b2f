"""What the kernel itself counts for each process. See setrlimit(2)."""

import os

from course_kit.model.limits import Limits

SPARE_PROCESSES = 16
"""How far above the limit the kernel stops: the watch sees that the limit was passed, and the storm goes no further."""
_FILES = 1024
_ADDRESSES = 2**30
"""Addresses that may be reserved beyond the memory that may be used: libraries reserve more than they fill."""


def set_limits(limits: Limits, *, processes: int) -> None:
    """Bind this process and all that it will start.

    A process gets ``MemoryError`` (ENOMEM) when its own data would pass ``limits.memory`` beyond what it inherited, and
    ``OSError`` (EFBIG) when one file would pass ``limits.disk``. ``processes`` is the most that its account may have.
    There is no limit on processor time here: with one, the kernel counts that time in ticks of 4 ms for whoever asks
    (``time.process_time``), and the keeper has the clock.
    """
    import resource

    addresses, data = _mapped()
    wanted = {
        "RLIMIT_AS": addresses + limits.memory + _ADDRESSES,
        "RLIMIT_DATA": data + limits.memory,
        "RLIMIT_FSIZE": limits.disk,
        "RLIMIT_NPROC": processes,
        "RLIMIT_NOFILE": _FILES,
        # 1, not 0: a core that is piped to a program is written at 0 and not at 1, core(5)
        "RLIMIT_CORE": 1,
        "RLIMIT_MEMLOCK": 2**20,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_RTPRIO": 0,
        "RLIMIT_NICE": 0,
    }
    for name, amount in wanted.items():
        if hasattr(resource, name):
            _lower(resource, getattr(resource, name), amount)


def _mapped() -> tuple[int, int]:
    """Bytes of addresses and of data that this process has already."""
    try:
        with open("/proc/self/statm", "rb") as stream:  # noqa: PTH123 (once a fork)
            fields = stream.read().split()
    except OSError:
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return int(fields[0]) * page, int(fields[5]) * page


def forbid_writing() -> None:
    """Let no file grow any more: what is written to one fails with EFBIG."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _lower(resource: object, which: int, amount: int) -> None:
    soft, hard = resource.getrlimit(which)  # type: ignore[attr-defined]  # the module, which Windows lacks
    infinity = resource.RLIM_INFINITY  # type: ignore[attr-defined]
    least = min((one for one in (soft, hard, amount) if one != infinity), default=amount)
    resource.setrlimit(which, (least, least))  # type: ignore[attr-defined]
