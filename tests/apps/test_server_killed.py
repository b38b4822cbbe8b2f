"""``kill -9`` at any moment over a real Jupyter server, a kernel's writer and commands that all work on one store.

Each round starts a server, lets a page post facts and ask for its panel while a writer and the terminal are at work,
and kills all of them at moments of their own. What was acknowledged must be in the store, once, at the end.
``COURSE_KIT_KILLS`` sets the number of rounds. In most the server is forked from a process where everything is loaded
(it is up in a fraction of a second, and can be killed in its first ones); every :data:`WHOLE`-th starts anew.
"""

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from servers import TOKEN, Server, free_port
from worlds import Author, Learner

from course_kit.model.keys import utc_text, uuid7
from course_kit.model.tally import Tally
from course_kit.store.ingest import Ingester
from course_kit.store.journal import journal_paths
from course_kit.store.mending import check
from course_kit.store.places import local_learner
from course_kit.store.sql import SqlStore
from course_kit.workspace.folder import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")]
ROUNDS = int(os.environ.get("COURSE_KIT_KILLS", "200"))
WHOLE = 20

WARM = """
    import importlib, os, pkgutil, signal, sys, traceback
    from pathlib import Path
    import jupyter_server.serverapp, jupyter_server.services, course_kit.apps.server
    from course_kit.apps import server as ours
    for package in (jupyter_server.services, ours):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    import sqlalchemy.dialects.sqlite
    from course_kit.apps.cli.main import main as command
    from course_kit.store.journal import Journal
    from course_kit.store.sql import SqlStore

    def serve(port, token):
        os.chdir(COPY)
        options = [f"--port={port}", f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0"]
        others = ("jupyterlab", "notebook", "notebook_shim", "jupyter_lsp", *(
            f"nbgrader.server_extensions.{name}"
            for name in ("assignment_list", "course_list", "formgrader", "validate_assignment")
        ))
        enabled = f"--ServerApp.jpserver_extensions={ {'course_kit.apps.server': True} | dict.fromkeys(others, False)}"
        jupyter_server.serverapp.ServerApp.launch_instance(["--no-browser", "--allow-root", enabled, *options])

    def write(learner, course, release, lesson, told):
        journal = Journal(DATA / "journals", learner=learner, course=course, release=release, writer="kernel")
        with open(told, "a") as told:
            while True:
                for count in range(30):
                    fact = {"kind": "CellRan", "lesson": lesson, "cell": f"c{count}", "ok": True, "seconds": 0.1}
                    ids = [event["event_id"] for event in journal.append([fact] * (1 + count % 2))]
                    print(*ids, file=told, flush=True)
                journal.close()

    def work():
        while True:
            try:
                command(["progress", str(COPY), "--json"])
            except SystemExit as ended:
                if ended.code:
                    raise

    COPY, DATA = Path(sys.argv[1]), Path(sys.argv[2])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        name, *arguments = line.split()
        pid = os.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.setsid()
                os.dup2(os.open(os.devnull, os.O_RDWR), 1)
                {"serve": serve, "write": write, "work": work}[name](*arguments)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        print(pid, flush=True)
"""


class Place(NamedTuple):
    """Where it all happens: a lesson of a course's release, at ``path`` in the copy."""

    course: str
    release: str
    lesson: str
    path: str


