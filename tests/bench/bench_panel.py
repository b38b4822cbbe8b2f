"""How long a learner far into a large course waits for the panel, in real JupyterLab: 200 lessons, 10,000 events."""

import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.clicks import load_ui
from tests.bench.panel_world import LESSONS, UNITS, make_world

Row = tuple[str, str, str, bool]
EVENTS = 10_000
ROUNDS = 15
PRESS = "[...document.querySelectorAll('#course-kit-panel button')].find(one => one.textContent.includes('large'))"
# The server's answers pass through here, so that one number of the course can be another each time.
CHANGING = """
  const ask = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await ask(...asked);
    const {url} = asked[0] instanceof Request ? asked[0] : {url: String(asked[0])};
    if (window.changed === undefined || !url.includes('/course-kit/panel')) return answer;
    return new Response(JSON.stringify({...await answer.json(), fraction: window.changed}), {status: 200});
  };
"""
# Measured in the page, so that the clock is the learner's: from the press on the course until its panel is painted.
OPEN = f"""
() => new Promise(resolve => {{
  const panel = document.querySelector('#course-kit-panel');
  const began = performance.now();
  const watcher = new MutationObserver(() => {{
    if (!panel.querySelector('.course-kit-unit')) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
  }});
  watcher.observe(panel, {{childList: true, subtree: true}});
  {PRESS}.click();
}})
"""
# From a change that the page hears of (the window comes to the front) until the panel shows the new answer.
AGAIN = """
fraction => new Promise(resolve => {
  window.changed = fraction;
  const bar = document.querySelector('#course-kit-panel .course-kit-head progress');
  const began = performance.now();
  const watcher = new MutationObserver(() => {
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
  });
  watcher.observe(bar, {attributes: true});
  window.dispatchEvent(new Event('focus'));
})
"""


def _answer_milliseconds(lab: Any, token: str) -> float:
    """The server's answer alone: the median of a few."""
    times = []
    for _ in range(ROUNDS):
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{lab.url}/course-kit/panel?zone=Europe/Berlin", headers={"Authorization": f"token {token}"}
        )
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            answer.read()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _open_milliseconds(page: Any) -> list[float]:
    """From an empty panel to a painted one, each time from the start, the first one among them."""
    known = {"course": None, "workspaces": [{"course": "large", "folder": "large", "title": "large"}]}
    times = []
    for _ in range(ROUNDS + 1):
        page.route("**/course-kit/panel*", lambda route: route.fulfill(json=known))
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        page.wait_for_function(f"() => {PRESS} !== undefined")
        page.unroute("**/course-kit/panel*")
        times.append(float(page.evaluate(OPEN)))
    return times


def _again_milliseconds(page: Any) -> list[float]:
    """From asking again to the new answer painted, where one number of the course has changed."""
    return [float(page.evaluate(AGAIN, (number + 1) / 100)) for number in range(ROUNDS)]


def rows() -> Iterator[Row]:
    from playwright.sync_api import sync_playwright

    labs = load_ui("conftest")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name).resolve()
        (folder / "root").mkdir()
        lab = labs.make_lab(folder / "root", folder / "home")
        make_world(folder / "root", folder / "home" / "course-kit", events=EVENTS)
        lab.start()
        try:
            page = labs.launch(playwright).new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script(CHANGING)
            page.goto(f"{lab.url}/lab?token={labs.TOKEN}&reset")
            page.locator(".jp-Launcher").wait_for()
            labs.show_panel(page)
            page.locator(".course-kit-unit").first.wait_for()
            opened = _open_milliseconds(page)
            again = statistics.median(_again_milliseconds(page))
            answered = _answer_milliseconds(lab, labs.TOKEN)
        finally:
            lab.stop()
    middle, slowest = statistics.median(opened), max(opened)
    size = f"{UNITS * LESSONS} lessons and {EVENTS:,} events"
    yield (
        f"open the panel with {size}, from the press to the paint",
        f"{middle:.0f} ms in the middle, {slowest:.0f} ms at most",
        "under 300 ms",
        middle < 300,
    )
    yield (f"the server's answer for it ({size})", f"{answered:.0f} ms", "under 150 ms", answered < 150)
    yield (f"show a change in it ({size})", f"{again:.0f} ms", "under 300 ms", again < 300)
