"""The first-run page in a browser: readable in light and dark, without a request to anywhere."""

import os
import shutil
from pathlib import Path

import pytest

from course_kit.model.course import Course
from course_kit.workspace.welcome import welcome_page

COURSE = Course(key="tiny", title="Data <science> & co.", contact="mailto:t@example.org", forum="https://example.org/f")


def page(tmp_path: Path) -> Path:
    path = tmp_path / "welcome.html"
    path.write_bytes(
        welcome_page(COURSE, folder=tmp_path / "a rather long folder" / ("x" * 120), data=tmp_path, name="welcome.html")
    )
    return path


def test_a_title_is_text_and_never_markup(tmp_path: Path) -> None:
    text = page(tmp_path).read_text()
    assert "<h1>Welcome to Data &lt;science&gt; &amp; co.</h1>" in text


def test_without_contact_it_says_whom_to_ask(tmp_path: Path) -> None:
    made = welcome_page(Course(key="c", title="C"), folder=tmp_path, data=tmp_path, name="welcome.html").decode()
    assert "Ask whoever gave you this course." in made


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_nothing_is_requested(tmp_path: Path, scheme: str, width: int) -> None:
    import axe_playwright_python
    from playwright.sync_api import sync_playwright

    script = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
        shown = context.new_page()
        requests: list[str] = []
        shown.on("request", lambda request: requests.append(request.url))
        shown.goto(page(tmp_path).as_uri())
        folder = os.environ.get("COURSE_KIT_SCREENSHOTS")
        if folder:
            shown.screenshot(path=Path(folder) / f"welcome-{scheme}-{width}.png", full_page=True)
        assert requests == [page(tmp_path).as_uri()]
        assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shown.add_script_tag(content=script)
        result = shown.evaluate(
            "async () => (await axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',"
            " 'best-practice']})).violations.map(found => found.id + ': ' + found.help)"
        )
        assert result == []
        browser.close()
