"""The calendar: right moments, names that stay, nothing about the person, and text that no calendar trips over."""

import json
import re
import stat
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from course_kit.errors import Invalid, NotFound, Refused
from course_kit.files.archive import sha256
from course_kit.model.course import Assignment, Course, Lesson, Override, Unit
from course_kit.model.events import AssignmentSubmitted, LessonCompleted, LessonOpened, ScorePosted
from course_kit.store.places import local_learner
from course_kit.workspace.calendar import Entry, calendar_text, entries_of, feed, write_calendar
from course_kit.workspace.events import record
from course_kit.workspace.feeds import Edition, course_of, editions, feed_of, turn_feed
from course_kit.workspace.folder import Workspace
from course_kit.workspace.pace import change_pace
from course_kit.workspace.panel import panel

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
BEGUN = datetime(2026, 10, 20, 9, 0, tzinfo=BERLIN)
"""Five days before the clocks go back in Berlin, twelve before they do in New York."""
COURSE = Course(
    key="tiny",
    title="Tiny; course, 🐧",
    units=(
        Unit(
            key="only",
            title="Tables\nBEGIN:VALARM",
            pace="1 week",
            lessons=(Lesson(key="first", title="First", kind="notebook", path="notebooks/01-first.ipynb"),),
            assignments=(
                Assignment(key="sums", source="s/sums", title="Sums", due="start + 14 days", closes="due + 7 days"),
                Assignment(key="exam", source="s/exam", due="2026-12-01T18:00+01:00", closes="2026-12-01T18:00+01:00"),
                Assignment(
                    key="essay",
                    source="s/essay",
                    due="start + 1 day",
                    overrides=(Override(cohort="Ada's illness", due="start + 2 days", reason="Ada was ill"),),
                ),
            ),
        ),
    ),
)
_LINE = re.compile(rb"[A-Z-]+(;[A-Z-]+=[^;:\"\x00-\x1f]+)*:[^\x00-\x08\x0a-\x1f\x7f]*")


def strictly(text: bytes) -> list[list[tuple[str, str]]]:
    """The events of a calendar, each a list of lines, read by the letter of RFC 5545; anything else is an error."""
    assert text.endswith(b"\r\n")
    folded = text[:-2].split(b"\r\n")
    for line in folded:
        assert b"\r" not in line
        assert b"\n" not in line
        assert 0 < len(line) <= 75
        line.decode()  # no character is cut in two
    lines = b"\r\n".join(folded).replace(b"\r\n ", b"").split(b"\r\n")
    opened: list[str] = []
    events: list[list[tuple[str, str]]] = []
    for line in lines:
        assert _LINE.fullmatch(line), line
        name, _, value = line.decode().partition(":")
        if name == "BEGIN":
            assert [*opened, value] in (
                ["VCALENDAR"],
                ["VCALENDAR", "VEVENT"],
                ["VCALENDAR", "VEVENT", "VALARM"],
            )
            opened.append(value)
            if value == "VEVENT":
                events.append([])
        elif name == "END":
            assert opened.pop() == value
        elif opened[-1] == "VEVENT":
            events[-1].append((name, value))
    assert opened == []
    for event in events:
        names = [name.partition(";")[0] for name, _ in event]
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE"} <= set(names)
        assert len(names) == len(set(names))
    uids = [dict(event)["UID"] for event in events]
    assert len(uids) == len(set(uids))
    return events


def read(text: bytes) -> dict[str, Any]:
    """The events of a calendar by what they say, as the library understands them."""
    strictly(text)
    return {str(event["SUMMARY"]): event for event in Calendar.from_ical(text).walk("VEVENT")}


