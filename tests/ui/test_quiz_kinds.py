"""Every kind of item in a real browser: answered rightly, partly, wrongly and unreadably, by mouse and by keyboard."""

import re
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect
from siblings import sibling

from course_kit.session.code_checks import run_checks
from course_kit.session.practice import QuizSession

pytestmark = pytest.mark.browser


labs, stages, cases = sibling("conftest"), sibling("quiz_stage"), sibling("quiz_cases")
CASES = cases.CASES
STATES = {"partly": "partly-right", "right": "right", "wrong": "wrong", "invalid": "invalid"}
SUBMIT = re.compile("^(Submit|Try again|Check my code|Check again)$")
NAME = """element => {
  const parts = element.getAttribute('aria-labelledby')?.split(' ').map(id => document.getElementById(id)) ?? [];
  if (parts.length) return parts.map(part => part.getAttribute('aria-label') ?? part.textContent).join(' ');
  return (element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent).trim();
}"""


class Learner:
    """What a test's moves do to one item, with a mouse or with the keyboard alone. ``made``: what cells have made."""

    def __init__(self, stage: Any, made: dict[str, Any], *, keyboard: bool) -> None:
        self.stage, self.page, self.made, self.keyboard = stage, stage.page, made, keyboard

    def do(self, one: Locator, moves: tuple[tuple[str, ...], ...]) -> None:
        for verb, *words in moves:
            getattr(self, verb)(one, *words)

    def focus(self, one: Locator, name: str) -> None:
        """Reach a control with the Tab key, however many presses that takes."""
        for _ in range(90):
            if self.page.evaluate(f"name => ({NAME})(document.activeElement).startsWith(name)", name):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {name!r}")

    def press(self, one: Locator, key: str) -> None:
        self.page.keyboard.press(key)

    def click(self, one: Locator, name: str) -> None:
        one.get_by_role("button", name=name).click()

    def pick(self, one: Locator, label: str) -> None:
        box = one.get_by_label(label, exact=True)
        if not self.keyboard:
            box.check()
        elif not box.is_checked():
            self.focus(one, label)
            self.page.keyboard.press("Space")

    def write(self, one: Locator, label: str, text: str) -> None:
        field = one.get_by_label(re.compile(f"^{label}"))
        if self.keyboard:
            self.focus(one, label)
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            field.fill(text)

    def select(self, one: Locator, label: str, option: str) -> None:
        if not self.keyboard:
            one.get_by_label(label, exact=True).select_option(label=option)
            return
        self.focus(one, label)
        for _ in range(20):
            if self.page.evaluate("document.activeElement.selectedOptions[0].label") == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the keyboard does not reach {option!r}")

    def drag(self, one: Locator, piece: str, above: str) -> None:
        """Take a row by its grip and let it go in the upper half of another."""
        row = one.locator(".ck-row", has_text=piece).first
        grip = row.locator(".ck-grip").bounding_box()
        target = one.locator(".ck-row", has_text=above).first.bounding_box()
        assert grip is not None
        assert target is not None
        mouse = self.page.mouse
        mouse.move(grip["x"] + 4, grip["y"] + 8)
        mouse.down()
        mouse.move(target["x"] + 20, target["y"] + 20, steps=4)
        mouse.move(target["x"] + 20, target["y"] + 3, steps=3)
        mouse.up()

    def names(self, _one: Locator, *assignments: str) -> None:
        """Cells run."""
        self.made.clear()
        for line in assignments:
            name, _, value = line.partition("=")
            self.made[name] = [2, 4, 9] if value.startswith("[") else int(value)

    def submit(self, one: Locator) -> None:
        button = one.get_by_role("button", name=SUBMIT)
        if self.keyboard:
            self.focus(one, button.inner_text())
            self.page.keyboard.press("Enter")
        else:
            button.click()


def checked(made: dict[str, Any], item: Any) -> list[str]:
    """A code check on what cells have made."""
    return run_checks(item, made)


@pytest.mark.parametrize("hand", ["mouse", "keys"])
@pytest.mark.parametrize("kind", list(CASES))
def test_a_kind_is_answered(chromium: Browser, kind: str, hand: str) -> None:
    case = CASES[kind]
    for name, way in getattr(case, hand).items():
        context = chromium.new_context(viewport={"width": 900, "height": 1200})
        made: dict[str, Any] = {}
        session = QuizSession("demo", "all", cases.asked(case.item), checker=partial(checked, made))
        stage = stages.Stage(context.new_page(), stages.Kernel(session)).open()
        learner = Learner(stage, made, keyboard=hand == "keys")
        one = stage.item()
        learner.do(one, way.moves)
        assert [content["kind"] for content in stage.sent] == ["hello"], "nothing is judged before Submit"
        expect(one.locator(".ck-feedback")).to_be_empty()
        learner.submit(one)
        expected = "saved" if (kind, name) == ("essay", "right") else STATES[name]
        expect(one.locator(".ck-feedback")).to_have_attribute("data-state", expected)
        sent = stage.sent[-1]
        assert sent["kind"] == ("check" if kind == "code-check" else "answer")
        if kind != "code-check":
            assert sent["response"] == way.response
        assert stage.elsewhere == []
        if hand == "mouse":
            assert labs.axe_violations(stage.page, ".ck-quiz") == []
        if name == "right":
            expect(one.locator(".ck-badge")).to_be_visible()
        else:
            expect(one.locator(".ck-badge")).to_be_hidden()
        context.close()
