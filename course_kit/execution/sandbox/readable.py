"""What submitted code may read beside its own folder: the interpreter, its packages, the system's libraries."""

import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

_SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/nix/store", "/gnu/store",
    "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm/transparent_hugepage",
    # how many processors it may use is asked here (joblib)
    "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
)  # fmt: skip
_SETTINGS = (
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld.so.preload", "localtime", "timezone", "locale.conf",
    "locale.alias", "default/locale", "fonts", "ssl", "pki", "ca-certificates", "ca-certificates.conf", "alternatives",
    "mime.types", "mailcap", "magic", "nsswitch.conf", "host.conf", "hosts", "protocols", "services", "os-release",
    "debian_version", "inputrc", "terminfo", "bash.bashrc", "matplotlibrc", "ipython", "R", "OpenCL",
    "ImageMagick-6", "ImageMagick-7", "texmf", "papersize", "java", "java-11-openjdk", "java-17-openjdk",
    "java-21-openjdk", "perl", "gai.conf",
)  # fmt: skip
_PROC = (
    "cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems", "vmstat", "self", "thread-self",
    "sys/kernel/osrelease", "sys/kernel/ostype", "sys/kernel/version", "sys/kernel/pid_max", "sys/kernel/random",
    "sys/kernel/threads-max", "sys/kernel/cap_last_cap", "sys/vm/overcommit_memory", "sys/vm/max_map_count",
    "sys/fs/file-max", "sys/fs/pipe-max-size",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def readable_paths(extra: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Folders and files that exist, each once, none below another. ``/proc`` and devices are decided by ``confine``.

    A folder that a package is developed in (an editable install) often holds more than the package: of it only
    the modules are readable (see :func:`listed_folders`).
    """
    found = [*_interpreter(), *_editable(), *(Path(name) for name in _SYSTEM), *_fonts(), *extra]
    found += [Path("/etc", name) for name in _SETTINGS]
    return _outermost(path.resolve() for path in found if _exists(path))


def listed_folders() -> tuple[Path, ...]:
    """Folders outside the interpreter's own that imports look through: their names may be listed, no more."""
    return tuple(folder for folder in _search_path() if not _is_inside(folder, _roots()))


def process_paths() -> tuple[Path, ...]:
    """What of ``/proc`` tells nothing of other processes, for where ``/proc`` is not the sandbox's own."""
    return tuple(path for name in _PROC if _exists(path := Path("/proc", name)))


def _interpreter() -> Iterator[Path]:
    yield from _roots()
    yield Path(sys.executable)
    # a virtual environment's python is a link, perhaps over several steps, to the real one
    yield Path(sys.executable).resolve()


def _roots() -> tuple[Path, ...]:
    names = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    names |= {
        value for key, value in sysconfig.get_paths().items() if key in {"stdlib", "platstdlib", "purelib", "platlib"}
    }
    if site.ENABLE_USER_SITE:
        names.add(site.getusersitepackages())
    # a prefix of / would open everything
    return tuple(path for name in sorted(names) if (path := Path(name)) != Path(path.anchor))


def _search_path() -> tuple[Path, ...]:
    return tuple(dict.fromkeys(Path(entry).resolve() for entry in sys.path if entry and Path(entry).is_dir()))


def _editable() -> Iterator[Path]:
    """The modules of packages that are developed in place: by a folder on the search path, or by a finder."""
    for folder in listed_folders():
        for entry in folder.iterdir():
            package = entry.is_dir() and any((entry / name).exists() for name in ("__init__.py", "__init__.pyi"))
            if package or entry.suffix in {".py", ".so", ".egg-link", ".dist-info", ".egg-info", ".pth"}:
                yield entry
    for name, module in tuple(sys.modules.items()):
        mapping = getattr(module, "MAPPING", None) if name.startswith("__editable__") else None
        if isinstance(mapping, dict):
            yield from (Path(place) for place in mapping.values() if isinstance(place, str))


def _fonts() -> Iterator[Path]:
    try:
        home = Path.home()
    except RuntimeError:
        return
    yield from (home / ".fonts", home / ".local" / "share" / "fonts", home / ".fonts.conf")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # behind a folder that this account may not enter
        return False


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda one: len(one.parts)):
        if not _is_inside(path, kept):
            kept.append(path)
    return tuple(kept)


def _is_inside(path: Path, folders: Iterable[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)
