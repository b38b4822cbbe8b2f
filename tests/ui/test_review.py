"""A review in real JupyterLab: started from the panel, answered by keyboard, and gone from what is due."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from siblings import sibling

from course_kit.store.journal import Journal
from course_kit.store.places import local_learner
from course_kit.workspace.events import own_events

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong


labs = sibling("conftest")
COPY = "data-science"
ANSWERED = (("first-steps", "values/precedence", 1.0), ("frames", "mixed/share", 0.0))
"""What the learner met three days ago, and what it earned."""


def review_path() -> str:
    return f"{COPY}/review/review-{datetime.now().astimezone():%Y-%m-%d}.ipynb"


def met(data: Path) -> None:
    """The learner met two skills three days ago."""
    name = local_learner(data).learner
    with Journal(data / "journals", learner=name, course=COPY, release="", writer="kernel") as journal:
        for lesson, item, fraction in ANSWERED:
            state = "right" if fraction == 1 else "wrong"
            fact = {"kind": "ItemAnswered", "lesson": lesson, "item": item, "digest": "d", "response": "1"}
            journal.append([{**fact, "state": state, "fraction": fraction}], datetime.now(UTC) - timedelta(days=3))


@pytest.fixture
def lab(lab_server: Callable[[Path], Any], flagship_release: Path, tmp_path: Path) -> Any:
    """A JupyterLab on a learner's copy."""
    running = lab_server(tmp_path)
    command = [sys.executable, "-m", "course_kit", "open", str(flagship_release), "--to", str(tmp_path / COPY)]
    subprocess.run([*command, "--no-lab"], check=True, timeout=120, env=running.environ)
    met(running.home / "course-kit")
    yield running
    running.stop()
    shutil.rmtree(tmp_path / COPY, ignore_errors=True)


@pytest.fixture
def page(chromium: Browser, lab: Any) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
    lab.end_sessions()


def opens(page: Page, lab: Any, path: str = "") -> Locator:
    """The panel of a JupyterLab that was just loaded."""
    page.set_default_timeout(20_000)
    page.goto(f"{lab.url}/lab{f'/tree/{path}' if path else ''}?token={labs.TOKEN}&reset")
    page.locator("#jp-main-dock-panel").wait_for()
    labs.show_panel(page)
    course = page.get_by_role("region", name="Course", exact=True)
    expect(course.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    return course


def facts(lab: Any, kind: str) -> list[Any]:
    events = own_events(lab.home / "course-kit", COPY, at=datetime.now(UTC))
    return [event.fact for event in events if event.kind == kind]


def runs_all(page: Page) -> None:
    """By the command palette, without a mouse."""
    page.wait_for_function(labs.READY, timeout=60_000)
    page.keyboard.press("Control+Shift+C")
    page.get_by_role("combobox", name="Command Palette").or_(page.locator(".lm-CommandPalette-input")).first.wait_for()
    page.keyboard.type("Run All Cells")
    page.locator('.lm-CommandPalette-item.lm-mod-active[data-command="notebook:run-all-cells"]').wait_for()
    page.keyboard.press("Enter")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')]
             .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))""",
        timeout=60_000,
    )


def questions(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile(r"^Quiz .*\(review "))


def answers(page: Page, lab: Any, number: int) -> None:
    """Answer a question right, with keys alone: its right answer is what the release says."""
    from course_kit.source.released import read_quizzes

    notebook = json.loads((lab.folder / review_path()).read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    called = [source for source in sources if source.startswith("quiz(")][number]
    name, variant = re.findall(r'quiz\("([^"]+)", review=review, variant=(\d+)\)', called)[0]
    lesson, quiz, key = name.split("/")
    item = next(one for one in read_quizzes(lab.folder / COPY, lesson)[quiz].items if one.key == key)
    right = item.item(int(variant)).reference_response()
    asked = questions(page).nth(number)
    asked.scroll_into_view_if_needed()
    if isinstance(right, str):
        asked.get_by_role("textbox").first.focus()
        page.keyboard.type(right)
    else:
        chosen = right if isinstance(right, list) else [right]
        order = item.public(int(variant))["form"].get("choices")
        assert order, f"{name} is answered by {right!r}, which this test does not type"
        for choice in chosen:
            asked.locator(f'input[value="{choice}"]').focus()
            page.keyboard.press("Space")
    asked.get_by_role("button", name="Submit").focus()
    page.keyboard.press("Enter")
    expect(asked.get_by_text(re.compile("^Right")).first).to_be_visible()


def test_from_the_panel_to_the_last_question(page: Page, lab: Any) -> None:
    course = opens(page, lab)
    expect(course.get_by_text("2 skills are due for review.")).to_be_visible()
    labs.screenshot(page, "review-due")
    course.get_by_role("button", name="Start the review").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lm-TabBar-tab.lm-mod-current", has_text="review-")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("^1 of 2: "))).to_be_visible()
    assert facts(lab, "LessonOpened") == []

    runs_all(page)
    expect(questions(page)).to_have_count(2)
    assert labs.axe_violations(page, ".jp-Notebook .jp-OutputArea-output .ck-quiz") == []
    labs.screenshot(page, "review-light")
    answers(page, lab, 0)
    expect(course.get_by_text("1 skill is due for review.")).to_be_visible()
    answers(page, lab, 1)
    expect(course.get_by_text(re.compile("^Nothing is due for review until"))).to_be_visible()
    assert labs.axe_violations(page, "#course-kit-panel") == []
    labs.screenshot(page, "review-done")
    assert sorted((fact.skill, fact.rating) for fact in facts(lab, "ReviewDone")) == [
        ("python-values", 3),
        ("selecting", 3),
    ]
    assert facts(lab, "LessonOpened") == []

    # the link before a question leads to the lesson that teaches it
    page.get_by_role("link", name="Tables with pandas").first.click()
    expect(page.locator(".lm-TabBar-tab.lm-mod-current", has_text="02-frames.ipynb")).to_be_visible()


def test_it_is_there_again_after_a_restart_and_in_the_dark(page: Page, lab: Any) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "course_kit", "review", "--folder", str(lab.folder / COPY), "--json"],
        env=lab.environ,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert f"{COPY}/{json.loads(ran.stdout)['path']}" == review_path()
    lab.set_theme("JupyterLab Dark")
    course = opens(page, lab, review_path())
    runs_all(page)
    answers(page, lab, 0)
    expect(course.get_by_text("1 skill is due for review.")).to_be_visible()
    labs.restart_and_run_all(page)
    expect(questions(page).first.get_by_text(re.compile("^Right")).first).to_be_visible()
    assert len(facts(lab, "ReviewDone")) == 1
    assert labs.axe_violations(page, ".jp-Notebook .jp-OutputArea-output .ck-quiz") == []
    assert labs.axe_violations(page, ".jp-Notebook .jp-MarkdownOutput") == []
    labs.screenshot(page, "review-dark")
