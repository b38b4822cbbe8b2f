"""Spans and dates as an author writes them: ``2 weeks``, ``start + 14 days``, a date with its zone."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Of absolute dates: with any span added they stay dates."""
LONGEST_SPAN = timedelta(days=36_500)

YOU = "you"
"""How the learner's own side names its one learner in an override."""

_SPAN = re.compile(r"^(\d{1,7})\s*(minute|hour|day|week)s?$")
_RELATIVE = re.compile(r"^(start|due)\s*(?:([+-])\s*(\d+\s*(?:minute|hour|day|week)s?))?$")


def parse_span(text: str) -> timedelta:
    """``2 weeks``, ``1 day``, ``90 minutes`` as a span of at most a century. Raises ValueError on anything else."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(
            f"{text!r} is not a span of time: write a number and its unit, such as `3 days` or `90 minutes`"
        )
    span = timedelta(**{f"{match[2]}s": int(match[1])})
    if span > LONGEST_SPAN:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return span


def _check_span(text: str) -> str:
    parse_span(text)
    return text


class When(BaseModel):
    """A date: absolute (aware), or relative to the learner's start or to the due date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Literal["start", "due", "date"]
    offset: timedelta = timedelta()
    at: datetime | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """``start + 14 days``, ``due``, ``due + 7 days``, or an ISO date with its zone. Raises ValueError."""
        relative = _RELATIVE.match(text.strip())
        if relative is not None:
            span = parse_span(relative[3]) if relative[3] else timedelta()
            return cls(base=relative[1], offset=-span if relative[2] == "-" else span)  # type: ignore[arg-type]
        try:
            at = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(
                f"{text!r} is not a date: write `start + 14 days`, or a date with its zone such as "
                "`2026-12-24T23:59+01:00`"
            ) from None
        if at.tzinfo is None:
            whole = text.strip() if "T" in text else f"{at:%Y-%m-%dT23:59}"
            raise ValueError(f"{text!r} has no time zone: write it with one, such as `{whole}+01:00` or `{whole}Z`")
        if not FIRST_YEAR <= at.year < LAST_YEAR:
            raise ValueError(f"{text!r} lies in a year that no calendar of a course has")
        return cls(base="date", at=at)

    def resolve(self, *, start: datetime | None, due: datetime | None = None) -> datetime | None:
        """The moment that is meant, or None where the base is not known yet (the learner has not begun)."""
        base = {"start": start, "due": due, "date": self.at}[self.base]
        return None if base is None else base + self.offset


def _check_when(text: str) -> str:
    When.parse(text)
    return text


Span = Annotated[str, AfterValidator(_check_span)]
WhenText = Annotated[str, AfterValidator(_check_when)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Credit(_Written):
    """One step of the credit timeline: ``percent`` of the points until a date; the last step has no ``until``."""

    until: WhenText | None = None
    percent: Annotated[float, Field(ge=0, le=200)]


class Override(_Written):
    """Other dates for one cohort or one learner; None leaves a field. ``extend`` moves due date and closing."""

    cohort: str = ""
    learner: str = ""
    opens: WhenText | None = None
    due: WhenText | None = None
    closes: WhenText | None = None
    credit: tuple[Credit, ...] | None = None
    extend: Span | None = None
    reason: Annotated[str, Field(max_length=300)] = ""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.cohort) == bool(self.learner):
            raise ValueError("an override names a `cohort` or a `learner`, one of them")
        return self

    @property
    def whose(self) -> str:
        if self.cohort:
            return f"the cohort {self.cohort}"
        return "your own dates" if self.learner == YOU else f"{self.learner}'s own dates"
