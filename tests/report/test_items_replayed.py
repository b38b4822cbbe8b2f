"""Item analysis from what is kept is item analysis of the events, by whatever pieces and names they came."""

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_kit.model import events as e
from course_kit.model.course import Course
from course_kit.model.events import Event
from course_kit.model.progress import canonical
from course_kit.model.roster import Roster
from course_kit.report.cohort import group
from course_kit.report.items import ENOUGH_LEARNERS, ENOUGH_REST, ItemRow, analyse
from course_kit.report.responses import named_response

NAMES = {
    ("begin", "warm/q1"): "begin/warm/q1",
    ("begin", "warm/q2"): "begin/warm/q2",
    ("frames", "robust/q1"): "frames/robust/q1",
    ("tables", "robust/old"): "frames/robust/q1",
    ("frames", "robust/q2"): "frames/robust/q2",
}
"""The items of the fixture's course by the names that events give them."""
Answered = dict[str, dict[str, list[e.ItemAnswered]]]
"""By item's name, then learner, in canonical order."""


def answers_of(events: Sequence[Event]) -> Answered:
    found: Answered = {}
    for event in canonical(events):
        fact = event.fact
        if isinstance(fact, e.ItemAnswered) and fact.state not in ("invalid", "unanswered"):
            name = NAMES.get((fact.lesson, fact.item))
            if name is not None:
                found.setdefault(name, {}).setdefault(event.learner, []).append(fact)
    return found


def check_row(row: ItemRow, answered: Answered) -> None:
    """A row against the definitions in the head of course_kit/report/items.py."""
    mine = {
        learner: facts
        for learner, all_facts in answered[row.name].items()
        if (facts := [fact for fact in all_facts if fact.digest == row.digest])
    }
    number = len(mine)
    assert row.learners == number
    assert abs(row.difficulty - sum(facts[0].fraction for facts in mine.values()) / number) < 1e-9
    assert row.solved == sum(any(fact.fraction >= 1 for fact in facts) for facts in mine.values()) / number
    assert row.attempts == sum(map(len, mine.values())) / number
    wrong: Counter[str] = Counter()
    for facts in mine.values():
        wrong.update({named_response(None, fact.response)[0] for fact in facts if fact.fraction < 1})
    assert [given.learners for given in row.wrong] == [count for _, count in wrong.most_common(3)]
    own, rest = [], []
    for learner, facts in mine.items():
        others = [by[learner][0].fraction for name, by in answered.items() if name != row.name and learner in by]
        if len(others) >= ENOUGH_REST:
            own.append(facts[0].fraction)
            rest.append(sum(others) / len(others))
    if len(own) < ENOUGH_LEARNERS or max(own) - min(own) < 1e-9 or max(rest) - min(rest) < 1e-9:
        assert row.discrimination is None
    else:
        assert row.discrimination is not None
        assert abs(row.discrimination - statistics.correlation(own, rest)) < 1e-9


answer = st.tuples(
    st.sampled_from([*NAMES, ("begin", "gone/q1")]),
    st.sampled_from([0, 1, [1, 0], [0, 1], "4", "4.0", "the  Mean", True, None]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from(["first", "first", "second"]),
    st.integers(0, 3),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(answer, max_size=30), chance=st.randoms(use_true_random=False))
def test_a_small_cohort(course: Course, diary: Callable[..., Any], steps: list[Any], chance: Any) -> None:
    diaries = [diary(f"l{number}", 5) for number in range(4)]
    for (lesson, item), response, fraction, digest, who in steps:
        diaries[who].answered(f"{lesson}/{item}", response, fraction, digest=digest)
    events = [event for one in diaries for event in one.events]
    chance.shuffle(events)
    rows = analyse(course, group(Roster(), {}, events, course=course.key).members)
    answered = answers_of(events)
    digests = {(name, f.digest) for name, by in answered.items() for facts in by.values() for f in facts}
    assert {(row.name, row.digest) for row in rows} == digests
    for row in rows:
        check_row(row, answered)
    newest = {name: max(pair for pair in last_answers(events, name))[1] for name in answered}
    assert {row.name: row.digest for row in rows if row.present} == newest


def last_answers(events: Sequence[Event], name: str) -> list[tuple[Any, str]]:
    """The place in the canonical order, and the wording, of each answer to an item that could be read."""
    return [
        (event.order(), event.fact.digest)
        for event in events
        if isinstance(event.fact, e.ItemAnswered) and NAMES.get((event.fact.lesson, event.fact.item)) == name
    ]


def test_a_cohort_that_is_large_enough_to_tell_items_apart(course: Course, diary: Callable[..., Any]) -> None:
    diaries = []
    for number in range(40):
        one = diary(f"l{number:02}", 5)
        for place, (lesson, item) in enumerate(list(NAMES) * 2):
            one.answered(f"{lesson}/{item}", number % 3, (number * (place + 2) % 5) / 4)
        diaries.append(one)
    events = [event for one in diaries for event in one.events]
    rows = analyse(course, group(Roster(), {}, events, course=course.key).members)
    assert [row.learners for row in rows] == [40] * 4
    assert all(row.discrimination is not None for row in rows)
    for row in rows:
        check_row(row, answers_of(events))
