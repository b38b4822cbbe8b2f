"""The folder through which a learner's computers meet: a drive, a stick, anything that copies files.

```
course-kit-sync/
  sync.json                    {"version": 1}
  computers/<pseudonym>.json   what one computer has; written by that computer alone
  events/<sha256>.jsonl        events, written once
  files/<course>/<sha256>      contents, written once
```

Nothing here is believed: a file counts when its name is the digest of its content, everything else waits or is left.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from course_kit.errors import Invalid, NotFound, check_version
from course_kit.files.archive import safe_path, sha256
from course_kit.files.atomic import read_json, write_atomically, write_json
from course_kit.model.course import Key
from course_kit.model.release import Digest

PSEUDONYM = re.compile(r"^p-[0-9a-f]{16}$")
_BATCH = re.compile(r"^[0-9a-f]{64}\.jsonl$")
MAX_FILE = 50 * 1024**2
_MAX_COMPUTER = 20 * 1024**2
_MAX_LINEAGE = 200
BATCH = 5_000

Pseudonym = Annotated[str, Field(pattern=PSEUDONYM.pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SyncedFile(_Part):
    """One file as a computer has it. ``lineage``: the digests of what it was before, on any computer, oldest first.

    ``base``: the digest of what the release brought under that name, None for a learner's own file.
    """

    sha256: Digest
    size: Annotated[int, Field(ge=0, le=MAX_FILE)]
    lineage: Annotated[tuple[Digest, ...], Field(max_length=_MAX_LINEAGE)] = ()
    base: Digest | None = None


class SyncedCourse(_Part):
    release: Digest
    files: dict[str, SyncedFile] = {}


class ComputerRecord(_Part):
    """What one computer says of itself."""

    version: Literal[1] = 1
    learner: Pseudonym
    aliases: tuple[Pseudonym, ...] = ()
    computer: Annotated[str, Field(max_length=100)] = ""
    courses: dict[Key, SyncedCourse] = {}


def lengthened(lineage: Iterable[str], *digests: str) -> tuple[str, ...]:
    """``lineage`` with ``digests`` at its end, each once, and no longer than is kept."""
    return tuple(dict.fromkeys([*lineage, *digests]))[-_MAX_LINEAGE:]


class SyncFolder:
    """Made by :meth:`at`; ``waiting`` and ``refused`` collect what could not be used, each in a sentence."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.waiting: list[str] = []
        self.refused: list[str] = []

    @classmethod
    def at(cls, folder: Path) -> "SyncFolder":
        """The meeting place in ``folder``, made if need be. Raises :class:`NotFound`, :class:`WrongVersion`."""
        if not folder.is_dir():
            raise NotFound(
                f"There is no folder {folder}.", hint="Name the folder of your drive or stick; plug it in or mount it."
            )
        root = folder if folder.name == "course-kit-sync" else folder / "course-kit-sync"
        mark = root / "sync.json"
        if mark.exists():
            try:
                data = read_json(mark, "The sync folder's record")
            except Invalid as error:
                raise Invalid(
                    f"{mark} is not complete yet, or is damaged.",
                    hint="Wait until your drive has finished copying, and sync again. Delete that file if it stays so.",
                ) from error
            check_version("The sync folder", data.get("version") if isinstance(data, dict) else None, 1)
        else:
            write_json(mark, {"version": 1})
        return cls(root)

    # ------------------------------------------------------------ computers

    def computers(self) -> list[ComputerRecord]:
        """What every computer says of itself, as far as it can be read; the others wait for the next time."""
        found = []
        for path in _files(self.root / "computers"):
            record = self._computer(path)
            if record is not None:
                found.append(record)
        return found

    def _computer(self, path: Path) -> ComputerRecord | None:
        if path.suffix != ".json" or not PSEUDONYM.match(path.stem):
            self.refused.append(f"{path.name} in {path.parent} is not one of course-kit's files; it is left alone.")
            return None
        try:
            if path.stat().st_size > _MAX_COMPUTER:
                raise ValueError("larger than can be")
            data = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            self.waiting.append(f"{path.name} is not complete yet; it is read the next time.")
            return None
        check_version("A computer's record in the sync folder", data.get("version") if _is_object(data) else None, 1)
        try:
            record = ComputerRecord.model_validate(data)
            for course in record.courses.values():
                for name in course.files:
                    safe_path(name)
        except (ValidationError, Invalid):
            self.refused.append(f"{path.name} in {path.parent} is not what course-kit writes; it is left alone.")
            return None
        if record.learner != path.stem:
            self.refused.append(f"{path.name} in {path.parent} bears another's name; it is left alone.")
            return None
        return record

    def save_computer(self, record: ComputerRecord) -> None:
        write_json(self.root / "computers" / f"{record.learner}.json", record.model_dump(mode="json"))

    # ------------------------------------------------------------ events

    def batches(self) -> Iterator[tuple[str, list[bytes]]]:
        """The batches of events that are whole: their names and lines."""
        for path in _files(self.root / "events"):
            if not _BATCH.match(path.name):
                self.refused.append(f"{path.name} in {path.parent} is not one of course-kit's files; it is left alone.")
                continue
            try:
                content = path.read_bytes() if path.stat().st_size <= MAX_FILE else b""
            except OSError:
                content = b""
            if sha256(content) != path.stem:
                self.waiting.append(f"{path.name} is not complete yet; it is read the next time.")
                continue
            yield path.name, [line for line in content.splitlines() if line.strip()]

    def add_batch(self, lines: Iterable[str]) -> None:
        content = "".join(line + "\n" for line in lines).encode()
        write_atomically(self.root / "events" / f"{sha256(content)}.jsonl", content)

    # ------------------------------------------------------------ contents

    def _content_path(self, course: str, digest: str) -> Path:
        return self.root / "files" / course / digest

    def add_content(self, course: str, content: bytes) -> str:
        digest = sha256(content)
        path = self._content_path(course, digest)
        if not path.is_file() or path.stat().st_size != len(content):
            write_atomically(path, content)
        return digest

    def content(self, course: str, file: SyncedFile) -> bytes | None:
        """The content of a file, or None while it is not complete."""
        path = self._content_path(course, file.sha256)
        try:
            content = path.read_bytes() if path.stat().st_size == file.size else None
        except OSError:
            return None
        return content if content is not None and sha256(content) == file.sha256 else None

    def forget(self, before: ComputerRecord | None, now: ComputerRecord, others: Iterable[ComputerRecord]) -> None:
        """Remove contents that this computer named until now and that nobody names any more."""
        if before is None:
            return
        named = {(key, file.sha256) for record in (now, *others) for key, file in _named(record)}
        for course, file in _named(before):
            if (course, file.sha256) not in named:
                self._content_path(course, file.sha256).unlink(missing_ok=True)


def _named(record: ComputerRecord) -> Iterator[tuple[str, SyncedFile]]:
    for course, synced in record.courses.items():
        for file in synced.files.values():
            yield course, file


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError:
        return []


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
