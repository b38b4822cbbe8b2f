"""Answers of Moodle's questions, in GIFT and in XML alike: their weights, wildcards and remarks."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from course_kit.model.kinds import normalise, parse_number
from course_kit.quizzes.imports.numbers import centre_and_width, plain_number
from course_kit.quizzes.imports.questions import FoundChoice, Question

Lose = Callable[[str], None]
_PARTIAL = "part of the points for a wrong answer"


@dataclass
class Answer:
    """One answer: what is given, its share of the points (1 is all), and what is said (Markdown)."""

    text: str
    fraction: Decimal
    feedback: str = ""
    tolerance: str = "0"


def to_choices(question: Question, answers: list[Answer], *, single: bool, lose: Lose) -> None:
    """Make ``question`` one choice or several. Texts are Markdown."""
    weights = [answer.fraction for answer in answers]
    most = max(weights, default=Decimal(0))
    if single:
        right = [weight == most and most > 0 for weight in weights]
        if most not in (0, 1):
            lose(f"no answer earned all points ({_percent(most)} at most): the best one is right")
        if any(0 < weight < most for weight in weights):
            lose(f"{_PARTIAL}: here it earns none")
        if sum(right) > 1:
            lose("several answers earned all points alone; here all of them have to be chosen")
    else:
        right = [weight > 0 for weight in weights]
        if len({weight for weight in weights if weight > 0}) > 1 or len({w for w in weights if w < 0}) > 1:
            lose("the weights of its answers: here right choices count the same, and wrong ones take as much off")
    if any(weight < 0 for weight in weights) and single:
        lose("points taken off for a wrong answer: here a wrong answer earns none")
    question.choices = [
        FoundChoice(answer.text, is_right, answer.feedback)
        for answer, is_right in zip(answers, right, strict=True)
        if answer.text.strip()
    ]
    question.kind = "one-choice" if single and sum(right) == 1 else "several-choices"


def to_text(question: Question, answers: list[Answer], *, case: bool, lose: Lose, wildcards: bool = True) -> None:
    """Make ``question`` a short text; ``*`` in an answer stands for any letters."""
    right = [answer for answer in answers if answer.fraction == 1]
    if not right and answers:
        best = max(answer.fraction for answer in answers)
        right = [answer for answer in answers if answer.fraction == best > 0]
        lose(f"no answer earned all points ({_percent(best)} at most): the best one is right")
    texts = list(dict.fromkeys(" ".join(answer.text.split()) for answer in right if answer.text.strip()))
    question.kind, question.case = "short-text", case
    if wildcards and any(_has_wildcard(text) for text in texts):
        question.pattern = "|".join(_pattern(text) for text in texts)
    else:
        plain = [text.replace(r"\*", "*") if wildcards else text for text in texts]
        seen: dict[str, str] = {}
        for text in plain:
            seen.setdefault(text if case else normalise(text) or text, text)
        question.answers = list(seen.values())
    _remarks(question, right, lose)
    for answer in answers:
        if answer in right:
            continue
        if answer.fraction > 0:
            lose(f"{_PARTIAL} (`{answer.text[:40]}`, {_percent(answer.fraction)}): here it earns none")
        if answer.text.strip() == "*":
            _lose_rest(answer, lose)
        elif answer.feedback and wildcards and _has_wildcard(answer.text):
            lose(f"the remark on wrong answers like `{answer.text[:40]}`: wildcards stand in right answers only")
        elif answer.feedback:
            _add_mistake(question, " ".join(answer.text.split()), answer.feedback)


def to_number(question: Question, answers: list[Answer], lose: Lose) -> str | None:
    """Make ``question`` a number; what is wrong with it if it cannot be one."""
    right: tuple[Decimal, Decimal] | None = None
    best = max((answer.fraction for answer in answers if _number_of(answer) is not None), default=Decimal(0))
    if best <= 0:
        return "none of its answers is a right number"
    if best != 1:
        lose(f"no answer earned all points ({_percent(best)} at most): the best one is right")
    for answer in answers:
        value = _number_of(answer)
        if answer.fraction == best and value is not None and right is None:
            right = value
            question.number, question.tolerance = plain_number(value[0]), plain_number(value[1])
            _remarks(question, [answer], lose)
    for answer in answers:
        value = _number_of(answer)
        if value is None or right is None:
            if answer.text.strip() == "*":
                _lose_rest(answer, lose)
            continue
        if (value == right and answer.fraction == best) or abs(value[0] - right[0]) <= right[1]:
            if value != right:
                given = f"`{answer.text[:40]}` ({_percent(answer.fraction)})"
                lose(f"the answer {given}: it lies within the first one's tolerance")
            continue
        if answer.fraction > 0:
            lose(f"{_PARTIAL} (`{answer.text[:40]}`, {_percent(answer.fraction)}): here it earns none")
        if answer.feedback:
            _add_mistake(question, plain_number(value[0]), answer.feedback)
    question.kind = "number"
    return None


def _number_of(answer: Answer) -> tuple[Decimal, Decimal] | None:
    """The number that an answer names (``5``, ``5:0.1``, ``4..6``) and how far off counts."""
    text = answer.text.strip()
    if text.find("..") > 0:
        low, high = (parse_number(bound) for bound in text.split("..", 1))
        return None if low is None or high is None or low > high else centre_and_width(low, high)
    value, _, tolerance = text.partition(":")
    centre, width = parse_number(value), parse_number(tolerance or answer.tolerance or "0")
    return None if centre is None else (centre, abs(width or Decimal(0)))


def to_truth(question: Question, *, truth: bool, if_right: str, if_wrong: str) -> None:
    """Make ``question`` true or false, with what is said to one who is right or wrong."""
    question.kind, question.truth = "true-false", truth
    question.explain(if_right)
    if if_wrong:
        question.mistakes = [("false" if truth else "true", if_wrong)]


def blank_of(kind: str, answers: list[Answer], *, case: bool, lose: Lose) -> str | None:
    """A blank of a cloze in the author's form (`{{…}}`), or None where it cannot be one.

    ``kind``: ``choice``, ``text`` or ``number``. Texts are plain.
    """
    part = Question("", kind, "")
    if kind == "number":
        if to_number(part, answers, lose) is not None:
            return None
        tolerance = "" if part.tolerance in ("", "0") else f" ± {part.tolerance}"
        written = f"= {part.number}{tolerance}"
    elif kind == "text":
        to_text(part, answers, case=case, lose=lose)
        texts = [f"/{part.pattern}/{'' if case else 'i'}"] if part.pattern else [_barred(a) for a in part.answers]
        written = " | ".join(texts)
    else:
        to_choices(part, answers, single=True, lose=lose)
        if part.kind != "one-choice":
            return None
        written = "choose: " + " | ".join(
            ("*" if choice.right else "") + " — ".join(_barred(text) for text in (choice.text, choice.feedback) if text)
            for choice in part.choices
        )
    if part.mistakes or part.explanation:
        lose("what is said about the answer in a blank, other than to a choice")
    return None if not written.strip() or "}}" in written or "\n" in written else f"{{{{{written}}}}}"


def _barred(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _remarks(question: Question, right: Iterable[Answer], lose: Lose) -> None:
    """What is said to a right answer becomes the explanation, where it is the same for all."""
    said = list(dict.fromkeys(answer.feedback for answer in right if answer.feedback))
    if len(said) == 1:
        question.explain(said[0])
    elif said:
        lose("the remarks on its right answers: they differ, and an explanation is one")


def _lose_rest(answer: Answer, lose: Lose) -> None:
    if answer.feedback:
        lose("the remark on any other answer: remarks belong to answers")


def _add_mistake(question: Question, given: str, feedback: str) -> None:
    right = {normalise(answer) for answer in question.answers}
    known = {normalise(one) for one, _ in question.mistakes}
    if given and normalise(given) not in known | right:
        question.mistakes.append((given, feedback))


def _has_wildcard(text: str) -> bool:
    return re.search(r"(?<!\\)\*", text) is not None


def _pattern(text: str) -> str:
    r"""A regular expression for an answer in which ``*`` stands for anything, and ``\*`` for a star."""
    parts = re.split(r"(\\\*|\*)", text)
    known = {"*": ".*", r"\*": r"\*"}
    return "".join(known.get(part) or re.escape(part).replace("/", r"\/").replace(r"\ ", " ") for part in parts)


def _percent(fraction: Decimal) -> str:
    return f"{plain_number(round(fraction * 100, 1))} %"
