"""The panel as a home to come back to, in real JupyterLab: plan, pause, calendar, what is due soon, a server that goes.

The flagship course, with work due tomorrow and work due on a day that no pause moves.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from siblings import sibling

from course_kit.apps.flagship import copy_flagship

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong


labs = sibling("conftest")
COPY = "data-science"
SOON, FIXED = "Penguins in tables", "Tools of chance"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flagship course with other due dates, built."""
    folder = copy_flagship(tmp_path_factory.mktemp("author") / "course")
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    text = (folder / "course.yml").read_text(encoding="utf-8")
    changed = text.replace("due: start + 14 days", "due: start + 1 days").replace(
        "due: start + 28 days", f"due: {day}T12:00:00Z"
    )
    assert changed.count("start + 1 days") == changed.count(str(day)) == 1
    (folder / "course.yml").write_text(changed, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "course_kit", "build", str(folder)], check=True, timeout=180)
    return next(folder.glob("releases/*/*.course.zip"))


@pytest.fixture(scope="module")
def lab(lab_server: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lab_server(tmp_path_factory.mktemp("learner"))


@pytest.fixture
def page(chromium: Browser, lab: Any, release: Path) -> Iterator[Page]:
    """JupyterLab of a learner who has opened the course in a terminal, and nothing else."""
    lab.stop()
    shutil.rmtree(lab.folder / COPY, ignore_errors=True)
    shutil.rmtree(lab.home / "course-kit", ignore_errors=True)
    run(lab, "open", str(release), "--to", str(lab.folder / COPY), "--no-lab")
    lab.start()
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, timezone_id="Asia/Tokyo")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(20_000)
    load(page, lab)
    yield page
    context.close()
    if lab.process is not None:
        lab.end_sessions()


