"""A quiz without its widget: questions and choices as plain HTML and text, for exports, untrusted notebooks, print.

Light on purpose: a learner's kernel shows quizzes through this module, and needs no Markdown parser for it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"</(?:p|div|li|pre|h[1-6]|tr|ul|ol|blockquote)>|<br\s*/?>", re.IGNORECASE)
_BLANK = re.compile(r'<span class="ck-blank" data-blank="(\d{1,3})"></span>')
_FORMULA = re.compile(r'<math\b[^>]*?\balttext="([^"]*)"[^>]*>.*?</math>', re.DOTALL)


def plain_text(html: str) -> str:
    """The words of rendered HTML; a formula as it was written, since x² without its markup would read as x2."""
    words = unescape(_TAG.sub("", _BREAK.sub("\n", _FORMULA.sub(r"\1", html))))
    return "\n".join(line.rstrip() for line in words.strip().splitlines() if line.strip())


def quiz_html(
    items: Sequence[Mapping[str, Any]], *, note: str = "", pick: int | None = None, varied: bool = False
) -> str:
    """Questions and choices of public ``items`` (their texts are HTML already), without any control or answer.

    ``varied``: the learner may meet another variant of one than stands here, and is told so.
    """
    if varied:
        note = f"Where a question has variants, you will meet your own. {note}".strip()
    parts = [_item_html(item, number, len(items)) for number, item in enumerate(items, 1)]
    if pick is not None and pick < len(items):
        note = f"You will meet {pick} of these questions. {note}".strip()
    last = f'<p class="ck-note"><em>{escape(note)}</em></p>\n' if note else ""
    return f'<section class="ck-static-quiz" aria-label="Quiz">\n{"".join(parts)}{last}</section>'


def _item_html(item: Mapping[str, Any], number: int, count: int) -> str:
    label = f"<p><strong>Question {number} of {count}</strong></p>\n" if count > 1 else ""
    below = "".join(f"<p>{part.lead}</p>\n{part.html()}" if part.lead else part.html() for part in _parts(item))
    return f"<div>\n{label}<div>{_with_gaps(item['prompt'])}</div>\n{below}</div>\n"


def quiz_text(items: Sequence[Mapping[str, Any]]) -> str:
    """The same as text."""
    lines: list[str] = []
    for number, item in enumerate(items, start=1):
        lines.append(f"Question {number}: {plain_text(_with_gaps(item['prompt']))}")
        for part in _parts(item):
            lines += [f"  {plain_text(part.lead)}"] if part.lead else []
            lines += part.text()
    return "\n".join(lines)


def shown_choices(item: Mapping[str, Any]) -> Sequence[str]:
    """What a public item offers to choose from, as HTML, in the order in which this learner meets it."""
    if item["kind"] == "true-false":
        return ("True", "False")
    choices, order = item["form"].get("choices", ()), item.get("order")
    return [choices[number] for number in order] if order and len(order) == len(choices) else choices


@dataclass(frozen=True)
class _Part:
    """Something below a question: a sentence, and a list. Both are HTML. ``mark`` begins each entry in text."""

    lead: str = ""
    entries: Sequence[str] = ()
    tag: str = "<ul>"
    mark: Callable[[int], str] = lambda _number: "-"

    def html(self) -> str:
        listed = "".join(f"<li>{entry}</li>\n" for entry in self.entries)
        return f"{self.tag}\n{listed}</{self.tag[1:3]}>\n" if listed else ""

    def text(self) -> list[str]:
        return [f"  {self.mark(number)} {_indented(plain_text(entry))}" for number, entry in enumerate(self.entries)]


def _parts(item: Mapping[str, Any]) -> list[_Part]:
    """What each kind shows below its question: what is to be done, where that is not plain, and with what."""
    kind, form = item["kind"], item["form"]
    if kind == "ordering":
        return [_Part("Put these into the right order:", form.get("pieces", ()))]
    if kind == "parsons":
        some = "Build a program from some or all of these lines, in the right order"
        indented = " and with the right indentation" if form.get("indent") else ""
        return [_Part(f"{some}{indented}:", form.get("pieces", ()), mark=lambda _number: "|")]
    if kind == "matching":
        lead = "Find the partner of each of these:"
        left = _Part(lead, form.get("left", ()), "<ol>", lambda number: f"{number + 1}.")
        right = _Part("among these:", form.get("right", ()), '<ol type="A">', lambda number: f"{_letter(number)}.")
        return [left, right]
    if kind == "cloze":
        return [
            _Part(f"({number}) is one of:", [escape(choice) for choice in blank.get("choices")])
            for number, blank in enumerate(form.get("blanks", ()), start=1)
            if blank.get("choices")
        ]
    told = _told(kind, form)
    if told:
        return [_Part(told)]
    several = kind == "several-choices"
    return [_Part("", shown_choices(item), mark=lambda _number: "[ ]" if several else "( )")]


def _told(kind: str, form: Mapping[str, Any]) -> str:
    """A sentence for kinds that are answered by writing, as HTML."""
    names = ", ".join(f"<code>{escape(name)}</code>" for name in form.get("names") or ())
    if kind == "code-check":
        return f"What your code made is checked: {names}." if names else "What your code made is checked."
    if kind == "expression":
        return f"Write an expression in {names}." if names else "Write an expression."
    if kind == "number" and form.get("unit"):
        units = [escape(unit) for unit in form.get("units") or ()]
        return "Give the number with its unit" + (f" ({', '.join(units)})." if units else ".")
    if kind == "essay":
        least, most = form.get("words") or (None, None)
        bounds = {
            (True, True): f"{least} to {most}",
            (True, False): f"at least {least}",
            (False, True): f"at most {most}",
        }
        found = bounds.get((bool(least), bool(most)))
        return f"Write {found} words." if found else "Write your answer in your own words."
    return ""


def _with_gaps(prompt: str) -> str:
    """The blanks of a cloze as numbered gaps."""
    return _BLANK.sub(lambda match: f'<span class="ck-blank">_____\u00a0({int(match[1]) + 1})</span>', prompt)


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"{chr(ord('A') + number // 26 - 1)}{chr(ord('A') + number % 26)}"


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")
