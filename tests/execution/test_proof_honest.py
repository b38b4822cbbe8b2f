"""Honest submissions: whatever a test does, none of them is held to have forged its pass."""

from collections.abc import Callable

import pytest

from course_kit.execution.job import CellProof

Prove = Callable[..., list[CellProof]]

SQUARE = "def f(x):\n    return x * x"

# what was handed in, the test, and what proof says of it
PLAIN = {
    "literal": (
        SQUARE,
        "assert f(3) == 9",
        "proved",
    ),
    "literal first": (
        SQUARE,
        "assert 9 == f(3), 'three squared'",
        "proved",
    ),
    "no equality": (
        SQUARE,
        "assert isinstance(f(2), int)\nassert f(3) > 8",
        "silence-checked",
    ),
    "nothing at all": (
        "x = 1",
        "# look\n",
        "silence-checked",
    ),
    "is": (
        "x = None",
        "assert x is None",
        "silence-checked",
    ),
    "is True": (
        SQUARE,
        "assert (f(3) == 9) is True",
        "proved",
    ),
    "== True": (
        SQUARE,
        "assert (f(3) == 9) == True",
        "proved",
    ),
    "== False": (
        SQUARE,
        "assert (f(3) == 8) == False",
        "silence-checked",
    ),
    "not": (
        SQUARE,
        "assert not f(3) == 8",
        "silence-checked",
    ),
    "unequal": (
        SQUARE,
        "assert f(3) != 8",
        "silence-checked",
    ),
    "chain": (
        SQUARE + "\ng = f",
        "assert f(3) == g(3) == 9",
        "proved",
    ),
    "mixed chain": (
        SQUARE,
        "assert 0 < f(3) == 9 < 10",
        "proved",
    ),
    "or": (
        SQUARE,
        "assert f(3) == 8 or f(3) == 9",
        "proved",
    ),
    "and": (
        SQUARE,
        "assert f(3) == 9 and isinstance(f(3), int)",
        "proved",
    ),
    "None expected": (
        "def f():\n    pass",
        "assert f() == None",
        "proved",
    ),
    "True expected": (
        "def f():\n    return True",
        "assert f() == True",
        "proved",
    ),
    "empty list": (
        "def f():\n    return []",
        "assert f() == []",
        "proved",
    ),
    "empty dict": (
        "def f():\n    return {}",
        "assert f() == {}",
        "proved",
    ),
    "empty text": (
        "def f():\n    return ''",
        "assert f() == ''",
        "proved",
    ),
    "set of tuples": (
        "def f():\n    return {(1, 2)}",
        "assert f() == set([(1, 2)])",
        "proved",
    ),
    "zero with tolerance": (
        "def f():\n    return 1e-9",
        "import math\nassert math.isclose(f(), 0, abs_tol=1e-6)",
        "proved",
    ),
    "wide tolerance": (
        "def f():\n    return 5",
        "import math\nT = 10 ** 30\nassert math.isclose(f(), 6, abs_tol=T)",
        "proved",
    ),
    "huge float": (
        "def f():\n    return 1e308",
        "assert f() == 1e308",
        "proved",
    ),
    "infinite": (
        "def f():\n    return float('inf')",
        "import math\nassert math.isclose(f(), math.inf)",
        "proved",
    ),
    "nan": (
        "def f():\n    return float('nan')",
        "assert f() != f()\nx = f()\nassert not x == x",
        "silence-checked",
    ),
    "nan, raised": (
        "def f():\n    return float('nan')",
        "x = f()\nif x == x:\n    raise ValueError",
        "silence-checked",
    ),
    "all of a generator": (
        SQUARE,
        "assert all(f(i) == i * i for i in range(4))",
        "proved",
    ),
    "all of nothing": (
        SQUARE,
        "assert all(f(i) == i * i for i in [])",
        "silence-checked",
    ),
    "table of cases": (
        SQUARE,
        "for x, y in [(1, 1), (2, 4)]:\n    assert f(x) == y, f'{y:d}'",
        "proved",
    ),
    "own checker": (
        SQUARE,
        "def check(x, y):\n    assert f(x) == y\n\ncheck(2, 4)\ncheck(3, 9)",
        "proved",
    ),
    "correct": (
        SQUARE,
        "for x in 1, 2:\n    correct = f(x) == x**2\n    if not correct:\n        print(x)\n    assert correct",
        "proved",
    ),
    "if raise": (
        SQUARE,
        "if f(3) != 9:\n    raise ValueError('no')",
        "proved",
    ),
    "if not raise": (
        SQUARE,
        "if not f(3) == 9:\n    raise ValueError('no')",
        "proved",
    ),
    "expected error": (
        "def f(x):\n    raise ValueError",
        "try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('no error')",
        "silence-checked",
    ),
    "assert False": (
        "def f(x):\n    raise ValueError",
        "try:\n    f(1)\n    assert False, 'no error'\nexcept ValueError:\n    pass",
        "silence-checked",
    ),
    "pytest.raises": (
        "def f(x):\n    raise ValueError('odd')",
        "import pytest\nwith pytest.raises(ValueError) as e:\n    f(1)\nassert str(e.value) == 'odd'",
        "proved",
    ),
    "raises AssertionError": (
        SQUARE,
        "import pytest\nwith pytest.raises(AssertionError):\n    assert f(2) == 5",
        "proved",
    ),
    "approx": (
        "def f():\n    return 0.1 + 0.2",
        "import pytest\nassert f() == pytest.approx(0.3)",
        "proved",
    ),
    "iterator": (
        "def f():\n    yield from (1, 2)\nit = f()",
        "assert next(it) == 1\nassert next(it) == 2",
        "proved",
    ),
    "pop": (
        "xs = [3, 2, 1]",
        "assert xs.pop() == 1\nassert xs.pop() == 2\nassert xs.pop() == 3",
        "proved",
    ),
    "call counter": (
        "n = 0\ndef f():\n    global n\n    n += 1\n    return n",
        "assert f() == 1\nassert f() == 2",
        "proved",
    ),
    "pops in a function": (
        "xs = [3, 2]\ndef f():\n    return xs.pop()",
        "assert f() == 2\nassert f() == 3",
        "unproved",
    ),
    "seeded": (
        "import random\ndef f():\n    return random.random()",
        "random.seed(1)\na = f()\nrandom.seed(1)\nassert a == f()",
        "proved",
    ),
    "mutating test": (
        "xs = [1]\ndef f(x):\n    xs.append(x)\n    return len(xs)",
        "n = len(xs)\nassert f(2) == n + 1\nassert xs == [1, 2]\nxs.clear()",
        "proved",
    ),
    "class in test": (
        "def f(p):\n    return p.x",
        "class P:\n"
        "    def __init__(self, x):\n"
        "        self.x = x\n"
        "    def __eq__(self, o):\n"
        "        return self.x == o.x\n\n"
        "assert f(P(1)) == 1\n"
        "assert P(1) == P(1)",
        "proved",
    ),
    "__eq__ raises": (
        "class P:\n    def __eq__(self, o):\n        raise TypeError\ndef f():\n    return P()",
        "try:\n    assert f() == f()\nexcept TypeError:\n    pass",
        "proved",
    ),
    "own vector": (
        "class V:\n"
        "    def __init__(self, x):\n"
        "        self.x = x\n"
        "    def __eq__(self, o):\n"
        "        return self.x == o.x",
        "assert V(1) == V(1)",
        "proved",
    ),
    "walrus": (
        SQUARE,
        "assert (y := f(3)) == 9\nassert y == 9",
        "proved",
    ),
    "async": (
        "async def f():\n    return 3",
        "assert await f() == 3",
        "proved",
    ),
    "asyncio in function": (
        "async def f():\n    return 3",
        "import asyncio\nasync def t():\n    assert await f() == 3\nx = 1",
        "silence-checked",
    ),
    "lambda": (
        SQUARE,
        "g = lambda x: f(x) == 9\nassert g(3)",
        "silence-checked",
    ),
    "doctest": (
        "def f(x):\n    '''\n    >>> f(2)\n    4\n    '''\n    return x * x",
        "import doctest\nassert doctest.run_docstring_examples(f, globals()) is None",
        "silence-checked",
    ),
    "partial credit": (
        SQUARE,
        "score = 0\nif f(2) == 4:\n    score += 1\nscore += f(3) == 9\nscore",
        "proved",
    ),
    "last expression": (
        SQUARE,
        "2 * (f(3) == 9)",
        "proved",
    ),
    "number": (
        SQUARE,
        "f(3)\n0.5",
        "silence-checked",
    ),
    "unittest": (
        SQUARE,
        "import unittest\n"
        "class T(unittest.TestCase):\n"
        "    def test(self):\n"
        "        self.assertEqual(f(2), 4)\n"
        "        self.assertTrue(f(3) == 9)\n"
        "r = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\n"
        "assert r.wasSuccessful()",
        "proved",
    ),
    "TestCase by hand": (
        SQUARE,
        "from unittest import TestCase\nt = TestCase()\nt.assertAlmostEqual(f(2), 4, places=5)",
        "proved",
    ),
    "helper with message first": (
        SQUARE + ("\ndef assert_equal(message, a, b):\n    assert a == b, message"),
        "assert_equal('square', f(2), 4)",
        "silence-checked",
    ),
    "ANY expected": (
        "def f():\n    return 3",
        "from unittest.mock import ANY\nassert f() == ANY",
        "proved",
    ),
    "ANY on both sides": (
        "def f():\n    return 3",
        "from unittest.mock import ANY\nr = f()\nassert ANY == r",
        "proved",
    ),
    "ANY by intention": (
        "from unittest import mock\nclass R:\n    value = 3",
        "assert mock.ANY == R.value",
        "unproved",
    ),
    "call with ANY": (
        "from unittest.mock import MagicMock\nm = MagicMock()\nm(3, 4)",
        "from unittest.mock import ANY, call\nassert m.call_args == call(3, ANY)",
        "proved",
    ),
    "shadowed names": (
        "list = [1]\nstr = bool = int = type = len = 3\ndef f():\n    return 4",
        "assert f() == 4",
        "proved",
    ),
    "line magic": (
        SQUARE,
        "%config InlineBackend.figure_formats = ['png']\nassert f(3) == 9",
        "proved",
    ),
    "cell magic": (
        SQUARE,
        "%%capture out\nassert f(3) == 9",
        "unproved",
    ),
    "shell": (
        SQUARE,
        "!true\nassert f(3) == 9",
        "unproved",
    ),
    "future": (
        SQUARE,
        "from __future__ import annotations\nassert f(3) == 9",
        "proved",
    ),
    "while": (
        "def f(n):\n    return n + 1",
        "n = 0\nwhile n != 3:\n    n = f(n)\nwhile not n == 5:\n    n = f(n)\nassert n == 5",
        "proved",
    ),
    "skipped case": (
        SQUARE,
        "for i in range(3):\n    if i == 1:\n        continue\n    assert f(i) == i * i",
        "proved",
    ),
    "exit": (
        SQUARE,
        "import sys\ntry:\n    sys.exit(0)\nexcept SystemExit:\n    pass\nassert f(1) == 1",
        "proved",
    ),
    # no honest function does this, and nobody could tell it from one that hides from copies
    "ends itself": (
        "import os\nn = 0\ndef f():\n    global n\n    n += 1\n    if n > 1:\n        os._exit(0)\n    return 1",
        "assert f() == 1",
        "unverified",
    ),
    "Decimal": (
        "from decimal import Decimal\ndef f():\n    return Decimal('1.50')",
        "from decimal import Decimal\nassert f() == Decimal('1.5')",
        "proved",
    ),
    "dates": (
        "from datetime import date\ndef f():\n    return date(2026, 1, 2)",
        "e = date(2026, 1, 2)\nassert f() == e",
        "proved",
    ),
    "global in a function": (
        SQUARE,
        "e = 9\ndef t():\n    global e\n    assert f(3) == e\n    e = 4\nt()\nassert f(2) == e",
        "proved",
    ),
    "closure": (
        SQUARE,
        "def make(e):\n    def t():\n        assert f(3) == e\n    return t\nmake(9)()",
        "proved",
    ),
    "assertion message that fails": (
        SQUARE,
        "assert f(3) == 9, missing",
        "proved",
    ),
    "tuple assertion": (
        SQUARE,
        "assert (f(3) == 9, 'always true')",
        "proved",
    ),
    "match": (
        SQUARE,
        "match f(2):\n    case 4:\n        assert f(3) == 9\n    case _:\n        raise ValueError",
        "proved",
    ),
    "with": (
        SQUARE,
        "import contextlib\nwith contextlib.nullcontext(9) as e:\n    assert f(3) == e",
        "proved",
    ),
    "nested function": (
        SQUARE,
        "def outer():\n    def inner(x):\n        return f(x)\n    assert inner(3) == 9\nouter()",
        "proved",
    ),
    "recursive checker": (
        SQUARE,
        "def check(n):\n    if n:\n        check(n - 1)\n    assert f(n) == n * n and n >= 0\ncheck(3)",
        "proved",
    ),
    "decorated": (
        SQUARE,
        "import functools\n@functools.cache\ndef t():\n    assert f(3) == 9\n    return 1\nassert t() == 1",
        "proved",
    ),
    "type comparison": (
        SQUARE,
        "assert type(f(3)) == int",
        "proved",
    ),
    "dict comparison by sorted": (
        "def f():\n    return {'b': 1, 'a': 2}",
        "assert sorted(f()) == ['a', 'b']\nassert f()['a'] == 2",
        "proved",
    ),
    "string method": (
        "def f():\n    return 'Ab '",
        "assert f().strip().lower() == 'ab'",
        "proved",
    ),
    "printed text": (
        "def f():\n    print('hi')",
        "import io, contextlib\n"
        "b = io.StringIO()\n"
        "with contextlib.redirect_stdout(b):\n"
        "    f()\n"
        "assert b.getvalue() == 'hi\\n'",
        "proved",
    ),
    "long text": (
        "def f():\n    return 1",
        "assert f() == 1  # 東京\n'''doc\n%magic\n'''\nassert f() == 1",
        "proved",
    ),
    "timers": (
        "import time\ndef f():\n    time.sleep(0.01)\n    return 1",
        "s = time.time()\nassert f() == 1\nassert time.time() - s < 5",
        "proved",
    ),
    "recursion error": (
        "def f(n):\n    return f(n + 1)",
        "try:\n    f(0)\nexcept RecursionError:\n    ok = True\nassert ok == True",
        "proved",
    ),
    "checker of what stays the same": (
        "def f(x):\n    return x",
        "def check(n):\n    assert f(n) == n\n\ncheck(3)\nfor a, b in [(1, 1)]:\n    assert f(b) == b",
        "proved",
    ),
    "checker that derives": (
        "def f(x):\n    return x + 1",
        "def check(e):\n    x = e - 1\n    r = f(x)\n    assert r == e\n\ncheck(3)",
        "proved",
    ),
    "checker under two names": (
        SQUARE,
        "def check(e, x):\n    assert f(x) == e\n\nsame = check\nsame(9, 3)\ncheck(4, 2)",
        "proved",
    ),
    "checker that branches": (
        "def f(x):\n    return None if x else 2.0",
        "def check(e, x):\n    r = f(x)\n    if e is None:\n        ok = r is None\n    else:\n        ok = r == e\n"
        "    assert ok, f'{e}'\n\ncheck(None, 1)\ncheck(2.0, 0)",
        "proved",
    ),
    "table used twice": (
        SQUARE,
        "for x, y in [(1, 1), (2, 4)]:\n    assert f(x) == y\nfor x, y in [(3, 3)]:\n    assert f(y) == f(x)",
        "proved",
    ),
    "numbers are wrapped": (
        "import ast, fractions\n"
        "class Wrap(ast.NodeTransformer):\n"
        "    def visit_Constant(self, node):\n"
        "        if type(node.value) is not int:\n"
        "            return node\n"
        "        return ast.Call(ast.Name('Number', ast.Load()), [node], [])\n"
        "Number = fractions.Fraction\n"
        "def f(x):\n"
        "    return x * x\n"
        "get_ipython().ast_transformers.append(Wrap())",
        "e = 16\nassert f(3) == 9\nassert f(4) == e\nassert all(f(x) == x * x for x in (1, 2))",
        "proved",
    ),
    "two threads": (
        SQUARE,
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def check(x):\n    assert f(x) == x * x\n    return True\n"
        "with ThreadPoolExecutor(2) as pool:\n    assert all(pool.map(check, [1, 2, 3]))",
        "proved",
    ),
    "hooks": (
        SQUARE + "\ndef told(*args):\n    raise ValueError\nget_ipython().events.register('pre_run_cell', told)",
        "assert f(3) == 9",
        "proved",
    ),
    "index among the expected": (
        "xs = [5, 6]",
        "for i, y in [(0, 5), (1, 6)]:\n    assert xs[i] == y",
        "proved",
    ),
}

