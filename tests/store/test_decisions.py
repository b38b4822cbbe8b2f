"""What the ingester records by itself about gates: sticky unlocks, waivers of a diagnostic, nothing for an override."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from course_kit.model.course import Course, Diagnostic, Lesson, Unit
from course_kit.model.events import Event, read_event
from course_kit.model.keys import uuid7
from course_kit.model.progress import fold
from course_kit.store.decisions import decisions

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def lesson(key: str, **more: Any) -> Lesson:
    return Lesson(key=key, title=key.title(), kind="notebook", path=f"{key}.ipynb", items=("q/a", "q/b"), **more)


COURSE = Course(
    key="ds",
    title="Data science",
    units=(
        Unit(
            key="one",
            lessons=(
                lesson("diagnostic", diagnostic=Diagnostic(waives=("basics", "tables"), pass_score=1.0)),
                lesson("basics"),
                lesson("tables", requires=("basics",)),
                lesson("charts", requires=("tables",)),
                lesson("talk", condition={"all": ["after start + 3 days", {"any": ["scored basics >= 50 %"]}]}),
                lesson("exam", condition={"all": ["charts"]}, gate="enforce"),
            ),
        ),
    ),
)


@pytest.fixture
def happened() -> Callable[..., Event]:
    def happen(minute: float, kind: str, **fact: Any) -> Event:
        at = START + timedelta(minutes=minute)
        event_id = uuid7(at, abs(hash((minute, kind))) % 2**74)
        data = {"version": 1, "event_id": event_id, "at": at.isoformat(), "learner": "p-1", "course": "ds"}
        return read_event({**data, "fact": {"kind": kind, **fact}})

    return happen


def answered(happened, minute: float, key: str, item: str, right: bool) -> Event:
    state, fraction = ("right", 1.0) if right else ("wrong", 0.0)
    return happened(
        minute, "ItemAnswered", lesson=key, item=item, digest="d", response=0, state=state, fraction=fraction
    )


def decided(events: list[Event], *, after: timedelta = timedelta(hours=1)) -> list[tuple[str, str, datetime]]:
    made = decisions(COURSE, events, learner="p-1", release="r", at=START + after)
    return [(event.kind, getattr(event.fact, "lesson", ""), event.at) for event in made]


def test_a_passed_diagnostic_waives_and_what_waited_for_it_opens_in_the_same_pass(happened):
    events = [answered(happened, 1, "diagnostic", "q/a", True), answered(happened, 2, "diagnostic", "q/b", True)]
    made = decisions(COURSE, events, learner="p-1", release="r", at=START + timedelta(hours=1))
    waived = [event for event in made if event.kind == "LessonWaived"]
    assert [(event.fact.lesson, event.fact.reason) for event in waived] == [
        ("basics", "Passed the diagnostic “Diagnostic”."),
        ("tables", "Passed the diagnostic “Diagnostic”."),
    ]
    assert {event.at for event in waived} == {START + timedelta(minutes=2)}
    assert "charts" in {event.fact.lesson for event in made if event.kind == "LessonUnlocked"}
    progress = fold(COURSE, [*events, *made])
    assert (progress.lesson("tables").state, progress.lesson("tables").waived_at) == (
        "done",
        START + timedelta(minutes=2),
    )
    assert progress.lesson("charts").state == "open"
    assert decisions(COURSE, [*events, *made], learner="p-1", release="r", at=START + timedelta(days=1)) == []


def test_guessing_again_tests_out_of_nothing(happened):
    events = [
        answered(happened, 1, "diagnostic", "q/a", False),
        answered(happened, 2, "diagnostic", "q/a", True),
        answered(happened, 3, "diagnostic", "q/b", True),
    ]
    made = decided(events)
    assert ("LessonCompleted", "diagnostic", START + timedelta(minutes=3)) in made
    assert not [kind for kind, *_ in made if kind == "LessonWaived"]


def test_a_diagnostic_is_done_when_all_was_answered_and_keeps_nobody(happened):
    events = [answered(happened, 1, "diagnostic", "q/a", False)]
    half = fold(COURSE, events).lesson("diagnostic")
    assert (half.fraction, half.state) == (0.5, "started")
    made = decided([*events, answered(happened, 2, "diagnostic", "q/b", False)])
    assert ("LessonCompleted", "diagnostic", START + timedelta(minutes=2)) in made
    assert not [kind for kind, *_ in made if kind == "LessonWaived"]


def test_a_gate_that_waits_for_a_date_opens_by_the_clock_and_then_for_good(happened):
    events = [answered(happened, 0, "basics", "q/a", True)]
    assert "talk" not in {key for _, key, _ in decided(events)}
    later = decided(events, after=timedelta(days=4))
    assert ("LessonUnlocked", "talk", START + timedelta(days=3)) in later
    unlocked = happened(5000, "LessonUnlocked", lesson="talk")
    assert fold(COURSE, [*events, unlocked], at=START).lesson("talk").state == "open"
    assert fold(COURSE, events, at=START).lesson("talk").state == "locked"
    assert fold(COURSE, events, at=START + timedelta(days=3)).lesson("talk").state == "open"


def test_what_is_opened_anyway_is_open_and_not_unlocked(happened):
    events = [happened(1, "LessonOpened", lesson="basics"), happened(2, "GateOverridden", lesson="charts")]
    charts = fold(COURSE, events).lesson("charts")
    assert (charts.state, charts.overridden, charts.reasons[0].lesson) == ("started", True, "tables")
    assert "charts" not in {key for kind, key, _ in decided(events) if kind == "LessonUnlocked"}


def test_an_enforced_gate_is_not_opened_by_an_override(happened):
    progress = fold(COURSE, [happened(2, "GateOverridden", lesson="exam")])
    exam = progress.lesson("exam")
    assert (exam.state, exam.overridden, exam.lock.mode) == ("locked", False, "enforce")
