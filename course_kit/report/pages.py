"""The report as one HTML page that needs nothing else: no network, no script to be read, light and dark, on paper."""

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from course_kit.files.atomic import write_atomically
from course_kit.report import plots, wording
from course_kit.report.contents import Report
from course_kit.report.items import ENOUGH_LEARNERS, ENOUGH_REST
from course_kit.report.stuck import STUCK_ATTEMPTS, STUCK_DAYS
from course_kit.report.tables import LessonCell

UNKNOWN_SHOWN = 200
MANY_COLUMNS = 6
"""From so many lessons on, the heads of the roster's columns stand upright."""


def render(report: Report) -> str:
    """The page. Whatever the report holds is escaped; the page's own style and script are the only ones that its
    content security policy lets run."""
    environment = _environment()
    style, script = _asset("style.css"), _asset("localize.js")
    return environment.get_template("report.html").render(
        report=report,
        table=report.table,
        many_columns=len(report.table.lessons) > MANY_COLUMNS,
        funnel_plots=plots.funnel_plots(report.funnel, report.summary.learners),
        score_plots=plots.score_plots(report.scores),
        difficulty_plots=plots.difficulty_plots(report.items),
        hardest=plots.hardest(report.items),
        few=plots.FEW,
        unknown_shown=UNKNOWN_SHOWN,
        rules={
            "days": STUCK_DAYS,
            "attempts": STUCK_ATTEMPTS,
            "learners": ENOUGH_LEARNERS,
            "rest": ENOUGH_REST,
        },
        # both are files of this package
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy=(
            f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def write_page(report: Report, path: Path) -> None:
    """:func:`render` into a file, whole or not at all. Raises :class:`course_kit.errors.Unavailable` if the disk
    refuses."""
    write_atomically(path, render(report))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("course_kit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clean": wording.clean,
        "percent": wording.percent,
        "points": wording.points,
        "whole": lambda fraction: "" if fraction is None else wording.whole_percent(fraction),
        "count": wording.count,
        "lesson_cell": _lesson_cell,
        "iso": _iso,
        "day": _day,
        "moment": _moment,
    }
    return environment


def _asset(name: str) -> str:
    environment = _environment()
    if environment.loader is None:
        raise RuntimeError("the environment of this module has a loader")
    return environment.loader.get_source(environment, name)[0]


def _hash(text: str) -> str:
    """How a content security policy names one inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _lesson_cell(cell: LessonCell) -> Markup:
    """One cell of the large table, in few bytes: there may be 15,000."""
    if cell.state == "done":
        whole = cell.fraction is None or cell.fraction >= 1 or cell.fraction == 0
        return Markup("<td class=d>✓</td>") if whole else Markup("<td class=d>✓ {}</td>").format(_whole(cell))
    if cell.fraction is None:
        return Markup("<td></td>")
    return Markup("<td class=s>{}</td>").format(_whole(cell))


def _whole(cell: LessonCell) -> int:
    return wording.whole_percent(cell.fraction or 0.0)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
