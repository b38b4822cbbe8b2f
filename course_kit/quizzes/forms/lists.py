"""Lists at the end of a question's text, where they are what is asked for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from course_kit.model.kinds import normalise
from course_kit.quizzes.draft import Draft, Line, PromptLine
from course_kit.quizzes.lines import LineKind
from course_kit.quizzes.splitting import dedent

_MARK = re.compile(r"^\s{0,3}(?:(?P<bullet>[-*+])|(?P<number>\d{1,9})[.)])(?:\s+(?P<text>.*))?$")
ARROW = " => "


@dataclass
class Entry(Line):
    """An entry of a list. ``mark``: its number, or None for a bullet."""

    mark: int | None = None


def last_list(prompt: Sequence[PromptLine]) -> int | None:
    """Where in the text its last list begins; None if the text does not end in a list."""
    start, bullet = None, None
    for at in range(len(prompt) - 1, -1, -1):
        line = prompt[at]
        match = _MARK.match(line.text) if line.kind is LineKind.ENTRY else None
        if match is not None and (bullet is None or bool(match["bullet"]) is bullet):
            start, bullet = at, bool(match["bullet"])
        elif line.text.strip() and (line.kind in (LineKind.OPEN, LineKind.ENTRY) or line.text[0] not in " \t"):
            break
    return start


def entries(prompt: Sequence[PromptLine]) -> list[Entry]:
    """The entries of a list whose lines these are, each with the lines that go on with it."""
    found: list[Entry] = []
    gap = False
    for line in prompt:
        match = _MARK.match(line.text) if line.kind is LineKind.ENTRY else None
        if match is not None:
            mark = None if match["number"] is None else int(match["number"])
            found.append(Entry((match["text"] or "").strip(), line.number, mark=mark))
        elif found and line.text.strip():
            found[-1].text += ("\n\n" if gap else "\n") + dedent(line.text, found[-1])
        gap = not line.text.strip()
    return found


def arrow_place(text: str) -> int:
    """Where `` => `` stands in ``text``, not inside backticks; -1 if it does not."""
    position = text.find(ARROW)
    while position >= 0:
        if text.count("`", 0, position) % 2 == 0 or "`" not in text[position:]:
            return position
        position = text.find(ARROW, position + 1)
    return -1


def ends_in_pairs(draft: Draft) -> bool:
    """Whether nothing stands below the text, which ends in a list with an arrow in every entry."""
    if draft.answered or draft.mistakes_only or (start := last_list(draft.prompt)) is None:
        return False
    return all(arrow_place(f" {entry.text}") >= 0 for entry in entries(draft.prompt[start:]))


def as_told_apart(text: str) -> str:
    """An entry as two of them are compared: as words are, but where code stands in it (`39.1` is not `"39.1"`)."""
    plain = " ".join(text.split())
    return plain if "`" in plain else normalise(plain) or plain
