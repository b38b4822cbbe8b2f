"""Quizzes in a text file: quiz cells below each other, each from its line with ``%%quiz`` to the next one."""

import re
from collections.abc import Iterator
from itertools import pairwise

_MAGIC = re.compile(r"^%%quiz(\s|$)")


def quiz_cells(text: str) -> Iterator[tuple[int, str]]:
    """Each quiz cell of a text with the line that it begins in, from 1. What stands above the first is left out."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    starts = [number for number, line in enumerate(lines) if _MAGIC.match(line)]
    for start, end in pairwise([*starts, len(lines)]):
        yield start + 1, "\n".join(lines[start:end]).rstrip("\n")
