"""A learner opens a course, and opens its next versions: nothing of theirs is ever overwritten."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound, Refused, Tampered, Unavailable
from course_kit.files.archive import write_archive
from course_kit.store.places import latest_outline, workspaces
from course_kit.workspace.events import own_events
from course_kit.workspace.folder import Workspace
from course_kit.workspace.open import open_course, what_is
from course_kit.workspace.trust import trusted

LESSON, WORK = "notebooks/01-first.ipynb", "assignments/sums/sums.ipynb"
BESIDE = "notebooks/01-first (new version).ipynb"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def test_the_first_opening_makes_a_trusted_copy_and_notes_it(author: Any, laptop: Any) -> None:
    release = author.releases()
    opened = laptop.opens(release)
    assert opened.first_run
    assert (opened.folder, opened.course, opened.first) == (laptop.copy.resolve(), "tiny", LESSON)
    assert opened.missing_packages == ()
    assert opened.added == (WORK, LESSON, "notebooks/02-second.ipynb", "notebooks/data.csv")
    assert (laptop.copy / LESSON).read_bytes() == (release.folder / LESSON).read_bytes()
    assert trusted(laptop.copy / LESSON)
    base = laptop.copy / ".course-kit" / "base" / release.manifest.short
    assert tree(base) == tree(release.folder)
    assert not os.access(base / LESSON, os.W_OK) or os.geteuid() == 0
    assert [(known.course, known.folder) for known in workspaces(laptop.data)] == [("tiny", opened.folder)]
    outline = latest_outline(laptop.data, "tiny")
    assert outline is not None
    assert outline["release"] == release.manifest.release
    began = [event.kind for event in own_events(laptop.data, "tiny", at=laptop.later())]
    assert began.count("CourseStarted") == 1


def test_the_welcome_page_asks_nobody_for_anything_and_says_who_sees_what(author: Any, laptop: Any) -> None:
    opened = laptop.opens(author.releases())
    page = opened.welcome.read_text()
    assert opened.welcome.name == "welcome.html"
    assert '<html lang="en">' in page
    assert "<h1>Welcome to A tiny course</h1>" in page
    assert re.findall(r"(?:src=|url\(|@import|<script|<link)", page) == []
    assert re.findall(r'href="([^"]+)"', page) == ["mailto:teacher@example.org"]
    for words in ("What is recorded", "What is not recorded", "Who sees it", "--no-events", str(laptop.data)):
        assert words in page


def test_opening_the_same_release_again_changes_nothing(author: Any, laptop: Any) -> None:
    release = author.releases()
    laptop.opens(release)
    laptop.types(LESSON, "middle", "x = 2")
    before = tree(laptop.copy)
    again = laptop.opens(release)
    assert not again.first_run
    assert (again.updated, again.kept, again.conflicts, again.added) == ((), (), (), ())
    assert tree(laptop.copy) == before
    assert laptop.opens(laptop.copy).release == release.manifest.release
    assert tree(laptop.copy) == before


def test_a_file_a_folder_and_an_authors_folder_are_the_same_course(author: Any, laptop: Any, desktop: Any) -> None:
    release = author.releases()
    for source in (release.folder, release.folder.parent, author.folder / "releases", author.folder):
        opened = open_course(
            str(source), to=laptop.home / f"copy-{len(str(source))}", data=laptop.data, at=laptop.later()
        )
        assert opened.release == release.manifest.release


def test_the_copy_goes_where_the_course_was_opened_before(author: Any, laptop: Any, tmp_path: Path) -> None:
    first = open_course(str(author.releases().archive), data=laptop.data, at=laptop.later())
    assert first.folder == (tmp_path / "home" / "course-kit" / "tiny").resolve()
    laptop.opens(author.releases())
    newer = author.releases({LESSON: author.files()["notebooks/02-second.ipynb"]})
    found = open_course(str(newer.archive), data=laptop.data, at=laptop.later())
    assert found.folder == laptop.copy.resolve()


def test_a_new_release_replaces_what_was_not_touched(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(LESSON, "nothing", "")  # it was run and saved: no work of the learner's
    new = author.releases(
        {
            LESSON: make.as_bytes(make.lesson_one(text="# First, better")),
            "notebooks/03-new.ipynb": make.as_bytes(make.notebook(make.prose("n", "new"))),
            "notebooks/data.csv": None,
        }
    )
    opened = laptop.opens(new)
    assert (opened.updated, opened.added, opened.removed) == (
        (LESSON,),
        ("notebooks/03-new.ipynb",),
        ("notebooks/data.csv",),
    )
    assert (opened.kept, opened.conflicts) == ((), ())
    assert laptop.sources(LESSON)[0] == "# First, better"
    assert not (laptop.copy / "notebooks/data.csv").exists()
    backups = list((laptop.copy / ".course-kit" / "backups").rglob("*.csv"))
    assert [path.read_bytes() for path in backups] == [b"a,b\n1,2\n"]
    assert Workspace.at(laptop.copy).release == new.manifest.release
    assert [path.name for path in (laptop.copy / ".course-kit" / "base").iterdir()] == [new.manifest.short]
    assert trusted(laptop.copy / LESSON)


def test_what_the_learner_touched_stays_and_the_new_version_lies_beside(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(LESSON, "middle", "x = 'mine'")
    laptop.types(WORK, "add", "def add(a, b): return a + b")
    (laptop.copy / "notebooks" / "03-new.ipynb").write_text("my own notes")
    mine = tree(laptop.copy)
    new = author.releases(
        {
            LESSON: make.as_bytes(make.lesson_one(text="# Better")),
            WORK: make.as_bytes(make.sums(hint="Write `add`, please.")),
            "notebooks/03-new.ipynb": make.as_bytes(make.notebook(make.prose("n", "new"))),
        }
    )
    opened = laptop.opens(new)
    assert opened.kept == (WORK, LESSON, "notebooks/03-new.ipynb")
    assert opened.conflicts == (
        "assignments/sums/sums (new version).ipynb",
        BESIDE,
        "notebooks/03-new (new version).ipynb",
    )
    for name in opened.kept:
        assert (laptop.copy / name).read_bytes() == mine[name]
    assert laptop.sources(BESIDE)[0] == "# Better"
    assert laptop.reads("release.json")["release"] == new.manifest.release


def test_a_new_version_that_the_learner_worked_in_is_not_overwritten(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(LESSON, "middle", "x = 'mine'")
    laptop.opens(author.releases({LESSON: make.as_bytes(make.lesson_one(text="# Two"))}))
    third = laptop.opens(author.releases({LESSON: make.as_bytes(make.lesson_one(text="# Three"))}))
    assert third.conflicts == (BESIDE,)
    assert laptop.sources(BESIDE)[0] == "# Three"
    laptop.types(BESIDE, "middle", "x = 'typed into the new one'")
    fourth = laptop.opens(author.releases({LESSON: make.as_bytes(make.lesson_one(text="# Four"))}))
    assert fourth.conflicts == ("notebooks/01-first (new version 2).ipynb",)
    assert laptop.sources(BESIDE)[1] == "x = 'typed into the new one'"
    assert laptop.sources(LESSON)[1] == "x = 'mine'"


def test_a_touched_file_that_the_author_took_out_stays(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    laptop.types("notebooks/02-second.ipynb", "c", "my = 1")
    opened = laptop.opens(author.releases({"notebooks/02-second.ipynb": None}))
    assert opened.kept == ("notebooks/02-second.ipynb",)
    assert laptop.sources("notebooks/02-second.ipynb")[1] == "my = 1"


def test_an_older_release_changes_nothing(author: Any, laptop: Any, make: Any) -> None:
    old = author.releases()
    new = author.releases({LESSON: make.as_bytes(make.lesson_one(text="# Newer"))})
    laptop.opens(old)
    laptop.opens(new)
    before = tree(laptop.copy)
    opened = laptop.opens(old)
    assert opened.message == "This is an older release than the one you work with; nothing was changed."
    assert opened.release == new.manifest.release
    assert tree(laptop.copy) == before


def test_missing_packages_come_with_the_one_command(author: Any, laptop: Any) -> None:
    packages = ("pydantic", "no-such-package-xyz>=2", "PyYAML", "x; rm -rf /")
    opened = laptop.opens(author.releases(packages=packages))
    assert opened.missing_packages == ("no-such-package-xyz",)
    assert opened.install.endswith("-m pip install no-such-package-xyz")


def test_a_folder_that_holds_something_else_is_left_alone(author: Any, laptop: Any) -> None:
    laptop.copy.mkdir(parents=True)
    (laptop.copy / "thesis.tex").write_text("years of work")
    with pytest.raises(Refused, match="holds something else") as caught:
        laptop.opens(author.releases())
    assert "--to" in caught.value.hint
    assert tree(laptop.copy) == {"thesis.tex": b"years of work"}
    assert [path.name for path in laptop.copy.parent.iterdir()] == ["tiny"]


def test_another_course_does_not_go_into_this_ones_folder(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    other = author.releases(course=make.course.model_copy(update={"key": "other"}))
    with pytest.raises(Refused, match="holds the course 'tiny'"):
        laptop.opens(other)


def test_damaged_climbing_and_foreign_files_are_refused_and_leave_nothing(
    author: Any, laptop: Any, tmp_path: Path
) -> None:
    release = author.releases()
    whole = release.archive.read_bytes()
    cut = tmp_path / "cut.course.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Tampered):
        laptop.opens(cut)
    with pytest.raises(Invalid, match="only course-kit itself may write"):
        laptop.opens(author.releases({".course-kit/workspace.json": b"{}"}))
    with pytest.raises(Invalid, match="only course-kit itself may write"):
        laptop.opens(author.releases({".Course-Kit/quizzes/x.json": b"{}"}))
    feedback = tmp_path / "x.feedback.zip"
    write_archive(feedback, {"feedback.json": b"{}"}, first="feedback.json")
    with pytest.raises(Invalid, match="is not a course") as caught:
        laptop.opens(feedback)
    assert "feedback file" in caught.value.hint
    assert (what_is(feedback), what_is(release.archive), what_is(cut)) == ("feedback", "release", "unknown")
    with pytest.raises(NotFound):
        laptop.opens(tmp_path / "nothing.zip")
    with pytest.raises(NotFound, match="no built release"):
        laptop.opens(tmp_path)
    assert not laptop.copy.exists()


def test_addresses_that_are_none_and_servers_that_are_gone_are_named(laptop: Any) -> None:
    with pytest.raises(Invalid, match="https:// or http://"):
        laptop.opens("file:///etc/passwd")
    with pytest.raises(Unavailable, match="could not be fetched"):
        laptop.opens("http://127.0.0.1:9/tiny.course.zip")


def test_a_link_that_leads_out_of_the_course_is_not_written_through(
    author: Any, laptop: Any, make: Any, tmp_path: Path
) -> None:
    laptop.opens(author.releases())
    outside = tmp_path / "outside"
    (laptop.copy / "notebooks").rename(outside)
    (laptop.copy / "notebooks").symlink_to(outside)
    before = tree(outside)
    with pytest.raises(Refused, match="leads out of the course's folder"):
        laptop.opens(author.releases({LESSON: make.as_bytes(make.lesson_one(text="# New"))}))
    assert tree(outside) == before


def test_a_damaged_record_says_what_to_do(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    (laptop.copy / ".course-kit" / "workspace.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(Invalid, match="version 99"):
        laptop.opens(laptop.copy)


def test_a_copy_has_a_seed_of_its_own_that_stays(author: Any, laptop: Any, tmp_path: Path) -> None:
    release = author.releases()
    laptop.opens(release)
    seed = Workspace.at(laptop.copy).record.seed
    assert re.fullmatch(r"[0-9a-f]{32}", seed)
    laptop.opens(author.releases({"notebooks/data.csv": b"a\n2\n"}))
    assert Workspace.at(laptop.copy).record.seed == seed
    other = open_course(str(release.folder), to=tmp_path / "other", data=tmp_path / "data", at=laptop.later())
    assert Workspace.at(other.folder).record.seed not in ("", seed)


def test_a_copy_from_before_seeds_gets_one_when_it_is_opened(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    path = laptop.copy / ".course-kit" / "workspace.json"
    record = json.loads(path.read_text())
    del record["seed"]
    path.write_text(json.dumps(record))
    assert Workspace.at(laptop.copy).record.seed == ""
    open_course(str(laptop.copy), data=laptop.data, at=laptop.later())
    seed = Workspace.at(laptop.copy).record.seed
    assert len(seed) == 32
    assert json.loads(path.read_text()) == {**record, "seed": seed}
