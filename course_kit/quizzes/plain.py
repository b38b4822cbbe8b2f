"""A quiz without its widget: questions and choices as plain HTML and text, for exports, untrusted notebooks, print.

Light on purpose: a learner's kernel shows quizzes through this module, and needs no Markdown parser for it.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from typing import Any

_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"</(?:p|div|li|pre|h[1-6]|tr|ul|ol|blockquote)>|<br\s*/?>", re.IGNORECASE)
_ANNOTATION = re.compile(r"<annotation\b.*?</annotation>", re.IGNORECASE | re.DOTALL)


def plain_text(html: str) -> str:
    """The words of rendered HTML."""
    words = unescape(_TAG.sub("", _BREAK.sub("\n", _ANNOTATION.sub("", html))))
    return "\n".join(line.rstrip() for line in words.strip().splitlines() if line.strip())


def quiz_html(items: Sequence[Mapping[str, Any]], *, note: str = "", pick: int | None = None) -> str:
    """Questions and choices of public ``items`` (their texts are HTML already), without any control or answer."""
    parts = [_item_html(item, number, len(items)) for number, item in enumerate(items, 1)]
    if pick is not None and pick < len(items):
        note = f"You will meet {pick} of these questions. {note}".strip()
    last = f'<p class="ck-note"><em>{escape(note)}</em></p>\n' if note else ""
    return f'<section class="ck-static-quiz" aria-label="Quiz">\n{"".join(parts)}{last}</section>'


def _item_html(item: Mapping[str, Any], number: int, count: int) -> str:
    label = f"<p><strong>Question {number} of {count}</strong></p>\n" if count > 1 else ""
    listed = "".join(f"<li>{choice}</li>\n" for choice in shown_choices(item))
    below = f"<ul>\n{listed}</ul>\n" if listed else ""
    return f"<div>\n{label}<div>{item['prompt']}</div>\n{below}</div>\n"


def quiz_text(items: Sequence[Mapping[str, Any]]) -> str:
    """The same as text."""
    lines: list[str] = []
    for number, item in enumerate(items, start=1):
        lines.append(f"Question {number}: {plain_text(item['prompt'])}")
        lines.extend(f"  ( ) {plain_text(choice)}" for choice in shown_choices(item))
    return "\n".join(lines)


def shown_choices(item: Mapping[str, Any]) -> Sequence[str]:
    """What a public item offers to choose from, as HTML."""
    return ("True", "False") if item["kind"] == "true-false" else item["form"].get("choices", ())
