"""``vary: a in 1..9; b in 10, 20, 30; c = a * b``: the parameters of a varied question and their values."""

import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from itertools import islice
from math import prod
from typing import overload

from course_kit.model.kinds import parse_number
from course_kit.quizzes.arithmetic import FUNCTIONS, NotComputable, Value, compute

MAX_PARAMETERS = 12
MAX_VALUES = 1000
MAX_RANGE = 10**9
MAX_TRIES = 2000
"""How many sets of values of one question are looked at for those that `where:` lets through."""
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,30}$")
_RANGE = re.compile(
    r"^(?P<first>[^.]+(?:\.\d+)?)\s*(?:\.\.\.?|…)\s*(?P<last>[^.]+(?:\.\d+)?)(?:\s+step\s+(?P<step>\S+))?$"
)
Values = dict[str, Value]


class Span(Sequence[Value]):
    """The numbers of a range, made when they are asked for."""

    def __init__(self, first: Fraction, step: Fraction, count: int) -> None:
        self.first, self.step, self.size = first, step, count

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, place: int) -> Value: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Value]: ...
    def __getitem__(self, place: int | slice) -> Value | Sequence[Value]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(self.size))]
        if not 0 <= place < self.size:
            raise IndexError(place)
        return self.first + self.step * place


@dataclass
class Domain:
    """The parameters, each with the values that it may have or the expression that it is worked out from."""

    values: dict[str, Sequence[Value]] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)
    where: str = ""

    @property
    def names(self) -> set[str]:
        return {*self.values, *self.derived}

    def sets(self, about: str, most: int, tries: int = MAX_TRIES) -> tuple[list[Values], int]:
        """At most so many different sets of values, in an order that only ``about`` decides; how many were looked at.

        That is no more than ``tries``. Raises :class:`NotComputable` where a derived parameter or the condition cannot
        be worked out.
        """
        found: list[Values] = []
        looked = 0
        for number in islice(self._numbers(about), tries):
            looked += 1
            values: Values = {}
            for name, choices in self.values.items():
                number, place = divmod(number, len(choices))
                values[name] = choices[place]
            for name, expression in self.derived.items():
                values[name] = _computed(expression, values)
            if not self.where or _computed(self.where, values) is True:
                found.append(values)
            if len(found) == most:
                break
        return found, looked

    def _numbers(self, about: str) -> Iterator[int]:
        """Numbers of sets of values, none twice."""
        count = prod(len(choices) for choices in self.values.values())
        if count <= MAX_TRIES:
            yield from sorted(range(count), key=lambda number: sha256(f"{about}\0{number}".encode()).digest())
            return
        seen: set[int] = set()
        for attempt in range(MAX_TRIES):
            number = int.from_bytes(sha256(f"{about}\0{attempt}".encode()).digest()) % count
            if number not in seen:
                seen.add(number)
                yield number


def _computed(expression: str, values: Values) -> Value:
    try:
        return compute(expression, values)
    except NotComputable as error:
        raise NotComputable(f"`{expression}` with {in_words(values)}: {error}") from None


def in_words(values: Values) -> str:
    """``a = 3, b = 10``"""
    from course_kit.quizzes.arithmetic import shown

    return ", ".join(f"{name} = {shown(value)}" for name, value in values.items())


def read_domain(vary: str, where: str) -> Domain:
    """What ``vary:`` and ``where:`` say. Raises :class:`NotComputable` with what is wrong."""
    domain = Domain(where=" ".join(where.split()))
    for part in _split(vary.replace("\n", ";"), ";"):
        name, word, rest = _declared(part)
        if name in domain.names:
            raise NotComputable(f"`{name}` is named twice")
        if not _NAME.match(name) or keyword.iskeyword(name) or name in FUNCTIONS:
            raise NotComputable(f"`{name[:40]}` cannot name a parameter: take a short word such as `a` or `count`")
        if word == "=":
            domain.derived[name] = rest
        else:
            domain.values[name] = _choices(name, _split(rest, ","))
        if len(domain.names) > MAX_PARAMETERS:
            raise NotComputable(f"there are more than {MAX_PARAMETERS} parameters")
    if not domain.values:
        raise NotComputable("no parameter has values")
    return domain


def _choices(name: str, entries: list[str]) -> Sequence[Value]:
    """The values that a parameter may have, each once."""
    parts = [_values(entry) for entry in entries[:MAX_VALUES]]
    if len(parts) == 1:
        return parts[0]
    if sum(map(len, parts)) > MAX_VALUES:
        raise NotComputable(f"`{name}` has more than {MAX_VALUES:,} values")
    if not parts:
        raise NotComputable(f"`{name}` has no value")
    return tuple(dict.fromkeys(value for part in parts for value in part))


def _declared(part: str) -> tuple[str, str, str]:
    match = re.match(r"^\s*(\S+?)\s*(?:\s(in)\s|(=)(?!=))\s*(.*)$", part, re.DOTALL)
    if match is None:
        raise NotComputable(f"`{part.strip()[:60]}` says not which values a parameter has")
    return match[1], match[2] or match[3], match[4].strip()


def _split(text: str, sign: str) -> list[str]:
    """The parts between the signs, those inside double quotes and brackets excepted; blank ones are left out."""
    parts, current, depth, quoted = [], "", 0, False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in "[(":
            depth += 1
        elif not quoted and letter in ")]":
            depth -= 1
        if letter == sign and not quoted and depth <= 0:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [part.strip() for part in (*parts, current) if part.strip()]


def _values(entry: str) -> Sequence[Value]:
    """The values that an entry stands for: a range, a number, a list, a word."""
    match = None if entry.startswith(('"', "[")) else _RANGE.match(entry)
    if match is not None:
        first, last = parse_number(match["first"]), parse_number(match["last"])
        step = parse_number(match["step"] or "1")
        if first is None or last is None or step is None or step <= 0 or last < first:
            raise NotComputable(f"`{entry[:60]}` is no range: write `1..9` or `0..1 step 0.1`")
        steps = int((last - first) / step)
        if steps > MAX_RANGE:
            raise NotComputable(f"`{entry[:60]}` holds more than {MAX_RANGE:,} values")
        return Span(Fraction(first), Fraction(step), steps + 1)
    number = parse_number(entry)
    if number is not None:
        return [Fraction(number)]
    if entry.startswith("["):
        return [compute(entry, {})]
    return [entry.strip('"')]