class Warm:
    """Where everything is loaded, and processes are forked from."""

    def __init__(self, learner: Learner) -> None:
        self.log = learner.home / "warm.log"
        environment = {**os.environ, **learner.surroundings(), "JUPYTER_RUNTIME_DIR": str(learner.home / "runtime")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(WARM), str(learner.copy), str(learner.data)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._line() == "ready", self.log.read_text()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def fork(self, *words: object) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return int(self._line())


class Page:
    """Posts facts and asks for the panel, each in a thread of its own, until the server is gone."""

    def __init__(self, url: str, path: str, lesson: str) -> None:
        self.acknowledged: list[str] = []
        self.url, self.path, self.lesson = url, path, lesson
        self.threads = [threading.Thread(target=self._until_it_ends, args=(step,)) for step in (self._post, self._look)]
        for thread in self.threads:
            thread.start()

    def _until_it_ends(self, step: Callable[[httpx.Client], None]) -> None:
        headers = {"Authorization": f"token {TOKEN}"}
        with httpx.Client(base_url=f"{self.url}/course-kit", headers=headers, timeout=60) as client:
            try:
                while True:
                    step(client)
            except httpx.TransportError:
                return

    def _post(self, client: httpx.Client) -> None:
        at = datetime.now(UTC)
        facts = [
            {
                "event_id": uuid7(at, random.getrandbits(74)),
                "at": utc_text(at),
                "fact": {"kind": "LessonViewed", "lesson": self.lesson, "fraction": random.random()},
            }
            for _ in range(random.randrange(1, 4))
        ]
        answer = client.post("/facts", json={"path": self.path, "facts": facts})
        assert answer.status_code == 200, answer.text
        self.acknowledged += answer.json()["stored"]

    def _look(self, client: httpx.Client) -> None:
        client.get("/panel", params={"zone": "UTC"})

    def wait(self) -> None:
        for thread in self.threads:
            thread.join(60)


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    home = tmp_path_factory.mktemp("people")
    author, learner = Author(home / "author"), Learner(home / "learner")
    author.runs("init", author.course)
    learner.opens(author.builds())
    return learner


@pytest.fixture
def warm(learner: Learner) -> Iterator[Warm]:
    warm = Warm(learner)
    yield warm
    warm.process.kill()
    warm.process.communicate()


def wait_until_it_answers(url: str, warm: Warm) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/api/status", headers={"Authorization": f"token {TOKEN}"}).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise AssertionError(warm.log.read_text()[-3000:])


def kill_all(pids: list[int], chance: random.Random) -> None:
    """Each at a moment of its own, in any order."""
    chance.shuffle(pids)
    for pid in pids:
        time.sleep(chance.random() * 0.05)
        os.killpg(pid, signal.SIGKILL)


def round_of_kills(number: int, warm: Warm, learner: Learner, place: Place, told: Path) -> list[str]:
    """What the page was told that it is stored."""
    chance = random.Random(number)
    name = local_learner(learner.data).learner
    whole = Server(learner.copy, learner.home, learner.surroundings()) if number % WHOLE == 0 else None
    port = free_port() if whole is None else whole.port
    pids = [warm.fork("write", name, place.course, place.release, place.lesson, told)]
    if whole is None:
        pids.append(warm.fork("serve", port, TOKEN))
    else:
        whole.start()
        assert whole.process is not None
        pids.append(whole.process.pid)
    if number % 10 == 1:
        kill_all(pids, chance)  # before or while it starts
        return []
    wait_until_it_answers(f"http://127.0.0.1:{port}", warm)
    page = Page(f"http://127.0.0.1:{port}", place.path, place.lesson)
    pids.append(warm.fork("work"))
    enough = 1 + int(chance.expovariate(1 / 6))
    deadline = time.monotonic() + 30
    while len(page.acknowledged) < enough and time.monotonic() < deadline:
        time.sleep(0.002)
    kill_all(pids, chance)
    page.wait()
    if whole is not None:
        whole.process.wait(30)  # type: ignore[union-attr]
    assert page.acknowledged
    return page.acknowledged


def test_killing_servers_writers_and_commands_loses_and_doubles_nothing(
    learner: Learner, warm: Warm, tmp_path: Path
) -> None:
    workspace = Workspace.at(learner.copy)
    lesson = next(workspace.manifest().course.lessons())
    place = Place(workspace.course, workspace.release, lesson.key, lesson.path)
    told = tmp_path / "told.txt"
    acknowledged = [name for number in range(ROUNDS) for name in round_of_kills(number, warm, learner, place, told)]
    acknowledged += told.read_text().rpartition("\n")[0].split()
    with SqlStore.open(learner.data / "store.db") as store:
        Ingester(learner.data, store).ingest(datetime.now(UTC))
        stored = [event.event_id for event in store.events()]
        kept = store.tallies(place.course)
        assert kept == {name: Tally.of(store.events(learners=[name])) for name in kept}
        assert all("cut short" in aside.reason for aside in store.set_asides())
    assert len(set(acknowledged)) == len(acknowledged) > ROUNDS
    assert len(set(stored)) == len(stored)
    assert set(acknowledged) <= set(stored)
    assert journal_paths(learner.data / "journals") == []
    assert check(learner.data / "store.db").faults == ()
