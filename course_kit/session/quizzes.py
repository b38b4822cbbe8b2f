"""Finding a quiz by its name and opening it, with what was answered before. Needs no kernel."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError, Invalid, NotFound, Tampered
from course_kit.model.course import Lesson
from course_kit.model.keys import digest, is_key
from course_kit.quizzes.graded import QUIZ_FILE
from course_kit.quizzes.quiz_file import ReleasedQuiz, read_quiz_file
from course_kit.session.asked import FIXED_SEED, Asked, asked_items
from course_kit.session.graded import GradedSession
from course_kit.session.keeping import JournalKeeper
from course_kit.session.notes import notes_of
from course_kit.session.place import Place, find_place, notebook_path, recording
from course_kit.session.practice import Checker, QuizSession
from course_kit.session.practice_assignment import ResponsesKeeper, last_responses
from course_kit.session.responses import ResponsesFile
from course_kit.session.restore import last_answers
from course_kit.session.scorer import Scorer
from course_kit.session.seeds import own_seed, workspace_seed
from course_kit.source.released import MAX_QUIZ_FILE, read_quizzes

__all__ = ["GradedSession", "QuizSession", "open_quiz", "split_name"]

NOT_OPENED = (
    "Answers are not kept here. Open the course with “Open course” or `course-kit open FILE`, and work in the folder "
    "that it makes."
)


@dataclass(frozen=True)
class Surroundings:
    """Where a quiz is asked: the kernel's folder, its environment and its user's variables, the learner's data."""

    cwd: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    names: Mapping[str, Any] = field(default_factory=dict)
    data: Path | None = None

    @property
    def notebook(self) -> Path | None:
        return notebook_path(self.environ, self.names)

    def data_folder(self) -> Path:
        if self.data is not None:
            return self.data
        from course_kit.store.places import data_folder

        return data_folder()


def split_name(name: str) -> tuple[str, str]:
    """``frames/robust`` as lesson and quiz; ``robust``, a quiz of an assignment, without a lesson.

    Raises :class:`Invalid`.
    """
    lesson, _, quiz = str(name).rpartition("/")
    if not is_key(quiz) or (lesson and not is_key(lesson)) or str(name).startswith("/"):
        raise Invalid(
            f"{name!r} does not name a quiz.",
            hint='In a lesson a quiz is called with the lesson and its name, quiz("frames/robust"); in an assignment '
            'by its name alone, quiz("robust").',
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
    checker: Checker | None = None,
) -> QuizSession | GradedSession:
    """The quiz ``lesson/quiz`` of the release at ``cwd``, or ``quiz`` of the assignment there, its answers restored.

    ``environ`` (default: this process's) and ``names`` (the user's variables) tell where the notebook is and whether
    to record; ``data`` is the learner's data folder; ``checker`` runs code checks. Raises :class:`NotFound`,
    :class:`Invalid`, :class:`~course_kit.errors.WrongVersion`.
    """
    around = Surroundings(cwd, os.environ if environ is None else environ, names or {}, data)
    lesson, quiz = split_name(name)
    if not lesson:
        return _open_in_assignment(quiz, around, checker)
    return _open_in_lesson(lesson, quiz, around, scorer, checker)


def asked_plainly(name: str, around: Surroundings) -> tuple[Asked, ...]:
    """The items of a quiz as this learner meets them, and nothing else: nothing is restored, kept or made."""
    lesson_key, quiz_key = split_name(name)
    if not lesson_key:
        folder, quiz = _assignment_quiz(quiz_key, around)
        responses = ResponsesFile(folder)
        seed = responses.seed or _seed_around(around)
        return asked_items(quiz, "", seed, _keys(quiz.key, responses.given))
    place = find_place(around.cwd, notebook=around.notebook)
    lesson = lesson_of(place, lesson_key)
    return asked_items(read_quiz(place, lesson, quiz_key), lesson.key, workspace_seed(place.folder))


# ---------------------------------------------------------------- lessons


def _open_in_lesson(
    lesson_key: str, quiz_key: str, around: Surroundings, scorer: Scorer | None, checker: Checker | None
) -> QuizSession:
    place = find_place(around.cwd, notebook=around.notebook)
    lesson = lesson_of(place, lesson_key)
    quiz = read_quiz(place, lesson, quiz_key)
    if not place.opened:
        asked = asked_items(quiz, lesson.key, FIXED_SEED)
        return QuizSession(lesson.key, quiz.key, asked, scorer=scorer, checker=checker, note=NOT_OPENED)
    data = around.data_folder()
    last = last_answers(data, place.release.course.key, lesson)
    return QuizSession(
        lesson.key,
        quiz.key,
        asked_items(quiz, lesson.key, workspace_seed(place.folder), _keys(quiz.key, last)),
        keeper=JournalKeeper(notes_of(place, recording(place, around.environ), data), lesson.key),
        scorer=scorer,
        checker=checker,
        last=last,
        scope=digest([str(data), place.release.course.key])[:12],
    )


