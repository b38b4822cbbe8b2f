"""Grade all submissions of an assignment with nbgrader's autograder; one that fails is one line of the result."""

import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.client import Worker, WorkerLost
from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.errors import CourseKitError, Invalid, NotFound, Unavailable
from course_kit.files.lock import FileLock
from course_kit.grading.backup import back_up
from course_kit.grading.collected import submission_id
from course_kit.grading.places import GradedAssignment, GradingPlace, Progress, find_place, no_progress
from course_kit.grading.records import Record, Records
from course_kit.grading.roster_file import roster_of
from course_kit.grading.staging import put_folder, stage, submission_digest
from course_kit.model.scores import SubmissionScore, SubmissionStatus

LIMIT_SECONDS = 600.0
"""What one submission may take in all, unless the course's limit for a cell asks for more."""
CELLS_AT_LIMIT = 20
_SETTLED = {"graded", "needs-manual-grading", "repaired", "timed-out"}


def grade(
    course_folder: Path,
    assignment: str,
    *,
    kernel: str | None = None,
    learners: Iterable[str] | None = None,
    force: bool = False,
    progress: Progress = no_progress,
    at: datetime | None = None,
    limit: float | None = None,
) -> tuple[SubmissionScore, ...]:
    """Grade what was submitted and tell of each submission, in the order of the learners' ids.

    ``assignment``: course-kit's key or nbgrader's name. ``kernel`` runs every notebook in that kernel instead of the
    one it names. What is graded and unchanged is not run again unless ``force``. Scores and comments that were given
    by hand stay. ``limit``: seconds for one submission in all. ``at`` names the gradebook's backup (default: now).

    Raises :class:`NotFound` (course, assignment, learner), :class:`Unavailable` (nbgrader or the kernel is not
    installed), :class:`Invalid` (the assignment's source), :class:`Refused` (its cells changed after submissions were
    recorded) and :class:`Busy` (another run is under way); never because of a submission.
    """
    place = find_place(course_folder)
    chosen = place.assignment(assignment)
    with (
        FileLock(place.hidden / "locks" / "grade", "Grading"),
        Worker(chosen.root, log=place.log, kernel=kernel) as worker,
    ):
        return _Batch(place, chosen, worker, kernel, force, limit).run(learners, progress, at or datetime.now(UTC))


@dataclass(frozen=True)
class _Result:
    status: SubmissionStatus
    detail: str
    scored: bool


