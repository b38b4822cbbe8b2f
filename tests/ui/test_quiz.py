"""The quiz in real JupyterLab, with a mouse, with the keyboard alone, and for axe-core."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from siblings import sibling

pytestmark = pytest.mark.browser


pages = sibling("quiz_pages")
labs = sibling("conftest")
DATA = "course-kit"


@pytest.fixture(scope="module")
def lab(lab_server: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lab_server(pages.make_workspace(tmp_path_factory.mktemp("workspace")))


@pytest.fixture
def fresh(lab: Any) -> Any:
    """The server, with a workspace as it was opened and no answers."""
    pages.make_workspace(lab.folder)
    shutil.rmtree(lab.home / DATA, ignore_errors=True)
    return lab


def item(page: Page, quiz: str, number: int) -> Locator:
    return page.get_by_role("region", name=f"Quiz numbers/{quiz}").locator(".ck-item").nth(number)


def submit(one: Locator) -> None:
    one.get_by_role("button", name=re.compile("Submit|Try again")).click()


def says(one: Locator, text: str) -> None:
    expect(one.locator(".ck-feedback")).to_contain_text(text)


def open_lesson(lab_page: Callable[..., Page], lab: Any, **context: Any) -> Page:
    page = lab_page(lab, pages.NOTEBOOK, **context)
    for number in range(4):
        labs.run_cell(page, number)
    expect(page.locator(".ck-item")).to_have_count(5)
    return page


def answered(lab: Any) -> list[tuple[str, Any, str, int]]:
    found = pages.facts(lab.home / DATA, "ItemAnswered")
    return [(fact["item"], fact["response"], fact["state"], fact["attempt"]) for fact in found]


def test_every_kind_is_answered_with_the_mouse(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = open_lesson(lab_page, fresh)
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((fresh.url, "data:", "blob:")) else elsewhere.append(request.url)
        ),
    )

    outliers = item(page, "robust", 0)
    submit(outliers)
    says(outliers, "Nothing to check yet. Choose an answer first.")
    outliers.get_by_label("mean", exact=True).check()
    says(outliers, "Choose an answer first.")  # choosing alone grades nothing
    submit(outliers)
    says(outliers, "Not right yet. Change your answer and try again.")
    says(outliers, "Try it on [1, 2, 3, 1000].")
    submit(outliers)
    says(outliers, "You have submitted this answer already.")
    outliers.get_by_role("button", name="Hint (1 of 2)").click()
    expect(outliers.locator(".ck-hints")).to_have_text("Hint 1Put one absurd number into a small list.")
    outliers.get_by_role("button", name="Hint (2 of 2)").click()
    expect(outliers.get_by_role("button", name=re.compile("Hint"))).to_have_count(0)
    outliers.get_by_label("median").check()
    submit(outliers)
    says(outliers, "Right.")
    expect(outliers.locator(".ck-badge")).to_be_visible()
    expect(outliers.locator(".ck-why")).to_be_hidden()
    outliers.get_by_role("button", name="Show explanation").click()
    expect(outliers.locator(".ck-why")).to_contain_text("The median depends on order only")
    expect(outliers.locator(".ck-why math")).to_have_count(1)

    copies = item(page, "robust", 1)
    copies.get_by_label("sorted(values)", exact=True).check()
    submit(copies)
    says(copies, "Partly right.")
    assert not re.search(r"\b(2|two|one|1)\b", copies.locator(".ck-verdict strong").inner_text())
    copies.get_by_label("list(sorted(values))").check()
    submit(copies)
    says(copies, "Right.")

    average = item(page, "mean", 0)
    submit(average)
    says(average, "Write an answer first.")
    average.get_by_label("Your answer (a number)").fill("five")
    submit(average)
    says(average, "Not counted. This is not a number that can be read.")
    average.get_by_label("Your answer (a number)").fill("4")
    submit(average)
    says(average, "That is the median.")
    average.get_by_label("Your answer (a number)").fill("5,0")
    submit(average)
    says(average, "Right.")

    negative = item(page, "mean", 1)
    negative.get_by_label("True").check()
    submit(negative)
    says(negative, "Not right yet.")
    negative.get_by_label("False").check()
    submit(negative)
    says(negative, "Right.")

    length = item(page, "mean", 2)
    length.get_by_label("Your answer").fill("count")
    submit(length)
    says(length, "That counts one value.")
    length.get_by_label("Your answer").fill("size")
    submit(length)
    says(length, "Not right yet.")
    length.get_by_role("button", name="Show the answer").click()
    expect(length.locator(".ck-why")).to_have_text("Answer: len; len()Explanationlen(values)")

    assert answered(fresh) == [
        ("robust/outliers", 1, "wrong", 1),
        ("robust/outliers", 0, "right", 2),
        ("robust/copies", [0], "partly-right", 1),
        ("robust/copies", [0, 1], "right", 2),
        ("mean/average", "five", "invalid", 1),
        ("mean/average", "4", "wrong", 1),
        ("mean/average", "5,0", "right", 2),
        ("mean/negative", True, "wrong", 1),
        ("mean/negative", False, "right", 2),
        ("mean/length", "count", "wrong", 1),
        ("mean/length", "size", "wrong", 2),
    ]
    hints = [(fact["item"], fact["hint"]) for fact in pages.facts(fresh.home / DATA, "HintTaken")]
    assert hints == [("robust/outliers", 0), ("robust/outliers", 1), ("mean/length", 0)]
    shown = [fact["item"] for fact in pages.facts(fresh.home / DATA, "ItemShown")]
    assert sorted(shown) == ["mean/average", "mean/length", "mean/negative", "robust/copies", "robust/outliers"]
    ran = [(fact["lesson"], fact["cell"], fact["ok"]) for fact in pages.facts(fresh.home / DATA, "CellRan")]
    assert ran == [("numbers", "sum", True)]
    assert elsewhere == []


def test_a_quiz_is_answered_by_keyboard_alone(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = open_lesson(lab_page, fresh)
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    keys = page.keyboard

    def focused() -> str:
        return str(
            page.evaluate(
                "() => { const e = document.activeElement; return e.labels?.[0]?.textContent ?? e.textContent }"
            )
        )

    item(page, "robust", 0).locator("input").first.focus()
    keys.press("Space")
    keys.press("ArrowDown")
    assert focused() == "mean"
    keys.press("Enter")
    says(item(page, "robust", 0), "Not right yet.")
    keys.press("ArrowUp")
    keys.press("Tab")
    assert focused() == "Try again"
    keys.press("Tab")
    assert focused() == "Hint (1 of 2)"
    keys.press("Enter")
    expect(item(page, "robust", 0).locator(".ck-hint")).to_have_count(1)
    keys.press("Space")
    expect(item(page, "robust", 0).locator(".ck-hint")).to_have_count(2)
    assert focused().startswith("Hint 2")  # the button is gone, the focus is not
    item(page, "robust", 0).get_by_role("button", name="Try again").focus()
    keys.press("Space")
    says(item(page, "robust", 0), "Right.")
    assert focused() == "Show explanation"
    keys.press("Enter")
    expect(item(page, "robust", 0).locator(".ck-why")).to_be_visible()

    keys.press("Tab")
    for _ in range(6):
        if focused() == "sorted(values)":
            break
        keys.press("Tab")
    keys.press("Space")
    keys.press("Tab")
    keys.press("Space")
    keys.press("Tab")
    keys.press("Tab")
    assert focused() == "Submit"
    keys.press("Enter")
    says(item(page, "robust", 1), "Right.")

    item(page, "mean", 0).locator("input").focus()
    keys.type("5")
    keys.press("Enter")
    says(item(page, "mean", 0), "Right.")
    item(page, "mean", 2).locator("input").focus()
    keys.type("dd a b len")  # letters that are commands of the notebook
    keys.press("Control+a")
    keys.press("Control+x")
    keys.press("Control+v")
    keys.press("Escape")
    assert item(page, "mean", 2).locator("input").input_value() == "dd a b len"
    keys.press("Control+a")
    keys.type("len")
    keys.press("Enter")
    says(item(page, "mean", 2), "Right.")
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_answers_come_back_after_kernel_page_and_server_restart(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = open_lesson(lab_page, fresh)
    one = item(page, "robust", 0)
    one.get_by_label("median").check()
    submit(one)
    says(one, "Right.")
    number = item(page, "mean", 0).get_by_label("Your answer (a number)")
    number.fill("4")
    submit(item(page, "mean", 0))
    says(item(page, "mean", 0), "That is the median.")
    number.fill("4.9")  # not sent

    session = fresh.request("api/sessions")[0]
    fresh.request(f"api/kernels/{session['kernel']['id']}/restart", "POST", {})
    page.wait_for_function(labs.READY)
    item(page, "mean", 0).get_by_role("button", name="Try again").click()
    says(item(page, "mean", 0), "The kernel has not answered yet")
    assert number.input_value() == "4.9"
    labs.restart_and_run_all(page)
    says(item(page, "robust", 0), "Right.")
    expect(item(page, "mean", 0).locator("input")).to_have_value("4.9")
    says(item(page, "mean", 0), "That is the median.")
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)

    fresh.stop()
    fresh.start()
    labs.open_notebook(page, fresh, pages.NOTEBOOK)
    says(item(page, "robust", 0), "Right.")  # from the saved notebook, no kernel has run
    expect(item(page, "robust", 0).get_by_label("median")).to_be_checked()
    expect(page.locator(".ck-status").first).to_contain_text("Run this cell (Shift+Enter) to connect it")
    for cell in range(4):
        labs.run_cell(page, cell)
    says(item(page, "robust", 0), "Right.")
    expect(page.locator(".ck-status").first).to_be_empty()
    item(page, "mean", 0).locator("input").fill("5")
    submit(item(page, "mean", 0))
    says(item(page, "mean", 0), "Right.")
    assert answered(fresh) == [
        ("robust/outliers", 0, "right", 1),
        ("mean/average", "4", "wrong", 1),
        ("mean/average", "5", "right", 2),
    ]
    saved = (fresh.folder / pages.NOTEBOOK).read_text()
    assert "That is the median." in saved
    assert "That counts one value." not in saved
    assert "A new list." not in saved


def test_a_full_disk_keeps_the_answer_on_the_page(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = open_lesson(lab_page, fresh)
    one = item(page, "mean", 0)
    journals = fresh.home / DATA / "journals"
    one.locator("input").fill("5")
    shutil.rmtree(journals)
    journals.write_text("in the way")  # a disk that refuses
    labs.restart_and_run_all(page)
    submit(one)
    says(one, "Not saved.")
    says(one, "Your answer is still here.")
    expect(one.locator("input")).to_have_value("5")
    journals.unlink()
    submit(one)
    says(one, "Right.")
    assert answered(fresh) == [("mean/average", "5", "right", 1)]


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_core_finds_nothing(fresh: Any, lab_page: Callable[..., Page], theme: str) -> None:
    fresh.set_theme(theme)
    page = open_lesson(lab_page, fresh)
    name = theme.split()[-1].lower()
    expect(page.locator(f'body[data-jp-theme-light="{"true" if name == "light" else "false"}"]')).to_have_count(1)
    assert labs.axe_violations(page, ".ck-quiz") == []
    labs.screenshot(page, f"quiz-{name}-before")
    one, several, number, truth, text = (
        item(page, "robust", 0),
        item(page, "robust", 1),
        *(item(page, "mean", n) for n in range(3)),
    )
    one.get_by_label("median").check()
    one.get_by_role("button", name="Hint (1 of 2)").click()
    submit(one)
    says(one, "Right.")
    one.get_by_role("button", name="Show explanation").click()
    several.get_by_label("sorted(values)", exact=True).check()
    submit(several)
    says(several, "Partly right.")
    number.locator("input").fill("five")
    submit(number)
    says(number, "Not counted.")
    truth.get_by_label("True").check()
    submit(truth)
    says(truth, "Not right yet.")
    text.locator("input").focus()
    assert labs.axe_violations(page, ".ck-quiz") == []
    page.set_viewport_size({"width": 1280, "height": 1600})
    for quiz in ("robust", "mean"):
        labs.screenshot(page.get_by_role("region", name=f"Quiz numbers/{quiz}"), f"quiz-{name}-{quiz}")


def test_it_fits_320_pixels_and_double_text(fresh: Any, lab_page: Callable[..., Page]) -> None:
    fresh.set_theme("JupyterLab Light")
    page = open_lesson(lab_page, fresh)
    page.evaluate(
        "() => { for (const q of document.querySelectorAll('.ck-quiz')) q.parentElement.style.width = '320px' }"
    )
    page.set_viewport_size({"width": 1000, "height": 2000})
    item(page, "robust", 1).get_by_label("values.sort()").check()
    submit(item(page, "robust", 1))
    says(item(page, "robust", 1), "Not right yet.")
    overflow = "e => Math.max(0, e.scrollWidth - e.clientWidth - 1)"  # one pixel may be a rounding
    for quiz in ("robust", "mean"):
        region = page.get_by_role("region", name=f"Quiz numbers/{quiz}")
        assert region.evaluate(overflow) == 0
        labs.screenshot(region, f"quiz-320-{quiz}")
    page.evaluate("() => document.documentElement.style.setProperty('--jp-content-font-size1', '28px')")
    for quiz in ("robust", "mean"):
        region = page.get_by_role("region", name=f"Quiz numbers/{quiz}")
        assert region.evaluate(overflow) == 0
        labs.screenshot(region, f"quiz-320-double-{quiz}")
    small = page.evaluate(
        """() => [...document.querySelectorAll('.ck-quiz button, .ck-quiz .ck-choice, .ck-quiz .ck-input')]
             .filter(e => e.offsetParent).map(e => e.getBoundingClientRect())
             .filter(r => r.width < 24 || r.height < 24).length"""
    )
    assert small == 0


def test_every_control_keeps_its_keys_from_jupyterlab(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = open_lesson(lab_page, fresh)
    open_ones = page.evaluate(
        """() => [...document.querySelectorAll('.ck-quiz :is(a[href], button, input, pre, [tabindex])')]
             .filter(e => e.dataset.lmSuppressShortcuts !== 'true').map(e => e.outerHTML)"""
    )
    assert open_ones == []


def test_what_is_saved_holds_no_key(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = open_lesson(lab_page, fresh)
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    saved = json.loads((fresh.folder / pages.NOTEBOOK).read_text())
    states = json.dumps(saved["metadata"]["widgets"])
    assert "One wild value" not in states
    assert "That is the median" not in states
    assert "absurd number" not in states
    html = "".join("".join(output["data"]["text/html"]) for output in saved["cells"][2]["outputs"])
    assert "Which of these is" in html
