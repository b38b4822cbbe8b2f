"""A learner's whole journey in real JupyterLab, from the course's file to the submission, across a killed server."""

import json
import os
import re
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from siblings import sibling

from course_kit.store.ingest import Ingester
from course_kit.store.sql import SqlStore

pytestmark = pytest.mark.browser
COPY = "data-science"
LESSON = f"{COPY}/notebooks/01-first-steps.ipynb"
QUIZ = "first-steps/rerun"


labs = sibling("conftest")


def stored(lab: Any) -> list[dict[str, Any]]:
    """Every event of the learner, as the store has it."""
    data = lab.home / "course-kit"
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(datetime.now(UTC))
        return [event.model_dump(mode="json") for event in store.events()]


def course_panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Course", exact=True)


def run_through(page: Page, notebook: Path, last: str) -> None:
    """Run the lesson's cells from the top to the quiz ``last``, one by one, as someone who reads does."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and (source.startswith("%load_ext") or source == f'quiz("{last}")'):
            labs.run_cell(page, number)


def answer(item: Locator, choice: str, verdict: str) -> None:
    item.get_by_label(choice).check()
    item.get_by_role("button", name=re.compile("^(Submit|Try again)$")).click()
    expect(item.get_by_role("status").filter(has_text=verdict)).to_be_visible()


def test_a_learners_journey(
    chromium: Any, lab_server: Callable[[Path], Any], flagship_release: Path, tmp_path: Path
) -> None:
    shutil.copy(flagship_release, tmp_path / "data-science.course.zip")
    lab = lab_server(tmp_path)
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)

    # open
    page.goto(f"{lab.url}/lab?token={labs.TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Open course").click()
    page.get_by_label("File, folder or address of the course").fill("data-science.course.zip")
    page.keyboard.press("Enter")
    panel = course_panel(page)
    expect(panel.get_by_role("heading", name="Data science, self-paced")).to_be_visible()
    page.wait_for_function(labs.READY, timeout=60_000)

    # run cells, answer wrong and right, see the panel move
    run_through(page, tmp_path / LESSON, QUIZ)
    item = page.get_by_role("region", name=f"Quiz {QUIZ}").locator(".ck-item").first
    answer(item, "Save the notebook", "Not right yet.")
    answer(item, "Restart the kernel and run all cells", "Right.")
    lesson = panel.locator(".course-kit-lesson").first
    expect(lesson).to_contain_text("1 of 21 questions right")
    assert labs.axe_violations(page, "#course-kit-panel") == []
    assert labs.axe_violations(page, ".ck-quiz") == []
    labs.screenshot(page, "journey-light")

    # the server dies; what was acknowledged is there again
    assert lab.process is not None
    os.killpg(lab.process.pid, signal.SIGKILL)
    lab.process.wait()
    lab.start()
    lab.set_theme("JupyterLab Dark")
    labs.open_notebook(page, lab, LESSON)
    if not course_panel(page).is_visible():
        page.locator('.jp-SideBar .lm-TabBar-tab[data-id="course-kit-panel"]').click()
    panel = course_panel(page)
    expect(panel.locator(".course-kit-lesson").first).to_contain_text("1 of 21 questions right")
    run_through(page, tmp_path / LESSON, QUIZ)
    item = page.get_by_role("region", name=f"Quiz {QUIZ}").locator(".ck-item").first
    expect(item.locator(".ck-badge")).to_be_visible()
    expect(item.get_by_label("Restart the kernel and run all cells")).to_be_checked()
    assert labs.axe_violations(page, "#course-kit-panel") == []
    assert labs.axe_violations(page, ".ck-quiz") == []
    labs.screenshot(page, "journey-dark")

    # check and submit
    work = panel.locator(".course-kit-assignment", has_text="Penguins in tables")
    work.get_by_role("button", name="Check my work").click()
    expect(work.locator(".course-kit-check-result")).to_contain_text(
        re.compile(r"0 of \d+ checks passed"), timeout=120_000
    )
    work.get_by_role("button", name="Submit…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Ada Lovelace")
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog).to_contain_text("is submitted")
    receipt = tmp_path / dialog.locator("dd code").last.inner_text()
    dialog.get_by_role("button", name="OK").click()
    context.close()
    assert receipt.name.endswith(".submission.zip")
    assert receipt.is_file()

    # the store has each fact once
    events = stored(lab)
    kinds = [event["fact"]["kind"] for event in events]
    answers = [event["fact"] for event in events if event["fact"]["kind"] == "ItemAnswered"]
    assert [(fact["state"], fact["attempt"]) for fact in answers] == [("wrong", 1), ("right", 2)]
    assert kinds.count("CourseStarted") == 1
    assert kinds.count("AssignmentSubmitted") == 1
    assert "LessonOpened" in kinds
    assert len({event["event_id"] for event in events}) == len(events)
    assert len({event["learner"] for event in events}) == 1
