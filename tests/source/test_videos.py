"""`%%video` cells: what is read of them, what `check` finds, and how long their files last."""

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.source.checks import check
from course_kit.source.course_file import load_course
from course_kit.source.video_cells import OPTIONS, ParsedVideo, parse_video
from course_kit.source.video_length import video_length

Codes = Callable[[Any], list[tuple[str, str, int | None]]]
VTT = "WEBVTT\n\n00:00.000 --> 00:28.000\nHello\n"
CELL = """%%video intro
title: Intro
file: videos/intro.webm
captions: videos/intro.en.vtt
transcript: videos/intro.md
"""
COURSE = """units:
  - key: u
    lessons:
      - notebook: notebooks/a.ipynb
        minutes: 5
"""


def webm(seconds: float) -> bytes:
    """The head of a WebM file of that length."""
    duration = b"\x44\x89\x88" + struct.pack(">d", seconds * 1000)
    scale = b"\x2a\xd7\xb1\x83\x0f\x42\x40"
    info = b"\x15\x49\xa9\x66" + bytes([0x80 | len(scale + duration)]) + scale + duration
    return (
        b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + info + b"\x1f\x43\xb6\x75\x80"
    )


def mp4(seconds: float, *, version: int = 0, first: bytes = b"") -> bytes:
    """The boxes of an MP4 file that say how long it is; ``first``: what stands before them."""
    form = ">B3xQQIQ" if version else ">B3xIIII"
    mvhd = struct.pack(form, version, 0, 0, 600, round(seconds * 600))
    inner = struct.pack(">I4s", 8 + len(mvhd), b"mvhd") + mvhd
    box = struct.pack(">I4s", 16, b"ftyp") + b"isom\0\0\0\1"
    return box + first + struct.pack(">I4s", 8 + len(inner), b"moov") + inner


@pytest.fixture
def film(author: Any) -> Any:
    """A course with a lesson whose video is whole."""
    author.writes_course(COURSE)
    author.writes("notebooks/videos/intro.en.vtt", VTT)
    author.writes("notebooks/videos/intro.md", "It says *hello*.")
    (author.folder / "notebooks/videos/intro.webm").write_bytes(webm(30))
    author.writes_lesson("a", CELL)
    return author


def found(film: Any, cell: str, codes: Codes) -> list[tuple[str, str, int | None]]:
    film.writes_lesson("a", cell)
    return codes(check(film.folder))


def test_a_whole_video_has_no_findings_and_its_length_is_in_the_outline(film: Any) -> None:
    assert check(film.folder) == ()
    (lesson,) = load_course(film.folder).source.course.lessons()
    assert dict(lesson.videos) == {"intro": 30.0}
    assert dict(lesson.video_titles) == {"intro": "Intro"}
    assert lesson.cells == ()  # watching is no cell that has to run without an error


def test_every_line_of_the_form_is_read() -> None:
    video, problems = parse_video(
        "\n%%video talk.2\nTitle:  A talk: part two \nurl: https://example.org/t.mp4\nsize: 1.5 GB\n"
        "small: https://example.org/s.mp4\nsmall-size: 80 MB\nlength: 1:02:03\n\n"
        "captions: t.en.vtt, t.de.vtt\ncaptions: t.fr.vtt\nposter: t.jpg\n"
    )
    assert problems == ()
    assert video == ParsedVideo(
        key="talk.2",
        title="A talk: part two",
        url="https://example.org/t.mp4",
        size=1_500_000_000,
        small="https://example.org/s.mp4",
        small_size=80_000_000,
        length=3723.0,
        captions=("t.en.vtt", "t.de.vtt", "t.fr.vtt"),
        poster="t.jpg",
        lines=video.lines,
    )
    assert (video.line("length"), video.line("file")) == (8, 1)


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("%%video\nfile: a.webm\ntitle: A", [("bad-key", 1)]),
        ("%%video Big Intro\nfile: a.webm\ntitle: A", [("bad-key", 1)]),
        ("%%video a\nfile: a.webm", [("no-title", 1)]),
        ("%%video a\ntitle: A", [("no-file", 1)]),
        ("%%video a\ntitle: A\nfile: a.webm\nurl: https://e.org/a\nsize: 1 MB", [("file-and-url", 4)]),
        ("%%video a\ntitle: A\nurl: https://e.org/a", [("no-size", 3)]),
        ("%%video a\ntitle: A\nurl: e.org/a\nsize: 1 MB", [("bad-option", 3)]),
        ("%%video a\ntitle: A\nfile: a.webm\nsmall: https://e.org/a", [("no-size", 4)]),
        ("%%video a\ntitle: A\nfile: a.webm\nlength: 2 minutes", [("bad-option", 4)]),
        ("%%video a\ntitle: A\nfile: a.webm\nlength: 0:00", [("bad-option", 4)]),
        ("%%video a\ntitle: A\nfile: a.webm\nsize: big", [("bad-option", 4)]),
        ("%%video a\ntitle: A\nfile: a.webm\nsubtitles: b.vtt", [("unknown-option", 4)]),
        ("%%video a\ntitle: A\nfile: a.webm\ntitle: B", [("option-twice", 4)]),
        ("%%video a\ntitle: A\nfile: a.webm\nposter:", [("empty", 4)]),
        ("%%video a\ntitle: A\nfile: a.webm\nHello there", [("no-option", 4)]),
    ],
)
def test_a_fault_in_the_form_has_its_line(cell: str, codes: list[tuple[str, int]]) -> None:
    problems = parse_video(cell)[1]
    assert [(problem.code, problem.line) for problem in problems] == codes
    assert all(problem.hint for problem in problems)


