"""A video being watched: which stretches were truly played is kept as they are played. Needs no kernel.

What the page says is believed as far as it can be: stretches inside of the video, whose length comes from the release.
The browser itself keeps what was played (``HTMLMediaElement.played``): at any speed, in a hidden tab as well, since it
sounds there; what was skipped is not in it. Who reads the transcript instead may say so, and it counts alike: nobody
needs eyes or ears to complete a lesson.
"""

import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from posixpath import relpath
from typing import Any, BinaryIO

from course_kit.errors import Invalid, NotFound, Unavailable
from course_kit.files.archive import safe_path
from course_kit.model.events import VideoWatched
from course_kit.model.keys import digest, is_key
from course_kit.model.tally import union
from course_kit.model.video import Copy, Video
from course_kit.session.notes import Notes, notes_of
from course_kit.session.place import NBGRADER, NESTED, Place, find_place, recording
from course_kit.session.quizzes import Surroundings, lesson_of
from course_kit.source.released import read_videos
from course_kit.source.video_page import address

PIECE = 1_000_000
"""So many bytes of a file go to a page at once, where it cannot fetch the file itself."""
MOST_BY_PIECES = 300_000_000
_MOST_RANGES = 1000
_NEAR = 0.5
"""Seconds at either end that a player may leave out though it played the whole."""
_SAME = 0.02
"""Up to this share a player's idea of the length may differ from the release's."""
_NOT_OPENED = (
    "What you watch is not kept here. Open the course with “Open course” or `course-kit open FILE`, and work in the "
    "folder that it makes."
)

Placing = Callable[[str], str]


class VideoSession:
    """One video in front of a learner. Thread-safe: it holds nothing that changes.

    ``place`` makes a path in the release one from the notebook's folder; ``folder`` is the release's own. Nothing is
    kept without ``notes``. ``scope`` names what the browser may remember; empty remembers nothing.
    """

    def __init__(
        self,
        video: Video,
        place: Placing,
        folder: Path,
        *,
        lesson: str = "",
        notes: Notes | None = None,
        note: str = "",
        scope: str = "",
    ) -> None:
        self.video, self.lesson, self.note, self.scope = video, lesson, note, scope
        self.place = place
        self._folder, self._notes = folder, notes

    def public(self) -> dict[str, Any]:
        """What a page shows of it; addresses count from the notebook's folder."""
        video = self.video
        copies = {"full": video.full, "small": video.small}
        return {
            "name": f"{self.lesson}/{video.key}" if self.lesson else video.key,
            "title": video.title,
            "seconds": video.seconds,
            "scope": self.scope,
            "copies": [_copy(name, copy, self.place) for name, copy in copies.items() if copy is not None],
            "poster": address(Copy(path=video.poster, bytes=0), self.place) if video.poster else "",
            "captions": [
                {"language": one.language, "cues": [[cue.start, cue.end, cue.text, cue.words] for cue in one.cues]}
                for one in video.captions
            ],
            "text": video.text,
        }

    def wake(self) -> None:
        """A page has spoken: someone is there."""
        if self._notes is not None:
            self._notes.wake()

    def watched(self, ranges: Any, duration: Any) -> None:
        """Keep, durably, that these stretches ``[start, end]`` (seconds) were played.

        ``duration`` is the length as the page knows it. Raises :class:`Invalid` where no stretch lies inside of the
        video, :class:`Unavailable` where it could not be written: it may be told again.
        """
        spans = played(ranges, duration, self.video.seconds)
        if not spans:
            raise Invalid("The page named nothing that was played.", hint="Reload the page.")
        self._write(spans, read=False)

    def read(self) -> None:
        """Keep, durably, that the transcript was read to its end. Raises :class:`Unavailable` as :meth:`watched`."""
        self._write([(0.0, self.video.seconds)], read=True)

    def piece(self, name: Any, start: Any) -> tuple[bytes, int]:
        """At most :data:`PIECE` bytes of a local file (``full`` or ``small``) from ``start``, and how many it has.

        Raises :class:`NotFound` for what is not there, :class:`Unavailable` for what is too large.
        """
        copy = {"full": self.video.full, "small": self.video.small}.get(name) if isinstance(name, str) else None
        if copy is None or not copy.path or type(start) is not int or start < 0:
            raise NotFound("There is no such file of this video.", hint="Run this cell again (Shift+Enter).")
        try:
            path = (self._folder / safe_path(copy.path)).resolve()
            if not path.is_relative_to(self._folder.resolve()):
                raise FileNotFoundError(copy.path)
            with path.open("rb") as stream:
                return _piece(stream, start)
        except OSError as error:
            hint = "Open the course again from its file; your answers and your notebooks are kept."
            raise NotFound(f"The video's file {copy.path} cannot be read.", hint=hint) from error

    def _write(self, spans: Iterable[tuple[float, float]], *, read: bool) -> None:
        if self._notes is None:
            return
        fact = VideoWatched(
            lesson=self.lesson, video=self.video.key, ranges=tuple(spans), duration=self.video.seconds, read=read
        )
        self._notes.write([fact.model_dump(mode="json")])