def alarms(event: Any) -> list[timedelta]:
    return [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")]


@pytest.fixture
def copy(author: Any, laptop: Any) -> Path:
    laptop.now = BEGUN.astimezone(UTC) - timedelta(minutes=1)
    laptop.opens(author.releases(course=COURSE))
    panel(laptop.copy, data=laptop.data, at=laptop.now, zone=BERLIN)
    folder: Path = laptop.copy
    return folder


def written(laptop: Any, at: datetime, zone: tzinfo = BERLIN) -> bytes:
    to = laptop.home / "course.ics"
    write_calendar(laptop.copy, to, data=laptop.data, at=at, zone=zone)
    text: bytes = to.read_bytes()
    return text


def test_due_dates_are_moments_and_milestones_are_days_across_a_change_of_the_clocks(copy: Path, laptop: Any) -> None:
    found = read(written(laptop, laptop.later()))
    assert {name: event["DTSTART"].dt for name, event in found.items()} == {
        "Due: Sums": datetime(2026, 11, 3, 8, 0, tzinfo=UTC),  # nine on the wall before and after the change
        "Closes: Sums": datetime(2026, 11, 10, 8, 0, tzinfo=UTC),
        "Due: exam": datetime(2026, 12, 1, 17, 0, tzinfo=UTC),  # and no entry that says it closes at the same moment
        "Due: essay": datetime(2026, 10, 21, 7, 0, tzinfo=UTC),
        "Milestone: finish Tables BEGIN:VALARM": date(2026, 10, 27),
    }
    assert alarms(found["Due: Sums"]) == [timedelta(days=-2), timedelta(hours=-4)]
    assert alarms(found["Milestone: finish Tables BEGIN:VALARM"]) == [timedelta(hours=-39), timedelta(hours=9)]
    calendar = Calendar.from_ical(written(laptop, laptop.later()))
    assert (str(calendar["X-WR-CALNAME"]), calendar["REFRESH-INTERVAL"].dt) == ("Tiny; course, 🐧", timedelta(hours=6))


def test_a_journey_moves_no_date_forward_and_changes_no_day(copy: Path, laptop: Any) -> None:
    before = read(written(laptop, laptop.later()))
    after = read(written(laptop, laptop.later(), NEW_YORK))
    assert list(before) == list(after)
    for name, event in after.items():
        assert event["DTSTART"].dt >= before[name]["DTSTART"].dt
        assert event["UID"] == before[name]["UID"]
    milestone = "Milestone: finish Tables BEGIN:VALARM"
    assert after[milestone]["DTSTART"].dt == before[milestone]["DTSTART"].dt == date(2026, 10, 27)


def test_an_entry_keeps_its_name_and_counts_its_changes(copy: Path, laptop: Any) -> None:
    at = laptop.later()
    first = read(written(laptop, at))["Due: Sums"]
    assert (first["SEQUENCE"], first["DTSTAMP"].dt) == (0, at)
    assert written(laptop, laptop.later()) == written(laptop, laptop.later(hours=1))  # not a byte without a change

    change_pace(copy, "pause", data=laptop.data, at=laptop.later(), zone=BERLIN)
    change_pace(copy, "resume", data=laptop.data, at=laptop.later(days=3), zone=BERLIN)
    moved_at = laptop.later().replace(microsecond=0)
    found = read(written(laptop, moved_at))
    moved, exam = found["Due: Sums"], found["Due: exam"]
    assert moved["DTSTART"].dt == datetime(2026, 11, 6, 8, 0, tzinfo=UTC)
    assert (moved["UID"], moved["SEQUENCE"], moved["DTSTAMP"].dt) == (first["UID"], 1, moved_at)
    assert (exam["SEQUENCE"], exam["DTSTAMP"].dt) == (0, at)


def test_what_is_done_stays_and_reminds_nobody(copy: Path, laptop: Any) -> None:
    before = strictly(written(laptop, laptop.later()))
    at = laptop.later()
    facts = [
        LessonOpened(lesson="first"),
        LessonCompleted(lesson="first"),
        *(AssignmentSubmitted(assignment=key, submission="ab" * 32) for key in ("sums", "exam", "essay")),
        ScorePosted(assignment="sums", score=3.75, max_score=4, status="graded"),
    ]
    record(laptop.data, Workspace.at(copy), facts, at=at)
    text = written(laptop, laptop.later())
    assert [event[0] for event in strictly(text)] == [event[0] for event in before]
    assert b"VALARM" not in text.replace(b"Tables BEGIN:VALARM", b"")


def test_it_says_nothing_of_the_person(copy: Path, laptop: Any) -> None:
    record(
        laptop.data,
        Workspace.at(copy),
        [ScorePosted(assignment="sums", score=3.75, max_score=4, status="graded")],
        at=laptop.later(),
    )
    text = written(laptop, laptop.later()).decode()
    for secret in (local_learner(laptop.data).learner, "3.75", "graded", "Ada", "ill", str(laptop.home), "overr"):
        assert secret not in text


def test_a_file_that_is_no_calendar_is_never_replaced(copy: Path, laptop: Any, tmp_path: Path) -> None:
    essay = tmp_path / "essay.ics"
    essay.write_text("My essay", encoding="utf-8")
    with pytest.raises(Refused, match="is no calendar"):
        write_calendar(copy, essay, data=laptop.data, at=laptop.later())
    assert essay.read_text(encoding="utf-8") == "My essay"
    with pytest.raises(Invalid, match="is a folder"):
        write_calendar(copy, tmp_path, data=laptop.data, at=laptop.later())
    fresh = tmp_path / "new folder" / "dates.ics"
    assert [write_calendar(copy, fresh, data=laptop.data, at=laptop.later()) for _ in range(2)] == [5, 5]


# ---------------------------------------------------------------- the feed


def test_a_feed_is_made_read_and_revoked(copy: Path, laptop: Any) -> None:
    data = laptop.data
    assert feed_of(data, "tiny") is None
    path = turn_feed(data, "tiny", on=True)
    assert path is not None
    assert path == turn_feed(data, "tiny", on=True) == feed_of(data, "tiny") == panel_feed(laptop)
    assert re.fullmatch(r"/course-kit/calendar/[A-Za-z0-9_-]{43}\.ics", path)
    assert stat.S_IMODE((data / "calendar.json").stat().st_mode) == 0o600
    token = path.rpartition("/")[2].removesuffix(".ics")
    assert course_of(data, token) == "tiny"
    assert list(read(feed(data, token, at=laptop.later()))) == list(read(written(laptop, laptop.later())))
    for wrong in ("", "x", token[:-1], token + "x", token.swapcase(), "\ud800", "tiny", "é" * 43):
        assert course_of(data, wrong) is None
        with pytest.raises(NotFound):
            feed(data, wrong, at=laptop.later())

    assert turn_feed(data, "tiny", on=False) is None
    with pytest.raises(NotFound):
        feed(data, token, at=laptop.later())
    assert turn_feed(data, "tiny", on=False) is None
    assert turn_feed(data, "tiny", on=True) != path


def panel_feed(laptop: Any) -> str | None:
    return panel(laptop.copy, data=laptop.data, at=laptop.later(), zone=BERLIN).calendar.feed


def test_a_feed_whose_copy_is_gone_is_not_found(copy: Path, laptop: Any) -> None:
    path = turn_feed(laptop.data, "tiny", on=True)
    assert path is not None
    copy.rename(copy.with_name("elsewhere"))
    with pytest.raises(NotFound):
        feed(laptop.data, path.rpartition("/")[2].removesuffix(".ics"), at=laptop.later())


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"version": 2, "tokens": {"tiny": "%s"}}' % (b"a" * 43),
        b'{"version": 1, "tokens": [], "editions": []}',
        b'{"version": 1, "tokens": {"tiny": ""}, "editions": {"tiny": {"x": ["d", "1", "now"], "y": ["d", 1, "now"]}}}',
        b'{"version": 1, "tokens": {"tiny": 7}, "editions": {"tiny": 7}}',
        b'{"version": 1, "tokens": {"tiny": "\\ud800%s"}, "editions": {}}' % (b"a" * 43),
        b"[" * 100_000,
    ],
)
def test_a_damaged_record_opens_no_door_and_stops_nobody(damaged: bytes, copy: Path, laptop: Any) -> None:
    (laptop.data / "calendar.json").write_bytes(damaged)
    assert feed_of(laptop.data, "tiny") is None
    assert course_of(laptop.data, "a" * 43) is None
    assert course_of(laptop.data, "") is None
    assert len(strictly(written(laptop, laptop.later()))) == 5
    assert turn_feed(laptop.data, "tiny", on=True) is not None


