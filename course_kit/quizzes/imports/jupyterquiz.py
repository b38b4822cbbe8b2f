"""jupyterquiz's JSON: a list of questions, plain or in base64, in a file or hidden in a notebook."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from html import unescape
from typing import Any

from course_kit.model.kinds import parse_number
from course_kit.quizzes.imports.images import Images
from course_kit.quizzes.imports.markdown import html_markdown
from course_kit.quizzes.imports.numbers import centre_and_width, plain_number, significant
from course_kit.quizzes.imports.questions import MAX_QUESTIONS, Found, FoundChoice, Imported, Question
from course_kit.quizzes.imports.writing import written

_HIDDEN = re.compile(r"<(span|div|p|pre|script)\b([^<>]{0,500})>([^<]{2,})</\1>", re.IGNORECASE)
_NAMED = re.compile(r"""(?:id|class)\s?=\s?["']?([\w.-]{1,60})""")
_REMARK = re.compile(r"^(correct|incorrect|right|wrong|yes|no)[.!]*$", re.IGNORECASE)


def read(data: bytes, name: str = "quiz") -> Imported:
    """The questions of a file: JSON, base64 of it, or a notebook that holds such. Never raises."""
    found = Found()
    for title, questions in _lists(data, name, found):
        for entry in questions:
            found.count += 1
            if found.count > MAX_QUESTIONS:
                found.leave_out("", f"only the first {MAX_QUESTIONS:,} questions were read")
                return written(found)
            _read_entry(entry, title, found)
    return written(found)


def _lists(data: bytes, name: str, found: Found) -> Iterator[tuple[str, list[Any]]]:
    value = _value(data.decode("utf-8-sig", errors="replace"))
    if isinstance(value, dict) and isinstance(value.get("cells"), list):
        hidden = list(_hidden(value["cells"], found))
        if not hidden:
            reason = "no quiz is hidden in this notebook; name the JSON file that it shows instead"
            found.leave_out("", reason)
        yield from hidden
        return
    questions = _questions(value)
    if questions is None:
        found.leave_out("", "this is neither a list of questions in JSON nor base64 of one")
        return
    yield name, questions


def _questions(value: Any) -> list[Any] | None:
    if isinstance(value, dict):
        value = value.get("questions", [value] if "question" in value else None)
    return value if isinstance(value, list) else None


def _value(text: str) -> Any:
    """The JSON in a text, plain or in base64; None if there is none."""
    for inner in (text, _from_base64(text)):
        try:
            value = None if inner is None else json.loads(inner)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, list | dict):
            return value
    return None


def _from_base64(text: str) -> str | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _hidden(cells: list[Any], found: Found) -> Iterator[tuple[str, list[Any]]]:
    """The lists that stand in hidden elements of Markdown cells."""
    for number, cell in enumerate(cells, 1):
        source = cell.get("source", "") if isinstance(cell, dict) else ""
        text = "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else source
        if not isinstance(text, str):
            continue
        for match in _HIDDEN.finditer(text):
            questions = _questions(_value(unescape(match[3])))
            if questions is not None:
                named = _NAMED.search(match[2])
                yield (named[1] if named else f"quiz-{number}"), questions
        for match in re.finditer(r"""display_quiz\(\s*["']([^"'#][^"'\n]{0,200})["']""", text):
            found.lose(f"cell {number}", f"it shows `{match[1]}`: import that file as well")


def _read_entry(entry: Any, title: str, found: Found) -> None:
    where = f"question {found.count}"
    if not isinstance(entry, dict) or not isinstance(entry.get("question"), str):
        found.leave_out(where, "it has no text `question`")
        return
    words = " ".join(entry["question"].split())[:60]
    where = f"{where} ({words})" if words else where
    kind = entry.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        found.leave_out(where, f"a question of the type {kind!r} is not known")
        return
    answers = [answer for answer in _list(entry.get("answers")) if isinstance(answer, dict)]
    markdown = partial(html_markdown, image=Images(found, where), lost=partial(found.lose, where), dollars=True)
    prompt = _with_code(markdown(entry["question"]), entry.get("code"))
    question = reader(entry, answers, Question(where, "", prompt), _Texts(markdown, partial(found.lose, where)))
    if isinstance(question, str):
        found.leave_out(where, question)
    else:
        found.add(title, question)


class _Texts:
    """How a question's texts are read, and where it says what is missing."""

    def __init__(self, markdown: Callable[[str], str], lose: Callable[[str], None]) -> None:
        self.markdown, self.lose = markdown, lose

    def feedback(self, answer: dict[str, Any]) -> str:
        value = answer.get("feedback")
        return self.markdown(value) if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value[:200] if isinstance(value, list) else []


def _with_code(text: str, code: Any) -> str:
    if not isinstance(code, str) or not code.strip():
        return text
    marks = "`" * (max((len(run) for run in re.findall(r"`{3,}", code)), default=2) + 1)
    return f"{text}\n\n{marks}python\n{code.strip(chr(10))}\n{marks}".strip()


