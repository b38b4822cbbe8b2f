"""The course panel in real JupyterLab: a learner opens the flagship course from its file and works through it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from siblings import sibling

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong


labs = sibling("conftest")
NOTHING_WAITS = "() => !Object.keys(localStorage).some(key => key.startsWith('course-kit:outbox:'))"
COPY = "data-science"
FIRST = f"{COPY}/notebooks/01-first-steps.ipynb"
ASSIGNMENT = f"{COPY}/assignments/frames/frames.ipynb"


@pytest.fixture(scope="module")
def lab(lab_server: Callable[[Path], Any], flagship_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("learner")
    shutil.copy(flagship_release, folder / "data-science.course.zip")
    return lab_server(folder)


@pytest.fixture
def page(chromium: Browser, lab: Any) -> Iterator[Page]:
    """JupyterLab's launcher, on a learner's first day: no course is open yet, nothing is recorded."""
    lab.stop()
    shutil.rmtree(lab.folder / COPY, ignore_errors=True)
    shutil.rmtree(lab.home / "course-kit", ignore_errors=True)
    lab.start()
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{lab.url}/lab?token={labs.TOKEN}&reset")
    page.locator(".jp-Launcher").wait_for()
    yield page
    context.close()
    lab.end_sessions()


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Course", exact=True)


def open_course(page: Page) -> None:
    """Through the launcher's card and the dialog, as the getting-started page says."""
    page.locator(".jp-LauncherCard", has_text="Open course").click()
    page.get_by_label("File, folder or address of the course").fill("data-science.course.zip")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("heading", name="Data science, self-paced")).to_be_visible()
    page.wait_for_function(labs.READY, timeout=60_000)


def open_assignment(page: Page) -> Locator:
    """The entry of the assignment, its notebook opened beside it."""
    entry = panel(page).locator(".course-kit-assignment", has_text="Penguins in tables")
    entry.get_by_role("button", name=re.compile("^.?Penguins in tables")).click()
    page.locator(".jp-Notebook:visible").wait_for()
    page.wait_for_function(labs.READY, timeout=60_000)
    return entry


def events(lab: Any) -> list[dict[str, Any]]:
    """What the store and the journals of this learner hold."""
    environment = {**os.environ, **lab.environ}
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json; from datetime import UTC, datetime; from course_kit.store.places import data_folder;"
            "from course_kit.workspace.events import own_events;"
            f"print(json.dumps([e.model_dump(mode='json') for e in"
            f" own_events(data_folder(), {COPY!r}, at=datetime.now(UTC))]))",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def facts(lab: Any, kind: str) -> list[dict[str, Any]]:
    return [event["fact"] for event in events(lab) if event["fact"]["kind"] == kind]


def test_a_first_day(page: Page, lab: Any) -> None:
    open_course(page)
    course = panel(page)
    expect(page.locator(".lm-TabBar-tab.lm-mod-current", has_text="01-first-steps.ipynb")).to_be_visible()
    expect(course.get_by_role("heading", name="Next step")).to_be_visible()
    course.get_by_role("button", name="Understood").click()
    expect(course.get_by_text("What is recorded, and who sees it")).to_have_count(0)

    # what is locked says why; a gate advises, and the keyboard opens it, too
    tables = course.locator(".course-kit-lesson", has=page.get_by_text("Locked")).first
    expect(tables.get_by_role("list", name=re.compile("^Why"))).to_contain_text("min")
    expect(tables.get_by_role("list", name=re.compile("^What opens"))).to_contain_text("Complete “First steps")
    anyway = tables.get_by_role("button", name=re.compile("^Open anyway"))
    expect(anyway).to_have_accessible_name(re.compile("^Open anyway: .*[Tt]able"))

    # reading on is recorded without a click
    expect(page.locator("#jp-main-statusbar")).to_contain_text("First steps in a notebook: Started")
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.keyboard.press("Control+End")
    expect(course.get_by_text("Your progress is saved")).to_be_visible()
    page.wait_for_function(NOTHING_WAITS)
    assert facts(lab, "LessonOpened") == [{"kind": "LessonOpened", "lesson": "first-steps"}]
    anyway.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lm-TabBar-tab.lm-mod-current", has_text="02-frames.ipynb")).to_be_visible()
    page.wait_for_function(NOTHING_WAITS)
    assert facts(lab, "GateOverridden") == [{"kind": "GateOverridden", "lesson": "frames"}]
    assert labs.axe_violations(page, "#course-kit-panel") == []
    labs.screenshot(page, "panel")


