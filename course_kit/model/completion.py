"""When a lesson is completed: a rule over what the learner did, each part with its present value.

    complete: quizzes >= 80 %
    complete: {all: [viewed >= 90 %, {any: [video intro >= 80 %, assignment frames >= 60 %]}]}

Without ``complete:`` a lesson's own kind decides: its quizzes, else its code cells, else what was in view.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator

from course_kit.model.gate_tree import MAX_DEPTH, MAX_LEAVES, read_share
from course_kit.model.keys import is_key

What = Literal["viewed", "cells", "quizzes", "video", "assignment"]
_WHATS: tuple[What, ...] = ("viewed", "cells", "quizzes", "video", "assignment")
_SLACK = 1e-9
"""Sums of floats that ought to reach a share count as reaching it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf: the share ``at_least`` of what is in view, of cells run, of quizzes, of a video, of an assignment.

    ``name``: the video (none means each video that was played) or the assignment.
    """

    what: What
    at_least: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple["Rule", ...]


Rule = Part | Every | Some


@dataclass(frozen=True, slots=True)
class Facts:
    """What one learner did in one lesson, as shares from 0 to 1; ``videos`` and ``assignments`` by their keys."""

    viewed: float = 0.0
    cells: float = 0.0
    quizzes: float = 0.0
    videos: Mapping[str, float] = field(default_factory=dict)
    assignments: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """One leaf and how far it has come: ``have`` of ``need``."""

    part: Part
    have: float
    need: float
    met: bool


def evaluate(rule: Rule, facts: Facts) -> tuple[Value, ...]:
    """Every leaf of ``rule`` with its present value, from left to right."""
    return tuple(_value(part, facts) for part in parts_of(rule))


def is_met(rule: Rule, facts: Facts) -> bool:
    match rule:
        case Every(parts):
            return all(is_met(part, facts) for part in parts)
        case Some(parts):
            return any(is_met(part, facts) for part in parts)
        case _:
            return _value(rule, facts).met


def degree(rule: Rule, facts: Facts) -> float:
    """How far the rule has come, 0 to 1: all in their mean, of alternatives the best. It is 1 where the rule is met."""
    match rule:
        case Every(parts):
            share = sum(degree(part, facts) for part in parts) / len(parts)
        case Some(parts):
            share = max(degree(part, facts) for part in parts)
        case _:
            share = min(1.0, _value(rule, facts).have / rule.at_least)
    return 1.0 if is_met(rule, facts) else min(share, 1.0)


def parts_of(rule: Rule) -> Iterator[Part]:
    """Every leaf, from left to right."""
    match rule:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from parts_of(part)
        case _:
            yield rule


def read_rule(data: Any) -> Rule:
    """The rule that this form means; a list means all. Raises ValueError with what to write."""
    rule = _read(data, 0)
    if sum(1 for _ in parts_of(rule)) > MAX_LEAVES:
        raise ValueError(f"a rule has at most {MAX_LEAVES} parts")
    return rule


def rule_form(rule: Rule) -> Any:
    """``rule`` as it is written; :func:`read_rule` reads it back."""
    match rule:
        case Every(parts):
            return {"all": [rule_form(part) for part in parts]}
        case Some(parts):
            return {"any": [rule_form(part) for part in parts]}
        case _:
            words = f"{rule.what} {rule.name}" if rule.name else rule.what
            return f"{words} >= {rule.at_least * 100:.10g} %"


def _value(part: Part, facts: Facts) -> Value:
    match part.what:
        case "video":
            have = facts.videos.get(part.name, 0.0) if part.name else min(facts.videos.values(), default=0.0)
        case "assignment":
            have = facts.assignments.get(part.name, 0.0)
        case what:
            have = getattr(facts, what)
    return Value(part, have, part.at_least, have >= part.at_least - _SLACK)


def _read(data: Any, depth: int) -> Rule:
    if depth > MAX_DEPTH:
        raise ValueError(f"a rule is nested at most {MAX_DEPTH} deep")
    if isinstance(data, str):
        return _read_part(data)
    if isinstance(data, list | tuple):
        return Every(_parts(data, depth))
    if isinstance(data, Mapping) and len(data) == 1:
        ((name, inner),) = data.items()
        if name in ("all", "any"):
            parts = _parts(inner, depth)
            return Every(parts) if name == "all" else Some(parts)
    raise ValueError("write `quizzes >= 80 %`, say, or a list, or one of `all: […]` and `any: […]`")


def _parts(data: Any, depth: int) -> tuple[Rule, ...]:
    if not isinstance(data, list | tuple) or not 0 < len(data) <= MAX_LEAVES:
        raise ValueError(f"`all` and `any` need a list of 1 to {MAX_LEAVES} parts")
    return tuple(_read(part, depth + 1) for part in data)


def _read_part(text: str) -> Rule:
    words, sign, share = text.replace("≥", ">=").partition(">=")
    what, _, name = words.strip().partition(" ")
    name = name.strip()
    if what not in _WHATS:
        known = ", ".join(f"`{known}`" for known in _WHATS)
        raise ValueError(f"{text.strip()!r} is no part of a rule; it begins with one of {known}")
    if what == "assignment" and not is_key(name):
        raise ValueError(f"{text.strip()!r} lacks the assignment's key: write `assignment KEY >= 60 %`")
    if what in ("viewed", "cells", "quizzes") and name:
        raise ValueError(f"{text.strip()!r}: after `{what}` comes its share, such as `{what} >= 80 %`")
    if not sign and what != "cells":
        raise ValueError(f"{text.strip()!r} lacks its share: write `{words.strip()} >= 80 %`")
    return Part(_WHATS[_WHATS.index(what)], read_share(share) if sign else 1.0, name)


def _validated(value: Any) -> Rule:
    return value if isinstance(value, Part | Every | Some) else read_rule(value)


RuleField = Annotated[Rule, PlainValidator(_validated), PlainSerializer(rule_form)]
"""A field that holds a rule; in JSON and YAML as it is written."""
