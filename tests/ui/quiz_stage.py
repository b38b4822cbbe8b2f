"""A quiz on a bare page: the real script and style in a real browser, with the real widget's Python side behind it.

No JupyterLab, no kernel and no network: a message from the page goes to :class:`QuizWidget` in this process, and what
it sends and synchronises comes back. A test sees every message that passed.
"""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

import course_kit.session
from course_kit.session.widget import QuizWidget

STATIC = Path(course_kit.session.__file__).parent / "static"
ORIGIN = "http://quiz.test"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Quiz</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="quiz.css">
<style>body { margin: 8px; } body[data-jp-theme-light="false"] { background: #111; }</style></head>
<body data-jp-theme-light="true"><main id="root"></main>
<script type="module">
import quiz, { parseNumber } from "./quiz.js";
const state = await window.kernelState();
const listeners = {};
const model = {
  get: (name) => state[name],
  on: (name, listener) => (listeners[name] ??= []).push(listener),
  off: (name, listener) => (listeners[name] = (listeners[name] ?? []).filter((one) => one !== listener)),
  send: async (content) => {
    const { replies, now } = await window.toKernel(content);
    for (const reply of replies) for (const tell of listeners["msg:custom"] ?? []) tell(reply);
    window.synchronise(now);
  },
};
window.synchronise = (now) => {
  for (const name of Object.keys(now)) {
    if (JSON.stringify(state[name]) === JSON.stringify(now[name])) continue;
    state[name] = now[name];
    for (const tell of listeners[`change:${name}`] ?? []) tell();
  }
};
window.parseNumber = parseNumber;
window.model = model;
const began = performance.now();
window.dispose = quiz.render({ model, el: document.getElementById("root") });
document.body.offsetHeight;
window.rendered = performance.now() - began;
</script></body></html>"""
TYPES = {".js": "text/javascript", ".css": "text/css", "": "text/html"}


class Kernel:
    """The widget's Python side, without a kernel around it."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.widget = QuizWidget(session)
        self._replies: list[dict[str, Any]] = []
        self.widget.send = lambda content, buffers=None: self._replies.append(content)

    def state(self) -> dict[str, Any]:
        """What is synchronised."""
        return {name: getattr(self.widget, name) for name in ("quiz", "answers", "note")}

    def receive(self, content: dict[str, Any]) -> list[dict[str, Any]]:
        """The replies to one message."""
        self._replies.clear()
        self.widget._received(self.widget, content, [])
        return list(self._replies)


class Stage:
    """One page with one quiz; ``sent`` are the messages that it sent, ``elsewhere`` what it asked of the network.

    While ``silent``, messages are not answered.
    """

    def __init__(self, page: Page, kernel: Any) -> None:
        self.page, self.kernel = page, kernel
        self.sent: list[dict[str, Any]] = []
        self.elsewhere: list[str] = []
        self.silent = False
        page.set_default_timeout(5_000)
        page.route("**/*", self._serve)
        page.expose_function("kernelState", lambda: self.kernel.state())
        page.expose_function("toKernel", self._receive)

    def open(self, theme: str = "light") -> "Stage":
        """Open the page, or open it again."""
        self.page.goto(f"{ORIGIN}/?theme={theme}")
        self.page.wait_for_function("window.rendered !== undefined")
        self.page.evaluate(f"document.body.dataset.jpThemeLight = {json.dumps(str(theme == 'light').lower())}")
        return self

    def item(self, number: int = 0) -> Locator:
        return self.page.locator(".ck-item").nth(number)

    def _serve(self, route: Any) -> None:
        address = route.request.url
        if not address.startswith(ORIGIN):
            if address.startswith(("data:", "blob:")):
                route.continue_()
                return
            self.elsewhere.append(address)
            route.abort()
            return
        name = address.removeprefix(f"{ORIGIN}/").partition("?")[0]
        file = STATIC / name
        if name in ("quiz.js", "quiz.css"):
            route.fulfill(body=file.read_text(encoding="utf-8"), content_type=TYPES[file.suffix])
        elif name == "":
            route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")
        else:
            route.fulfill(status=404, body="")

    def _receive(self, content: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(content)
        if self.silent:
            return {"replies": [], "now": {}}
        return {"replies": self.kernel.receive(content), "now": self.kernel.state()}
