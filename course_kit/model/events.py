"""What happened: facts, and the events that are facts stamped with who, when and in which release.

Each kind of fact has one writer, fixed in :data:`WRITERS`. Events are JSON with a version; times are aware UTC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_serializer,
)

from course_kit.errors import Invalid, check_version
from course_kit.model.keys import is_event_id, utc_text
from course_kit.model.quiz import Response, State, recordable
from course_kit.model.when import Credit, Span, WhenText

EVENT_VERSION = 1
Writer = Literal["kernel", "page", "server"]
Name = Annotated[str, Field(min_length=1, max_length=300)]
Share = Annotated[float, Field(ge=0, le=1)]


def _check_event_id(text: str) -> str:
    if not is_event_id(text):
        raise ValueError(f"{text!r} is not a UUID in lower case")
    return text


def _check_moment(at: datetime) -> datetime:
    if not 1970 <= at.year < 9000:
        raise ValueError(f"the year {at.year} is no time that a clock shows")
    return at


def _check_response(response: Response) -> Response:
    if response is not None and recordable(response) is None:
        raise ValueError("the response is longer, or of another form, than any page sends")
    return response


EventId = Annotated[str, AfterValidator(_check_event_id)]
Moment = Annotated[AwareDatetime, AfterValidator(_check_moment)]


class _Fact(BaseModel):
    # Infinity and NaN are no JSON: an event that held one could be neither compared nor sent.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CourseStarted(_Fact):
    kind: Literal["CourseStarted"] = "CourseStarted"


class LessonOpened(_Fact):
    kind: Literal["LessonOpened"] = "LessonOpened"
    lesson: Name


class LessonViewed(_Fact):
    """``fraction``: the share of the lesson's cells that have been in view."""

    kind: Literal["LessonViewed"] = "LessonViewed"
    lesson: Name
    fraction: Share


class CellRan(_Fact):
    """``error`` is the exception's name; the source is never recorded. ``seconds``: how long it ran."""

    kind: Literal["CellRan"] = "CellRan"
    lesson: Name
    cell: Name
    ok: bool
    error: str | None = Field(default=None, max_length=200)
    seconds: Annotated[float, Field(ge=0)] = 0.0


class _ItemFact(_Fact):
    lesson: Name
    item: Name
    """``quiz/item``: the keys of the quiz and of the item in it."""
    digest: Name
    variant: int = 0


class ItemShown(_ItemFact):
    kind: Literal["ItemShown"] = "ItemShown"


class ItemAnswered(_ItemFact):
    """``fraction`` is what the hints that were taken leave of it. ``confidence``: 1 (a guess) to 3 (certain)."""

    kind: Literal["ItemAnswered"] = "ItemAnswered"
    response: Annotated[Response, AfterValidator(_check_response)]
    state: State
    fraction: Share
    attempt: Annotated[int, Field(ge=1)] = 1
    confidence: Annotated[int, Field(ge=1, le=3)] | None = None


class HintTaken(_ItemFact):
    """``hint``: the number of the hint, from 0."""

    kind: Literal["HintTaken"] = "HintTaken"
    hint: Annotated[int, Field(ge=0)]


class LessonCompleted(_Fact):
    kind: Literal["LessonCompleted"] = "LessonCompleted"
    lesson: Name


class LessonUnlocked(_Fact):
    kind: Literal["LessonUnlocked"] = "LessonUnlocked"
    lesson: Name


class LessonWaived(_Fact):
    kind: Literal["LessonWaived"] = "LessonWaived"
    lesson: Name
    reason: str = Field(max_length=2000)


class AssignmentSubmitted(_Fact):
    """``submission``: the digest that the receipt shows."""

    kind: Literal["AssignmentSubmitted"] = "AssignmentSubmitted"
    assignment: Name
    submission: Name


class ScorePosted(_Fact):
    kind: Literal["ScorePosted"] = "ScorePosted"
    assignment: Name
    score: float
    max_score: float
    status: Name
    submission: str = ""
    comment: str = Field(default="", max_length=10_000)


class GateOverridden(_Fact):
    """The learner opened a lesson whose gate only advises, though the gate was shut."""

    kind: Literal["GateOverridden"] = "GateOverridden"
    lesson: Name


