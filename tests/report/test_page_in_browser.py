"""The page in a real browser: accessible, whole at 320 pixels, in the reader's own zone, readable without scripts."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from course_kit.model.course import Course
from course_kit.model.roster import Roster
from course_kit.report.contents import make_report
from course_kit.report.pages import write_page

pytestmark = pytest.mark.browser
NO_BROWSER = "No Chromium: install it with `apt-get install chromium` or `python -m playwright install chromium`"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, or playwright's own."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        assert found or own.exists(), NO_BROWSER
        # Chromium's sandbox needs what a container's root user does not have; these pages are the tests' own
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page_file(course: Course, roster: Roster, at: datetime, diary: Callable[..., Any], tmp_path: Path) -> Path:
    """A page with something in every part of it, a notice, a flag and a stuck learner among them."""
    events = []
    for number in range(12):
        one = diary(f"p-{number}", 3).opened("begin").answered("begin/warm/q1", 1, float(number > 8))
        one.answered("begin/warm/q2", "wrong words", 0.5).submitted("lab").scored("lab", number, 10)
        events += one.events
    stuck = diary("ada", 2).opened("begin")
    for _ in range(6):
        stuck.answered("begin/warm/q1", 1, 0)
    report = make_report(course, roster, events + stuck.events, at=at, people={"p-1": "bob"}, set_aside=1)
    assert report.stuck
    assert any(row.doubt for row in report.items)
    write_page(report, tmp_path / "report.html")
    return tmp_path / "report.html"


@pytest.fixture
def empty_file(course: Course, at: datetime, tmp_path: Path) -> Path:
    write_page(make_report(course, Roster(), [], at=at), tmp_path / "empty.html")
    return tmp_path / "empty.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing(browser: Browser, page_file: Path, empty_file: Path, scheme: Any, width: int) -> None:
    for file in (page_file, empty_file):
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
        page.goto(file.as_uri())
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        page.close()


def test_the_page_needs_no_sideways_scrolling_at_320_pixels(browser: Browser, page_file: Path) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 600})
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.close()


def test_every_table_can_be_scrolled_by_keyboard(browser: Browser, page_file: Path) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 600})
    page.goto(page_file.as_uri())
    region = page.get_by_role("region", name="Learners by lessons and assignments")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    page.close()


def test_times_are_in_the_readers_zone_and_in_utc_without_scripts(browser: Browser, page_file: Path) -> None:
    complaints: list[str] = []
    page = browser.new_page(timezone_id="Asia/Tokyo", locale="en-GB")
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page_file.as_uri())
    assert page.locator("header time").inner_text().startswith("22 Nov 2026, 23:00")
    assert complaints == []
    page.close()
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(page_file.as_uri())
    assert plain.locator("header time").inner_text() == "2026-11-22 14:00 UTC"
    plain.close()


def test_no_script_but_the_pages_own_may_run(browser: Browser, page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    page_file.write_text(text.replace("<main>", "<main><script>document.title = 'taken'</script>"), encoding="utf-8")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    assert page.title() == "Data science: report"
    page.close()


def test_it_can_be_printed(browser: Browser, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()
