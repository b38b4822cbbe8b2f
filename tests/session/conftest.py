"""A learner's own copy of a tiny course, and the data folder beside it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.kinds import Choice, Mistake, Number, OneChoice, SeveralChoices
from course_kit.model.quiz import Item, Quiz, Variants
from course_kit.model.release import PROTOCOL, ReleaseManifest
from course_kit.quizzes.quiz_file import quiz_file
from course_kit.session.notes import close_all

MEDIAN = OneChoice(
    key="median",
    prompt="Which is robust?",
    choices=(
        Choice(text="median", right=True, feedback="One rank at most."),
        Choice(text="mean", right=False, feedback="Try 1000."),
    ),
    hints=("Put one absurd number in.", "Watch the middle."),
    explanation="Order only.",
)
MEAN = Number(
    key="mean",
    prompt="The mean of 2, 4 and 9?",
    answer="5",
    tolerance="0.01",
    mistakes=(Mistake(answer="4", feedback="That is the median."),),
)
BOTH = SeveralChoices(
    key="both",
    prompt="Which are right?",
    choices=(Choice(text="a", right=True), Choice(text="b", right=True), Choice(text="c", right=False)),
)

MakeWorkspace = Callable[..., Path]


@pytest.fixture
def make_workspace(tmp_path: Path) -> MakeWorkspace:
    """``make_workspace(items, opened=True, …)``: the folder; the quiz is ``frames/robust``."""

    def make(
        items: tuple[Item, ...] = (MEDIAN, MEAN, BOTH),
        *,
        folder: str = "course",
        opened: bool = True,
        protocol: int = PROTOCOL,
        lesson: dict[str, Any] | None = None,
    ) -> Path:
        root = tmp_path / folder
        fields = {
            "key": "frames",
            "title": "Tables",
            "kind": "notebook",
            "path": "notebooks/frames.ipynb",
            "items": tuple(f"robust/{item.key}" for item in items),
            **(lesson or {}),
        }
        course = Course(key="ds", title="Data", units=(Unit(key="one", lessons=(Lesson(**fields),)),))
        manifest = ReleaseManifest.seal(course=course, files={}, instructor="0" * 64, protocol=protocol)
        quizzes, _ = quiz_file(fields["key"], [Quiz("robust", tuple(Variants((item,)) for item in items))], str)
        _write(root / "release.json", manifest.json_object())
        _write(root / f".course-kit/quizzes/{fields['key']}.json", quizzes)
        _write(root / fields["path"], {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
        if opened:
            _write(root / ".course-kit/workspace.json", {"version": 1, "course": "ds", "release": manifest.release})
        return root

    return make


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Path:
    return make_workspace()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def facts(data: Path) -> Callable[..., list[dict[str, Any]]]:
    """``facts(kind)``: what the journals hold, in the order of their events."""

    def read(kind: str | None = None) -> list[dict[str, Any]]:
        lines = [line for path in (data / "journals").glob("*.jsonl") for line in path.read_text().splitlines()]
        events = sorted((json.loads(line) for line in lines), key=lambda event: (event["at"], event["event_id"]))
        return [event["fact"] for event in events if kind is None or event["fact"]["kind"] == kind]

    return read


@pytest.fixture(autouse=True)
def _journals_are_let_go() -> Any:
    """Each test is a process of its own, as far as journals go."""
    yield
    close_all()
