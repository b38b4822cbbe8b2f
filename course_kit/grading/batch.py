"""Grade all submissions of an assignment: run apart and many at once, scored by nbgrader; each ends in its status."""

import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, Unavailable
from course_kit.execution.job import ProofMode
from course_kit.files.lock import FileLock
from course_kit.grading.cache import RESULTS, NoCache, ReadOnly, ResultCache
from course_kit.grading.desk import Desk, never_graded
from course_kit.grading.engine import Engine
from course_kit.grading.graded import BatchState, GradedBatch
from course_kit.grading.holds import Decisions, is_settled, ruling, suspects
from course_kit.grading.known_roots import KnownRoots
from course_kit.grading.marking import Bench, Marking, expected_notebooks
from course_kit.grading.opened import Opened, Warm, sources_of
from course_kit.grading.outcomes import Outcomes
from course_kit.grading.pipeline import Kept, Pipeline, Work
from course_kit.grading.places import Progress, check_place, find_place, no_progress
from course_kit.grading.plan import Planned, plan
from course_kit.grading.records import State
from course_kit.grading.roster_file import roster_of
from course_kit.grading.stamps import database_stamp
from course_kit.grading.watching import Watcher
from course_kit.model.scores import SubmissionScore

Watch = Callable[[BatchState], None]


def grade(
    course_folder: Path,
    assignment: str,
    *,
    kernel: str | None = None,
    learners: Iterable[str] | None = None,
    force: bool = False,
    progress: Progress = no_progress,
    watch: Watch | None = None,
    at: datetime | None = None,
    limits: Mapping[str, Any] | None = None,
    proof: ProofMode | None = None,
    require_sandbox: bool = False,
    engine: Engine | None = None,
    apply_changes: bool = False,
    use_cache: bool = True,
) -> GradedBatch:
    """Grade what was submitted and tell of each submission, in the order of the learners' ids.

    ``assignment``: course-kit's key or nbgrader's name. ``kernel`` runs every notebook in that kernel instead of the
    one it names. What is graded and unchanged is not touched unless ``force``; what changed is run only where no
    result of the same code, files, tests, limits and packages is kept (``force`` and ``use_cache=False`` run all).
    Scores and comments that were given by hand stay.

    ``limits``, ``proof`` and ``require_sandbox`` go before course.yml, and that before nbgrader_config.py. ``engine``
    runs the notebooks (None: this computer); it is the caller's to close. ``apply_changes`` carries changed tests and
    cells into the gradebook; without it submissions keep the recorded ones, and ``pending`` of the result says so.
    ``watch`` is told of every step. ``at`` names the gradebook's backup (default: now).

    Raises :class:`NotFound` (course, assignment, learner), :class:`Unavailable` (nbgrader, a kernel, a needed layer of
    the sandbox or the engine is missing), :class:`Invalid` (the assignment's source, a limit) and :class:`Busy`
    (another run is under way); never because of a submission.
    """
    began = time.monotonic()
    at = at or datetime.now(UTC)
    with ExitStack() as stack:
        folder = check_place(course_folder)
        desk = stack.enter_context(Desk(log=folder / ".course-kit" / "grading.log", kernel=kernel))
        warm = stack.enter_context(Warm(engine, log=folder / ".course-kit" / "grading.log"))
        if not (folder / "course.yml").is_file() and KnownRoots(folder / ".course-kit").known(folder) is None:
            desk.start(folder)  # its answer is needed to know the folders; the rest can warm up meanwhile
            warm.start(sources_of(folder / "source" / assignment))
        place = find_place(folder, ask=desk.info)
        chosen = place.assignment(assignment)
        if engine is None and never_graded(place.hidden, assignment):
            warm.start(sources_of(chosen.root / "source" / chosen.name))  # meanwhile nbgrader starts
        stack.enter_context(FileLock(place.hidden / "locks" / "grade", "Grading"))
        opened = Opened(
            place, chosen, desk, kernel=kernel, limits=limits, proof=proof, sandbox=require_sandbox, engine=engine
        )
        opened.sync_tests(apply_changes=apply_changes, at=at)
        opened.sync_dates(at)
        batch = _Batch(opened, warm, Watcher(progress, watch), force=force, use_cache=use_cache, at=at)
        return replace(batch.run(learners), seconds=time.monotonic() - began)


