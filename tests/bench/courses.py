"""The three courses that are graded for the figures, each with submissions, and equal copies of them."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measured import run
from tests.bench.submissions import is_of_quiz, marks_of, submit, text_of

ROOT = Path(__file__).resolve().parents[2]
LAB9 = Path(os.environ.get("COURSE_KIT_SHARED", ROOT.parent / "shared")) / "courses" / "cs1302i21a" / "source" / "Lab9"


@dataclass(frozen=True)
class Batch:
    """Submissions of one assignment. ``course`` is what course-kit grades, ``root`` below it what nbgrader grades."""

    course: Path
    inside: str
    assignment: str
    learners: tuple[str, ...]
    notebooks: int

    @property
    def root(self) -> Path:
        return self.course / self.inside

    @property
    def gradebook(self) -> Path:
        return self.root / "gradebook.db"

    @property
    def count(self) -> int:
        """Of notebooks in all."""
        return len(self.learners) * self.notebooks

    @property
    def quizzes(self) -> set[str]:
        """The grade ids of quizzes."""
        released = (self.root / "release" / self.assignment).glob("*.ipynb")
        cells = (cell for path in released for cell in json.loads(path.read_text(encoding="utf-8"))["cells"])
        return {marks_of(cell)["grade_id"] for cell in cells if is_of_quiz(cell)}

    def copy(self, to: Path, learners: tuple[str, ...] | None = None) -> "Batch":
        """An equal copy, with all submissions or those of ``learners`` alone."""
        shutil.copytree(self.course, to)
        batch = Batch(to, self.inside, self.assignment, learners or self.learners, self.notebooks)
        for name in set(self.learners) - set(batch.learners):
            shutil.rmtree(batch.root / "submitted" / name)
        return batch

    def leave_out_quizzes(self) -> None:
        """Take the cells of quizzes out of what was submitted: nbgrader would run them, and for nothing."""
        for path in self.root.glob(f"submitted/*/{self.assignment}/*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            notebook["cells"] = [cell for cell in notebook["cells"] if not is_of_quiz(cell)]
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _batch(course: Path, inside: str, assignment: str, learners: int) -> Batch:
    root = course / inside
    run([sys.executable, "-m", "nbgrader", "generate_assignment", assignment], cwd=root, home=course.parent / "home")
    names = submit(root, assignment, learners)
    notebooks = len(list((root / "release" / assignment).glob("*.ipynb")))
    return Batch(course, inside, assignment, tuple(names), notebooks)


def example_course(to: Path, learners: int, notebooks: tuple[str, ...] = ("problem1", "problem2")) -> Batch:
    """ps1 of the course that nbgrader ships as its example."""
    import nbgrader

    source = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide" / "source" / "ps1"
    for name in (*(f"{notebook}.ipynb" for notebook in notebooks), "jupyter.png"):
        (to / "source" / "ps1").mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, to / "source" / "ps1" / name)
    (to / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "example"\n')
    return _batch(to, ".", "ps1", learners)


def flagship_course(to: Path, learners: int) -> Batch:
    """The flagship course's assignment that reads a table and draws a figure."""
    from course_kit.apps.flagship import copy_flagship

    return _batch(copy_flagship(to), "autograders", "frames", learners)


def university_course(to: Path, learners: int) -> Batch | None:
    """Lab9 of cs1302, whose cells compute for seconds; None where the real courses are not at hand."""
    if not LAB9.is_dir():
        return None
    shutil.copytree(LAB9, to / "source" / "Lab9")
    return _batch(to, ".", "Lab9", learners)


def write_cells(batch: Batch, to: Path) -> Path:
    """What floor.py runs: each submission's cells, those that learners may not change as in the source."""
    from IPython.core.inputtransformer2 import TransformerManager

    whole = TransformerManager()
    source = batch.root / "source" / batch.assignment
    notebooks = []
    for learner in batch.learners:
        for path in sorted((batch.root / "submitted" / learner / batch.assignment).glob("*.ipynb")):
            locked = {}
            for cell in json.loads((source / path.name).read_text(encoding="utf-8"))["cells"]:
                marks = marks_of(cell)
                if marks and not marks.get("solution") and (marks.get("grade") or marks.get("locked")):
                    locked[marks["grade_id"]] = text_of(cell)
            cells = [
                locked.get(marks_of(cell).get("grade_id", ""), text_of(cell))
                for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
                if cell["cell_type"] == "code" and not is_of_quiz(cell)
            ]
            notebooks.append([whole.transform_cell(cell) for cell in cells])
    folder = to.parent / "cells"
    shutil.copytree(source, folder, dirs_exist_ok=True)
    to.write_text(json.dumps({"folder": str(folder), "notebooks": notebooks}), encoding="utf-8")
    return to
