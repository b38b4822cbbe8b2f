"""What is held on one person: written out whole, and erased."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.model.events import Event
from course_kit.store.contract import Erased, ProgressStore
from course_kit.store.ingest import Ingester
from course_kit.store.journal import Journal, journal_paths
from course_kit.store.persons import erase, erase_own, export, names_of
from course_kit.store.places import local_learner
from course_kit.store.sql import SqlStore

Make = Callable[..., Event]


@pytest.fixture
def ada(store: ProgressStore, event: Make, monday: datetime) -> ProgressStore:
    """A store in which Ada bears two pseudonyms, besides Bob."""
    store.append([event(2, learner="p-2"), event(1, learner="p-1"), event(3, learner="p-bob")], monday)
    store.set_aside('{"learner":"p-1"', "half a line", monday)
    store.set_aside("{", "nobody's", monday)
    for pseudonym, person in (("p-1", "ada"), ("p-2", "ada"), ("p-bob", "bob")):
        store.link_person(pseudonym, person, monday)
    return store


def test_a_person_is_found_by_any_of_their_names(ada: ProgressStore):
    assert names_of(ada, "ada") == names_of(ada, "p-2") == ("ada", "p-1", "p-2")
    assert names_of(ada, "bob") == ("bob", "p-bob")
    with pytest.raises(NotFound, match="nothing of 'eve'"):
        names_of(ada, "eve")


def test_an_export_holds_everything_and_nothing_of_others(ada: ProgressStore, tmp_path: Path, monday: datetime):
    done = export(ada, names_of(ada, "ada"), tmp_path / "ada", monday)
    rows = [json.loads(line) for line in done.lines.read_text().splitlines()]
    assert [row["type"] for row in rows] == ["name"] * 3 + ["event"] * 2 + ["progress"] * 2 + ["set-aside"]
    assert [row["event"]["learner"] for row in rows if row["type"] == "event"] == ["p-1", "p-2"]
    assert (done.events, done.set_asides) == (2, 1)
    assert "bob" not in done.lines.read_text()
    said = done.summary.read_text()
    assert "All that this store holds on ada, p-1, p-2, as of 2026-11-16T09:00:00.000000Z." in said
    assert "  LessonOpened               2" in said
    with pytest.raises(Invalid, match="not empty"):
        export(ada, ("ada",), tmp_path / "ada", monday)


def test_an_erased_person_leaves_only_the_names(ada: ProgressStore, tmp_path: Path, event: Make, monday: datetime):
    assert erase(ada, names_of(ada, "ada"), monday) == Erased(("ada", "p-1", "p-2"), 2, 1)
    assert ada.append([event(1, learner="p-1")], monday).erased == 1
    assert [e.learner for e in ada.events()] == ["p-bob"]
    done = export(ada, names_of(ada, "p-1"), tmp_path / "after", monday)
    assert (done.events, done.set_asides) == (0, 0)


def test_a_learner_who_erases_themselves_begins_anew(
    data: Path, journal: Callable[..., Journal], answered: Callable[..., dict[str, Any]], monday: datetime
):
    before = local_learner(data).learner
    journal(learner=before).append([answered("first-steps", "hello/q1")], monday)
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(monday)
        assert (data / "snapshots").is_dir()
        (data / "calendar.json").write_text("{}", encoding="utf-8")
        gone = erase_own(data, store, monday)
        assert (gone.names, gone.events) == ((before,), 4)
        assert list(store.events()) == []
        assert not (data / "snapshots").exists()
        assert not (data / "calendar.json").exists()
        assert journal_paths(data / "journals") == []
        after = local_learner(data).learner
        assert after != before
        journal(learner=after).append([answered("first-steps", "hello/q1")], monday)
        Ingester(data, store).ingest(monday)
        assert {event.learner for event in store.events()} == {after}
