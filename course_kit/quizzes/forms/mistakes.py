"""``≠``: common wrong answers and what is said about them."""

from collections.abc import Callable, Hashable
from typing import Any

from pydantic import ValidationError

from course_kit.model.quiz import KINDS, Item
from course_kit.quizzes.forms.form import Fields, Question
from course_kit.quizzes.splitting import split_alternatives


def mistakes_of(
    question: Question, kind: str, fields: Fields, same: Callable[[str], Hashable], response: Callable[[str], Any] = str
) -> list[dict[str, Any]]:
    """The mistakes below a question whose other ``fields`` are known, none of which may count as right.

    ``same``: what two mistakes that are one have in common. ``response``: a mistake's text as a learner would give it.
    """
    item = trial(kind, fields)
    seen: dict[Hashable, int] = {}
    found: list[dict[str, Any]] = []
    for line in question.draft.mistakes:
        for given in split_alternatives(line.text):
            if not given:
                continue
            if same(given) in seen:
                message = f"`{given}` stands already in line {seen[same(given)]}"
                question.note("duplicate-mistake", line.number, message, "Take one of the two out.")
            elif item is not None and item.score(response(given)).fraction >= 1:
                message, hint = f"`{given}` counts as right", "Narrow the answer, or take this mistake out."
                question.note("mistake-is-answer", line.number, message, hint)
            else:
                found.append({"answer": given, "feedback": line.feedback})
            seen.setdefault(same(given), line.number)
    return found


def trial(kind: str, fields: Fields) -> Item | None:
    """An item of these fields, to try responses on; None if they do not make one."""
    try:
        return KINDS[kind].model_validate({"key": "trial", "prompt": "?", **fields})
    except ValidationError:
        return None


def refusal(kind: str, fields: Fields) -> str:
    """Why the fields make no item, in the model's words; empty if they do."""
    try:
        KINDS[kind].model_validate({"key": "trial", "prompt": "?", **fields})
    except ValidationError as error:
        return reason(error)
    return ""


def reason(error: ValidationError) -> str:
    """The first thing that the model says about an item that it refuses."""
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
