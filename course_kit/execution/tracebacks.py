"""Tracebacks of a recursion without an end, laid out faster: IPython reads and colours the same line a thousand times.

The text is IPython's own, letter by letter: what it made of a line is taken again for the frames that are alike.
"""

import inspect
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any


def remember_lines(layout: Any) -> None:
    """Let ``layout``, the shell's ``InteractiveTB``, lay out each line once in a traceback, however often it is there.

    Half a second for a ``RecursionError`` becomes a tenth.
    """
    records, plain = layout.get_records, layout.format_record
    texts: dict[Hashable, str] = {}

    def get_records(*args: Any, **kwargs: Any) -> Any:
        texts.clear()
        with _sources_read_once():
            return records(*args, **kwargs)

    def format_record(record: Any) -> str:
        key = _likeness(layout, record)
        if key is None:
            return str(plain(record))
        if key not in texts:
            texts[key] = plain(record)
        return texts[key]

    layout.get_records, layout.format_record = get_records, format_record


def _likeness(layout: Any, record: Any) -> Hashable | None:
    """What the text of a frame comes from, where it is the code alone; None where values are shown."""
    code = record.code
    if layout.include_vars or record._sd is not None or not inspect.iscode(code):
        return None
    named = code.co_argcount + code.co_kwonlyargcount
    named += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    values = record.frame.f_locals
    # an argument that was deleted is told of
    there = tuple(name in values for name in code.co_varnames[:named])
    return id(code), record.lineno, record.context, layout._theme_name, there


@contextmanager
def _sources_read_once() -> Iterator[None]:
    """Frames of one code have one source; taking it out of its file takes the file apart."""
    plain = inspect.getsourcelines
    found: dict[int, tuple[list[str], int]] = {}

    def once(thing: Any) -> tuple[list[str], int]:
        if not inspect.isframe(thing):
            return plain(thing)
        key = id(thing.f_code)
        if key not in found:
            found[key] = plain(thing)
        return found[key]

    if plain is not _PLAIN:
        # somebody put another in its place
        yield
        return
    inspect.getsourcelines = once  # type: ignore[assignment]  # for frames alone
    try:
        yield
    finally:
        inspect.getsourcelines = plain


_PLAIN: Callable[[Any], tuple[list[str], int]] = inspect.getsourcelines
