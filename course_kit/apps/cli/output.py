"""What commands have in common: progress bars, JSON on standard output, tables, times in people's own zone."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import click

from course_kit.files.zones import computer_zone_name, zone_named

Progress = Callable[[int, int, str], None]
"""``progress(done, total, what)``."""


# Controls of the terminal (an escape sequence can retitle it, hide lines or answer for the person) and of the
# direction of writing; tabs and line ends stay.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: object) -> str:
    """``text`` with every control character written out, so that names from outside only ever show as text."""
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", str(text))


def say(text: object = "", *, err: bool = False, nl: bool = True, fg: str | None = None, bold: bool = False) -> None:
    """A line for a person, of whatever origin: what every command prints goes through here or :func:`print_table`."""
    click.secho(plain(text), err=err, nl=nl, fg=fg, bold=bold or None)


def typed(*words: object) -> str:
    """A course-kit command as it can be typed here: quoted where that is needed, and found where it is installed."""
    script = Path(sys.executable).with_name("course-kit")
    found = shutil.which("course-kit")
    if found is not None and Path(found).absolute() == script.absolute():
        command = "course-kit"
    elif script.exists():
        command = str(script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script)
    else:
        command = f"{sys.executable} -m course_kit"
    return f"{command} {shlex.join(map(str, words))}"


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Progress]:
    """A bar on standard error while a long step runs; plain lines where standard error is no terminal."""
    if quiet:
        yield lambda done, total, what: None
        return
    if not sys.stderr.isatty():
        say(f"{title} …", err=True)
        yield lambda done, total, what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}", markup=False),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(title, total=None, what="")

        def progress(done: int, total: int, what: str) -> None:
            bars.update(task, completed=done, total=total, what=plain(what))

        yield progress


def print_json(value: Any) -> None:
    """``value`` as one JSON object on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on standard output; None is shown as an empty cell, and text is never read as markup.

    Columns for a note (headed ``Note`` or not at all) are left out where no row has one.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", show_header=any(headings))
    cells = [["" if value is None else plain(value) for value in row] for row in rows]
    kept = [n for n, heading in enumerate(headings) if heading not in {"", "Note"} or any(row[n] for row in cells)]
    for column in kept:
        table.add_column(headings[column], overflow="fold")
    for row_cells in cells:
        table.add_row(*(Text(row_cells[column]) for column in kept))
    width = None if sys.stdout.isatty() else 120
    Console(width=width).print(table)


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 submission``, ``2 submissions``; ``plural`` where it is not the noun with an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def short_path(path: Path) -> str:
    """``path`` from the present folder where it lies below it, else as it is."""
    here = Path.cwd()
    whole = path.resolve()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def local_zone() -> tzinfo:
    """This computer's zone: with its changes of the clocks where its name is known, else as it is now."""
    name = computer_zone_name()
    return (zone_named(name) if name else None) or datetime.now().astimezone().tzinfo or UTC


def local_time(at: datetime | None) -> str:
    """A moment in this computer's zone, to the minute, with the zone's name; empty for None."""
    return "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M %Z")
