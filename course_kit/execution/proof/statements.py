"""A test cell's statements, rewritten: each site is told of, and none that falls stops the next."""

import ast
from typing import TypeVar

from course_kit.execution.proof.names import Scope
from course_kit.execution.proof.origins import freshened
from course_kit.execution.proof.plain import walked
from course_kit.execution.proof.sites import COMPARING, Sites

_Node = TypeVar("_Node", bound=ast.AST)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global)


class CopyWriter:
    """Writes the copy of one cell; adds its sites to ``sites``."""

    def __init__(self, tree: ast.Module, source: str, sites: Sites) -> None:
        self._tree, self._sites = tree, sites
        self._guards: dict[int, ast.Try] = {}
        sites.lines = tuple(source.split("\n"))
        nodes = walked(tree)
        sites.origins = freshened(tree, nodes, COMPARING, sites.chance)
        sites.defined = frozenset(
            node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        )
        sites.imported = frozenset(
            alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        )

    def body(self, cell: int, nonce: str) -> list[ast.stmt]:
        """The copy: it says that it begins, runs every statement whatever the one before did, tries whether an
        assertion speaks at all, and ends with its nonce."""
        scope = Scope(self._tree)
        asserted = _asserted(self._tree.body)
        written: list[ast.stmt] = []
        future: list[ast.stmt] = []
        for statement in self._tree.body:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                future.append(statement)
                continue
            new = self._statement(statement, scope, asserted, top=True)
            if isinstance(statement, _DEFINES) or self._is_guarded(new):
                written += new
            else:
                number = self._sites.add(statement)
                written.append(self._guarded(new, self._call("raised", number)))
        begin = self._call("begin", cell)
        return [*future, begin, *written, *self._control(), self._call("close", nonce)]

    def _control(self) -> list[ast.stmt]:
        first, second = self._sites.chance.sample(range(10**6, 10**9), 2)
        test = ast.Compare(ast.Constant(first), [ast.Eq()], [ast.Constant(second)])
        quiet, spoke = self._call("tell", "q", 0), self._call("tell", "k", 0)
        return [self._guarded([ast.Assert(test), quiet], spoke)]

    # statements

    def _block(self, body: list[ast.stmt], scope: Scope, asserted: frozenset[str]) -> list[ast.stmt]:
        return [new for statement in body for new in self._statement(statement, scope, asserted)]

    def _statement(self, node: ast.stmt, scope: Scope, asserted: frozenset[str], top: bool = False) -> list[ast.stmt]:
        match node:
            case ast.Assert():
                return self._assert(node, scope)
            case ast.Expr(value=value):
                return self._expression(node, value, scope, top)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in asserted:
                return [_with(node, value=self._sites.within(value, scope))]
            case ast.AugAssign(value=value) if scope.touches(value):
                return [_with(node, value=self._sites.within(value, scope))]
            case ast.If():
                new = self._nested(node, scope, asserted)
                return [_with(new, test=self._condition(node, scope))]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if node.name.startswith("__"):
                    return [node]
                inner = Scope(node, scope)
                return [_with(node, body=self._block(node.body, inner, _asserted(node.body)))]
        return [self._nested(node, scope, asserted)]

    def _nested(self, node: ast.stmt, scope: Scope, asserted: frozenset[str]) -> ast.stmt:
        """The statement with the blocks inside it rewritten."""
        changed: dict[str, object] = {}
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                changed[name] = self._block(block, scope, asserted)
        for name in ("handlers", "cases"):
            parts = getattr(node, name, None)
            if parts:
                changed[name] = [_with(part, body=self._block(part.body, scope, asserted)) for part in parts]
        return _with(node, **changed) if changed else node

    def _assert(self, node: ast.Assert, scope: Scope) -> list[ast.stmt]:
        sites = self._sites
        before = len(sites.found)
        test = sites.within(node.test, scope, bare=True)
        if test is node.test:
            number = sites.add(node)
            held = _with(node, test=sites.call("truth", number, node.test))
            return [held, self._call("heard", number)]
        if _is_bare(test, sites.kit):
            # the assertion stands there as in the cell, with another value
            number = before
            sites.found[number].line = node.lineno
            return [self._guarded([ast.Assert(test), self._call("stayed", number)], self._call("fell", number))]
        number = sites.add(node)
        held = ast.Assert(sites.call("truth", number, test))
        return [self._guarded([held, self._call("heard", number)], self._call("aside", number))]

    def _expression(self, node: ast.Expr, value: ast.expr, scope: Scope, top: bool) -> list[ast.stmt]:
        sites = self._sites
        found = sites.assertion(value, scope)
        if found is not None:
            number, call = found
            return [self._guarded([ast.Expr(call), self._call("stayed", number)], self._call("fell", number))]
        inner = sites.truth_assertion(value, scope)
        if inner is not None:
            number = sites.add(node)
            return [self._guarded([ast.Expr(inner)], self._call("aside", number))]
        if top and scope.touches(value):
            return [_with(node, value=sites.within(value, scope))]
        return [node]

    def _condition(self, node: ast.If, scope: Scope) -> ast.expr:
        """``if a != b: raise``, ``if not a == b: raise`` and ``if a == b: score += 1``."""
        sites, test = self._sites, node.test
        if not scope.touches(test):
            return test
        if _raises(node.body):
            if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                return _with(test, operand=sites.within(test.operand, scope))
            return sites.differing(test, scope)
        if _raises(node.orelse) or any(isinstance(one, ast.AugAssign) for one in node.body):
            return sites.within(test, scope)
        return test

    # pieces

    def _is_guarded(self, new: list[ast.stmt]) -> bool:
        """Whether all of it stands in a ``try`` of our own already."""
        return len(new) == 1 and id(new[0]) in self._guards

    def _guarded(self, body: list[ast.stmt], then: ast.stmt) -> ast.Try:
        made = ast.Try(body, [ast.ExceptHandler(ast.Name("BaseException", ast.Load()), None, [then])], [], [])
        self._guards[id(made)] = made
        return made

    def _call(self, method: str, *args: int | str) -> ast.Expr:
        given: list[ast.expr] = [ast.Constant(one) for one in args]
        return ast.Expr(ast.Call(ast.Attribute(ast.Name(self._sites.kit, ast.Load()), method, ast.Load()), given, []))


