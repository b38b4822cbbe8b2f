"""Mastery: what a learner's answers say of each skill, and when it comes back. Pure; FSRS does the arithmetic.

A skill is what items name with ``skill:``. Its log is the first answer to each item that exercises it and each review
of it, in canonical order; further attempts at an item say nothing new. Each entry is rated by what it earned
(:func:`rating_of`) and moves the skill's one FSRS card. A lesson that was waived counts, for each skill in it, as a
stability of two weeks: the skill comes back for one check then, and goes on as the answer says.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal

from course_kit.model.course import Course, Lesson
from course_kit.model.moments import Moment
from course_kit.model.tally import Tally

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

Rating = Literal[1, 2, 3]
AGAIN: Rating = 1
HARD: Rating = 2
GOOD: Rating = 3
CHECK_AFTER = timedelta(days=14)
"""After so long what was tested out of is checked once."""
LONGEST = 365
"""No skill stays away for more days than this."""
WEAK = 0.8
"""Below this strength a skill is weak: at 0.9 it comes due, so it is overdue by far."""
_REVIEW = "review."
_AFTER_ALL = "~"
"""Sorts behind every event id: a waiver counts after the answers that brought it, which bear the same time."""
_SLACK = 1e-9


@dataclass(frozen=True)
class SkillState:
    """How one skill stands.

    ``due``: when it comes back; ``stability``: the days in which ``strength`` falls to 0.9; ``strength``: the chance,
    0 to 1, that it is remembered now. ``last``: when it was last answered (or waived), ``rating`` how that went (None:
    waived); ``reviews``: how often it was reviewed.
    """

    skill: str
    title: str
    due: datetime
    stability: float
    strength: float
    last: datetime
    rating: int | None
    reviews: int

    @property
    def weak(self) -> bool:
        """It did not go well last time, or is forgotten by now."""
        return self.rating == AGAIN or self.strength < WEAK


@dataclass(frozen=True)
class SkillSummary:
    """One skill over many learners: how many have met it, and for how many it is due or weak; their mean strength."""

    skill: str
    title: str
    learners: int
    due: int
    weak: int
    strength: float


def rating_of(fraction: float) -> Rating:
    """What an answer says of its skill: all points *good*, half or more *hard*, less *again*.

    ``fraction`` is what hints left of it, so a right answer with a dear hint is *hard*. *Easy* is never given: nothing
    that is recorded tells it from *good*.
    """
    return GOOD if fraction >= 1 - _SLACK else HARD if fraction >= 0.5 - _SLACK else AGAIN


def skill_states(course: Course, tally: Tally, at: datetime) -> tuple[SkillState, ...]:
    """How each skill of ``course`` that the learner has met stands at ``at``, by when it is due."""
    return tuple(sorted(_states(course, tally, at), key=lambda state: (state.due, state.skill)))


def due(states: Iterable[SkillState], at: datetime) -> tuple[SkillState, ...]:
    """Those that are due at ``at``, the one that has waited longest first."""
    return tuple(sorted((one for one in states if one.due <= at), key=lambda state: (state.due, state.skill)))


def weak(states: Iterable[SkillState]) -> tuple[SkillState, ...]:
    """Those that did not go well last time or are forgotten by now, the weakest first."""
    return weakest(one for one in states if one.weak)


def weakest(states: Iterable[SkillState]) -> tuple[SkillState, ...]:
    """All, the one that is forgotten soonest first."""
    return tuple(sorted(states, key=lambda state: (state.rating != AGAIN, state.stability, state.skill)))


def next_due(states: Iterable[SkillState], at: datetime) -> datetime | None:
    """When the next skill comes back that is not due at ``at``; None where none is waited for."""
    return min((one.due for one in states if one.due > at), default=None)


def teaching(course: Course) -> dict[str, tuple[Lesson, ...]]:
    """The lessons that teach each skill, in the order of the course: those that hold items of it.

    A diagnostic asks and does not teach: it is named only where no other lesson is.
    """
    found: dict[str, list[Lesson]] = {}
    for lesson in course.lessons():
        for skill in dict.fromkeys(lesson.skills.values()):
            found.setdefault(skill, []).append(lesson)
    taught = {skill: [lesson for lesson in lessons if lesson.diagnostic is None] for skill, lessons in found.items()}
    return {skill: tuple(taught[skill] or lessons) for skill, lessons in found.items()}


def title_of(skill: str) -> str:
    """A skill's key as a person would write it: ``missing-values`` is *Missing values*."""
    words = skill.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def summary(cohort: Collection[Collection[SkillState]], at: datetime) -> tuple[SkillSummary, ...]:
    """The skills of many learners together, the weakest first. ``cohort``: the states of each."""
    by_skill: dict[str, list[SkillState]] = {}
    for state in (one for states in cohort for one in states):
        by_skill.setdefault(state.skill, []).append(state)
    rows = [
        SkillSummary(
            skill=skill,
            title=title_of(skill),
            learners=len(states),
            due=len(due(states, at)),
            weak=sum(state.weak for state in states),
            strength=sum(state.strength for state in states) / len(states),
        )
        for skill, states in by_skill.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.weak / row.learners, row.strength, row.skill)))


