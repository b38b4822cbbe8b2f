"""What every question on the page keeps to: nothing is lost, nothing is judged unasked, everyone can use it."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect
from siblings import sibling

from course_kit.model.kinds import Choice, Number, OneChoice, SeveralChoices
from course_kit.session.graded import GradedSession
from course_kit.session.practice import QuizSession
from course_kit.session.responses import ResponsesFile
from course_kit.session.standings import Clock

pytestmark = pytest.mark.browser


labs, stages, cases, kinds = map(sibling, ("conftest", "quiz_stage", "quiz_cases", "test_quiz_kinds"))
CASES = cases.CASES
EVERY = list(CASES)
FOCUSABLE = ":is(a[href], button, input, select, textarea, summary, [tabindex])"
SUBMIT = re.compile("^(Submit|Try again|Save|Check my code|Check again)$")
Opened = Callable[..., Any]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    """``opened(session)`` shows it on a page of its own; keyword arguments go to the browser's context."""
    contexts = []

    def show(session: Any, theme: str = "light", **context: Any) -> Any:
        contexts.append(chromium.new_context(**{"viewport": {"width": 900, "height": 1200}, **context}))
        return stages.Stage(contexts[-1].new_page(), stages.Kernel(session)).open(theme)

    yield show
    for context in contexts:
        context.close()


def practice(*items: Any, made: dict[str, Any] | None = None, **more: Any) -> QuizSession:
    checker = partial(kinds.checked, {} if made is None else made)
    return QuizSession("demo", "all", cases.asked(*items), checker=checker, **more)


def every_item() -> list[Any]:
    return [CASES[kind].item for kind in EVERY]


def submit(one: Locator) -> None:
    one.get_by_role("button", name=SUBMIT).click()


def says(one: Locator, text: str) -> None:
    expect(one.locator(".ck-feedback")).to_contain_text(text)


def answer_all(stage: Any, made: dict[str, Any], name: str = "right", *, send: bool = True) -> None:
    """Answer each kind that can be answered so."""
    learner = kinds.Learner(stage, made, keyboard=False)
    for number, kind in enumerate(EVERY):
        way = CASES[kind].mouse.get(name)
        if way is not None:
            learner.do(stage.item(number), way.moves)
            if send:
                submit(stage.item(number))
                expect(stage.item(number).locator(".ck-feedback")).not_to_be_empty()


