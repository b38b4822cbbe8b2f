"""A video in front of a learner: what is believed of what a page says, what is kept, and what is shown."""

import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.errors import Invalid, NotFound, Tampered, Unavailable
from course_kit.model.release import PROTOCOL
from course_kit.model.video import Captions, Copy, Cue, Video, videos_file
from course_kit.session.notes import Notes
from course_kit.session.quizzes import Surroundings
from course_kit.session.video_cell import preview, show_video
from course_kit.session.video_widget import PlainVideo, VideoWidget
from course_kit.session.videos import PIECE, is_watched, open_video, played

VIDEO = Video(
    key="intro",
    title="Intro & more",
    seconds=60,
    full=Copy(path="notebooks/films/a b.webm", type="video/webm", bytes=PIECE + 5),
    small=Copy(url="https://example.org/small.webm", bytes=9),
    poster="notebooks/p.webp",
    captions=(Captions(language="en", cues=(Cue(start=0, end=3, text="<i>Hello</i>"),)),),
    text="<p>Everything</p>",
)
MakeWorkspace = Callable[..., Path]
Facts = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def folder(make_workspace: MakeWorkspace) -> Path:
    root = make_workspace()
    write(root, VIDEO)
    film = root / VIDEO.full.path
    film.parent.mkdir(parents=True)
    film.write_bytes(b"x" * PIECE + b"12345")
    return root


def write(root: Path, *videos: Video) -> None:
    file = root / ".course-kit/videos/frames.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(videos_file("frames", videos)))


@pytest.fixture
def around(folder: Path, data: Path) -> Surroundings:
    """In front of the lesson's notebook in JupyterLab."""
    environ = {"JPY_SESSION_NAME": str(folder / "notebooks/frames.ipynb")}
    return Surroundings(folder / "notebooks", environ, {}, data)


class Page:
    """Sends messages to a widget and keeps what comes back."""

    def __init__(self, widget: VideoWidget) -> None:
        self.widget = widget
        self.bytes: list[bytes] = []

    def says(self, kind: str, **content: Any) -> dict[str, Any]:
        replies: list[dict[str, Any]] = []

        def send(reply: dict[str, Any], buffers: list[bytes]) -> None:
            replies.append(reply)
            self.bytes = buffers

        self.widget.send = send
        self.widget._received(self.widget, {"kind": kind, "id": "m", **content}, [])
        (reply,) = replies
        assert (reply["kind"], reply["id"]) == ("reply", "m")
        return reply


@pytest.fixture
def page(around: Surroundings) -> Page:
    widget = show_video("frames/intro", around)
    assert isinstance(widget, VideoWidget)
    return Page(widget)


# ---------------------------------------------------------------- what counts


@pytest.mark.parametrize(
    ("ranges", "duration", "kept"),
    [
        ([[0.2, 10], [30, 40.456]], 60, [(0.0, 10.0), (30.0, 40.46)]),
        ([[5, 7], [6, 9], [9, 10]], 60, [(5.0, 10.0)]),
        ([[50, 59.7]], 59.9, [(50.0, 60.0)]),  # its end is the video's, whatever the player's clock says
        ([[50, 60.8]], 60.8, [(50.0, 60.0)]),
        ([[50, 59]], 59, [(50.0, 60.0)]),
        ([[0, 30]], 30, [(0.0, 30.0)]),  # another length is another video: it counts in seconds
        ([[0, 300]], 300, [(0.0, 60.0)]),
        ([[70, 80]], 60, []),
        ([[3, 3], [4, 2], [-1, 5]], 60, []),
        ([[True, 5], ["0", "5"], [0], [0, 1, 2], 7, None, [0, math.inf], [math.nan, 4]], 60, []),
        ("everything", 60, []),
        (None, None, []),
        ([[10, 20], [0, 10**400]], 10**400, [(10.0, 20.0)]),
        ([[10, 20]], "long", [(10.0, 20.0)]),
        ([[10, 20]], math.nan, [(10.0, 20.0)]),
    ],
)
def test_of_what_a_page_says_stretches_inside_the_video_count(
    ranges: Any, duration: Any, kept: list[tuple[float, float]]
) -> None:
    assert played(ranges, duration, 60.0) == kept


