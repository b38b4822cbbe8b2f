"""``grades``: the gradebook's scores as a file that Canvas or Moodle imports."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.instructor import COURSE, JSON
from course_kit.apps.cli.output import counted, print_json, print_table, say, short_path

if TYPE_CHECKING:
    from course_kit.grading.grades_csv import WrittenGrades


@click.command("grades")
@click.argument("assignment")
@COURSE
@click.option(
    "--canvas",
    "gradebook",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="For Canvas: the gradebook exported from there (Grades, Export, Export Entire Gradebook).",
)
@click.option("--moodle", is_flag=True, help="For Moodle: Grades, Import, CSV file.")
@click.option(
    "--people",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Moodle's export of participants, for e-mails and ID numbers that roster.csv has not.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="By default .course-kit/grades/ASSIGNMENT-canvas.csv or -moodle.csv.",
)
@click.option("--column", default=None, help="Canvas's column, by title or number, where the titles do not tell.")
@click.option("--comments", is_flag=True, help="Moodle: your comments in a column of their own.")
@click.option("--with-held", is_flag=True, help="Also what passed without proof and waits for your decision.")
@click.option("--with-unmarked", is_flag=True, help="Also where answers still wait to be marked by hand.")
@JSON
def grades_command(
    assignment: str,
    course: Path,
    gradebook: Path | None,
    moodle: bool,
    people: Path | None,
    out: Path | None,
    column: str | None,
    comments: bool,
    with_held: bool,
    with_unmarked: bool,
    as_json: bool,
) -> None:
    """Write the scores of ASSIGNMENT, late penalties taken off, for Canvas or Moodle to import.

    Who has no score stays empty, an EX of Canvas stays, and whoever could not be matched is listed. Submissions that
    wait for your decision or for marking by hand are named and left out.

    \b
    Examples:
      course-kit grades frames --canvas ~/Downloads/2026-11-22T1200_Grades-DS101.csv
      course-kit grades frames --moodle
    """
    from course_kit.grading.grades_csv import write_grades

    if (gradebook is not None) == moodle:
        raise click.UsageError("Say for which: --canvas FILE (the exported gradebook), or --moodle.")
    if moodle and column is not None:
        raise click.UsageError("--column goes with --canvas; Moodle asks for the column as it imports.")
    if not moodle and (people is not None or comments):
        raise click.UsageError("--people and --comments go with --moodle.")
    form = "moodle" if moodle else "canvas"
    written = write_grades(
        course,
        assignment,
        "moodle" if moodle else "canvas",
        out or _place(course, assignment, form),
        template=people if moodle else gradebook,
        column=column,
        held=with_held,
        unmarked=with_unmarked,
        comments=comments,
    )
    if as_json:
        print_json(asdict(written))
        return
    _say(written, held=with_held, unmarked=with_unmarked)


def _place(course: Path, assignment: str, form: str) -> Path:
    from course_kit.grading.places import find_place

    return course / ".course-kit" / "grades" / f"{find_place(course).assignment(assignment).key}-{form}.csv"


def _say(written: "WrittenGrades", *, held: bool, unmarked: bool) -> None:
    say(f"{counted(len(written.grades), 'grade')} in {short_path(written.path)}")
    for names, asked, why, flag in (
        (written.held, held, "passed without proof and wait for your decision", "--with-held"),
        (written.unmarked, unmarked, "have answers that wait to be marked by hand", "--with-unmarked"),
    ):
        if names:
            what = "they are in it all the same" if asked else f"left out ({flag} lets them in)"
            say(f"  {counted(len(names), 'submission')}: {why}; {what}: {', '.join(names)}", fg="yellow")
    if written.ungraded:
        count = counted(len(written.ungraded), "submission")
        say(f"  {count}: could not be graded, no score; left out: {', '.join(written.ungraded)}", fg="yellow")
    if written.kept:
        print_table("Left as Canvas has it", ("Learner", "Why"), [(one.learner, one.reason) for one in written.kept])
    if written.unmatched:
        rows = [(one.learner, one.reason) for one in written.unmatched]
        print_table("Could not be matched", ("Who", "Why"), rows)
    for note in written.notes:
        say(f"  {note}")
