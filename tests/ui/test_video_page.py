"""The video's player on a bare page: what it counts, what it remembers, how it looks and sounds to everyone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from siblings import sibling

from course_kit.model.video import Captions, Cue, Video
from course_kit.source.notebooks import read_notebook
from course_kit.source.videos import lesson_videos

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]


labs, stages = sibling("conftest"), sibling("video_stage")


@pytest.fixture(scope="module")
def median() -> Video:
    notebook, _ = read_notebook(ROOT / "notebooks/02-frames.ipynb", "notebooks/02-frames.ipynb")
    assert notebook is not None
    (video,) = lesson_videos(notebook, ROOT)
    return video


Make = Callable[..., Any]


@pytest.fixture
def stage(chromium: Browser, median: Video) -> Iterator[Make]:
    """``stage(video, width=…, …)``: the page is not open yet; further arguments go to the browser's context."""
    contexts = []

    def make(video: Video = median, *, width: int = 1000, **context: Any) -> Any:
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **context))
        return stages.VideoStage(contexts[-1].new_page(), video)

    yield make
    for context in contexts:
        context.close()


def start(shown: Any) -> None:
    shown.button(re.compile("^Play 332")).click()
    shown.wait_until(0.1)


def seek(page: Page, seconds: float) -> None:
    page.evaluate("at => (document.querySelector('video').currentTime = at)", seconds)
    page.wait_for_function("!document.querySelector('video').seeking")


def test_nothing_of_the_video_loads_before_it_is_played_and_its_sizes_are_said(stage: Make) -> None:
    shown = stage().open()
    expect(shown.button("Play 332 kB")).to_be_visible()
    expect(shown.button("Play the small version 148 kB")).to_be_visible()
    expect(shown.button("Read the transcript instead")).to_be_visible()
    shown.page.wait_for_function("document.querySelector('.ck-poster')?.naturalWidth > 0")
    assert shown.requested == ["median.webp"]
    shown.button("Play the small version 148 kB").click()
    shown.wait_until(0.1)
    assert "median-small.webm" in shown.requested
    assert "median.webm" not in shown.requested


def test_what_is_skipped_does_not_count(stage: Make) -> None:
    shown = stage().open()
    start(shown)
    shown.wait_until(1)
    seek(shown.page, 30)
    shown.wait_until(31)
    shown.button("Pause").click()
    expect(shown.player.locator(".ck-share")).to_have_text(re.compile("^Watched [45]\u00a0%$"))
    first, second = shown.watched(2)
    assert first[0] == 0.0
    assert 1 <= first[1] < 3
    assert 29.9 < second[0] <= 30.1
    assert 31 <= second[1] < 33
    assert shown.notes.facts[0] == {
        "kind": "VideoWatched",
        "lesson": "frames",
        "video": "median",
        "ranges": [first, second],
        "duration": 42.0,
        "read": False,
    }


def test_playing_fast_counts_and_dragging_along_does_not(stage: Make) -> None:
    shown = stage().open()
    start(shown)
    shown.player.get_by_label("Speed").select_option("2")
    shown.wait_until(4)
    shown.button("Pause").click()
    ((begin, end),) = shown.watched()
    assert begin == 0.0
    assert end >= 4
    slider = shown.player.get_by_role("slider", name="Position")
    for at in range(5, 40, 3):
        slider.fill(str(at))
    assert shown.at() == pytest.approx(38, abs=0.2)
    shown.button("Play").click()
    shown.wait_until(39)
    shown.button("Pause").click()
    assert [round(span[0]) for span in shown.watched(2)] == [0, 38]


def test_the_end_is_the_whole_and_the_next_time_begins_anew(stage: Make) -> None:
    shown = stage().open()
    start(shown)
    seek(shown.page, 41)
    shown.page.wait_for_function("document.querySelector('video').ended")
    expect(shown.button("Play")).to_be_visible()
    assert shown.watched(2)[-1] == [41.0, 42.0]
    shown.open()
    expect(shown.button("Play 332 kB")).to_be_visible()


def test_while_it_plays_it_is_told_every_ten_seconds_and_when_the_page_is_hidden(stage: Make) -> None:
    shown = stage().open()
    start(shown)
    shown.wait_until(1)
    shown.page.evaluate("Date.now = ((now) => () => now() + 10_000)(Date.now.bind(Date))")
    ((begin, first),) = shown.watched()
    assert (begin, first >= 1) == (0.0, True)
    shown.wait_until(first + 1)
    shown.page.evaluate(
        """Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
           document.dispatchEvent(new Event("visibilitychange"))"""
    )
    again = shown.watched(2)[1]
    assert again[0] == pytest.approx(first, abs=0.02)
    shown.wait_until(again[1] + 1)  # a hidden page goes on playing, and that counts
    shown.button("Pause").click()
    assert shown.watched(3)[2][1] >= again[1] + 1


