"""Tests that depend on luck, time or order: found by running the same work more than once."""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_kit.bridges.kernel import kernel_of
from course_kit.bridges.nbgrader.tested import tests_of
from course_kit.errors import Unavailable
from course_kit.execution.job import Job, Result
from course_kit.grading.desk import Desk
from course_kit.grading.engine import Engine
from course_kit.grading.facts import FLAKY, left_nothing
from course_kit.grading.graded import TestFlag
from course_kit.grading.opened import Opened, Warm
from course_kit.grading.pipeline import Terms, read_files
from course_kit.grading.places import check_place, find_place

REFERENCE = "the reference solution"
RUNS = 3


def check_flaky(
    course_folder: Path,
    assignment: str,
    *,
    kernel: str | None = None,
    limits: Mapping[str, Any] | None = None,
    require_sandbox: bool = False,
    engine: Engine | None = None,
) -> tuple[TestFlag, ...]:
    """Run the assignment's own solution :data:`RUNS` times, and name each test that failed or came out otherwise.

    The notebooks run as submissions do (same sandbox and limits), without the cache; nothing is written. Submissions
    need no run of their own here: whatever `grade --force` runs is compared with what it gave before.

    Raises :class:`NotFound` (course, assignment), :class:`Invalid` (a limit) and :class:`Unavailable` where a notebook
    cannot be run at all, or a needed layer of the sandbox is missing.
    """
    with ExitStack() as stack:
        folder = check_place(course_folder)
        log = folder / ".course-kit" / "grading.log"
        desk = stack.enter_context(Desk(log=log, kernel=kernel))
        place = find_place(folder, ask=desk.info)
        opened = Opened(
            place, place.assignment(assignment), desk, kernel=kernel, limits=limits, sandbox=require_sandbox
        )
        warm = stack.enter_context(Warm(engine, log=log))
        warm.start(opened.sources())
        if opened.terms.require_sandbox:
            warm.require_sandbox()
        terms = replace(opened.terms, preload=warm.preload, proof="off")
        source = opened.info.source_folder(opened.assignment.name)
        jobs = dict(_jobs(source, terms))
        futures = {
            stem: [warm.engine().submit(replace(job, seed=_seed())) for _ in range(RUNS)] for stem, job in jobs.items()
        }
        results = {stem: [one.result() for one in ran] for stem, ran in futures.items()}
    return tuple(flag for stem, ran in results.items() for flag in _flags(stem, jobs[stem], ran))


def _seed() -> int:
    return secrets.randbits(62)


def _jobs(source: Path, terms: Terms) -> Iterator[tuple[str, Job]]:
    files = read_files(source) if source.is_dir() else {}
    for name, content in sorted(files.items()):
        if "/" in name or not name.endswith(".ipynb"):
            continue
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            cell["source"] = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        yield (
            name.removesuffix(".ipynb"),
            Job(
                notebook=json.dumps(notebook).encode(),
                files=files,
                tests=tuple(tests_of(notebook).values()),
                limits=terms.limits,
                kernel=terms.kernel or kernel_of(notebook),
                preload=terms.preload,
                proof=terms.proof,
                env=terms.env,
                require_sandbox=terms.require_sandbox,
            ),
        )


def _flags(stem: str, job: Job, results: Iterable[Result]) -> Iterator[TestFlag]:
    outcomes: dict[str, list[bool]] = {}
    tests = tests_of(json.loads(job.notebook))
    for result in results:
        if result.ending in {"failed", "missing-kernel"}:
            raise Unavailable(
                f"The solution of {stem}.ipynb cannot be run: {result.reason.rstrip('.')}.",
                hint="Run it in JupyterLab.",
            )
        cells = json.loads(result.notebook)["cells"]
        for name, position in tests.items():
            outcomes.setdefault(name, []).append(left_nothing(cells[position]))
    for name, passed in outcomes.items():
        if len(set(passed)) > 1:
            text = f"{FLAKY} The solution passed it {sum(passed)} of {len(passed)} times."
            yield TestFlag(stem, name, "flaky", (REFERENCE,), text)
        elif not passed[0]:
            yield TestFlag(
                stem, name, "solution-fails", (REFERENCE,), "The assignment's own solution does not pass it."
            )
