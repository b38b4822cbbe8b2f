"""A review from the terminal and from the server: when there is one, when there will be one, and where it lies."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import Server
from worlds import Author, Learner

from course_kit.store.journal import Journal
from course_kit.store.places import local_learner
from course_kit.workspace.folder import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    author = Author(tmp_path_factory.mktemp("author"))
    author.runs("init", author.course)
    return author.builds()


@pytest.fixture
def learner(release: Path, tmp_path: Path) -> Learner:
    someone = Learner(tmp_path / "learner")
    someone.opens(release)
    return someone


def answered(learner: Learner, days_ago: float, fraction: float = 1.0) -> None:
    """The learner met a skill of the starter's lesson so many days ago."""
    workspace = Workspace.at(learner.copy)
    lesson = next(lesson for lesson in workspace.manifest().course.lessons() if lesson.skills)
    fact = {
        "kind": "ItemAnswered",
        "lesson": lesson.key,
        "item": next(iter(lesson.skills)),
        "digest": "d",
        "response": 0,
        "state": "right" if fraction == 1 else "wrong",
        "fraction": fraction,
    }
    name = local_learner(learner.data).learner
    with Journal(
        learner.data / "journals", learner=name, course=workspace.course, release=workspace.release, writer="kernel"
    ) as journal:
        journal.append([fact], datetime.now(UTC) - timedelta(days=days_ago))


def test_the_terminal_says_when_and_makes_it(learner: Learner) -> None:
    early = learner.runs("review", "--folder", learner.copy, "--no-open", fails=True)
    assert "There is nothing to review yet." in early.err
    assert "What next: Answer the questions of a lesson first." in early.err
    assert "due for review" not in learner.runs("progress", learner.copy).out

    answered(learner, 1)
    waiting = learner.runs("review", "--folder", learner.copy, "--no-open", fails=True)
    assert "Nothing is due for review now." in waiting.err
    assert "The next skill comes back on" in waiting.err
    assert "Nothing is due for review; the next skill comes back on" in learner.runs("progress", learner.copy).out
    made = learner.runs("review", "--folder", learner.copy, "--anyway", "--json").json
    assert made["skills"] == ["summary-statistics"]
    assert (learner.copy / made["path"]).is_file()


def test_progress_and_the_review_name_what_is_due(learner: Learner) -> None:
    answered(learner, 3, fraction=0.0)
    said = learner.runs("progress", learner.copy).out
    assert "1 skill is due for review (about 1 minute): Summary statistics." in said
    assert "To learn again: Summary statistics (“" in said
    ran = learner.runs("review", "--folder", learner.copy, "--no-open", "--minutes", "5").out
    assert "Summary statistics: about 1 minute, in" in " ".join(ran.split())
    assert learner.runs("review", "--minutes", "0", fails=True, cwd=learner.copy).status == 2


@pytest.fixture
def server(learner: Learner) -> Iterator[Server]:
    import signal

    running = Server(learner.copy, learner.home, learner.surroundings()).start()
    yield running
    running.end(signal.SIGKILL)


def test_the_page_asks_the_server(server: Server, learner: Learner) -> None:
    course = Workspace.at(learner.copy).course
    answered(learner, 1)

    def ask(**body: Any) -> Any:
        return server.ask("POST", "review", {"course": course, **body})

    waiting = ask(minutes=10)
    assert waiting.status_code == 422
    assert waiting.json()["message"] == "Nothing is due for review now."
    assert "The next skill comes back on" in waiting.json()["hint"]
    for wrong in (None, "10", True, 0, 1e9, [10]):
        assert ask(minutes=wrong, anyway=True).status_code == 422
    assert ask(minutes=10, course="no-such").status_code == 404
    made = ask(minutes=10, anyway=True, zone="Asia/Tokyo").json()
    assert (made["skills"], made["minutes"]) == (1, 1)
    notebook = json.loads((learner.copy / made["path"]).read_text(encoding="utf-8"))
    assert notebook["metadata"]["course_kit"]["course"] == course
    seen = server.ask("GET", "panel", params={"path": made["path"]}).json()
    assert seen["reviews"]["due"] == 0
    assert [skill["skill"] for skill in seen["reviews"]["skills"]] == ["summary-statistics"]
