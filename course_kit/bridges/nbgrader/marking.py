"""One submission's way through nbgrader without running it: ``sanitize`` before that, ``record`` after.

Both work in a staging folder of the caller's, laid out as an nbgrader course. Sanitizing writes nothing into the
gradebook; recording writes all of a submission in one transaction. Runs in the worker.
"""

import os
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import from_dict
from nbgrader import utils
from nbgrader.api import MissingEntry

from course_kit.bridges.nbgrader.desk import Desk, desk_of
from course_kit.bridges.nbgrader.duedates import put_penalties, put_submission
from course_kit.bridges.nbgrader.evidence import cell_works
from course_kit.bridges.nbgrader.gradebook import gradebook_errors, make_whole, submission_rows
from course_kit.bridges.nbgrader.held import now_text, strip_skips
from course_kit.bridges.nbgrader.judged import Judged, Names, Proofs
from course_kit.bridges.nbgrader.ledger import transaction
from course_kit.bridges.nbgrader.mend import free_unknown, restore_tests, retype
from course_kit.bridges.nbgrader.quiz_scores import Quizzes, quiet, recorded_source
from course_kit.bridges.nbgrader.steps import check_node, environment, read_node, resources_for, write_node
from course_kit.bridges.nbgrader.tested import tests_of
from course_kit.errors import CourseKitError

_SAYS = {"NBGRADER_EXECUTION": "autograde"}  # what nbgrader tells code that asks whether it is being marked


def sanitize(app: Any, assignment: str, learner: str, staging: str) -> dict[str, Any]:
    """Make the submission in ``staging/submitted/<learner>/<assignment>`` ready to be run.

    The sanitized notebooks and all files that go beside them are in ``folder`` afterwards. Returns ``fault`` (None or
    ``failed``) and ``reason`` of the submission, ``folder``, ``notebooks`` by name (each ``fault``, ``reason``,
    ``kernel``, ``language``, ``tests`` (grade id to position), ``points``, ``restored`` (tests that were missing and
    were put back) and ``works``), ``missing`` and ``unknown``
    names, and ``repairs``. A notebook with a fault is left out of the folder.
    """
    desk = desk_of(app)
    submitted, folder = desk.take(assignment, learner, staging)
    make_whole(app)
    answer: dict[str, Any] = {"fault": None, "reason": "", "folder": str(folder), "notebooks": {}, "repairs": []}
    try:
        with gradebook_errors(app), _gradebook(app) as gradebook:
            recorded = _recorded_notebooks(desk, gradebook, assignment, learner)
            there = {path.stem: path for path in sorted(submitted.glob("*.ipynb"))}
            answer["missing"] = sorted(recorded - there.keys())
            answer["unknown"] = sorted(there.keys() - recorded)
            wanted = {name: path for name, path in there.items() if name in recorded}
            desk.converter.notebooks = [str(path) for path in wanted.values()]
            desk.converter.run_pre_convert_hook()
            _lay_out(desk, submitted, folder, assignment)
            for name, path in wanted.items():
                answer["notebooks"][name] = _sanitized(desk, gradebook, path, folder, assignment, learner, answer)
    except CourseKitError:
        raise
    except (Exception, SystemExit) as error:
        app.log.exception("%s of %s could not be prepared", assignment, learner)
        answer |= {"fault": "failed", "reason": _reason(error)}
    return answer


