"""Regular expressions for short text, and the time that one may take.

They are matched by the ``regex`` library, since Python's own ``re`` cannot be stopped: it takes a limit for each match,
in any thread, and lets other threads run meanwhile. A match that is stopped says so (:class:`TimeoutError`) and never
passes for one that failed, so that a slow computer can delay a score and not change it. The library is imported when
the first pattern is read: most quizzes have none.
"""

import re
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator

MAX_PATTERN = 500
MAX_MATCHED = 500
"""How long a text may be that is held against a pattern."""
MAX_PARTS = 2000
"""Of how many parts a pattern may be, counted as often as they are to be repeated: all are made when it is read."""
SECONDS = 0.25
"""Of processor time."""
_NOTATION = re.compile(r"/(.+)/(i?)", re.DOTALL)


def _check(text: str) -> str:
    compiled(text)
    return text


PatternText = Annotated[str, AfterValidator(_check)]
"""Between slashes, as ``/media?n/``; ``i`` behind the second one where case does not matter."""


@lru_cache(maxsize=1024)
def compiled(text: str) -> Any:
    """The pattern that ``text`` writes. Raises :class:`ValueError`, in an author's words, for one that is none."""
    import regex

    notation = _NOTATION.fullmatch(text)
    if notation is None:
        raise ValueError(f"{text!r} is not a pattern: write it between slashes, /media?n/")
    if len(text) > MAX_PATTERN:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN} letters")
    if _parts(notation[1]) > MAX_PARTS:
        raise ValueError(f"the pattern {text} repeats something too often")
    try:
        return regex.compile(notation[1], regex.V0 | (regex.IGNORECASE if notation[2] else 0))
    except (regex.error, OverflowError, RecursionError, MemoryError) as error:
        raise ValueError(f"the pattern {text} cannot be read: {error}") from error


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of ``text`` fits. Raises :class:`TimeoutError` where that takes too long."""
    return len(text) <= MAX_MATCHED and compiled(pattern).fullmatch(text, timeout=SECONDS) is not None


# ------------------------------------------------------------ what it is made of

_PIECE = re.compile(
    r"""(?P<group>\((?:\?:|\?P?<[A-Za-z_]\w*>)?)|(?P<close>\))|(?P<or>\|)
    |\[(?P<class>\^?\]?(?:\\.|[^\]\\])*)\]|\\(?P<escape>.)|(?P<dot>\.)|(?P<anchor>[\^$])|(?P<odd>[*+?{}])|(?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)
_TIMES = re.compile(r"(?:[?*+]|\{(?P<least>\d{0,3})(?:,\d*)?\})[?+]?")
_COUNT = re.compile(r"\{(\d*)(?:,(\d*))?\}")


def _parts(pattern: str) -> int:
    totals, position = [0], 0
    while position < len(pattern):
        match = _PIECE.match(pattern, position)
        position = match.end() if match else position + 1
        if match and match["group"] is not None:
            totals.append(0)
            continue
        part = 1 + (totals.pop() if match and match["close"] is not None and len(totals) > 1 else 0)
        while count := _COUNT.match(pattern, position):
            position = count.end()
            part *= max(1, *(int(times[:6] or 0) for times in count.groups(default="")))
        totals[-1] += part
    return sum(totals)


# ------------------------------------------------------------ examples

_ESCAPES = {"d": "0", "w": "a", "s": " ", "S": "a", "D": "a", "W": "-", "b": "", "t": "\t", "n": "\n"}


@lru_cache(maxsize=1024)
def example(pattern: str) -> str | None:
    """A short text that fits the pattern; None if none is found, since the pattern is not a simple one."""
    compiled(pattern)
    notation = _NOTATION.fullmatch(pattern)
    try:
        text = _Example(notation[1] if notation else "").text
        return text if len(text) <= MAX_MATCHED and text.strip() and matches(pattern, text) else None
    except (ValueError, TimeoutError):
        return None


class _Example:
    """The first branch of each alternative, with every piece once, or as often as it has to stand.

    ``text`` is it. Raises :class:`ValueError` on what it does not know; whatever it makes is tried on the pattern.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern, self._at = pattern, 0
        self.text = self._branches()
        if self._at < len(pattern):
            raise ValueError("a parenthesis too many")

    def _branches(self, depth: int = 0) -> str:
        if depth > 50:
            raise ValueError("nested too deeply")
        first, current = None, ""
        while self._at < len(self._pattern):
            match = _PIECE.match(self._pattern, self._at)
            if match is None or match["odd"] is not None:
                raise ValueError("not a simple pattern")
            if match["close"] is not None and depth:
                break
            self._at = match.end()
            if match["or"] is not None:
                first, current = current if first is None else first, ""
            else:
                current += self._piece(match, depth)
        return current if first is None else first

    def _piece(self, match: re.Match[str], depth: int) -> str:
        if match["group"] is not None:
            piece = self._branches(depth + 1)
            if self._pattern[self._at : self._at + 1] != ")":
                raise ValueError("a parenthesis is missing")
            self._at += 1
        elif match["class"] is not None:
            piece = self._one_of(match["class"])
        elif match["escape"] is not None:
            letter = match["escape"]
            if letter not in _ESCAPES and letter.isalnum():
                raise ValueError("not a simple pattern")
            piece = _ESCAPES.get(letter, letter)
        else:
            piece = "a" if match["dot"] is not None else "" if match["anchor"] is not None else match["plain"]
        times = _TIMES.match(self._pattern, self._at)
        if times is None:
            return piece
        self._at = times.end()
        return piece * (1 if times["least"] is None else int(times["least"] or 0))

    def _one_of(self, letters: str) -> str:
        import regex

        candidates = (letter for letter in (*letters.replace("\\", ""), *"a0 -_A") if letter != "^")
        for letter in candidates:
            if regex.fullmatch(f"[{letters}]", letter, timeout=SECONDS):
                return str(letter)
        raise ValueError("no letter of the class is known")
