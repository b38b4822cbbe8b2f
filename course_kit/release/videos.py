"""The videos of a lesson as they are released: their file for kernels, and each as a page to read without one."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import relpath
from typing import Any

from course_kit.model.video import videos_file
from course_kit.source.notebooks import SourceNotebook
from course_kit.source.video_page import video_html
from course_kit.source.videos import lesson_videos

_NOTE = "Run this cell to have what you watch counted."


@dataclass(frozen=True)
class ReleasedVideos:
    """``file``: the JSON of ``.course-kit/videos/<lesson>.json``; ``pages``: HTML by the video's key."""

    file: dict[str, Any]
    pages: dict[str, str]


def released_videos(notebook: SourceNotebook, lesson: str, folder: Path) -> ReleasedVideos:
    """The videos of ``notebook``, a lesson of the course in ``folder``; links count from the notebook's own folder."""
    videos = lesson_videos(notebook, folder)
    base = str(PurePosixPath(notebook.path).parent)
    pages = {video.key: video_html(video, lambda path: relpath(path, base), _NOTE) for video in videos}
    return ReleasedVideos(videos_file(lesson, videos), pages)