def record(
    app: Any,
    assignment: str,
    learner: str,
    staging: str,
    *,
    proofs: Proofs | None = None,
    accepted: Names | None = None,
    denied: Names | None = None,
    absent: Mapping[str, str] | None = None,
    hold: bool = True,
    at: str | None = None,
    keep_evidence: bool = True,
) -> dict[str, Any]:
    """Score the executed notebooks in ``staging/autograded/<learner>/<assignment>`` into the gradebook, all at once.

    ``proofs``: name to grade id to ``verdict`` and ``evidence``. ``accepted`` and ``denied`` are what the instructor
    decided (None: as the files of decisions have it). Notebooks in ``absent`` could not be run, and count zero. With
    ``hold`` false no points are held back; a trial run does not ``keep_evidence``. The notebooks come out as nbgrader
    leaves them, marked.

    Returns ``fault``, ``reason``, what :func:`scores` has of a submission, ``late_seconds``, ``flags``, and ``notes``:
    phrases for what was handed in without.
    """
    desk = desk_of(app)
    submitted, folder = desk.take(assignment, learner, staging)
    quizzes = Quizzes(Path(app.coursedir.root), desk.source(assignment), submitted)
    judged = Judged(
        Path(app.coursedir.root), assignment, learner, proofs or {}, accepted=accepted, denied=denied, holding=hold
    )
    judged.ran = desk.executes
    outcome: dict[str, Any] = {"fault": None, "reason": "", "flags": []}
    try:
        with gradebook_errors(app), _gradebook(app, write=True) as gradebook:
            submission = _submission(desk, gradebook, assignment, learner)
            dates = put_submission(app, submission, assignment, learner)
            faults = dict(absent or {})
            marked = _mark_all(desk, gradebook, folder, (assignment, learner), judged, quizzes, faults, outcome)
            outcome["notes"] = quizzes.notes
            _score_absent(submission, {*marked})
            gradebook.db.flush()
            if dates is not None:
                gradebook.db.expire_all()
                put_penalties(submission, dates)
                gradebook.db.flush()
            outcome |= submission_rows(gradebook.db, submission=submission.id)[learner]
            outcome["late_seconds"] = float(submission.total_seconds_late)
            for name, row in outcome["notebooks"].items():
                row |= {"fault": "failed" if name in faults else None, "reason": faults.get(name, "")}
                row["held"] = judged.held(name)
            for name, notebook in marked.items():
                write_node(notebook, folder / f"{name}.ipynb")
    except CourseKitError:
        raise
    except (Exception, SystemExit) as error:
        app.log.exception("%s of %s could not be recorded", assignment, learner)
        return {"fault": "failed", "reason": _reason(error), "flags": [], "notebooks": {}}
    if keep_evidence:
        judged.write(at or now_text())
    desk.converter.set_permissions(assignment, learner)
    desk.converter.run_post_convert_hook()
    return outcome


def _gradebook(app: Any, *, write: bool = False) -> Any:
    return transaction(app.coursedir.db_url, app.coursedir.course_id, write=write, cells_stay=True)


def _recorded_notebooks(desk: Desk, gradebook: Any, assignment: str, learner: str) -> set[str]:
    if not desk.converter.create_student:
        gradebook.find_student(learner)
    return {notebook.name for notebook in gradebook.find_assignment(assignment).notebooks}


