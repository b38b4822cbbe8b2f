"""Pace and calendar through a real Jupyter server: who may change them, and what a calendar's address gives away."""

import json
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from servers import Server
from worlds import Author, Learner

from course_kit.apps.server.pacing import HANDLERS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    home = tmp_path_factory.mktemp("people")
    author, learner = Author(home / "author"), Learner(home / "Ada Lovelace", {"TZ": "Europe/Berlin"})
    author.runs("init", author.course)
    learner.opens(author.builds())
    return learner


@pytest.fixture(scope="module")
def server(learner: Learner) -> Iterator[Server]:
    running = Server(learner.copy, learner.home, learner.surroundings()).start()
    yield running
    running.end(signal.SIGKILL)


def panel(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.ask("GET", "panel", params={"zone": "Europe/Berlin"}).json()
    return found


def asked(server: Server, path: str) -> httpx.Response:
    """As a calendar program does: without a login."""
    return httpx.get(f"{server.url}{path}", timeout=60)


def test_nobody_changes_the_pace_or_the_calendar_without_a_login(server: Server) -> None:
    for path, _ in HANDLERS:
        for method in ("GET", "POST", "DELETE"):
            answer = httpx.request(method, f"{server.url}/course-kit/{path}", content=b"{}")
            assert answer.status_code in {403, 405}
            assert "units" not in answer.text


def test_the_hours_are_kept_and_make_a_plan(server: Server) -> None:
    course = panel(server)["course"]["key"]
    told = {"course": course, "change": "hours", "hours_per_week": 3, "zone": "Europe/Berlin"}
    plan = server.ask("POST", "pace", told).json()["plan"]
    assert (plan["hours_per_week"], plan["measured"]) == (3.0, None)
    assert plan["finish"]["early"] <= plan["finish"]["expected"] <= plan["finish"]["late"]
    assert plan["text"].startswith("At 3 hours a week, you finish about ")
    assert panel(server)["plan"] == plan
    taken_back = server.ask("POST", "pace", {**told, "hours_per_week": None}).json()["plan"]
    assert (taken_back["hours_per_week"], taken_back["finish"]) == (None, None)


def test_a_pause_goes_on_until_it_ends_and_is_not_begun_twice(server: Server) -> None:
    told = {"course": panel(server)["course"]["key"], "change": "pause", "zone": "Europe/Berlin"}
    paused = server.ask("POST", "pace", told).json()
    assert paused["plan"]["paused_since"]
    twice = server.ask("POST", "pace", told)
    assert (twice.status_code, twice.json()["message"]) == (422, "The course is paused already.")
    assert server.ask("POST", "pace", {**told, "change": "resume"}).json()["plan"]["paused_since"] is None
    assert server.ask("POST", "pace", {**told, "change": "restart"}).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"change": "faster"},
        {"change": "hours", "hours_per_week": "four"},
        {"change": "hours", "hours_per_week": True},
        {"change": "hours", "hours_per_week": 0},
        {"change": "hours", "hours_per_week": -1},
        {"change": "hours", "hours_per_week": 169},
        {"change": "hours", "hours_per_week": float("nan")},
        {"change": "hours", "hours_per_week": float("inf")},
        {"change": "hours", "hours_per_week": 10**400},
    ],
)
def test_what_is_no_pace_is_refused_in_words(server: Server, wrong: dict[str, Any]) -> None:
    course = panel(server)["course"]["key"]
    answer = server.ask("POST", "pace", json.dumps({"course": course, **wrong}).encode())
    assert answer.status_code == 422
    assert answer.json()["hint"]
    assert panel(server)["plan"]["hours_per_week"] is None


@pytest.mark.parametrize("minutes", [0, -1, 121, 10**400, float("nan"), True, "ten", None, [10]])
def test_a_review_of_no_length_is_refused_in_words(server: Server, minutes: object) -> None:
    body = {"course": panel(server)["course"]["key"], "minutes": minutes}
    answer = server.ask("POST", "review", json.dumps(body).encode())
    assert answer.status_code == 422
    assert answer.json()["hint"]


