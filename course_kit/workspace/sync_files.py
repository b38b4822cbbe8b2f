"""Keep the files of one course the same on a learner's computers; where both changed one, keep both.

Each file has a lineage: the digests of what it was. One whose present content is in the other's lineage follows;
where neither is, a copy of the other is laid beside, and the learner decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from course_kit.errors import Invalid, check_version
from course_kit.files.archive import sha256
from course_kit.files.atomic import read_json, write_atomically, write_json
from course_kit.model.release import Digest
from course_kit.workspace.behind import base_content
from course_kit.workspace.folder import DRAFT, KIT, NEW, Workspace, backup_folder
from course_kit.workspace.notebooks import untouched
from course_kit.workspace.open import welcome_name
from course_kit.workspace.sync_folder import (
    MAX_FILE,
    ComputerRecord,
    SyncedCourse,
    SyncedFile,
    SyncFolder,
    lengthened,
)

_LEFT_OUT = {".ipynb_checkpoints", "__pycache__", ".git", KIT, "submissions", "feedback", ".responses.lock"}
MAX_FILES = 5_000


@dataclass
class FileChanges:
    """What was done, by path in the copy. ``notes``: what else there is to say, each in a sentence."""

    taken: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Lineages(BaseModel):
    """``.course-kit/sync.json``: for each file that was synced, what it was, oldest first, the present last."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    files: dict[str, Annotated[tuple[Digest, ...], Field(min_length=1)]] = {}


