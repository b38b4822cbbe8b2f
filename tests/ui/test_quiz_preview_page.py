"""The page of `course-kit quiz preview` in a real browser: readable for everyone, in every theme, without a network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from siblings import sibling

from course_kit.apps.quiz_page import as_page, read_quizzes
from course_kit.quizzes.templates import TEMPLATES

pytestmark = pytest.mark.browser


labs = sibling("conftest")


@pytest.mark.parametrize("answers", [False, True], ids=["learners", "author"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_can_be_read(chromium: Browser, tmp_path: Path, answers: bool, scheme: str) -> None:
    source, page_file = tmp_path / "all.md", tmp_path / "all.html"
    halves = (TEMPLATES[::2], TEMPLATES[1::2])
    quizzes = [f"%%quiz part-{n}\n" + "---\n".join(one.item for one in half) for n, half in enumerate(halves, 1)]
    source.write_text("\n".join([*quizzes, "%%quiz faulty\nNothing is asked here.\n"]), encoding="utf-8")
    page_file.write_text(as_page(read_quizzes(source), answers=answers), encoding="utf-8")

    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1000, "height": 800}, bypass_csp=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert asked == [page_file.as_uri()]
    assert page.get_by_role("region", name="Problems").is_visible()
    for summary in page.locator("summary").all():
        summary.click()
    assert labs.axe_violations(page, "body") == []
    labs.screenshot(page, f"quiz-preview-{'author' if answers else 'learners'}-{scheme}")
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
