"""``submit`` and ``sync``: the roads that a learner's work takes from this computer."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.learner import FOLDER, JSON, course_folder, now
from course_kit.apps.cli.output import counted, local_time, print_json, progress_bar, say
from course_kit.store.places import data_folder

if TYPE_CHECKING:
    from course_kit.workspace.submit import Preview, Receipt


@click.command("submit")
@click.argument("assignment")
@FOLDER
@click.option("--to", type=click.Path(path_type=Path), default=None, help="The folder that gets the file.")
@click.option("--no-events", is_flag=True, help="Leave out the events that show your progress.")
@click.option("--id", "learner_id", default=None, help="Your id in the course (kept for the next time).")
@click.option("--name", default=None, help="Your name (kept for the next time).")
@click.option("--email", default=None, help="Your e-mail address (kept for the next time).")
@click.option(
    "--exchange/--no-exchange",
    default=None,
    help="Whether to hand it to nbgrader's exchange as well; by default where one takes work of this course.",
)
@click.option("--yes", is_flag=True, help="Do not ask; write the file.")
@JSON
def submit_command(
    assignment: str,
    folder: Path,
    to: Path | None,
    no_events: bool,
    learner_id: str | None,
    name: str | None,
    email: str | None,
    exchange: bool | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Write one file with your work on ASSIGNMENT, for your learning management system, e-mail or a shared folder.

    It shows what is in the file before it writes it; your own progress events go with it unless you leave them out.

    \b
    Examples:
      course-kit submit frames
      course-kit submit frames --to ~/Desktop --no-events
    """
    from course_kit.workspace.submit import preview_submission, submit

    place = course_folder(folder)
    preview = preview_submission(place, assignment, data=data_folder(), at=now())
    to_exchange = preview.exchange if exchange is None else exchange
    if not as_json:
        _say_preview(preview, events=not no_events, exchange=to_exchange)
        if not yes:
            if not any((learner_id, email, preview.learner.id, preview.learner.email)):
                learner_id, email, name = _ask_who(name or preview.learner.name)
            click.confirm("Write the file?", default=True, abort=True, err=True)
    given = {key: value for key, value in (("id", learner_id), ("name", name), ("email", email)) if value is not None}
    with progress_bar("Submitting", quiet=as_json) as progress:
        receipt = submit(
            place,
            assignment,
            data=data_folder(),
            at=now(),
            events=not no_events,
            learner=given,
            to=to,
            exchange=to_exchange,
            progress=progress,
        )
    if as_json:
        print_json({**asdict(receipt), "file": str(receipt.file), "kept": str(receipt.kept)})
    else:
        _say_receipt(receipt)
    if exchange and not receipt.exchange:
        click.get_current_context().exit(1)  # it was asked for in so many words


def _say_preview(preview: "Preview", *, events: bool, exchange: bool) -> None:
    say(f"{preview.title or preview.assignment}: what the file will hold", bold=True)
    for path, size in preview.files.items():
        say(f"  {path} ({size / 1000:,.1f} kB)")
    if events:
        say(f"  {len(preview.events)} events that show your progress (leave them out with --no-events):")
        for line in preview.events[-10:]:
            say(f"    {local_time(line.at)}  {line.text}")
        if len(preview.events) > 10:
            say(f"    and {len(preview.events) - 10} earlier ones")
    if exchange:
        say("  nbgrader's exchange gets the assignment's files, too (not with --no-exchange).")
    for warning in preview.warnings:
        say(f"  Note: {warning}", fg="yellow")


def _say_receipt(receipt: "Receipt") -> None:
    say(f"Receipt {receipt.submission[:16]}, {local_time(receipt.submitted_at)}")
    say(f"  {counted(len(receipt.files), 'file')}, {counted(receipt.events, 'event')}")
    say(f"  the file: {receipt.file}")
    following = "upload or send this file as your instructor asks"
    if receipt.exchange:
        say("  The assignment's files were handed to nbgrader's exchange, too.")
        following = "your instructor collects your work from the exchange; only the file shows your progress"
    elif receipt.exchange_trouble:
        say(f"  Not in nbgrader's exchange: {receipt.exchange_trouble}", fg="yellow", err=True)
    say(f"\nNext: {following}. A copy with the receipt is kept in the course.")


def _ask_who(known_name: str) -> tuple[str | None, str | None, str | None]:
    """Id, e-mail and name, asked once: what is given is kept for the next time."""
    hint = "Your id or e-mail, as your teacher knows you (Enter leaves it out)"
    told = click.prompt(hint, default="", show_default=False, err=True).strip()
    name = (
        known_name or click.prompt("Your name (Enter leaves it out)", default="", show_default=False, err=True).strip()
    )
    return (None if "@" in told else told or None), (told if "@" in told else None), name or None


@click.command("sync")
@click.argument("folder", type=click.Path(path_type=Path))
@JSON
def sync_command(folder: Path, as_json: bool) -> None:
    """Keep your computers together through FOLDER: a drive's, a stick's, any that both can reach.

    Run it on each computer when you begin and when you end. What was changed on one goes to the other; what was
    changed on both is kept twice, and you are told.

    \b
    Example:
      course-kit sync ~/Drive/course-kit
    """
    from course_kit.workspace.sync import sync

    with progress_bar("Syncing", quiet=as_json) as progress:
        synced = sync(folder, data=data_folder(), at=now(), progress=progress)
    if as_json:
        print_json(asdict(synced))
        return
    say(f"{synced.events_in} events came in, {synced.events_out} went out.")
    for names, what in (
        (synced.taken, "came from another computer"),
        (synced.sent, "went to the folder"),
        (synced.conflicts, "was changed on both: the other version lies beside yours"),
        (synced.waiting, "is not complete in the folder yet; it comes next time"),
        (synced.joined, "is you on another computer; its events count as yours from now on"),
    ):
        for name in names:
            say(f"  {name} {what}")
    for note in synced.notes:
        say(f"  {note}")
