"""How long a learner waits for a verdict with a hundred questions of every kind on the page, in real JupyterLab."""

import importlib.util
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

UI = Path(__file__).parent.parent / "ui"
ITEMS = 100
CLICKS = 160
WARM = 8
Row = tuple[str, str, str, bool]
# Measured in the page, so that the clock is the learner's: from the click on Submit until the verdict has been painted.
CLICK = """
([number, turn]) => new Promise(resolve => {
  const item = document.querySelectorAll('.ck-item')[number];
  const feedback = item.querySelector('.ck-feedback');
  const radios = item.querySelectorAll('input[type=radio]');
  const input = radios.length ? radios[turn % radios.length] : item.querySelector('input');
  if (radios.length) input.checked = true;
  else input.value = `${100 + turn}`;
  input.dispatchEvent(new Event('input', {bubbles: true}));
  feedback.replaceChildren();
  const began = performance.now();
  const watcher = new MutationObserver(() => {
    if (!feedback.textContent) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
  });
  watcher.observe(feedback, {childList: true, subtree: true});
  item.querySelector('button[type=submit]').click();
})
"""


def load_ui(name: str) -> ModuleType:
    """A module of the browser tests, which are no package."""
    spec = importlib.util.spec_from_file_location(f"bench_{name}", UI / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _hundred(cases: Any) -> list[Any]:
    """Items of every kind, kind after kind, each with a key of its own; none runs out of attempts."""
    kinds = list(cases.CASES.values())
    return [kinds[n % len(kinds)].item.model_copy(update={"key": f"q{n}"}) for n in range(ITEMS)]


def feedback_milliseconds() -> list[float]:
    """One figure a click, in turns on choices, truths, numbers, texts and blanks all over the page."""
    from playwright.sync_api import sync_playwright

    labs, pages, cases = load_ui("conftest"), load_ui("quiz_pages"), load_ui("quiz_cases")
    items = _hundred(cases)
    clicked = [n for n, item in enumerate(items) if item.kind in ("one-choice", "true-false", "number", "short-text")]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        lab = labs.make_lab(pages.make_workspace(folder / "course", {"hundred": items}), folder / "home").start()
        try:
            page = labs.launch(playwright).new_page()
            labs.open_notebook(page, lab, pages.NOTEBOOK)
            for number in (0, 4):
                labs.run_cell(page, number)
            page.locator(".ck-item").nth(ITEMS - 1).wait_for(state="attached")
            turns = [(clicked[turn % len(clicked)], turn // len(clicked) + turn) for turn in range(CLICKS)]
            return [float(page.evaluate(CLICK, list(turn))) for turn in turns][WARM:]
        finally:
            lab.stop()


def feedback_rows() -> Iterator[Row]:
    """The row for ``make bench``."""
    times = sorted(feedback_milliseconds())
    p95 = times[round(0.95 * (len(times) - 1))]
    measured = f"{p95:.0f} ms at p95, {statistics.median(times):.0f} ms at p50 ({len(times)} clicks)"
    yield f"a verdict after the click, {ITEMS} questions on the page", measured, "under 100 ms at p95", p95 < 100


if __name__ == "__main__":
    sys.stdout.write(f"{list(feedback_rows())}\n")