def test_an_answer_moves_the_progress(page: Page, lab: Any) -> None:
    open_course(page)
    cells = json.loads((lab.folder / FIRST).read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    labs.run_cell(page, next(n for n, source in enumerate(sources) if "%load_ext course_kit" in source))
    labs.run_cell(page, next(n for n, source in enumerate(sources) if source.startswith('quiz("first-steps/rerun")')))
    item = page.get_by_role("region", name="Quiz first-steps/rerun").locator(".ck-item").first
    item.get_by_label("Restart the kernel and run all cells").check()
    item.get_by_role("button", name="Submit").click()
    lesson = panel(page).locator(".course-kit-lesson").first
    expect(lesson).to_contain_text("1 of 21 questions right")
    assert [fact["state"] for fact in facts(lab, "ItemAnswered")] == ["right"]


def test_one_cell_is_restored_from_the_menu(page: Page, lab: Any) -> None:
    open_course(page)
    before = (lab.folder / FIRST).read_text(encoding="utf-8")
    page.locator('.jp-Notebook .jp-Cell[data-windowed-list-index="1"] .cm-content').click()
    page.keyboard.type("# oops ")
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.locator('.lm-Menu li[data-command="course-kit:restore-cell"]').click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(panel(page).locator(".course-kit-notice", has_text="Restored.")).to_be_visible()
    expect(page.locator('.jp-Notebook .jp-Cell[data-windowed-list-index="1"] .cm-content')).not_to_contain_text("oops")
    after = json.loads((lab.folder / FIRST).read_text(encoding="utf-8"))
    assert after["cells"][1]["source"] == json.loads(before)["cells"][1]["source"]
    backups = list((lab.folder / COPY / ".course-kit" / "backups").rglob("*.ipynb"))
    assert any("oops" in backup.read_text(encoding="utf-8") for backup in backups)


def test_a_goal_by_keyboard_alone(page: Page, lab: Any) -> None:
    open_course(page)
    course = panel(page)
    course.get_by_role("button", name=re.compile("Write my own|Set a goal")).focus()
    page.keyboard.press("Enter")
    expect(course.get_by_label("What do you want to reach this week?")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Two lessons before Sunday")
    page.keyboard.press("Enter")
    tick = course.get_by_role("checkbox", name="Two lessons before Sunday")
    expect(tick).to_be_visible()
    expect(course.get_by_role("button", name="Edit this week’s goal")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(tick).to_be_checked()
    page.wait_for_function("() => !document.querySelector('.course-kit-problem')")
    goals = facts(lab, "GoalSet")
    assert [(goal["text"], goal["done"]) for goal in goals] == [
        ("Two lessons before Sunday", False),
        ("Two lessons before Sunday", True),
    ]


def test_checking_restoring_and_submitting(page: Page, lab: Any) -> None:
    open_course(page)
    entry = open_assignment(page)
    due = entry.locator("time")
    expect(due).to_have_count(1)
    expect(entry).to_contain_text("your time, Asia/Tokyo")

    entry.get_by_role("button", name="Check my work").click()
    result = entry.locator(".course-kit-check-result")
    expect(result).to_contain_text(re.compile(r"\d+ of \d+ checks passed"), timeout=90_000)
    expect(result.get_by_role("listitem").first).to_be_visible()
    assert labs.axe_violations(page, "#course-kit-panel") == []

    page.locator('.jp-Notebook:visible .jp-Cell[data-windowed-list-index="0"]').click()
    entry.get_by_role("button", name="Restore…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your version is kept in a backup")
    dialog.get_by_role("button", name="Restore").click()
    expect(panel(page).locator(".course-kit-notice", has_text="Restored.")).to_contain_text(".course-kit/backups/")

    entry.get_by_role("button", name="Submit…").click()
    dialog.get_by_label("Name", exact=True).fill("Ada Lovelace")
    dialog.get_by_text("Show every step").click()
    expect(dialog.get_by_role("list", name="Steps that are sent along")).to_be_visible()
    assert labs.axe_violations(page, ".course-kit-dialog") == []
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog).to_contain_text("is submitted")
    file = dialog.locator("dd code").last.inner_text()
    assert (lab.folder / file).is_file()
    dialog.get_by_role("button", name="OK").click()
    expect(entry).to_contain_text("Submitted")
    assert len(facts(lab, "AssignmentSubmitted")) == 1


def test_a_check_can_be_cancelled(page: Page) -> None:
    open_course(page)
    entry = open_assignment(page)
    entry.get_by_role("button", name="Check my work").click()
    entry.get_by_role("button", name="Cancel the check").click()
    expect(entry).to_contain_text("The check was cancelled.", timeout=60_000)


def test_what_is_no_course_says_what_next(page: Page, lab: Any) -> None:
    (lab.folder / "nothing.zip").write_bytes(b"nothing")
    page.locator(".jp-LauncherCard", has_text="Open course").click()
    page.get_by_label("File, folder or address of the course").fill("nothing.zip")
    page.keyboard.press("Enter")
    problem = panel(page).get_by_role("alert")
    expect(problem).to_contain_text("Opening nothing.zip")
    assert labs.axe_violations(page, "#course-kit-panel") == []


def test_nothing_is_lost_while_the_server_is_away(page: Page, lab: Any) -> None:
    page.route("**/course-kit/facts*", lambda route: route.abort())
    open_course(page)
    expect(panel(page)).to_contain_text("in this browser until the server answers")
    assert facts(lab, "LessonOpened") == []
    page.unroute("**/course-kit/facts*")
    page.reload()
    expect(panel(page)).to_contain_text("Your progress is saved", timeout=30_000)
    page.wait_for_function(NOTHING_WAITS)
    # once before and once after the page was loaded again
    assert len(facts(lab, "LessonOpened")) == 2


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_all_themes_and_narrow_windows(page: Page, lab: Any, theme: str) -> None:
    lab.set_theme(theme)
    try:
        open_course(page)
        page.reload()
        expect(panel(page).get_by_role("heading", name="Data science, self-paced")).to_be_visible()
        page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
        assert labs.axe_violations(page, "#course-kit-panel") == []
        labs.screenshot(page, f"panel-{theme.replace(' ', '-').lower()}")
        page.set_viewport_size({"width": 320, "height": 2600})
        overflow = page.evaluate(
            "() => { const n = document.querySelector('#course-kit-panel'); return n.scrollWidth - n.clientWidth; }"
        )
        assert overflow <= 0
        labs.screenshot(panel(page), f"panel-320-{theme.replace(' ', '-').lower()}")
    finally:
        lab.set_theme("JupyterLab Light")


def test_every_command_is_in_palette_and_menu(page: Page) -> None:
    open_course(page)
    page.get_by_role("menuitem", name="File", exact=True).click()
    labels = page.locator('.lm-Menu li[data-command^="course-kit:"] .lm-Menu-itemLabel').all_inner_texts()
    assert labels == [
        "Open course…",
        "Course panel",
        "Next step",
        "Start a review",
        "Pause the course…",
        "Start over from today…",
        "Check my work",
        "Submit assignment…",
        "Restore cell",
        "Restore lesson…",
        "Grade all submissions…",
    ]
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Shift+c")
    page.locator(".lm-CommandPalette-input").fill("course panel")
    expect(page.locator('.lm-CommandPalette-item[data-command="course-kit:panel"]')).to_be_visible()


def test_notebook_7_has_the_panel_too(page: Page, lab: Any) -> None:
    open_course(page)
    page.goto(f"{lab.url}/notebooks/{FIRST}?token={labs.TOKEN}")
    page.locator(".jp-Notebook").wait_for()
    page.wait_for_function("() => window.jupyterapp?.commands?.hasCommand('course-kit:panel') ?? true")
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.locator('.lm-Menu li[data-command="course-kit:panel"]').click()
    expect(panel(page).get_by_role("heading", name="Data science, self-paced")).to_be_visible()
