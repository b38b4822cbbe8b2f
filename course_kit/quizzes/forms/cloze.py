"""``{{answer}}`` in the question's own text, or in its code: blanks to fill."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course_kit.model.kinds import normalise, parse_number
from course_kit.model.kinds.cloze import MAX_BLANKS, placeholder
from course_kit.quizzes.draft import Draft, MistakeLine, PromptLine
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.mistakes import refusal
from course_kit.quizzes.forms.numbers import is_number, number_parts
from course_kit.quizzes.forms.texts import is_pattern, text_fields
from course_kit.quizzes.lines import FORMULA, LineKind
from course_kit.quizzes.splitting import split_alternatives, split_feedback

_PIECE = re.compile(r"\\\{\{|\{\{(?!\{)(?P<answer>.+?)\}\}")
_NUMBER = re.compile(r"^=\s*(?=[-+−.\d])")
_CHOICE = re.compile(r"^choose:\s*", re.IGNORECASE)
_IN_IMAGE = re.compile(r"!\[[^\[\]]*ckblank(\d+)x")
_OURS = re.compile(r"ckblank\d+x")
_OF_BLANK = re.compile(r"^(?P<blank>\d{1,2}):\s+(?P<answer>.*)$", re.DOTALL)
_EXAMPLES = "`{{answer | alternative}}`, `{{= 5 ± 0.1}}` or `{{choose: *right | wrong}}`"


@dataclass
class _Blank:
    text: str
    number: int
    """The line that it stands in."""
    in_code: bool


def _pieces(line: PromptLine) -> Iterator[re.Match[str]]:
    """The blanks of a line, and the ``\\{{`` that are none; nothing inside formulas."""
    if line.kind is LineKind.FORMULA or "{{" not in line.text:
        return
    formulas: list[tuple[int, int]] = []
    if line.kind is not LineKind.CODE:
        formulas = [match.span() for match in FORMULA.finditer(line.text)]
    for match in _PIECE.finditer(line.text):
        if not any(start <= match.start() < end for start, end in formulas):
            yield match


def blanks_in(draft: Draft) -> list[PromptLine]:
    """The lines of the question's text that hold a blank."""
    return [line for line in draft.prompt if any(match["answer"] is not None for match in _pieces(line))]


def _can(draft: Draft) -> bool:
    return not draft.answered


def _fits(draft: Draft) -> bool:
    return _can(draft) and bool(blanks_in(draft))


def _build(question: Question) -> Fields | None:
    text, found = _taken_out(question.draft.prompt)
    _warn_of_open(question)
    if not found or len(found) > MAX_BLANKS:
        line = found[MAX_BLANKS].number if found else question.draft.first_line
        message = f"a cloze has 1 to {MAX_BLANKS} blanks, and this one {len(found)}"
        question.note("bad-blank", line, message, f"Write them in the text: {_EXAMPLES}.")
        return None
    ours = next((line for line in question.draft.prompt if _OURS.search(line.text)), None)
    if ours is not None:
        question.note("bad-blank", ours.number, "this word stands for a blank in course-kit itself", "Change it.")
        return None
    code = all(blank.in_code for blank in found)
    case = question.options.yes_or_no("case")
    read = [_blank(blank, code, case, question) for blank in found]
    fields = [one for one in read if one is not None]
    if len(fields) < len(found) or not _with_mistakes(fields, question):
        return None
    for blank, one in zip(found, fields, strict=True):
        if why := refusal("cloze", {"blanks": [one]}):
            question.note("bad-blank", blank.number, f"`{{{{{blank.text}}}}}`: {why}", f"Write {_EXAMPLES}.")
            return None
    if (lost := _lost(text, len(found))) is not None:
        hint = "Write it into a sentence or into code, not into a formula, an address or an image's words."
        question.note("lost-blank", found[lost].number, f"the blank `{found[lost].text}` would not be seen", hint)
        return None
    return {"prompt": text, "blanks": fields, "code": code}


def _taken_out(prompt: list[PromptLine]) -> tuple[str, list[_Blank]]:
    """The text with placeholders, and the blanks that they stand for."""
    found: list[_Blank] = []
    lines: list[str] = []
    for line in prompt:
        text, end = "", 0
        for match in _pieces(line):
            text += line.text[end : match.start()]
            if match["answer"] is None:
                text += "{{"
            else:
                text += placeholder(len(found))
                found.append(_Blank(match["answer"].strip(), line.number, line.kind is LineKind.CODE))
            end = match.end()
        lines.append(text + line.text[end:])
    return "\n".join(lines).strip("\n").rstrip(), found


def _warn_of_open(question: Question) -> None:
    """Point out braces in a sentence that begin a blank and do not end it, or hold nothing."""
    for line in question.draft.prompt:
        # a blank holds no further braces: where it does, the first ones were left open
        rest = _PIECE.sub(lambda match: match["answer"] or "", FORMULA.sub("", line.text))
        if line.kind is LineKind.OPEN and "{{" in rest:
            hint = "Write `{{answer}}` in one line, or `\\{{` where braces are meant."
            question.warn("open-blank", line.number, "a blank is left open: `{{` without its `}}`", hint)


def _blank(blank: _Blank, code: bool, case: bool | None, question: Question) -> Fields | None:
    if choose := _CHOICE.match(blank.text):
        return _choice(blank, blank.text[choose.end() :], question)
    number = _NUMBER.match(blank.text)
    if number or (not blank.in_code and parse_number(blank.text) is not None):
        text = blank.text[number.end() :] if number else blank.text
        parts = number_parts(text, blank.number, question) if is_number(text) or number else None
        if parts is None:
            return None
        return {
            "kind": "number",
            "answer": parts.value,
            "tolerance": parts.tolerance,
            "relative": parts.relative,
            "figures": parts.figures,
            "unit": parts.unit,
        }
    alternatives = [text for text in split_alternatives(blank.text) if text]
    if not alternatives:
        question.note("bad-blank", blank.number, "this blank has no answer", f"Write {_EXAMPLES}.")
        return None
    exact = (blank.in_code and not code) if case is None else case
    return {"kind": "text", **text_fields(alternatives), "case": exact}


def _choice(blank: _Blank, text: str, question: Question) -> Fields | None:
    choices: list[Fields] = []
    for part in split_alternatives(text):
        words, feedback = split_feedback(part)
        right = words.startswith("*")
        choices.append({"text": words.removeprefix("*").strip(), "right": right, "feedback": feedback})
    if sum(choice["right"] for choice in choices) != 1 or not all(choice["text"] for choice in choices):
        hint = "Write `{{choose: *right | wrong | wrong}}`, with one star."
        question.note("bad-blank", blank.number, f"`{{{{{blank.text}}}}}` has no single right choice", hint)
        return None
    return {"kind": "choice", "choices": choices}


def _with_mistakes(blanks: list[Fields], question: Question) -> bool:
    """Put the common mistakes to their blanks: ``≠ 2: 41 — feedback``; False after a fault was reported."""
    sound = True
    for mistake in question.draft.mistakes:
        match = _OF_BLANK.match(mistake.text)
        number = int(match["blank"]) if match else 1
        given = (match["answer"] if match else mistake.text).strip()
        if (match is None and len(blanks) > 1) or not 1 <= number <= len(blanks):
            hint = f"Write `≠ 2: {given[:40]} — feedback`, with the number of the blank, 1 to {len(blanks)}."
            question.note("no-blank", mistake.number, "which blank is this mistake made in?", hint)
            sound = False
        elif blanks[number - 1]["kind"] == "choice":
            hint = "What is said about a choice stands behind it: `{{choose: *right | wrong — feedback}}`."
            question.note("mistake-with-choices", mistake.number, f"blank {number} is a choice", hint)
            sound = False
        else:
            sound = _add(blanks[number - 1], given, mistake, question) and sound
    return sound


def _add(blank: Fields, given: str, mistake: MistakeLine, question: Question) -> bool:
    for text in split_alternatives(given):
        entry: dict[str, Any] = {"answer": text, "feedback": mistake.feedback}
        if blank["kind"] == "number" and parse_number(text) is None:
            question.note("bad-number", mistake.number, f"`{text}` is not a number", "The blank asks for a number.")
            return False
        if blank["kind"] == "text" and is_pattern(text):
            entry["pattern"] = True
        elif blank["kind"] == "text" and normalise(text) in map(normalise, blank["answers"]):
            question.note("mistake-is-answer", mistake.number, f"`{text}` counts as right", "Take one of the two out.")
            return False
        blank.setdefault("mistakes", []).append(entry)
    return True


def _lost(text: str, count: int) -> int | None:
    """The first blank that is not seen exactly once in the rendered text."""
    from course_kit.quizzes.render import markdown_html

    if match := _IN_IMAGE.search(text):
        return int(match[1])
    shown = markdown_html(text)
    return next((n for n in range(count) if shown.count(f'<span class="ck-blank" data-blank="{n}"></span>') != 1), None)


FORM = AnswerForm("cloze", "cloze", _fits, _can, _build, frozenset({"case"}))