def played(ranges: Any, duration: Any, seconds: float) -> list[tuple[float, float]]:
    """The stretches that a page names, as far as they lie in a video of ``seconds``, in order and joined.

    A page whose ``duration`` is nearly ``seconds`` means by its end the video's.
    """
    given = ranges if isinstance(ranges, list) else []
    spans = [span for one in given[:_MOST_RANGES] if (span := _span(one)) is not None]
    told = _finite(duration)
    length = seconds if told is None else told
    same = abs(length - seconds) <= max(1.0, seconds * _SAME)
    whole = [
        (
            0.0 if start < _NEAR else start,
            seconds if same and end > min(length, seconds) - _NEAR else min(end, seconds),
        )
        for start, end in spans
    ]
    rounded = [(round(start, 2), min(round(end, 2), seconds)) for start, end in union(whole) if start < end]
    return [(start, end) for start, end in rounded if start < end]


def _span(value: Any) -> tuple[float, float] | None:
    start, end = map(_finite, value) if isinstance(value, list) and len(value) == 2 else (None, None)
    return (start, end) if start is not None and end is not None and 0 <= start < end else None


def _finite(value: Any) -> float | None:
    if type(value) not in (int, float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _copy(name: str, copy: Copy, place: Placing) -> dict[str, Any]:
    return {"name": name, "src": address(copy, place), "local": not copy.url, "bytes": copy.bytes, "type": copy.type}


def _piece(stream: BinaryIO, start: int) -> tuple[bytes, int]:
    total = stream.seek(0, os.SEEK_END)
    if total > MOST_BY_PIECES:
        raise Unavailable("The video is too large for this page.", hint="Open its file in the file browser.")
    stream.seek(start)
    return stream.read(PIECE), total


# ---------------------------------------------------------------- finding it


def open_video(name: str, around: Surroundings) -> VideoSession:
    """The video ``lesson/video`` of the release around. Raises :class:`NotFound`, :class:`Invalid`, and what finding a
    release raises."""
    place, lesson_key, video = _find(name, around)
    nearby = _placing(place, lesson_key, around)
    if not place.opened:
        return VideoSession(video, nearby, place.folder, lesson=lesson_key, note=_NOT_OPENED)
    data = around.data_folder()
    return VideoSession(
        video,
        nearby,
        place.folder,
        lesson=lesson_key,
        notes=notes_of(place, recording(place, around.environ), data),
        scope=digest([str(data), place.release.course.key])[:12],
    )


def is_watched(around: Surroundings) -> bool:
    """Whether somebody may be in front of this kernel: no program that marks or runs notebooks has started it."""
    environ = around.environ
    nested = environ.get(NESTED, "") not in {"", str(os.getpid())}
    return around.notebook is not None and not nested and not any(environ.get(name) for name in NBGRADER)


def found_plainly(name: str, around: Surroundings) -> tuple[Video, Placing]:
    """A video and where its files are, from the notebook's folder; nothing is kept or made. Raises as
    :func:`open_video`."""
    place, lesson_key, video = _find(name, around)
    return video, _placing(place, lesson_key, around)


def _find(name: str, around: Surroundings) -> tuple[Place, str, Video]:
    lesson_key, _, key = str(name).partition("/")
    if not is_key(lesson_key) or not is_key(key):
        hint = 'A video is called with the lesson and its name: video("frames/intro").'
        raise Invalid(f"{name!r} does not name a video.", hint=hint)
    place = find_place(around.cwd, notebook=around.notebook)
    lesson = lesson_of(place, lesson_key)
    videos = read_videos(place.folder, lesson.key)
    if key not in videos:
        known = ", ".join(sorted(videos)) or "none"
        hint = "Open the course again from its file; your answers and your notebooks are kept."
        raise NotFound(f"The lesson {lesson.key!r} has no video {key!r} (it has: {known}).", hint=hint)
    return place, lesson.key, videos[key]


def _placing(place: Place, lesson_key: str, around: Surroundings) -> Placing:
    """Makes paths in the release relative to the folder of the notebook, which may have been moved or copied."""
    lesson = place.release.course.lesson(lesson_key)
    base = str(PurePosixPath(lesson.path).parent) if lesson is not None else "."
    notebook = around.notebook
    if notebook is not None and notebook.is_relative_to(place.folder):
        base = notebook.parent.relative_to(place.folder).as_posix()
    return lambda path: relpath(path, base)