def test_a_disk_that_takes_nothing_still_gives_the_dates(copy: Path, laptop: Any) -> None:
    (laptop.data / "calendar.json").mkdir()
    assert editions(laptop.data, "tiny", {"a": "x"}, BEGUN) == {"a": Edition(0, BEGUN)}


def test_editions_of_two_courses_stay_apart(tmp_path: Path) -> None:
    one, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    assert editions(tmp_path, "a", {"x": "1"}, one) == {"x": Edition(0, one)}
    assert editions(tmp_path, "b", {"x": "2"}, later) == {"x": Edition(0, later)}
    assert editions(tmp_path, "a", {"x": "3", "y": "4"}, later) == {"x": Edition(1, later), "y": Edition(0, later)}
    assert editions(tmp_path, "a", {"x": "1"}, later) == {"x": Edition(2, later)}
    kept = json.loads((tmp_path / "calendar.json").read_text(encoding="utf-8"))
    assert set(kept["editions"]["a"]) == {"x", "y"}
    assert sha256(b"1")[:16] == kept["editions"]["a"]["x"][0]


# ---------------------------------------------------------------- whatever titles hold


hostile = st.text(max_size=300) | st.lists(
    st.sampled_from(
        [
            "BEGIN:VALARM",
            "END:VEVENT",
            "\r\n",
            "\n",
            "\r",
            "\x00",
            "\\n",
            "\\",
            ";",
            ",",
            ":",
            '"',
            "é",
            "🐧",
            "\u2028",
            " ",
        ]
    ),
    max_size=80,
).map("".join)
minutes = st.integers(0, 7000 * 365 * 24 * 60)
begins = minutes.map(lambda n: datetime(1970, 1, 2, tzinfo=UTC) + timedelta(minutes=n)) | st.dates(
    date(1970, 1, 2), date(8990, 1, 1)
)


