"""From a course to one file for learners."""

import json
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import NotFound
from course_kit.model.quiz import item_digest, score
from course_kit.release.build import build_release, release_folder
from course_kit.source.course_file import read_course
from course_kit.source.findings import FaultyCourse
from course_kit.source.released import latest_release, read_quizzes, read_release

Tree = Callable[[Path], dict[str, bytes]]


def test_a_release_has_two_halves_under_one_hash(author: Any, tree: Tree) -> None:
    author.writes_course("01-a", "02-b", files="[notebooks/data.csv]", packages="[numpy]")
    author.writes("notebooks/data.csv", "x\n")
    steps: list[tuple[int, int]] = []
    built = build_release(author.folder, progress=lambda done, total, _what: steps.append((done, total)))
    assert built.folder == author.folder / "releases" / built.hash[:12]
    assert (built.rebuilt, built.reused) == (2, 0)
    assert steps == sorted(steps)
    assert steps[-1] == (4, 4)
    assert sorted(tree(built.folder)) == [
        f"c-{built.hash[:12]}.course.zip",
        "instructor/items.json",
        "instructor/sources.json",
        "learner/.course-kit/quizzes/a.json",
        "learner/.course-kit/quizzes/b.json",
        "learner/notebooks/01-a.ipynb",
        "learner/notebooks/02-b.ipynb",
        "learner/notebooks/data.csv",
        "learner/release.json",
    ]
    assert (author.folder / "releases" / "latest").read_text() == f"{built.hash[:12]}\n"
    assert latest_release(author.folder) == built.folder
    with zipfile.ZipFile(built.archive) as archive:
        assert archive.namelist()[0] == "release.json"
        assert {name: archive.read(name) for name in archive.namelist()} == tree(built.folder / "learner")
    manifest = read_release(built.archive)
    assert manifest == read_release(built.folder / "learner")
    assert manifest.release == built.hash
    assert manifest.packages == ("numpy",)
    assert [lesson.items for lesson in manifest.course.lessons()] == [("robust/which", "robust/mean")] * 2


def test_a_learners_notebook_holds_questions_and_no_answers(author: Any) -> None:
    author.writes_course("a")
    author.edits("notebooks/a.ipynb", '"outputs": []}]', '"outputs": []}, ' + json.dumps(
        author.cell("markdown", "mine", "the answers", metadata={"tags": ["author-only"]})
    ) + "]")  # fmt: skip
    built = build_release(author.folder)
    text = (built.folder / "learner/notebooks/a.ipynb").read_text()
    notebook = json.loads(text)
    assert notebook["metadata"]["course_kit"] == {"version": 1, "course": "c", "lesson": "a"}
    assert [cell["id"] for cell in notebook["cells"]] == ["top", "load", "work", "quiz"]
    assert notebook["cells"][2]["execution_count"] is None
    quiz = notebook["cells"][3]
    assert quiz["source"] == ['quiz("a/robust")']
    assert quiz["metadata"] == {"course_kit": {"version": 1, "quiz": "robust"}}
    (output,) = quiz["outputs"]
    page = "".join(output["data"]["text/html"])
    assert "Which is <em>robust</em>?" in page
    assert "<msup>" in page
    for secret in ("One rank", "Try it", "absurd", "0.01", "That is the median", "the answers"):
        assert secret not in text
        assert secret not in (built.folder / "learner/.course-kit/quizzes/a.json").read_text()


def test_quizzes_come_back_as_they_were_written(author: Any) -> None:
    author.writes_course("a")
    built = build_release(author.folder)
    (first, second) = read_quizzes(built.folder / "learner", "a")["robust"].items
    source_items = read_course(author.folder).notebooks["a"].quizzes[0].quiz.items
    assert [first.digest, second.digest] == [item_digest(item) for item in source_items]
    assert first.public()["form"]["choices"] == ["<code>median</code>", "<code>mean</code>"]
    assert score(first.item(), 0).feedback[0].text == "One rank at most."
    assert score(second.item(), "4").feedback[0].text == "That is the median."
    assert read_quizzes(built.folder / "learner", "other") == {}
    items = json.loads((built.folder / "instructor/items.json").read_text())["items"]
    assert items["a/robust/mean"]["item"]["answer"] == "5"
    assert items["a/robust/mean"]["digest"] == second.digest


