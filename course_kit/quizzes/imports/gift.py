"""Moodle's GIFT: questions as text, one block each, with answers between braces."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from course_kit.model.kinds import parse_number
from course_kit.quizzes.imports.answers import Answer, blank_of, to_choices, to_number, to_text, to_truth
from course_kit.quizzes.imports.images import Images
from course_kit.quizzes.imports.markdown import html_markdown, plain_markdown
from course_kit.quizzes.imports.questions import MAX_QUESTIONS, Found, Imported, Question
from course_kit.quizzes.imports.writing import written

_ESCAPED = {":": "\ue001", "#": "\ue002", "=": "\ue003", "{": "\ue004", "}": "\ue005", "~": "\ue006", "n": "\n"}
"""What stands for an escaped character while marks are looked for: letters that no text uses."""
_BACK = {mark: letter for letter, mark in _ESCAPED.items() if letter != "n"}
_FORMATS = ("html", "moodle", "plain", "markdown")
_WEIGHT = re.compile(r"^%(-?\d{1,3}(?:\.\d{0,10})?)%")
_CATEGORY = re.compile(r"^\$CATEGORY:\s*(.+)", re.IGNORECASE)
_TRUTHS = {"T": True, "TRUE": True, "F": False, "FALSE": False}
_MAX_ANSWERS = 200
_GAP = "_____"
_BLANK = "\ue010"
Text = Callable[[str], str]


def read(data: bytes, name: str = "quiz") -> Imported:
    """The questions of a GIFT file. Never raises."""
    found = Found()
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub("[\ue000-\ue010]", "", text)
    quiz = name
    for line, block in _blocks(text):
        category = _CATEGORY.match(block)
        if category:
            quiz = last_part(_restored(_protected(category[1].split("\n")[0]))) or name
            block = block.partition("\n")[2].strip()
            if not block:
                continue
        found.count += 1
        if found.count > MAX_QUESTIONS:
            found.leave_out("", f"only the first {MAX_QUESTIONS:,} questions were read")
            break
        _Reader(found, line).read(block, quiz)
    return written(found)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The questions and categories, each with the line that it begins in; comments are left out."""
    block: list[str] = []
    first = 1
    for number, line in enumerate((*text.split("\n"), ""), 1):
        bare = line.strip()
        if bare.startswith("//"):
            continue
        if bare:
            first = first if block else number
            block.append(bare)
        elif block:
            yield first, "\n".join(block)
            block = []


def last_part(category: str) -> str:
    """``$course$/top/Unit 1/Means`` is ``Means``; ``//`` is a slash in a name."""
    parts = [part.replace("\ue000", "/").strip() for part in category.replace("//", "\ue000").split("/")]
    parts = [part for part in parts if part and part != "top" and not re.fullmatch(r"\$\w+\$", part)]
    return parts[-1] if parts else ""


def _protected(text: str) -> str:
    r"""With ``\=`` and its like as single letters, so that what is left is a mark."""
    return re.sub(r"\\([:#={}~n\\])", lambda match: _ESCAPED.get(match[1], "\\"), text)


def _restored(text: str) -> str:
    return re.sub("[\ue001-\ue006]", lambda match: _BACK[match[0]], text)


