"""What the local store holds of its learner in one course, with the time zone that they work in on record.

A zone is noted once, the first time that a page or a terminal says it: so learner and instructor count the same dates.
"""

from datetime import UTC, datetime, tzinfo
from pathlib import Path

from course_kit.model.dates import MAX_ZONES
from course_kit.model.events import ZoneNoted
from course_kit.model.tally import Tally
from course_kit.store.contract import ProgressStore
from course_kit.store.ingest import Ingester
from course_kit.store.kept import tally_of
from course_kit.workspace.events import local_store, record
from course_kit.workspace.folder import Workspace

_NOBODYS = {"UTC", "UCT", "GMT", "Zulu", "Universal", "Greenwich", "localtime", "Factory"}
"""What a server's clock is set to, and what a browser says that hides where it is: nobody's wall."""


def own_tally(workspace: Workspace, *, data: Path, at: datetime, zone: tzinfo = UTC) -> Tally:
    """What the store keeps, everything in the journals taken in, and ``zone`` noted."""
    with local_store(data, at=at) as store:
        return noted_tally(store, workspace, data=data, at=at, zone=zone)


def noted_tally(store: ProgressStore, workspace: Workspace, *, data: Path, at: datetime, zone: tzinfo) -> Tally:
    """As :func:`own_tally`, from a store that is open."""
    tally = tally_of(store, workspace.course)
    name = _name(zone)
    if not name or name in tally.zones or len(tally.zones) >= MAX_ZONES or tally.started_at is None:
        return tally
    record(data, workspace, [ZoneNoted(zone=name)], at=at)
    Ingester(data, store).ingest(at)
    return tally_of(store, workspace.course)


def _name(zone: tzinfo) -> str:
    """The name by which others know the zone; "" where it has none, or is where nobody lives."""
    name = getattr(zone, "key", None) or ""
    return "" if name.startswith("Etc/") or name in _NOBODYS else str(name)
