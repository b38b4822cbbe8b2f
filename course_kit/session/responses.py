"""``responses.json``: what was answered in an assignment's quizzes, beside its notebook, for grading to read.

Written whole under a lock, and merged item by item with what stands there: neither two quick answers nor two kernels
lose one. What stands in it is what the learner's computer says; scores come from grading.
"""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_kit.errors import Busy, Unavailable, WrongVersion, check_version
from course_kit.files.atomic import write_json
from course_kit.files.lock import FileLock
from course_kit.model.keys import utc_text
from course_kit.model.quiz import Response, recordable
from course_kit.quizzes.graded import RESPONSES
from course_kit.quizzes.responses import MAX_RESPONSES, RESPONSES_VERSION, writable

_LOCK = ".responses.lock"
_WAIT = 10.0


@dataclass(frozen=True)
class GivenResponse:
    """The last response to one item. ``count``: how many were given to this variant; ``at`` is UTC text.

    ``hints``: how many were taken, where there are any (practice assignments).
    """

    digest: str
    variant: int = 0
    response: Response = None
    confidence: int | None = None
    at: str = ""
    count: int = 0
    hints: int = 0

    def json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "hints" or value}


class ResponsesFile:
    """The file in ``folder``. Thread-safe. What cannot be read of it is passed over, and kept in a file beside it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / RESPONSES
        self._known: dict[str, GivenResponse] = {}
        self._mutex = threading.RLock()
        self.seed = ""
        self._take(self._read())

    @property
    def given(self) -> Mapping[str, GivenResponse]:
        """The responses that are known, by ``quiz/item``."""
        with self._mutex:
            return dict(self._known)

    def put(self, item: str, given: GivenResponse) -> GivenResponse:
        """Write one response, durably, and return it as it was written: ``count`` is the file's own.

        Raises :class:`Unavailable` where the disk refuses: then nothing was changed and it may be put again; and
        :class:`WrongVersion` where a newer course-kit wrote the file.
        """
        with self._mutex:
            known, seed = dict(self._known), self.seed
            try:
                with FileLock(self.path.with_name(_LOCK), "Writing your answers", wait=_WAIT, needed=False):
                    return self._put(item, given)
            except (OSError, Unavailable, Busy) as error:
                self._known, self.seed = known, seed
                said = f"{error.strerror or error}." if isinstance(error, OSError) else error.message
                raise Unavailable(
                    f"Your answer could not be written to {self.path.name}: {said}", hint=_KEPT
                ) from error

    def _put(self, item: str, given: GivenResponse) -> GivenResponse:
        self._clear_drafts()
        found = self._read()
        if found is None and self.path.is_file():
            self._set_aside()
        self._take(found)
        written = _after(self._known.get(item), given)
        after = {**self._known, item: written}
        responses = {name: one.json() for name, one in sorted(after.items())}
        write_json(self.path, {"version": RESPONSES_VERSION, "seed": self.seed, "responses": responses})
        self._known = after
        return written

    def _take(self, found: Mapping[str, Any] | None) -> None:
        """What the file says goes before what is known here; what it lacks stays (it may have been deleted)."""
        if found is None:
            return
        self.seed = _text(found.get("seed")) or self.seed
        listed = found.get("responses")
        entries = listed if isinstance(listed, dict) else {}
        read = {name: given for name, entry in entries.items() if (given := _given(entry)) is not None}
        self._known = {**self._known, **read}

    def _read(self) -> Mapping[str, Any] | None:
        """The file's JSON; None where it is missing or damaged. Raises :class:`WrongVersion` for a newer one."""
        try:
            if self.path.stat().st_size > MAX_RESPONSES:
                return None
            found = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(found, dict):
            return None
        try:
            check_version(f"{self.path.name}, with your answers,", found.get("version"), RESPONSES_VERSION)
        except WrongVersion:
            version = found.get("version")
            if type(version) is int and version > RESPONSES_VERSION:
                raise
            return None
        return found

    def _set_aside(self) -> None:
        """Keep a file that cannot be read under another name: a person may still make sense of it."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        self.path.replace(self.path.with_name(f"responses (damaged {stamp}).json"))

    def _clear_drafts(self) -> None:
        """What a writer that was killed left behind; whoever holds the lock is the only one."""
        for draft in self.path.parent.glob(f".{RESPONSES}.*.tmp"):
            with suppress(OSError):
                draft.unlink()


_KEPT = (
    "Your answer is still on this page: check the disk and the folder (is it read-only, is it full?), then save again."
)


def now_text() -> str:
    return utc_text(datetime.now(UTC))


def _after(before: GivenResponse | None, given: GivenResponse) -> GivenResponse:
    """``given`` as it is written: counted on from what was given to the same wording and variant."""
    same = before is not None and (before.digest, before.variant) == (given.digest, given.variant)
    count, hints = (before.count, before.hints) if before is not None and same else (0, 0)
    response = writable(given.response)
    return replace(given, response=response, count=count + given.count, hints=max(given.hints, hints))


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= 200 else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) and type(value) is int and 0 <= value < 2**31 else 0


def _given(entry: Any) -> GivenResponse | None:
    if not isinstance(entry, dict):
        return None
    confidence = entry.get("confidence")
    return GivenResponse(
        digest=_text(entry.get("digest")),
        variant=_whole(entry.get("variant")),
        response=recordable(entry.get("response")),
        confidence=confidence if type(confidence) is int and 1 <= confidence <= 3 else None,
        at=_text(entry.get("at")),
        count=_whole(entry.get("count")),
        hints=_whole(entry.get("hints")),
    )
