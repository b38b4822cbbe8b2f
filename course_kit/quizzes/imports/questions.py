"""A question as it was found elsewhere, before it is written in the author's form."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_FILE = 100_000_000
MAX_QUESTIONS = 5_000
MAX_FIELD = 100_000
"""The longest text of a question that is looked at, in letters."""


@dataclass(frozen=True)
class Loss:
    """Something that could not be carried over: of which question, what and why. ``where`` is empty for the file."""

    where: str
    reason: str
    whole: bool = False
    """The question (or the file) was left out altogether."""


@dataclass
class FoundChoice:
    text: str
    right: bool = False
    feedback: str = ""


@dataclass
class Question:
    """Texts are Markdown, but for what a learner types: ``answers``, ``pattern`` and the mistakes' answers.

    ``kind`` is an item's name in the registry; a kind uses the fields that it needs. ``where`` names the question to a
    person. In a cloze the prompt holds the blanks already, in the author's form; ``blanks`` is their number.
    """

    where: str
    kind: str
    prompt: str
    name: str = ""
    key: str = ""
    choices: list[FoundChoice] = field(default_factory=list)
    truth: bool = True
    number: str = ""
    tolerance: str = ""
    unit: str = ""
    units: dict[str, str] = field(default_factory=dict)
    """Other accepted units, and how many of ``unit`` each is."""
    answers: list[str] = field(default_factory=list)
    pattern: str = ""
    """A regular expression, instead of ``answers``."""
    case: bool = False
    mistakes: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    distractors: list[str] = field(default_factory=list)
    blanks: int = 0
    lines: int = 0
    words: tuple[int, int] | None = None
    example: str = ""
    hints: list[str] = field(default_factory=list)
    explanation: str = ""
    points: str = ""
    shuffle: bool = False

    def explain(self, text: str) -> None:
        """Add a paragraph to what is shown in the end."""
        if text and text not in self.explanation:
            self.explanation = f"{self.explanation}\n\n{text}".strip()


@dataclass
class Found:
    """What a reader collects: questions by the quiz that they belong to, losses, and the images that they show."""

    quizzes: dict[str, list[Question]] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    count: int = 0

    def add(self, quiz: str, question: Question) -> None:
        self.quizzes.setdefault(quiz, []).append(question)

    def lose(self, where: str, reason: str) -> None:
        """Note what of a question is missing; said once."""
        loss = Loss(where, reason)
        if loss not in self.losses[-50:]:
            self.losses.append(loss)

    def leave_out(self, where: str, reason: str) -> None:
        """Note a question that is missing altogether."""
        self.losses.append(Loss(where, reason, whole=True))


@dataclass(frozen=True)
class ImportedQuiz:
    """One quiz cell: its key and its text, ``%%quiz`` line included. ``count``: its questions."""

    key: str
    cell: str
    count: int


@dataclass(frozen=True)
class Imported:
    """Everything that came along, and everything that did not. ``files``: images by their address in the texts."""

    quizzes: tuple[ImportedQuiz, ...] = ()
    losses: tuple[Loss, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(quiz.count for quiz in self.quizzes)

    @property
    def left_out(self) -> int:
        """How many questions are missing altogether."""
        return sum(loss.whole for loss in self.losses)

    @property
    def text(self) -> str:
        """All quiz cells below each other, as one text file."""
        return "\n\n".join(quiz.cell.rstrip("\n") for quiz in self.quizzes) + ("\n" if self.quizzes else "")
