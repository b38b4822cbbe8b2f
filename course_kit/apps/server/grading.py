"""The requests below ``/course-kit/grading``: what can be graded here, a batch, and the decisions that it waits for."""

from functools import partial
from typing import TYPE_CHECKING

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join

from course_kit.apps.server.grading_room import GradingRoom
from course_kit.apps.server.handlers import NAMESPACE, CourseHandler
from course_kit.errors import Invalid

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


class _Handler(CourseHandler):
    @property
    def room(self) -> GradingRoom:
        room: GradingRoom = self.settings["course_kit_grading"]
        return room


class GradingHandler(_Handler):
    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        await self.answer(partial(self.room.overview, self.get_argument("path", "")))

    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        assignment = None if body.get("assignment") is None else self.text(body, "assignment")
        await self.answer(partial(self.room.start, self.text(body, "path"), assignment, body.get("options")))


class HeldHandler(_Handler):
    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {name: self.get_argument(name, None) for name in ("path", "assignment")}
        work = partial(self.room.held, self.text(asked, "path"), self.text(asked, "assignment"))
        await self.answer(work)

    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body()
        decision = body.get("decision")
        if not isinstance(decision, dict):
            raise Invalid("The request lacks the decision.", hint="Reload the page.")
        work = partial(self.room.decide, self.text(body, "path"), self.text(body, "assignment"), decision)
        await self.answer(work)


HANDLERS: tuple[tuple[str, type[CourseHandler]], ...] = (("grading", GradingHandler), ("grading/held", HeldHandler))


def install(server: "ServerApp") -> None:
    """Add the handlers to a Jupyter server that has course-kit's others already."""
    web = server.web_app
    settings = web.settings
    settings["course_kit_grading"] = GradingRoom(settings["course_kit_classroom"], settings["course_kit_tasks"])
    base = settings["base_url"]
    web.add_handlers(  # type: ignore[no-untyped-call]  # tornado says nothing of this one
        ".*$",
        [(url_path_join(base, NAMESPACE, path), handler) for path, handler in HANDLERS],
    )
