"""A graded quiz of an assignment in real JupyterLab: saved beside the notebook, and no key near the learner."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from siblings import sibling

from course_kit.model.quiz import Quiz, Variants
from course_kit.quizzes.quiz_file import quiz_file
from course_kit.quizzes.render import markdown_html

pytestmark = pytest.mark.browser


labs, pages, cases, kinds, story = map(
    sibling, ("conftest", "quiz_pages", "quiz_cases", "test_quiz_kinds", "test_quiz_story")
)
ASKED = [kind for kind in cases.CASES if kind not in ("code-check", "essay")]


def make_assignment(folder: Path) -> Path:
    """The folder that a learner gets: the notebook, and its questions without keys."""
    items = tuple(Variants((cases.CASES[kind].item,)) for kind in ASKED)
    written, _ = quiz_file("work.ipynb", [Quiz("kinds", items)], markdown_html, sealed=False)
    cell = pages.code("questions", 'from course_kit import quiz\nquiz("kinds")', quiz="kinds")
    (folder / "work.ipynb").write_text(json.dumps({**pages.notebook(), "cells": [cell]}))
    (folder / "work.quizzes.json").write_text(json.dumps(written))
    return folder


def test_a_graded_quiz_is_saved_and_tells_nothing(
    lab_server: Callable[[Path], Any], lab_page: Callable[..., Page], tmp_path: Path
) -> None:
    lab = lab_server(make_assignment(tmp_path))
    page = lab_page(lab, "work.ipynb")
    passed: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: passed.append(story._bytes(frame))))
    page.reload()
    page.wait_for_function(labs.READY, timeout=60_000)
    labs.run_cell(page, 0)
    items = page.locator(".ck-item")
    expect(items).to_have_count(len(ASKED))
    learner = kinds.Learner(story.Desk(page), {}, keyboard=False)
    for number, kind in enumerate(ASKED):
        one = items.nth(number)
        one.scroll_into_view_if_needed()
        learner.do(one, cases.CASES[kind].mouse["right"].moves)
    # all at once, as fast as a program can: none is lost
    page.evaluate("document.querySelectorAll('.ck-item [type=submit]').forEach(button => button.click())")
    for number in range(len(ASKED)):
        expect(items.nth(number).locator(".ck-feedback")).to_contain_text("Saved. It is marked after you submit.")
    saved = json.loads((tmp_path / "responses.json").read_text())["responses"]
    right = {kind: cases.CASES[kind].mouse["right"].response for kind in ASKED}
    assert {name.partition("/")[2]: given["response"] for name, given in saved.items()} == right
    assert labs.axe_violations(page, ".ck-quiz") == []
    labs.screenshot(page, "quiz-graded-lab")

    items.nth(0).locator("input").first.focus()
    page.keyboard.press("Control+s")  # from within the quiz
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    notebook, questions = ((tmp_path / name).read_bytes() for name in ("work.ipynb", "work.quizzes.json"))
    traffic = b"".join(passed)
    assert b"Put the steps of an analysis into order" in traffic
    for secret in (*story.SECRETS, "the first* step", "Try it on", "It sorts in place", "square root", "depends on"):
        for where, content in {"messages": traffic, "notebook": notebook, "questions": questions}.items():
            assert secret.encode() not in content, f"{secret!r} is in the {where}"

    labs.restart_and_run_all(page)
    for number in range(len(ASKED)):
        expect(items.nth(number).locator(".ck-badge")).to_have_text("Saved")
    expect(items.nth(0).get_by_label("the median")).to_be_checked()
