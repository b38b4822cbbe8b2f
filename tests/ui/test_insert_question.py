"""'Insert question' in real JupyterLab and Notebook 7: an author writes quizzes without knowing the form by heart."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from siblings import sibling

from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.templates import TEMPLATES, template

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


labs = sibling("conftest")
COMMAND = "course-kit:insert-question"


def write_notebook(path: Path, *sources: str, metadata: dict[str, Any] | None = None) -> None:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for n, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, **(metadata or {})}
    path.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))


@pytest.fixture(scope="module")
def lab(lab_server: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lab_server(tmp_path_factory.mktemp("author"))


def sources(lab: Any, page: Page, name: str, count: int) -> list[str]:
    """The cells' texts, as they are once the notebook with ``count`` cells is saved."""
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(count)
    page.keyboard.press("Escape")
    page.locator('.jp-NotebookPanel-toolbar [data-command="docmanager:save"]').first.click()
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    deadline = time.monotonic() + 20
    while True:  # Notebook 7 does not show on the page whether it has saved
        cells = json.loads((lab.folder / name).read_text() or '{"cells": []}')["cells"]
        if len(cells) == count or time.monotonic() > deadline:
            return ["".join(cell["source"]) for cell in cells]
        page.wait_for_timeout(50)


def open_dialog(page: Page) -> Locator:
    """From the palette, with the keyboard alone."""
    search = page.locator(".lm-CommandPalette-input")
    for _ in range(10):  # the first keys after a click may come before the notebook has the focus
        page.keyboard.press("Control+Shift+c")
        try:
            search.wait_for(timeout=2_000)
            break
        except PlaywrightTimeout:
            continue
    search.fill("insert question")
    expect(page.locator(f'.lm-CommandPalette-item[data-command="{COMMAND}"]')).to_be_visible()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", checked=True)).to_be_focused()
    return dialog


def test_an_author_inserts_questions_with_the_keyboard(lab: Any, lab_page: Callable[..., Page]) -> None:
    write_notebook(lab.folder / "new.ipynb", "1 + 1")
    page = lab_page(lab, "new.ipynb")
    page.locator(".jp-Cell .jp-InputPrompt").first.click()

    dialog = open_dialog(page)
    expect(dialog.get_by_role("radio")).to_have_count(len(TEMPLATES))
    expect(dialog).to_contain_text("It comes into a new quiz cell below the selected cell.")
    labs.screenshot(page, "insert-question-light")
    assert labs.axe_violations(page, ".course-kit-questions") == []
    page.keyboard.press("ArrowDown")
    several = template("several-choices")
    assert several is not None
    expect(dialog.locator("pre")).to_have_text(several.text)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert sources(lab, page, "new.ipynb", 3) == [
        "%load_ext course_kit",
        "1 + 1",
        f"%%quiz quiz\n{several.text}\nkey: all-of",
    ]

    dialog = open_dialog(page)  # the quiz is selected: the next question goes into it, under a key of its own
    expect(dialog).to_contain_text("It is added to the end of the selected quiz.")
    expect(dialog.get_by_role("radio", name="Several choices")).to_be_checked()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    cell = sources(lab, page, "new.ipynb", 3)[2]
    parsed, problems = parse_quiz(cell)
    assert [item.key for item in parsed.items] == ["all-of", "all-of-2"]
    assert problems == ()

    dialog = open_dialog(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert sources(lab, page, "new.ipynb", 3)[2] == cell


def test_one_undo_takes_a_question_back(lab: Any, lab_page: Callable[..., Page]) -> None:
    write_notebook(lab.folder / "undo.ipynb", "%load_ext course_kit", "%%quiz quiz\nOne?\n= 1\nkey: one")
    page = lab_page(lab, "undo.ipynb")
    page.locator('.jp-Cell[data-windowed-list-index="0"] .jp-InputPrompt').click()
    open_dialog(page)
    page.keyboard.press("Enter")
    assert [text.split("\n")[0] for text in sources(lab, page, "undo.ipynb", 3)] == [
        "%load_ext course_kit",
        "%%quiz quiz-2",
        "%%quiz quiz",
    ]
    page.locator(".jp-Notebook").focus()
    page.keyboard.press("z")
    assert sources(lab, page, "undo.ipynb", 2) == ["%load_ext course_kit", "%%quiz quiz\nOne?\n= 1\nkey: one"]


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_the_dialog_in_other_themes(lab: Any, lab_page: Callable[..., Page], theme: str) -> None:
    write_notebook(lab.folder / "dark.ipynb", "1")
    lab.set_theme(theme)
    try:
        page = lab_page(lab, "dark.ipynb")
        open_dialog(page)
        assert labs.axe_violations(page, ".course-kit-questions") == []
        labs.screenshot(page, f"insert-question-{theme.split()[-1].lower()}")
    finally:
        lab.set_theme("JupyterLab Light")


def test_the_dialog_on_a_narrow_page(lab: Any, lab_page: Callable[..., Page]) -> None:
    write_notebook(lab.folder / "narrow.ipynb", "1")
    page = lab_page(lab, "narrow.ipynb", viewport={"width": 320, "height": 640})
    page.evaluate(f"() => void window.jupyterapp?.commands.execute('{COMMAND}')")
    if page.get_by_role("dialog").count() == 0:
        open_dialog(page)
    labs.screenshot(page, "insert-question-narrow")
    form = page.locator(".course-kit-questions")
    assert form.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    expect(page.get_by_role("button", name="Insert", exact=True)).to_be_in_viewport()


def test_a_lesson_that_came_with_a_course_is_not_written_in(lab: Any, lab_page: Callable[..., Page]) -> None:
    mark = {"course_kit": {"version": 1, "course": "c", "lesson": "l", "release": "0" * 64}}
    write_notebook(lab.folder / "lesson.ipynb", "1", metadata=mark)
    page = lab_page(lab, "lesson.ipynb")
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.locator('.lm-Menu li[data-command="notebook:undo-cell-action"], .lm-Menu li').first.wait_for()
    expect(page.locator(f'.lm-Menu li[data-command="{COMMAND}"]:not(.lm-mod-hidden)')).to_have_count(0)


def test_notebook_7_has_it_in_its_edit_menu(lab: Any, chromium: Browser) -> None:
    write_notebook(lab.folder / "seven.ipynb", "1")
    context = chromium.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{lab.url}/notebooks/seven.ipynb?token={labs.TOKEN}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.locator(f'.lm-Menu li[data-command="{COMMAND}"]').click()
    page.get_by_role("radio", name="True or false").check()
    page.get_by_role("button", name="Insert", exact=True).click()
    texts = sources(lab, page, "seven.ipynb", 3)
    assert texts[2].startswith("%%quiz quiz\nThe mean of a list is always one of its values.")
    context.close()
    lab.end_sessions()
