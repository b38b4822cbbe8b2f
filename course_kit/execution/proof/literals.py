"""Literals, and fresh ones in their place: who looks up the expected value in the test's own code finds the fresh."""

import ast
from random import Random

_LETTERS = "bcdfghjklmnpqrstvwxz"
_MAKERS = {"array", "list", "tuple", "set", "frozenset"}
_MORE_MAKERS = _MAKERS | {"Counter", "DataFrame", "Decimal", "Fraction", "Index", "OrderedDict", "Series", "complex"}
_MORE_MAKERS |= {"bytes", "date", "datetime", "deque", "dict", "float", "fromkeys", "int", "range", "str", "timedelta"}
_MORE_MAKERS |= {"arange", "asarray", "eye", "full", "ones", "zeros", "approx"}


def is_literal(node: ast.expr) -> bool:
    """Made of constants alone, containers and arithmetic of them included."""
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=operand):
            return is_literal(operand)
        case ast.BinOp(left=left, right=right):
            return is_literal(left) and is_literal(right)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return all(is_literal(part) for part in parts)
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and is_literal(key) for key in keys) and all(map(is_literal, values))
        case ast.JoinedStr(values=parts):
            return all(isinstance(part, ast.Constant) for part in parts)
    return False


def is_made_of_literals(node: ast.expr) -> bool:
    """A call of a well-known maker (``set([1, 2])``, ``np.array(…)``) with literals only."""
    if not isinstance(node, ast.Call) or called(node) not in _MORE_MAKERS:
        return False
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return all(is_literal(one) or is_made_of_literals(one) or _is_constant_name(one) for one in given)


def called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def fresh_literal(node: ast.expr, chance: Random) -> ast.expr | None:
    """A literal of the same form that equals nothing honest; None where that takes the value at run time."""
    match node:
        case ast.Constant(value=value):
            return _constant(value, chance)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() | complex() as value)):
            return _constant(-value, chance)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            found = [fresh_literal(part, chance) for part in parts]
            # two, which no empty array fits
            found = found or [_constant(0, chance), _constant(0, chance)]
            fresh = [part for part in found if part is not None]
            if len(fresh) < len(found):
                return None
            if isinstance(node, ast.Set):
                return ast.Set(fresh)
            return type(node)(fresh, ast.Load())
        case ast.Dict(keys=keys, values=values):
            found = [fresh_literal(value, chance) for value in values] or [_constant(0, chance)]
            fresh = [part for part in found if part is not None]
            return ast.Dict(keys or [_constant(0, chance)], fresh) if len(fresh) == len(found) else None
        case ast.Call(func=func, args=[first], keywords=[]) if called(node) in _MAKERS and not isinstance(
            first, ast.Constant
        ):
            inner = fresh_literal(first, chance)
            return None if inner is None else ast.Call(func, [inner], [])
    return None


def far(value: float, chance: Random) -> float:
    """On the other side of zero and further out, whatever the tolerance; an int for an int."""
    number = chance.randint(10**6, 10**9)
    if isinstance(value, float):
        if not -1e300 < value < 1e300:
            return number + 0.5
        number += chance.randint(1, 999) / 1000  # type: ignore[assignment]  # a float among floats
    factor = chance.randint(2, 9)
    return -value * factor - number if value >= 0 else -value * factor + number


def _constant(value: object, chance: Random) -> ast.expr:
    fresh: object
    if type(value) is complex:
        fresh = complex(far(value.real, chance), far(value.imag, chance))
    elif type(value) in (int, float):
        fresh = far(value, chance)  # type: ignore[arg-type]  # mypy does not narrow by `type(…) in`
    elif isinstance(value, str):
        fresh = "".join(chance.choices(_LETTERS, k=max(12, min(len(value), 40))))
    elif isinstance(value, bytes):
        fresh = "".join(chance.choices(_LETTERS, k=12)).encode()
    else:
        # True, False, None and ...: a number equals none of them
        fresh = chance.randint(10**6, 10**9)
    return ast.Constant(fresh)


def _is_constant_name(node: ast.expr) -> bool:
    """``np.float64``, ``np.nan``, ``int``: names that stand for the same in every run."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"np", "numpy", "math", "pd"}
    ) or (isinstance(node, ast.Name) and node.id in {"int", "float", "str", "bool", "object", "complex"})
