"""A learner's copy of a course on disk: what it holds, and how it is found and read."""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_serializer

from course_kit.errors import Invalid, NotFound, check_version
from course_kit.files.archive import safe_path
from course_kit.files.atomic import read_json, write_json
from course_kit.model.course import Key
from course_kit.model.keys import utc_text
from course_kit.model.release import SHORT, Digest, ReleaseManifest
from course_kit.source.released import read_manifest
from course_kit.store.places import workspaces

KIT = ".course-kit"
NEW = "new version"
DRAFT = re.compile(r"^\.(.+)\.[0-9a-f]{8}\.tmp$")
"""What a file that is being written is called until it is whole."""
_NEW_NAME = re.compile(rf"^(?P<stem>.+) \({NEW}(?: (?P<number>\d+))?\)$")
_AGAIN = "Open the course's file once more (`course-kit open FILE`); your own files stay as they are."


class Opening(BaseModel):
    """One release that was opened in this folder, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: Digest
    at: AwareDatetime

    @field_serializer("at")
    def _as_utc(self, value: datetime) -> str:
        return utc_text(value)


class WorkspaceRecord(BaseModel):
    """``.course-kit/workspace.json``.

    ``seed``: drawn at random when the copy was made (or first opened by a course-kit that knows of it); from it follow
    the variants, pools and orders of choices that this learner meets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    course: Key
    release: Digest
    folder_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    history: tuple[Opening, ...] = ()
    seed: Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")] = ""


class Workspace:
    """A folder that course-kit made for a learner. Only its record is read at once."""

    def __init__(self, folder: Path, record: WorkspaceRecord) -> None:
        self.folder, self.record = folder, record

    @classmethod
    def at(cls, folder: Path) -> Self:
        """The copy in exactly this folder. Raises :class:`NotFound`, :class:`Invalid`, :class:`WrongVersion`."""
        path = folder / KIT / "workspace.json"
        if not cls.is_one(folder):
            raise NotFound(
                f"{folder} is not a learner's copy of a course.",
                hint="Open a course first: `course-kit open FILE`, or name the folder that it was opened in.",
            )
        data = read_json(path, "The record of this course folder")
        check_version("The record of this course folder", data.get("version") if isinstance(data, dict) else None, 1)
        try:
            return cls(folder.resolve(), WorkspaceRecord.model_validate(data))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise Invalid(f"{path} is damaged: {where}: {first['msg']}.", hint=_AGAIN) from error

    @staticmethod
    def is_one(folder: Path) -> bool:
        """Whether ``folder`` is a learner's copy (its record may still be damaged)."""
        return (folder / KIT / "workspace.json").is_file()

    @classmethod
    def around(cls, path: Path) -> Self:
        """The copy that ``path`` lies in (or is). Raises :class:`NotFound` if it lies in none."""
        place = path.resolve()
        for folder in (place, *place.parents):
            if cls.is_one(folder):
                return cls.at(folder)
        raise NotFound(
            f"{path} does not lie in a learner's copy of a course.",
            hint="Go into the folder of an opened course, or open one: `course-kit open FILE`.",
        )

    @property
    def course(self) -> str:
        return self.record.course

    @property
    def release(self) -> str:
        return self.record.release

    @property
    def kit(self) -> Path:
        return self.folder / KIT

    @property
    def base(self) -> Path:
        """The opened release as it came."""
        return self.base_of(self.release)

    def base_of(self, release: str) -> Path:
        return self.kit / "base" / release[:SHORT]

    def manifest(self) -> ReleaseManifest:
        """The manifest of the opened release. Raises :class:`NotFound` or :class:`Tampered`."""
        return read_manifest(self.base)

    def path(self, name: str | Path) -> Path:
        """The file ``name`` (relative to the copy, or inside it) as an absolute path.

        Raises :class:`Invalid` if it would leave the copy, also by a link.
        """
        given = Path(name)
        if given.is_absolute():
            resolved = given.resolve()
        else:
            safe_path(given.as_posix())
            resolved = (self.folder / given).resolve()
        if self.folder not in resolved.parents:
            raise Invalid(f"{name} does not lie in {self.folder}.", hint="Name a file of this course.")
        return resolved

    def relative(self, name: str | Path) -> str:
        """The file ``name`` as its manifest names it. Raises as :meth:`path`."""
        return self.path(name).relative_to(self.folder).as_posix()

    def give_seed(self) -> None:
        """Draw a seed for a copy that was made before copies had one."""
        if not self.record.seed:
            self.save(self.record.model_copy(update={"seed": new_seed()}))

    def save(self, record: WorkspaceRecord) -> None:
        self.record = record
        write_json(self.kit / "workspace.json", record.model_dump(mode="json"))


def new_folder_id() -> str:
    return secrets.token_hex(8)


def new_seed() -> str:
    return secrets.token_hex(16)


def opened_last(data: Path, course: str) -> Path | None:
    """The learner's copy of ``course`` that was opened last and is still there (its record may be damaged)."""
    copies = (known.folder for known in workspaces(data) if known.course == course)
    return next((folder for folder in copies if Workspace.is_one(folder)), None)


def free_new_version(path: Path) -> Path:
    """A name beside ``path`` for its new version that no file bears yet."""
    taken = dict(versions_beside(path))
    number = 1
    while number in taken:
        number += 1
    return path.with_name(new_version_name(path, number))


def new_version_name(path: Path, number: int) -> str:
    suffix = f" {number}" if number > 1 else ""
    return f"{path.stem} ({NEW}{suffix}){path.suffix}"


def versions_beside(path: Path) -> Iterator[tuple[int, Path]]:
    if not path.parent.is_dir():
        return
    for beside in sorted(path.parent.iterdir()):
        match = _NEW_NAME.match(beside.stem) if beside.suffix == path.suffix else None
        if match is not None and match["stem"] == path.stem:
            yield int(match["number"] or 1), beside


def backup_folder(workspace: Workspace, at: datetime) -> Path:
    """A new folder below ``backups/`` for what is replaced now, named by the time (numbered if taken)."""
    stem = at.strftime("%Y-%m-%dT%H-%M-%SZ")
    backups = workspace.kit / "backups"
    number = 1
    while True:
        folder = backups / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder
