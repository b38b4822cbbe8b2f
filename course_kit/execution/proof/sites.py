"""Where a test cell compares, and the same comparison with a fresh value in the expected side's place."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from course_kit.execution.proof.literals import called, fresh_literal
from course_kit.execution.proof.names import Scope

_TRUTHS = {"isclose", "allclose", "array_equal", "array_equiv", "equals", "equal", "all_close"}
_ASSERTS = {
    "assert_equal", "assert_equals", "assert_allclose", "assert_array_equal", "assert_array_almost_equal",
    "assert_almost_equal", "assert_almost_equals", "assert_approx_equal", "assert_string_equal", "assert_close",
    "assert_array_almost_equal_nulp", "assert_array_max_ulp", "assert_frame_equal", "assert_series_equal",
    "assert_index_equal", "assert_extension_array_equal", "assert_list_equal", "assert_dict_equal", "assert_set_equal",
    "assert_tuple_equal", "assert_sequence_equal", "assert_multi_line_equal", "assert_count_equal",
    "assertEqual", "assertEquals", "assertAlmostEqual", "assertAlmostEquals", "assertListEqual", "assertTupleEqual",
    "assertSetEqual", "assertDictEqual", "assertSequenceEqual", "assertMultiLineEqual", "assertCountEqual", "eq_",
}  # fmt: skip
_THROUGH = {"all", "any", "bool", "sum", "int", "float", "min", "max", "mean", "item", "logical_and"}
_TRUTH_ASSERTS = {"assertTrue", "assert_true", "assert_", "ok_"}
_SIDES = (("x", "y"), ("actual", "desired"), ("a", "b"), ("left", "right"), ("first", "second"), ("a1", "a2"))
_TOLERANCES = {"rtol", "atol", "rel_tol", "abs_tol", "delta", "decimal", "places", "significant", "nulp", "maxulp"}
_CONTENT = {
    "allclose",
    "isclose",
    "array_equal",
    "array_equiv",
    "assert_allclose",
    "assert_array_equal",
    "assert_equal",
}
_CONTENT |= {"assert_almost_equal", "assert_array_almost_equal", "assert_array_almost_equal_nulp"}
_Place = TypeVar("_Place", int, int | str)
COMPARING = _TRUTHS | _ASSERTS
"""The calls that compare their first two arguments."""
_CHAIN = (ast.Eq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.In)


@dataclass
class Site:
    """One comparison, or one assertion: its number within the copy, its line in the cell, its words."""

    number: int
    line: int
    text: str
    anything: bool = False
    """It names ``ANY``, which equals everything by intention."""

    def __str__(self) -> str:
        return f"Line {self.line}, `{self.text}`" if self.text else f"Line {self.line}"


@dataclass
class Sites:
    """Collects the sites of one copy; ``kit`` is the name under which the copy knows its :class:`Kit`."""

    kit: str
    chance: Random
    found: list[Site] = field(default_factory=list)
    defined: frozenset[str] = frozenset()
    """The functions that the cell itself defines: what they compare is looked at where they are defined."""
    imported: frozenset[str] = frozenset()
    origins: frozenset[int] = frozenset()
    """The names whose value is fresh already."""
    lines: tuple[str, ...] = ()
    """The cell's lines."""

    def add(self, node: ast.stmt | ast.expr) -> int:
        """A new site; its number."""
        text = self.lines[node.lineno - 1].strip() if node.lineno <= len(self.lines) else ""
        anything = "ANY" in text and any(
            (isinstance(part, ast.Name) and part.id == "ANY")
            or (isinstance(part, ast.Attribute) and part.attr == "ANY")
            for part in ast.walk(node)
        )
        self.found.append(Site(len(self.found), node.lineno, text[:80], anything))
        return len(self.found) - 1

    def call(self, method: str, *args: ast.expr | int) -> ast.Call:
        """A call of the kit."""
        given = [ast.Constant(one) if isinstance(one, int) else one for one in args]
        return ast.Call(ast.Attribute(ast.Name(self.kit, ast.Load()), method, ast.Load()), given, [])

    def fresh(self, node: ast.expr) -> ast.expr:
        """What stands in the expected side's place."""
        if id(node) in self.origins:
            return node
        return fresh_literal(node, self.chance) or self.call("fresh", node)

    # an expression on which something hangs

    def within(self, node: ast.expr, scope: Scope, bare: bool = False) -> ast.expr:
        """The expression with its sites exchanged; the same object where there are none.

        ``bare``: the whole expression is what is asserted, so that a site needs nothing around it to be told.
        """
        match node:
            case ast.Compare():
                return self._compare(node, scope, bare)
            case ast.Call():
                return self._call(node, scope, bare)
            case ast.BoolOp(values=values):
                return self._parts(node, "values", values, scope)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return self._parts(node, "elts", parts, scope)
            case ast.GeneratorExp(elt=part) | ast.ListComp(elt=part) | ast.SetComp(elt=part):
                return self._part(node, "elt", part, scope)
            case ast.NamedExpr(value=part):
                return self._part(node, "value", part, scope)
            case ast.IfExp():
                return self._part(self._part(node, "body", node.body, scope), "orelse", node.orelse, scope)
            case ast.BinOp():
                return self._part(self._part(node, "left", node.left, scope), "right", node.right, scope)
        return node

    def differing(self, node: ast.expr, scope: Scope) -> ast.expr:
        """``a != b`` before ``raise``."""
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.NotEq):
            number = self.add(node)
            return self.call("differs", number, self._exchanged(node, [0, 1], scope))
        return node

    def assertion(self, node: ast.expr, scope: Scope) -> tuple[int, ast.expr] | None:
        """A call that raises unless its two sides are equal: its number, and the call with a fresh value."""
        if not isinstance(node, ast.Call) or not self._is_known(node, _ASSERTS):
            return None
        sides = self._sides(node)
        if sides is None:
            return None
        return self.add(node), self._called(node, sides, scope)

    def truth_assertion(self, node: ast.expr, scope: Scope) -> ast.expr | None:
        """``self.assertTrue(a == b)``."""
        if isinstance(node, ast.Call) and called(node) in _TRUTH_ASSERTS and node.args:
            inner = self.within(node.args[0], scope)
            if inner is not node.args[0]:
                return ast.Call(node.func, [inner, *node.args[1:]], node.keywords)
        return None

    def _compare(self, node: ast.Compare, scope: Scope, bare: bool) -> ast.expr:
        sides = [node.left, *node.comparators]
        if len(sides) == 2 and isinstance(node.ops[0], ast.Eq | ast.Is):
            for index in (0, 1):
                other = sides[1 - index]
                if isinstance(other, ast.Constant) and isinstance(other.value, bool):
                    if other.value is False and self._has_site(sides[index], scope):
                        return node
                    inner = self.within(sides[index], scope) if other.value else sides[index]
                    if inner is not sides[index]:
                        return _with_side(node, index, inner)
        if not any(isinstance(op, ast.Eq) for op in node.ops) or not all(isinstance(op, _CHAIN) for op in node.ops):
            return node
        beside = sorted(
            {place for index, op in enumerate(node.ops) if isinstance(op, ast.Eq) for place in (index, index + 1)}
        )
        number = self.add(node)
        changed = self._exchanged(node, beside, scope)
        return changed if bare else self.call("site", number, changed)

    def _exchanged(self, node: ast.Compare, places: list[int], scope: Scope) -> ast.Compare:
        sides = [node.left, *node.comparators]
        place = _expected({place: sides[place] for place in places}, scope)
        return _with_side(node, place, self.fresh(sides[place]))

    def _call(self, node: ast.Call, scope: Scope, bare: bool) -> ast.expr:
        name = called(node)
        if self._is_known(node, _TRUTHS):
            sides = self._sides(node)
            if sides is None:
                return node
            number = self.add(node)
            changed = self._called(node, sides, scope, number)
            return changed if bare else self.call("site", number, changed)
        if name in _THROUGH and name not in self.defined:
            found = self._parts(node, "args", node.args, scope)
            if isinstance(node.func, ast.Attribute) and not node.args:
                func = self._part(node.func, "value", node.func.value, scope)
                if func is not node.func:
                    return ast.Call(func, node.args, node.keywords)
            return found
        return node

    def _called(self, node: ast.Call, sides: dict[int | str, ast.expr], scope: Scope, number: int = -1) -> ast.Call:
        expected = _expected(sides, scope)
        number = len(self.found) - 1 if number < 0 else number
        # a tolerance that nobody knows might be wide enough for anything; without it the usual one holds
        args = list(node.args) if all(map(_is_narrow, node.args[2:])) else node.args[:2]
        keywords = [one for one in node.keywords if one.arg not in _TOLERANCES or _is_narrow(one.value)]
        func = node.func
        for place, side in sides.items():
            new = self.fresh(side) if place == expected else side
            if place != expected and called(node) in _CONTENT and not _is_math(node):
                new = self.call("looked", number, side)
            if place == "self" and isinstance(func, ast.Attribute):
                # a method of the expected side is not asked of a fresh value, which may not have it
                new = side if place == expected else new
                func = ast.Attribute(new, func.attr, ast.Load())
            elif isinstance(place, int):
                args[place] = new
            else:
                keywords = [ast.keyword(one.arg, new) if one.arg == place else one for one in keywords]
        return ast.Call(func, args, keywords)

    def _sides(self, node: ast.Call) -> dict[int | str, ast.expr] | None:
        """The two sides by their place in the call; None where the call is not one that is understood."""
        if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
            return None
        if called(node) == "equals":
            good = isinstance(node.func, ast.Attribute) and len(node.args) == 1
            # the left table is kept, the right one exchanged
            return {0: node.args[0]} if good else None
        if len(node.args) >= 2:
            return {0: node.args[0], 1: node.args[1]}
        given = {one.arg: one.value for one in node.keywords if one.arg}
        for first, second in _SIDES:
            if not node.args and first in given and second in given:
                return {first: given[first], second: given[second]}
            if len(node.args) == 1 and second in given:
                return {0: node.args[0], second: given[second]}
        return None

    def _is_known(self, node: ast.Call, names: set[str]) -> bool:
        name = called(node)
        if name not in names:
            return False
        if isinstance(node.func, ast.Attribute):
            return name != "equal" or (isinstance(node.func.value, ast.Name) and node.func.value.id == "torch")
        if name in self.defined or name in {"equal", "equals"}:
            return False
        # somebody's own helper may take a message first
        return name in self.imported or not (
            len(node.args) > 2 and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
        )

    def _has_site(self, node: ast.expr, scope: Scope) -> bool:
        trial = Sites(self.kit, Random(0), [], self.defined, self.imported)  # noqa: S311 -- thrown away
        return trial.within(node, scope) is not node

    def _part(self, node: ast.expr, name: str, part: ast.expr, scope: Scope) -> ast.expr:
        new = self.within(part, scope)
        return node if new is part else _changed(node, name, new)

    def _parts(self, node: ast.expr, name: str, parts: list[ast.expr], scope: Scope) -> ast.expr:
        new = [self.within(part, scope) for part in parts]
        return node if all(a is b for a, b in zip(new, parts, strict=True)) else _changed(node, name, new)


