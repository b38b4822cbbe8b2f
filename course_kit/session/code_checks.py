"""Running a code check: its author's expressions, on what the learner's cells made, in the learner's own kernel.

They run in the kernel's main thread between two cells, as cells do, since much of what a learner makes (a database
connection, a figure) belongs to that thread. Where a kernel hands over messages in another one (a subshell), the main
thread is asked, and if it is busy with a cell the learner is told so. A time limit ends the checks and nothing else.
"""

import ast
import builtins
import ctypes
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

from course_kit.errors import Busy
from course_kit.model.kinds.code_check import PASSED, CodeCheck

SECONDS = 10.0
"""For all checks of an item together."""
_BUSY_SECONDS = 2.0
"""How long a running cell is waited for before the learner is told."""
_LONGEST = 300
_NUDGE = 0.2


class _TooLong(BaseException):
    """The time is over. Not an ``Exception``, so that ``except Exception`` in the learner's code lets it pass."""


def run_checks(item: CodeCheck, names: Mapping[str, Any], *, seconds: float | None = None) -> list[str]:
    """One text for each check: ``ok``, ``failed: …`` or ``error: …``. Runs here and now; never raises.

    The checks see the learner's names and cannot give them other values; what they print is swallowed.
    """
    results: list[str] = []
    limit = SECONDS if seconds is None else seconds
    try:
        with _quiet(), _time_limit(limit):
            for check in item.checks:
                results.append(_result(check.code, names))
    except _TooLong:
        results = results[: len(item.checks)]
        if len(results) < len(item.checks):
            results.append(f"error: stopped after {limit:g} seconds")
    except BaseException as error:  # a limit that struck between two checks, or a stream that the learner broke
        results.append(_short(f"error: {type(error).__name__}"))
    rest = len(item.checks) - len(results)
    return [*results[: len(item.checks)], *["error: not run, since an earlier check did not end"] * rest]


def run_in_kernel(shell: Any, item: CodeCheck) -> list[str]:
    """:func:`run_checks` on the variables of an IPython shell, in the thread in which its cells run.

    Raises :class:`Busy` while a cell is running.
    """
    loop = getattr(getattr(shell, "kernel", None), "io_loop", None)
    if loop is None or threading.current_thread() is threading.main_thread():
        return run_checks(item, shell.user_ns)
    answer: Future[list[str]] = Future()

    def run() -> None:
        if answer.set_running_or_notify_cancel():
            answer.set_result(run_checks(item, shell.user_ns))

    loop.add_callback(run)
    try:
        return answer.result(_BUSY_SECONDS)
    except NotInTime:
        if answer.cancel():
            raise Busy(
                "A cell is still running, and checks run between cells.",
                hint="Wait until it has ended, or stop it, and check again. This cost no attempt.",
            ) from None
    try:
        return answer.result(2 * SECONDS)
    except NotInTime:
        raise Busy(
            "The checks do not end: something that they call cannot be interrupted.",
            hint="Stop it (the square in the toolbar) or restart the kernel, and look at that cell again.",
        ) from None


def _result(code: str, names: Mapping[str, Any]) -> str:
    space = dict(names)
    try:
        value = _value(code, space)
        return PASSED if _holds(value) else _short(f"failed: {_told(code, space)}")
    except Exception as error:
        return _short(f"error: {type(error).__name__}: {_text_of(error)}".rstrip(": "))
    except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        return f"error: {type(error).__name__}"


def _value(code: str, space: dict[str, Any]) -> Any:
    """The value of the author's expression. It is the author's code, as that of the lesson's cells is."""
    space.setdefault("__builtins__", builtins)
    return eval(compile(code.strip(), "<check>", "eval"), space)  # noqa: S307


def _holds(value: Any) -> bool:
    """Whether a check's value is true; an array is where all of it is."""
    try:
        return bool(value)
    except ValueError:
        whole = getattr(value, "all", None)
        if whole is None:
            raise
        once = whole()
        return bool(once.all() if hasattr(once, "all") else once)


def _told(code: str, space: dict[str, Any]) -> str:
    """What the learner's side of a comparison is; what it should be is not told."""
    tree = ast.parse(code.strip(), mode="eval").body
    if not isinstance(tree, ast.Compare):
        return "this does not hold yet"
    left = ast.unparse(tree.left)
    return f"{left} is {_text_of(_value(left, space), shown=repr)}"


def _text_of(value: Any, shown: Callable[[Any], str] = str) -> str:
    try:
        return " ".join(shown(value).split())
    except Exception:
        return type(value).__name__


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing that is printed, displayed or drawn in here reaches the page."""
    with ExitStack() as stack:
        try:
            from IPython.core.getipython import get_ipython
            from IPython.utils.capture import capture_output

            in_kernel = get_ipython() is not None
        except ImportError:
            in_kernel = False
        if in_kernel:
            stack.enter_context(capture_output())
        else:
            stack.enter_context(redirect_stdout(StringIO()))
            stack.enter_context(redirect_stderr(StringIO()))
        yield


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`_TooLong` in here after ``seconds``, again and again until it gets through."""
    alarm = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    with _alarm(seconds) if alarm else _from_outside(seconds):
        yield


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """By a signal, which wakes what sleeps; the learner's own timer goes on afterwards."""
    over = False

    def ring(_number: int, _frame: Any) -> None:
        if not over:
            raise _TooLong

    before = signal.signal(signal.SIGALRM, ring)
    left = signal.setitimer(signal.ITIMER_REAL, seconds, _NUDGE)
    try:
        yield
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, *left)
        signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)


@contextmanager
def _from_outside(seconds: float) -> Iterator[None]:
    """By another thread, for where there are no such signals; it reaches Python code only."""
    target, over = threading.get_ident(), threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            with lock:
                if not over.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(target), ctypes.py_object(_TooLong))
            wait = _NUDGE

    watcher = threading.Thread(target=watch, daemon=True, name="course-kit-time-limit")
    watcher.start()
    try:
        yield
    finally:
        with lock:
            over.set()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(target), None)
