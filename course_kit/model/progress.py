"""Progress: a replay of one learner's events over a course's outline.

:func:`fold` is the definition; whatever is stored is a cache of it. Progress merges by maximum: a late, lower answer
never takes anything away. Only :class:`~course_kit.model.events.Voided` does.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal

from pydantic import BaseModel, ConfigDict

from course_kit.model import events as e
from course_kit.model.answers import Answers
from course_kit.model.arrangements import arrangements_of
from course_kit.model.completion import Facts, degree
from course_kit.model.course import Course, Lesson
from course_kit.model.gate_tree import Scored, leaves
from course_kit.model.gates import State as GateState
from course_kit.model.locks import Lock, Locks, Reason
from course_kit.model.quiz import Response, State
from course_kit.model.tally import Tally, union

VIEWED_ENOUGH = 0.9
"""A document, or a notebook with neither quizzes nor code, is complete when this share of it has been in view."""


class ItemProgress(BaseModel):
    """What one item has come to: the best fraction, the last answer, and how many attempts were made.

    ``solved``: a right answer was given, whatever its hints had cost; first at ``solved_at``. The first of all answers
    was given at ``first_at``.
    """

    model_config = ConfigDict(frozen=True)

    fraction: float = 0.0
    attempts: int = 0
    solved: bool = False
    state: State = "unanswered"
    response: Response = None
    first_fraction: float | None = None
    first_at: datetime | None = None
    solved_at: datetime | None = None
    answered_at: datetime | None = None


_NOTHING = ItemProgress()


class LessonProgress(BaseModel):
    """``fraction`` is 0–1; ``state`` is done once completed or waived, whatever comes after.

    ``lock``: why its gate is shut, also where the learner opened it anyway (``overridden``); None once it is open.
    ``videos``: the share of each of its videos that was truly played, by the video's key.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    fraction: float
    state: Literal["locked", "open", "started", "done"]
    reasons: tuple[Reason, ...] = ()
    opened_at: datetime | None = None
    completed_at: datetime | None = None
    last_at: datetime | None = None
    items_right: int = 0
    items: int = 0
    waived_at: datetime | None = None
    overridden: bool = False
    lock: Lock | None = None
    videos: Mapping[str, float] = {}


class AssignmentProgress(BaseModel):
    model_config = ConfigDict(frozen=True)

    key: str
    submitted_at: datetime | None = None
    submission: str = ""
    score: float | None = None
    max_score: float | None = None
    status: str = ""


class Goal(BaseModel):
    """What the learner means to do in one week."""

    model_config = ConfigDict(frozen=True)

    text: str
    done: bool


class Progress(BaseModel):
    """Everything derived from one learner's events in one course. ``goals``: by the Monday of their week."""

    model_config = ConfigDict(frozen=True)

    course: str
    started_at: datetime | None = None
    last_at: datetime | None = None
    fraction: float = 0.0
    lessons: tuple[LessonProgress, ...] = ()
    assignments: tuple[AssignmentProgress, ...] = ()
    items: Mapping[str, ItemProgress] = {}
    goals: Mapping[str, Goal] = {}
    next_lesson: str | None = None

    def lesson(self, key: str) -> LessonProgress | None:
        return next((lesson for lesson in self.lessons if lesson.key == key), None)

    def assignment(self, key: str) -> AssignmentProgress | None:
        return next((assignment for assignment in self.assignments if assignment.key == key), None)


@dataclass
class _Present:
    """What a kept tally says of the present outline. ``lessons``: the outline's, by present and former keys."""

    lessons: Mapping[str, Lesson]
    started_at: datetime | None = None
    last_at: datetime | None = None
    seen_at: datetime | None = None
    opened: dict[str, datetime] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    viewed: dict[str, float] = field(default_factory=dict)
    cells: dict[str, set[str]] = field(default_factory=dict)
    items: dict[str, ItemProgress] = field(default_factory=dict)
    completed: dict[str, datetime] = field(default_factory=dict)
    waived: dict[str, datetime] = field(default_factory=dict)
    unlocked: set[str] = field(default_factory=set)
    overridden: set[str] = field(default_factory=set)
    videos: dict[str, dict[str, list[tuple[float, float]]]] = field(default_factory=dict)
    lengths: dict[str, dict[str, float]] = field(default_factory=dict)
    assignments: dict[str, AssignmentProgress] = field(default_factory=dict)
    counted: dict[str, list[ItemProgress]] = field(default_factory=dict)


