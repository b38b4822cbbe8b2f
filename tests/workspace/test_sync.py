"""A learner's two computers meet in a folder: nothing is merged by guess, and nothing is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound, WrongVersion
from course_kit.model.events import GoalSet, ItemAnswered
from course_kit.store.journal import Journal
from course_kit.store.places import local_learner, read_snapshot
from course_kit.workspace.events import local_store, own_events, record
from course_kit.workspace.folder import Workspace
from course_kit.workspace.panel import panel
from course_kit.workspace.sync import Synced, sync

LESSON, SECOND = "notebooks/01-first.ipynb", "notebooks/02-second.ipynb"


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def syncs(computer: Any, stick: Path) -> Synced:
    return sync(stick, data=computer.data, at=computer.later(), computer=computer.name)


def answers(computer: Any, item: str, fraction: float) -> None:
    fact = ItemAnswered(
        lesson="first",
        item=item,
        digest="d",
        response=1,
        state="right" if fraction == 1 else "wrong",
        fraction=fraction,
    )
    workspace, me = Workspace.at(computer.copy), local_learner(computer.data).learner
    with Journal(
        computer.data / "journals", learner=me, course="tiny", release=workspace.release, writer="kernel"
    ) as journal:
        journal.append([fact.model_dump(mode="json")], computer.later())


def goals(computer: Any, text: str) -> None:
    record(computer.data, Workspace.at(computer.copy), [GoalSet(week="2026-11-16", text=text)], at=computer.later())


def test_events_meet_once_and_the_computers_know_each_other(
    author: Any, laptop: Any, desktop: Any, stick: Path
) -> None:
    release = author.releases()
    laptop.opens(release)
    goals(laptop, "on the laptop")
    out = syncs(laptop, stick)
    assert (out.events_in, out.events_out, out.joined) == (0, 3, ())
    desktop.opens(release)
    desktop.later(hours=1)
    goals(desktop, "on the desktop")
    met = syncs(desktop, stick)
    assert (met.events_in, met.events_out) == (3, 3)
    assert met.joined == (local_learner(laptop.data).learner,)
    laptop.later(hours=2)
    back = syncs(laptop, stick)
    assert (back.events_in, back.events_out) == (3, 0)
    assert local_learner(laptop.data).aliases == (local_learner(desktop.data).learner,)
    ids = [{e.event_id for e in own_events(c.data, "tiny", at=c.later())} for c in (laptop, desktop)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 6
    again = syncs(desktop, stick)
    assert (again.events_in, again.events_out, again.taken, again.sent, again.notes) == (0, 0, (), (), ())
    for computer in (laptop, desktop):
        assert panel(computer.copy, data=computer.data, at=computer.later()).unsynced == 0


def test_answers_from_the_other_computer_are_shown_by_a_bare_kernel(
    author: Any, laptop: Any, desktop: Any, stick: Path
) -> None:
    release = author.releases()
    laptop.opens(release)
    answers(laptop, "add/q1", 1.0)
    syncs(laptop, stick)
    desktop.opens(release)
    desktop.later(hours=1)
    syncs(desktop, stick)
    assert read_snapshot(desktop.data, "tiny", "first")["add/q1"]["state"] == "right"
    lesson = panel(desktop.copy, data=desktop.data, at=desktop.later()).units[0].lessons[0]
    assert (lesson.state, lesson.items_right) == ("done", 1)


def test_what_one_side_changed_goes_over_and_the_replaced_is_kept(
    author: Any, laptop: Any, desktop: Any, stick: Path
) -> None:
    release = author.releases()
    for computer in (laptop, desktop):
        computer.opens(release)
        syncs(computer, stick)
    laptop.types(LESSON, "middle", "x = 'laptop'")
    (laptop.copy / "notebooks" / "mine.txt").write_text("notes")
    assert syncs(laptop, stick).sent == (f"tiny/{LESSON}", "tiny/notebooks/mine.txt")
    assert syncs(desktop, stick).taken == (f"tiny/{LESSON}", "tiny/notebooks/mine.txt")
    assert desktop.sources(LESSON)[1] == "x = 'laptop'"
    desktop.types(LESSON, "middle", "x = 'then the desktop'")
    assert syncs(desktop, stick).sent == (f"tiny/{LESSON}",)
    assert syncs(laptop, stick).taken == (f"tiny/{LESSON}",)
    assert laptop.sources(LESSON)[1] == "x = 'then the desktop'"
    backups = list((laptop.copy / ".course-kit" / "backups").rglob("01-first.ipynb"))
    assert ["x = 'laptop'" in path.read_text() for path in backups] == [True]
    assert syncs(desktop, stick).taken == syncs(laptop, stick).taken == ()


def test_what_both_changed_stays_and_a_copy_lies_beside(author: Any, laptop: Any, desktop: Any, stick: Path) -> None:
    release = author.releases()
    for computer in (laptop, desktop):
        computer.opens(release)
        computer.types(LESSON, "middle", f"x = '{computer.name}'")
    syncs(laptop, stick)
    met = syncs(desktop, stick)
    copy = "notebooks/01-first (from laptop, 2026-11-22).ipynb"
    assert (met.conflicts, met.taken) == ((f"tiny/{copy}",), ())
    assert desktop.sources(LESSON)[1] == "x = 'desktop'"
    assert desktop.sources(copy)[1] == "x = 'laptop'"
    assert syncs(desktop, stick).conflicts == ()
    back = syncs(laptop, stick)
    # the desktop has both, so that the laptop follows: its own text is in the copy that comes along
    assert back.conflicts == ()
    assert laptop.sources(LESSON)[1] == "x = 'desktop'"
    assert laptop.sources(copy)[1] == "x = 'laptop'"


def test_running_the_same_work_on_both_is_no_conflict(author: Any, laptop: Any, desktop: Any, stick: Path) -> None:
    release = author.releases()
    for computer in (laptop, desktop):
        computer.opens(release)
        computer.types(LESSON, "middle", "x = 'the same'")
        notebook = computer.reads(LESSON)
        notebook["cells"][1]["execution_count"] = len(computer.name)
        (computer.copy / LESSON).write_text(json.dumps(notebook))
    syncs(laptop, stick)
    assert syncs(desktop, stick).conflicts == ()


def test_what_was_deleted_on_one_side_stays_on_the_other(author: Any, laptop: Any, desktop: Any, stick: Path) -> None:
    release = author.releases()
    for computer in (laptop, desktop):
        computer.opens(release)
    (laptop.copy / "notes.txt").write_text("notes")
    syncs(laptop, stick)
    syncs(desktop, stick)
    (desktop.copy / "notes.txt").unlink()
    gone = syncs(desktop, stick)
    assert gone.notes == ("notes.txt was deleted here; it stays on laptop.",)
    assert not (desktop.copy / "notes.txt").exists()
    syncs(laptop, stick)
    assert (laptop.copy / "notes.txt").read_text() == "notes"


def test_other_releases_are_said_and_files_wait(author: Any, laptop: Any, desktop: Any, stick: Path, make: Any) -> None:
    laptop.opens(author.releases())
    newer = author.releases({LESSON: make.as_bytes(make.lesson_one(text="# Newer"))})
    desktop.opens(newer)
    laptop.types(LESSON, "middle", "x = 'laptop'")
    laptop.types(SECOND, "c", "2 + 2")
    syncs(laptop, stick)
    met = syncs(desktop, stick)
    assert met.taken == (f"tiny/{SECOND}",)
    assert [note.split(":")[0] for note in met.notes] == [
        "laptop has another release of tiny",
        f"{LESSON} belongs to another release there; it waits until both have the same.",
    ]
    assert desktop.sources(LESSON)[0] == "# Newer"


def test_half_copied_files_wait_and_foreign_ones_are_left_alone(
    author: Any, laptop: Any, desktop: Any, stick: Path
) -> None:
    release = author.releases()
    laptop.opens(release)
    laptop.types(LESSON, "middle", "x = 'laptop'")
    syncs(laptop, stick)
    root = stick / "course-kit-sync"
    batch = next((root / "events").iterdir())
    record_path = next((root / "computers").iterdir())
    content = next((root / "files" / "tiny").iterdir())
    whole = {path: path.read_bytes() for path in (batch, record_path, content)}
    (root / "computers" / "notes.json").write_text("{}")
    (root / "computers" / f"p-{'0' * 16}.json").write_text('{"version": 1, "learner": "../../x"}')
    desktop.opens(release)
    for path in (batch, record_path, content):
        path.write_bytes(whole[path][: len(whole[path]) // 2])

    def waits() -> list[str]:
        met = syncs(desktop, stick)
        assert met.taken == ()
        assert len([note for note in met.notes if "left alone" in note]) == 2
        return [waiting.split(" ")[0] for waiting in met.waiting]

    assert waits() == [record_path.name, batch.name]
    record_path.write_bytes(whole[record_path])
    assert waits() == [batch.name, LESSON]
    batch.write_bytes(whole[batch])
    assert waits() == [LESSON]
    content.write_bytes(whole[content])
    assert syncs(desktop, stick).taken == (f"tiny/{LESSON}",)
    assert desktop.sources(LESSON)[1] == "x = 'laptop'"


def test_events_of_others_and_lines_that_are_none_are_set_aside(
    author: Any, laptop: Any, desktop: Any, stick: Path
) -> None:
    from course_kit.files.archive import sha256

    laptop.opens(author.releases())
    own = own_events(laptop.data, "tiny", at=laptop.later())[0].content()
    foreign = {**own, "event_id": own["event_id"][:-1] + "0", "learner": "p-" + "9" * 16}
    content = b"{ no json\n" + json.dumps(foreign).encode() + b"\n"
    (stick / "course-kit-sync" / "events").mkdir(parents=True)
    (stick / "course-kit-sync" / "events" / f"{sha256(content)}.jsonl").write_bytes(content)
    met = syncs(laptop, stick)
    assert (met.events_in, met.set_aside) == (0, 2)
    with local_store(laptop.data, at=laptop.later()) as store:
        assert [aside.reason.split(": ")[-1] for aside in store.set_asides()] == [
            "The line is not JSON.",
            "It is the event of somebody else.",
        ]


@pytest.mark.parametrize("name", ["../../evil.txt", ".course-kit/workspace.json", "release.json", "/etc/x", "C:/x"])
def test_files_that_would_leave_their_place_are_left_alone(
    author: Any, laptop: Any, desktop: Any, stick: Path, name: str
) -> None:
    release = author.releases()
    laptop.opens(release)
    (laptop.copy / "notes.txt").write_text("notes")
    syncs(laptop, stick)
    path = next((stick / "course-kit-sync" / "computers").iterdir())
    said = json.loads(path.read_text())
    files = said["courses"]["tiny"]["files"]
    said["courses"]["tiny"]["files"] = {name: files["notes.txt"]}
    path.write_text(json.dumps(said))
    desktop.opens(release)
    record_before = (desktop.copy / ".course-kit" / "workspace.json").read_bytes()
    met = syncs(desktop, stick)
    assert met.taken == ()
    assert any("left alone" in note for note in met.notes)
    assert (desktop.copy / ".course-kit" / "workspace.json").read_bytes() == record_before


def test_a_third_computer_that_comes_late_brings_nothing_old_back(
    author: Any, laptop: Any, desktop: Any, tmp_path: Path, stick: Path
) -> None:
    release = author.releases()
    tablet = type(laptop)(tmp_path, "tablet")
    for computer in (laptop, desktop, tablet):
        computer.opens(release)
    laptop.types(LESSON, "middle", "x = 1.0")
    for computer in (laptop, desktop, tablet, laptop):
        syncs(computer, stick)
    laptop.types(LESSON, "middle", "x = 2.0")
    for computer in (laptop, desktop, laptop, desktop):
        syncs(computer, stick)
    assert [c.sources(LESSON)[1] for c in (laptop, desktop, tablet)] == ["x = 2.0", "x = 2.0", "x = 1.0"]
    assert syncs(tablet, stick).taken == (f"tiny/{LESSON}",)


def test_a_missing_folder_and_a_newer_ones_format_are_named(laptop: Any, stick: Path) -> None:
    with pytest.raises(NotFound, match="no folder"):
        syncs(laptop, stick / "nowhere")
    root = stick / "course-kit-sync"
    root.mkdir()
    (root / "sync.json").write_text('{"version"')
    with pytest.raises(Invalid, match="not complete yet"):
        syncs(laptop, stick)
    (root / "sync.json").write_text('{"version": 2}')
    with pytest.raises(WrongVersion):
        syncs(laptop, stick)
