"""Jobs on this computer and on a real Dask cluster: the same results, whatever becomes of the workers."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_kit.errors import Unavailable
from course_kit.execution import sandbox
from course_kit.execution.job import Job, Result
from course_kit.grading.batch import grade
from course_kit.grading.engine import Engine, LocalEngine, open_engine
from course_kit.grading.installed import environment_digest

pytestmark = pytest.mark.slow

# Dask's own objects are let go of by its threads, some after the test
ours = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def job(*sources: str, files: dict[str, bytes] | None = None) -> Job:
    cells = [new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
    kernelspec = {"name": "python3", "display_name": "Python", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernelspec})
    return Job(notebook=nbformat.writes(notebook).encode(), files=files or {})


def outcome(result: Result) -> tuple[Any, ...]:
    """What must be equal wherever it ran: all but times."""
    cells = [(cell.get("execution_count"), cell.get("outputs")) for cell in json.loads(result.notebook)["cells"]]
    runs = [(run.index, run.ending) for run in result.cells]
    return result.ending, result.reason, cells, dict(result.files), runs, result.layers


def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{condition} did not come true within {seconds} seconds"
        time.sleep(0.02)
    return value


def descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def commands(part: str) -> list[psutil.Process]:
    """Our living descendants with that in their command line."""
    found = []
    for process in descendants():
        try:
            if part in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def dask_workers() -> list[psutil.Process]:
    return commands("multiprocessing.spawn")


def zygotes() -> list[psutil.Process]:
    return commands("course_kit.execution.zygote")


BATCH = [job(f"import time; time.sleep(0.1)\nprint({n})", f"{n} ** 2", files={"data.txt": b"x"}) for n in range(16)]
BATCH[3] = job("1 / 0", "'after'")
BATCH[5] = job("import os; os._exit(3)", "'after'")
BATCH[7] = job("open('made.txt', 'w').write('made')", files={"data.txt": b"y"})


@pytest.fixture(scope="module")
def local_results() -> list[tuple[Any, ...]]:
    with LocalEngine() as engine:
        return [outcome(future.result()) for future in [engine.submit(one) for one in BATCH]]


# ---------------------------------------------------------------- this computer


def test_many_jobs_at_once_each_end_in_a_result(local_results: list[tuple[Any, ...]]) -> None:
    assert [ending for ending, *_ in local_results] == ["ok"] * 5 + ["kernel-died"] + ["ok"] * 10
    assert local_results[2][2][1] == (2, [_value("4", 2)])
    assert local_results[7][3]["made.txt"] == b"made"
    assert not zygotes()


def _value(text: str, count: int) -> dict[str, Any]:
    return {"data": {"text/plain": text}, "execution_count": count, "metadata": {}, "output_type": "execute_result"}


def test_ctrl_c_ends_what_runs_at_once_and_leaves_nothing() -> None:
    engine = LocalEngine(in_flight=2)
    with pytest.raises(KeyboardInterrupt), engine:  # noqa: PT012 (leaving the block is what is tested)
        futures = [engine.submit(job("import time; time.sleep(600)")) for _ in range(5)]
        # beside itself, two jobs with a keeper, a warden and a runner each
        until(lambda: len(zygotes()) >= 7, seconds=120)
        began = time.monotonic()
        raise KeyboardInterrupt
    assert time.monotonic() - began < 30
    assert all(future.done() for future in futures)
    assert all(future.cancelled() for future in futures[2:])
    until(lambda: not zygotes())


def test_ended_while_it_still_warms_up_it_ends_at_once() -> None:
    with LocalEngine(in_flight=2) as engine:
        futures = [engine.submit(job("1")) for _ in range(3)]
        until(zygotes)
        began = time.monotonic()
        engine.close()
        assert time.monotonic() - began < 5
    ended = [future.result() for future in futures if not future.cancelled()]
    assert {(result.ending, result.reason) for result in ended} == {
        ("failed", "The process that ran it ended (the grading was ended).")
    }
    until(lambda: not zygotes())


def test_the_environment_is_named_by_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment_digest()
    (tmp_path / "plotting-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    one = environment_digest()
    (tmp_path / "plotting-1.0.dist-info").rename(tmp_path / "plotting-1.1.dist-info")
    assert len({before, one, environment_digest()}) == 3
    monkeypatch.undo()
    assert environment_digest() == before


# ---------------------------------------------------------------- Dask


@ours
def test_dask_gives_what_this_computer_gives(local_results: list[tuple[Any, ...]]) -> None:
    with open_engine("dask") as engine:
        assert engine.name == "Dask on this computer"
        assert engine.environment() == environment_digest()
        assert engine.layers() == sandbox.layers()
        found = [outcome(future.result()) for future in [engine.submit(one) for one in BATCH]]
    assert found == local_results
    until(lambda: not zygotes() and not dask_workers())


@ours
def test_a_worker_killed_in_mid_batch_costs_no_result(local_results: list[tuple[Any, ...]]) -> None:
    with open_engine("dask") as engine:
        futures = [engine.submit(one) for one in BATCH]
        for arrived, _ in enumerate(as_completed(futures), start=1):
            if arrived == 3:
                before = dask_workers()
                before[0].send_signal(signal.SIGKILL)
        assert [outcome(future.result()) for future in futures] == local_results
        assert before[0] not in dask_workers()
    until(lambda: not zygotes() and not dask_workers())


@ours
def test_a_job_that_takes_its_workers_down_fails_alone() -> None:
    """The test does what a machine out of memory does: it kills the worker under which the job is running."""
    name = "import ctypes; ctypes.CDLL(None).prctl(15, b'eats-worker', 0, 0, 0)"
    stop = threading.Event()
    killed = []

    def out_of_memory() -> None:
        while not stop.wait(0.05):
            for process in descendants():
                try:
                    if process.name() != "eats-worker":
                        continue
                    for parent in process.parents():
                        if "multiprocessing.spawn" in " ".join(parent.cmdline()):
                            parent.send_signal(signal.SIGKILL)
                            killed.append(parent.pid)
                except psutil.Error:
                    continue

    killer = threading.Thread(target=out_of_memory)
    killer.start()
    try:
        with open_engine("dask") as engine:
            eater = engine.submit(job(name, "import time; time.sleep(60)"))
            others = [engine.submit(job(f"import time; time.sleep(0.2)\nprint({n})")) for n in range(12)]
            assert [outcome(other.result(120))[0] for other in others] == ["ok"] * 12
            result = eater.result(120)
    finally:
        stop.set()
        killer.join()
    assert result.ending == "failed"
    assert result.reason.startswith("It was stopped: every worker of the cluster that ran it ended")
    assert result.notebook == eater.result().notebook
    assert len(set(killed)) == 4


@ours
def test_a_batch_on_dask_scores_as_one_on_this_computer(
    nbgrader_course: Path, hand_in: Callable[..., Path], copied: Callable[[Path, str], Path]
) -> None:
    hand_in("ada", "return a + b")
    hand_in("bob", "return a + b if a < 10 else 0")
    hand_in("cat", "import os; os._exit(1)")
    hand_in("dan", "return 1 / 0")
    hand_in("eve", b"not a notebook")
    other = copied(nbgrader_course, "other")

    here = grade(nbgrader_course, "adding")
    with open_engine("dask") as engine:
        there = grade(other, "adding", engine=engine)
        again = grade(other, "adding", engine=engine, force=True)

    assert there.scores == here.scores == again.scores
    assert {score.learner: score.score for score in there} == {"ada": 5, "bob": 2, "cat": 0, "dan": 0, "eve": None}
    assert there.layers == here.layers


@ours
def test_a_required_sandbox_is_in_force_on_the_workers() -> None:
    """Where a layer without which there is a way out is missing, the batch is told so."""
    strict = replace(job("open('/etc/course-kit-test', 'w')"), require_sandbox=True)
    lost = ""
    try:
        sandbox.require()
    except Unavailable as error:
        lost = error.message
    if lost:
        with open_engine("dask") as engine, pytest.raises(Unavailable) as raised:
            engine.submit(strict).result(120)
        assert raised.value.message.endswith(lost)
        return
    with LocalEngine() as engine:
        here = engine.submit(strict).result(120)
    with open_engine("dask") as engine:
        there = engine.submit(strict).result(120)
    assert {"landlock", "seccomp"} <= set(there.layers)
    assert outcome(there) == outcome(here)
    # refused by Landlock, or read-only where there are namespaces
    assert json.loads(there.notebook)["cells"][0]["outputs"][0]["ename"] in {"PermissionError", "OSError"}


@ours
def test_ctrl_c_ends_a_cluster_of_ones_own() -> None:
    with pytest.raises(KeyboardInterrupt), open_engine("dask") as engine:  # noqa: PT012 (the same)
        futures = [engine.submit(job("import time; time.sleep(120)")) for _ in range(4)]
        until(zygotes)
        raise KeyboardInterrupt
    assert all(future.cancelled() for future in futures)
    until(lambda: not zygotes() and not dask_workers())


# ---------------------------------------------------------------- a cluster of somebody else


WITHOUT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "course_kit":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
"""
OLDER = "import course_kit\ncourse_kit.__version__ = '0.0.9'\n"


