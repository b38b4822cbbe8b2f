"""The data folder: one learner, the courses that were opened, and their outlines."""

import json
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from course_kit.errors import Invalid, WrongVersion
from course_kit.store.places import (
    Learner,
    Workspace,
    add_aliases,
    data_folder,
    find_workspace,
    latest_outline,
    local_learner,
    outline,
    read_snapshot,
    remember_workspace,
    save_learner,
    save_outline,
    workspaces,
)


def release_in(folder: Path, text: str = '{"version": 1, "release": "a", "course": {}}') -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "release.json").write_text(text)
    return folder


def test_the_folder_is_named_by_the_environment_or_by_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("COURSE_KIT_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("COURSE_KIT_DATA", "")
    assert data_folder().name == "course-kit"


def test_a_learner_is_made_once_and_stays(tmp_path: Path):
    first = local_learner(tmp_path / "data")
    assert first.learner.startswith("p-")
    assert len(bytes.fromhex(first.learner[2:])) == 8
    assert local_learner(tmp_path / "data") == first
    assert json.loads((tmp_path / "data" / "learner.json").read_text()) == {
        "version": 1,
        "learner": first.learner,
        "aliases": [],
        "name": "",
        "email": "",
        "id": "",
    }


def test_processes_that_race_agree_on_one_learner(tmp_path: Path):
    story = """
        import sys
        from pathlib import Path
        from course_kit.store.places import local_learner
        print("ready", flush=True)
        sys.stdin.readline()
        print(local_learner(Path(sys.argv[1])).learner)
    """
    command = [sys.executable, "-c", textwrap.dedent(story), str(tmp_path / "data")]
    pipe = subprocess.PIPE
    racers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    assert len({racer.communicate(timeout=30)[0] for racer in racers}) == 1


def test_what_a_learner_tells_and_is_called_elsewhere_is_kept(tmp_path: Path):
    ada = Learner("p-1", name="Ada", email="ada@example.org", id="17")
    save_learner(tmp_path, ada)
    assert add_aliases(tmp_path, ["p-2", "p-1", "p-3"]).pseudonyms == ("p-1", "p-2", "p-3")
    assert add_aliases(tmp_path, ["p-3", "p-4"]).aliases == ("p-2", "p-3", "p-4")
    assert local_learner(tmp_path) == Learner("p-1", ("p-2", "p-3", "p-4"), "Ada", "ada@example.org", "17")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 1}', '{"version": 1, "learner": 5}', '{"version": 1, "learner": "p", "aliases": [1]}'],
)
def test_a_damaged_learner_is_never_replaced_by_a_new_one(tmp_path: Path, text: str):
    (tmp_path / "learner.json").write_text(text)
    with pytest.raises(Invalid) as caught:
        local_learner(tmp_path)
    assert "damaged" in caught.value.message
    assert caught.value.hint
    assert (tmp_path / "learner.json").read_text() == text


def test_a_learner_from_a_newer_course_kit_is_refused(tmp_path: Path):
    (tmp_path / "learner.json").write_text('{"version": 2, "learner": "p-1"}')
    with pytest.raises(WrongVersion, match="has version 2; this course-kit reads version 1"):
        local_learner(tmp_path)


def test_courses_are_listed_newest_first_and_once(tmp_path: Path, monday: datetime):
    data = tmp_path / "data"
    assert workspaces(data) == []
    for day, (course, folder) in enumerate([("ds", "one"), ("stats", "two"), ("ds", "one/../one")]):
        remember_workspace(data, course, tmp_path / folder, monday + timedelta(days=day))
    assert workspaces(data) == [
        Workspace("ds", (tmp_path / "one").resolve(), "2026-11-18T09:00:00.000000Z"),
        Workspace("stats", (tmp_path / "two").resolve(), "2026-11-17T09:00:00.000000Z"),
    ]


def test_a_damaged_list_of_courses_is_said_so(tmp_path: Path):
    for text in ("{", '{"version": 1}', '{"version": 1, "workspaces": [{"course": "ds"}]}'):
        (tmp_path / "workspaces.json").write_text(text)
        with pytest.raises(Invalid, match="damaged"):
            workspaces(tmp_path)
    (tmp_path / "workspaces.json").write_text('{"version": 9, "workspaces": []}')
    with pytest.raises(WrongVersion):
        workspaces(tmp_path)


def test_a_path_belongs_to_the_release_above_it(tmp_path: Path):
    course = release_in(tmp_path / "course")
    (course / "notebooks").mkdir()
    assert find_workspace(course) == course
    assert find_workspace(course / "notebooks" / "01.ipynb") == course
    assert find_workspace(tmp_path / "course2" / "01.ipynb") is None
    assert find_workspace(tmp_path) is None
    assert find_workspace(course / "notebooks" / ".." / ".." / "01.ipynb") is None


def test_a_link_belongs_where_it_leads(tmp_path: Path):
    course = release_in(tmp_path / "course")
    (tmp_path / "link").symlink_to(course / "notebooks")
    assert find_workspace(tmp_path / "link" / "01.ipynb") == course


def test_the_copy_inside_a_workspace_is_not_another_workspace(tmp_path: Path):
    course = release_in(tmp_path / "course")
    base = release_in(course / ".course-kit" / "base" / "abc")
    assert find_workspace(base / "01.ipynb") == course
    inner = release_in(course / "notebooks" / "other course")
    assert find_workspace(inner / "01.ipynb") == inner


def test_another_programs_release_json_is_passed_over_and_a_damaged_one_is_not(tmp_path: Path):
    course = release_in(tmp_path / "course")
    release_in(course / "notebooks", '{"tag": "v1.0"}')
    assert find_workspace(course / "notebooks" / "01.ipynb") == course
    release_in(course / "notebooks", '{"release": ')
    assert find_workspace(course / "notebooks" / "01.ipynb") == course / "notebooks"


def test_outlines_are_found_by_release_and_the_latest_by_course(tmp_path: Path):
    one = {"release": "1" * 64, "course": {"key": "ds"}}
    two = {"release": "2" * 64, "course": {"key": "ds"}}
    for manifest in (one, two, {"release": "3" * 64, "course": {"key": "stats"}}):
        save_outline(tmp_path, manifest)
    assert outline(tmp_path, "1" * 64) == one
    assert outline(tmp_path, "2" * 12) == two
    assert outline(tmp_path, "4" * 64) is None
    assert outline(tmp_path, "../outlines/" + "1" * 64) is None
    assert latest_outline(tmp_path, "ds") == two
    save_outline(tmp_path, one)
    assert latest_outline(tmp_path, "ds") == one
    (tmp_path / "outlines" / ("1" * 64 + ".json")).write_text("{")
    assert latest_outline(tmp_path, "ds") == two
    assert latest_outline(tmp_path, "unknown") is None
    with pytest.raises(Invalid):
        save_outline(tmp_path, {"release": "../../evil"})


def test_a_damaged_snapshot_is_as_good_as_none(tmp_path: Path):
    path = tmp_path / "snapshots" / "ds" / "frames.json"
    assert read_snapshot(tmp_path, "ds", "frames") == {}
    path.parent.mkdir(parents=True)
    for text in ("{", "[]", '{"version": 2, "items": {"a/b": {}}}', '{"version": 1, "items": []}'):
        path.write_text(text)
        assert read_snapshot(tmp_path, "ds", "frames") == {}
    path.write_text('{"version": 1, "items": {"a/b": {"state": "right"}, "c": 4}}')
    assert read_snapshot(tmp_path, "ds", "frames") == {"a/b": {"state": "right"}}
    assert read_snapshot(tmp_path, "..", "frames") == {}
