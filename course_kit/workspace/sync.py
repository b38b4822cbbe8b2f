"""Keep a learner's computers together through any folder: events by id, files with conflict copies."""

import json
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course_kit.errors import CourseKitError
from course_kit.files.lock import FileLock
from course_kit.model.events import Event, read_event
from course_kit.model.keys import canonical_json
from course_kit.store import places
from course_kit.store.contract import ProgressStore
from course_kit.workspace.carried import note_carried
from course_kit.workspace.events import append_foreign, local_store
from course_kit.workspace.folder import Workspace
from course_kit.workspace.sync_files import CourseSync
from course_kit.workspace.sync_folder import BATCH, ComputerRecord, SyncedCourse, SyncFolder
from course_kit.workspace.update import changing

_INSTRUCTORS = {"ScorePosted", "ArrangementsPosted", "LessonWaived"}
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Synced:
    """What a sync did. Files are ``course/path``; ``joined``: pseudonyms of computers that were met for the first time.

    ``waiting``: what the drive has not copied whole yet; ``notes``: what else there is to say, each in a sentence.
    """

    events_in: int = 0
    events_out: int = 0
    set_aside: int = 0
    taken: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def sync(
    folder: Path,
    *,
    data: Path,
    at: datetime,
    workspaces: Iterable[Path] | None = None,
    computer: str | None = None,
    progress: Progress = lambda done, total, what: None,
) -> Synced:
    """Bring this computer and the meeting place in ``folder`` together; run it on each computer in turn.

    ``workspaces``: the copies to sync, by default the last opened of each course; ``computer``: what to call this one.
    Events travel both ways, each once. Of files, what one side changed goes over (the replaced is kept as a
    backup); what both changed stays on both, and a copy is laid beside. Deleting a file here deletes it nowhere
    else. Interrupted at any moment it does no harm; the next sync goes on. Raises :class:`NotFound`,
    :class:`WrongVersion`, :class:`Busy`, :class:`Unavailable`.
    """
    meeting = SyncFolder.at(folder.expanduser())
    name = computer if computer is not None else platform.node()
    with FileLock(data / "locks" / "sync.lock", "Another sync", wait=2.0):
        records = meeting.computers()
        me = places.local_learner(data)
        others = [record for record in records if record.learner != me.learner]
        mine = next((record for record in records if record.learner == me.learner), None)
        met = {alias for record in others for alias in (record.learner, *record.aliases)}
        joined = tuple(sorted(met - set(me.pseudonyms)))
        me = places.add_aliases(data, sorted(met)) if joined else me
        progress(0, 2, "events")
        events_in, events_out, set_aside = _sync_events(meeting, data, frozenset(me.pseudonyms), at)
        progress(1, 2, "files")
        syncs = [_sync_course(place, meeting, others, mine, at) for place in _places(data, workspaces)]
        courses = dict(mine.courses) if mine is not None else {}
        courses.update({key: course for key, course, _ in syncs})
        record = ComputerRecord(learner=me.learner, aliases=me.aliases, computer=name[:100], courses=courses)
        meeting.save_computer(record)
        meeting.forget(mine, record, others)
        progress(2, 2, "")
    changes = [(key, done.changes) for key, _, done in syncs]
    return Synced(
        events_in=events_in,
        events_out=events_out,
        set_aside=set_aside,
        taken=tuple(f"{key}/{path}" for key, change in changes for path in change.taken),
        sent=tuple(f"{key}/{path}" for key, change in changes for path in change.sent),
        conflicts=tuple(f"{key}/{path}" for key, change in changes for path in change.conflicts),
        joined=joined,
        waiting=tuple(dict.fromkeys(meeting.waiting)),
        notes=tuple(dict.fromkeys([*meeting.refused, *(note for _, change in changes for note in change.notes)])),
    )


def _places(data: Path, given: Iterable[Path] | None) -> list[Workspace]:
    """The copies to sync: one a course, the last opened."""
    folders = list(given) if given is not None else [known.folder for known in places.workspaces(data)]
    found: dict[str, Workspace] = {}
    for folder in folders:
        if given is not None or Workspace.is_one(folder):
            workspace = Workspace.at(folder)
            found.setdefault(workspace.course, workspace)
    return list(found.values())


def _sync_course(
    workspace: Workspace,
    meeting: SyncFolder,
    others: list[ComputerRecord],
    mine: ComputerRecord | None,
    at: datetime,
) -> tuple[str, SyncedCourse, CourseSync]:
    with changing(workspace):
        course = CourseSync(workspace, meeting, at)
        for other in others:
            course.take(other)
        known = mine.courses.get(workspace.course) if mine is not None else None
        return workspace.course, course.give(known), course


def _sync_events(meeting: SyncFolder, data: Path, pseudonyms: frozenset[str], at: datetime) -> tuple[int, int, int]:
    """Events in and out, and how many lines were set aside."""
    with local_store(data, at=at) as store:
        there: set[str] = set()
        events: list[Event] = []
        refused = 0
        for batch, lines in meeting.batches():
            for number, line in enumerate(lines, 1):
                event = _read(store, line, f"{batch}, line {number}", pseudonyms, at)
                if event is None:
                    refused += 1
                else:
                    there.add(event.event_id)
                    events.append(event)
        appended = append_foreign(data, store, events, at=at)
        own = [event for event in store.events() if event.event_id not in there]
        for start in range(0, len(own), BATCH):
            meeting.add_batch(canonical_json(event.content()) for event in own[start : start + BATCH])
        counts: dict[str, int] = {}
        for event in store.events():
            counts[event.course] = counts.get(event.course, 0) + 1
    note_carried(data, counts)
    return appended.stored, len(own), refused + appended.conflicts


def _read(store: ProgressStore, line: bytes, where: str, pseudonyms: frozenset[str], at: datetime) -> Event | None:
    """The event in a line from the sync folder, or None if it was set aside."""
    raw = line[:10_000].decode("utf-8", errors="replace")
    try:
        event = read_event(json.loads(line))
    except CourseKitError as error:
        store.set_aside(raw, f"sync: {where}: {error.message}", at)
        return None
    except (ValueError, RecursionError):
        store.set_aside(raw, f"sync: {where}: The line is not JSON.", at)
        return None
    # an instructor's word bears the name that their side knows, which may be one from a computer that is gone
    if event.learner not in pseudonyms and event.kind not in _INSTRUCTORS:
        store.set_aside(raw, f"sync: {where}: It is the event of somebody else.", at)
        return None
    return event.model_copy(update={"received_at": None})
