"""``= true`` and ``= false``."""

from course_kit.quizzes.draft import Draft
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question

TRUTH = {"true": True, "false": False}


def _build(question: Question) -> Fields | None:
    draft = question.draft
    answer = TRUTH.get(draft.answer.casefold())
    if answer is None:
        hint = "Write `= true` or `= false`."
        question.note("bad-truth", draft.answers[0].number, f"`{draft.answer}` is neither true nor false", hint)
        return None
    mistakes: list[dict[str, str]] = []
    for mistake in draft.mistakes:
        given = TRUTH.get(mistake.text.casefold())
        if given is None:
            hint = f"Write `≠ {str(not answer).lower()} — feedback`."
            question.note("bad-truth", mistake.number, f"`{mistake.text}` is neither true nor false", hint)
        elif given == answer:
            hint = f"The mistake is `≠ {str(not answer).lower()} — feedback`."
            question.note("mistake-is-answer", mistake.number, f"`{mistake.text}` is the right answer", hint)
        elif mistakes:
            question.note("duplicate-mistake", mistake.number, f"`{mistake.text}` stands already above", "Keep one.")
        else:
            mistakes.append({"answer": mistake.text.casefold(), "feedback": mistake.feedback})
    return {"answer": answer, "mistakes": mistakes}


def _can(draft: Draft) -> bool:
    return bool(draft.answers)


FORM = AnswerForm("true-false", "true-false", lambda d: _can(d) and d.answer.casefold() in TRUTH, _can, _build)
