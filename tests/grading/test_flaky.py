"""The reference solution, run again and again: which tests depend on luck, and which it does not pass itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

from course_kit.errors import Unavailable
from course_kit.execution import sandbox
from course_kit.grading.batch import grade
from course_kit.grading.flaky import check_flaky
from course_kit.grading.trial import dry_run

pytestmark = pytest.mark.slow


def test_a_solution_that_fails_is_pointed_out_and_one_that_passes_is_not(
    make_source: Callable[..., Path], nbgrader_course: Path
) -> None:
    assert check_flaky(nbgrader_course, "adding") == ()
    make_source(nbgrader_course, extra="assert add(0, 0) == 1", kernel="python")  # as nbgrader's own example names it
    (flag,) = check_flaky(nbgrader_course, "adding")
    assert (flag.notebook, flag.cell, flag.kind) == ("sums", "extra", "solution-fails")


def test_limits_and_a_needed_sandbox_hold_in_what_is_only_tried(
    make_source: Callable[..., Path],
    nbgrader_course: Path,
    hand_in: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_source(nbgrader_course, extra="import time; time.sleep(3)")
    (flag,) = check_flaky(nbgrader_course, "adding", limits={"cell": 1})
    assert flag.cell == "extra"
    hand_in("ada", "return a + b")
    grade(nbgrader_course, "adding")

    def incomplete() -> None:
        raise Unavailable("The sandbox is not complete on this machine.")

    monkeypatch.setattr(sandbox, "require", incomplete)
    for run in (check_flaky, dry_run):
        with pytest.raises(Unavailable, match="not complete"):
            run(nbgrader_course, "adding", require_sandbox=True)
