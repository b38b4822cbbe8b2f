"""A lesson's video as it travels: where it is, how long and how large, what is said in it. Pure.

Captions are WebVTT (https://www.w3.org/TR/webvtt1/), read as far as players show them: times, words and who speaks.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from course_kit.errors import Tampered, check_version
from course_kit.model.course import Key

VIDEOS_VERSION = 1
MAX_LENGTH = 24 * 3600.0
MAX_CUES = 10_000
MAX_CAPTIONS = 2_000_000
TYPES = {".webm": "video/webm", ".mp4": "video/mp4", ".m4v": "video/mp4", ".ogv": "video/ogg"}
"""What browsers play, by the end of a file's name."""
_AGAIN = "Get the release once more from where it came from; nothing was changed on this computer."
_TIME = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"^\s*{_TIME}\s+-->\s+{_TIME}(?:\s+\S.*)?\s*$")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^\s<>][^<>]*)>")
_TAG = re.compile(r"<[^<>]*>")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Cue(_Part):
    """Words that are shown from ``start`` to ``end``, in seconds; ``text`` may hold WebVTT's tags."""

    start: Annotated[float, Field(ge=0, le=MAX_LENGTH)]
    end: Annotated[float, Field(ge=0, le=MAX_LENGTH)]
    text: str = Field(max_length=10_000)

    @property
    def words(self) -> str:
        """What is said, on one line and without tags; who speaks stands before it."""
        spoken = _VOICE.sub(lambda match: f"{match[1].strip()}: ", self.text)
        return re.sub(r"\s+", " ", unescape(_TAG.sub("", spoken))).strip()


class Copy(_Part):
    """One file of a video: its ``path`` in the release, or its ``url``; ``bytes``: how large it is."""

    path: str = ""
    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    type: str = ""
    bytes: Annotated[int, Field(ge=0)]


class Captions(_Part):
    """The captions in one language (``""``: not said), and the file that they come from."""

    language: Annotated[str, Field(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")] = ""
    path: str = ""
    cues: Annotated[tuple[Cue, ...], Field(max_length=MAX_CUES)] = ()


class Video(_Part):
    """``seconds``: its length. ``small``: a version for slow lines. ``text``: everything said and shown, as HTML."""

    key: Key
    title: str = Field(min_length=1, max_length=300)
    seconds: Annotated[float, Field(gt=0, le=MAX_LENGTH)]
    full: Copy
    small: Copy | None = None
    poster: str = ""
    captions: tuple[Captions, ...] = ()
    text: str = ""

    @property
    def lines(self) -> tuple[Cue, ...]:
        """What the transcript is made from: the first captions."""
        return self.captions[0].cues if self.captions else ()

    def paths(self) -> tuple[str, ...]:
        """The files of a release that belong to it."""
        copies = [copy.path for copy in (self.full, self.small) if copy is not None]
        return tuple(path for path in (*copies, self.poster, *(one.path for one in self.captions)) if path)


class _VideosFile(_Part):
    version: Literal[1]
    of: str
    videos: dict[Key, Video]


def videos_file(lesson: str, videos: Iterable[Video]) -> dict[str, Any]:
    """``.course-kit/videos/<lesson>.json`` of a release, as JSON."""
    written = {video.key: video.model_dump(mode="json", exclude_defaults=True) for video in videos}
    return {"version": VIDEOS_VERSION, "of": lesson, "videos": written}


def read_videos_file(data: Any, what: str) -> Mapping[str, Video]:
    """The videos by key. Raises :class:`WrongVersion`, or :class:`Tampered` for whatever was not written by a build."""
    if not isinstance(data, dict):
        raise Tampered(f"{what} is damaged: it is no JSON object.", hint=_AGAIN)
    check_version(what, data.get("version"), VIDEOS_VERSION)
    try:
        return _VideosFile.model_validate(data).videos
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Tampered(f"{what} is damaged: {where}: {first['msg']}.", hint=_AGAIN) from error


def clock(seconds: float) -> str:
    """``0:40``, ``12:05`` or ``1:02:03``."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size_text(size: int) -> str:
    """``210 kB`` or ``12 MB``, in powers of 1000; never 0 for something."""
    if size < 999_500:
        return f"{max(1, round(size / 1000)) if size else 0} kB"
    many = size / 1_000_000
    return f"{many:.1f} MB" if many < 9.95 else f"{many:.0f} MB"


# ---------------------------------------------------------------- captions


@dataclass(frozen=True)
class CaptionFault:
    """``line`` counts from 1, in the file."""

    line: int
    message: str
    hint: str


def read_captions(text: str) -> tuple[tuple[Cue, ...], tuple[CaptionFault, ...]]:
    """The cues of a WebVTT file in their order, and what cannot be read in it. Never raises."""
    if len(text) > MAX_CAPTIONS:
        return (), (CaptionFault(1, "the captions are longer than 2 MB", "Divide the video."),)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.match(r"^WEBVTT(?:[ \t].*)?$", lines[0]):
        srt = any(re.search(r"\d,\d{3}\s+-->", line) for line in lines[:50])
        how = " Subtitles of the kind .srt become it so: that line first, and `.` for `,` in the times." if srt else ""
        hint = f"Save them as WebVTT: the first line is `WEBVTT`.{how}"
        return (), (CaptionFault(1, "these are no WebVTT captions", hint),)
    cues: list[Cue] = []
    faults: list[CaptionFault] = []
    for first, block in _blocks(lines):
        found = _cue(first, block, cues[-1].start if cues else 0.0)
        if isinstance(found, CaptionFault):
            faults.append(found)
        elif found is not None:
            cues.append(found)
    if len(cues) > MAX_CUES:
        return (), (CaptionFault(1, f"there are more than {MAX_CUES} captions", "Divide the video."),)
    if not cues and not faults:
        faults.append(CaptionFault(1, "the file holds no captions", "Write what is said, with its times."))
    return tuple(cues), tuple(faults)


def _blocks(lines: list[str]) -> Iterable[tuple[int, list[str]]]:
    """What stands between empty lines, below the head, with the number of its first line."""
    block: list[str] = []
    head = True
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
            continue
        if block and not head:
            yield number - len(block), block
        elif block and any("-->" in one for one in block):
            yield number - len(block) + 1, block[1:]
        head, block = False, []


def _cue(first: int, block: list[str], not_before: float) -> Cue | CaptionFault | None:
    if re.match(r"^(NOTE|STYLE|REGION)(\s|$)", block[0]):
        return None
    place = next((number for number, line in enumerate(block[:2]) if "-->" in line), None)
    if place is None:
        return CaptionFault(first, "these words have no time", "Write `00:01.000 --> 00:04.000` above them.")
    match = _TIMING.match(block[place])
    hint = "Write minutes, seconds and thousandths: `00:01.000 --> 00:04.000`."
    if match is None:
        return CaptionFault(first + place, "the time cannot be read", hint)
    start, end = _seconds(*match.group(1, 2, 3, 4)), _seconds(*match.group(5, 6, 7, 8))
    text = "\n".join(line.rstrip() for line in block[place + 1 :])
    if end <= start or end > MAX_LENGTH:
        return CaptionFault(first + place, "the caption ends before it begins", hint)
    if start < not_before:
        return CaptionFault(first + place, "the caption begins before the one above it", "Put captions into order.")
    if not text.strip() or len(text) > 10_000:
        return CaptionFault(first + place, "the caption has no words, or too many", "Write what is said below it.")
    return Cue(start=start, end=end, text=text)


def _seconds(hours: str | None, minutes: str, seconds: str, thousandths: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(thousandths) / 1000
