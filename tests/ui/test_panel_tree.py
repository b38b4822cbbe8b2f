"""What a screen reader finds in the panel, in each of its states, word for word; and that axe has nothing to say of it.

The server's answer is the golden panel, which tests/workspace makes from a learner's events. After a change that is
meant, ``COURSE_KIT_WRITE_TREES=1`` writes the trees anew: read the difference.
"""

import copy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from siblings import sibling

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden" / "panel.json"
NOW = "2026-11-22T03:00:00Z"
Answer = dict[str, Any]


labs = sibling("conftest")


def golden() -> Answer:
    answer: Answer = json.loads(GOLDEN.read_text(encoding="utf-8"))
    answer["calendar"] = {"feed": None}
    return answer


def first_day() -> Answer:
    """Nothing was done yet: no skill, no pace, no goal."""
    answer = golden()
    answer |= {"fraction": 0.0, "unsynced": 0, "message": None}
    answer["goal"] |= {"text": "", "done": False}
    answer["reviews"] = {"due": 0, "minutes": 0, "next_at": None, "skills": [], "weak": []}
    answer["week"]["milestones"] = []
    for unit in answer["units"]:
        unit["fraction"] = 0.0
        for lesson in unit["lessons"]:
            lesson |= {"state": "open", "fraction": 0.0, "items_right": 0, "new_version": None, "videos": []}
            lesson |= {"reasons": [], "gate": None}
        for part in unit["assignments"]:
            part |= {"submitted_at": None, "score": None, "feedback": [], "new_version": None}
    return answer


def busy() -> Answer:
    """In the middle of it: a pause, weak skills, a video, late work, a calendar."""
    answer = golden()
    answer["notice"] = None
    answer["calendar"] = {"feed": "/course-kit/calendar/not-a-real-token.ics"}
    answer["plan"]["paused_since"] = "2026-11-20T08:00:00Z"
    skills = answer["reviews"]["skills"]
    skills[1] |= {"due": False, "due_at": "2026-12-02T08:00:00Z"}
    answer["reviews"] |= {"due": 0, "next_at": "2026-11-24T08:00:00Z", "weak": skills[:1]}
    answer["week"]["milestones"].append(
        {"unit": "x", "title": "X", "text": "Finish X", "at": "2026-11-10T12:00:00Z", "state": "late"}
    )
    answer["week"]["milestones"][-1]["reached_at"] = None
    answer["week"]["last"] = {"lessons": ["First steps"], "items": 14, "reviews": 3, "minutes": 95, "submitted": ["A"]}
    tables = answer["units"][1]
    tables["lessons"][0]["videos"] = [{"key": "median", "title": "The median", "seconds": 150, "watched": 0.4}]
    tables["assignments"][0] |= {"due": "2026-11-20T08:00:00Z", "credit_now": 80.0, "fixed": True}
    tables["assignments"][0] |= {"why": "the course, extended by 3 days", "closes": "2026-12-24T08:00:00Z"}
    return answer


def finished() -> Answer:
    answer = first_day()
    answer |= {"notice": None, "next": None, "fraction": 1.0, "submitted": True}
    answer["plan"] |= {"minutes_left": 0, "finish": None, "text": "You have finished the course."}
    for unit in answer["units"]:
        unit["fraction"] = 1.0
        for lesson in unit["lessons"]:
            lesson |= {"state": "done", "fraction": 1.0, "items_right": lesson["items"]}
        for part in unit["assignments"]:
            part |= {"submitted_at": "2026-11-20T08:00:00Z", "score": 9.0, "max_score": 10.0}
    return answer


NOTHING: Answer = {
    "course": None,
    "workspaces": [{"course": "statistics", "folder": "courses/statistics", "title": "Statistics"}],
}


