"""A release on its way in: found from a file, an address or a folder, verified, and read file by file."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from course_kit.errors import Invalid, NotFound
from course_kit.files.archive import check_content, open_archive, safe_path
from course_kit.model.release import SHORT, ReleaseManifest
from course_kit.quizzes.practice_file import PRACTICE
from course_kit.source.released import QUIZZES, VIDEOS, read_release
from course_kit.workspace.download import downloaded, is_address
from course_kit.workspace.folder import KIT

_HASH = re.compile(r"^[0-9a-f]{12,64}$")
_OPEN = "Give the course's file (`… .course.zip`), a link to it, or the folder of a built release."


class Incoming:
    """A verified release: its manifest, and the content of each of its files (checked again as it is read)."""

    def __init__(self, manifest: ReleaseManifest, read: Callable[[str], bytes], label: str) -> None:
        self.manifest, self._read, self._label = manifest, read, label
        for name in manifest.files:
            _check_name(name)

    def content(self, name: str) -> bytes:
        """One file. Raises :class:`Tampered` where it is not what the manifest says."""
        content = self._read(name)
        if name != "release.json":
            check_content(self._label, name, content, self.manifest.files[name])
        return content


_OURS = (f"{QUIZZES}/", f"{VIDEOS}/", f"{PRACTICE}/")
"""What a release may bring there: quizzes, what videos are, and what marks practice assignments."""


def _check_name(name: str) -> None:
    """A release brings no file where course-kit keeps the learner's own records."""
    safe_path(name)
    # some disks read over characters that show nothing, and Windows knows names by their first six letters as well
    first = "".join(letter for letter in name.split("/")[0] if unicodedata.category(letter) != "Cf").casefold()
    if (first == KIT or re.match(r"^course~\d", first)) and not name.startswith(_OURS):
        raise Invalid(
            f"The release holds {name!r}, where only course-kit itself may write.",
            hint="Do not open it; tell whoever gave it to you.",
        )


def learner_folder(folder: Path) -> Path:
    """The ``learner/`` folder that is meant by a release's folder, a ``releases/`` folder or an author's folder.

    Raises :class:`NotFound` where there is no built release.
    """
    if (folder / "release.json").is_file():
        return folder
    if (folder / "learner" / "release.json").is_file():
        return folder / "learner"
    for releases in (folder, folder / "releases"):
        latest = releases / "latest"
        if not latest.is_file():
            continue
        named = latest.read_text(encoding="utf-8", errors="replace").strip()
        if not _HASH.match(named):
            raise Invalid(f"{latest} is damaged: it names no release.", hint="Build again: `course-kit build`.")
        found = releases / named[:SHORT] / "learner"
        if (found / "release.json").is_file():
            return found
        raise NotFound(f"The release {named[:SHORT]} is not in {releases}.", hint="Build again: `course-kit build`.")
    hint = "Build one first: `course-kit build`." if (folder / "course.yml").is_file() else _OPEN
    raise NotFound(f"There is no built release in {folder}.", hint=hint)


@contextmanager
def incoming(source: str, *, progress: Callable[[int, int, str], None]) -> Iterator[Incoming]:
    """The release that ``source`` names: a file, an address or a folder. Valid within the ``with`` block.

    Raises :class:`NotFound`, :class:`Invalid`, :class:`Tampered`, :class:`WrongVersion` or :class:`Unavailable`.
    """
    if is_address(source):
        with downloaded(source, progress=progress) as path, _from_file(path) as found:
            yield found
        return
    path = Path(source).expanduser()
    if path.is_dir():
        folder = learner_folder(path)
        yield Incoming(read_release(folder), lambda name: (folder / name).read_bytes(), "The release")
    elif path.is_file():
        with _from_file(path) as found:
            yield found
    else:
        raise NotFound(f"There is no file or folder {path}.", hint=_OPEN)


@contextmanager
def _from_file(path: Path) -> Iterator[Incoming]:
    with open_archive(path, "The release") as archive:
        names = archive.names()
        for other, hint in (
            ("feedback.json", "It is a feedback file: give it a name that ends with .feedback.zip and open it again."),
            ("submission.json", "It is a submission: hand it in, or collect it with `course-kit collect`."),
        ):
            if other in names and "release.json" not in names:
                raise Invalid(f"{path.name} is not a course.", hint=hint)
    manifest = read_release(path)
    with open_archive(path, "The release") as archive:
        yield Incoming(manifest, archive.read, f"The release {path.name}")
