"""A fenced block ``parsons python``: a program to be built from its lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from course_kit.model.kinds.parsons import MAX_INDENT
from course_kit.quizzes.draft import Block, Draft, Line
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.mistakes import refusal
from course_kit.quizzes.scramble import scrambled

_DISTRACTOR = re.compile(r"\s*(?:#|//|--|%)\s*distractor\b\s*(?::\s*(?P<feedback>.*))?$", re.IGNORECASE)
_LANGUAGE = re.compile(r"^[\w+#.-]{1,40}$")
_NUMBERS = re.compile(r"^(\d{1,2})(?:\s*[-–]\s*(\d{1,2}))?$")
_MOST = 50


@dataclass
class _CodeLine:
    text: str
    number: int
    level: int
    distractor: bool
    feedback: str


def _fits(draft: Draft) -> bool:
    return any(block.word == "parsons" for block in draft.blocks)


def _build(question: Question) -> Fields | None:
    block = next(block for block in question.draft.blocks if block.word == "parsons")
    language = block.info[1] if len(block.info) > 1 else "python"
    if not _LANGUAGE.match(language):
        question.note("bad-language", block.number, f"`{language}` names no language", "Write ```parsons python")
        return None
    lines = _lines(block, question)
    if lines is None:
        return None
    program = [line for line in lines if not line.distractor]
    if len(program) < 2 or len(lines) > _MOST:
        message = f"a program has at least two lines and, with distractors, at most {_MOST}"
        question.note("bad-program", block.number, message, "One line of code stands on each line of the block.")
        return None
    shown = question.options.yes_or_no("indent")
    indented = any(line.level for line in program) if shown is None else shown
    before = _before(question, len(program))
    if before is not None and any(number < 0 for pair in before for number in pair):
        return None
    position = {id(line): place for place, line in enumerate(program)}
    order = scrambled([line.text for line in lines], lambda one: _is_right([lines[n] for n in one], program, before))
    pieces = [
        {
            "text": lines[number].text,
            "position": position.get(id(lines[number])),
            "indent": 0 if lines[number].distractor else lines[number].level,
            "feedback": lines[number].feedback,
        }
        for number in order
    ]
    width = "    "
    written = "\n".join(width * line.level + line.text for line in program)
    fields: Fields = {
        "pieces": pieces,
        "indented": indented,
        "language": language,
        "program": f"```{language}\n{written}\n```",
        "before": before,
    }
    if why := refusal("parsons", fields):
        question.note("bad-program", block.number, why, "")
        return None
    return fields


def _lines(block: Block, question: Question) -> list[_CodeLine] | None:
    """The lines of the block with their levels of indentation; None after a fault was reported."""
    lines: list[_CodeLine] = []
    widths = [0]
    seen: dict[str, bool] = {}
    base = min((_width(line.text) for line in block.lines if line.text.strip()), default=0)
    for line in block.lines:
        match = _DISTRACTOR.search(line.text)
        text = (line.text[: match.start()] if match else line.text).strip()
        if not text:
            if match:
                question.note("bad-distractor", line.number, "this distractor is empty", "Write `code  # distractor`.")
                return None
            continue
        if text.startswith(("```", "~~~")):
            question.note("bad-program", line.number, "a line cannot begin with a fence", "Take it out.")
            return None
        if not match:
            width = _width(line.text) - base
            while width < widths[-1]:
                widths.pop()
            if width > widths[-1]:
                widths.append(width)
            if len(widths) - 1 > MAX_INDENT:
                message = f"this line is indented by more than {MAX_INDENT} levels"
                question.note("bad-indent", line.number, message, "Indent by four blanks a level.")
                return None
        if seen.get(text, bool(match)) != bool(match):
            message = "this line is a distractor and a line of the program"
            question.note("duplicate-piece", line.number, message, "Nobody could tell the two apart: change one.")
            return None
        seen[text] = bool(match)
        feedback = (match["feedback"] or "").strip() if match else ""
        lines.append(_CodeLine(text, line.number, len(widths) - 1, bool(match), feedback))
    return lines


def _width(text: str) -> int:
    expanded = text.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _is_right(shown: Sequence[_CodeLine], program: Sequence[_CodeLine], before: list[tuple[int, int]] | None) -> bool:
    """Whether the lines of the program are shown in an order that would be accepted."""
    used = [line for line in shown if not line.distractor]
    if [line.text for line in used] == [line.text for line in program]:
        return True
    if before is None:
        return False
    place = {id(line): at for at, line in enumerate(used)}
    return all(place[id(program[first])] < place[id(program[second])] for first, second in before)


# ------------------------------------------------------------ more than one accepted order


def _before(question: Question, count: int) -> list[tuple[int, int]] | None:
    """Pairs of lines of which the first has to come first; None where the order is the one that is written.

    A pair of negative numbers follows a fault that was reported.
    """
    order, either = question.draft.option("order"), question.draft.options.get("either", [])
    if order is not None and either:
        hint = "`order: 1 < 2 3 < 4` says with one line that 2 and 3 may stand in either order."
        question.note("bad-order", either[0].number, "`order:` and `either:` stand below one question", hint)
        return [(-1, -1)]
    if order is not None:
        return _chains(order, count, question)
    if not either:
        return None
    free: set[tuple[int, int]] = set()
    for option in either:
        groups = [_range(part.strip(), count) for part in option.text.split(",")]
        if len(groups) < 2 or not all(groups):
            hint = f"Write `either: 2, 3` or `either: 2-3, 4-5`; the program has the lines 1 to {count}."
            question.note("bad-either", option.number, f"`either: {option.text[:60]}` names no lines", hint)
            return [(-1, -1)]
        numbers = sorted(number for group in groups for number in group)
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            hint = "Lines between them would fix their order; `order: 1 < 2 3 < 4` says which comes before which."
            question.note("bad-either", option.number, "these lines are not neighbours", hint)
            return [(-1, -1)]
        free |= {(a, b) for one in groups for other in groups if one != other for a in one for b in other if a < b}
    return [(a, b) for a in range(count) for b in range(a + 1, count) if (a, b) not in free]


def _range(text: str, count: int) -> list[int]:
    """The lines that ``2`` or ``2-4`` names, counted from 0; none if there are no such lines."""
    match = _NUMBERS.match(text)
    if match is None:
        return []
    first, last = int(match[1]), int(match[2] or match[1])
    return list(range(first - 1, last)) if 1 <= first <= last <= count else []


def _chains(option: Line, count: int, question: Question) -> list[tuple[int, int]]:
    """``1 < 2 3 < 4; 5 < 6``: each line of a group comes before each of the next."""
    pairs: set[tuple[int, int]] = set()
    for chain in option.text.split(";"):
        groups = [[_range(word, count) for word in group.replace(",", " ").split()] for group in chain.split("<")]
        if len(groups) < 2 or not all(group and all(group) for group in groups):
            hint = f"Write `order: 1 < 2 3 < 4`; the program has the lines 1 to {count}."
            question.note("bad-order", option.number, f"`order: {option.text[:60]}` says not what comes first", hint)
            return [(-1, -1)]
        flat = [sorted(number for part in group for number in part) for group in groups]
        for one, other in pairwise(flat):
            pairs |= {(a, b) for a in one for b in other}
    wrong = next(((a, b) for a, b in sorted(pairs) if a >= b), None)
    if wrong is not None:
        message = f"line {wrong[0] + 1} cannot come before line {wrong[1] + 1}: the program is written otherwise"
        question.note("bad-order", option.number, message, "Write the program in one of its accepted orders.")
        return [(-1, -1)]
    return sorted(pairs)


FORM = AnswerForm("parsons", "parsons", _fits, _fits, _build, frozenset({"indent", "either", "order"}))
