"""Code checks: the author's expressions on what the learner's cells made."""

import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Busy, Refused, Unavailable
from course_kit.model.kinds import Check, CodeCheck
from course_kit.session.code_checks import run_checks, run_in_kernel
from course_kit.session.practice import QuizSession
from course_kit.session.quizzes import open_quiz


def checks(*codes: str) -> CodeCheck:
    return CodeCheck(key="code", prompt="Write it.", checks=tuple(Check(code=code) for code in codes))


def learners(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(source, names)  # noqa: S102 (a learner's cell)
    return names


def test_each_check_says_what_it_found() -> None:
    names = learners("def f(x):\n    return x + 1\nlabel = 'a\\nb'")
    item = checks("f(1) == 2", "f(2) == 4", "label == 'ab'", "g(1)", "f('a') == 'b'", "not callable(f)", "f(1) in [2]")
    assert run_checks(item, names) == [
        "ok",
        "failed: f(2) is 3",
        "failed: label is 'a\\nb'",
        "error: NameError: name 'g' is not defined",
        'error: TypeError: can only concatenate str (not "int") to str',
        "failed: this does not hold yet",
        "ok",
    ]


def test_arrays_hold_where_all_of_them_does() -> None:
    names = learners("import numpy as np, pandas as pd\na = np.arange(3)\nd = pd.DataFrame({'x': [1, 2]})")
    item = checks("a == [0, 1, 2]", "a == [0, 1, 3]", "d == d", "d.x.sum() == 3")
    assert run_checks(item, names) == ["ok", "failed: a is array([0, 1, 2])", "ok", "ok"]


def test_a_check_changes_no_name_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    names = learners("import sys\ndef f():\n    print('noise'); print('more', file=sys.stderr); return 1")
    before = dict(names)
    assert run_checks(checks("f() == 1", "(f := 3) == 3", "[x for x in [1]] == [1]"), names) == ["ok"] * 3
    assert names == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    while True: pass",
        "def f():\n    import time; time.sleep(60)",
        "def f():\n    while True:\n        try:\n            while True: pass\n        except Exception: pass",
        "def f():\n    for _ in 'ab':\n        try:\n            while True: pass\n        except BaseException: pass\n"
        "    while True: pass",
    ],
)
def test_what_does_not_end_is_ended(source: str) -> None:
    handler = signal.getsignal(signal.SIGALRM)
    began = time.monotonic()
    found = run_checks(checks("1 == 1", "f()", "2 == 2"), learners(source), seconds=0.3)
    assert found == [
        "ok",
        "error: stopped after 0.3 seconds",
        "error: not run, since an earlier check did not end",
    ]
    assert time.monotonic() - began < 10
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)) == (handler, (0.0, 0.0))


def test_in_another_thread_what_loops_is_ended_too() -> None:
    found: list[list[str]] = []
    names = learners("def f():\n    while True: pass")
    thread = threading.Thread(target=lambda: found.append(run_checks(checks("f()", "1"), names, seconds=0.3)))
    thread.start()
    thread.join(30)
    assert found == [["error: stopped after 0.3 seconds", "error: not run, since an earlier check did not end"]]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f():\n    raise SystemExit(3)", "error: SystemExit"),
        ("def f():\n    raise KeyboardInterrupt", "error: KeyboardInterrupt"),
        ("def f():\n    return f()", "error: RecursionError: maximum recursion depth exceeded"),
        ("class f:\n    def __eq__(s, o): raise ValueError('no')", "error: ValueError: no"),
        ("class f:\n    def __eq__(s, o): return False\n    def __repr__(s): raise ValueError", "failed: f() is f"),
        ("class E(Exception):\n    def __str__(s): raise ValueError\ndef f():\n    raise E", "error: E: E"),
        ("def f():\n    raise ValueError('x' * 9999)", "error: ValueError: " + "x" * 280 + "…"),
    ],
)
def test_whatever_the_learners_code_does_it_is_told(source: str, found: str) -> None:
    (said,) = run_checks(checks("f() == 1"), learners(source))
    assert said.startswith(found[:60])
    assert len(said) <= 300


def test_a_broken_stream_of_the_learners_own_is_borne(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert run_checks(checks("print(1) is None"), {}) == ["ok"]


# ---------------------------------------------------------------- in a session


def opened(workspace: Path, data: Path, **more: Any) -> QuizSession:
    quiz = open_quiz("frames/robust", cwd=workspace, data=data, environ={"COURSE_KIT_RECORD": "1"}, **more)
    assert isinstance(quiz, QuizSession)
    return quiz


ITEM = CodeCheck(
    key="code",
    prompt="Write `f`.",
    checks=(Check(code="f(1) == 2", feedback="Add one."), Check(code="f(0) == 1", weight=3.0)),
    attempts=2,
)


def test_a_session_checks_scores_and_restores(make_workspace, data: Path, facts: Callable[..., Any]) -> None:
    names: dict[str, Any] = {"f": lambda x: 1}
    workspace = make_workspace((ITEM,))
    quiz = opened(workspace, data, checker=lambda item: run_checks(item, names))
    outcome = quiz.check("code")
    assert (outcome.state, outcome.fraction, outcome.feedback[0].text) == ("partly-right", 0.75, "Add one.")
    again = opened(workspace, data, checker=lambda item: run_checks(item, names))
    assert again.states() == quiz.states()
    assert again.state_of("code").response == ["failed: f(1) is 1", "ok"]
    names["f"] = lambda x: x + 1
    assert again.check("code").state == "right"
    with pytest.raises(Refused, match="no attempts left"):
        again.check("code")
    assert [fact["response"] for fact in facts("ItemAnswered")] == [["failed: f(1) is 1", "ok"], ["ok", "ok"]]


def test_without_a_kernel_there_is_nothing_to_check(make_workspace, data: Path) -> None:
    with pytest.raises(Unavailable, match="no cells here"):
        opened(make_workspace((ITEM,)), data).check("code")


class Loop:
    """A kernel's main thread as its loop; it runs what it is given when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def add_callback(self, function: Callable[[], None]) -> None:
        self.waiting.append(function)


class Shell:
    def __init__(self, names: dict[str, Any]) -> None:
        self.user_ns = names
        self.kernel = type("Kernel", (), {"io_loop": Loop()})()


def test_while_a_cell_runs_the_learner_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_kit.session.code_checks._BUSY_SECONDS", 0.05)
    shell, raised = Shell({}), []

    def ask() -> None:
        try:
            run_in_kernel(shell, checks("1"))
        except Busy as error:
            raised.append(error.message)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(20)
    assert raised == ["A cell is still running, and checks run between cells."]
    ran = shell.kernel.io_loop.waiting
    assert len(ran) == 1
    ran[0]()  # too late: nothing is run any more
