"""Captions as players read them, and a lesson's videos as they travel."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.errors import Tampered, WrongVersion
from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.events import Event, VideoWatched
from course_kit.model.keys import uuid7
from course_kit.model.progress import LessonProgress, fold
from course_kit.model.video import (
    Captions,
    Copy,
    Cue,
    Video,
    clock,
    read_captions,
    read_videos_file,
    size_text,
    videos_file,
)

VIDEO = Video(
    key="intro",
    title="Intro",
    seconds=90.5,
    full=Copy(path="notebooks/videos/intro.webm", type="video/webm", bytes=1_234_567),
    small=Copy(url="https://example.org/small.webm", bytes=200_000),
    poster="notebooks/intro.webp",
    captions=(Captions(language="en", path="notebooks/intro.en.vtt", cues=(Cue(start=0, end=2, text="Hello"),)),),
    text="<p>Hello</p>",
)


def test_captions_are_read_as_players_show_them() -> None:
    cues, faults = read_captions(
        "\ufeffWEBVTT - an intro\r\nKind: captions\r\n\r\n"
        "NOTE made by hand\r\nover two lines\r\n\r\n"
        "STYLE\r\n::cue { color: red }\r\n\r\n"
        "1\r\n00:01.000 --> 00:04.000 line:0 align:start\r\n<v Ann>Hello &amp; <i>welcome</i>,\r\nall of you\r\n\r\n"
        "01:00:05.500 --> 01:00:07.000\r\nBye"
    )
    assert faults == ()
    assert [(cue.start, cue.end, cue.words) for cue in cues] == [
        (1.0, 4.0, "Ann: Hello & welcome, all of you"),
        (3605.5, 3607.0, "Bye"),
    ]
    assert cues[0].text == "<v Ann>Hello &amp; <i>welcome</i>,\nall of you"


def test_a_cue_may_stand_right_below_the_head() -> None:
    cues, faults = read_captions("WEBVTT\n00:01.000 --> 00:02.000\nHello\n")
    assert (len(cues), faults) == (1, ())


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "these are no WebVTT captions"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHello", 1, "these are no WebVTT captions"),
        ("WEBVTT\n", 1, "the file holds no captions"),
        ("WEBVTT\n\nHello", 3, "these words have no time"),
        ("WEBVTT\n\n00:01 --> 00:02\nHello", 3, "the time cannot be read"),
        ("WEBVTT\n\none\n00:61.000 --> 00:62.000\nHello", 4, "the time cannot be read"),
        ("WEBVTT\n\n00:02.000 --> 00:02.000\nHello", 3, "the caption ends before it begins"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nA\n\n00:01.000 --> 00:04.000\nB", 6, "before the one above"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\n", 3, "the caption has no words"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, message: str) -> None:
    _, faults = read_captions(text)
    assert faults[0].line == line
    assert message in faults[0].message
    assert faults[0].hint


def test_subtitles_of_another_kind_are_told_how_to_become_captions() -> None:
    (fault,) = read_captions("1\n00:00:01,000 --> 00:00:02,000\nHello")[1]
    assert "`.` for `,`" in fault.hint


@given(st.text(alphabet=st.sampled_from("WEBVT\n 0123:.->ab<&"), max_size=200))
def test_captions_never_fail(text: str) -> None:
    for given_text in (text, f"WEBVTT\n\n{text}"):
        for cue in read_captions(given_text)[0]:
            assert 0 <= cue.start < cue.end
            assert cue.words is not None


def test_a_release_holds_what_was_put_in() -> None:
    written = json.loads(json.dumps(videos_file("a", [VIDEO])))
    assert read_videos_file(written, "The file") == {"intro": VIDEO}
    assert VIDEO.paths() == (
        "notebooks/videos/intro.webm",
        "notebooks/intro.webp",
        "notebooks/intro.en.vtt",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"videos": []},
        {"videos": {"Not A Key": {}}},
        {"videos": {"intro": {"key": "intro", "title": "T", "seconds": -1, "full": {"bytes": 1}}}},
        {"videos": {"intro": {"key": "intro", "title": "T", "seconds": 1e99, "full": {"bytes": 1}}}},
        {
            "videos": {
                "intro": {"key": "intro", "title": "T", "seconds": 1, "full": {"url": "javascript:x", "bytes": 1}}
            }
        },
        {"of": 3},
        {"more": 1},
    ],
)
def test_a_damaged_file_is_no_video(change: dict[str, Any]) -> None:
    with pytest.raises(Tampered, match="The file is damaged"):
        read_videos_file({**videos_file("a", [VIDEO]), **change}, "The file")


def test_another_version_is_named() -> None:
    with pytest.raises(WrongVersion):
        read_videos_file({**videos_file("a", [VIDEO]), "version": 2}, "The file")
    with pytest.raises(Tampered):
        read_videos_file([], "The file")


def test_lengths_and_sizes_in_words() -> None:
    assert [clock(seconds) for seconds in (0, 9.6, 61, 3600, 36_061)] == ["0:00", "0:10", "1:01", "1:00:00", "10:01:01"]
    sizes = (0, 1, 1500, 999_400, 1_000_000, 9_940_000, 9_960_000, 123_400_000)
    assert [size_text(size) for size in sizes] == [
        "0 kB", "1 kB", "2 kB", "999 kB", "1.0 MB", "9.9 MB", "10 MB", "123 MB",
    ]  # fmt: skip


# ---------------------------------------------------------------- what it comes to

BEGUN = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def progress(rule: str, *watched: tuple[str, tuple[tuple[float, float], ...], float]) -> LessonProgress:
    """A lesson with the videos ``one`` (100 s) and ``two`` (50 s), after these were played."""
    lesson = Lesson(key="a", kind="notebook", path="a.ipynb", complete=rule, videos={"one": 100.0, "two": 50.0})
    course = Course(key="c", title="C", units=(Unit(key="u", lessons=(lesson,)),))
    events = [
        Event(
            event_id=uuid7(BEGUN, number),
            at=BEGUN,
            learner="p-0123456789abcdef",
            course="c",
            release="0" * 64,
            fact=VideoWatched(lesson="a", video=video, ranges=ranges, duration=duration),
        )
        for number, (video, ranges, duration) in enumerate(watched)
    ]
    found = fold(course, events).lesson("a")
    assert found is not None
    return found


def test_stretches_of_many_sittings_count_once_each() -> None:
    found = progress(
        "video one >= 60 %",
        ("one", ((0, 30),), 100),
        ("one", ((20, 50), (90, 100)), 100),
        ("one", ((0, 30),), 100),
    )
    assert (dict(found.videos), found.state) == ({"one": 0.6, "two": 0.0}, "done")


def test_the_length_is_the_releases_not_the_pages() -> None:
    assert progress("video one >= 60 %", ("one", ((0, 20),), 20.0)).videos["one"] == 0.2
    assert progress("video one >= 60 %", ("one", ((0, 5000),), 5000.0)).videos["one"] == 1.0


def test_a_rule_without_a_name_means_each_video_of_the_lesson() -> None:
    whole = ((0.0, 100.0),)
    assert progress("video >= 80 %", ("one", whole, 100)).state != "done"
    assert progress("video >= 80 %", ("one", whole, 100), ("two", ((0, 45),), 50)).state == "done"
    assert progress("video >= 80 %", ("gone", whole, 100)).fraction == 0.0


@pytest.mark.parametrize("text", ["<v " * 3300, "<v" + " " * 9990, "<" * 10_000, "<v.a" + ".a" * 4900, "<v \t" * 2500])
def test_captions_that_never_close_a_tag_are_read_at_once(text: str) -> None:
    begun = time.process_time()
    for _ in range(20):
        assert Cue(start=0, end=1, text=text).words.startswith("<")
    assert time.process_time() - begun < 1


def test_who_speaks_stands_before_the_words() -> None:
    assert Cue(start=0, end=1, text="<v.loud Ann Lee>Look <i>here</i></v> a < b").words == "Ann Lee: Look here a < b"
    assert Cue(start=0, end=1, text="<v >Hm").words == "Hm"