def test_a_course_that_is_not_open_has_neither_pace_nor_calendar(server: Server) -> None:
    for path, more in (("pace", {"change": "pause"}), ("calendar", {"on": True})):
        answer = server.ask("POST", path, {"course": "nowhere", **more})
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_calendar_has_an_address_until_it_is_revoked(server: Server, learner: Learner) -> None:
    course = panel(server)["course"]["key"]
    assert panel(server)["calendar"] == {"feed": None}
    feed = server.ask("POST", "calendar", {"course": course, "on": True}).json()["calendar"]["feed"]
    again = server.ask("POST", "calendar", {"course": course, "on": True}).json()["calendar"]["feed"]
    assert again == feed == panel(server)["calendar"]["feed"]
    kept = learner.data / "calendar.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    answer = asked(server, feed)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "set-cookie" not in answer.headers
    (calendar,) = Calendar.from_ical(answer.content, multiple=True)
    assert calendar["VERSION"] == "2.0"
    names = [learner.home.name, json.loads((learner.data / "learner.json").read_text())["learner"], str(learner.home)]
    assert not [name for name in names if name in answer.text]
    assert asked(server, feed).content == answer.content  # nothing changed, so not a byte did
    assert httpx.get(f"{server.url}{feed}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304

    for method in ("POST", "PUT", "DELETE", "PATCH", "HEAD"):
        assert httpx.request(method, f"{server.url}{feed}").status_code in {403, 405}
    wrong = [feed.replace(".ics", "x.ics"), feed[:-5] + ".ics", "/course-kit/calendar/x.ics"]
    for path in wrong:
        assert (asked(server, path).status_code, asked(server, path).text) == (404, "404\n")
    for path in ("/course-kit/calendar/.ics", "/course-kit/calendar/%00.ics", "/course-kit/calendar/..%2f.ics"):
        assert asked(server, path).status_code in {302, 403, 404}

    off = server.ask("POST", "calendar", {"course": course, "on": False}).json()
    assert off["calendar"] == {"feed": None}
    assert asked(server, feed).status_code == 404
    new = server.ask("POST", "calendar", {"course": course, "on": True}).json()["calendar"]["feed"]
    assert new != feed
    assert (asked(server, feed).status_code, asked(server, new).status_code) == (404, 200)
    learner.runs("plan", "--feed", "off")
    assert asked(server, new).status_code == 404


def test_no_log_holds_an_address(learner: Learner, tmp_path: Path) -> None:
    loud = Server(learner.copy, tmp_path / "home", learner.surroundings(), options=("--debug",)).start()
    try:
        course = panel(loud)["course"]["key"]
        feed = loud.ask("POST", "calendar", {"course": course, "on": True}).json()["calendar"]["feed"]
        assert asked(loud, feed).status_code == 200
        for method in ("HEAD", "POST", "PROPFIND"):
            assert httpx.request(method, f"{loud.url}{feed}").status_code in {403, 405}
        assert httpx.get(f"{loud.url}{feed}", headers={"Host": "elsewhere.example"}).status_code == 403
        loud.ask("POST", "calendar", {"course": course, "on": False})
        assert asked(loud, feed).status_code == 404
    finally:
        loud.end(signal.SIGKILL)
    log = (tmp_path / "home" / "server.log").read_text()
    assert log.count("/course-kit/calendar/….ics") >= 6
    assert feed.rpartition("/")[2].removesuffix(".ics") not in log


def test_an_address_of_one_course_opens_nothing_else(server: Server) -> None:
    course = panel(server)["course"]["key"]
    feed = server.ask("POST", "calendar", {"course": course, "on": True}).json()["calendar"]["feed"]
    token = feed.rpartition("/")[2].removesuffix(".ics")
    for path in ("panel", "calendar", "pace"):
        answer = httpx.get(f"{server.url}/course-kit/{path}", params={"token": token})
        assert answer.status_code in {403, 405}
