"""Which questions a review asks: for each skill an item that exercises it, in a form that was not seen last."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_kit.model.chance import drawn, variant_for
from course_kit.model.course import Course, Lesson
from course_kit.model.progress import Progress
from course_kit.model.review import SkillState, is_review, present_name
from course_kit.model.tally import Tally
from course_kit.quizzes.quiz_file import ReleasedItem, ReleasedQuiz
from course_kit.source.released import read_quizzes
from course_kit.store.places import read_snapshot

MINUTES_EACH = 1.0
"""How long a question takes that does not say."""
_NOT_HERE = frozenset({"code-check", "essay"})
"""What needs the lesson's own cells, and what no program judges."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Question:
    """One question of a review. ``name`` is ``lesson/quiz/item``; ``public`` what may be shown of the variant."""

    state: SkillState
    lesson: Lesson
    name: str
    variant: int
    minutes: float
    public: Mapping[str, Any]


@dataclass(frozen=True)
class _Candidate:
    """An item that could be asked, in its best variant. ``fresh``: this form of it was never seen."""

    lesson: Lesson
    quiz: ReleasedQuiz
    item: ReleasedItem
    variant: int
    fresh: bool
    last: datetime
    place: int

    @property
    def name(self) -> str:
        return f"{self.lesson.key}/{self.quiz.key}/{self.item.key}"


@dataclass
class _Seen:
    """Which forms of one item were seen when: by variant, the last time."""

    variants: dict[int, datetime] = field(default_factory=dict)

    def add(self, variant: int, at: datetime) -> None:
        self.variants[variant] = max(at, self.variants.get(variant, at))

    @property
    def last(self) -> datetime:
        return max(self.variants.values(), default=_NEVER)

    def choose(self, row: Sequence[int]) -> tuple[int, bool]:
        """Of a learner's ``row`` of variants, the next one never seen; else the one seen longest ago."""
        at = max(range(len(row)), key=lambda place: (self.variants.get(row[place], _NEVER), -place))
        after = [*row[at + 1 :], *row[: at + 1]] if self.variants else list(row)
        unseen = next((number for number in after if number not in self.variants), None)
        if unseen is not None:
            return unseen, True
        return min(after, key=lambda number: self.variants[number]), False


class Questions:
    """The questions of one learner's copy in ``folder``: from its sealed quizzes and what was seen of them.

    ``seed`` is the copy's; ``data`` the learner's data folder.
    """

    def __init__(
        self, folder: Path, course: Course, progress: Progress, tally: Tally, *, seed: str, data: Path
    ) -> None:
        self._folder, self._course, self._seed, self._data = folder, course, seed, data
        # a lesson that was opened though its gate is shut has been met as well
        self._met = {part.key for part in progress.lessons if part.opened_at is not None or part.state == "done"}
        self._quizzes: dict[str, dict[str, ReleasedQuiz]] = {}
        self._snapshots: dict[str, dict[str, Any]] = {}
        self._reviewed: dict[str, list[tuple[int, datetime]]] = {}
        self._asked: dict[str, list[tuple[str, str]]] = {}
        for (at, _), (_, _, name, variant) in tally.reviews.items():
            self._reviewed.setdefault(present_name(course, name), []).append((variant, at))
        for place, name in tally.items:
            if is_review(place):
                self._asked.setdefault(present_name(course, name), []).append((place, name))

    def choose(self, states: Sequence[SkillState], minutes: float) -> tuple[Question, ...]:
        """One question for each of ``states``, in their order, as far as ``minutes`` reach: one at least, if any can be
        asked. Of a pool, no more than a learner meets in its lesson.
        """
        chosen: list[Question] = []
        pools: dict[tuple[str, str], int] = {}
        for state in states:
            spent = sum(question.minutes for question in chosen)
            for one in self._candidates(state.skill):
                pool = one.lesson.key, one.quiz.key
                took = one.item.public(one.variant).get("minutes") or MINUTES_EACH
                is_drained = one.quiz.pick is not None and pools.get(pool, 0) >= one.quiz.pick
                if is_drained or (chosen and spent + took > minutes):
                    continue
                pools[pool] = pools.get(pool, 0) + 1
                chosen.append(Question(state, one.lesson, one.name, one.variant, took, one.item.public(one.variant)))
                break
        return tuple(chosen)

    def _candidates(self, skill: str) -> list[_Candidate]:
        """The best first: a form never seen, then what was seen longest ago."""
        found = [one for lesson in self._course.lessons() if lesson.key in self._met for one in self._of(lesson, skill)]
        return sorted(found, key=lambda one: (not one.fresh, one.last, one.place))

    def _of(self, lesson: Lesson, skill: str) -> Iterator[_Candidate]:
        wanted = {item for item, exercised in lesson.skills.items() if exercised == skill}
        if not wanted:
            return
        for quiz in self._read(lesson.key).values():
            if quiz.graded:
                continue
            row = drawn(self._seed, f"{lesson.key}/{quiz.key}", [item.key for item in quiz.items])
            for item in quiz.items:
                name = f"{quiz.key}/{item.key}"
                if name not in wanted or item.public()["kind"] in _NOT_HERE:
                    continue
                about, count = f"{lesson.key}/{name}", len(item.publics)
                variants = [variant_for(self._seed, about, count, number) for number in range(count)]
                seen = self._seen(lesson, quiz, name, item, variants[0])
                variant, fresh = seen.choose(variants)
                yield _Candidate(lesson, quiz, item, variant, fresh, seen.last, row.index(item.key))

    def _seen(self, lesson: Lesson, quiz: ReleasedQuiz, name: str, item: ReleasedItem, first: int) -> _Seen:
        """What the learner saw of an item: in its lesson, and in earlier reviews."""
        seen, whole = _Seen(), f"{lesson.key}/{name}"
        self._add(seen, lesson.key, name, item)
        for variant, at in self._reviewed.get(whole, ()):
            seen.add(variant, at)
        for place, asked in self._asked.get(whole, ()):
            self._add(seen, place, asked, item)
        is_met = quiz.pick is None or item.key in self._drawn(lesson, quiz)
        if not seen.variants and is_met:  # it stood on the page, unanswered
            seen.add(first, _NEVER)
        return seen

    def _drawn(self, lesson: Lesson, quiz: ReleasedQuiz) -> tuple[str, ...]:
        return drawn(self._seed, f"{lesson.key}/{quiz.key}", [item.key for item in quiz.items])[: quiz.pick]

    def _add(self, seen: _Seen, place: str, name: str, item: ReleasedItem) -> None:
        """The variant that the snapshot of ``place`` holds, where it is one of the present wording."""
        if place not in self._snapshots:
            self._snapshots[place] = read_snapshot(self._data, self._course.key, place)
        answer = self._snapshots[place].get(name)
        if answer is None or answer.get("digest") != item.digest:
            return
        variant = answer.get("variant")
        with suppress(TypeError, ValueError, OverflowError):  # a cache that is damaged says nothing
            at = datetime.fromisoformat(answer.get("at", "")).astimezone(UTC)
            if type(variant) is int and 0 <= variant < len(item.publics):
                seen.add(variant, at)

    def _read(self, lesson: str) -> dict[str, ReleasedQuiz]:
        if lesson not in self._quizzes:
            self._quizzes[lesson] = read_quizzes(self._folder, lesson)
        return self._quizzes[lesson]
