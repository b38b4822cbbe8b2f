"""Results of submissions whose points wait for a decision: ``.course-kit/graded/<assignment>/<learner>/``.

They are not in the cache, which holds proved results only; with them a decision records again without running.
"""

import hashlib
import shutil
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from course_kit.execution.job import Result
from course_kit.files.atomic import write_atomically
from course_kit.grading.cache import packed, unpacked


class KeptResults:
    """Results by learner and notebook. ``writes`` False reads only, for trial runs."""

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self._folder, self._writes = folder, writes

    def put(self, learner: str, results: Mapping[str, Result]) -> None:
        if self._writes:
            for stem, result in results.items():
                write_atomically(self._path(learner, stem), packed(result))

    def get(self, learner: str, stem: str) -> Result | None:
        """The result; None if there is none that can be read."""
        try:
            return unpacked(self._path(learner, stem).read_bytes())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
            return None

    def drop(self, learner: str) -> None:
        """Forget a learner's results: nothing waits."""
        if self._writes:
            with suppress(OSError):
                shutil.rmtree(self._path(learner, "").parent)

    def _path(self, learner: str, stem: str) -> Path:
        """Names from outside become digests: whatever they hold, they make safe and different files."""
        folder, name = (hashlib.sha256(text.encode(errors="replace")).hexdigest()[:24] for text in (learner, stem))
        return self._folder / folder / f"{name}.result"