def canonical(events: Iterable[e.Event]) -> list[e.Event]:
    """The events in canonical order, each id once, without the voided ones and those that void them."""
    unique = {event.event_id: event for event in events}
    ordered = sorted(unique.values(), key=e.Event.order)
    voided = {event.fact.event_id for event in ordered if isinstance(event.fact, e.Voided)}
    return [event for event in ordered if event.event_id not in voided and not isinstance(event.fact, e.Voided)]


def fold(
    course: Course,
    events: Iterable[e.Event],
    *,
    at: datetime | None = None,
    cohorts: Collection[str] | None = None,
    zone: tzinfo = UTC,
) -> Progress:
    """One learner's progress. Events may come in any order and more than once; those of other courses are ignored.

    The events may bear several pseudonyms: whoever calls decides that they belong to one person. Gates that wait for
    a date are asked at ``at``, by default the moment of the last event; ``cohorts`` are the learner's, by default the
    one that the instructor let them know. Dates in reasons are worded in ``zone``.
    """
    kept = Tally.of(event for event in events if event.course == course.key)
    return progress_of(course, kept, at=at, cohorts=cohorts, zone=zone)


def progress_of(
    course: Course,
    kept: Tally,
    *,
    at: datetime | None = None,
    cohorts: Collection[str] | None = None,
    zone: tzinfo = UTC,
) -> Progress:
    """What :func:`fold` gives for the events that ``kept`` is the tally of: a kept tally spares their replay."""
    if cohorts is None:
        told = arrangements_of(kept).cohort
        cohorts = (told,) if told else ()
    present = _present(course, kept)
    completed = set(present.completed) | {
        lesson.key for lesson in course.lessons() if _is_complete(course, lesson, present)
    }
    state = _gate_state(course, present, completed, at=at or present.seen_at, cohorts=cohorts)
    locks = Locks(course, state, zone=zone)
    lessons = tuple(_lesson_progress(lesson, present, completed, locks) for lesson in course.lessons())
    assignments = tuple(
        present.assignments.get(assignment.key) or AssignmentProgress(key=assignment.key)
        for assignment in course.assignments()
    )
    fractions = [1.0 if lesson.state == "done" else lesson.fraction for lesson in lessons]
    following = next((lesson for lesson in lessons if lesson.state in ("started", "open")), None)
    return Progress(
        course=course.key,
        started_at=present.started_at,
        last_at=present.last_at,
        fraction=sum(fractions) / len(fractions) if fractions else 0.0,
        lessons=lessons,
        assignments=assignments,
        items=present.items,
        goals={week: Goal(text=text, done=done) for week, (_, text, done) in kept.goals.items()},
        next_lesson=None if following is None else following.key,
    )


def item_id(lesson: str, item: str) -> str:
    """How :attr:`Progress.items` names an item: ``lesson/quiz/item``."""
    return f"{lesson}/{item}"


def _present(course: Course, kept: Tally) -> _Present:
    """What is in ``kept`` by the present names of lessons and items, so that a renamed one keeps its history."""
    present = _Present(course.lessons_by_name())
    present.started_at, present.last_at, present.seen_at = kept.started_at, kept.last_at, kept.seen_at
    names = {name: lesson.key for name, lesson in present.lessons.items()}
    earliest = ((present.opened, kept.opened), (present.completed, kept.completed), (present.waived, kept.waived))
    for times, before in earliest:
        for name, at in before.items():
            key = names.get(name, name)
            times[key] = min(at, times.get(key, at))
    for name, at in kept.last.items():
        key = names.get(name, name)
        present.last[key] = max(at, present.last.get(key, at))
    for name, share in kept.viewed.items():
        key = names.get(name, name)
        present.viewed[key] = max(share, present.viewed.get(key, 0.0))
    for name, cells in kept.cells.items():
        present.cells.setdefault(names.get(name, name), set()).update(cells)
    for (name, video), watched in kept.videos.items():
        key = names.get(name, name)
        stretches = present.videos.setdefault(key, {}).setdefault(video, [])
        stretches[:] = union([*stretches, *watched.ranges])
        lengths = present.lengths.setdefault(key, {})
        lengths[video] = max(lengths.get(video, 0.0), watched.duration)
    present.unlocked = {names.get(name, name) for name in kept.unlocked}
    present.overridden = {names.get(name, name) for name in kept.overridden}
    present.items = _items(present, kept)
    present.assignments = _assignments(kept)
    return present


