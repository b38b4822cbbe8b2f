"""The forms of answers: how the lines below a question become an item of some kind.

A form is one row of :data:`FORMS`. A new kind of item is a class in :mod:`course_kit.model.kinds` and a row here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from course_kit.model.kinds import normalise, parse_number

Note = Callable[[str, int, str, str], None]
"""Reports a fault: code, line, message, hint."""

_TOLERANCE = re.compile(r"^(?P<value>.*?)\s*(?:±|\+\s?/\s?[-−–]|\+[-−–])\s*(?P<tolerance>.*)$")
_DASH = " — "
_TRUTH = {"true": True, "false": False}
_LIKE_TRUTH = {"yes": "true", "no": "false"}


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
class Draft:
    """What was read of an item's answer, before it is known what kind of item it makes."""

    line: int
    choices: list[ChoiceLine] = field(default_factory=list)
    answers: list[Line] = field(default_factory=list)
    mistakes: list[MistakeLine] = field(default_factory=list)
    kind: Line | None = None
    choose: Line | None = None

    @property
    def answer(self) -> str:
        return self.answers[0].text


Fields = dict[str, Any]


@dataclass(frozen=True)
class AnswerForm:
    """``kind`` is the item's name in the registry, ``word`` what `kind:` may say to force it."""

    kind: str
    word: str
    fits: Callable[[Draft], bool]
    build: Callable[[Draft, Note], Fields | None]


def split_alternatives(text: str) -> list[str]:
    r"""``a | b`` gives a and b; a bar inside backticks or after a backslash belongs to the text."""
    parts, current, in_code = [], "", False
    position = 0
    while position < len(text):
        letter = text[position]
        if letter == "\\" and text[position + 1 : position + 2] == "|":
            current, position = current + "|", position + 2
            continue
        if letter == "`":
            in_code = not in_code and "`" in text[position + 1 :]
        if letter == "|" and not in_code:
            parts.append(current.strip())
            current = ""
        else:
            current += letter
        position += 1
    return [*parts, current.strip()]


def split_feedback(text: str) -> tuple[str, str]:
    """The text before the first dash that is set between blanks and not inside backticks, and what follows it."""
    position = text.find(_DASH)
    while position >= 0:
        if text.count("`", 0, position) % 2 == 0 or "`" not in text[position:]:
            return text[:position].strip(), text[position + len(_DASH) :].strip()
        position = text.find(_DASH, position + 1)
    if text.endswith(_DASH.rstrip()):
        return text.removesuffix(_DASH.rstrip()).strip(), ""
    return text.strip(), ""


def dedent(line: str, above: Line) -> str:
    """A line that goes on with ``above``, without the indentation that the first such line has."""
    expanded = line.expandtabs(4)
    own = len(expanded) - len(expanded.lstrip())
    if above.indent is None:
        above.indent = own
    return expanded[min(own, above.indent) :]


def _fits_several(draft: Draft) -> bool:
    return bool(draft.choices) and (draft.choose is not None or sum(choice.right for choice in draft.choices) > 1)


def _build_choices(draft: Draft, note: Note) -> Fields | None:
    seen: dict[str, int] = {}
    for choice in draft.choices:
        plain = normalise(choice.text)
        if plain in seen:
            note("duplicate-choice", choice.number, f"this choice stands already in line {seen[plain]}", "")
        seen.setdefault(plain, choice.number)
    if len(draft.choices) < 2:
        hint = "Add a wrong choice: `- [ ] …`."
        note("one-choice-only", draft.choices[0].number, "a question needs at least two choices", hint)
        return None
    if len(draft.choices) > 50:
        note("too-many-choices", draft.choices[50].number, "a question has at most 50 choices", "")
        return None
    if not any(choice.right for choice in draft.choices):
        note("no-right-answer", draft.choices[0].number, "no choice is marked as right", "Mark it with `[x]`.")
        return None
    for mistake in draft.mistakes:
        hint = "What is said about a choice stands after it: `- [ ] text — feedback`."
        note("mistake-with-choices", mistake.number, "`≠` goes with `=`, not with choices", hint)
    choices = [{"text": c.text, "right": c.right, "feedback": c.feedback} for c in draft.choices]
    return {"choices": choices}


def _build_truth(draft: Draft, note: Note) -> Fields | None:
    answer = _TRUTH.get(draft.answer.casefold())
    if answer is None:
        hint = "Write `= true` or `= false`."
        note("bad-truth", draft.answers[0].number, f"`{draft.answer}` is neither true nor false", hint)
        return None
    mistakes = []
    for mistake in draft.mistakes:
        given = _TRUTH.get(mistake.text.casefold())
        if given is None:
            note("bad-truth", mistake.number, f"`{mistake.text}` is neither true nor false", "")
        elif given == answer:
            note("mistake-is-answer", mistake.number, f"`{mistake.text}` is the right answer", "")
        else:
            mistakes.append({"answer": mistake.text.casefold(), "feedback": mistake.feedback})
    return {"answer": answer, "mistakes": mistakes}


