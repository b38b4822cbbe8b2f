"""The folders of what was submitted, as nbgrader wants them: one version each, and none lost that was there before."""

import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.files.archive import safe_path
from course_kit.files.atomic import disk_errors
from course_kit.grading.collected import Index, Origin
from course_kit.grading.handed_in import HandedIn
from course_kit.grading.places import GradedAssignment, GradingPlace
from course_kit.grading.staging import mend_folder, put_folder, submission_digest, submission_files
from course_kit.model.keys import utc_text

Kind = Literal["placed", "replaced", "unchanged"]
_NOTES = {"timestamp.txt"}


@dataclass(frozen=True)
class CollectedFile:
    """One submission that found its place. ``renamed``: names of notebooks that were changed to the expected ones."""

    file: str
    learner: str
    assignment: str
    submitted_at: datetime
    note: str = ""
    renamed: tuple[tuple[str, str], ...] = ()


class Shelf:
    """``submitted/<learner>/<assignment>/`` of one course, and the list of where each came from."""

    def __init__(self, place: GradingPlace, at: datetime) -> None:
        self._place, self._at, self._index = place, at, Index(place)

    def put(
        self, handed_in: HandedIn, learner: str, assignment: GradedAssignment, info: CourseInfo
    ) -> tuple[Kind, CollectedFile]:
        """Put a submission in its place unless it is there, or a newer one is. A time in the future counts as now.

        Raises :class:`Invalid` if a name in it is unsafe, :class:`Unavailable` if the disk is full.
        """
        target = info.submitted_folder(learner, assignment.name)
        mend_folder(target)
        said = handed_in.at or self._at
        time = min(said, self._at)
        note = "" if said <= self._at else "its time lay in the future; the present one was taken"
        line = CollectedFile(handed_in.label, learner, assignment.key, time, note, tuple(handed_in.renamed.items()))
        before = self._time_there(learner, assignment.key, target)
        there = target.is_dir()
        if there and _content_of(target) == handed_in.files:
            self._note_origin(handed_in, learner, assignment.key, before or time, target)
            return "unchanged", line
        if before is not None and time < before:
            note = f"older than what is there (of {before:%Y-%m-%d %H:%M} UTC)"
            return "unchanged", replace(line, note=note)
        if there:
            self._keep(target, Path(learner) / assignment.key)
        _write(handed_in.files, time, target)
        self._note_origin(handed_in, learner, assignment.key, time, target)
        return ("replaced" if there else "placed"), line

    def _keep(self, target: Path, name: Path) -> None:
        kept = self._place.hidden / "collected" / f"{self._at.astimezone(UTC):%Y%m%dT%H%M%SZ}" / name
        with disk_errors(str(kept)):
            number, free = 1, kept
            while free.exists():
                number += 1
                free = kept.with_name(f"{kept.name}-{number}")
            shutil.copytree(target, free, symlinks=True)

    def _note_origin(self, handed_in: HandedIn, learner: str, key: str, time: datetime, target: Path) -> None:
        manifest = handed_in.manifest
        submission = manifest.submission if manifest else ""
        release = manifest.release if manifest else ""
        known, content = self._index.get(learner, key), submission_digest(target)
        received = known.received if known is not None and known.content == content else utc_text(self._at)
        origin = Origin(submission, utc_text(time), content, release, received)
        replaces_receipt = known is not None and known.submission and not submission and known.content == origin.content
        if known != origin and not replaces_receipt:
            self._index.put(learner, key, origin)

    def _time_there(self, learner: str, key: str, target: Path) -> datetime | None:
        if not target.is_dir():
            return None
        try:
            text = (target / "timestamp.txt").read_text(encoding="utf-8").strip()
            time = datetime.fromisoformat(text.removesuffix("UTC").strip())
            return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        except (OSError, ValueError):
            origin = self._index.get(learner, key)
            return datetime.fromisoformat(origin.submitted_at) if origin else None


def _write(files: dict[str, bytes], time: datetime, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="course-kit-") as scratch, disk_errors(str(target)):
        made = Path(scratch) / "made"
        made.mkdir()
        for name, content in files.items():
            path = made / safe_path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        stamp = time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        (made / "timestamp.txt").write_text(stamp + "\n", encoding="utf-8")
        put_folder(made, target)


def _content_of(folder: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in submission_files(folder) if name not in _NOTES}
