"""What people gave by hand, through nbgrader's own gradebook, survives everything that grading does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.grading.batch import grade

pytestmark = pytest.mark.slow
GOOD, HALF = "return a + b", "return a + b if a < 10 else 0"


def mark(folder: Path) -> None:
    """As the formgrader does it: an essay marked, a test's score overruled, extra credit, and comments."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        essay = gradebook.find_grade("why", "sums", "adding", "ada")
        essay.manual_score, essay.extra_credit = 4, 0.5
        gradebook.find_grade("test-more", "sums", "adding", "ada").manual_score = 1
        gradebook.find_comment("why", "sums", "adding", "ada").manual_comment = "Well put."
        gradebook.db.commit()


def by_hand(folder: Path) -> tuple[Any, ...]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        essay = gradebook.find_grade("why", "sums", "adding", "ada")
        test = gradebook.find_grade("test-more", "sums", "adding", "ada")
        comment = gradebook.find_comment("why", "sums", "adding", "ada").manual_comment
        return essay.manual_score, essay.extra_credit, test.manual_score, test.auto_score, comment


def test_marks_survive_every_re_run(
    make_source: Callable[..., Path], nbgrader_course: Path, hand_in: Callable[..., Path], answer: Callable[..., Any]
) -> None:
    make_source(nbgrader_course, essay=True)
    work = answer(HALF, essay=True)
    work.cells[-1].source = "Because."
    hand_in("ada", work)
    assert [score.status for score in grade(nbgrader_course, "adding")] == ["needs-manual-grading"]
    mark(nbgrader_course)

    (seen,) = grade(nbgrader_course, "adding")  # nothing to run, and the formgrader's marks are seen
    assert (seen.score, seen.comment) == (7.5, "Well put.")
    (forced,) = grade(nbgrader_course, "adding", force=True)
    assert (forced.score, forced.comment) == (7.5, "Well put.")
    assert by_hand(nbgrader_course) == (4.0, 0.5, 1.0, 0.0, "Well put.")

    work.cells[1].source = f"def add(a, b):\n    {GOOD}"
    hand_in("ada", work, at="2026-11-21 10:00:00 UTC")
    grade(nbgrader_course, "adding")
    assert by_hand(nbgrader_course) == (4.0, 0.5, 1.0, 3.0, "Well put.")

    source = nbgrader_course / "source" / "adding" / "sums.ipynb"
    source.write_text(source.read_text().replace("canary_7f3a_total == 42", "canary_7f3a_total == 41"))
    grade(nbgrader_course, "adding", apply_changes=True)
    assert by_hand(nbgrader_course) == (4.0, 0.5, 1.0, 0.0, "Well put.")