def lesson_of(place: Place, key: str) -> Lesson:
    """The lesson of that key. Raises :class:`NotFound`."""
    lesson = place.release.course.lesson(key)
    if lesson is None:
        raise NotFound(
            f"The course {place.release.course.title!r} has no lesson {key!r}.",
            hint="The notebook may come from another release: open the course again and work in its folder.",
        )
    return lesson


def read_quiz(place: Place, lesson: Lesson, quiz: str) -> ReleasedQuiz:
    """The quiz of that key; a learner's own notebook may still call it by a former key."""
    again = "Open the course again from its file; your answers and your notebooks are kept."
    quizzes = read_quizzes(place.folder, lesson.key)
    moved = {now.partition("/")[0] for was, now in lesson.renamed_items.items() if was.startswith(f"{quiz}/")}
    present = quiz if quiz in quizzes or len(moved) != 1 else moved.pop()
    if present not in quizzes:
        known = ", ".join(sorted(quizzes)) or "none"
        raise NotFound(f"The lesson {lesson.key!r} has no quiz {quiz!r} (it has: {known}).", hint=again)
    if quizzes[present].graded:
        raise Tampered(f"The quiz {quiz!r} came without what answers it.", hint=again)
    return quizzes[present]


def _keys(quiz: str, answered: Mapping[str, Any]) -> set[str]:
    return {name.partition("/")[2] for name in answered if name.startswith(f"{quiz}/")}


# ---------------------------------------------------------------- assignments


def _open_in_assignment(key: str, around: Surroundings, checker: Checker | None) -> QuizSession | GradedSession:
    folder, quiz = _assignment_quiz(key, around)
    responses = ResponsesFile(folder)
    responses.seed = responses.seed or _seed_around(around) or own_seed(around.data_folder())
    asked = asked_items(quiz, "", responses.seed, _keys(quiz.key, responses.given))
    scope = digest([str(folder)])[:12]
    if quiz.graded:
        return GradedSession(quiz.key, asked, responses, scope=scope)
    return QuizSession(
        "",
        quiz.key,
        asked,
        keeper=ResponsesKeeper(responses),
        checker=checker,
        last=last_responses(responses),
        scope=scope,
    )


def _assignment_quiz(key: str, around: Surroundings) -> tuple[Path, ReleasedQuiz]:
    """The folder and the quiz: from the notebook's own quiz file, else from any beside it that holds the quiz."""
    notebook, trouble = around.notebook, None
    folders = [around.cwd.resolve()] if notebook is None else [notebook.parent, around.cwd.resolve()]
    for folder in dict.fromkeys(folders):
        files = sorted(folder.glob(f"*{QUIZ_FILE}"))
        if notebook is not None:
            files.sort(key=lambda path: path.name != f"{notebook.stem}{QUIZ_FILE}")
        for path in files:
            try:
                quiz = _read(path).get(key)
            except CourseKitError as error:
                trouble = trouble or error
                continue
            if quiz is not None:
                return folder, _checked(quiz, path)
    raise trouble or NotFound(
        f"No quiz file beside this notebook holds the quiz {key!r}.",
        hint="An assignment's quizzes lie beside its notebook in a file that ends with .quizzes.json: keep the two "
        "together, or get the assignment once more. In a lesson a quiz is called with the lesson: "
        'quiz("frames/robust").',
    )


def _read(path: Path) -> dict[str, ReleasedQuiz]:
    what = f"The quiz file {path.name}"
    try:
        if path.stat().st_size > MAX_QUIZ_FILE:
            raise Tampered(f"{what} is larger than can be.", hint="Get the assignment once more.")
        return read_quiz_file(path.read_bytes(), what)
    except OSError as error:
        raise Tampered(f"{what} cannot be read: {error}.", hint="Get the assignment once more.") from error


def _checked(quiz: ReleasedQuiz, path: Path) -> ReleasedQuiz:
    """``quiz`` itself. Where its keys stayed away, nothing but this says that what it shows has the right form."""
    forms = {"key": str, "kind": str, "prompt": str, "form": dict}
    for public in (public for item in quiz.items for public in item.publics):
        if not all(isinstance(public.get(name), form) for name, form in forms.items()):
            raise Tampered(f"The quiz file {path.name} is damaged.", hint="Get the assignment once more.")
    return quiz


def _seed_around(around: Surroundings) -> str:
    """The seed of the learner's copy that the assignment lies in; empty outside of one."""
    try:
        place = find_place(around.cwd, notebook=around.notebook)
    except CourseKitError:
        return FIXED_SEED
    return workspace_seed(place.folder) if place.opened else FIXED_SEED
