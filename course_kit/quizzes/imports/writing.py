"""Questions from elsewhere, written in the author's form. Each is read back; what would not be the same is left out."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from course_kit.model.keys import is_key, slug
from course_kit.model.kinds import normalise, parse_number
from course_kit.model.quiz import Item, item_digest, score
from course_kit.quizzes.imports.questions import Found, Imported, ImportedQuiz, Question
from course_kit.quizzes.parse import parse_quiz

MAX_CELL_QUESTIONS = 30
_MAX_CELL_LETTERS = 60_000
_CHECKED = "checked"
_SAID = {"short-text": "text", "number": "number"}
"""What `kind:` says where an answer would be read as something else."""
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_OPTION = re.compile(r"^( {0,3}[A-Za-z][\w-]{0,30}(?: \([^()]{0,20}\))?)(\s*:)")
_MARK = re.compile(r"^( {0,3})(=|!=|~(?=\s))")
_BLOCK = re.compile(r"^( {0,3}(?:`{3,}|~{3,}))\s*(?:check|parsons)\b.*$")
_BOX = re.compile(r"^( {0,3}[-*+]\s+)\[")


def written(found: Found) -> Imported:
    """The quiz cells of everything that was found. What cannot be written so that it reads the same is a loss."""
    quizzes: list[ImportedQuiz] = []
    taken: set[str] = set()
    for title, questions in found.quizzes.items():
        texts = [text for question in questions if (text := _item_text(question, found)) is not None]
        for part in (one for some in _portions(texts) for one in _apart_if_needed(some)):
            key = _free(_short(slug(title)), taken)
            quizzes.append(ImportedQuiz(key, f"%%quiz {key}\n" + _with_keys(part), len(part)))
    return Imported(tuple(quizzes), tuple(found.losses), dict(found.files))


Written = tuple[str, str]
"""The key that a question asks for, and its text without it."""


def _portions(texts: list[Written]) -> Iterator[list[Written]]:
    """Cells of a size that a person can work with."""
    part: list[Written] = []
    size = 0
    for key, text in texts:
        if part and (len(part) >= MAX_CELL_QUESTIONS or size + len(text) > _MAX_CELL_LETTERS):
            yield part
            part, size = [], 0
        part.append((key, text))
        size += len(text)
    if part:
        yield part


def _apart_if_needed(part: list[Written]) -> list[list[Written]]:
    """``part`` as one cell if its questions read there as they read alone; else each in a cell of its own.

    What one question leaves open (a formula, say) can end in the next: then texts become separators and answers, and a
    file from elsewhere could write what no import writes, such as code that is run.
    """
    alone = [_read_back(_with_keys([one])) for one in part]
    together = _read_back(_with_keys(part))
    return [part] if together == [item for items in alone for item in items] else [[one] for one in part]


def _read_back(text: str) -> list[str]:
    """What names the items of a cell, apart from their keys, and its problems."""
    quiz, problems = parse_quiz(f"%%quiz imported\n{text}")
    return [*map(item_digest, quiz.items), *(problem.message for problem in problems)]


def _with_keys(part: list[Written]) -> str:
    taken: set[str] = set()
    blocks = [f"{text}\nkey: {_free(key, taken)}" for key, text in part]
    return "\n---\n".join(blocks) + "\n"


def _short(key: str) -> str:
    """A key of a length that people read, cut between words."""
    if len(key) <= 40:
        return key
    words = key[:41].rpartition("-")[0]
    return words if len(words) > 10 else key[:40].strip("-")


def _free(key: str, taken: set[str]) -> str:
    """``key``, or with a number behind it where that is taken."""
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}-{number}"
    taken.add(free)
    return free


def _item_text(question: Question, found: Found) -> Written | None:
    """The question's text in the author's form, checked by reading it; None where it cannot be said."""
    reason, tried = "", ""
    ways = (False, True) if question.kind in _SAID else (False,)
    if not question.prompt.strip():
        found.leave_out(question.where, "it has no text")
        return None
    for change in (_as_it_is, _every_option_escaped, _braces_apart):
        prompt = change(question.prompt)
        if prompt == tried:
            continue
        tried = prompt
        for kind_said in ways:
            text = _text(question, prompt, kind_said=kind_said)
            problem = _unfaithful(question, prompt, text)
            if problem is None:
                return _key_of(question), text
            reason = problem
    found.leave_out(question.where, f"it cannot be written as a quiz: {reason}")
    return None


def _key_of(question: Question) -> str:
    """The key that the question asks for, or one made from its name or its first words."""
    if is_key(question.key):
        return question.key
    words = re.sub(
        r"\{\{.*?\}\}|\$[^$]*\$|!?\[([^\]]*)\]\([^)]*\)|&\w+;", r" \1 ", question.prompt.strip().split("\n")[0]
    )
    for text in (question.name, words):
        key = slug(text)
        if re.search("[a-z]", key) and not re.fullmatch(r"q\d+|untitled|question-?\d*", key):
            return _short(key)
    return "question"


def _text(question: Question, prompt: str, *, kind_said: bool) -> str:
    lines = [prompt, *_WRITERS[question.kind](question)]
    if kind_said:
        lines.append(f"kind: {_SAID[question.kind]}")
    if question.shuffle and question.kind in ("one-choice", "several-choices"):
        lines.append("shuffle: yes")
    if question.points and parse_number(question.points) not in (None, Decimal(1)):
        lines.append(f"points: {question.points}")
    lines += [f"hint: {_going_on(hint)}" for hint in question.hints if hint.strip()]
    if question.explanation.strip():
        lines.append(f"explanation: {_going_on(question.explanation)}")
    return "\n".join(lines)


def _unfaithful(question: Question, prompt: str, text: str) -> str | None:
    """What is wrong with ``text`` as a writing of ``question``; None if it reads back the same."""
    quiz, problems = parse_quiz(f"%%quiz imported\n{text}\nkey: {_CHECKED}\n")
    if problems:
        return problems[0].message
    if len(quiz.items) != 1 or quiz.items[0].kind != question.kind:
        return "its text would be read as something else"
    item = quiz.items[0]
    if not question.blanks and "".join(item.prompt.split()) != "".join(prompt.split()):
        return "a part of its text would be read as an answer"
    same = _SAME.get(question.kind)
    if same is not None and not same(item, question):
        return "its answers would be read as others"
    outcome = score(item, item.reference_response())
    return None if outcome.fraction == 1 else "its right answer would not count as right"


# ---------------------------------------------------------------- the text of the question


def _as_it_is(prompt: str) -> str:
    """With what begins an answer or an item in the author's form escaped, outside code."""
    return _outside_code(prompt, _escape_line)


