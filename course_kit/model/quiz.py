"""Items and how a response to one is scored. Scoring is pure: no clock, no chance, and it never raises on any text.

A kind of item is a subclass of :class:`Item` in :mod:`course_kit.model.kinds`; :func:`register` puts it into the
registry by which files and parsers find it.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from course_kit.errors import Invalid
from course_kit.model.course import Key
from course_kit.model.keys import digest, is_key

QUIZ_VERSION = 1

State = Literal["unanswered", "invalid", "wrong", "partly-right", "right"]
Response = int | list[int] | bool | str | None
"""What a page sends: a choice's number (from 0), a list of them, true or false, or the text that was typed."""


def is_former_name(text: str) -> bool:
    """Whether ``text`` may stand in ``was:`` of an item: a key (in the same quiz), or ``quiz/item``."""
    parts = text.split("/")
    return len(parts) <= 2 and all(is_key(part) for part in parts)


def _check_former_name(text: str) -> str:
    if not is_former_name(text):
        raise ValueError(f"{text!r} is neither a key nor `quiz/item`")
    return text


FormerName = Annotated[str, AfterValidator(_check_former_name)]


class Feedback(BaseModel):
    """One remark on a response. ``choice`` is the number of the choice that it belongs to, if it belongs to one."""

    model_config = ConfigDict(frozen=True)

    text: str
    choice: int | None = None


class Outcome(BaseModel):
    """What a response earned: ``fraction`` of the item's points, 0 to 1; 0 unless the state is right or partly so."""

    model_config = ConfigDict(frozen=True)

    state: State
    fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    feedback: tuple[Feedback, ...] = ()

    @classmethod
    def of(cls, fraction: float, *feedback: Feedback) -> "Outcome":
        """The outcome whose state follows from ``fraction``; remarks without text are left out."""
        state: State = "right" if fraction >= 1 else "partly-right" if fraction > 0 else "wrong"
        return cls(state=state, fraction=fraction, feedback=tuple(f for f in feedback if f.text))

    @classmethod
    def invalid(cls, reason: str) -> "Outcome":
        """A response that could not be read: it says why and never costs an attempt."""
        return cls(state="invalid", feedback=(Feedback(text=reason),))


UNANSWERED = Outcome(state="unanswered")


class Item(BaseModel):
    """One question: its texts (Markdown in a source, HTML in a release) and its key.

    ``was``: former names, a key (in the same quiz) or ``quiz/item`` (in another quiz of the lesson).
    A kind implements ``choices_shown``, ``map_kind_texts``, ``right_answers`` and ``score``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]

    key: Key
    prompt: str = Field(min_length=1)
    skill: Key | None = None
    hints: tuple[str, ...] = ()
    explanation: str = ""
    minutes: Annotated[float, Field(gt=0, le=600)] | None = None
    was: tuple[FormerName, ...] = ()

    def choices_shown(self) -> tuple[str, ...]:
        """The choices' texts as the learner sees them, or nothing."""
        return ()

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        """A copy with ``change`` applied to the texts that only this kind has."""
        raise NotImplementedError

    def score(self, response: Response) -> Outcome:
        """The outcome of a response that is neither None nor an empty text. Must not raise."""
        raise NotImplementedError

    def right_answers(self) -> tuple[str, ...]:
        """The right answers in words (the texts of choices, a number with its tolerance)."""
        raise NotImplementedError

    def reference_response(self) -> Response:
        """A response that scores in full."""
        raise NotImplementedError

    def map_texts(self, change: Callable[[str], str]) -> Self:
        """A copy with ``change`` applied to every text that a person reads (Markdown to HTML, say)."""
        changed = {
            "prompt": change(self.prompt),
            "hints": tuple(change(hint) for hint in self.hints),
            "explanation": change(self.explanation) if self.explanation else "",
        }
        return self.model_copy(update=changed).map_kind_texts(change)

    def public(self) -> dict[str, Any]:
        """What may be shown before an answer: never the key, feedback, a hint's text or how many choices are right."""
        return {
            "key": self.key,
            "kind": self.kind,
            "prompt": self.prompt,
            "choices": list(self.choices_shown()),
            "hints": len(self.hints),
            "minutes": self.minutes,
            "skill": self.skill,
        }

    def whole(self) -> dict[str, Any]:
        """Everything, key included, as JSON; :func:`read_item` reads it back."""
        return {"kind": self.kind, **self.model_dump(mode="json")}


KINDS: dict[str, type[Item]] = {}


def register(kind: str) -> Callable[[type[Item]], type[Item]]:
    """Class decorator: make a kind of item known by its name."""

    def add(item_class: type[Item]) -> type[Item]:
        item_class.kind = kind
        KINDS[kind] = item_class
        return item_class

    return add


def read_item(data: Mapping[str, Any]) -> Item:
    """The item that :meth:`Item.whole` wrote. Raises :class:`Invalid` on an unknown kind or a bad field."""
    from course_kit.model import kinds as _kinds  # noqa: F401  (fills the registry)

    fields = dict(data)
    kind = fields.pop("kind", None)
    if kind not in KINDS:
        raise Invalid(
            f"This course-kit knows no items of kind {kind!r}.",
            hint="Upgrade course-kit (`pip install --upgrade course-kit`), or ask the author for another release.",
        )
    try:
        return KINDS[kind].model_validate(fields)
    except ValidationError as error:
        raise Invalid(f"An item of kind {kind!r} cannot be read: {error.errors()[0]['msg']}.") from error


def item_digest(item: Item) -> str:
    """Names one wording and its right answers; events carry it, so that answers to another wording can be told apart.

    What the item is called, or was once, is no part of it: a renamed item keeps its wording and its answers.
    """
    named = {"key", "was"}
    return digest({field: value for field, value in item.whole().items() if field not in named})


def score(item: Item, response: Response) -> Outcome:
    """The outcome of any response to an item. Never raises; a response of the wrong type is ``invalid``."""
    if response is None or (isinstance(response, str) and not response.strip()):
        return UNANSWERED
    return item.score(response)
