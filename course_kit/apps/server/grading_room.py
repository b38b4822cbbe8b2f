"""What the grading handlers do, without HTTP: find the courses that this server may grade, and start their batches."""

import getpass
import importlib.util
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from course_kit import errors
from course_kit.apps.server.classroom import Classroom
from course_kit.apps.server.tasks import Progress, Tasks, Work, error_object
from course_kit.errors import CourseKitError, Invalid, NotFound, Unavailable
from course_kit.workspace.folder import Workspace

if TYPE_CHECKING:
    from course_kit.bridges.nbgrader.config import CourseInfo
    from course_kit.grading.places import GradedAssignment, GradingPlace

DEPTH = 2
"""How far below the server's root courses are looked for."""
MAX_FOLDERS = 400
STOP_SECONDS = 20.0
"""How long a batch may take to stop by itself."""


class Options(BaseModel):
    """What a page may ask of a batch; as :func:`course_kit.grading.batch.grade` takes it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    force: bool = False
    learners: list[str] | None = None


@dataclass(frozen=True)
class _Started:
    task: str
    course: str
    assignment: str | None


class GradingRoom:
    """The courses below one server's root, and the batches that its pages started."""

    def __init__(self, classroom: Classroom, tasks: Tasks) -> None:
        self._classroom, self._tasks = classroom, tasks
        self._started: dict[str, _Started] = {}

    # ------------------------------------------------------------ what can be graded

    def overview(self, path: str) -> dict[str, Any]:
        """Whether grading is possible here, the courses, and the assignments of the one that ``path`` lies in.

        Nothing is started and nbgrader is not imported, so that every page may ask.
        """
        nothing: dict[str, Any] = {"available": False, "course": None, "courses": [], "assignments": [], "task": None}
        if importlib.util.find_spec("nbgrader") is None:
            return nothing
        courses = [self._named(folder) for folder in self._courses()]
        folder = self._around(self._classroom.path(path)) if path else None
        chosen = None if folder is None else self._named(folder)
        if chosen is not None and chosen not in courses:
            courses.insert(0, chosen)
        chosen = chosen or (courses[0] if courses else None)
        if chosen is None:
            return nothing
        found = {**nothing, "available": True, "course": chosen, "courses": courses, "trouble": None}
        try:
            place = _place(self._classroom.path(chosen))
        except CourseKitError as error:
            return {**found, "trouble": error_object(error)}
        rows = [_row(place, assignment) for assignment in place.assignments]
        return {**found, "assignments": rows, "task": self._task_of(chosen)}

    def _named(self, folder: Path) -> str:
        return self._classroom.relative(folder) or "."

    def _courses(self) -> list[Path]:
        """Course folders down from the root; what lies inside one belongs to it."""
        found: list[Path] = []
        level, seen = [self._classroom.root], 0
        for _ in range(DEPTH + 1):
            below: list[Path] = []
            for folder in level:
                seen += 1
                if seen > MAX_FOLDERS:
                    return found
                if _is_course(folder):
                    found.append(folder)
                else:
                    below += _folders_in(folder)
            level = below
        return found

    def _around(self, path: Path) -> Path | None:
        """The outermost course-kit course around ``path``, or else the nearest plain one; within the root."""
        root = self._classroom.root
        around = [folder for folder in (path, *path.parents) if folder.is_relative_to(root) and _is_course(folder)]
        whole = [folder for folder in around if (folder / "course.yml").is_file()]
        return whole[-1] if whole else around[0] if around else None

    def _task_of(self, course: str) -> dict[str, Any] | None:
        started = self._started.get(course)
        if started is None:
            return None
        with suppress(NotFound):
            self._tasks.get(started.task)
            return {"id": started.task, "assignment": started.assignment}
        return None

    # ------------------------------------------------------------ a batch

    def start(self, path: str, assignment: str | None, options: object) -> dict[str, Any]:
        """Begin to grade one assignment, or all that something was handed in for. Raises :class:`NotFound`."""
        wanted = _options(options)
        folder = self._folder(path)
        place = _place(folder)
        chosen = place.chosen(assignment)
        names = [one.key for one in chosen if assignment is not None or _submitters(place, one)]
        if not names:
            raise NotFound(
                "Nothing was handed in for any assignment of this course.", hint="Collect submissions first."
            )
        request = {"folder": str(folder), "assignments": names, "options": wanted.model_dump()}
        task = self._tasks.start(_batch(request, place.log))
        course = self._named(folder)
        self._started[course] = _Started(task, course, assignment)
        return {"task": task}

    def _folder(self, path: str) -> Path:
        """The course that a request names. Raises :class:`NotFound`, :class:`Unavailable`."""
        if importlib.util.find_spec("nbgrader") is None:
            raise Unavailable("nbgrader is not installed here.", hint="pip install 'course-kit[grading]'")
        folder = self._classroom.path(path)
        if not _is_course(folder):
            raise NotFound(f"{path or 'This folder'} is no course that can be graded.", hint="Name its folder.")
        return folder

    # ------------------------------------------------------------ held points

    def held(self, path: str, assignment: str) -> dict[str, Any]:
        """Which points are held, on what evidence, and what was decided."""
        from course_kit.grading.decisions import review

        return {"held": [asdict(one) for one in review(self._folder(path), assignment)]}

    def decide(self, path: str, assignment: str, decision: Mapping[str, Any]) -> dict[str, Any]:
        """Give held points or do not; for one cell, or for all that wait."""
        from course_kit.grading.decisions import decide, review

        which = {name: decision.get(name) for name in ("learner", "notebook", "cell")}
        if not all(one is None or isinstance(one, str) for one in which.values()):
            raise Invalid("A decision names a learner, a notebook and a cell.", hint="Reload the page.")
        if decision.get("accept") not in (True, False) or (decision.get("all") is True) == any(which.values()):
            raise Invalid("A decision accepts or denies one cell, or all.", hint="Reload the page.")
        folder, accept = self._folder(path), decision["accept"] is True
        decided = decide(folder, assignment, accept=accept, by=_person(), at=datetime.now(UTC), **which)
        scores = [score.model_dump(exclude={"comment", "submission"}) for score in decided.scores]
        self._correct(self._named(folder), assignment, {score["learner"]: score for score in scores})
        return {
            "decided": len(decided.decisions),
            "scores": scores,
            "unsettled": list(decided.unsettled),
            "held": [asdict(one) for one in review(folder, assignment)],
        }

    def _correct(self, course: str, assignment: str, scores: Mapping[str, Any]) -> None:
        """The last batch's result says what holds now, for a page that is opened later."""
        started = self._started.get(course)
        with suppress(NotFound):
            task = self._tasks.get(started.task) if started else None
            if task is not None and task.result is not None:
                task.result = {"batches": [_corrected(one, assignment, scores) for one in task.result["batches"]]}


