"""Handing in: the learner sees what goes, gets one file with a receipt, and only work that is theirs leaves."""

import json
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.files.archive import open_archive, sha256
from course_kit.model.events import GoalSet, read_event
from course_kit.model.release import SubmissionManifest
from course_kit.store.places import local_learner
from course_kit.workspace.events import own_events, record
from course_kit.workspace.folder import Workspace
from course_kit.workspace.panel import panel
from course_kit.workspace.submit import preview_submission, submit

WORK = "assignments/sums/sums.ipynb"


@pytest.fixture
def answered(author: Any, laptop: Any) -> Any:
    laptop.opens(author.releases())
    laptop.types(WORK, "add", "def add(a, b):\n    return a + b")
    goal = GoalSet(week="2026-11-16", text="Hand it in")
    record(laptop.data, Workspace.at(laptop.copy), [goal], at=laptop.later())
    return laptop


def test_the_preview_names_files_events_in_words_and_nothing_is_sent(answered: Any) -> None:
    seen = preview_submission(answered.copy, "sums", data=answered.data, at=answered.later())
    assert seen.files == {"sums.ipynb": (answered.copy / WORK).stat().st_size}
    told = [line.text for line in seen.events]
    # these two happened in one moment
    assert sorted(told[:2]) == ["Opened the course for the first time.", "Unlocked “First”."]
    assert told[2:] == ["Set the goal of the week: Hand it in"]
    assert (seen.title, seen.warnings) == ("Sums", ())
    assert not (answered.copy / "submissions").exists()


def test_the_file_is_whole_and_the_receipt_names_it(answered: Any) -> None:
    at = answered.later()
    receipt = submit(
        answered.copy,
        "sums",
        data=answered.data,
        at=at,
        learner={"id": "ada", "name": "Ada L.", "email": "ada@example.org"},
    )
    me = local_learner(answered.data)
    assert (me.id, me.name, me.email) == ("ada", "Ada L.", "ada@example.org")
    assert receipt.file.name == f"sums-{me.learner}-{receipt.submission[:8]}.submission.zip"
    assert receipt.file.parent == answered.copy.resolve() / "submissions"
    assert receipt.file.read_bytes() == receipt.kept.read_bytes()
    with open_archive(receipt.file, "The submission") as archive:
        assert archive.names() == ["submission.json", "events.jsonl", "files/sums.ipynb"]
        manifest = SubmissionManifest.read(archive.read_json("submission.json"))
        assert archive.read("files/sums.ipynb") == (answered.copy / WORK).read_bytes()
        lines = archive.read("events.jsonl")
    assert (manifest.submission, manifest.assignment, manifest.submitted_at) == (receipt.submission, "sums", at)
    assert manifest.events is not None
    assert (manifest.events.count, manifest.events.sha256) == (3, sha256(lines))
    assert {read_event(json.loads(line)).learner for line in lines.splitlines()} == {me.learner}
    shown = panel(answered.copy, data=answered.data, at=answered.later())
    assert (shown.units[0].assignments[0].submitted_at, shown.submitted, shown.unsynced) == (
        manifest.model_dump(mode="json")["submitted_at"],
        True,
        0,
    )


def test_the_collector_can_make_the_very_event_that_the_learner_has(answered: Any) -> None:
    receipt = submit(answered.copy, "sums", data=answered.data, at=answered.later())
    with open_archive(receipt.file, "The submission") as archive:
        manifest = SubmissionManifest.read(archive.read_json("submission.json"))
    own = [e for e in own_events(answered.data, "tiny", at=answered.later()) if e.kind == "AssignmentSubmitted"]
    assert [event.content() for event in own] == [manifest.event().content()]


def test_events_stay_here_when_the_learner_says_so(answered: Any, tmp_path: Path) -> None:
    receipt = submit(answered.copy, "sums", data=answered.data, at=answered.later(), events=False, to=tmp_path / "out")
    assert receipt.events == 0
    assert receipt.file.parent == tmp_path / "out"
    with open_archive(receipt.file, "The submission") as archive:
        assert archive.names() == ["submission.json", "files/sums.ipynb"]
        assert archive.read_json("submission.json")["events"] is None
    assert panel(answered.copy, data=answered.data, at=answered.later()).unsynced == 4


def test_only_files_of_the_assignment_go(answered: Any, tmp_path: Path) -> None:
    folder = answered.copy / "assignments" / "sums"
    (tmp_path / "secret.txt").write_text("private")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "sums-checkpoint.ipynb").write_text("{}")
    (folder / "sums (new version).ipynb").write_text("{}")
    (folder / "data").mkdir()
    (folder / "data" / "mine.csv").write_text("1")
    seen = preview_submission(answered.copy, "sums", data=answered.data, at=answered.later())
    assert sorted(seen.files) == ["data/mine.csv", "sums.ipynb"]
    assert seen.warnings == (
        "link.txt is a link to a place outside of the assignment: it is left out.",
        "sums (new version).ipynb is a new version that waits beside your own: it is left out.",
        "up is a link to a place outside of the assignment: it is left out.",
    )


def test_what_a_grader_would_stumble_over_is_said_before(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())

    def warnings() -> tuple[str, ...]:
        seen: tuple[str, ...] = preview_submission(laptop.copy, "sums", data=laptop.data, at=laptop.later()).warnings
        return seen

    assert warnings() == ("sums.ipynb holds no answer yet: it is as it came.",)
    notebook = laptop.reads(WORK)
    notebook["cells"] = [*notebook["cells"][:3], {**notebook["cells"][2], "id": "copy"}]
    (laptop.copy / WORK).write_text(json.dumps(notebook))
    assert warnings() == (
        "sums.ipynb: the cell 'test-add' is there twice. Delete the copy.",
        "sums.ipynb: the cell 'test-zero' was deleted; it cannot get points. Bring it back with Restore.",
        "sums.ipynb: the cell 'essay' was deleted; it cannot get points. Bring it back with Restore.",
        "sums.ipynb was never run (or not saved since): run all cells and save before you hand in.",
    )
    (laptop.copy / WORK).write_text("{ half saved")
    assert "it is not JSON" in warnings()[0]
    (laptop.copy / WORK).unlink()
    assert warnings() == ("sums.ipynb is missing. Bring it back with Restore.",)
    with pytest.raises(Invalid, match="no notebook"):
        submit(laptop.copy, "sums", data=laptop.data, at=laptop.later())
    with pytest.raises(NotFound, match="Its assignments: sums"):
        submit(laptop.copy, "other", data=laptop.data, at=laptop.later())
