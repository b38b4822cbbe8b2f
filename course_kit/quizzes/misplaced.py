"""Quizzes that are none: text that was meant as a quiz cell, stands where nothing seals it, and shows its answers."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from course_kit.quizzes.parse import is_quiz

_HINT = "Cut it and paste it into a code cell of its own, with nothing above `%%quiz`."
_NOT_ONE = "If it is no quiz, begin the line with a word: `Write %%quiz …`."
# whatever marks a comment, a quotation or a list may stand before it; a quiz that was commented out ships as well
_MAGIC = re.compile(r"^[^\w%]*%%[ \t]*(?P<name>[^\W\d]\w*)")
_LINE_MAGIC = re.compile(r"^[^\w%]*%(?P<name>[^\W\d]\w*)")


@dataclass(frozen=True)
class Misplaced:
    """``line`` counts from 1, within the cell."""

    line: int
    message: str
    hint: str


def misplaced_quiz(kind: str, source: str) -> Misplaced | None:
    """What in a cell of ``kind`` (code, markdown, raw) looks like a quiz and would go out with its answers, or None.

    A line that begins with ``%%quiz`` anywhere but at the head of a code cell, or with a magic that differs from it by
    a slip. Never raises.
    """
    if kind == "code" and is_quiz(source):
        return None
    lines = source.splitlines()
    first = next((number for number, line in enumerate(lines, 1) if line.strip()), 0)
    for number, line in enumerate(lines, 1):
        match = _MAGIC.match(line) or (_LINE_MAGIC.match(line) if number == first else None)
        if match is None or not _is_meant(match["name"]):
            continue
        written = f"%{match['name']}" if "%%" not in line else line[line.index("%%") : match.end()]
        if written == "%%quiz":
            message = "This quiz would go out with its answers: `%%quiz` must be the first line of a code cell"
            return Misplaced(number, message, f"{_HINT} {_NOT_ONE}")
        message = f"This quiz would go out with its answers: `{written}` is not `%%quiz`"
        return Misplaced(number, message, f"Did you mean `%%quiz`? {_NOT_ONE}")
    return None


def _is_meant(name: str) -> bool:
    return bool(get_close_matches(name.casefold(), ["quiz", "quizzes"], n=1, cutoff=0.75))
