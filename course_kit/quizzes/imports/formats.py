"""Which format a file has, and its reader."""

import base64
import binascii
import importlib
from pathlib import PurePath

from course_kit.quizzes.imports.questions import Imported

FORMATS = {
    "jupyterquiz": "jupyterquiz: JSON, base64 of it, or a notebook that hides it",
    "gift": "Moodle: GIFT",
    "moodle-xml": "Moodle: XML",
}
_MODULES = {"jupyterquiz": "jupyterquiz", "gift": "gift", "moodle-xml": "moodle_xml"}


def format_of(data: bytes, name: str = "") -> str:
    """The format of a file, by its first letters and its name's ending. Never raises."""
    start = data[:4000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"<" or start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "moodle-xml"
    if PurePath(name).suffix.lower() in (".json", ".ipynb"):
        return "jupyterquiz"
    if PurePath(name).suffix.lower() in (".gift", ".xml"):
        return "gift" if name.lower().endswith(".gift") else "moodle-xml"
    if start[:1] == b"[" and start[1:9].split(b"]")[0] not in (b"html", b"plain", b"moodle", b"markdown"):
        return "jupyterquiz"
    return "jupyterquiz" if start[:1] == b"{" or _is_base64(start) else "gift"


def _is_base64(start: bytes) -> bool:
    bare = b"".join(start.split())
    try:
        inner = base64.b64decode(bare[: len(bare) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return False
    return inner.lstrip()[:1] in (b"[", b"{")


def read(data: bytes, name: str, said: str | None = None) -> Imported:
    """The questions of a file in the format ``said``, by default in that which it seems to have. Never raises.

    ``name``: the file's name; quizzes are called after it where the file itself does not divide them.
    """
    module = importlib.import_module(f"course_kit.quizzes.imports.{_MODULES[said or format_of(data, name)]}")
    imported: Imported = module.read(data, PurePath(name).stem or "quiz")
    return imported
