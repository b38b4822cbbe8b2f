"""``kill -9`` at any moment: no acknowledged event is lost, none is doubled. Real processes, real kills.

A writer tells each id over a pipe when ``append`` has returned; what was told must be in the store, once, at the end.
``COURSE_KIT_KILLS`` sets the number of rounds.
"""

import os
import random
import select
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from course_kit.model.course import Course
from course_kit.model.keys import decision_id
from course_kit.model.progress import fold
from course_kit.store.ingest import Ingester
from course_kit.store.journal import journal_paths
from course_kit.store.sql import SqlStore

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")
ROUNDS = int(os.environ.get("COURSE_KIT_KILLS", "20"))

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
        ] * (1 + (seed + count) % 4)
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
                ingester.ingest(datetime.now(UTC), wait=1)
                print("ingested", flush=True)
"""


class Victim:
    """A process that works until it is killed, and what it told until then, whole lines only."""

    def __init__(self, story: str, *arguments: object) -> None:
        command = [sys.executable, "-c", textwrap.dedent(story), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)
        self._told = b""

    @property
    def _pipe(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def listen(self, seconds: float) -> None:
        if select.select([self._pipe], [], [], seconds)[0]:
            self._told += os.read(self._pipe.fileno(), 1 << 20)

    def lines(self) -> list[str]:
        return self._told.decode().split("\n")[:-1]

    def kill(self) -> list[str]:
        self.process.send_signal(signal.SIGKILL)
        rest, _ = self.process.communicate(timeout=30)
        self._told += rest
        assert self.process.returncode == -signal.SIGKILL
        return self.lines()


def round_of_kills(data: Path, seed: int) -> set[str]:
    """Two writers and an ingester at work, then killed one after the other at random; the ids that were told."""
    chance = random.Random(seed)
    victims = [Victim(WRITER, data, chance.randrange(1000)) for _ in range(2)] + [Victim(INGESTER, data)]
    enough = {victim: chance.randrange(1, 40 if victim is not victims[-1] else 8) for victim in victims}
    alive = list(victims)
    told: set[str] = set()
    while alive:
        for victim in list(alive):
            victim.listen(chance.random() * 0.02)
            if len(victim.lines()) >= enough[victim]:
                victim.listen(chance.random() * 0.005)  # somewhere in the midst of the next step
                lines = victim.kill()
                alive.remove(victim)
                if victim is not victims[-1]:
                    told |= {event_id for line in lines for event_id in line.split()}
    return told


def story_of_kills(data: Path, course: Course, rounds: int) -> None:
    told: set[str] = set()
    for seed in range(rounds):
        told |= round_of_kills(data, seed)
        with SqlStore.open(data / "store.db") as store:
            if seed % 2:
                Ingester(data, store).ingest(datetime.now(UTC))
                assert journal_paths(data / "journals") == []
                check(data, store, course, told)
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(datetime.now(UTC))
        check(data, store, course, told)


def check(data: Path, store: SqlStore, course: Course, told: set[str]) -> None:
    events = list(store.events())
    ids = [event.event_id for event in events]
    assert len(ids) == len(set(ids))
    assert told <= set(ids)
    assert all("cut short" in kept.reason for kept in store.set_asides())
    completed = [event for event in events if event.kind == "LessonCompleted"]
    assert [event.event_id for event in completed] == [
        decision_id("p-ada", "data-science", "first-steps", "LessonCompleted")
    ]
    first_steps = fold(course, events).lesson("first-steps")
    assert first_steps is not None
    assert first_steps.state == "done"


@pytest.mark.slow
def test_killing_writers_and_ingesters_loses_and_doubles_nothing(data: Path, course: Course):
    story_of_kills(data, course, ROUNDS)


def test_a_killed_writers_last_acknowledged_event_is_kept(data: Path, course: Course):
    writer = Victim(WRITER, data, 1)
    while len(writer.lines()) < 3:
        writer.listen(30)
    told = {event_id for line in writer.kill() for event_id in line.split()}
    with SqlStore.open(data / "store.db") as store:
        Ingester(data, store).ingest(datetime.now(UTC))
        check(data, store, course, told)
    assert journal_paths(data / "journals") == []