@given(st.text(max_size=300))
def test_the_form_never_fails(text: str) -> None:
    parse_video(f"%%video {text}")
    parse_video(text)


def test_what_lacks_is_found(film: Any, codes: Codes) -> None:
    cell = CELL.replace("intro.webm", "gone.webm").replace("intro.en", "gone.en").replace("intro.md", "gone.md")
    assert found(film, cell + "poster: gone.png\nsmall: gone.webm\n", codes) == [
        ("missing-file", "a.ipynb", 3),
        ("missing-captions", "a.ipynb", 4),
        ("missing-transcript", "a.ipynb", 5),
        ("missing-poster", "a.ipynb", 6),
        ("missing-small", "a.ipynb", 7),
    ]
    outside = CELL.replace("videos/intro.webm", "../../secret.webm")
    (film.folder.parent / "secret.webm").write_bytes(webm(3))
    assert found(film, outside, codes) == [("missing-file", "a.ipynb", 3)]


def test_who_cannot_hear_or_see_it_is_thought_of(film: Any, codes: Codes) -> None:
    lines = CELL.splitlines(keepends=True)
    without_captions = "".join(lines[:3] + lines[4:])
    assert found(film, without_captions, codes) == [("no-captions", "a.ipynb", 3)]
    assert found(film, without_captions + "captions: none", codes) == []
    assert found(film, "".join(lines[:3]) + "captions: none", codes) == [("no-transcript", "a.ipynb", 4)]
    (warning,) = check(film.folder) if found(film, "".join(lines[:4]), codes) else ()
    assert (warning.code, warning.level) == ("no-transcript", "warning")


@pytest.mark.parametrize(
    ("captions", "code", "level"),
    [
        ("1\n00:00:00,000 --> 00:00:28,000\nHello", "bad-captions", "error"),
        (VTT.replace("00:28", "00:12"), "captions-short", "warning"),
        (VTT.replace("00:28", "00:48"), "captions-long", "warning"),
    ],
)
def test_captions_are_looked_into(film: Any, captions: str, code: str, level: str) -> None:
    film.writes("notebooks/videos/intro.en.vtt", captions)
    (finding,) = check(film.folder)
    assert (finding.code, finding.level, finding.line) == (code, level, 4)
    assert "intro.en.vtt" in finding.message


def test_captions_that_are_no_text(film: Any) -> None:
    (film.folder / "notebooks/videos/intro.en.vtt").write_bytes(b"WEBVTT\n\xff\xfe")
    (finding,) = check(film.folder)
    assert finding.code == "bad-captions"


def test_a_length_that_nobody_knows(film: Any, codes: Codes) -> None:
    (film.folder / "notebooks/videos/intro.webm").write_bytes(b"not a video")
    assert found(film, CELL, codes) == [("no-length", "a.ipynb", 3)]
    assert found(film, CELL + "length: 0:30\n", codes) == []
    remote = CELL.replace("file: videos/intro.webm", "url: https://example.org/i.webm") + "size: 3 MB\n"
    assert found(film, remote, codes) == [("no-length", "a.ipynb", 3)]
    assert found(film, remote + "length: 0:30\n", codes) == []


