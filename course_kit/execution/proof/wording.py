"""A test in other words: the same meaning, none of the text that something may be keyed to."""

import ast
from random import Random

from course_kit.execution.proof.plain import NotPlain, compiles, plain_tree


def reworded(source: str, seed: int) -> str:
    """The same test without comments and with ``assert`` said otherwise, by chance of ``seed``; a cell that is not
    plain Python comes back as it is. The value of its last expression stays."""
    try:
        tree = _Rewording(Random(seed)).visit(plain_tree(source))  # noqa: S311 -- repeatable for the same seed
        text = ast.unparse(tree)
    except (NotPlain, RecursionError, ValueError, MemoryError):
        return source
    return text if compiles(text) else source


class _Rewording(ast.NodeTransformer):
    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        error = ast.Name("AssertionError", ast.Load())
        raising = ast.Raise(ast.Call(error, [node.msg], []) if node.msg else error, None)
        if self._chance.random() < 0.5:
            return ast.If(ast.UnaryOp(ast.Not(), node.test), [raising], [])
        return ast.If(node.test, [ast.Pass()], [raising])
