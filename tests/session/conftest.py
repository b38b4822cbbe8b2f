"""A learner's own copy of a tiny course, and the data folder beside it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.kinds import (
    Check,
    Choice,
    ChoiceBlank,
    Cloze,
    CodeCheck,
    Essay,
    Expression,
    Matching,
    Mistake,
    Number,
    NumberBlank,
    OneChoice,
    Ordering,
    Parsons,
    Piece,
    SeveralChoices,
    ShortText,
    TextBlank,
    TrueFalse,
    WrongPair,
)
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

HELP = {"hints": ("HINT-SECRET",), "explanation": "EXPLANATION-SECRET"}
EVERY_KIND: tuple[Item, ...] = (
    OneChoice(
        key="one",
        prompt="Which one?",
        choices=(Choice(text="left", right=False), Choice(text="up", right=True, feedback="FEEDBACK-SECRET")),
        **HELP,
    ),
    SeveralChoices(
        key="several",
        prompt="Which ones?",
        choices=(
            Choice(text="x", right=True, feedback="FEEDBACK-SECRET"),
            Choice(text="y", right=True),
            Choice(text="z", right=False),
        ),
        **HELP,
    ),
    TrueFalse(
        key="truth",
        prompt="Is it?",
        answer=False,
        mistakes=(Mistake(answer="true", feedback="FEEDBACK-SECRET"),),
        **HELP,
    ),
    Number(
        key="number",
        prompt="How fast?",
        answer="918273",
        tolerance="0.00424242",
        relative=True,
        unit="m/s",
        mistakes=(Mistake(answer="515151", feedback="FEEDBACK-SECRET"),),
        **HELP,
    ),
    ShortText(
        key="text",
        prompt="What is it called?",
        answers=("ANSWER-SECRET",),
        mistakes=(Mistake(answer="MISTAKE-SECRET", feedback="FEEDBACK-SECRET"),),
        **HELP,
    ),
    CodeCheck(
        key="code",
        prompt="Write `f`.",
        names=("f",),
        checks=(
            Check(code="f(2) == 918273", feedback="FEEDBACK-SECRET"),
            Check(code="f(0) == 0 != 'ANSWER-SECRET'"),
        ),
        **HELP,
    ),
    Ordering(key="order", prompt="In which order?", pieces=("second", "third", "first"), ranks=(1, 2, 0), **HELP),
    Parsons(
        key="parsons",
        prompt="Build it.",
        pieces=(
            Piece(text="return x", position=1, indent=1),
            Piece(text="def f(x):", position=0),
            Piece(text="retrun x", feedback="FEEDBACK-SECRET"),
        ),
        program="```python\ndef f(x):\n    return x # PROGRAM-SECRET\n```",
        **HELP,
    ),
    Cloze(
        key="cloze",
        prompt='The <span class="ck-blank" data-blank="0"></span> of 2 and 4 is '
        '<span class="ck-blank" data-blank="1"></span>, <span class="ck-blank" data-blank="2"></span>.',
        blanks=(
            TextBlank(answers=("ANSWER-SECRET",)),
            NumberBlank(answer="918273", tolerance="0.00424242"),
            ChoiceBlank(choices=(Choice(text="always", right=True), Choice(text="never", right=False))),
        ),
        **HELP,
    ),
    Matching(
        key="match",
        prompt="Which goes with which?",
        left=("cat", "dog"),
        right=("bark", "meow", "moo"),
        partners=(1, 0),
        wrong_pairs=(WrongPair(left=0, right=0, feedback="FEEDBACK-SECRET"),),
        **HELP,
    ),
    Essay(key="essay", prompt="Say why.", lines=4, min_words=3, max_words=50, example="EXAMPLE-SECRET", **HELP),
    Expression(
        key="formula",
        prompt="Expand.",
        names=("x",),
        answer="918273*x^2",
        mistakes=(Mistake(answer="515151*x", feedback="FEEDBACK-SECRET"),),
        **HELP,
    ),
)
"""One item of each kind, in which whatever has to be earned says SECRET or is one of :data:`KEYS`."""
KEYS = ("SECRET", "918273", "0.00424242", "515151")
WRONG: dict[str, Any] = {
    "one": 0,
    "several": [0, 2],
    "truth": True,
    "number": "515151 m/s",
    "text": "MISTAKE",
    "code": ["ok", "failed: no"],
    "order": [0, 1, 2],
    "parsons": [[2, 0]],
    "cloze": ["a", "1", "never"],
    "match": [0, 0],
    "essay": "too short",
    "formula": "515151x",
}

MakeWorkspace = Callable[..., Path]


@pytest.fixture
def make_workspace(tmp_path: Path) -> MakeWorkspace:
    """``make_workspace(items, opened=True, …)``: the folder; the quiz is ``frames/robust``."""

    def make(
        items: tuple[Item | Variants, ...] = (MEDIAN, MEAN, BOTH),
        *,
        folder: str = "course",
        opened: bool = True,
        protocol: int = PROTOCOL,
        lesson: dict[str, Any] | None = None,
        pick: int | None = None,
        seed: str = "",
    ) -> Path:
        root = tmp_path / folder
        every = tuple(item if isinstance(item, Variants) else Variants((item,)) for item in items)
        fields = {
            "key": "frames",
            "title": "Tables",
            "kind": "notebook",
            "path": "notebooks/frames.ipynb",
            "items": tuple(f"robust/{one.item.key}" for one in every),
            **(lesson or {}),
        }
        course = Course(key="ds", title="Data", units=(Unit(key="one", lessons=(Lesson(**fields),)),))
        manifest = ReleaseManifest.seal(course=course, files={}, instructor="0" * 64, protocol=protocol)
        quizzes, _ = quiz_file(fields["key"], [Quiz("robust", every, pick)], str)
        _write(root / "release.json", manifest.json_object())
        _write(root / f".course-kit/quizzes/{fields['key']}.json", quizzes)
        _write(root / fields["path"], {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
        if opened:
            record = {"version": 1, "course": "ds", "release": manifest.release, "seed": seed}
            _write(root / ".course-kit/workspace.json", record)
        return root

    return make


MakeAssignment = Callable[..., Path]


@pytest.fixture
def make_assignment(tmp_path: Path) -> MakeAssignment:
    """``make_assignment(items, sealed=False, …)``: its folder, with ``p1.ipynb`` and the quiz ``warm-up``."""

    def make(
        items: tuple[Item | Variants, ...] = (MEDIAN, MEAN, BOTH),
        *,
        folder: str = "assignment",
        sealed: bool = False,
        pick: int | None = None,
    ) -> Path:
        root = tmp_path / folder
        every = tuple(item if isinstance(item, Variants) else Variants((item,)) for item in items)
        quizzes, _ = quiz_file("p1.ipynb", [Quiz("warm-up", every, pick)], str, sealed=sealed)
        _write(root / "p1.quizzes.json", quizzes)
        _write(root / "p1.ipynb", {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
        return root

    return make


@pytest.fixture
def every_kind() -> tuple[Item, ...]:
    return EVERY_KIND


@pytest.fixture
def keys() -> tuple[str, ...]:
    """What stands in :data:`EVERY_KIND` and has to be earned."""
    return KEYS


@pytest.fixture
def wrong() -> dict[str, Any]:
    """A response to each of :data:`EVERY_KIND` that is not right."""
    return WRONG


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
