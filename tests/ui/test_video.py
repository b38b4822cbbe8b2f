"""A lesson with a video in real JupyterLab and Notebook 7: built, opened, watched, counted, completed."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from siblings import sibling

pytestmark = pytest.mark.browser
VIDEOS = Path(__file__).parents[2] / "notebooks" / "videos"
CELL = """%%video median
title: How a median resists a slip
file: videos/median.webm
small: videos/median-small.webm
captions: videos/median.en.vtt
transcript: videos/median.md
poster: videos/median.webp
"""
COURSE = """course: films
title: Films
units:
  - key: one
    lessons:
      - notebook: lessons/watch.ipynb
        minutes: 5
        complete: video median >= 10 %
"""
LESSON = "films/lessons/watch.ipynb"


labs = sibling("conftest")


def course_kit(lab: Any, *arguments: str) -> str:
    """What `course-kit` prints as the learner of ``lab``, in the folder that JupyterLab shows."""
    ran = subprocess.run(
        [sys.executable, "-m", "course_kit", *arguments],
        env={**os.environ, **lab.environ},
        cwd=lab.folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return ran.stdout


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("author")
    shutil.copytree(VIDEOS, folder / "lessons" / "videos")
    (folder / "course.yml").write_text(COURSE)
    cells = [
        {"cell_type": "markdown", "id": "top", "metadata": {}, "source": "# Watch"},
        *(
            {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": [], "execution_count": None}
            for name, source in (("load", "%load_ext course_kit"), ("film", CELL))
        ),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (folder / "lessons" / "watch.ipynb").write_text(json.dumps(notebook))
    subprocess.run([sys.executable, "-m", "course_kit", "build", str(folder)], check=True, timeout=180)
    return next(folder.glob("releases/*/*.course.zip"))


@pytest.fixture(scope="module")
def lab(lab_server: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lab_server(tmp_path_factory.mktemp("learner"))


@pytest.fixture
def fresh(lab: Any, release: Path) -> Any:
    """The server with the course opened, and nothing watched yet."""
    shutil.rmtree(lab.folder / "films", ignore_errors=True)
    shutil.rmtree(lab.home / "course-kit", ignore_errors=True)
    course_kit(lab, "open", str(release), "--to", "films")
    return lab


def film(page: Page) -> Locator:
    return page.get_by_role("region", name="Video How a median resists a slip")


def run(page: Page) -> None:
    for number in (1, 2):
        labs.run_cell(page, number)
    expect(film(page)).to_be_visible()


def at(page: Page, seconds: float) -> None:
    page.wait_for_function("at => document.querySelector('.ck-video video').currentTime >= at", arg=seconds)


def plays(page: Page, seconds: float) -> None:
    """Wait until it has come ``seconds`` further."""
    at(page, page.evaluate("document.querySelector('.ck-video video').currentTime") + seconds)


def watched(lab: Any, share: float) -> dict[str, Any]:
    """The lesson as `course-kit progress` shows it, once that share of its video is in the store."""
    deadline = time.monotonic() + 60
    while True:
        panel = json.loads(course_kit(lab, "progress", "films", "--json"))
        (lesson,) = panel["units"][0]["lessons"]
        if lesson["videos"][0]["watched"] >= share:
            return dict(lesson)
        assert time.monotonic() < deadline, lesson


def test_a_video_is_watched_by_keyboard_and_completes_its_lesson(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = lab_page(fresh, LESSON)
    loaded: list[str] = []
    page.on(
        "request", lambda request: loaded.append(request.url) if request.url.split("?")[0].endswith("webm") else None
    )
    run(page)
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    assert loaded == []
    film(page).get_by_role("button", name="Play 332 kB").focus()
    page.keyboard.press("Enter")
    at(page, 1)
    assert re.search(r"/files/films/lessons/videos/median\.webm", loaded[0])
    page.keyboard.press("Space")  # Pause has the focus
    expect(film(page).locator(".ck-share")).to_have_text(re.compile("Watched [2-5]\u00a0%"))
    page.keyboard.press("Tab")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    at(page, 25)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    plays(page, 1.2)
    page.keyboard.press("Space")
    lesson = watched(fresh, 2 / 42)
    assert lesson["state"] == "started"  # 25 seconds were skipped
    (video,) = lesson["videos"]
    assert (video["key"], video["title"], video["seconds"]) == ("median", "How a median resists a slip", 42.0)
    assert video["watched"] < 0.1
    for key in ("Tab", "Tab", "Tab", *["ArrowDown"] * 4, "Shift+Tab", "Shift+Tab", "Shift+Tab"):
        page.keyboard.press(key)
    expect(film(page).get_by_label("Speed")).to_have_value("2")
    page.keyboard.press("Space")
    plays(page, 3)
    page.keyboard.press("Space")
    expect(film(page).locator(".ck-share")).to_have_text(re.compile(r"Watched 1\d\u00a0%"))
    lesson = watched(fresh, 0.1)
    assert (lesson["state"], lesson["fraction"]) == ("done", 1.0)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells  # no key was taken for the notebook's
    assert "Video: How a median resists a slip" in course_kit(fresh, "progress", "films")


def test_it_goes_on_after_a_reload_and_a_new_kernel(fresh: Any, lab_page: Callable[..., Page]) -> None:
    page = lab_page(fresh, LESSON)
    run(page)
    film(page).get_by_role("button", name="Play 332 kB").click()
    at(page, 0.5)
    page.evaluate("document.querySelector('.ck-video video').currentTime = 12")
    at(page, 13)
    labs.restart_and_run_all(page)
    expect(film(page).get_by_role("button", name=re.compile("^Go on at 0:1[234]"))).to_be_visible()
    page.reload()
    page.wait_for_function(labs.READY, timeout=60_000)
    run(page)
    film(page).get_by_role("button", name=re.compile("^Go on at 0:1[234]")).click()
    at(page, 13.5)
    (video,) = watched(fresh, 1.4 / 42)["videos"]
    assert video["watched"] < 5 / 42


def test_before_it_is_run_there_is_a_plain_player_with_its_transcript(
    fresh: Any, lab_page: Callable[..., Page]
) -> None:
    page = lab_page(fresh, LESSON)
    plain = page.locator(".ck-static-video")
    expect(plain).to_contain_text("How a median resists a slip (video, 0:42)")
    expect(plain.get_by_role("link", name="Open the video")).to_be_visible()
    plain.locator("summary").click()
    expect(plain).to_contain_text("An orange triangle appears below the line")
    plain.locator("video").evaluate("video => video.play()")
    page.wait_for_function("document.querySelector('.ck-static-video video').currentTime > 0.2")
    assert labs.axe_violations(page, ".ck-static-video") == []


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark High Contrast"])
def test_it_is_accessible_in_jupyterlab(fresh: Any, lab_page: Callable[..., Page], theme: str) -> None:
    fresh.set_theme(theme)
    page = lab_page(fresh, LESSON)
    run(page)
    film(page).get_by_text("Transcript", exact=True).click()
    film(page).get_by_role("button", name="Play 332 kB").click()
    at(page, 0.5)
    film(page).get_by_role("button", name="Pause").click()
    assert labs.axe_violations(page, ".ck-video") == []
    labs.screenshot(page, f"video-lab-{theme.rpartition(' ')[2].lower()}")


class HubLab(labs.Lab):  # type: ignore[misc, name-defined]
    """A server as JupyterHub starts it: everything lies below the learner's own address."""

    @property
    def url(self) -> str:
        return f"{super().url}/user/ada"