def _items(present: _Present, kept: Tally) -> dict[str, ItemProgress]:
    together: dict[str, Answers] = {}
    for (name, item), answers in kept.items.items():
        lesson = present.lessons.get(name)
        now_called = item_id(name, item) if lesson is None else item_id(lesson.key, lesson.present_item(item))
        if now_called in together:
            together[now_called] = joined = together[now_called].copy()
            joined.take(answers)
        else:
            together[now_called] = answers
    return {name: _item(answers) for name, answers in together.items()}


def _item(answers: Answers) -> ItemProgress:
    (at, _), state, response = answers.last
    return ItemProgress(
        fraction=answers.fraction,
        attempts=answers.attempts,
        solved=answers.solved_at is not None,
        state=state,
        response=response,
        first_fraction=answers.first[1],
        first_at=answers.first[0][0],
        solved_at=answers.solved_at,
        answered_at=at,
    )


def _assignments(kept: Tally) -> dict[str, AssignmentProgress]:
    found: dict[str, AssignmentProgress] = {}
    for key in kept.submitted.keys() | kept.scores.keys():
        submitted, score = kept.submitted.get(key), kept.scores.get(key)
        found[key] = AssignmentProgress(
            key=key,
            submitted_at=None if submitted is None else submitted[0][0],
            submission="" if submitted is None else submitted[1],
            score=None if score is None else score[1],
            max_score=None if score is None else score[2],
            status="" if score is None else score[3],
        )
    return found


def counted_items(lesson: Lesson, items: Mapping[str, ItemProgress]) -> list[ItemProgress]:
    """What a lesson's items have come to, as many as each learner meets: of a pool, the best ones.

    ``items`` by ``lesson/quiz/item``; one that is not in there has come to nothing.
    """
    quizzes: dict[str, list[ItemProgress]] = {}
    for item in lesson.items:
        quizzes.setdefault(item.partition("/")[0], []).append(items.get(item_id(lesson.key, item), _NOTHING))
    counted: list[ItemProgress] = []
    for quiz, found in quizzes.items():
        if quiz in lesson.pools:
            found.sort(key=lambda item: (item.fraction, item.solved, item.attempts), reverse=True)
            del found[lesson.pools[quiz] :]
        counted += found
    return counted


def _counted(lesson: Lesson, present: _Present) -> list[ItemProgress]:
    """:func:`counted_items`, worked out once for each lesson."""
    found = present.counted.get(lesson.key)
    if found is None:
        found = present.counted[lesson.key] = counted_items(lesson, present.items)
    return found


def _quiz_score(lesson: Lesson, present: _Present) -> float:
    counted = _counted(lesson, present)
    return sum(item.fraction for item in counted) / len(counted)


def first_score(lesson: Lesson, items: Mapping[str, ItemProgress]) -> float:
    """The share of a lesson's quizzes that the first answers came to: what a diagnostic counts."""
    first = {name: ItemProgress(fraction=item.first_fraction or 0.0) for name, item in items.items()}
    counted = counted_items(lesson, first)
    return sum(item.fraction for item in counted) / len(counted) if counted else 0.0


