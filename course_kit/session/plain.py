"""A quiz without its widget: question and choices as plain HTML and text, for exports, untrusted notebooks, print."""

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


def quiz_html(items: Sequence[Mapping[str, Any]], *, note: str = "") -> str:
    """Question and choices of public ``items`` (their texts are HTML already), without any control."""
    parts = [_item_html(item, number) for number, item in enumerate(items, start=1)]
    last = f"<p><em>{escape(note)}</em></p>" if note else ""
    return f'<section aria-label="Quiz">{"".join(parts)}{last}</section>'


def _item_html(item: Mapping[str, Any], number: int) -> str:
    if item.get("kind") == "true-false":
        choices: Sequence[str] = ("True", "False")
    else:
        choices = item.get("choices") or ()
    listed = "".join(f"<li>{choice}</li>" for choice in choices)
    below = f"<ul>{listed}</ul>" if listed else ""
    return f"<div><p><strong>Question {number}</strong></p>{item['prompt']}{below}</div>"


def quiz_text(items: Sequence[Mapping[str, Any]]) -> str:
    """The same as text."""
    lines: list[str] = []
    for number, item in enumerate(items, start=1):
        lines.append(f"Question {number}: {plain_text(item['prompt'])}")
        choices = ("True", "False") if item.get("kind") == "true-false" else item.get("choices") or ()
        lines.extend(f"  ( ) {plain_text(choice)}" for choice in choices)
    return "\n".join(lines)
