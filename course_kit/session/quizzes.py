"""One quiz in one session: its items, the answers given, and the facts that come of them. Needs no kernel."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound, Refused
from course_kit.model.course import Lesson
from course_kit.model.events import HintTaken, ItemAnswered, ItemShown
from course_kit.model.keys import digest
from course_kit.model.quiz import UNANSWERED, Item, Outcome, Response
from course_kit.quizzes.quiz_file import ReleasedItem
from course_kit.session.notes import Notes, notes_of
from course_kit.session.place import Place, find_place, notebook_path, recording
from course_kit.session.restore import LastAnswer, last_answers
from course_kit.session.scorer import LocalScorer, Scorer
from course_kit.source.released import read_quizzes

REVEAL_AFTER = 2
"""After so many attempts the answer may be asked for."""


@dataclass
class _Standing:
    """How one item stands in this session. ``outcome`` is that of ``response``, the last that could be read."""

    response: Response = None
    outcome: Outcome = UNANSWERED
    attempts: int = 0
    solved: bool = False
    hints: int = 0
    revealed: bool = False
    changed: bool = False


@dataclass(frozen=True)
class ItemState:
    """What a page may know of an item after what was answered: JSON by :meth:`json`.

    ``explanation`` and ``answers`` (the right ones, in words) are empty until the item was solved or revealed;
    ``changed``: an answer to an earlier wording is on record.
    """

    state: str = "unanswered"
    response: Response = None
    feedback: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    solved: bool = False
    hints: list[str] = field(default_factory=list)
    explanation: str = ""
    answers: list[str] = field(default_factory=list)
    revealable: bool = False
    changed: bool = False

    def json(self) -> dict[str, Any]:
        return asdict(self)


class QuizSession:
    """A quiz being answered. Thread-safe: JupyterLab runs a widget's messages beside the main thread.

    Nothing is recorded where ``notes`` is None (an author's preview) or silent.
    """

    def __init__(
        self,
        lesson: str,
        quiz: str,
        items: Sequence[ReleasedItem],
        *,
        notes: Notes | None = None,
        scorer: Scorer | None = None,
        last: Mapping[str, LastAnswer] | None = None,
        note: str = "",
        scope: str = "",
    ) -> None:
        self.lesson, self.quiz, self.note, self.scope = lesson, quiz, note, scope
        self.items = tuple(items)
        self.notes = notes
        self._by_key = {item.key: item for item in items}
        self._scorer = scorer or LocalScorer({f"{quiz}/{item.key}": item.item() for item in items})
        self._lock = threading.RLock()
        self._shown = False
        known = last or {}
        self._standings = {key: self._restored(item, known.get(self._name(key))) for key, item in self._by_key.items()}

    @property
    def name(self) -> str:
        """``lesson/quiz``, as it is called in the notebook."""
        return f"{self.lesson}/{self.quiz}" if self.lesson else self.quiz

    def answer(self, item: str, response: Response) -> Outcome:
        """Score a response. An answer is in the journal, durably, before this returns.

        Raises :class:`NotFound` for an unknown item, :class:`Unavailable` where the answer could not be written: it
        does not count then, and may be given again.
        """
        released = self._item(item)
        with self._lock:
            outcome = self._scorer.score(self._name(item), response)
            if outcome.state == "unanswered":
                return outcome
            standing = self._standings[item]
            self._write(
                ItemAnswered,
                released,
                response=_recordable(response),
                state=outcome.state,
                fraction=outcome.fraction,
                attempt=standing.attempts + 1,
            )
            if outcome.state != "invalid":
                standing.response, standing.outcome, standing.changed = response, outcome, False
                standing.attempts += 1
                standing.solved = standing.solved or outcome.state == "right"
            return outcome

    def hint(self, item: str) -> str:
        """The next hint as HTML; recorded. Raises :class:`Refused` when all have been taken."""
        released = self._item(item)
        with self._lock:
            standing = self._standings[item]
            if standing.hints >= len(released.item().hints):
                raise Refused("There are no more hints.", hint="All of them stand below the question.")
            self._write(HintTaken, released, hint=standing.hints)
            standing.hints += 1
            return released.item().hints[standing.hints - 1].text

    def reveal(self, item: str) -> ItemState:
        """Give up: the right answer and its explanation. Recorded as the hint after the last one.

        Raises :class:`Refused` before the item was tried :data:`REVEAL_AFTER` times.
        """
        released = self._item(item)
        with self._lock:
            standing = self._standings[item]
            if not standing.solved and not standing.revealed:
                if standing.attempts < REVEAL_AFTER:
                    raise Refused("The answer can be seen after two attempts.", hint="Try it, or take a hint.")
                self._write(HintTaken, released, hint=len(released.item().hints))
                standing.revealed = True
            return self.state_of(item)

    def shown(self) -> None:
        """The quiz is in front of someone: recorded once a session. Never raises."""
        with self._lock:
            if self._shown or self.notes is None:
                return
            self._shown = self.notes.try_write([self._fact(ItemShown, item) for item in self.items])

    def state_of(self, item: str) -> ItemState:
        """How an item stands. Raises :class:`NotFound` for an unknown one."""
        released = self._item(item)
        with self._lock:
            standing = self._standings[item]
            open_now = standing.solved or standing.revealed
            return ItemState(
                state=standing.outcome.state,
                response=standing.response,
                feedback=[remark.model_dump() for remark in standing.outcome.feedback],
                attempts=standing.attempts,
                solved=standing.solved,
                hints=[hint.text for hint in released.item().hints[: standing.hints]],
                explanation=released.item().explanation if open_now else "",
                answers=list(released.item().right_answers()) if standing.revealed else [],
                revealable=not open_now and standing.attempts >= REVEAL_AFTER,
                changed=standing.changed,
            )

    def states(self) -> dict[str, dict[str, Any]]:
        """How all items stand, by key, as JSON."""
        return {key: self.state_of(key).json() for key in self._by_key}

    def _item(self, key: str) -> ReleasedItem:
        if key not in self._by_key:
            raise NotFound(f"The quiz {self.name} has no item {key!r}.", hint="Run the quiz's cell again.")
        return self._by_key[key]

    def _name(self, key: str) -> str:
        return f"{self.quiz}/{key}"

    def _fact(
        self, kind: type[ItemAnswered | HintTaken | ItemShown], item: ReleasedItem, **more: Any
    ) -> dict[str, Any]:
        about = {"lesson": self.lesson, "item": self._name(item.key), "digest": item.digest}
        return kind.model_validate({**about, **more}).model_dump(mode="json")

    def _write(self, kind: type[ItemAnswered | HintTaken], item: ReleasedItem, **more: Any) -> None:
        if self.notes is not None:
            self.notes.write([self._fact(kind, item, **more)])

    def _restored(self, item: ReleasedItem, last: LastAnswer | None) -> _Standing:
        if last is None:
            return _Standing()
        same = last.digest == item.digest
        outcome = item_outcome(item.item(), last.response) if same else UNANSWERED
        answered = outcome.state not in ("unanswered", "invalid")
        return _Standing(
            response=last.response if answered else None,
            outcome=outcome if answered else UNANSWERED,
            attempts=last.attempts,
            solved=answered and last.fraction >= 1,
            hints=min(last.hints, len(item.item().hints)),
            revealed=answered and last.hints > len(item.item().hints),
            changed=last.attempts > 0 and not same,
        )


def item_outcome(item: Item, response: Response) -> Outcome:
    """The outcome of a response that was recorded earlier, scored with the present item."""
    return LocalScorer({item.key: item}).score(item.key, response)


def _recordable(response: Response) -> Response:
    """The response as an event may hold it; None for what no page of ours would send (its outcome is ``invalid``)."""
    if isinstance(response, str):
        return response if len(response) <= 10_000 else None
    if isinstance(response, list):
        return response if len(response) <= 100 and all(type(number) is int for number in response) else None
    return response if type(response) in (int, bool) else None


def split_name(name: str) -> tuple[str, str]:
    """``frames/robust`` as lesson and quiz. Raises :class:`Invalid`."""
    lesson, _, quiz = str(name).partition("/")
    if not (lesson and quiz) or "/" in quiz:
        raise Invalid(
            f"{name!r} does not name a quiz.",
            hint='In a release a quiz is called with its lesson and its name: quiz("frames/robust").',
        )
    return lesson, quiz


def open_quiz(
    name: str,
    *,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    names: Mapping[str, Any] | None = None,
    data: Path | None = None,
    scorer: Scorer | None = None,
) -> QuizSession:
    """The quiz ``lesson/quiz`` of the release at ``cwd``, with its answers restored.

    ``environ`` (default: this process's) and ``names`` (the user's variables) tell where the notebook is and whether
    to record; ``data`` is the learner's data folder. Raises :class:`NotFound`, :class:`Invalid`,
    :class:`~course_kit.errors.WrongVersion`.
    """
    lesson_key, quiz_key = split_name(name)
    around = os.environ if environ is None else environ
    place = find_place(cwd, notebook=notebook_path(around, names or {}))
    lesson = place.release.course.lesson(lesson_key)
    if lesson is None:
        raise NotFound(
            f"The course {place.release.course.title!r} has no lesson {lesson_key!r}.",
            hint="The notebook may come from another release: open the course again and work in its folder.",
        )
    quiz_key, items = _read_items(place, lesson, quiz_key)
    folder = _data_folder(data) if place.opened else None
    if folder is None:
        return QuizSession(lesson.key, quiz_key, items, scorer=scorer, note=_NOT_OPENED)
    notes = notes_of(place, recording(place, around), folder)
    return QuizSession(
        lesson.key,
        quiz_key,
        items,
        notes=notes,
        scorer=scorer,
        last=last_answers(folder, place.release.course.key, lesson),
        scope=digest([str(folder), place.release.course.key])[:12],
    )


_NOT_OPENED = (
    "Answers are not kept here. Open the course with “Open course” or `course-kit open FILE`, and work in the folder "
    "that it makes."
)


def _data_folder(data: Path | None) -> Path:
    if data is not None:
        return data
    from course_kit.store.places import data_folder

    return data_folder()


def _read_items(place: Place, lesson: Lesson, quiz: str) -> tuple[str, tuple[ReleasedItem, ...]]:
    """The quiz's present key and its items; a learner's own notebook may still call it by a former key."""
    again = "Open the course again from its file; your answers and your notebooks are kept."
    try:
        quizzes = read_quizzes(place.folder, lesson.key)
    except NotFound as error:
        raise NotFound(f"The lesson {lesson.key!r} has no quizzes in this release.", hint=again) from error
    moved = {now.partition("/")[0] for was, now in lesson.renamed_items.items() if was.startswith(f"{quiz}/")}
    present = quiz if quiz in quizzes or len(moved) != 1 else moved.pop()
    if present not in quizzes:
        known = ", ".join(sorted(quizzes)) or "none"
        raise NotFound(f"The lesson {lesson.key!r} has no quiz {quiz!r} (it has: {known}).", hint=again)
    return present, quizzes[present].items
