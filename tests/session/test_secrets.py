"""Nothing reaches the page before it is earned: neither in what is synchronised nor in any message."""

import json
from pathlib import Path
from typing import Any

import pytest

from course_kit.model.quiz import Item
from course_kit.session.quizzes import open_quiz
from course_kit.session.widget import QuizWidget

RECORD = {"COURSE_KIT_RECORD": "1"}


class Wire:
    """Everything that passes between a widget and its page."""

    def __init__(self, widget: QuizWidget, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widget, self.replies, self.number = widget, [], 0
        monkeypatch.setattr(widget, "send", lambda content, buffers=None: self.replies.append(content))

    def says(self, kind: str, **content: Any) -> dict[str, Any]:
        self.number += 1
        self.widget._handle_custom_msg({"id": f"m{self.number}", "kind": kind, **content}, [])
        return self.replies[-1]

    def everything(self) -> str:
        state = {name: value for name, value in self.widget.get_state().items() if name not in ("_esm", "_css")}
        return json.dumps([state, self.replies, self.widget._repr_mimebundle_()[0]], ensure_ascii=False)

    def leaks(self, keys: tuple[str, ...]) -> list[str]:
        text = self.everything()
        return [key for key in keys if key in text]


def test_practice_tells_nothing_at_first(make_workspace, every_kind: tuple[Item, ...], keys, data, monkeypatch) -> None:
    quiz = open_quiz("frames/robust", cwd=make_workspace(every_kind), data=data, environ=RECORD)
    wire = Wire(QuizWidget(quiz), monkeypatch)
    wire.says("hello", protocol=2)
    for item in every_kind:
        assert wire.says("reveal", item=item.key)["ok"] is False
        assert wire.says("renew", item=item.key)["ok"] is False
        assert wire.says("answer", item=item.key, response="?")["ok"] is (item.kind != "code-check")
    assert wire.leaks(tuple(key for key in keys if key != "SECRET")) == []
    assert "EXPLANATION-SECRET" not in wire.everything()
    assert "HINT-SECRET" not in wire.everything()
    assert "ANSWER-SECRET" not in wire.everything()
    assert '"state": "right"' not in wire.everything()


def test_a_wrong_answer_earns_its_feedback_and_nothing_else(
    make_workspace, every_kind: tuple[Item, ...], keys, wrong: dict[str, Any], data: Path, monkeypatch
) -> None:
    for item in every_kind:
        quiz = open_quiz("frames/robust", cwd=make_workspace((item,)), data=data / item.key, environ=RECORD)
        wire = Wire(QuizWidget(quiz), monkeypatch)
        quiz.answer(item.key, wrong[item.key])
        wire.says("hint", item=item.key)
        text = wire.everything()
        for secret in ("EXPLANATION", "ANSWER", "EXAMPLE", "PROGRAM", "918273", "0.00424242"):
            assert secret not in text, (item.kind, secret)
        assert "HINT-SECRET" in text


def test_graded_tells_nothing_ever(
    make_assignment, every_kind: tuple[Item, ...], keys, wrong: dict[str, Any], data: Path, monkeypatch
) -> None:
    items = tuple(item for item in every_kind if not item.practice_only)
    folder = make_assignment(items)
    for _ in range(2):
        wire = Wire(QuizWidget(open_quiz("warm-up", cwd=folder, data=data, environ=RECORD)), monkeypatch)
        wire.says("hello", protocol=2)
        for item in items:
            for kind in ("hint", "reveal", "renew", "check"):
                reply = wire.says(kind, item=item.key)
                assert (reply["ok"], reply["code"]) == (False, "refused")
            for _again in range(4):
                reply = wire.says("answer", item=item.key, response=wrong[item.key])
                assert reply["outcome"] == {"state": "saved", "fraction": 0.0, "feedback": [], "judged": False}
        own = "515151"  # the learner wrote it
        assert set(wire.leaks(keys)) <= {own}
        written = "".join(path.read_text() for path in folder.iterdir())
        assert {key for key in keys if key in written} <= {own}
        assert wire.widget.quiz["graded"] is True
