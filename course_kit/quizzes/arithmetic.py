"""What may stand in the braces of a varied question: arithmetic on its parameters, worked out without being run.

An expression is read by Python's own grammar and worked out here, node by node: numbers, words, lists, the parameters
and a few functions. No other name, attribute or call is known, and everything is bounded. Whole numbers and decimals
are exact (``0.1 + 0.2`` is ``0.3``); roots and logarithms are floating-point.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

MAX_LENGTH = 200
_MAX_NODES = 100
_MAX_LIST = 100
_MAX_BITS = 1000
_MAX_EXPONENT = 200
_IMPLICIT = re.compile(r"(?<![\w.])\d+(?:\.\d*)?(?![eE][-+]?\d)([A-Za-z(])")

Value = Fraction | float | bool | str | tuple[Any, ...]


class NotComputable(Exception):
    """Why an expression has no value, in an author's words."""


def names_in(text: str) -> set[str] | None:
    """The names in an expression; None if ``text`` is none at all."""
    try:
        tree = _tree(text)
    except NotComputable:
        return None
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def compute(text: str, values: Mapping[str, Value]) -> Value:
    """The value of an expression. Raises :class:`NotComputable`."""
    try:
        return _Evaluation(values).value(_tree(text))
    except ZeroDivisionError:
        raise NotComputable("it divides by zero") from None
    except (OverflowError, ValueError, ArithmeticError, TypeError, RecursionError) as error:
        raise NotComputable(f"it cannot be computed ({error})") from None