class _Batch:
    """One run over an opened assignment."""

    def __init__(
        self,
        opened: Opened,
        warm: Warm,
        watcher: Watcher,
        *,
        force: bool,
        use_cache: bool,
        at: datetime,
        cache: Kept | None = None,
    ) -> None:
        self._opened, self._warm, self._watcher = opened, warm, watcher
        self._place, self._assignment = opened.place, opened.assignment
        self._desk, self._records, self._info = opened.desk, opened.records, opened.info
        self._force, self._at = force, at
        self._cache: Kept = cache or (ResultCache(opened.place.hidden / RESULTS) if use_cache else NoCache())
        self._done: dict[str, Work] = {}
        self._recorded = 0

    def run(self, learners: Iterable[str] | None) -> GradedBatch:
        opened = self._opened
        wanted = opened.learners(learners)
        self._watcher.prepare(len(wanted))
        held = opened.scores()
        planned = plan(opened.terrain(held, force=self._force), wanted)
        todo = [name for name, one in planned.items() if one.reason.again]
        if todo:
            self._prepare(planned, todo)
        with tempfile.TemporaryDirectory(prefix="course-kit-grading-") as scratch:
            marking = self._marking(planned, Path(scratch))
            if todo:
                fresh = {name for name in todo if planned[name].reason.code == "forced"}
                self._run(marking, todo, fresh=fresh)
            self._settle_holds(marking)
        self._remember(planned)
        held = self._close(held)
        self._watcher.finish(len(wanted))
        layers = self._warm.layers() if todo else ()
        return self._outcomes(planned, held).graded(wanted, layers)

    def try_all(self, learners: Iterable[str] | None) -> GradedBatch:
        """Every submission, whatever was recorded; nothing is kept."""
        opened = self._opened
        wanted = opened.learners(learners)
        self._watcher.prepare(len(wanted))
        planned = plan(opened.terrain(None, force=True), wanted)
        self._warm.start(opened.sources())
        self._check_kernel()
        self._look()
        with tempfile.TemporaryDirectory(prefix="course-kit-grading-") as scratch:
            marking = self._marking(planned, Path(scratch))
            self._run(marking, wanted)
            self._settle_holds(marking)
        held = self._call("scores")
        self._watcher.finish(len(wanted))
        return self._outcomes(planned, held).graded(wanted, self._warm.layers())

    # ------------------------------------------------------------ before

    def _prepare(self, planned: Mapping[str, Planned], todo: list[str]) -> None:
        self._desk.start(self._assignment.root)
        self._warm.know(self._opened.sources())
        self._look()
        if any(planned[name].reason.code not in {"settings", "unsettled"} for name in todo):
            self._warm.start(self._opened.sources())
        self._opened.back_up(self._at)
        self._check_kernel()
        self._opened.publish(self._at)
        self._name_learners(todo)
        if self._force:
            self._mark_due(todo)

    def _mark_due(self, todo: list[str]) -> None:
        """What a batch that is stopped does not come to is run by the next one, though it has a score."""
        known = {name: record for name in todo if (record := self._records.get(name)) is not None}
        for learner, record in known.items():
            self._records.remember(learner, replace(record, due=True))
        if known:
            self._records.close(self._records.state)

    def _look(self) -> None:
        """Find out about the sandbox; only where it is required does anything wait for the answer."""
        if self._opened.terms.require_sandbox:
            self._warm.require_sandbox()
        self._watcher.layers(self._warm.look())

    def _check_kernel(self) -> None:
        known = self._call("kernels")
        missing = [name for name in known["needed"] if name not in known["installed"]]
        if not missing:
            return
        usable = "python3" if "python3" in known["installed"] else next(iter(known["installed"]), "python3")
        raise Unavailable(
            f"The notebooks of {self._assignment.key!r} name the kernel {missing[0]!r}, which is not installed here "
            f"(installed: {', '.join(known['installed']) or 'none'}).",
            hint=f"Grade with another one: --kernel {usable}. Or install the kernel {missing[0]!r}.",
        )

    def _name_learners(self, wanted: list[str]) -> None:
        """The roster's names for the formgrader, where the gradebook has none; a faulty one is left alone."""
        with suppress(Invalid):
            names = set(wanted)
            people = [entry.model_dump() for entry in roster_of(self._place.folder).entries if entry.learner in names]
            if people:
                self._desk.call(self._assignment.root, "import_students", people=people)

    # ------------------------------------------------------------ the run

    def _marking(self, planned: Mapping[str, Planned], scratch: Path) -> Marking:
        opened = self._opened
        bench = Bench(
            desk=self._desk,
            info=self._info,
            assignment=self._assignment,
            records=self._records,
            results=opened.results,
            terms=replace(opened.terms, preload=self._warm.preload),
            decisions=Decisions.of(self._assignment.root, self._assignment.name),
            suspects=suspects(self._records.items(), self._assignment.grading.suspect),
            expected=expected_notebooks(self._info.source_folder(self._assignment.name)),
            scratch=scratch,
            target=opened.target,
            tests=opened.tests,
            files=opened.files,
            settings=opened.settings_digest,
            environment=opened.installed.name,
            at=self._at,
            is_trial=opened.is_trial,
            added=opened.added,
        )
        return Marking(bench, {name: one.named for name, one in planned.items()})

    def _run(self, marking: Marking, todo: list[str], *, fresh: Collection[str] = ()) -> None:
        self._watcher.begin(len(todo))
        pipeline = Pipeline(_Told(marking, self), self._warm.engine, self._cache, marking.terms, fresh=fresh)
        pipeline.run(todo)
        if isinstance(self._cache, ResultCache):
            self._cache.trim()

    def told(self, running: Iterable[Work], finished: Work | None) -> None:
        if finished is not None:
            self._done[finished.learner] = finished
            record = self._records.get(finished.learner)
            self._watcher.done(finished, record.status if record else "failed")
        self._watcher.running(running)

    def settle(self, learners: set[str]) -> tuple[tuple[SubmissionScore, ...], tuple[str, ...]]:
        """After a decision: record again whatever it changed."""
        wanted = sorted(learners & set(self._info.submitters(self._assignment.name)))
        planned = plan(self._opened.terrain(None, force=False), wanted)
        self._opened.back_up(self._at)
        with tempfile.TemporaryDirectory(prefix="course-kit-grading-") as scratch:
            unsettled = self._settle_holds(self._marking({}, Path(scratch)))
        held = self._close(None)
        outcomes = self._outcomes(planned, held)
        return tuple(outcomes.score(name) for name in wanted), tuple(sorted(unsettled))

    def _settle_holds(self, marking: Marking) -> list[str]:
        """Hold and let go as it stands now: a share of a batch is known only at its end.

        Returns those whose results are not kept: they have to be graded again.
        """
        suspected = suspects(self._records.items(), self._assignment.grading.suspect)
        decisions = marking.decisions
        wrong = [
            learner
            for learner, record in self._records.items()
            if record.scored and not is_settled(record, ruling(learner, record, decisions, suspected))
        ]
        marking.suspect(suspected)
        if wrong:
            self._opened.back_up(self._at)
        unsettled = []
        for learner in wrong:
            if marking.again(learner):
                self._recorded += 1
            else:
                unsettled.append(learner)
        return unsettled

    # ------------------------------------------------------------ after

    def _remember(self, planned: Mapping[str, Planned]) -> None:
        """Stamps that can be trusted by now, so that the next run need not read the files."""
        for learner, one in planned.items():
            record = self._records.get(learner)
            if record is None or one.named is None or record.submission != one.named.digest:
                continue
            if one.named.stamp and record.stamp != one.named.stamp:
                self._records.remember(learner, replace(record, stamp=one.named.stamp))
                self._opened.changed = True

    def _close(self, held: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Keep what saves work next time. Returns the gradebook's scores as they are now."""
        opened = self._opened
        if self._done or self._recorded or held is None:
            held = self._call("scores")
        assert held is not None  # noqa: S101 (asked for above)
        state = State(
            source=opened.source.digest,
            stamp=opened.source.stamp,
            tests=opened.tests,
            files=opened.files,
            pending=opened.pending,
            config=opened.config,
            gradebook=database_stamp(self._info.database),
            scores=held,
            settings=opened.settings,
            carried=opened.carried,
            added=opened.added,
            environments=self._environments(),
        )
        KnownRoots(self._place.hidden).remember(self._assignment.root, self._info)
        if opened.changed or self._done or self._recorded or state != self._records.state:
            self._records.close(state)
        return held

    def _environments(self) -> dict[str, list[str]]:
        """The packages of each environment that records name, so that an upgrade can be told in words."""
        now = self._opened.installed
        known = {**self._records.state.environments, now.name: list(now.packages)}
        named = {record.environment for _, record in self._records.items()}
        return {name: packages for name, packages in sorted(known.items()) if name in named}

    def _outcomes(self, planned: Mapping[str, Planned], held: Mapping[str, Any]) -> Outcomes:
        return Outcomes(self._opened, planned, held, self._done)

    def _call(self, operation: str) -> Any:
        return self._desk.call(self._assignment.root, operation, assignment=self._assignment.name)


def settle(opened: Opened, at: datetime, learners: set[str]) -> tuple[tuple[SubmissionScore, ...], tuple[str, ...]]:
    """Bring the gradebook to what was decided: scores of ``learners``, and those who have to be graded again first."""
    with Warm(None, log=opened.place.log) as warm:
        batch = _Batch(opened, warm, Watcher(no_progress, None), force=False, use_cache=True, at=at)
        return batch.settle(learners)


def run_trial(
    opened: Opened,
    warm: Warm,
    learners: Iterable[str] | None,
    *,
    keeps: bool,
    progress: Progress = no_progress,
    watch: Watch | None = None,
    at: datetime,
) -> GradedBatch:
    """Grade all of an assignment that was opened for a trial; ``keeps`` lets results into the cache."""
    kept = ResultCache(opened.place.hidden / RESULTS)
    cache: Kept = kept if keeps else ReadOnly(kept)
    batch = _Batch(opened, warm, Watcher(progress, watch), force=False, use_cache=True, at=at, cache=cache)
    return batch.try_all(learners)


class _Told:
    """The steps of a submission, with the batch told of each."""

    def __init__(self, marking: Marking, batch: _Batch) -> None:
        self.begin, self.finish, self.tell = marking.begin, marking.finish, batch.told
