"""A small course, a learner's data folder, and events to put into it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.events import Event, read_event
from course_kit.model.keys import utc_text
from course_kit.store.contract import ProgressStore
from course_kit.store.journal import Journal
from course_kit.store.memory import MemoryStore
from course_kit.store.places import save_outline
from course_kit.store.sql import SqlStore

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
RELEASE = "a" * 64


@pytest.fixture
def monday() -> datetime:
    return MONDAY


@pytest.fixture
def release() -> str:
    return RELEASE


@pytest.fixture
def course() -> Course:
    """Three lessons in a row; the second waits for the first and is passed with 70 % of its two items."""
    lessons = (
        Lesson(key="first-steps", title="First steps", kind="notebook", path="1.ipynb", items=("hello/q1",)),
        Lesson(
            key="frames", kind="notebook", path="2.ipynb", requires=("first-steps",), items=("robust/q1", "robust/q2")
        ),
        Lesson(key="chance", kind="notebook", path="3.ipynb", requires=("frames",), items=("dice/q1",)),
    )
    return Course(key="data-science", title="Data science", units=(Unit(key="all", lessons=lessons),))


@pytest.fixture
def data(tmp_path: Path, course: Course) -> Path:
    """A learner's data folder that knows the course's outline."""
    folder = tmp_path / "data"
    save_outline(folder, {"version": 1, "release": RELEASE, "course": course.model_dump(mode="json")})
    return folder


@pytest.fixture
def answered() -> Callable[..., dict[str, Any]]:
    """A fact: an item was answered."""

    def fact(lesson: str, item: str, fraction: float = 1.0, *, response: Any = 0, attempt: int = 1) -> dict[str, Any]:
        state = "right" if fraction == 1 else "wrong" if fraction == 0 else "partly-right"
        return {
            "kind": "ItemAnswered",
            "lesson": lesson,
            "item": item,
            "digest": "d1",
            "variant": 0,
            "response": response,
            "state": state,
            "fraction": fraction,
            "attempt": attempt,
        }

    return fact


@pytest.fixture
def journal(data: Path) -> Iterator[Callable[..., Journal]]:
    """Journals of this process, closed at the end."""
    made: list[Journal] = []

    def begin(writer: Any = "kernel", *, learner: str = "p-ada", release: str = RELEASE) -> Journal:
        made.append(Journal(data / "journals", learner=learner, course="data-science", release=release, writer=writer))
        return made[-1]

    yield begin
    for one in made:
        one.close()


@pytest.fixture
def event() -> Callable[..., Event]:
    """The event number ``number``: a fact, minutes after Monday morning."""

    def make(number: int, fact: dict[str, Any] | None = None, *, learner: str = "p-ada", **changes: Any) -> Event:
        return read_event(
            {
                "version": 1,
                "event_id": f"00000000-0000-7000-8000-{number:012x}",
                "at": utc_text(MONDAY + timedelta(minutes=number)),
                "learner": learner,
                "course": "data-science",
                "release": RELEASE,
                "fact": fact or {"kind": "LessonOpened", "lesson": "frames"},
                **changes,
            }
        )

    return make


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProgressStore]:
    """Each store in turn: what is tested with it holds for all."""
    made: ProgressStore = MemoryStore() if request.param == "memory" else SqlStore.open(tmp_path / "store.db")
    yield made
    made.close()
