"""The shell in the fork of a copy: what only serves to show something is left out, since nobody sees it.

All that decides how a cell is run and how it ends stays: what a submission put in the place of the shell's own parts is
called as ever.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from IPython.core import async_helpers, interactiveshell
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.ultratb import AutoFormattedTB

_SIGNS = re.compile(
    r"\A\s|^ *(?:[%!?,;/]|>>>|\.{3})|^ +$|\? *$|=[ \n\\]*[%!]|In \[|[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]",
    re.MULTILINE,
)
"""Without one of these in it, a text has nothing that IPython's own rules would change."""
_RULES = ("cleanup_transforms", "line_transforms", "token_transformers")


def quieten(shell: Any) -> None:
    """For a fork that is thrown away: no traceback is laid out, no figure drawn, plain Python taken as it is."""
    with suppress(Exception):
        _no_tracebacks(shell)
    with suppress(Exception):
        _no_figures(shell)
    with suppress(Exception):
        _no_waiting(shell)
    with suppress(Exception):
        _no_syntax(shell.input_transformer_manager)


def _no_tracebacks(shell: Any) -> None:
    if type(shell.InteractiveTB).__module__ == AutoFormattedTB.__module__:
        shell.InteractiveTB.structured_traceback = _no_lines


def _no_waiting(shell: Any) -> None:
    """Whether a cell awaits is found by compiling it; none does without one of two words. And ipykernel sleeps a moment
    after each cell for messages that are never sent here."""
    shell.kernel._execute_sleep = 0
    module: Any = interactiveshell
    compiled = module._should_be_async
    if getattr(compiled, "__module__", "") == async_helpers.__name__:
        module._should_be_async = lambda cell: ("await" in cell or "async" in cell) and compiled(cell)


def _no_lines(*_: Any, **__: Any) -> list[str]:
    return ["an error"]


def _no_figures(shell: Any) -> None:
    """Figures are closed at a cell's end as ever, but shown as nothing."""
    callbacks: list[Any] = shell.events.callbacks["post_execute"]
    for place, callback in enumerate(callbacks):
        if getattr(callback, "__module__", "") == "matplotlib_inline.backend_inline":
            callbacks[place] = _unseen(callback, shell.display_formatter)


def _unseen(callback: Callable[[], None], formatter: Any) -> Callable[[], None]:
    def flush() -> None:
        formatter.format = _nothing
        try:
            callback()
        finally:
            del formatter.format

    return flush


def _nothing(*_: Any, **__: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {}, {}


def _no_syntax(manager: Any) -> None:
    """Looking for IPython's syntax takes each cell apart twice, and finds nothing where its signs are missing."""
    stock = TransformerManager()  # type: ignore[no-untyped-call]
    ordinary = manager.transform_cell
    own = vars(manager)
    if type(manager) is not TransformerManager or any(callable(one) for one in own.values()):
        return

    def transform_cell(cell: str) -> str:
        # asked each time: a cell may add rules of its own
        if all(own.get(name) == getattr(stock, name) for name in _RULES) and not _SIGNS.search(cell):
            return cell if cell.endswith("\n") else cell + "\n"
        found: str = ordinary(cell)
        return found

    own["transform_cell"] = transform_cell
