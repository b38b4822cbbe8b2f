"""A review's notebook in real kernels: run by papermill, and answered as the page does."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from course_kit.bridges.papermill import run_lesson
from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.kinds import Number
from course_kit.model.quiz import Quiz, Variants
from course_kit.quizzes.quiz_file import quiz_file
from course_kit.store.journal import Journal
from course_kit.store.places import local_learner
from course_kit.workspace.events import own_events
from course_kit.workspace.panel import panel
from course_kit.workspace.review import MadeReview, make_review

pytestmark = pytest.mark.slow
SUM = Variants(tuple(Number(key="sum", skill="adding", prompt=f"<p>{n} + 1?</p>", answer=str(n + 1)) for n in range(3)))
LESSON = Lesson(
    key="first",
    title="First",
    kind="notebook",
    path="notebooks/01-first.ipynb",
    items=("add/sum",),
    skills={"add/sum": "adding"},
)
COURSE = Course(key="tiny", title="Tiny", units=(Unit(key="only", lessons=(LESSON,)),))


@pytest.fixture
def made(author: Any, laptop: Any, make: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MadeReview:
    """A review of a lesson that was answered three days ago."""
    monkeypatch.setenv("COURSE_KIT_DATA", str(laptop.data))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("JPY_SESSION_NAME", "COURSE_KIT_KERNEL", "COURSE_KIT_RECORD"):
        monkeypatch.delenv(name, raising=False)
    files: dict[str, bytes | None] = dict.fromkeys(author.files())
    files[LESSON.path] = make.as_bytes(make.notebook(make.prose("t", "# First"), lesson="first"))
    quizzes, _ = quiz_file("first", [Quiz("add", (SUM,))], str)
    files[".course-kit/quizzes/first.json"] = make.as_bytes(quizzes)
    laptop.opens(author.releases(files, COURSE))
    answered = {
        "kind": "ItemAnswered",
        "lesson": "first",
        "item": "add/sum",
        "digest": SUM.digest,
        "variant": 0,
        "response": "1",
        "state": "right",
        "fraction": 1.0,
    }
    with Journal(
        laptop.data / "journals", learner=local_learner(laptop.data).learner, course="tiny", release="", writer="kernel"
    ) as journal:
        journal.append([answered], datetime.now(UTC) - timedelta(days=3))
    return make_review(laptop.copy, data=laptop.data, at=datetime.now(UTC))


class Kernel:
    """A kernel as JupyterLab starts it for the review."""

    def __init__(self, notebook: Path) -> None:
        self.cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(notebook.parent), env={**os.environ, "JPY_SESSION_NAME": str(notebook)})
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def runs_all(self) -> str:
        """Run every cell; the quiz's widget."""
        shown = ""
        for cell in self.cells:
            if cell["cell_type"] != "code":
                continue
            message = self.client.execute("".join(cell["source"]))
            while True:
                found = self.client.get_iopub_msg(timeout=60)
                if found["parent_header"].get("msg_id") != message:
                    continue
                kind, content = found["msg_type"], found["content"]
                assert kind != "error", content
                if kind in ("display_data", "execute_result"):
                    view = content["data"].get("application/vnd.jupyter.widget-view+json")
                    shown = view["model_id"] if view else shown
                elif kind == "status" and content["execution_state"] == "idle":
                    break
        return shown

    def says(self, comm: str, **content: Any) -> dict[str, Any]:
        message = self.client.session.msg(
            "comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}}
        )
        self.client.shell_channel.send(message)
        while True:
            found = self.client.get_iopub_msg(timeout=60)
            said = found["content"].get("data", {}) if found["msg_type"] == "comm_msg" else {}
            if said.get("method") == "custom" and said["content"].get("id") == content["id"]:
                return dict(said["content"])

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel() -> Iterator[Callable[[Path], Kernel]]:
    started: list[Kernel] = []

    def start(notebook: Path) -> Kernel:
        started.append(Kernel(notebook))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_papermill_runs_it_and_nobody_is_recorded(made: MadeReview, laptop: Any) -> None:
    assert run_lesson(made.folder / made.path) is None
    kinds = [event.kind for event in own_events(laptop.data, "tiny", at=datetime.now(UTC))]
    assert "ReviewDone" not in kinds
    assert "ItemShown" not in kinds


def test_it_is_answered_once_and_restored_after_a_restart(
    made: MadeReview, laptop: Any, kernel: Callable[[Path], Kernel]
) -> None:
    place = made.folder / made.path
    first = kernel(place)
    quiz = first.runs_all()
    assert first.says(quiz, kind="hello", id="1", protocol=2)["ok"]
    wrong = first.says(quiz, kind="answer", id="2", item="sum", response="-7")
    assert wrong["outcome"]["state"] == "wrong"
    again = first.runs_all()
    right = first.says(again, kind="answer", id="1", item="sum", response="2")
    other = first.says(again, kind="answer", id="2", item="sum", response="3")
    assert {right["outcome"]["state"], other["outcome"]["state"]} == {"right", "wrong"}
    assert other["standing"]["attempts"] == 3
    first.close()

    shown = panel(made.folder, data=laptop.data, at=datetime.now(UTC) + timedelta(seconds=1)).reviews
    assert (shown.due, shown.skills[0].skill) == (0, "adding")
    second = kernel(place)
    standing = second.says(second.runs_all(), kind="answer", id="1", item="sum", response="2")["standing"]
    assert standing["attempts"] == 4
    second.close()
    facts = [event.fact for event in own_events(laptop.data, "tiny", at=datetime.now(UTC))]
    assert [(fact.rating, fact.skill) for fact in facts if fact.kind == "ReviewDone"] == [(1, "adding")]
    answers = [fact.lesson for fact in facts if fact.kind == "ItemAnswered"]
    assert answers == ["first"] + [f"review.{made.review}"] * 4
    assert not any(fact.kind == "CellRan" for fact in facts), "no lesson's cell ran"
