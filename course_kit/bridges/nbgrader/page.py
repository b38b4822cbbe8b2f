"""A feedback page that asks nothing of the network and runs nothing, from the HTML that nbconvert makes."""

import html
import re
from html.parser import HTMLParser

from course_kit.model.formulas import mathml

DROPPED = {"script", "iframe", "object", "embed", "applet", "form"}
DROPPED_VOID = {"link", "base"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5"}
_FORMULA = re.compile(
    r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|(?<![\\$\w])\$(?=\S)([^$\n]+?)(?<=\S)\$(?![\w$])|\\\((.+?)\\\)", re.S
)
_REMOTE_STYLE = re.compile(r"@import[^;]*;|url\(\s*['\"]?(?!data:)[^)]*\)", re.I)
_FAINT = ("rgb(95,135,135)", "rgb(60,100,100)")
"""IPython's colour for comments in tracebacks, and one with enough contrast."""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"
_STYLE = """
:root { color-scheme: light dark; }
body { line-height: 1.5; }
.container { max-width: 60rem; width: auto; }
div.nbgrader_cell .panel-heading { height: auto; min-height: 37px; }
div.nbgrader_cell .panel-heading, div.nbgrader_cell .panel-heading a { color: #fff; background: #1f5582; }
a { color: #1f5582; text-decoration: underline; }
a:focus-visible { outline: 3px solid #b35c00; outline-offset: 2px; }
img, svg { max-width: 100%; height: auto; }
.output_area pre, .highlight pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #fff; color: #111; }
.anchor-link { display: none; }
code, kbd { color: #a31845; background: #f9f2f4; }
@media (prefers-color-scheme: dark) {
  body, .panel, .panel-body, .panel-footer, .panel-default > .panel-heading, #notebook, #notebook-container,
  div.cell, div.output_area, .rendered_html table, .rendered_html tr { background: #1b1c1e !important; color: #e9e9ea !important; }
  .panel-default > .panel-heading h1, .score, .rendered_html { color: #e9e9ea; }
  .rendered_html th, .rendered_html td { color: #e9e9ea !important; }
  a { color: #8cc4f5; }
  .highlight, div.input_area { background: #fff !important; color: #111; }
  .output_area img { background: #fff; }
}
"""  # noqa: E501


def finish_page(page: str, *, title: str, language: str) -> str:
    """The page with its language, title and one first heading; formulas as MathML; no script and nothing remote."""
    rewriter = _Rewriter(title, language)
    rewriter.feed(page)
    rewriter.close()
    return rewriter.result()


class _Rewriter(HTMLParser):
    def __init__(self, title: str, language: str) -> None:
        super().__init__(convert_charrefs=False)
        self._title, self._language = title, language
        self._out: list[str] = []
        self._text: list[str] = []
        self._inside: str | None = None
        self._depth = 0
        self._verbatim = 0
        self._titled = False
        self._landmark = False

    def result(self) -> str:
        self._flush()
        return "".join(self._out)

    def handle_decl(self, decl: str) -> None:
        self._emit(f"<!{decl}>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside is not None:
            self._depth += tag == self._inside
            return
        if tag in DROPPED or tag == "title":
            self._inside, self._depth = tag, 1
            return
        if tag in DROPPED_VOID or (tag == "meta" and any(name == "http-equiv" for name, _ in attrs)):
            return
        self._flush()  # what came before the tag, as what surrounds it
        self._verbatim += tag in {"pre", "code", "style", "textarea"}
        self._emit(self._start(tag, attrs))
        if tag == "head":
            self._emit(self._head())

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside is None and tag not in DROPPED | DROPPED_VOID:
            self._emit(self._start(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if self._inside is not None:
            self._depth -= tag == self._inside
            if self._depth == 0:
                self._inside = None
            return
        if tag in DROPPED | DROPPED_VOID:
            return
        self._flush()
        self._verbatim = max(0, self._verbatim - (tag in {"pre", "code", "style", "textarea"}))
        name = self._heading(tag)
        if tag == "h4" and not self._titled:
            self._titled = True
        if tag == "head":
            self._emit(f"<style>{_STYLE}</style>")  # after nbconvert's own, so that it counts
        self._emit(f"</{name}>")

    def handle_data(self, data: str) -> None:
        if self._inside is None:
            self._text.append(_REMOTE_STYLE.sub("none", data) if self.cdata_elem == "style" else data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def _emit(self, markup: str) -> None:
        self._flush()
        self._out.append(markup)

    def _flush(self) -> None:
        text, self._text = "".join(self._text), []
        self._out.append(text if self._verbatim else _FORMULA.sub(_mathml, text).replace("Student's", "Your"))

    def _head(self) -> str:
        return (
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self._title)}</title>"
        )

    def _heading(self, tag: str) -> str:
        """The page's own title is an h4 in nbgrader's template; the notebook's headings come below it.

        nbconvert's ``main`` is within the container that holds the whole page.
        """
        if tag == "main":
            return "div"
        if tag == "h4" and not self._titled:
            return "h1"
        return f"h{int(tag[1]) + 1}" if tag in _HEADINGS else tag

    def _start(self, tag: str, attrs: list[tuple[str, str | None]]) -> str:
        kept = {name: value for name, value in attrs if not is_unsafe(tag, name, value or "")}
        if tag == "html":
            kept["lang"] = self._language
        if tag == "img" and not kept.get("alt"):
            kept["alt"] = "Figure without a description"
        if tag == "div" and not self._landmark and "container" in (kept.get("class") or "").split():
            self._landmark = True
            kept["role"] = "main"
        if "style" in kept:
            plain = _REMOTE_STYLE.sub("none", kept["style"] or "")
            kept["style"] = plain.replace(*_FAINT)
        name = self._heading(tag)
        written = "".join(
            f" {key}" if value is None else f' {key}="{html.escape(value, quote=True)}"' for key, value in kept.items()
        )
        return f"<{name}{written}>"


def is_unsafe(tag: str, name: str, value: str) -> bool:
    plain = re.sub(r"[\s\x00-\x1f]+", "", value).casefold()
    if name.startswith("on") or name in {"srcdoc", "srcset", "formaction", "ping", "background", "poster"}:
        return True
    if name in {"src", "data", "xlink:href"} or (name == "href" and tag != "a"):
        return not plain.startswith(("data:image/", "#"))
    return name == "href" and not plain.startswith(("#", "http:", "https:", "mailto:"))


def _mathml(match: re.Match[str]) -> str:
    block = match[1] or match[2]
    made = mathml(html.unescape(block or match[3] or match[4]), block=bool(block))
    # a formula that cannot be read stays as it was typed
    return made if made.startswith("<math") else match[0]
