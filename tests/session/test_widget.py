"""The widget's Python side: what it shows the page, and what it answers."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from course_kit.session.quizzes import open_quiz
from course_kit.session.widget import QuizWidget


class Page:
    """A page's end of the comm: it sends messages and sees what comes back."""

    def __init__(self, widget: QuizWidget, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widget, self.replies, self.number = widget, [], 0
        monkeypatch.setattr(widget, "send", lambda content, buffers=None: self.replies.append(content))

    def send(self, kind: str, **content: Any) -> dict[str, Any]:
        self.number += 1
        self.raw({"id": f"m{self.number}", "kind": kind, **content})
        return self.replies[-1]

    def raw(self, content: Any) -> None:
        self.widget._handle_custom_msg(content, [])


@pytest.fixture
def widget(workspace: Path, data: Path) -> QuizWidget:
    return QuizWidget(open_quiz("frames/robust", cwd=workspace, data=data, environ={"COURSE_KIT_RECORD": "1"}))


@pytest.fixture
def page(widget: QuizWidget, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(widget, monkeypatch)


def state(widget: QuizWidget) -> str:
    shown = {name: value for name, value in widget.get_state().items() if name not in ("_esm", "_css")}
    return json.dumps(shown, ensure_ascii=False)


def test_what_is_synchronised_holds_no_key(widget: QuizWidget, page: Page) -> None:
    for secret in (
        "One rank at most",
        "Try 1000",
        "Put one absurd",
        "Order only",
        "That is the median",
        "0.01",
    ):
        assert secret not in state(widget)
    assert '"right"' not in state(widget)
    page.send("answer", item="median", response=1)
    assert "Try 1000" in state(widget)
    assert "One rank at most" not in state(widget)
    assert "Order only" not in state(widget)


def test_an_answer_comes_back_with_its_outcome(widget: QuizWidget, page: Page) -> None:
    reply = page.send("answer", item="mean", response="4")
    assert reply.pop("standing") == widget.answers["mean"]
    assert reply == {
        "kind": "reply",
        "id": "m1",
        "ok": True,
        "outcome": {
            "state": "wrong",
            "fraction": 0.0,
            "feedback": [{"text": "That is the median.", "choice": None}],
            "judged": True,
        },
    }
    assert widget.answers["mean"]["attempts"] == 1


def test_a_message_sent_twice_counts_once(page: Page, facts: Any) -> None:
    message = {"id": "same", "kind": "answer", "item": "mean", "response": "4"}
    page.raw(message)
    page.raw(message)
    assert page.replies[0] == page.replies[1]
    assert len(facts("ItemAnswered")) == 1


def test_hello_shows_the_quiz_and_checks_the_protocol(page: Page, facts: Any) -> None:
    reply = page.send("hello", protocol=99)
    assert reply["ok"] is False
    assert "The page speaks protocol 99, the kernel's course-kit protocol 2." in reply["hint"]
    assert facts() == []
    assert page.send("hello", protocol=2)["ok"] is True
    assert len(facts("ItemShown")) == 3


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "text",
        {"kind": "answer"},
        {"id": 3, "kind": "answer"},
        {"id": "a", "kind": "answer", "item": ["x"]},
        {"id": "b", "kind": "answer", "item": "gone", "response": 0},
        {"id": "c", "kind": "answer", "item": "median", "response": {"deep": [[[]]]}},
        {"id": "d", "kind": "fly", "item": "median"},
        {"id": "e", "kind": "reveal", "item": "median"},
        {"id": "f", "kind": "hint", "item": "mean"},
    ],
)
def test_hostile_messages_get_an_answer_or_nothing(page: Page, content: Any) -> None:
    page.raw(content)
    for reply in page.replies:
        assert reply["ok"] is False or reply["outcome"]["state"] == "invalid"


def test_a_refused_write_is_told_and_can_be_tried_again(page: Page, data: Path, facts: Any) -> None:
    data.mkdir(exist_ok=True)
    (data / "journals").write_text("in the way")
    message = {"id": "one", "kind": "answer", "item": "mean", "response": "5"}
    page.raw(message)
    assert (page.replies[-1]["ok"], page.replies[-1]["code"]) == (False, "unavailable")
    (data / "journals").unlink()
    page.raw(message)
    assert page.replies[-1]["outcome"]["state"] == "right"
    assert len(facts("ItemAnswered")) == 1


def test_two_threads_at_once(widget: QuizWidget, page: Page, facts: Any) -> None:
    def answer(item: str, response: Any) -> None:
        for number in range(25):
            page.raw({"id": f"{item}{number}", "kind": "answer", "item": item, "response": response})

    threads = [threading.Thread(target=answer, args=job) for job in (("median", 0), ("mean", "4"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(facts("ItemAnswered")) == 50
    assert (widget.answers["median"]["attempts"], widget.answers["mean"]["attempts"]) == (25, 25)


def test_without_the_widget_question_and_choices_can_be_read(widget: QuizWidget) -> None:
    data, _ = widget._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert "Which is robust?" in data["text/html"]
    assert "<li>median</li>" in data["text/html"]
    assert "Question 1: Which is robust?\n  ( ) median\n  ( ) mean" in data["text/plain"]
    assert "One rank" not in data["text/html"] + data["text/plain"]
