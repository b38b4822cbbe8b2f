"""A notebook's outputs are those of an ordinary kernel, whatever it shows: by nbclient and by Executor alike."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from course_kit.execution.executor import Executor
from course_kit.execution.imports import imported_modules
from course_kit.execution.job import Job

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="notebooks are run in forks on Linux only"),
    pytest.mark.filterwarnings("ignore:.*:ResourceWarning"),  # jupyter_client's own sockets
]

SHARED = Path(os.environ.get("COURSE_KIT_SHARED", Path(__file__).parents[3] / "shared"))
UNIVERSITY = SHARED / "courses" / "cs1302i21a" / "source"
FLAGSHIP = Path(__file__).parents[2] / "autograders" / "source"
HELD_READY = ("numpy", "pandas", "matplotlib.pyplot")

CORPUS: dict[str, list[str]] = {
    "text": [
        "print('a'); print('b', end=''); print('c', flush=True)\n1 + 1",
        "'ünïcödé ✓ 漢字 \\U0001f600'",
        "print('\\x1b[31mred\\x1b[0m \\t tab \\r carriage')",
        "import sys\nsys.stdout.write('x' * 5)\nsys.stderr.write('to stderr\\n')\nprint('after')",
        "None",
        "1; 2; 3",
        "_ + 1",
        "print(sys.stdout.encoding, sys.stdout.isatty(), type(sys.stdin).__name__)",
        "5;",
        "Out[7], In[1]",
        "print(__name__, __doc__)",
        "x = 3\nx",
        "",
        "   \n  # only a comment",
        "import os\nos.get_terminal_size is not None",
        "for i in range(3): print(i, file=sys.stderr if i % 2 else sys.stdout)",
    ],
    "errors": [
        "1/0",
        "def f(n):\n    return 1 / n\n\ndef g(n):\n    return f(n)\n\ng(0)",
        "f(",
        "def x(:\n    pass",
        "if True:\nprint(1)",
        "raise ValueError('two\\nlines')",
        "try:\n    1/0\nexcept ZeroDivisionError as error:\n    raise KeyError('k') from error",
        "try:\n    {}['a']\nexcept KeyError:\n    raise RuntimeError",
        "assert 1 == 2, 'not the same'",
        "import nothing_of_the_kind",
        "undefined_name",
        "def endless(n):\n    return endless(n + 1)\n\nendless(0)",
        "def ping(a, b=2):\n    if a % 3:\n        del b\n    return pong(a + 1)\n\npong = lambda a: ping(a)\nping(0)",
        "raise SystemExit",
        "raise SystemExit(3)",
        "import sys; sys.exit('bye')",
        "raise KeyboardInterrupt",
        "def deep(n):\n    return deep(n + 1)\ndeep(0)",
        "eval('1 +')",
        "exec('raise NameError(\"inside\")')",
        "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
        "e = ValueError('noted'); e.add_note('a note'); raise e",
        "print('before'); 1/0; print('after')",
        "input('name? ')",
        "import getpass; getpass.getpass()",
        "exit()",
    ],
    "displays": [
        "from IPython.display import *\ndisplay(1, 'two')",
        "HTML('<b>x</b>')",
        "display(Markdown('*x*'), Latex('$x$'), JSON({'a': [1]}), SVG('<svg></svg>'), Math('x'))",
        "handle = display('first', display_id=True)\nhandle.update('second')",
        "display('shown', display_id='given')",
        "update_display('changed', display_id='given')",
        "print('gone'); clear_output(); print('stays')",
        "print('a'); clear_output(wait=True)\nprint('b')",
        "class Rich:\n    def _repr_html_(self): return '<i>r</i>'\n    def _repr_latex_(self): return '$r$'\n"
        "    def __repr__(self): return 'rich'\nRich()",
        "class Bundle:\n    def _repr_mimebundle_(self, **kw):\n"
        "        return {'application/json': {'a': 1}, 'text/plain': 'b'}, {'text/plain': {'m': 1}}\nBundle()",
        "class Broken:\n    def _repr_html_(self): raise ValueError('html')\n"
        "    def __repr__(self): return 'broken'\nBroken()",
        "class NoRepr:\n    def __repr__(self): raise ValueError('repr')\nNoRepr()",
        "class Own:\n    def _ipython_display_(self): print('own')\nOwn()",
        "import base64\nImage(base64.b64decode('R0lGODlhAQABAAAAACwAAAAAAQABAAA='), format='gif')",
        "{'b': 1, 'a': [1, 2, (3,)], 'long': list(range(60))}",
        "publish_display_data({'text/x-own': 'data'}, metadata={'text/x-own': {'k': 1}})",
        "display({'text/plain': 'raw'}, raw=True)",
        "print('printed'); display('shown'); print('printed again')",
        "Pretty('p')",
        "display(display_id='empty')",
        "Javascript('1')",
        "IFrame('x', 10, 10)",
    ],
    "magics": [
        "%%capture out\nprint('kept')\n5",
        "out.stdout, len(out.outputs)",
        "%precision 3\n3.14159",
        "3.14159",
        "!echo from the shell",
        "files = !echo a b\nfiles",
        "%%bash\necho out; echo err >&2",
        "%%bash\nexit 3",
        "%%sh --no-raise-error\nexit 3",
        "!exit 4",
        "_exit_code",
        "%%writefile script.py\nimport sys\nprint('script', __name__, len(sys.argv))\nvalue = 7",
        "%run script.py a",
        "value",
        "%run nothing.py",
        "import script",
        "len?",
        "def documented(a, b=1):\n    '''What it does.'''\ndocumented?",
        "documented??",
        "nothing?",
        "%nothing",
        "%%nothing\n1",
        "%who_ls str",
        "%%html\n<b>x</b>",
        "%%javascript\n1",
        "%%latex\n$x$",
        "%%markdown\n*x*",
        "%env HOMEPAGE=x",
        "%alias_magic t timeit",
        "%config InteractiveShell.ast_node_interactivity = 'all'\n1\n2",
        "1\n2",
        "%config InteractiveShell.ast_node_interactivity = 'last_expr'",
        "%load_ext nothing_of_the_kind",
        "get_ipython().run_cell('print(1); 2')",
        "get_ipython().system('echo via system')",
        "get_ipython().ev('1 + 1')",
        "get_ipython().run_line_magic('precision', '2')",
        "get_ipython().execution_count",
        "type(get_ipython()).__name__, type(get_ipython().kernel).__mro__[-3].__name__",
        "%xmode Plain\n1/0",
        "%xmode Minimal\n1/0",
        "%xmode Verbose\ny = 2\ny / 0",
        "%xmode Context",
        "%lsmagic_nothing",
        "%history -n 1-2",
        "%%python3\nprint('another')",
        "%timeit -n 1 -r 1 -q pass",
        "%pdef documented",
        "%pinfo len",
        "%psource documented",
        "%reset -f",
        "'documented' in globals()",
    ],
    "processes": [
        "import os, subprocess, sys, time\ncode = os.system('echo system'); time.sleep(0.2)\ncode",
        "code = subprocess.run(['echo', 'run']); time.sleep(0.2)\ncode",
        "code = subprocess.run('echo err >&2', shell=True).returncode; time.sleep(0.2)\ncode",
        "subprocess.run(['echo', 'taken'], capture_output=True, text=True).stdout",
        "import time\nos.write(1, b'raw descriptor\\n'); time.sleep(0.2)",
        "os.write(2, b'raw error\\n'); time.sleep(0.2)",
        "print('first', flush=True)\nos.system('echo second'); time.sleep(0.2)\nprint('third')",
        "from multiprocessing import get_context\nget_context('fork').Pool(2).map(abs, [-1, 2])",
        "pid = os.fork()\nif pid == 0:\n    os._exit(0)\nos.waitpid(pid, 0)[1]",
        "import ctypes\nctypes.CDLL(None).puts(b'from C')\ncode = ctypes.CDLL(None).fflush(None); time.sleep(0.2)",
        "import logging\nlogging.warning('careful')",
        "logging.getLogger('own').info('unseen')",
        "logging.basicConfig(level=logging.INFO, force=True)\nlogging.info('seen')",
        "import warnings\nwarnings.warn('mind this')",
        "warnings.warn('old', DeprecationWarning)",
        "def f():\n    warnings.warn('from within', stacklevel=2)\nf()",
        "'\\d'",
        "1 is 1",
        "import atexit\natexit.register(print, 'at exit');",
        "import faulthandler, traceback\ntry:\n    1/0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    ],
    "threads": [
        "import threading\nt = threading.Thread(target=print, args=('from a thread',))\nt.start(); t.join()",
        "def fail():\n    1/0\nt = threading.Thread(target=fail, name='failing')\nt.start(); t.join()",
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, 2])))",
        "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')",
        "async def later(n):\n    await asyncio.sleep(0.01)\n    return n * 2\nawait later(4)",
        "await asyncio.gather(later(1), later(2))",
        "asyncio.get_running_loop().is_running()",
        "asyncio.run(later(1))",
        "async def bad():\n    raise ValueError('awaited')\nawait bad()",
        "task = asyncio.create_task(later(3))\nprint('made')",
        "await task",
        "async for x in aiter([1]): pass",
        "async def numbers():\n    for n in range(3): yield n\n[n async for n in numbers()]",
        "import signal\nsignal.getsignal(signal.SIGINT) is signal.default_int_handler",
        "import time\nfor i in range(3):\n    print(i)\n    time.sleep(0.25)",
    ],
    "tables": [
        "import matplotlib\nhasattr(matplotlib, 'pyplot')",
        "import numpy as np\nimport pandas as pd",
        "frame = pd.DataFrame({'a': [1, 2], 'b': ['x', None]})\nframe",
        "frame['a']",
        "frame.describe()",
        "frame.info()",
        "pd.DataFrame(np.arange(2000).reshape(100, 20))",
        "print(frame)",
        "frame['nothing']",
        "frame.loc[5]",
        "pd.to_datetime('no date')",
        "np.arange(5) / 0",
        "np.array([1, 2]) + np.array([1, 2, 3])",
        "np.random.seed(1); np.random.rand(2)",
        "np.random.default_rng(1).normal(size=2)",
        "np.linalg.inv(np.eye(2))",
        "np.set_printoptions(precision=2)\nnp.array([1.23456])",
        "pd.Series([1.5, 2]).mean()",
        "pd.date_range('2026-01-01', periods=2)",
        "frame.groupby('b').sum()",
        "frame.to_html()[:30]",
        "np.testing.assert_allclose([1], [2])",
        "pd.testing.assert_frame_equal(frame, frame.rename(columns={'a': 'c'}))",
    ],
    "figures": [
        "import matplotlib.pyplot as plt",
        "plt.plot([1, 2, 3])",
        "plt.plot([1, 2]);",
        "fig, ax = plt.subplots(figsize=(2, 2))\nax.bar(['a', 'b'], [1, 2])\nax.set_title('été')",
        "fig",
        "plt.plot([1]); plt.show(); print('after'); plt.plot([2]); plt.show()",
        "plt.figure(); plt.plot([1]); plt.figure(); plt.plot([2])\n'two'",
        "plt.plot([1]); 1/0",
        "%matplotlib inline\nplt.scatter([1], [2])",
        "plt.close('all')\nplt.get_backend()",
        "%config InlineBackend.figure_format = 'svg'\nplt.rcParams['svg.hashsalt'] = 'x'\nplt.get_fignums()",
        "import pandas as pd\n%config InlineBackend.figure_format = 'png'\npd.Series([1, 2]).plot()",
        "plt.hist([1, 1, 2], bins=2)",
        "plt.imshow([[1, 2], [3, 4]])",
        "plt.rcParams['figure.dpi'] = 50\nplt.plot([3])",
        "plt.plot('nothing', 'here')",
        "matplotlib",
        "ax.nothing()",
    ],
    "figures before the magic": [
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])",
        "plt.plot([2])",
    ],
    "figures with another back end": [
        "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.plot([1])",
        "plt.gcf()",
    ],
    "patches": [
        "import builtins\nbuiltins.print = lambda *a, plain=print: plain('patched', *a)\nprint(1)",
        "import sys\nold = sys.displayhook\nsys.displayhook = lambda value: None\n5",
        "sys.displayhook = old\n6",
        "get_ipython().set_custom_exc((ValueError,), lambda shell, kind, value, *_, **__: print('own', value))\n"
        "raise ValueError('x')",
        "from IPython.core.magic import register_line_magic\n@register_line_magic\ndef own(line): return line.upper()",
        "%own text",
        "get_ipython().events.register('post_run_cell', lambda result: None)",
        "get_ipython().input_transformers_post.append(lambda lines: [l.replace('ONE', '1') for l in lines])\nONE + 1",
        "ONE",
        "import contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()) as text:\n    sys.stdout.write('caught')\ntext.getvalue()",
        "sys.stdout = io.StringIO()\nsys.stdout.write('lost')",
        "sys.stdout.getvalue()",
    ],
    "widgets": [
        "import ipywidgets as w\nw.IntSlider(value=3)",
        "out = w.Output()\ndisplay(out)\nwith out:\n    print('inside')",
        "w.interact(lambda x: x, x=3)",
        "b = w.Button(description='go'); b",
    ],
}


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(preload=HELD_READY, in_flight=2) as running:
        yield running


def notebook_of(sources: list[str]) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(sources)]
    return nbformat.v4.new_notebook(cells=cells)


def cold(notebook: nbformat.NotebookNode, folder: Path, files: dict[str, bytes]) -> nbformat.NotebookNode:
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    client = NotebookClient(copy, kernel_name="python3", allow_errors=True, timeout=120, record_timing=False)
    # a folder of its own for a home, as every graded notebook has
    home = tmp_home(folder)
    env = {**os.environ, "HOME": home, "IPYTHONDIR": f"{home}/.ipython"}
    env.pop("PYTEST_CURRENT_TEST", None)  # ipykernel takes in no subprocess's output where it sees this
    client.execute(cwd=str(folder), env=env)
    return copy


def tmp_home(folder: Path) -> str:
    home = folder.parent / f"{folder.name}-home"
    home.mkdir(exist_ok=True)
    return str(home)


def warm(executor: Executor, notebook: nbformat.NotebookNode, files: dict[str, bytes]) -> nbformat.NotebookNode:
    result = executor.execute(Job(json.dumps(notebook).encode(), files=files, proof="off"))
    assert result.ending == "ok", result.reason
    return nbformat.from_dict(json.loads(result.notebook))


def plain(notebook: nbformat.NotebookNode, folder: Path) -> list[tuple[str, Any, Any]]:
    """Source, execution count and outputs of each code cell, without what differs from run to run."""
    return [
        (cell.source, cell.execution_count, _merged(cell.outputs, folder))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def _merged(outputs: list[Any], folder: Path) -> list[Any]:
    found: list[Any] = []
    for output in json.loads(_settled(json.dumps(outputs, sort_keys=True), folder)):
        if (
            found
            and output["output_type"] == "stream" == found[-1]["output_type"]
            and output["name"] == found[-1]["name"]
        ):
            found[-1]["text"] += output["text"]
        else:
            found.append(output)
        if "traceback" in output:
            # how many frames deep a cell is run shows where a recursion ends
            output["traceback"] = [
                line for at, line in enumerate(output["traceback"]) if line not in output["traceback"][:at]
            ]
    return [output for output in found if not _is_added(output)]


def _is_added(output: dict[str, Any]) -> bool:
    """Whether it is no output: nbgrader's words for an error that was not shown, or a fault of ipykernel's sockets."""
    text = output.get("text", "")
    said = output.get("traceback") == ["ERROR: An error occurred while showtraceback was disabled"]
    return said or (text.startswith("ERROR:tornado") and text.endswith("ValueError: DELIM not in msg_list\n"))


def _settled(text: str, folder: Path) -> str:
    text = text.replace(str(folder), "FOLDER")
    text = re.sub(r"/[^\s\"']*/course-kit-run-[^/\s\"']+/work", "FOLDER", text)
    text = re.sub(r"/[^\s\"']*?ipykernel_\d+/(\d+)\.py", r"CELL/\1.py", text)
    text = re.sub(r"0x[0-9a-f]{6,}|\bat [0-9a-f]{12}\b", "ADDRESS", text)
    return re.sub(r"\b[0-9a-f]{32}\b", "IDENTITY", text)


def assert_same(found: list[tuple[str, Any, Any]], expected: list[tuple[str, Any, Any]]) -> None:
    different = [
        f"--- {source!r}\nwarm [{count}] {json.dumps(outputs)[:1500]}\ncold [{other_count}] {json.dumps(others)[:1500]}"
        for (source, count, outputs), (_, other_count, others) in zip(found, expected, strict=True)
        if (count, outputs) != (other_count, others)
    ]
    assert not different, "\n".join(different)


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_corpus(executor: Executor, tmp_path: Path, name: str):
    if name in {"tables", "figures"}:
        pytest.importorskip("matplotlib")
        pytest.importorskip("pandas")
    book = notebook_of(CORPUS[name])
    assert_same(plain(warm(executor, book, {}), tmp_path), plain(cold(book, tmp_path, {}), tmp_path))


def test_files_beside_the_notebook(executor: Executor, tmp_path: Path):
    files = {
        "helper.py": b"def twice(n):\n    return 2 * n\n",
        "package/__init__.py": b"",
        "package/part.py": b"import helper\nvalue = helper.twice(4)\n",
        "csv.py": b"raise ValueError('not the library')",
        "data/numbers.txt": b"1\n2\n",
    }
    book = notebook_of(
        [
            "import helper\nhelper.twice(3)",
            "from package import part\npart.value",
            "import csv\ncsv.reader",
            "open('data/numbers.txt').read()",
            "%run helper.py\ntwice(1)",
            "import os\nsorted(name for name in os.listdir() if name[0] != '_')",
            "open('../' + 'nothing.txt')",
        ]
    )
    assert_same(plain(warm(executor, book, files), tmp_path), plain(cold(book, tmp_path, files), tmp_path))


def _assignments() -> list[Path]:
    names = ("Lab2", "Lab3a", "Lab3b", "Lab6", "Lab8", "Lab9")
    found = [path for name in names for path in sorted((UNIVERSITY / name).glob("*.ipynb"))]
    return found + sorted(FLAGSHIP.glob("*/*.ipynb"))


@pytest.mark.parametrize("path", _assignments(), ids=lambda path: path.stem)
def test_real_assignments_with_their_solutions(tmp_path: Path, path: Path):
    book = nbformat.read(path, as_version=4)
    files = {
        one.relative_to(path.parent).as_posix(): one.read_bytes()
        for one in path.parent.rglob("*")
        if one.is_file() and one.suffix != ".ipynb"
    }
    held = imported_modules(cell.source for cell in book.cells if cell.cell_type == "code")
    with Executor(preload=held) as executor:
        found = plain(warm(executor, book, files), tmp_path)
    assert_same(found, plain(cold(book, tmp_path, files), tmp_path))
