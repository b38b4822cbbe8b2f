"""Moodle's XML: questions with HTML texts, weights and embedded files.

Read with defusedxml: no entities, no document types, nothing from outside.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from course_kit.model.kinds import parse_number
from course_kit.quizzes.imports.answers import Answer, to_choices, to_number, to_text, to_truth
from course_kit.quizzes.imports.gaps import embedded_blanks, put_back, words_into_blanks
from course_kit.quizzes.imports.gift import last_part
from course_kit.quizzes.imports.images import Images, decoded
from course_kit.quizzes.imports.markdown import html_markdown, plain_markdown, plain_words
from course_kit.quizzes.imports.numbers import plain_number
from course_kit.quizzes.imports.questions import MAX_QUESTIONS, Found, Imported, Question
from course_kit.quizzes.imports.writing import written

_MAX_ANSWERS = 200
_USUAL_FEEDBACK = re.compile(
    r"^(your answer is (partially )?(in)?correct|die antwort ist (teilweise )?(richtig|falsch)"
    r"|votre réponse est (partiellement )?(in)?correcte|respuesta (parcialmente )?(in)?correcta)\.?$",
    re.IGNORECASE,
)
_REASONS = {
    "description": "it is a text without a question: put it into a Markdown cell",
    "calculated": "its numbers come from a formula: write it anew with `vary:`",
    "calculatedsimple": "its numbers come from a formula: write it anew with `vary:`",
    "calculatedmulti": "its numbers come from a formula: write it anew with `vary:`",
    "ddimageortext": "things are dragged onto an image",
    "ddmarker": "marks are dragged onto an image",
    "random": "it stands for any question of a category: write `pick:` below a quiz's first question",
    "randomsamatch": "it is made of other questions at random",
}


def read(data: bytes, name: str = "quiz") -> Imported:
    """The questions of a Moodle XML file. Never raises."""
    found = Found()
    root = _root(data, found)
    quiz = name
    for element in [] if root is None else list(root):
        if element.tag != "question":
            continue
        if element.get("type") == "category":
            quiz = last_part(_said(element, "category")) or name
            continue
        found.count += 1
        if found.count > MAX_QUESTIONS:
            found.leave_out("", f"only the first {MAX_QUESTIONS:,} questions were read")
            break
        _Reader(element, found).read(quiz)
    return written(found)


def _root(data: bytes, found: Found) -> Any:
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        found.leave_out("", "it declares a document type or entities, as no export of Moodle does: it was not read")
        return None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        found.leave_out("", f"it is no XML that can be read: {error}")
        return None
    if root.tag != "quiz":
        found.leave_out(
            "", f"it is XML, but no export of Moodle's question bank: it begins with <{str(root.tag)[:40]}>"
        )
        return None
    return root


def _said(element: Any, path: str) -> str:
    """The text in ``<path><text>``, or in ``<path>`` itself."""
    inner = element.find(path)
    if inner is None:
        return ""
    text = inner.find("text")
    return str((inner if text is None else text).text or "").strip()


class _Reader:
    """Reads one question."""

    def __init__(self, element: Any, found: Found) -> None:
        self.element, self.found = element, found
        name = plain_words(_said(element, "name"))
        self.where = f"question {found.count}" + (f" ({name[:60]})" if name else "")
        self.question = Question(self.where, "", "", name=name[:200], key=_said(element, "idnumber"))

    def lose(self, reason: str) -> None:
        self.found.lose(self.where, reason)

    def read(self, quiz: str) -> None:
        kind = str(self.element.get("type", "")).strip()
        reader: Callable[[_Reader], str | None] | None = _READERS.get(kind)
        if reader is None:
            reason = _REASONS.get(kind, f"questions of the type {kind[:40]!r} are not known here")
            self.found.leave_out(self.where, reason)
            return
        question = self.question
        if kind not in ("cloze", "multianswer", "ddwtos", "gapselect"):
            question.prompt = self.text("questiontext")
        question.hints = [text for hint in self.element.findall("hint") if (text := self.markdown(hint))]
        grade = parse_number(_said(self.element, "defaultgrade"))
        question.points = plain_number(grade) if grade is not None and 0 <= grade <= 1000 else ""
        question.shuffle = _said(self.element, "shuffleanswers") in ("1", "true")
        problem = reader(self)
        question.explain(self.text("generalfeedback"))
        if problem:
            self.found.leave_out(self.where, problem)
            return
        for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
            said = plain_words(_said(self.element, name))
            if said and not _USUAL_FEEDBACK.match(said):
                self.lose(f"what is said to any answer that is right, partly right or wrong (“{said[:60]}”)")
        self.found.add(quiz, question)

    # ------------------------------------------------------------ texts

    def text(self, path: str) -> str:
        inner = self.element.find(path)
        return "" if inner is None else self.markdown(inner)

    def markdown(self, element: Any, change: Callable[[str], str] = lambda text: text) -> str:
        """The text in ``element``, in the format that it names, with the images that stand beside it."""
        inner = element.find("text")
        text = change(str((element if inner is None else inner).text or ""))
        said = str(element.get("format", "html")).strip()
        if said == "plain_text":
            return plain_markdown(text)
        if said == "markdown":
            return text.strip()
        return html_markdown(text, image=self._images(element), lost=self.lose, breaks=said == "moodle_auto_format")

    def _images(self, element: Any) -> Images:
        files: dict[str, bytes | None] = {}
        for file in element.findall("file"):
            path = f"{file.get('path', '/')}{file.get('name', '')}".lstrip("/")
            content = decoded(str(file.text or ""))
            files[path] = content
            files.setdefault(PurePosixPath(path).name, content)
        return Images(self.found, self.where, files)

    def answers(self, *, typed: bool = False) -> list[Answer]:
        """The answers with their weights; ``typed``: as a learner would type them, not Markdown."""
        found = []
        for element in self.element.findall("answer")[:_MAX_ANSWERS]:
            text = _answer_text(element) if typed else self.markdown(element)
            fraction = (parse_number(str(element.get("fraction", "0"))) or Decimal(0)) / 100
            remark = element.find("feedback")
            said = "" if remark is None else self.markdown(remark)
            found.append(Answer(text, fraction, said, _said(element, "tolerance") or "0"))
        return found

    # ------------------------------------------------------------ kinds

    def choices(self) -> str | None:
        single = _said(self.element, "single") not in ("false", "0")
        to_choices(self.question, self.answers(), single=single, lose=self.lose)
        return None if any(choice.right for choice in self.question.choices) else "none of its answers is right"

    def truth(self) -> str | None:
        answers = self.answers(typed=True)[:2]
        words = [answer.text.casefold() for answer in answers]
        if len(answers) < 2:
            return "it has no two answers"
        true, false = answers if words[0] != "false" else reversed(answers)
        truth = true.fraction >= false.fraction
        right, wrong = (true, false) if truth else (false, true)
        to_truth(self.question, truth=truth, if_right=right.feedback, if_wrong=wrong.feedback)
        return None

    def short_text(self) -> str | None:
        case = _said(self.element, "usecase") in ("1", "true")
        to_text(self.question, self.answers(typed=True), case=case, lose=self.lose)
        return None if self.question.answers or self.question.pattern else "none of its answers is right"

    def number(self) -> str | None:
        problem = to_number(self.question, self.answers(typed=True), self.lose)
        if problem is None:
            self._units()
        return problem

    def _units(self) -> None:
        """The units of a number: asked for where Moodle asks, with how many of the first one each is."""
        factors: dict[str, Decimal] = {}
        for unit in self.element.findall("units/unit")[:20]:
            name, factor = _said(unit, "unit_name"), parse_number(_said(unit, "multiplier") or "1")
            if name and factor:
                factors.setdefault(name, factor)
        own = next((name for name, factor in factors.items() if factor == 1), None)
        if not factors or own is None:
            return
        if _said(self.element, "unitgradingtype") in ("", "0"):
            self.lose(
                f"the unit `{own}`, which might be left away: name it in the question, or ask for it with `unit:`"
            )
            return
        self.lose("part of the points for a number without its right unit: here the unit has to be right")
        self.question.unit = own
        others = {name: plain_number((1 / factor).normalize()) for name, factor in factors.items() if name != own}
        self.question.units = others or {}

    def pairs(self) -> str | None:
        question, right_ones = self.question, []
        for element in self.element.findall("subquestion")[:_MAX_ANSWERS]:
            answer = element.find("answer")
            left, right = self.markdown(element), "" if answer is None else self._partner(answer)
            if left and right:
                question.pairs.append((left, right))
            elif right:
                right_ones.append(right)
        partners = {right for _, right in question.pairs}
        question.distractors = [one for one in dict.fromkeys(right_ones) if one not in partners]
        question.kind = "matching"
        return None

    def _partner(self, answer: Any) -> str:
        return self.markdown(answer) if answer.get("format") else plain_markdown(_answer_text(answer))

    def essay(self) -> str | None:
        question = self.question
        question.kind = "essay"
        lines = parse_number(_said(self.element, "responsefieldlines"))
        question.lines = int(lines) if lines is not None and 1 <= lines <= 60 else 0
        least, most = (parse_number(_said(self.element, f"{end}wordlimit")) for end in ("min", "max"))
        if least or most:
            question.words = (int(least or 0), int(most or 2000))
        if _said(self.element, "graderinfo"):
            self.lose("the notes for who marks it")
        if _said(self.element, "responsetemplate"):
            self.lose("the text that its answer began with")
        if _said(self.element, "attachments") not in ("", "0"):
            self.lose("files that were handed in with it")
        return None

    def ordering(self) -> str | None:
        answers = self.answers()
        answers.sort(key=lambda answer: answer.fraction)
        self.question.kind = "ordering"
        self.question.pieces = [answer.text for answer in answers if answer.text]
        if any(answer.feedback for answer in answers):
            self.lose("the remarks on its pieces")
        if _said(self.element, "selectcount") not in ("", "0") and _said(self.element, "selecttype") not in (
            "0",
            "ALL",
        ):
            self.lose("that only some of its pieces are shown: here all of them are")
        return None

    def cloze(self) -> str | None:
        element = self.element.find("questiontext")
        if element is None:
            return "it has no text"
        blanks: list[str | None] = []
        prompt = self.markdown(element, partial(embedded_blanks, blanks=blanks, lose=self.lose))
        return self._with_blanks(prompt, blanks)

    def gaps(self) -> str | None:
        element = self.element.find("questiontext")
        boxes = [
            (_answer_text(box), _said(box, "group") or "1")
            for tag in ("dragbox", "selectoption")
            for box in self.element.findall(tag)[:_MAX_ANSWERS]
        ]
        if element is None or not boxes:
            return "it has no gaps"
        blanks: list[str | None] = []
        boxes = [(plain_words(text), group) for text, group in boxes]
        prompt = self.markdown(element, partial(words_into_blanks, boxes=boxes, blanks=blanks, lose=self.lose))
        return self._with_blanks(prompt, blanks)

    def _with_blanks(self, prompt: str, blanks: list[str | None]) -> str | None:
        if not blanks or any(blank is None for blank in blanks):
            return "one of its gaps cannot be written as a blank" if blanks else "it has no gaps"
        self.question.kind, self.question.blanks = "cloze", len(blanks)
        self.question.prompt = put_back(prompt, [blank or "" for blank in blanks])
        return None


def _answer_text(element: Any) -> str:
    """What a learner would type; in old exports it stands outside of ``<text>``."""
    inner = element.find("text")
    return str((element if inner is None else inner).text or "").strip()


_READERS: dict[str, Callable[[_Reader], str | None]] = {
    "multichoice": _Reader.choices,
    "truefalse": _Reader.truth,
    "shortanswer": _Reader.short_text,
    "numerical": _Reader.number,
    "matching": _Reader.pairs,
    "essay": _Reader.essay,
    "ordering": _Reader.ordering,
    "cloze": _Reader.cloze,
    "multianswer": _Reader.cloze,
    "ddwtos": _Reader.gaps,
    "gapselect": _Reader.gaps,
}
