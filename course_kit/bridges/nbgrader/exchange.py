"""nbgrader's exchange, where a site has one: whether it can be used, and handing an assignment in through it."""

import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.client import Worker
from course_kit.bridges.nbgrader.site import read_site
from course_kit.errors import Unavailable

SECONDS = 120.0
_OTHERWISE = "Hand in the submission file instead (by the learning management system, e-mail or a shared folder)."


def is_configured(course: str) -> bool:
    """Whether the exchange of this computer has ``course`` and takes submissions. Never raises.

    Cheap, for a preview: nbgrader is not imported. :func:`submit` has the last word.
    """
    if sys.platform == "win32" or find_spec("nbgrader") is None:
        return False
    site = read_site()
    if site is None:
        return False
    inbound = site.exchange / (site.course_id or course) / "inbound"
    return os.access(inbound, os.W_OK | os.X_OK) and inbound.is_dir()


def submit(folder: Path, *, course: str, assignment: str, log: Path) -> None:
    """Hand in the files of ``folder`` as ``nbgrader submit`` does. ``course`` serves where no course id is configured.

    What nbgrader prints goes into ``log``, a file of the learner's own (the computer may be shared).
    Raises :class:`Unavailable` if there is no exchange, or it does not take the submission.
    """
    # nbgrader runs what it finds as configuration where it works: that is this computer's, and nothing of a course
    with tempfile.TemporaryDirectory(prefix="course-kit-") as empty, Worker(Path(empty), log=log) as worker:
        worker.call("exchange_submit", timeout=SECONDS, folder=str(folder), course=course, assignment=assignment)


def _course(app: Any, course: str) -> str:
    """The course's id in the exchange. Raises :class:`Unavailable`, saying what is missing."""
    if sys.platform == "win32":
        raise Unavailable("nbgrader's exchange does not work on Windows.", hint=_OTHERWISE)
    from nbgrader.exchange.default import Exchange

    name = app.coursedir.course_id or course
    root = Path(Exchange(coursedir=app.coursedir, parent=app).root)
    if not root.is_dir():
        raise Unavailable(f"There is no nbgrader exchange here ({root} does not exist).", hint=_OTHERWISE)
    if not (root / name / "inbound").is_dir():
        raise Unavailable(f"nbgrader's exchange in {root} has no course {name!r} that takes work.", hint=_OTHERWISE)
    return str(name)


def exchange_submit(app: Any, folder: str, course: str, assignment: str) -> None:
    """Hand in. In the worker."""
    from nbgrader.auth import Authenticator
    from nbgrader.exchange import ExchangeError, ExchangeFactory

    app.coursedir.course_id = _course(app, course)
    app.coursedir.assignment_id = assignment
    with tempfile.TemporaryDirectory(prefix="course-kit-") as scratch:
        shutil.copytree(folder, Path(scratch) / assignment, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        handing_in = ExchangeFactory(parent=app).Submit(
            coursedir=app.coursedir, authenticator=Authenticator(parent=app), parent=app
        )
        handing_in.assignment_dir = scratch
        try:
            handing_in.start()
        except (ExchangeError, OSError) as error:
            raise Unavailable(f"nbgrader's exchange did not take it: {error}.", hint=_OTHERWISE) from error
