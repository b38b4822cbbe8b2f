"""The item that a question makes, once its lines are read."""

from pydantic import ValidationError

from course_kit.model.quiz import KINDS, Item
from course_kit.quizzes.draft import Draft, joined
from course_kit.quizzes.forms import Question, form_of
from course_kit.quizzes.forms.mistakes import reason
from course_kit.quizzes.problems import Problems
from course_kit.quizzes.reading import Placed, Reader


def read_draft(lines: list[Placed], first: int, problems: Problems) -> tuple[Draft, bool]:
    """What stands in the lines of one question, and whether it was read without a fault that spoils its answer."""
    reader = Reader(lines, first, problems)
    return reader.read(), not reader.faulty


def item_of(draft: Draft, place: int, sound: bool, problems: Problems) -> Item | None:
    """The item; None after its faults were reported. ``place`` counts the questions of the quiz from 1."""
    before = problems.errors
    question = Question(draft, problems)
    prompt = joined(draft.prompt)
    if not prompt.strip():
        problems.note("empty-prompt", draft.first_line, "the question has no text", "Write it above the answer.")
    fields = question.options.fields(place)
    form = form_of(question) if sound else None
    answer = None if form is None else form.build(question)
    if form is None or answer is None or problems.errors > before:
        return None
    text = answer.pop("prompt", prompt)
    if not text.strip():
        problems.note("empty-prompt", draft.first_line, "the question has no text", "Write it above the answer.")
        return None
    try:
        return KINDS[form.kind].model_validate({**fields, **answer, "prompt": text})
    except ValidationError as error:
        hint = "Compare it with the author's guide."
        problems.note("bad-item", draft.first_line, f"the question cannot be read: {reason(error)}", hint)
        return None
