"""What a learner waits for: the verdict after a click on Submit, in real JupyterLab, and a quiz's first showing."""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jupyter_client.manager import KernelManager

from tests.bench.clicks import CLICK, load_ui

CLICKS = 120
ROUNDS = 9
Row = tuple[str, str, str, bool]


def feedback_milliseconds() -> list[float]:
    """One figure a click."""
    from playwright.sync_api import sync_playwright

    labs, pages = load_ui("conftest"), load_ui("quiz_pages")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = labs.make_lab(pages.make_workspace(Path(folder) / "course"), Path(folder) / "home").start()
        try:
            page = labs.launch(playwright).new_page()
            labs.open_notebook(page, lab, pages.NOTEBOOK)
            for number in (0, 1, 3):
                labs.run_cell(page, number)
            page.locator(".ck-item").first.wait_for()
            return [float(page.evaluate(CLICK, [0, number])) for number in range(CLICKS)][5:]
        finally:
            lab.stop()


def first_run_milliseconds(folder: Path, cells: list[str], notebook: Path) -> float:
    """The cells one after the other in a kernel of their own, from the first request to the last reply."""
    said = {
        "JPY_SESSION_NAME": str(notebook),
        "COURSE_KIT_DATA": str(folder / "data"),
        "IPYTHONDIR": str(folder / "ipy"),
    }
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(notebook.parent), env={**os.environ, **said, "PYTHONWARNINGS": "ignore"})
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        client.execute_interactive("None", output_hook=_ignore, timeout=60)
        began = time.perf_counter()
        for cell in cells:
            reply = client.execute_interactive(cell, output_hook=_ignore, timeout=60)
            if reply["content"]["status"] != "ok":
                raise RuntimeError(f"{cell} failed: {reply['content']}")
        return (time.perf_counter() - began) * 1000
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _ignore(_message: object) -> None:
    """What a cell shows."""


def first_run_rows() -> Iterator[Row]:
    """The same notebook with and without its quiz cell, in turns."""
    pages = load_ui("quiz_pages")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        notebook = pages.make_workspace(folder / "course") / pages.NOTEBOOK
        without = ["%load_ext course_kit", "sum([2, 4, 9]) / 3"]
        quiz = next(cell["source"] for cell in pages.notebook()["cells"] if cell["source"].startswith("quiz("))
        pairs = [
            (
                first_run_milliseconds(folder, without, notebook),
                first_run_milliseconds(folder, [*without, quiz], notebook),
            )
            for _ in range(ROUNDS)
        ][1:]
    bare, whole = (statistics.median(times) for times in zip(*pairs, strict=True))
    measured = f"{whole - bare:.0f} ms ({bare:.0f} ms without it, {whole:.0f} ms with it; {len(pairs)} kernels each)"
    yield "a quiz cell adds to a notebook's first run", measured, "under 150 ms", whole - bare < 150


def feedback_rows() -> Iterator[Row]:
    times = sorted(feedback_milliseconds())
    p95 = times[round(0.95 * (len(times) - 1))]
    measured = f"{p95:.0f} ms at p95, {statistics.median(times):.0f} ms at p50 ({len(times)} clicks)"
    yield "clicking Submit shows feedback", measured, "under 100 ms at p95", p95 < 100


PARTS: dict[str, Callable[[], Iterator[Row]]] = {"feedback": feedback_rows, "first_run": first_run_rows}


def rows(*parts: str) -> Iterator[Row]:
    """(what, measured, asked, met) for each figure; only those of ``parts`` where named."""
    for name in parts or PARTS:
        yield from PARTS[name]()


if __name__ == "__main__":
    for row in rows(*sys.argv[1:]):
        sys.stdout.write(f"{row}\n")