def _text_of(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _read_choices(
    entry: dict[str, Any], answers: list[dict[str, Any]], question: Question, texts: _Texts
) -> Question | str:
    for answer in answers:
        text = _with_code(texts.markdown(_text_of(answer.get("answer"))), answer.get("code"))
        question.choices.append(FoundChoice(text, answer.get("correct") is True, texts.feedback(answer)))
    right = sum(choice.right for choice in question.choices)
    several = entry.get("type") == "many_choice"
    if right > 1 and not several:
        texts.lose("each of its right answers counted alone; here all of them have to be chosen")
    question.kind = "several-choices" if several or right > 1 else "one-choice"
    return question


def _read_number(
    entry: dict[str, Any], answers: list[dict[str, Any]], question: Question, texts: _Texts
) -> Question | str:
    precision = entry.get("precision")
    right: list[tuple[Decimal, Decimal, str]] = []
    for answer in answers:
        value = _value_and_width(answer, precision if type(precision) is int else None, texts)
        if value is None:
            continue
        if answer.get("correct") is True:
            right.append((*value, texts.feedback(answer)))
        elif value[1] > 0 and "range" in answer:
            texts.lose("the remark on a range of wrong answers: a remark belongs to one number")
        elif feedback := texts.feedback(answer):
            question.mistakes.append((plain_number(value[0]), feedback))
    if not right:
        return "none of its answers is a right number"
    if len(right) > 1:
        others = ", ".join(plain_number(value) for value, _, _ in right[1:4])
        texts.lose(f"further right answers ({others}): there is one, with its tolerance")
    question.number, question.tolerance = plain_number(right[0][0]), plain_number(right[0][1])
    _explain(question, right[0][2])
    question.mistakes = [
        (given, said)
        for given, said in question.mistakes
        if abs((parse_number(given) or Decimal(0)) - right[0][0]) > right[0][1]
    ]
    question.kind = "number"
    return question


def _value_and_width(answer: dict[str, Any], precision: int | None, texts: _Texts) -> tuple[Decimal, Decimal] | None:
    """The number that an answer names and how far off counts; None for one that names none."""
    if "value" in answer:
        value = parse_number(_text_of(answer["value"]))
        if value is None or precision is None:
            return None if value is None else (value, Decimal(0))
        return significant(value, precision)
    if isinstance(answer.get("range"), list) and len(answer["range"]) == 2:
        low, high = (parse_number(_text_of(bound)) for bound in answer["range"])
        if low is None or high is None or low > high:
            return None
        if answer.get("correct") is True:
            texts.lose("the upper end of its range was not part of it; here it is")
        return centre_and_width(low, high)
    if texts.feedback(answer) and not _REMARK.match(texts.feedback(answer)):
        texts.lose("the remark on any other answer: remarks belong to answers")
    return None


def _explain(question: Question, feedback: str) -> None:
    """What was said to a right answer is shown once it is given."""
    if feedback and not _REMARK.match(feedback):
        question.explain(feedback)


def _read_text(
    _entry: dict[str, Any], answers: list[dict[str, Any]], question: Question, texts: _Texts
) -> Question | str:
    for answer in answers:
        text, feedback = " ".join(_text_of(answer.get("answer")).split()), texts.feedback(answer)
        if not text:
            if feedback and not _REMARK.match(feedback):
                texts.lose("the remark on any other answer: remarks belong to answers")
        elif answer.get("correct") is True:
            question.answers.append(text)
            question.case = question.case or answer.get("match_case") is True
            _explain(question, feedback)
            if "fuzzy_threshold" in answer:
                texts.lose(f"`{text}` was accepted when it was nearly right; here it has to be right")
        elif feedback:
            question.mistakes.append((text, feedback))
    if not question.answers:
        return "none of its answers is right"
    question.answers = list(dict.fromkeys(question.answers))
    question.kind = "short-text"
    return question


def _read_matching(
    entry: dict[str, Any], _answers: list[dict[str, Any]], question: Question, texts: _Texts
) -> Question | str:
    for pair in _list(entry.get("pairs")):
        if isinstance(pair, dict):
            question.pairs.append(
                (texts.markdown(_text_of(pair.get("label"))), texts.markdown(_text_of(pair.get("answer"))))
            )
    right = {right for _, right in question.pairs}
    options = dict.fromkeys(texts.markdown(_text_of(option)) for option in _list(entry.get("options")))
    question.distractors = [option for option in options if option and option not in right]
    question.kind = "matching"
    return question


_READERS: dict[str, Callable[[dict[str, Any], list[dict[str, Any]], Question, _Texts], Question | str]] = {
    "multiple_choice": _read_choices,
    "many_choice": _read_choices,
    "numeric": _read_number,
    "string": _read_text,
    "match": _read_matching,
}