class _Batch:
    def __init__(
        self,
        place: GradingPlace,
        assignment: GradedAssignment,
        worker: Worker,
        kernel: str | None,
        force: bool,
        limit: float | None,
    ) -> None:
        self._place, self._assignment, self._worker = place, assignment, worker
        self._kernel, self._force, self._limit = kernel, force, limit
        self._records = Records(place, assignment)
        self._info: CourseInfo = worker.info
        self._cells = ""

    def run(self, learners: Iterable[str] | None, progress: Progress, at: datetime) -> tuple[SubmissionScore, ...]:
        name = self._assignment.name
        wanted = self._learners(learners)
        progress(0, len(wanted), "Preparing")
        back_up(self._info.database, self._place.hidden / "backups", at)
        self._check_kernel()
        self._worker.call("publish_cells", assignment=name)
        self._cells = _source_digest(self._info, name)
        self._name_learners(wanted)
        self._limit = self._limit or _limit(self._worker.call("cell_seconds"))
        results = {}
        with tempfile.TemporaryDirectory(prefix="course-kit-grading-") as scratch:
            for done, learner in enumerate(wanted):
                progress(done, len(wanted), learner)
                results[learner] = self._settled(learner) or self._grade(learner, Path(scratch) / str(done))
        held = self._worker.call("scores", assignment=name)
        progress(len(wanted), len(wanted), "Done")
        return tuple(self._score(learner, result, held) for learner, result in results.items())

    def _name_learners(self, wanted: list[str]) -> None:
        """The roster's names for the formgrader, where the gradebook has none; a faulty one is left alone."""
        with suppress(Invalid):
            people = [entry.model_dump() for entry in roster_of(self._place.folder).entries if entry.learner in wanted]
            if people:
                self._worker.call("import_students", people=people)

    def _learners(self, learners: Iterable[str] | None) -> list[str]:
        submitters = self._info.submitters(self._assignment.name)
        if learners is None:
            return [learner for learner in submitters if learner not in self._info.excluded]
        wanted = sorted(set(learners))
        absent = [learner for learner in wanted if learner not in submitters]
        if absent:
            raise NotFound(
                f"{', '.join(absent)} submitted nothing for {self._assignment.key!r}.",
                hint="Run `course-kit collect` first, or check the ids.",
            )
        return wanted

    def _check_kernel(self) -> None:
        known = self._worker.call("kernels", assignment=self._assignment.name)
        missing = [name for name in known["needed"] if name not in known["installed"]]
        if not missing:
            return
        usable = "python3" if "python3" in known["installed"] else next(iter(known["installed"]), "python3")
        raise Unavailable(
            f"The notebooks of {self._assignment.key!r} name the kernel {missing[0]!r}, which is not installed here "
            f"(installed: {', '.join(known['installed']) or 'none'}).",
            hint=f"Grade with another one: --kernel {usable}. Or install the kernel {missing[0]!r}.",
        )

    def _settled(self, learner: str) -> _Result | None:
        """What is known already of a submission that was marked before and has not changed since; else None."""
        if self._force:
            return None
        autograded = self._info.autograded_folder(learner, self._assignment.name)
        record = self._records.get(learner)
        submitted = self._info.submitted_folder(learner, self._assignment.name)
        if not any(autograded.glob("*.ipynb")):
            return None
        if record is None:
            return _Result("graded", "", scored=True) if _done_by_nbgrader(submitted, autograded) else None
        same = (record.submission, record.cells, record.kernel) == (
            submission_digest(submitted),
            self._cells,
            self._kernel or "",
        )
        if not same or record.status not in _SETTLED:
            return None
        return _Result(record.status, record.detail, scored=True)  # type: ignore[arg-type]  # one of _SETTLED

    def _grade(self, learner: str, scratch: Path) -> _Result:
        submitted = self._info.submitted_folder(learner, self._assignment.name)
        digest = ""
        try:
            digest = submission_digest(submitted)
            result = self._grade_staged(learner, submitted, scratch)
        except WorkerLost as error:
            result = self._lost(error)
        except CourseKitError as error:
            result = _Result("failed", f"It could not be graded: {error.message.rstrip('.')}.", scored=False)
        except OSError as error:
            result = _Result("unreadable", f"Its files cannot be read: {error}.", scored=False)
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
            result = _Result("failed", f"It could not be read ({type(error).__name__}: {error}).", scored=False)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        self._records.put(learner, Record(digest, self._cells, self._kernel or "", result.status, result.detail))
        return result

    def _grade_staged(self, learner: str, submitted: Path, scratch: Path) -> _Result:
        name = self._assignment.name
        try:
            staged = stage(submitted, scratch / "submitted" / learner / name)
        except Invalid as error:
            return _Result("unreadable", f"It was not graded: {error.message.rstrip('.')}.", scored=False)
        if not staged.notebooks:
            return _nothing_to_mark(staged.unreadable, submitted)
        _copy_companions(self._info.source_folder(name), scratch / "source" / name)
        answer = self._worker.call(
            "autograde", timeout=self._limit, assignment=name, learner=learner, staging=str(scratch)
        )
        if answer["fault"] is not None:
            return _Result(answer["fault"], _explain(answer), scored=False)
        put_folder(scratch / "autograded" / learner / name, self._info.autograded_folder(learner, name))
        notes = [*staged.repairs, *(f"{phrase}; it counts zero" for phrase in staged.unreadable)]
        notes += [f"{name}.ipynb is missing and counts zero" for name in self._missing(staged.notebooks)]
        if answer["timeouts"]:
            limited = ", ".join(answer["timeouts"])
            notes.insert(0, f"a cell ran longer than allowed and counts zero ({limited})")
            return _Result("timed-out", _sentence(notes), scored=True)
        return _Result("repaired" if staged.repairs else "graded", _sentence(notes), scored=True)

    def _missing(self, there: tuple[str, ...]) -> list[str]:
        source = self._info.source_folder(self._assignment.name)
        return [path.stem for path in sorted(source.glob("*.ipynb")) if path.stem not in there]

    def _lost(self, error: WorkerLost) -> _Result:
        if error.stuck:
            detail = f"It was stopped after {self._limit:,.0f} seconds; an endless loop, most likely."
            return _Result("timed-out", detail, scored=False)
        return _Result("failed", "Its code ended the process that marked it (out of memory, perhaps).", scored=False)

    def _score(self, learner: str, result: _Result, held: dict[str, Any]) -> SubmissionScore:
        row = held["submissions"].get(learner) if result.scored else None
        status, detail = result.status, result.detail
        if row is not None and row["needs_manual"]:
            status = "needs-manual-grading" if status == "graded" else status
            detail = detail or "Some answers wait to be marked by hand in the formgrader."
        if row is not None and row["penalty"]:
            detail = f"{detail} {row['penalty']:g} points were taken off for being late.".strip()
        comments = [text for name in (row or {"notebooks": {}})["notebooks"].values() for text in name["comments"]]
        return SubmissionScore(
            learner=learner,
            assignment=self._assignment.key,
            status=status,
            score=row["score"] if row is not None else None,
            max_score=row["max_score"] if row is not None else held["max_score"],
            submission=submission_id(self._place, self._assignment, self._info, learner),
            detail=detail,
            comment="\n\n".join(comments),
        )