@pytest.fixture
def hub(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = labs.make_lab(tmp_path_factory.mktemp("learner"), tmp_path_factory.mktemp("lab"))
    lab = HubLab(made.folder, made.home, made.port, environ=made.environ)
    settings = {"ServerApp": {"base_url": "/user/ada/"}}
    (lab.home / "config" / "jupyter_server_config.json").write_text(json.dumps(settings))
    course_kit(lab, "open", str(release), "--to", "films")
    yield lab.start()
    lab.stop()


def test_in_notebook_7_on_a_hub_the_transcript_read_completes_the_lesson(chromium: Browser, hub: Any) -> None:
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    loaded: list[str] = []
    page.on("response", lambda answer: loaded.append(answer.url) if ".webm" in answer.url else None)
    page.goto(f"{hub.url}/notebooks/{LESSON}?token={labs.TOKEN}")
    page.wait_for_function(labs.READY, timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator('.lm-Menu li[data-command="runmenu:run-all"]').click()
    expect(film(page)).to_be_visible()
    film(page).get_by_role("button", name=re.compile("^Play the small")).click()
    at(page, 0.5)
    assert loaded[0].startswith(f"{hub.url}/files/films/lessons/videos/median-small.webm")
    film(page).get_by_role("button", name="Captions").click()
    expect(film(page).get_by_role("button", name="Captions")).to_have_attribute("aria-pressed", "false")
    film(page).get_by_text("Transcript", exact=True).click()
    film(page).get_by_role("button", name="I have read the transcript").click()
    expect(film(page).locator(".ck-share")).to_have_text("Watched 100\u00a0%")
    labs.screenshot(page, "video-notebook")
    lesson = watched(hub, 1)
    assert (lesson["state"], lesson["videos"][0]["watched"]) == ("done", 1.0)
    context.close()
