"""The packages that a course's lessons import: which of them are missing here, and the one command that mends it."""

import re
import sys
from collections.abc import Iterable
from importlib import metadata
from importlib.util import find_spec

_NAME = re.compile(r"^(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9,._ -]*\])?\s*(?:[<>=!~].*)?$")
IMPORTED_AS = {
    "beautifulsoup4": "bs4",
    "opencv-python": "cv2",
    "pillow": "PIL",
    "python-dateutil": "dateutil",
    "pyyaml": "yaml",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
}
"""Where a package's name is not that of the module that it brings."""


def missing_packages(packages: Iterable[str]) -> tuple[str, ...]:
    """Those of ``packages`` that are not installed beside this course-kit, in their order.

    An entry is a package's name, perhaps with extras or versions, or the name of a module; what is none of these is
    left out, so that no release can slip another word into a command.
    """
    found = []
    for entry in packages:
        match = _NAME.match(entry.strip())
        if match is not None and len(entry) <= 200 and not _is_installed(match["name"]):
            found.append(match["name"])
    return tuple(dict.fromkeys(found))


def install_command(missing: Iterable[str]) -> str:
    """The one line that installs ``missing`` where course-kit runs; empty if there is nothing to install."""
    names = list(missing)
    return f'"{sys.executable}" -m pip install {" ".join(names)}' if names else ""


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        plain = re.sub(r"[-_.]+", "-", name).lower()
        module = IMPORTED_AS.get(plain, name.replace("-", "_"))
        try:
            return find_spec(module.split(".")[0]) is not None
        except (ImportError, ValueError):
            return False
    return True
