"""A video without its widget: the browser's own player, links and the transcript, as HTML and as text.

For a notebook that was not run, exports, and programs that run notebooks. Light: a learner's kernel uses it.
"""

from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import quote

from course_kit.model.video import Copy, Cue, Video, clock, size_text


def address(copy: Copy, place: Callable[[str], str]) -> str:
    """Where a page finds ``copy``; ``place`` makes a path in the release one from the notebook's folder."""
    return copy.url or quote(place(copy.path))


def video_html(video: Video, place: Callable[[str], str], note: str = "") -> str:
    """Title, length and size, the browser's own player, links and the transcript. Nothing loads until it is played."""
    source = escape(address(video.full, place))
    tracks = "".join(
        f'<track kind="captions" srclang="{escape(one.language or "en")}" src="{escape(quote(place(one.path)))}">'
        for one in video.captions
        if one.path
    )
    links = [f'<a href="{source}">Open the video</a> ({size_text(video.full.bytes)})']
    if video.small is not None:
        small = escape(address(video.small, place))
        links.append(f'<a href="{small}">Small version</a> ({size_text(video.small.bytes)})')
    parts = [
        f"<p><strong>{escape(video.title)}</strong> (video, {clock(video.seconds)})</p>",
        f'<video controls preload="none" width="100%" src="{source}" aria-label="{escape(video.title)}">'
        f"{tracks}</video>",
        f"<p>{' · '.join(links)}</p>",
        _transcript(video),
        f'<p class="ck-note"><em>{escape(note)}</em></p>' if note else "",
    ]
    return '<section class="ck-static-video" aria-label="Video">\n' + "\n".join(filter(None, parts)) + "\n</section>"


def video_text(video: Video) -> str:
    """The same as text: what it is, and what is said."""
    head = f"Video: {video.title} ({clock(video.seconds)}, {size_text(video.full.bytes)})"
    return "\n".join([head, *(f"  {clock(cue.start)} {cue.words}" for cue in video.lines)])


def _transcript(video: Video) -> str:
    said = _said(video.lines)
    told = video.text
    if not said and not told:
        return ""
    return f"<details><summary>Transcript</summary>\n{told or said}\n</details>"


def _said(lines: Sequence[Cue]) -> str:
    rows = "".join(f"<li>{clock(cue.start)} {escape(cue.words)}</li>\n" for cue in lines)
    return f"<ul>\n{rows}</ul>" if rows else ""
