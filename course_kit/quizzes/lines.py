"""Which lines of a quiz are text and which may hold an answer, as Markdown's own grammar sees it."""

import re
from enum import Enum

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin


class LineKind(Enum):
    """``OPEN``: may be an answer or an option. ``TEXT``: never is (code, formulas, tables, quotations).
    ``ENTRY``: begins an entry of a plain list, and is text unless the question asks for a list. ``CHOICE``: begins an
    entry of a list of choices; ``INSIDE``: goes on with it. ``BLOCK``: opens a fenced block that is an answer;
    ``FENCED``: goes on with it, its end included. ``CODE``: any other
    fenced block. ``FORMULA``: between ``$$``. ``RULE``: ``---``."""

    OPEN = "open"
    TEXT = "text"
    CODE = "code"
    FORMULA = "formula"
    ENTRY = "entry"
    BLOCK = "block"
    FENCED = "fenced"
    CHOICE = "choice"
    INSIDE = "inside"
    RULE = "rule"


FORMULA = re.compile(r"\$\$.*?\$\$|(?<!\\)\$(?=[^\s$])[^$]*?(?<=[^\s\\])\$(?!\d)")
"""A formula within a line."""
_BOX = re.compile(r"^\s{0,3}[-*+]\s+\[.?\](\s|$)")
_ENTRY = re.compile(r"^\s{0,3}([-*+]|\d{1,9}[.)])(\s|$)")
_BULLET = re.compile(r"^\s{0,3}[-*+]")
BLOCKS = ("parsons", "check")
"""The words behind a fence that make it an answer."""
_RULE = re.compile(r"^\s{0,3}-{3,}\s*$")
# A line of dashes below a question separates items (it is no heading), and `%%` cells hold no raw HTML.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["lheading", "html_block", "reference"])
dollarmath_plugin(_MARKDOWN, allow_labels=False)
_MARKDOWN.core.ruler.enableOnly(["normalize", "block"])


def classify(lines: list[str]) -> list[LineKind]:
    """The kind of each line. Never raises."""
    kinds = [LineKind.OPEN] * len(lines)
    tokens = _MARKDOWN.parse("\n".join(lines))
    for token in tokens:
        if token.level > 0 or token.map is None:
            continue
        first, last = token.map[0], min(token.map[1], len(lines))
        if token.type == "hr":
            kinds[first] = LineKind.RULE if _RULE.match(lines[first]) else LineKind.TEXT
        elif token.type == "fence":
            block = token.info.split(maxsplit=1)[:1]
            is_answer = bool(block) and block[0] in BLOCKS
            kinds[first:last] = [LineKind.FENCED if is_answer else LineKind.CODE] * (last - first)
            if is_answer:
                kinds[first] = LineKind.BLOCK
        elif token.type == "math_block":
            kinds[first:last] = [LineKind.FORMULA] * (last - first)
        elif token.type in ("code_block", "table_open", "heading_open"):
            kinds[first:last] = [LineKind.TEXT] * (last - first)
        elif token.type in ("blockquote_open", "bullet_list_open", "ordered_list_open"):
            _mark(kinds, lines, first, last, quoted=token.type == "blockquote_open")
    for first, last, starts in _lists(tokens):
        boxes = _BULLET.match(lines[first]) and any(_BOX.match(lines[start]) for start in starts)
        for number in range(first, min(last, len(lines))):
            if kinds[number] is not LineKind.TEXT:
                continue
            if boxes:
                kinds[number] = LineKind.CHOICE if number in starts else LineKind.INSIDE
            elif number in starts:
                kinds[number] = LineKind.ENTRY
    return kinds


def _mark(kinds: list[LineKind], lines: list[str], first: int, last: int, *, quoted: bool) -> None:
    """A container's lines are text, but for those that only lean on it: not indented, quoted or begun with a mark."""
    for number in range(first, last):
        line = lines[number]
        if quoted:
            belongs = line.lstrip().startswith(">")
        else:
            belongs = line[:1] in (" ", "\t", "") or _ENTRY.match(line) is not None
        if belongs:
            kinds[number] = LineKind.TEXT


def _lists(tokens: list[Token]) -> list[tuple[int, int, set[int]]]:
    """The lists on the outermost level: first line, end, and the lines in which their entries begin."""
    found: list[tuple[int, int, set[int]]] = []
    inside = False
    for token in tokens:
        if token.level == 0:
            inside = token.type in ("bullet_list_open", "ordered_list_open")
            if inside and token.map is not None:
                found.append((token.map[0], token.map[1], set()))
        elif inside and token.level == 1 and token.type == "list_item_open" and token.map is not None:
            found[-1][2].add(token.map[0])
    return found
