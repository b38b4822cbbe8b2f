"""Common wrong answers, in any kind of item that takes them."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field


class Mistake(BaseModel):
    """A common wrong answer and what is said to one who gave it. With ``pattern``, ``answer`` is one: ``/means?/i``."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    answer: str = Field(min_length=1)
    feedback: str
    pattern: bool = False


def map_mistakes(mistakes: tuple[Mistake, ...], change: Callable[[str], str]) -> tuple[Mistake, ...]:
    return tuple(mistake.model_copy(update={"feedback": change(mistake.feedback)}) for mistake in mistakes)
