"""The forms of answers: how the lines below a question become an item of some kind.

A form is one row of :data:`FORMS`, first come first served. A new kind of item is a class in
:mod:`course_kit.model.kinds`, a module here and a row.
"""

from collections.abc import Sequence

from course_kit.errors import did_you_mean
from course_kit.quizzes.draft import Block, Draft, Line
from course_kit.quizzes.forms import (
    choices,
    cloze,
    code_check,
    essay,
    expression,
    lists,
    matching,
    numbers,
    ordering,
    parsons,
    texts,
    truth,
)
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question

__all__ = ["FORMS", "AnswerForm", "Fields", "Question", "form_of"]

FORMS: tuple[AnswerForm, ...] = (
    code_check.FORM,
    parsons.FORM,
    choices.SEVERAL,
    choices.ONE,
    matching.FORM,
    expression.FORM,
    essay.FORM,
    truth.FORM,
    numbers.FORM,
    texts.FORM,
    ordering.FORM,
    cloze.FORM,
)
_WORDS = {"short-text": "text", "code-check": "check", "choice": "one-choice", "choices": "several-choices"}
"""Other names that `kind:` understands."""


def form_of(question: Question) -> AnswerForm | None:
    """The form that a question has, or None after a fault was reported."""
    draft = question.draft
    if not _one_form(question):
        return None
    form = next((form for form in FORMS if form.fits(draft)), None)
    kind = draft.option("kind")
    if kind is not None:
        form = _forced(question, kind.text, kind.number)
        if form is None:
            return None
    if form is None:
        hint = "Write choices (`- [x] …`), an answer (`= …`) or blanks (`{{…}}`) below or in it."
        question.note("no-right-answer", draft.first_line, "the question has no answer", hint + _likely_hint(draft))
        return None
    _check_options(form, question)
    if form is not cloze.FORM and (blanks := cloze.blanks_in(draft)) and any(b.kind.value != "code" for b in blanks):
        hint = "Learners see it: take the answer below out, or write `\\{{` where braces are meant."
        question.warn("blank-as-text", blanks[0].number, "`{{…}}` is no blank where an answer stands below", hint)
    return form


def _check_options(form: AnswerForm, question: Question) -> None:
    for name, (option, *_) in question.draft.options.items():
        words = [f"`{other.word}`" for other in FORMS if name in other.options]
        if words and name not in form.options:
            code = "bad-choose" if name == "choose" else "option-of-another-kind"
            message = f"`{name}:` goes with {' and '.join(words)}, and this question is `{form.word}`"
            question.note(code, option.number, message, "Leave it out.")
    shuffle = question.draft.option("shuffle")
    if shuffle is not None and shuffle.text.casefold() != "no" and form not in (choices.ONE, choices.SEVERAL):
        message = f"`shuffle:` is for choices and does nothing here: this question is `{form.word}`"
        question.warn("nothing-to-shuffle", shuffle.number, message, "Leave it out.")


def _forced(question: Question, word: str, line: int) -> AnswerForm | None:
    """The form that `kind:` asks for."""
    draft, name = question.draft, _WORDS.get(word.casefold(), word.casefold())
    form = next((form for form in FORMS if form.word == name), None)
    if form is None:
        words = [form.word for form in FORMS]
        hint = did_you_mean(name, words).strip() or f"Write one of {', '.join(f'`{w}`' for w in words)}."
        question.note("unknown-kind", line, f"`{word}` is no kind of question", f"{hint} Or leave it out.")
    elif not form.can(draft):
        message = f"`kind: {word}` does not fit the answer of the question"
        question.note("wrong-kind", line, message, "Leave `kind:` out: the answer says what is asked for.")
    else:
        return form
    return None


def _one_form(question: Question) -> bool:
    """Whether there are answers of one form only; reports it otherwise."""
    draft = question.draft
    given: list[tuple[Sequence[Line | Block], str]] = [
        (draft.choices, "choices"),
        ([*draft.answers, *draft.strays], "`=`"),
        (draft.expressions, "`~`"),
        (draft.blocks, "a block"),
    ]
    present = [(lines, what) for lines, what in given if lines]
    if len(present) > 1:
        (_, first), (others, second) = present[:2]
        message = f"{first} and {second} stand below one question"
        question.note("two-forms", others[0].number, message, "Keep one of them; `---` begins the next question.")
        return False
    if len(draft.blocks) > 1:
        hint = "Write it as one block; `---` begins the next question."
        question.note("two-answers", draft.blocks[1].number, "the question has a second block", hint)
        return False
    if len(draft.expressions) > 1:
        hint = "One way to write it is enough: whatever is equal to it is right."
        question.note("two-answers", draft.expressions[1].number, "the question has a second `~`", hint)
        return False
    if not matching.FORM.fits(draft) and _word(draft) != "matching":
        for answer in draft.answers[1:]:
            hint = "Write alternatives in one line, `= a | b`; pairs as `= left => right`; `---` begins a new question."
            question.note("two-answers", answer.number, "the question has a second `=`", hint)
    return True


def _word(draft: Draft) -> str:
    kind = draft.option("kind")
    return "" if kind is None else kind.text


def _likely_hint(draft: Draft) -> str:
    """What was probably meant by a question without an answer."""
    if any("{{" in line.text for line in draft.prompt):
        return " A blank holds its answer, and ends in the line in which it begins: `{{answer}}`."
    if sum(lists.ARROW in line.text for line in draft.prompt) > 1:
        return " Pairs to be matched begin with `=`, too: `= left => right`."
    return (
        " If its list is to be put in order, add `kind: ordering`." if lists.last_list(draft.prompt) is not None else ""
    )
