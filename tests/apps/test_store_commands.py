"""``course-kit store``: what each command says and does, to a sound store, a damaged one and none."""

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from course_kit.apps.cli.main import main, root
from course_kit.model.events import Event, read_event
from course_kit.model.keys import utc_text
from course_kit.store.journal import Journal
from course_kit.store.places import Learner, local_learner, save_learner
from course_kit.store.sql import SqlStore

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
Run = Callable[..., tuple[int, str, str]]


def event(number: int, learner: str = "p-1", lesson: str = "frames") -> Event:
    return read_event(
        {
            "version": 1,
            "event_id": f"00000000-0000-7000-8000-{number:012x}",
            "at": utc_text(MONDAY + timedelta(minutes=number)),
            "learner": learner,
            "course": "data-science",
            "release": "a" * 64,
            "fact": {"kind": "LessonOpened", "lesson": lesson},
        }
    )


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a course: Ada's three events under two pseudonyms, one of Bob's, and a text that was set aside."""
    folder = tmp_path / "data-science"
    with SqlStore.open(folder / ".course-kit" / "progress.db") as store:
        store.append([event(1), event(2), event(3, "p-2"), event(4, "p-9")], MONDAY + timedelta(days=1))
        store.link_person("p-1", "ada", MONDAY)
        store.link_person("p-2", "ada", MONDAY)
        store.link_person("p-9", "bob", MONDAY)
        store.set_aside('{"learner":"p-1", broken', "line 7: The line is not JSON.", MONDAY)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's own data folder, with one event in the store's journal."""
    folder = tmp_path / "own"
    monkeypatch.setenv("COURSE_KIT_DATA", str(folder))
    monkeypatch.chdir(tmp_path)
    save_learner(folder, Learner("p-me"))
    with Journal(folder / "journals", learner="p-me", course="ds", release="a" * 64, writer="page") as journal:
        journal.append([{"kind": "LessonOpened", "lesson": "frames"}])
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``course-kit store …`` with these words, ``answer`` typed when it asks: status, output and errors."""

    def command(*words: object, answer: str = "") -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", _Typed(answer))
        monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt="": _typed(prompt, answer))
        with pytest.raises(SystemExit) as ended:
            main(["store", *map(str, words)])
        said = capsys.readouterr()
        return int(str(ended.value.code)), said.out, said.err

    return command


class _Typed:
    def __init__(self, answer: str) -> None:
        self.answer = answer

    def isatty(self) -> bool:
        return False


def _typed(prompt: str, answer: str) -> str:
    sys.stderr.write(prompt)
    if not answer:
        raise EOFError
    return answer


def db(folder: Path) -> Path:
    return folder / ".course-kit" / "progress.db"


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def numbers(path: Path) -> list[int]:
    with SqlStore.open(path) as store:
        return [int(one.event_id[-12:], 16) for one in store.events()]


@pytest.mark.parametrize("name", ["check", "rebuild", "backup", "restore", "export", "erase"])
def test_each_has_help_with_an_example(name: str) -> None:
    group = root.get_command(click.Context(root), "store")
    assert isinstance(group, click.Group)
    text = group.commands[name].get_help(click.Context(group.commands[name]))
    assert f"course-kit store {name}" in text.split("Example", 1)[1]
    assert "--json" in text


# ---------------------------------------------------------------- check and rebuild


def test_a_sound_store(course: Path, run: Run) -> None:
    status, out, err = run("check", "--course", course)
    assert (status, err) == (0, "Checking …\n")
    assert out == (
        "4 events of 3 names in data-science/.course-kit/progress.db.\n"
        "Note: 1 texts were set aside, because they were no events or contradicted one; they are kept.\n"
        "All of it is sound.\n"
    )


def test_a_check_as_json(course: Path, run: Run) -> None:
    status, out, err = run("check", "--course", course, "--json")
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert (found["events"], found["learners"], found["set_asides"], found["faults"]) == (4, 3, 1, [])


def test_an_event_that_was_changed_is_a_fault_and_rebuild_mends_what_is_kept(course: Path, run: Run) -> None:
    run("rebuild", "--course", course)
    change(db(course), "UPDATE progress SET state = replace(state, 'frames', 'chance') WHERE learner = 'p-1'")
    status, out, _ = run("check", "--course", course)
    assert status == 1
    assert "Fault: What is kept of p-1 in data-science is not what the events come to.\n" in out
    assert out.splitlines()[-1].startswith("What next: ")
    assert "store rebuild" in out
    status, out, err = run("rebuild", "--course", course)
    assert (status, err) == (0, "Rebuilding …\n")
    assert out == (
        "4 events, 3 kept progresses.\n"
        "Made anew, because it was not what the events come to: 1.\n"
        "Set aside before and taken in now: 0; still set aside: 1.\n"
    )
    assert run("check", "--course", course)[0] == 0


def test_rebuild_as_json(course: Path, run: Run) -> None:
    status, out, err = run("rebuild", "--course", course, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"events": 4, "learners": 3, "changed": 0, "retried": {"taken": 0, "left": 1}}


def test_ones_own_store_has_what_the_journals_hold(data: Path, run: Run) -> None:
    status, out, _ = run("rebuild")
    assert (status, out.splitlines()[0]) == (0, "1 event, 1 kept progress.")


@pytest.mark.parametrize("words", [("check",), ("rebuild",), ("backup", "b.db"), ("export", "ada"), ("erase", "ada")])
def test_where_there_is_no_store(tmp_path: Path, run: Run, words: tuple[str, ...]) -> None:
    status, out, err = run(*words, "--course", tmp_path / "nothing")
    assert (status, out) == (1, "")
    assert f"Error: There is no store at {tmp_path / 'nothing' / '.course-kit' / 'progress.db'}.\n" in err
    assert "What next: Name the course's folder" in err
    assert list(tmp_path.rglob("*.db")) == []


@pytest.mark.parametrize("words", [("check",), ("rebuild",), ("backup", "b.db"), ("export", "ada"), ("erase", "ada")])
def test_what_is_no_database_is_refused_and_left(course: Path, run: Run, words: tuple[str, ...]) -> None:
    for beside in db(course).parent.glob("progress.db-*"):
        beside.unlink()
    db(course).write_bytes(b"a page of text" * 1000)
    status, out, err = run(*words, "--course", course)
    assert (status, out) == (1, "")
    assert f"Error: {db(course)} is not a store: it is no SQLite database.\n" in err
    assert "What next: Restore it from a backup" in err
    assert db(course).read_bytes() == b"a page of text" * 1000


def spoil(path: Path) -> None:
    """Overwrite pages in the midst of the file, as a bad disk does."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"\xff" * size)


