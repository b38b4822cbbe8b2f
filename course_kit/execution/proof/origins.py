"""Where an expected value comes from: a checker's literal argument, a table's column. Exchanged there, it is fresh for
whoever looks into the calling frame as well.

Only what is nothing but expected is exchanged: a value that also goes into the tested function stays as it is, or an
honest answer would follow it.
"""

import ast
from random import Random

from course_kit.execution.proof.literals import called, fresh_literal
from course_kit.execution.proof.names import BOUND, Scope
from course_kit.execution.proof.plain import children, walked

_QUIET = {"print", "isinstance", "len", "type", "repr", "str", "format"}

Origins = frozenset[int]
"""The ``id`` of each name in the tree whose value is fresh already."""


def freshened(tree: ast.Module, nodes: list[ast.AST], comparing: set[str], chance: Random) -> Origins:
    """Exchange, in ``tree``, the literals that only serve as expected values; ``nodes``: all of the tree, as
    ``ast.walk`` has them; ``comparing``: calls that compare."""
    loops = [node for node in nodes if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple)]
    checkers = [one for one in tree.body if isinstance(one, ast.FunctionDef) and not one.decorator_list]
    found: set[int] = set()
    if loops or checkers:
        names, scope = _Names(nodes, comparing), Scope(tree)
        for loop in loops:
            found |= _table(loop, names, scope, chance)
        for checker in checkers:
            found |= _checker(checker, names, scope, chance)
    return frozenset(found)


class _Names:
    """All uses of names in a tree of these ``nodes``, and what stands around them."""

    def __init__(self, nodes: list[ast.AST], comparing: set[str]) -> None:
        self.comparing = comparing
        self.parents = {child: node for node in nodes for child in children(node)}
        self.uses: dict[str, list[ast.Name]] = {}
        for node in nodes:
            if isinstance(node, ast.Name):
                self.uses.setdefault(node.id, []).append(node)

    def expected_only(self, uses: list[ast.Name], scope: Scope) -> list[ast.Name]:
        """Those uses that are an expected side; none if any use is neither that nor harmless."""
        found = []
        for use in uses:
            side = self._other_side(use)
            if side is not None and scope.rank(side) > BOUND and use.id not in _names(side):
                found.append(use)
            elif not self._is_quiet(use):
                return []
        return found

    def _other_side(self, use: ast.Name) -> ast.expr | None:
        match self.parents.get(use):
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                return right if left is use else left
            case ast.Call(args=[first, second, *_]) as call if called(call) in self.comparing:
                return second if first is use else first if second is use else None
        return None

    def _is_quiet(self, use: ast.Name) -> bool:
        node: ast.AST = use
        while (above := self.parents.get(node)) is not None and not isinstance(above, ast.stmt):
            if isinstance(above, ast.JoinedStr):
                return True
            if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in _QUIET:
                return True
            node = above
        return isinstance(above, ast.Assert) and above.msg is node


def _checker(function: ast.FunctionDef, names: _Names, outer: Scope, chance: Random) -> set[int]:
    """``def check(expected, x): …`` that is only called with literals."""
    calls = [names.parents[use] for use in names.uses.get(function.name, ())]
    spec = function.args
    if spec.posonlyargs or spec.vararg or spec.defaults or not calls:
        return set()
    given = [call for call in calls if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)]
    whole = [call for call in given if len(call.args) == len(spec.args) and not call.keywords]
    if len(whole) < len(calls) or any(isinstance(one, ast.Starred) for call in whole for one in call.args):
        return set()
    if any(call.func.id != function.name for call in given if isinstance(call.func, ast.Name)):
        return set()
    found: set[int] = set()
    scope, inside = Scope(function, outer), set(walked(function))
    for place, parameter in enumerate(spec.args):
        uses = [use for use in names.uses.get(parameter.arg, ()) if use in inside]
        sides = names.expected_only(uses, scope)
        fresh = [fresh_literal(call.args[place], chance) for call in whole]
        if sides and not _rebound(uses) and all(one is not None for one in fresh):
            for call, one in zip(whole, fresh, strict=True):
                call.args[place] = ast.copy_location(one or call.args[place], call)
            found.update(map(id, sides))
    return found


def _table(loop: ast.For, names: _Names, scope: Scope, chance: Random) -> set[int]:
    """``for x, y in [(1, 1), (2, 4)]: …``."""
    targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else []
    rows = loop.iter.elts if isinstance(loop.iter, ast.List | ast.Tuple) else []
    table = [row for row in rows if isinstance(row, ast.Tuple | ast.List) and len(row.elts) == len(targets)]
    if not rows or len(table) < len(rows):
        return set()
    found: set[int] = set()
    for place, target in enumerate(targets):
        if not isinstance(target, ast.Name):
            continue
        uses = [use for use in names.uses[target.id] if use is not target]
        sides = names.expected_only(uses, scope)
        fresh = [fresh_literal(row.elts[place], chance) for row in table]
        if sides and not _rebound(uses) and all(one is not None for one in fresh):
            for row, one in zip(table, fresh, strict=True):
                row.elts[place] = ast.copy_location(one or row.elts[place], row)
            found.update(map(id, sides))
    return found


def _rebound(uses: list[ast.Name]) -> bool:
    return any(not isinstance(use.ctx, ast.Load) for use in uses)


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in walked(node) if isinstance(part, ast.Name)}
