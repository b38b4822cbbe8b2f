"""The videos of a lesson with the files that they name: what is released of them, and what is wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course_kit.model.video import TYPES, Captions, Copy, Video, clock, read_captions, size_text
from course_kit.quizzes.problems import Problem
from course_kit.quizzes.render import local_file, markdown_html
from course_kit.source.notebooks import SourceNotebook
from course_kit.source.video_cells import ParsedVideo, is_link
from course_kit.source.video_length import video_length

LARGE = 50_000_000
"""A local video above this is pointed out: it travels with every copy of the course."""
MOST = 1_000_000_000
"""Above this it cannot travel at all: a release holds 2 GB."""
_MOST_TEXT = 2_000_000
_HERE = "Check the name: it counts from the notebook's own folder."


def lesson_videos(notebook: SourceNotebook, root: Path) -> tuple[Video, ...]:
    """The videos of a lesson in the course ``root`` that can be played, in the order of the notebook; each key once."""
    base = (root / notebook.path).parent
    found: dict[str, Video] = {}
    for placed in notebook.videos:
        video, _ = read_video(placed.video, base, root)
        if video is not None:
            found.setdefault(video.key, video)
    return tuple(found.values())


def read_video(parsed: ParsedVideo, base: Path, root: Path) -> tuple[Video | None, tuple[Problem, ...]]:
    """The video of a cell in a notebook in ``base``, a folder of the course ``root``, and what is wrong with its files.

    Without title, file or length, or where the captions cannot be read, there is none. Never raises.
    """
    return _Reader(parsed, base, root).read()


@dataclass
class _Reader:
    parsed: ParsedVideo
    base: Path
    root: Path

    def read(self) -> tuple[Video | None, tuple[Problem, ...]]:
        self.problems: list[Problem] = []
        parsed = self.parsed
        full, path = self._copy("file", parsed.file or parsed.url, parsed.size)
        small = self._copy("small", parsed.small, parsed.small_size)[0] if parsed.small else None
        poster = self._file("poster", parsed.poster, "image") if parsed.poster else None
        seconds = self._length(path)
        captions = tuple(self._captions(seconds))
        text = self._transcript()
        self._told_otherwise(captions, text)
        video = None
        if full is not None and seconds is not None and parsed.title and not self._failed("captions"):
            video = Video(
                key=parsed.key,
                title=parsed.title[:300],
                seconds=seconds,
                full=full,
                small=small,
                poster="" if poster is None else self._name(poster),
                captions=captions,
                text=text,
            )
        return video, tuple(self.problems)

    def _note(self, option: str, code: str, message: str, hint: str, *, warning: bool = False) -> None:
        level: Literal["error", "warning"] = "warning" if warning else "error"
        self.problems.append(Problem(self.parsed.line(option), message, hint, code, level))

    def _failed(self, option: str) -> bool:
        line = self.parsed.lines.get(option)
        return any(problem.line == line and problem.level == "error" for problem in self.problems)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root.resolve()).as_posix()

    def _file(self, option: str, name: str, what: str) -> Path | None:
        path = local_file(self.base, name, self.root)
        if path is not None and path.is_file():
            return path
        self._note(option, f"missing-{option}", f"the {what} `{name[:100]}` is not in the course's folder", _HERE)
        return None

    def _copy(self, option: str, name: str, size: int | None) -> tuple[Copy | None, Path | None]:
        """A file or a link as it is released, and the file."""
        if not name:
            return None, None
        kind = TYPES.get(Path(name.split("?")[0]).suffix.lower(), "")
        if is_link(name):
            return (None if size is None else Copy(url=name, type=kind, bytes=size)), None
        path = self._file(option, name, "video")
        if path is None:
            return None, None
        if not kind:
            hint = f"Save it as one of {', '.join(TYPES)}: browsers play these."
            self._note(option, "video-kind", f"browsers may not play `{path.name}`", hint, warning=True)
        size = path.stat().st_size
        large = f"`{path.name}` has {size_text(size)}"
        if size > MOST:
            hint = "Put it on the web and write `url:` and `size:`, or save it with a lower quality."
            self._note(option, "video-too-large", f"{large}, more than a release can hold", hint)
            return None, path
        if size > LARGE:
            hint = "Save it with a lower quality, or put it on the web and write `url:` and `size:`."
            self._note(option, "video-large", f"{large}, and every learner downloads it", hint, warning=True)
        return Copy(path=self._name(path), type=kind, bytes=size), path

    def _length(self, path: Path | None) -> float | None:
        said = self.parsed.length
        measured = None if path is None else video_length(path)
        if measured is None and said is None and "length" not in self.parsed.lines:
            if path is not None or self.parsed.url:
                hint = "Write `length: 2:30`: which share was watched counts from it."
                self._note("url" if path is None else "file", "no-length", "the video's length is not known", hint)
            return None
        if measured is not None and said is not None and abs(measured - said) > 2:
            message = f"`length:` says {clock(said)}, and the file lasts {clock(measured)}"
            self._note("length", "wrong-length", message, "Leave `length:` out: the file says it.", warning=True)
        return said if measured is None else round(measured, 3)

    def _captions(self, seconds: float | None) -> Iterator[Captions]:
        for name in self.parsed.captions:
            path = self._file("captions", name, "captions file")
            text = None if path is None else self._text("captions", path)
            if path is None or text is None:
                continue
            cues, faults = read_captions(text)
            for fault in faults[:5]:
                message = f"`{path.name}`, line {fault.line}: {fault.message}"
                self._note("captions", "bad-captions", message, fault.hint)
            if cues and seconds is not None:
                self._ends(path.name, cues[-1].end, seconds)
            language = path.stem.rpartition(".")[2] if "." in path.stem else ""
            try:
                yield Captions(language=language, path=self._name(path), cues=cues)
            except ValueError:
                yield Captions(path=self._name(path), cues=cues)

    def _ends(self, name: str, last: float, seconds: float) -> None:
        if last > seconds + 2:
            message = f"`{name}` goes on until {clock(last)}, and the video ends at {clock(seconds)}"
            self._note("captions", "captions-long", message, "Do these captions belong to this video?", warning=True)
        elif seconds - last > max(10.0, seconds * 0.1):
            message = f"`{name}` ends at {clock(last)}, and the video at {clock(seconds)}"
            hint = "Caption it to its end; sounds that matter stand in brackets, such as [music]."
            self._note("captions", "captions-short", message, hint, warning=True)

    def _text(self, option: str, path: Path) -> str | None:
        try:
            if path.stat().st_size > _MOST_TEXT:
                self._note(option, f"bad-{option}", f"`{path.name}` is larger than 2 MB", "Is it the right file?")
                return None
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            self._note(option, f"bad-{option}", f"`{path.name}` is not UTF-8 text", "Save it as UTF-8 in your editor.")
            return None

    def _transcript(self) -> str:
        if not self.parsed.transcript:
            return ""
        path = self._file("transcript", self.parsed.transcript, "transcript")
        text = None if path is None else self._text("transcript", path)
        if path is None or text is None:
            return ""
        if not text.strip():
            self._note("transcript", "bad-transcript", f"`{path.name}` is empty", "Write what is said and shown.")
            return ""
        page = markdown_html(text, path.parent, self.root)
        return page if page.startswith("<") else f"<p>{page}</p>"

    def _told_otherwise(self, captions: tuple[Captions, ...], text: str) -> None:
        """Who cannot hear or cannot see it gets what is in it in another way."""
        parsed = self.parsed
        if not parsed.captions and not parsed.silent and "captions" not in parsed.lines:
            hint = "Write `captions: intro.en.vtt` (WebVTT), or `captions: none` where nothing is said in it."
            self._note("file", "no-captions", "the video has no captions, for those who cannot hear it", hint)
        if parsed.silent and not text and not parsed.transcript:
            hint = "Write `transcript: intro.md`: a text that tells what is to be seen."
            self._note("captions", "no-transcript", "the video has neither captions nor a transcript", hint)
        elif captions and not text and not parsed.transcript:
            hint = "If it shows what its words do not say, write `transcript: intro.md`, with both."
            self._note("file", "no-transcript", "the transcript is made from the captions alone", hint, warning=True)
