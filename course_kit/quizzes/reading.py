"""The lines of a question, read one by one: what belongs to its text, what is an answer, what an option."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache

from course_kit.errors import did_you_mean
from course_kit.quizzes.draft import Block, ChoiceLine, Draft, Line, MistakeLine, PromptLine
from course_kit.quizzes.lines import LineKind
from course_kit.quizzes.problems import Problems
from course_kit.quizzes.splitting import dedent, split_feedback

_BOX = re.compile(r"^\s{0,3}[-*+]\s+\[(?P<mark>.?)\](?:\s+(?P<text>.*))?$")
_ANSWER = re.compile(r"^\s{0,3}=(?![=>])\s*(?P<text>.*)$")
_EXPRESSION = re.compile(r"^\s{0,3}~\s+(?P<text>\S.*)$")
_STRAY = re.compile(r"^\s{0,3}=>\s*(?P<text>.*)$")
_MISTAKE = re.compile(r"^\s{0,3}(?:≠|!=)\s*(?P<text>.*)$")
_NEAR_BOX = re.compile(r"^\s{0,3}[-*+]\[.?\]")
_OPTION = re.compile(
    r"^\s{0,3}(?P<name>[A-Za-z][\w-]{0,30})[ \t]{0,9}(?P<extra>\([^()]{0,40}\)[ \t]{0,9})?:(?:\s+(?P<value>.*))?$"
)

NAMES = ("key", "kind", "choose", "skill", "hint", "explanation", "minutes", "was", "quiz-was")
"""The options that are one wherever they stand. Any other counts below an answer only, and above it is text."""
MORE_NAMES = (
    *("points", "attempts", "wait", "confidence", "shuffle", "pick", "vary", "where", "variants"),
    *("unit", "case", "names", "positive", "lines", "words", "example", "indent", "either", "order", "weights"),
)
OPTIONS = (*NAMES, *MORE_NAMES)
_SEVERAL = ("hint", "either")
"""The options that may stand in several lines."""

Placed = tuple[str, int, LineKind]
"""A line, its number and what it is."""


class Reader:
    """Reads the lines of one question into a :class:`Draft`."""

    def __init__(self, lines: Sequence[Placed], first: int, problems: Problems) -> None:
        self.lines, self.problems, self.draft = lines, problems, Draft(first)
        self.below = False
        """Whether the question's text is over: answers and options follow."""
        self.faulty = False
        self.last: Line | None = None
        self._more: list[str] = []
        self._gap = False
        """A blank line stands above the line that is read."""

    def read(self) -> Draft:
        self._has_answer = any(map(_is_answer, self.lines))
        for line, number, kind in self.lines:
            self._take(line, number, kind)
        self._goes_on_with(None)
        for block in self.draft.blocks:
            self._close(block)
        return self.draft

    def _note(self, code: str, line: int, message: str, hint: str = "") -> None:
        self.problems.note(code, line, message, hint)

    def _goes_on_with(self, line: Line | None) -> None:
        """Indented lines go on with ``line`` from here on; what was gathered belongs to the line before."""
        last, more = self.last, "".join(self._more)
        if last is not None and more:
            if isinstance(last, ChoiceLine) and not last.feedback:
                last.text, last.feedback = split_feedback(last.text + more)
            elif isinstance(last, ChoiceLine | MistakeLine) and last.feedback:
                last.feedback += more
            else:
                last.text += more
        self.last, self._more = line, []

    def _take(self, line: str, number: int, kind: LineKind) -> None:
        if line.strip() and (kind in (LineKind.CHOICE, LineKind.BLOCK) or line[0] not in " \t"):
            self._gap = False
        if kind is LineKind.BLOCK:
            self.draft.blocks.append(Block(line.strip().lstrip("`~").split(), number, line.strip()))
            self.below = True
            self._goes_on_with(None)
        elif kind is LineKind.FENCED:
            self.draft.blocks[-1].lines.append(Line(line, number))
        elif kind is LineKind.CHOICE:
            self._take_choice(line, number)
        elif (kind is LineKind.INSIDE and self.below) or (kind is LineKind.OPEN and self._take_open(line, number)):
            if kind is LineKind.INSIDE:
                self._continue(line, number)
        elif self.below:
            self._continue(line, number)
        else:
            self.draft.prompt.append(PromptLine(line, number, kind=kind))

    def _take_open(self, line: str, number: int) -> bool:
        """Take a line that may be an answer, a mistake or an option; False if it is none of these."""
        if match := _MISTAKE.match(line):
            self._take_mistake(match["text"].strip(), number)
            return True
        for pattern, taken in (
            (_ANSWER, self.draft.answers),
            (_STRAY, self.draft.strays),
            (_EXPRESSION, self.draft.expressions),
        ):
            if match := pattern.match(line):
                answer = Line(match["text"].strip(), number)
                taken.append(answer)
                self.below = True
                self._goes_on_with(answer)
                return True
        if _NEAR_BOX.match(line):
            self._note("bad-box", number, "a choice needs a blank after its dash", "Write `- [ ] text`.")
            self.below = self.faulty = True
            return True
        match = _OPTION.match(line)
        if match and self._is_option(match["name"], match["extra"], line):
            self._take_option(match["name"], match["extra"], (match["value"] or "").strip(), number)
            return True
        return False

    def _is_option(self, name: str, extra: str | None, line: str) -> bool:
        if self.below:
            return extra is None or _is_near(name.casefold(), 0.6)
        if self._has_answer:
            return name in NAMES and (extra is None or "%" in extra)
        # nothing below the text can only be an answer: the text may hold it, and ends where options begin
        return "{{" not in line and _is_near(name, 0.75)

    def _close(self, block: Block) -> None:
        if block.lines and _is_end(block.lines[-1].text, block.fence):
            block.lines.pop()
        else:
            hint = "Write ``` on a line of its own below its last line."
            self._note("open-block", block.number, f"the block `{block.word}` has no end", hint)
            self.faulty = True

    def _take_choice(self, line: str, number: int) -> None:
        match = _BOX.match(line)
        self.below = True
        if match is None:
            hint = "Begin it with `- [ ]` or `- [x]`; a list of the question ends with a sentence before the choices."
            self._note("no-box", number, "this entry stands among the choices and has no box", hint)
            self._goes_on_with(Line("", number))
            self.faulty = True
            return
        text, feedback = split_feedback(match["text"] or "")
        choice = ChoiceLine(text, number, right=match["mark"] in ("x", "X"), feedback=feedback)
        if match["mark"] not in (" ", "x", "X"):
            message = f"`[{match['mark']}]` is neither `[x]` (right) nor `[ ]` (wrong)"
            self._note("bad-box", number, message, "Put an x or a blank into the box.")
            self.faulty = True
        if not text:
            self._note("empty-choice", number, "the choice has no text", "Write `- [ ] text — feedback`.")
            self.faulty = True
        self.draft.choices.append(choice)
        self._goes_on_with(choice)

    def _take_mistake(self, text: str, number: int) -> None:
        answer, feedback = split_feedback(text)
        mistake = MistakeLine(answer, number, feedback=feedback)
        self.below = True
        self._goes_on_with(mistake)
        if not answer:
            self._note("empty-mistake", number, "no answer stands after `≠`", "Write `≠ 4 — That is the median.`")
            self.faulty = True
            return
        self.draft.mistakes.append(mistake)
        if not feedback:
            hint = "Write `≠ answer — feedback`, with a long dash between blanks."
            self._note("no-feedback", number, "nothing is said about this mistake", hint)

    def _take_option(self, name: str, extra: str | None, value: str, number: int) -> None:
        if name not in OPTIONS:
            crowded = self.problems.errors > 100
            hint = (not crowded and did_you_mean(name, OPTIONS).strip()) or (
                f"A question knows {', '.join(f'`{option}`' for option in OPTIONS)}. "
                "Or put `---` before the next question."
            )
            self._note("unknown-option", number, f"`{name}:` is not an option of a question", hint)
            self._goes_on_with(Line("", number))
            self.below = True
            return
        if not self._has_answer:
            self.below = True
        elif not self.below:
            hint = "Move it below the answer; to show it as text, write a backslash before the colon."
            self._note("option-before-answer", number, f"`{name}:` stands before the answer", hint)
        if extra is not None and name == "hint" and "%" not in extra:
            message = f"what the hint costs cannot be read: `{extra.strip()}`"
            self._note("bad-cost", number, message, "Write `hint (10 %): text`.")
        elif extra is not None and name == "hint":
            value = f"[{extra.strip()[1:-1]}] {value}"
        elif extra is not None:
            self._note(
                "unknown-option", number, f"`{name} {extra.strip()}:` is not an option of a question", f"`{name}:` is."
            )
        option = Line(value, number)
        given = self.draft.options.setdefault(name, [])
        if given and name not in _SEVERAL:
            message = f"`{name}:` stands already in line {given[0].number}"
            self._note("duplicate-option", number, message, "Keep one of them.")
        else:
            given.append(option)
        self._goes_on_with(option)

    def _continue(self, line: str, number: int) -> None:
        """An indented line goes on with what stands above it; a blank one ends nothing."""
        if not line.strip():
            self._gap = True
            return
        if line[0] not in " \t" or self.last is None:
            where = "options" if not self._has_answer else "answer"
            hint = f"Move it above the {where}, or indent it to go on with the line above; `---` begins a new question."
            self._note("text-after-answer", number, f"this text stands after the {where}", hint)
            return
        self._more.append(("\n\n" if self._gap else "\n") + dedent(line, self.last))
        self._gap = False


def _is_answer(placed: Placed) -> bool:
    """Whether the line can only be an answer, and ends the question's text."""
    line, _, kind = placed
    if kind is LineKind.OPEN:
        return any(pattern.match(line) for pattern in (_ANSWER, _STRAY, _EXPRESSION, _NEAR_BOX))
    return kind in (LineKind.CHOICE, LineKind.BLOCK)


@lru_cache(maxsize=256)
def _is_near(name: str, cutoff: float) -> bool:
    """Whether a name is that of an option, or nearly."""
    return bool(get_close_matches(name, OPTIONS, n=1, cutoff=cutoff))


def _is_end(line: str, fence: str) -> bool:
    mark, bare = fence[0], line.strip()
    opened = len(fence) - len(fence.lstrip(mark))
    return len(bare) >= opened and bare == mark * len(bare)