def test_without_a_kernel_it_plays_and_tells_later(stage: Make) -> None:
    shown = stage()
    shown.silent = True
    shown.open()
    start(shown)
    shown.wait_until(1.5)
    shown.button("Pause").click()
    expect(shown.player.get_by_role("status")).to_contain_text("is kept in this browser")
    assert shown.notes.facts == []
    shown.silent = False
    shown.open()  # as when the kernel was started again, and the cell was run
    expect(shown.player.locator(".ck-share")).to_have_text(re.compile("Watched"))
    ((begin, end),) = shown.watched()
    assert (begin, end >= 1.5) == (0.0, True)
    expect(shown.button(re.compile("^Play 332"))).to_be_visible()  # so near the beginning it is no place to go on


def test_it_goes_on_where_it_was(stage: Make) -> None:
    shown = stage().open()
    start(shown)
    seek(shown.page, 20)
    shown.wait_until(20.5)
    shown.button("Pause").click()
    shown.player.get_by_label("Speed").select_option("1.5")
    shown.open()
    shown.button(re.compile("^Go on at 0:2[01] 332")).click()
    shown.page.wait_for_function("document.querySelector('video').currentTime > 20")
    assert shown.page.evaluate("document.querySelector('video').playbackRate") == 1.5
    shown.open()
    shown.button("From the beginning").click()
    shown.wait_until(0.1)
    assert shown.at() < 10


def test_it_is_played_by_keyboard_alone(stage: Make) -> None:
    shown = stage().open()
    page = shown.page
    page.keyboard.press("Tab")
    expect(shown.button("Play 332 kB")).to_be_focused()
    page.keyboard.press("Enter")
    shown.wait_until(0.2)
    expect(shown.button("Pause")).to_be_focused()
    page.keyboard.press("Space")
    expect(shown.button("Play")).to_be_focused()
    page.keyboard.press("Tab")
    slider = shown.player.get_by_role("slider", name="Position")
    expect(slider).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('video').currentTime > 10")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^0:10 of 0:42$"))
    page.keyboard.press("Tab")
    captions = shown.button("Captions")
    expect(captions).to_be_focused()
    expect(captions).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.querySelector('video').textTracks[0].mode") == "showing"
    page.keyboard.press("Enter")
    expect(captions).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.querySelector('video').textTracks[0].mode") == "disabled"
    page.keyboard.press("Tab")
    expect(shown.player.get_by_label("Speed")).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.querySelector('video').playbackRate") == 1.25
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(shown.button("Mute")).to_have_attribute("aria-pressed", "true")
    shown.open()
    shown.button("From the beginning").click()
    expect(shown.button("Captions")).to_have_attribute("aria-pressed", "false")


def test_the_transcript_follows_and_leads(stage: Make) -> None:
    shown = stage().open()
    shown.player.get_by_text("Transcript", exact=True).click()
    shown.button(re.compile("count from both ends")).click()  # nothing loads for that
    assert shown.requested == ["median.webp"]
    expect(shown.player.get_by_role("status")).to_have_text("The video will start at 0:13.")
    shown.button(re.compile("^Go on at 0:13")).click()
    shown.page.wait_for_function("document.querySelector('video').currentTime > 13")
    line = shown.player.locator(".ck-line[aria-current]")
    expect(line).to_have_text(re.compile("^0:13For the median"))
    shown.button(re.compile("^0:29")).click()
    shown.page.wait_for_function("document.querySelector('video').currentTime >= 29")
    expect(line).to_have_text(re.compile("^0:29"))


def test_the_transcript_read_counts_as_the_video_watched(stage: Make) -> None:
    shown = stage().open()
    shown.page.keyboard.press("Tab")
    shown.page.keyboard.press("Tab")
    shown.page.keyboard.press("Tab")
    shown.page.keyboard.press("Enter")
    expect(shown.player.get_by_role("group", name="Transcript")).to_be_focused()
    expect(shown.player.locator(".ck-told")).to_contain_text("An orange triangle appears below the line")
    shown.button("I have read the transcript").click()
    expect(shown.player.get_by_role("status")).to_have_text("Counted: you have read the transcript.")
    expect(shown.player.locator(".ck-share")).to_have_text("Watched 100\u00a0%")
    expect(shown.button("I have read the transcript")).to_have_count(0)
    assert [(fact["ranges"], fact["read"]) for fact in shown.notes.facts] == [([[0.0, 42.0]], True)]
    assert shown.requested == ["median.webp"]


