"""The course as its author wrote it: units, lessons, assignments, and the rules about them.

The same classes are the outline in a release's manifest, so that learner and instructor read one form.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from course_kit.model.keys import is_key, slug
from course_kit.model.limits import Limits

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Of absolute dates: with any span added they stay dates."""
LONGEST_SPAN = timedelta(days=36_500)


def _check_key(text: str) -> str:
    if not is_key(text):
        suggestion = slug(text)
        raise ValueError(
            f"{text!r} is not a key: lower-case letters and digits, joined by - _ or . (try {suggestion!r})"
        )
    return text


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Key = Annotated[str, AfterValidator(_check_key)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Keys = Annotated[tuple[Key, ...], BeforeValidator(_as_tuple)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
LessonKind = Literal["notebook", "document", "link"]

_SPAN = re.compile(r"^(\d{1,7})\s*(minute|hour|day|week)s?$")
_RELATIVE = re.compile(r"^(start|due)\s*(?:([+-])\s*(\d+\s*(?:minute|hour|day|week)s?))?$")


def parse_span(text: str) -> timedelta:
    """``2 weeks``, ``1 day``, ``90 minutes`` as a span of at most a century. Raises ValueError on anything else."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a span of time: write a number and minutes, hours, days or weeks")
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
            raise ValueError(f"{text!r} has no time zone: add one, such as `{text.strip()}+01:00` or `Z`")
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


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Credit(_Part):
    """One step of the credit timeline: ``percent`` of the points until a date; the last step has no ``until``."""

    until: WhenText | None = None
    percent: Annotated[float, Field(ge=0, le=200)]


class Lesson(_Part):
    """One notebook, document or link.

    ``key`` is the author's, or comes from the file's name. Filled from the notebook when it is read: ``items`` (the
    names ``quiz/item`` of its items), ``cells`` (the ids of its code cells other than quizzes), ``renamed_items``
    (former names of items, from ``was:``, to present ones) and ``pools`` (quizzes of which each learner meets some
    items only, and how many).
    """

    key: Key
    title: str = Field(default="", max_length=300)
    kind: LessonKind
    path: str = ""
    url: str = ""
    minutes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    requires: Keys = ()
    was: Keys = ()
    items: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    renamed_items: Mapping[str, str] = {}
    pools: Mapping[str, Annotated[int, Field(ge=1)]] = {}

    @model_validator(mode="after")
    def _link_is_link(self) -> Self:
        if self.url and not re.match(r"^https?://\S+$", self.url):
            raise ValueError(f"{self.url!r} is not a link; begin it with https://")
        return self

    def present_item(self, item: str) -> str:
        """The present name (``quiz/item``) of an item that an event names, perhaps by a former one."""
        return item if item in self.items else self.renamed_items.get(item, item)


def _check_limits(settings: Mapping[str, str]) -> Mapping[str, str]:
    Limits().with_settings(settings)
    return settings


LimitSettings = Annotated[Mapping[str, str], AfterValidator(_check_limits)]


def _share(text: Any) -> Any:
    """``20 %``, ``20%`` and ``0.2`` alike."""
    match = re.match(r"^\s*(\d{1,3}(?:\.\d+)?)\s*%\s*$", text) if isinstance(text, str) else None
    return float(match[1]) / 100 if match else text


class GradingSettings(_Part):
    """How an assignment is graded. None leaves it to nbgrader_config.py and the command.

    ``suspect``: if more than this share of a batch is unverified, its tests are suspected and nobody's points are held.
    """

    proof: Literal["drawn", "all", "off"] | None = None
    suspect: Annotated[Fraction, BeforeValidator(_share)] = 0.2
    require_sandbox: bool | None = None


class Assignment(_Part):
    """Work that nbgrader marks: a folder below an nbgrader ``source/`` folder.

    ``practice``: it is marked on the learner's own computer, by the same tests, which travel sealed. ``limits`` (as written; :meth:`Limits.with_settings` reads them) and ``grading`` stay with the instructor: they
    are not in a release.
    """

    key: Key
    source: str
    title: str = Field(default="", max_length=300)
    due: WhenText | None = None
    credit: tuple[Credit, ...] = ()
    minutes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    requires: Keys = ()
    notebooks: tuple[str, ...] = ()
    max_score: float | None = None
    practice: bool = False
    limits: LimitSettings = Field(default={}, exclude=True)
    grading: GradingSettings = Field(default=GradingSettings(), exclude=True)


class Unit(_Part):
    key: Key
    title: str = Field(default="", max_length=300)
    goal: str = Field(default="", max_length=1000)
    pace: Span | None = None
    lessons: tuple[Lesson, ...] = ()
    assignments: tuple[Assignment, ...] = ()


class Course(_Part):
    """The whole tree. Keys of lessons and assignments are unique over the course (``check`` says where not)."""

    version: Literal[1] = 1
    key: Key
    title: str = Field(min_length=1, max_length=300)
    pass_score: Fraction = 0.7
    contact: str = ""
    forum: str = ""
    live: str = ""
    language: str = "en"
    packages: Texts = ()
    files: Texts = ()
    units: tuple[Unit, ...] = ()

    @model_validator(mode="after")
    def _links_are_links(self) -> Self:
        for name in ("contact", "forum", "live"):
            value = getattr(self, name)
            if value and not re.match(r"^(https?://|mailto:)\S+$", value):
                raise ValueError(f"{name}: {value!r} is not a link; begin it with https:// or mailto:")
        return self

    def lessons(self) -> Iterator[Lesson]:
        """All lessons, in the order of the course."""
        return (lesson for unit in self.units for lesson in unit.lessons)

    def assignments(self) -> Iterator[Assignment]:
        """All assignments, in the order of the course."""
        return (assignment for unit in self.units for assignment in unit.assignments)

    def lessons_by_name(self) -> dict[str, Lesson]:
        """Each lesson by its key, and by every former key (``was``) that is no other lesson's key."""
        lessons = list(self.lessons())
        former = {old: lesson for lesson in reversed(lessons) for old in lesson.was}
        return former | {lesson.key: lesson for lesson in reversed(lessons)}

    def lesson(self, key: str) -> Lesson | None:
        """The lesson of that key, or that was once called so; None if there is none."""
        return self.lessons_by_name().get(key)

    def assignment(self, key: str) -> Assignment | None:
        return next((assignment for assignment in self.assignments() if assignment.key == key), None)

    def cycle(self) -> tuple[str, ...]:
        """One ring of lessons that wait for each other (``a, b, a``), or nothing."""
        requires = {lesson.key: lesson.requires for lesson in self.lessons()}
        done: set[str] = set()

        def walk(key: str, path: tuple[str, ...]) -> tuple[str, ...]:
            if key in path:
                return (*path[path.index(key) :], key)
            if key in done:
                return ()
            for needed in requires.get(key, ()):
                ring = walk(needed, (*path, key))
                if ring:
                    return ring
            done.add(key)
            return ()

        return next((ring for key in requires if (ring := walk(key, ()))), ())
