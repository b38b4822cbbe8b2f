"""What is installed where notebooks run: its digest for the cache's key, and what an upgrade changed, in words."""

import hashlib
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_kit.grading.engine import Engine

_KINDS = (".dist-info", ".egg-info")
_SHOWN = 4


@dataclass(frozen=True)
class Installed:
    """``where``: "here" or "cluster"; ``digest`` as the engine gives it; ``packages``: names and versions, none where
    they are not known."""

    where: str
    digest: str
    packages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What records keep: results of one place are not held against another place's packages."""
        return f"{self.where} {self.digest}"


def installed_at(engine: "Engine | None") -> Installed:
    """What notebooks meet in ``engine``; None is this computer."""
    packages = installed_packages()
    here = _digest(packages)
    found = here if engine is None else engine.environment()
    return Installed("here", here, packages) if found == here else Installed("cluster", found)


def installed_packages() -> tuple[str, ...]:
    """This Python and what is installed beside it, as ``name-version``, from the names of folders.

    Nothing is imported or read, so it takes milliseconds. A package that is edited where it lies is not seen; the
    present folder is not looked at, since notebooks run in another one.
    """
    found = {
        f"Python-{platform.python_version()} {platform.python_implementation()} {platform.machine()} {sys.platform}"
    }
    here = Path.cwd()
    for folder in sys.path:
        if not folder or Path(folder) == here:
            continue
        try:
            with os.scandir(folder) as entries:
                found.update(entry.name for entry in entries if entry.name.endswith(_KINDS))
        except OSError:
            continue  # a zip, or a folder that is not there
    return tuple(sorted(found))


def environment_digest() -> str:
    """A digest of :func:`installed_packages`."""
    return _digest(installed_packages())


def _digest(packages: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(packages).encode()).hexdigest()[:16]


def upgrade(before: Iterable[str], now: Iterable[str]) -> str:
    """What is otherwise ``now``: ``pandas 2.1.4 -> 2.2.3, seaborn 0.13.2 is new``; "" where it cannot be told."""
    old, new = _versions(before), _versions(now)
    if not old or not new:
        return ""
    phrases = []
    for name in sorted({*old, *new}, key=str.casefold):
        was, is_now = old.get(name), new.get(name)
        if was == is_now:
            continue
        if was is None:
            phrases.append(f"{name} {is_now} is new")
        elif is_now is None:
            phrases.append(f"{name} {was} is gone")
        else:
            phrases.append(f"{name} {was} -> {is_now}")
    more = f" and {len(phrases) - _SHOWN} more" if len(phrases) > _SHOWN else ""
    return ", ".join(phrases[:_SHOWN]) + more


def _versions(packages: Iterable[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for entry in packages:
        name, _, version = entry.removesuffix(_KINDS[0]).removesuffix(_KINDS[1]).partition("-")
        found.setdefault(name, []).append(version)
    return {name: " and ".join(sorted(versions)) for name, versions in found.items()}
