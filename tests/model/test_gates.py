"""Gates against brute force: what is open, what fails, and that nothing smaller opens it."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.gate_tree import (
    After,
    AllOf,
    AnyOf,
    Completed,
    Gate,
    InCohort,
    Not,
    Scored,
    Waived,
    gate_form,
    leaves,
    musts,
    read_gate,
)
from course_kit.model.gates import State, evaluate, is_open, smallest
from course_kit.model.locks import Locks

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
KEYS = ("a", "b", "c", "d")
DATES = ("start + 3 days", "2026-03-02T09:00+00:00", "2026-03-10T09:00+00:00")
KEY = st.sampled_from(KEYS)
LEAF = st.one_of(
    st.builds(Completed, KEY),
    st.builds(Scored, KEY, st.sampled_from((0.5, 0.8))),
    st.builds(After, st.sampled_from(DATES)),
    st.builds(InCohort, st.sampled_from(("evening", "morning"))),
    st.builds(Waived, KEY),
)


def trees(*, negation: bool) -> st.SearchStrategy[Gate]:
    def inner(part: st.SearchStrategy[Gate]) -> st.SearchStrategy[Gate]:
        parts = st.lists(part, min_size=1, max_size=3).map(tuple)
        kinds = [st.builds(AllOf, parts), st.builds(AnyOf, parts)]
        return st.one_of(*kinds, st.builds(Not, part)) if negation else st.one_of(*kinds)

    return st.recursive(LEAF, inner, max_leaves=7)


STATE = st.builds(
    State,
    completed=st.frozensets(KEY),
    waived=st.frozensets(KEY),
    scores=st.dictionaries(KEY, st.sampled_from((0.0, 0.4, 0.6, 0.9))),
    cohorts=st.frozensets(st.sampled_from(("evening", "morning"))),
    start=st.just(START),
    at=st.integers(0, 12).map(lambda days: START + timedelta(days=days)),
    minutes=st.dictionaries(KEY, st.one_of(st.none(), st.integers(1, 60))),
)


def plainly(gate: Gate, state: State) -> bool:
    """Every key is known here, so that plain logic says it all."""
    match gate:
        case AllOf(parts):
            return all(plainly(part, state) for part in parts)
        case AnyOf(parts):
            return any(plainly(part, state) for part in parts)
        case Not(part):
            return not plainly(part, state)
        case Completed(lesson):
            return lesson in state.completed
        case Waived(lesson):
            return lesson in state.waived
        case InCohort(cohort):
            return cohort in state.cohorts
        case Scored(key, share):
            return state.scores.get(key, 0.0) >= share
        case After(when):
            moment = START + timedelta(days=3) if when == DATES[0] else datetime.fromisoformat(when)
            return state.at >= moment
    raise AssertionError(gate)


def done(choice: tuple[object, ...], state: State) -> State:
    """The state after a choice of (key completed), (key, share) and moments."""
    scores, completed, at = dict(state.scores), set(state.completed), state.at
    for deed in choice:
        if isinstance(deed, str):
            completed.add(deed)
        elif isinstance(deed, tuple):
            scores[deed[0]] = max(scores.get(deed[0], 0.0), deed[1])
        else:
            at = max(at, deed)
    return State(completed, state.waived, scores, state.cohorts, state.start, at)


def deeds(gate: Gate) -> list[object]:
    found: list[object] = []
    for leaf in leaves(gate):
        match leaf:
            case Completed(lesson):
                found.append(lesson)
            case Scored(key, share):
                found.append((key, share))
            case After(when):
                found.append(START + timedelta(days=3) if when == DATES[0] else datetime.fromisoformat(when))
    return list(dict.fromkeys(found))


@given(trees(negation=True), STATE)
def test_a_gate_is_open_when_plain_logic_says_so(gate, state):
    verdict = evaluate(gate, state)
    assert verdict.open is plainly(gate, state)
    assert verdict.open is not bool(verdict.failing)
    assert all(not found.met for found in verdict.failing)


@settings(deadline=None)
@given(trees(negation=True), STATE)
def test_the_actions_open_the_gate_and_no_fewer_do(gate, state):
    actions = smallest(gate, state)
    choices = (choice for size in range(8) for choice in combinations(deeds(gate), size))
    sizes = (len(choice) for choice in choices if plainly(gate, done(choice, state)))
    least = next(sizes, None)
    assert (None if actions is None else len(actions)) == least
    if actions is not None:
        choice = tuple(
            action.key
            if action.kind == "complete"
            else (action.key, action.share)
            if action.kind == "score"
            else action.until
            for action in actions
        )
        assert plainly(gate, done(choice, state))


@given(trees(negation=False), STATE, st.frozensets(KEY))
def test_completing_more_never_closes_a_gate_without_not(gate, state, more):
    after = State(state.completed | more, state.waived | more, state.scores, state.cohorts, state.start, state.at)
    assert is_open(gate, after) >= is_open(gate, state)


@given(trees(negation=True))
def test_a_gate_is_read_back_from_what_is_written(gate):
    assert read_gate(gate_form(gate)) == gate


def test_a_gate_of_a_hundred_alternatives_names_a_small_set_quickly():
    pairs = tuple(AnyOf((Completed(f"a{number}"), Completed(f"b{number}"))) for number in range(50))
    actions = smallest(AllOf(pairs), State(minutes={f"b{number}": 5 for number in range(50)}))
    assert actions is not None
    assert len(actions) == 50


def test_of_sets_of_one_size_the_quicker_is_named_and_a_wait_comes_last():
    state = State(start=START, at=START, minutes={"long": 90, "short": 20})
    gate = read_gate({"any": ["completed long", "completed short", "after start + 3 days", "completed unknown"]})
    verdict = evaluate(gate, state)
    assert [(action.kind, action.key) for action in verdict.actions] == [("complete", "short")]
    assert verdict.minutes == 20
    assert len(verdict.failing) == 4


def test_nothing_that_a_learner_does_opens_a_gate_for_another_cohort():
    verdict = evaluate(read_gate(["cohort evening", "a"]), State())
    assert verdict.actions is None
    assert [type(found.leaf) for found in verdict.failing] == [InCohort, Completed]


def test_an_unknown_key_is_no_pass_in_a_not_either():
    state = State(known={"a"})
    assert not is_open(read_gate({"not": "completed ghost"}), state)
    assert not is_open(read_gate("ghost"), State(completed={"ghost"}, known={"a"}))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("passed a", "no condition"),
        ("scored a", "lacks its share"),
        ("scored a >= 120 %", "at most 100 %"),
        ("scored a >= 0 %", "more than 0 %"),
        ("scored a >= most", "not a share"),
        ("after tomorrow", "not a date"),
        ("after due", "no due date"),
        ("Not A Key", "no condition"),
        ("completed A B", "not a key"),
        ({"all": []}, "needs a list"),
        ({"none": ["a"]}, "one of `all"),
        ({"all": ["a"], "any": ["b"]}, "one of `all"),
        (3, "one of `all"),
        (None, "one of `all"),
        (["a"] * 101, "at most 100"),
        ({"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": "a"}}}}}}}}}, "nested"),
    ],
)
def test_what_is_no_gate_is_refused_with_what_to_write(data, said):
    with pytest.raises(ValueError, match=said):
        read_gate(data)


def test_what_a_gate_cannot_do_without():
    gate = read_gate(["a", {"all": ["scored b >= 80 %", {"any": ["c", "d"]}]}, {"not": "d"}, {"any": ["c"]}])
    assert [getattr(leaf, "lesson", None) or leaf.key for leaf in musts(gate)] == ["a", "b", "c"]


COURSE = Course(
    key="c",
    title="C",
    units=(
        Unit(
            key="u",
            lessons=(
                Lesson(key="first", title="First", kind="notebook", minutes=20, was=("begin",)),
                Lesson(key="tables", title="Tables", kind="notebook", minutes=40),
                Lesson(
                    key="last",
                    kind="notebook",
                    requires=("begin",),
                    condition={"any": ["scored tables >= 80 %", "scored hw >= 60 %", "cohort evening"]},
                ),
                Lesson(key="shut", kind="notebook", condition="after 2026-03-10T09:00+01:00", gate="enforce"),
            ),
            assignments=(Assignment(key="hw", source="autograders/source/hw", title="Homework"),),
        ),
    ),
)


def test_a_lock_says_why_in_words_and_what_to_do():
    last, shut = COURSE.lesson("last"), COURSE.lesson("shut")
    locks = Locks(COURSE, State(scores={"tables": 0.559}, start=START, at=START), zone=ZoneInfo("Europe/Berlin"))
    lock = locks.lock(last)
    assert [(reason.lesson, reason.text, reason.minutes) for reason in lock.reasons] == [
        ("first", "Complete “First” first.", 20),
        (
            "tables",
            "Reach 80 % in “Tables” (now 55 %), or reach 60 % in “Homework” (now 0 %), or "
            "it is for the cohort “evening”.",
            40,
        ),
    ]
    assert [(step.kind, step.key, step.text) for step in lock.actions] == [
        ("complete", "first", "Complete “First”"),
        ("score", "tables", "Reach 80 % in “Tables”"),
    ]
    assert (lock.mode, lock.minutes) == ("advise", 60)
    waiting = locks.lock(shut)
    assert (waiting.mode, waiting.minutes) == ("enforce", 0)
    assert waiting.actions[0].until == "2026-03-10T08:00:00.000000Z"
    assert waiting.reasons[0].text == "It opens on 10 Mar 2026, 09:00 CET."
    assert Locks(COURSE, State(completed={"first"}, cohorts={"evening"})).lock(last) is None


def test_a_lesson_travels_with_its_gate_and_one_without_as_before():
    data = COURSE.model_dump(mode="json")
    assert Course.model_validate(data) == COURSE
    first, _, last, _ = data["units"][0]["lessons"]
    assert not {"condition", "gate", "complete", "diagnostic", "proves"} & set(first)
    assert last["condition"] == {"any": ["scored tables >= 80 %", "scored hw >= 60 %", "cohort evening"]}
