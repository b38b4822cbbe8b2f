"""What was built before, by the digest of what it was built from. Losing it costs time and nothing else."""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from course_kit.files.atomic import disk_errors, write_atomically
from course_kit.model.keys import digest

_LIBRARIES = ("markdown-it-py", "mdit-py-plugins", "latex2mathml", "pygments", "nbgrader", "nbconvert")
_MODULES = (
    "course_kit.bridges.nbgrader.enabled",
    "course_kit.bridges.nbgrader.generate",
    "course_kit.bridges.nbgrader.seal",
    "course_kit.model.formulas",
    "course_kit.model.quiz",
    "course_kit.release.seal",
    "course_kit.release.strip",
    "course_kit.source.notebooks",
    "course_kit.source.video_cells",
)
_PACKAGES = ("course_kit.model.kinds", "course_kit.quizzes")


@lru_cache(maxsize=1)
def builder() -> str:
    """A digest of the code that builds and of the libraries that it builds with: another one, another result."""
    files = [_file(name) for name in _MODULES]
    for name in _PACKAGES:
        files += sorted(_file(name).parent.rglob("*.py"))
    code = [path.read_bytes().hex() for path in files]
    return digest([code, [_version(name) for name in _LIBRARIES]])


def _file(module: str) -> Path:
    """Where a module is, without importing it."""
    found = find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(module)
    return Path(found.origin)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


class BuildCache:
    """``releases/.cache``: one JSON file a result. A damaged file counts as missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[str] = set()

    def get(self, key: str) -> dict[str, Any] | None:
        """The result that was kept under ``key``, or None."""
        self._used.add(f"{key}.json")
        try:
            kept = json.loads((self._folder / f"{key}.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(kept, dict) or kept.get("digest") != digest(kept.get("result")):
            return None
        result = kept["result"]
        return result if isinstance(result, dict) else None

    def put(self, key: str, result: Mapping[str, Any]) -> None:
        """Keep ``result`` (JSON). Raises :class:`Unavailable` on a full disk."""
        self._used.add(f"{key}.json")
        kept = {"digest": digest(result), "result": result}
        write_atomically(self._folder / f"{key}.json", json.dumps(kept, ensure_ascii=False))

    def forget_others(self) -> None:
        """Drop what this build neither read nor wrote."""
        with disk_errors(str(self._folder)), suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if path.name not in self._used:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
