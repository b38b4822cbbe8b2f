"""The learner's calendar feeds: whose address each course has, and which edition of each entry was given out.

``calendar.json`` in the data folder, readable by its owner only: whoever knows an address reads that calendar.
"""

import hashlib
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError
from course_kit.files.atomic import read_json, write_json
from course_kit.files.lock import FileLock
from course_kit.model.keys import utc_text

FILE, VERSION = "calendar.json", 1
TOKEN_BYTES = 32
ROUTE = "/course-kit/calendar/"
_WAIT = 10.0


@dataclass(frozen=True)
class Edition:
    """How often an entry changed since it was first given out, and when it last did."""

    number: int
    at: datetime


@dataclass
class _Known:
    """``tokens`` by course; ``editions`` by course and entry: a digest of what it says, its number and time."""

    tokens: dict[str, str] = field(default_factory=dict)
    editions: dict[str, dict[str, tuple[str, int, str]]] = field(default_factory=dict)


def feed_of(data: Path, course: str) -> str | None:
    """The path of the course's feed on the learner's own server, or None where there is none."""
    token = _read(data).tokens.get(course)
    return None if token is None else f"{ROUTE}{token}.ics"


def turn_feed(data: Path, course: str, on: bool) -> str | None:
    """Make the feed of a course, or revoke it; its path from now on. A feed that is on keeps its address."""
    with _lock(data):
        known = _read(data)
        if on != (course in known.tokens):
            if on:
                known.tokens[course] = secrets.token_urlsafe(TOKEN_BYTES)
            else:
                del known.tokens[course]
            _write(data, known)
    return feed_of(data, course)


def course_of(data: Path, token: str) -> str | None:
    """The course whose feed has that token, or None. How long it takes says nothing of how near a guess is."""
    given, found = token.encode("utf-8", "replace"), None
    for course, known in _read(data).tokens.items():
        if secrets.compare_digest(known.encode(), given):
            found = course
    return found


def editions(data: Path, course: str, entries: Mapping[str, str], at: datetime) -> dict[str, Edition]:
    """The edition of each entry, by its name: a new one, dated ``at``, where it says something else than before.

    ``entries``: what each says. Where the disk takes no more, the new editions are given out and not remembered.
    """
    digests = {name: hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16] for name, text in entries.items()}
    with _lock(data):
        known = _read(data)
        before = known.editions.get(course, {})
        now = {name: _edition(before.get(name), digest, at) for name, digest in digests.items()}
        if any(before.get(name) != edition for name, edition in now.items()):
            known.editions[course] = before | now
            with suppress(CourseKitError, OSError):
                _write(data, known)
    return {name: Edition(number, datetime.fromisoformat(text)) for name, (_, number, text) in now.items()}


def _edition(before: tuple[str, int, str] | None, digest: str, at: datetime) -> tuple[str, int, str]:
    if before is None:
        return digest, 0, utc_text(at)
    return before if before[0] == digest else (digest, before[1] + 1, utc_text(at))


def _lock(data: Path) -> FileLock:
    return FileLock(data / "calendar.lock", "Writing the calendar's addresses", wait=_WAIT, needed=False)


def _write(data: Path, known: _Known) -> None:
    write_json(data / FILE, {"version": VERSION, "tokens": known.tokens, "editions": known.editions}, private=True)


def _read(data: Path) -> _Known:
    """What is kept; nothing where the file is missing or damaged: then no address holds, and editions begin anew."""
    try:
        value = read_json(data / FILE, "The calendar's addresses")
    except (CourseKitError, OSError):
        return _Known()
    if not isinstance(value, dict) or value.get("version") != VERSION:
        return _Known()
    tokens, kept = value.get("tokens"), value.get("editions")
    return _Known(
        {c: t for c, t in tokens.items() if isinstance(t, str) and t.isascii() and len(t) > TOKEN_BYTES}
        if isinstance(tokens, dict)
        else {},
        {c: _entries(entries) for c, entries in kept.items()} if isinstance(kept, dict) else {},
    )


def _entries(value: Any) -> dict[str, tuple[str, int, str]]:
    found = {}
    for name, entry in value.items() if isinstance(value, dict) else ():
        if isinstance(entry, list) and [type(part) for part in entry] == [str, int, str] and _is_time(entry[2]):
            found[name] = (entry[0], max(0, entry[1]), entry[2])
    return found


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
