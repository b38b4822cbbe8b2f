"""HTML as a row of tags and texts, in one pass and without going back: the standard library's parser needs minutes for
a hundred thousand brackets that never close."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]{0,40})")
_ATTRIBUTE = re.compile(r"""([A-Za-z_:][\w:.-]{0,60})(?:\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_MAX_TAG = 4_000
_RAW = ("script", "style")


@dataclass(frozen=True)
class Tag:
    """A start tag, or an end tag (``closes``). Names are in lower case, values without entities."""

    name: str
    closes: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def tokens(html: str) -> Iterator[Tag | str]:
    """The tags and the texts between them (entities resolved). Comments and declarations are left out."""
    position, text_from, length = 0, 0, len(html)
    lowered = html.lower() if any(f"<{name}" in html.lower() for name in _RAW) else html
    while (start := html.find("<", position)) >= 0:
        end = _end(html, start)
        if end is None:  # a bracket that is none
            position = start + 1
            if html.find(">", position) < 0:
                break
            continue
        if start > text_from:
            yield unescape(html[text_from:start])
        tag = _tag(html[start : min(end, start + _MAX_TAG)])
        if tag is not None:
            yield tag
            if tag.name in _RAW and not tag.closes:
                closing = lowered.find(f"</{tag.name}", end)
                end = length if closing < 0 else closing
        position = text_from = end
    if text_from < length:
        yield unescape(html[text_from:])


def _end(html: str, start: int) -> int | None:
    """Where what begins with the bracket at ``start`` ends; None if it is text."""
    if html.startswith("<!--", start):
        end = html.find("-->", start + 4)
        return len(html) if end < 0 else end + 3
    if not (html.startswith(("<!", "<?"), start) or _NAME.match(html, start)):
        return None
    end = html.find(">", start)
    for _ in range(20):  # a bracket inside a quoted value ends nothing
        inner = html[start:end] if 0 <= end < start + 20 * _MAX_TAG else ""
        if '"' not in inner and "'" not in inner:
            break
        bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", inner)
        further = html.find(">", end + 1) if '"' in bare or "'" in bare else -1
        if further < 0:
            break
        end = further
    return None if end < 0 else end + 1


def _tag(text: str) -> Tag | None:
    match = _NAME.match(text)
    if match is None:
        return None
    if text.startswith("</"):
        return Tag(match[1].lower(), closes=True)
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text, match.end()):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return Tag(match[1].lower(), attributes=found)
