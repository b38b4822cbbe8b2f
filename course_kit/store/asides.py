"""What was set aside, tried again: a line that an older course-kit could not read may be an event to this one."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from course_kit.errors import CourseKitError
from course_kit.model.events import WRITERS, Event, read_event
from course_kit.store.contract import ProgressStore, SetAside

# What comes from a sync folder or a submission is read again from there; a journal is gone once it was read.
_JOURNAL = re.compile(r"^[0-9a-f-]{36}\.(kernel|page|server)\.jsonl, line \d+: ")


@dataclass(frozen=True)
class Retried:
    """How many set-aside texts are events now, and how many stay as they are."""

    taken: int = 0
    left: int = 0


def retry(store: ProgressStore, at: datetime) -> Retried:
    """Take in what was set aside from journals and can be read now, by the rules of the journal's writer."""
    taken, asides = 0, store.set_asides()
    for aside in asides:
        event = _event(aside)
        if event is not None:
            store.settle(aside, event, at)
            taken += 1
    return Retried(taken, len(asides) - taken)


def _event(aside: SetAside) -> Event | None:
    journal = _JOURNAL.match(aside.reason)
    if journal is None:
        return None
    try:
        event = read_event(json.loads(aside.raw))
    except (CourseKitError, ValueError, RecursionError):
        return None
    return event if journal[1] in WRITERS[event.kind] else None
