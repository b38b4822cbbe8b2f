"""A cohort, more time and a waived lesson become events once, and travel in a file that names whose it is."""

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.files.archive import sha256
from course_kit.grading.arranging import ArrangedFile, waive, write_arrangements
from course_kit.grading.extensions import Extensions
from course_kit.grading.places import GradingPlace, find_place
from course_kit.grading.their_events import take_events
from course_kit.model.events import ArrangementsPosted, Event, LessonOpened, LessonWaived
from course_kit.model.keys import canonical_json, decision_id, uuid7
from course_kit.model.release import ArrangementsManifest
from course_kit.model.when import Override
from course_kit.store.contract import ProgressStore
from course_kit.store.sql import SqlStore

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MIA = "p-00000000000000aa"
COURSE = """course: tiny
title: Tiny
units:
  - key: u
    lessons:
      - notebook: first.ipynb
        was: [beginning]
      - notebook: second.ipynb
    assignments:
      - source: source/sums
        due: 2026-11-19T23:59Z
"""


@pytest.fixture
def place(tmp_path: Path) -> GradingPlace:
    empty = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    for name in ("first.ipynb", "second.ipynb", "source/sums/sums.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(empty)
    (tmp_path / "course.yml").write_text(COURSE)
    (tmp_path / "roster.csv").write_text("learner,cohort\nmia,evening\nbob,\nzoe,\n")
    return find_place(tmp_path)


@pytest.fixture
def store(place: GradingPlace) -> Iterator[ProgressStore]:
    with SqlStore.open(place.store) as opened:
        opened.link_person(MIA, "mia", NOW)
        yield opened


def read(file: ArrangedFile) -> ArrangementsManifest:
    with zipfile.ZipFile(file.path) as archive:
        assert archive.namelist() == ["arrangements.json"]
        return ArrangementsManifest.read(json.loads(archive.read("arrangements.json")))


def test_what_is_arranged_is_one_event_until_it_changes(place: GradingPlace, store: ProgressStore) -> None:
    (mia,) = write_arrangements(place, store, at=NOW)
    first = read(mia)
    assert (mia.learner, mia.addressed, first.learners) == ("mia", True, (MIA,))
    assert [event.fact for event in first.arranged] == [ArrangementsPosted(cohort="evening")]

    # nothing changed: the same event, the same file
    assert write_arrangements(place, store, at=NOW + timedelta(days=1)) == (mia,)
    assert read(mia) == first

    later = NOW + timedelta(days=2)
    Extensions(place).put("sums", Override(learner="mia", extend="3 days", reason="her own affair"), at=later)
    (mia,) = write_arrangements(place, store, at=later)
    second = read(mia)
    assert "affair" not in canonical_json(second.json_object())
    (event,) = second.arranged
    assert isinstance(event.fact, ArrangementsPosted)
    assert [(one.assignment, one.extend) for one in event.fact.extensions] == [("sums", "3 days")]
    assert event.event_id != first.arranged[0].event_id
    assert [path.name for path in mia.path.parent.iterdir()] == [mia.path.name]

    # taken back: that is news, too, and not the first word over again
    Extensions(place).remove("sums", "mia")
    (mia,) = write_arrangements(place, store, at=NOW + timedelta(days=3))
    (last,) = read(mia).arranged
    assert last.fact == first.arranged[0].fact
    assert last.event_id != first.arranged[0].event_id
    tally = store.tallies("tiny")[MIA]
    assert tally.arranged is not None
    assert tally.arranged[0] == (NOW + timedelta(days=3), last.event_id)


def test_a_waiver_is_given_once_and_who_was_never_met_gets_a_file_without_a_name(
    place: GradingPlace, store: ProgressStore
) -> None:
    assert waive(place, store, "bob", "beginning", "Taken last year.", at=NOW) == ("first", True)
    assert waive(place, store, "bob", "first", "Again.", at=NOW + timedelta(days=1)) == ("first", False)
    (bob,) = write_arrangements(place, store, at=NOW, learners=["bob"])
    manifest = read(bob)
    assert (bob.addressed, manifest.learners) == (False, ())
    assert [event.fact for event in manifest.arranged] == [LessonWaived(lesson="first", reason="Taken last year.")]
    assert {one.learner for one in write_arrangements(place, store, at=NOW)} == {"bob", "mia"}
    assert write_arrangements(place, store, at=NOW, learners=["zoe"]) == ()

    with pytest.raises(NotFound, match="no lesson 'frist'"):
        waive(place, store, "bob", "frist", "x", at=NOW)
    with pytest.raises(Invalid, match="needs a reason"):
        waive(place, store, "bob", "second", " ", at=NOW)


def test_dates_of_one_learner_in_course_yml_and_an_extension_are_joined(tmp_path: Path, place: GradingPlace) -> None:
    line = "        overrides: [{learner: zoe, due: 2026-12-01T12:00Z, closes: 2026-12-24T12:00Z, reason: ill}]\n"
    (tmp_path / "course.yml").write_text(COURSE + line)
    Extensions(place).put("sums", Override(learner="zoe", due="2026-12-03T12:00Z"), at=NOW)
    with SqlStore.open(place.store) as store:
        (_, zoe) = write_arrangements(find_place(tmp_path), store, at=NOW)
    (event,) = read(zoe).arranged
    assert isinstance(event.fact, ArrangementsPosted)
    (given,) = event.fact.extensions
    assert (given.due, given.closes, given.extend) == ("2026-12-03T12:00Z", "2026-12-24T12:00Z", None)


def test_a_learner_cannot_arrange_anything_by_handing_it_in(place: GradingPlace, store: ProgressStore) -> None:
    waive(place, store, "mia", "first", "Taken last year.", at=NOW)
    (mia,) = write_arrangements(place, store, at=NOW)
    given = read(mia).arranged

    def claim(number: int, fact: LessonWaived | ArrangementsPosted | LessonOpened, event_id: str = "") -> Event:
        return Event(event_id=event_id or uuid7(NOW, number), at=NOW, learner=MIA, course="tiny", fact=fact)

    forged = [
        claim(1, ArrangementsPosted(cohort="everything")),
        claim(2, LessonWaived(lesson="second", reason="Says I.")),
    ]
    # what her own store records when a diagnostic was passed is practice, and is taken like the answers
    tested_out = claim(
        3, LessonWaived(lesson="second", reason="Passed."), decision_id(MIA, "tiny", "second", "LessonWaived")
    )
    events = [*given, *forged, tested_out, claim(4, LessonOpened(lesson="first"))]
    lines = "".join(canonical_json(event.content()) + "\n" for event in events).encode()
    taken = take_events(store, lines, pseudonyms=frozenset({MIA}), course="tiny", at=NOW)
    assert (taken.stored, taken.refused) == (2, 1)
    assert [aside.reason for aside in store.set_asides()] == ["Only the instructor's side writes LessonWaived."]
    tally = store.tallies("tiny")[MIA]
    assert json.loads(tally.arranged[1] if tally.arranged else "{}") == {"cohort": "evening"}
    assert sorted(tally.waived) == ["first", "second"]


def test_nobody_keeps_others_from_what_they_are_given_by_using_up_its_id(
    place: GradingPlace, store: ProgressStore
) -> None:
    bob = "p-00000000000000bb"
    store.link_person(bob, "bob", NOW)
    cohort = ArrangementsPosted(cohort="evening").model_dump_json()
    ids = [decision_id("waived", "mia", "tiny", "first"), decision_id("arranged", "mia", "tiny", cohort, "")]
    forged = [Event(event_id=i, at=NOW, learner=bob, course="tiny", fact=LessonOpened(lesson="first")) for i in ids]
    lines = "".join(canonical_json(event.content()) + "\n" for event in forged).encode()
    assert take_events(store, lines, pseudonyms=frozenset({bob}), course="tiny", at=NOW).stored == 2

    assert waive(place, store, "mia", "first", "Taken last year.", at=NOW) == ("first", True)
    (mia,) = write_arrangements(place, store, at=NOW)
    facts = [event.fact for event in read(mia).arranged]
    assert facts == [ArrangementsPosted(cohort="evening"), LessonWaived(lesson="first", reason="Taken last year.")]
    assert waive(place, store, "mia", "first", "Again.", at=NOW) == ("first", False)
    assert write_arrangements(place, store, at=NOW + timedelta(days=1)) == (mia,)


def test_a_submission_brings_so_many_events_and_no_more(store: ProgressStore, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [
        Event(event_id=uuid7(NOW, n), at=NOW, learner=MIA, course="tiny", fact=LessonOpened(lesson="first"))
        for n in range(10)
    ]
    lines = [canonical_json(event.content()).encode() + b"\n" for event in events]
    monkeypatch.setattr("course_kit.grading.their_events.MAX_LINES", len(b"".join(lines[:7])) + 20)
    taken = take_events(store, b"".join(lines), pseudonyms=frozenset({MIA}), course="tiny", at=NOW)
    assert (taken.stored, taken.refused) == (7, 1)
    (aside,) = store.set_asides()
    assert aside.reason.endswith("bytes at most. The rest is left out.")
    assert aside.raw.encode() == b"".join(lines[7:])


@pytest.mark.parametrize("field", ["arranged", "learners"])
def test_a_changed_file_is_noticed(place: GradingPlace, store: ProgressStore, field: str) -> None:
    (mia,) = write_arrangements(place, store, at=NOW)
    data = read(mia).json_object()
    from course_kit.errors import Tampered

    with pytest.raises(Tampered):
        ArrangementsManifest.read({**data, field: []})
    assert len(sha256(mia.path.read_bytes())) == 64


def test_nothing_but_an_instructors_word_is_in_such_a_file(make_event: Callable[..., Event]) -> None:
    with pytest.raises(ValueError, match="no instructor writes"):
        ArrangementsManifest.seal(course="tiny", learners=(), arranged=(make_event(),))


@pytest.fixture
def make_event() -> Callable[..., Event]:
    return lambda: Event(event_id=uuid7(NOW, 9), at=NOW, learner=MIA, course="tiny", fact=LessonOpened(lesson="first"))
