"""Gaps in Moodle's texts (`{1:MC:…}`, `[[2]]`) as blanks of a cloze.

Each becomes a letter that no text uses while the HTML around it is read, and its blank afterwards.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import unescape

from course_kit.model.kinds import parse_number
from course_kit.quizzes.imports.answers import Answer, blank_of
from course_kit.quizzes.imports.markdown import plain_words

_FIRST = 0xE100
_MAX_GAPS = 200
_EMBEDDED = re.compile(r"\{(\d{0,3}):([A-Z_]{1,20}):((?:[^{}\\]|\\.){1,5000})\}", re.DOTALL)
_NUMBERED = re.compile(r"\[\[(\d{1,3})\]\]")
_KINDS = {
    **dict.fromkeys(("SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC"), "text"),
    **dict.fromkeys(("NUMERICAL", "NM"), "number"),
    **dict.fromkeys(
        ("MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH"), "choice"
    ),
    **dict.fromkeys(("MULTICHOICE_S", "MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS"), "choice"),
}  # fmt: skip
_EXACT = ("SHORTANSWER_C", "SAC", "MWC")
_WEIGHT = re.compile(r"^%(-?\d{1,3}(?:\.\d{0,10})?)%")
Lose = Callable[[str], None]


def embedded_blanks(text: str, blanks: list[str | None], lose: Lose) -> str:
    """Take `{1:SHORTANSWER:=a~b}` and its like out of ``text`` into ``blanks``; None for what is no blank here."""
    weights: set[str] = set()

    def take(match: re.Match[str]) -> str:
        if len(blanks) >= _MAX_GAPS:
            return ""
        kind = _KINDS.get(match[2])
        if kind is None:
            lose(f"a gap of the type {match[2]}")
        weights.add(match[1] or "1")
        answers = _answers(match[3])
        blanks.append(None if kind is None else blank_of(kind, answers, case=match[2] in _EXACT, lose=lose))
        return chr(_FIRST + len(blanks) - 1)

    text = _EMBEDDED.sub(take, text)
    if len(weights) > 1:
        lose("the weights of its gaps: here each counts the same")
    return text


def _answers(text: str) -> list[Answer]:
    """`=right#said~%50%half~wrong` as answers; their remarks are plain words."""
    answers = []
    for part in re.split(r"(?<!\\)~", text)[:_MAX_GAPS]:
        part, fraction = part.strip(), Decimal(0)
        weight = _WEIGHT.match(part)
        if part.startswith("="):
            part, fraction = part[1:], Decimal(1)
        elif weight:
            part, fraction = part[weight.end() :], (parse_number(weight[1]) or Decimal(0)) / 100
        given, _, remark = _parted(part)
        if given or remark:
            answers.append(Answer(plain_words(_bare(given)), fraction, plain_words(_bare(remark))))
    return answers


def _parted(part: str) -> tuple[str, str, str]:
    """An answer and its remark, at the first `#` that is neither escaped nor part of an entity."""
    match = re.search(r"(?<![\\&])#", part)
    return (part, "", "") if match is None else (part[: match.start()], "#", part[match.end() :])


def _bare(text: str) -> str:
    return re.sub(r"\\([~=#{}/\"'\\])", r"\1", unescape(text)).strip()


def words_into_blanks(text: str, boxes: Sequence[tuple[str, str]], blanks: list[str | None], lose: Lose) -> str:
    """Take `[[2]]` out of ``text`` into ``blanks``: the second of ``boxes`` (word, group), to choose from its group."""

    def take(match: re.Match[str]) -> str:
        if len(blanks) >= _MAX_GAPS:
            return ""
        number = int(match[1]) - 1
        blank = None
        if 0 <= number < len(boxes):
            word, group = boxes[number]
            others = dict.fromkeys(other for other, its in boxes if its == group)
            answers = [Answer(other, Decimal(int(other == word))) for other in others]
            if len(answers) == 1:
                blank = blank_of("text", answers, case=False, lose=lose)
                lose("a gap with one word to choose from: the word has to be typed")
            else:
                blank = blank_of("choice", answers, case=False, lose=lose)
        blanks.append(blank)
        return chr(_FIRST + len(blanks) - 1)

    return _NUMBERED.sub(take, text)


def put_back(markdown: str, blanks: Sequence[str]) -> str:
    """The blanks where they were."""
    return re.sub(
        f"[{chr(_FIRST)}-{chr(_FIRST + _MAX_GAPS)}]",
        lambda match: blanks[ord(match[0]) - _FIRST] if ord(match[0]) - _FIRST < len(blanks) else "",
        markdown,
    )
