"""Real JupyterLab and a real Chromium, for every test in this folder.

``lab_server(folder)`` starts a JupyterLab of its own on a folder, ``chromium`` is one browser for a file's tests, and
``lab_page(lab, path)`` opens a notebook in a fresh context and waits until its kernel is ready.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

TOKEN = "a-token-for-tests"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OPTIONS = ["--no-browser", "--allow-root", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"]
READY = """() => /Python 3/.test(document.querySelector('.jp-KernelName')?.innerText)
  && document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"""
SETTINGS = {
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Light"},
}


@dataclass
class Lab:
    """A JupyterLab server on ``folder``, with all its own folders below ``home``."""

    folder: Path
    home: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Lab":
        """Start the server and wait until it answers."""
        log = (self.home / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", f"--port={self.port}", f"--IdentityProvider.token={TOKEN}", *OPTIONS],
            cwd=self.folder,
            env=self.environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        _until(self._answers, 60, f"JupyterLab does not answer; see {self.home / 'server.log'}")
        return self

    def stop(self) -> None:
        """End the server and its kernels."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self.process = None

    def request(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Ask the server's own API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/{path}", data=data, method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None

    def end_sessions(self) -> None:
        """Shut down every kernel."""
        for session in self.request("api/sessions"):
            self.request(f"api/sessions/{session['id']}", "DELETE")

    def set_theme(self, theme: str) -> None:
        """``JupyterLab Light``, ``JupyterLab Dark`` or ``JupyterLab Dark High Contrast``, for pages opened after."""
        write_settings(self.home, {"@jupyterlab/apputils-extension/themes": {"theme": theme}})

    def _answers(self) -> bool:
        try:
            return bool(self.request("api/status"))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def _until(condition: Callable[[], object], seconds: float, message: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(message)
        time.sleep(0.05)


def write_settings(home: Path, settings: dict[str, dict[str, Any]]) -> None:
    """Put JupyterLab's user settings into ``home``."""
    for name, values in settings.items():
        path = home / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_lab(folder: Path, home: Path) -> Lab:
    """A server that is not started yet; nothing of the user's own Jupyter is read or written."""
    names = ("config", "data", "runtime", "settings", "workspaces", "ipython", "course-kit")
    places = {name: home / name for name in names}
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
    write_settings(home, SETTINGS)
    own = {
        "JUPYTER_CONFIG_DIR": places["config"],
        "JUPYTER_DATA_DIR": places["data"],
        "JUPYTER_RUNTIME_DIR": places["runtime"],
        "JUPYTERLAB_SETTINGS_DIR": places["settings"],
        "JUPYTERLAB_WORKSPACES_DIR": places["workspaces"],
        "IPYTHONDIR": places["ipython"],
        "COURSE_KIT_DATA": places["course-kit"],
        "HOME": home,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JPY_", "NBGRADER_"))}
    return Lab(folder, home, free_port(), environ={**inherited, **{name: str(value) for name, value in own.items()}})


def chromium_path() -> str | None:
    """The system's Chromium or Chrome, or None for playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    """Start the browser, or say how to install one."""
    try:
        return playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
    except Exception as error:
        raise AssertionError(
            "Browser tests need Chromium: run `python -m playwright install --with-deps chromium`, "
            f"or leave them out with BROWSER=0. ({error})"
        ) from error


def open_notebook(page: Page, lab: Lab, path: str) -> None:
    """Open a notebook in JupyterLab (a clean workspace) and wait until its kernel is ready."""
    page.goto(f"{lab.url}/lab/tree/{path}?token={TOKEN}&reset")
    page.wait_for_function(READY, timeout=60_000)


def show_panel(page: Page) -> None:
    """Bring the course panel forward, unless it is: it comes by itself when a course is opened for the first time."""
    tab = page.locator('.lm-TabBar-tab[data-id="course-kit-panel"]')
    tab.wait_for()
    content = page.locator('#course-kit-panel .course-kit-Panel-content[aria-busy="false"]')

    def is_shown() -> bool:
        if content.is_visible() and "lm-mod-current" in (tab.get_attribute("class") or ""):
            return True
        if "lm-mod-current" not in (tab.get_attribute("class") or ""):
            tab.click()
        page.wait_for_timeout(250)
        return False

    _until(is_shown, 20, "The course panel does not come forward")


def run_cell(page: Page, number: int) -> None:
    """Run one cell (counted from 0) as a learner does, and wait until the kernel is idle again."""
    cell = page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{number}"]')
    cell.scroll_into_view_if_needed()
    cell.locator(".jp-InputPrompt").click()
    cell.locator(".jp-InputPrompt").evaluate("prompt => (prompt.textContent = '')")  # an old number is not a new one
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        """n => /\\[\\d+\\]/.test(document.querySelector(
             `.jp-Cell[data-windowed-list-index="${n}"] .jp-InputPrompt`)?.textContent)""",
        arg=number,
        timeout=60_000,
    )
    page.wait_for_function(READY, timeout=60_000)


def restart_and_run_all(page: Page) -> None:
    """Restart the kernel and run every cell, with JupyterLab's own button, and wait until all have run."""
    page.evaluate("() => document.querySelectorAll('.jp-Cell .jp-InputPrompt').forEach(p => (p.textContent = ''))")
    page.locator('[data-command="notebook:restart-run-all"]').click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')]
             .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))""",
        timeout=60_000,
    )
    page.wait_for_function(READY, timeout=60_000)


def axe_violations(page: Page, selector: str) -> list[str]:
    """What axe-core finds inside ``selector``: one line each, empty if all is well."""
    import axe_playwright_python

    script = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    page.evaluate(script)
    found = page.evaluate(
        "async selector => (await axe.run(selector, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',"
        " 'best-practice']})).violations",
        selector,
    )
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]
    ]


def screenshot(target: Any, name: str) -> None:
    """Keep a picture in ``$COURSE_KIT_SCREENSHOTS``, where that is set."""
    folder = os.environ.get("COURSE_KIT_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        target.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a file's tests (playwright starts once at a time, and other folders start their own)."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def flagship_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flagship course, built: the file that learners get."""
    from course_kit.apps.flagship import copy_flagship

    folder = copy_flagship(tmp_path_factory.mktemp("author") / "course")
    subprocess.run([sys.executable, "-m", "course_kit", "build", str(folder)], check=True, timeout=180)
    return next(folder.glob("releases/*/*.course.zip"))


@pytest.fixture(scope="module")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Lab]]:
    """``lab_server(folder)`` starts a JupyterLab there; all are stopped after the module."""
    labs: list[Lab] = []

    def start(folder: Path) -> Lab:
        lab = make_lab(folder, tmp_path_factory.mktemp("lab"))
        labs.append(lab)
        return lab.start()

    yield start
    for lab in labs:
        lab.stop()


@pytest.fixture
def lab_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """``lab_page(lab, path)`` opens a notebook; keyword arguments go to the browser's context. Kernels end with it."""
    opened: list[tuple[Lab, Page]] = []

    def open_page(lab: Lab, path: str, **context: Any) -> Page:
        page = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **context}).new_page()
        page.set_default_timeout(20_000)
        opened.append((lab, page))
        open_notebook(page, lab, path)
        return page

    yield open_page
    for lab, page in opened:
        page.context.close()
        if lab.process is not None:
            lab.end_sessions()
