"""``pace``: the learner's dates, a pause, and starting over."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from course_kit.apps.cli.learner import FOLDER, JSON, course_folder, now
from course_kit.apps.cli.output import local_time, local_zone, print_json, print_table, say
from course_kit.store.places import data_folder

if TYPE_CHECKING:
    from course_kit.workspace.pace import Change, OwnPace


@click.command("pace")
@click.argument("change", type=click.Choice(["show", "pause", "resume", "restart"]), default="show")
@FOLDER
@click.option("--yes", is_flag=True, help="Start over without being asked once more.")
@JSON
def pace_command(change: str, folder: Path, yes: bool, as_json: bool) -> None:
    """Show your dates; pause the course, go on (resume), or start over from today (restart).

    A pause moves every date that counts from your start, by whole days; a date that the course fixes stays. What you
    handed in before is not touched. Starting over cannot be taken back: it shows what the dates would be, and asks.

    \b
    Examples:
      course-kit pace
      course-kit pace pause
      course-kit pace resume
      course-kit pace restart --yes
    """
    from course_kit.workspace.pace import change_pace, foreseen, own_pace

    place, data, at = course_folder(folder), data_folder(), now()
    # click lets nothing else in
    asked = None if change == "show" else cast("Change", change)
    zone = local_zone()
    if asked == "restart" and not yes and not as_json:
        _show(foreseen(place, asked, data=data, at=at, zone=zone), "Dates if you start over from today")
        click.confirm("Start over from today?", abort=True, err=True)
    if asked:
        found = change_pace(place, asked, data=data, at=at, zone=zone)
    else:
        found = own_pace(place, data=data, at=at, zone=zone)
    if as_json:
        rows = [
            {
                "key": one.key,
                "due": one.dates.due and one.dates.due.isoformat(),
                "closes": one.dates.closes and one.dates.closes.isoformat(),
                "fixed": sorted(one.dates.fixed),
                "why": dict(one.dates.why),
                "submitted": one.submitted,
            }
            for one in found.dates
        ]
        print_json({"paused": found.paused and found.paused.isoformat(), "assignments": rows})
        return
    say(f"Paused since {local_time(found.paused)}." if found.paused else "The course is running.")
    _show(found, "Dates")


def _show(found: "OwnPace", title: str) -> None:
    table = [
        (
            one.title,
            local_time(one.dates.due),
            local_time(one.dates.closes),
            "fixed" if "due" in one.dates.fixed else "moves with you" if one.dates.due else "",
            "handed in" if one.submitted else one.dates.why.get("due", ""),
        )
        for one in found.dates
    ]
    print_table(title, ("Assignment", "Due", "Closes", "", "Note"), table)