def _lay_out(desk: Desk, submitted: Path, folder: Path, assignment: str) -> None:
    """The submission's own files, and the source's over them, as nbgrader's autograder lays them out."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignored = [*desk.course.ignore, "*.ipynb"]
    source = desk.source(assignment)
    kept = {source / name for name in desk.converter.exclude_overwriting.get(assignment, [])}
    for origin in (submitted, source):
        for name in utils.find_all_files(str(origin), ignored) if origin.is_dir() else ():
            path = Path(name)
            if path in kept:
                continue
            target = folder / path.relative_to(origin)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy(path, target)


def _sanitized(
    desk: Desk, gradebook: Any, path: Path, folder: Path, assignment: str, learner: str, answer: dict[str, Any]
) -> dict[str, Any]:
    app = desk.app
    os.chdir(app.coursedir.root)  # hooks and plug-ins expect the course, not the staging folder
    resources = resources_for(path, assignment=assignment, learner=learner, db_url=app.coursedir.db_url)
    repairs: list[str] = []
    try:
        notebook = read_node(path)
        repairs += free_unknown(notebook, gradebook, path.stem, assignment)
        repairs += retype(notebook, gradebook, path.stem, assignment)
        # some steps leave plain dicts
        notebook = from_dict(desk.sanitizing.run(notebook, resources))  # type: ignore[no-untyped-call]
        restored, lacking = restore_tests(notebook, gradebook, path.stem, assignment, app)
        repairs += [f"the answer {name!r} is missing" for name in lacking]
        resources["metadata"]["path"] = str(folder)
        with environment(_SAYS):
            notebook = desk.before.run(notebook, resources)
        strip_skips(notebook, desk.execution.skip_cells_with_tag)
        quiet(notebook)
        check_node(notebook)
        tests = tests_of(notebook)
        points = {name: float(notebook.cells[index].metadata.nbgrader["points"]) for name, index in tests.items()}
        kernel = desk.execution.kernel_of(notebook)
        language = notebook.metadata.get("kernelspec", {}).get("language") or "python"
        found = {"kernel": kernel, "language": language, "tests": tests, "points": points, "restored": restored}
        found["works"] = cell_works(notebook, tests)
        write_node(notebook, folder / path.name, final=False)
    except (Exception, SystemExit) as error:
        app.log.exception("%s of %s could not be prepared", path.name, learner)
        return {
            "fault": "failed",
            "reason": _reason(error),
            "kernel": "",
            "tests": {},
            "points": {},
            "restored": [],
            "works": {},
        }
    answer["repairs"] += [f"{path.name}: {phrase}" for phrase in repairs]
    return {"fault": None, "reason": "", **found}


def _submission(desk: Desk, gradebook: Any, assignment: str, learner: str) -> Any:
    """The gradebook's rows of this submission, as nbgrader's autograder makes them before it marks."""
    if desk.converter.create_student:
        gradebook.update_or_create_student(learner)
    submitted = desk.course.format_path("submitted", learner, assignment)
    timestamp = desk.course.get_existing_timestamp(submitted)
    times = {"timestamp": timestamp} if timestamp else {}
    return gradebook.update_or_create_submission(assignment, learner, **times)


def _mark_all(
    desk: Desk,
    gradebook: Any,
    folder: Path,
    whose: tuple[str, str],
    judged: Judged,
    quizzes: Quizzes,
    faults: dict[str, str],
    outcome: dict[str, Any],
) -> dict[str, Any]:
    """The notebooks that could be scored, marked; the others are added to ``faults``."""
    app, (assignment, learner) = desk.app, whose
    recorded = {notebook.name for notebook in gradebook.find_assignment(assignment).notebooks}
    marked = {}
    for path in sorted(folder.glob("*.ipynb")):
        name = path.stem
        if name in faults or name not in recorded:
            continue
        os.chdir(app.coursedir.root)
        resources = resources_for(path, assignment=assignment, learner=learner, db_url=app.coursedir.db_url)
        savepoint = gradebook.db.begin_nested()
        try:
            notebook = read_node(path)
            judged.hold(name, notebook)
            where = {"assignment": assignment, "notebook": name}
            quizzes.put(name, notebook, partial(recorded_source, gradebook, where))
            desk.marks.flags = []
            with environment(_SAYS):
                notebook = desk.after.run(notebook, resources)
            check_node(notebook)
            gradebook.db.flush()
        except (Exception, SystemExit) as error:
            app.log.exception("%s of %s could not be scored", path.name, learner)
            savepoint.rollback()
            faults[name] = _reason(error)
            judged.forget(name)
            continue
        savepoint.commit()
        outcome["flags"] += [{"notebook": name, **flag} for flag in (*desk.marks.flags, *quizzes.flags)]
        marked[name] = notebook
    return marked


def _score_absent(submission: Any, there: set[str]) -> None:
    """A notebook that is not there scores zero, as in nbgrader."""
    for notebook in submission.notebooks:
        if notebook.name in there:
            continue
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = 0, False


def _reason(error: BaseException) -> str:
    if isinstance(error, MissingEntry):
        return f"{str(error).rstrip('.')} in the gradebook"
    first = next((line for line in str(error).strip().splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}"[:500].rstrip(": ")
