"""Short text: a few words, compared without what does not matter."""

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from course_kit.model.kinds.mistakes import Mistake, map_mistakes
from course_kit.model.kinds.patterns import MAX_MATCHED, PatternText, compiled, example, matches
from course_kit.model.quiz import MAX_TEXT, Feedback, Item, Outcome, Response, register

_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb "
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^\W]+|\s+|.", re.DOTALL)


def normalise(text: str, *, case: bool = False) -> str:
    """Short text as it is compared: NFKC, without case, surplus blanks, quotation marks around it or a final stop.

    With ``case``, capital letters stay what they are.
    """
    plain = " ".join(_folded(text, case).split())
    return plain.strip(_QUOTES).removesuffix(".").strip(_QUOTES)


def _folded(text: str, case: bool) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return folded if case else folded.casefold()


def code_tokens(text: str) -> tuple[str, ...]:
    """Code as it is compared: its words and signs; blanks between them and the sort of quotes do not matter."""
    tokens: list[str] = []
    blank = False
    for token in _TOKEN.findall(unicodedata.normalize("NFC", text.strip())):
        if token.isspace():
            blank = True
            continue
        if blank and tokens and _joins(tokens[-1], token):
            tokens.append(" ")
        simple = token[:1] == "'" and len(token) > 1 and '"' not in token and "\\" not in token
        tokens.append(f'"{token[1:-1]}"' if simple else token)
        blank = False
    return tuple(tokens)


def _joins(before: str, after: str) -> bool:
    """Whether a blank between two tokens keeps them apart (``not x``)."""
    return (before[-1:].isalnum() or before[-1:] == "_") and (after[:1].isalnum() or after[:1] == "_")


class TextKey(BaseModel):
    """A few words that are looked for, compared after :func:`normalise`; with ``case``, capitals matter.

    ``patterns`` are right as well: each is held against the whole response with single blanks, as it was typed and
    without the marks that :func:`normalise` takes off; whether case matters to it stands in the pattern. Mistakes may
    be patterns, too; they are looked at only where the answer is wrong.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    answers: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    patterns: tuple[PatternText, ...] = ()
    case: bool = False
    mistakes: tuple[Mistake, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.answers and not self.patterns:
            raise ValueError("an answer or a pattern is needed, and there is none")
        if not self.answers and not any(example(pattern) for pattern in self.patterns):
            raise ValueError(f"give an answer in words, too: no example is found for the pattern {self.patterns[0]}")
        for mistake in self.mistakes:
            if mistake.pattern:
                compiled(mistake.answer)
        return self

    def judge(self, text: str, *, code: bool = False) -> Outcome:
        """The outcome of a text that was typed; as ``code``, it is compared by its tokens. Never raises."""
        if len(text) > MAX_TEXT:
            return Outcome.invalid("This is too long: a few words are asked for.")

        def same(answer: str) -> bool:
            return code_tokens(answer) == given if code else normalise(answer, case=self.case) == given

        given = code_tokens(text) if code else normalise(text, case=self.case)
        try:
            if any(map(same, self.answers)) or any(_fits(pattern, text) for pattern in self.patterns):
                return Outcome.of(1.0)
            hit = next((m for m in self.mistakes if not m.pattern and same(m.answer)), None)
            hit = hit or next((m for m in self.mistakes if m.pattern and _fits(m.answer, text)), None)
        except TimeoutError:
            return Outcome.invalid("This could not be compared in time. Send it again, or write it shorter.")
        return Outcome.of(0.0, *([Feedback(text=hit.feedback)] if hit else []))

    def reference(self) -> str:
        """A text that is right."""
        return self.answers[0] if self.answers else next(filter(None, map(example, self.patterns)), "")


def _fits(pattern: str, text: str) -> bool:
    """Whether a pattern fits ``text``, or the text without the marks around it."""
    if len(text) > 2 * MAX_MATCHED:
        return False
    spaced = " ".join(unicodedata.normalize("NFKC", text).split())
    return any(matches(pattern, form) for form in dict.fromkeys((spaced, normalise(text, case=True))))


@register("short-text")
class ShortText(TextKey, Item):
    """A few words, see :class:`TextKey`. Response: the text that was typed."""

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": map_mistakes(self.mistakes, change)})

    def score(self, response: Response) -> Outcome:
        return self.judge(response) if isinstance(response, str) else Outcome.invalid("Write a few words.")

    def right_answers(self) -> tuple[str, ...]:
        return self.answers or (self.reference(),)

    def reference_response(self) -> Response:
        return self.reference()
