"""Releases as they arrive: a zip or a folder that a stranger may have made, checked before it is believed.

Light on purpose: a learner's kernel reads its quizzes through this module.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from course_kit.errors import Invalid, NotFound, Tampered, check_version
from course_kit.files.archive import check_content, open_archive, safe_path
from course_kit.model.keys import is_key
from course_kit.model.release import PROTOCOL, SHORT, ReleaseManifest
from course_kit.model.video import Video, read_videos_file
from course_kit.quizzes.quiz_file import ReleasedQuiz, read_quiz_file

MANIFEST = "release.json"
QUIZZES = ".course-kit/quizzes"
VIDEOS = ".course-kit/videos"
MAX_QUIZ_FILE = 50_000_000
_AGAIN = "Get the release once more from where it came from; nothing was changed on this computer."


def read_release(path: Path) -> ReleaseManifest:
    """The manifest of a release (a ``.course.zip`` or the folder that holds ``release.json``), every file verified.

    Raises :class:`NotFound`, :class:`WrongVersion` (from another course-kit), :class:`Tampered` (cut short, changed,
    a file missing or, in a zip, one too many) or :class:`Invalid` (a name climbs out, or it unpacks without end).
    """
    if path.is_dir():
        return _verified(f"The release in {path.name}", _folder_reader(path), None)
    with open_archive(path, "The release") as archive:
        if MANIFEST not in archive.names():
            hint = "A release is the file that `course-kit build` names, ending with .course.zip."
            raise Tampered(f"{archive.label} is not a release: it holds no {MANIFEST}.", hint=hint)
        return _verified(archive.label, archive.read, set(archive.names()))


def read_manifest(folder: Path) -> ReleaseManifest:
    """The manifest of the release in ``folder`` by itself: its own digest is checked, its files are not."""
    return _manifest(f"The release in {folder.name}", _folder_reader(folder)(MANIFEST))


def _verified(label: str, read: Callable[[str], bytes], names: set[str] | None) -> ReleaseManifest:
    manifest = _manifest(label, read(MANIFEST))
    if names is not None and names != {MANIFEST, *manifest.files}:
        odd = sorted(names ^ {MANIFEST, *manifest.files})[0]
        what = "holds a file that its manifest does not name" if odd in names else "lacks a file"
        raise Tampered(f"{label} {what}: {odd}.", hint=_AGAIN)
    for name, expected in manifest.files.items():
        safe_path(name)
        check_content(label, name, read(name), expected)
    return manifest


def _manifest(label: str, content: bytes) -> ReleaseManifest:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Tampered(f"{label} is damaged: {MANIFEST} is not JSON.", hint=_AGAIN) from error
    if not isinstance(data, dict):
        raise Tampered(f"{label} is damaged: {MANIFEST} is not a JSON object.", hint=_AGAIN)
    manifest = ReleaseManifest.read(data)
    check_version("The release's protocol", manifest.protocol, PROTOCOL)
    return manifest


def _folder_reader(folder: Path) -> Callable[[str], bytes]:
    root = folder.resolve()

    def read(name: str) -> bytes:
        path = folder / safe_path(name)
        if not path.resolve().is_relative_to(root):
            raise Invalid(f"{name!r} leads out of {folder}.", hint=_AGAIN)
        try:
            return path.read_bytes()
        except OSError as error:
            if name == MANIFEST:
                raise NotFound(f"{folder} holds no {MANIFEST}: it is not a release.", hint=_AGAIN) from error
            raise Tampered(f"The release in {folder.name} lacks a file: {name}.", hint=_AGAIN) from error

    return read


def read_quizzes(folder: Path, lesson: str) -> dict[str, ReleasedQuiz]:
    """The quizzes of a lesson in a release's folder, by key, unsealed; nothing for a lesson without quizzes.

    Raises :class:`NotFound` for a key that cannot be a lesson's, :class:`WrongVersion`, or :class:`Tampered`.
    """
    what = f"The quiz file of lesson {lesson!r}"
    content = _lesson_file(folder / QUIZZES, lesson, what)
    return {} if content is None else read_quiz_file(content, what)


def read_videos(folder: Path, lesson: str) -> Mapping[str, Video]:
    """The videos of a lesson in a release's folder, by key. Raises as :func:`read_quizzes`."""
    what = f"The video file of lesson {lesson!r}"
    content = _lesson_file(folder / VIDEOS, lesson, what)
    if content is None:
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Tampered(f"{what} is damaged: it is not JSON.", hint=_AGAIN) from error
    return read_videos_file(data, what)


def _lesson_file(folder: Path, lesson: str, what: str) -> bytes | None:
    """``<lesson>.json`` in ``folder``; None where there is none."""
    if not is_key(lesson):
        raise NotFound(f"{lesson!r} is not the key of a lesson.", hint="Lessons are named as in the course's outline.")
    path = folder / f"{lesson}.json"
    try:
        if path.stat().st_size > MAX_QUIZ_FILE:
            raise Tampered(f"{what} is larger than can be.", hint=_AGAIN)
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Tampered(f"{what} is damaged: {error}.", hint=_AGAIN) from error


def latest_release(course_folder: Path) -> Path | None:
    """The folder of the latest release of a course (``releases/<hash>``), or None if none was built."""
    releases = course_folder / "releases"
    try:
        name = (releases / "latest").read_text(encoding="utf-8").strip()[:SHORT]
    except (OSError, UnicodeDecodeError):
        return None
    folder = releases / name
    return folder if name.isalnum() and (folder / "learner" / MANIFEST).is_file() else None
