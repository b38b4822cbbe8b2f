"""``- [x]`` and ``- [ ]``: one choice, several choices."""

import re

from course_kit.quizzes.draft import Draft
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.lists import as_told_apart

MOST = 50
_NOT_WORDS = re.compile(r"`[^`]*`|\$[^$]*\$")
_SHORT_DASH = re.compile(r"\S (-|--|–) (?=[^\W\d_]\S* \S+ \S)")
"""A dash between blanks with a few words behind it: a remark sooner than a part of what is to be chosen."""


def _fits_several(draft: Draft) -> bool:
    return bool(draft.choices) and ("choose" in draft.options or sum(choice.right for choice in draft.choices) > 1)


def _build(question: Question) -> Fields | None:
    choices = question.draft.choices
    if not choices:
        return None
    seen: dict[str, int] = {}
    for choice in choices:
        plain = as_told_apart(choice.text)
        if plain in seen:
            message = f"this choice stands already in line {seen[plain]}"
            question.note("duplicate-choice", choice.number, message, "Change one of them, or take it out.")
        seen.setdefault(plain, choice.number)
        if not choice.feedback and (dash := _SHORT_DASH.search(_NOT_WORDS.sub("x", choice.text))):
            hint = f"For a remark, write a long dash: `choice — remark`; to keep it, write `\\{dash[1]}`."
            question.warn("short-dash", choice.number, f"learners see what stands after ` {dash[1]} ` as well", hint)
    if len(choices) < 2:
        hint = "Add a wrong choice: `- [ ] …`."
        question.note("one-choice-only", choices[0].number, "a question needs at least two choices", hint)
        return None
    if len(choices) > MOST:
        question.note("too-many-choices", choices[MOST].number, f"a question has at most {MOST} choices", "")
        return None
    if not any(choice.right for choice in choices):
        question.note("no-right-answer", choices[0].number, "no choice is marked as right", "Mark it with `[x]`.")
        return None
    for mistake in question.draft.mistakes:
        hint = "What is said about a choice stands after it: `- [ ] text — feedback`."
        question.note("mistake-with-choices", mistake.number, "`≠` goes with `=`, not with choices", hint)
    return {"choices": [{"text": c.text, "right": c.right, "feedback": c.feedback} for c in choices]}


def _build_one(question: Question) -> Fields | None:
    right = [choice for choice in question.draft.choices if choice.right]
    if len(right) > 1:
        hint = "Leave `kind:` out: several `[x]` ask for several choices."
        question.note("two-right-choices", right[1].number, "a second choice is marked as right", hint)
        return None
    return _build(question)


def _build_several(question: Question) -> Fields | None:
    choose = question.draft.option("choose")
    if choose is not None and choose.text not in ("several", "many"):
        message = f"`choose: {choose.text}` says nothing"
        question.note("bad-choose", choose.number, message, "Write `choose: several`, or leave it out.")
        return None
    return _build(question)


def _can(draft: Draft) -> bool:
    return bool(draft.choices)


SEVERAL = AnswerForm("several-choices", "several-choices", _fits_several, _can, _build_several, frozenset({"choose"}))
ONE = AnswerForm("one-choice", "one-choice", _can, _can, _build_one)
