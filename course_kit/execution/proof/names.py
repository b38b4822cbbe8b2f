"""What a test cell's names stand for: decides which side of an equality is the expected one."""

import ast
import builtins
from collections.abc import Iterator

from course_kit.execution.proof.literals import is_literal, is_made_of_literals
from course_kit.execution.proof.plain import children, walked

LITERAL, MADE, BOUND, UNKNOWN, COMPUTED, CALL = range(6)
"""How well a side is known before any submitted code ran: the lower, the more it is the expected one."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_BINDS = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor, ast.comprehension, ast.Global),
    *(ast.Nonlocal, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.alias, ast.withitem),
)


class Scope:
    """One function's or the cell's names: parameters, and the expressions that are assigned."""

    def __init__(self, node: ast.Module | _Function, outer: "Scope | None" = None) -> None:
        self.outer = outer
        self.bound: dict[str, list[ast.expr | None]] = {}
        self.elsewhere: set[str] = set()
        self._ours: dict[tuple[str, int], bool] = {}
        if not isinstance(node, ast.Module):
            spec = node.args
            for one in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]:
                if one is not None:
                    self.bound[one.arg] = [None]
        body = node.body if isinstance(node.body, list) else [node.body]
        for part in _own(body):
            if isinstance(part, _BINDS):
                self._take(part)
        self.params = frozenset(name for name, values in self.bound.items() if None in values)

    def own(self, name: str) -> bool:
        """Whether an assignment here binds the name here: it is a local of this function, or the cell is the scope."""
        return self.outer is None or (name in self.bound and name not in self.elsewhere)

    def knows(self, name: str) -> bool:
        return name in self.bound or (self.outer is not None and self.outer.knows(name))

    def rank(self, node: ast.expr, depth: int = 0) -> int:
        """How well this side is known before any submitted code ran."""
        if is_literal(node):
            return LITERAL
        if is_made_of_literals(node):
            return MADE
        if _calls(node):
            return CALL
        if isinstance(node, ast.Name):
            return self._name(node.id, depth)
        return max((self.rank(child, depth) for child in _operands(node)), default=UNKNOWN) if depth < 5 else UNKNOWN

    def touches(self, node: ast.expr) -> bool:
        """Whether the submission's own names take part."""
        return any(isinstance(part, ast.Name) and not self._is_ours(part.id, 0) for part in walked(node))

    def _is_ours(self, name: str, depth: int) -> bool:
        known = self._ours.get((name, depth))
        if known is None:
            known = self._ours[name, depth] = self._find_ours(name, depth)
        return known

    def _find_ours(self, name: str, depth: int) -> bool:
        if not self.knows(name):
            return hasattr(builtins, name)
        if depth > 5:
            return True
        values = self.bound.get(name) or (self.outer.bound.get(name, []) if self.outer else [])
        return all(
            value is None
            or all(self._is_ours(part.id, depth + 1) for part in walked(value) if isinstance(part, ast.Name))
            for value in values
        )

    def _name(self, name: str, depth: int) -> int:
        values = self.bound.get(name)
        if values is None:
            return self.outer._name(name, depth) if self.outer is not None else UNKNOWN
        if depth > 5:
            return UNKNOWN
        ranks = [BOUND if value is None else self.rank(value, depth + 1) for value in values]
        worst = max(ranks)
        return BOUND if worst < BOUND else COMPUTED if worst == CALL else worst

    def _take(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value)
            case ast.NamedExpr(target=target, value=value) | ast.AugAssign(target=target, value=value):
                self._bind(target, value)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._bind(target, value, inside=True)
            case ast.comprehension(target=target, iter=value):
                self._bind(target, value, inside=True)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                self.elsewhere.update(names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.bound.setdefault(name, []).append(None)
            case ast.alias(name=name, asname=asname):
                self.bound.setdefault(asname or name.split(".")[0], []).append(None)
            case ast.withitem(optional_vars=ast.expr() as target, context_expr=value):
                self._bind(target, value)

    def _bind(self, target: ast.expr, value: ast.expr, inside: bool = False) -> None:
        if isinstance(target, ast.Name):
            self.bound.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            parts: list[ast.expr] = [value] * len(target.elts)
            zipped = inside and isinstance(value, ast.Call) and isinstance(value.func, ast.Name)
            if zipped and value.func.id == "zip" and len(value.args) == len(target.elts):  # type: ignore[attr-defined]
                parts = list(value.args)  # type: ignore[attr-defined]
            elif not inside and isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                parts = value.elts
            for one, part in zip(target.elts, parts, strict=True):
                self._bind(one, part, inside)


def _own(body: list[ast.stmt] | list[ast.expr]) -> Iterator[ast.AST]:
    """All nodes of a scope, those of inner functions left out; of a class its body counts."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += children(node)


def _calls(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call | ast.Await | ast.Yield | ast.YieldFrom) for part in walked(node))


def _operands(node: ast.expr) -> list[ast.expr]:
    return [child for child in children(node) if isinstance(child, ast.expr)]