def test_a_damaged_database_is_said_and_a_backup_brings_it_back(course: Path, run: Run) -> None:
    assert run("backup", "good.db", "--course", course)[0] == 0
    spoil(db(course))
    status, out, err = run("check", "--course", course)
    assert status == 1
    assert "damaged" in out + err
    status, out, _ = run("restore", "good.db", "--course", course)
    assert (status, out.splitlines()[0]) == (0, "The store holds 4 events again.")
    assert out.splitlines()[1].startswith("What was there before is kept: data-science/.course-kit/progress-before-")
    assert run("check", "--course", course)[0] == 0
    assert numbers(db(course)) == [1, 2, 3, 4]


# ---------------------------------------------------------------- backup and restore


def test_a_backup_says_how_to_bring_it_back(course: Path, run: Run) -> None:
    status, out, err = run("backup", "deep/copy.db", "--course", course)
    assert (status, err) == (0, "Backing up …\n")
    assert out.startswith("Wrote deep/copy.db. Bring it back with: ")
    assert out.endswith(" store restore deep/copy.db\n")
    assert numbers(Path("deep/copy.db")) == [1, 2, 3, 4]


def test_a_backup_replaces_nothing(course: Path, run: Run) -> None:
    Path("copy.db").write_text("mine")
    status, out, err = run("backup", "copy.db", "--course", course)
    assert (status, out) == (1, "")
    assert "Error: copy.db is there already.\nWhat next: Name another file" in err
    assert Path("copy.db").read_text() == "mine"


def test_restoring_over_a_store_that_is_in_use(course: Path, run: Run) -> None:
    run("backup", "copy.db", "--course", course, "--json")
    with SqlStore.open(db(course)) as live:
        live.append([event(5), event(6, "p-9")], MONDAY + timedelta(days=1))
        status, out, _ = run("restore", "copy.db", "--course", course, "--json")
        done = json.loads(out)
        assert (status, done["events"]) == (0, 4)
        assert numbers(Path(done["before"])) == [1, 2, 3, 4, 5, 6]
        assert [int(one.event_id[-12:], 16) for one in live.events()] == [1, 2, 3, 4]
        assert live.append([event(7)], MONDAY + timedelta(days=1)).stored == 1
    assert numbers(db(course)) == [1, 2, 3, 4, 7]
    assert run("check", "--course", course)[0] == 0


