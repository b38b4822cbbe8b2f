"""From the journals into the store: each event once, and what follows from it once."""

import errno
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from course_kit.files.lock import FileLock
from course_kit.model.course import Course
from course_kit.model.events import Event
from course_kit.model.keys import decision_id, utc_text
from course_kit.store.contract import ProgressStore
from course_kit.store.ingest import Ingested, Ingester, local_progress
from course_kit.store.journal import Journal, journal_paths
from course_kit.store.places import local_learner, read_snapshot, save_outline
from course_kit.store.sql import SqlStore

Begin = Callable[..., Journal]
Fact = Callable[..., dict[str, Any]]


def kinds(store: ProgressStore) -> list[tuple[str, str]]:
    return [(event.kind, getattr(event.fact, "lesson", "")) for event in store.events()]


def opened(lesson: str) -> dict[str, str]:
    return {"kind": "LessonOpened", "lesson": lesson}


def test_a_learner_begins(
    data: Path, store: ProgressStore, journal: Begin, answered: Fact, monday: datetime, release: str
):
    """Opens the first lesson, answers its one item: the lesson is done, and the next one opens."""
    journal("page").append([opened("first-steps")], at=monday)
    journal("kernel").append([answered("first-steps", "hello/q1")], at=monday + timedelta(minutes=5))
    at = monday + timedelta(hours=1)
    assert Ingester(data, store).ingest(at) == Ingested(stored=5)
    assert sorted(kinds(store)) == [
        ("CourseStarted", ""),
        ("ItemAnswered", "first-steps"),
        ("LessonCompleted", "first-steps"),
        ("LessonOpened", "first-steps"),
        ("LessonUnlocked", "frames"),
    ]
    found = {event.kind: event for event in store.events()}
    assert found["CourseStarted"].at == monday
    assert found["LessonCompleted"].at == found["LessonUnlocked"].at == monday + timedelta(minutes=5)
    assert found["LessonCompleted"].event_id == decision_id("p-ada", "data-science", "first-steps", "LessonCompleted")
    assert {event.received_at for event in store.events()} == {at}
    assert {(event.learner, event.release) for event in store.events()} == {("p-ada", release)}


def test_decisions_are_taken_once(data: Path, store: ProgressStore, journal: Begin, answered: Fact, monday: datetime):
    kernel = journal()
    ingester = Ingester(data, store)
    for number in range(1, 4):
        kernel.append([answered("first-steps", "hello/q1", attempt=number)], at=monday + timedelta(hours=number))
        ingester.ingest(monday + timedelta(hours=number))
    assert [kind for kind, _ in kinds(store) if kind != "ItemAnswered"].count("LessonCompleted") == 1
    assert len(kinds(store)) == 3 + 3
    assert ingester.ingest(monday + timedelta(days=1)) == Ingested()
    assert store.set_asides() == []


def test_a_journal_is_deleted_when_its_writer_is_gone_and_not_before(
    data: Path, store: ProgressStore, journal: Begin, monday: datetime
):
    page, ingester = journal("page"), Ingester(data, store)
    page.append([opened("frames")])
    stored = ingester.ingest(monday).stored
    assert journal_paths(data / "journals") == [page.path]
    assert ingester.ingest(monday) == Ingested()
    page.append([opened("frames")])
    assert Ingester(data, store).ingest(monday) == Ingested(stored=1, duplicates=1)
    page.close()
    ingester.ingest(monday)
    assert journal_paths(data / "journals") == []
    assert len(kinds(store)) == stored + 1


def test_a_torn_line_of_a_dead_writer_is_set_aside_and_the_rest_kept(
    data: Path, store: ProgressStore, journal: Begin, monday: datetime
):
    page = journal("page")
    page.append([opened("frames"), opened("chance")])
    path = page.path
    assert path is not None
    page.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert Ingester(data, store).ingest(monday).bad == 1
    assert [name for kind, name in kinds(store) if kind == "LessonOpened"] == ["frames"]
    (kept,) = store.set_asides()
    assert kept.raw.encode() == whole.splitlines()[1][:-19]
    assert (
        kept.reason
        == f"{path.name}, line 2: The line was cut short: whoever wrote it ended before it was acknowledged."
    )
    assert journal_paths(data / "journals") == []


