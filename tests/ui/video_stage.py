"""A video on a bare page: the real script and style in a real browser, with the real widget's Python side behind it.

No JupyterLab and no kernel: a message from the page goes to :class:`VideoWidget` in this process. Files come from the
flagship course; ``requested`` says which were asked for.
"""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

import course_kit.session
from course_kit.model.video import Video
from course_kit.session.video_widget import VideoWidget
from course_kit.session.videos import VideoSession

STATIC = Path(course_kit.session.__file__).parent / "static"
VIDEOS = Path(__file__).parents[2] / "notebooks" / "videos"
ORIGIN = "http://video.test"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Video</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="video.css">
<style>body { margin: 8px; } body[data-jp-theme-light="false"] { background: #111; }</style></head>
<body data-jp-theme-light="true"><main id="root"></main>
<script type="module">
import video, { union, without } from "./video.js";
const state = await window.kernelState();
const listeners = {};
const model = {
  get: (name) => state[name],
  on: (name, listener) => (listeners[name] ??= []).push(listener),
  off: (name, listener) => (listeners[name] = (listeners[name] ?? []).filter((one) => one !== listener)),
  send: async (content) => {
    for (const [reply, bytes] of await window.toKernel(content)) {
      const buffers = bytes.map((text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
      for (const tell of listeners["msg:custom"] ?? []) tell(reply, buffers);
    }
  },
  widget_manager: { resolveUrl: async (url) => (window.lostFiles ? url : `/files/${url}`) },
};
Object.assign(window, { union, without });
window.dispose = video.render({ model, el: document.getElementById("root") });
window.rendered = true;
</script></body></html>"""


class Notes:
    """Stands for the journal: takes facts, or refuses them."""

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []

    def wake(self) -> None:
        pass

    def write(self, facts: list[dict[str, Any]]) -> None:
        self.facts += facts


class VideoStage:
    """One page with one video. While ``silent``, messages are not answered."""

    def __init__(self, page: Page, video: Video) -> None:
        self.page, self.notes = page, Notes()
        session = VideoSession(
            video,
            lambda path: path,
            VIDEOS.parents[1],
            lesson="frames",
            notes=self.notes,  # type: ignore[arg-type]
            scope="abc",
        )
        self.widget = VideoWidget(session)
        self.sent: list[dict[str, Any]] = []
        self.requested: list[str] = []
        self.silent = False
        page.set_default_timeout(8_000)
        page.route("**/*", self._serve)
        page.expose_function("kernelState", lambda: {name: getattr(self.widget, name) for name in ("video", "note")})
        page.expose_function("toKernel", self._receive)

    def open(self, theme: str = "light") -> "VideoStage":
        """Open the page, or open it again."""
        self.page.goto(f"{ORIGIN}/")
        self.page.wait_for_function("window.rendered")
        self.page.evaluate(f"document.body.dataset.jpThemeLight = {json.dumps(str(theme == 'light').lower())}")
        return self

    @property
    def player(self) -> Locator:
        return self.page.locator(".ck-video")

    def button(self, name: Any) -> Locator:
        return self.player.get_by_role("button", name=name)

    def at(self) -> float:
        """Where the player stands, in seconds."""
        return float(self.page.evaluate("document.querySelector('video').currentTime"))

    def wait_until(self, seconds: float) -> None:
        """Wait until the player has come so far."""
        self.page.wait_for_function("at => document.querySelector('video').currentTime >= at", arg=seconds)

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until ``condition`` holds, while the page's messages are taken."""
        deadline = time.monotonic() + 8
        while not condition():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(20)

    def watched(self, count: int = 1) -> list[list[float]]:
        """Every stretch that was recorded, in the order of the messages, once there are ``count``."""

        def spans() -> list[list[float]]:
            return [list(span) for fact in self.notes.facts for span in fact["ranges"]]

        self.until(lambda: len(spans()) >= count)
        return spans()

    def _serve(self, route: Any) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/").partition("?")[0]
        if name in ("video.js", "video.css"):
            kind = "text/javascript" if name.endswith("js") else "text/css"
            route.fulfill(body=(STATIC / name).read_text(encoding="utf-8"), content_type=kind)
        elif name.startswith("files/"):
            self.requested.append(name.rpartition("/")[2])
            file = VIDEOS / self.requested[-1]
            kind = "image/webp" if file.suffix == ".webp" else "video/webm"
            if file.is_file():
                self._send(route, file.read_bytes(), kind)
            else:
                route.fulfill(status=404, body="")
        elif name == "":
            route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")
        else:
            route.fulfill(status=404, body="")

    @staticmethod
    def _send(route: Any, content: bytes, kind: str) -> None:
        """As Jupyter's server does: from the byte that is asked for."""
        start = int((route.request.headers.get("range") or "bytes=0-")[6:].partition("-")[0])
        total = len(content)
        headers = {
            "Content-Type": kind,
            "Accept-Ranges": "bytes",
            "Content-Range": f"bytes {start}-{total - 1}/{total}",
        }
        route.fulfill(status=206, body=content[start:], headers=headers)

    def _receive(self, content: dict[str, Any]) -> list[Any]:
        self.sent.append(content)
        replies: list[Any] = []
        if not self.silent:
            self.widget.send = lambda reply, buffers=None: replies.append(
                [reply, [base64.b64encode(part).decode() for part in buffers or []]]
            )
            self.widget._received(self.widget, content, [])
        return replies
