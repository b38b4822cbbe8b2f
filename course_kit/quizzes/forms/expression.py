"""``~ x^2 + 1``: a formula; whatever is equal to it is right."""

import re

from course_kit.quizzes.draft import Draft, Line
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.mistakes import mistakes_of, refusal


def _fits(draft: Draft) -> bool:
    return bool(draft.expressions)


def _can(draft: Draft) -> bool:
    return bool(draft.expressions or draft.answers)


def _build(question: Question) -> Fields | None:
    answer: Line = (question.draft.expressions or question.draft.answers)[0]
    names = question.draft.option("names")
    fields: Fields = {"answer": answer.text}
    if names is not None:
        fields["names"] = [word for word in re.split(r"[,;\s]+", names.text) if word]
    else:
        fields["names"] = list(dict.fromkeys(re.findall(r"(?<![\w.])[A-Za-z](?!\w)", answer.text)))
    if why := refusal("expression", fields):
        question.note("bad-expression", answer.number, why, "Write it like `~ x^2 + 2*x + 1`.")
        return None
    return {**fields, "mistakes": mistakes_of(question, "expression", fields, str.strip)}


FORM = AnswerForm("expression", "expression", _fits, _can, _build, frozenset({"names"}))
