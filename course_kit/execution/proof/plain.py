"""A cell as plain Python: IPython's own syntax is transformed away, as the shell does it."""

import ast
import re
import tokenize
import warnings
from collections.abc import Callable
from typing import Any


class NotPlain(Exception):
    """Why nothing can be said of a cell: one clause for an instructor."""


_MAX_LENGTH = 500_000
_COMMENT = re.compile(r"(?:^|\s)(#.*)")
_HIDES = {"run_cell_magic", "system", "getoutput"}
"""What the shell calls for syntax whose effect is not Python's."""


def plain_tree(source: str) -> ast.Module:
    """The cell's syntax tree, with the lines of the cell. Raises :class:`NotPlain`."""
    if len(source) > _MAX_LENGTH:
        raise NotPlain("it is too long")
    text = source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                tree = ast.parse(text)
            except SyntaxError:
                text = _transformed(source)
                tree = ast.parse(text)
    except SyntaxError as error:
        raise NotPlain(f"it is not Python (line {error.lineno or 1})") from error
    except (ValueError, RecursionError, MemoryError, IndexError, tokenize.TokenError) as error:
        raise NotPlain("it cannot be read as Python") from error
    if text.isascii() and "get_ipython" not in text:
        return tree
    for node in walked(tree):
        if isinstance(node, ast.Attribute) and node.attr in _HIDES and _is_shell(node.value):
            raise NotPlain("it uses a magic or a shell command")
    return tree


def walked(node: ast.AST) -> list[ast.AST]:
    """What ``ast.walk`` gives, in its order, in a third of the time."""
    found = [node]
    for one in found:
        found += children(one)
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """What ``ast.iter_child_nodes`` gives."""
    found = []
    for name in node._fields:  # never all of its attributes: those may lead back to its parent
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif type(value) is list:
            found += [part for part in value if isinstance(part, ast.AST)]
    return found


def compiles(text: str) -> bool:
    """Whether the shell would take this text."""
    return code_of(text) is not None


def code_of(text: str) -> Any:
    """The text compiled as the shell does it, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(text, "<copy>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def comments(source: str) -> list[str]:
    """The cell's comments, one line each: a copy keeps them, since what skips test cells often looks for them.

    What only looks like a comment, inside a text, comes along: it does no harm.
    """
    found = (_COMMENT.search(line) for line in source.splitlines())
    return ["".join(letter if letter.isprintable() else " " for letter in one[1]) for one in found if one]


def _transformed(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    transform: Callable[[str], str] = TransformerManager().transform_cell  # type: ignore[no-untyped-call]
    return transform(source)


def _is_shell(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_ipython"
