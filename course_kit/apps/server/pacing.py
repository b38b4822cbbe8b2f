"""The learner's pace and their calendar: ``POST pace``, ``POST calendar``, and the feed that calendar programs read."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import tornado.web
from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join

from course_kit.apps.server.handlers import NAMESPACE, CourseHandler
from course_kit.errors import CourseKitError, Invalid, NotFound

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from course_kit.apps.server.classroom import Classroom

CHANGES = ("pause", "resume", "restart", "hours")


class PaceHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        course, change, hours = self.text(body, "course"), self.text(body, "change"), body.get("hours_per_week")
        zone = self.text({"zone": "", **body}, "zone")
        if change not in CHANGES:
            raise Invalid(f"There is no change of pace {change!r}.", hint="Reload the page.")
        if hours is not None and (isinstance(hours, bool) or not isinstance(hours, int | float)):
            raise Invalid("The hours per week are not a number.", hint="Write a number such as 4 or 2.5.")
        await self.answer(partial(self.classroom.set_pace, course, change, hours, zone))


class CalendarHandler(CourseHandler):
    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        course, zone = self.text(body, "course"), self.text({"zone": "", **body}, "zone")
        await self.answer(partial(self.classroom.turn_feed, course, body.get("on") is True, zone))


class FeedHandler(JupyterHandler):
    """A calendar for whoever knows its address, which is as good as a password: calendar programs cannot log in.

    What is asked for and is not there is 404, without a word on why. No log holds an address, whatever comes of it.
    """

    auth_resource: ClassVar[str] = "course-kit"

    def initialize(self) -> None:
        # every log line of a request takes its address from here
        self.request.uri = f"{self.base_url}{NAMESPACE}/calendar/….ics"

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        room: Classroom = self.settings["course_kit_classroom"]
        try:
            text = await asyncio.to_thread(room.feed, token)
        except NotFound:
            raise tornado.web.HTTPError(404) from None
        except CourseKitError as error:
            self.log.warning("course-kit: the calendar could not be read: %s", error.message)
            raise tornado.web.HTTPError(503) from None
        self.set_header("Content-Type", "text/calendar; charset=utf-8")
        self.set_header("Content-Disposition", 'inline; filename="course.ics"')
        self.set_header("Cache-Control", "private, no-cache")
        self.finish(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}\n")


HANDLERS: tuple[tuple[str, type[CourseHandler]], ...] = (("pace", PaceHandler), ("calendar", CalendarHandler))
FEED = r"calendar/([A-Za-z0-9_-]{1,200})\.ics"


def install(server: "ServerApp") -> None:
    """Add the handlers to a Jupyter server that has the classroom of :mod:`~course_kit.apps.server.handlers`."""
    web = server.web_app
    base = web.settings["base_url"]
    routes = [*HANDLERS, (FEED, FeedHandler)]
    web.add_handlers(  # type: ignore[no-untyped-call]  # tornado says nothing of this one
        ".*$",
        [(url_path_join(base, NAMESPACE, path), handler) for path, handler in routes],
    )
