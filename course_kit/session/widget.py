"""The quiz on the page: an anywidget whose Python side hands messages to a :class:`QuizSession` and sends back states.

What is synchronised is saved with the notebook. It holds what may be shown before an answer, and the standing of
what was answered; never a key, and never feedback for anything else.

Messages from the page (``kind``): ``hello`` (``protocol``), ``answer`` (``item``, ``response``, perhaps
``confidence``), ``check`` (a code check), ``hint``, ``reveal`` and ``renew`` (another variant), each with its ``item``
and with an ``id``; the reply bears the same ``id``. An ``id`` is taken once.
"""

import logging
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from course_kit.errors import CourseKitError, Invalid
from course_kit.model.quiz import Outcome
from course_kit.model.release import PROTOCOL
from course_kit.quizzes.plain import quiz_html, quiz_text
from course_kit.session.graded import GradedSession, Saved
from course_kit.session.practice import QuizSession

log = logging.getLogger("course_kit")

_STATIC = Path(__file__).parent / "static"
_REMEMBERED = 200
_RUN_AGAIN = "Run this cell to answer the quiz (Shift+Enter)."


class QuizWidget(anywidget.AnyWidget):
    """One quiz with all its items."""

    _esm = _STATIC / "quiz.js"
    _css = _STATIC / "quiz.css"

    protocol = traitlets.Int(PROTOCOL).tag(sync=True)
    quiz = traitlets.Dict().tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)

    def __init__(self, session: QuizSession | GradedSession) -> None:
        self.session = session
        self._replies: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._order = threading.RLock()
        super().__init__(
            quiz=self._shown_quiz(),
            answers=session.states(),
            note=session.note,
        )
        self.on_msg(self._received)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        shown = self.session.publics()
        return {**data, "text/html": quiz_html(shown, note=_RUN_AGAIN), "text/plain": quiz_text(shown)}, metadata

    def _shown_quiz(self) -> dict[str, Any]:
        session = self.session
        return {
            "name": session.name,
            "scope": session.scope,
            "graded": session.graded,
            "items": session.publics(),
        }

    def _received(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Answer one message. Whatever it holds, nothing is raised into the kernel."""
        if not isinstance(content, dict) or not isinstance(content.get("id"), str):
            return
        with self._order:
            name = content["id"][:100]
            reply = self._replies.get(name)
            if reply is None:
                reply = self._reply(content)
                if reply["ok"]:
                    self._replies[name] = reply
                    while len(self._replies) > _REMEMBERED:
                        self._replies.popitem(last=False)
            self.send({"kind": "reply", "id": name, **reply})  # before the state: the learner waits for this one
            self.answers = self.session.states()

    def _reply(self, content: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"ok": True, **self._act(content)}
        except CourseKitError as error:
            return {"ok": False, "code": error.code, "message": error.message, "hint": error.hint}
        except Exception as error:  # the page must get an answer, so that the learner is not left waiting
            log.warning("a quiz's message failed: %r", error)
            return {
                "ok": False,
                "code": "error",
                "message": f"Something went wrong in the kernel ({type(error).__name__}).",
                "hint": "Try again; if it happens again, run this cell again (Shift+Enter).",
            }

    def _act(self, content: dict[str, Any]) -> dict[str, Any]:
        kind, item = content.get("kind"), content.get("item")
        self.session.wake()
        if kind == "hello":
            return self._hello(content.get("protocol"))
        if not isinstance(item, str):
            raise Invalid("The page named no question.", hint="Reload the page.")
        told: dict[str, Any] = {}
        if kind == "answer":
            told["outcome"] = self._answered(item, content)
        elif kind == "check":
            told["outcome"] = _outcome(self.session.check(item))
        elif kind == "hint":
            self.session.hint(item)
        elif kind == "reveal":
            self.session.reveal(item)
        elif kind == "renew":
            told["item"] = self.session.renew(item)
            self.quiz = self._shown_quiz()
        else:
            raise Invalid(f"The page asked for {kind!r}, which this kernel does not know.", hint=_versions(None))
        return {**told, "standing": self.session.state_of(item).json()}

    def _answered(self, item: str, content: dict[str, Any]) -> dict[str, Any]:
        if self.session.kind(item) == "code-check":
            raise Invalid("The kernel checks this by itself.", hint="Press “Check my code”.")
        return _outcome(self.session.answer(item, content.get("response"), content.get("confidence")))

    def _hello(self, protocol: Any) -> dict[str, Any]:
        if protocol != PROTOCOL:
            raise Invalid("This quiz's page and its kernel do not fit together.", hint=_versions(protocol))
        self.session.shown()
        return {"protocol": PROTOCOL}


def _outcome(outcome: Outcome | Saved) -> dict[str, Any]:
    return outcome.json() if isinstance(outcome, Saved) else outcome.model_dump(mode="json")


def _versions(page: Any) -> str:
    found = f"protocol {page}" if type(page) is int else "another protocol"
    return (
        f"The page speaks {found}, the kernel's course-kit protocol {PROTOCOL}. Restart the kernel and run this cell "
        "again; if that does not help, install the same course-kit for JupyterLab and for the kernel."
    )