def _is_bare(new: ast.expr, kit: str) -> bool:
    """Whether the whole test is one site, with nothing of the kit around it."""
    around = isinstance(new, ast.Call) and isinstance(new.func, ast.Attribute)
    if around and isinstance(new.func.value, ast.Name) and new.func.value.id == kit:  # type: ignore[attr-defined]
        return False
    inner = any(
        isinstance(part, ast.Attribute)
        and part.attr in {"site", "differs"}
        and isinstance(part.value, ast.Name)
        and part.value.id == kit
        for part in walked(new)
    )
    return not inner


def _asserted(body: list[ast.stmt]) -> frozenset[str]:
    """The names that assertions in this scope ask for: what is assigned to them is part of the assertion."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.Assert):
            found |= _names(node.test)
        elif isinstance(node, ast.If) and _raises(node.body) and isinstance(node.test, ast.UnaryOp):
            found |= _names(node.test.operand)
        for name in _BLOCKS:
            waiting += getattr(node, name, ())
    return frozenset(found)


def _names(test: ast.expr) -> set[str]:
    match test:
        case ast.Name(id=name):
            return {name}
        case ast.BoolOp(values=values):
            return {name for value in values for name in _names(value)}
        case ast.Call(func=ast.Name(id="all" | "any" | "bool"), args=[inner]):
            return _names(inner)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=True)]):
            return {name}
    return set()


def _raises(body: list[ast.stmt]) -> bool:
    return any(isinstance(one, ast.Raise) for one in body)


def _with(node: _Node, **changed: object) -> _Node:
    fields = {**dict(ast.iter_fields(node)), **changed}
    return ast.copy_location(type(node)(**fields), node)
