"""A numbered list with ``kind: ordering``: pieces to be put into their order."""

from course_kit.quizzes.draft import Draft, joined
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.lists import as_told_apart, entries, last_list
from course_kit.quizzes.scramble import scrambled

_MOST = 30
_EXAMPLE = "Write `1. first`, `2. second` … as the last thing above `kind: ordering`."


def _can(draft: Draft) -> bool:
    return not draft.answered


def _build(question: Question) -> Fields | None:
    draft = question.draft
    start = last_list(draft.prompt)
    where = draft.options["kind"][0].number
    if start is None:
        question.note("no-pieces", where, "no numbered list stands at the end of the question", _EXAMPLE)
        return None
    pieces = entries(draft.prompt[start:])
    unnumbered = next((piece for piece in pieces if piece.mark is None), None)
    if unnumbered is not None:
        question.note("no-rank", unnumbered.number, "the pieces of an ordering are numbered", _EXAMPLE)
        return None
    ranks = [piece.mark or 0 for piece in pieces]
    if len(pieces) < 2 or len(pieces) > _MOST:
        message = f"an ordering has 2 to {_MOST} pieces, and this one {len(pieces)}"
        question.note("bad-pieces", pieces[0].number, message, _EXAMPLE)
        return None
    if len(set(ranks)) < 2:
        hint = "Number them 1., 2., 3. …; equal numbers say that either order is right."
        question.note("equal-ranks", pieces[0].number, "all pieces bear the same number", hint)
        return None
    seen: dict[str, int] = {}
    for piece, rank in zip(pieces, ranks, strict=True):
        if not piece.text:
            question.note("empty-piece", piece.number, "this piece has no text", _EXAMPLE)
            return None
        if seen.setdefault(as_told_apart(piece.text), rank) != rank:
            message = "this piece stands already above, at another place"
            question.note("duplicate-piece", piece.number, message, "Nobody could tell the two apart: change one.")
            return None
    for mistake in draft.mistakes:
        hint = "What is often mixed up can stand in a hint or in the explanation."
        question.note("mistake-of-ordering", mistake.number, "an ordering has no `≠`", hint)
    texts = [piece.text for piece in pieces]
    order = scrambled(texts, lambda one: [ranks[n] for n in one] == sorted(ranks))
    return {
        "prompt": joined(draft.prompt[:start]),
        "pieces": [texts[number] for number in order],
        "ranks": [ranks[number] for number in order],
    }


FORM = AnswerForm("ordering", "ordering", lambda _: False, _can, _build)