def _limit(cell_seconds: float | None) -> float:
    return LIMIT_SECONDS if cell_seconds is None else max(LIMIT_SECONDS, CELLS_AT_LIMIT * cell_seconds)


def _source_digest(info: CourseInfo, name: str) -> str:
    source = info.source_folder(name)
    return submission_digest(source) if source.is_dir() else ""


def _done_by_nbgrader(submitted: Path, autograded: Path) -> bool:
    """nbgrader's own rule: what is autograded is done unless the submission's time is later."""
    times = [folder / "timestamp.txt" for folder in (submitted, autograded)]
    if not all(path.is_file() for path in times):
        return not times[0].is_file()
    new, old = (path.read_text(encoding="utf-8", errors="replace").strip() for path in times)
    return new == old


def _copy_companions(source: Path, to: Path) -> None:
    """The files beside the source's notebooks, which nbgrader lays over every submission."""
    to.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints"))


def _nothing_to_mark(unreadable: tuple[str, ...], submitted: Path) -> _Result:
    if unreadable:
        return _Result("unreadable", _sentence(unreadable), scored=False)
    there = ", ".join(sorted(path.name for path in submitted.iterdir())[:5]) or "nothing"
    return _Result("missing", f"There is no notebook in it, only: {there}.", scored=False)


def _explain(answer: dict[str, Any]) -> str:
    explained = {
        "kernel-died": "Its code made the kernel end (out of memory, or it left the process).",
        "timed-out": "Its code kept the kernel busy beyond the limit and could not be interrupted.",
        "missing-kernel": f"Its notebook names a kernel that is not installed here ({answer['reason']}).",
    }
    return explained.get(answer["fault"], f"nbgrader could not mark it: {answer['reason']}.")


def _sentence(phrases: Iterable[str]) -> str:
    text = "; ".join(phrases).rstrip(".")
    if not text:
        return ""
    # a file's name keeps its letters
    return f"{text}." if "." in text.split(" ", 1)[0] else f"{text[0].upper()}{text[1:]}."
