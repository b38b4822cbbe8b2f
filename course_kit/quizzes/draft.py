"""A question while it is read: its lines, sorted into what they are, before it is known what kind of item it makes."""

from dataclasses import dataclass, field

from course_kit.quizzes.lines import LineKind


@dataclass
class Line:
    """A text, the line that it begins in, and how far the lines are indented that go on with it."""

    text: str
    number: int
    indent: int | None = field(default=None, kw_only=True)


@dataclass
class ChoiceLine(Line):
    right: bool = False
    feedback: str = ""


@dataclass
class MistakeLine(Line):
    feedback: str = ""


@dataclass
class PromptLine(Line):
    """A line of the question itself."""

    kind: LineKind = LineKind.OPEN


@dataclass
class Block:
    """A fenced block that is an answer: the words behind its fence, its first line, and the lines inside it."""

    info: list[str]
    number: int
    fence: str = ""
    lines: list[Line] = field(default_factory=list)

    @property
    def word(self) -> str:
        return self.info[0]


@dataclass
class Draft:
    """What was read of one question."""

    line: int
    """Where it begins."""
    prompt: list[PromptLine] = field(default_factory=list)
    choices: list[ChoiceLine] = field(default_factory=list)
    answers: list[Line] = field(default_factory=list)
    """``= …``"""
    expressions: list[Line] = field(default_factory=list)
    """``~ …``"""
    strays: list[Line] = field(default_factory=list)
    """``=> …``: a partner of nothing."""
    mistakes: list[MistakeLine] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    options: dict[str, list[Line]] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        return self.answers[0].text

    @property
    def answered(self) -> bool:
        """Whether something stands below the question that can only be an answer."""
        return bool(self.choices or self.answers or self.expressions or self.strays or self.blocks)

    @property
    def mistakes_only(self) -> bool:
        """Whether there are common mistakes and nothing that they are mistakes of."""
        return bool(self.mistakes) and not self.answered

    @property
    def first_line(self) -> int:
        """The first line that is not blank, as far as the question's own text goes."""
        return next((line.number for line in self.prompt if line.text.strip()), self.line + len(self.prompt))

    def option(self, name: str) -> Line | None:
        """The first option of that name that says anything."""
        return next((option for option in self.options.get(name, ()) if option.text), None)


def joined(prompt: list[PromptLine]) -> str:
    """The question's text."""
    return "\n".join(line.text for line in prompt).strip("\n").rstrip()
