"""What trial imports of libraries found, kept from batch to batch: a second import of pandas is 0.7 s of every start.

It is kept for this interpreter, these libraries and what was imported before them; installing or removing anything
changes the folders of packages, and then it is tried again. What is found damaged counts as nothing.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from course_kit.execution.imports import own_folders
from course_kit.files.atomic import write_atomically

PLACE = "COURSE_KIT_TRIALS"
"""The environment variable that names the file; it is taken out of the environment when it is read."""
_VERSION = 1
_MOST = 40

Found = Mapping[str, Mapping[str, list[str]]]
"""For each name of a package lists of names by what they are, such as the ``modules`` that came with it."""


class Trials:
    """The memory in the file that the environment names; without one nothing is remembered."""

    def __init__(self) -> None:
        place = os.environ.pop(PLACE, "")
        self._path = Path(place) if place else None
        self._known: dict[str, Any] = {}
        self._new = False
        if self._path is not None:
            with suppress(OSError, ValueError):
                read = json.loads(self._path.read_text(encoding="utf-8"))
                if isinstance(read, dict) and read.get("version") == _VERSION and isinstance(read.get("trials"), dict):
                    self._known = read["trials"]

    def get(self, names: Sequence[str]) -> Found | None:
        """What the trial of ``names``, in this order, found when all of them were good."""
        found = self._known.get(_key(names)) if self._path is not None else None
        if not isinstance(found, dict) or set(found) != set(names) or not all(map(_is_sound, found.values())):
            return None
        return found

    def put(self, names: Sequence[str], found: Found) -> None:
        """Remember it; :meth:`save` writes it down."""
        self._known[_key(names)] = found
        self._new = True

    def save(self) -> None:
        """Write down what is new. A disk that refuses is no matter: it will be tried again next time."""
        if self._path is None or not self._new:
            return
        latest = dict(list(self._known.items())[-_MOST:])
        with suppress(Exception):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps({"version": _VERSION, "trials": latest}))


def _is_sound(one: Any) -> bool:
    if not isinstance(one, dict) or "modules" not in one:
        return False
    return all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in one.values())


def _key(names: Sequence[str]) -> str:
    about = [sys.version, sys.prefix, list(names), sorted(sys.modules), _stamps(names)]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def _stamps(names: Iterable[str]) -> list[Any]:
    """When the folders of packages and the libraries themselves were last changed."""
    places = [*own_folders()]
    for package in {name.partition(".")[0] for name in names}:
        with suppress(Exception):
            spec = find_spec(package)
            places += [spec.origin] if spec is not None and spec.origin else []
    stamps = []
    for place in sorted(places):
        with suppress(OSError):
            stamps.append([place, Path(place).stat().st_mtime_ns])
    return stamps
