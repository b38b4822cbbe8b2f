"""Where a kernel finds itself, and when it records."""

import json
from pathlib import Path

import pytest

from course_kit.errors import NotFound, Tampered, WrongVersion
from course_kit.session.place import find_place, notebook_path, recording


def test_a_release_is_found_above_the_notebook(workspace: Path) -> None:
    notebook = workspace / "notebooks/frames.ipynb"
    place = find_place(Path("/"), notebook=notebook)
    assert (place.folder, place.opened, place.lesson) == (workspace, True, "frames")
    assert place.release.course.key == "ds"


def test_without_a_notebook_the_kernels_folder_counts(workspace: Path) -> None:
    place = find_place(workspace / "notebooks")
    assert (place.folder, place.lesson) == (workspace, None)


def test_a_source_tree_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No release of a course was found") as caught:
        find_place(tmp_path)
    assert "course-kit open" in caught.value.hint
    assert "%%quiz" in caught.value.hint


def test_a_damaged_manifest_says_so(workspace: Path) -> None:
    manifest = json.loads((workspace / "release.json").read_text())
    manifest["course"]["title"] = "Another"
    (workspace / "release.json").write_text(json.dumps(manifest))
    with pytest.raises(Tampered, match="digest does not fit"):
        find_place(workspace)


@pytest.mark.parametrize("text", ["", "{", '{"version": 1, "release": 3, "course": []}'])
def test_nonsense_for_a_manifest(workspace: Path, text: str) -> None:
    (workspace / "release.json").write_text(text)
    with pytest.raises(Tampered):
        find_place(workspace)


def test_someone_elses_release_json_is_passed_over(workspace: Path) -> None:
    (workspace / "notebooks/release.json").write_text('{"version": 1}')
    assert find_place(workspace / "notebooks").folder == workspace


def test_another_protocol_names_both(make_workspace) -> None:
    root = make_workspace(protocol=3)
    with pytest.raises(WrongVersion, match=r"protocol.* has version 3; this course-kit reads version 2"):
        find_place(root)


def test_front_ends_tell_the_notebook() -> None:
    assert notebook_path({"JPY_SESSION_NAME": "/a/b.ipynb"}, {}) == Path("/a/b.ipynb")
    assert notebook_path({}, {"__vsc_ipynb_file__": "/v/c.ipynb"}) == Path("/v/c.ipynb")
    assert notebook_path({"JPY_SESSION_NAME": "console-1"}, {"__vsc_ipynb_file__": 3}) is None


@pytest.mark.parametrize(
    ("environ", "state"),
    [
        ({"JPY_SESSION_NAME": "{inside}"}, "on"),
        ({}, "waiting"),  # nbclient, papermill, nbconvert; and front ends that tell nothing
        ({"JPY_SESSION_NAME": "/elsewhere/driver.ipynb"}, "waiting"),  # papermill called from another notebook
        ({"JPY_SESSION_NAME": "{inside}", "COURSE_KIT_RECORD": "0"}, "off"),
        ({"COURSE_KIT_RECORD": "1"}, "on"),
        ({"JPY_SESSION_NAME": "{inside}", "NBGRADER_EXECUTION": "autograde"}, "off"),
        ({"JPY_SESSION_NAME": "{inside}", "NBGRADER_VALIDATING": "1"}, "off"),
        ({"JPY_SESSION_NAME": "{inside}", "NBGRADER_COURSE_ID": "ds", "NBGRADER_EXECUTION": ""}, "on"),
        ({"JPY_SESSION_NAME": "{inside}", "COURSE_KIT_KERNEL": "41"}, "off"),  # below another kernel of ours
        ({"JPY_SESSION_NAME": "{inside}", "COURSE_KIT_KERNEL": "42"}, "on"),  # loaded twice
    ],
)
def test_when_it_records(workspace: Path, environ: dict[str, str], state: str) -> None:
    inside = str(workspace / "notebooks/frames.ipynb")
    around = {name: value.replace("{inside}", inside) for name, value in environ.items()}
    place = find_place(workspace, notebook=notebook_path(around, {}))
    assert recording(place, around, pid=42) == state


def test_a_release_that_was_not_opened_records_nothing(make_workspace) -> None:
    root = make_workspace(opened=False)
    around = {"JPY_SESSION_NAME": str(root / "notebooks/frames.ipynb")}
    place = find_place(root, notebook=notebook_path(around, {}))
    assert recording(place, around) == "off"
