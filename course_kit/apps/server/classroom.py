"""What the handlers do, without HTTP: one object a server, which knows its root folder and its page's journals."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from course_kit.apps.server.tasks import Work
from course_kit.errors import CourseKitError, Invalid, NotFound
from course_kit.files.zones import computer_zone_name, zone_named, zone_or_utc
from course_kit.model.events import WRITERS, Event, read_event
from course_kit.model.keys import utc_text
from course_kit.store.journal import Journal
from course_kit.store.places import data_folder, find_workspace, local_learner, workspaces
from course_kit.workspace.assignment import WorkFolder
from course_kit.workspace.check_work import check_work
from course_kit.workspace.download import is_address
from course_kit.workspace.feedback import open_feedback
from course_kit.workspace.feeds import turn_feed
from course_kit.workspace.folder import Workspace, opened_last
from course_kit.workspace.merge import bring_answers_over
from course_kit.workspace.open import open_course
from course_kit.workspace.pace import Change, change_pace
from course_kit.workspace.panel import panel, set_goal
from course_kit.workspace.plan import say_hours
from course_kit.workspace.restore import restore_cell, restore_lesson
from course_kit.workspace.review import make_review
from course_kit.workspace.submit import preview_submission, submit

MAX_FACTS = 1000
_REACH = "Name a file that the page can open."


class _Stamped(BaseModel):
    model_config = ConfigDict(extra="forbid")

    event_id: str
    at: str
    fact: dict[str, Any]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str
    facts: list[_Stamped] = Field(max_length=MAX_FACTS)


class Classroom:
    """Everything that a page may ask of one Jupyter server. Methods block; handlers call them on threads."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.data = data_folder()
        self._journals: dict[tuple[str, str], Journal] = {}
        self._lock = threading.Lock()

    # ------------------------------------------------------------ where things are

    def path(self, relative: str) -> Path:
        """A path that the page named, inside the server's root. Raises :class:`Invalid` if it leaves it."""
        try:
            path = (self.root / relative).resolve()
            path.exists()
        except (OSError, ValueError):  # too long for any disk, or with a zero byte
            raise Invalid("That is no path of this server's folder.", hint=_REACH) from None
        if not path.is_relative_to(self.root):
            raise Invalid(f"{relative} lies outside this server's folder.", hint=_REACH)
        return path

    def relative(self, path: Path) -> str | None:
        """``path`` as the page names it, or None where the page cannot reach it."""
        resolved = path.resolve()
        return resolved.relative_to(self.root).as_posix() if resolved.is_relative_to(self.root) else None

    def workspace_of(self, path: str) -> Workspace:
        """The opened course that a notebook of the page lies in. Raises :class:`NotFound`."""
        folder = find_workspace(self.path(path))
        if folder is None:
            raise NotFound(
                "This notebook belongs to no opened course.", hint="Open the course first: File, Open course."
            )
        return Workspace.at(folder)

    def workspace_for(self, course: str) -> Workspace:
        """The copy of a course that was opened last. Raises :class:`NotFound`."""
        folder = opened_last(self.data, course)
        if folder is None:
            raise NotFound(f"No course {course!r} is open on this computer.", hint="Open it: File, Open course.")
        return Workspace.at(folder)

    def known(self) -> list[dict[str, Any]]:
        """The opened courses that this server's pages can reach, the last opened first."""
        found = []
        for entry in workspaces(self.data):
            folder = self.relative(entry.folder)
            if folder is not None and Workspace.is_one(entry.folder):
                found.append({"course": entry.course, "folder": folder})
        return found

    # ------------------------------------------------------------ facts

    def take_facts(self, body: object) -> dict[str, Any]:
        """Write the page's facts to its journal. They are durable when this returns."""
        try:
            request = _Facts.model_validate(body)
        except ValidationError as error:
            raise Invalid(
                f"These facts cannot be read: {error.errors()[0]['msg']}.", hint="Reload the page."
            ) from error
        workspace = self.workspace_of(request.path)
        learner = local_learner(self.data).learner
        good: list[Event] = []
        refused = []
        for stamped in request.facts:
            try:
                good.append(_event(stamped, workspace, learner))
            except CourseKitError as error:
                refused.append({"event_id": stamped.event_id, "reason": error.message})
        self._journal(workspace).append(
            [event.fact.model_dump(mode="json") for event in good],
            at=[event.at for event in good],
            event_ids=[event.event_id for event in good],
        )
        return {"stored": [event.event_id for event in good], "refused": refused}

    def _journal(self, workspace: Workspace) -> Journal:
        with self._lock:
            key = (workspace.course, workspace.release)
            if key not in self._journals:
                self._journals[key] = Journal(
                    self.data / "journals",
                    learner=local_learner(self.data).learner,
                    course=workspace.course,
                    release=workspace.release,
                    writer="page",
                )
            return self._journals[key]

    # ------------------------------------------------------------ the panel and its buttons

    def panel(self, *, path: str = "", course: str = "", zone: str = "") -> dict[str, Any]:
        """The panel of the course that ``path`` lies in, of ``course``, or of the one opened last; or what there is.

        ``zone`` is the page's, by its name in the time zone database; where it is none, the server's counts.
        """
        workspace = self._meant(path, course)
        if workspace is None:
            return {"course": None, "workspaces": self.known()}
        shown = panel(workspace.folder, data=self.data, at=_now(), root=self.root, zone=_zone(zone))
        return shown.model_dump(mode="json")

    def _meant(self, path: str, course: str) -> Workspace | None:
        if course:
            return self.workspace_for(course)
        try:
            return self.workspace_of(path) if path else self._last()
        except NotFound:
            return self._last()

    def _last(self) -> Workspace | None:
        known = self.known()
        return Workspace.at(self.root / known[0]["folder"]) if known else None

    def set_goal(self, course: str, text: str, done: bool, zone: str = "") -> dict[str, Any]:
        folder = self.workspace_for(course).folder
        set_goal(self.data, course, text, done, at=_now(), zone=_zone(zone), folder=folder)
        return self.panel(course=course, zone=zone)

    def set_pace(self, course: str, change: str, hours: float | None, zone: str = "") -> dict[str, Any]:
        """Pause, resume, restart, or say the hours of a week (None: take them back); the panel as it is then."""
        folder, at = self.workspace_for(course).folder, _now()
        if change == "hours":
            say_hours(folder, hours, data=self.data, at=at)
        else:
            # the handler lets no other change in
            change_pace(folder, cast("Change", change), data=self.data, at=at, zone=_zone(zone))
        return self.panel(course=course, zone=zone)

    def turn_feed(self, course: str, on: bool, zone: str = "") -> dict[str, Any]:
        """Make or revoke the address of the course's calendar; the panel as it is then."""
        turn_feed(self.data, self.workspace_for(course).course, on)
        return self.panel(course=course, zone=zone)

    def feed(self, token: str) -> bytes:
        """The calendar at that address. Raises :class:`NotFound`."""
        from course_kit.workspace.calendar import feed

        return feed(self.data, token, at=_now())

    def review(self, course: str, minutes: float, *, anyway: bool, zone: str = "") -> dict[str, Any]:
        """Make the notebook of a review. Raises :class:`Invalid` where nothing is due; the hint says when."""
        folder = self.workspace_for(course).folder
        made = make_review(folder, data=self.data, at=_now(), zone=_zone(zone), minutes=minutes, anyway=anyway)
        path = self.relative(made.folder / made.path)
        if path is None:
            raise Invalid(f"The course lies in {made.folder}, which this JupyterLab does not show.", hint=_REACH)
        return {"path": path, "skills": len(made.skills), "minutes": made.minutes}

    def open(self, source: str) -> dict[str, Any]:
        """Open a course where this server's pages can reach it."""
        named = source if is_address(source) else str(self._source(source))
        opened = open_course(named, within=self.root, data=self.data, at=_now())
        folder = self.relative(opened.folder)
        return {
            "folder": folder,
            "first": None if folder is None or opened.first is None else self._below(folder, opened.first),
            "missing_packages": list(opened.missing_packages),
            "install": opened.install,
            "updated": list(opened.updated),
            "kept": list(opened.kept),
            "conflicts": list(opened.conflicts),
            "message": opened.message,
        }

    def _source(self, source: str) -> Path:
        """A path as a person types it: absolute, from home, or from the server's folder."""
        try:
            given = Path(source).expanduser()
            (self.root / given).exists()
        except (OSError, ValueError, RuntimeError):  # too long, with a zero byte, or the home of nobody
            raise Invalid("That is no path on this computer.", hint="Check the file's name and folder.") from None
        return given if given.is_absolute() else self.root / given

    def _below(self, folder: str, name: str) -> str:
        return name if folder == "." else f"{folder}/{name}"

    def restore(self, path: str, cell: str | None) -> dict[str, Any]:
        workspace, full = self.workspace_of(path), self.path(path)
        if cell is None:
            done = restore_lesson(workspace.folder, full, at=_now())
        else:
            done = restore_cell(workspace.folder, full, cell, at=_now())
        return {"backup": done.backup}

    def bring_over(self, path: str) -> dict[str, Any]:
        workspace = self.workspace_of(path)
        done = bring_answers_over(workspace.folder, self.path(path), at=_now())
        full = self.relative(workspace.folder / done.path)
        return {"path": full, "carried": done.carried, "both": done.both, "backup": done.backup}

    def check_work(self, course: str, assignment: str) -> Work:
        """The work of a task that runs an assignment's visible tests. Raises :class:`NotFound` at once."""
        folder = self.workspace_for(course).folder
        WorkFolder.find(Workspace.at(folder), assignment)

        def work(progress: Callable[[int, int, str], None], cancelled: Callable[[], bool]) -> dict[str, Any]:
            done = check_work(folder, assignment, progress=progress, cancelled=cancelled)
            return {**asdict(done), "passed": done.passed, "tests": done.tests}

        return work

    def preview(self, course: str, assignment: str) -> dict[str, Any]:
        seen = preview_submission(self.workspace_for(course).folder, assignment, data=self.data, at=_now())
        return {
            "files": [{"path": path, "size": size} for path, size in seen.files.items()],
            "events": [{"at": utc_text(line.at), "text": line.text} for line in seen.events],
            "warnings": list(seen.warnings),
            "learner": {"id": seen.learner.id, "name": seen.learner.name, "email": seen.learner.email},
            "exchange": seen.exchange,
        }

    def submit(
        self, course: str, assignment: str, *, events: bool, learner: Mapping[str, str], exchange: bool = False
    ) -> dict[str, Any]:
        folder = self.workspace_for(course).folder
        receipt = submit(
            folder, assignment, data=self.data, at=_now(), events=events, learner=learner, exchange=exchange
        )
        return {
            "receipt": {
                "submission": receipt.submission,
                "submitted_at": utc_text(receipt.submitted_at),
                "file": self.relative(receipt.file) or str(receipt.file),
                "files": list(receipt.files),
                "events": receipt.events,
                "exchange": receipt.exchange,
                "exchange_trouble": receipt.exchange_trouble,
            }
        }

    def feedback(self, source: str) -> dict[str, Any]:
        shown = open_feedback(self._source(source), data=self.data, at=_now(), zone=_zone(""))
        return {
            "assignment": shown.assignment,
            "score": shown.score,
            "max_score": shown.max_score,
            "pages": [self.relative(Path(page)) or str(page) for page in shown.pages],
            "message": shown.message,
        }


def _event(stamped: _Stamped, workspace: Workspace, learner: str) -> Event:
    """What the page saw as an event. Raises :class:`Invalid` if it is none, or of a kind that pages do not write."""
    kind = stamped.fact.get("kind")
    if "page" not in WRITERS.get(str(kind), ()):
        raise Invalid(f"A page does not write facts of kind {kind!r}.")
    event: Mapping[str, Any] = {
        "version": 1,
        "event_id": stamped.event_id,
        "at": stamped.at,
        "learner": learner,
        "course": workspace.course,
        "fact": stamped.fact,
    }
    return read_event(event)


def _zone(name: str) -> tzinfo:
    """The page's zone; where it names none, the one that this computer is set to."""
    return (zone_named(name) if name else None) or zone_or_utc(computer_zone_name() or "")


def _now() -> datetime:
    return datetime.now(UTC)