def test_a_front_end_that_finds_no_files_gets_them_from_the_kernel(stage: Make) -> None:
    shown = stage()
    shown.page.add_init_script("window.lostFiles = true")
    shown.open()
    start(shown)
    shown.wait_until(0.5)
    assert shown.requested == []
    assert [message["start"] for message in shown.sent if message["kind"] == "piece"] == [0]
    assert shown.page.evaluate("document.querySelector('video').src").startswith("blob:")


def test_a_video_that_cannot_be_played_says_so_and_leaves_its_transcript(stage: Make, median: Video) -> None:
    gone = median.model_copy(update={"full": median.full.model_copy(update={"path": "notebooks/videos/gone.webm"})})
    shown = stage(gone).open()
    shown.button("Play 332 kB").click()
    expect(shown.player.get_by_role("status")).to_contain_text("This video cannot be played here.")
    expect(shown.button("I have read the transcript")).to_be_visible()


def test_several_languages_are_chosen_from(stage: Make, median: Video) -> None:
    german = Captions(language="de", cues=(Cue(start=0, end=4, text="<i>Fünf</i> Pinguine"),))
    shown = stage(median.model_copy(update={"captions": (*median.captions, german)})).open()
    start(shown)
    choice = shown.player.get_by_role("combobox", name="Captions")
    assert choice.locator("option").all_inner_texts() == ["Off", "English", "Deutsch"]
    choice.select_option("Deutsch")
    assert shown.page.evaluate("[...document.querySelector('video').textTracks].map(t => t.mode)") == [
        "disabled",
        "showing",
    ]


def test_stretches_are_joined_and_taken_apart(stage: Make) -> None:
    page = stage().open().page
    assert page.evaluate("union([[3, 5], [0, 1], [1, 2], [4, 6]])") == [[0, 2], [3, 6]]
    assert page.evaluate("without([[0, 10]], [[2, 3], [9, 12]])") == [[0, 2], [3, 9]]
    assert page.evaluate("without([[0, 1]], [[0, 1]])") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 320])
def test_it_has_no_axe_violations_and_fits(stage: Make, theme: str, width: int) -> None:
    shown = stage(width=width).open(theme)
    assert labs.axe_violations(shown.page, ".ck-video") == []
    labs.screenshot(shown.page, f"video-start-{theme}-{width}")
    shown.player.get_by_text("Transcript", exact=True).click()
    start(shown)
    seek(shown.page, 26)
    shown.wait_until(26.5)
    shown.button("Pause").click()
    assert labs.axe_violations(shown.page, ".ck-video") == []
    labs.screenshot(shown.page, f"video-{theme}-{width}")
    page = shown.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = page.evaluate(
        "[...document.querySelectorAll('.ck-video :is(button, select, input, summary)')]"
        ".filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 60), e.getBoundingClientRect().height])"
    )
    assert [box for box in boxes if box[1] < 24] == []


def test_at_twice_the_text_nothing_is_cut_off(stage: Make) -> None:
    shown = stage(width=640).open()
    shown.page.add_style_tag(content="html { font-size: 200%; }")
    start(shown)
    assert shown.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    inside = """(() => {
      const edge = document.querySelector('.ck-video').getBoundingClientRect().right;
      const controls = [...document.querySelectorAll('.ck-controls :is(button, select, input)')];
      return controls.filter(e => e.checkVisibility()).every(e => e.getBoundingClientRect().right <= edge);
    })()"""
    assert shown.page.evaluate(inside)


def test_motion_is_reduced_and_focus_is_seen(stage: Make) -> None:
    shown = stage(reduced_motion="reduce", forced_colors="active").open()
    shown.page.keyboard.press("Tab")
    style = "getComputedStyle(document.activeElement)"
    assert shown.page.evaluate(f"[{style}.outlineStyle, {style}.outlineWidth]") == ["solid", "3px"]
    start(shown)
    assert (
        shown.page.evaluate("getComputedStyle(document.querySelector('.ck-screen'), '::after').animationName") == "none"
    )
    labs.screenshot(shown.page, "video-forced-colors")
