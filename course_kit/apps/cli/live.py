"""A batch as it goes: a picture that renews itself on a terminal, plain lines everywhere else."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from course_kit.apps.cli.output import counted, plain, say

if TYPE_CHECKING:
    from course_kit.grading.graded import BatchState

Watch = Callable[["BatchState"], None]
LINE_SECONDS = 10.0
"""How often a line is printed where nothing can be renewed."""
_SHOWN = 6
"""Running notebooks that are listed."""


@contextmanager
def live_batch(title: str, *, quiet: bool = False) -> Iterator[Watch]:
    """``watch`` for :func:`~course_kit.grading.batch.grade`, shown on standard error; ``quiet`` shows nothing."""
    if quiet:
        yield lambda state: None
    elif not sys.stderr.isatty():
        yield _Lines(title).watch
    else:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield _Picture(title, live, console).watch


def layers_line(state: "BatchState") -> str:
    """Which layers of the sandbox are in force, and what is lost with those that are not; empty while unknown."""
    if not state.layers and not state.missing_layers:
        return ""
    held = f"Sandbox: {', '.join(state.layers)}" if state.layers else "No sandbox"
    lost = "".join(f"\n  without {layer.name}: {layer.lost}" for layer in state.missing_layers)
    return f"{held}.{lost}"


def time_left(seconds: float | None) -> str:
    """``about 3 min left``; empty where nobody can say."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    return f"about {round(seconds / 60)} min left"


class _Lines:
    """A line at the start, every ten seconds and for each kind of failure: for logs, pipes and screen readers.

    Each names what is running, so that a log shows what a batch hangs on.
    """

    def __init__(self, title: str) -> None:
        self._title, self._due, self._failures, self._layers = title, 0.0, frozenset[str](), False
        say(f"{title} …", err=True)

    def watch(self, state: "BatchState") -> None:
        if not self._layers and (line := layers_line(state)):
            self._layers = True
            say(line, err=True)
        failures = frozenset(state.failures)
        now = time.monotonic()
        if not self._due:
            self._due = now + LINE_SECONDS
        if failures == self._failures and now < self._due:
            return
        if now >= self._due:
            self._due = now + LINE_SECONDS
        self._failures = failures
        say(_line(state), err=True)


def _line(state: "BatchState") -> str:
    parts = [f"{state.done} of {state.total}", *_failures(state), time_left(state.left)]
    return "  " + ", ".join(part for part in parts if part) + _running(state)


def _running(state: "BatchState") -> str:
    if not state.running:
        return ""
    names = [f"{learner} {notebook} {seconds:.0f} s" for learner, notebook, seconds in state.running[:_SHOWN]]
    more = f" and {len(state.running) - _SHOWN} more" if len(state.running) > _SHOWN else ""
    return f"; running: {', '.join(names)}{more}"


def _failures(state: "BatchState") -> list[str]:
    return [f"{count} {status}" for status, count in sorted(state.failures.items())]


class _Picture:
    def __init__(self, title: str, live: Any, console: Any) -> None:
        self._title, self._live, self._console = title, live, console
        self._layers = False

    def watch(self, state: "BatchState") -> None:
        from rich.text import Text

        if not self._layers and (line := layers_line(state)):
            self._layers = True
            # through the picture's own console: anything else would be written into its first line
            self._console.print(Text(plain(line)))
        self._live.update(self._drawn(state), refresh=True)

    def _drawn(self, state: "BatchState") -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            Text(self._title),
            ProgressBar(total=max(1, state.total), completed=state.done, width=30),
            Text(f"{state.done}/{state.total}"),
            Text(time_left(state.left), style="dim"),
        )
        rows: list[Any] = [bar]
        for learner, notebook, seconds in state.running[:_SHOWN]:
            rows.append(Text(f"  running  {plain(learner)}  {plain(notebook)}  {seconds:.0f} s", overflow="ellipsis"))
        if len(state.running) > _SHOWN:
            rows.append(Text(f"  and {len(state.running) - _SHOWN} more"))
        if state.slowest:
            names = ", ".join(f"{plain(who)} {seconds:.1f} s" for who, _, seconds in state.slowest)
            rows.append(Text(f"  slowest  {names}", style="dim", overflow="ellipsis"))
        if state.cached:
            rows.append(Text(f"  {counted(state.cached, 'result')} kept from before", style="dim"))
        if state.failures:
            rows.append(Text(f"  to look at: {', '.join(_failures(state))}", style="yellow", overflow="ellipsis"))
        return Group(*rows)
