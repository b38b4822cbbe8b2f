"""Code checks: what the learner's own cells made is looked at, at practice only."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from course_kit.model.quiz import Feedback, Item, Outcome, Response, register

PASSED = "ok"
"""A check's result where it held; any other text says what went wrong."""


class Check(BaseModel):
    """One look at the learner's variables. ``code``: a Python expression that is true where all is well.

    ``feedback`` is said where it is not (or fails), before what the check itself said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    code: str = Field(min_length=1, max_length=5000)
    feedback: str = ""
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0


@register("code-check")
class CodeCheck(Item):
    """Checks on the learner's variables, run in their kernel. ``names``: the variables that are looked at.

    Response: one text for each check, ``ok`` or what went wrong, as the session found it. Partial credit: the weights
    of the checks that held over all weights.
    """

    practice_only: ClassVar[bool] = True

    checks: Annotated[tuple[Check, ...], Field(min_length=1, max_length=50)]
    names: tuple[str, ...] = ()

    def form(self) -> dict[str, Any]:
        return {"names": list(self.names)}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        checks = tuple(
            check.model_copy(update={"feedback": change(check.feedback) if check.feedback else ""})
            for check in self.checks
        )
        return self.model_copy(update={"checks": checks})

    def score(self, response: Response) -> Outcome:
        results = [text for text in response if isinstance(text, str)] if isinstance(response, list) else []
        if len(results) != len(self.checks):
            return Outcome.invalid("Run your cells, then check your code once more.")
        held = sum(check.weight for check, text in zip(self.checks, results, strict=True) if text == PASSED)
        # a check whose author says nothing is told by the session, in plain text: see its `found`
        remarks = [
            Feedback(text=check.feedback, choice=number)
            for number, (check, text) in enumerate(zip(self.checks, results, strict=True))
            if text != PASSED
        ]
        whole = sum(check.weight for check in self.checks)
        return Outcome.of(1.0 if all(text == PASSED for text in results) else held / whole, *remarks)

    def right_answers(self) -> tuple[str, ...]:
        return tuple(check.code for check in self.checks)

    def reference_response(self) -> Response:
        return [PASSED] * len(self.checks)

    def in_words(self, response: Response) -> str:
        if not isinstance(response, list):
            return super().in_words(response)
        held = sum(text == PASSED for text in response)
        return f"{held} of {len(response)} checks held"
