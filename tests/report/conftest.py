"""A small course, and diaries: what one learner did, as events a minute apart."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.events import Event
from course_kit.model.roster import Roster, RosterEntry

AT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


class Diary:
    """Events of one learner in ``data-science``, a minute apart, from so many days before the report on."""

    def __init__(self, learner: str, days_ago: float, course: str = "data-science") -> None:
        self.learner, self.course, self.now = learner, course, AT - timedelta(days=days_ago)
        self.events: list[Event] = []

    def wrote(self, kind: str, **fields: Any) -> "Diary":
        self.now += timedelta(minutes=1)
        event = {"event_id": str(uuid.uuid4()), "at": self.now, "learner": self.learner, "course": self.course}
        self.events.append(Event.model_validate({**event, "fact": {"kind": kind, **fields}}))
        return self

    def opened(self, lesson: str) -> "Diary":
        return self.wrote("LessonOpened", lesson=lesson)

    def answered(self, name: str, response: Any, fraction: float, *, digest: str = "first") -> "Diary":
        """``name`` is lesson/quiz/item."""
        lesson, _, item = name.partition("/")
        state = "right" if fraction == 1 else "partly-right" if fraction else "wrong"
        fact = {"lesson": lesson, "item": item, "digest": digest, "response": response}
        return self.wrote("ItemAnswered", state=state, fraction=fraction, **fact)

    def submitted(self, assignment: str) -> "Diary":
        return self.wrote("AssignmentSubmitted", assignment=assignment, submission="5" * 64)

    def scored(self, assignment: str, score: float, most: float) -> "Diary":
        return self.wrote("ScorePosted", assignment=assignment, score=score, max_score=most, status="graded")

    def days_later(self, days: float) -> "Diary":
        self.now += timedelta(days=days)
        return self


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def diary() -> Callable[..., Diary]:
    return Diary


@pytest.fixture
def course() -> Course:
    """Two lessons with two items each, the second waiting for the first; a document; one assignment of 10 points."""
    lessons = (
        Lesson(key="begin", title="First steps", kind="notebook", path="b.ipynb", items=("warm/q1", "warm/q2")),
        Lesson(
            key="frames",
            title="Tables",
            kind="notebook",
            path="f.ipynb",
            items=("robust/q1", "robust/q2"),
            requires=("begin",),
            was=("tables",),
            renamed_items={"robust/old": "robust/q1"},
        ),
        Lesson(key="paper", title="A paper", kind="document", path="p.pdf"),
    )
    work = Assignment(key="lab", source="autograders/source/Lab", title="The lab", max_score=10)
    unit = Unit(key="all", title="All of it", lessons=lessons, assignments=(work,))
    return Course(key="data-science", title="Data science", units=(unit,))


@pytest.fixture
def roster() -> Roster:
    return Roster(
        entries=(
            RosterEntry(learner="ada", name="Ada Lovelace", email="ada@example.org", cohort="a"),
            RosterEntry(learner="bob", name="Bob Moran"),
            RosterEntry(learner="cyd"),
        )
    )
