"""The server extension in a real Jupyter server: who may ask, what it refuses, and that acknowledged facts survive."""

import secrets
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from servers import Server
from worlds import Author, Learner

from course_kit.apps.server.handlers import HANDLERS
from course_kit.files.archive import write_archive
from course_kit.model.events import ArrangementsPosted, Event, Extension
from course_kit.model.keys import canonical_json, utc_text, uuid7
from course_kit.model.release import ArrangementsManifest

pytestmark = pytest.mark.slow
PATHS = [path.replace("([0-9a-f]{16})", "0123456789abcdef") for path, _ in HANDLERS]


class LearnersServer(Server):
    """A Jupyter server on a learner's copy."""

    def __init__(self, learner: Learner) -> None:
        super().__init__(learner.copy, learner.home, learner.surroundings())
        self.learner = learner

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def stamped(self, **fact: object) -> dict[str, object]:
        at = datetime.now(UTC)
        return {"event_id": uuid7(at, secrets.randbits(74)), "at": utc_text(at), "fact": fact}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LearnersServer]:
    home = tmp_path_factory.mktemp("people")
    author, learner = Author(home / "author"), Learner(home / "learner")
    author.runs("init", author.course)
    learner.opens(author.builds())
    running = LearnersServer(learner).start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def lesson(server: LearnersServer) -> dict[str, Any]:
    found: dict[str, Any] = server.ask("GET", "panel").json()["units"][0]["lessons"][0]
    return found


@pytest.mark.parametrize("path", PATHS)
def test_nobody_asks_without_a_token(server: LearnersServer, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = httpx.request(method, f"{server.url}/course-kit/{path}", content=b"{}")
        assert answer.status_code in {403, 405}
        assert "units" not in answer.text


def test_the_panel_names_paths_that_the_page_can_open(server: LearnersServer, lesson: dict[str, Any]) -> None:
    panel = server.ask("GET", "panel", params={"zone": "Asia/Tokyo"}).json()
    assert (panel["version"], panel["course"]["folder"]) == (1, ".")
    assert (server.learner.copy / lesson["path"]).is_file()
    assert panel["next"]["path"] == lesson["path"]


def test_facts_are_stored_once_and_move_the_panel(server: LearnersServer, lesson: dict[str, Any]) -> None:
    fact = server.stamped(kind="LessonOpened", lesson=lesson["key"])
    for _ in range(2):
        answer = server.ask("POST", "facts", {"path": lesson["path"], "facts": [fact]})
        assert answer.json() == {"stored": [fact["event_id"]], "refused": []}
    assert server.ask("GET", "panel").json()["units"][0]["lessons"][0]["state"] in {"started", "done"}


def test_a_page_writes_only_what_pages_see(server: LearnersServer, lesson: dict[str, Any]) -> None:
    facts = [
        server.stamped(kind="ScorePosted", assignment="a", score=9, max_score=9, status="graded"),
        server.stamped(kind="LessonViewed", lesson=lesson["key"], fraction=7),
        server.stamped(kind="LessonViewed", lesson=lesson["key"], fraction=0.5),
        {"event_id": "1", "at": "yesterday", "fact": {"kind": "LessonOpened", "lesson": "x"}},
        {**server.stamped(kind="LessonOpened", lesson=lesson["key"]), "at": "1795000000"},
    ]
    answer = server.ask("POST", "facts", {"path": lesson["path"], "facts": facts}).json()
    assert answer["stored"] == [facts[2]["event_id"], facts[4]["event_id"]]
    assert [one["event_id"] for one in answer["refused"]] == [facts[0]["event_id"], facts[1]["event_id"], "1"]


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "../outside.ipynb", "release.json/../../x"])
def test_a_path_that_leaves_the_servers_folder_is_refused(server: LearnersServer, path: str) -> None:
    for request, more in (("restore", {"cell": None}), ("bring-over", {}), ("facts", {"facts": []})):
        answer = server.ask("POST", request, {"path": path, **more})
        assert answer.status_code in {404, 422}
        assert answer.json()["hint"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"path": 7}', b"\xff", b"[" * 100_000])
def test_what_is_no_request_gets_an_error_in_words(server: LearnersServer, body: bytes) -> None:
    for path in ("facts", "goal", "review", "open", "restore", "check", "submit", "feedback"):
        answer = server.ask("POST", path, body)
        assert answer.status_code == 422
        assert set(answer.json()) == {"code", "message", "hint"}