def _every_option_escaped(prompt: str) -> str:
    return _outside_code(prompt, lambda line: _OPTION.sub(r"\1\\\2", _escape_line(line)).replace("=>", r"=\>"))


def _braces_apart(prompt: str) -> str:
    """With `{{` escaped as well, which begins a blank; formulas are left alone."""

    def escaped(line: str) -> str:
        parts = re.split(r"(\$[^$]*\$)", line)
        return "".join(part if part.startswith("$") else re.sub(r"(?<!\\)\{\{", r"\\{{", part) for part in parts)

    return _outside_code(_every_option_escaped(prompt), escaped)


def _escape_line(line: str) -> str:
    if re.match(r"^ {0,3}-{3,}\s*$", line):
        return "***"
    line = _MARK.sub(r"\1\\\2", line)
    line = re.sub(r"^( {0,3})≠", r"\1&ne;", line)
    line = _BOX.sub(r"\1\\[", line)
    return re.sub(r"^(\s*)%%", r"\1\\%%", line)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    lines, fence = [], ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            closes = mark is not None and mark[1].startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closes else fence
            lines.append(" " + line if line.startswith("%%") else line)
        else:
            fence = mark[1] if mark else ""
            lines.append(_BLOCK.sub(r"\1", line) if mark else change(line))
    return "\n".join(lines)


def _going_on(text: str) -> str:
    """Text of several lines, so that it belongs to the line in which it begins."""
    first, *rest = text.strip().split("\n")
    return "\n".join((first.strip(), *(f"    {line}" if line.strip() else "" for line in rest)))


# ---------------------------------------------------------------- answers


