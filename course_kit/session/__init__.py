"""What runs in the learner's kernel: ``quiz()`` and ``video()``, their widgets, and the recorder of cells.

Light: nothing is imported before it is used, so that ``%load_ext course_kit`` and ``import course_kit`` are quick.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from course_kit.session.plain_quiz import PlainQuiz
    from course_kit.session.recorder import Recorder
    from course_kit.session.scorer import Scorer
    from course_kit.session.video_widget import PlainVideo, VideoWidget
    from course_kit.session.widget import QuizWidget

__all__ = ["Recorder", "Scorer", "load_ipython_extension", "quiz", "unload_ipython_extension", "video"]


def quiz(name: str, *, review: str = "", variant: int = 0) -> "QuizWidget | PlainQuiz":
    """The quiz of that name: ``lesson/quiz`` of the release that this notebook belongs to, ``quiz`` of an assignment.

    In a ``review`` (its name), the question ``lesson/quiz/item`` in that ``variant``. While nbgrader runs the notebook
    it is shown plainly.

    Raises :class:`~course_kit.errors.NotFound` where there is no release or no such quiz,
    :class:`~course_kit.errors.WrongVersion` where notebook and course-kit do not fit together.
    """
    from course_kit.session import extension

    return extension.show_quiz(name, review=review, variant=variant)


def video(name: str) -> "VideoWidget | PlainVideo":
    """The player of the video ``lesson/name`` of the release that this notebook belongs to.

    While a program runs the notebook it is shown plainly. Raises as :func:`quiz`.
    """
    from course_kit.session import extension

    return extension.show_video(name)


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """``%load_ext course_kit``: ``quiz``, ``video`` and their magics; the cells of an opened lesson are recorded."""
    from course_kit.session import extension

    extension.load(shell)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """``%unload_ext course_kit``: takes back what loading did."""
    from course_kit.session import extension

    extension.unload(shell)


def __getattr__(name: str) -> Any:
    if name == "Recorder":
        from course_kit.session.recorder import Recorder

        return Recorder
    if name == "Scorer":
        from course_kit.session.scorer import Scorer

        return Scorer
    raise AttributeError(f"module 'course_kit.session' has no attribute {name!r}")
