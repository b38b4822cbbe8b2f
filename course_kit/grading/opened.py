"""An assignment opened for grading: its folders, what its notebooks are run with, and which tests are in force."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.errors import Invalid, NotFound
from course_kit.execution import sandbox as walls
from course_kit.execution.imports import imported_modules
from course_kit.execution.job import ProofMode
from course_kit.execution.sandbox import Layer
from course_kit.grading.backup import back_up
from course_kit.grading.dates import bring_dates
from course_kit.grading.desk import Desk
from course_kit.grading.engine import Engine, LocalEngine
from course_kit.grading.holds import Decisions, suspects
from course_kit.grading.installed import installed_at
from course_kit.grading.kept_results import KeptResults
from course_kit.grading.known_roots import KnownRoots, config_digest, is_plain
from course_kit.grading.pipeline import Terms
from course_kit.grading.places import GradedAssignment, GradingPlace
from course_kit.grading.plan import Terrain
from course_kit.grading.records import Records
from course_kit.grading.stamps import Named, database_stamp, name_folder, submission_files
from course_kit.model.limits import Limits


class Opened:
    """One assignment with its records. ``records`` None: those that are kept; a trial run brings its own.

    ``engine`` runs the notebooks; None is this computer.
    """

    def __init__(
        self,
        place: GradingPlace,
        assignment: GradedAssignment,
        desk: Desk,
        *,
        info: CourseInfo | None = None,
        kernel: str | None = None,
        limits: Mapping[str, Any] | None = None,
        proof: ProofMode | None = None,
        sandbox: bool = False,
        engine: Engine | None = None,
        records: Records | None = None,
        target: Callable[[str], Path] | None = None,
    ) -> None:
        self.place, self.assignment, self.desk = place, assignment, desk
        self.info = info or KnownRoots(place.hidden).info(assignment.root, lambda: desk.info(assignment.root))
        self.records = records or Records(place, assignment)
        self.is_trial = target is not None
        self.results = KeptResults(self.records.folder, writes=not self.is_trial)
        self.target = target or (lambda learner: self.info.autograded_folder(learner, assignment.name))
        state = self.records.state
        self.config = config_digest(assignment.root)
        known = state.settings if state.config == self.config and is_plain(assignment.root) else None
        self.settings: Mapping[str, Any] = known if known is not None else self._call("settings")
        self.settings_digest = _digest([self.config, self.settings])
        self.terms = self._terms(kernel, limits or {}, proof, sandbox=sandbox)
        self.installed = installed_at(engine)
        self.source = self._source()
        self.tests, self.files, self.pending = state.tests, state.files, state.pending
        self.carried, self.added = state.carried, state.added
        self.changed = False
        self._publishes = self._applies = self._backed_up = False

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was ever graded here by course-kit."""
        return self.records.state.scores is None and not any(True for _ in self.records.items())

    @property
    def _has_gradebook(self) -> bool:
        """Whether there is one that nbgrader may have recorded submissions in."""
        return self.info.database is None or self.info.database.is_file()

    def _terms(self, kernel: str | None, limits: Mapping[str, Any], proof: ProofMode | None, *, sandbox: bool) -> Terms:
        grading, settings = self.assignment.grading, self.settings
        try:
            found = Limits().with_settings(settings["limits"]).with_settings(self.assignment.limits)
            found = found.with_settings(limits)
        except ValueError as error:
            raise Invalid(
                f"A limit for {self.assignment.key!r} cannot be used: {error}.",
                hint="Mend it in the command, in course.yml or in nbgrader_config.py.",
            ) from error
        required = grading.require_sandbox if grading.require_sandbox is not None else settings["require_sandbox"]
        return Terms(
            limits=found,
            proof=proof or grading.proof or settings["proof"] or "drawn",
            require_sandbox=sandbox or required,
            kernel=kernel or settings.get("kernel"),
            env=dict(settings["environment"]),
            executes=settings["executes"],
        )

    def _source(self) -> Named:
        state, folder = self.records.state, self.info.source_folder(self.assignment.name)
        if not folder.is_dir():
            return Named("", "")
        return name_folder(folder, Named(state.source, state.stamp) if state.stamp else None)

    def scores(self) -> Mapping[str, Any] | None:
        """What the gradebook holds, known without asking nbgrader if possible; None where nothing was ever recorded."""
        state = self.records.state
        stamp = database_stamp(self.info.database)
        if stamp and stamp == state.gradebook and state.scores is not None:
            return state.scores
        if self.is_fresh:
            return None
        if not self._has_gradebook:
            return {"max_score": None, "submissions": {}}
        found: Mapping[str, Any] = self._call("scores")
        return found

    def terrain(self, scores: Mapping[str, Any] | None, *, force: bool) -> Terrain:
        """What submissions are compared with; ``scores`` as :meth:`scores` gives them."""
        return Terrain(
            info=self.info,
            assignment=self.assignment,
            records=self.records,
            terms=self.terms,
            tests=self.tests,
            files=self.files,
            settings=self.settings_digest,
            installed=self.installed,
            results=self.results,
            decisions=Decisions.of(self.assignment.root, self.assignment.name),
            suspects=suspects(self.records.items(), self.assignment.grading.suspect),
            environments=self.records.state.environments,
            scored=None if scores is None else scores["submissions"].keys(),
            carried=self.carried,
            force=force,
        )

    def sources(self) -> list[str]:
        """The code of the assignment's own notebooks."""
        return sources_of(self.info.source_folder(self.assignment.name))

    def learners(self, wanted: Iterable[str] | None) -> list[str]:
        """The learners who submitted, or those of them who are named. Raises :class:`NotFound`."""
        submitters = self.info.submitters(self.assignment.name)
        if wanted is None:
            return [learner for learner in submitters if learner not in self.info.excluded]
        found = sorted(set(wanted))
        absent = [learner for learner in found if learner not in submitters]
        if absent:
            raise NotFound(
                f"{', '.join(absent)} submitted nothing for {self.assignment.key!r}.",
                hint="Run `course-kit collect` first, or check the ids.",
            )
        return found

    # ------------------------------------------------------------ which tests are in force

    def sync_tests(self, *, apply_changes: bool, at: datetime) -> None:
        """Find out which tests are in force, and carry changed ones through if that is asked for (after a backup).

        Without ``apply_changes`` nothing changes once submissions are recorded: ``pending`` says what waits.
        """
        state = self.records.state
        stamp = database_stamp(self.info.database)
        same_source, same_book = self.source.digest == state.source, bool(stamp) and stamp == state.gradebook
        self._applies = apply_changes
        if not same_source or not state.files:
            self.files = _companions(self.info.source_folder(self.assignment.name))
        if not self._has_gradebook and (self.is_fresh or self.source.digest):
            self.tests, self.pending, self._publishes = self.source.digest, (), True
        elif not (same_source and same_book and state.tests) or (apply_changes and state.pending):
            self._compare(same_source=same_source, at=at)

    def look_at_tests(self) -> None:
        """As :meth:`sync_tests`, where nothing may change."""
        self.sync_tests(apply_changes=False, at=datetime.now(UTC))

    def _compare(self, *, same_source: bool, at: datetime) -> None:
        found = self._call("cell_changes")
        kind = found["state"]
        if kind == "new" or (kind == "changed" and not found["submissions"]):
            self.tests, self.pending, self._publishes = self.source.digest, (), True
        elif kind == "changed" and self._applies:
            self._apply(at)
        elif kind == "changed":
            self.pending = tuple(change["text"] for change in found["changes"])
        elif kind == "unchanged" and (self.pending or not self.tests or not same_source):
            self.tests, self.pending = self.source.digest, ()

    def _apply(self, at: datetime) -> None:
        self.back_up(at)
        if not self.carried:  # before it is done: whoever goes on after a kill has to know
            self.carried = True
            self.records.close(replace(self.records.state, carried=True))
        applied = self._call("apply_cells")
        new = {change["cell"] for change in applied["changes"] if change["kind"] == "added"}
        self.added = tuple(sorted({*self.added, *new}))
        self.tests, self.pending, self.changed = self.source.digest, (), True

    def sync_dates(self, at: datetime) -> None:
        """Bring due dates, extensions and credit into the gradebook, where they changed."""
        bring_dates(
            self.place,
            self.assignment,
            self.info,
            lambda operation, **more: self.desk.call(self.assignment.root, operation, **more),
            at=at,
            back_up=lambda: self.back_up(at),
        )

    def publish(self, at: datetime) -> None:
        """Put a new assignment's cells into the gradebook."""
        if not self._publishes or self._call("publish_cells") != "kept":
            return
        # submissions were recorded before course-kit came
        if self._applies:
            self._apply(at)
        else:
            self.tests, self.pending = "", tuple(change["text"] for change in self._call("cell_changes")["changes"])

    def back_up(self, at: datetime) -> None:
        """Copy the gradebook before this run first writes it."""
        if not self._backed_up and not self.is_trial:
            back_up(self.info.database, self.place.hidden / "backups", at)
            self._backed_up = True

    def _call(self, operation: str) -> Any:
        return self.desk.call(self.assignment.root, operation, assignment=self.assignment.name)


