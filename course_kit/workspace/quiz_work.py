"""An assignment's quizzes in a learner's copy: how many questions are answered, and in practice what they earn."""

from dataclasses import dataclass

from course_kit.model.quiz import Quiz
from course_kit.quizzes.graded import QUIZ_FILE, RESPONSES, score_id
from course_kit.quizzes.practice_file import PRACTICE, read_practice_file
from course_kit.quizzes.quiz_file import ReleasedQuiz, read_quiz_file
from course_kit.quizzes.responses import Responses, read_responses
from course_kit.quizzes.score_sheet import score_sheet
from course_kit.workspace.assignment import WorkFolder
from course_kit.workspace.behind import base_content
from course_kit.workspace.notebooks import Notebook


@dataclass(frozen=True)
class QuizWork:
    """One quiz: ``answered`` of ``asked`` questions. ``points`` of ``worth`` in practice, else None."""

    answered: int
    asked: int
    points: float | None = None

    @property
    def in_words(self) -> str:
        return f"{self.answered} of {self.asked} {'question is' if self.asked == 1 else 'questions are'} answered"


def responses_of(work: WorkFolder) -> Responses:
    """What was answered in the assignment's quizzes."""
    return read_responses(work.folder / RESPONSES)


def quizzes_of(work: WorkFolder, notebook: str) -> dict[str, ReleasedQuiz]:
    """The quizzes of a notebook as the release brought them, by the nbgrader id of their grade cell."""
    name = f"{notebook.removesuffix('.ipynb')}{QUIZ_FILE}"
    content = base_content(work.workspace, work.name(name))
    if content is None:
        return {}
    return {score_id(quiz.key): quiz for quiz in read_quiz_file(content, f"The quiz file {name}").values()}


def quiz_work(quiz: ReleasedQuiz, responses: Responses, worth: float) -> QuizWork:
    """How a quiz stands."""
    digests = {item.key: item.digest for item in quiz.items}
    if quiz.graded:
        names = (f"{quiz.key}/{item.key}" for item in quiz.items)
        given = [responses.given[name] for name in names if name in responses.given]
        asked = min(len(quiz.items), quiz.pick or len(quiz.items))
        return QuizWork(min(asked, sum(one.response is not None for one in given)), asked)
    variants = tuple(item.variants for item in quiz.items if item.variants is not None)
    sheet = score_sheet(Quiz(quiz.key, variants, quiz.pick), digests, responses, worth)
    return QuizWork(sheet.answered, sheet.asked, sheet.points)


def practice_notebooks(work: WorkFolder) -> dict[str, Notebook]:
    """The source's notebooks of a practice assignment, by file name; nothing for one that is graded elsewhere.

    Raises :class:`Tampered` or :class:`WrongVersion`.
    """
    if not work.assignment.practice:
        return {}
    path = work.workspace.base / PRACTICE / f"{work.assignment.key}.json"
    try:
        content = path.read_bytes()
    except OSError:
        return {}
    return read_practice_file(content, f"The tests of {work.assignment.key!r}")
