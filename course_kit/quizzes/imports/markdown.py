"""HTML and plain text from elsewhere as Markdown: words, formulas, code, lists, tables, links and images; nothing else.

HTML is read tolerantly: scripts and styles are dropped, whatever is not known gives its words. Never raises; the depth
is bounded, and the time grows with the length.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape

from course_kit.quizzes.imports.questions import MAX_FIELD
from course_kit.quizzes.imports.tags import Tag, tokens

Image = Callable[[str, str], str]
"""``image(source, alternative) -> Markdown``: what stands for an image; empty if it cannot be had."""
Lost = Callable[[str], None]

_MAX_DEPTH = 60
_OPENING = re.compile(r"\\\(|\\\[|\$\$|\$")
_CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}
_SPECIAL = re.compile(r"[\\*\[\]<`$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|~~|&(?=#?\w{1,40};)")
_LINE_START = re.compile(r"^(\s{0,3})([#>+=-]|\d{1,9}(?=[.)]))", re.MULTILINE)
_DATA = re.compile(r"data:image/[a-z.+-]{1,20};base64,[A-Za-z0-9+/=]+")
_ENTITY = {"`": "&#96;", "&": "&amp;"}
_SUPERSCRIPT = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_BLOCKS = frozenset((
    "p", "div", "section", "article", "header", "footer", "figure", "figcaption", "center", "dl", "dt", "dd",
    "address", "blockquote", "ul", "ol", "pre", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
))  # fmt: skip
_DROPPED = frozenset(("script", "style", "head", "title", "template", "noscript"))
_LOST = {"audio": "a sound", "video": "a film", "iframe": "an embedded page", "object": "an embedded object",
         "embed": "an embedded object", "canvas": "a drawing", "svg": "a drawing", "input": "a form field",
         "select": "a form field", "textarea": "a form field", "button": "a button"}  # fmt: skip
_VOID = frozenset(
    ("br", "hr", "img", "input", "embed", "source", "wbr", "col", "meta", "link", "track", "area", "base")
)


def escape(text: str) -> str:
    """Plain text so that Markdown shows it as it is."""
    marked = _SPECIAL.sub(lambda match: _ENTITY.get(match[0]) or "\\" + match[0], text)
    return _LINE_START.sub(lambda match: _at_start(match[1], match[2]), marked)


def _at_start(indent: str, mark: str) -> str:
    return f"{indent}{mark}\\" if mark.isdigit() else f"{indent}\\{mark}"


def _inline(text: str, *, dollars: bool) -> str:
    """A text without tags: formulas kept as such, everything else escaped (but for the starts of lines)."""
    parts, end, position = [], 0, 0
    unclosed: set[str] = set()
    while match := _OPENING.search(text, position):
        mark, position = match[0], match.end()
        if mark in unclosed or (mark == "$" and not dollars):
            continue
        closing = text.find(_CLOSING[mark], position)
        if closing < 0:
            unclosed.add(mark)
            continue
        inner, after = text[position:closing], closing + len(_CLOSING[mark])
        formula = " ".join(inner.split())
        if not formula or (mark == "$" and (inner != formula or text[after : after + 1].isdigit())):
            continue
        parts += [_escape_words(text[end : match.start()]), f"${formula}$"]
        end = position = after
    return "".join((*parts, _escape_words(text[end:])))


def _escape_words(text: str) -> str:
    return _SPECIAL.sub(lambda match: _ENTITY.get(match[0]) or "\\" + match[0], text)


def plain_markdown(text: str) -> str:
    """Plain text with its line ends kept."""
    lines = escape(text[:MAX_FIELD].replace("\r\n", "\n").replace("\r", "\n")).strip("\n").split("\n")
    return "  \n".join(line.strip() for line in lines).replace("  \n  \n", "\n\n").strip()


def html_markdown(
    html: str,
    *,
    image: Image = lambda source, alternative: "",
    lost: Lost = lambda what: None,
    breaks: bool = False,
    dollars: bool = False,
) -> str:
    """HTML as Markdown. ``breaks``: line ends in the text count; ``dollars``: ``$x$`` is a formula."""
    embedded: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        embedded.append(match[0])
        return f"data:{len(embedded) - 1}"

    def image_of(source: str, alternative: str) -> str:
        match = re.fullmatch(r"data:(\d{1,9})", source)
        known = match is not None and int(match[1]) < len(embedded)
        return image(embedded[int(match[1])] if match and known else source, alternative)

    html = _DATA.sub(put_aside, html)
    if len(html) > MAX_FIELD:
        lost(f"a text longer than {MAX_FIELD:,} letters was cut")
        html = html[:MAX_FIELD]
    reader = _Reader(image_of, lost, breaks=breaks, dollars=dollars)
    for token in tokens(html.replace("\r\n", "\n").replace("\r", "\n")):
        if isinstance(token, str):
            reader.take_text(token)
        elif token.closes:
            reader.take_end(token.name)
        else:
            reader.take_start(token)
    return reader.result()


def plain_words(html: str) -> str:
    """The words of HTML, on one line; for names."""
    return " ".join(unescape(re.sub(r"<[^<>]{0,2000}>", " ", html[:MAX_FIELD])).split())


@dataclass
class _Frame:
    tag: str
    parts: list[str] = field(default_factory=list)
    entry: int = 0
    attributes: dict[str, str] = field(default_factory=dict)


class _Reader:
    def __init__(self, image: Image, lost: Lost, *, breaks: bool, dollars: bool) -> None:
        self.image, self.lost, self.breaks, self.dollars = image, lost, breaks, dollars
        self.frames = [_Frame("")]
        self.dropped = 0

    # ------------------------------------------------------------ what is found

    def take_start(self, found: Tag) -> None:
        tag, attributes = found.name, found.attributes
        if tag in _LOST:
            self.lost(f"{_LOST[tag]} (`<{tag}>`) was left out")
        if tag in _DROPPED or tag in ("svg", "object", "iframe"):
            self.dropped += 1
        elif tag == "br":
            self.put("\n" if self.raw else "  \n")
        elif tag == "hr":
            self.put("\n\n***\n\n")
        elif tag == "img" and not self.dropped:
            self.put(self.image(attributes.get("src", "").strip(), " ".join(attributes.get("alt", "").split())))
        elif tag not in _VOID:
            if tag in ("li", "tr", "td", "th", "p"):
                self._close_open(tag)
            if tag == "code" and self.frames[-1].tag == "pre":
                self.frames[-1].attributes = {**attributes, **self.frames[-1].attributes}
            if len(self.frames) < _MAX_DEPTH:
                self.frames.append(_Frame(tag, attributes=attributes))

    def take_end(self, tag: str) -> None:
        if tag in _DROPPED or tag in ("svg", "object", "iframe"):
            self.dropped = max(0, self.dropped - 1)
        elif any(frame.tag == tag for frame in self.frames[1:]):
            while self.frames[-1].tag != tag:
                self._fold()
            self._fold()

    def take_text(self, data: str) -> None:
        if self.dropped:
            return
        if self.raw:
            self.put(data)
            return
        if not data.strip() and "\xa0" not in data:
            self.put(" ")
            return
        paragraphs = re.split(r"\n[ \t]*\n\s*", data) if self.breaks else [data]
        lines = [part.split("\n") if self.breaks else [part] for part in paragraphs]
        self.put("\n\n".join("  \n".join(self._line(line, first=not n) for n, line in enumerate(p)) for p in lines))

    def _line(self, text: str, *, first: bool) -> str:
        words = re.sub(r"\s+", " ", text)
        frame = self.frames[-1]
        before = next((part for part in reversed(frame.parts) if part != " "), "\n")
        starts = not first or (before.endswith("\n") and frame.tag not in ("b", "strong", "i", "em", "a", "td", "th"))
        written = _inline(words.lstrip() if starts else words, dollars=self.dollars)
        return _LINE_START.sub(lambda match: _at_start(match[1], match[2]), written) if starts else written

    # ------------------------------------------------------------ frames

    @property
    def raw(self) -> bool:
        return any(frame.tag in ("pre", "code") for frame in self.frames)

    def put(self, text: str) -> None:
        parts = self.frames[-1].parts
        if text.startswith(" ") and parts and parts[-1].endswith(" ") and not self.raw:
            text = text[1:]
        if text and not self.dropped:
            parts.append(text)

    def _close_open(self, tag: str) -> None:
        """An entry, a cell or a paragraph ends where the next one begins."""
        around = {"li": ("ul", "ol"), "tr": ("table",), "td": ("tr",), "th": ("tr",), "p": ()}[tag]
        siblings = ("td", "th") if tag in ("td", "th") else (tag,)
        for depth in range(len(self.frames) - 1, 0, -1):
            if self.frames[depth].tag in siblings:
                while len(self.frames) > depth:
                    self._fold()
                return
            if self.frames[depth].tag in around or (tag == "p" and self.frames[depth].tag in _BLOCKS | {"li", "td"}):
                return

    def _fold(self) -> None:
        frame = self.frames.pop()
        self.frames[-1].parts.append(self._written(frame))

    def _written(self, frame: _Frame) -> str:
        inner = "".join(frame.parts)
        tag = frame.tag
        if tag == "pre":
            return _fenced(inner, frame.attributes)
        if tag == "code":
            return inner if any(one.tag == "pre" for one in self.frames) else _code(inner)
        if self.raw:
            return inner
        if tag in ("strong", "b", "em", "i"):
            return _wrapped(inner, "**" if tag in ("strong", "b") else "*")
        if tag in ("sup", "sub"):
            return _raised(inner, tag)
        if tag == "a":
            return _link(inner, frame.attributes.get("href", ""))
        if tag in ("ul", "ol"):
            return "\n\n" + inner.strip("\n") + "\n\n"
        if tag == "li":
            return self._entry(inner)
        if tag in ("td", "th"):
            return "\x01" + " ".join(_tidy(inner).split()).replace("|", "\\|")
        if tag == "tr":
            return "\x02" + inner.strip()
        if tag == "table":
            return _table(inner)
        if tag == "blockquote":
            return "\n\n" + "\n".join(f"> {line}".rstrip() for line in _tidy(inner).split("\n")) + "\n\n"
        if tag[:1] == "h" and tag[1:].isdigit():
            return "\n\n" + _wrapped(_tidy(inner).replace("\n", " "), "**") + "\n\n"
        return f"\n\n{inner}\n\n" if tag in _BLOCKS else inner

    def _entry(self, inner: str) -> str:
        around = next((frame for frame in reversed(self.frames) if frame.tag in ("ul", "ol")), None)
        mark = "- "
        if around is not None and around.tag == "ol":
            around.entry += 1
            mark = f"{around.entry}. "
        lines = _tidy(inner).split("\n")
        return mark + ("\n" + " " * len(mark)).join(lines) + "\n"

    def result(self) -> str:
        while len(self.frames) > 1:
            self._fold()
        return _tidy("".join(self.frames[0].parts))


def _tidy(text: str) -> str:
    """Blank lines between blocks, none around; marks at the start of a line that mean nothing are escaped."""
    lines, fence = [], ""
    for line in text.replace("\x01", " ").replace("\x02", "\n").split("\n"):
        mark = re.match(r"\s*(`{3,})", line)
        if mark and (not fence or line.strip() == fence):
            fence = "" if fence else mark[1]
        lines.append(line if fence or mark else _tidy_line(line))
    return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", "\n".join(lines)).strip("\n").strip()


def _tidy_line(line: str) -> str:
    bare = line.rstrip()
    return bare + "  " if bare and line.endswith("  ") else bare


def _wrapped(inner: str, mark: str) -> str:
    """``inner`` between marks, which must touch the words."""
    words = inner.strip()
    if not words or "\n\n" in words:
        return inner
    before = inner[: len(inner) - len(inner.lstrip())]
    return f"{before}{mark}{words}{mark}{inner[len(inner.rstrip()) :]}"


def _raised(inner: str, tag: str) -> str:
    table = _SUPERSCRIPT if tag == "sup" else _SUBSCRIPT
    if inner and all(ord(letter) in table for letter in inner):
        return inner.translate(table)
    mark = "^" if tag == "sup" else "_"
    words = inner.strip()
    return f"${mark}{{\\text{{{words}}}}}$" if re.fullmatch(r"[A-Za-z0-9 .,+-]{1,60}", words) else f"{inner}"


def _link(inner: str, address: str) -> str:
    address = address.strip()
    if not inner.strip() or not re.match(r"^(https?://|mailto:)[^\s<>()\\]+$", address, re.IGNORECASE):
        return inner
    return f"[{inner.strip()}]({address})"


def _code(text: str) -> str:
    inner = " ".join(text.split("\n"))
    if not inner.strip():
        return inner
    longest = max((len(run) for run in re.findall(r"`+", inner)), default=0)
    marks = "`" * (longest + 1)
    space = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{marks}{space}{inner}{space}{marks}"


def _fenced(text: str, attributes: dict[str, str]) -> str:
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    marks = "`" * (longest + 1)
    found = re.search(r"(?:language|lang|brush)[-:]\s*([A-Za-z0-9+#]+)", attributes.get("class", ""))
    language = found[1].lower() if found else ""
    code = text.strip("\n")
    return f"\n\n{marks}{language}\n{code}\n{marks}\n\n" if code.strip() else ""


def _table(inner: str) -> str:
    """A table of the rows that were marked; rows of one cell each are paragraphs."""
    rows = [[cell.strip() for cell in row.split("\x01")[1:]] for row in inner.split("\x02")[1:]]
    rows = [row for row in rows if row]
    width = max((len(row) for row in rows), default=0)
    if width < 2:
        return "\n\n" + "\n\n".join(row[0] for row in rows) + "\n\n"
    full = [row + [""] * (width - len(row)) for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in full]
    return "\n\n" + "\n".join((lines[0], "|" + " --- |" * width, *lines[1:])) + "\n\n"
