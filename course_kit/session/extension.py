"""``%load_ext course_kit``: what it puts into a shell, and ``quiz()``."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_kit.errors import CourseKitError
from course_kit.session.notes import close_all, log, notes_of
from course_kit.session.place import NBGRADER, NESTED, Place, find_place, notebook_path, recording

if TYPE_CHECKING:
    from course_kit.session.plain_quiz import PlainQuiz
    from course_kit.session.quizzes import Surroundings
    from course_kit.session.recorder import Recorder
    from course_kit.session.video_widget import PlainVideo, VideoWidget
    from course_kit.session.widget import QuizWidget

_recorder: "Recorder | None" = None
_start: Path | None = None
"""The folder that the kernel was in when course-kit was loaded: a lesson may change it afterwards."""


def load(shell: Any) -> None:
    """Make ``quiz``, ``video`` and their magics known, and record the cells of an opened lesson. Never raises."""
    global _start
    import course_kit
    from course_kit.session.authoring import register_magic

    _start = Path.cwd()
    shell.push({"quiz": course_kit.quiz, "video": course_kit.video}, interactive=False)
    register_magic(shell)
    shell.register_magic_function(_video_magic, magic_kind="cell", magic_name="video")
    try:
        _start_recorder(shell)
    except Exception as error:  # a damaged release must not keep the learner from working
        log.warning("cells are not recorded: %s", error)


def unload(shell: Any) -> None:
    """Take back what :func:`load` did; the journal is let go."""
    global _recorder
    if _recorder is not None:
        _recorder.unregister(shell.events)
        _recorder = None
    for name in ("quiz", "video"):
        shell.user_ns.pop(name, None)
        shell.magics_manager.magics["cell"].pop(name, None)
    close_all()


def show_quiz(name: str, *, review: str = "", variant: int = 0) -> "QuizWidget | PlainQuiz":
    """The widget of a quiz, or of a question of a ``review``; under nbgrader, what can be read of it.

    Raises as :func:`course_kit.session.quizzes.open_quiz` and :func:`course_kit.session.review.open_question`.
    """
    with _no_collection():
        return _show_quiz(name, review, variant)


def _show_quiz(name: str, review: str, variant: int) -> "QuizWidget | PlainQuiz":
    from course_kit.session.quizzes import Surroundings, open_quiz

    shell = _shell()
    names: dict[str, Any] = {} if shell is None else shell.user_ns
    if any(os.environ.get(variable) for variable in NBGRADER):
        from course_kit.session.plain_quiz import plain_quiz

        return plain_quiz(name, Surroundings(_start or Path.cwd(), names=names))
    from course_kit.session.authoring import shell_checker
    from course_kit.session.widget import QuizWidget

    if review:
        from course_kit.session.review import open_question

        around = Surroundings(_start or Path.cwd(), names=names)
        return QuizWidget(open_question(name, review, variant, around))
    session = open_quiz(name, cwd=_start or Path.cwd(), names=names, checker=shell_checker(shell))
    if _recorder is not None and session.lesson:
        _recorder.belongs_to(session.lesson)
    return QuizWidget(session)


def show_video(name: str) -> "VideoWidget | PlainVideo":
    """The player of a video; plain HTML where a program runs the notebook.

    Raises as :func:`course_kit.session.videos.open_video`.
    """
    from course_kit.session import video_cell

    with _no_collection():
        opened = (lambda _lesson: None) if _recorder is None else _recorder.belongs_to
        return video_cell.show_video(name, _around(), opened)


def _video_magic(line: str, cell: str) -> None:
    """``%%video NAME``: show this video as a learner will see it, and what is wrong with the cell."""
    from IPython.display import display

    from course_kit.session.video_cell import preview

    for part in preview(line, cell, _around()):
        display(part)  # type: ignore[no-untyped-call]


def _around() -> "Surroundings":
    from course_kit.session.quizzes import Surroundings

    shell = _shell()
    return Surroundings(_start or Path.cwd(), names={} if shell is None else shell.user_ns)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Importing makes many objects that stay; looking for garbage among them takes a third of a first quiz's time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _start_recorder(shell: Any) -> None:
    global _recorder
    place = _place(shell)
    if place is None or _recorder is not None:
        return
    state = recording(place, os.environ)
    if state == "off":
        return
    os.environ[NESTED] = str(os.getpid())
    from course_kit.session.cells import LessonCells
    from course_kit.session.recorder import Recorder
    from course_kit.store.places import data_folder

    _recorder = Recorder(notes_of(place, state, data_folder()), place.lesson, LessonCells(place).named)
    _recorder.register(shell.events)


def _place(shell: Any) -> Place | None:
    try:
        return find_place(Path.cwd(), notebook=notebook_path(os.environ, shell.user_ns))
    except CourseKitError:
        return None


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
