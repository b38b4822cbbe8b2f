"""Grading in real JupyterLab: a teacher grades a small batch from the command palette and decides on held points."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, expect
from siblings import sibling

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
BATCH = 90_000
SLOW = "    import time; time.sleep(0.8)\n    return a + b"
STRIPPED = """    return 0

import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Strip())"""


labs = sibling("conftest")


def notebook(body: str) -> Any:
    def marks(name: str, points: int | None) -> dict[str, Any]:
        tested = points is not None
        marks = {"grade_id": name, "grade": tested, "solution": not tested, "locked": tested, "task": False}
        return {"nbgrader": {**marks, "schema_version": 3, **({"points": points} if tested else {})}}

    cells = [
        new_code_cell(f"def add(a, b):\n{body}", metadata=marks("add", None)),
        new_code_cell("assert add(1, 2) == 3", metadata=marks("test-add", 2)),
        new_code_cell("assert add(20, 22) == 42", metadata=marks("test-more", 3)),
    ]
    made = new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def hand_in(course: Path, learner: str, body: str) -> None:
    place = course / "submitted" / learner / "adding"
    place.mkdir(parents=True)
    nbformat.write(notebook(f"{body}  # {learner}"), place / "sums.ipynb")


@pytest.fixture(scope="module")
def lab(lab_server: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("teacher")
    course = root / "maths"
    source = course / "source" / "adding"
    source.mkdir(parents=True)
    nbformat.write(notebook("    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION"), source / "sums.ipynb")
    for learner in ("ada", "ben", "cleo", "dan", "emil", "fay", "gil", "hana"):
        hand_in(course, learner, SLOW)
    hand_in(course, "ivan", "    return a - b")
    hand_in(course, "eve", STRIPPED)
    return lab_server(root)


@pytest.fixture
def page(chromium: Browser, lab: Any) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()


def visit(page: Page, lab: Any) -> None:
    page.goto(f"{lab.url}/lab?token={labs.TOKEN}&reset")
    page.locator(".jp-Launcher").wait_for()


def grading(page: Page) -> Locator:
    return page.get_by_role("region", name="Grade submissions", exact=True)


def open_grading(page: Page) -> Locator:
    """From the command palette, by keyboard alone."""
    page.keyboard.press("Control+Shift+c")
    page.locator("#modal-command-palette input, .lm-CommandPalette-input").first.fill("grade all sub")
    page.locator(".lm-CommandPalette-item", has_text="Grade all submissions…").wait_for()
    page.keyboard.press("Enter")
    expect(grading(page).get_by_role("heading", name="adding", exact=True)).to_be_visible()
    return grading(page)


def course_panel(page: Page) -> Locator:
    """The course panel, brought to the front."""
    panel = page.get_by_role("region", name="Course", exact=True)
    if not panel.is_visible():
        page.locator('.jp-SideBar .lm-TabBar-tab[data-id="course-kit-panel"]').click()
    expect(panel).to_be_visible()
    return panel


def test_a_batch_from_the_palette_to_the_decision(page: Page, lab: Any) -> None:
    visit(page, lab)
    view = open_grading(page)
    expect(view).to_contain_text("10 submitted")
    labs.screenshot(page, "grading-before")

    # it is seen as it goes, stopped, and goes on where it was; the focus is never lost
    view.get_by_role("button", name="Grade: adding").focus()
    page.keyboard.press("Enter")
    bar = view.get_by_role("progressbar", name="Submissions graded of adding")
    expect(bar).to_be_visible()
    expect(view.get_by_role("status")).to_have_text("Grading adding.")
    expect(view.get_by_text("Running now")).to_be_visible(timeout=BATCH)
    expect(view.get_by_text(re.compile(r"^Sandbox: "))).to_be_visible(timeout=BATCH)
    expect(view.get_by_text(re.compile(r"[1-9] of 10 submissions, about \d+ s left"))).to_be_visible(timeout=BATCH)
    labs.screenshot(page, "grading-running")
    assert labs.axe_violations(page, ".course-kit-Grading") == []
    view.get_by_role("button", name="Stop").focus()
    page.keyboard.press("Enter")
    stopped = view.get_by_role("heading", name="Grading was stopped")
    expect(stopped).to_be_focused(timeout=BATCH)
    view.get_by_role("button", name="Grade: adding").click()

    # the page may be closed meanwhile
    expect(view.get_by_role("progressbar")).to_be_visible()
    visit(page, lab)
    course_panel(page).get_by_role("button", name="Grade submissions…").click()
    view = grading(page)
    expect(view.get_by_role("heading", name="Grading is done")).to_be_visible(timeout=BATCH)
    rows = view.get_by_role("table", name="Scores of adding").get_by_role("row")
    expect(rows).to_have_count(11)
    expect(rows.filter(has_text="ada")).to_contain_text("5 of 5")
    expect(rows.filter(has_text="ivan")).to_contain_text("0 of 5")
    expect(rows.filter(has_text="eve")).to_contain_text("waits for your decision")

    # what is held: one by one, then all the rest
    view.get_by_role("button", name="Held points: adding").click()
    first = view.get_by_role("button", name="Accept: eve, test-add in sums")
    expect(first).to_be_visible()
    first.scroll_into_view_if_needed()
    labs.screenshot(page, "grading-held")
    assert labs.axe_violations(page, ".course-kit-Grading") == []
    first.focus()
    page.keyboard.press("Enter")
    expect(view.get_by_text(re.compile(r"^Accepted by .+; the points count\.$"))).to_be_visible()
    expect(first).to_be_focused()
    expect(rows.filter(has_text="eve")).to_contain_text("2 of 5")
    view.get_by_role("button", name="Deny: eve, test-more in sums").click()
    expect(view.get_by_text(re.compile(r"^Denied by .+; the points do not count\.$"))).to_be_visible()
    expect(rows.filter(has_text="eve")).to_contain_text("graded")


def test_dark_narrow_and_zoomed(page: Page, lab: Any) -> None:
    lab.set_theme("JupyterLab Dark")
    visit(page, lab)
    view = open_grading(page)
    if view.get_by_role("button", name="Held points: adding").count() == 0:
        view.get_by_role("button", name="Grade: adding").click()
    view.get_by_role("button", name="Held points: adding").click(timeout=BATCH)
    expect(view.get_by_role("heading", name="eve").or_(view.get_by_text("eve", exact=True)).first).to_be_visible()
    expect(view.get_by_role("table", name="Scores of adding")).to_be_visible(timeout=BATCH)
    labs.screenshot(page, "grading-dark")
    assert labs.axe_violations(page, ".course-kit-Grading") == []

    page.evaluate("() => document.querySelector('.course-kit-Grading').style.setProperty('max-width', '320px')")
    labs.screenshot(view, "grading-narrow")
    view.get_by_text("Passed without proof").or_(
        view.get_by_text("These tests passed")
    ).last.scroll_into_view_if_needed()
    labs.screenshot(view, "grading-narrow-held")
    assert view.evaluate("view => view.scrollWidth - view.clientWidth") <= 0
    assert labs.axe_violations(page, ".course-kit-Grading") == []
    lab.set_theme("JupyterLab Light")


def test_a_learner_is_offered_nothing(
    lab_server: Callable[[Path], Any], flagship_release: Path, tmp_path: Path, page: Page
) -> None:
    learner = lab_server(tmp_path)
    source = str(flagship_release)
    opened = learner.request("course-kit/open", "POST", {"source": source})
    assert opened["folder"]
    assert learner.request("course-kit/grading")["available"] is False
    visit(page, learner)
    page.keyboard.press("Control+Shift+c")
    page.locator("#modal-command-palette input, .lm-CommandPalette-input").first.fill("grade all")
    expect(page.locator(".lm-CommandPalette-item", has_text="Grade all submissions…")).to_have_count(0)
    page.keyboard.press("Escape")
    panel = course_panel(page)
    expect(panel.get_by_role("button", name="Open course…")).to_be_visible()
    expect(panel.get_by_role("button", name="Grade submissions…")).to_have_count(0)