def _tree(text: str) -> ast.expr:
    bare = text.strip()
    if not bare or len(bare) > MAX_LENGTH:
        raise NotComputable("nothing stands there" if not bare else f"it is longer than {MAX_LENGTH} letters")
    if "\\" in bare or "\n" in bare or "\0" in bare:
        raise NotComputable("it is no arithmetic")
    if match := _IMPLICIT.search(bare):
        raise NotComputable(f"a sign is missing before `{match[1]}`: write `2 * a`, not `2a`")
    try:
        tree = ast.parse(bare, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotComputable("it is no arithmetic") from None
    if sum(1 for _ in ast.walk(tree)) > _MAX_NODES:
        raise NotComputable("it is too long")
    return tree


def _number(value: Value) -> Fraction | float:
    if isinstance(value, bool) or not isinstance(value, Fraction | float):
        raise NotComputable(f"`{shown(value)}` is not a number")
    return value


def _checked(value: Value) -> Value:
    if isinstance(value, Fraction) and _bits(value) > _MAX_BITS:
        raise NotComputable("the number is too large")
    if isinstance(value, float) and not math.isfinite(value):
        raise NotComputable("the result is no number")
    return value


def _bits(value: Fraction) -> int:
    return max(int(value.numerator).bit_length(), int(value.denominator).bit_length())


def _power(base: Fraction | float, exponent: Fraction | float) -> Fraction | float:
    if not -_MAX_EXPONENT <= exponent <= _MAX_EXPONENT:
        raise NotComputable(f"the exponent is larger than {_MAX_EXPONENT}")
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        if _bits(base) * abs(exponent.numerator) > _MAX_BITS:
            raise NotComputable("the number is too large")
        return Fraction(base**exponent.numerator)
    result: float | complex = float(base) ** float(exponent)
    if isinstance(result, complex):
        raise NotComputable("it is the root of a negative number")
    return result


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda a, b: Fraction(a // b) if isinstance(a // b, int) else a // b,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


class _Evaluation:
    """Works out one expression for one set of values."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self.values = values

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=bool() as truth):
                return truth
            case ast.Constant(value=int() | float() as number):
                return _checked(Fraction(str(number)))
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id=name):
                return self._named(name)
            case ast.List(elts=parts) if len(parts) <= _MAX_LIST:
                return tuple(self.value(part) for part in parts)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -_number(self.value(inner))
            case ast.UnaryOp(op=ast.UAdd(), operand=inner):
                return _number(self.value(inner))
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return not self.value(inner)
            case ast.BinOp(op=ast.BitXor()):
                raise NotComputable("a power is written `a ** 2`")
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
                return _checked(_OPERATORS[type(sign)](_number(self.value(left)), _number(self.value(right))))
            case ast.BoolOp(op=sign, values=parts):
                truths = [bool(self.value(part)) for part in parts]
                return all(truths) if isinstance(sign, ast.And) else any(truths)
            case ast.Compare():
                return self._compared(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body) if self.value(test) else self.value(orelse)
            case ast.Subscript(value=inner, slice=place):
                return self._entry(self.value(inner), self.value(place))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._called(name, [self.value(arg) for arg in args])
        raise NotComputable("only arithmetic can stand there")

    def _named(self, name: str) -> Value:
        if name in self.values:
            return self.values[name]
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        raise NotComputable(f"`{name}` is no parameter")

    def _compared(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = self.value(other)
            if type(sign) not in _COMPARISONS or not _COMPARISONS[type(sign)](left, right):
                return False
            left = right
        return True

    def _entry(self, entries: Value, place: Value) -> Value:
        if not isinstance(entries, tuple) or not isinstance(place, Fraction) or place.denominator != 1:
            raise NotComputable("only an entry of a list can be taken, by its number")
        if not -len(entries) <= place < len(entries):
            raise NotComputable(f"the list has no entry {place}")
        entry: Value = entries[int(place)]
        return entry

    def _called(self, name: str, arguments: list[Value]) -> Value:
        if name in _OF_LISTS:
            several = len(arguments) != 1 or not isinstance(arguments[0], tuple)
            entries = arguments if several else list(arguments[0])  # type: ignore[arg-type]
            if not entries and name not in ("len", "sum"):
                raise NotComputable(f"`{name}` of nothing")
            return _checked(_OF_LISTS[name](entries))
        if name not in _FUNCTIONS:
            raise NotComputable(f"`{name}` is no function here; there are {', '.join(sorted(FUNCTIONS))}")
        least, most, function = _FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise NotComputable(
                f"`{name}` takes {least if least == most else f'{least} or {most}'}, not {len(arguments)}"
            )
        return _checked(function(*map(_number, arguments)))


def _rounded(value: Fraction | float, places: Fraction | float = Fraction(0)) -> Fraction:
    if places != int(places) or not -15 <= places <= 15:
        raise NotComputable("`round` takes 15 decimals at most")
    return Fraction(round(Fraction(value), int(places)))


def _whole(function: Callable[[Any], int]) -> Callable[[Any], Fraction]:
    return lambda value: Fraction(function(value))


def _root(value: Fraction | float) -> Fraction | float:
    if value < 0:
        raise NotComputable("it is the root of a negative number")
    exact = Fraction(value)
    above, below = math.isqrt(exact.numerator), math.isqrt(exact.denominator)
    if above * above == exact.numerator and below * below == exact.denominator:
        return Fraction(above, below)
    return math.sqrt(value)


def _factorial(value: Fraction | float) -> Fraction:
    if value != int(value) or not 0 <= value <= 100:
        raise NotComputable("`factorial` takes a whole number from 0 to 100")
    return Fraction(math.factorial(int(value)))


def _chosen(count: Fraction | float, taken: Fraction | float) -> Fraction:
    if count != int(count) or taken != int(taken) or not (taken >= 0 and 0 <= count <= 500):
        raise NotComputable("`comb` takes whole numbers up to 500")
    return Fraction(math.comb(int(count), int(taken)))


def _logarithm(value: Fraction | float, base: Fraction | float | None = None) -> float:
    return math.log(value) if base is None else math.log(value, base)


_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "abs": (1, 1, abs),
    "ceil": (1, 1, _whole(math.ceil)),
    "comb": (2, 2, _chosen),
    "cos": (1, 1, math.cos),
    "exp": (1, 1, math.exp),
    "factorial": (1, 1, _factorial),
    "floor": (1, 1, _whole(math.floor)),
    "int": (1, 1, _whole(int)),
    "log": (1, 2, _logarithm),
    "log10": (1, 1, math.log10),
    "log2": (1, 1, math.log2),
    "round": (1, 2, _rounded),
    "sin": (1, 1, math.sin),
    "sqrt": (1, 1, _root),
    "tan": (1, 1, math.tan),
}
_CONSTANTS: dict[str, Value] = {"pi": math.pi, "e": math.e, "true": True, "false": False}


def _mean(entries: Sequence[Value]) -> Fraction | float:
    return sum(map(_number, entries), Fraction(0)) / len(entries)


def _median(entries: Sequence[Value]) -> Fraction | float:
    ordered = sorted(map(_number, entries))
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _variance(entries: Sequence[Value]) -> Fraction | float:
    centre = _mean(entries)
    return sum(((_number(entry) - centre) ** 2 for entry in entries), Fraction(0)) / len(entries)


_OF_LISTS: dict[str, Callable[[Sequence[Value]], Value]] = {
    "len": lambda entries: Fraction(len(entries)),
    "max": lambda entries: max(map(_number, entries)),
    "mean": _mean,
    "median": _median,
    "min": lambda entries: min(map(_number, entries)),
    "sorted": lambda entries: tuple(sorted(map(_number, entries))),
    "std": lambda entries: _root(_variance(entries)),
    "sum": lambda entries: sum(map(_number, entries), Fraction(0)),
    "var": _variance,
}
FUNCTIONS = frozenset(_FUNCTIONS) | frozenset(_OF_LISTS)


def shown(value: Value, form: str = "") -> str:
    """A value as it stands in the question's text. ``form``: ``.2f``, say. Raises :class:`NotComputable`.

    A decimal fraction is written out; any other number is rounded to ten significant digits.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(shown(entry, form) for entry in value)}]"
    if isinstance(value, str):
        return value
    if form:
        if re.fullmatch(r"[+ ]?\.\d{1,2}[feg%]", form) is None:
            raise NotComputable(f"`:{form}` is no form of a number; write `:.2f` for two decimals")
        return format(float(value), form)
    if isinstance(value, Fraction):
        return _decimal(value)
    return format(value, ".10g")


def _decimal(value: Fraction) -> str:
    """All digits of a decimal fraction of at most 15 digits, or ten significant ones."""
    places, below = 0, value.denominator
    for prime in (2, 5):
        count = 0
        while below % prime == 0:
            below //= prime
            count += 1
        places = max(places, count)
    if below != 1 or places > 12 or abs(value) >= 10**15:
        return str(value.numerator) if value.denominator == 1 else format(float(value), ".10g")
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"
