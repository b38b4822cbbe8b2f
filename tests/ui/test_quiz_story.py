"""Several kinds of questions in one lesson, in real JupyterLab and in Notebook 7: drag, keys, code, restart."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from siblings import sibling

pytestmark = pytest.mark.browser


labs, pages, cases, kinds = map(sibling, ("conftest", "quiz_pages", "quiz_cases", "test_quiz_kinds"))
ASKED = [kind for kind in cases.CASES if kind not in ("one-choice", "several-choices", "true-false", "short-text")]
# what must not travel before it is earned: keys, remarks, hints, tolerances, the checks on code
SECRETS = (
    "partners",
    "wrong_pairs",
    "Bars count categories",
    "ranks",
    '"position"',
    "This gives back what came in",
    "tolerance",
    "That is half of it",
    "len(data) == 3",
    "should be 5",
    "x^2 + 2*x + 1",
    "A model that learns",
    "It begins with",
    "That is 4.",
)
WIDGETS = 4  # cells of the notebook before that of the quiz "kinds"


@pytest.fixture(scope="module")
def lab(lab_server: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    more = {"kinds": [cases.CASES[kind].item for kind in ASKED]}
    folder = pages.make_workspace(tmp_path_factory.mktemp("workspace"), more)
    lab = lab_server(folder)
    lab.original = (folder / pages.NOTEBOOK).read_bytes()
    return lab


@pytest.fixture
def fresh(lab: Any) -> Any:
    """The server, with a workspace as it was opened and no answers."""
    (lab.folder / pages.NOTEBOOK).write_bytes(lab.original)
    shutil.rmtree(lab.home / "course-kit", ignore_errors=True)
    return lab


class Desk:
    """A page that may stand in for a stage: a learner's hands need no more."""

    def __init__(self, page: Page) -> None:
        self.page = page


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def item(page: Page, kind: str) -> Locator:
    return page.get_by_role("region", name="Quiz numbers/kinds").locator(".ck-item").nth(ASKED.index(kind))


def answer(page: Page, kind: str, name: str, *, keyboard: bool) -> None:
    """Answer one question and see its verdict."""
    learner, one = kinds.Learner(Desk(page), {}, keyboard=keyboard), item(page, kind)
    one.scroll_into_view_if_needed()
    if keyboard:
        one.locator("input, select, textarea, button").locator("visible=true").first.focus()
    case = cases.CASES[kind]
    learner.do(one, (case.keys if keyboard else case.mouse)[name].moves)
    learner.submit(one)
    state = "saved" if (kind, name) == ("essay", "right") else kinds.STATES[name]
    expect(one.locator(".ck-feedback")).to_have_attribute("data-state", state)


def facts(lab: Any) -> list[tuple[str, Any, str]]:
    found = pages.facts(lab.home / "course-kit", "ItemAnswered")
    return [(fact["item"].partition("/")[2], fact["response"], fact["state"]) for fact in found]


def test_in_jupyterlab(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = lab_page(fresh, pages.NOTEBOOK)
    passed: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: passed.append(_bytes(frame))))
    page.reload()
    page.wait_for_function(labs.READY, timeout=60_000)
    for number in (0, WIDGETS):
        labs.run_cell(page, number)
    expect(page.locator(".ck-item")).to_have_count(len(ASKED))
    traffic = b"".join(passed)
    assert b"Put the steps of an analysis into order" in traffic
    assert [secret for secret in SECRETS if secret.encode() in traffic] == []
    cells = page.locator(".jp-Notebook .jp-Cell").count()

    code = item(page, "code-check")
    code.get_by_role("button", name="Check my code").click()
    expect(code.locator(".ck-feedback")).to_contain_text("NameError")
    labs.run_cell(page, WIDGETS + 1)
    code.get_by_role("button", name="Check again").click()
    expect(code.locator(".ck-feedback")).to_contain_text("Right.")

    typed = [kind for kind in ASKED if kind != "code-check"]
    for kind in typed:
        wrong = next(name for name in ("wrong", "invalid") if name in cases.CASES[kind].keys)
        answer(page, kind, wrong, keyboard=True)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells  # no key became a command of the notebook
    page.reload()
    page.wait_for_function(labs.READY, timeout=60_000)
    for number in (0, WIDGETS):
        labs.run_cell(page, number)
    expect(item(page, "matching").locator(".ck-feedback")).to_have_attribute("data-state", "wrong")
    for kind in ("cloze", "matching", "number", "essay", "expression"):
        answer(page, kind, "right", keyboard=False)
    ordering = item(page, "ordering")  # as it was left: report, fit, clean, read
    for piece in ("Read", "Read", "Read", "Clean", "Clean", "Fit"):
        ordering.get_by_role("button", name=f"Move up {piece}").click()
    ordering.get_by_role("button", name="Try again").click()
    expect(ordering.locator(".ck-feedback")).to_have_attribute("data-state", "right")
    parsons = item(page, "parsons")
    parsons.get_by_role("button", name="Remove return numbers").click()
    answer(page, "parsons", "right", keyboard=False)
    assert labs.axe_violations(page, ".ck-quiz") == []
    labs.screenshot(page, "quiz-story-lab")

    labs.restart_and_run_all(page)
    for kind in ASKED:
        expect(item(page, kind).locator(".ck-badge")).to_be_visible()
    assert page.get_by_role("region", name="Quiz numbers/kinds").locator(".ck-feedback").count() == len(ASKED)
    right = {name: response for name, response, state in facts(fresh) if state == "right"}
    assert right == {
        "code-check": ["ok", "ok"],
        **{kind: cases.CASES[kind].mouse["right"].response for kind in typed},
    }


def test_in_notebook_7(fresh: Any, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    try:
        page.goto(f"{fresh.url}/notebooks/{pages.NOTEBOOK}?token={labs.TOKEN}")
        page.wait_for_function(labs.READY, timeout=60_000)  # what is run before a kernel is there is dropped
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator('.lm-Menu li[data-command="runmenu:run-all"]').click()
        expect(page.get_by_role("region", name="Quiz numbers/kinds").locator(".ck-item")).to_have_count(len(ASKED))
        cells = page.locator(".jp-Notebook .jp-Cell").count()
        for kind in ("parsons", "cloze", "essay"):
            answer(page, kind, "right", keyboard=True)
        for kind in ("ordering", "matching", "code-check"):
            if kind == "code-check":
                item(page, kind).get_by_role("button", name=re.compile("Check")).click()
                expect(item(page, kind).locator(".ck-feedback")).to_contain_text("Right.")
            else:
                answer(page, kind, "right", keyboard=False)
        assert page.locator(".jp-Notebook .jp-Cell").count() == cells
        assert labs.axe_violations(page, ".ck-quiz") == []
        labs.screenshot(page, "quiz-story-notebook")
    finally:
        context.close()
        fresh.end_sessions()
