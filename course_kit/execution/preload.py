"""Import libraries ahead of the kernels that will be forked, such that no kernel can tell.

Each library is first imported in a forked child of its own. What starts a thread there, prints, asks for the running
shell, touches the interpreter or does not end is refused: the kernel imports it by itself, if it does. The rest is
imported here and hidden (:mod:`course_kit.execution.hiding`). POSIX only; elsewhere everything is refused.
"""

import builtins
import json
import os
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import resolve_name
from itertools import accumulate
from pathlib import Path
from typing import Any

from course_kit.execution.exercise import exercise
from course_kit.execution.hiding import HiddenModules
from course_kit.execution.imports import is_installed, own_folders, refusal
from course_kit.execution.trials import Trials

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "BLIS_NUM_THREADS")
"""What keeps numerical libraries from starting threads while they are imported."""
INLINE = "module://matplotlib_inline.backend_inline"
_COMPANIONS: Mapping[str, tuple[str, ...]] = {
    "numpy": ("numpy.random",),
    "matplotlib.pyplot": ("matplotlib.backends.backend_agg",),
    "pandas": ("pandas.io.formats.html", "pandas.io.formats.string", "pandas.io.parsers"),
}
"""What a library imports by itself as soon as it is used; hidden like the rest."""


@dataclass(frozen=True)
class Preloaded:
    """What :func:`preload` imported, and why it left the rest to the kernels.

    ``forkable`` is False where this process has threads: then it must not fork kernels.
    """

    loaded: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    forkable: bool = True


@dataclass
class _Tried:
    """What was seen of one name: the modules that came with it, or why it is refused."""

    modules: frozenset[str] = frozenset()
    refused: str = ""
    printed: bool = False
    asked: Mapping[str, Iterable[str]] = field(default_factory=dict)


_reseed: list[Callable[[], object]] = []


def preload(names: Iterable[str], *, hide: bool = True, patience: float = 60.0) -> Preloaded:
    """Import ``names`` in this process, which is about to fork kernels and runs no thread of its own.

    ``patience`` bounds, in seconds, the trial import of one package. Nothing raises because of a library, nothing is
    printed, and the environment is as before at the end. Call :func:`after_fork` first thing in each child.
    """
    wanted = tuple(dict.fromkeys(names))
    if not hasattr(os, "fork"):
        return Preloaded(refused=dict.fromkeys(wanted, "this system cannot fork"), forkable=False)
    if threads() > 1:
        return Preloaded(refused=dict.fromkeys(wanted, "this process runs threads"), forkable=False)
    refused = {name: reason for name in wanted if (reason := _known_reason(name))}
    memory = Trials()
    with _quiet_libraries():
        tried = _try_all([name for name in wanted if name not in refused], patience, memory)
        refused.update({name: one.refused for name, one in tried.items() if one.refused and name in wanted})
        good = {name: one for name, one in tried.items() if not one.refused}
        before = set(sys.modules)
        broken = _import_here(good)
    refused.update({name: reason for name, reason in broken.items() if name in wanted})
    hidden = _hide(before, good) if hide else ()
    _remember_seeds()
    loaded = tuple(name for name in wanted if name not in refused)
    return Preloaded(loaded, refused, hidden, forkable=threads() == 1)


def after_fork() -> None:
    """Give this fork random numbers of its own, also in libraries that seed only once, when they are imported."""
    for seed in _reseed:
        seed()


