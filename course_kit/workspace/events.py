"""The learner's own events: written through a journal, taken into the local store, and read from there."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from course_kit.model.course import Course
from course_kit.model.events import Event, Fact, HintTaken, ItemAnswered, read_event
from course_kit.store.contract import Appended, ProgressStore
from course_kit.store.ingest import Ingester
from course_kit.store.journal import Journal
from course_kit.store.places import latest_outline, local_learner
from course_kit.store.snapshots import renew_snapshots

if TYPE_CHECKING:
    from course_kit.workspace.folder import Workspace


def record(
    data: Path, workspace: "Workspace", facts: Sequence[Fact], *, at: datetime, event_ids: Sequence[str] | None = None
) -> list[Event]:
    """Put ``facts`` into a journal of our own, durably, and return their events. Raises as :class:`Journal` does."""
    learner = local_learner(data).learner
    with Journal(
        data / "journals",
        learner=learner,
        course=workspace.course,
        release=workspace.release,
        writer="server",
    ) as journal:
        return [
            read_event(event)
            for event in journal.append([fact.model_dump(mode="json") for fact in facts], at, event_ids)
        ]


@contextmanager
def local_store(data: Path, *, at: datetime) -> Iterator[ProgressStore]:
    """The learner's store with everything that the journals hold taken in."""
    from course_kit.store.sql import SqlStore

    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(at)
        yield store


def own_events(data: Path, course: str, *, at: datetime) -> tuple[Event, ...]:
    """All events of ``course`` in the local store, in canonical order."""
    with local_store(data, at=at) as store:
        return tuple(store.events(course=course))


def take_in(data: Path, events: Iterable[Event], *, at: datetime) -> Appended:
    """Put events that came from elsewhere into the local store, each once."""
    with local_store(data, at=at) as store:
        return append_foreign(data, store, list(events), at=at)


def append_foreign(data: Path, store: ProgressStore, events: Sequence[Event], *, at: datetime) -> Appended:
    """Append events that came from elsewhere; the lessons that they answer show those answers from now on."""
    appended = store.append(events, at)
    if appended.stored:
        for key in {event.course for event in events}:
            _renew_snapshots(data, store, key, [event for event in events if event.course == key])
    return appended


def _renew_snapshots(data: Path, store: ProgressStore, key: str, came: Sequence[Event]) -> None:
    manifest = latest_outline(data, key)
    try:
        course = Course.model_validate(manifest["course"]) if manifest is not None else None
    except (ValidationError, KeyError):
        course = None
    lessons = {event.fact.lesson for event in came if isinstance(event.fact, ItemAnswered | HintTaken)}
    renew_snapshots(data, store, key, lessons, course)