def test_work_is_checked_in_a_task_that_ends(server: LearnersServer) -> None:
    panel = server.ask("GET", "panel").json()
    course, assignment = panel["course"]["key"], panel["units"][0]["assignments"][0]["key"]
    name = server.ask("POST", "check", {"course": course, "assignment": assignment}).json()["task"]
    deadline = time.monotonic() + 90
    while (task := server.ask("GET", f"tasks/{name}").json())["state"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (task["state"], task["error"]) == ("done", None)
    assert task["result"]["tests"] > task["result"]["passed"] == 0
    assert server.ask("POST", "check", {"course": course, "assignment": "none"}).status_code == 404
    assert server.ask("GET", "tasks/0123456789abcdef").status_code == 404


def test_what_goes_is_shown_first_and_nothing_goes_to_an_exchange_that_is_not_there(server: LearnersServer) -> None:
    panel = server.ask("GET", "panel").json()
    about = {"course": panel["course"]["key"], "assignment": panel["units"][0]["assignments"][0]["key"]}
    preview = server.ask("POST", "submit/preview", about).json()
    assert set(preview) == {"files", "events", "warnings", "learner", "exchange"}
    assert preview["exchange"] is False
    chosen = {**about, "events": False, "learner": {}, "exchange": True}
    receipt = server.ask("POST", "submit", chosen).json()["receipt"]
    assert (receipt["exchange"], receipt["events"]) == (False, 0)
    assert receipt["exchange_trouble"].startswith("There is no nbgrader exchange here")
    assert (server.learner.copy / receipt["file"]).is_file()


def test_an_arrangement_is_opened_and_a_zone_noted_once(server: LearnersServer) -> None:
    for zone in ("Asia/Tokyo", "UTC", "Mars/Olympus", "Asia/Tokyo"):
        panel = server.ask("GET", "panel", params={"zone": zone}).json()
    course, work = panel["course"]["key"], panel["units"][0]["assignments"][0]
    about = {"course": course, "assignment": work["key"]}
    lines = [line["text"] for line in server.ask("POST", "submit/preview", about).json()["events"]]
    assert [line for line in lines if "time zone" in line].count("Worked in the time zone Asia/Tokyo.") == 1
    assert not any("UTC" in line or "Mars" in line for line in lines)

    at = datetime.now(UTC)
    fact = ArrangementsPosted(cohort="evening", extensions=(Extension(assignment=work["key"], extend="3 days"),))
    event = Event(event_id=uuid7(at, 1), at=at, learner="x-0000000000000001", course=course, fact=fact)
    manifest = ArrangementsManifest.seal(course=course, learners=(), arranged=(event,))
    content = {"arrangements.json": canonical_json(manifest.json_object()).encode()}
    write_archive(server.learner.copy / "arrangements.feedback.zip", content, first="arrangements.json")
    told = server.ask("POST", "feedback", {"source": "arrangements.feedback.zip"}).json()
    assert (told["assignment"], told["score"], told["pages"]) == ("", None, [])
    assert told["message"].startswith("You are in the cohort “evening”. “")
    after = server.ask("GET", "panel").json()["units"][0]["assignments"][0]
    assert after["why"] == "the course, extended by 3 days"
    moved = datetime.fromisoformat(after["due"]) - datetime.fromisoformat(work["due"])
    assert moved == timedelta(days=3)


def test_opening_again_tells_what_is_missing_and_the_command_for_it(server: LearnersServer) -> None:
    opened = server.ask("POST", "open", {"source": str(server.learner.copy)}).json()
    assert (opened["folder"], opened["missing_packages"], opened["install"]) == (".", [], "")


def test_what_was_acknowledged_survives_kill_9(server: LearnersServer, lesson: dict[str, Any]) -> None:
    acknowledged = []
    for round_ in range(5):
        facts = [server.stamped(kind="LessonViewed", lesson=lesson["key"], fraction=n / 10) for n in range(5)]
        acknowledged += server.ask("POST", "facts", {"path": lesson["path"], "facts": facts}).json()["stored"]
        if round_ % 2:
            server.ask("GET", "panel")
        server.kill()
        server.start()
    server.ask("GET", "panel")
    server.kill()
    from course_kit.store.sql import SqlStore

    with SqlStore.open(server.learner.data / "store.db") as store:
        stored = [event.event_id for event in store.events()]
    assert len(acknowledged) == 25
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
