"""The process in which a page's batch runs: ``python -P -m course_kit.apps.server.grading_run``.

It reads one JSON object from its standard input and answers in lines of JSON: ``{"state": …}`` as the batch goes, one
``{"batch": …}`` an assignment, or ``{"error": …}``. When its input ends (the page stops the batch, or the server is
gone), the batch is interrupted as Ctrl-C would: what is recorded stays, and the next batch goes on there.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from course_kit.errors import CourseKitError

if TYPE_CHECKING:
    from course_kit.grading.graded import BatchState

STATE_SECONDS = 0.25
"""How often a state is told at most."""

Say = Callable[[dict[str, Any]], None]


def main() -> int:
    """Run the batch that the input asks for. Returns the exit status; what went wrong is said on the output."""
    # a server that was started behind a shell's back ignores Ctrl-C, and so would all that it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out = _own_output()
    say: Say = _Lines(out).say
    try:
        request = json.loads(sys.stdin.buffer.readline())
        threading.Thread(target=_interrupt_at_end, daemon=True).start()
        _grade(request, say)
    except KeyboardInterrupt:
        return 130
    except CourseKitError as error:
        say({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
        return 1
    return 0


def _grade(request: Mapping[str, Any], say: Say) -> None:
    from course_kit.grading.batch import grade

    folder, names = Path(request["folder"]), list(request["assignments"])
    for number, name in enumerate(names):
        where = {"assignment": name, "number": number + 1, "of": len(names)}
        told = _Told(say, where)
        told.tell({"what": "Preparing", "done": 0, "total": 0}, now=True)
        try:
            batch = grade(folder, name, watch=told.watch, at=datetime.now(UTC), **request["options"])
        except CourseKitError as error:
            if len(names) == 1:
                raise
            # one faulty assignment keeps nobody from the others
            fault = {"code": error.code, "message": error.message, "hint": error.hint}
            say({"batch": {"assignment": name, "batch": None, "error": fault}})
            continue
        say({"batch": {"assignment": name, "batch": batch.json_object(), "error": None}})


class _Told:
    """Tells states seldom enough that nobody is kept from the work."""

    def __init__(self, say: Say, where: Mapping[str, Any]) -> None:
        self._say, self._where = say, where
        self._due = 0.0

    def watch(self, state: "BatchState") -> None:
        self.tell(asdict(state), now=state.what == "Done")

    def tell(self, state: Mapping[str, Any], *, now: bool) -> None:
        if now or time.monotonic() >= self._due:
            self._due = time.monotonic() + STATE_SECONDS
            self._say({"state": {**state, **self._where}})


class _Lines:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def say(self, value: dict[str, Any]) -> None:
        self._stream.write(json.dumps(value).encode() + b"\n")
        self._stream.flush()


def _own_output() -> BinaryIO:
    """The output for our lines alone: whatever a library prints goes to the log."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


def _interrupt_at_end() -> None:
    # past Python's buffer, whose lock a process that ends must not find taken
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
