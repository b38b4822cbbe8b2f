"""Proof of pass, told by submissions that are run in a real shell: their cells, their tests, then the copy in a fork."""

import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Sequence
from os import write

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course_kit.execution.job import CellProof
from course_kit.execution.proof import make_copy

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="proof runs in a fork")

_SECONDS = 10.0


def prove(cells: Sequence[str], tests: Sequence[str], *, seed: int = 7) -> list[CellProof]:
    """What proof says of ``tests`` after ``cells``; each test must pass for real first, as the keeper has it."""
    return prove_notebook([*((source, False) for source in cells), *((source, True) for source in tests)], seed=seed)


def prove_notebook(cells: Sequence[tuple[str, bool]], *, seed: int = 7) -> list[CellProof]:
    """The same for a notebook's code cells in order, each with whether it is a test that is to be proved."""
    readable, writable = os.pipe()
    answers, answer = os.pipe()
    copy = make_copy({index: source for index, (source, test) in enumerate(cells) if test}, seed=seed, fd=writable)
    child = os.fork()
    if child == 0:
        _run(cells, copy.cells, answer)
    os.close(writable)
    os.close(answer)
    told, ended = b"", time.monotonic() + _SECONDS
    while select.select([answers], [], [], max(0.0, ended - time.monotonic()))[0] and (piece := os.read(answers, 999)):
        told += piece
    missing = "timed-out" if time.monotonic() > ended else "died"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.set_blocking(readable, False)
    try:
        report = os.read(readable, 2**20)
    except BlockingIOError:
        report = b""
    os.close(readable)
    os.close(answers)
    assert told[:1] == b"!", f"a test did not pass for real: {told!r}"
    endings = [{"o": "ok", "e": "error"}[letter] for letter in told[1:].decode()]
    return list(copy.judge(report, endings=[*endings, *[missing] * (len(copy.cells) - len(endings))]))


def _run(cells: Sequence[tuple[str, bool]], copy: Sequence[str], answer: int) -> None:
    try:
        warnings.simplefilter("ignore")
        null = os.open(os.devnull, os.O_WRONLY)
        if not os.environ.get("PROOF_LOUD"):
            os.dup2(null, 1)
            os.dup2(null, 2)
            sys.stdout = sys.stderr = open(null, "w", closefd=False)
        InteractiveShell.clear_instance()
        # no history: its thread would not survive the fork
        shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
        shell.user_ns["KEEP"] = answer
        for number, (source, test) in enumerate(cells):
            ended = shell.run_cell(source, store_history=True)
            if test and ended is not None and not ended.success:
                write(answer, str(number).encode())
                os._exit(0)
        write(answer, b"!")
        child = os.fork()
        if child == 0:
            for source in copy:
                ended = shell.run_cell(source, store_history=True)
                write(answer, b"o" if ended is None or ended.success else b"e")
            os._exit(0)
        os.waitpid(child, 0)
    finally:
        os._exit(0)


def verdict(cells: str, test: str) -> str:
    (found,) = prove([cells], [test])
    return found.verdict


def test_equality_proved() -> None:
    assert prove(["def f(x):\n    return x * x"], ["assert f(3) == 9\nassert f(4) == 16"]) == [
        CellProof(1, "proved", "Random values in the expected ones' place were refused (line 1, 2).")
    ]


SQUARE = "def f(x):\n    return x * x"

