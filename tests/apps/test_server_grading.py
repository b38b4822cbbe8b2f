"""Grading through the server: who may, what it refuses, a real batch as it goes, stopped, and decided on."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader_courses import marks, notebook_of
from servers import Server

from course_kit.apps.server.grading import HANDLERS

pytestmark = pytest.mark.slow
STRIPPED = """    return 0

import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Strip())"""
WORK = {"ada": "    return a + b", "bob": "    return a - b", "eve": STRIPPED}


def notebook(body: str) -> Any:
    cells = [
        new_code_cell(f"def add(a, b):\n{body}", metadata=marks("add", solution=True)),
        new_code_cell("assert add(1, 2) == 3", metadata=marks("test-add", grade=True, points=2)),
    ]
    return notebook_of(cells)


def write_course(folder: Path, work: dict[str, str], assignment: str = "adding") -> Path:
    """A plain nbgrader course with one assignment, handed in by everyone in ``work``."""
    places = {folder / "source" / assignment: "    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION"}
    places |= {folder / "submitted" / learner / assignment: body for learner, body in work.items()}
    for place, body in places.items():
        place.mkdir(parents=True)
        nbformat.write(notebook(body), place / "sums.ipynb")
    return folder


class TeachersServer(Server):
    """A Jupyter server on a teacher's folder."""

    def __init__(self, root: Path, home: Path) -> None:
        own = {"COURSE_KIT_DATA": "data", "JUPYTER_CONFIG_DIR": "config"}
        super().__init__(root, home, {"HOME": str(home), **{name: str(home / folder) for name, folder in own.items()}})

    def begin(self, **body: Any) -> str:
        answer = self.ask("POST", "grading", body)
        assert answer.status_code == 200, answer.text
        task: str = answer.json()["task"]
        return task

    def watch(self, task: str) -> Iterator[dict[str, Any]]:
        """The task's states until it ends; the last one is the end."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            state = self.ask("GET", f"tasks/{task}").json()
            yield state
            if state["state"] != "running":
                return
            time.sleep(0.05)
        raise AssertionError("the batch did not end")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeachersServer]:
    home = tmp_path_factory.mktemp("teacher")
    write_course(home / "files" / "maths", WORK)
    write_course(home / "files" / "slow", {f"learner{n:02}": "    return a + b" for n in range(12)})
    for path in (home / "files" / "slow").glob("submitted/*/adding/sums.ipynb"):
        slow = notebook(f"    import time; time.sleep(1.5)\n    return a + b  # {path.parent.parent.name}")
        nbformat.write(slow, path)
    (home / "files" / "notes" / "day").mkdir(parents=True)
    (home / "elsewhere").mkdir()
    write_course(home / "elsewhere" / "secret", WORK)
    (home / "files" / "link").symlink_to(home / "elsewhere" / "secret")
    running = TeachersServer(home / "files", home / "home").start()
    yield running
    running.end(signal.SIGTERM)


@pytest.mark.parametrize("path", [path for path, _ in HANDLERS])
def test_nobody_grades_without_a_token(server: TeachersServer, path: str) -> None:
    for method in ("GET", "POST"):
        answer = httpx.request(method, f"{server.url}/course-kit/{path}", content=b"{}")
        assert answer.status_code == 403
        assert "course" not in answer.text.casefold().replace("course-kit", "")


def test_the_courses_below_the_root_are_found(server: TeachersServer) -> None:
    seen = server.ask("GET", "grading").json()
    assert (seen["available"], seen["course"], seen["courses"]) == (True, "maths", ["maths", "slow"])
    slow = server.ask("GET", "grading", params={"path": "slow/source/adding/sums.ipynb"}).json()
    assert slow["course"] == "slow"
    assert slow["assignments"] == [
        {"key": "adding", "submitted": 12, "graded": 0, "waiting": 0, "by_hand": 0, "changes": 0, "trouble": ""}
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"path": "../elsewhere/secret", "assignment": "adding"}, 422),
        ({"path": "link", "assignment": "adding"}, 422),
        ({"path": "notes", "assignment": "adding"}, 404),
        ({"path": "maths", "assignment": "no-such"}, 404),
        ({"path": "maths", "assignment": 7}, 422),
        ({"path": "maths", "assignment": "adding", "options": {"engine": "dask"}}, 422),
        ({"path": "maths", "assignment": "adding", "options": {"learners": "ada"}}, 422),
        ({"path": "ma\0ths", "assignment": None}, 422),
        ({}, 422),
    ],
)
def test_what_a_page_may_not_ask_is_refused(server: TeachersServer, body: dict[str, Any], status: int) -> None:
    answer = server.ask("POST", "grading", body)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message", "hint"}


def test_a_batch_is_seen_as_it_goes_and_decided_on(server: TeachersServer) -> None:
    states = list(server.watch(server.begin(path="maths", assignment="adding", options={"force": True})))
    end = states[-1]
    assert (end["state"], end["error"]) == ("done", None)
    (one,) = end["result"]["batches"]
    assert {row["learner"]: (row["status"], row["score"]) for row in one["batch"]["submissions"]} == {
        "ada": ("graded", 2.0),
        "bob": ("graded", 0.0),
        "eve": ("unverified", 0.0),
    }
    details = end["details"]
    assert (details["what"], details["done"], details["total"]) == ("Done", 3, 3)
    assert {"running", "slowest", "failures", "left", "layers", "missing_layers", "assignment"} <= set(details)
    (row,) = server.ask("GET", "grading", params={"path": "maths"}).json()["assignments"]
    assert (row["submitted"], row["graded"], row["waiting"]) == (3, 3, 1)

    asked = {"path": "maths", "assignment": "adding"}
    (held,) = server.ask("GET", "grading/held", params=asked).json()["held"]
    assert (held["learner"], held["cell"], held["state"]) == ("eve", "test-add", "waiting")

    for decision in ({}, {"accept": True}, {"accept": "yes", "all": True}, {"accept": True, "all": True, "cell": "x"}):
        assert server.ask("POST", "grading/held", {**asked, "decision": decision}).status_code == 422
    one = {"learner": "eve", "notebook": "sums", "cell": "test-add"}
    denied = server.ask("POST", "grading/held", {**asked, "decision": {**one, "accept": False}}).json()
    assert (denied["decided"], denied["held"][0]["state"], denied["scores"][0]["score"]) == (1, "denied", 0.0)
    accepted = server.ask("POST", "grading/held", {**asked, "decision": {**one, "accept": True}}).json()
    assert (accepted["held"][0]["state"], accepted["scores"][0]["score"]) == ("accepted", 2.0)
    nothing = server.ask("POST", "grading/held", {**asked, "decision": {"accept": True, "all": True}})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not-found")


def test_a_stopped_batch_goes_on_where_it_was(server: TeachersServer) -> None:
    task = server.begin(path="slow", assignment="adding")
    seen = next(state for state in server.watch(task) if state["done"] >= 1)
    assert seen["details"]["running"][0][1] == "sums"
    assert server.ask("GET", "grading", params={"path": "slow"}).json()["task"] == {"id": task, "assignment": "adding"}
    second = list(server.watch(server.begin(path="slow", assignment="adding")))[-1]
    assert second["error"]["code"] == "busy"
    server.ask("DELETE", f"tasks/{task}")
    *_, end = server.watch(task)
    assert (end["state"], end["done"] < 12) == ("cancelled", True)
    (row,) = server.ask("GET", "grading", params={"path": "slow"}).json()["assignments"]
    assert 1 <= row["graded"] < 12
    *_, end = server.watch(server.begin(path="slow", assignment="adding"))
    batch = end["result"]["batches"][0]["batch"]
    assert [one["status"] for one in batch["submissions"]] == ["graded"] * 12
    assert batch["settled"] == row["graded"]