class CourseSync:
    """One course's copy on this computer, on its way to agree with the others."""

    def __init__(self, workspace: Workspace, meeting: SyncFolder, at: datetime) -> None:
        self._workspace, self._meeting, self._at = workspace, meeting, at
        self._path = workspace.kit / "sync.json"
        self._lineages = self._read()
        self._manifest = workspace.manifest()
        self._backup: Path | None = None
        self.changes = FileChanges()

    def _read(self) -> _Lineages:
        if not self._path.exists():
            return _Lineages()
        what = "The record of what was synced"
        data = read_json(self._path, what)
        check_version(what, data.get("version") if isinstance(data, dict) else None, 1)
        try:
            return _Lineages.model_validate(data)
        except ValidationError as error:
            raise Invalid(f"{what} is damaged: {self._path}.", hint="Delete that file and sync again.") from error

    # ------------------------------------------------------------ taking

    def take(self, other: ComputerRecord) -> None:
        """Follow what ``other`` has; nothing is replaced without a backup, nothing that both changed is replaced."""
        theirs = other.courses.get(self._workspace.course)
        if theirs is None:
            return
        if theirs.release != self._manifest.release:
            self.changes.notes.append(
                f"{other.computer or 'The other computer'} has another release of {self._workspace.course}: open the "
                "newer one on both. Until then only files that are the same in both releases are synced."
            )
        for name, file in sorted(theirs.files.items()):
            if self._may_take(name):
                self._take_file(name, file, other.computer)
        self._save()

    def _may_take(self, name: str) -> bool:
        """Whether ``name`` is a place for a learner's file (the name comes from outside)."""
        first = name.split("/")[0].casefold()
        if first in {part.casefold() for part in _LEFT_OUT} or name.casefold() == "release.json":
            self.changes.notes.append(f"{name} from the sync folder is no learner's file; it is left alone.")
            return False
        try:
            self._workspace.path(name)
        except Invalid:
            self.changes.notes.append(f"{name} from the sync folder would leave the course's folder; it is left alone.")
            return False
        return True

    def _base(self, name: str) -> bytes | None:
        return base_content(self._workspace, name)

    def _take_file(self, name: str, file: SyncedFile, computer: str) -> None:
        target = self._workspace.folder / name
        base = self._base(name)
        if file.base != (None if base is None else sha256(base)):
            self.changes.notes.append(f"{name} belongs to another release there; it waits until both have the same.")
            return
        lineage = self._lineages.files.get(name, ())
        mine = target.read_bytes() if target.is_file() else None
        present = None if mine is None else sha256(mine)
        whole = (*file.lineage, file.sha256)
        if file.sha256 == present or file.sha256 in lineage:
            if present == file.sha256:
                self._lineages.files[name] = lengthened([*lineage, *whole], file.sha256)
            elif mine is None:
                self.changes.notes.append(f"{name} was deleted here; it stays on {computer or 'the other computer'}.")
            return
        content = self._meeting.content(self._workspace.course, file)
        if content is None:
            self._meeting.waiting.append(f"{name} is not complete yet in the sync folder; it comes the next time.")
            return
        as_it_came = mine is not None and base is not None and untouched(mine, base, name)
        if mine is None or present in whole or (as_it_came and not lineage):
            self._replace(target, name, mine, content)
            self._lineages.files[name] = lengthened([*lineage, *whole], file.sha256)
            self.changes.taken.append(name)
            return
        if not untouched(content, mine, name):
            copy = self._lay_beside(target, content, computer)
            self.changes.conflicts.append(copy.relative_to(self._workspace.folder).as_posix())
        self._lineages.files[name] = lengthened([*lineage, *whole], str(present))

    def _replace(self, target: Path, name: str, mine: bytes | None, content: bytes) -> None:
        if mine is not None:
            self._backup = self._backup or backup_folder(self._workspace, self._at)
            write_atomically(self._backup / name, mine)
        write_atomically(target, content)

    def _lay_beside(self, target: Path, content: bytes, computer: str) -> Path:
        """``<stem> (from <computer>, <date>)`` with ``content``; one that is there already serves as well."""
        who = re.sub(r"[^\w .-]+", "", computer).strip(" .")[:30] or "another computer"
        for beside in target.parent.glob(f"*{target.suffix}"):
            is_copy = beside.stem.startswith(f"{target.stem} (from {who}, ")
            if is_copy and beside.is_file() and beside.read_bytes() == content:
                return beside
        day, number = self._at.date().isoformat(), 1
        while True:
            suffix = f" {number}" if number > 1 else ""
            beside = target.with_name(f"{target.stem} (from {who}, {day}{suffix}){target.suffix}")
            if not beside.exists():
                write_atomically(beside, content)
                return beside
            number += 1

    # ------------------------------------------------------------ giving

    def give(self, known: SyncedCourse | None) -> SyncedCourse:
        """Put what the learner has changed into the meeting place; returns what to say of this course.

        ``known`` is what was said the last time.
        """
        files: dict[str, SyncedFile] = {}
        for name, path in self._own_files():
            content = path.read_bytes()
            digest = sha256(content)
            base = self._base(name)
            lineage = self._lineages.files.get(name, ())
            if base is not None and not lineage and untouched(content, base, name):
                continue
            lineage = lengthened([part for part in lineage if part != digest], digest)
            self._meeting.add_content(self._workspace.course, content)
            self._lineages.files[name] = lineage
            files[name] = SyncedFile(
                sha256=digest,
                size=len(content),
                lineage=lineage[:-1],
                base=None if base is None else sha256(base),
            )
            if known is None or name not in known.files or known.files[name].sha256 != digest:
                self.changes.sent.append(name)
        self._save()
        return SyncedCourse(release=self._manifest.release, files=files)

    def _own_files(self) -> Iterator[tuple[str, Path]]:
        found = 0
        for path in sorted(self._workspace.folder.rglob("*")):
            name = path.relative_to(self._workspace.folder).as_posix()
            parts = name.split("/")
            if parts[0] in _LEFT_OUT or _LEFT_OUT & {".ipynb_checkpoints", "__pycache__", ".git"} & set(parts):
                continue
            if path.is_symlink() or not path.is_file() or name in ("release.json", welcome_name(self._manifest)):
                continue
            if f"({NEW}" in path.stem or DRAFT.match(path.name):
                continue
            if path.stat().st_size > MAX_FILE:
                self.changes.notes.append(f"{name} is larger than {MAX_FILE // 1024**2} MB; it is not synced.")
                continue
            found += 1
            if found > MAX_FILES:
                self.changes.notes.append(f"There are more than {MAX_FILES} files; the rest is not synced.")
                return
            yield name, path

    def _save(self) -> None:
        write_json(self._path, self._lineages.model_dump(mode="json"))
