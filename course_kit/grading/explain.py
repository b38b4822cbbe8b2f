"""Why each submission would run, or would not: what `grade --explain` shows. Runs nothing and writes nothing."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from course_kit.execution.job import ProofMode
from course_kit.grading.desk import Desk
from course_kit.grading.engine import Engine
from course_kit.grading.graded import Reason
from course_kit.grading.opened import Opened
from course_kit.grading.places import check_place, find_place
from course_kit.grading.plan import plan


def explain(
    course_folder: Path,
    assignment: str,
    *,
    kernel: str | None = None,
    learners: Iterable[str] | None = None,
    force: bool = False,
    limits: Mapping[str, Any] | None = None,
    proof: ProofMode | None = None,
    engine: Engine | None = None,
) -> tuple[Reason, ...]:
    """One reason for each submission, by learner, for the same arguments as :func:`~course_kit.grading.batch.grade`.

    ``again`` says that it would be looked at again; its code runs then unless all its results are kept. Raises as
    ``grade`` does for what is named wrongly.
    """
    folder = check_place(course_folder)
    with Desk(log=folder / ".course-kit" / "grading.log", kernel=kernel) as desk:
        place = find_place(folder, ask=desk.info)
        chosen = place.assignment(assignment)
        opened = Opened(place, chosen, desk, kernel=kernel, limits=limits, proof=proof, engine=engine)
        opened.look_at_tests()
        wanted = opened.learners(learners)
        return tuple(one.reason for one in plan(opened.terrain(opened.scores(), force=force), wanted).values())