def threads() -> int:
    """How many threads this process has, those of C libraries included where the system tells."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return threading.active_count()


class _StandIn:
    """What libraries find for a shell before there is one: that it belongs to a kernel, and nothing else."""

    kernel = None

    def __getattr__(self, name: str) -> Any:
        _asked.append(name)
        raise AttributeError(name)


_StandIn.__name__ = _StandIn.__qualname__ = "ZMQInteractiveShell"
_StandIn.__module__ = "ipykernel.zmqshell"
_asked: list[str] = []


def _known_reason(name: str) -> str:
    if reason := refusal(name):
        return reason
    if name in sys.modules:
        return ""
    return "" if is_installed(name) else "it is not installed here"


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """The environment and the module path in which libraries are imported: one thread, figures inline, own folders."""
    before, path, known = dict(os.environ), list(sys.path), vars(builtins).copy()
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.environ.setdefault("MPLBACKEND", INLINE)
    sys.path[:] = own_folders()
    # pandas, for one, asks when it is imported whether it is in a notebook
    vars(builtins).update(get_ipython=_StandIn, __IPYTHON__=True)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in ("get_ipython", "__IPYTHON__"):
            delattr(builtins, name)
            if name in known:
                setattr(builtins, name, known[name])
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


# ---------------------------------------------------------------- trial


def _try_all(names: Iterable[str], patience: float, memory: Trials) -> dict[str, _Tried]:
    """Each name that is not remembered tried in a forked child, one for all names of a package, several at once."""
    packages: dict[str, list[str]] = {}
    for name in names:
        chain = packages.setdefault(name.partition(".")[0], [])
        steps = (*accumulate(name.split("."), "{}.{}".format), *_COMPANIONS.get(name, ()))
        chain.extend(one for one in steps if one not in chain)
    held = [memory.get(chain) for chain in packages.values()]
    found = {name: _remembered(seen) for one in held if one is not None for name, seen in one.items()}
    unknown = [chain for chain, one in zip(packages.values(), held, strict=True) if one is None]
    trials = [_Trial(chain, patience) for chain in unknown]
    found.update({name: one for trial in trials for name, one in trial.result().items()})
    # a library may speak once only, when it fills a cache for the first time
    spoke = [trial for trial in trials if any(one.printed for one in trial.seen.values())]
    again = [_Trial(trial.names, patience) for trial in spoke]
    found.update({name: one for trial in again for name, one in trial.result().items()})
    for trial in trials:
        if not any(found[name].refused for name in trial.names):
            memory.put(trial.names, {name: _to_remember(found[name]) for name in trial.names})
    memory.save()
    return found


def _to_remember(one: _Tried) -> dict[str, list[str]]:
    """``modules``, and what each module asked for under its own name with a colon before it."""
    return {"modules": sorted(one.modules), **{f":{name}": sorted(others) for name, others in one.asked.items()}}


def _remembered(seen: Mapping[str, list[str]]) -> _Tried:
    asked = {name[1:]: others for name, others in seen.items() if name.startswith(":")}
    return _Tried(frozenset(seen["modules"]), asked=asked)


class _Trial:
    """A forked child that imports ``names`` in turn and reports on each, one JSON line a name."""

    def __init__(self, names: Iterable[str], patience: float) -> None:
        self.names, self.seen = list(names), dict[str, _Tried]()
        self._deadline = time.monotonic() + patience
        self._end, writing = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            _report_imports(self.names, writing)
        os.close(writing)

    def result(self) -> dict[str, _Tried]:
        text, reason = self._read()
        for line in text.splitlines():
            with suppress(ValueError):
                found = json.loads(line)
                modules = frozenset(found["modules"])
                self.seen[found["name"]] = _Tried(modules, found["refused"], found["printed"], found["asked"])
        stopped = next((f"{name}: {one.refused}" for name, one in self.seen.items() if one.refused), reason)
        for name in self.names:
            self.seen.setdefault(name, _Tried(refused=stopped))
        return self.seen

    def _read(self) -> tuple[bytes, str]:
        text, late = b"", False
        while True:
            left = max(0.0, self._deadline - time.monotonic())
            if not select.select([self._end], [], [], left)[0]:
                late = True
                break
            chunk = os.read(self._end, 1 << 16)
            if not chunk:
                break
            text += chunk
        os.close(self._end)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        return text, "its import takes too long" if late else "its import ends the process"


def _report_imports(names: list[str], end: int) -> None:
    """The life of a trial child. Never returns."""
    try:
        with tempfile.TemporaryFile() as printed:
            _speak_into(printed.fileno())
            asked, start, watched = _watch_shell(), set(sys.modules), _watch_imports()
            for name in names:
                reason, spoke = _imported(name, printed.fileno(), asked)
                # a later name of a package counts on what the earlier ones brought
                found = {"modules": sorted(set(sys.modules) - start), "refused": reason, "printed": spoke}
                found["asked"] = {one: sorted(others) for one, others in watched.items()}
                _write(end, json.dumps({"name": name, **found}).encode() + b"\n")
                if reason:
                    break
    except BaseException:
        os._exit(1)
    os._exit(0)


def _imported(name: str, printed: int, asked: list[str]) -> tuple[str, bool]:
    """Import one name in a trial child: why it is refused, if it is, and whether it printed."""
    state, size = _interpreter_state(), os.fstat(printed).st_size
    try:
        import_module(name)
    except BaseException as error:
        return f"its import fails with {type(error).__name__}", False
    sys.stdout.flush()
    sys.stderr.flush()
    spoke = os.fstat(printed).st_size > size
    if threads() > 1:
        return "it starts a thread", spoke
    if asked:
        return "it asks for the running shell when it is imported", spoke
    if _interpreter_state() != state:
        return "it changes the interpreter when it is imported", spoke
    return "it prints when it is imported" if spoke else "", spoke


def _interpreter_state() -> tuple[object, ...]:
    handlers = tuple(str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD))
    hooks = (sys.excepthook, sys.displayhook, sys.stdout, sys.stderr, sys.stdin, threading.excepthook)
    return (handlers, tuple(map(id, hooks)), tuple(sys.path), Path.cwd(), sys.gettrace(), sys.getprofile())


def _watch_shell() -> list[str]:
    """The list into which this process notes each time that a library wants something of the running shell."""

    def get_ipython() -> None:
        _asked.append("all of it")

    for name in ("IPython", "IPython.core.getipython"):
        if name in sys.modules:
            sys.modules[name].get_ipython = get_ipython  # type: ignore[attr-defined]
    return _asked


def _watch_imports() -> dict[str, set[str]]:
    """The table in which this process notes what each module of the standard library asks for while it is imported.

    C code of the standard library imports by way of ``__import__`` as well, which that of others need not do.
    """
    asked: dict[str, set[str]] = {}
    plain = builtins.__import__

    def watching(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
        module = plain(name, globals, locals, fromlist, level)
        asking = (globals or {}).get("__name__", "")
        if asking.partition(".")[0] in sys.stdlib_module_names:
            base = resolve_name("." * level + name, globals["__package__"]) if level else name
            found = asked.setdefault(asking, set())
            found.update(accumulate(base.split("."), "{}.{}".format))
            found.update(one for one in (f"{base}.{tail}" for tail in fromlist or ()) if one in sys.modules)
        return module

    builtins.__import__ = watching
    return asked


def _write(end: int, text: bytes) -> None:
    while text:
        text = text[os.write(end, text) :]


def _speak_into(place: int) -> None:
    """Send all that this process prints, C code included, into an open file; nothing can be read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(place, 1)
    os.dup2(place, 2)
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8", errors="replace")  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, encoding="utf-8", errors="replace", buffering=1)  # noqa: SIM115