def test_a_line_that_is_being_written_is_waited_for(data: Path, store: ProgressStore, journal: Begin, monday: datetime):
    page, ingester = journal("page"), Ingester(data, store)
    page.append([opened("frames")])
    assert page.path is not None
    line = page.path.read_bytes().replace(b"frames", b"chance")
    line = line.replace(json.loads(line)["event_id"].encode(), b"00000000-0000-7000-8000-000000000001")
    with page.path.open("ab") as stream:
        stream.write(line[:30])
        stream.flush()
        assert ingester.ingest(monday).bad == 0
        stream.write(line[30:])
        stream.flush()
        assert ingester.ingest(monday).bad == 0
    assert ("LessonOpened", "chance") in kinds(store)
    assert store.set_asides() == []


def test_bad_lines_are_set_aside_and_stop_nothing(
    data: Path, store: ProgressStore, journal: Begin, answered: Fact, monday: datetime
):
    page = journal("page")
    page.append(
        [
            opened("frames"),
            answered("frames", "robust/q1"),  # a page that says what a kernel alone can know
            {"kind": "LessonCompleted", "lesson": "chance"},
            {"kind": "Invented"},
            {"kind": "LessonViewed", "lesson": "frames", "fraction": 7},
            opened("chance"),
        ],
        at=monday,
    )
    assert page.path is not None
    with page.path.open("ab") as stream:
        stream.write(b"\xff\xfe not JSON\n[]\n\n")
    done = Ingester(data, store).ingest(monday)
    assert done.bad == 7
    assert [name for kind, name in kinds(store) if kind == "LessonOpened"] == ["frames", "chance"]
    reasons = [kept.reason.removeprefix(f"{page.path.name}, ") for kept in store.set_asides()]
    assert reasons[:2] == [
        "line 2: A page's journal may not hold ItemAnswered.",
        "line 3: A page's journal may not hold LessonCompleted.",
    ]
    assert [reason.split(":")[0] for reason in reasons] == [f"line {number}" for number in (2, 3, 4, 5, 7, 8, 9)]
    assert store.set_asides()[4].raw == "\\xff\\xfe not JSON"
    Ingester(data, store).ingest(monday)
    assert len(store.set_asides()) == 7


def test_one_id_with_two_contents_keeps_the_first(data: Path, store: ProgressStore, journal: Begin, monday: datetime):
    event_id = "00000000-0000-7000-8000-000000000001"
    page = journal("page")  # of two journals begun in one millisecond either may be read first
    page.append([opened("frames")], at=monday, event_ids=[event_id])
    page.append([opened("chance")], at=monday, event_ids=[event_id])
    done = Ingester(data, store).ingest(monday)
    assert done.conflicts == 1
    assert [name for kind, name in kinds(store) if kind == "LessonOpened"] == ["frames"]


def test_events_of_a_newer_course_kit_wait_for_it(data: Path, store: ProgressStore, journal: Begin, monday: datetime):
    """Kernel and server may be of different versions: what the server cannot read yet stays where it is."""
    page, ingester = journal("page"), Ingester(data, store)
    page.append([opened("frames"), opened("chance")], at=monday)
    path = page.path
    assert path is not None
    page.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b'"version":1', b'"version":2'))
    assert ingester.ingest(monday).bad == 1
    assert ingester.ingest(monday) == Ingested()
    assert path.exists()
    assert store.set_asides() == []
    path.write_bytes(lines[0] + lines[1])  # as a newer one would read it
    assert Ingester(data, store).ingest(monday) == Ingested(stored=1, duplicates=1)
    assert not path.exists()


def test_files_of_other_names_are_left_alone(data: Path, store: ProgressStore, monday: datetime):
    folder = data / "journals"
    folder.mkdir(parents=True)
    (folder / "notes.jsonl").write_text("mine")
    (folder / "00000000-0000-7000-8000-000000000001.admin.jsonl").write_text("theirs")
    assert Ingester(data, store).ingest(monday) == Ingested()
    assert len(list(folder.iterdir())) == 2


def test_an_empty_data_folder_is_nothing(tmp_path: Path, store: ProgressStore, monday: datetime):
    assert Ingester(tmp_path / "nowhere", store).ingest(monday) == Ingested()


def test_without_an_outline_events_are_kept_and_nothing_is_decided(
    tmp_path: Path, store: ProgressStore, answered: Fact, monday: datetime
):
    with Journal(tmp_path / "journals", learner="p", course="c", release="f" * 64, writer="kernel") as mine:
        mine.append([answered("frames", "robust/q1", response=3)])
    assert Ingester(tmp_path, store).ingest(monday) == Ingested(stored=1)
    assert read_snapshot(tmp_path, "c", "frames")["robust/q1"]["response"] == 3


