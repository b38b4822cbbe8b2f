"""What a lesson waits for, as a tree: all, any and not over leaves; read from, and written as, course.yml's form.

    requires: [first-steps]
    requires: {all: [completed first-steps, {any: ["scored frames >= 80 %", cohort evening]}]}

A leaf that is not one of these forms is an error when it is read, so that no typing slip opens a lesson.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from course_kit.model.keys import is_key, slug
from course_kit.model.when import When

MAX_DEPTH, MAX_LEAVES = 8, 100
_SCORED = re.compile(r"^(\S+)\s*(?:>=|≥)\s*(\S.*)$")
_PERCENT = re.compile(r"^(\d{1,3}(?:\.\d{1,6})?)\s*%$")


@dataclass(frozen=True, slots=True)
class Completed:
    """The lesson is completed or waived."""

    lesson: str


@dataclass(frozen=True, slots=True)
class Scored:
    """The quizzes of a lesson, or an assignment, have come to the share ``at_least`` of their points."""

    key: str
    at_least: float


@dataclass(frozen=True, slots=True)
class After:
    """The moment has come; ``when`` as it is written."""

    when: str


@dataclass(frozen=True, slots=True)
class InCohort:
    cohort: str


@dataclass(frozen=True, slots=True)
class Waived:
    """The lesson is waived: by the instructor, or by a diagnostic."""

    lesson: str


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Gate", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Gate", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Gate"


Leaf = Completed | Scored | After | InCohort | Waived
Gate = Leaf | AllOf | AnyOf | Not


def read_gate(data: Any) -> Gate:
    """The gate that this form (texts, lists, mappings) means; a list means all. Raises ValueError, with advice."""
    gate = _read(data, 0)
    if sum(1 for _ in leaves(gate)) > MAX_LEAVES:
        raise ValueError(f"a gate has at most {MAX_LEAVES} conditions")
    return gate


def gate_form(gate: Gate) -> Any:
    """``gate`` as it is written; :func:`read_gate` reads it back."""
    match gate:
        case Completed(lesson):
            return f"completed {lesson}"
        case Scored(key, at_least):
            return f"scored {key} >= {at_least * 100:.10g} %"
        case After(when):
            return f"after {when}"
        case InCohort(cohort):
            return f"cohort {cohort}"
        case Waived(lesson):
            return f"waived {lesson}"
        case AllOf(parts):
            return {"all": [gate_form(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [gate_form(part) for part in parts]}
        case Not(part):
            return {"not": gate_form(part)}


def leaves(gate: Gate) -> Iterator[Leaf]:
    """Every leaf, from left to right."""
    match gate:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield gate


def musts(gate: Gate) -> Iterator[Leaf]:
    """The leaves that have to hold, whatever else does: those below nothing but ``all``."""
    match gate:
        case AllOf(parts):
            for part in parts:
                yield from musts(part)
        case AnyOf((only,)):
            yield from musts(only)
        case AnyOf() | Not():
            return
        case _:
            yield gate


def read_share(text: str) -> float:
    """``80 %`` or ``0.8`` as 0.8: more than nothing, at most the whole. Raises ValueError."""
    plain = text.strip()
    percent = _PERCENT.match(plain)
    try:
        share = round(float(percent[1]) / 100 if percent else float(plain), 6)
    except ValueError:
        raise ValueError(f"{plain!r} is not a share: write `80 %`") from None
    if not 0 < share <= 1:
        if not percent and 1 < share <= 100:
            raise ValueError(f"{plain!r} is not a share: write `{plain} %`")
        raise ValueError(f"{plain!r} is not a share: it is more than 0 % and at most 100 %")
    return share


def _read(data: Any, depth: int) -> Gate:
    if depth > MAX_DEPTH:
        raise ValueError(f"a gate is nested at most {MAX_DEPTH} deep")
    if isinstance(data, str):
        return _read_leaf(data)
    if isinstance(data, list | tuple):
        return AllOf(_parts(data, "a list", depth))
    if isinstance(data, Mapping) and len(data) == 1:
        ((name, inner),) = data.items()
        if name in ("all", "any"):
            parts = _parts(inner, f"`{name}`", depth)
            return AllOf(parts) if name == "all" else AnyOf(parts)
        if name == "not":
            return Not(_read(inner, depth + 1))
    raise ValueError("a gate is a key, a condition, a list, or one of `all: […]`, `any: […]` and `not: …`")


def _parts(data: Any, what: str, depth: int) -> tuple[Gate, ...]:
    if not isinstance(data, list | tuple) or not data:
        raise ValueError(f"{what} of a gate needs a list of conditions")
    if len(data) > MAX_LEAVES:
        raise ValueError(f"a gate has at most {MAX_LEAVES} conditions")
    return tuple(_read(part, depth + 1) for part in data)


def _read_leaf(text: str) -> Gate:
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if not rest:
        return Completed(_key(word))
    reader = _LEAVES.get(word)
    if reader is None:
        known = "`completed KEY`, `scored KEY >= 80 %`, `after DATE`, `cohort NAME` and `waived KEY`"
        raise ValueError(f"{text.strip()!r} is no condition of a gate; there are {known}")
    return reader(rest)


def _scored(text: str) -> Gate:
    found = _SCORED.match(text)
    if found is None:
        raise ValueError(f"`scored {text}` lacks its share: write `scored {text.split()[0]} >= 80 %`")
    return Scored(_key(found[1]), read_share(found[2]))


def _after(text: str) -> Gate:
    if When.parse(text).base == "due":
        raise ValueError("a lesson has no due date: write `after start + 3 days`, or a date with its zone")
    return After(text)


def _key(text: str) -> str:
    if not is_key(text):
        raise ValueError(
            f"{text!r} is not a key: lower-case letters and digits, joined by - _ or . (try {slug(text)!r})"
        )
    return text


def _name(text: str) -> str:
    if len(text) > 100:
        raise ValueError("the name of a cohort has at most 100 letters")
    return text


_LEAVES: Mapping[str, Callable[[str], Gate]] = {
    "completed": lambda text: Completed(_key(text)),
    "scored": _scored,
    "after": _after,
    "cohort": lambda text: InCohort(_name(text)),
    "waived": lambda text: Waived(_key(text)),
}


LEAF_WORDS = frozenset(_LEAVES)
"""What a condition begins with."""


def _validated(value: Any) -> Gate:
    return value if isinstance(value, Leaf | AllOf | AnyOf | Not) else read_gate(value)


GateField = Annotated[Gate, PlainValidator(_validated), PlainSerializer(gate_form)]
"""A field that holds a gate; in JSON and YAML as it is written."""