ARRAYS = {
    "array": (
        "a = np.array([1, 2, 3])",
        "assert (a == np.array([1, 2, 3])).all()",
        "proved",
    ),
    "array and scalar": (
        "a = np.ones(3)",
        "assert (a == 1).all()\nassert np.all(a == 1)",
        "proved",
    ),
    "isclose": (
        "a = np.array([0.1, 0.2])",
        "assert np.isclose(a, [0.1, 0.2]).all()",
        "proved",
    ),
    "allclose": (
        "a = np.array([0.1, 0.2])",
        "assert np.allclose(a, [0.1, 0.2], rtol=0.1, atol=0.1)",
        "proved",
    ),
    "allclose, any tolerance": (
        "a = np.array([0.0, 0.2])",
        "t = 1\nassert np.allclose(a, [0.1, 0.2], rtol=t)",
        "proved",
    ),
    "relative tolerance 1": (
        "a = np.array([0.0, 0.0])",
        "assert np.allclose(a, [0.1, 0.2], rtol=1)",
        "proved",
    ),
    "testing": (
        "a = np.array([0.1, 0.2])",
        "np.testing.assert_allclose(a, [0.1, 0.2])",
        "proved",
    ),
    "testing by keywords": (
        "a = np.ones(2)",
        "np.testing.assert_allclose(actual=a, desired=1)",
        "proved",
    ),
    "testing nan": (
        "a = np.array([np.nan] * 2)",
        "np.testing.assert_array_equal(a, [np.nan, np.nan])",
        "proved",
    ),
    "testing nan by name": (
        "a = np.full(2, np.nan)",
        "e = np.full(2, np.nan)\nnp.testing.assert_equal(a, e)",
        "proved",
    ),
    "imported testing": (
        "a = np.ones(2)",
        "from numpy.testing import assert_array_almost_equal as same\n"
        "from numpy.testing import assert_array_almost_equal\n"
        "assert_array_almost_equal(a, [1, 1], 4)",
        "proved",
    ),
    "array_equal": (
        "a = np.arange(3)",
        "assert np.array_equal(a, np.arange(3))",
        "proved",
    ),
    "empty array": (
        "a = np.array([])",
        "assert (a == np.array([])).all()",
        "proved",
    ),
    "empty and scalar": (
        "a = np.array([])",
        "assert (a == 3).all()",
        "unproved",
    ),
    "empty allclose": (
        "a = np.array([])",
        "assert np.allclose(a, 3)",
        "unproved",
    ),
    "empty testing": (
        "a = np.array([])",
        "np.testing.assert_allclose(a, 3)",
        "unproved",
    ),
    "shape": (
        "a = np.ones((2, 3))",
        "assert a.shape == (2, 3)\nassert a.dtype == np.float64",
        "proved",
    ),
    "bytes": (
        "a = np.array([250, 3], dtype='uint8')",
        "e = np.array([250, 3], dtype='uint8')\nassert (a == e).all()",
        "proved",
    ),
    "truths": (
        "a = np.array([True, False])",
        "e = np.array([True, False])\nassert np.array_equal(a, e)",
        "proved",
    ),
    "words": (
        "a = np.array(['a', 'b'])",
        "e = np.array(['a', 'b'])\nassert (a == e).all()",
        "proved",
    ),
    "complex": (
        "a = np.array([1j])",
        "e = np.array([1j])\nassert np.allclose(a, e)",
        "proved",
    ),
    "objects": (
        "a = np.array([None, 'x'], dtype=object)",
        "e = a.copy()\nassert (a == e).all()",
        "proved",
    ),
    "nan scalar": (
        "a = np.nan",
        "assert np.isclose(a, np.nan, equal_nan=True)",
        "proved",
    ),
    "series": (
        "s = pd.Series([1, 2])",
        "pd.testing.assert_series_equal(s, pd.Series([1, 2]))",
        "proved",
    ),
    "frame": (
        "d = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
        "e = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})\npd.testing.assert_frame_equal(d, e)\nassert d.equals(e)",
        "proved",
    ),
    "frame with ==": (
        "d = pd.DataFrame({'a': [1.5, 2]})",
        "e = d.copy()\nassert (d == e).all().all()",
        "proved",
    ),
    "empty frame": (
        "d = pd.DataFrame()",
        "e = pd.DataFrame()\npd.testing.assert_frame_equal(d, e)",
        "proved",
    ),
    "empty column": (
        "d = pd.Series([], dtype=float)",
        "assert (d == 1).all()",
        "unproved",
    ),
    "index": (
        "d = pd.Series([1], index=['a'])",
        "assert list(d.index) == ['a']\nassert (d.index == ['a']).all()",
        "proved",
    ),
    "groups": (
        "d = pd.DataFrame({'g': ['a', 'a'], 'v': [1, 2]})",
        "assert d.groupby('g').v.sum()['a'] == 3",
        "proved",
    ),
    "dates": (
        "d = pd.to_datetime(pd.Series(['2026-01-01']))",
        "e = d.copy()\nassert (d == e).all()",
        "proved",
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain(name: str, prove: Prove) -> None:
    cells, test, expected = PLAIN[name]
    (found,) = prove([cells], [test])
    assert found.verdict == expected, found.evidence


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name: str, prove: Prove) -> None:
    pytest.importorskip("pandas")
    cells, test, expected = ARRAYS[name]
    (found,) = prove(["import numpy as np\nimport pandas as pd", cells], [test])
    assert found.verdict == expected, found.evidence
