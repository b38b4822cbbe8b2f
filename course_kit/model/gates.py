"""What a gate comes to for one learner: open or not, every condition that fails, and the least that opens it.

Pure: the present moment, the learner's start and cohorts come in with the :class:`State`. An unknown key is never a
pass, in a ``not`` either.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations
from typing import Literal

from course_kit.model.gate_tree import After, AllOf, AnyOf, Completed, Gate, InCohort, Leaf, Not, Scored, Waived, leaves
from course_kit.model.when import When

_SLACK = 1e-9
EXACT = 12
"""Up to so many actions that could each help, the set that is named is the smallest; beyond, it is a small one."""


@dataclass(frozen=True)
class State:
    """What gates ask about one learner. ``completed`` holds the waived lessons, too; ``scores`` are shares, 0 to 1.

    ``known``: all keys of lessons and assignments; None where every key counts as one.
    """

    completed: Collection[str] = frozenset()
    waived: Collection[str] = frozenset()
    scores: Mapping[str, float] = field(default_factory=dict)
    cohorts: Collection[str] = frozenset()
    start: datetime | None = None
    at: datetime | None = None
    known: Collection[str] | None = None
    minutes: Mapping[str, int | None] = field(default_factory=dict)
    """What working through a lesson or an assignment takes."""


@dataclass(frozen=True)
class LeafValue:
    """A condition with its present value: ``have`` of ``need`` as shares; ``since``: the moment a date means."""

    leaf: Leaf
    have: float
    need: float
    met: bool
    negated: bool = False
    since: datetime | None = None


@dataclass(frozen=True)
class Action:
    """One thing to do: complete a lesson, reach a share in a lesson or an assignment, or wait until a moment.

    ``minutes``: None where unknown. ``until``: of a wait; None where it counts from a start that lies ahead.
    """

    kind: Literal["complete", "score", "wait"]
    key: str = ""
    share: float | None = None
    minutes: int | None = None
    until: datetime | None = None
    when: str = ""


@dataclass(frozen=True)
class Verdict:
    """``failing``: every failing condition that keeps the gate shut. ``actions``: the smallest set that opens it; None
    where nothing that a learner can do does (a cohort, a waiver, a moment that is past). ``minutes``: of all of them
    together, None where one is unknown."""

    open: bool
    failing: tuple[LeafValue, ...] = ()
    actions: tuple[Action, ...] | None = ()

    @property
    def minutes(self) -> int | None:
        return total_minutes(self.actions or ())


def evaluate(gate: Gate, state: State) -> Verdict:
    """Whether ``gate`` is open in ``state``, and if not, everything about why."""
    if is_open(gate, state):
        return Verdict(open=True)
    return Verdict(False, tuple(dict.fromkeys(_failing(gate, state, negated=False))), smallest(gate, state))


def is_open(gate: Gate, state: State) -> bool:
    return _holds(gate, state, negated=False)


def _met(leaf: Leaf, state: State, *, negated: bool) -> bool:
    """As :func:`value` has it; the two frequent conditions by the short way, since gates are asked very often."""
    match leaf:
        case Completed(lesson):
            return (lesson in state.completed) is not negated and _is_known(leaf, state)
        case Scored(key, at_least):
            return (state.scores.get(key, 0.0) >= at_least - _SLACK) is not negated and _is_known(leaf, state)
        case _:
            return value(leaf, state, negated=negated).met


def value(leaf: Leaf, state: State, *, negated: bool = False) -> LeafValue:
    """The present value of one condition; of a negated one ``met`` says whether the negation holds."""
    have, need, since = 0.0, 1.0, None
    match leaf:
        case Completed(lesson):
            have = float(lesson in state.completed)
        case Waived(lesson):
            have = float(lesson in state.waived)
        case InCohort(cohort):
            have = float(cohort in state.cohorts)
        case Scored(key, at_least):
            have, need = state.scores.get(key, 0.0), at_least
        case After(when):
            since = When.parse(when).resolve(start=state.start)
            have = float(since is not None and state.at is not None and state.at >= since)
    met = have >= need - _SLACK
    if negated:
        met = not met and _is_known(leaf, state) and not (isinstance(leaf, After) and state.at is None)
    else:
        met = met and _is_known(leaf, state)
    return LeafValue(leaf, have, need, met, negated, since)


def smallest(gate: Gate, state: State) -> tuple[Action, ...] | None:
    """The fewest actions that open ``gate`` together; of several such sets one with the fewest waits, then minutes.

    None where no actions do. Exact up to :data:`EXACT` helpful actions beside those that are needed in any case.
    """
    if _is_plain(gate):
        return _cheapest(gate, state)
    options = list(_options(gate, state))
    if not is_open(gate, _after_doing(options, state)) and not _has_not(gate):
        return None
    needed: list[Action] = []
    if not _has_not(gate):
        needed = [one for one in options if not is_open(gate, _after_doing([o for o in options if o != one], state))]
    free = [option for option in options if option not in needed]
    found = None if len(free) > EXACT else _search(gate, state, needed, free)
    if found is None and len(free) > EXACT:
        found = _shrunk(gate, state, options)
    return None if found is None else _in_order(found, options)


def _is_plain(gate: Gate) -> bool:
    """Whether no condition bears on another, so that each part of the tree can be decided by itself."""
    if _has_not(gate):
        return False
    subjects = [_subject(leaf) for leaf in leaves(gate)]
    return len(set(subjects)) == len(subjects)


def _subject(leaf: Leaf) -> object:
    match leaf:
        case Completed(key) | Scored(key):
            return key
        case After():
            return After
        case _:
            return leaf


def _cheapest(gate: Gate, state: State) -> tuple[Action, ...] | None:
    """The smallest set of a plain gate: of alternatives the cheapest, of everything all."""
    match gate:
        case AllOf(parts):
            sets = [_cheapest(part, state) for part in parts]
            return None if None in sets else tuple(action for found in sets for action in found or ())
        case AnyOf(parts):
            able = [found for part in parts if (found := _cheapest(part, state)) is not None]
            return min(able, key=_cost, default=None)
        case Not():
            raise AssertionError("a plain gate holds no negation")
        case _:
            now = value(gate, state)
            action = None if now.met or not _is_known(gate, state) else _action(now, state)
            return () if now.met else None if action is None else (action,)


def total_minutes(actions: Sequence[Action]) -> int | None:
    """What the actions take together; a lesson that is both completed and scored is worked through once."""
    minutes = {action.key: action.minutes for action in actions if action.kind != "wait"}
    known = [each for each in minutes.values() if each is not None]
    return sum(known) if len(known) == len(minutes) else None


def _is_known(leaf: Leaf, state: State) -> bool:
    key = leaf.lesson if isinstance(leaf, Completed | Waived) else leaf.key if isinstance(leaf, Scored) else None
    return key is None or state.known is None or key in state.known


def _holds(gate: Gate, state: State, *, negated: bool) -> bool:
    """Negation travels down to the leaves (de Morgan), where an unknown key fails either way."""
    match gate:
        case Not(part):
            return _holds(part, state, negated=not negated)
        case AllOf(parts):
            return (any if negated else all)(_holds(part, state, negated=negated) for part in parts)
        case AnyOf(parts):
            return (all if negated else any)(_holds(part, state, negated=negated) for part in parts)
        case _:
            return _met(gate, state, negated=negated)


def _failing(gate: Gate, state: State, *, negated: bool) -> Iterator[LeafValue]:
    if _holds(gate, state, negated=negated):
        return
    match gate:
        case Not(part):
            yield from _failing(part, state, negated=not negated)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _failing(part, state, negated=negated)
        case _:
            yield value(gate, state, negated=negated)


def _has_not(gate: Gate) -> bool:
    match gate:
        case Not():
            return True
        case AllOf(parts) | AnyOf(parts):
            return any(_has_not(part) for part in parts)
        case _:
            return False


def _options(gate: Gate, state: State) -> Iterator[Action]:
    """What a learner could do about the conditions that do not hold yet, each once."""
    seen: set[Action] = set()
    for leaf in leaves(gate):
        now = value(leaf, state)
        action = None if now.met or not _is_known(leaf, state) else _action(now, state)
        if action is not None and action not in seen:
            seen.add(action)
            yield action


def _action(now: LeafValue, state: State) -> Action | None:
    match now.leaf:
        case Completed(lesson):
            return Action("complete", lesson, minutes=state.minutes.get(lesson))
        case Scored(key, at_least):
            return Action("score", key, share=at_least, minutes=state.minutes.get(key))
        case After(when):
            return Action("wait", until=now.since, when=when)
        case _:
            return None


def _after_doing(actions: Collection[Action], state: State) -> State:
    """The state once all ``actions`` are done."""
    scores = dict(state.scores)
    for action in actions:
        if action.kind == "score" and action.share is not None:
            scores[action.key] = max(scores.get(action.key, 0.0), action.share)
    waits = [action for action in actions if action.kind == "wait"]
    at, start = state.at, state.start
    moments = [action.until for action in waits if action.until is not None]
    if moments:
        at = max([*moments, *([at] if at is not None else [])])
    ahead = [When.parse(action.when).offset for action in waits if action.until is None]
    if ahead and at is not None:
        # The learner begins now, and the span since then passes.
        start = at if start is None else start
        at = max(at, start + max(ahead))
    done = {action.key for action in actions if action.kind == "complete"}
    return replace(state, completed={*state.completed, *done}, scores=scores, at=at, start=start)


def _search(gate: Gate, state: State, needed: list[Action], free: list[Action]) -> list[Action] | None:
    for size in range(len(free) + 1):
        sets = [[*needed, *extra] for extra in combinations(free, size)]
        opening = [found for found in sets if is_open(gate, _after_doing(found, state))]
        if opening:
            return min(opening, key=_cost)
    return None


def _shrunk(gate: Gate, state: State, options: list[Action]) -> list[Action] | None:
    """A small set for a large gate: begin with everything, and leave out, costliest first, what is not needed."""
    kept = list(options)
    if not is_open(gate, _after_doing(kept, state)):
        return None
    for action in sorted(options, key=lambda one: _cost([one]), reverse=True):
        without = [one for one in kept if one != action]
        if is_open(gate, _after_doing(without, state)):
            kept = without
    return kept


def _cost(actions: Sequence[Action]) -> tuple[int, int, int, int]:
    minutes = {action.key: action.minutes for action in actions if action.kind != "wait"}
    unknown = sum(each is None for each in minutes.values())
    known = sum(each for each in minutes.values() if each is not None)
    return len(actions), sum(action.kind == "wait" for action in actions), unknown, known


def _in_order(found: Collection[Action], options: Sequence[Action]) -> tuple[Action, ...]:
    return tuple(option for option in options if option in found)


Word = Callable[[LeafValue], str]


def phrases(gate: Gate, state: State, word: Word) -> Iterator[tuple[LeafValue, str]]:
    """One phrase for each thing that must change: failing conditions, alternatives joined by "or".

    ``word`` says one condition without a full stop; each phrase comes with its first condition.
    """
    yield from _phrases(gate, state, word, negated=False)


def _phrases(gate: Gate, state: State, word: Word, *, negated: bool) -> Iterator[tuple[LeafValue, str]]:
    if _holds(gate, state, negated=negated):
        return
    match gate:
        case Not(part):
            yield from _phrases(part, state, word, negated=not negated)
        case AllOf(parts) | AnyOf(parts):
            each = [list(_phrases(part, state, word, negated=negated)) for part in parts]
            if isinstance(gate, AllOf) != negated:
                yield from (found for some in each for found in some)
            else:
                yield each[0][0][0], ", or ".join(" and ".join(text for _, text in some) for some in each)
        case _:
            now = value(gate, state, negated=negated)
            yield now, word(now)
