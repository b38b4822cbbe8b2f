"""Libraries are imported ahead of a fork such that a kernel cannot tell, and what could not be forked is refused."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="forks")

HEAD = """
import json, os, sys
from course_kit.execution import imports, preload as pre
def installed_in(folder):
    own = (folder, *imports.own_folders())
    imports.own_folders = pre.own_folders = lambda: own
    sys.path.insert(0, folder)
def in_fork(act):
    end, writing = os.pipe()
    if not os.fork():
        pre.after_fork()
        os.write(writing, json.dumps(act()).encode())
        os._exit(0)
    os.close(writing)
    return json.loads(os.fdopen(end).read())
"""


def told(script: str, tmp_path: Path) -> dict:
    run = subprocess.run(
        [sys.executable, "-P", "-c", HEAD + textwrap.dedent(script)],
        capture_output=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    assert run.stderr == b""
    return json.loads(run.stdout)


def a_package(folder: Path, name: str, **modules: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(textwrap.dedent(modules.pop("init", "")))
    for module, text in modules.items():
        (folder / name / f"{module}.py").write_text(textwrap.dedent(text))


def test_refuses_what_a_fork_or_a_learner_would_notice(tmp_path):
    site = tmp_path / "site"
    a_package(site, "quiet", init="x = 1")
    a_package(site, "threaded", init="import threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()")
    a_package(site, "loud", init="import sys\nprint('note', file=sys.stderr)")
    a_package(site, "loud_in_c", init="import os\nos.write(2, b'note')")
    a_package(site, "shelled", init="from IPython import get_ipython\nshell = get_ipython()")
    a_package(site, "broken", init="1 / 0")
    a_package(site, "ending", init="import os\nos._exit(3)")
    a_package(site, "endless", init="while True: pass")
    a_package(site, "meddling", init="import signal\nsignal.signal(signal.SIGINT, print)")
    a_package(site, "greedy", init="import sys\nsys.exit(1)")
    found = told(
        f"""
        import IPython
        installed_in({str(site)!r})
        names = "quiet threaded loud loud_in_c shelled broken ending endless meddling greedy torch nowhere this".split()
        p = pre.preload(names, patience=3)
        print(json.dumps([p.loaded, p.refused, p.forkable, pre.threads()]))
        """,
        tmp_path,
    )
    assert found == [
        ["quiet"],
        {
            "threaded": "it starts a thread",
            "loud": "it prints when it is imported",
            "loud_in_c": "it prints when it is imported",
            "shelled": "it asks for the running shell when it is imported",
            "broken": "its import fails with ZeroDivisionError",
            "ending": "its import ends the process",
            "endless": "its import takes too long",
            "meddling": "it changes the interpreter when it is imported",
            "greedy": "its import fails with SystemExit",
            "torch": "it starts threads",
            "nowhere": "it is not installed here",
            "this": "it acts when it is imported",
        },
        True,
        1,
    ]


def test_a_library_that_speaks_only_the_first_time_is_taken(tmp_path):
    site = tmp_path / "site"
    a_package(
        site,
        "caching",
        init="import os\np = __file__ + '.cache'\nif not os.path.exists(p):\n    open(p, 'w'); print(p)",
    )
    found = told(
        f"installed_in({str(site)!r})\nprint(json.dumps(pre.preload(['caching']).loaded))",
        tmp_path,
    )
    assert found == ["caching"]


def test_nothing_is_seen_before_it_is_imported(tmp_path):
    site = tmp_path / "site"
    a_package(
        site,
        "big",
        init="from big import core\nfrom big.core import core as named",
        core="def core(): return 1",
        extra="import lean\nx = 1",
    )
    a_package(site, "lean", init="who = __name__")
    found = told(
        f"""
        installed_in({str(site)!r})
        p = pre.preload(["big", "big.extra"])
        def look():
            before = [name for name in sys.modules if name.startswith(("big", "lean"))]
            import big
            with_big = [name for name in sys.modules if name.startswith(("big", "lean"))]
            bare = hasattr(big, "extra")
            from big import extra
            return [before, sorted(with_big), bare, extra is big.extra, "lean" in sys.modules,
                    big.named(), big.core.core(), type(big.__spec__.loader).__name__,
                    big.__spec__.origin == big.__file__, big.__spec__.parent]
        print(json.dumps({{"hidden": sorted(p.hidden), "seen": in_fork(look)}}))
        """,
        tmp_path,
    )
    assert found["hidden"] == ["big", "big.core", "big.extra", "lean"]
    assert found["seen"] == [
        [], ["big", "big.core"], False, True, True, 1, 1, "SourceFileLoader", True, "big",
    ]  # fmt: skip


def test_a_file_beside_the_notebook_still_comes_first(tmp_path):
    site = tmp_path / "site"
    a_package(site, "helper", init="where = 'installed'")
    (tmp_path / "helper.py").write_text("where = 'beside'")
    found = told(
        f"""
        installed_in({str(site)!r})
        pre.preload(["helper"])
        def look():
            sys.path.insert(0, "")
            import helper
            return helper.where
        print(json.dumps(in_fork(look)))
        """,
        tmp_path,
    )
    assert found == "beside"


def test_modules_can_be_found_reloaded_and_read_while_hidden(tmp_path):
    site = tmp_path / "site"
    a_package(site, "tool", init="n = 1", data="k = 2")
    found = told(
        f"""
        installed_in({str(site)!r})
        pre.preload(["tool", "tool.data"])
        def look():
            import importlib, importlib.util, inspect, pkgutil
            spec = importlib.util.find_spec("tool")
            unseen = "tool" in sys.modules
            text = spec.loader.get_source("tool")
            import tool
            tool.n = 5
            again = importlib.reload(tool)
            return [unseen, text, spec.origin == tool.__file__, again is tool, tool.n, inspect.getsource(tool).strip(),
                    [m.name for m in pkgutil.iter_modules(tool.__path__)]]
        print(json.dumps(in_fork(look)))
        """,
        tmp_path,
    )
    assert found == [False, "n = 1", True, True, 1, "n = 1", ["data"]]


def test_numpy_pandas_and_matplotlib_in_a_fork_as_in_a_fresh_interpreter(tmp_path):
    for name in ("numpy", "pandas", "matplotlib"):
        pytest.importorskip(name)
    script = """
        def look():
            names = []
            import matplotlib
            names += [hasattr(matplotlib, "pyplot"), "pandas" in sys.modules, "matplotlib.pyplot" in sys.modules]
            import numpy
            names += [hasattr(numpy, "linalg"), numpy.random.rand() == numpy.random.rand()]
            loaded = sorted(name for name in sys.modules if name.split(".")[0] in ("numpy", "matplotlib"))
            import pandas as pd, matplotlib.pyplot as plt
            figure = plt.figure(); plt.plot([1, 2]); figure.canvas.draw()
            names += [pd.Series([1, 2]).sum().item(), type(figure.canvas).__name__, len(figure.axes)]
            return [names, loaded]
        os.environ["MPLBACKEND"] = "agg"
        """
    act = "\npre.preload(['numpy', 'pandas', 'matplotlib.pyplot'])\nprint(json.dumps(in_fork(look)))"
    warm = told(textwrap.dedent(script) + act, tmp_path)
    cold = told(textwrap.dedent(script) + "\nprint(json.dumps(look()))", tmp_path)
    assert warm == cold


def test_forks_do_not_draw_the_same_numbers(tmp_path):
    pytest.importorskip("numpy")
    found = told(
        """
        pre.preload(["numpy"])
        def draw():
            import random, numpy
            return [random.random(), numpy.random.rand(), float(numpy.random.default_rng().random())]
        print(json.dumps([in_fork(draw), in_fork(draw)]))
        """,
        tmp_path,
    )
    assert not set(found[0]) & set(found[1])


def test_the_environment_is_as_before(tmp_path):
    pytest.importorskip("numpy")
    found = told(
        """
        os.environ["OMP_NUM_THREADS"] = "4"
        before, path = dict(os.environ), list(sys.path)
        pre.preload(["numpy"])
        print(json.dumps([before == dict(os.environ), path == sys.path]))
        """,
        tmp_path,
    )
    assert found == [True, True]
