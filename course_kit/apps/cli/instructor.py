"""``roster``, ``collect``, ``publish``, ``feedback``, ``report``."""

import shlex
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.output import (
    counted,
    local_time,
    print_json,
    print_table,
    progress_bar,
    say,
    short_path,
    typed,
)
from course_kit.report.wording import points

if TYPE_CHECKING:
    from course_kit.grading.unscored import Unscored

COURSE = click.option(
    "--course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The course's folder, or an nbgrader course directory; by default the present folder.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


def _now() -> datetime:
    return datetime.now(UTC)


def typed_for(course: Path, *words: str) -> str:
    """A command on this course, which needs no naming where it is the present folder."""
    here = course.resolve() == Path.cwd()
    return typed(*words) if here else typed(*words, "--course", course)


@click.command("roster")
@click.argument("source", type=click.Path(exists=True, path_type=Path), required=False)
@COURSE
def roster_command(source: Path | None, course: Path) -> None:
    """Show roster.csv, or add to it from SOURCE: a Canvas or Moodle export, another roster, or a gradebook.db.

    \b
    Examples:
      course-kit roster
      course-kit roster ~/Downloads/canvas-grades.csv
      course-kit roster --course my-course my-course/autograders/gradebook.db
    """
    from course_kit.grading.places import check_place
    from course_kit.grading.roster_file import import_roster, roster_of, write_roster

    if not (course / "roster.csv").is_file():
        check_place(course)
    roster = roster_of(course)
    refused = 0
    if source is not None:
        imported = import_roster(source, roster)
        for finding in imported.findings:
            say(finding.text(), err=True)
        write_roster(course / "roster.csv", imported.roster)
        roster = imported.roster
        refused = sum(finding.level == "error" for finding in imported.findings)
        say(f"{len(imported.added)} added, {len(imported.changed)} changed in {course / 'roster.csv'}")
    columns = ("learner", "name", "email", "lms_id", "cohort")
    rows = [[getattr(entry, column) for column in columns] for entry in roster.entries]
    print_table(counted(len(rows), "learner"), columns, rows)
    if refused:
        lines = counted(refused, "line")
        say(f"{lines} of {source} left out (see above); all the others are in the roster.", err=True, fg="yellow")
        say(f"What next: mend {'it' if refused == 1 else 'them'} and import the file again.", err=True)
        raise click.exceptions.Exit(1)


@click.command("collect")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@COURSE
@click.option(
    "--assignment", default=None, help="What bare notebooks are submissions of, where their names do not say."
)
@JSON
def collect_command(source: Path, course: Path, assignment: str | None, as_json: bool) -> None:
    """Take in submissions from SOURCE, a folder or a zip: submission files, notebooks, a Canvas or Moodle download.

    Each is matched to the roster; what fits nobody is listed. Nothing in SOURCE is changed, and what a newer
    submission replaces is kept.

    \b
    Examples:
      course-kit collect ~/Downloads/submissions.zip
      course-kit collect inbox --assignment frames
    """
    from course_kit.grading.collect import collect

    with progress_bar("Collecting", quiet=as_json) as progress:
        got = collect(source, course, assignment, at=_now(), progress=progress)
    if as_json:
        print_json(asdict(got))
        return
    rows = [
        (one.learner, one.assignment, "new", local_time(one.submitted_at), one.file, one.note) for one in got.placed
    ]
    rows += [
        (o.learner, o.assignment, "newer version", local_time(o.submitted_at), o.file, o.note) for o in got.replaced
    ]
    rows += [(o.learner, o.assignment, "known", local_time(o.submitted_at), o.file, o.note) for o in got.unchanged]
    print_table(counted(len(rows), "submission"), ("Learner", "Assignment", "", "Submitted", "File", "Note"), rows)
    for one in (*got.placed, *got.replaced):
        for old, new in one.renamed:
            say(f"  {one.learner}: {old} was renamed to {new}")
    for text in (*got.claims, *got.conflicts):
        say(f"  Look at this: {text}", fg="yellow")
    if got.unmatched:
        print_table("What fits nobody", ("File", "Why"), [(one.file, one.reason) for one in got.unmatched])
    names = dict.fromkeys(one.assignment for one in (*got.placed, *got.replaced))
    for name in names:
        say(f"\nNext: {typed_for(course, 'grade', name)}")


def say_formgrader(course: Path, assignment: str) -> None:
    """Where nbgrader's formgrader is started: it finds only the course of the folder that Jupyter begins in."""
    from course_kit.grading.places import find_place

    root = short_path(find_place(course).assignment(assignment).root)
    start = "jupyter lab" if root == "." else f"cd {shlex.quote(root)} && jupyter lab"
    say("\nSome answers are marked by hand, in nbgrader's formgrader:")
    say(f"  {start}")
    say("  then Nbgrader, Formgrader in the menu. What you mark there counts at once: go on with publish and feedback.")


def _say_unscored(course: Path, without: "Iterable[Unscored]") -> None:
    """Those who handed in and got no score, by assignment, and what can be done."""
    by_assignment: dict[str, list[str]] = {}
    for one in without:
        by_assignment.setdefault(one.assignment, []).append(f"{one.learner} ({one.status})")
    for name, people in by_assignment.items():
        say(f"\nNo score and no feedback: {', '.join(people)}", fg="yellow")
        grade = typed_for(course, "grade", name)
        say(f"  {grade} marks what is not graded, and says of the rest what to mend or to ask for again.")


@click.command("publish")
@click.argument("assignment", required=False)
@COURSE
@JSON
def publish_command(assignment: str | None, course: Path, as_json: bool) -> None:
    """Publish the scores of ASSIGNMENT (or of all) as events: the report and the feedback files show them.

    \b
    Examples:
      course-kit publish frames
      course-kit publish
    """
    from course_kit.grading.publish import publish
    from course_kit.grading.unscored import unscored

    with progress_bar("Publishing", quiet=as_json) as progress:
        posted = publish(course, assignment, at=_now(), progress=progress)
        without = unscored(course, assignment)
    if as_json:
        print_json({"scores": [asdict(one) for one in posted], "unscored": [asdict(one) for one in without]})
        return
    print_table(
        f"{counted(sum(one.new for one in posted), 'new score')}, {sum(not one.new for one in posted)} known",
        ("Learner", "Assignment", "Score", "of", "Status", ""),
        [
            (p.learner, p.assignment, points(p.score), points(p.max_score), p.status, "new" if p.new else "")
            for p in posted
        ],
    )
    _say_unscored(course, without)
    for name in dict.fromkeys(one.assignment for one in posted):
        say(f"Next: {typed_for(course, 'feedback', name)}")


@click.command("feedback")
@click.argument("assignment")
@COURSE
@JSON
def feedback_command(assignment: str, course: Path, as_json: bool) -> None:
    """Make one feedback file per learner, to send back the way that the submission came.

    It shows scores and comments, and never a hidden test. Learners see it with `course-kit open FILE`.

    \b
    Example:
      course-kit feedback frames
    """
    from course_kit.grading.feedback import make_feedback
    from course_kit.grading.unscored import unscored

    with progress_bar("Making feedback", quiet=as_json) as progress:
        made = make_feedback(course, assignment, at=_now(), progress=progress)
        without = unscored(course, assignment)
    if as_json:
        files = [
            {
                "learner": one.learner,
                "file": str(one.path) if one.path else None,
                "fault": one.fault,
                "unmarked": one.unmarked,
            }
            for one in made
        ]
        print_json({"files": files, "unscored": [asdict(one) for one in without]})
        return
    paths = [one.path for one in made if one.path is not None]
    where = f" in {short_path(paths[0].parent)}" if paths else ""
    rows = [(one.learner, one.path.name if one.path else None, one.fault) for one in made]
    print_table(f"{counted(len(paths), 'feedback file')}{where}", ("Learner", "File", ""), rows)
    unmarked = sum(one.unmarked for one in made)
    if unmarked:
        have = "learner has" if unmarked == 1 else "learners have"
        say(f"\n{unmarked} {have} answers that nobody has marked yet; their pages say so.", fg="yellow")
        say("  Mark them in the formgrader first (the grade command says where), then run this once more.")
    _say_unscored(course, without)
    if paths:
        say(f"\nNext: send each learner their file; then {typed_for(course, 'report')}")


@click.command("report")
@COURSE
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=None, help="By default .course-kit/report.html."
)
@JSON
def report_command(course: Path, out: Path | None, as_json: bool) -> None:
    """Write the report: one page that needs no network, and a table here.

    It shows who is where, who has not begun or not submitted, who is stuck, and which question is hard or broken.
    It holds learners' data, so it is kept in `.course-kit/`, from where nothing goes to learners.

    \b
    Examples:
      course-kit report
      course-kit report --out /tmp/report.html
    """
    from rich.console import Console

    from course_kit.grading.roster_file import roster_of
    from course_kit.report.gather import report_data
    from course_kit.report.pages import write_page
    from course_kit.report.terminal import print_report

    with progress_bar("Reading events", quiet=as_json):
        report = report_data(course, roster_of(course), at=_now())
    page = out or course / ".course-kit" / "report.html"
    write_page(report, page)
    if as_json:
        print_json({**report.json_object(), "page": str(page)})
        return
    print_report(report, Console())
    say(f"\nThe whole report: {page.resolve()}")