class Warm:
    """The engine of a batch, warmed up behind the scenes. One that is given is its caller's to close."""

    def __init__(self, given: Engine | None, *, log: Path) -> None:
        self._engine, self._given, self._log = given, given is not None, log
        self._sources: tuple[str, ...] | None = None
        self._looking: Future[tuple[Layer, ...]] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="course-kit-layers")
        self.preload: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._engine is not None and not self._given:
            self._engine.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def know(self, sources: Iterable[str]) -> None:
        """The code whose imports the warm process will hold."""
        found = tuple(sources)
        if self._sources is None or (found and found != self._sources):
            self._sources = found
            self.preload = imported_modules(found)

    def start(self, sources: Iterable[str]) -> None:
        """Begin to warm up; returns at once."""
        self.know(sources)
        engine = self.engine()
        if isinstance(engine, LocalEngine) and not self._given:
            engine.start()
        self.look()

    def look(self) -> "Future[tuple[Layer, ...]]":
        """Begin to find out which layers the sandbox has; it takes a moment, and nothing need wait for it."""
        if self._looking is None:
            self._looking = self._pool.submit(self.engine().layers)
        return self._looking

    def engine(self) -> Engine:
        """The engine; it starts with its first job if it was not started before."""
        if self._engine is None:
            self._engine = LocalEngine(preload=self.preload, log=self._log)
        return self._engine

    def layers(self) -> tuple[Layer, ...]:
        """The sandbox's layers where notebooks are run."""
        return self.look().result()

    def require_sandbox(self) -> None:
        """Raises :class:`Unavailable`, naming what is missing, where a needed layer is not there."""
        if not self._given:
            walls.require()


def sources_of(folder: Path) -> list[str]:
    """The texts of the code cells of all notebooks in ``folder``; what cannot be read has none."""
    return [text for path in sorted(folder.glob("*.ipynb")) for text in _code_texts(path)] if folder.is_dir() else []


def _code_texts(path: Path) -> Iterator[str]:
    try:
        cells = json.loads(path.read_bytes())["cells"]
        texts = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    for text in texts:
        yield text if isinstance(text, str) else "".join(text)


def _companions(source: Path) -> str:
    """Names the files beside an assignment's notebooks, which go beside every submission."""
    if not source.is_dir():
        return _digest([])
    files = [(name, path) for name, path in submission_files(source) if not name.endswith(".ipynb")]
    return _digest([[name, hashlib.sha256(path.read_bytes()).hexdigest()] for name, path in files])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
