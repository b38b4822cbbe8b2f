"""Images that come inside an imported file: they are written beside the quizzes, and shown from there."""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote

from course_kit.model.keys import digest
from course_kit.quizzes.imports.markdown import escape
from course_kit.quizzes.imports.questions import Found

FOLDER = "images"
MAX_IMAGE = 1_000_000
_TYPES = {"png": ".png", "jpeg": ".jpg", "jpg": ".jpg", "gif": ".gif", "webp": ".webp", "svg+xml": ".svg"}
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
_DATA = re.compile(r"data:image/([a-z.+-]{1,20});base64,(.*)", re.DOTALL)
_PLACE = "@@PLUGINFILE@@/"


class Images:
    """Writes Markdown for the images of one question, and collects their bytes in ``found.files``.

    ``files``: what the question brings, by the path that its texts name it by.
    """

    def __init__(self, found: Found, where: str, files: Mapping[str, bytes | None] | None = None) -> None:
        self.found, self.where = found, where
        self.files = dict(files or {})

    def __call__(self, source: str, alternative: str) -> str:
        """What stands for an image in Markdown; what is shown instead of one that is missing is its description."""
        instead = escape(alternative)
        if re.match(r"https?://", source, re.IGNORECASE):
            return f"![{instead}]({_safe_address(source)})"
        name, content = self._content(source)
        if content is None:
            self.found.lose(self.where, f"the image `{name}` is not in the file")
            return instead
        if not name.lower().endswith(_ENDINGS):
            self.found.lose(self.where, f"`{name}` is no image that a quiz can show (PNG, JPEG, GIF, WebP, SVG)")
            return instead
        if len(content) > MAX_IMAGE:
            self.found.lose(
                self.where, f"the image `{name}` is larger than 1 MB: a quiz cannot show it; make it smaller"
            )
            return instead
        return f"![{instead}]({self._keep(name, content)})"

    def _content(self, source: str) -> tuple[str, bytes | None]:
        match = _DATA.match(source)
        if match:
            content = decoded(match[2])
            ending = _TYPES.get(match[1], "")
            return (f"image-{digest(content)[:8]}{ending}", content) if content else ("(embedded)", None)
        path = unquote(source.removeprefix(_PLACE)).split("?")[0]
        name = PurePosixPath(path.replace("\\", "/")).name or path
        return name[:100], self.files.get(path, self.files.get(name))

    def _keep(self, name: str, content: bytes) -> str:
        """Put the file among those to be written, under a name that is safe and its own; the address of it."""
        stem, _, ending = name.rpartition(".")
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip(".-")[:60] or "image"
        address = f"{FOLDER}/{plain}.{ending.lower()}"
        if self.found.files.get(address, content) != content:
            address = f"{FOLDER}/{plain}-{digest(content)[:8]}.{ending.lower()}"
        self.found.files[address] = content
        return address


def decoded(text: str) -> bytes | None:
    """The bytes behind base64 text with line ends or without; None if it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _safe_address(source: str) -> str:
    return re.sub(r"[\s<>()\\]", lambda match: f"%{ord(match[0]):02X}", source[:2000])
