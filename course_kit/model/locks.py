"""Which lessons are locked for one learner, in words: the reasons, the fewest steps that open it, and their minutes.

A gate advises unless the author has it enforce: an advising lock explains itself and may be opened anyway.
"""

from collections.abc import Collection
from datetime import UTC, datetime, tzinfo
from typing import Literal

from pydantic import BaseModel, ConfigDict

from course_kit.model.course import Course, Lesson
from course_kit.model.gate_tree import After, AllOf, AnyOf, Completed, Gate, InCohort, Not, Scored, Waived
from course_kit.model.gates import Action, LeafValue, State, Verdict, evaluate, phrases
from course_kit.model.keys import utc_text


class Reason(BaseModel):
    """One thing that keeps a lesson locked, with the lesson to work on and its minutes (None where unknown).

    ``lesson`` is empty where no lesson helps: a date, a cohort, an assignment.
    """

    model_config = ConfigDict(frozen=True)

    lesson: str
    text: str
    minutes: int | None = None


class Step(BaseModel):
    """One of the fewest actions that open a gate. ``key``: a lesson or an assignment, empty for a wait.

    ``until``: of a wait, as UTC in ISO form; None where it counts from a start that lies ahead.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["complete", "score", "wait"]
    key: str
    text: str
    minutes: int | None = None
    until: str | None = None


class Lock(BaseModel):
    """Why a lesson is shut. ``actions``: None where nothing that the learner can do opens it."""

    model_config = ConfigDict(frozen=True)

    mode: Literal["advise", "enforce"]
    reasons: tuple[Reason, ...]
    actions: tuple[Step, ...] | None
    minutes: int | None


class Locks:
    """The gates of ``course`` for the learner of ``state``, whose keys and minutes are filled in from the course.

    Dates in words are those of ``zone``, the reader's.
    """

    def __init__(self, course: Course, state: State, *, zone: tzinfo = UTC) -> None:
        self._course, self._lessons, self._zone = course, course.lessons_by_name(), zone
        self._assignments = {part.key: part for part in course.assignments()}
        minutes = {key: part.minutes for key, part in self._assignments.items()}
        minutes |= {key: part.minutes for key, part in self._lessons.items()}
        known = {*self._lessons, *self._assignments}
        self._state = State(
            completed=state.completed,
            waived=state.waived,
            scores=state.scores,
            cohorts=state.cohorts,
            start=state.start,
            at=state.at,
            known=known,
            minutes=minutes,
        )

    def verdict(self, lesson: Lesson) -> Verdict:
        """What the lesson's gate comes to; a lesson without one is open."""
        gate = lesson.whole_gate()
        return Verdict(open=True) if gate is None else evaluate(self._present(gate), self._state)

    def lock(self, lesson: Lesson) -> Lock | None:
        """Why the lesson is shut, or None if it is open."""
        gate = lesson.whole_gate()
        if gate is None:
            return None
        gate = self._present(gate)
        verdict = evaluate(gate, self._state)
        if verdict.open:
            return None
        found = [self._reason(first, text) for first, text in phrases(gate, self._state, self._words)]
        return Lock(
            mode=lesson.gate or self._course.gate or "advise",
            reasons=tuple(dict.fromkeys(found)),
            actions=None if verdict.actions is None else tuple(self._step(action) for action in verdict.actions),
            minutes=None if verdict.actions is None else verdict.minutes,
        )

    def _present(self, gate: Gate) -> Gate:
        """The gate with the present keys of renamed lessons."""
        match gate:
            case Completed(lesson) if lesson in self._lessons:
                return Completed(self._lessons[lesson].key)
            case Waived(lesson) if lesson in self._lessons:
                return Waived(self._lessons[lesson].key)
            case Scored(key, at_least) if key in self._lessons:
                return Scored(self._lessons[key].key, at_least)
            case AllOf(parts):
                return AllOf(tuple(self._present(part) for part in parts))
            case AnyOf(parts):
                return AnyOf(tuple(self._present(part) for part in parts))
            case Not(part):
                return Not(self._present(part))
            case _:
                return gate

    def _reason(self, first: LeafValue, text: str) -> Reason:
        key = first.leaf.lesson if isinstance(first.leaf, Completed) else ""
        key = first.leaf.key if isinstance(first.leaf, Scored) and first.leaf.key in self._lessons else key
        minutes = self._state.minutes.get(key) if key and not first.negated else None
        return Reason(lesson="" if first.negated else key, text=f"{text[:1].upper()}{text[1:]}.", minutes=minutes)

    def _step(self, action: Action) -> Step:
        until = None if action.until is None else utc_text(action.until)
        return Step(kind=action.kind, key=action.key, text=self._deed(action), minutes=action.minutes, until=until)

    def _deed(self, action: Action) -> str:
        match action.kind:
            case "complete":
                return f"Complete “{self._title(action.key)}”"
            case "score":
                return f"Reach {_percent(action.share or 0)} in “{self._title(action.key)}”"
            case _:
                return f"Wait until {self._moment(action.until, action.when)}"

    def _words(self, now: LeafValue) -> str:
        match now.leaf, now.negated:
            case Completed(lesson), False:
                return f"complete “{self._title(lesson)}” first"
            case Completed(lesson), True:
                return f"it is for those who have not completed “{self._title(lesson)}”"
            case Scored(key, at_least), False:
                return f"reach {_percent(at_least)} in “{self._title(key)}” (now {_percent(now.have)})"
            case Scored(key, at_least), True:
                return f"it is for those below {_percent(at_least)} in “{self._title(key)}”"
            case After(when), False:
                return f"it opens on {self._moment(now.since, when)}"
            case After(when), True:
                return f"it was open until {self._moment(now.since, when)}"
            case InCohort(cohort), negated:
                return f"it is {'not ' if negated else ''}for the cohort “{cohort}”"
            case Waived(lesson), negated:
                return f"it is for those who have {'not ' if negated else ''}been excused from “{self._title(lesson)}”"
        return "it is locked"  # pragma: no cover

    def _title(self, key: str) -> str:
        part = self._lessons.get(key) or self._assignments.get(key)
        return key if part is None else part.title or key

    def _moment(self, moment: datetime | None, written: str) -> str:
        """A date by the reader's clock; as it was written where it counts from a start that lies ahead."""
        if moment is None:
            return written.replace("start", "your start")
        return f"{moment.astimezone(self._zone):%d %b %Y, %H:%M %Z}"


def reasons(course: Course, lesson: Lesson, completed: Collection[str]) -> tuple[Reason, ...]:
    """Everything that keeps ``lesson`` shut for one who has completed the lessons ``completed``; none means open."""
    found = Locks(course, State(completed=completed)).lock(lesson)
    return () if found is None else found.reasons


def _percent(share: float) -> str:
    return f"{int(share * 100 + 1e-9)} %" if share < 1 else "100 %"