def test_a_length_that_the_file_contradicts(film: Any, codes: Codes) -> None:
    assert found(film, CELL + "length: 0:31\n", codes) == []
    assert found(film, CELL + "length: 3:00\n", codes) == [("wrong-length", "a.ipynb", 6)]
    (lesson,) = load_course(film.folder).source.course.lessons()
    assert dict(lesson.videos) == {"intro": 30.0}


def test_a_large_file_is_pointed_out_with_its_size(film: Any) -> None:
    with (film.folder / "notebooks/videos/intro.webm").open("ab") as stream:
        stream.truncate(64_000_000)
    (finding,) = check(film.folder)
    assert (finding.code, finding.level) == ("video-large", "warning")
    assert "`intro.webm` has 64 MB" in finding.message
    with (film.folder / "notebooks/videos/intro.webm").open("ab") as stream:
        stream.truncate(1_200_000_000)
    assert [(finding.code, finding.level) for finding in check(film.folder)] == [("video-too-large", "error")]


def test_a_file_that_lies_where_learners_get_nothing_from(film: Any, codes: Codes) -> None:
    film.writes("releases/intro.webm", "film")
    cell = CELL.replace("videos/intro.webm", "../releases/intro.webm") + "length: 0:30\n"
    assert found(film, cell, codes) == [("not-shipped", "a.ipynb", 1)]


def test_the_guide_shows_what_is_read() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "author.md").read_text(encoding="utf-8")
    (cell,) = re.findall(r"^```\n(%%video.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    assert parse_video(cell)[1] == ()
    table = guide[guide.index("| line | meaning") :].partition("\n\n")[0]
    assert set(OPTIONS) == set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\|[^|]*\|", table, re.MULTILINE)))) | {
        "small-size"
    }


def test_a_kind_that_browsers_do_not_play(film: Any, codes: Codes) -> None:
    (film.folder / "notebooks/videos/intro.webm").rename(film.folder / "notebooks/videos/intro.avi")
    cell = CELL.replace("intro.webm", "intro.avi")
    assert found(film, cell, codes) == [("video-kind", "a.ipynb", 3)]


def test_two_videos_of_one_key_and_one_before_course_kit_is_loaded(film: Any, codes: Codes) -> None:
    film.writes_lesson("a", CELL, CELL)
    assert codes(check(film.folder)) == [("duplicate-video-key", "a.ipynb", 1)]
    film.writes("notebooks/a.ipynb", film.notebook(film.cell("markdown", "# A", "top"), film.cell("code", CELL, "v")))
    assert codes(check(film.folder)) == [("no-load-ext", "a.ipynb", None)]


def test_a_rule_that_names_no_video_is_found(film: Any, codes: Codes) -> None:
    film.writes_course(COURSE + "        complete: video introo >= 80 %\n")
    (finding,) = check(film.folder)
    assert (finding.code, finding.line) == ("never-complete", 8)
    assert "the video `introo`, which it has not. Did you mean `intro`?" in finding.message
    film.writes_lesson("a", "1 + 1")
    film.writes_course(COURSE + "        complete: video >= 80 %\n")
    assert ("never-complete", "course.yml", 8) in codes(check(film.folder))


def test_lengths_are_read_from_files(tmp_path: Path) -> None:
    file = tmp_path / "film"
    for content, seconds in [
        (webm(61.5), 61.5),
        (mp4(12.5), 12.5),
        (mp4(12.5, version=1), 12.5),
        (mp4(3, first=struct.pack(">I4sQ", 1, b"mdat", 24) + b"12345678"), 3.0),
        (webm(0), None),
        (webm(float("nan")), None),
        (webm(1e9), None),
        (webm(5)[:36], None),
        (mp4(5)[:36], None),
        (b"", None),
    ]:
        file.write_bytes(content)
        assert video_length(file) == seconds, content
    assert video_length(tmp_path / "gone") is None


@given(st.binary(max_size=200), st.booleans(), st.integers(0, 100))
def test_no_file_can_do_harm(tmp_path_factory: pytest.TempPathFactory, noise: bytes, is_webm: bool, keep: int) -> None:
    file = tmp_path_factory.mktemp("noise") / "film"
    file.write_bytes((webm(30) if is_webm else mp4(30))[:keep] + noise)
    length = video_length(file)
    assert length is None or 0 < length <= 24 * 3600
