"""Forged passes that score in full under nbgrader: none of them is taken for a pass that was proved."""

from collections.abc import Callable

import pytest

from course_kit.execution.job import CellProof

Prove = Callable[..., list[CellProof]]

DROP = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""
DROP_TOP = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Module(self, node):
        node.body = [one for one in node.body if not isinstance(one, ast.Assert)]
        return node
get_ipython().ast_transformers.append(Drop())
"""
TRUE_COMPARISONS = """
import ast
class Same(ast.NodeTransformer):
    def visit_Compare(self, node):
        return ast.Constant(True)
get_ipython().ast_transformers.append(Same())
"""
DROP_LINES = """
def drop(lines):
    return [line for line in lines if not line.lstrip().startswith('assert ')]
get_ipython().input_transformers_post.append(drop)
"""
DROP_TOP_LINES = DROP_LINES.replace("line.lstrip()", "line")
SKIP_RUN = """
shell = get_ipython()
class Fine:
    success = True
real = shell.run_cell
def run_cell(source, *args, **kwargs):
    return Fine() if KEY in source else real(source, *args, **kwargs)
shell.run_cell = run_cell
"""
ALWAYS = """
class Same:
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __hash__(self):
        return 0
def f(x):
    return Same()
"""
LOOKER = """
import sys
def f(x):
    frame = sys._getframe(1)
    numbers = [one for one in frame.f_code.co_consts if isinstance(one, (int, float)) and not isinstance(one, bool)]
    class Found(float):
        def __eq__(self, other):
            return other in numbers
    return Found()
"""
LOCALS_LOOKER = """
import sys
def f(x):
    return sys._getframe(1).f_locals['e']
"""
LINE_LOOKER = """
import sys, re, ast
def f(x):
    frame = sys._getframe(1)
    line = frame.f_globals['In'][-1].splitlines()[frame.f_lineno - 1]
    return ast.literal_eval(line.split('==')[1].strip())
"""
SILENT_COMPILE = """
shell = get_ipython()
import ast
real = shell.compile.ast_parse
def parse(*args, **kwargs):
    tree = real(*args, **kwargs)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            node.test = ast.Constant(True)
    return ast.fix_missing_locations(tree)
shell.compile.ast_parse = parse
"""
OPTIMIZED = """
import builtins, codeop
shell = get_ipython()
real = compile
class Quiet(type(shell.compile)):
    def __call__(self, tree, name, mode):
        return real(tree, name, mode, self.flags, 1, 1)
