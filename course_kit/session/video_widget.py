"""The video on the page: an anywidget, and the plain page where nobody can watch.

Messages from the page, each with an ``id`` that the reply bears: ``hello`` (``protocol``), ``watched`` (``ranges``,
``duration``), ``read`` and ``piece`` (``copy``, ``start``; the reply brings the bytes). All may be told again.
"""

import logging
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from course_kit.errors import CourseKitError, Invalid
from course_kit.model.release import PROTOCOL
from course_kit.session.videos import VideoSession
from course_kit.source.video_page import video_html, video_text

log = logging.getLogger("course_kit")

_STATIC = Path(__file__).parent / "static"
_RUN_AGAIN = "Run this cell to watch the video (Shift+Enter)."


class VideoWidget(anywidget.AnyWidget):
    """One video. What is synchronised is saved with the notebook; nothing in it is about the learner."""

    _esm = _STATIC / "video.js"
    _css = _STATIC / "video.css"

    protocol = traitlets.Int(PROTOCOL).tag(sync=True)
    video = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)

    def __init__(self, session: VideoSession) -> None:
        self.session = session
        super().__init__(video=session.public(), note=session.note)
        self.on_msg(self._received)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        page = video_html(self.session.video, self.session.place, self.session.note or _RUN_AGAIN)
        return {**data, "text/html": page, "text/plain": video_text(self.session.video)}, metadata

    def _received(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Answer one message. Whatever it holds, nothing is raised into the kernel."""
        if not isinstance(content, dict) or not isinstance(content.get("id"), str):
            return
        buffers: list[bytes] = []
        try:
            reply: dict[str, Any] = {"ok": True, **self._act(content, buffers)}
        except CourseKitError as error:
            reply = {"ok": False, "code": error.code, "message": error.message, "hint": error.hint}
        except Exception as error:  # the page must get an answer, so that it keeps what it has
            log.warning("a video's message failed: %r", error)
            message = f"Something went wrong in the kernel ({type(error).__name__})."
            reply = {"ok": False, "code": "error", "message": message, "hint": "Run this cell again (Shift+Enter)."}
        self.send({"kind": "reply", "id": content["id"][:100], **reply}, buffers)

    def _act(self, content: dict[str, Any], buffers: list[bytes]) -> dict[str, Any]:
        kind, session = content.get("kind"), self.session
        session.wake()
        if kind == "hello" and content.get("protocol") == PROTOCOL:
            return {"protocol": PROTOCOL}
        if kind == "watched":
            session.watched(content.get("ranges"), content.get("duration"))
        elif kind == "read":
            session.read()
        elif kind == "piece":
            part, total = session.piece(content.get("copy"), content.get("start"))
            buffers.append(part)
            return {"total": total}
        else:
            hint = "Restart the kernel and run this cell again; install the same course-kit for JupyterLab and kernel."
            raise Invalid("This video's page and its kernel do not fit together.", hint=hint)
        return {}


class PlainVideo:
    """A video as HTML and text, for programs that run notebooks; or why it is not there."""

    def __init__(self, page: str, text: str) -> None:
        self._page, self._text = page, text

    @classmethod
    def of_trouble(cls, error: CourseKitError) -> "PlainVideo":
        """What went wrong, quietly: a video that is not there must not stop a notebook from being run."""
        return cls(f"<p>{escape(error.message)}</p>", error.message)

    def _repr_html_(self) -> str:
        return self._page

    def __repr__(self) -> str:
        return self._text
