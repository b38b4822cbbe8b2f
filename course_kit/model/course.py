"""The course as its author wrote it: units, lessons, assignments, and the rules about them.

The same classes are the outline in a release's manifest, so that learner and instructor read one form.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_serializer,
    model_validator,
)

from course_kit.model.completion import RuleField
from course_kit.model.gate_tree import AllOf, Completed, Gate, GateField, musts
from course_kit.model.keys import is_key, slug
from course_kit.model.limits import Limits
from course_kit.model.when import Credit, Override, Span, When, WhenText, parse_span

__all__ = [
    "Assignment",
    "Course",
    "Credit",
    "Diagnostic",
    "Fraction",
    "GateMode",
    "GradingSettings",
    "Key",
    "Keys",
    "Lesson",
    "LessonKind",
    "LimitSettings",
    "Override",
    "Span",
    "Texts",
    "Unit",
    "When",
    "WhenText",
    "parse_span",
]


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
GateMode = Literal["advise", "enforce"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    _left_out: ClassVar[frozenset[str]] = frozenset()
    """Fields that are not written where they say nothing, so that an older course-kit reads what does without them."""

    @model_serializer(mode="wrap")
    def _without_empty(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = write(self)
        nothing: tuple[Any, ...] = (None, False, "", (), [], {})
        return {name: value for name, value in data.items() if name not in self._left_out or value not in nothing}


class Diagnostic(_Part):
    """A lesson whose quizzes test out of others: the share ``pass_score`` with the first answers waives them."""

    waives: Annotated[Keys, Field(min_length=1)]
    pass_score: Annotated[float, Field(gt=0, le=1)] = 0.8


class Lesson(_Part):
    """One notebook, document or link.

    It opens when the lessons ``requires`` are completed and ``condition`` holds; ``gate`` says whether that advises or
    is enforced (None: as the course). It is done by the rule ``complete`` (None: by what it holds). ``proves``: its
    completion is to prove something.

    ``key`` is the author's, or comes from the file's name. Filled from the notebook when it is read: ``items`` (the
    names ``quiz/item`` of its items), ``cells`` (the ids of its code cells other than quizzes), ``renamed_items``
    (former names of items, from ``was:``, to present ones), ``pools`` (quizzes of which each learner meets some
    items only, and how many), ``skills`` (which skill an item exercises, by ``quiz/item``), ``videos`` (the length of
    each of its videos in seconds, by the video's key) and ``video_titles``.
    """

    key: Key
    title: str = Field(default="", max_length=300)
    kind: LessonKind
    path: str = ""
    url: str = ""
    minutes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    requires: Keys = ()
    condition: GateField | None = None
    gate: GateMode | None = None
    complete: RuleField | None = None
    diagnostic: Diagnostic | None = None
    proves: bool = False
    was: Keys = ()
    items: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    renamed_items: Mapping[str, str] = {}
    pools: Mapping[str, Annotated[int, Field(ge=1)]] = {}
    skills: Mapping[str, Key] = {}
    videos: Mapping[str, Annotated[float, Field(gt=0)]] = {}
    video_titles: Mapping[str, str] = {}

    _left_out: ClassVar[frozenset[str]] = frozenset(
        {"condition", "gate", "complete", "diagnostic", "proves", "skills", "videos", "video_titles"}
    )

    @model_validator(mode="after")
    def _link_is_link(self) -> Self:
        if self.url and not re.match(r"^https?://\S+$", self.url):
            raise ValueError(f"{self.url!r} is not a link; begin it with https://")
        return self

    def whole_gate(self) -> Gate | None:
        """``requires`` and ``condition`` as one gate; None where nothing is asked."""
        parts: tuple[Gate, ...] = tuple(Completed(key) for key in self.requires)
        parts += () if self.condition is None else (self.condition,)
        return AllOf(parts) if len(parts) > 1 else parts[0] if parts else None

    def needs(self) -> tuple[str, ...]:
        """The lessons and assignments without which the gate never opens, as it is written; each once."""
        gate = self.whole_gate()
        named = (
            [] if gate is None else [getattr(leaf, "lesson", None) or getattr(leaf, "key", "") for leaf in musts(gate)]
        )
        return tuple(dict.fromkeys(name for name in named if name))

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

    ``practice``: it is marked on the learner's own computer, by the same tests, which travel sealed. ``limits`` (as
    written; :meth:`Limits.with_settings` reads them) and ``grading`` stay with the instructor, out of every release.
    """

    key: Key
    source: str
    title: str = Field(default="", max_length=300)
    opens: WhenText | None = None
    due: WhenText | None = None
    closes: WhenText | None = None
    credit: tuple[Credit, ...] = ()
    overrides: tuple[Override, ...] = ()
    minutes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    requires: Keys = ()
    notebooks: tuple[str, ...] = ()
    max_score: float | None = None
    practice: bool = False
    limits: LimitSettings = Field(default={}, exclude=True)
    grading: GradingSettings = Field(default=GradingSettings(), exclude=True)

    _left_out: ClassVar[frozenset[str]] = frozenset({"opens", "closes", "overrides"})

    @field_serializer("overrides")
    def _cohorts_only(self, overrides: tuple[Override, ...]) -> list[dict[str, Any]]:
        """What one learner was given is nobody else's business."""
        return [one.model_dump(mode="json", exclude_defaults=True) for one in overrides if one.cohort]


class Unit(_Part):
    key: Key
    title: str = Field(default="", max_length=300)
    goal: str = Field(default="", max_length=1000)
    pace: Span | None = None
    lessons: tuple[Lesson, ...] = ()
    assignments: tuple[Assignment, ...] = ()


class Course(_Part):
    """The whole tree. Keys of lessons and assignments are unique over the course (``check`` says where not).

    ``zone``: the time zone whose days its dates count ("": UTC); ``grace``: how much later than it was finished offline
    work may arrive (None: the learner's clock decides).
    """

    version: Literal[1] = 1
    key: Key
    title: str = Field(min_length=1, max_length=300)
    pass_score: Fraction = 0.7
    gate: GateMode | None = None
    contact: str = ""
    forum: str = ""
    live: str = ""
    language: str = "en"
    zone: str = ""
    grace: Span | None = None
    packages: Texts = ()
    files: Texts = ()
    units: tuple[Unit, ...] = ()

    _left_out: ClassVar[frozenset[str]] = frozenset({"gate", "zone", "grace"})

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
        """One ring of lessons that wait for each other (``a, b, a``) whatever else is done, or nothing."""
        requires = {lesson.key: lesson.needs() for lesson in self.lessons()}
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
