"""Expressions: a formula is asked for, and every way of writing it counts."""

from collections.abc import Callable
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from course_kit.model.kinds.algebra import Term, Unreadable, is_name, read_expression
from course_kit.model.kinds.equality import compare
from course_kit.model.kinds.mistakes import Mistake, map_mistakes
from course_kit.model.kinds.notation import expression_mathml
from course_kit.model.quiz import Feedback, Item, Outcome, Response, register

_ROUNDED = "This is near, but rounded. Write numbers exactly: as fractions, roots or powers."
_NOT_INSTALLED = "Formulas cannot be compared here: install SymPy (pip install sympy), then answer again."


@register("expression")
class Expression(Item):
    """A formula, written as :mod:`course_kit.model.kinds.algebra` reads it. Response: the text that was typed.

    ``names``: what may stand in it; ``positive``: they stand for positive numbers only, so that ``sqrt(x^2)`` is ``x``.
    Right where it is equal to the answer, see :func:`~course_kit.model.kinds.equality.compare`. A mistake that is the
    response but for the order of sums and products comes first (so that ``(x+1)^2`` may be named where it is to be
    expanded); any other equal one is looked at only where the answer is wrong.
    """

    answer: str = Field(min_length=1)
    names: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    positive: bool = False
    mistakes: tuple[Mistake, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name in self.names:
            if not is_name(name):
                raise ValueError(f"{name!r} cannot be the name of a variable")
        for text in (self.answer, *(mistake.answer for mistake in self.mistakes)):
            try:
                read_expression(text, self.names)
            except Unreadable as error:
                raise ValueError(f"`{text}` is not an expression: {error}") from error
        if any(mistake.pattern for mistake in self.mistakes):
            raise ValueError("a mistake is written as a pattern, and an expression is asked for")
        return self

    def form(self) -> dict[str, Any]:
        return {"names": list(self.names)}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        return self.model_copy(update={"mistakes": map_mistakes(self.mistakes, change)})

    def score(self, response: Response) -> Outcome:
        if not isinstance(response, str):
            return Outcome.invalid("Write an expression, such as 2x + 1.")
        try:
            return self._judge(read_expression(response, self.names))
        except Unreadable as error:
            return Outcome.invalid(str(error))
        except ImportError:
            return Outcome.invalid(_NOT_INSTALLED)

    def _judge(self, given: Term) -> Outcome:
        answer = read_expression(self.answer, self.names)
        if given.shape == answer.shape:
            return Outcome.of(1.0)
        mistakes = [(read_expression(mistake.answer, self.names), mistake.feedback) for mistake in self.mistakes]
        named = [feedback for term, feedback in mistakes if term.shape == given.shape]
        if named:
            return Outcome.of(0.0, Feedback(text=named[0]))
        verdict = compare(answer, given, self.names, positive=self.positive)
        if verdict == "equal":
            return Outcome.of(1.0)
        if verdict == "unknown":
            return Outcome.invalid("This is too large to be compared. Write it with smaller numbers.")
        if verdict == "undefined":
            return Outcome.invalid("This has no value: it divides by zero, or takes the logarithm of zero.")
        if verdict == "rounded":
            return Outcome.of(0.0, Feedback(text=_ROUNDED))
        for term, feedback in mistakes:
            if compare(term, given, self.names, positive=self.positive) == "equal":
                return Outcome.of(0.0, Feedback(text=feedback))
        return Outcome.of(0.0)

    def read(self, response: Response) -> str:
        try:
            return expression_mathml(read_expression(response, self.names)) if isinstance(response, str) else ""
        except Unreadable:
            return ""

    def right_answers(self) -> tuple[str, ...]:
        return (self.answer,)

    def reference_response(self) -> Response:
        return self.answer
