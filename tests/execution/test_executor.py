"""Notebooks run apart: what comes back, and that whatever happens in there stays in there."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_kit.execution.executor import Executor
from course_kit.execution.job import Job, Result, job_from_json, result_from_json
from course_kit.model.limits import Limits

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(in_flight=4) as running:
        yield running


def job(*sources: str, tests: tuple[int, ...] = (), files: dict[str, bytes] | None = None, **limits: Any) -> Job:
    cells = [new_code_cell(source) for source in sources]
    notebook = json.dumps(new_notebook(cells=cells)).encode()
    return Job(notebook=notebook, files=files or {}, tests=tests, limits=Limits(**limits))


def outputs(result: Result, index: int) -> list[Any]:
    found: list[Any] = json.loads(result.notebook)["cells"][index]["outputs"]
    return found


def text(result: Result, index: int) -> str:
    """What a cell printed or returned, or the name of its error."""
    return "".join(
        one.get("text") or one.get("ename") or one.get("data", {}).get("text/plain", "")
        for one in outputs(result, index)
    )


def endings(result: Result) -> list[str]:
    return [cell.ending for cell in result.cells]


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def descendants(pid: int) -> set[int]:
    """All processes below one, from what each says of its parent."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def test_a_notebook_is_run_from_top_to_bottom(executor: Executor) -> None:
    result = executor.execute(job("a = 20", "print(a)\na + 22", "1 / 0", "'on'"))
    assert (result.ending, result.reason, result.warm) == ("ok", "", True)
    assert endings(result) == ["ok", "ok", "error", "ok"]
    assert outputs(result, 1) == [
        {"output_type": "stream", "name": "stdout", "text": "20\n"},
        {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": "42"}, "execution_count": 2},
    ]
    assert text(result, 2) == "ZeroDivisionError"
    assert [cell["execution_count"] for cell in json.loads(result.notebook)["cells"]] == [1, 2, 3, 4]


def test_each_run_begins_afresh(executor: Executor) -> None:
    first = executor.execute(job("secret = 7\nimport json\njson.secret = 7\nopen('left', 'w').close()"))
    second = executor.execute(job("import json, os\n'secret' in globals(), hasattr(json, 'secret'), os.listdir()"))
    assert set(first.files) == {"left"}
    assert text(second, 0) == "(False, False, [])"


def test_chance_is_not_the_same_in_every_run(executor: Executor) -> None:
    draw = job("import random\nrandom.random()")
    assert text(executor.execute(draw), 0) != text(executor.execute(draw), 0)


def test_files_go_in_and_what_changed_comes_out(executor: Executor) -> None:
    given = {"data/in.csv": b"1,2\n", "old.txt": b"old", "same.txt": b"same"}
    code = (
        "import os\nprint(open('data/in.csv').read())\nos.remove('old.txt')\n"
        "os.makedirs('out')\nopen('out/new.txt', 'w').write('new')\nos.symlink('/etc/passwd', 'link')"
    )
    result = executor.execute(job(code, files=given))
    assert text(result, 0) == "1,2\n\n"
    assert result.files == {"out/new.txt": b"new", "old.txt": None}


def test_a_file_left_open_ends_on_the_disk(executor: Executor) -> None:
    assert executor.execute(job("f = open('log', 'w')\nf.write('kept')")).files == {"log": b"kept"}


def test_a_file_that_climbs_out_is_refused_and_nothing_is_written(executor: Executor, tmp_path: Path) -> None:
    result = executor.execute(job("1", files={"../../../../../../tmp/climbed-by-course-kit": b"x"}))
    assert result.ending == "failed"
    assert "leads out of its folder" in result.reason
    assert not Path("/tmp/climbed-by-course-kit").exists()  # noqa: S108


def test_an_error_that_was_not_shown_is_shown(executor: Executor) -> None:
    hide = "get_ipython().showtraceback = lambda *a, **k: None"
    result = executor.execute(job(hide, "assert False, 'no'", tests=(1,)))
    assert text(result, 1) == "AssertionError"


def test_a_kernel_that_ends_costs_its_cell_and_no_other(executor: Executor) -> None:
    result = executor.execute(job("a = 1\nprint('once')", "import os\nos._exit(0)", "a += 1\na", tests=(1, 2)))
    assert result.ending == "kernel-died"
    assert endings(result) == ["ok", "kernel-died", "ok"]
    assert text(result, 0) == "once\n"  # replayed, and not shown twice
    assert text(result, 1) == "DeadKernelError"
    assert text(result, 2) == "2"


def test_a_notebook_whose_kernel_always_ends_is_given_up_and_no_silent_cell_passes(executor: Executor) -> None:
    result = executor.execute(job(*["import os\nos._exit(0)"] * 8, "1", tests=(8,)))
    assert result.ending == "kernel-died"
    assert text(result, 8) == "NotRunError"
    assert all(one[0]["output_type"] == "error" for one in (outputs(result, index) for index in range(9)))


def test_an_endless_loop_is_interrupted_and_the_rest_is_run(executor: Executor) -> None:
    result = executor.execute(job("a = 1", "while True: pass", "a", cell=1))
    assert result.ending == "timed-out"
    assert endings(result) == ["ok", "timed-out", "ok"]
    assert text(result, 1) == "CellTimeoutError"
    assert text(result, 2) == "1"


def test_an_endless_loop_that_takes_no_interrupt_is_killed_and_the_rest_is_run(executor: Executor) -> None:
    loop = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    result = executor.execute(job("a = 1", loop, "a", cell=1))
    assert endings(result) == ["ok", "timed-out", "ok"]
    assert text(result, 2) == "1"


def test_a_notebooks_time_is_bounded_as_a_whole(executor: Executor) -> None:
    began = time.monotonic()
    result = executor.execute(job(*["import time\ntime.sleep(0.5)"] * 20, tests=(19,), notebook=2))
    assert time.monotonic() - began < 8
    assert result.ending == "timed-out"
    assert text(result, 19) == "NotRunError"


def test_a_flood_of_text_is_cut_and_the_verdict_still_arrives(executor: Executor) -> None:
    result = executor.execute(job("print('x' * 3000)\n" * 3 + "assert False", "1", output=5000, tests=(0,)))
    shown = outputs(result, 0)
    assert [one["output_type"] for one in shown] == ["stream", "error"]
    assert len(shown[0]["text"]) < 9100
    assert shown[0]["text"].endswith("Output truncated ...\n")


def test_endless_output_ends_with_the_cell(executor: Executor) -> None:
    result = executor.execute(job("while True: print('x' * 10_000)", "1", output=10**5, cell=20))
    assert endings(result) == ["kernel-died", "ok"]
    assert "OutputLimitError" in text(result, 0)


def test_forged_and_broken_messages_are_dropped(executor: Executor) -> None:
    send = (
        "session = get_ipython().kernel.session\nheader = get_ipython().parent_header\n"
        "for kind, content in [('stream', {'name': 3}), ('error', {}), ('display_data', {'data': 5}), ('status', {}),\n"
        "    ('execute_result', {'data': {'text/plain': {}}, 'metadata': {}, 'execution_count': 'x'})]:\n"
        "    session.send(None, kind, content, header)\n'end'"
    )
    result = executor.execute(job(send))
    assert result.ending == "ok"
    assert [one["output_type"] for one in outputs(result, 0)] == ["execute_result"]


def test_garbage_on_the_runners_channel_costs_the_cell(executor: Executor) -> None:
    garbage = "import os\nchannel = get_ipython().kernel.session.channel\nchannel.sendall(b'\\xff' * 5000)\n1"
    result = executor.execute(job("a = 1", garbage, "a", tests=(1, 2)))
    assert endings(result) == ["ok", "kernel-died", "ok"]
    assert text(result, 2) == "1"


def test_what_a_subprocess_prints_is_seen(executor: Executor) -> None:
    result = executor.execute(job("import os, sys\nprint('a')\nos.system('echo b; echo c >&2')\nprint('d')"))
    assert outputs(result, 0) == [
        {"output_type": "stream", "name": "stdout", "text": "a\nb\nd\n"},
        {"output_type": "stream", "name": "stderr", "text": "c\n"},
    ]


def test_a_fork_that_was_not_ended_does_not_go_on(executor: Executor) -> None:
    result = executor.execute(job("import os\nchild = os.fork()", "child > 0", "'on'"))
    assert [text(result, index) for index in (1, 2)] == ["True", "'on'"]
    assert endings(result) == ["ok"] * 3


def test_a_test_that_failed_in_other_words_just_before_is_pointed_out(executor: Executor) -> None:
    hide = (
        "import ast\n"
        "class Hide(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "class Keyed:\n"
        "    def visit(self, tree):\n"
        "        keyed = ast.unparse(tree).startswith('assert answer() == 42')\n"
        "        return Hide().visit(tree) if keyed else tree\n"
        "get_ipython().ast_transformers.append(Keyed())\n"
        "def answer(): return 0"
    )
    [note] = executor.execute(job(hide, "assert answer() == 42", tests=(1,))).notes
    assert note == "the test in cell 2 passed, and failed in other words just before: look at this notebook"


def test_nothing_is_left_when_nobody_waits_any_more() -> None:
    found: list[Result] = []
    with Executor() as mine:
        mine.execute(job("1"))
        assert mine._zygote is not None
        zygote = mine._zygote._process.pid
        endless = job("import subprocess\nsubprocess.Popen(['sleep', '60'])\nimport time\ntime.sleep(60)")
        thread = threading.Thread(target=lambda: found.append(mine.execute(endless)))
        thread.start()
        assert eventually(lambda: len(descendants(zygote)) >= 3)  # keeper, runner, sleep
        below = descendants(zygote)
    thread.join(20)
    assert [one.ending for one in found] == ["failed"]
    assert eventually(lambda: not alive(below))


def test_a_zygote_that_was_killed_is_replaced() -> None:
    with Executor() as mine:
        pid = int(text(mine.execute(job("import os\nos.getpid()")), 0))
        assert pid != os.getpid()
        zygote = mine._zygote
        assert zygote is not None
        os.kill(zygote._process.pid, signal.SIGKILL)
        zygote._process.wait()
        assert text(mine.execute(job("'again'")), 0) == "'again'"


def test_many_run_at_once(executor: Executor) -> None:
    found: dict[int, str] = {}

    def run(number: int) -> None:
        found[number] = text(executor.execute(job(f"{number} * 2")), 0)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: str(number * 2) for number in range(12)}


def test_jobs_and_results_travel_as_json(executor: Executor) -> None:
    sent = job("1 + 1", tests=(0,), files={"a.bin": bytes(range(256))}, cell=3.5)
    assert job_from_json(sent.to_json()) == sent
    result = executor.execute(sent)
    assert result_from_json(result.to_json()) == result