def test_names_that_climb_make_no_file(tmp_path: Path, store: ProgressStore, answered: Fact, monday: datetime):
    data = tmp_path / "data"
    with Journal(data / "journals", learner="p", course="../../evil", release="../..", writer="kernel") as mine:
        mine.append([answered("../../evil", "robust/q1")])
    assert Ingester(data, store).ingest(monday) == Ingested(stored=1)
    assert not list(tmp_path.rglob("*evil*"))


def test_an_unknown_release_is_judged_by_the_latest_outline(
    data: Path, store: ProgressStore, journal: Begin, answered: Fact, monday: datetime
):
    journal(release="b" * 64).append([answered("first-steps", "hello/q1")], at=monday)
    Ingester(data, store).ingest(monday)
    assert ("LessonCompleted", "first-steps") in kinds(store)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"course": 5}', '{"course": {"key": "other"}}'])
def test_a_damaged_outline_is_passed_over_for_the_latest(
    data: Path, store: ProgressStore, journal: Begin, answered: Fact, monday: datetime, text: str
):
    (data / "outlines" / f"{'c' * 64}.json").write_text(text)
    journal(release="c" * 64).append([answered("first-steps", "hello/q1")], at=monday)
    Ingester(data, store).ingest(monday)
    assert ("LessonCompleted", "first-steps") in kinds(store)


def test_a_new_release_takes_nothing_back(
    data: Path, store: ProgressStore, journal: Begin, answered: Fact, course: Course, monday: datetime
):
    """A question more in a lesson that is done, a gate before one that was open: done stays done, open stays open."""
    journal().append([answered("first-steps", "hello/q1")], at=monday)
    Ingester(data, store).ingest(monday)
    unit = course.units[0]
    first, frames, chance = unit.lessons
    harder = (
        first.model_copy(update={"items": ("hello/q1", "hello/q2", "hello/q3")}),
        frames.model_copy(update={"requires": ("chance",)}),
        chance.model_copy(update={"requires": ()}),
    )
    newer = course.model_copy(update={"units": (unit.model_copy(update={"lessons": harder}),)})
    save_outline(data, {"version": 1, "release": "b" * 64, "course": newer.model_dump(mode="json")})
    journal(release="b" * 64).append([answered("first-steps", "hello/q2", 0.0)], at=monday + timedelta(days=1))
    Ingester(data, store).ingest(monday + timedelta(days=1))
    progress = local_progress_of(newer, store)
    assert progress == {"first-steps": "done", "frames": "open", "chance": "open"}


def test_a_voided_decision_is_not_taken_again(
    data: Path, store: ProgressStore, journal: Begin, answered: Fact, monday: datetime
):
    journal().append([answered("first-steps", "hello/q1")], at=monday)
    ingester = Ingester(data, store)
    ingester.ingest(monday)
    completed = decision_id("p-ada", "data-science", "first-steps", "LessonCompleted")
    journal("server").append([{"kind": "Voided", "event_id": completed, "reason": "a test"}], at=monday)
    journal().append([answered("first-steps", "hello/q1")], at=monday)
    assert ingester.ingest(monday) == Ingested(stored=2)
    assert kinds(store).count(("LessonCompleted", "first-steps")) == 1


def test_what_was_cut_off_after_the_commit_is_made_up_for(
    data: Path, store: ProgressStore, journal: Begin, answered: Fact, monday: datetime
):
    """The events are in the store, the ingester was killed before it decided anything; the journal is still there."""
    kernel = journal()
    events = kernel.append([answered("first-steps", "hello/q1")], at=monday)
    store.append([Event.model_validate(event) for event in events], monday)
    assert Ingester(data, store).ingest(monday) == Ingested(stored=3, duplicates=1)
    assert ("LessonCompleted", "first-steps") in kinds(store)


