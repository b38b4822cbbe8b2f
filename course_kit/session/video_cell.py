"""``video("lesson/name")`` in a release, and ``%%video`` in an author's notebook or an assignment."""

from collections.abc import Callable
from html import escape
from posixpath import relpath
from typing import TYPE_CHECKING, Any

from course_kit.errors import CourseKitError
from course_kit.session.quizzes import Surroundings
from course_kit.session.videos import VideoSession, found_plainly, is_watched, open_video

if TYPE_CHECKING:
    from course_kit.session.video_widget import PlainVideo, VideoWidget

_PREVIEW = "Preview: this is what learners will see. Nothing is recorded here."
_UNCOUNTED = "What you watch here is not counted."


def show_video(
    name: str, around: Surroundings, opened: Callable[[str], None] = lambda _lesson: None
) -> "VideoWidget | PlainVideo":
    """The video's player; plain HTML where a program runs the notebook. ``opened`` is told its lesson.

    Raises as :func:`course_kit.session.videos.open_video`, and never under such a program.
    """
    from course_kit.session.video_widget import PlainVideo, VideoWidget

    if is_watched(around):
        session = open_video(name, around)
        if session.lesson:
            opened(session.lesson)
        return VideoWidget(session)
    from course_kit.source.video_page import video_html, video_text

    try:
        video, place = found_plainly(name, around)
    except CourseKitError as error:
        return PlainVideo.of_trouble(error)
    return PlainVideo(video_html(video, place), video_text(video))


def preview(line: str, cell: str, around: Surroundings) -> list[Any]:
    """What a ``%%video`` cell shows: the player where there is a video, and what is wrong with the cell.

    Files count from the notebook's folder; those of the course (the folder above with course.yml) may be named.
    """
    from course_kit.session.authoring import Problems
    from course_kit.session.video_widget import PlainVideo, VideoWidget
    from course_kit.source.video_cells import parse_video
    from course_kit.source.video_page import video_html, video_text
    from course_kit.source.videos import read_video

    base = (around.notebook.parent if around.notebook is not None else around.cwd).resolve()
    course = next((place for place in (base, *base.parents) if (place / "course.yml").is_file()), None)
    root = course or base
    parsed, faults = parse_video(f"%%video {line}".rstrip() + "\n" + cell)
    video, more = read_video(parsed, base, root)

    def place(path: str) -> str:
        return relpath(path, base.relative_to(root).as_posix())

    watched = is_watched(around)
    shown: list[Any] = []
    if video is not None and watched:
        shown.append(VideoWidget(VideoSession(video, place, root, note=_UNCOUNTED if course is None else _PREVIEW)))
    elif video is not None:
        shown.append(PlainVideo(video_html(video, place), video_text(video)))
    problems = [*faults, *more]
    if problems and course is not None:
        shown.append(Problems(parsed.key, problems, what="video"))
    elif video is None and problems:
        shown.append(PlainVideo(f"<p>{escape(problems[0].message)}</p>", problems[0].message))
    return shown