@given(hostile, st.lists(st.tuples(hostile, begins, st.booleans()), max_size=4))
def test_no_title_breaks_a_calendar(title: str, parts: list[tuple[str, datetime | date, bool]]) -> None:
    at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    course = Course(key="c", title=title or "x", units=(_unit(said for said, _, _ in parts),))
    shown = _panel_of(course)
    made = [
        Entry(entry.uid, entry.summary, entry.description, begin, alarms=rings)
        for entry, (_, begin, rings) in zip(entries_of(shown), parts, strict=True)
    ]
    text = calendar_text(title, made, {entry.uid: Edition(3, at) for entry in made})
    assert len(strictly(text)) == len(parts)
    events = list(Calendar.from_ical(text).walk("VEVENT"))
    for event, entry in zip(events, made, strict=True):
        assert str(event["SUMMARY"]) == entry.summary
        assert entry.summary.startswith("Due: ") or entry.summary == "Due:"
        assert event["DTSTART"].dt == entry.begins
        assert (event["SEQUENCE"], event["DTSTAMP"].dt) == (3, at)
        assert len(alarms(event)) == (2 if entry.alarms else 0)


def _unit(titles: Iterable[str]) -> Unit:
    return Unit(
        key="u",
        assignments=tuple(
            Assignment(key=f"a{n}", source=f"s/a{n}", title=title[:300], due="2026-12-01T18:00+01:00")
            for n, title in enumerate(titles)
        ),
    )


def _panel_of(course: Course) -> Any:
    from course_kit.model.progress import fold
    from course_kit.workspace.panel_parts import OnDisk, build_panel

    at = datetime(2026, 3, 1, tzinfo=UTC)
    return build_panel(course, "r" * 64, fold(course, []), OnDisk(folder=None), at=at, zone=BERLIN)
