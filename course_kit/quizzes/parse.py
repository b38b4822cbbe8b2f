"""Quiz cells: Markdown as a teacher types it, read without being run.

The form is in docs/quiz-form.md. markdown-it-py says which lines are text (code, tables, quotes, plain lists) and which
may hold an answer; what follows works line by line, so that every fault has its line.
"""

from dataclasses import dataclass

from course_kit.model import kinds as _kinds  # noqa: F401  (fills the registry of kinds)
from course_kit.model.keys import is_key, slug
from course_kit.model.quiz import Item, Quiz, Variants
from course_kit.quizzes.draft import Draft, Line
from course_kit.quizzes.items import item_of, read_draft
from course_kit.quizzes.lines import LineKind, classify
from course_kit.quizzes.options import check_key, quiz_option
from course_kit.quizzes.problems import Problem, Problems
from course_kit.quizzes.reading import OPTIONS, Placed
from course_kit.quizzes.render import unreadable_formulas
from course_kit.quizzes.splitting import words
from course_kit.quizzes.variants import Room, variants_of

__all__ = ["MAX_CELL", "OPTIONS", "ParsedQuiz", "Problem", "is_quiz", "parse_quiz"]

MAX_CELL = 200_000
MAX_QUESTIONS = 200
_MAGIC = "%%quiz"


@dataclass(frozen=True)
class ParsedQuiz:
    """A quiz as far as it could be read: faulty items are left out. ``lines``: where each item begins."""

    key: str
    variants: tuple[Variants, ...] = ()
    lines: tuple[int, ...] = ()
    pick: int | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """Each item's first variant."""
        return tuple(variants.item for variants in self.variants)

    @property
    def quiz(self) -> Quiz:
        """The quiz without its places."""
        return Quiz(self.key, self.variants, self.pick)


def is_quiz(cell_source: str) -> bool:
    """Whether a code cell begins with ``%%quiz``."""
    return cell_source.lstrip().split(None, 1)[:1] == [_MAGIC]