def _fits_number(draft: Draft) -> bool:
    if not draft.answers:
        return False
    match = _TOLERANCE.match(draft.answer)
    if match and (parse_number(match["value"]) is not None or parse_number(match["tolerance"]) is not None):
        return True
    return parse_number(draft.answer) is not None


def _build_number(draft: Draft, note: Note) -> Fields | None:
    line = draft.answers[0].number
    match = None if parse_number(draft.answer) is not None else _TOLERANCE.match(draft.answer)
    value, tolerance = (match["value"], match["tolerance"]) if match else (draft.answer, "0")
    centre, width = parse_number(value), parse_number(tolerance)
    if centre is None:
        hint = "Write it like `= 3.5`; `kind: text` asks for the text instead."
        note("bad-number", line, f"`{value}` is not a number", hint)
    if width is None or width < 0:
        hint = "Write it like `± 0.01` or `± 1 %`."
        note("bad-number", line, f"`{tolerance}` is not a tolerance", hint)
    if centre is None or width is None or width < 0:
        return None
    relative = tolerance.rstrip().endswith("%")
    mistakes = []
    for mistake in draft.mistakes:
        for given in split_alternatives(mistake.text):
            number = parse_number(given)
            if number is None:
                note("bad-number", mistake.number, f"`{given}` is not a number", "The answer is one: so are mistakes.")
            elif abs(number - centre) <= (abs(centre) * width if relative else width):
                hint = "It lies within the tolerance: narrow that, or take the mistake out."
                note("mistake-is-answer", mistake.number, f"`{given}` counts as right", hint)
            else:
                mistakes.append({"answer": given, "feedback": mistake.feedback})
    _check_repeated(draft, note, lambda text: parse_number(text))
    return {"answer": value.strip(), "tolerance": tolerance.strip(), "relative": relative, "mistakes": mistakes}


def _build_text(draft: Draft, note: Note) -> Fields | None:
    answers = [answer for answer in split_alternatives(draft.answer) if normalise(answer)]
    if not answers:
        note("no-right-answer", draft.answers[0].number, "nothing stands after `=`", "Write `= the answer`.")
        return None
    right = {normalise(answer) for answer in answers}
    if len(right) < len(answers):
        message = "two of the alternatives count as the same"
        hint = "Case, surplus blanks, quotes and a final stop do not count: leave one of them out."
        note("duplicate-answer", draft.answers[0].number, message, hint)
    mistakes = []
    for mistake in draft.mistakes:
        for given in split_alternatives(mistake.text):
            if normalise(given) in right:
                note("mistake-is-answer", mistake.number, f"`{given}` counts as right", "Take one of the two out.")
            elif given:
                mistakes.append({"answer": given, "feedback": mistake.feedback})
    _check_repeated(draft, note, normalise)
    return {"answers": answers, "mistakes": mistakes}


def doubt(draft: Draft) -> tuple[str, str] | None:
    """What is doubtful about an answer that is read as text, and what to do if it is meant; None if nothing is."""
    meant = _LIKE_TRUTH.get(normalise(draft.answer))
    if meant is None or draft.kind is not None:
        return None
    return f"read as text; did you mean `= {meant}`?", "If that word itself is asked for, add `kind: text`."


def _check_repeated(draft: Draft, note: Note, plain: Callable[[str], str | Decimal | None]) -> None:
    seen: dict[str | Decimal, int] = {}
    for mistake in draft.mistakes:
        for given in split_alternatives(mistake.text):
            value = plain(given)
            if value is None:
                continue
            if value in seen:
                note("duplicate-mistake", mistake.number, f"`{given}` stands already in line {seen[value]}", "")
            seen.setdefault(value, mistake.number)


FORMS: tuple[AnswerForm, ...] = (
    AnswerForm("several-choices", "several-choices", _fits_several, _build_choices),
    AnswerForm("one-choice", "one-choice", lambda draft: bool(draft.choices), _build_choices),
    AnswerForm(
        "true-false",
        "true-false",
        lambda draft: bool(draft.answers) and draft.answer.casefold() in _TRUTH,
        _build_truth,
    ),
    AnswerForm("number", "number", _fits_number, _build_number),
    AnswerForm("short-text", "text", lambda draft: bool(draft.answers), _build_text),
)


def form_of(draft: Draft, note: Note) -> AnswerForm | None:
    """The form that ``draft`` has, or None after a fault was reported."""
    fitting = next((form for form in FORMS if form.fits(draft)), None)
    if draft.kind is None or fitting is None:
        return fitting
    words = [form.word for form in FORMS if "choice" not in form.word]
    forced = next((form for form in FORMS if form.word == draft.kind.text), None)
    if forced is None:
        hint = f"Write one of {', '.join(f'`{word}`' for word in words)}, or leave it out."
        note("unknown-kind", draft.kind.number, f"`{draft.kind.text}` is no kind of question", hint)
        return None
    if bool(draft.choices) != (forced.word not in words):
        message = f"`kind: {draft.kind.text}` does not fit the answer below the question"
        note("wrong-kind", draft.kind.number, message, "Leave `kind:` out: the answer says what is asked for.")
        return None
    return forced