@given(
    st.lists(st.lists(st.floats() | st.integers() | st.none(), max_size=3), max_size=20),
    st.floats() | st.integers(-5, 500) | st.none(),
)
def test_whatever_a_page_says_it_stays_inside(ranges: Any, duration: Any) -> None:
    spans = played(ranges, duration, 60.0)
    assert all(0 <= start < end <= 60 for start, end in spans)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_what_was_played_is_in_the_journal_before_the_page_hears_of_it(page: Page, facts: Facts) -> None:
    assert page.says("hello", protocol=PROTOCOL) == {"kind": "reply", "id": "m", "ok": True, "protocol": PROTOCOL}
    assert page.says("watched", ranges=[[0, 10]], duration=60.0)["ok"]
    assert page.says("read")["ok"]
    assert facts() == [
        {
            "kind": "VideoWatched",
            "lesson": "frames",
            "video": "intro",
            "ranges": [[0.0, 10.0]],
            "duration": 60.0,
            "read": False,
        },
        {
            "kind": "VideoWatched",
            "lesson": "frames",
            "video": "intro",
            "ranges": [[0.0, 60.0]],
            "duration": 60.0,
            "read": True,
        },
    ]


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "hello", "protocol": 99},
        {"kind": "hello"},
        {"kind": "watched", "ranges": [[90, 95]]},
        {"kind": "dance"},
        {"kind": None},
        {"kind": "piece", "copy": "small", "start": 0},  # it is on the web
        {"kind": "piece", "copy": "../release.json", "start": 0},
        {"kind": "piece", "copy": "full", "start": -1},
        {"kind": "piece", "copy": ["full"], "start": 0},
    ],
)
def test_a_message_that_makes_no_sense_gets_an_answer(page: Page, facts: Facts, content: dict[str, Any]) -> None:
    reply = page.says(**content)
    assert (reply["ok"], bool(reply["message"]), bool(reply["hint"])) == (False, True, True)
    assert facts() == []


def test_a_message_without_an_id_is_none(page: Page) -> None:
    page.widget.send = lambda *_: pytest.fail("nobody asked")
    page.widget._received(page.widget, {"kind": "read"}, [])
    page.widget._received(page.widget, "read", [])