# ---------------------------------------------------------------- reviews by name


def review_lesson(review: str) -> str:
    """What events name as the lesson of an answer given in a review: no lesson of the course, so that an answer
    there changes neither how far a lesson has come nor what its own quiz shows."""
    return _REVIEW + review


def is_review(lesson: str) -> bool:
    """Whether an event that names this lesson happened in a review."""
    return lesson.startswith(_REVIEW)


def skill_of(course: Course, item: str) -> str | None:
    """The skill that ``lesson/quiz/item`` (a former name, perhaps) exercises; None where it names none."""
    return _skill(course.lessons_by_name(), item)


def present_name(course: Course, item: str) -> str:
    """``lesson/quiz/item`` by the names that lesson and item have now."""
    name, _, rest = item.partition("/")
    lesson = course.lesson(name)
    return item if lesson is None else f"{lesson.key}/{lesson.present_item(rest)}"


# ---------------------------------------------------------------- the log


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a skill's log; ``rating`` is None for a waiver."""

    order: Moment
    rating: int | None
    review: bool = False


def _log(course: Course, tally: Tally) -> dict[str, list[_Entry]]:
    lessons = course.lessons_by_name()
    known = {skill for lesson in course.lessons() for skill in lesson.skills.values()}
    log: dict[str, list[_Entry]] = {}
    for (skill, _), (order, fraction) in _first_answers(lessons, tally).items():
        log.setdefault(skill, []).append(_Entry(order, rating_of(fraction)))
    for order, (said, rating, item, _) in tally.reviews.items():
        skill = _skill(lessons, item) or said
        if skill in known:
            log.setdefault(skill, []).append(_Entry(order, rating, review=True))
    for name, at in tally.waived.items():
        waived = lessons.get(name)
        for skill in dict.fromkeys(() if waived is None else waived.skills.values()):
            log.setdefault(skill, []).append(_Entry((at, _AFTER_ALL), None))
    for entries in log.values():
        entries.sort(key=lambda entry: entry.order)
    return log


def _first_answers(lessons: Mapping[str, Lesson], tally: Tally) -> dict[tuple[str, str], tuple[Moment, float]]:
    """When each item was first answered and what that earned, by its skill and its present name."""
    firsts: dict[tuple[str, str], tuple[Moment, float]] = {}
    for (name, item), answers in tally.items.items():
        lesson = lessons.get(name)
        if lesson is None or not lesson.skills:
            continue
        present = item if item in lesson.skills else lesson.present_item(item)
        skill = lesson.skills.get(present)
        if skill is not None:
            place = skill, f"{lesson.key}/{present}"
            firsts[place] = min(answers.first, firsts.get(place, answers.first))
    return firsts


def _skill(lessons: Mapping[str, Lesson], item: str) -> str | None:
    name, _, rest = item.partition("/")
    lesson = lessons.get(name)
    return None if lesson is None else lesson.skills.get(lesson.present_item(rest))


# ---------------------------------------------------------------- the card


@cache
def _scheduler() -> "Scheduler":
    """Whole days only: the steps of minutes with which flash cards begin have no place in a course."""
    from fsrs import Scheduler

    return Scheduler(enable_fuzzing=False, learning_steps=(), relearning_steps=(), maximum_interval=LONGEST)


def _states(course: Course, tally: Tally, at: datetime) -> Iterator[SkillState]:
    for number, (skill, log) in enumerate(sorted(_log(course, tally).items())):
        # what a clock that went wrong dated ahead would keep the skill away until then; alone, it is all that is known
        entries = [entry for entry in log if entry.order[0] <= at] or log
        card = _replayed(number, entries)
        yield SkillState(
            skill=skill,
            title=title_of(skill),
            due=card.due,
            stability=card.stability or 0.0,
            strength=_scheduler().get_card_retrievability(card, at.astimezone(UTC)),
            last=card.last_review or card.due,
            rating=entries[-1].rating,
            reviews=sum(entry.review for entry in entries),
        )


def _replayed(number: int, entries: list[_Entry]) -> "Card":
    from fsrs import Card, Rating, State

    scheduler = _scheduler()
    card = Card(card_id=number, due=_utc(entries[0]))
    for entry in entries:
        if entry.rating is not None:
            card, _ = scheduler.review_card(card, Rating(entry.rating), _utc(entry))
            continue
        if card.stability is None:  # as difficult as what went well the first time
            card, _ = scheduler.review_card(card, Rating.Good, _utc(entry))
        card.state, card.step = State.Review, None
        card.stability = max(card.stability or 0.0, CHECK_AFTER / timedelta(days=1))
        card.last_review, card.due = _utc(entry), _utc(entry) + CHECK_AFTER
    return card


def _utc(entry: _Entry) -> datetime:
    return entry.order[0].astimezone(UTC)
