"""``waive`` and ``arrangements``: what is decided for single learners, and the files that tell them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from course_kit.apps.cli.instructor import COURSE, JSON, typed_for
from course_kit.apps.cli.output import print_json, print_table, say, short_path

if TYPE_CHECKING:
    from course_kit.grading.arranging import ArrangedFile

_OPEN = "course-kit open FILE, or File, Open course in JupyterLab"


@click.command("waive")
@click.argument("lesson")
@click.option("--learner", required=True, help="The learner's id, as in the roster.")
@click.option("--reason", required=True, help="Why; the learner sees it.")
@COURSE
@JSON
def waive_command(lesson: str, learner: str, reason: str, course: Path, as_json: bool) -> None:
    """Excuse one learner from LESSON (its key): it counts as done, and what waits for it opens. That stays.

    The learner's own computer hears of it by a file that this writes, and with the next feedback.

    \b
    Example:
      course-kit waive first-steps --learner mia --reason "taken last year"
    """
    from course_kit.grading.arranging import waive, write_arrangements
    from course_kit.grading.places import find_place
    from course_kit.store.sql import SqlStore

    place, at = find_place(course), datetime.now(UTC)
    check_learner(place, learner)
    with SqlStore.open(place.store) as store:
        key, new = waive(place, store, learner, lesson, reason, at=at)
        files = write_arrangements(place, store, at=at, learners=[learner])
    if as_json:
        print_json({"lesson": key, "learner": learner, "new": new, "files": files_json(files)})
        return
    say(f"{learner} is excused from {key}." if new else f"{learner} was excused from {key} before.")
    say_files(files)


@click.command("arrangements")
@click.option("--learner", default=None, help="Only this learner's.")
@COURSE
@JSON
def arrangements_command(learner: str | None, course: Path, as_json: bool) -> None:
    """Write a file for each learner for whom something is arranged: a cohort, more time, a waived lesson.

    Send each their own. With it their panel shows the same dates and gates that count here. Feedback files carry the
    same, so that you need these only where something is to be known before the next feedback.

    \b
    Examples:
      course-kit arrangements
      course-kit arrangements --learner mia
    """
    from course_kit.grading.arranging import write_arrangements
    from course_kit.grading.places import find_place
    from course_kit.store.sql import SqlStore

    place, at = find_place(course), datetime.now(UTC)
    if learner is not None:
        check_learner(place, learner)
    with SqlStore.open(place.store) as store:
        files = write_arrangements(place, store, at=at, learners=None if learner is None else [learner])
    if as_json:
        print_json({"files": files_json(files)})
        return
    if not files:
        say("Nothing is arranged for anybody: the roster has no cohorts, and nobody has more time or a waived lesson.")
        say(f"Next: {typed_for(course, 'dates')}")
        return
    rows = [(one.learner, one.path.name, "" if one.addressed else "bears no name") for one in files]
    print_table(f"Files in {short_path(files[0].path.parent)}", ("Learner", "File", "Note"), rows)
    say_unaddressed(files)
    say(f"\nNext: send each learner their file; they open it ({_OPEN}).")


def say_files(files: "Sequence[ArrangedFile]") -> None:
    """Where one learner's file is, and what to do with it."""
    for one in files:
        say(f"The file that tells {one.learner}: {short_path(one.path)}")
        say_unaddressed(files)
        say(f"Next: send it to {one.learner}, who opens it ({_OPEN}). The next feedback file tells the same.")


def say_unaddressed(files: "Sequence[ArrangedFile]") -> None:
    if any(not one.addressed for one in files):
        say(
            "Whoever has handed in nothing yet has no computer that is known here: their file bears no name and opens "
            "for everybody. It changes what a panel shows, and nothing that you grade.",
            fg="yellow",
        )


def files_json(files: "Sequence[ArrangedFile]") -> list[dict[str, Any]]:
    return [{"learner": one.learner, "file": str(one.path), "addressed": one.addressed} for one in files]


def check_learner(place: Any, learner: str, others: Sequence[str] = ()) -> None:
    """A typing mistake would help nobody. ``others``: known besides the roster and those met before."""
    from course_kit.errors import NotFound, did_you_mean
    from course_kit.grading.roster_file import roster_of
    from course_kit.store.sql import SqlStore

    known = {entry.learner for entry in roster_of(place.folder).entries} | set(others)
    if learner not in known and place.store.is_file():
        with SqlStore.open(place.store) as store:
            known |= set(store.people().values())
    if learner not in known:
        raise NotFound(
            f"Nobody is called {learner!r} in the roster, nor among those who handed in.",
            hint=f"Write the learner's id.{did_you_mean(learner, sorted(known))}",
        )
