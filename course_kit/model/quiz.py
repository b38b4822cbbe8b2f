"""Items and how a response to one is scored. Scoring is pure: no clock, no chance, and it never raises on any text.

A kind of item is a subclass of :class:`Item` in :mod:`course_kit.model.kinds`; :func:`register` puts it into the
registry by which files and parsers find it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self, TypeGuard

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from course_kit.errors import Invalid
from course_kit.model.course import Key
from course_kit.model.keys import digest, is_key

State = Literal["unanswered", "invalid", "wrong", "partly-right", "right"]
Response = int | list[int] | bool | str | list[str] | list[list[int]] | None
"""What a page sends; each kind says which of these it reads (in its class's docstring)."""
MAX_TEXT = 10_000
_MAX_PARTS = 200


def recordable(response: object) -> Response:
    """The response as an event and a file may hold it; None for what no page of ours would send.

    A number, a truth value, a text of at most 10,000 letters, or a list of at most 200 numbers, texts (as long
    together) or lists of at most four numbers.
    """
    if isinstance(response, str):
        return response if len(response) <= MAX_TEXT else None
    if isinstance(response, list) and len(response) <= _MAX_PARTS:
        if all(_is_small(part) for part in response):
            return response
        if all(isinstance(part, str) for part in response) and sum(map(len, response)) <= MAX_TEXT:
            return response
        if all(isinstance(part, list) and len(part) <= 4 and all(map(_is_small, part)) for part in response):
            return response
        return None
    return response if isinstance(response, bool) or _is_small(response) else None


def _is_small(value: object) -> TypeGuard[int]:
    return type(value) is int and abs(value) < 2**31


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
    """What a response earned: ``fraction`` of the item's points, 0 to 1; 0 unless the state is right or partly so.

    ``judged`` is False where no program can tell (an essay): the state is ``right`` then, and means handed in.
    """

    model_config = ConfigDict(frozen=True)

    state: State
    fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    feedback: tuple[Feedback, ...] = ()
    judged: bool = True

    def less(self, cost: float) -> "Outcome":
        """The same with ``cost`` (a share of the points, for hints) taken off; never below 0, the state stays."""
        return self.model_copy(update={"fraction": max(0.0, self.fraction - cost)}) if cost > 0 else self

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


class Hint(BaseModel):
    """One step of the ladder of hints. ``cost``: the share of the points that taking it costs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)
    cost: Annotated[float, Field(ge=0, le=1)] = 0.0


def _as_hint(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


Shuffle = Literal["no", "all", "but-last"]


class Item(BaseModel):
    """One question: its texts (Markdown in a source, HTML in a release) and its key.

    ``was``: former names, a key (in the same quiz) or ``quiz/item`` (in another quiz of the lesson). ``attempts``: how
    many count (None: any number); ``wait``: seconds between two; ``confidence``: whether the learner is asked how sure
    they are; ``shuffle``: which choices each learner meets in an order of their own (what was answered always names
    choices as they stand here). A kind implements ``form``, ``map_kind_texts``, ``right_answers``,
    ``reference_response`` and ``score``.
    """

    # a kind is made ready when the first item of it is read: a learner's kernel meets a few of them, and seldom all
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    kind: ClassVar[str]
    practice_only: ClassVar[bool] = False
    """Whether it can only be scored in the learner's own kernel."""
    answers_are_texts: ClassVar[bool] = False
    """Whether right answers are texts of the item (HTML once rendered) or plain, to be escaped where HTML is shown."""

    key: Key
    prompt: str = Field(min_length=1)
    skill: Key | None = None
    hints: tuple[Annotated[Hint, BeforeValidator(_as_hint)], ...] = ()
    explanation: str = ""
    minutes: Annotated[float, Field(gt=0, le=600)] | None = None
    points: Annotated[float, Field(ge=0, le=1000)] = 1.0
    attempts: Annotated[int, Field(ge=1, le=100)] | None = None
    wait: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    confidence: bool = False
    shuffle: Shuffle = "no"
    was: tuple[FormerName, ...] = ()

    def form(self) -> dict[str, Any]:
        """What the page needs to ask, as JSON: the choices, say. Never the key, nor how many choices are right."""
        return {}

    def map_kind_texts(self, change: Callable[[str], str]) -> Self:
        """A copy with ``change`` applied to the texts that only this kind has."""
        raise NotImplementedError

    def score(self, response: Response) -> Outcome:
        """The outcome of a response that is neither None nor an empty text. Must not raise."""
        raise NotImplementedError

    def right_answers(self) -> tuple[str, ...]:
        """The right answers in words, as the texts of this item are: Markdown in a source, HTML once rendered."""
        raise NotImplementedError

    def in_words(self, response: Response) -> str:
        """A response as a person would say it, in one line: the texts of the choices taken, the number that was typed.

        Texts are as this item's are (Markdown, or HTML once rendered); what the learner typed is not escaped. Never
        raises; what does not fit this kind is said as it is, or as "…" where even that is too much.
        """
        try:
            return "" if response is None else str(response)
        except (ValueError, RecursionError):  # a number of thousands of digits, lists within lists
            return "…"

    def reference_response(self) -> Response:
        """A response that scores in full."""
        raise NotImplementedError

    def read(self, response: Response) -> str:
        """How a response was understood, as HTML, where that is not plain to see: a formula, a number. Never raises."""
        return ""

    def map_texts(self, change: Callable[[str], str]) -> Self:
        """A copy with ``change`` applied to every text that a person reads (Markdown to HTML, say)."""
        changed = {
            "prompt": change(self.prompt),
            "hints": tuple(hint.model_copy(update={"text": change(hint.text)}) for hint in self.hints),
            "explanation": change(self.explanation) if self.explanation else "",
        }
        return self.model_copy(update=changed).map_kind_texts(change)

    def public(self) -> dict[str, Any]:
        """What may be shown before an answer: never the key, feedback, a hint's text or how many choices are right."""
        return {
            "key": self.key,
            "kind": self.kind,
            "prompt": self.prompt,
            "form": self.form(),
            "hints": [hint.cost for hint in self.hints],
            "minutes": self.minutes,
            "skill": self.skill,
            "points": self.points,
            "attempts": self.attempts,
            "wait": self.wait,
            "confidence": self.confidence,
            "shuffle": self.shuffle,
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


@dataclass(frozen=True)
class Variants:
    """One item with its variants, in a fixed order; most items have one. All share the item's key and kind.

    An event's ``variant`` is a number in here. ``digest`` names all of them together.
    """

    all: tuple[Item, ...]

    def __post_init__(self) -> None:
        if not self.all:
            raise ValueError("an item has at least one variant")

    @property
    def item(self) -> Item:
        """The first variant: what all have in common is read from it."""
        return self.all[0]

    @property
    def digest(self) -> str:
        digests = [item_digest(item) for item in self.all]
        return digests[0] if len(digests) == 1 else digest(digests)

    def variant(self, number: object) -> Item:
        """The variant of that number; the first one for a number that none has."""
        return self.all[number] if type(number) is int and 0 <= number < len(self.all) else self.all[0]

    def map_texts(self, change: Callable[[str], str]) -> "Variants":
        """As :meth:`Item.map_texts`, for each of them."""
        return Variants(tuple(item.map_texts(change) for item in self.all))


@dataclass(frozen=True)
class Quiz:
    """A quiz as written: its items in order. ``pick``: how many of them each learner meets (None: all)."""

    key: str
    items: tuple[Variants, ...] = ()
    pick: int | None = None


def score(item: Item | Variants, response: Response, variant: int = 0) -> Outcome:
    """The outcome of any response to an item (to that variant of it). Pure; never raises.

    Nothing given is ``unanswered``; a response of the wrong type, or one that cannot be read, is ``invalid``.
    """
    asked = item.variant(variant) if isinstance(item, Variants) else item
    if response is None or (isinstance(response, str) and not response.strip()) or response == []:
        return UNANSWERED
    return asked.score(response)
