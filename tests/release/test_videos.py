"""Videos in a release: their files travel, the cell can be read without a kernel, and what changes is noticed."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from course_kit.release.build import build_release
from course_kit.source.findings import FaultyCourse
from course_kit.source.released import read_manifest, read_videos

CELL = """%%video intro
title: Intro
file: ../films/intro.webm
length: 0:30
captions: intro.en.vtt
transcript: intro.md
"""


@pytest.fixture
def film(author: Any) -> Any:
    author.writes_course("a")
    author.writes_lesson("a", CELL)
    author.writes("films/intro.webm", "film")
    author.writes("films/unused.webm", "another")
    author.writes("notebooks/intro.en.vtt", "WEBVTT\n\n00:00.000 --> 00:29.000\nHello & welcome\n")
    author.writes("notebooks/intro.md", "It says **hello**.")
    return author


def cell(folder: Path) -> dict[str, Any]:
    notebook = json.loads((folder / "learner/notebooks/a.ipynb").read_bytes())
    return dict(next(one for one in notebook["cells"] if one["id"] == "quiz"))


def test_what_the_cell_names_travels_and_nothing_else(film: Any) -> None:
    built = build_release(film.folder)
    with zipfile.ZipFile(built.archive) as archive:
        assert sorted(archive.namelist()) == [
            ".course-kit/videos/a.json",
            "films/intro.webm",
            "notebooks/a.ipynb",
            "notebooks/intro.en.vtt",
            "release.json",
        ]
    lesson = read_manifest(built.folder / "learner").course.lesson("a")
    assert lesson is not None
    assert (dict(lesson.videos), dict(lesson.video_titles)) == ({"intro": 30.0}, {"intro": "Intro"})
    video = read_videos(built.folder / "learner", "a")["intro"]
    assert (video.full.path, video.full.bytes, video.text) == (
        "films/intro.webm",
        4,
        "<p>It says <strong>hello</strong>.</p>",
    )
    assert dict(read_videos(built.folder / "learner", "b")) == {}


def test_the_cell_can_be_read_without_a_kernel(film: Any) -> None:
    made = cell(build_release(film.folder).folder)
    assert made["source"] == ['video("a/intro")']
    assert made["metadata"] == {"course_kit": {"version": 1, "video": "intro"}}
    page = "".join(made["outputs"][0]["data"]["text/html"])
    assert '<a href="../films/intro.webm">Open the video</a> (1 kB)' in page
    assert '<track kind="captions" srclang="en" src="intro.en.vtt">' in page
    assert "It says <strong>hello</strong>." in page


def test_another_transcript_makes_another_release_and_the_same_source_the_same(film: Any) -> None:
    first = build_release(film.folder)
    again = build_release(film.folder)
    assert (again.hash, again.rebuilt) == (first.hash, 0)
    film.writes("notebooks/intro.md", "It says *goodbye*.")
    changed = build_release(film.folder)
    assert changed.hash != first.hash
    assert "goodbye" in "".join(cell(changed.folder)["outputs"][0]["data"]["text/html"])


def test_a_video_that_is_not_there_keeps_a_release_from_being_built(film: Any) -> None:
    (film.folder / "films/intro.webm").unlink()
    with pytest.raises(FaultyCourse) as caught:
        build_release(film.folder)
    assert [finding.code for finding in caught.value.findings] == ["missing-file"]
