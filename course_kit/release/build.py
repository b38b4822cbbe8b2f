"""`build`: a release of a course, whole or not at all.

Everything is made in a folder of its own beside the releases, read back as a learner's course-kit would read it, and
moved into place; ``latest`` moves last, when all that it names is on the disk. Whatever ends a build early, also a
power cut, the last release stays as it was.
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError, NotFound, Unavailable
from course_kit.files.archive import sha256, write_archive
from course_kit.files.atomic import disk_errors, sync_folder, write_atomically
from course_kit.files.lock import FileLock
from course_kit.model.keys import digest
from course_kit.model.release import SHORT, ReleaseManifest
from course_kit.quizzes.render import local_file
from course_kit.release.cache import BuildCache, builder
from course_kit.release.generated import Files, assignment_files, generated_assignments
from course_kit.release.instructor import items_file, sources_file
from course_kit.release.practice import practice_files
from course_kit.release.seal import seal_lesson
from course_kit.release.strip import learner_notebook, notebook_bytes
from course_kit.release.videos import released_videos
from course_kit.source.checks import check_loaded
from course_kit.source.course_file import SourceCourse, load_course
from course_kit.source.findings import FaultyCourse, has_errors
from course_kit.source.notebooks import SourceNotebook
from course_kit.source.references import text_references
from course_kit.source.released import MANIFEST, QUIZZES, VIDEOS, latest_release, read_release
from course_kit.source.shipped import shipped_files

Progress = Callable[[int, int, str], None]
_DRAFT = ".building-"


@dataclass(frozen=True)
class BuiltRelease:
    """``folder`` holds ``learner/``, ``instructor/`` and ``archive``; the notebooks rebuilt and those taken as they
    were."""

    hash: str
    folder: Path
    archive: Path
    rebuilt: int
    reused: int


def _nothing(_done: int, _total: int, _what: str) -> None:
    pass


def build_release(folder: Path, *, progress: Progress = _nothing) -> BuiltRelease:
    """Build a release of the course in ``folder`` below ``folder/releases``.

    The same source gives the same hash on any machine with the same libraries. Raises
    :class:`~course_kit.source.findings.FaultyCourse` (with ``.findings``) if `check` finds an error,
    :class:`Busy` while another build runs, :class:`Unavailable` on a full disk or without nbgrader; the last release
    is then untouched.
    """
    loaded = load_course(folder)
    findings = check_loaded(loaded)
    if has_errors(findings):
        raise FaultyCourse(findings)
    with FileLock(folder / ".course-kit" / "build.lock", "A build of this course"):
        return _Builder(loaded.source, progress).build()


def release_folder(folder: Path, name: Path | str) -> Path:
    """The folder of a release: ``name`` is that folder, a hash (or its beginning, 4 digits or more) or ``latest``.

    Raises :class:`NotFound` if there is none, or several, of that name.
    """
    text = str(name)
    if text == "latest":
        found = [latest] if (latest := latest_release(folder)) else []
    elif re.match(r"^[0-9a-f]{4,64}$", text):
        found = sorted((folder / "releases").glob(f"{text[:SHORT]}*"))
    else:
        given = Path(name)
        found = [path for path in (given, folder / given) if (path / "learner" / MANIFEST).is_file()][:1]
    if len(found) == 1:
        return found[0]
    built = sorted(path.name for path in (folder / "releases").glob("[0-9a-f]*") if path.is_dir())
    what = "There is no release" if not found else "There are several releases that begin with"
    raise NotFound(f"{what} {text!r}.", hint=f"Releases here: {', '.join(built) or 'none; run `course-kit build`'}.")


class _Builder:
    def __init__(self, source: SourceCourse, progress: Progress) -> None:
        self.source, self.course = source, source.course
        self.releases = source.folder / "releases"
        self.cache = BuildCache(self.releases / ".cache")
        self.progress = progress
        self.total = len(source.notebooks) + len(source.assignments) + 2
        self.done = self.rebuilt = self.reused = 0

    def build(self) -> BuiltRelease:
        draft = self.releases / f"{_DRAFT}{secrets.token_hex(4)}"
        try:
            with disk_errors("the release"):
                self._clean()
                built = self._build(draft)
                self.cache.forget_others()
                return built
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _build(self, draft: Path) -> BuiltRelease:
        sources = {key: assignment_files(assignment) for key, assignment in self.source.assignments.items()}
        files = self._learner_files(sources)
        instructor = self._instructor_files(sources)
        self._step("packing")
        manifest = ReleaseManifest.seal(
            course=self.course,
            packages=self.course.packages,
            files={name: sha256(content) for name, content in sorted(files.items())},
            instructor=digest({name: sha256(content) for name, content in instructor.items()}),
        )
        files[MANIFEST] = _json_bytes(manifest.json_object())
        for half, contents in (("learner", files), ("instructor", instructor)):
            for name, content in contents.items():
                _write(draft / half / name, content)
        archive = f"{self.course.key}-{manifest.short}.course.zip"
        write_archive(draft / archive, files, first=MANIFEST)
        self._step("checking what was built")
        _verify(draft, archive, manifest)
        _sync_folders(draft)
        target = self._move_into_place(draft, archive, manifest)
        self.progress(self.total, self.total, "")
        return BuiltRelease(manifest.release, target, target / archive, self.rebuilt, self.reused)

    def _step(self, what: str) -> None:
        self.progress(min(self.done, self.total), self.total, what)
        self.done += 1

    # ------------------------------------------------------------ content

    def _learner_files(self, sources: Mapping[str, Files]) -> Files:
        files = {name: path.read_bytes() for name, path in shipped_files(self.source).files.items()}
        for lesson, notebook in self.source.notebooks.items():
            self._step(notebook.path)
            files.update(self._lesson_files(lesson, notebook))
        lessons = self.done

        def tell(done: int, _total: int, name: str) -> None:
            self.progress(lessons + done, self.total, f"assignment {name}" if name else "assignments")

        released, made = generated_assignments(self.source, dict(sources), self.cache, tell)
        self.done = lessons + len(released)
        for key, contents in released.items():
            notebooks = len(self.source.assignments[key].notebooks)
            self.rebuilt += notebooks if key in made else 0
            self.reused += 0 if key in made else notebooks
            files.update({f"assignments/{key}/{name}": content for name, content in contents.items()})
        for assignment in self.course.assignments():
            if assignment.practice:
                files.update(practice_files(assignment.key, self.source.assignments[assignment.key]))
        return files

    def _lesson_files(self, lesson: str, notebook: SourceNotebook) -> Files:
        videos = released_videos(notebook, lesson, self.source.folder)
        parts = [sha256(notebook.content), self._images(notebook), videos.pages]
        key = digest([builder(), self.course.key, lesson, *parts])
        kept = self.cache.get(key)
        if kept is None:
            self.rebuilt += 1
            sealed = seal_lesson(notebook, lesson, self.source.folder)
            course = self.course.key
            learner = learner_notebook(
                notebook, course=course, lesson=lesson, quizzes=sealed.pages, videos=videos.pages
            )
            kept = {"notebook": notebook_bytes(learner).decode(), "quizzes": _json_bytes(sealed.file).decode()}
            self.cache.put(key, kept)
        else:
            self.reused += 1
        files = {notebook.path: kept["notebook"].encode()}
        if notebook.quizzes:
            files[f"{QUIZZES}/{lesson}.json"] = kept["quizzes"].encode()
        if videos.pages:
            files[f"{VIDEOS}/{lesson}.json"] = _json_bytes(videos.file)
        return files

    def _images(self, notebook: SourceNotebook) -> list[list[str]]:
        """The local images that become part of the quizzes, each with its digest."""
        base = (self.source.folder / notebook.path).parent
        found = []
        for reference in text_references(notebook):
            if reference.kind == "image" and reference.is_local and reference.cell.kind == "code":
                path = local_file(base, reference.target, self.source.folder)
                if path is not None and path.is_file():
                    found.append([reference.target, sha256(path.read_bytes())])
        return found

    def _instructor_files(self, sources: Mapping[str, Files]) -> Files:
        files = {
            "items.json": _json_bytes(items_file(self.source)),
            "sources.json": _json_bytes(sources_file(self.source)),
        }
        for key, contents in sources.items():
            files.update({f"assignments/{key}/{name}": content for name, content in contents.items()})
        return files

    # ------------------------------------------------------------ places

    def _clean(self) -> None:
        """Remove what builds left behind that were killed; none runs now, since this one holds the lock."""
        self.releases.mkdir(parents=True, exist_ok=True)
        for left in self.releases.glob(f"{_DRAFT}*"):
            shutil.rmtree(left, ignore_errors=True)
        for left in (*self.releases.glob(".*.tmp"), *(self.releases / ".cache").glob(".*.tmp")):
            with suppress(OSError):
                left.unlink()

    def _move_into_place(self, draft: Path, archive: str, manifest: ReleaseManifest) -> Path:
        target = self.releases / manifest.short
        if target.exists() and not _is_whole(target, archive, manifest):
            target.rename(self.releases / f"{_DRAFT}old-{secrets.token_hex(4)}")
        if not target.exists():
            draft.replace(target)
            sync_folder(self.releases)
        write_atomically(self.releases / "latest", f"{manifest.short}\n")
        self._clean()
        return target


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folders(folder: Path) -> None:
    """Make the names in ``folder`` durable, the innermost first; the files in it are."""
    for parent, _folders, _files in os.walk(folder, topdown=False):
        sync_folder(Path(parent))


def _json_bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _verify(folder: Path, archive: str, manifest: ReleaseManifest) -> None:
    """Read both forms back. Raises what a learner would see.

    What is compared is what travels: a learner's own dates, limits and grading stay with the instructor.
    """
    for path in (folder / "learner", folder / archive):
        if read_release(path).json_object() != manifest.json_object():
            raise Unavailable(f"{path} was not written as it should be.", hint="Check the disk and build again.")


def _is_whole(folder: Path, archive: str, manifest: ReleaseManifest) -> bool:
    """Whether a release of this hash stands there already, with both of its halves."""
    try:
        _verify(folder, archive, manifest)
        half = folder / "instructor"
        contents = {path.relative_to(half).as_posix(): path for path in half.rglob("*") if path.is_file()}
        return digest({name: sha256(path.read_bytes()) for name, path in contents.items()}) == manifest.instructor
    except (CourseKitError, OSError):
        return False