def parse_quiz(cell_source: str) -> tuple[ParsedQuiz, tuple[Problem, ...]]:
    """The quiz of a cell and everything that is wrong with it. Never raises, whatever the text."""
    if len(cell_source) > MAX_CELL:
        return ParsedQuiz("untitled"), (
            Problem(1, "the quiz is longer than 200,000 letters", "Divide it.", "too-long"),
        )
    return _Parser(cell_source.replace("\r\n", "\n").replace("\r", "\n")).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self.lines = source.split("\n")
        self.problems = Problems()
        self.room = Room()

    def parse(self) -> tuple[ParsedQuiz, tuple[Problem, ...]]:
        top = next((number for number, line in enumerate(self.lines) if line.strip()), 0)
        key = self._quiz_key(top)
        found: list[tuple[Variants, int]] = []
        drafts: list[Draft] = []
        for place, lines in enumerate(self._questions(top + 1), start=1):
            draft, variants = self._question(lines, place)
            drafts.append(draft)
            if variants is not None:
                found.append((variants, draft.first_line))
        self._check_keys(drafts)
        for variants, line in found:
            self._check_formulas(variants.item, line)
        former = self._former_keys(drafts)
        items = [_was_in(former, variants) if former else variants for variants, _ in found]
        quiz = ParsedQuiz(key, tuple(items), tuple(line for _, line in found), self._pick(drafts))
        return quiz, self.problems.in_order()

    def _quiz_key(self, top: int) -> str:
        names = self.lines[top].split()[1:]
        if not names:
            hint = "Write `%%quiz KEY`, such as `%%quiz robust`."
            self.problems.note("no-quiz-key", top + 1, "the quiz has no key", hint)
            return "untitled"
        key = "-".join(names)
        if not is_key(key):
            message = f"`{' '.join(names)}` is not a key: lower-case letters and digits, joined by - _ or ."
            self.problems.note("bad-key", top + 1, message, f"Try `%%quiz {slug(key)}`.")
            return slug(key)
        if len(names) > 1:
            self.problems.note("bad-key", top + 1, "a quiz has one key, without blanks", f"Try `%%quiz {key}`.")
        return key

    def _questions(self, start: int) -> list[list[Placed]]:
        """The lines of each question, from the line after the first on."""
        body = self.lines[start:]
        questions: list[list[Placed]] = [[]]
        rules: list[int] = []
        for number, (line, kind) in enumerate(zip(body, classify(body), strict=True), start=start + 1):
            if kind is LineKind.RULE:
                questions.append([])
                rules.append(number)
            else:
                questions[-1].append((line, number, kind))
        full = [any(line.strip() for line, _, _ in lines) for lines in questions]
        if not rules and not any(full):
            self.problems.note("empty-quiz", start, "the quiz has no question", "Write one below the first line.")
        for place, holds in enumerate(full):
            if rules and not holds:
                at = rules[max(0, place - 1)] if place else start + 1
                hint = "Take one `---` out."
                self.problems.note("empty-item", at, "there is no question between the rules", hint)
        held = [lines for lines, holds in zip(questions, full, strict=True) if holds]
        if len(held) > MAX_QUESTIONS:
            message = f"a quiz has at most {MAX_QUESTIONS} questions, and this one {len(held)}"
            self.problems.note("too-many-questions", held[MAX_QUESTIONS][0][1], message, "Divide it.")
        return held[:MAX_QUESTIONS]

    def _question(self, lines: list[Placed], place: int) -> tuple[Draft, Variants | None]:
        tried = Problems()
        draft, sound = read_draft(lines, lines[0][1], tried)
        if "vary" in draft.options:
            return draft, variants_of(draft, lines, place, self.problems, self.room)
        for name in ("where", "variants"):
            for option in draft.options.get(name, ()):
                hint = "Write `vary: a in 1..9` as well, or leave it out."
                tried.note("no-vary", option.number, f"`{name}:` stands without `vary:`", hint)
        item = item_of(draft, place, sound, tried)
        self.problems.found += tried.found
        return draft, None if item is None else Variants((item,))

    def _former_keys(self, drafts: list[Draft]) -> list[str]:
        """The quiz's own former keys, from ``quiz-was:`` at its first question."""
        option = quiz_option("quiz-was", drafts, self.problems)
        if option is None:
            return []
        former = [Line(word, option.number) for word in words(option)]
        return [word.text for word in former if check_key("quiz-was", word, self.problems)]

    def _pick(self, drafts: list[Draft]) -> int | None:
        """How many of the questions each learner meets, from ``pick:`` at the first one."""
        option = quiz_option("pick", drafts, self.problems)
        if option is None:
            return None
        text = option.text
        if text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= len(drafts):
            return int(text)
        message = f"`pick: {text[:40]}` is no number from 1 to {len(drafts)}, the questions of the quiz"
        hint = f"Write `pick: {max(1, len(drafts) - 1)}`, so that each learner meets so many of them."
        self.problems.note("bad-pick", option.number, message, hint)
        return None

    def _check_formulas(self, item: Item, start: int) -> None:
        found: list[str] = []

        def look(text: str) -> str:
            found.extend(unreadable_formulas(text))
            return text

        item.map_texts(look)
        for formula in dict.fromkeys(found):
            first = formula.split("\n", 1)[0]
            line = next((n for n, text in enumerate(self.lines[start - 1 :], start) if first in text), start)
            message = f"the formula `{first[:60]}` cannot be read, so that learners see it as code"
            hint = "Look for a missing `}` or a command that LaTeX's mathematics does not have."
            self.problems.warn("bad-formula", line, message, hint)

    def _check_keys(self, drafts: list[Draft]) -> None:
        seen: dict[str, int] = {}
        for place, draft in enumerate(drafts, start=1):
            option = draft.option("key")
            key = option.text if option is not None else f"q{place}"
            line = option.number if option is not None else draft.first_line
            if key in seen:
                message = f"the key `{key}` stands already in line {seen[key]}"
                hint = "Give each question of a quiz a key of its own."
                self.problems.note("duplicate-item-key", line, message, hint)
            seen.setdefault(key, line)
            if option is None and "key" not in draft.options and len(drafts) > 1:
                message = f"the question has no key and is named `{key}` by its place"
                hint = "Add `key: …`, so that learners' answers stay with it when questions move."
                self.problems.warn("no-item-key", line, message, hint)


def _was_in(quizzes: list[str], variants: Variants) -> Variants:
    """The item with the names that it had while its quiz bore one of its former keys."""

    def renamed(item: Item) -> Item:
        here = [name for name in (*item.was, item.key) if "/" not in name]
        return item.model_copy(update={"was": (*item.was, *(f"{quiz}/{name}" for quiz in quizzes for name in here))})

    return Variants(tuple(map(renamed, variants.all)))