def _choices(question: Question) -> Iterator[str]:
    for choice in question.choices:
        text = _without_dash(choice.text)
        dash = "\n — " if text.rstrip().endswith("```") else " — "
        feedback = f"{dash}{choice.feedback.strip()}" if choice.feedback.strip() else ""
        yield f"- [{'x' if choice.right else ' '}] {_going_on(text + feedback)}"
    if question.kind == "several-choices" and sum(choice.right for choice in question.choices) == 1:
        yield "choose: several"


def _without_dash(text: str) -> str:
    """A dash between blanks would begin the remark."""
    parts = re.split(r"(`+[^`\n]*`+)", text)
    return "".join(part if part.startswith("`") else part.replace("—", "&mdash;") for part in parts)


def _mistakes(question: Question) -> Iterator[str]:
    for answer, feedback in question.mistakes:
        yield f"≠ {answer} — {_going_on(feedback)}"


def _truth(question: Question) -> Iterator[str]:
    yield f"= {'true' if question.truth else 'false'}"
    yield from _mistakes(question)


def _number(question: Question) -> Iterator[str]:
    unit = f" {question.unit}" if question.unit else ""
    tolerance = "" if parse_number(question.tolerance or "0") == 0 else f" ± {question.tolerance}"
    yield f"= {question.number}{unit}{tolerance}"
    yield from _mistakes(question)
    if question.units:
        others = [f"{name} = {factor}" for name, factor in question.units.items()]
        yield f"unit: {' | '.join((question.unit, *others))}"


def _short_text(question: Question) -> Iterator[str]:
    if question.pattern:
        yield f"= /{question.pattern}/{'' if question.case else 'i'}"
    else:
        yield "= " + " | ".join(answer.replace("|", "\\|") for answer in question.answers)
    yield from _mistakes(question)
    if question.case and not question.pattern:
        yield "case: yes"


def _ordering(question: Question) -> Iterator[str]:
    for number, piece in enumerate(question.pieces, 1):
        yield f"{number}. {_going_on(piece)}"
    yield "kind: ordering"


def _matching(question: Question) -> Iterator[str]:
    for left, right in question.pairs:
        yield f"= {_in_a_row(left)} => {_in_a_row(right)}"
    for right in question.distractors:
        yield f"=> {_in_a_row(right)}"


def _in_a_row(text: str) -> str:
    return " ".join(text.split()).replace("=>", r"=\>")


def _essay(question: Question) -> Iterator[str]:
    yield "= essay"
    if question.lines:
        yield f"lines: {min(60, question.lines)}"
    if question.words is not None:
        yield f"words: {question.words[0]}-{question.words[1]}"
    if question.example.strip():
        yield f"example: {_going_on(question.example)}"


_WRITERS: dict[str, Callable[[Question], Iterator[str]]] = {
    "one-choice": _choices,
    "several-choices": _choices,
    "true-false": _truth,
    "number": _number,
    "short-text": _short_text,
    "ordering": _ordering,
    "matching": _matching,
    "cloze": lambda _: iter(()),
    "essay": _essay,
}


# ---------------------------------------------------------------- reading back


def _same_choices(item: Item, question: Question) -> bool:
    read = [(choice.right, bool(choice.feedback)) for choice in getattr(item, "choices", ())]
    return read == [(choice.right, bool(choice.feedback.strip())) for choice in question.choices]


def _same_number(item: Item, question: Question) -> bool:
    return parse_number(str(getattr(item, "answer", ""))) == parse_number(question.number)


def _same_texts(item: Item, question: Question) -> bool:
    if question.pattern:
        return True
    return {normalise(answer) for answer in getattr(item, "answers", ())} == {
        normalise(answer) for answer in question.answers
    }


_SAME: dict[str, Callable[[Item, Question], bool]] = {
    "one-choice": _same_choices,
    "several-choices": _same_choices,
    "true-false": lambda item, question: getattr(item, "answer", None) is question.truth,
    "number": _same_number,
    "short-text": _same_texts,
    "ordering": lambda item, question: len(getattr(item, "pieces", ())) == len(question.pieces),
    "matching": lambda item, question: len(getattr(item, "left", ())) == len(question.pairs),
    "cloze": lambda item, question: len(getattr(item, "blanks", ())) == question.blanks,
}
