"""The geometry of a report's plots; ``templates/plots.html`` draws it as SVG.

Lengths are in the units of a view box that is :data:`WIDTH` wide, so narrow that its text can be read on a telephone:
labels stand above their bars. Every plot says in words what it shows, and a table with the same numbers stands by it.
"""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from course_kit.report.items import ItemRow
from course_kit.report.tables import FunnelStep, ScoreSummary
from course_kit.report.wording import clean, count, percent

_R = TypeVar("_R")

WIDTH = 360
ROW = 36
CHUNK = 12
"""How many rows a plot has at most; longer ones are cut in several, so that they stand side by side and print."""
HARDEST = 24
FEW = 5
_LETTER = 7.4
"""What a letter takes at most, about, in the plots' type (14 units on narrow screens)."""


@dataclass(frozen=True)
class Bar:
    """``kind`` names its colour in the style sheet."""

    kind: str
    width: float


@dataclass(frozen=True)
class BarRow:
    label: str
    value: str
    top: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class BarPlot:
    """Horizontal bars, one row below the other. ``name`` is unique on the page."""

    name: str
    title: str
    description: str
    height: int
    rows: tuple[BarRow, ...]


@dataclass(frozen=True)
class Column:
    left: float
    top: float
    width: float
    height: float
    count: int


@dataclass(frozen=True)
class Histogram:
    """Columns for tenths from 0 to 100 %. ``base`` is where they stand; ``middle`` marks the median, if any."""

    name: str
    title: str
    description: str
    height: int
    base: int
    columns: tuple[Column, ...]
    ticks: tuple[tuple[float, str], ...]
    middle: float | None


def fit(text: str, letters: int) -> str:
    """``text`` cut so that it takes no more room than so many letters; wide (East Asian) ones count twice."""
    plain = clean(text)
    if sum(map(_room, plain)) <= letters:
        return plain
    left, kept = letters - 1, ""
    for character in plain:
        left -= _room(character)
        if left < 0:
            break
        kept += character
    return kept.rstrip() + "…"


def _room(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def funnel_plots(steps: Sequence[FunnelStep], learners: int) -> tuple[BarPlot, ...]:
    """For each lesson how many of so many ``learners`` opened, began and completed it; one plot a dozen lessons."""
    most = max(learners, 1)
    plots = []
    for first, chunk in _chunks(steps):
        rows = [
            (
                step.title,
                f"{step.opened} · {step.started} · {step.done}",
                tuple(
                    Bar(kind, WIDTH * min(number, most) / most)
                    for kind, number in (("opened", step.opened), ("started", step.started), ("done", step.done))
                    if number
                ),
            )
            for step in chunk
        ]
        which = "Lessons" if len(steps) <= CHUNK else f"Lessons {first + 1} to {first + len(chunk)}"
        plots.append(
            _bar_plot(
                f"funnel-{first + 1}",
                f"{which}: opened, started, done",
                f"Bars of how many of {count(learners, 'learner')} opened, started and completed each lesson. "
                "The table has the same numbers.",
                rows,
            )
        )
    return tuple(plots)


def hardest(items: Sequence[ItemRow]) -> list[ItemRow]:
    """The items in their present wording that fewest learners had right at first, the hardest first.

    Those that fewer than :data:`FEW` learners answered say little and are left out, unless there are no others.
    """
    present = [row for row in items if row.present]
    telling = [row for row in present if row.learners >= FEW]
    return sorted(telling or present, key=lambda row: row.difficulty)[:HARDEST]


def difficulty_plots(items: Sequence[ItemRow]) -> tuple[BarPlot, ...]:
    """How many had an item right at the first attempt, and in the end, for the hardest items."""
    plots = []
    for first, chunk in _chunks(hardest(items)):
        rows = [
            (
                f"{'⚑ ' if row.doubt else ''}{row.name}",
                f"{percent(row.difficulty)} → {percent(row.solved)}",
                tuple(
                    Bar(kind, WIDTH * fraction)
                    for kind, fraction in (("solved", max(row.solved, row.difficulty)), ("first", row.difficulty))
                    if fraction
                ),
            )
            for row in chunk
        ]
        plots.append(
            _bar_plot(
                f"difficulty-{first + 1}",
                f"Items {first + 1} to {first + len(rows)}, the hardest first",
                "Bars of the share of learners who had each item right at the first attempt, and in the end. "
                "The table has the same numbers.",
                rows,
            )
        )
    return tuple(plots)


def score_plots(scores: Sequence[ScoreSummary]) -> tuple[Histogram, ...]:
    """How the scores of each assignment lie; none for an assignment without scores."""
    return tuple(_histogram(number, one) for number, one in enumerate(scores, 1) if one.scored)


def _chunks(rows: Sequence[_R]) -> Iterator[tuple[int, Sequence[_R]]]:
    """``rows`` in pieces of even length, each with the number of its first row."""
    pieces = math.ceil(len(rows) / CHUNK)
    length = math.ceil(len(rows) / pieces) if pieces else 1
    return ((first, rows[first : first + length]) for first in range(0, len(rows), length))


def _bar_plot(name: str, title: str, description: str, rows: Sequence[tuple[str, str, tuple[Bar, ...]]]) -> BarPlot:
    letters = int(WIDTH / _LETTER)
    return BarPlot(
        name=name,
        title=title,
        description=description,
        height=ROW * len(rows),
        rows=tuple(
            BarRow(fit(label, letters - len(value) - 2), value, ROW * number, bars)
            for number, (label, value, bars) in enumerate(rows)
        ),
    )


def _histogram(number: int, scores: ScoreSummary) -> Histogram:
    head, room, pitch, gap = 18, 100, WIDTH / 10, 4
    tallest = max(scores.bins)
    base = head + room
    columns = []
    for place, amount in enumerate(scores.bins):
        height = room * amount / tallest
        columns.append(Column(pitch * place + gap / 2, base - height, pitch - gap, height, amount))
    return Histogram(
        name=f"scores-{number}",
        title=f"{clean(scores.title)}: {count(scores.scored, 'score')}",
        description=f"Columns of how many learners have a score in each tenth of the maximum, from 0 to 100 %; the "
        f"median is {percent(scores.median)}. The table has the same numbers.",
        height=base + 22,
        base=base,
        columns=tuple(columns),
        ticks=tuple((pitch * tenth, f"{10 * tenth} %") for tenth in (0, 2, 4, 6, 8, 10)),
        middle=None if scores.median is None else WIDTH * min(1.0, max(0.0, scores.median)),
    )
