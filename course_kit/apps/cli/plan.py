"""``plan``: milestones, when the course will be finished, this week and the last, and the dates as a calendar."""

import os
import textwrap
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from course_kit.apps.cli.learner import FOLDER, JSON, course_folder, now
from course_kit.apps.cli.output import counted, local_zone, plain, print_json, say, short_path, typed
from course_kit.errors import Invalid
from course_kit.files.zones import zone_named
from course_kit.store.places import data_folder

if TYPE_CHECKING:
    from course_kit.workspace.panel import Panel
    from course_kit.workspace.plan import LastWeek, PlanMilestone

WIDTH = 80


@click.command("plan")
@click.option("--hours", type=float, metavar="N", help="How many hours a week you have; 0 takes it back.")
@click.option("--ics", type=click.Path(path_type=Path), metavar="FILE", help="Write the dates to a calendar file.")
@click.option("--feed", type=click.Choice(["on", "off"]), help="Make, or revoke, an address for calendar programs.")
@click.option("--zone", metavar="NAME", help="Your time zone (Europe/Berlin); by default this computer's.")
@FOLDER
@JSON
def plan_command(
    hours: float | None, ics: Path | None, feed: str | None, zone: str | None, folder: Path, as_json: bool
) -> None:
    """Show your plan: the milestones, when you will finish, this week, and what you reached last week.

    The finish is a range: from the hours that you say, and from the pace of your last four weeks once a week is over.
    A calendar holds due dates, closings and milestones, with a reminder two days before; no name, and no score.

    \b
    Examples:
      course-kit plan
      course-kit plan --hours 4
      course-kit plan --ics course.ics
      course-kit plan --feed on
    """
    from course_kit.workspace.panel import panel
    from course_kit.workspace.plan import say_hours

    place, data, at, own = course_folder(folder), data_folder(), now(), _zone(zone)
    more: dict[str, Any] = {}
    if hours is not None:
        say_hours(place, hours or None, data=data, at=at)
    if ics is not None:
        more |= _write(place, ics, data, at, own, quiet=as_json)
    if feed is not None:
        more |= _turn(place, feed == "on", data, quiet=as_json)
    shown = panel(place, data=data, at=at, zone=own)
    if as_json:
        parts = shown.model_dump(mode="json", include={"goal", "week", "plan", "notices", "calendar"})
        print_json({"course": shown.course.key, **parts, **more})
    elif hours is not None or not more:
        _show(shown, own)


def _zone(name: str | None) -> tzinfo:
    found = zone_named(name) if name else local_zone()
    if found is None:
        raise Invalid(
            f"There is no time zone {name!r}.", hint="Write it as a region and a city, such as Europe/Berlin."
        )
    return found


# ---------------------------------------------------------------- what it shows


def _show(shown: "Panel", zone: tzinfo) -> None:
    plan = shown.plan
    left = f": {_minutes(plan.minutes_left)} left" if plan.minutes_left else ""
    _wrapped(f"{shown.course.title}{left}", bold=True)
    _wrapped(plan.text)
    if plan.minutes_left and plan.hours_per_week is None:
        say(f"Say your hours with: {typed('plan', '--hours', 4)}")
    if plan.milestones:
        say("\nMilestones", bold=True)
        for stone in plan.milestones:
            _item(f"{stone.title}: {_stands(stone, zone)}")
    say(f"\nThis week, from {_day(shown.week.monday)}", bold=True)
    _listed(_this_week(shown), "Nothing is asked of this week.")
    say("\nLast week", bold=True)
    _listed(_last_week(shown.week.last), "Nothing was finished.")
    if shown.calendar.feed:
        say("\nA calendar program can read your dates: the address is shown by --feed on.")


def _stands(stone: "PlanMilestone", zone: tzinfo) -> str:
    """Where one milestone stands, in words."""
    if stone.state == "reached":
        return f"reached on {_moment(stone.reached_at, zone)}" if stone.reached_at else "reached"
    asked = f"{'late, was for' if stone.state == 'late' else 'by'} {_day(stone.pace_day)}" if stone.pace_day else ""
    own = f"at your pace {_moment(stone.planned_at, zone)}" if stone.planned_at else ""
    return "; ".join(part for part in (asked, own) if part) or "no date"


