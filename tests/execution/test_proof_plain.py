"""Syntax trees are walked by their fields alone, whatever others note on their nodes."""

import ast
import subprocess
import sys

import pytest

from course_kit.execution.proof.plain import children, walked

TEST = "# squares\nfor x in range(3):\n    assert f(x) == x ** 2, f'{x} is odd'\nassert f(y=4) == 16"

# IPython lays out tracebacks with `executing`, which notes on each node of a file's tree the node above it. Python has
# one `Load()` for all trees, so that from then on each tree leads into that file's. A walk that follows such notes goes
# round without an end and takes all memory: hence a process of its own, with limits.
AFTER_A_TRACEBACK = f"""
import ast, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from IPython.core.ultratb import VerboseTB
from course_kit.execution.proof import make_copy
before = make_copy({{0: {TEST!r}}}, seed=1, fd=1)
try:
    ast.literal_eval("nobody")
except ValueError:
    VerboseTB().text(*sys.exc_info())
assert hasattr(ast.parse("x").body[0].value.ctx, "parent"), "nothing was noted: this test tests nothing"
assert make_copy({{0: {TEST!r}}}, seed=1, fd=1) == before
"""


def test_after_a_traceback_a_copy_is_made_as_before() -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AFTER_A_TRACEBACK],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    "source", [TEST, "", "def f(x, /, *, y=1):\n    return [*x, {**y}]", "match x:\n case [1, *_]: pass"]
)
def test_walks_as_the_standard_library_does(source: str) -> None:
    tree = ast.parse(source)
    assert walked(tree) == list(ast.walk(tree))


def test_a_node_that_lacks_a_field_has_the_others() -> None:
    half = ast.Assign(value=ast.Constant(1))  # type: ignore[call-arg]  # as a program may make it
    half.above = half  # type: ignore[attr-defined]  # as others note it
    assert children(half) == [half.value]