def run(lab: Any, *words: str) -> str:
    """A command of the same learner, in a terminal."""
    ran = subprocess.run(
        [sys.executable, "-m", "course_kit", *words],
        cwd=lab.folder,
        env={**os.environ, **lab.environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def load(page: Page, lab: Any) -> None:
    page.goto(f"{lab.url}/lab?token={labs.TOKEN}&reset")
    page.locator(".jp-Launcher").wait_for()
    labs.show_panel(page)
    expect(panel(page).get_by_role("heading", name="Data science, self-paced")).to_be_visible()


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Course", exact=True)


def open_plan(page: Page) -> Locator:
    plan = panel(page).get_by_role("region", name="Plan", exact=True)
    button = plan.get_by_role("button", name=re.compile("^Plan"))
    if button.get_attribute("aria-expanded") == "false":
        button.focus()
        page.keyboard.press("Enter")
    return plan


def no_violations(page: Page) -> None:
    assert labs.axe_violations(page, "#course-kit-panel") == []


def pictures(page: Page, lab: Any, name: str) -> None:
    """Of the panel's lower half, where the plan is."""
    labs.screenshot(page, f"home-{name}")


def test_hours_a_week_make_a_plan_by_keyboard_alone(page: Page, lab: Any) -> None:
    plan = open_plan(page)
    hours = plan.get_by_label("Hours a week that you have for it")
    hours.focus()
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    expect(plan.get_by_role("alert")).to_have_text("Enter a number between 0 and 100, such as 4 or 2.5.")
    no_violations(page)
    page.keyboard.press("Control+a")
    page.keyboard.type("2,5")
    page.keyboard.press("Enter")
    expect(plan).to_contain_text("At 2.5 hours a week, you finish about")
    expect(plan.get_by_role("alert")).to_have_count(0)
    plan.get_by_role("button", name="When you finish each unit").click()
    expect(plan.get_by_role("list", name="When you finish each unit").get_by_role("listitem")).to_have_count(4)
    no_violations(page)
    pictures(page, lab, "plan")
    said = json.loads(run(lab, "plan", "--folder", COPY, "--json"))
    assert said["plan"]["hours_per_week"] == 2.5
    load(page, lab)
    expect(open_plan(page).get_by_label("Hours a week that you have for it")).to_have_value("2.5")


def test_a_pause_says_which_dates_move_and_ends_with_a_press(page: Page, lab: Any) -> None:
    plan = open_plan(page)
    plan.get_by_role("button", name="Pause…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Pause the course?")
    lists = dialog.get_by_role("list")
    expect(lists.nth(0)).to_contain_text(SOON)
    expect(lists.nth(1)).to_contain_text(FIXED)
    expect(dialog).to_contain_text("These dates are fixed and stay:")
    assert labs.axe_violations(page, ".course-kit-dialog") == []
    pictures(page, lab, "pause-asked")
    dialog.get_by_role("button", name="Pause").click()
    expect(plan).to_contain_text("The course is paused since")
    expect(panel(page)).to_contain_text("Dates that can move wait for you.")
    assert "paused" in run(lab, "pace", "show", "--folder", COPY).lower()
    no_violations(page)
    pictures(page, lab, "paused")
    plan.get_by_role("button", name="Go on").click()
    expect(plan.get_by_role("button", name="Pause…")).to_be_visible()
    expect(panel(page)).to_contain_text("Welcome back.")


def test_starting_over_asks_first(page: Page, lab: Any) -> None:
    plan = open_plan(page)
    plan.get_by_role("button", name="Start over from today…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    plan.get_by_role("button", name="Start over from today…").click()
    page.get_by_role("dialog").get_by_role("button", name="Start over").click()
    expect(panel(page)).to_contain_text("The dates count from today.")
    panel(page).locator(".course-kit-assignment", has_text=SOON)
    expect(panel(page).locator(".course-kit-assignment", has_text=SOON)).to_contain_text("counted from the restart")


def test_a_calendar_has_an_address_as_long_as_it_is_wanted(page: Page, lab: Any) -> None:
    plan = open_plan(page)
    plan.get_by_role("button", name="Make a calendar address").focus()
    page.keyboard.press("Enter")
    address = plan.get_by_label("Address for your calendar program").input_value()
    expect(plan.get_by_role("button", name="Turn off")).to_be_focused()
    assert re.fullmatch(rf"{re.escape(lab.url)}/course-kit/calendar/[\w-]{{20,}}\.ics", address)
    answer = httpx.get(address)  # as a calendar program does: without a login
    assert answer.status_code == 200
    assert answer.text.startswith("BEGIN:VCALENDAR")
    assert SOON in answer.text
    plan.get_by_role("button", name="Copy the address").click()
    expect(plan.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == address
    with page.expect_download() as downloading:
        plan.get_by_role("link", name="Download the dates (.ics)").click()
    assert downloading.value.suggested_filename == "course.ics"
    no_violations(page)
    pictures(page, lab, "calendar")
    plan.get_by_role("button", name="Turn off").click()
    expect(plan.get_by_role("button", name="Make a calendar address")).to_be_focused()
    assert httpx.get(address).status_code == 404


def test_what_is_due_soon_is_said_once_a_day(page: Page, lab: Any) -> None:
    toast = page.locator(".Toastify__toast", has_text=f"{SOON} is due on")
    expect(toast).to_be_visible()
    assert labs.axe_violations(page, "#course-kit-panel") == []
    pictures(page, lab, "due-soon")
    toast.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator(".lm-TabBar-tab.lm-mod-current", has_text="frames.ipynb")).to_be_visible()
    load(page, lab)
    page.wait_for_timeout(1000)  # nothing comes: there is nothing to wait for
    expect(toast).to_have_count(0)
    page.evaluate("() => Object.keys(localStorage).filter(k => k.startsWith('course-kit:due:'))"
                  ".forEach(k => localStorage.setItem(k, '2026-1-1'))")  # fmt: skip
    load(page, lab)
    expect(toast).to_be_visible()


def test_the_launcher_goes_on_with_the_course(page: Page, lab: Any) -> None:
    cards = page.locator('.jp-LauncherCard[data-category="Course"]')
    expect(cards).to_have_text(["Your course", "Open course"])
    labs.screenshot(page, "home-launcher")
    cards.first.click()
    expect(page.locator(".lm-TabBar-tab.lm-mod-current", has_text="01-first-steps.ipynb")).to_be_visible()
    expect(panel(page)).to_be_visible()


def test_units_open_and_close_by_keyboard(page: Page) -> None:
    course = panel(page)
    unit = course.get_by_role("heading", name=re.compile("^Tables")).get_by_role("button")
    lessons = course.get_by_role("list", name="Lessons of “Tables”")
    expect(lessons).to_be_visible()
    unit.focus()
    page.keyboard.press("Enter")
    expect(lessons).to_have_count(0)
    expect(unit).to_have_attribute("aria-expanded", "false")
    expect(unit).to_be_focused()
    page.keyboard.press("Space")
    expect(lessons).to_be_visible()


def test_a_server_that_goes_away_and_comes_back(page: Page, lab: Any) -> None:
    # JupyterLab itself says so in front of everything
    said = page.locator(".jp-Dialog")
    page.add_locator_handler(said, lambda dialog: dialog.get_by_role("button", name="Dismiss").click())
    lab.stop()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    problem = panel(page).get_by_role("alert")
    expect(problem).to_contain_text("The Jupyter server does not answer.")
    expect(panel(page).get_by_role("heading", name="Next step")).to_be_visible()
    no_violations(page)
    pictures(page, lab, "server-gone")
    lab.start()
    problem.get_by_role("button", name="Try again").click()
    expect(problem).to_have_count(0)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_how_it_looks_in_the_middle_of_a_course(page: Page, lab: Any, theme: str) -> None:
    lab.set_theme(theme)
    try:
        run(lab, "plan", "--folder", COPY, "--hours", "3")
        load(page, lab)
        page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
        open_plan(page)
        no_violations(page)
        height = page.evaluate("() => document.querySelector('.course-kit-Panel-content').scrollHeight")
        page.set_viewport_size({"width": 1280, "height": height + 120})
        labs.screenshot(page, f"home-{theme.replace(' ', '-').lower()}")
    finally:
        lab.set_theme("JupyterLab Light")
