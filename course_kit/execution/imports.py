"""Which installed modules notebooks import, read from their text and never by running them."""

import ast
import re
import site
import sys
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from pathlib import Path

NOT_FORKABLE = {
    "dask.distributed": "it starts threads and processes",
    "distributed": "it starts threads and processes",
    "grpc": "its channels do not survive a fork",
    "horovod": "it starts threads",
    "jax": "it starts threads",
    "jaxlib": "it starts threads",
    "jpype": "it holds a Java machine",
    "keras": "it starts threads",
    "lightgbm": "its threads do not survive a fork",
    "mpi4py": "MPI forbids a fork",
    "mxnet": "it starts threads",
    "polars": "its threads do not survive a fork",
    "pyarrow.flight": "its channels do not survive a fork",
    "pyspark": "it holds a Java machine",
    "ray": "it starts threads and processes",
    "tensorflow": "it starts threads",
    "torch": "it starts threads",
    "xgboost": "its threads do not survive a fork",
}
"""What is left to the kernel to import, with the reason. Their submodules are meant, too."""

_DOES_SOMETHING = {"__main__", "antigravity", "idlelib", "lib2to3", "site", "test", "this", "tkinter", "turtle"}
_DOES_SOMETHING |= {"__hello__", "__phello__", "turtledemo", "sitecustomize", "usercustomize"}
_PYTHON_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
_LONGEST = 2_000_000
_DEEPEST = 12
_STATEMENT = re.compile(r"^[ \t]*((?:from|import)[ \t].*)$", re.MULTILINE)
_NOT_PYTHON = re.compile(r"^([ \t]*)(?:[%!?].*|[^#\n]*[^\s#'\"]\?{1,2}[ \t]*)$", re.MULTILINE)
_ASSIGNED_MAGIC = re.compile(r"^([ \t]*[\w.,\[\] \t]+=)[ \t]*[%!].*$", re.MULTILINE)
_MATPLOTLIB = re.compile(r"^[ \t]*%(?:matplotlib|pylab)\b", re.MULTILINE)


def imported_modules(sources: Iterable[str]) -> tuple[str, ...]:
    """The modules that code cells with these texts import, sorted, as far as they are worth holding ready.

    Named are modules of the standard library and of this environment's own packages: never a file beside a notebook,
    nothing that could not be forked (:data:`NOT_FORKABLE`), nothing that acts when it is imported. A package that is
    imported by way of a submodule is not named beside it. Nothing is imported, and no text makes this raise.
    """
    found: set[str] = set()
    for source in sources:
        if isinstance(source, str):
            found.update(_imports(source[:_LONGEST]))
    kept = {name for name in found if not refusal(name) and is_installed(name)}
    return tuple(sorted(kept))


def refusal(name: str) -> str:
    """Why ``name`` is never imported ahead of a kernel's start; empty where nothing speaks against it."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        if reason := NOT_FORKABLE.get(".".join(parts[:end])):
            return reason
    return "it acts when it is imported" if parts[0] in _DOES_SOMETHING else ""


def is_installed(name: str) -> bool:
    """Whether ``name`` is a module of the standard library or of a package in this environment's own folders."""
    return _installed(name)


@cache
def own_folders() -> tuple[str, ...]:
    """The folders of this interpreter's standard library and packages: no working folder, no ``PYTHONPATH``."""
    paths = sysconfig.get_paths()
    homes = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    homes.update(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        homes.add(site.getusersitepackages())
    homes.update(str(Path(home) / "lib-dynload") for home in (paths["stdlib"], paths["platstdlib"]))
    archive = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    known = {*homes, *(entry for entry in sys.path if Path(entry).name == archive)}
    return tuple(entry for entry in sys.path if entry in known)


@cache
def _installed(name: str) -> bool:
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts) or len(parts) > _DEEPEST:
        return False
    if len(parts) == 1 and (BuiltinImporter.find_spec(name) or FrozenImporter.find_spec(name)):
        return True
    folders: list[str] | None = list(own_folders())
    for end in range(1, len(parts) + 1):
        spec = _spec(".".join(parts[:end]), folders)
        if spec is None or spec.loader is None:
            return False
        folders = list(spec.submodule_search_locations or ())
    return True


def _spec(name: str, folders: list[str] | None) -> ModuleSpec | None:
    if not folders:
        return None
    try:
        return PathFinder.find_spec(name, folders)
    except (ImportError, OSError, ValueError):
        return None


def _imports(source: str) -> Iterator[str]:
    if _MATPLOTLIB.search(source):
        yield "matplotlib.pyplot"
    first = source.lstrip().split("\n", 1)[0]
    if first.startswith("%%"):
        if not first.startswith(_PYTHON_CELL_MAGICS):
            return
        source = source.lstrip()[len(first) :]
    try:
        tree = _parsed(_ASSIGNED_MAGIC.sub(r"\1 None", _NOT_PYTHON.sub(r"\1pass", source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _imports_by_line(source)
        return
    yield from _imports_of(tree)


def _parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is the learner's to be told of, not ours to print
        return ast.parse(source)


def _imports_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"  # where it is no module, is_installed drops it


def _imports_by_line(source: str) -> Iterator[str]:
    """The import statements of text that cannot be parsed as a whole, each read for itself."""
    for match in _STATEMENT.finditer(source):
        statement = match[1]
        if statement.count("(") > statement.count(")"):
            statement = source[match.start(1) : source.find(")", match.start(1)) + 1]
        try:
            yield from _imports_of(_parsed(statement.strip()))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
