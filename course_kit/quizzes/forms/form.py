"""What a form is: one row that says how the lines below a question become an item of some kind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from course_kit.quizzes.draft import Draft
from course_kit.quizzes.options import Options
from course_kit.quizzes.problems import Problems

Fields = dict[str, Any]


@dataclass
class Question:
    """What a form builds from."""

    draft: Draft
    problems: Problems
    options: Options = field(init=False)

    def __post_init__(self) -> None:
        self.options = Options(self.draft, self.problems)

    def note(self, code: str, line: int, message: str, hint: str = "") -> None:
        self.problems.note(code, line, message, hint)

    def warn(self, code: str, line: int, message: str, hint: str = "") -> None:
        self.problems.warn(code, line, message, hint)


@dataclass(frozen=True)
class AnswerForm:
    """How one kind of item is written.

    ``kind`` is the item's name in the registry, ``word`` what `kind:` may say to force it. ``fits``: whether the lines
    ask for this kind; ``can``: whether they could, if `kind:` says so. ``build`` returns the fields that only this kind
    has (and ``prompt``, where it takes lines out of it), or None after a fault was reported. ``options``: those that go
    with this kind and not with every one.
    """

    kind: str
    word: str
    fits: Callable[[Draft], bool]
    can: Callable[[Draft], bool]
    build: Callable[[Question], Fields | None]
    options: frozenset[str] = frozenset()