def _facts(lesson: Lesson, present: _Present) -> Facts:
    """What a rule of completion asks about one lesson."""
    ran = len(present.cells.get(lesson.key, set()) & set(lesson.cells))
    return Facts(
        viewed=present.viewed.get(lesson.key, 0.0),
        cells=ran / len(lesson.cells) if lesson.cells else 0.0,
        quizzes=_quiz_score(lesson, present) if lesson.items else 0.0,
        videos=_watched(lesson, present),
        assignments=_assignment_shares(present),
    )


def _watched(lesson: Lesson, present: _Present) -> dict[str, float]:
    """The share of each of a lesson's videos that was played; of a release that names none, of those that were.

    How long a video is, the release says where it knows it, else whoever recorded it.
    """
    played = present.videos.get(lesson.key, {})
    lengths = lesson.videos or present.lengths.get(lesson.key, {})
    return {
        name: min(1.0, sum(min(end, long) - min(begin, long) for begin, end in played.get(name, ())) / long)
        for name, long in lengths.items()
    }


def _assignment_shares(present: _Present) -> dict[str, float]:
    return {
        key: part.score / part.max_score
        for key, part in present.assignments.items()
        if part.score is not None and part.max_score
    }


def _gate_state(
    course: Course, present: _Present, completed: set[str], *, at: datetime | None, cohorts: Collection[str]
) -> GateState:
    """What gates ask; quizzes are summed up only where a gate does ask for them."""
    gates = [gate for lesson in course.lessons() if (gate := lesson.condition) is not None]
    asked = {leaf.key for gate in gates for leaf in leaves(gate) if isinstance(leaf, Scored)}
    scored = [present.lessons[key] for key in sorted(asked) if key in present.lessons]
    scores = {lesson.key: _quiz_score(lesson, present) for lesson in scored if lesson.items}
    return GateState(
        completed=completed,
        waived=set(present.waived),
        scores=_assignment_shares(present) | scores,
        cohorts=cohorts,
        start=present.started_at,
        at=at,
    )


def _fraction(lesson: Lesson, present: _Present) -> float:
    """How far a lesson has come: by its rule, else its quizzes, else its code cells, else by what was in view.

    A diagnostic is done when everything was answered once, however: later answers excuse nobody.
    """
    if lesson.complete is not None:
        return degree(lesson.complete, _facts(lesson, present))
    if lesson.diagnostic is not None and lesson.items:
        counted = _counted(lesson, present)
        return sum(item.attempts > 0 for item in counted) / len(counted)
    if lesson.items:
        return _quiz_score(lesson, present)
    if lesson.cells:
        return len(present.cells.get(lesson.key, set()) & set(lesson.cells)) / len(lesson.cells)
    if lesson.kind != "notebook":
        return 1.0 if lesson.key in present.opened else 0.0
    return min(1.0, present.viewed.get(lesson.key, 0.0) / VIEWED_ENOUGH)


def _is_complete(course: Course, lesson: Lesson, present: _Present) -> bool:
    if lesson.complete is not None:
        return _fraction(lesson, present) >= 1.0
    needed = course.pass_score if lesson.items and lesson.diagnostic is None else 1.0
    return _fraction(lesson, present) >= needed - 1e-9 and (lesson.key in present.opened or not lesson.items)


def _lesson_progress(lesson: Lesson, present: _Present, completed: set[str], locks: Locks) -> LessonProgress:
    is_settled = lesson.key in present.unlocked or lesson.key in completed
    lock = None if is_settled else locks.lock(lesson)
    overridden = lock is not None and lock.mode == "advise" and lesson.key in present.overridden
    is_locked = lock is not None and not overridden
    begun = lesson.key in present.opened
    counted = _counted(lesson, present)
    return LessonProgress(
        key=lesson.key,
        fraction=_fraction(lesson, present),
        state="done" if lesson.key in completed else "locked" if is_locked else "started" if begun else "open",
        reasons=lock.reasons if lock is not None else (),
        opened_at=present.opened.get(lesson.key),
        completed_at=present.completed.get(lesson.key),
        last_at=present.last.get(lesson.key),
        items_right=sum(item.solved or item.fraction >= 1 for item in counted),
        items=len(counted),
        waived_at=present.waived.get(lesson.key),
        overridden=overridden,
        lock=lock,
        videos=_watched(lesson, present),
    )