def test_the_same_source_gives_the_same_release_anywhere(author: Any, tmp_path: Path, tree: Tree) -> None:
    author.writes_course("a", "b")
    built = build_release(author.folder)
    shutil.copytree(author.folder, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("releases", ".course-kit"))
    again = build_release(tmp_path / "elsewhere")
    assert again.hash == built.hash
    assert tree(again.folder) == tree(built.folder)


def test_only_what_changed_is_built_again(author: Any, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "nbgrader"]:
        monkeypatch.delitem(sys.modules, name)  # another test's
    author.writes_course("a", "b", "c")
    first = build_release(author.folder)
    same = build_release(author.folder)
    assert (same.hash, same.rebuilt, same.reused) == (first.hash, 0, 3)
    author.edits("notebooks/b.ipynb", "Lesson b", "Lesson B")
    second = build_release(author.folder)
    assert (second.rebuilt, second.reused) == (1, 2)
    assert second.hash != first.hash
    shutil.rmtree(author.folder / "releases" / ".cache")
    assert build_release(author.folder).hash == second.hash
    for kept in (author.folder / "releases" / ".cache").iterdir():
        kept.write_text(kept.read_text()[:-5])
    whole = build_release(author.folder)
    assert (whole.hash, whole.rebuilt) == (second.hash, 3)
    assert "nbgrader" not in sys.modules


def test_a_quizs_picture_is_part_of_what_is_built(author: Any) -> None:
    author.writes_course("a")
    author.writes_lesson("a", "%%quiz k\n![a square](square.svg) How many sides?\n= 4\n")
    author.writes("notebooks/square.svg", "<svg/>")
    first = build_release(author.folder)
    (item,) = read_quizzes(first.folder / "learner", "a")["k"].items
    assert item.public()["prompt"].startswith('<img src="data:image/svg+xml;base64,')
    assert (first.folder / "learner/notebooks/square.svg").is_file()
    author.writes("notebooks/square.svg", "<svg> </svg>")
    assert build_release(author.folder).rebuilt == 1


def test_a_course_with_errors_is_not_built(author: Any) -> None:
    author.writes_course("a", "b")
    author.edits("notebooks/a.ipynb", "[x]", "[ ]")
    author.edits("notebooks/b.ipynb", "= 5", "= five")
    with pytest.raises(FaultyCourse) as caught:
        build_release(author.folder)
    assert [finding.code for finding in caught.value.findings] == ["no-right-answer", "bad-number"]
    assert not (author.folder / "releases").exists()


def test_a_damaged_release_of_the_same_hash_is_made_again(author: Any) -> None:
    author.writes_course("a")
    built = build_release(author.folder)
    (built.folder / "learner/notebooks/a.ipynb").write_text("{}")
    assert build_release(author.folder).hash == built.hash
    assert read_release(built.folder / "learner").release == built.hash
    (built.folder / "instructor/items.json").unlink()
    build_release(author.folder)
    assert (built.folder / "instructor/items.json").is_file()
    assert sorted(path.name for path in (author.folder / "releases").iterdir()) == sorted(
        [".cache", built.hash[:12], "latest"]
    )


def test_releases_are_found_by_name(author: Any) -> None:
    author.writes_course("a")
    with pytest.raises(NotFound, match="no release 'latest'"):
        release_folder(author.folder, "latest")
    built = build_release(author.folder)
    for name in ("latest", built.hash, built.hash[:6], built.folder, f"releases/{built.hash[:12]}"):
        assert release_folder(author.folder, name) == built.folder
    with pytest.raises(NotFound, match="Releases here"):
        release_folder(author.folder, "0000")