def _corrected(one: dict[str, Any], assignment: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    if one["assignment"] != assignment or one["batch"] is None:
        return one
    rows = [scores.get(row["learner"], row) for row in one["batch"]["submissions"]]
    return {**one, "batch": {**one["batch"], "submissions": rows}}


def _options(given: object) -> Options:
    try:
        return Options.model_validate({} if given is None else given)
    except ValidationError as error:
        fault = error.errors()[0]
        raise Invalid(
            f"These options cannot be read: {fault['loc']}: {fault['msg']}.", hint="Reload the page."
        ) from error


def _person() -> str:
    """Who decides: the hub's name of them, or the login on this computer."""
    hub = os.environ.get("JUPYTERHUB_USER", "")
    if hub:
        return hub
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "someone in JupyterLab"


# ---------------------------------------------------------------- courses


def _is_course(folder: Path) -> bool:
    """Whether a folder is an author's course or a plain nbgrader course (and no learner's copy of one)."""
    try:
        if Workspace.is_one(folder):
            return False
        if any((folder / name).is_file() for name in ("course.yml", "nbgrader_config.py", "gradebook.db")):
            return True
        return (folder / "source").is_dir() and any((folder / "source").glob("*/*.ipynb"))
    except OSError:
        return False


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [one.name for one in entries if one.is_dir(follow_symlinks=False) and one.name[0] not in "._"]
    except OSError:
        return []
    return [folder / name for name in sorted(names) if name not in {"node_modules", "site-packages"}]


def _place(folder: Path) -> "GradingPlace":
    from course_kit.grading.places import find_place

    return find_place(folder, ask=_by_default)


def _by_default(root: Path) -> "CourseInfo":
    """A root's folders as they are unless its configuration says otherwise; what nbgrader says is known later."""
    from course_kit.bridges.nbgrader.config import DEFAULT_STRUCTURE, CourseInfo

    database = f"sqlite:///{root / 'gradebook.db'}"
    return CourseInfo(root, "", database, DEFAULT_STRUCTURE, "source", "submitted", "autograded", "feedback")


def _submitters(place: "GradingPlace", assignment: "GradedAssignment") -> tuple[str, ...]:
    from course_kit.grading.known_roots import KnownRoots

    info = KnownRoots(place.hidden).known(assignment.root) or _by_default(assignment.root)
    return tuple(one for one in info.submitters(assignment.name) if one not in info.excluded)


def _row(place: "GradingPlace", assignment: "GradedAssignment") -> dict[str, Any]:
    """How one assignment stands, by what earlier batches left."""
    from course_kit.grading.records import Records

    learners = _submitters(place, assignment)
    row: dict[str, Any] = {"key": assignment.key, "submitted": len(learners), "trouble": ""}
    try:
        records = Records(place, assignment)
    except CourseKitError as error:
        return {**row, "graded": 0, "waiting": 0, "by_hand": 0, "changes": 0, "trouble": error.message}
    statuses = [record.status for name in learners if (record := records.get(name)) is not None and record.scored]
    return {
        **row,
        "graded": len(statuses),
        "waiting": statuses.count("unverified"),
        "by_hand": statuses.count("needs-manual-grading"),
        "changes": len(records.state.pending),
    }


# ---------------------------------------------------------------- the process of a batch


def _batch(request: Mapping[str, Any], log: Path) -> Work:
    def work(progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
        batches: list[dict[str, Any]] = []
        for line in _lines(request, log, cancelled):
            if "state" in line:
                state = line["state"]
                progress(state["done"], state["total"], state["what"], state)
            elif "batch" in line:
                batches.append(line["batch"])
            elif "error" in line:
                raise _raised(line["error"])
        return {"batches": batches}

    return work


def _lines(request: Mapping[str, Any], log: Path, cancelled: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """What the batch's process says. Closing its input stops it; one that does not stop is ended."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "course_kit.apps.server.grading_run"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            cwd=request["folder"],
            start_new_session=os.name == "posix",
        )
    assert process.stdin is not None  # noqa: S101 (asked for)
    said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_pump, args=(process, said), daemon=True).start()
    deadline: float | None = None
    try:
        with suppress(OSError):  # one that died at once says so by its end
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        while True:
            if deadline is None and cancelled():
                deadline = time.monotonic() + STOP_SECONDS
                process.stdin.close()
            if deadline is not None and time.monotonic() > deadline:
                return
            with suppress(queue.Empty):
                line = said.get(timeout=0.2)
                if not line:
                    break
                yield json.loads(line)
        if process.wait() not in {0, 1} and deadline is None:
            raise Unavailable(
                "The batch ended by itself.", hint=f"Grade again: what is done stays done. The log is {log}."
            )
    finally:
        with suppress(OSError):
            process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()


def _pump(process: "subprocess.Popen[bytes]", said: "queue.SimpleQueue[bytes]") -> None:
    assert process.stdout is not None  # noqa: S101 (asked for)
    with process.stdout as stream:
        for line in stream:
            said.put(line)
    said.put(b"")


_KINDS = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and kind is not errors.WrongVersion and issubclass(kind, CourseKitError)
}


def _raised(error: Mapping[str, str]) -> CourseKitError:
    return _KINDS.get(error["code"], CourseKitError)(error["message"], hint=error["hint"])
