"""``store check|rebuild|backup|restore|export|erase``: what was recorded, kept sound and in its owners' hands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.output import counted, print_json, progress_bar, say, short_path, typed
from course_kit.store.places import data_folder, local_learner

if TYPE_CHECKING:
    from course_kit.store.sql import SqlStore

COURSE = click.option(
    "--course",
    type=click.Path(path_type=Path, file_okay=False),
    help="The instructor's store in this course folder; without it, your own on this computer.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
_STAYS = (
    ("submitted", "what was handed in"),
    ("autograded", "graded copies"),
    ("feedback", "feedback pages"),
    ("gradebook.db", "nbgrader's gradebook, with scores and names"),
    (".course-kit/collected", "copies of replaced submissions"),
    (".course-kit/graded", "records of grading"),
    (".course-kit/feedback", "feedback files"),
    (".course-kit/backups", "backups"),
    ("roster.csv", "the roster"),
)


def _path(course: Path | None) -> Path:
    return data_folder() / "store.db" if course is None else course / ".course-kit" / "progress.db"


@contextmanager
def _opened(course: Path | None, at: datetime) -> Iterator["SqlStore"]:
    """The store that is meant, one's own with everything that the journals hold."""
    from course_kit.errors import NotFound
    from course_kit.store.ingest import Ingester
    from course_kit.store.sql import SqlStore

    path = _path(course)
    if course is not None and not path.exists():
        raise NotFound(f"There is no store at {path}.", hint="Name the course's folder; `collect` makes its store.")
    with SqlStore.open(path) as store:
        if course is None:
            Ingester(data_folder(), store).ingest(at)
        yield store


@click.group("store", context_settings={"help_option_names": ["-h", "--help"]})
def store_command() -> None:
    """Check, rebuild, back up, restore, export or erase what was recorded.

    \b
    Examples:
      course-kit store check
      course-kit store backup my-progress.db
      course-kit store export ada ada-data --course data-science
    """


@store_command.command("check", short_help="Look through a store and change nothing.")
@COURSE
@JSON
def check_command(course: Path | None, as_json: bool) -> None:
    """Look through a store and change nothing: the file, every event, the kept progress, the disk's locks.

    \b
    Example:
      course-kit store check --course data-science
    """
    from course_kit.store.mending import check

    with progress_bar("Checking", quiet=as_json) as progress:
        found = check(_path(course), progress=progress)
    if as_json:
        print_json(asdict(found))
    else:
        say(f"{counted(found.events, 'event')} of {counted(found.learners, 'name')} in {short_path(_path(course))}.")
        for note in found.notes:
            say(f"Note: {note}")
        for fault in found.faults:
            say(f"Fault: {fault}", fg="red")
        if found.faults:
            say(f"What next: {typed('store', 'rebuild')} for kept progress, a backup for the rest.")
        else:
            say("All of it is sound.")
    raise click.exceptions.Exit(1 if found.faults else 0)


@store_command.command("rebuild", short_help="Try again what was set aside; make progress anew.")
@COURSE
@JSON
def rebuild_command(course: Path | None, as_json: bool) -> None:
    """Try again what was set aside, and make the kept progress anew from the events.

    \b
    Example:
      course-kit store rebuild
    """
    from course_kit.store.mending import rebuild

    at = datetime.now(UTC)
    with _opened(course, at):
        pass
    with progress_bar("Rebuilding", quiet=as_json) as progress:
        done = rebuild(_path(course), at, progress=progress)
    if as_json:
        print_json(asdict(done))
        return
    say(f"{counted(done.events, 'event')}, {counted(done.learners, 'kept progress', 'kept progresses')}.")
    say(f"Made anew, because it was not what the events come to: {done.changed}.")
    say(f"Set aside before and taken in now: {done.retried.taken}; still set aside: {done.retried.left}.")