def test_who_was_erased_does_not_come_back_with_a_backup(course: Path, run: Run) -> None:
    run("backup", "copy.db", "--course", course)
    run("erase", "ada", "--yes", "--course", course)
    assert run("restore", "copy.db", "--course", course)[1].startswith("The store holds 1 event again.\n")
    assert numbers(db(course)) == [4]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "There is no store at other.db."), (b"text" * 999, "other.db is not a store: it is no SQLite database.")],
)
def test_restoring_what_is_no_backup_changes_nothing(
    course: Path, run: Run, content: bytes | None, message: str
) -> None:
    if content is not None:
        Path("other.db").write_bytes(content)
    status, out, err = run("restore", "other.db", "--course", course)
    assert (status, out) == (1, "")
    assert f"Error: {message}\n" in err
    assert numbers(db(course)) == [1, 2, 3, 4]


# ---------------------------------------------------------------- export and erase


def test_exporting_a_person_under_all_names(course: Path, run: Run) -> None:
    status, out, err = run("export", "ada", "ada-data", "--course", course)
    assert (status, err) == (0, "")
    assert out == (
        "3 events and 1 text that were set aside, under:\n"
        "  ada, p-1, p-2\n"
        "Wrote ada-data/everything.jsonl and ada-data/README.txt.\n"
    )
    rows = [json.loads(line) for line in Path("ada-data/everything.jsonl").read_text().splitlines()]
    assert [row["event"]["learner"] for row in rows if row["type"] == "event"] == ["p-1", "p-1", "p-2"]
    status, _, err = run("export", "ada", "ada-data", "--course", course)
    assert status == 1
    assert "Error: ada-data is not empty.\nWhat next: Name a new folder for the export.\n" in err


def test_exporting_oneself(data: Path, run: Run) -> None:
    status, out, _ = run("export", "me", "mine", "--json")
    done = json.loads(out)
    assert (status, done["events"], done["names"]) == (0, 1, ["p-me"])
    assert Path(done["lines"]).is_file()


@pytest.mark.parametrize("name", ["export", "erase"])
def test_a_name_that_the_store_does_not_know(course: Path, run: Run, name: str) -> None:
    status, out, err = run(name, "eve", "--course", course)
    assert (status, out) == (1, "")
    assert err.endswith(
        "Error: The store holds nothing of 'eve'.\nWhat next: Use the learner's id in the roster, or a pseudonym.\n"
    )


@pytest.mark.parametrize("answer", ["n", ""])
def test_erasing_asks_first_and_no_is_no(course: Path, run: Run, answer: str) -> None:
    status, out, err = run("erase", "ada", "--course", course, answer=answer)
    assert (status, out) == (130, "")
    assert f"Erase everything under ada, p-1, p-2 from {db(course)}? [y/N]" in err
    assert numbers(db(course)) == [1, 2, 3, 4]


def test_erasing_after_a_yes(course: Path, run: Run) -> None:
    (course / "gradebook.db").touch()
    (course / "roster.csv").touch()
    status, out, _ = run("erase", "p-2", "--course", course, answer="y")
    assert status == 0
    assert out == (
        "Erased 3 events and 1 text that were set aside.\n"
        "Other computers, sync folders and backups of this store still hold what they hold.\n"
        f"Not touched, for the gradebook and its appeals: {course}/gradebook.db "
        "(nbgrader's gradebook, with scores and names)\n"
        f"Not touched, for the gradebook and its appeals: {course}/roster.csv (the roster)\n"
    )
    assert numbers(db(course)) == [4]
    assert b"frames" not in b"".join(path.read_bytes() for path in db(course).parent.glob("progress.db-*"))
    with SqlStore.open(db(course)) as store:
        assert store.append([event(1)], MONDAY).erased == 1


def test_erasing_oneself_as_json(data: Path, run: Run) -> None:
    status, out, _ = run("erase", "me", "--yes", "--json")
    assert (status, json.loads(out)) == (0, {"names": ["p-me"], "events": 1, "set_asides": 0})
    assert local_learner(data).learner != "p-me"
    assert numbers(data / "store.db") == []


def test_erasing_oneself_says_what_follows(data: Path, run: Run) -> None:
    _, out, _ = run("erase", "me", "--yes")
    assert out.splitlines()[-1].startswith("You bear a new pseudonym from now on: restart the kernels")
