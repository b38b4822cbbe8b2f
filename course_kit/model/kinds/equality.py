"""Whether two expressions are equal: by their values at fixed points, and by SymPy where these tell nothing.

Values are computed with SymPy's own arithmetic (mpmath) in 60 digits, at points that are spread over several scales and
signs and that only a name and a number decide, so that a score is the same on every computer. Two expressions of these
functions that agree at all of them, to 30 digits, are equal but for a chance that nobody meets; two that differ at one
are not. That takes milliseconds, whatever was typed, because sizes, powers and arguments are bounded: no clock is
needed, and a clock could stop no thread anyway. SymPy itself takes half a second to import and can think for minutes;
it is asked only where no point tells anything (numbers too large to compute with), and only about quotients of small
polynomials, in which functions and large powers stand as unknowns.

Expressions count as functions of real numbers: points are compared where the right answer is a real number. Where it is
one nowhere, complex values are compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import comb
from typing import Any, Literal

from course_kit.model.kinds.algebra import Term

Verdict = Literal["equal", "rounded", "different", "undefined", "unknown"]
_DIGITS = 60
_SCALES = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 10.0, 10.0, 0.1, 0.1, 100.0, 100.0, 1e4, 1e4, 1e6, 1e6, 0.01, 0.01)
"""Two by two: at the second point of a pair each name has the other sign."""
_ENOUGH = 3
"""At so many points two expressions have to be comparable."""
_HUGE_POWER, _HUGE_ANGLE, _HUGE_SIZE = 10_000, 10**10, 2_000
_ZERO = 50
"""What is smaller than 10 to minus this is a trace of the last digits where nothing should be."""


class _Undefined(Exception):
    """A quotient by zero, a logarithm of zero."""


class _TooLarge(Exception):
    """A value that cannot be computed with in reasonable time or precision."""


@dataclass(frozen=True)
class _Value:
    """The value of an expression at a point, or why it has none; ``noise``: how far its last digits may be off."""

    value: Any
    noise: Any = 0
    missing: type[Exception] | None = None

    def is_real(self, context: Any) -> bool:
        return self.missing is None and bool(
            abs(context.im(self.value)) <= abs(self.value) * context.mpf(10) ** -30 + self.noise
        )


def compare(answer: Term, given: Term, names: Sequence[str], *, positive: bool = False) -> Verdict:
    """What ``given`` is to ``answer``; ``positive``: names stand for positive numbers only.

    ``rounded``: within two thousandths everywhere, and written with a decimal point. ``undefined``: ``given`` has no
    value anywhere. ``unknown``: nothing can be told. Raises :class:`ImportError` where mpmath is missing, and nothing
    else.
    """
    if answer.shape == given.shape:
        return "equal"
    from mpmath import MPContext  # one for each comparison: its precision is state, and threads do not share it

    context = MPContext()
    context.dps = _DIGITS
    used = names if _uses_names(answer) or _uses_names(given) else ()
    pairs = [(_at(point, answer, context), _at(point, given, context)) for point in _points(context, used, positive)]
    if all(given_value.missing is _Undefined for _, given_value in pairs):
        return "undefined"
    real = [pair for pair in pairs if pair[0].is_real(context)]
    for told in (real, [pair for pair in pairs if pair[0].missing is None]):
        usable = [pair for pair in told if pair[1].missing is not _TooLarge]
        if not all(_agree(*pair, context.mpf(10) ** -30) for pair in usable):
            near = all(_agree(*pair, context.mpf("0.002")) for pair in usable)
            return "rounded" if near and _has_decimals(given) else "different"
        if len(usable) >= (_ENOUGH if used else 1):
            return "equal"
    return _by_sympy(answer, given)


def _uses_names(term: Term) -> bool:
    return (term.op == "name" and term.text not in ("pi", "e")) or any(map(_uses_names, term.args))


def _has_decimals(term: Term) -> bool:
    return (term.op == "number" and "." in term.text) or any(map(_has_decimals, term.args))


def _points(context: Any, names: Sequence[str], positive: bool) -> Iterator[dict[str, Any]]:
    """Fixed values for the names, all positive at the first point; one point alone where there are no names."""
    for number, scale in enumerate(_SCALES if names else (1.0,)):
        point = {"pi": +context.pi, "e": +context.e}
        for name in names:
            size = context.mpf(scale) * (context.mpf(_drawn(name, number)) / 2**64 * 2.7 + 0.3)
            negative = (number > 1 and _drawn(name, -1 - number // 2) & 1) ^ (number & 1)
            point[name] = -size if negative and not positive else size
        yield point


def _drawn(name: str, number: int) -> int:
    return int.from_bytes(sha256(f"{name} {number}".encode()).digest()[:8], "big")


def _agree(one: _Value, other: _Value, share: Any) -> bool:
    """Whether two values differ by no more than that share of the larger one."""
    if other.missing is not None:
        return False
    room = max(abs(one.value), abs(other.value)) * share + one.noise + other.noise
    return bool(abs(one.value - other.value) <= room)


# ------------------------------------------------------------ values


def _at(point: Mapping[str, Any], term: Term, context: Any) -> _Value:
    values = _Values(point, context)
    try:
        return _Value(values.of(term), values.largest * context.mpf(10) ** -_ZERO)
    except _Undefined:
        return _Value(None, missing=_Undefined)
    except (_TooLarge, ArithmeticError, ValueError):
        return _Value(None, missing=_TooLarge)


class _Values:
    """Computes at one point. ``largest``: the largest number that lost its last digits, in a sum or as an angle."""

    def __init__(self, point: Mapping[str, Any], context: Any) -> None:
        self._point, self._context = point, context
        self._zero = context.mpf(10) ** -_ZERO
        self.largest = context.mpf(0)

    def of(self, term: Term) -> Any:
        if term.op == "number":
            return self._context.mpf(term.value.numerator) / term.value.denominator
        if term.op == "name":
            return self._point[term.text]
        values = [self.of(arg) for arg in term.args]
        if term.op in ("neg", "abs"):
            return -values[0] if term.op == "neg" else abs(values[0])
        if term.op in ("+", "-"):
            self.largest = max(self.largest, *map(abs, values))
            return values[0] + values[1] if term.op == "+" else values[0] - values[1]
        if term.op == "*":
            return values[0] * values[1]
        if term.op == "/":
            return self._quotient(*values)
        return self._power(*values) if term.op == "^" else self._function(term.op, values[0])

    def _quotient(self, above: Any, below: Any) -> Any:
        if abs(below) < self._zero:
            raise _Undefined
        return above / below

    def _power(self, base: Any, exponent: Any) -> Any:
        real = self._context.re(exponent)
        if abs(exponent) > _HUGE_POWER:
            raise _TooLarge
        if abs(base) < self._zero:
            if real < 0 or (real == 0 and exponent != 0):
                raise _Undefined
            return self._context.mpf(exponent == 0)
        if abs(self._context.re(exponent * self._context.log(base))) > _HUGE_SIZE:
            raise _TooLarge
        return self._context.power(base, exponent)

    def _function(self, name: str, value: Any) -> Any:
        context = self._context
        if name == "sqrt":
            return context.sqrt(value)
        if name == "ln":
            if abs(value) < self._zero:
                raise _Undefined
            return context.log(value)
        if abs(value) > _HUGE_ANGLE or abs(context.im(value)) > _HUGE_SIZE:
            raise _TooLarge
        if name == "exp":
            if abs(context.re(value)) > _HUGE_SIZE:
                raise _TooLarge
            return context.exp(value)
        self.largest = max(self.largest, abs(value))
        if name == "tan":
            return self._quotient(context.sin(value), context.cos(value))
        return context.sin(value) if name == "sin" else context.cos(value)


# ------------------------------------------------------------ SymPy

_SMALL, _LOW, _MOST_TERMS = 60, 8, 100
"""Of how many parts two expressions may be, of what degree, and how many terms their difference may have when it is
written out, that SymPy is asked about: with ten unknowns to the power of five it thinks for minutes."""
_POLYNOMIAL = ("+", "-", "*", "/", "neg")


def _by_sympy(answer: Term, given: Term) -> Verdict:
    """Whether the two are one quotient of polynomials, whatever the values of the functions in them."""
    if _size(answer) + _size(given) > _SMALL:
        return "unknown"
    degree = max(_degrees(Term("-", (answer, given))))
    if degree > _LOW or comb(len(_unknowns(answer) | _unknowns(given)) + degree, degree) > _MOST_TERMS:
        return "unknown"
    try:
        import sympy

        difference = sympy.cancel(_polynomial(answer, sympy) - _polynomial(given, sympy))
    except Exception:  # SymPy raises whatever its algorithms meet; nothing is told then
        return "unknown"
    return "equal" if difference == 0 else "unknown"


def _size(term: Term) -> int:
    return 1 + sum(map(_size, term.args))


def _whole_exponent(term: Term) -> int | None:
    """The exponent of a low power."""
    exponent = term.args[1]
    low = exponent.op == "number" and exponent.value.denominator == 1 and exponent.value <= _LOW
    return int(exponent.value) if low else None


def _degrees(term: Term) -> tuple[int, int]:
    """Of the polynomials above and below the line, once ``term`` is one quotient; nothing is cancelled."""
    if term.op == "number":
        return 0, 0
    exponent = _whole_exponent(term) if term.op == "^" else None
    if exponent is not None:
        above, below = _degrees(term.args[0])
        return above * exponent, below * exponent
    if term.op not in _POLYNOMIAL:
        return 1, 0
    one, other = _degrees(term.args[0]), _degrees(term.args[-1])
    if term.op == "neg":
        return one
    if term.op in ("+", "-"):
        return max(one[0] + other[1], other[0] + one[1]), one[1] + other[1]
    return (one[0] + other[0], one[1] + other[1]) if term.op == "*" else (one[0] + other[1], one[1] + other[0])


def _unknowns(term: Term) -> frozenset[object]:
    """What stands as an unknown when SymPy is asked."""
    if term.op == "number":
        return frozenset()
    if term.op in _POLYNOMIAL or (term.op == "^" and _whole_exponent(term) is not None):
        return frozenset().union(*map(_unknowns, term.args))
    return frozenset((term.shape,))


def _polynomial(term: Term, sympy: Any) -> Any:
    """As SymPy's; functions and powers that are not low are unknowns, named by what they are of."""
    if term.op == "number":
        return sympy.Rational(term.value.numerator, term.value.denominator)
    exponent = _whole_exponent(term) if term.op == "^" else None
    if exponent is not None:
        return _polynomial(term.args[0], sympy) ** exponent
    if term.op not in _POLYNOMIAL:
        return sympy.Symbol(repr(term.shape))
    one, other = _polynomial(term.args[0], sympy), _polynomial(term.args[-1], sympy)
    if term.op == "neg":
        return -one
    if term.op in ("+", "-"):
        return one + other if term.op == "+" else one - other
    return one * other if term.op == "*" else one / other
