"""What is wrong with a quiz (or a video's cell), said so that a teacher can mend it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Note = Callable[[str, int, str, str], None]
"""Reports a fault: code, line, message, hint."""

_SHOWN = 300


@dataclass(frozen=True)
class Problem:
    """A fault in a quiz cell or a video cell; ``line`` counts from 1, the line with ``%%quiz`` or ``%%video``."""

    line: int
    message: str
    hint: str = ""
    code: str = "quiz"
    level: Literal["error", "warning"] = "error"


class Problems:
    """The problems found so far."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._errors = self._counted = 0

    def note(self, code: str, line: int, message: str, hint: str = "") -> None:
        """An error: the quiz cannot be built with it."""
        self.found.append(Problem(line, message, hint, code))

    def warn(self, code: str, line: int, message: str, hint: str = "") -> None:
        self.found.append(Problem(line, message, hint, code, "warning"))

    @property
    def errors(self) -> int:
        self._errors += sum(problem.level == "error" for problem in self.found[self._counted :])
        self._counted = len(self.found)
        return self._errors

    def in_order(self) -> tuple[Problem, ...]:
        """Each problem once, by line; the first few hundred."""
        return tuple(sorted(dict.fromkeys(self.found), key=lambda problem: (problem.line, problem.message))[:_SHOWN])