def test_a_full_disk_is_told_so_that_the_page_keeps_it(
    page: Page, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise Unavailable("The disk is full.", hint="Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(Notes, "write", full)
        reply = page.says("watched", ranges=[[0, 10]], duration=60)
        assert (reply["ok"], reply["code"]) == (False, "unavailable")
    assert page.says("watched", ranges=[[0, 10]], duration=60)["ok"]
    assert len(facts()) == 1


def test_the_bytes_come_in_pieces(page: Page, folder: Path) -> None:
    assert page.says("piece", copy="full", start=0)["total"] == PIECE + 5
    assert page.bytes == [b"x" * PIECE]
    page.says("piece", copy="full", start=PIECE)
    assert page.bytes == [b"12345"]
    page.says("piece", copy="full", start=PIECE + 5)
    assert page.bytes == [b""]
    (folder / VIDEO.full.path).unlink()
    assert page.says("piece", copy="full", start=0)["code"] == "not-found"


def test_a_file_that_leads_out_of_the_course_is_not_read(folder: Path, around: Surroundings) -> None:
    write(folder, VIDEO.model_copy(update={"full": Copy(path="../secret", bytes=3)}))
    (folder.parent / "secret").write_text("key")
    reply = Page(VideoWidget(open_video("frames/intro", around))).says("piece", copy="full", start=0)
    assert reply["ok"] is False


# ---------------------------------------------------------------- what is shown


def test_addresses_count_from_the_notebook_wherever_it_was_moved(folder: Path, around: Surroundings) -> None:
    public = open_video("frames/intro", around).public()
    assert public["copies"] == [
        {
            "name": "full",
            "src": "films/a%20b.webm",
            "local": True,
            "bytes": PIECE + 5,
            "type": "video/webm",
        },
        {"name": "small", "src": "https://example.org/small.webm", "local": False, "bytes": 9, "type": ""},
    ]
    assert (public["poster"], public["name"], public["seconds"]) == ("p.webp", "frames/intro", 60.0)
    assert public["captions"] == [{"language": "en", "cues": [[0.0, 3.0, "<i>Hello</i>", "Hello"]]}]
    moved = Surroundings(folder, {"JPY_SESSION_NAME": str(folder / "my" / "notes" / "x.ipynb")}, {}, around.data)
    assert open_video("frames/intro", moved).public()["copies"][0]["src"] == "../../notebooks/films/a%20b.webm"


def test_it_can_be_read_without_its_widget(page: Page) -> None:
    data, _ = page.widget._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert (
        '<video controls preload="none" width="100%" src="films/a%20b.webm" aria-label="Intro &amp; more">'
        in (data["text/html"])
    )
    assert '<a href="https://example.org/small.webm">Small version</a> (1 kB)' in data["text/html"]
    assert "<details><summary>Transcript</summary>\n<p>Everything</p>" in data["text/html"]
    assert data["text/plain"] == "Video: Intro & more (1:00, 1.0 MB)\n  0:00 Hello"


@pytest.mark.parametrize(
    "environ",
    [
        {},  # nbclient, papermill, nbconvert
        {"NBGRADER_EXECUTION": "autograde"},
        {"NBGRADER_VALIDATING": "1"},
        {"COURSE_KIT_KERNEL": "1"},  # below another kernel
    ],
)
def test_programs_get_plain_html_and_nothing_is_kept(
    around: Surroundings, facts: Facts, environ: dict[str, str]
) -> None:
    told = around.environ if environ else {}
    shown = show_video("frames/intro", Surroundings(around.cwd, {**told, **environ}, {}, around.data))
    assert isinstance(shown, PlainVideo)
    assert "films/a%20b.webm" in shown._repr_html_()
    assert repr(shown).startswith("Video: Intro & more")
    assert facts() == []


def test_a_program_is_not_stopped_by_a_video_that_is_not_there(around: Surroundings, tmp_path: Path) -> None:
    for name, cwd in (("frames/gone", around.cwd), ("frames/intro", tmp_path), ("nonsense", around.cwd)):
        shown = show_video(name, Surroundings(cwd, {}, {}, around.data))
        assert isinstance(shown, PlainVideo)
        assert repr(shown)


def test_a_person_is_told_what_is_wrong(folder: Path, around: Surroundings) -> None:
    with pytest.raises(NotFound, match=r"no video 'gone' \(it has: intro\)"):
        open_video("frames/gone", around)
    with pytest.raises(NotFound, match="no lesson 'other'"):
        open_video("other/intro", around)
    with pytest.raises(Invalid, match="does not name a video"):
        open_video("intro", around)
    (folder / ".course-kit/videos/frames.json").write_text("{")
    with pytest.raises(Tampered, match="The video file of lesson 'frames' is damaged"):
        open_video("frames/intro", around)


def test_a_release_that_was_not_opened_plays_and_keeps_nothing(
    make_workspace: MakeWorkspace, data: Path, facts: Facts
) -> None:
    root = make_workspace(opened=False)
    write(root, VIDEO)
    environ = {"JPY_SESSION_NAME": str(root / "notebooks/frames.ipynb")}
    widget = show_video("frames/intro", Surroundings(root, environ, {}, data))
    assert isinstance(widget, VideoWidget)
    assert "not kept here" in widget.note
    assert widget.video["scope"] == ""
    assert Page(widget).says("watched", ranges=[[0, 5]], duration=60)["ok"]
    assert facts() == []


# ---------------------------------------------------------------- %%video


CELL = "title: Intro\nfile: film.webm\nlength: 0:30\ncaptions: none\ntranscript: film.md\n"


@pytest.fixture
def author(tmp_path: Path) -> Surroundings:
    (tmp_path / "course.yml").write_text("course: c\n")
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "film.webm").write_bytes(b"film")
    (folder / "film.md").write_text("A *film*.")
    return Surroundings(folder, {"JPY_SESSION_NAME": str(folder / "a.ipynb")}, {}, tmp_path / "data")


def test_an_author_sees_the_player_and_what_is_wrong(author: Surroundings, facts: Facts) -> None:
    (widget,) = preview("intro", CELL, author)
    assert isinstance(widget, VideoWidget)
    assert widget.note.startswith("Preview:")
    assert widget.video["copies"][0]["src"] == "film.webm"
    assert widget.video["text"] == "<p>A <em>film</em>.</p>"
    assert Page(widget).says("read")["ok"]
    assert facts() == []
    (problems,) = preview("intro", CELL.replace("film.webm", "gone.webm"), author)
    assert repr(problems) == (
        "This video cannot be built: 1 error.\n"
        "  line 3, error: the video `gone.webm` is not in the course's folder "
        "Check the name: it counts from the notebook's own folder."
    )
    assert 'aria-label="Problems in the video"' in problems._repr_html_()


def test_in_an_assignment_it_plays_and_says_that_it_does_not_count(author: Surroundings) -> None:
    (author.cwd.parent / "course.yml").unlink()
    (widget,) = preview("intro", CELL, author)
    assert widget.note == "What you watch here is not counted."
    (plain,) = preview("intro", CELL, Surroundings(author.cwd, {**author.environ, "NBGRADER_EXECUTION": "autograde"}))
    assert isinstance(plain, PlainVideo)
    (gone,) = preview("intro", CELL.replace("film.webm", "<b>.webm"), Surroundings(author.cwd, {}))
    assert "&lt;b&gt;.webm" in gone._repr_html_()
    assert not is_watched(Surroundings(author.cwd, {}))
