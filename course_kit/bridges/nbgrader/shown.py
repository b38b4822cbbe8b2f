"""What a learner handed in, shown in the formgrader without running: its page may do whatever its instructor may.

nbgrader shows Markdown and outputs as they are, scripts included. This step of nbconvert's changes only what is shown:
the marked notebook on the disk stays as it is.
"""

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor

from course_kit.bridges.nbgrader.page import DROPPED, DROPPED_VOID, is_unsafe

_COMMAND = re.compile(r"\\(?=(?:href|unicode|require|class|cssId|style)\b)")
_SOURCE = re.compile(r"^(https?:|data:image/|[^:&\\]*$)", re.IGNORECASE)
_IMAGE = re.compile(r"^image/(png|jpeg|gif|webp|svg\+xml)$")
_NAME = re.compile(r"^[a-z][\w:.-]*$")
_MORE_DROPPED = {"meta", "animate", "animatemotion", "animatetransform", "set"}
_RUN = ("application/javascript", "application/vnd.jupyter.widget-view+json")


class ShowSafely(Preprocessor):
    """Show outputs without scripts. Markdown goes through :func:`markdown2html`."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        nb.metadata.pop("widgets", None)
        for cell in nb.cells:
            if "attachments" in cell:
                cell.attachments = _pictures(cell.attachments)
            for output in cell.get("outputs", ()):
                self._change(output.get("data", {}))
        return nb, resources

    @staticmethod
    def _change(data: Any) -> None:
        for name in _RUN:
            data.pop(name, None)
        for name, change in (("text/html", safe_html), ("text/latex", _plain_formulas)):
            if name in data:
                data[name] = change(data[name] if isinstance(data[name], str) else "".join(map(str, data[name])))


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """In the place of nbconvert's filter of that name: the same, without what runs."""
    return safe_html(str(_exporter().markdown2html(context, _plain_formulas(source))))


@lru_cache(maxsize=1)
def _exporter() -> Any:
    return HTMLExporter()  # type: ignore[no-untyped-call]


def _plain_formulas(text: str) -> str:
    """Without the commands by which a formula makes links, or elements of its own."""
    return _COMMAND.sub(r"\\\\", text)


def safe_html(text: str) -> str:
    """HTML without what runs, sends or loads."""
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return "".join(cleaner.out)


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    def is_picture(kind: object, content: object) -> bool:
        return bool(_IMAGE.match(str(kind)) and re.fullmatch(r"[A-Za-z0-9+/=\s]*", str(content)))

    return {
        str(name): {kind: content for kind, content in kinds.items() if is_picture(kind, content)}
        for name, kinds in attachments.items()
        if isinstance(kinds, Mapping)
    }


def _is_picture(tag: str, name: str, value: str) -> bool:
    """Pictures beside the notebook, and on the web, are shown in the formgrader."""
    return (tag, name) == ("img", "src") and bool(_SOURCE.match(value))


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            self._inside.append(tag)
        elif not self._inside and tag not in DROPPED_VOID | _MORE_DROPPED and _NAME.match(tag):
            kept = [(name, value or "") for name, value in attrs if _NAME.match(name)]
            safe = [one for one in kept if _is_picture(tag, *one) or not is_unsafe(tag, *one)]
            self.out.append("<" + " ".join((tag, *(f'{name}="{html.escape(value)}"' for name, value in safe))) + ">")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in DROPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()
        elif not self._inside and _NAME.match(tag):
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            # styles have no brackets, and browsers end them where the parser does not
            self.out.append(data.replace("<", "" if self.cdata_elem else "&lt;"))

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")