class _Reader:
    """Reads one block."""

    def __init__(self, found: Found, line: int) -> None:
        self.found, self.where = found, f"line {line}"
        self.format = "moodle"

    def lose(self, reason: str) -> None:
        self.found.lose(self.where, reason)

    def read(self, block: str, quiz: str) -> None:
        text, name = _protected(block), ""
        if text.startswith("::") and "::" in text[2:]:
            name, _, text = text[2:].partition("::")
            name, text = _restored(name).strip(), text.strip()
            self.where += f" ({name[:60]})"
        start, end = text.find("{"), text.find("}")
        if start < 0 and end < 0:
            self.found.leave_out(self.where, "it has no answers: put this text into a Markdown cell")
            return
        if start < 0 or end < start:
            self.found.leave_out(self.where, "its braces do not match; write `\\{` and `\\}` for braces that are text")
            return
        answers, _, general = _at_last(text[start + 1 : end], "####")
        before, after = text[:start], text[end + 1 :]
        if "{" in after:
            hint = "; an empty line is missing where a question begins with `::`" if "\n::" in after else ""
            self.lose(f"a second pair of braces was taken for text, as Moodle does{hint}")
        self.format, before = self._format_of(before.strip(), "moodle")
        question = Question(self.where, "", "", name=name)
        question.explain(self._text(general))
        problem = self._answers(question, answers.strip(), missing=bool(after.strip()))
        if problem:
            self.found.leave_out(self.where, problem)
            return
        gap = "" if not after.strip() else _BLANK if question.kind == "cloze" else _GAP
        space = " " if gap and before and not before.endswith((" ", "\n")) and text[start - 1 : start].isspace() else ""
        question.prompt = self._markdown(f"{before}{space}{gap}{after}" if gap else before)
        if question.kind == "cloze":
            question.prompt = question.prompt.replace(_BLANK, question.example)
            question.example, question.blanks = "", 1
        self.found.add(quiz, question)

    # ------------------------------------------------------------ texts

    def _format_of(self, text: str, default: str) -> tuple[str, str]:
        match = re.match(r"\[(\w+)\]", text)
        known = match is not None and match[1] in _FORMATS
        return (match[1], text[match.end() :].strip()) if match and known else (default, text)

    def _text(self, text: str) -> str:
        """A text that may say its own format, as Markdown."""
        said, bare = self._format_of(text.strip(), self.format)
        return self._markdown(bare, said) if bare else ""

    def _markdown(self, text: str, said: str = "") -> str:
        said, text = said or self.format, _restored(text).strip()
        if said == "plain":
            return plain_markdown(text)
        if said == "markdown":
            return text
        image = Images(self.found, self.where)
        return html_markdown(text, image=image, lost=self.lose, breaks=said == "moodle")

    def _typed(self, text: str) -> str:
        """What a learner would type: without a format."""
        return _restored(self._format_of(text.strip(), "")[1]).strip()

    # ------------------------------------------------------------ answers

    def _answers(self, question: Question, text: str, *, missing: bool) -> str | None:
        """Read what stands between the braces; what is wrong with it, if anything is."""
        if not text:
            question.kind = "essay"
            return None
        if text.startswith("#"):
            return self._numbers(question, text[1:], missing=missing)
        if "~" in text:
            return self._choices(question, text, missing=missing)
        if "=" in text and "->" in text:
            return self._pairs(question, text)
        given, *remarks = text.split("#", 2)
        if given.strip().upper() in _TRUTHS and given.strip() == given.strip().upper():
            wrong, right = (*[self._text(remark) for remark in remarks], "", "")[:2]
            to_truth(question, truth=_TRUTHS[given.strip()], if_right=right, if_wrong=wrong)
            return None
        answers = [self._answer(part, Decimal(1), self._typed) for part in _parts(text, "=")]
        if missing and not any(answer.feedback for answer in answers):
            return self._blank(question, "text", answers)
        to_text(question, answers, case=False, lose=self.lose)
        return None if question.answers or question.pattern else "none of its answers is right"

    def _answer(self, part: str, fraction: Decimal, text: Text) -> Answer:
        """One answer with its weight and its remark, without the mark that begins it."""
        weight = _WEIGHT.match(part)
        if weight:
            fraction, part = (parse_number(weight[1]) or Decimal(0)) / 100, part[weight.end() :]
        given, _, feedback = part.partition("#")
        return Answer(text(given), fraction, self._text(feedback))

    def _choices(self, question: Question, text: str, *, missing: bool) -> str | None:
        single = "=" in text
        parts = _parts(text.replace("=", "~="), "~")
        plain = missing and single and "#" not in text and "%" not in text
        answers = [
            self._answer(
                part.removeprefix("="), Decimal(int(part.startswith("="))), self._typed if plain else self._text
            )
            for part in parts
        ]
        if plain and sum(answer.fraction == 1 for answer in answers) == 1 and len(answers) > 1:
            return self._blank(question, "choice", answers)
        to_choices(question, answers, single=single, lose=self.lose)
        if not any(choice.right for choice in question.choices):
            return "none of its answers is right"
        return None

    def _blank(self, question: Question, kind: str, answers: list[Answer]) -> str | None:
        """A missing word becomes a blank in the sentence."""
        blank = blank_of(kind, answers, case=False, lose=self.lose)
        question.kind, question.example = "cloze", blank or ""
        return None if blank else "its missing word cannot be written as a blank"

    def _numbers(self, question: Question, text: str, *, missing: bool) -> str | None:
        text, _, otherwise = text.partition("~")
        answers = [self._answer(part, Decimal(1), self._typed) for part in _parts(text, "=")]
        if otherwise.partition("#")[2].strip():
            self.lose("the remark on any other answer: remarks belong to answers")
        if missing and not any(answer.feedback for answer in answers) and len(answers) == 1:
            return self._blank(question, "number", answers)
        return to_number(question, answers, self.lose)

    def _pairs(self, question: Question, text: str) -> str | None:
        question.kind = "matching"
        for part in _parts(text, "="):
            left, arrow, right = part.partition("->")
            if not arrow:
                return f"`{_restored(part)[:40]}` is no pair: write `=left -> right`"
            if left.strip():
                question.pairs.append((self._text(left), plain_markdown(_restored(right).strip())))
            elif right.strip():
                question.distractors.append(plain_markdown(_restored(right).strip()))
        right_ones = {right for _, right in question.pairs}
        question.distractors = [one for one in dict.fromkeys(question.distractors) if one not in right_ones]
        return None


def _parts(text: str, mark: str) -> list[str]:
    parts = [part.strip() for part in text.split(mark, _MAX_ANSWERS)[:_MAX_ANSWERS]]
    return parts if parts[0] else parts[1:]


def _at_last(text: str, mark: str) -> tuple[str, str, str]:
    before, found, after = text.rpartition(mark)
    return (before, found, after) if found else (text, "", "")
