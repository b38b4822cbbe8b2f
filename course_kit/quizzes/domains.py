"""``vary: a in 1..9; b in 10, 20, 30; c = a * b``: the parameters of a varied question and their values."""

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from math import prod

from course_kit.model.kinds import parse_number
from course_kit.quizzes.arithmetic import FUNCTIONS, NotComputable, Value, compute

MAX_PARAMETERS = 12
MAX_VALUES = 10_000
MAX_TRIES = 3000
"""How many sets of values are looked at for those that `where:` lets through."""
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,30}$")
_RANGE = re.compile(
    r"^(?P<first>[^.]+(?:\.\d+)?)\s*(?:\.\.\.?|…)\s*(?P<last>[^.]+(?:\.\d+)?)(?:\s+step\s+(?P<step>\S+))?$"
)
Values = dict[str, Value]


@dataclass
class Domain:
    """The parameters, each with the values that it may have or the expression that it is worked out from."""

    values: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)
    where: str = ""

    @property
    def names(self) -> set[str]:
        return {*self.values, *self.derived}

    def sets(self, about: str, most: int) -> Iterator[Values]:
        """At most so many different sets of values, in an order that only ``about`` decides.

        Raises :class:`NotComputable` where a derived parameter or the condition cannot be worked out.
        """
        found = 0
        for number in self._numbers(about):
            values: Values = {}
            for name, choices in self.values.items():
                number, place = divmod(number, len(choices))
                values[name] = choices[place]
            for name, expression in self.derived.items():
                values[name] = _computed(expression, values)
            if not self.where or _computed(self.where, values) is True:
                yield values
                found += 1
            if found == most:
                return

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
            values = tuple(dict.fromkeys(value for entry in _split(rest, ",") for value in _values(entry)))
            if not values or len(values) > MAX_VALUES:
                raise NotComputable(f"`{name}` has no value" if not values else f"`{name}` has too many values")
            domain.values[name] = values
    if not domain.values:
        raise NotComputable("no parameter has values")
    if len(domain.names) > MAX_PARAMETERS:
        raise NotComputable(f"there are more than {MAX_PARAMETERS} parameters")
    return domain


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


def _values(entry: str) -> list[Value]:
    """The values that an entry stands for: a range, a number, a list, a word."""
    match = None if entry.startswith(('"', "[")) else _RANGE.match(entry)
    if match is not None:
        first, last = parse_number(match["first"]), parse_number(match["last"])
        step = parse_number(match["step"] or "1")
        if first is None or last is None or step is None or step <= 0 or last < first:
            raise NotComputable(f"`{entry[:60]}` is no range: write `1..9` or `0..1 step 0.1`")
        steps = int((last - first) / step)
        if steps > MAX_VALUES:
            raise NotComputable(f"`{entry[:60]}` holds more than {MAX_VALUES:,} values")
        return [Fraction(first) + Fraction(step) * number for number in range(steps + 1)]
    number = parse_number(entry)
    if number is not None:
        return [Fraction(number)]
    if entry.startswith("["):
        return [compute(entry, {})]
    return [entry.strip('"')]
