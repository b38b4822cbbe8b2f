"""``kill -9`` at any moment: no acknowledged event is lost, none is doubled. Real processes, real kills.

A writer tells each id over a pipe when ``append`` has returned; what was told must be in the store, once, at the end.
``COURSE_KIT_KILLS`` sets the number of rounds.
"""

import os
import random
import select
import signal
import sys
import textwrap
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, NoReturn

import pytest

from course_kit.model.course import Course
from course_kit.model.keys import decision_id
from course_kit.model.tally import Tally
from course_kit.store.ingest import Ingester
from course_kit.store.journal import journal_paths
from course_kit.store.places import save_outline
from course_kit.store.sql import SqlStore

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")
ROUNDS = int(os.environ.get("COURSE_KIT_KILLS", "200"))
ROUNDS_A_FOLDER = 10

WRITER = """
    import sys
    from pathlib import Path
    from course_kit.store.journal import Journal
    data, seed = Path(sys.argv[1]), int(sys.argv[2])
    journal = Journal(data / "journals", learner="p-ada", course="data-science", release="a" * 64, writer="kernel")
    count = 0
    while True:
        count += 1
        facts = [
            {"kind": "ItemAnswered", "lesson": ("first-steps", "frames")[count % 2], "item": "robust/q1", "digest": "d",
             "variant": 0, "response": "x" * (seed * 37 % 3000), "state": "wrong", "fraction": 0.0, "attempt": count}
        ] * (1 + (seed + count) % 2)
        facts.append({**facts[0], "lesson": "first-steps", "item": "hello/q1", "state": "right", "fraction": 1.0})
        events = journal.append(facts)
        print(*(event["event_id"] for event in events), flush=True)
        if count % 50 == 0:
            journal.close()
"""

INGESTER = """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from course_kit.store.ingest import Ingester
    from course_kit.store.sql import SqlStore
    data = Path(sys.argv[1])
    print("began", flush=True)
    while True:
        with SqlStore.open(data / "store.db") as store:
            ingester = Ingester(data, store)
            for _ in range(5):
                if ingester.ingest(datetime.now(UTC), wait=1).stored:
                    print("stored", flush=True)
"""


class Victim:
    """A process that works until it is killed, and what it told until then, whole lines only.

    It is forked from this one, where everything is loaded: hundreds of rounds take seconds, and a process can be killed
    in its first milliseconds.
    """

    all: ClassVar[list["Victim"]] = []

    def __init__(self, story: str, *arguments: object) -> None:
        self._pipe, told = os.pipe()
        self._told = b""
        self.pid = os.fork()
        if self.pid == 0:
            self._live(story, [str(argument) for argument in arguments], told)
        os.close(told)
        Victim.all.append(self)

    def _live(self, story: str, arguments: list[str], told: int) -> NoReturn:
        """The child's whole life: it never comes back into the test."""
        try:
            os.dup2(told, 1)
            sys.stdout = os.fdopen(1, "w")
            sys.argv = ["victim", *arguments]
            exec(textwrap.dedent(story), {"__name__": "victim"})  # noqa: S102 - the stories above
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(1)

    def listen(self, seconds: float) -> None:
        if select.select([self._pipe], [], [], seconds)[0]:
            more = os.read(self._pipe, 1 << 20)
            assert more, "It ended by itself; its errors are above."
            self._told += more

    def lines(self) -> list[str]:
        return self._told.decode().split("\n")[:-1]

    def kill(self) -> list[str]:
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        Victim.all.remove(self)
        while more := os.read(self._pipe, 1 << 20):
            self._told += more
        os.close(self._pipe)
        assert os.WTERMSIG(status) == signal.SIGKILL
        return self.lines()


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    """A test that fails leaves no process at work."""
    yield
    for victim in list(Victim.all):
        victim.kill()


def round_of_kills(data: Path, seed: int) -> set[str]:
    """Two writers and an ingester, all at work at once, each killed at a random moment; the ids that were told.

    In every third round the ingester is killed before or while it makes the store.
    """
    chance = random.Random(seed)
    ingester = Victim(INGESTER, data)
    while not ingester.lines():
        ingester.listen(30)
    writers = [Victim(WRITER, data, chance.randrange(1000)) for _ in range(2)]
    enough = {writer: 1 + int(chance.expovariate(1 / 15)) for writer in writers}
    enough[ingester] = 1 if seed % 3 == 0 else 2 + int(chance.expovariate(1 / 2))
    alive = [*writers, ingester]
    told: set[str] = set()
    while alive:
        for victim in list(alive):
            victim.listen(chance.random() * 0.005)
            if len(victim.lines()) >= enough[victim] or alive == [ingester]:
                victim.listen(chance.random() * 0.02)  # somewhere in the midst of the next step
                lines = victim.kill()
                alive.remove(victim)
                if victim is not ingester:
                    told |= {event_id for line in lines for event_id in line.split()}
    return told


def take_in_and_check(data: Path, told: set[str]) -> None:
    """What was told is in the store, each event once; nothing but cut-off lines was set aside; decided once."""
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(datetime.now(UTC))
        ids = [event.event_id for event in store.events()]
        completed = [event.event_id for event in store.events() if event.kind == "LessonCompleted"]
        reasons = [aside.reason for aside in store.set_asides()]
        kept = {name: tally.to_json() for name, tally in store.tallies("data-science").items()}
        replayed = {"p-ada": Tally.of(store.events()).to_json()}
    assert len(ids) == len(set(ids))
    assert told <= set(ids)
    assert kept == replayed
    assert completed == [decision_id("p-ada", "data-science", "first-steps", "LessonCompleted")]
    assert all("cut short" in reason for reason in reasons)
    assert journal_paths(data / "journals") == []


@pytest.mark.slow
def test_killing_writers_and_ingesters_loses_and_doubles_nothing(tmp_path: Path, course: Course):
    """Rounds in one folder find what the killed ones before them left; a new folder has its store made anew."""
    for first in range(0, ROUNDS, ROUNDS_A_FOLDER):
        data = tmp_path / f"data-{first}"
        save_outline(data, {"version": 1, "release": "a" * 64, "course": course.model_dump(mode="json")})
        told = [round_of_kills(data, seed) for seed in range(first, min(first + ROUNDS_A_FOLDER, ROUNDS))]
        take_in_and_check(data, set().union(*told))


def test_a_killed_writers_last_acknowledged_event_is_kept(data: Path):
    writer = Victim(WRITER, data, 1)
    while len(writer.lines()) < 3:
        writer.listen(30)
    told = {event_id for line in writer.kill() for event_id in line.split()}
    take_in_and_check(data, told)
