"""What a new release means for those who are in the middle of the old one."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import NotFound
from course_kit.release.build import build_release
from course_kit.release.since import changes_since
from course_kit.source.checks import check


def kept(author: Any, name: str) -> Path:
    """A copy of the release that is built now."""
    return Path(shutil.copytree(build_release(author.folder).folder, author.folder.parent / name))


def said(author: Any, old: Path) -> list[tuple[str, str, str]]:
    return [(c.kind, c.where, c.what) for c in changes_since(old, build_release(author.folder).folder)]


def test_nothing_changed(author: Any) -> None:
    author.writes_course("a")
    assert said(author, kept(author, "old")) == []


def test_what_learners_plan_by(author: Any) -> None:
    units = (
        "units:\n  - {key: u, title: %s, goal: %s, pace: %s, lessons: [{notebook: notebooks/a.ipynb, minutes: %s}]}\n"
    )
    author.writes_course("a")
    author.writes("course.yml", "course: c\ntitle: C\n" + units % ("One", "Read", "1 week", 5))
    old = kept(author, "old")
    author.writes("course.yml", "course: c\ntitle: C\n" + units % ("Two", "Write", "2 weeks", 50))
    assert said(author, old) == [
        ("text", "u", "title changed to Two"),
        ("text", "u", "goal changed to Write"),
        ("text", "u", "pace changed to 2 weeks"),
        ("text", "a", "its minutes changed from 5 to 50"),
    ]


def test_texts_keys_and_items(author: Any) -> None:
    author.writes_course("a")
    old = kept(author, "old")
    author.edits("notebooks/a.ipynb", "1 + 1", "2 + 2")
    author.edits("notebooks/a.ipynb", "Which is *robust*?", "Which one is *robust*?")
    author.edits("notebooks/a.ipynb", "= 5 ± 0.01", "= 5 ± 0.5")
    author.edits("notebooks/a.ipynb", "key: mean\\n", "key: mean\\n---\\nNew?\\n= true\\nkey: new\\n")
    new = build_release(author.folder).folder
    assert [(c.kind, c.where, c.what) for c in changes_since(old, new)] == [
        ("text", "a", "1 cell changed"),
        ("text", "a/robust/which", "reworded"),
        ("key", "a/robust/mean", "another answer is right: 5 ± 0.5 instead of 5 ± 0.01"),
        ("item", "a/robust/new", "added"),
    ]
    meanings = {change.where: change.meaning for change in changes_since(old, new)}
    assert meanings["a"].startswith("Untouched notebooks update by themselves")
    assert meanings["a/robust/mean"].startswith("Answers already given keep what they earned")
    assert [change.json_object()["kind"] for change in changes_since(new, old)] == ["text", "text", "key", "item"]
    assert changes_since(new, old)[-1].what == "removed"


@pytest.mark.parametrize(
    ("old", "new", "kind", "what"),
    [
        ("- [x] `median`", "- [x] `Median`", "text", "reworded"),
        ("- [ ] `mean` — Try it.", "- [ ] `mean` — No.", "text", "reworded"),
        ("- [ ] `mean`", "- [x] `mean`", "key", "asks for several choices instead of one choice"),
        (
            "- [ ] `mean` — Try it.\\n",
            "- [ ] `mean` — Try it.\\n- [ ] c\\n",
            "key",
            "other choices are right, or there are more or fewer of them",
        ),
        ("= 5 ± 0.01\\n≠ 4 — That is the median.", "= five", "key", "asks for a few words instead of a number"),
        ("key: which", "key: which\\nskill: spread", "text", "exercises spread instead of none"),
    ],
)
def test_what_kind_of_change_it_is(author: Any, old: str, new: str, kind: str, what: str) -> None:
    author.writes_course("a")
    before = kept(author, "old")
    author.edits("notebooks/a.ipynb", old, new)
    assert (kind, what) in {(found[0], found[2]) for found in said(author, before)}


def test_a_renamed_item_and_a_renamed_lesson_keep_their_history(author: Any) -> None:
    author.writes_course("a", "b")
    old = kept(author, "old")
    author.edits("notebooks/a.ipynb", "key: mean\\n", "key: average\\nwas: mean\\n")
    (author.folder / "notebooks/b.ipynb").rename(author.folder / "notebooks/c.ipynb")
    author.edits("course.yml", "notebooks/b.ipynb\n", "notebooks/c.ipynb\n        was: b\n")
    assert said(author, old) == [
        ("lesson", "c", "renamed from b"),
        ("lesson", "c", "moved from notebooks/b.ipynb to notebooks/c.ipynb"),
        ("item", "a/robust/average", "renamed from robust/mean"),
    ]
    author.edits("notebooks/a.ipynb", "was: mean\\n", "")
    assert ("item", "a/robust/average", "added") in said(author, old)
    assert ("item", "a/robust/mean", "removed") in said(author, old)


def test_a_renamed_quiz_keeps_its_history(author: Any) -> None:
    author.writes_course("a")
    old = kept(author, "old")
    author.edits("notebooks/a.ipynb", "%%quiz robust", "%%quiz sturdy")
    assert [what for _, _, what in said(author, old)] == ["added", "added", "removed", "removed"]
    author.edits("notebooks/a.ipynb", "key: which\\n", "key: which\\nquiz-was: robust\\n")
    assert said(author, old) == [
        ("item", "a/sturdy/which", "renamed from robust/which"),
        ("item", "a/sturdy/mean", "renamed from robust/mean"),
    ]


def test_a_lesson_renamed_without_a_word_is_doubted(author: Any) -> None:
    author.writes_course("a", "b")
    author.edits("course.yml", "notebooks/b.ipynb\n", "notebooks/b.ipynb\n        requires: [a]\n")
    old = kept(author, "old")
    (author.folder / "notebooks/a.ipynb").rename(author.folder / "notebooks/c.ipynb")
    author.edits("course.yml", "notebooks/a.ipynb\n", "notebooks/c.ipynb\n")
    (unknown,) = [finding for finding in check(author.folder) if finding.code == "unknown-lesson"]
    assert unknown.hint == "Write the key of a lesson. If `c` is `a` renamed, write `was: a` at it."

    author.edits("course.yml", "requires: [a]", "requires: [c]")
    (added,) = [change for change in changes_since(old, build_release(author.folder).folder) if change.what == "added"]
    assert added.where == "c"
    assert "if c is a renamed, write `was: a` at it and build again" in added.meaning

    author.edits("notebooks/c.ipynb", "key: mean", "key: other")
    changes = changes_since(old, build_release(author.folder).folder)
    assert not any("was:" in change.meaning for change in changes)


def test_lessons_gates_packages_and_files(author: Any) -> None:
    author.writes_course("a", "b", "d", packages="[numpy]", files="[x.csv]")
    author.writes("x.csv", "1")
    author.writes("course.yml", (author.folder / "course.yml").read_text())
    old = kept(author, "old")
    author.writes_course("b", "a", "e", packages="[pandas]", files="[y.csv]", **{"pass": "0.5"})
    author.edits("course.yml", "notebooks/a.ipynb\n", "notebooks/a.ipynb\n        requires: b\n")
    author.writes("y.csv", "1")
    assert said(author, old) == [
        ("course", "course", "the share to pass changed from 0.7 to 0.5"),
        ("gate", "a", "requires b"),
        ("lesson", "e", "added"),
        ("lesson", "d", "removed"),
        ("lesson", "course", "lessons stand in another order: b, a"),
        ("package", "pandas", "needed from now on"),
        ("package", "numpy", "no longer needed"),
        ("file", "x.csv", "removed"),
        ("file", "y.csv", "added"),
    ]


def test_questions_in_another_order(author: Any) -> None:
    author.writes_course("a")
    author.writes_lesson("a", "%%quiz k\nA\n= 1\nkey: a\n---\nB\n= 2\nkey: b\n")
    old = kept(author, "old")
    author.writes_lesson("a", "%%quiz k\nB\n= 2\nkey: b\n---\nA\n= 1\nkey: a\n")
    assert said(author, old) == [("item", "a/k/b", "questions stand in another order")]


def test_only_a_whole_release_can_be_compared(author: Any, tmp_path: Path) -> None:
    author.writes_course("a")
    built = build_release(author.folder)
    with pytest.raises(NotFound, match="no instructor's half"):
        changes_since(built.folder / "learner", built.folder)
