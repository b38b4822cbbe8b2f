"""``%%video`` cells: one ``name: value`` a line, read without being run. The form is in docs/author.md."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from course_kit.errors import did_you_mean
from course_kit.model.keys import is_key, slug
from course_kit.model.video import MAX_LENGTH
from course_kit.quizzes.problems import Problem

MAGIC = "%%video"
MAX_CELL = 20_000
OPTIONS = ("title", "file", "url", "size", "small", "small-size", "length", "captions", "transcript", "poster")
_SIZE = re.compile(r"^(\d{1,7}(?:\.\d{1,6})?)\s*(k|M|G)i?B$", re.IGNORECASE)
_LENGTH = re.compile(r"^(?:(\d{1,2}):)?(\d{1,3}):([0-5]?\d(?:\.\d{1,3})?)$")
_WEB = re.compile(r"^https?://\S+$", re.IGNORECASE)
_LINE = re.compile(r"^([A-Za-z][A-Za-z-]{0,30})\s*:\s*(.*)$")


@dataclass(frozen=True)
class ParsedVideo:
    """A video cell as it stands: names of files count from the notebook's folder. ``lines``: where each option is.

    ``size`` and ``small_size`` are in bytes, ``length`` in seconds; ``silent``: it says that it needs no captions.
    """

    key: str
    title: str = ""
    file: str = ""
    url: str = ""
    size: int | None = None
    small: str = ""
    small_size: int | None = None
    length: float | None = None
    captions: tuple[str, ...] = ()
    silent: bool = False
    transcript: str = ""
    poster: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, option: str) -> int:
        """Where ``option`` stands, else the first line."""
        return self.lines.get(option, 1)


def is_video(cell_source: str) -> bool:
    """Whether a code cell begins with ``%%video``."""
    return cell_source.lstrip().split(None, 1)[:1] == [MAGIC]


def is_link(text: str) -> bool:
    """Whether it begins as an address on the web does."""
    return _WEB.match(text) is not None


def parse_video(cell_source: str) -> tuple[ParsedVideo, tuple[Problem, ...]]:
    """The video of a cell and everything that is wrong with its form. Never raises, whatever the text."""
    problems: list[Problem] = []
    lines = cell_source[:MAX_CELL].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    top = next((number for number, line in enumerate(lines) if line.strip()), 0)
    video = ParsedVideo(_key(lines[top], top + 1, problems))
    values, places = _options(lines, top, problems)
    for name, text in values.items():
        fault = _Fault(f"`{name}: {text[:60]}`", places[name], problems)
        video = _with(video, name, text, fault)
    video = replace(video, lines=places)
    problems += _missing(video, values)
    return video, tuple(sorted(problems, key=lambda problem: problem.line))


@dataclass(frozen=True)
class _Fault:
    """Reports what is wrong with the value of one option."""

    option: str
    line: int
    problems: list[Problem]

    def __call__(self, message: str, hint: str) -> None:
        self.problems.append(Problem(self.line, f"{self.option} {message}", hint, "bad-option"))


def _key(first: str, line: int, problems: list[Problem]) -> str:
    key = first.strip().removeprefix(MAGIC).strip()
    if is_key(key):
        return key
    hint = f"Write `%%video {slug(key) if key else 'intro'}`: progress is kept under this name."
    what = "the video has no name" if not key else f"{key[:60]!r} cannot be the name of a video"
    problems.append(Problem(line, what, hint, "bad-key"))
    return slug(key) if key else "untitled"


def _options(lines: list[str], top: int, problems: list[Problem]) -> tuple[dict[str, str], dict[str, int]]:
    values: dict[str, str] = {}
    places: dict[str, int] = {}
    for number, line in enumerate(lines[top + 1 :], start=top + 2):
        match = _LINE.match(line.strip())
        if not line.strip():
            continue
        if match is None:
            hint = "Each line is `name: value`, such as `title: Why the median is robust`."
            problems.append(Problem(number, "this line says nothing about the video", hint, "no-option"))
            continue
        name, text = match[1].lower(), match[2].strip()
        if name not in OPTIONS:
            hint = f"There are: {', '.join(OPTIONS)}.{did_you_mean(name, OPTIONS)}"
            problems.append(Problem(number, f"a video has no `{match[1]}:`", hint, "unknown-option"))
        elif name == "captions" and name in values:
            values[name] += f", {text}"
        elif name in values:
            hint = f"It stands already in line {places[name]}: leave one of them out."
            problems.append(Problem(number, f"`{name}:` stands here a second time", hint, "option-twice"))
        elif not text:
            hint = "Write it, or leave the line out."
            problems.append(Problem(number, f"`{name}:` says nothing", hint, "empty"))
        else:
            values[name], places[name] = text, number
    return values, places


def _with(video: ParsedVideo, name: str, text: str, fault: _Fault) -> ParsedVideo:
    value: Any = text
    if name in ("size", "small-size"):
        match = _SIZE.match(text)
        if match is None:
            fault("is no size", "Write `12 MB` or `800 kB`.")
            return video
        value = int(float(match[1]) * {"k": 1e3, "m": 1e6, "g": 1e9}[match[2].lower()])
    elif name == "length":
        value = _seconds(text)
        if value is None:
            fault("is no length", "Write minutes and seconds: `2:30`, or `1:02:30` with hours.")
            return video
    elif name == "captions":
        files = tuple(part.strip() for part in text.split(",") if part.strip())
        silent = files == ("none",)
        return replace(video, captions=() if silent else files, silent=silent)
    elif name == "url" and not is_link(text):
        fault("is no link", "Begin it with https://, or write `file:` for a file beside the notebook.")
        return video
    return replace(video, **{name.replace("-", "_"): value})


def _seconds(text: str) -> float | None:
    match = _LENGTH.match(text)
    if match is None:
        return None
    seconds = int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])
    return seconds if 0 < seconds <= MAX_LENGTH else None


def _missing(video: ParsedVideo, values: Mapping[str, str]) -> list[Problem]:
    found: list[Problem] = []

    def note(option: str, code: str, message: str, hint: str) -> None:
        found.append(Problem(video.line(option), message, hint, code))

    if "file" in values and "url" in values:
        hint = "Keep `file:` for a file that travels with the course, or `url:` for one on the web."
        note("url", "file-and-url", "the video has a file and a link", hint)
    if "file" not in values and "url" not in values:
        hint = "Write `file: videos/intro.webm`, from the notebook's folder on, or `url: https://…`."
        note("", "no-file", "the video has neither `file:` nor `url:`", hint)
    if not video.title:
        hint = "Write `title: Why the median is robust`: it names the player for everyone, also in the panel."
        note("", "no-title", "the video has no title", hint)
    size = "learners see it before anything loads."
    if "url" in values and "size" not in values:
        note("url", "no-size", "a video on the web does not say how large it is", f"Write `size: 12 MB`: {size}")
    if is_link(video.small) and "small-size" not in values:
        hint = f"Write `small-size: 3 MB`: {size}"
        note("small", "no-size", "the small version does not say how large it is", hint)
    return found