@store_command.command("backup", short_help="Copy a store into one file, while it is used.")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@COURSE
@JSON
def backup_command(target: Path, course: Path | None, as_json: bool) -> None:
    """Copy a store into one file, while others go on working with it.

    \b
    Example:
      course-kit store backup progress-2026-11-22.db
    """
    from course_kit.store.mending import backup

    with _opened(course, datetime.now(UTC)):
        pass
    with progress_bar("Backing up", quiet=as_json) as progress:
        backup(_path(course), target, progress=progress)
    if as_json:
        print_json({"backup": target.absolute()})
        return
    say(f"Wrote {short_path(target)}. Bring it back with: {typed('store', 'restore', target)}")


@store_command.command("restore")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False))
@COURSE
@JSON
def restore_command(source: Path, course: Path | None, as_json: bool) -> None:
    """Bring a backup back. What is there now is kept beside it.

    \b
    Example:
      course-kit store restore progress-2026-11-22.db
    """
    from course_kit.store.mending import restore

    with progress_bar("Restoring", quiet=as_json) as progress:
        done = restore(_path(course), source, datetime.now(UTC), progress=progress)
    if as_json:
        print_json(asdict(done))
        return
    say(f"The store holds {counted(done.events, 'event')} again.")
    if done.before is not None:
        say(f"What was there before is kept: {short_path(done.before)}")


@store_command.command("export", short_help="Write out all that a store holds on one person.")
@click.argument("learner")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@COURSE
@JSON
def export_command(learner: str, folder: Path | None, course: Path | None, as_json: bool) -> None:
    """Write out all that a store holds on one person: lines of JSON and a summary. `me` is yourself.

    \b
    Examples:
      course-kit store export me my-data
      course-kit store export ada ada-data --course data-science
    """
    from course_kit.store.persons import export, names_of

    at = datetime.now(UTC)
    with _opened(course, at) as store:
        names = local_learner(data_folder()).pseudonyms if _is_me(learner, course) else names_of(store, learner)
        done = export(store, names, folder or Path(f"{learner}-export"), at)
    if as_json:
        print_json(asdict(done))
        return
    say(f"{counted(done.events, 'event')} and {counted(done.set_asides, 'text')} that were set aside, under:")
    say(f"  {', '.join(done.names)}")
    say(f"Wrote {short_path(done.lines)} and {short_path(done.summary)}.")


@store_command.command("erase", short_help="Take one person out of a store, for good.")
@click.argument("learner")
@click.option("--yes", is_flag=True, help="Do not ask.")
@COURSE
@JSON
def erase_command(learner: str, yes: bool, course: Path | None, as_json: bool) -> None:
    """Take all that bears one person's names out of a store, for good. `me` is yourself.

    The names are remembered, so that nothing of it comes back from a sync folder or another submission.

    \b
    Examples:
      course-kit store export ada ada-data --course data-science
      course-kit store erase ada --course data-science
    """
    from course_kit.store.persons import erase, erase_own, names_of

    at = datetime.now(UTC)
    with _opened(course, at) as store:
        me = _is_me(learner, course)
        names = local_learner(data_folder()).pseudonyms if me else names_of(store, learner)
        if not yes:
            click.confirm(f"Erase everything under {', '.join(names)} from {_path(course)}?", abort=True, err=True)
        done = erase_own(data_folder(), store, at) if me else erase(store, names, at)
    if as_json:
        print_json(asdict(done))
        return
    say(f"Erased {counted(done.events, 'event')} and {counted(done.set_asides, 'text')} that were set aside.")
    say("Other computers, sync folders and backups of this store still hold what they hold.")
    if me:
        say("You bear a new pseudonym from now on: restart the kernels of open notebooks. Your notebooks are yours.")
        return
    if course is not None:
        stays = [f"{course / name} ({what})" for name, what in _STAYS if (course / name).exists()]
        for line in stays:
            say(f"Not touched, for the gradebook and its appeals: {line}")


def _is_me(learner: str, course: Path | None) -> bool:
    return learner == "me" and course is None
