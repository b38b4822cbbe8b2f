"""nbgrader, imported without what grading never uses: that is more than half of the time that its import takes.

Some things are kept away while it is imported, and come by themselves to whoever asks for them later: a grammar of web
addresses that jsonschema compiles (for a check that no notebook asks for), setuptools (for unpacking archives),
nbgrader's own server extensions, and what only feedback, JupyterHub and instantiated tests have need of. Standard
library only; called once, at the start of a worker.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

_EXTENSIONS = ("assignment_list", "course_list", "formgrader", "validate_assignment")
_ARCHIVES = "setuptools.archive_util"
_SOUP, _SERVING = "bs4", "nbconvert.postprocessors.serve"
# imported as a whole, and asked for what is in them when it is used
_LATE = ("requests", "yaml", _SOUP)


def import_nbgrader() -> None:
    """Import nbgrader and what grading needs of it. Raises ImportError."""
    if "nbgrader" not in sys.modules:
        with _without("rfc3987_syntax"):
            importlib.import_module("jsonschema")
        stand_ins = [_extension(name) for name in _EXTENSIONS]
        stand_ins += [_Late(name) for name in _LATE if name not in sys.modules]
        stand_ins.append(_named(ModuleType(_SERVING), "ServePostProcessor"))
        if _ARCHIVES not in sys.modules:
            stand_ins += [_archives(), ModuleType("setuptools")]
        with _standing_in(stand_ins):
            importlib.import_module("nbgrader.apps.autogradeapp")
    importlib.import_module("nbgrader.apps")


@contextmanager
def ipython_unseen() -> Iterator[None]:
    """Have IPython's folder found without IPython, which jupyter_client imports whole for its name."""
    if "IPython" in sys.modules:
        yield
        return
    paths = ModuleType("IPython.paths")
    paths.get_ipython_dir = lambda: os.environ.get("IPYTHONDIR") or str(Path.home() / ".ipython")  # type: ignore[attr-defined]
    with _standing_in([ModuleType("IPython"), paths]):
        yield


@contextmanager
def _without(name: str) -> Iterator[None]:
    """Have the import of a module fail, as if it were not installed."""
    known = name in sys.modules
    if not known:
        sys.modules[name] = None  # type: ignore[assignment]  # that is how Python is told so
    try:
        yield
    finally:
        if not known:
            del sys.modules[name]


@contextmanager
def _standing_in(modules: list[ModuleType]) -> Iterator[None]:
    """Have these modules in the place of real ones of their names for a while."""
    before = {module.__name__: sys.modules.get(module.__name__) for module in modules}
    sys.modules.update({module.__name__: module for module in modules})
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


class _Late(ModuleType):
    """A module that is imported when something in it is asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        if name == _SOUP:
            _named(self, "BeautifulSoup")  # which nbconvert takes out of it, and calls

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def _extension(name: str) -> ModuleType:
    return _named(ModuleType(f"nbgrader.server_extensions.{name}"), "load_jupyter_server_extension")


def _archives() -> ModuleType:
    return _named(ModuleType(_ARCHIVES), "unpack_archive", "unpack_tarfile", "unpack_zipfile")


def _named(module: ModuleType, *names: str) -> ModuleType:
    """The module with functions of these names, which are fetched from the real one when they are called."""
    for name in names:
        setattr(module, name, _later(module.__name__, name))
    return module


def _later(module: str, name: str) -> Any:
    """A function that is fetched when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*args, **kwargs)

    return call
