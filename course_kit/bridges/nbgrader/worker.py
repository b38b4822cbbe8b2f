"""The process in which nbgrader lives: ``python -m course_kit.bridges.nbgrader.worker``.

One JSON object a line comes in, ``{"operation": …, arguments}``; one goes out, ``{"value": …}`` or ``{"error": …}``.
Whatever nbgrader, its plug-ins or a learner's code print goes to standard error, the log.
"""

import dataclasses
import gc
import importlib
import json
import os
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from course_kit.bridges.nbgrader.config import info_of, load_app
from course_kit.bridges.nbgrader.lean import import_nbgrader
from course_kit.errors import CourseKitError

# operation: the module that has it; each takes the loaded application first
OPERATIONS = {
    "kernels": "cells",
    "publish_cells": "cells",
    "cell_changes": "cells",
    "apply_cells": "cells",
    "trial_gradebook": "cells",
    "students": "gradebook",
    "import_students": "gradebook",
    "scores": "gradebook",
    "assignments": "gradebook",
    "execution_steps": "enabled",
    "put_dates": "duedates",
    "settings": "desk",
    "sanitize": "marking",
    "record": "marking",
    "feedback": "feedback",
    "exchange_submit": "exchange",
}


def main() -> None:
    gc.disable()  # until all is imported: most of what is made by then stays
    requests, answers = _private_streams()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    app: Any = None
    with suppress(Exception):
        import_nbgrader()  # whoever asks will be told why, if it cannot be; the first request may be on its way yet
    for line in requests:
        request = json.loads(line)
        operation = request.pop("operation")
        try:
            if operation == "open":
                app = load_app(Path(request["root"]), kernel=request["kernel"], database=request.get("database"))
                _settle()
                value: Any = {**dataclasses.asdict(info_of(app)), "root": str(app.coursedir.root)}
            elif operation == "ping":
                value = None
            else:
                module = importlib.import_module(f"course_kit.bridges.nbgrader.{OPERATIONS[operation]}")
                os.chdir(app.coursedir.root)
                value = getattr(module, operation)(app, **request)
            answer = {"value": value}
        except CourseKitError as error:
            answer = {"error": {"kind": type(error).__name__, "message": error.message, "hint": error.hint}}
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            message = f"{type(error).__name__}: {error}"
            answer = {"error": {"kind": "CourseKitError", "message": message, "hint": "The log has more."}}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


def _settle() -> None:
    """What was imported stays: the collector need not walk through it again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def _end_with_parent(parent: int) -> None:
    """A batch that was killed must not go on marking behind the next one; kernels end when their parent does."""
    while os.name == "posix":
        if os.getppid() != parent:
            os._exit(1)
        time.sleep(0.5)


def _private_streams() -> tuple[IO[str], IO[str]]:
    """Keep the two pipes to ourselves: children read nothing, and every print lands in the log."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


if __name__ == "__main__":
    main()