@dataclass
class Cluster:
    """A scheduler and its workers, each a process as on a real cluster."""

    folder: Path
    processes: list[subprocess.Popen[bytes]]

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    def worker(self, site: str = "", *options: str) -> None:
        """``site`` is run as its Python starts: what is different on that machine."""
        place = self._place(site)
        command = ("dask_worker", "--scheduler-file", str(self.file), "--local-directory", str(place), *options)
        self._start(place, *command, "--nthreads", "2", "--no-dashboard")

    def scheduler(self) -> None:
        """It has Dask, and no course-kit."""
        command = ("dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard")
        self._start(self._place(WITHOUT), *command, "--scheduler-file", str(self.file))
        until(self.file.exists)

    def _place(self, site: str) -> Path:
        place = self.folder / f"machine-{len(self.processes)}"
        place.mkdir()
        (place / "sitecustomize.py").write_text(site)
        return place

    def _start(self, place: Path, program: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(place)}
        with (place / "log").open("wb") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path, [])
    made.scheduler()
    yield made
    for process in reversed(made.processes):
        process.terminate()
    for process in made.processes:
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _run(engine: Engine, *jobs: Job) -> list[str]:
    return [future.result(120).ending for future in [engine.submit(one) for one in jobs]]


@ours
def test_an_existing_cluster_is_used_and_left_as_it_was(cluster: Cluster) -> None:
    cluster.worker()
    cluster.worker()
    address = json.loads(until(cluster.file.read_text))["address"]
    with open_engine("dask", scheduler=address) as engine:
        assert engine.name == f"Dask at {address}"
        assert _run(engine, *BATCH[:3]) == ["ok"] * 3
        assert zygotes()
    until(lambda: not zygotes())
    assert all(process.poll() is None for process in cluster.processes)
    with open_engine("dask", scheduler=str(cluster.file)) as engine:
        assert _run(engine, BATCH[0]) == ["ok"]


