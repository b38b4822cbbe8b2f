"""``= essay``: free text."""

import re

from course_kit.quizzes.draft import Draft
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question

_RANGE = re.compile(r"^(?P<least>\d{1,4})\s*(?:-|–|to|\.\.)\s*(?P<most>\d{1,4})$")
_BOUND = re.compile(r"^(?P<word>at least|at most|up to)\s+(?P<count>\d{1,4})$")
_MOST = 2000


def _fits(draft: Draft) -> bool:
    return bool(draft.answers) and draft.answer.casefold() == "essay"


def _can(draft: Draft) -> bool:
    return not draft.choices


def _build(question: Question) -> Fields | None:
    draft = question.draft
    for mistake in draft.mistakes:
        hint = "Say it in `explanation:`, which opens once the text is handed in."
        question.note("mistake-of-essay", mistake.number, "an essay has no common mistakes", hint)
    if draft.answers and not _fits(draft):
        hint = "Write `= essay`; a model answer stands in `example:`."
        question.note("bad-essay", draft.answers[0].number, f"`{draft.answer}` cannot be the answer of an essay", hint)
        return None
    fields: Fields = {}
    lines = question.options.whole_number("lines", 1, 60, "8")
    if lines is not None:
        fields["lines"] = lines
    if example := draft.option("example"):
        fields["example"] = example.text
    words = _words(question)
    if words is not None:
        fields["min_words"], fields["max_words"] = words
    return fields


def _words(question: Question) -> tuple[int, int | None] | None:
    option = question.draft.option("words")
    if option is None:
        return None
    text = option.text.casefold()
    if match := _RANGE.match(text):
        least, most = int(match["least"]), int(match["most"])
    elif match := _BOUND.match(text):
        count = int(match["count"])
        least, most = (count, _MOST) if match["word"] == "at least" else (0, count)
    elif text.isascii() and text.isdecimal() and len(text) < 5:
        least, most = 0, int(text)
    else:
        least, most = 1, 0
    if not (least <= most <= _MOST and most > 0):
        message = f"`words: {option.text}` says not how many words are asked for"
        question.note("bad-words", option.number, message, "Write `words: 50-200` or `words: at least 50`.")
        return None
    return least, None if most == _MOST and text.startswith("at least") else most


FORM = AnswerForm("essay", "essay", _fits, _can, _build, frozenset({"lines", "words", "example"}))