HONEST = {
    "literal": (SQUARE, "assert f(3) == 9", "proved"),
    "literal first": (SQUARE, "assert 9 == f(3), 'three squared'", "proved"),
    "no equality": (SQUARE, "assert isinstance(f(2), int)\nassert f(3) > 8", "silence-checked"),
    "nothing at all": ("x = 1", "# look\n", "silence-checked"),
    "is": ("x = None", "assert x is None", "silence-checked"),
    "is True": (SQUARE, "assert (f(3) == 9) is True", "proved"),
    "== True": (SQUARE, "assert (f(3) == 9) == True", "proved"),
    "== False": (SQUARE, "assert (f(3) == 8) == False", "silence-checked"),
    "not": (SQUARE, "assert not f(3) == 8", "silence-checked"),
    "unequal": (SQUARE, "assert f(3) != 8", "silence-checked"),
    "chain": (SQUARE + "\ng = f", "assert f(3) == g(3) == 9", "proved"),
    "mixed chain": (SQUARE, "assert 0 < f(3) == 9 < 10", "proved"),
    "or": (SQUARE, "assert f(3) == 8 or f(3) == 9", "proved"),
    "and": (SQUARE, "assert f(3) == 9 and isinstance(f(3), int)", "proved"),
    "None expected": ("def f():\n    pass", "assert f() == None", "proved"),
    "True expected": ("def f():\n    return True", "assert f() == True", "proved"),
    "empty list": ("def f():\n    return []", "assert f() == []", "proved"),
    "empty dict": ("def f():\n    return {}", "assert f() == {}", "proved"),
    "empty text": ("def f():\n    return ''", "assert f() == ''", "proved"),
    "set of tuples": ("def f():\n    return {(1, 2)}", "assert f() == set([(1, 2)])", "proved"),
    "zero with tolerance": ("def f():\n    return 1e-9", "import math\nassert math.isclose(f(), 0, abs_tol=1e-6)", "proved"),
    "wide tolerance": ("def f():\n    return 5", "import math\nT = 10 ** 30\nassert math.isclose(f(), 6, abs_tol=T)", "proved"),
    "huge float": ("def f():\n    return 1e308", "assert f() == 1e308", "proved"),
    "infinite": ("def f():\n    return float('inf')", "import math\nassert math.isclose(f(), math.inf)", "proved"),
    "nan": ("def f():\n    return float('nan')", "assert f() != f()\nx = f()\nassert not x == x", "silence-checked"),
    "nan, raised": ("def f():\n    return float('nan')", "x = f()\nif x == x:\n    raise ValueError", "silence-checked"),
    "all of a generator": (SQUARE, "assert all(f(i) == i * i for i in range(4))", "proved"),
    "all of nothing": (SQUARE, "assert all(f(i) == i * i for i in [])", "silence-checked"),
    "table of cases": (SQUARE, "for x, y in [(1, 1), (2, 4)]:\n    assert f(x) == y, f'{y:d}'", "proved"),
    "own checker": (SQUARE, "def check(x, y):\n    assert f(x) == y\n\ncheck(2, 4)\ncheck(3, 9)", "proved"),
    "correct": (SQUARE, "for x in 1, 2:\n    correct = f(x) == x**2\n    if not correct:\n        print(x)\n    assert correct", "proved"),
    "if raise": (SQUARE, "if f(3) != 9:\n    raise ValueError('no')", "proved"),
    "if not raise": (SQUARE, "if not f(3) == 9:\n    raise ValueError('no')", "proved"),
    "expected error": ("def f(x):\n    raise ValueError", "try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('no error')", "silence-checked"),
    "assert False": ("def f(x):\n    raise ValueError", "try:\n    f(1)\n    assert False, 'no error'\nexcept ValueError:\n    pass", "silence-checked"),
    "pytest.raises": ("def f(x):\n    raise ValueError('odd')", "import pytest\nwith pytest.raises(ValueError) as e:\n    f(1)\nassert str(e.value) == 'odd'", "proved"),
    "raises AssertionError": (SQUARE, "import pytest\nwith pytest.raises(AssertionError):\n    assert f(2) == 5", "proved"),
    "approx": ("def f():\n    return 0.1 + 0.2", "import pytest\nassert f() == pytest.approx(0.3)", "proved"),
    "iterator": ("def f():\n    yield from (1, 2)\nit = f()", "assert next(it) == 1\nassert next(it) == 2", "proved"),
    "pop": ("xs = [3, 2, 1]", "assert xs.pop() == 1\nassert xs.pop() == 2\nassert xs.pop() == 3", "proved"),
    "call counter": ("n = 0\ndef f():\n    global n\n    n += 1\n    return n", "assert f() == 1\nassert f() == 2", "proved"),
    "pops in a function": ("xs = [3, 2]\ndef f():\n    return xs.pop()", "assert f() == 2\nassert f() == 3", "unproved"),
    "seeded": ("import random\ndef f():\n    return random.random()", "random.seed(1)\na = f()\nrandom.seed(1)\nassert a == f()", "proved"),
    "mutating test": ("xs = [1]\ndef f(x):\n    xs.append(x)\n    return len(xs)", "n = len(xs)\nassert f(2) == n + 1\nassert xs == [1, 2]\nxs.clear()", "proved"),
    "class in test": ("def f(p):\n    return p.x", "class P:\n    def __init__(self, x):\n        self.x = x\n    def __eq__(self, o):\n        return self.x == o.x\n\nassert f(P(1)) == 1\nassert P(1) == P(1)", "proved"),
    "__eq__ raises": ("class P:\n    def __eq__(self, o):\n        raise TypeError\ndef f():\n    return P()", "try:\n    assert f() == f()\nexcept TypeError:\n    pass", "proved"),
    "own vector": ("class V:\n    def __init__(self, x):\n        self.x = x\n    def __eq__(self, o):\n        return self.x == o.x", "assert V(1) == V(1)", "proved"),
    "walrus": (SQUARE, "assert (y := f(3)) == 9\nassert y == 9", "proved"),
    "async": ("async def f():\n    return 3", "assert await f() == 3", "proved"),
    "asyncio in function": ("async def f():\n    return 3", "import asyncio\nasync def t():\n    assert await f() == 3\nx = 1", "silence-checked"),
    "lambda": (SQUARE, "g = lambda x: f(x) == 9\nassert g(3)", "silence-checked"),
    "doctest": ("def f(x):\n    '''\n    >>> f(2)\n    4\n    '''\n    return x * x", "import doctest\nassert doctest.run_docstring_examples(f, globals()) is None", "silence-checked"),
    "partial credit": (SQUARE, "score = 0\nif f(2) == 4:\n    score += 1\nscore += f(3) == 9\nscore", "proved"),
    "last expression": (SQUARE, "2 * (f(3) == 9)", "proved"),
    "number": (SQUARE, "f(3)\n0.5", "silence-checked"),
    "unittest": (SQUARE, "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(2), 4)\n        self.assertTrue(f(3) == 9)\nr = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\nassert r.wasSuccessful()", "proved"),
    "TestCase by hand": (SQUARE, "from unittest import TestCase\nt = TestCase()\nt.assertAlmostEqual(f(2), 4, places=5)", "proved"),
    "helper with message first": (SQUARE + "\ndef assert_equal(message, a, b):\n    assert a == b, message", "assert_equal('square', f(2), 4)", "silence-checked"),
    "ANY expected": ("def f():\n    return 3", "from unittest.mock import ANY\nassert f() == ANY", "proved"),
    "ANY on both sides": ("def f():\n    return 3", "from unittest.mock import ANY\nr = f()\nassert ANY == r", "proved"),
    "ANY by intention": ("from unittest import mock\nclass R:\n    value = 3", "assert mock.ANY == R.value", "unproved"),
    "call with ANY": ("from unittest.mock import MagicMock\nm = MagicMock()\nm(3, 4)", "from unittest.mock import ANY, call\nassert m.call_args == call(3, ANY)", "proved"),
    "shadowed names": ("list = [1]\nstr = bool = int = type = len = 3\ndef f():\n    return 4", "assert f() == 4", "proved"),
    "line magic": (SQUARE, "%config InlineBackend.figure_formats = ['png']\nassert f(3) == 9", "proved"),
    "cell magic": (SQUARE, "%%capture out\nassert f(3) == 9", "unproved"),
    "shell": (SQUARE, "!true\nassert f(3) == 9", "unproved"),
    "future": (SQUARE, "from __future__ import annotations\nassert f(3) == 9", "proved"),
    "while": ("def f(n):\n    return n + 1", "n = 0\nwhile n != 3:\n    n = f(n)\nwhile not n == 5:\n    n = f(n)\nassert n == 5", "proved"),
    "skipped case": (SQUARE, "for i in range(3):\n    if i == 1:\n        continue\n    assert f(i) == i * i", "proved"),
    "exit": (SQUARE, "import sys\ntry:\n    sys.exit(0)\nexcept SystemExit:\n    pass\nassert f(1) == 1", "proved"),
    "ends itself": ("import os\nn = 0\ndef f():\n    global n\n    n += 1\n    if n > 1:\n        os._exit(0)\n    return 1", "assert f() == 1", "unproved"),
    "Decimal": ("from decimal import Decimal\ndef f():\n    return Decimal('1.50')", "from decimal import Decimal\nassert f() == Decimal('1.5')", "proved"),
    "dates": ("from datetime import date\ndef f():\n    return date(2026, 1, 2)", "e = date(2026, 1, 2)\nassert f() == e", "proved"),
    "global in a function": (SQUARE, "e = 9\ndef t():\n    global e\n    assert f(3) == e\n    e = 4\nt()\nassert f(2) == e", "proved"),
    "closure": (SQUARE, "def make(e):\n    def t():\n        assert f(3) == e\n    return t\nmake(9)()", "proved"),
    "assertion message that fails": (SQUARE, "assert f(3) == 9, missing", "proved"),
    "tuple assertion": (SQUARE, "assert (f(3) == 9, 'always true')", "proved"),
    "match": (SQUARE, "match f(2):\n    case 4:\n        assert f(3) == 9\n    case _:\n        raise ValueError", "proved"),
    "with": (SQUARE, "import contextlib\nwith contextlib.nullcontext(9) as e:\n    assert f(3) == e", "proved"),
    "nested function": (SQUARE, "def outer():\n    def inner(x):\n        return f(x)\n    assert inner(3) == 9\nouter()", "proved"),
    "recursive checker": (SQUARE, "def check(n):\n    if n:\n        check(n - 1)\n    assert f(n) == n * n and n >= 0\ncheck(3)", "proved"),
    "decorated": (SQUARE, "import functools\n@functools.cache\ndef t():\n    assert f(3) == 9\n    return 1\nassert t() == 1", "proved"),
    "type comparison": (SQUARE, "assert type(f(3)) == int", "proved"),
    "dict comparison by sorted": ("def f():\n    return {'b': 1, 'a': 2}", "assert sorted(f()) == ['a', 'b']\nassert f()['a'] == 2", "proved"),
    "string method": ("def f():\n    return 'Ab '", "assert f().strip().lower() == 'ab'", "proved"),
    "printed text": ("def f():\n    print('hi')", "import io, contextlib\nb = io.StringIO()\nwith contextlib.redirect_stdout(b):\n    f()\nassert b.getvalue() == 'hi\\n'", "proved"),
    "long text": ("def f():\n    return 1", "assert f() == 1  # 東京\n'''doc\n%magic\n'''\nassert f() == 1", "proved"),
    "timers": ("import time\ndef f():\n    time.sleep(0.01)\n    return 1", "s = time.time()\nassert f() == 1\nassert time.time() - s < 5", "proved"),
    "recursion error": ("def f(n):\n    return f(n + 1)", "try:\n    f(0)\nexcept RecursionError:\n    ok = True\nassert ok == True", "proved"),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_honest(name: str) -> None:
    cells, test, expected = HONEST[name]
    (found,) = prove([cells], [test])
    assert found.verdict == expected, found.evidence


ARRAYS = {
    "array": ("a = np.array([1, 2, 3])", "assert (a == np.array([1, 2, 3])).all()", "proved"),
    "array and scalar": ("a = np.ones(3)", "assert (a == 1).all()\nassert np.all(a == 1)", "proved"),
    "isclose": ("a = np.array([0.1, 0.2])", "assert np.isclose(a, [0.1, 0.2]).all()", "proved"),
    "allclose": ("a = np.array([0.1, 0.2])", "assert np.allclose(a, [0.1, 0.2], rtol=0.1, atol=0.1)", "proved"),
    "allclose, any tolerance": ("a = np.array([0.0, 0.2])", "t = 1\nassert np.allclose(a, [0.1, 0.2], rtol=t)", "proved"),
    "relative tolerance 1": ("a = np.array([0.0, 0.0])", "assert np.allclose(a, [0.1, 0.2], rtol=1)", "proved"),
    "testing": ("a = np.array([0.1, 0.2])", "np.testing.assert_allclose(a, [0.1, 0.2])", "proved"),
    "testing by keywords": ("a = np.ones(2)", "np.testing.assert_allclose(actual=a, desired=1)", "proved"),
    "testing nan": ("a = np.array([np.nan] * 2)", "np.testing.assert_array_equal(a, [np.nan, np.nan])", "proved"),
    "testing nan by name": ("a = np.full(2, np.nan)", "e = np.full(2, np.nan)\nnp.testing.assert_equal(a, e)", "proved"),
    "imported testing": ("a = np.ones(2)", "from numpy.testing import assert_array_almost_equal as same\n"
        "from numpy.testing import assert_array_almost_equal\nassert_array_almost_equal(a, [1, 1], 4)", "proved"),
    "array_equal": ("a = np.arange(3)", "assert np.array_equal(a, np.arange(3))", "proved"),
    "empty array": ("a = np.array([])", "assert (a == np.array([])).all()", "proved"),
    "empty and scalar": ("a = np.array([])", "assert (a == 3).all()", "unproved"),
    "empty allclose": ("a = np.array([])", "assert np.allclose(a, 3)", "unproved"),
    "empty testing": ("a = np.array([])", "np.testing.assert_allclose(a, 3)", "unproved"),
    "shape": ("a = np.ones((2, 3))", "assert a.shape == (2, 3)\nassert a.dtype == np.float64", "proved"),
    "bytes": ("a = np.array([250, 3], dtype='uint8')", "e = np.array([250, 3], dtype='uint8')\nassert (a == e).all()", "proved"),
    "truths": ("a = np.array([True, False])", "e = np.array([True, False])\nassert np.array_equal(a, e)", "proved"),
    "words": ("a = np.array(['a', 'b'])", "e = np.array(['a', 'b'])\nassert (a == e).all()", "proved"),
    "complex": ("a = np.array([1j])", "e = np.array([1j])\nassert np.allclose(a, e)", "proved"),
    "objects": ("a = np.array([None, 'x'], dtype=object)", "e = a.copy()\nassert (a == e).all()", "proved"),
    "nan scalar": ("a = np.nan", "assert np.isclose(a, np.nan, equal_nan=True)", "proved"),
    "series": ("s = pd.Series([1, 2])", "pd.testing.assert_series_equal(s, pd.Series([1, 2]))", "proved"),
    "frame": ("d = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
        "e = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})\npd.testing.assert_frame_equal(d, e)\nassert d.equals(e)", "proved"),
    "frame with ==": ("d = pd.DataFrame({'a': [1.5, 2]})", "e = d.copy()\nassert (d == e).all().all()", "proved"),
    "empty frame": ("d = pd.DataFrame()", "e = pd.DataFrame()\npd.testing.assert_frame_equal(d, e)", "proved"),
    "empty column": ("d = pd.Series([], dtype=float)", "assert (d == 1).all()", "unproved"),
    "index": ("d = pd.Series([1], index=['a'])", "assert list(d.index) == ['a']\nassert (d.index == ['a']).all()", "proved"),
    "groups": ("d = pd.DataFrame({'g': ['a', 'a'], 'v': [1, 2]})", "assert d.groupby('g').v.sum()['a'] == 3", "proved"),
    "dates": ("d = pd.to_datetime(pd.Series(['2026-01-01']))", "e = d.copy()\nassert (d == e).all()", "proved"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARRAYS)
def test_honest_arrays(name: str) -> None:
    pytest.importorskip("pandas")
    cells, test, expected = ARRAYS[name]
    (found,) = prove(["import numpy as np\nimport pandas as pd", cells], [test])
    assert found.verdict == expected, found.evidence


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
LINE_LOOKER = """
import sys, re, ast
def f(x):
    frame = sys._getframe(1)
    source = get_ipython().history_manager.input_hist_raw[-1] if False else frame.f_globals['In'][-1]
    line = source.splitlines()[frame.f_lineno - 1]
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

FORGED = {
    "assertions dropped": (DROP + WRONG, "assert f(3) == 9"),
    "dropped, no equality": (DROP + WRONG, "assert f(3) > 8"),
    "dropped, nothing asserted directly": (DROP + WRONG, "def t():\n    ok = f(3) == 9\n    assert ok\nt()"),
    "dropped at the top only": (DROP_TOP + WRONG, "assert f(3) == 9"),
    "every comparison true": (TRUE_COMPARISONS + WRONG, "assert f(3) == 9"),
    "lines dropped": (DROP_LINES + WRONG, "assert f(3) == 9"),
    "lines dropped at the top only": (DROP_TOP_LINES + WRONG, "assert f(3) == 9"),
    "lines of a checker dropped": (DROP_LINES + WRONG, "def t():\n    print(1)\n    assert f(3) == 9\nt()"),
    "true in the parser": (SILENT_COMPILE + WRONG, "assert f(3) == 9"),
    "compiled without assertions": (OPTIMIZED + WRONG, "assert f(3) == 9"),
    "cells with assert are skipped": (SKIP_RUN.replace("KEY", "'assert'") + WRONG, "assert f(3) == 9"),
    "cells with a comment are skipped": (SKIP_RUN.replace("KEY", "'# tests'") + WRONG, "# tests\nassert f(3) == 9"),
    "cells with a call are skipped": (SKIP_RUN.replace("KEY", "'f('") + WRONG, "assert f(3) == 9"),
    "equals everything": (ALWAYS, "assert f(3) == 9"),
    "equals everything, on the right": (ALWAYS, "assert 9 == f(3)"),
    "equals everything, in a list": (ALWAYS, "assert [f(1), f(2)] == [1, 4]"),
    "equals everything, by name": (ALWAYS, "result = f(3)\nexpected = 9\nassert expected == result"),
    "equals everything, in a loop": (ALWAYS, "for x, y in [(1, 1), (2, 4)]:\n    assert f(x) == y"),
    "equals everything, in all": (ALWAYS, "assert all(f(x) == y for x, y in [(1, 1), (2, 4)])"),
    "equals everything, correct": (ALWAYS, "def t(c, x):\n    correct = c == f(x)\n    assert correct\nt(9, 3)"),
    "equals everything, if raise": (ALWAYS, "if f(3) != 9:\n    raise ValueError"),
    "equals everything, in a chain": (ALWAYS + "g = f", "assert f(3) == g(3) == 9"),
    "equals everything, partial credit": (ALWAYS, "score = 0\nif f(3) == 9:\n    score += 1\nscore"),
    "equals everything, assertEqual": (ALWAYS, "from unittest import TestCase\nTestCase().assertEqual(f(3), 9)"),
    "looks at the test's constants": (LOOKER, "assert f(3) == 9"),
    "looks at the test's line": (LINE_LOOKER, "assert f(3) == 9"),
    "isclose for everything": (WRONG + "\nimport math\nmath.isclose = lambda *a, **k: True", "import math\nassert math.isclose(f(3), 9)"),
    "isclose, correct": (WRONG + "\nimport math\nmath.isclose = lambda *a, **k: True",
        "import math\ndef t(c, x):\n    c_ = f(x)\n    correct = math.isclose(c, c_)\n    assert correct\nt(9, 3)"),
    "own isclose": (WRONG + "\ndef isclose(*a, **k):\n    return True", "assert isclose(f(3), 9)"),
    "numpy's allclose": (WRONG + "\nimport numpy as np\nnp.allclose = lambda *a, **k: True", "assert np.allclose(f(3), 9)"),
    "numpy's testing": (WRONG + "\nimport numpy as np\nnp.testing.assert_allclose = lambda *a, **k: None", "np.testing.assert_allclose(f(3), 9)"),
    "unittest's assertEqual": (WRONG + "\nimport unittest\nunittest.TestCase.assertEqual = lambda *a, **k: None",
        "import unittest\nunittest.TestCase().assertEqual(f(3), 9)"),
    "array that equals everything": ("import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o):\n        return np.ones(3, bool)\n"
        "def f(x):\n    return np.zeros(3).view(A)", "assert (f(3) == [1, 2, 3]).all()"),
    "writes to nobody": (WRONG + DROP + "import os\nos.write = lambda fd, data: len(data)", "assert f(3) == 9"),
    "a full pipe": (WRONG + DROP + "import os\nfor n in range(3, 99):\n    try:\n        os.set_blocking(n, False)\n"
        "        while 'pipe' in os.readlink(f'/proc/self/fd/{n}') and n != KEEP:\n            os.write(n, b'x' * 4096)\n"
        "    except OSError:\n        pass", "assert f(3) == 9"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_forged(name: str) -> None:
    cells, test = FORGED[name]
    (found,) = prove([cells], [test])
    assert found.verdict == "unverified", found.evidence
    assert found.evidence
