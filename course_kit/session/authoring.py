"""The author's preview: running a ``%%quiz`` cell shows the quiz as a learner will see it. Nothing is recorded."""

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_kit.model.quiz import Item
from course_kit.quizzes.quiz_file import ReleasedItem, ReleasedQuiz
from course_kit.session.asked import FIXED_SEED, asked_items
from course_kit.session.place import notebook_path
from course_kit.session.practice import Checker, QuizSession

if TYPE_CHECKING:
    from course_kit.quizzes.parse import Problem

_PREVIEW = "Preview: this is what learners will see. Nothing is recorded here."


class Problems:
    """What is wrong with a cell (a ``quiz``, a ``video``), shown as a list in HTML and as text."""

    def __init__(self, key: str, problems: "Sequence[Problem]", *, what: str = "quiz") -> None:
        self.key, self.problems, self.what = key, tuple(problems), what

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<li><strong>Line {problem.line}, {problem.level}:</strong> {escape(problem.message)} "
            f"<em>{escape(problem.hint)}</em></li>"
            for problem in self.problems
        )
        head = f"<p><strong>{self._head()}</strong></p>"
        return f'<section aria-label="Problems in the {self.what}">{head}<ul>{rows}</ul></section>'

    def __repr__(self) -> str:
        lines = [f"  line {p.line}, {p.level}: {p.message} {p.hint}".rstrip() for p in self.problems]
        return "\n".join([self._head(), *lines])

    def _head(self) -> str:
        errors = sum(problem.level == "error" for problem in self.problems)
        if errors == 0:
            return f"This {self.what} can be built; look at these warnings."
        return f"This {self.what} cannot be built: {errors} error{'' if errors == 1 else 's'}."


def preview(line: str, cell: str, *, folder: Path | None = None, checker: Checker | None = None) -> list[Any]:
    """What a ``%%quiz`` cell shows: the widget where there are items that can be read, and the problems.

    ``folder`` is the notebook's own: images count from there, up to the course's folder, as in a release. ``checker``
    runs code checks. A pool is shown whole.
    """
    from course_kit.quizzes.parse import parse_quiz
    from course_kit.quizzes.render import renderer
    from course_kit.session.widget import QuizWidget

    parsed, problems = parse_quiz(f"%%quiz {line}".rstrip() + "\n" + cell)
    shown: list[Any] = []
    if parsed.items:
        base = (folder or Path.cwd()).resolve()
        root = next((place for place in (base, *base.parents) if (place / "course.yml").is_file()), base)
        render = renderer(base, root)
        items = [ReleasedItem.of(variants.map_texts(render), variants.digest) for variants in parsed.variants]
        asked = asked_items(ReleasedQuiz(parsed.key or "quiz", tuple(items)), "", FIXED_SEED)
        shown.append(QuizWidget(QuizSession("", parsed.key or "quiz", asked, checker=checker, note=_PREVIEW)))
    if problems:
        shown.append(Problems(parsed.key, problems))
    return shown


def shell_checker(shell: Any) -> Checker | None:
    """Runs code checks on the variables of an IPython shell; None without one."""

    def check(item: Item) -> list[str]:
        from course_kit.model.kinds.code_check import CodeCheck
        from course_kit.session.code_checks import run_in_kernel

        return run_in_kernel(shell, item) if isinstance(item, CodeCheck) else []

    return None if shell is None else check


def quiz_magic(line: str, cell: str) -> None:
    """``%%quiz NAME``: show this quiz as a learner will see it, and what is wrong with it."""
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    notebook = notebook_path(os.environ, {} if shell is None else shell.user_ns)
    folder = None if notebook is None else notebook.parent
    for part in preview(line, cell, folder=folder, checker=shell_checker(shell)):
        display(part)  # type: ignore[no-untyped-call]


def register_magic(shell: Any) -> None:
    """Make ``%%quiz`` known to an IPython shell."""
    shell.register_magic_function(quiz_magic, magic_kind="cell", magic_name="quiz")
