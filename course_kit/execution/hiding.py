"""Modules that are held in memory, and that nobody sees before they are imported.

A forked kernel inherits what its parent imported. Were that visible, ``import matplotlib; matplotlib.pyplot.plot(…)``
would work in it and fail in a fresh kernel. So what was imported ahead is taken out of ``sys.modules``, and the names
that packages hold of their submodules are taken away. The first import of such a module puts back, as one group, all
that a fresh interpreter would have loaded with it.
"""

import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


class HiddenModules(MetaPathFinder):
    """A finder, first in line, for modules that this process holds and does not show.

    ``groups`` says what a fresh interpreter was seen to load with a name. A hidden module outside all groups brings
    everything with it: too much may be shown, never too little.
    """

    def __init__(self, names: Sequence[str], groups: Mapping[str, frozenset[str]]) -> None:
        self._lock = threading.RLock()
        self._modules: dict[str, ModuleType] = {name: sys.modules[name] for name in names}
        self._groups = sorted((frozenset(group) for group in groups.values()), key=len)
        self._named = {name: frozenset(group) for name, group in groups.items()}
        self._attributes: dict[str, tuple[ModuleType, str]] = {}

    def hide(self) -> None:
        """Take the modules out of sight and stand first among the finders."""
        for name, module in self._modules.items():
            package, _, tail = name.rpartition(".")
            holder = sys.modules.get(package) or self._modules.get(package)
            if holder is not None and vars(holder).get(tail) is module:
                self._attributes[name] = (holder, tail)
        for holder, tail in self._attributes.values():
            delattr(holder, tail)
        for name in self._modules:
            sys.modules.pop(name, None)
        sys.meta_path.insert(0, self)

    def reveal(self, name: str) -> None:
        """Show ``name`` and all that a fresh interpreter loads with it."""
        with self._lock:
            for member in self._group(name):
                module = self._modules.pop(member, None)
                if module is None:
                    continue
                sys.modules.setdefault(member, module)
                holder, tail = self._attributes.get(member, (None, ""))
                if holder is not None and tail not in vars(holder):
                    setattr(holder, tail, module)

    @property
    def names(self) -> tuple[str, ...]:
        """What is hidden now."""
        return tuple(self._modules)

    def attribute(self, name: str, attribute: str) -> Any:
        """An attribute of a module that is held, hidden or not; None where there is none."""
        return getattr(self._modules.get(name) or sys.modules.get(name), attribute, None)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        module = self._modules.get(fullname)
        if module is None:
            return None
        real: ModuleSpec | None = getattr(module, "__spec__", None)
        if path is None and _is_shadowed(fullname, real):
            return None  # a file beside the notebook comes first, as it would in a fresh interpreter
        places = getattr(module, "__path__", None)
        spec = ModuleSpec(
            fullname,
            _Revealing(self, module, real),
            origin=real.origin if real is not None else None,
            is_package=places is not None,
        )
        if places is not None:
            spec.submodule_search_locations = list(places)
        if real is not None:
            spec.has_location = real.has_location
            spec.cached = real.cached
        return spec

    def _group(self, name: str) -> frozenset[str]:
        if name in self._named:
            return self._named[name] | {name}
        for group in self._groups:
            if name in group:
                return group
        return frozenset(self._modules)


class _Revealing(Loader):
    """Loads a module by showing it again; answers all other questions as the module's own loader does."""

    def __init__(self, hidden: HiddenModules, module: ModuleType, real: ModuleSpec | None) -> None:
        self._hidden, self._module, self._real = hidden, module, real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        self._module.__spec__ = self._real
        self._hidden.reveal(self._module.__name__ if self._real is None else self._real.name)

    def __getattr__(self, name: str) -> Any:
        if self._real is None or self._real.loader is None:
            raise AttributeError(name)
        return getattr(self._real.loader, name)


def _is_shadowed(name: str, real: ModuleSpec | None) -> bool:
    if real is None or not real.has_location:
        return False
    found = PathFinder.find_spec(name)
    return found is not None and found.origin != real.origin
