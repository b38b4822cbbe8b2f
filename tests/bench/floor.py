"""The limit: a bare loop over the cells of each notebook in a fork of one Python that holds the same libraries.

``python floor.py CORES FILE`` with a file ``{"folder": …, "notebooks": [[cell, …], …]}`` prints the seconds of wall
time of the loop, without the start of Python and the imports, and of processor time in the forks. No shell, no
sandbox, no proof, no outputs kept, no scores: only the cells' own code, and figures drawn to PNG.
"""

import ast
import contextlib
import importlib
import io
import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    cores, given = int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    os.chdir(given["folder"])
    _import_all({cell for cells in given["notebooks"] for cell in cells})
    began, running = time.perf_counter(), 0
    for cells in given["notebooks"]:
        if running == cores:
            os.wait()
            running -= 1
        if os.fork() == 0:
            _run(cells)
            os._exit(0)
        running += 1
    for _ in range(running):
        os.wait()
    used = os.times()
    print(time.perf_counter() - began, used.children_user + used.children_system)


def _import_all(cells: set[str]) -> None:
    for cell in cells:
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(cell)):
                if isinstance(node, ast.Import):
                    for name in node.names:
                        importlib.import_module(name.name)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    importlib.import_module(node.module)


def _run(cells: list[str]) -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.show = lambda: _draw(pyplot)
    names: dict[str, object] = {"__name__": "__main__", "display": repr, "get_ipython": _Shell}
    with (
        Path(os.devnull).open("w") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        for cell in cells:
            with contextlib.suppress(Exception):
                exec(compile(cell, "cell", "exec"), names)  # noqa: S102 (what is measured)


def _draw(pyplot) -> None:
    for number in pyplot.get_fignums():
        pyplot.figure(number).savefig(io.BytesIO(), bbox_inches="tight")
    pyplot.close("all")


class _Shell:
    """Line and cell magics do nothing here."""

    def __getattr__(self, _name: str) -> object:
        return lambda *_words: None


if __name__ == "__main__":
    main()
