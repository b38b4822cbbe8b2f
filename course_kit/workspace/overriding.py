"""Opening a lesson though its gate is shut: a gate that advises gives way, and that is recorded."""

from datetime import UTC, datetime, tzinfo
from pathlib import Path

from course_kit.errors import Invalid, NotFound, did_you_mean
from course_kit.model.events import GateOverridden
from course_kit.model.locks import Lock
from course_kit.model.progress import progress_of
from course_kit.store.kept import tally_of
from course_kit.workspace.events import local_store, record
from course_kit.workspace.folder import Workspace


def open_anyway(folder: Path, lesson: str, *, data: Path, at: datetime, zone: tzinfo = UTC) -> Lock | None:
    """Record that the learner opens ``lesson`` (its key) now, and return what its gate still asks for, in words.

    None, and nothing is recorded, where it is open anyhow. Raises :class:`NotFound` for a key of no lesson,
    :class:`Invalid` where the author has the gate enforce.
    """
    workspace = Workspace.around(folder)
    course = workspace.manifest().course
    named = course.lesson(lesson)
    if named is None:
        known = [each.key for each in course.lessons()]
        hint = f"Write the key of a lesson: {', '.join(known)}.{did_you_mean(lesson, known)}"
        raise NotFound(f"The course has no lesson {lesson!r}.", hint=hint)
    with local_store(data, at=at) as store:
        progress = progress_of(course, tally_of(store, course.key), at=at, zone=zone).lesson(named.key)
    if progress is None or progress.lock is None:
        return None
    if progress.lock.mode == "enforce":
        reasons = " ".join(reason.text for reason in progress.lock.reasons)
        raise Invalid(f"“{named.title or named.key}” stays shut until its gate opens.", hint=reasons)
    if not progress.overridden:
        record(data, workspace, [GateOverridden(lesson=named.key)], at=at)
    return progress.lock
