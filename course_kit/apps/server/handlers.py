"""The requests below ``/course-kit/``: each handler parses, calls one function on a thread, and answers JSON."""

import asyncio
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join

from course_kit.apps.server.classroom import Classroom
from course_kit.apps.server.tasks import Tasks, error_object
from course_kit.errors import CourseKitError, Invalid
from course_kit.workspace.review import MINUTES

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

NAMESPACE = "course-kit"
MAX_BODY = 2_000_000
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, as JSON can write it and nothing else can."""


class CourseHandler(APIHandler):
    """What the handlers have in common: identity and XSRF by Jupyter, errors in our form, work off the event loop."""

    auth_resource: ClassVar[str] = "course-kit"

    @property
    def classroom(self) -> Classroom:
        room: Classroom = self.settings["course_kit_classroom"]
        return room

    @property
    def tasks(self) -> Tasks:
        tasks: Tasks = self.settings["course_kit_tasks"]
        return tasks

    def body(self) -> dict[str, Any]:
        """The request's JSON object. Raises :class:`Invalid`."""
        if len(self.request.body) > MAX_BODY:
            raise Invalid("This request is too large.", hint="Reload the page.")
        try:
            value = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise Invalid("This request is not a JSON object.", hint="Reload the page.")
        return value

    def text(self, body: dict[str, Any], name: str) -> str:
        """A text in the body. Raises :class:`Invalid` if it is missing or is something else."""
        value = body.get(name)
        if not isinstance(value, str) or len(value) > 5000 or _HALF.search(value) is not None:
            raise Invalid(f"The request lacks the text {name!r}.", hint="Reload the page.")
        return value

    async def answer(self, work: Callable[[], Any]) -> None:
        """Do ``work`` on a thread and send what it returns."""
        self.send(await asyncio.to_thread(work))

    def send(self, value: Any) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Our own errors in our own form; anything else as Jupyter says it."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if not isinstance(error, CourseKitError):
            super().write_error(status_code, **kwargs)
            return
        self.set_status(error.http_status)
        self.set_header("Content-Type", "application/json")
        self.send(error_object(error))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """What a person can mend is no fault of the server's: one line instead of a traceback."""
        if isinstance(value, CourseKitError):
            self.log.info("course-kit: %s: %s", value.code, value.message)
            return
        super().log_exception(typ, value, tb)


class PanelHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        path, course = self.get_argument("path", ""), self.get_argument("course", "")
        zone = self.get_argument("zone", "")
        await self.answer(partial(self.classroom.panel, path=path, course=course, zone=zone))


class FactsHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        await self.answer(partial(self.classroom.take_facts, self.body()))


class GoalHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        course, text = self.text(body, "course"), self.text(body, "text")
        zone = self.text({"zone": "", **body}, "zone")
        await self.answer(partial(self.classroom.set_goal, course, text, body.get("done") is True, zone))


class ReviewHandler(CourseHandler):
    """Makes the notebook of a review."""

    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        minutes, zone = body.get("minutes", MINUTES), self.text({"zone": "", **body}, "zone")
        if type(minutes) not in (int, float):
            raise Invalid("The request's `minutes` are no number.", hint="Reload the page.")
        minutes = min(minutes, 1e9)  # JSON knows whole numbers that no float holds
        work = partial(
            self.classroom.review, self.text(body, "course"), minutes, anyway=body.get("anyway") is True, zone=zone
        )
        await self.answer(work)


class OpenHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        await self.answer(partial(self.classroom.open, self.text(self.body(), "source")))


class RestoreHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        cell = None if body.get("cell") is None else self.text(body, "cell")
        await self.answer(partial(self.classroom.restore, self.text(body, "path"), cell))


class BringOverHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        await self.answer(partial(self.classroom.bring_over, self.text(self.body(), "path")))


class CheckHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        work = self.classroom.check_work(self.text(body, "course"), self.text(body, "assignment"))
        self.send({"task": self.tasks.start(work)})


class TaskHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        self.send(self.tasks.get(name).json_object())

    @tornado.web.authenticated
    @authorized
    async def delete(self, name: str) -> None:
        self.tasks.get(name).cancel()
        self.send(self.tasks.get(name).json_object())


class PreviewHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        work = partial(self.classroom.preview, self.text(body, "course"), self.text(body, "assignment"))
        await self.answer(work)


class SubmitHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        given = body.get("learner")
        learner = {n: v for n, v in given.items() if isinstance(v, str)} if isinstance(given, dict) else {}
        course, assignment = self.text(body, "course"), self.text(body, "assignment")
        events, exchange = body.get("events") is not False, body.get("exchange") is True
        work = partial(self.classroom.submit, course, assignment, events=events, learner=learner, exchange=exchange)
        await self.answer(work)


class FeedbackHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        await self.answer(partial(self.classroom.feedback, self.text(self.body(), "source")))


class TemplatesHandler(CourseHandler):
    """A question of each kind to begin with, for "Insert question"."""

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        from course_kit.quizzes.templates import templates_json

        await self.answer(templates_json)


HANDLERS: tuple[tuple[str, type[CourseHandler]], ...] = (
    ("panel", PanelHandler),
    ("facts", FactsHandler),
    ("goal", GoalHandler),
    ("review", ReviewHandler),
    ("open", OpenHandler),
    ("restore", RestoreHandler),
    ("bring-over", BringOverHandler),
    ("check", CheckHandler),
    (r"tasks/([0-9a-f]{16})", TaskHandler),
    ("submit/preview", PreviewHandler),
    ("submit", SubmitHandler),
    ("feedback", FeedbackHandler),
    ("quiz-templates", TemplatesHandler),
)


def install(server: "ServerApp") -> None:
    """Add the handlers to a Jupyter server, with one classroom for its root folder."""
    web = server.web_app
    web.settings["course_kit_classroom"] = Classroom(Path(server.root_dir).expanduser())
    web.settings["course_kit_tasks"] = Tasks()
    base = web.settings["base_url"]
    web.add_handlers(  # type: ignore[no-untyped-call]  # tornado says nothing of this one
        ".*$",
        [(url_path_join(base, NAMESPACE, path), handler) for path, handler in HANDLERS],
    )
    server.log.info("course-kit: ready")
