"""The report in a terminal, also in a narrow one."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from course_kit.report.contents import Report
from course_kit.report.plots import hardest
from course_kit.report.tables import LearnerRow
from course_kit.report.wording import clean, count, percent

HARDEST_SHOWN = 10
NAMES_SHOWN = 40
FIRST_COLUMN = 16
"""What a table's first column and its edges are left at least, in characters."""
GAP = 3


def print_report(report: Report, console: Console) -> None:
    """The tables of the page in short: learners, lessons, scores, the hardest items, and who needs a word.

    Nothing that the report holds is read as markup. Times are days in the console's own zone.
    """
    _head(report, console)
    if report.table.rows:
        console.print(_learners(report, console))
    if report.funnel:
        console.print(_lessons(report, console))
    if any(one.submitted or one.scored for one in report.scores):
        console.print(_scores(report, console))
    if report.items:
        console.print(_items(report, console))
    _attention(report, console)


def _head(report: Report, console: Console) -> None:
    summary = report.summary
    who = "on the roster" if report.table.has_roster else "seen (there is no roster.csv)"
    console.print(Text(clean(report.title), style="bold"))
    console.print(
        Text(
            f"{count(summary.learners, 'learner')} {who}, {summary.started} started, {summary.finished} completed all "
            f"lessons; {summary.submitted} of {count(summary.expected, 'submission')} in, {summary.scored} scored; "
            f"{count(summary.answers, 'quiz answer')}."
        )
    )
    if report.set_aside:
        aside = count(report.set_aside, "event")
        console.print(Text(f"{aside} could not be read, and nothing here counts them.", style="yellow"))


def _table(console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[Text]]) -> Table:
    """A table whose numbers are never cut: where the terminal is too narrow, columns are left out from the right,
    and the title says so. The first column takes what room is left."""
    widths = [_needed(heading, [row[number] for row in rows]) for number, heading in enumerate(headings)]
    kept = len(headings)
    while kept > 2 and FIRST_COLUMN + sum(width + GAP for width in widths[1:kept]) > console.width:
        kept -= 1
    left_out = f" (too narrow for: {', '.join(headings[kept:])})" if kept < len(headings) else ""
    table = Table(title=Text(title + left_out, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, heading in enumerate(headings[:kept]):
        if number == 0:
            table.add_column(Text(heading), overflow="fold")
        else:
            table.add_column(Text(heading), justify="right", overflow="fold", width=widths[number])
    for row in rows:
        table.add_row(*row[:kept])
    return table


def _needed(heading: str, cells: Iterable[Text]) -> int:
    """The width of a column whose heading may wrap between words and whose cells may not wrap."""
    return max([*map(len, heading.split()), *(cell.cell_len for cell in cells)], default=0)


def _learners(report: Report, console: Console) -> Table:
    lessons = len(report.table.lessons)
    titles = [clean(column.title, 30) for column in report.table.assignments]
    rows = []
    for row in report.table.rows:
        work = [cell.shown for cell in row.assignments]
        done = f"{row.lessons_done} of {lessons}" if row.last_at is not None else ""
        seen = "" if row.last_at is None else row.last_at.astimezone().strftime("%Y-%m-%d")
        rows.append([Text(text) for text in (clean(row.shown, 60), percent(row.fraction), done, seen, *work)])
    return _table(console, "Learners", ["Learner", "Course", "Lessons done", "Last seen", *titles], rows)


def _lessons(report: Report, console: Console) -> Table:
    rows = [
        [Text(text) for text in (clean(step.title, 60), str(step.opened), str(step.started), str(step.done))]
        for step in report.funnel
    ]
    return _table(console, "Lessons", ["Lesson", "Opened", "Started", "Done"], rows)


def _scores(report: Report, console: Console) -> Table:
    rows = []
    for one in report.scores:
        shares = map(percent, (one.mean, one.median, one.lowest, one.highest))
        rows.append([Text(text) for text in (clean(one.title, 60), str(one.submitted), str(one.scored), *shares)])
    headings = ["Assignment", "In", "Scored", "Mean", "Median", "Lowest", "Highest"]
    return _table(console, "Scores", headings, rows)


def _items(report: Report, console: Console) -> Table:
    rows = []
    for row in hardest(report.items)[:HARDEST_SHOWN]:
        name = Text(clean(row.name, 100))
        if row.doubt:
            name.append(f"\n⚑ {clean(row.doubt)}", style="yellow")
        discrimination = "" if row.discrimination is None else f"{row.discrimination:.2f}"
        numbers = (percent(row.difficulty), percent(row.solved), str(row.learners), discrimination)
        rows.append([name, *map(Text, numbers)])
    headings = ["Item", "Right at first", "In the end", "Learners", "Discrimination"]
    return _table(console, "The hardest quiz items", headings, rows)


def _attention(report: Report, console: Console) -> None:
    for one in report.stuck:
        where = clean(f"{one.lesson}/{one.item}")
        text = f"Stuck: {clean(one.name or one.learner, 60)}, {one.failed} attempts without progress, most at {where}"
        console.print(Text(text))
    if report.table.has_roster:
        _names(console, "Not started", report.table.not_started(), report.summary.learners)
    for column, rows in report.table.not_submitted():
        _names(console, f"Not submitted, {clean(column.title, 60)}", rows, report.summary.learners)
    _names(console, "Unknown (not on the roster)", report.table.unknown, 0)


def _names(console: Console, what: str, rows: Iterable[LearnerRow], everyone: int) -> None:
    """``what: Ada, Bob``; nothing where there is nobody, and no list where it is everyone."""
    names = [clean(row.shown, 60) for row in rows]
    if not names:
        return
    if everyone > 1 and len(names) == everyone:
        shown = f"all {everyone}"
    elif len(names) > NAMES_SHOWN:
        shown = ", ".join(names[:NAMES_SHOWN]) + f" and {len(names) - NAMES_SHOWN} more"
    else:
        shown = ", ".join(names)
    console.print(Text(f"{what}: {shown}"))