def _check_range(span: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= span[0] <= span[1]:
        raise ValueError(f"{span!r} is no stretch of a video: it ends before it begins")
    return span


Stretch = Annotated[tuple[float, float], AfterValidator(_check_range)]


class VideoWatched(_Fact):
    """``ranges``: the stretches that were truly played, in seconds from the video's start; ``duration``: its length.

    ``read``: the transcript was read instead, and the ranges are what it stands for.
    """

    kind: Literal["VideoWatched"] = "VideoWatched"
    lesson: Name
    video: Name
    ranges: Annotated[tuple[Stretch, ...], Field(max_length=10_000)]
    duration: Annotated[float, Field(gt=0)]
    read: bool = False


class ReviewDone(_Fact):
    """A due skill came back as an item. ``rating``: 1 (again), 2 (hard), 3 (good), 4 (easy)."""

    kind: Literal["ReviewDone"] = "ReviewDone"
    skill: Name
    rating: Annotated[int, Field(ge=1, le=4)]
    item: Name
    """``lesson/quiz/item``."""
    variant: int = 0


class PaceChanged(_Fact):
    """``change``: from ``at`` on the movable dates stand still, run again, or begin anew; or only the hours change."""

    kind: Literal["PaceChanged"] = "PaceChanged"
    change: Literal["pause", "resume", "restart", "hours"]
    at: Moment
    hours_per_week: Annotated[float, Field(gt=0, le=168)] | None = None

    @field_serializer("at")
    def _as_utc(self, value: datetime) -> str:
        return utc_text(value)


class ZoneNoted(_Fact):
    """The learner works where this time zone's clocks hang, named as in the time zone database. Each is noted once."""

    kind: Literal["ZoneNoted"] = "ZoneNoted"
    zone: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", max_length=64)]


class Extension(_Fact):
    """Other dates of one assignment for one learner; None leaves a field."""

    assignment: Name
    opens: WhenText | None = None
    due: WhenText | None = None
    closes: WhenText | None = None
    credit: Annotated[tuple[Credit, ...], Field(max_length=100)] | None = None
    extend: Span | None = None


class ArrangementsPosted(_Fact):
    """What the instructor has arranged for this learner, all of it; the last word holds, and what it lacks is over."""

    kind: Literal["ArrangementsPosted"] = "ArrangementsPosted"
    cohort: str = Field(default="", max_length=300)
    extensions: Annotated[tuple[Extension, ...], Field(max_length=1000)] = ()


class GoalSet(_Fact):
    """The learner's own goal for one week; ``week`` is its Monday as a date; ``done`` ticks it."""

    kind: Literal["GoalSet"] = "GoalSet"
    week: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    text: str = Field(max_length=500)
    done: bool = False


class Voided(_Fact):
    """Takes an earlier event out of everything that is derived."""

    kind: Literal["Voided"] = "Voided"
    event_id: EventId
    reason: str = Field(max_length=2000)


Fact = Annotated[
    CourseStarted
    | LessonOpened
    | LessonViewed
    | CellRan
    | ItemShown
    | ItemAnswered
    | HintTaken
    | LessonCompleted
    | LessonUnlocked
    | LessonWaived
    | AssignmentSubmitted
    | ScorePosted
    | GoalSet
    | GateOverridden
    | VideoWatched
    | ReviewDone
    | PaceChanged
    | ZoneNoted
    | ArrangementsPosted
    | Voided,
    Field(discriminator="kind"),
]

WRITERS: Mapping[str, frozenset[Writer]] = {
    "CourseStarted": frozenset({"server"}),
    "LessonOpened": frozenset({"page"}),
    "LessonViewed": frozenset({"page"}),
    # The page writes CellRan only for kernels of other languages than Python (R, Julia): docs/adr/0006.
    "CellRan": frozenset({"kernel", "page"}),
    "ItemShown": frozenset({"kernel"}),
    "ItemAnswered": frozenset({"kernel"}),
    "HintTaken": frozenset({"kernel"}),
    "LessonCompleted": frozenset({"server"}),
    "LessonUnlocked": frozenset({"server"}),
    "LessonWaived": frozenset({"server"}),
    "AssignmentSubmitted": frozenset({"server"}),
    "ScorePosted": frozenset({"server"}),
    "GoalSet": frozenset({"server"}),
    # The server too: the terminal's "open anyway" writes through it.
    "GateOverridden": frozenset({"page", "server"}),
    "VideoWatched": frozenset({"kernel", "page"}),
    "ReviewDone": frozenset({"kernel"}),
    "PaceChanged": frozenset({"server"}),
    "ZoneNoted": frozenset({"server"}),
    "ArrangementsPosted": frozenset({"server"}),
    "Voided": frozenset({"server"}),
}


class Event(BaseModel):
    """One fact, stamped. ``at`` is the clock of whoever saw it, ``received_at`` the store's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    event_id: EventId
    at: Moment
    received_at: Moment | None = None
    learner: Name
    course: Name
    release: str = Field(default="", max_length=100)
    fact: Fact

    @field_serializer("at", "received_at")
    def _as_utc(self, value: datetime | None) -> str | None:
        return None if value is None else utc_text(value)

    @property
    def kind(self) -> str:
        return self.fact.kind

    def content(self) -> dict[str, Any]:
        """Everything but ``received_at``, as JSON: what two events with one id must agree in."""
        content = self.model_dump(mode="json")
        del content["received_at"]
        return content

    def received(self, at: datetime) -> Self:
        """A copy stamped with the moment that the store took it, unless it bears such a stamp already."""
        return self if self.received_at is not None else self.model_copy(update={"received_at": at})

    def order(self) -> tuple[datetime, str]:
        """The canonical order: ``at``, never later than ``received_at``, then ``event_id``."""
        at = self.at if self.received_at is None else min(self.at, self.received_at)
        return at.astimezone(UTC), self.event_id


def read_event(data: Any) -> Event:
    """The event that this JSON holds. Raises :class:`WrongVersion` or :class:`Invalid`, saying which field."""
    if not isinstance(data, Mapping):
        raise Invalid("An event is a JSON object.", hint="The line is damaged; the rest of the file can be read.")
    check_version("An event", data.get("version"), EVENT_VERSION)
    try:
        return Event.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            f"An event cannot be read: {where}: {first['msg']}.",
            hint="It was made by a faulty or a different program; it is set aside, and the others are kept.",
        ) from error
