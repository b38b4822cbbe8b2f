"""Due dates, closings and milestones as an iCalendar file (RFC 5545): no name, no score, nothing but dates.

Due dates are moments in UTC, so that every calendar shows them by its own clock; milestones are whole days.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from course_kit.errors import Invalid, NotFound, Refused
from course_kit.files.atomic import disk_errors, write_atomically
from course_kit.workspace.feeds import Edition, course_of, editions
from course_kit.workspace.folder import Workspace, opened_last
from course_kit.workspace.panel import panel
from course_kit.workspace.panel_parts import Panel

if TYPE_CHECKING:
    from icalendar import Event

MAKER = "-//course-kit//calendar 1//EN"
REFRESH = timedelta(hours=6)
_NAMES = uuid.UUID("5b9f5a0e-7c1d-5e43-9a5c-6d0c4f0e2b11")
_MOMENT_ALARMS = (timedelta(days=-2), timedelta(hours=-4))
_DAY_ALARMS = (timedelta(days=-2, hours=9), timedelta(hours=9))
"""Two days before, and on the day: nine in the morning where a whole day is meant, four hours before a moment."""
_LONGEST = 400
_HALF = re.compile("[\ud800-\udfff]")
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff\ufeff]+")


@dataclass(frozen=True)
class Entry:
    """``begins``: a moment (aware UTC) or a whole day; ``alarms``: whether calendars remind of it."""

    uid: str
    summary: str
    description: str
    begins: datetime | date
    alarms: bool


def write_calendar(folder: Path, to: Path, *, data: Path, at: datetime, zone: tzinfo = UTC) -> int:
    """Write the calendar of the learner's copy around ``folder`` to the file ``to``; how many entries it has.

    Raises as :func:`~course_kit.workspace.panel.panel`, :class:`Refused` where another kind of file stands there,
    :class:`Invalid` where ``to`` is a folder, :class:`Unavailable` where the disk refuses.
    """
    if to.is_dir():
        raise Invalid(f"{to} is a folder.", hint=f"Name a file in it, such as {to / 'course.ics'}.")
    if to.exists() and not _is_calendar(to):
        raise Refused(f"{to} is no calendar: it stays as it is.", hint="Name another file, one that ends in .ics.")
    shown = panel(folder, data=data, at=at, zone=zone)
    write_atomically(to, _calendar(shown, data, at))
    return len(entries_of(shown))


def _is_calendar(path: Path) -> bool:
    with disk_errors(str(path)), path.open("rb") as stream:
        return stream.read(100).lstrip().upper().startswith(b"BEGIN:VCALENDAR")


def feed(data: Path, token: str, *, at: datetime) -> bytes:
    """The calendar whose address has ``token``. Raises :class:`NotFound` where there is none, or no copy any more."""
    course = course_of(data, token)
    folder = opened_last(data, course) if course is not None else None
    if folder is None:
        raise NotFound("There is no such calendar.")
    return _calendar(panel(Workspace.at(folder).folder, data=data, at=at), data, at)


def _calendar(shown: Panel, data: Path, at: datetime) -> bytes:
    entries = entries_of(shown)
    known = editions(data, shown.course.key, {entry.uid: repr(entry) for entry in entries}, at)
    return calendar_text(shown.course.title, entries, known)


def entries_of(shown: Panel) -> list[Entry]:
    """What of the panel goes into a calendar, in its order. What is done keeps its entry and loses its alarms."""
    course = shown.course
    found: list[Entry] = []
    for unit in shown.units:
        for part in unit.assignments:
            open_still, title = part.submitted_at is None, _plain(part.title)
            due = datetime.fromisoformat(part.due) if part.due else None
            closes = datetime.fromisoformat(part.closes) if part.closes else None
            if due is not None:
                found.append(_entry(course.key, "due", part.key, f"Due: {title}", course.title, due, open_still))
            if closes is not None and closes != due:
                said = f"Closes: {title}"
                found.append(_entry(course.key, "closes", part.key, said, course.title, closes, open_still))
    for stone in shown.plan.milestones:
        if stone.pace_day is not None:
            said, day = f"Milestone: finish {_plain(stone.title)}", date.fromisoformat(stone.pace_day)
            ahead = stone.state != "reached"
            found.append(_entry(course.key, "milestone", stone.unit, said, course.title, day, ahead))
    return found


def _entry(course: str, what: str, key: str, said: str, title: str, begins: datetime | date, alarms: bool) -> Entry:
    """The name is made of the keys, so that it stays when titles and dates change."""
    uid = f"{uuid.uuid5(_NAMES, f'{course}/{what}/{key}')}@course-kit"
    return Entry(uid, _plain(said), _plain(title), begins, alarms)


def _plain(text: str) -> str:
    """``text`` on one line, without characters that no calendar can hold or that turn the direction of others."""
    return " ".join(_UNWRITABLE.sub(" ", _HALF.sub("\ufffd", text)).split())[:_LONGEST]


def calendar_text(title: str, entries: Iterable[Entry], known: Mapping[str, Edition]) -> bytes:
    """The calendar as a file: UTF-8, lines of at most 75 octets that end in CR LF."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", _plain(title))
    calendar.add("x-wr-calname", _plain(title))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for entry in entries:
        calendar.add_component(_event(entry, known[entry.uid]))
    text: bytes = calendar.to_ical()
    return text


def _event(entry: Entry, edition: Edition) -> "Event":
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", entry.uid)
    event.add("summary", entry.summary)
    event.add("description", entry.description)
    event.add("dtstart", entry.begins)
    event.add("dtstamp", edition.at)
    event.add("last-modified", edition.at)
    event.add("sequence", edition.number)
    event.add("transp", "TRANSPARENT")
    for before in _alarms(entry):
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.summary)
        alarm.add("trigger", before)
        event.add_component(alarm)
    return event


def _alarms(entry: Entry) -> tuple[timedelta, ...]:
    if not entry.alarms:
        return ()
    return _MOMENT_ALARMS if isinstance(entry.begins, datetime) else _DAY_ALARMS
