"""The learner's own events: written through a journal, taken into the local store, and read from there."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from course_kit.model.events import Event, Fact, read_event
from course_kit.store.contract import Appended, ProgressStore
from course_kit.store.ingest import Ingester
from course_kit.store.journal import Journal
from course_kit.store.places import local_learner

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
        return store.append(events, at)
