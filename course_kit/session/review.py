"""One question of a review: an item of a lesson, come back in another variant. What it earns moves its skill only."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from course_kit.errors import NotFound
from course_kit.model.course import Lesson
from course_kit.model.events import HintTaken, ItemShown, ReviewDone
from course_kit.model.keys import decision_id, digest, is_key
from course_kit.model.quiz import Outcome, Response
from course_kit.model.review import rating_of, review_lesson, skill_of
from course_kit.quizzes.quiz_file import ReleasedItem
from course_kit.session.asked import FIXED_SEED, Asked
from course_kit.session.keeping import answer_fact, item_fact
from course_kit.session.notes import Notes, notes_of
from course_kit.session.place import Place, find_place, recording
from course_kit.session.practice import Checker, QuizSession
from course_kit.session.quizzes import NOT_OPENED, Surroundings, lesson_of, read_quiz
from course_kit.session.restore import last_answers
from course_kit.session.seeds import workspace_seed
from course_kit.store.places import local_learner

_AGAIN = "Make a new review: `course-kit review`, or “Review” in the course panel."


class ReviewKeeper:
    """Writes what happens at one question of the review called ``review``.

    The first answer that can be read is written with the review's result. ``named`` gives the result its id, the same
    each time, so that a review counts each question once, however often it is asked again.
    """

    def __init__(
        self, notes: Notes, review: str, item: str, skill: str | None, named: Callable[[str, str], str]
    ) -> None:
        self._notes, self._item, self._skill, self._named = notes, item, skill, named
        self._lesson = review_lesson(review)

    def wake(self) -> None:
        self._notes.wake()

    def shown(self, asked: Sequence[Asked]) -> bool:
        return self._notes.try_write([item_fact(ItemShown, self._lesson, self._item, one) for one in asked])

    def answered(
        self, asked: Asked, response: Response, outcome: Outcome, *, attempt: int, confidence: int | None
    ) -> None:
        answer = answer_fact(self._lesson, self._item, asked, response, outcome, attempt=attempt, confidence=confidence)
        if attempt > 1 or self._skill is None or not outcome.judged or outcome.state in ("unanswered", "invalid"):
            self._notes.write([answer])
            return
        done = ReviewDone(skill=self._skill, rating=rating_of(outcome.fraction), item=self._item, variant=asked.variant)
        # the review's result first: should the second line be lost, asking again finds it unanswered
        now = datetime.now(UTC)
        self._notes.write(
            [done.model_dump(mode="json"), answer], [now, now], [self._named(self._lesson, self._item), None]
        )

    def hinted(self, asked: Asked, hint: int) -> None:
        self._notes.write([item_fact(HintTaken, self._lesson, self._item, asked, hint=hint)])


def open_question(
    name: str, review: str, variant: int, around: Surroundings, *, checker: Checker | None = None
) -> QuizSession:
    """The question ``lesson/quiz/item`` of a review in that variant, as it was answered there.

    Raises :class:`NotFound`, :class:`~course_kit.errors.Invalid`, :class:`~course_kit.errors.WrongVersion`,
    :class:`~course_kit.errors.Tampered`.
    """
    parts = str(name).split("/")
    if len(parts) != 3 or not all(map(is_key, parts)) or not is_key(review_lesson(str(review))):
        raise NotFound(f"{name!r} in the review {review!r} names no question.", hint=_AGAIN)
    place = find_place(around.cwd, notebook=around.notebook)
    lesson = lesson_of(place, parts[0])
    quiz, item = _find(place, lesson, parts[1], parts[2])
    seed = workspace_seed(place.folder) if place.opened else FIXED_SEED
    asked = Asked(item, f"{quiz}/{item.key}", lesson.key, seed, 0).at(variant)
    title = f"{name} (review {review})"
    if not place.opened:
        return QuizSession("", quiz, [asked], name=title, checker=checker, note=NOT_OPENED)
    data, course = around.data_folder(), place.release.course
    whole = f"{lesson.key}/{asked.name}"
    last = last_answers(data, course.key, _as_lesson(review))
    notes = notes_of(place, recording(place, around.environ), data)

    def named(about: str, question: str) -> str:
        return decision_id(local_learner(data).learner, course.key, about, question, "ReviewDone")

    keeper = ReviewKeeper(notes, review, whole, skill_of(course, whole), named)
    known = last.get(whole) or last.get(str(name))
    return QuizSession(
        "",
        quiz,
        [asked],
        name=title,
        keeper=keeper,
        checker=checker,
        last={} if known is None else {asked.name: known},
        scope=digest([str(data), course.key])[:12],
    )


def _as_lesson(review: str) -> Lesson:
    """What the snapshot of a review's answers is found by."""
    return Lesson(key=review_lesson(review), kind="notebook")


def _find(place: Place, lesson: Lesson, quiz: str, item: str) -> tuple[str, ReleasedItem]:
    """The quiz's key and the item, by whatever name it has in the release that is here now."""
    present = lesson.present_item(f"{quiz}/{item}")
    key, _, name = present.partition("/")
    found = next((one for one in read_quiz(place, lesson, key).items if one.key == name), None)
    if found is None:
        raise NotFound(f"The course has no question {lesson.key}/{present} any more.", hint=_AGAIN)
    return key, found