# ---------------------------------------------------------------- import


def _import_here(good: Iterable[str]) -> dict[str, str]:
    """Import and exercise what the trials found good; what fails, with the reason. What is printed is lost."""
    broken: dict[str, str] = {}
    sys.stdout.flush()
    sys.stderr.flush()
    nothing, kept = os.open(os.devnull, os.O_WRONLY), [os.dup(1), os.dup(2)]
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        for name in good:
            try:
                import_module(name)
            except Exception as error:
                broken[name] = f"its import fails with {type(error).__name__}"
        exercise()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
            os.close(copy)
        os.close(nothing)
    return broken


def _hide(before: set[str], tried: Mapping[str, _Tried]) -> tuple[str, ...]:
    new = [name for name, module in sys.modules.items() if name not in before and module is not None]
    groups = {name: one.modules for name, one in tried.items() if name in new}
    asked: dict[str, set[str]] = {}
    for one in tried.values():
        for name, others in one.asked.items():
            asked.setdefault(name, set()).update(others)
    # what a module of the standard library brings is known for each of them
    for name in new:
        if name.partition(".")[0] in sys.stdlib_module_names and name not in groups:
            groups[name] = _all_asked(name, asked)
    hidden = HiddenModules(new, groups)
    hidden.hide()
    return hidden.names


def _all_asked(name: str, asked: Mapping[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    pending = list(accumulate(name.split("."), "{}.{}".format))
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending.extend(asked.get(one, ()))
    return frozenset(found)


def _remember_seeds() -> None:
    for finder in sys.meta_path:
        if isinstance(finder, HiddenModules) and (seed := finder.attribute("numpy.random", "seed")):
            _reseed.append(seed)
