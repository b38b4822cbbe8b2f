"""The manifests of what travels: a release, a submission, a feedback file. Each names itself by its own digest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_serializer,
    model_serializer,
    model_validator,
)

from course_kit.errors import Tampered, check_version
from course_kit.model.course import Course
from course_kit.model.events import ArrangementsPosted, AssignmentSubmitted, Event, LessonWaived, Moment, Name
from course_kit.model.keys import decision_id, manifest_digest, utc_text

PROTOCOL = 2
"""What a released notebook and the course-kit in its kernel and page must agree on."""
SHORT = 12
"""How many digits of a release's hash name its folder and its file."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Pseudonym = Annotated[str, Field(pattern=r"^p-[0-9a-f]{16}$")]
"""What a local store knows its learner by; never a name of the roster, which a sender might borrow."""
Said = Annotated[str, Field(max_length=300)]


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    own_field: ClassVar[str]
    what: ClassVar[str]

    version: Literal[1] = 1

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """The manifest that this JSON holds.

        Raises :class:`WrongVersion`, or :class:`Tampered` where a field is missing or the digest does not fit.
        """
        check_version(cls.what, data.get("version"), 1)
        again = "Get the file once more from where it came from; nothing was changed on this computer."
        try:
            own = manifest_digest(data, without=cls.own_field)
        except (ValueError, RecursionError) as error:  # NaN, half a surrogate pair, a bottomless list
            raise Tampered(f"{cls.what} is damaged: it holds what no digest can be taken of.", hint=again) from error
        if data.get(cls.own_field) != own:
            raise Tampered(f"{cls.what} was changed after it was made: its digest does not fit.", hint=again)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise Tampered(f"{cls.what} is damaged: {where}: {first['msg']}.", hint=again) from error

    @classmethod
    def seal(cls, **fields: Any) -> Self:
        """The manifest of these fields, with its own digest filled in."""
        draft = cls.model_validate({**fields, cls.own_field: "0" * 64})
        own = manifest_digest(draft.model_dump(mode="json"), without=cls.own_field)
        return draft.model_copy(update={cls.own_field: own})

    def json_object(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class ReleaseManifest(_Manifest):
    """``release.json``: the outline, the packages that the lessons need, and the digest of every file."""

    own_field: ClassVar[str] = "release"
    what: ClassVar[str] = "The release"

    release: Digest
    course: Course
    packages: tuple[str, ...] = ()
    files: Mapping[str, Digest]
    instructor: Digest
    protocol: int = PROTOCOL

    @property
    def short(self) -> str:
        return self.release[:SHORT]


class FileEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Digest
    size: Annotated[int, Field(ge=0)]


class EventsEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Digest
    count: Annotated[int, Field(ge=0)]


class SubmissionManifest(_Manifest):
    """``submission.json``. ``id``, ``name`` and ``email`` are what the sender says; an LMS's word goes before them.

    Whatever can be read can be noted as an :meth:`event`.
    """

    own_field: ClassVar[str] = "submission"
    what: ClassVar[str] = "The submission"

    submission: Digest
    course: Name
    release: Annotated[str, Field(max_length=100)]
    assignment: Name
    learner: Pseudonym
    aliases: Annotated[tuple[Pseudonym, ...], Field(max_length=1000)] = ()
    name: Said = ""
    email: Said = ""
    id: Said = ""
    submitted_at: Moment
    files: Mapping[str, FileEntry]
    events: EventsEntry | None = None

    @field_serializer("submitted_at")
    def _as_utc(self, value: datetime) -> str:
        return utc_text(value)

    def event(self) -> Event:
        """That this was handed in: the same event, id included, whether the learner's side or a collector makes it."""
        return Event(
            event_id=decision_id("AssignmentSubmitted", self.submission),
            at=self.submitted_at,
            learner=self.learner,
            course=self.course,
            release=self.release,
            fact=AssignmentSubmitted(assignment=self.assignment, submission=self.submission),
        )


def is_arranged(event: Event, course: str) -> bool:
    """Whether an event is an instructor's word on one learner of ``course``: arrangements, or a lesson waived."""
    return event.course == course and isinstance(event.fact, ArrangementsPosted | LessonWaived)


class FeedbackManifest(_Manifest):
    """``feedback.json``: for whom (all their pseudonyms), the score as an event, and the pages.

    ``arranged``: what else the instructor has decided for this learner. A file without it is as it always was.
    """

    own_field: ClassVar[str] = "feedback"
    what: ClassVar[str] = "The feedback file"

    feedback: Digest
    course: str
    assignment: str
    learners: tuple[str, ...]
    event: Event
    files: Mapping[str, Digest]
    arranged: Annotated[tuple[Event, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _arranged_only(self) -> Self:
        if not all(is_arranged(event, self.course) for event in self.arranged):
            raise ValueError("it holds an event that no instructor writes")
        return self

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = write(self)
        return data if self.arranged else {name: value for name, value in data.items() if name != "arranged"}


class ArrangementsManifest(_Manifest):
    """``arrangements.json``: what the instructor has decided for one learner, as events, without any score."""

    own_field: ClassVar[str] = "arrangements"
    what: ClassVar[str] = "The file of arrangements"

    arrangements: Digest
    course: str
    learners: tuple[str, ...]
    arranged: Annotated[tuple[Event, ...], Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _arranged_only(self) -> Self:
        if not all(is_arranged(event, self.course) for event in self.arranged):
            raise ValueError("it holds an event that no instructor writes")
        return self
