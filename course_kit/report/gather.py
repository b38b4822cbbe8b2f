"""Read what a report is made of: the course, the instructor's store, and what lies in nbgrader's folders."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from course_kit.errors import Invalid, check_version
from course_kit.files.atomic import read_json
from course_kit.model.quiz import Item
from course_kit.model.roster import Roster
from course_kit.model.scores import SubmissionScore
from course_kit.report.contents import Report, make_report
from course_kit.report.tables import Submitted
from course_kit.source.course_file import SourceCourse, read_course
from course_kit.source.notebooks import SourceNotebook
from course_kit.store.contract import ProgressStore
from course_kit.store.kept import tallies_of
from course_kit.store.memory import MemoryStore

STORE = Path(".course-kit") / "progress.db"
"""Where in a course's folder the instructor's store is."""
COLLECTED = Path(".course-kit") / "collected" / "index.json"
"""Where `collect` lists what it put into its place."""
_LIST = "The list of what was collected"
_TIMESTAMP_BYTES = 200


def report_data(course_folder: Path, roster: Roster, *, at: datetime, scores: Sequence[SubmissionScore] = ()) -> Report:
    """The report on the course in ``course_folder`` at the moment ``at`` (aware UTC).

    ``roster`` may be empty. ``scores`` are results of a batch that are not posted yet. Nothing is recorded: where
    there is no store yet, the report says that nothing has come in. Raises what ``read_course`` and the store raise.
    """
    source = read_course(course_folder)
    with _store(course_folder / STORE) as store:
        people = store.people()
        return make_report(
            source.course,
            roster,
            (),
            at=at,
            people=people,
            scores=scores,
            submitted={**collected_work(source), **submitted_work(source)},
            items=source_items(source.notebooks),
            set_aside=len(store.set_asides()),
            kept=tallies_of(store, source.course.key, people),
            seen=[name for course, name in store.names() if course == source.course.key],
        )


def source_items(notebooks: Mapping[str, SourceNotebook]) -> dict[str, Item]:
    """The items of the course as they are now, by ``lesson/quiz/item``."""
    return {
        f"{lesson}/{placed.quiz.key}/{item.key}": item
        for lesson, notebook in notebooks.items()
        for placed in notebook.quizzes
        for item in placed.quiz.items
    }


def submitted_work(source: SourceCourse) -> Submitted:
    """What lies in nbgrader's ``submitted/`` folders, by learner and assignment, with its time stamp if it has one.

    So work counts as submitted that came as a bare notebook, without events, and is not graded yet. Only the folder
    that nbgrader uses by default is looked into: another one is named in nbgrader_config.py, which is a program, and
    a report runs none. What `collect` put there is known from its own list (:func:`collected_work`).
    """
    found: dict[tuple[str, str], datetime | None] = {}
    for key, assignment in source.assignments.items():
        for folder in _folders(assignment.root / "submitted"):
            work = folder / assignment.name
            if work.is_dir() and any(path.name != "timestamp.txt" for path in work.iterdir()):
                found[folder.name, key] = _timestamp(work / "timestamp.txt")
    return found


def collected_work(source: SourceCourse) -> Submitted:
    """What `collect` put into its place, wherever nbgrader's configuration has that, by its list.

    Raises :class:`Invalid` if the list is damaged and :class:`WrongVersion` if a newer course-kit wrote it.
    """
    path = source.folder / COLLECTED
    if not path.exists():
        return {}
    rows = read_json(path, _LIST)
    check_version(f"{_LIST} {path}", rows.get("version") if isinstance(rows, dict) else None, 1)
    try:
        found = {(str(row["learner"]), str(row["assignment"])): row["submitted_at"] for row in rows["submissions"]}
        times = {key: datetime.fromisoformat(at).astimezone(UTC) for key, at in found.items()}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Invalid(
            f"{_LIST} is damaged: {path} holds a line that is no submission's.",
            hint="Restore it from a backup, or move it away and collect again.",
        ) from error
    return {key: times[key] for key in times if key[1] in source.assignments}


def _store(path: Path) -> ProgressStore:
    if not path.exists():
        return MemoryStore()
    # SQLAlchemy is loaded only where there is something to read
    from course_kit.store.sql import SqlStore

    return SqlStore.open(path)


def _folders(parent: Path) -> Iterator[Path]:
    if parent.is_dir():
        yield from sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def _timestamp(path: Path) -> datetime | None:
    """The moment in nbgrader's time stamp file, in UTC as nbgrader reads it; None where there is none to be read."""
    try:
        with path.open(encoding="utf-8") as stream:
            text = stream.read(_TIMESTAMP_BYTES).strip().removesuffix("UTC").strip()
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (OSError, ValueError, OverflowError):
        return None