@ours
@pytest.mark.parametrize(("site", "theirs"), [(WITHOUT, "no course-kit"), (OLDER, "course-kit 0.0.9")])
def test_a_worker_with_another_course_kit_or_none_is_named(
    cluster: Cluster, site: str, theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("cluster", "cluster_link"):
        monkeypatch.setattr(f"course_kit.grading.{module}.__version__", "1.2.3")
    cluster.worker(site)
    with pytest.raises(Unavailable) as raised:
        open_engine("dask", scheduler=str(cluster.file))
    where, _, ours = raised.value.message.partition(f" has {theirs}; ")
    assert where.startswith("The Dask worker on ")
    assert ours == "this computer has course-kit 1.2.3."
    assert raised.value.hint == ("Install the same on every worker: pip install 'course-kit[cluster,grading]==1.2.3'.")


@ours
def test_a_worker_without_course_kit_that_joins_later_stops_the_batch_and_blames_no_job(cluster: Cluster) -> None:
    cluster.worker()
    with (  # noqa: PT012 (the block's end is what is tested)
        pytest.raises(Unavailable, match="has no course-kit"),
        open_engine("dask", scheduler=str(cluster.file)) as engine,
    ):
        assert _run(engine, BATCH[0]) == ["ok"]
        cluster.worker(WITHOUT)
        for _ in range(100):
            assert set(_run(engine, *BATCH[8:14])) == {"ok"}


@ours
def test_a_scheduler_that_is_lost_says_so(cluster: Cluster) -> None:
    cluster.worker("", "--no-nanny", "--death-timeout", "5")
    with (  # noqa: PT012 (the block's end is what is tested)
        pytest.raises(Unavailable, match="was lost") as raised,
        open_engine("dask", scheduler=str(cluster.file)) as engine,
    ):
        future = engine.submit(job("import time; time.sleep(120)"))
        until(zygotes)
        cluster.processes[0].kill()
        future.result(120)
    assert "What is graded is kept" in raised.value.hint


@ours
def test_no_worker_and_no_scheduler_are_told_apart(cluster: Cluster) -> None:
    from course_kit.grading.cluster import DaskEngine

    with pytest.raises(Unavailable, match="has no worker that took up work within 1 seconds"):
        DaskEngine(str(cluster.file), wait_seconds=1)
    with pytest.raises(Unavailable, match="No Dask scheduler answers at nowhere"):
        DaskEngine("nowhere", wait_seconds=1)


@ours
def test_what_is_given_up_is_not_run(cluster: Cluster) -> None:
    cluster.worker()
    with open_engine("dask", scheduler=str(cluster.file)) as engine:
        futures = [engine.submit(job("import time; time.sleep(0.5)")) for _ in range(8)]
        assert futures[7].cancel()
        with pytest.raises(CancelledError):
            futures[7].result()
        assert [future.result(60).ending for future in futures[:7]] == ["ok"] * 7
    late = engine.submit(BATCH[0])
    assert late.cancelled()
