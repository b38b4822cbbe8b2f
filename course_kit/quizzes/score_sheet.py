"""What a learner's answers to a graded quiz earn, with a page to read: question, answer, score, explanation.

Answers are claims from a file that anybody may have written: they choose what is scored, never what it earns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from course_kit.model.chance import drawn, variant_for
from course_kit.model.quiz import UNANSWERED, Item, Outcome, Quiz, Response, Variants, score
from course_kit.quizzes.plain import quiz_html
from course_kit.quizzes.responses import Given, Responses

Earlier = Callable[[str, str], Variants | None]
"""An item (rendered) by its name ``quiz/item`` and the digest of a wording that is not the present one."""
_SHORTEST_DIGEST = 12
_WORDS = {
    "unanswered": "Not answered",
    "invalid": "Could not be read",
    "wrong": "Wrong",
    "partly-right": "Partly right",
    "right": "Right",
}


@dataclass(frozen=True)
class Sheet:
    """``points`` of ``worth``; ``page``: the review as HTML; ``remarks``: what an instructor should know, in sentences.

    ``answered`` of the ``asked`` questions have an answer.
    """

    points: float
    worth: float
    page: str
    answered: int
    asked: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Row:
    item: Item
    given: Given | None
    outcome: Outcome

    @property
    def earned(self) -> float:
        return self.item.points * self.outcome.fraction


def score_sheet(
    quiz: Quiz,
    digests: Mapping[str, str],
    responses: Responses,
    worth: float,
    earlier: Earlier = lambda _name, _wording: None,
) -> Sheet:
    """Score ``responses`` to a ``quiz`` whose texts are rendered; never raises, whatever the responses.

    ``digests``: what names each item's wording, by its key. ``worth``: the points of the whole quiz; the items share
    them as their own points say. Of a pool the best ``pick`` count; where more are answered, those of them that were
    drawn first for this learner, so that nobody gains by answering what was not asked.
    """
    remarks: list[str] = []
    rows = [_row(quiz.key, variants, digests, responses, earlier, remarks) for variants in quiz.items]
    asked = len(rows) if quiz.pick is None else min(quiz.pick, len(rows))
    answered = sum(row.outcome.state != "unanswered" for row in rows)
    counted = rows
    if answered > asked:
        given = (row for row in drawn(responses.seed, f"/{quiz.key}", rows) if row.outcome.state != "unanswered")
        counted = list(given)[:asked]
        said = f"The quiz {quiz.key!r} asks {asked} questions, and {answered} are answered"
        remarks.append(f"{said}: {', '.join(row.item.key for row in rows if row in counted)} count, as drawn.")
    possible = sum(sorted((row.item.points for row in rows), reverse=True)[:asked])
    earned = sum(sorted((row.earned for row in counted), reverse=True)[:asked])
    points = min(worth, max(0.0, worth * earned / possible)) if possible > 0 else 0.0
    shown = rows if asked == len(rows) else [row for row in rows if row.given is not None]
    return Sheet(round(points, 6), worth, _page(shown), min(answered, asked), asked, tuple(remarks))


def _row(
    quiz: str,
    variants: Variants,
    digests: Mapping[str, str],
    responses: Responses,
    earlier: Earlier,
    remarks: list[str],
) -> _Row:
    item, name = variants.item, f"{quiz}/{variants.item.key}"
    former = [one if "/" in one else f"{quiz}/{one}" for one in item.was]
    found = next((one for one in (name, *former) if one in responses.given), None)
    if found is None:
        met = variant_for(responses.seed, f"/{name}", len(variants.all)) if responses.seed else 0
        return _Row(variants.variant(met), None, UNANSWERED)
    given = responses.given[found]
    wording = given.digest
    if len(wording) < _SHORTEST_DIGEST or not digests[item.key].startswith(wording):
        old = earlier(found, wording) if len(wording) >= _SHORTEST_DIGEST else None
        if old is None:
            remarks.append(f"The answer to {name} is to a question that this course never asked: it counts zero.")
            return _Row(item, given, Outcome.invalid("This answer belongs to another question."))
        remarks.append(f"{name} was answered in an earlier wording, and is scored by it.")
        variants = old
    if not 0 <= given.variant < len(variants.all):
        remarks.append(f"The answer to {name} is to a variant that there is not: it counts zero.")
        return _Row(item, given, Outcome.invalid("This answer belongs to another question."))
    # in an assignment nothing stands before the quiz's name
    if given.variant != variant_for(responses.seed, f"/{found}", len(variants.all)):
        remarks.append(f"{name} was answered in another variant than the one that this learner met first.")
    asked = variants.variant(given.variant).model_copy(update={"points": item.points, "key": item.key})
    return _Row(asked, given, _scored(asked, given.response, name, remarks))


def _scored(item: Item, response: Response, name: str, remarks: list[str]) -> Outcome:
    try:
        outcome = score(item, response)
    except Exception as error:  # a kind must not raise; if one does, this answer is the only one that suffers
        remarks.append(f"The answer to {name} could not be scored ({type(error).__name__}): it counts zero.")
        return Outcome.invalid("This answer could not be scored.")
    if outcome.state == "invalid":
        why = " ".join(remark.text for remark in outcome.feedback)
        remarks.append(f"The answer to {name} could not be read and counts zero. What its page says: {why}")
    return outcome


# ---------------------------------------------------------------- the page


def _page(rows: list[_Row]) -> str:
    parts = [_row_html(row, number, len(rows)) for number, row in enumerate(rows, 1)]
    return f'<section class="ck-review" aria-label="Quiz review">\n{"".join(parts)}</section>'


def _row_html(row: _Row, number: int, count: int) -> str:
    item, outcome = row.item, row.outcome
    word = _WORDS[outcome.state]
    head = f"Question {number} of {count}: {word}, {_shown(row.earned)} of {_shown(item.points)}"
    parts = [f"<p><strong>{head} {'point' if item.points == 1 else 'points'}</strong></p>", quiz_html([item.public()])]
    if outcome.state != "unanswered" and row.given is not None:
        parts.append(f"<div><em>Your answer:</em> {answer_html(item, row.given.response, outcome)}</div>")
    for remark in outcome.feedback:
        parts.append(f"<div>{escape(remark.text) if outcome.state == 'invalid' else remark.text}</div>")
    if item.explanation:
        parts.append(f"<div><em>Explanation:</em> {item.explanation}</div>")
    return "<div>\n" + "\n".join(parts) + "\n</div>\n<hr>\n"


def answer_html(item: Item, response: Response, outcome: Outcome) -> str:
    """An answer in words, as HTML that is safe to show whatever was answered."""
    texts = response if isinstance(response, list) else [response]
    if outcome.state == "invalid" or any(isinstance(one, str) for one in texts) or not item.answers_are_texts:
        return escape(_in_words(item, response))
    return _in_words(item, response)  # the item's own texts, which are HTML once rendered


def _in_words(item: Item, response: Response) -> str:
    try:
        return item.in_words(response)
    except Exception:  # it must not raise; a page without the words is better than none
        return str(response)


def _shown(points: float) -> str:
    return f"{round(points, 2):g}"