quiet = Quiet()
shell.compile.__class__ = Quiet
"""
WRONG = "def f(x):\n    return -1"


# what was handed in, and the test that it passes without having done the work
FORGED = {
    "assertions dropped": (
        DROP + WRONG,
        "assert f(3) == 9",
    ),
    "dropped, no equality": (
        DROP + WRONG,
        "assert f(3) > 8",
    ),
    "dropped, nothing asserted directly": (
        DROP + WRONG,
        "def t():\n    ok = f(3) == 9\n    assert ok\nt()",
    ),
    "dropped at the top only": (
        DROP_TOP + WRONG,
        "assert f(3) == 9",
    ),
    "every comparison true": (
        TRUE_COMPARISONS + WRONG,
        "assert f(3) == 9",
    ),
    "lines dropped": (
        DROP_LINES + WRONG,
        "assert f(3) == 9",
    ),
    "lines dropped at the top only": (
        DROP_TOP_LINES + WRONG,
        "assert f(3) == 9",
    ),
    "lines of a checker dropped": (
        DROP_LINES + WRONG,
        "def t():\n    print(1)\n    assert f(3) == 9\nt()",
    ),
    "true in the parser": (
        SILENT_COMPILE + WRONG,
        "assert f(3) == 9",
    ),
    "compiled without assertions": (
        OPTIMIZED + WRONG,
        "assert f(3) == 9",
    ),
    "cells with assert are skipped": (
        SKIP_RUN.replace("KEY", "'assert'") + WRONG,
        "assert f(3) == 9",
    ),
    "cells with a comment are skipped": (
        SKIP_RUN.replace("KEY", "'# tests'") + WRONG,
        "# tests\nassert f(3) == 9",
    ),
    "cells with a call are skipped": (
        SKIP_RUN.replace("KEY", "'f('") + WRONG,
        "assert f(3) == 9",
    ),
    "equals everything": (
        ALWAYS,
        "assert f(3) == 9",
    ),
    "equals everything, on the right": (
        ALWAYS,
        "assert 9 == f(3)",
    ),
    "equals everything, in a list": (
        ALWAYS,
        "assert [f(1), f(2)] == [1, 4]",
    ),
    "equals everything, by name": (
        ALWAYS,
        "result = f(3)\nexpected = 9\nassert expected == result",
    ),
    "equals everything, in a loop": (
        ALWAYS,
        "for x, y in [(1, 1), (2, 4)]:\n    assert f(x) == y",
    ),
    "equals everything, in all": (
        ALWAYS,
        "assert all(f(x) == y for x, y in [(1, 1), (2, 4)])",
    ),
    "equals everything, correct": (
        ALWAYS,
        "def t(c, x):\n    correct = c == f(x)\n    assert correct\nt(9, 3)",
    ),
    "equals everything, if raise": (
        ALWAYS,
        "if f(3) != 9:\n    raise ValueError",
    ),
    "equals everything, in a chain": (
        ALWAYS + "g = f",
        "assert f(3) == g(3) == 9",
    ),
    "equals everything, partial credit": (
        ALWAYS,
        "score = 0\nif f(3) == 9:\n    score += 1\nscore",
    ),
    "equals everything, assertEqual": (
        ALWAYS,
        "from unittest import TestCase\nTestCase().assertEqual(f(3), 9)",
    ),
    "looks at the test's constants": (
        LOOKER,
        "assert f(3) == 9",
    ),
    "looks at the test's line": (
        LINE_LOOKER,
        "assert f(3) == 9",
    ),
    "looks at a checker's argument": (
        LOCALS_LOOKER,
        "def check(e, x):\n    e_ = f(x)\n    correct = e == e_\n    if not correct:\n        print(e)\n"
        "    assert correct\n\n"
        "check(9, 3)",
    ),
    "looks at a loop's variable": (
        LOCALS_LOOKER,
        "for x, e in [(3, 9), (2, 4)]:\n    assert f(x) == e",
    ),
    "isclose for everything": (
        WRONG + "\nimport math\nmath.isclose = lambda *a, **k: True",
        "import math\nassert math.isclose(f(3), 9)",
    ),
    "isclose, correct": (
        WRONG + "\nimport math\nmath.isclose = lambda *a, **k: True",
        "import math\ndef t(c, x):\n    c_ = f(x)\n    correct = math.isclose(c, c_)\n    assert correct\nt(9, 3)",
    ),
    "own isclose": (
        WRONG + "\ndef isclose(*a, **k):\n    return True",
        "assert isclose(f(3), 9)",
    ),
    "numpy's allclose": (
        WRONG + "\nimport numpy as np\nnp.allclose = lambda *a, **k: True",
        "assert np.allclose(f(3), 9)",
    ),
    "numpy's testing": (
        WRONG + "\nimport numpy as np\nnp.testing.assert_allclose = lambda *a, **k: None",
        "np.testing.assert_allclose(f(3), 9)",
    ),
    "unittest's assertEqual": (
        WRONG + "\nimport unittest\nunittest.TestCase.assertEqual = lambda *a, **k: None",
        "import unittest\nunittest.TestCase().assertEqual(f(3), 9)",
    ),
    "array that equals everything": (
        "import numpy as np\n"
        "class A(np.ndarray):\n"
        "    def __eq__(self, o):\n"
        "        return np.ones(3, bool)\n"
        "def f(x):\n"
        "    return np.zeros(3).view(A)",
        "assert (f(3) == [1, 2, 3]).all()",
    ),
    "writes to nobody": (
        WRONG + DROP + "import os\nos.write = lambda fd, data: len(data)",
        "assert f(3) == 9",
    ),
    "a full pipe": (
        WRONG + DROP + "import os\n"
        "os.set_blocking(PROOF, False)\n"
        "try:\n"
        "    while True:\n"
        "        os.write(PROOF, b'x')\n"
        "except BlockingIOError:\n"
        "    pass",
        "assert f(3) == 9",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged(name: str, prove: Prove) -> None:
    cells, test = FORGED[name]
    (found,) = prove([cells], [test])
    assert found.verdict == "unverified", found.evidence
    assert found.evidence