def _expected(sides: Mapping[_Place, ast.expr], scope: Scope) -> _Place:
    """The place of the expected side: literal, made of literals, without a call; of equals the one that is the test's
    own, and else the last."""
    ranks = {place: scope.rank(side) for place, side in sides.items()}
    best = min(ranks.values())
    equals = [place for place, rank in ranks.items() if rank == best]
    own = [place for place in equals if not scope.touches(sides[place])] if len(equals) > 1 else []
    return (own or equals)[-1]


def _with_side(node: ast.Compare, place: int, new: ast.expr) -> ast.Compare:
    sides = [node.left, *node.comparators]
    sides[place] = new
    return ast.copy_location(ast.Compare(sides[0], node.ops, sides[1:]), node)


def _changed(node: ast.expr, name: str, new: object) -> ast.expr:
    fields = {**dict(ast.iter_fields(node)), name: new}
    return ast.copy_location(type(node)(**fields), node)


def _is_narrow(node: ast.expr) -> bool:
    """A tolerance (or places, or a message) that lets no fresh value come near."""
    if not isinstance(node, ast.Constant):
        return isinstance(node, ast.JoinedStr)
    value = node.value
    if isinstance(value, float):
        return 0 <= value < 0.9
    return not isinstance(value, int) or isinstance(value, bool) or value == 0 or 2 <= value <= 100


def _is_math(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "math"
    )