def _this_week(shown: "Panel") -> Iterable[str]:
    if shown.goal.text:
        yield f"Goal: {shown.goal.text}{' (done)' if shown.goal.done else ''}"
    elif shown.goal.suggested and shown.plan.minutes_left:
        yield f"No goal yet. It could be: {shown.goal.suggested}"
    days = {stone.unit: stone.pace_day for stone in shown.plan.milestones}
    for stone in shown.week.milestones:
        said = {"reached": "reached", "late": "late, was for", "ahead": "by"}[stone.state]
        day = "" if stone.state == "reached" else f" {_day(days[stone.unit])}"
        yield f"{stone.text} ({said}{day})"
    for notice in shown.notices:
        yield notice.text


def _last_week(last: "LastWeek") -> Iterable[str]:
    if last.lessons:
        yield f"Completed: {', '.join(last.lessons)}"
    if last.submitted:
        yield f"Handed in: {', '.join(last.submitted)}"
    counts = [(last.items, "question", "solved"), (last.reviews, "review", "done")]
    done = [f"{counted(number, noun)} {what}" for number, noun, what in counts if number]
    done += [f"about {_minutes(last.minutes)} of work"] if last.minutes else []
    if done:
        yield ", ".join(done)


def _minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )


def _day(text: str | None) -> str:
    from course_kit.workspace.plan import day_text

    return day_text(date.fromisoformat(text)) if text else ""


def _moment(text: str, zone: tzinfo) -> str:
    return _day(datetime.fromisoformat(text).astimezone(zone).date().isoformat())


def _listed(lines: Iterable[str], otherwise: str) -> None:
    for line in list(lines) or [otherwise]:
        _item(line)


def _item(text: str) -> None:
    say(textwrap.fill(plain(text), WIDTH, initial_indent="  ", subsequent_indent="    "))


def _wrapped(text: str, *, bold: bool = False) -> None:
    say(textwrap.fill(plain(text), WIDTH), bold=bold)


# ---------------------------------------------------------------- calendars


def _write(place: Path, to: Path, data: Path, at: datetime, zone: tzinfo, *, quiet: bool) -> dict[str, Any]:
    from course_kit.workspace.calendar import write_calendar

    entries = write_calendar(place, to, data=data, at=at, zone=zone)
    if not quiet:
        held = f"{counted(entries, 'date')} {'is' if entries == 1 else 'are'} in {short_path(to)}."
        say(f"{held} Open it with your calendar.")
        say("It does not follow later changes: write it again then, or use --feed on.")
    return {"file": str(to), "entries": entries}


def _turn(place: Path, on: bool, data: Path, *, quiet: bool) -> dict[str, Any]:
    from course_kit.workspace.feeds import turn_feed
    from course_kit.workspace.folder import Workspace

    path = turn_feed(data, Workspace.at(place).course, on)
    if path is None:
        if not quiet:
            say("The calendar's address is revoked: nothing can be read there any more.")
        return {"feed": None, "addresses": []}
    addresses = _addresses(path)
    if not quiet:
        say("For your calendar program (whoever knows it can read the dates, nothing else):")
        for address in addresses:
            say(f"  {address}")
        if not addresses:
            say("  your JupyterLab's address (such as http://localhost:8888), followed by")
            say(f"  {path}")
        say(f"It answers while JupyterLab runs. To revoke it: {typed('plan', '--feed', 'off')}")
    return {"feed": path, "addresses": addresses}


def _addresses(path: str) -> list[str]:
    """Where the running servers of this person answer; on a hub, the address behind that of the hub."""
    hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if hub:
        return [f"{os.environ.get('JUPYTERHUB_PUBLIC_URL', '').rstrip('/') or hub.rstrip('/')}{path}"]
    from jupyter_server.serverapp import list_running_servers

    return [f"{server['url'].rstrip('/')}{path}" for server in list_running_servers() if server.get("url")]
