"""Quiz cells: Markdown as a teacher types it, read without being run.

The form is in docs/author.md. markdown-it-py says which lines are text (code, tables, quotes, plain lists) and which
may hold an answer; what follows works line by line, so that every fault has its line.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from course_kit.errors import did_you_mean
from course_kit.model import kinds as _kinds  # noqa: F401  (fills the registry of kinds)
from course_kit.model.keys import is_key, slug
from course_kit.model.quiz import KINDS, Item, Quiz, Variants, is_former_name
from course_kit.quizzes.forms import ChoiceLine, Draft, Line, MistakeLine, dedent, doubt, form_of, split_feedback
from course_kit.quizzes.lines import LineKind, classify

MAX_CELL = 200_000
_MAGIC = "%%quiz"
_BOX = re.compile(r"^\s{0,3}[-*+]\s+\[(?P<mark>.?)\](?:\s+(?P<text>.*))?$")
_ANSWER = re.compile(r"^\s{0,3}=(?![=>])\s*(?P<text>.*)$")
_MISTAKE = re.compile(r"^\s{0,3}(?:≠|!=)\s*(?P<text>.*)$")
_OPTION = re.compile(r"^\s{0,3}(?P<name>[A-Za-z][\w-]{0,30})\s*:(?:\s+(?P<value>.*))?$")
_NEAR_BOX = re.compile(r"^\s{0,3}[-*+]\[.?\]")
OPTIONS = ("key", "kind", "choose", "skill", "hint", "explanation", "minutes", "was", "quiz-was")


@dataclass(frozen=True)
class Problem:
    """A fault in a quiz cell; ``line`` counts from 1, the line with ``%%quiz``."""

    line: int
    message: str
    hint: str = ""
    code: str = "quiz"
    level: Literal["error", "warning"] = "error"


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


@dataclass
class _Reading:
    """One item while its lines are read."""

    first: int
    prompt: list[str] = field(default_factory=list)
    draft: Draft = field(default_factory=lambda: Draft(0))
    options: dict[str, list[Line]] = field(default_factory=dict)
    last: Line | None = None
    answered: bool = False
    faulty: bool = False
    gap: bool = False
    """A blank line stands above the line that is read."""


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
        self.problems: list[Problem] = []

    def note(self, code: str, line: int, message: str, hint: str = "") -> None:
        self.problems.append(Problem(line, message, hint, code))

    def parse(self) -> tuple[ParsedQuiz, tuple[Problem, ...]]:
        top = next((number for number, line in enumerate(self.lines) if line.strip()), 0)
        key = self._quiz_key(top)
        body = self.lines[top + 1 :]
        readings = self._read(body, top + 2)
        found = [item for number, reading in enumerate(readings) if (item := self._finish(reading, number + 1))]
        items = [item for item, _ in found]
        self._check_keys(readings)
        former = self._former_quizzes(readings)
        if former:
            items = [_was_in(former, item) for item in items]
        quiz = ParsedQuiz(key, tuple(Variants((item,)) for item in items), tuple(line for _, line in found))
        return quiz, tuple(sorted(self.problems, key=lambda problem: (problem.line, problem.message)))

    def _quiz_key(self, top: int) -> str:
        words = self.lines[top].split()[1:]
        if not words:
            self.note("no-quiz-key", top + 1, "the quiz has no key", "Write `%%quiz KEY`, such as `%%quiz robust`.")
            return "untitled"
        key = "-".join(words)
        if not is_key(key):
            message = f"`{' '.join(words)}` is not a key: lower-case letters and digits, joined by - _ or ."
            self.note("bad-key", top + 1, message, f"Try `%%quiz {slug(key)}`.")
            return slug(key)
        if len(words) > 1:
            self.note("bad-key", top + 1, "a quiz has one key, without blanks", f"Try `%%quiz {key}`.")
        return key

    # ------------------------------------------------------------ lines

    def _read(self, body: list[str], first: int) -> list[_Reading]:
        """The items' lines, sorted into prompt, answer and options."""
        kinds = classify(body)
        readings = [_Reading(first)]
        for offset, (line, kind) in enumerate(zip(body, kinds, strict=True)):
            number = first + offset
            if kind is LineKind.RULE:
                readings.append(_Reading(number + 1))
            else:
                self._take(readings[-1], line, number, kind)
        blank = [reading for reading in readings if not _is_empty(reading)]
        if len(readings) > 1:
            for reading in readings:
                if _is_empty(reading):
                    at = max(first, reading.first - 1)
                    self.note("empty-item", at, "there is no question between the rules", "Take one `---` out.")
        elif not blank:
            self.note("empty-quiz", first - 1, "the quiz has no question", "Write one below the first line.")
        return blank

    def _take(self, reading: _Reading, line: str, number: int, kind: LineKind) -> None:
        if line.strip() and (kind is LineKind.CHOICE or line[0] not in " \t"):
            reading.gap = False
        if kind is LineKind.CHOICE:
            self._take_choice(reading, line, number)
        elif kind is LineKind.INSIDE and reading.answered:
            self._continue(reading, line, number)
        elif kind is LineKind.OPEN and self._take_open(reading, line, number):
            pass
        elif reading.answered:
            self._continue(reading, line, number)
        else:
            reading.prompt.append(line)

    def _take_open(self, reading: _Reading, line: str, number: int) -> bool:
        """Take a line that may be an answer, a mistake or an option; False if it is none of these."""
        if match := _MISTAKE.match(line):
            self._take_mistake(reading, match["text"].strip(), number)
            return True
        if match := _ANSWER.match(line):
            answer = Line(match["text"].strip(), number)
            reading.draft.answers.append(answer)
            reading.answered, reading.last = True, answer
            return True
        if _NEAR_BOX.match(line):
            self.note("bad-box", number, "a choice needs a blank after its dash", "Write `- [ ] text`.")
            reading.answered = reading.faulty = True
            return True
        match = _OPTION.match(line)
        if match and (reading.answered or match["name"] in OPTIONS):
            self._take_option(reading, match["name"], (match["value"] or "").strip(), number)
            return True
        return False

    def _take_choice(self, reading: _Reading, line: str, number: int) -> None:
        match = _BOX.match(line)
        reading.answered = True
        if match is None:
            hint = "Begin it with `- [ ]` or `- [x]`; a list of the question ends with a sentence before the choices."
            self.note("no-box", number, "this entry stands among the choices and has no box", hint)
            reading.last, reading.faulty = Line("", number), True
            return
        text, feedback = split_feedback(match["text"] or "")
        choice = ChoiceLine(text, number, match["mark"] in ("x", "X"), feedback)
        if match["mark"] not in (" ", "x", "X"):
            message = f"`[{match['mark']}]` is neither `[x]` (right) nor `[ ]` (wrong)"
            self.note("bad-box", number, message, "Put an x or a blank into the box.")
            reading.faulty = True
        if not text:
            self.note("empty-choice", number, "the choice has no text", "Write `- [ ] text — feedback`.")
            reading.faulty = True
        reading.draft.choices.append(choice)
        reading.last = choice

    def _take_mistake(self, reading: _Reading, text: str, number: int) -> None:
        answer, feedback = split_feedback(text)
        mistake = MistakeLine(answer, number, feedback)
        reading.answered, reading.last = True, mistake
        if not answer:
            self.note("empty-mistake", number, "no answer stands after `≠`", "Write `≠ 4 — That is the median.`")
            reading.faulty = True
            return
        reading.draft.mistakes.append(mistake)
        if not feedback:
            hint = "Write `≠ answer — feedback`, with a long dash between blanks."
            self.note("no-feedback", number, "nothing is said about this mistake", hint)

    def _take_option(self, reading: _Reading, name: str, value: str, number: int) -> None:
        if name not in OPTIONS:
            known = ", ".join(f"`{option}`" for option in OPTIONS)
            hint = (
                f"A question knows {known}.{did_you_mean(name, OPTIONS) or ' Or put `---` before the next question.'}"
            )
            self.note("unknown-option", number, f"`{name}:` is not an option of a question", hint)
            reading.last = Line("", number)
            return
        if not reading.answered:
            hint = "Move it below the answer; to show it as text, write a backslash before the colon."
            self.note("option-before-answer", number, f"`{name}:` stands before the answer", hint)
        if name in reading.options and name != "hint":
            first = reading.options[name][0].number
            self.note("duplicate-option", number, f"`{name}:` stands already in line {first}", "Keep one of them.")
            return
        option = Line(value, number)
        reading.options.setdefault(name, []).append(option)
        reading.last = option

    def _continue(self, reading: _Reading, line: str, number: int) -> None:
        """An indented line goes on with what stands above it; a blank one ends nothing."""
        last = reading.last
        if not line.strip():
            reading.gap = True
            return
        if line[0] not in " \t" or last is None:
            hint = "Move it above the answer, or indent it to go on with the line above; `---` begins a new question."
            self.note("text-after-answer", number, "this text stands after the answer", hint)
            return
        addition = ("\n\n" if reading.gap else "\n") + dedent(line, last)
        reading.gap = False
        if isinstance(last, ChoiceLine | MistakeLine) and last.feedback:
            last.feedback += addition
        elif isinstance(last, ChoiceLine):
            last.text, last.feedback = split_feedback(last.text + addition)
        else:
            last.text += addition

    # ------------------------------------------------------------ items

    def _finish(self, reading: _Reading, number: int) -> tuple[Item, int] | None:
        """The item of the lines that were read, with the line that it begins in; None if it is faulty."""
        before = len(self.problems)
        line = self._first_line(reading)
        prompt = "\n".join(reading.prompt).strip("\n").rstrip()
        if not prompt.strip():
            self.note("empty-prompt", line, "the question has no text", "Write it above the answer.")
        fields = self._fields(reading, number, line)
        answer = self._answer(reading, line)
        if reading.faulty or answer is None or len(self._errors(before)) > 0:
            return None
        kind, more = answer
        try:
            return KINDS[kind].model_validate({**fields, **more, "prompt": prompt}), line
        except ValidationError as error:
            self.note("bad-item", line, f"the question cannot be read: {error.errors()[0]['msg']}")
            return None

    def _errors(self, before: int) -> list[Problem]:
        return [problem for problem in self.problems[before:] if problem.level == "error"]

    def _first_line(self, reading: _Reading) -> int:
        for offset, text in enumerate(reading.prompt):
            if text.strip():
                return reading.first + offset
        return reading.first + len(reading.prompt)

    def _answer(self, reading: _Reading, line: int) -> tuple[str, dict[str, Any]] | None:
        draft = reading.draft
        draft.kind = next(iter(reading.options.get("kind", [])), None)
        draft.choose = next(iter(reading.options.get("choose", [])), None)
        if draft.choose is not None and draft.choose.text != "several":
            message = f"`choose: {draft.choose.text}` is unknown"
            self.note("bad-choose", draft.choose.number, message, "Write `choose: several`, or leave it out.")
        if draft.choices and draft.answers:
            hint = "Keep the choices, or keep the line with `=`."
            self.note("two-forms", draft.answers[0].number, "choices and `=` stand below one question", hint)
            return None
        if not draft.choices and not draft.answers:
            if not reading.faulty:
                hint = "Write choices (`- [x] …`) or an answer (`= …`) below it."
                self.note("no-right-answer", line, "the question has no answer", hint)
            return None
        if draft.choose is not None and not draft.choices:
            self.note("bad-choose", draft.choose.number, "`choose:` goes with choices", "Leave it out.")
        for answer in draft.answers[1:]:
            hint = "Write alternatives in one line, `= a | b`; `---` begins the next question."
            self.note("two-answers", answer.number, "the question has a second `=`", hint)
        form = form_of(draft, self.note)
        if form is not None and form.kind == "short-text" and (doubtful := doubt(draft)):
            self.problems.append(Problem(draft.answers[0].number, *doubtful, "truth-as-text", "warning"))
        fields = None if form is None else form.build(draft, self.note)
        return None if form is None or fields is None else (form.kind, fields)

    def _fields(self, reading: _Reading, number: int, line: int) -> dict[str, Any]:
        """The fields that every kind of item has."""
        options = reading.options
        for name, given in options.items():
            for option in given:
                if not option.text:
                    self.note("empty-option", option.number, f"nothing stands after `{name}:`", "Leave it out.")
        fields: dict[str, Any] = {"key": f"q{number}"}
        for name in ("key", "skill"):
            if name in options and self._check_key(name, options[name][0]):
                fields[name] = options[name][0].text
        if "was" in options:
            option = options["was"][0]
            fields["was"] = tuple(word for word in _words(option) if self._check_former(Line(word, option.number)))
        fields["hints"] = tuple(hint.text for hint in options.get("hint", []))
        fields["explanation"] = options["explanation"][0].text if "explanation" in options else ""
        if "minutes" in options:
            fields["minutes"] = self._minutes(options["minutes"][0])
        return fields

    def _check_key(self, name: str, option: Line) -> bool:
        if not option.text or is_key(option.text):
            return bool(option.text)
        message = f"`{name}: {option.text}` is not a key: lower-case letters and digits, joined by - _ or ."
        self.note("bad-key", option.number, message, f"Try `{name}: {slug(option.text)}`.")
        return False

    def _check_former(self, name: Line) -> bool:
        """Whether an item may have been called so: by a key, or by ``quiz/item``."""
        if "/" not in name.text:
            return self._check_key("was", name)
        if not is_former_name(name.text):
            hint = "Write `was: old-key`, or `was: old-quiz/key` for a question of another quiz."
            self.note("bad-key", name.number, f"`was: {name.text}` cannot have named a question", hint)
            return False
        return True

    def _former_quizzes(self, readings: list[_Reading]) -> list[str]:
        """The quiz's own former keys, from ``quiz-was:`` at its first question."""
        former: list[str] = []
        for number, reading in enumerate(readings):
            for option in reading.options.get("quiz-was", []):
                if number > 0:
                    hint = "Move it to the first one; it counts for all of them."
                    self.note("quiz-was-place", option.number, "`quiz-was:` stands below a later question", hint)
                    continue
                words = [Line(word, option.number) for word in _words(option)]
                former += [word.text for word in words if self._check_key("quiz-was", word)]
        return former

    def _minutes(self, option: Line) -> float | None:
        if re.match(r"^\d{1,3}(\.\d{1,2})?$", option.text) and 0 < float(option.text) <= 600:
            return float(option.text)
        if option.text:
            message = f"`minutes: {option.text}` is not a number of minutes"
            self.note("bad-minutes", option.number, message, "Write `minutes: 2`.")
        return None

    def _check_keys(self, readings: list[_Reading]) -> None:
        seen: dict[str, int] = {}
        for number, reading in enumerate(readings):
            option = next(iter(reading.options.get("key", [])), None)
            key = option.text if option is not None and option.text else f"q{number + 1}"
            line = option.number if option is not None else self._first_line(reading)
            if key in seen:
                message = f"the key `{key}` stands already in line {seen[key]}"
                self.note("duplicate-item-key", line, message, "Give each question of a quiz a key of its own.")
            seen.setdefault(key, line)
            if option is None and len(readings) > 1:
                message = f"the question has no key and is named `{key}` by its place"
                hint = "Add `key: …`, so that learners' answers stay with it when questions move."
                self.problems.append(Problem(line, message, hint, "no-item-key", "warning"))


def _words(option: Line) -> list[str]:
    """The names in an option that holds several, with or without the brackets of YAML."""
    return [word for word in re.split(r"[,\s]+", option.text.strip("[]")) if word]


def _was_in(quizzes: list[str], item: Item) -> Item:
    """``item`` with the names that it had while its quiz bore one of its former keys."""
    here = [name for name in (*item.was, item.key) if "/" not in name]
    return item.model_copy(update={"was": (*item.was, *(f"{quiz}/{name}" for quiz in quizzes for name in here))})


def _is_empty(reading: _Reading) -> bool:
    return not reading.answered and not reading.options and not any(line.strip() for line in reading.prompt)
