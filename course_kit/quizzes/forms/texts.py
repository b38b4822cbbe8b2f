"""``= median | the median | /medians?/i``: a few words, or a pattern."""

import re

from course_kit.model.kinds import normalise, parse_number
from course_kit.model.kinds.quantities import exact, split_quantity
from course_kit.quizzes.draft import Draft
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.lists import arrow_place
from course_kit.quizzes.forms.mistakes import mistakes_of, refusal
from course_kit.quizzes.splitting import split_alternatives

_PATTERN = re.compile(r"/(?:\\.|[^/\\])+/i?")
_UNIT = re.compile(r"(?:[^\W\d_]{1,3}(/[^\W\d_]{1,3})?(\^-?\d)?|[°'′″]|°?[CFK]|[€$£¥])")
_COUNT = r"[-+−]?\d+(?:[.,]\d+)?"
_RANGE = re.compile(rf"(?:between\s+)?{_COUNT}\s*(?:\.\.+|…|to|bis)\s*{_COUNT}", re.IGNORECASE)
_FIGURES = re.compile(r"\d\s*\(\s*\d+[^()]*\bfig[^()]*\)$", re.IGNORECASE)
_BRACES = re.compile(r"\{\s*[A-Za-z_]\w*(?:\s*[-+*/]+\s*\w+)*\s*(?::[^{}]*)?\}")
_LIKE_TRUTH = {"yes": "true", "no": "false"}


def is_pattern(text: str) -> bool:
    """Whether an alternative is a regular expression: ``/…/``, with no further slash inside but after a backslash."""
    return _PATTERN.fullmatch(text) is not None


def text_fields(alternatives: list[str]) -> Fields:
    """The fields of a text that may be given in several wordings."""
    return {
        "answers": [text for text in alternatives if text and not is_pattern(text)],
        "patterns": [text for text in alternatives if is_pattern(text)],
    }


def _build(question: Question) -> Fields | None:
    draft, line = question.draft, question.draft.answers[0].number
    alternatives = [text for text in split_alternatives(draft.answer) if is_pattern(text) or normalise(text)]
    if not alternatives:
        question.note("no-right-answer", line, "nothing stands after `=`", "Write `= the answer`.")
        return None
    case = bool(question.options.yes_or_no("case"))
    words = [normalise(text, case=case) for text in alternatives if not is_pattern(text)]
    if len(set(words)) < len(words):
        hint = "Case, surplus blanks, quotes and a final stop do not count: leave one of them out."
        question.note("duplicate-answer", line, "two of the alternatives count as the same", hint)
    fields = {**text_fields(alternatives), "case": case}
    if why := refusal("short-text", fields):
        question.note("bad-pattern", line, why, "Write it like `= the median | /media?n/i`.")
        return None
    mistakes = mistakes_of(question, "short-text", fields, lambda text: normalise(text, case=case) or text)
    for mistake in mistakes:
        if is_pattern(mistake["answer"]):
            mistake["pattern"] = True
    if why := refusal("short-text", {**fields, "mistakes": mistakes}):
        question.note("bad-pattern", draft.mistakes[0].number, why, "Write it like `≠ /means?/i — feedback`.")
        return None
    _doubt(question)
    return {**fields, "mistakes": mistakes}


def _doubt(question: Question) -> None:
    """Warn of what reads like something else than words."""
    draft = question.draft
    if "kind" in draft.options:
        return
    line = draft.answers[0].number
    if meant := _LIKE_TRUTH.get(normalise(draft.answer)):
        hint = "If that word itself is asked for, add `kind: text`."
        question.warn("truth-as-text", line, f"read as text; did you mean `= {meant}`?", hint)
    parts = split_quantity(draft.answer)
    if parts is not None and _UNIT.fullmatch(parts[1]):
        hint = f"To ask for a number with its unit, add `unit: {parts[1]}`; for these very words, `kind: text`."
        given = f"{parts[0]}{parts[1]}"
        other = given if given != draft.answer else f"{parts[0]} {parts[1]}"
        question.warn("unit-as-text", line, f"read as text, so that `{other}` is wrong", hint)
    elif meant := _other_meaning(draft.answer):
        question.warn("doubtful-text", line, f"read as text: {meant}", "For these very words, add `kind: text`.")


def _other_meaning(answer: str) -> str:
    """What an answer that is read as text may have been meant as, with the way to write it; empty for plain words."""
    if (quotient := exact(answer)) is not None:
        return f"for a number, write `= {float(quotient):.4g} ± 1 %` or another tolerance"
    parts = split_alternatives(answer)
    if len(parts) > 1 and all(parse_number(part) is not None for part in parts):
        return "several numbers as words; a number has one answer, `= 5 ± 0.01`, or is a choice"
    if _RANGE.fullmatch(answer):
        return "for all numbers between two, write the one in the middle with a tolerance, `= 5.5 ± 0.5`"
    if _FIGURES.search(answer):
        return "for a number with so many figures, write `= 6.02e23 (3 figures)`"
    if _BRACES.fullmatch(answer):
        return "braces hold a value only where `vary:` stands below the question"
    if arrow_place(answer) >= 0:
        return "one pair alone is nothing to match; write a second one, or `=> …` for what has no partner"
    return ""


def _can(draft: Draft) -> bool:
    return bool(draft.answers)


FORM = AnswerForm("short-text", "text", _can, _can, _build, frozenset({"case"}))
