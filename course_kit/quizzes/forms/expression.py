"""``~ x^2 + 1``: a formula; whatever is equal to it is right."""

import re

from course_kit.model.kinds.algebra import Unreadable, names_in, read_expression
from course_kit.quizzes.draft import Draft
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.mistakes import refusal

_EXAMPLE = "Write it like `~ x^2 + 2x + 1`."


def _fits(draft: Draft) -> bool:
    return bool(draft.expressions)


def _can(draft: Draft) -> bool:
    return bool(draft.expressions or draft.answers)


def _build(question: Question) -> Fields | None:
    draft = question.draft
    answer = (draft.expressions or draft.answers)[0]
    option = draft.option("names")
    words = re.split(r"[,;\s]+", option.text.strip("[] ")) if option is not None else names_in(answer.text)
    names = list(dict.fromkeys(word for word in words if word))
    fields: Fields = {
        "answer": answer.text,
        "names": names,
        "positive": bool(question.options.yes_or_no("positive")),
    }
    if why := refusal("expression", fields):
        question.note("bad-expression", answer.number if option is None else option.number, why, _EXAMPLE)
        return None
    return {**fields, "mistakes": _mistakes(question, answer.text, names)}


def _mistakes(question: Question, answer: str, names: list[str]) -> list[Fields]:
    """The mistakes. One may be equal to the answer in another shape: not expanded, say; it is told and wrong."""
    shapes = {read_expression(answer, names).shape: question.draft.first_line}
    right = dict(shapes)
    found: list[Fields] = []
    for mistake in question.draft.mistakes:
        try:
            shape = read_expression(mistake.text, names).shape
        except Unreadable as error:
            hint = f"It may hold {', '.join(f'`{name}`' for name in names) or 'numbers only'}. {_EXAMPLE}"
            question.note("bad-expression", mistake.number, f"`{mistake.text[:60]}`: {error}", hint)
            continue
        if shape in right:
            message = f"`{mistake.text[:60]}` is the answer"
            question.note("mistake-is-answer", mistake.number, message, "Take one of the two out.")
        elif shape in shapes:
            message = f"`{mistake.text[:60]}` stands already in line {shapes[shape]}"
            question.note("duplicate-mistake", mistake.number, message, "Take one of the two out.")
        else:
            shapes[shape] = mistake.number
            found.append({"answer": mistake.text, "feedback": mistake.feedback})
    return found


FORM = AnswerForm("expression", "expression", _fits, _can, _build, frozenset({"names", "positive"}))