class Hand:
    """A clock that a test turns on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.clock = Clock(now=lambda: self.at, ticks=lambda: self.at.timestamp())

    def on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


# --- nothing is lost


def test_what_was_not_sent_survives_a_reload_for_every_kind(opened: Opened) -> None:
    made: dict[str, Any] = {}
    stage = opened(practice(*every_item(), made=made, scope="here"))
    answer_all(stage, made, send=False)
    stage.open()
    assert [content["kind"] for content in stage.sent] == ["hello", "hello"]
    for number, kind in enumerate(EVERY):
        submit(stage.item(number))
        state = "saved" if kind == "essay" else "right"
        expect(stage.item(number).locator(".ck-feedback")).to_have_attribute("data-state", state)
    assert stage.page.evaluate("Object.keys(localStorage)") == []


def test_an_answer_that_was_sent_is_there_after_a_reload_with_what_it_earned(opened: Opened) -> None:
    made: dict[str, Any] = {}
    stage = opened(practice(*every_item(), made=made, scope="here"))
    answer_all(stage, made, "wrong")
    texts = stage.page.locator(".ck-feedback").all_text_contents()
    stage.open()
    assert stage.page.locator(".ck-feedback").all_text_contents() == texts
    sent = len(stage.sent)
    for number, kind in enumerate(EVERY):
        if "wrong" in CASES[kind].mouse and kind != "code-check":
            submit(stage.item(number))
            says(stage.item(number), "You have submitted this answer already.")
    assert len(stage.sent) == sent


def test_focus_clears_nothing_and_paste_works(opened: Opened) -> None:
    stage = opened(practice(CASES["short-text"].item))
    field = stage.item().get_by_label("Your answer")
    field.fill("größe 大 len")
    for keys in ("Control+a", "Control+x"):
        stage.page.keyboard.press(keys)
    expect(field).to_have_value("")
    stage.page.keyboard.press("Control+v")
    expect(field).to_have_value("größe 大 len")
    stage.page.keyboard.press("Tab")
    field.focus()
    stage.page.keyboard.press("Escape")
    expect(field).to_have_value("größe 大 len")
    submit(stage.item())
    says(stage.item(), "Not right yet.")
    assert stage.sent[-1]["response"] == "größe 大 len"


def test_two_quick_answers_are_both_kept(opened: Opened) -> None:
    stage = opened(practice(CASES["one-choice"].item, CASES["true-false"].item))
    stage.item(0).get_by_label("the median").check()
    stage.item(1).get_by_label("False").check()
    stage.page.evaluate("document.querySelectorAll('[type=submit]').forEach(button => button.click())")
    for number in (0, 1):
        expect(stage.item(number).locator(".ck-feedback")).to_have_attribute("data-state", "right")
    states = stage.kernel.session.states()
    assert [states[key]["response"] for key in ("one-choice", "true-false")] == [1, False]


def test_a_silent_kernel_is_told_and_the_answer_stays(opened: Opened) -> None:
    stage = opened(practice(CASES["short-text"].item))
    stage.page.clock.install()
    stage.open()
    stage.silent = True
    stage.item().get_by_label("Your answer").fill("len")
    submit(stage.item())
    stage.page.clock.run_for(4100)
    says(stage.item(), "The kernel has not answered yet")
    stage.silent = False
    submit(stage.item())
    says(stage.item(), "Right.")
    first, second = (content["id"] for content in stage.sent if content["kind"] == "answer")
    assert first == second  # so that it counts once


# --- graded


def graded(folder: Path, *items: Any) -> GradedSession:
    return GradedSession("all", cases.asked(*items, place="work"), ResponsesFile(folder), scope="there")


def saved(folder: Path) -> dict[str, Any]:
    responses = json.loads((folder / "responses.json").read_text())["responses"]
    return {name: one["response"] for name, one in responses.items()}


def test_a_graded_answer_is_saved_and_nothing_is_said_of_it(opened: Opened, tmp_path: Path) -> None:
    graded_kinds = [kind for kind in EVERY if kind != "code-check"]
    stage = opened(graded(tmp_path, *(CASES[kind].item for kind in graded_kinds)))
    learner = kinds.Learner(stage, {}, keyboard=False)
    for number, kind in enumerate(graded_kinds):
        one = stage.item(number)
        expect(one.locator(".ck-head")).to_contain_text("1 point")
        learner.do(one, CASES[kind].mouse["right"].moves)
        submit(one)
        says(one, "Saved. It is marked after you submit.")
        expect(one.get_by_role("button", name=re.compile("Hint|Submit|Show"))).to_have_count(0)
    expected = {f"all/{kind}": CASES[kind].mouse["right"].response for kind in graded_kinds}
    assert saved(tmp_path) == expected
    assert labs.axe_violations(stage.page, ".ck-quiz") == []
    labs.screenshot(stage.page.locator(".ck-quiz"), "quiz-graded")

    one = stage.item(0)
    one.get_by_label("the mean").check()
    expect(one.locator(".ck-info")).to_have_text("Changed, not saved yet.")
    stage.open()
    expect(one.get_by_label("the mean")).to_be_checked()
    submit(one)
    says(one, "Saved.")
    assert saved(tmp_path)["all/one-choice"] == 0

    text = stage.item(graded_kinds.index("short-text"))
    text.get_by_label("Your answer").fill("")
    submit(text)
    says(text, "Taken back. No answer to this question is saved now.")
    assert saved(tmp_path)["all/short-text"] is None


def test_a_failed_write_is_shown_and_retried(opened: Opened, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    stage = opened(graded(work, CASES["short-text"].item))
    stage.page.clock.install()
    stage.open()
    shutil.rmtree(work)
    work.write_text("in the way")
    one = stage.item()
    one.get_by_label("Your answer").fill("len")
    submit(one)
    says(one, "Not saved.")
    says(one, "It will be sent again by itself.")
    text = one.locator(".ck-feedback").inner_text()
    stage.page.clock.run_for(1600)
    expect(one.get_by_role("button", name="Save", exact=True)).to_be_visible()
    assert one.locator(".ck-feedback").inner_text() == text
    work.unlink()
    work.mkdir()
    stage.page.clock.run_for(3100)
    says(one, "Saved. It is marked after you submit.")
    assert saved(work) == {"all/short-text": "len"}


def test_save_pressed_twice_keeps_the_later_answer(opened: Opened, tmp_path: Path) -> None:
    stage = opened(graded(tmp_path, CASES["short-text"].item))
    stage.page.evaluate("""() => {
      const [field, button] = ['.ck-input', '[type=submit]'].map(what => document.querySelector(what));
      for (const text of ['first', 'second']) {
        field.value = text;
        field.dispatchEvent(new Event('input', {bubbles: true}));
        button.click();
      }
    }""")
    expect(stage.item().locator(".ck-info")).to_be_empty()
    says(stage.item(), "Saved.")
    expect(stage.item().get_by_role("button", name="Save", exact=True)).to_be_hidden()
    assert saved(tmp_path) == {"all/short-text": "second"}


# --- limits, waits, costs, variants, confidence


def test_hints_say_what_they_cost_and_what_was_earned(opened: Opened) -> None:
    stage = opened(practice(CASES["one-choice"].item))
    one = stage.item()
    one.get_by_role("button", name="Hint (1 of 2)", exact=True).click()
    expect(one.locator(".ck-hints")).to_have_text("Hint 1Look at the first step.")
    one.get_by_role("button", name="Hint (2 of 2, costs 25\u00a0%)", exact=True).click()
    expect(one.get_by_role("button", name=re.compile("Hint"))).to_have_count(0)
    one.get_by_label("the median").check()
    submit(one)
    says(one, "Right. It earns 75 % of the points.")
    one.get_by_role("button", name="Show explanation").click()
    expect(one.locator(".ck-why")).to_contain_text("depends on order only")


def test_the_last_attempt_opens_the_answer(opened: Opened) -> None:
    item = CASES["one-choice"].item.model_copy(update={"attempts": 2})
    stage = opened(practice(item))
    one = stage.item()
    expect(one.locator(".ck-info")).to_have_text("2 attempts left.")
    one.get_by_label("the mean").check()
    submit(one)
    expect(one.locator(".ck-info")).to_have_text("1 attempt left.")
    one.get_by_label("größter").check()
    stage.page.keyboard.press("Tab")
    assert stage.page.evaluate("document.activeElement.type") == "submit"
    stage.page.keyboard.press("Enter")
    says(one, "Not right. No attempts left.")
    expect(one.locator(".ck-why")).to_contain_text("Answer: the median")
    expect(one.locator(".ck-why")).to_contain_text("depends on order only")
    expect(one.get_by_label("the mean")).to_be_disabled()
    expect(one.get_by_role("button", name=SUBMIT)).to_be_hidden()
    assert stage.page.evaluate("document.activeElement.className") == "ck-why"  # the focus went somewhere useful
    assert labs.axe_violations(stage.page, ".ck-quiz") == []
    stage.open()
    expect(one.locator(".ck-why")).to_contain_text("Answer: the median")


def test_a_wait_is_counted_down_and_announced_once(opened: Opened) -> None:
    hand = Hand()
    item = CASES["short-text"].item.model_copy(update={"wait": 30})
    stage = opened(practice(item, clock=hand.clock))
    stage.page.clock.install(time=hand.at)
    stage.open()
    stage.page.clock.pause_at(hand.at + timedelta(hours=1))
    one = stage.item()
    one.get_by_label("Your answer").fill("count")
    submit(one)
    says(one, "Not right yet.")
    stage.page.evaluate("""() => {
      window.heard = [];
      for (const region of document.querySelectorAll('.ck-quiz [role=status]')) new MutationObserver(
        () => heard.push(region.textContent)).observe(region, {childList: true, characterData: true, subtree: true});
    }""")
    expect(one.locator(".ck-info")).to_have_text("You can try again in 30 seconds.")
    stage.page.clock.run_for(10_000)
    hand.on(10)
    expect(one.locator(".ck-info")).to_have_text("You can try again in 20 seconds.")
    one.get_by_label("Your answer").fill("len")
    assert stage.page.evaluate("heard") == []
    submit(one)
    says(one, "You can try again in 20 seconds.")
    expect(one.get_by_label("Your answer")).to_have_value("len")
    stage.page.clock.run_for(20_100)
    hand.on(20.1)
    expect(one.locator(".ck-info")).to_be_empty()
    assert stage.page.evaluate("heard") == ["You can try again in 20 seconds.", "You can try again now."]
    submit(one)
    says(one, "Right.")


def test_another_variant_takes_the_place_of_the_first(opened: Opened) -> None:
    variants = [
        Number(key="sum", prompt=f"What is 1 + {number}?", answer=str(1 + number), explanation=f"1 + {number}")
        for number in (1, 2, 3)
    ]
    stage = opened(practice(variants, scope="here"))
    one = stage.item()
    expect(one.get_by_role("button", name="New variant")).to_be_hidden()
    one.get_by_label("Your answer").fill("2")
    submit(one)
    says(one, "Right.")
    one.get_by_role("button", name="New variant").click()
    expect(one.locator(".ck-prompt")).not_to_have_text("What is 1 + 1?")
    expect(one.locator(".ck-feedback")).to_be_empty()
    expect(one.get_by_label("Your answer")).to_have_value("")
    assert stage.page.evaluate("document.activeElement.textContent") == "Question"
    one.get_by_label("Your answer").fill("77")  # not sent; it belongs to this variant
    stage.open()
    expect(one.get_by_label("Your answer")).to_have_value("77")
    right = {f"What is 1 + {number}?": str(1 + number) for number in (1, 2, 3)}[one.locator(".ck-prompt").inner_text()]
    one.get_by_label("Your answer").fill(right)
    submit(one)
    says(one, "Right.")


def test_confidence_is_asked_for_before_submit(opened: Opened) -> None:
    item = CASES["true-false"].item.model_copy(update={"confidence": True})
    stage = opened(practice(item, scope="here"))
    one = stage.item()
    group = one.get_by_role("group", name="How sure are you?")
    expect(group.get_by_role("radio")).to_have_count(3)
    one.get_by_label("False").check()
    submit(one)
    says(one, "Say first how sure you are.")
    group.get_by_label("Fairly sure").check()
    stage.open()
    expect(group.get_by_label("Fairly sure")).to_be_checked()
    submit(one)
    says(one, "Right.")
    assert (stage.sent[-1]["response"], stage.sent[-1]["confidence"]) == (False, 2)
    assert labs.axe_violations(stage.page, ".ck-quiz") == []


def test_shuffled_choices_are_sent_as_they_stand_in_the_source(opened: Opened) -> None:
    texts = [f"choice {number}" for number in range(8)]
    one_of = OneChoice(
        key="one",
        prompt="Which?",
        choices=tuple(Choice(text=text, right=text[-1] == "3") for text in texts),
        shuffle="all",
    )
    some = SeveralChoices(
        key="some",
        prompt="Which?",
        choices=tuple(Choice(text=text, right=text[-1] in "27") for text in texts),
        shuffle="but-last",
    )
    stage = opened(practice(one_of, some))
    for number in (0, 1):
        shown = stage.item(number).locator(".ck-choice").all_text_contents()
        assert sorted(shown) == texts
        assert shown != texts
    assert stage.item(1).locator(".ck-choice").last.text_content() == "choice 7"
    stage.item(0).get_by_label("choice 3").check()
    submit(stage.item(0))
    says(stage.item(0), "Right.")
    for text in ("choice 7", "choice 2"):
        stage.item(1).get_by_label(text).check()
    submit(stage.item(1))
    says(stage.item(1), "Right.")
    assert stage.sent[-1]["response"] == [2, 7]
    stage.open()
    assert stage.item(0).locator(".ck-choice").all_text_contents() != texts
    expect(stage.item(0).get_by_label("choice 3")).to_be_checked()


def test_moves_are_announced_and_escape_takes_a_drag_back(opened: Opened) -> None:
    stage = opened(practice(CASES["ordering"].item, CASES["parsons"].item))
    one = stage.item(0)
    heard = one.locator("fieldset [role=status]")
    one.get_by_role("button", name="Move up Read the file").click()
    expect(heard).to_have_text("Read the file: now 1 of 4.")
    before = one.locator(".ck-row").all_text_contents()
    grip = one.locator(".ck-row").first.locator(".ck-grip").bounding_box()
    last = one.locator(".ck-row").last.bounding_box()
    assert grip is not None
    assert last is not None
    mouse = stage.page.mouse
    mouse.move(grip["x"] + 4, grip["y"] + 8)
    mouse.down()
    mouse.move(last["x"] + 20, last["y"] + 30, steps=5)
    assert one.locator(".ck-row").all_text_contents() != before
    stage.page.keyboard.press("Escape")
    assert one.locator(".ck-row").all_text_contents() == before
    mouse.up()
    assert one.locator(".ck-row").all_text_contents() == before

    program = stage.item(1)
    program.get_by_role("button", name="Add to the program def add").click()
    program.get_by_role("button", name="Add to the program return total").click()
    program.get_by_role("button", name="Indent more return total").click()
    expect(program.locator("fieldset [role=status]")).to_have_text("return total: now 2 of 2, indented 1.")
    program.get_by_role("button", name="Remove return total").click()
    expect(program.locator("fieldset [role=status]")).to_have_text("return total: taken out.")
    assert stage.page.evaluate(f"({kinds.NAME})(document.activeElement)") == "Add to the program return total"
    expect(program.locator(".ck-pool .ck-row").first).to_contain_text("return total")  # where it stood before


def test_a_finger_drags_at_the_grip_only(opened: Opened) -> None:
    stage = opened(practice(CASES["ordering"].item), has_touch=True)
    one = stage.item()
    drag = """([selector, dy]) => {
      const target = document.querySelector(selector), box = target.getBoundingClientRect();
      const at = (type, y, where) => where.dispatchEvent(new PointerEvent(type, {
        bubbles: true, cancelable: true, pointerType: 'touch', clientX: box.x + 3, clientY: box.y + y}));
      at('pointerdown', 5, target);
      for (const part of [0.3, 0.6, 1]) at('pointermove', 5 + dy * part, document);
      at('pointerup', 5 + dy, document);
    }"""
    before = one.locator(".ck-row").all_text_contents()
    stage.page.evaluate(drag, [".ck-row .ck-text", 120])
    assert one.locator(".ck-row").all_text_contents() == before
    stage.page.evaluate(drag, [".ck-row .ck-grip", 120])
    assert one.locator(".ck-row").all_text_contents() != before


# --- everyone can use it


def fill(stage: Any, made: dict[str, Any]) -> None:
    """Every kind in a state that shows much."""
    learner = kinds.Learner(stage, made, keyboard=False)
    for number, kind in enumerate(EVERY):
        ways = CASES[kind].mouse
        name = next(name for name in ("partly", "wrong", "invalid") if name in ways)
        learner.do(stage.item(number), ways[name].moves)
        submit(stage.item(number))
        expect(stage.item(number).locator(".ck-feedback")).not_to_be_empty()
    hint = stage.page.get_by_role("button", name=re.compile("^Hint"))
    hint.first.click()
    expect(stage.page.locator(".ck-hint")).to_have_count(1)
    # what is out of sight is not laid out: have all of it, for axe-core and for pictures
    stage.page.add_style_tag(content=".ck-item { content-visibility: visible !important }")


@pytest.mark.parametrize(
    ("name", "context", "theme"),
    [
        ("light", {}, "light"),
        ("dark", {}, "dark"),
        ("narrow", {"viewport": {"width": 320, "height": 800}}, "light"),
        ("forced-colors", {"forced_colors": "active"}, "light"),
        ("more-contrast", {"contrast": "more", "color_scheme": "dark"}, "dark"),
        ("text-200", {"viewport": {"width": 1000, "height": 1000}}, "light"),
        ("text-200-narrow", {"viewport": {"width": 320, "height": 800}}, "dark"),
    ],
)
def test_every_kind_fits_and_is_accessible(opened: Opened, name: str, context: dict[str, Any], theme: str) -> None:
    made: dict[str, Any] = {}
    stage = opened(practice(*every_item(), made=made), theme=theme, **context)
    if name.startswith("text-200"):
        stage.page.add_style_tag(content=":root { font-size: 200% }")
    fill(stage, made)
    labs.screenshot(stage.page.locator(".ck-quiz"), f"quiz-kinds-{name}")
    assert labs.axe_violations(stage.page, ".ck-quiz") == []
    wide, window = stage.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window
    cut = stage.page.evaluate("""() => [...document.querySelectorAll('.ck-quiz button, .ck-quiz .ck-choice')].filter(
      one => one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML)""")
    assert cut == []
    small = stage.page.evaluate("""() => [...document.querySelectorAll('.ck-quiz :is(button, input, select, textarea)')]
      .map(one => one.matches('[type=radio], [type=checkbox]') ? one.closest('label') : one)
      .filter(one => one.offsetParent && Math.min(one.offsetWidth, one.offsetHeight) < 24).map(one => one.outerHTML)""")
    assert small == []
    unprotected = stage.page.evaluate(
        f"[...document.querySelectorAll('.ck-quiz {FOCUSABLE}')]"
        ".filter(one => one.dataset.lmSuppressShortcuts !== 'true').map(one => one.outerHTML)"
    )
    assert unprotected == []


def test_controls_are_native_and_named(opened: Opened) -> None:
    stage = opened(practice(*every_item()))
    for number, kind in enumerate(EVERY):
        one = stage.item(number)
        group = one.locator("> fieldset")
        expect(group).to_have_count(1)
        assert (
            one.locator("[role=button], [role=checkbox], [role=radio], [role=listbox], [contenteditable]").count() == 0
        )
        assert one.locator("> .ck-feedback[role=status]").count() == 1, kind
    unnamed = stage.page.evaluate(
        "[...document.querySelectorAll('.ck-quiz :is(button, input, select, textarea)')]"
        f".filter(one => !({kinds.NAME})(one)).map(one => one.outerHTML)"
    )
    assert unnamed == []


def test_focus_is_seen_and_motion_is_spared(opened: Opened) -> None:
    stage = opened(practice(*every_item()), reduced_motion="reduce")
    unseen = stage.page.evaluate(f"""() => {{
      const unseen = [];
      for (const one of document.querySelectorAll('.ck-quiz {FOCUSABLE}')) {{
        one.focus({{focusVisible: true}});
        if (document.activeElement !== one) continue;
        const {{outlineStyle, outlineWidth}} = getComputedStyle(one);
        if (outlineStyle !== 'solid' || parseFloat(outlineWidth) < 2) unseen.push(one.outerHTML);
      }}
      return unseen;
    }}""")
    assert unseen == []
    moving = stage.page.evaluate("""() => [...document.querySelectorAll('.ck-quiz *')].filter(one => {
      const {transitionDuration, animationName} = getComputedStyle(one);
      return animationName !== 'none' || !/^(0s(, )?)+$/.test(transitionDuration); }).length""")
    assert moving == 0


def test_an_essay_grows_with_what_is_written(opened: Opened) -> None:
    stage = opened(practice(CASES["essay"].item))
    field = stage.item().get_by_label("Your answer")
    before = field.bounding_box()
    field.fill("line\n" * 12)
    after = field.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > 2 * before["height"]
    expect(stage.item().locator(".ck-small").first).to_have_text("12 words (3 to 20 asked for)")


# --- quick, small, alone


def test_a_hundred_questions_are_there_within_a_second_and_scroll(opened: Opened) -> None:
    items = [CASES[EVERY[number % len(EVERY)]].item.model_copy(update={"key": f"q{number}"}) for number in range(100)]
    stage = opened(practice(*items))
    assert stage.page.locator(".ck-item").count() == 100
    assert stage.page.evaluate("rendered") < 1000
    longest = stage.page.evaluate("""async () => {
      let longest = 0, before = performance.now();
      for (let y = 0; y < document.documentElement.scrollHeight; y += 400) {
        scrollTo(0, y);
        const now = await new Promise(requestAnimationFrame);
        longest = Math.max(longest, now - before);
        before = now;
      }
      return longest;
    }""")
    assert longest < 500


def test_the_page_reads_numbers_as_the_kernel_does(opened: Opened) -> None:
    from decimal import Decimal

    golden = json.loads((Path(__file__).parent.parent / "golden" / "numbers.json").read_text())["numbers"]
    stage = opened(practice(CASES["number"].item))
    read = stage.page.evaluate("texts => texts.map(parseNumber)", [text for text, _ in golden])
    for (text, expected), found in zip(golden, read, strict=True):
        assert (found is None) == (expected is None), text
        if expected is not None:
            assert Decimal(found) == Decimal(expected), text


def test_a_number_is_read_back_while_it_is_typed(opened: Opened) -> None:
    stage = opened(practice(Number(key="n", prompt="How many?", answer="1234.5")))
    one = stage.item()
    field = one.get_by_label("Your answer (a number)")
    for typed, told in [
        ("1234.5", ""),
        ("6.022e23", ""),
        ("1.234,5", "Read as 1234.5"),
        ("12 %", "Read as 0.12"),
        ("1,5", "Read as 1.5"),
    ]:
        field.fill(typed)
        expect(one.locator(".ck-small")).to_have_text(told)
    field.fill("many")
    expect(one.locator(".ck-small")).to_be_empty()  # not while it is being typed
    submit(one)  # what is told on leaving the field leaves the button where it is
    says(one, "Not counted.")
    expect(one.locator(".ck-small")).to_have_text("This cannot be read as a number yet.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(one.locator(".ck-info")).to_be_empty()


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<img src='//elsewhere.test/a.png' srcset='http://elsewhere.test/b.png 2x' alt='a'>",
    "<svg onload='window.hacked = 1'><a xlink:href='javascript:window.hacked = 1'><text>x</text></a></svg>",
    "<math><mtext><a href='\t java\nscript:window.hacked = 1'>link</a></mtext></math>",
    "<pre><code>x<img src=x onerror='window.hacked = 1'></code></pre>",
    "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe><style>* { display: none }</style>",
    "<form action='http://elsewhere.test'><button>Send</button></form><base href='http://elsewhere.test'>",
    "<details open ontoggle='window.hacked = 1'>x</details><input autofocus onfocus='window.hacked = 1'>",
    "<template><img src=x onerror='window.hacked = 1'></template>",
]


def test_a_file_that_was_tampered_with_runs_nothing(opened: Opened) -> None:
    """No kernel of ours sends such texts; whoever changes a quiz file could."""
    stage = opened(practice(*every_item()))
    state = json.loads(json.dumps(stage.kernel.state()))
    text = "kept <b>words</b> " + "".join(HOSTILE)
    for item in state["quiz"]["items"]:
        item["prompt"] += text
        for name in ("choices", "pieces", "left", "right"):
            item["form"][name] = [f"{one}{text}" for one in item["form"].get(name, [])]
    for standing in state["answers"].values():
        remark = [{"text": text, "choice": None}]
        standing.update(state="wrong", feedback=remark, hints=[text], answers=[text], explanation=text)
    stage.kernel.state = lambda: state
    stage.open()
    page = stage.page
    page.wait_for_timeout(200)  # what would run, runs soon
    assert page.evaluate("window.hacked") is None
    assert stage.elsewhere == []
    left = page.evaluate("""() => [...document.querySelectorAll("main *")].flatMap((part) => [
        ...(part.matches("script, iframe, style, base") ? [part.localName] : []),
        ...[...part.attributes].map((a) => a.name + a.value).filter((a) => /^on|javascript:|elsewhere/.test(a)),
    ])""")
    assert left == []
    expect(stage.item().locator(".ck-prompt b")).to_have_text("words")


def test_the_script_is_small_and_asks_for_nothing() -> None:
    script = (stages.STATIC / "quiz.js").read_text(encoding="utf-8")
    style = (stages.STATIC / "quiz.css").read_text(encoding="utf-8")
    assert len(script.encode()) < 60_000
    assert not re.search(r"\bimport\b\s*[({'\"]|\bfetch\(|XMLHttpRequest|https?:", script)
    assert not re.search(r"url\(|@import|https?:", style)
    assert "eval(" not in script
