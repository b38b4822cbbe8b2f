"""Markdown as HTML that is safe to show: no raw HTML, links that lead to pages only, formulas as MathML, coloured code.

What comes out needs no script, and the network only for images that an author took from there. Code is ``<pre
class="ck-code"><code>`` with Pygments' short class names behind ``tok-`` (``tok-k`` a keyword, ``tok-s2`` a string …);
the widget's quiz.css colours them in light and dark themes.
"""

import base64
import html
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from course_kit.model.formulas import is_readable, mathml

MAX_IMAGE = 1_000_000
_IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_WEB = re.compile(r"^https?://", re.IGNORECASE)
_LINK = re.compile(r"^(https?://|mailto:)", re.IGNORECASE)
_BLANK = re.compile(r"ckblank(\d{1,3})x")
_TAG = re.compile(r"(<[^>]*>)")
_DATA = re.compile(r"^data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$")


def _highlight(code: str, language: str, _attributes: str) -> str:
    return _highlighted(code, language)


@lru_cache(maxsize=1024)
def _highlighted(code: str, language: str) -> str:
    """``code`` with its tokens in spans; empty (so that it is shown plain) for a language that is not known."""
    if not language or len(code) > 50_000:
        return ""
    from pygments import highlight  # type: ignore[import-untyped, unused-ignore]
    from pygments.formatters.html import HtmlFormatter  # type: ignore[import-untyped, unused-ignore]
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped, unused-ignore]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped, unused-ignore]

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True, classprefix="tok-")))


def _math(content: str, options: dict[str, Any]) -> str:
    return mathml(content.strip(), block=bool(options.get("display_mode")))


def _fence(_renderer: Any, tokens: Sequence[Token], number: int, *_rest: Any) -> str:
    token = tokens[number]
    language = token.info.strip().split(maxsplit=1)[0].lower() if token.info.strip() else ""
    inner = _highlight(token.content, language, "") or html.escape(token.content, quote=False)
    named = f' class="language-{html.escape(language)}"' if re.match(r"^[\w+#.-]+$", language) else ""
    return f'<pre class="ck-code"><code{named}>{inner}</code></pre>\n'


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "typographer": False, "maxNesting": 20})
    dollarmath_plugin(markdown, allow_labels=False, allow_space=False, allow_digits=False, renderer=_math)
    # Every address is parsed and then judged, token by token, so that a bad link keeps its words.
    markdown.validateLink = lambda url: bool(url)  # type: ignore[method-assign]
    markdown.add_render_rule("fence", _fence)
    markdown.add_render_rule("code_block", _fence)
    return markdown


_MARKDOWN = _markdown()
# without a closing bracket there is neither: looking for the end of each `![` takes its time
_WITHOUT_LINKS = _markdown().disable(["link", "image"])


def markdown_html(text: str, base: Path | None = None, root: Path | None = None) -> str:
    """``text`` as HTML. One paragraph alone comes without its ``<p>``, so that it fits into a label.

    Local images are read from ``base`` (at most 1 MB each, from inside ``root``, by default ``base`` itself) and become
    part of the text. An image that cannot be read is replaced by its alternative text. Never raises.
    """
    tokens = (_MARKDOWN if "]" in text else _WITHOUT_LINKS).parse(text)
    for token in tokens:
        if token.children:
            token.children = _judge(token.children, base, root)
    if len(tokens) == 3 and tokens[0].type == "paragraph_open" and tokens[0].level == 0:
        tokens = tokens[1:2]
    return _with_blanks(str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})).strip())


def unreadable_formulas(text: str) -> list[str]:
    """The formulas in ``text`` that would be shown as code."""
    if "$" not in text:
        return []
    tokens = (_MARKDOWN if "]" in text else _WITHOUT_LINKS).parse(text)
    every = [inner for token in tokens for inner in (token, *(token.children or ()))]
    formulas = [token.content.strip() for token in every if token.type.startswith("math_")]
    return [formula for formula in formulas if not is_readable(formula)]


def _with_blanks(page: str) -> str:
    """``page`` with an element for each blank of a cloze; never inside a tag, whose attributes hold authors' texts."""
    if "ckblank" not in page:
        return page
    parts = _TAG.split(page)
    parts[::2] = [_BLANK.sub(r'<span class="ck-blank" data-blank="\1"></span>', text) for text in parts[::2]]
    return "".join(parts)


def renderer(base: Path, root: Path) -> Callable[[str], str]:
    """:func:`markdown_html` for the texts of a notebook in ``base``; fits ``Item.map_texts``."""
    return partial(markdown_html, base=base, root=root)


def _judge(tokens: list[Token], base: Path | None, root: Path | None) -> list[Token]:
    """Links open pages in a tab of their own; other addresses are dropped and their words stay."""
    judged: list[Token] = []
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            kept.append(_LINK.match(str(token.attrGet("href") or "")) is not None)
            if kept[-1]:
                token.attrs = {"href": str(token.attrGet("href")), "target": "_blank", "rel": "noopener noreferrer"}
                judged.append(token)
        elif token.type == "link_close":
            if kept.pop():
                judged.append(token)
        elif token.type == "image":
            judged.append(_image(token, base, root))
        else:
            judged.append(token)
    return judged


def _image(token: Token, base: Path | None, root: Path | None) -> Token:
    source = str(token.attrGet("src") or "")
    if not _WEB.match(source) and not _DATA.match(source):
        embedded = None if base is None else embedded_image(base, source, root)
        if embedded is None:
            instead = Token("text", "", 0)
            instead.content = f"[{plain_text(token)}]"
            return instead
        source = embedded
    token.attrs = {"src": source, "alt": ""}
    return token


def plain_text(token: Token) -> str:
    """The words of an image's alternative text."""
    return "".join(child.content for child in token.children or [] if child.type in ("text", "code_inline"))


def local_file(base: Path, source: str, root: Path | None = None) -> Path | None:
    """The file that a relative address in ``base`` names, if it lies inside ``root`` (by default ``base`` itself)."""
    name = unquote(source.split("#")[0].split("?")[0])
    if not name or "\0" in name or re.match(r"^([a-zA-Z][a-zA-Z0-9+.-]*:|/)", name):
        return None
    try:
        path = (base / name).resolve()
        return path if path.is_relative_to((root or base).resolve()) else None
    except (OSError, ValueError):
        return None


def embedded_image(base: Path, source: str, root: Path | None = None) -> str | None:
    """A local image as a ``data:`` address; None if it is missing, too large, outside or no image."""
    path = local_file(base, source, root)
    kind = None if path is None else _IMAGE_TYPES.get(path.suffix.lower())
    if path is None or kind is None:
        return None
    try:
        if path.stat().st_size > MAX_IMAGE:
            return None
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    except OSError:
        return None
