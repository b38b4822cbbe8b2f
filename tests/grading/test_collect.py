"""What comes in from learners and learning management systems finds its place, or is named."""

import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_kit.files.archive import sha256, write_archive
from course_kit.grading import incoming
from course_kit.grading.collect import Collected, collect
from course_kit.model.events import AssignmentSubmitted, Event, GoalSet, LessonOpened, ScorePosted
from course_kit.model.keys import canonical_json, manifest_digest, uuid7
from course_kit.model.release import EventsEntry, FileEntry, SubmissionManifest
from course_kit.store.sql import SqlStore

ROSTER = """learner,name,email,lms_id,cohort
ada,Ada Lovelace,ada@example.org,101,
grace,Grace Hopper,grace@example.org,102,
weiss,Jörg Weiß,weiss@example.org,103,
"""
PSEUDONYM = "p-00000000000000aa"


@pytest.fixture
def course(nbgrader_course: Path) -> Path:
    (nbgrader_course / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return nbgrader_course


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def notebook(answer: Callable[..., Any]) -> Callable[[str], bytes]:
    made: dict[str, bytes] = {}
    return lambda body="return a + b": made.setdefault(body, nbformat.writes(answer(body)).encode())


def event(number: int, fact: Any, *, learner: str = PSEUDONYM, course: str = "course") -> Event:
    at = datetime(2026, 11, 20, 9, number, tzinfo=UTC)
    return Event(event_id=uuid7(at, number), at=at, learner=learner, course=course, fact=fact)


def sealed(
    path: Path,
    notebook: bytes,
    *,
    learner: str = PSEUDONYM,
    claims: str = "ada",
    at: datetime = datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
    events: tuple[Event, ...] = (),
    course: str = "course",
    assignment: str = "adding",
) -> SubmissionManifest:
    lines = "".join(canonical_json(one.content()) + "\n" for one in events).encode()
    manifest = SubmissionManifest.seal(
        course=course,
        release="",
        assignment=assignment,
        learner=learner,
        id=claims,
        submitted_at=at,
        files={"sums.ipynb": FileEntry(sha256=sha256(notebook), size=len(notebook))},
        events=EventsEntry(sha256=sha256(lines), count=len(events)),
    )
    files = {
        "submission.json": canonical_json(manifest.json_object()).encode(),
        "files/sums.ipynb": notebook,
        "events.jsonl": lines,
    }
    write_archive(path, files, first="submission.json")
    return manifest


def placed(found: Collected) -> dict[str, str]:
    return {line.learner: Path(line.file).name for line in found.placed}


def put(path: Path, content: bytes, at: datetime = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_submission_file_brings_its_notebook_and_the_learners_events(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    goal = GoalSet(week="2026-11-16", text="Tables")
    forged = ScorePosted(assignment="adding", score=5, max_score=5, status="graded")
    events = (
        event(1, LessonOpened(lesson="frames")),
        event(2, goal),
        event(3, forged),
        event(4, goal, learner="p-00000000000000ff"),
        event(5, goal, course="another"),
    )
    manifest = sealed(inbox / "adding-x.submission.zip", notebook(), events=events)

    found = collect(inbox, course, at=now)

    assert placed(found) == {"ada": "adding-x.submission.zip"}
    folder = course / "submitted" / "ada" / "adding"
    assert (folder / "sums.ipynb").read_bytes() == notebook()
    assert (folder / "timestamp.txt").read_text() == "2026-11-20 10:00:00.000000 UTC\n"
    assert (found.events.stored, found.events.refused) == (2, 2)
    with SqlStore.open(course / ".course-kit" / "progress.db") as store:
        handed_in = AssignmentSubmitted(assignment="adding", submission=manifest.submission)
        assert [one.fact for one in store.events()] == [LessonOpened(lesson="frames"), goal, handed_in]
        assert {one.received_at for one in store.events()} == {now}
        assert store.people() == {PSEUDONYM: "ada"}
        assert [aside.reason for aside in store.set_asides()] == [
            "It is another learner's event than the submission's.",
            "It belongs to the course 'another'.",
        ]
    index = json.loads((course / ".course-kit" / "collected" / "index.json").read_text())
    assert index["submissions"][0]["submission"] == manifest.submission

    again = collect(inbox, course, at=now + timedelta(hours=1))
    assert (again.placed, again.replaced, again.events.stored) == ((), (), 0)
    assert [line.learner for line in again.unchanged] == ["ada"]


@pytest.mark.parametrize(
    "said", [{"learner": ""}, {"release": "x" * 200}, {"submitted_at": "0001-01-01T00:00:00.000000Z"}]
)
def test_a_manifest_that_no_event_can_say_stops_nobody_else(
    said: dict[str, str], course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    odd = {**sealed(inbox / "odd.submission.zip", notebook()).json_object(), **said}
    odd["submission"] = manifest_digest(odd, without="submission")
    files = {"submission.json": canonical_json(odd).encode(), "files/sums.ipynb": notebook(), "events.jsonl": b""}
    write_archive(inbox / "odd.submission.zip", files, first="submission.json")
    sealed(inbox / "sound.submission.zip", notebook(), learner="p-00000000000000bb", claims="grace")

    found = collect(inbox, course, at=now)

    assert placed(found) == {"grace": "sound.submission.zip"}
    assert [one.file for one in found.unmatched] == ["odd.submission.zip"]
    assert next(iter(said)) in found.unmatched[0].reason


def test_a_newer_version_replaces_an_older_one_and_never_the_other_way_round(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    noon = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    first, second = notebook("return 1"), notebook("return 2")
    sealed(inbox / "b.submission.zip", second, at=noon)
    collect(inbox, course, at=now)
    (inbox / "b.submission.zip").unlink()
    sealed(inbox / "a.submission.zip", first, at=noon - timedelta(hours=1))

    older = collect(inbox, course, at=now)

    assert [line.note for line in older.unchanged] == ["older than what is there (of 2026-11-20 12:00 UTC)"]
    there = course / "submitted" / "ada" / "adding" / "sums.ipynb"
    assert there.read_bytes() == second

    sealed(inbox / "a.submission.zip", first, at=noon + timedelta(hours=1))
    newer = collect(inbox, course, at=now)
    assert [line.learner for line in newer.replaced] == ["ada"]
    assert there.read_bytes() == first
    kept = course / ".course-kit" / "collected" / "20261122T120000Z" / "ada" / "adding" / "sums.ipynb"
    assert kept.read_bytes() == second


def test_a_canvas_download_is_matched_by_its_numbers_and_names(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("lovelaceada_101_9001_sums-2.ipynb", notebook("return 2"))
        archive.writestr("hoppergrace_LATE_102_9002_my_work.ipynb", notebook("return 3"))
        archive.writestr("weijorg_999_9003_sums.ipynb", notebook("return 4"))
        archive.writestr("strangereve_104_9004_sums.ipynb", notebook("return 5"))
    (inbox / "submissions.zip").write_bytes(buffer.getvalue())

    found = collect(inbox / "submissions.zip", course, "adding", at=now)

    assert placed(found) == {
        "ada": "lovelaceada_101_9001_sums-2.ipynb",
        "grace": "hoppergrace_LATE_102_9002_my_work.ipynb",
    }
    renamed = {line.learner: line.renamed for line in found.placed}
    assert renamed == {"ada": (), "grace": (("my_work.ipynb", "sums.ipynb"),)}
    for learner in ("ada", "grace"):
        assert (course / "submitted" / learner / "adding" / "sums.ipynb").is_file()
    assert [one.reason for one in found.unmatched] == [
        "The roster knows nobody as 'strangereve'.",
        "The roster knows nobody as 'weijorg'.",
    ]


def test_a_moodle_download_is_matched_by_names_in_folders_or_flat(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    put(inbox / "Ada Lovelace_5501_assignsubmission_file_" / "sums.ipynb", notebook("return 1"))
    put(inbox / "Ada Lovelace_5501_assignsubmission_file_" / "notes.txt", b"see cell 2")
    put(inbox / "Jörg Weiß_5502_assignsubmission_file_sums (1).ipynb", notebook("return 2"))
    sealed(inbox / "Grace Hopper_5503_assignsubmission_file_" / "x.submission.zip", notebook(), claims="ada")

    found = collect(inbox, course, "adding", at=now)

    assert set(placed(found)) == {"ada", "grace", "weiss"}
    assert (course / "submitted" / "ada" / "adding" / "notes.txt").read_bytes() == b"see cell 2"
    assert (course / "submitted" / "weiss" / "adding" / "sums.ipynb").is_file()
    assert found.claims == (
        "Grace Hopper_5503_assignsubmission_file_/x.submission.zip: the download says grace, the file says ada; "
        "it was put down to grace.",
    )


def test_bare_notebooks_are_matched_by_file_or_folder_name(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    put(inbox / "ada.ipynb", notebook("return 1"))
    put(inbox / "grace_adding.ipynb", notebook("return 2"))
    put(inbox / "weiss" / "sums.ipynb", notebook("return 3"))
    put(inbox / "somebody.ipynb", notebook("return 4"))
    put(inbox / "letter.pdf", b"%PDF")

    found = collect(inbox, course, at=now)

    assert set(placed(found)) == {"ada", "grace", "weiss"}
    for learner in ("ada", "grace", "weiss"):
        assert (course / "submitted" / learner / "adding" / "sums.ipynb").is_file()
    assert {(one.file, one.reason) for one in found.unmatched} == {
        ("letter.pdf", "It is neither a notebook nor a submission file."),
        ("somebody.ipynb", "The roster knows nobody as 'somebody.ipynb'."),
    }


def test_answers_to_quizzes_come_along_with_a_bare_notebook(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    put(inbox / "ada_adding.ipynb", notebook("return 1"))
    put(inbox / "ada_responses.json", b'{"version": 1, "responses": {}}')
    put(inbox / "grace" / "adding" / "sums.ipynb", notebook("return 2"))
    put(inbox / "grace" / "adding" / "responses.json", b'{"version": 1}')
    put(inbox / "weiss.ipynb", notebook("return 3"))
    put(inbox / "weiss_notes.json", b"{}")

    found = collect(inbox, course, at=now)

    assert set(placed(found)) == {"ada", "grace", "weiss"}
    work = {learner: course / "submitted" / learner / "adding" for learner in ("ada", "grace", "weiss")}
    assert (work["ada"] / "responses.json").read_bytes() == b'{"version": 1, "responses": {}}'
    assert (work["grace"] / "responses.json").read_bytes() == b'{"version": 1}'
    assert (work["weiss"] / "weiss_notes.json").is_file()


def endless(path: Path) -> None:
    """Thirty files of 100 MB each in 3 MB; what they all hold is packed once."""
    content = bytes(100_000_000)
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed, check = packer.compress(content) + packer.flush(), zlib.crc32(content)
    with path.open("wb") as file, zipfile.ZipFile(file, "w") as archive:
        for number in range(30):
            info = zipfile.ZipInfo(f"{number}.ipynb")
            info.compress_type, info.header_offset = zipfile.ZIP_DEFLATED, file.tell()
            info.CRC, info.compress_size, info.file_size = check, len(packed), len(content)
            file.write(info.FileHeader() + packed)
            archive.filelist.append(info)
        archive.start_dir = file.tell()
    with zipfile.ZipFile(path) as archive:
        assert archive.read("29.ipynb") == content


def test_hostile_files_are_one_line_each_and_the_others_go_on(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    with zipfile.ZipFile(inbox / "climbs.zip", "w") as archive:
        archive.writestr("../../evil.ipynb", notebook())
    endless(inbox / "endless.zip")
    (inbox / "cut.zip").write_bytes(b"PK\x03\x04 no more")
    (inbox / "link.ipynb").symlink_to("/etc/passwd")
    sealed(inbox / "changed.submission.zip", notebook())
    with zipfile.ZipFile(inbox / "changed.submission.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    write_archive(
        inbox / "changed.submission.zip", {**files, "files/sums.ipynb": notebook("return 9")}, first="submission.json"
    )
    sealed(inbox / "elsewhere.submission.zip", notebook(), course="chemistry")
    sealed(inbox / "other.submission.zip", notebook(), assignment="subtracting")
    sealed(inbox / "good.submission.zip", notebook())

    found = collect(inbox, course, at=now)

    assert placed(found) == {"ada": "good.submission.zip"}
    reasons = {one.file: one.reason for one in found.unmatched}
    assert set(reasons) == {
        "changed.submission.zip",
        "climbs.zip",
        "cut.zip",
        "elsewhere.submission.zip",
        "endless.zip",
        "link.ipynb",
        "other.submission.zip",
    }
    assert "would leave its folder" in reasons["climbs.zip"]
    assert "too much" in reasons["endless.zip"]
    assert "not what its manifest says" in reasons["changed.submission.zip"]
    assert reasons["elsewhere.submission.zip"] == "It belongs to the course 'chemistry'."
    assert reasons["other.submission.zip"] == "The course has no assignment 'subtracting'."
    assert not list(course.parent.rglob("evil.ipynb"))


def test_one_pseudonym_of_two_learners_is_said_and_stays_with_the_first(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    opened = (event(1, LessonOpened(lesson="frames")),)
    early = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    sealed(inbox / "ada.submission.zip", notebook(), events=opened, at=early)
    sealed(inbox / "grace.submission.zip", notebook("return 1"), claims="grace", events=(event(2, opened[0].fact),))

    found = collect(inbox, course, at=now)

    assert set(placed(found)) == {"ada", "grace"}
    assert len(found.conflicts) == 1
    assert f"grace and ada both use the name {PSEUDONYM}" in found.conflicts[0]
    assert found.events.stored == 1


def test_a_file_without_a_name_is_known_by_another_of_the_same_run(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    early = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    sealed(inbox / "first.submission.zip", notebook(), claims="", at=early)
    sealed(inbox / "second.submission.zip", notebook("return 1"), claims="ada")
    sealed(inbox / "stranger.submission.zip", notebook(), claims="", learner="p-00000000000000bb")

    found = collect(inbox, course, at=now)

    assert placed(found) == {"ada": "first.submission.zip"}
    assert [Path(line.file).name for line in found.replaced] == ["second.submission.zip"]
    assert [one.reason for one in found.unmatched] == [
        "It says no name, only 'p-00000000000000bb'. "
        "Put the file into a folder named after the learner (inbox/ada/…) and collect again."
    ]
    (inbox / "grace").mkdir()
    (inbox / "stranger.submission.zip").rename(inbox / "grace" / "stranger.submission.zip")
    assert set(placed(collect(inbox, course, at=now))) == {"grace"}


def test_a_name_that_two_files_give_to_two_learners_says_nothing(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    early = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    sealed(inbox / "first.submission.zip", notebook(), claims="", at=early)
    sealed(inbox / "second.submission.zip", notebook(), claims="ada")
    sealed(inbox / "third.submission.zip", notebook("return 1"), claims="grace")

    found = collect(inbox, course, at=now)

    assert set(placed(found)) == {"ada", "grace"}
    assert [one.file for one in found.unmatched] == ["first.submission.zip"]


def test_a_time_in_the_future_is_not_believed(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    sealed(inbox / "a.submission.zip", notebook(), at=now + timedelta(days=30))

    found = collect(inbox, course, at=now)

    assert [(line.submitted_at, line.note) for line in found.placed] == [
        (now, "its time lay in the future; the present one was taken")
    ]


def test_without_a_roster_the_senders_word_is_taken(
    nbgrader_course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    sealed(inbox / "a.submission.zip", notebook(), claims="ada")
    put(inbox / "grace_sums.ipynb", notebook("return 2"))

    assert set(placed(collect(inbox, nbgrader_course, at=now))) == {"ada", "grace"}


def test_many_small_archives_are_no_way_around_the_limit(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MAX_ARCHIVE", 3_000_000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sums.ipynb", b"0" * 1_000_000)
    with zipfile.ZipFile(inbox / "a.zip", "w") as archive:
        for number in range(9):
            archive.writestr(f"ada/{number}.zip", bomb.getvalue())
    put(inbox / "grace_sums.ipynb", notebook())

    found = collect(inbox, course, at=now)

    assert "grace" in placed(found)
    assert sum("too much" in one.reason for one in found.unmatched) == 7


def test_a_file_that_cannot_be_put_down_is_named_and_the_others_are_taken(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    (inbox / "a.submission.zip").write_bytes(b"")
    with zipfile.ZipFile(inbox / "b.submission.zip", "w") as archive:
        archive.writestr("submission.json", '{"version": 1, "submission": ' + "9" * 5000 + "}")
    with zipfile.ZipFile(inbox / "c.zip", "w") as archive:
        archive.writestr("weiss/timestamp.txt/sums.ipynb", notebook())
        archive.writestr("weiss/sums.ipynb", notebook())
    sealed(inbox / "d.submission.zip", notebook(), claims="grace")

    found = collect(inbox, course, "adding", at=now)

    assert placed(found)["grace"] == "d.submission.zip"
    assert {"a.submission.zip", "b.submission.zip"} <= {one.file for one in found.unmatched}


def test_a_submission_may_not_take_a_name_of_the_roster_for_its_pseudonym(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime
) -> None:
    data = sealed(inbox / "x.submission.zip", notebook(), claims="ada").json_object() | {"learner": "grace"}
    data["submission"] = manifest_digest(data, without="submission")
    files = {
        "submission.json": canonical_json(data).encode(),
        "files/sums.ipynb": notebook(),
        "events.jsonl": b"",
    }
    write_archive(inbox / "x.submission.zip", files, first="submission.json")

    found = collect(inbox, course, at=now)

    assert ["is damaged: learner" in one.reason for one in found.unmatched] == [True]
    with SqlStore.open(course / ".course-kit" / "progress.db") as store:
        assert store.people() == {}


def test_archives_beside_each_other_are_bounded_together(
    course: Path, inbox: Path, notebook: Callable[..., bytes], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MAX_COLLECTED", 3_000_000)
    sealed(inbox / "a.submission.zip", notebook())
    for number in range(3):
        with zipfile.ZipFile(inbox / f"bomb-{number}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"zeros-{number}.ipynb", b"\0" * 1_400_000)

    found = collect(inbox, course, at=now)

    assert placed(found) == {"ada": "a.submission.zip"}
    too_much = [one.file for one in found.unmatched if "collect it in several parts" in one.reason]
    assert too_much == ["bomb-2.zip/zeros-2.ipynb"]