@pytest.fixture(scope="module")
def lab(lab_server: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lab_server(tmp_path_factory.mktemp("learner"))


@pytest.fixture
def show(chromium: Browser, lab: Any) -> Iterator[Callable[[Answer | None], Page]]:
    """``show(answer)``: the panel where the server says that; None: where no server answers."""
    context = chromium.new_context(viewport={"width": 1280, "height": 2400}, timezone_id="Asia/Tokyo", locale="en-US")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.clock.set_fixed_time(NOW)
    said: list[Answer | None] = [None]

    def answer(route: Route) -> None:
        if said[0] is None:
            route.abort()
        else:
            route.fulfill(json=said[0])

    page.route("**/course-kit/panel*", answer)

    def show_it(wanted: Answer | None) -> Page:
        said[0] = copy.deepcopy(wanted)
        if page.url == "about:blank":
            page.goto(f"{lab.url}/lab?token={labs.TOKEN}&reset")
            page.locator(".jp-Launcher").wait_for()
            labs.show_panel(page)
        else:
            with page.expect_event("requestfinished" if wanted else "requestfailed", _asks_for_panel):
                page.evaluate("window.dispatchEvent(new Event('focus'))")
        expect(page.locator("#course-kit-panel .course-kit-Panel-content")).to_have_attribute("aria-busy", "false")
        return page

    yield show_it
    context.close()


def _asks_for_panel(request: Any) -> bool:
    return "/course-kit/panel" in request.url


def open_all(page: Page) -> None:
    """Everything that opens and closes, opened."""
    closed = page.locator("#course-kit-panel .course-kit-fold > button[aria-expanded=false]")
    while closed.count():
        closed.first.click()
    more = page.locator("#course-kit-panel .course-kit-assignment button[aria-expanded=false]")
    while more.count():
        more.first.click()


def holds(page: Page, name: str) -> None:
    """The panel's tree is the one in ``trees/``, and axe finds nothing."""
    tree = page.locator("#course-kit-panel").aria_snapshot()
    tree = tree.replace(page.url.split("/lab")[0], "http://localhost:8888") + "\n"
    path = HERE / "trees" / f"{name}.yml"
    if os.environ.get("COURSE_KIT_WRITE_TREES"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(tree, encoding="utf-8")
    assert tree == path.read_text(encoding="utf-8")
    assert labs.axe_violations(page, "#course-kit-panel") == []
    picture(page, f"panel-tree-{name}")


def picture(page: Page, name: str) -> None:
    """Of the whole panel, in a window that is tall enough for it."""
    if os.environ.get("COURSE_KIT_SCREENSHOTS"):
        size = page.viewport_size
        height = page.evaluate("() => document.querySelector('.course-kit-Panel-content').scrollHeight")
        page.set_viewport_size({"width": size["width"] if size else 1280, "height": height + 120})
        labs.screenshot(page.locator("#course-kit-panel .course-kit-Panel-content"), name)


STATES: dict[str, Callable[[], Answer]] = {
    "first-day": first_day,
    "golden": golden,
    "finished": finished,
    "no-course": lambda: NOTHING,
}


@pytest.mark.parametrize("name", list(STATES))
def test_the_tree_of(show: Callable[[Answer | None], Page], name: str) -> None:
    holds(show(STATES[name]()), name)


def test_the_tree_of_everything_opened(show: Callable[[Answer | None], Page]) -> None:
    page = show(busy())
    open_all(page)
    holds(page, "opened")


def test_the_tree_without_a_server(show: Callable[[Answer | None], Page]) -> None:
    holds(show(None), "no-server")


def test_the_tree_when_the_server_goes_and_comes_back(show: Callable[[Answer | None], Page]) -> None:
    page = show(finished())
    show(None)
    expect(page.locator("#course-kit-panel").get_by_role("alert")).to_contain_text("does not answer")
    holds(page, "server-gone")
    show(finished())
    expect(page.locator("#course-kit-panel").get_by_role("alert")).to_have_count(0)
    holds(page, "finished")


def test_what_changes_is_read_out_once(show: Callable[[Answer | None], Page]) -> None:
    page = show(golden())
    status = page.locator("#course-kit-panel .course-kit-announcer")
    expect(status).to_have_attribute("aria-live", "polite")
    expect(status).to_have_text("")
    after = golden()
    after["units"][1]["lessons"][0] |= {"state": "done", "fraction": 1.0}
    after["units"][1]["lessons"][1] |= {"state": "open", "gate": None, "reasons": []}
    show(after)
    expect(status.locator("p")).to_have_text(
        ["Lesson “Tables with <pandas> & co.” is done.", "Lesson “Chance – und Zufall 🎲” is open now."]
    )


def test_every_control_is_reached_by_tab_in_the_order_of_the_page(show: Callable[[Answer | None], Page]) -> None:
    page = show(busy())
    open_all(page)
    wanted = page.evaluate(
        "() => [...document.querySelectorAll('#course-kit-panel :is(button, a[href], input):not(:disabled)')]"
        ".map((one, n) => { one.dataset.order = n; return String(n); })"
    )
    assert len(wanted) > 40
    page.locator("#course-kit-panel [data-order='0']").focus()
    met = []
    for _ in wanted:
        met.append(page.evaluate("() => document.activeElement.dataset.order ?? null"))
        small = page.evaluate(
            "() => { const {width, height} = document.activeElement.getBoundingClientRect();"
            " return document.activeElement.type !== 'checkbox' && (width < 24 || height < 24)"
            " ? document.activeElement.outerHTML : null; }"
        )
        assert small is None
        page.keyboard.press("Tab")
    assert met == wanted


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_narrow_and_large_text(chromium: Browser, lab: Any, theme: str) -> None:
    """A window of 320 px, and text of twice its size: nothing is cut off or needs scrolling sideways."""
    lab.set_theme(theme)
    context = chromium.new_context(viewport={"width": 320, "height": 2400}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.clock.set_fixed_time(NOW)
    page.route("**/course-kit/panel*", lambda route: route.fulfill(json=busy()))
    page.goto(f"{lab.url}/lab?token={labs.TOKEN}&reset")
    labs.show_panel(page)
    page.locator(".course-kit-unit").first.wait_for()
    open_all(page)
    for size in ("100%", "200%"):
        page.evaluate(
            "size => { const panel = document.querySelector('#course-kit-panel');"
            " panel.style.fontSize = `calc(var(--jp-ui-font-size1) * ${parseInt(size) / 100})`; }",
            size,
        )
        cut = page.evaluate(
            """() => { const panel = document.querySelector('#course-kit-panel');
              const right = panel.getBoundingClientRect().left + panel.clientWidth + 1;
              return [...panel.querySelectorAll('.course-kit-Panel-content *')]
                .filter(one => !one.closest('.course-kit-announcer') && one.getBoundingClientRect().right > right)
                .map(one => one.outerHTML.slice(0, 120)); }"""
        )
        assert cut == []
        assert labs.axe_violations(page, "#course-kit-panel") == []
        picture(page, f"panel-320-{size[:-1]}-{theme.replace(' ', '-').lower()}")
    context.close()
    lab.set_theme("JupyterLab Light")