def test_a_store_that_fails_keeps_the_journals_and_the_place(
    data: Path, store: ProgressStore, journal: Begin, monday: datetime, monkeypatch: pytest.MonkeyPatch
):
    page, ingester = journal("page"), Ingester(data, store)
    page.append([opened("frames")], at=monday)
    page.close()

    def fail(*arguments: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(type(store), "append", fail)
        with pytest.raises(OSError, match="the disk is gone"):
            ingester.ingest(monday)
    with monkeypatch.context() as broken:
        broken.setattr("course_kit.store.snapshots.write_snapshot", fail)
        with pytest.raises(OSError, match="the disk is gone"):
            ingester.ingest(monday)
    assert len(journal_paths(data / "journals")) == 1
    ingester.ingest(monday)
    assert kinds(store).count(("LessonOpened", "frames")) == 1
    assert journal_paths(data / "journals") == []
    assert (data / "snapshots" / "data-science" / "frames.json").exists()


def test_one_ingester_at_a_time(data: Path, store: ProgressStore, journal: Begin, monday: datetime):
    journal("page").append([opened("frames")])
    with FileLock(data / "ingest.lock", "A test"):
        assert Ingester(data, store).ingest(monday, wait=0) == Ingested(skipped=True)
    assert Ingester(data, store).ingest(monday).stored > 0


@pytest.mark.skipif(os.name != "posix", reason="flock is POSIX's")
def test_on_a_disk_without_locks_events_come_in_and_journals_stay(
    data: Path, journal: Begin, answered: Fact, monday: datetime, monkeypatch: pytest.MonkeyPatch
):
    """No such disk is at hand: flock is made to say what it says there. SQLite's own locks are of another kind."""

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    me = local_learner(data)
    journal("kernel").append([answered("first-steps", "hello/q1")], at=monday)
    with SqlStore.open(data / "store.db") as store:
        first = Ingester(data, store).ingest(monday)
        again = Ingester(data, store).ingest(monday)
        assert [event.kind for event in store.events()].count("ItemAnswered") == 1
        assert store.set_asides() == []
    assert (first.stored > 0, again.stored, again.duplicates) == (True, 0, 1)
    assert len(journal_paths(data / "journals")) == 1
    assert local_learner(data) == me


def test_the_snapshot_holds_the_last_answers(
    data: Path, store: ProgressStore, journal: Begin, answered: Fact, monday: datetime
):
    hint = {"kind": "HintTaken", "lesson": "frames", "item": "robust/q2", "digest": "d2", "variant": 3, "hint": 1}
    unread = {**answered("frames", "robust/q1", 0.0, response="?"), "state": "invalid"}
    facts = [
        answered("frames", "robust/q1", 1.0, response=0),
        answered("frames", "robust/q1", 0.0, response=2, attempt=2),
        unread,
        hint,
    ]
    journal().append(facts, at=monday)
    Ingester(data, store).ingest(monday)
    assert json.loads((data / "snapshots" / "data-science" / "frames.json").read_text()) == {
        "version": 1,
        "course": "data-science",
        "lesson": "frames",
        "items": {
            "robust/q1": {
                "response": 2,
                "state": "wrong",
                "fraction": 0.0,
                "best": 1.0,
                "attempts": 2,
                "earlier": 0,
                "solved": True,
                "right": True,
                "confidence": None,
                "digest": "d1",
                "variant": 0,
                "at": utc_text(monday),
                "hints": 0,
            },
            "robust/q2": {
                "response": None,
                "state": "unanswered",
                "fraction": 0.0,
                "best": 0.0,
                "attempts": 0,
                "earlier": 0,
                "solved": False,
                "right": False,
                "confidence": None,
                "digest": "d2",
                "variant": 3,
                "hints": 2,
            },
        },
    }
    assert [path.name for path in (data / "snapshots" / "data-science").iterdir()] == ["frames.json"]


def test_local_progress_is_the_fold_of_all_that_came(
    data: Path, journal: Begin, answered: Fact, course: Course, monday: datetime
):
    """Half was answered on another computer, under another pseudonym: together it is enough."""
    journal(learner="p-ada").append([answered("first-steps", "hello/q1"), answered("frames", "robust/q1")], at=monday)
    journal(learner="p-other").append([answered("frames", "robust/q2")], at=monday + timedelta(hours=1))
    progress = local_progress(data, course, at=monday + timedelta(hours=2))
    assert [(lesson.key, lesson.state, lesson.fraction) for lesson in progress.lessons] == [
        ("first-steps", "done", 1.0),
        ("frames", "done", 1.0),
        ("chance", "open", 0.0),
    ]
    assert progress.started_at == monday
    assert local_progress(data, course, at=monday + timedelta(days=9)) == progress


def local_progress_of(course: Course, store: ProgressStore) -> dict[str, str]:
    from course_kit.model.progress import fold

    return {lesson.key: lesson.state for lesson in fold(course, store.events()).lessons}
