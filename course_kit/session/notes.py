"""The kernel's own journal: where the session's facts are written down, one journal a process and release."""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_kit.errors import Unavailable
from course_kit.session.place import Place, Recording

if TYPE_CHECKING:
    from course_kit.store.journal import Journal

log = logging.getLogger("course_kit")
log.addHandler(logging.NullHandler())  # without a handler, Python would print to the learner's standard error

Facts = Sequence[dict[str, Any]]


class Notes:
    """Writes facts into this process's journal, which is opened when the first fact comes.

    Thread-safe. ``state`` is ``off`` (nothing is written), ``waiting`` (facts are held until :meth:`wake`) or ``on``.
    """

    HELD = 200
    """How many facts a waiting session holds; older ones are let go."""

    def __init__(self, open_journal: Callable[[], "Journal"], state: Recording) -> None:
        self._open, self._state = open_journal, state
        self._journal: Journal | None = None
        self._held: list[tuple[dict[str, Any], datetime, str | None]] = []
        self._warned = False
        self._lock = threading.RLock()
        self._pid = os.getpid()

    @property
    def state(self) -> Recording:
        return self._state if os.getpid() == self._pid else "off"

    def wake(self) -> None:
        """Someone is there: write what was held, and whatever comes from now on."""
        with self._lock:
            if self.state != "waiting":
                return
            self._state = "on"
            held, self._held = self._held, []
            if held:
                facts, times, ids = zip(*held, strict=True)
                self.try_write(facts, times, ids)

    def write(
        self, facts: Facts, at: Sequence[datetime] | None = None, event_ids: Sequence[str | None] | None = None
    ) -> None:
        """Returns once the facts are durable (or recording is off, or they are held).

        ``event_ids``: of the facts that have one already.

        Raises :class:`Unavailable` if the disk refuses them; none of them counts as written then.
        """
        with self._lock:
            if self.state == "off":
                return
            if self.state == "waiting":
                times = [datetime.now(UTC)] * len(facts) if at is None else at
                ids = [None] * len(facts) if event_ids is None else event_ids
                self._held = [*self._held, *zip(facts, times, ids, strict=True)][-self.HELD :]
                return
            try:
                if self._journal is None:
                    self._journal = self._open()
                self._journal.append(facts, at=at, event_ids=event_ids)
            except OSError as error:
                raise Unavailable(
                    f"What you did here cannot be written to the disk: {error}.",
                    hint="Check the disk that holds your course-kit folder, then do it again.",
                ) from error

    def try_write(
        self, facts: Facts, at: Sequence[datetime] | None = None, event_ids: Sequence[str | None] | None = None
    ) -> bool:
        """As :meth:`write`, for facts that no one waits for: False on failure, and one warning in the log."""
        try:
            self.write(facts, at, event_ids)
        except Exception as error:
            log.log(logging.DEBUG if self._warned else logging.WARNING, "facts were not recorded: %s", error)
            self._warned = True
            return False
        return True

    def close(self) -> None:
        """Let go of the journal; the next fact would begin a new one."""
        with self._lock:
            journal, self._journal = self._journal, None
            if journal is not None and os.getpid() == self._pid:
                journal.close()


_open_notes: dict[tuple[str, str, str], Notes] = {}
_open_lock = threading.Lock()


def notes_of(place: Place, state: Recording, data: Path) -> Notes:
    """This process's notes for the release at ``place``: the same object each time."""

    def open_journal() -> "Journal":
        from course_kit.store.journal import Journal
        from course_kit.store.places import local_learner

        return Journal(
            data / "journals",
            learner=local_learner(data).learner,
            course=place.release.course.key,
            release=place.release.release,
            writer="kernel",
        )

    with _open_lock:
        name = (str(data), place.release.release, str(place.folder))
        notes = _open_notes.get(name)
        if notes is not None and (state == notes.state or (state == "waiting" and notes.state == "on")):
            return notes
        if notes is not None:
            notes.close()
        _open_notes[name] = Notes(open_journal, state)
        return _open_notes[name]


def close_all() -> None:
    """Close the journals of this process."""
    with _open_lock:
        for notes in _open_notes.values():
            notes.close()
        _open_notes.clear()
