"""``init``, ``check``, ``build``."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.output import counted, print_json, print_table, progress_bar, say, typed
from course_kit.errors import Invalid

if TYPE_CHECKING:
    from course_kit.source.findings import Finding

FOLDER = click.argument("folder", type=click.Path(path_type=Path), default=Path())


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--title", default="", help="The course's title; by default made from the folder's name.")
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Wrap this nbgrader course instead; FOLDER is then not needed and no file of it is moved.",
)
def init_command(folder: Path | None, title: str, source: Path | None) -> None:
    """Begin a course in FOLDER: a small one that works, to change as you like.

    \b
    Examples:
      course-kit init my-course --title "Data science"
      course-kit init --from my-nbgrader-course
    """
    from course_kit.source.scaffold import init_course, wrap_nbgrader

    if folder is not None and source is None:
        made = init_course(folder, title=title)
    elif folder is None and source is not None:
        made = wrap_nbgrader(source)
    else:
        raise click.UsageError("Name either a FOLDER for a new course, or an nbgrader course after --from.")
    for path in made:
        say(f"  made {path}")
    say(f"\nNext: {typed('check', source or folder)}")


def show_findings(findings: "Sequence[Finding]") -> None:
    """Every finding with its place and its mend, errors first."""
    for finding in findings:
        colour = "red" if finding.level == "error" else "yellow"
        say(finding.level, fg=colour, bold=True, nl=False)
        say(f"  {finding.place()}: {finding.message}")
        if finding.hint:
            say(f"       mend: {finding.hint}")


@click.command("check")
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option("--run", is_flag=True, help="Also run every lesson from top to bottom in a fresh kernel (takes longer).")
@click.option("--kernel", default=None, help="The kernel for --run; by default the one that each notebook names.")
def check_command(folder: Path, as_json: bool, run: bool, kernel: str | None) -> None:
    """Find everything that is wrong in the course in FOLDER: file, cell, line, reason and mend.

    Ends with status 1 if anything is an error; warnings alone end with 0.

    \b
    Examples:
      course-kit check
      course-kit check my-course --run
      course-kit check my-course --json
    """
    from course_kit.source.checks import check

    findings = list(check(folder))
    if not any(finding.level == "error" for finding in findings):
        findings += _roster(folder)
        findings += _gradebook(folder)
    if run and not any(finding.level == "error" for finding in findings):
        findings += _run_lessons(folder, kernel)
    errors = sum(finding.level == "error" for finding in findings)
    if as_json:
        print_json({"errors": errors, "findings": [finding.json_object() for finding in findings]})
    else:
        show_findings(findings)
        warnings = len(findings) - errors
        say(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}." if findings else "Nothing is wrong.")
        if not errors:
            say(f"\nNext: {typed('build', folder)}")
    raise SystemExit(1 if errors else 0)


def _roster(folder: Path) -> "list[Finding]":
    """Cohorts and learners in course.yml whom roster.csv does not have."""
    from course_kit.errors import CourseKitError
    from course_kit.grading.roster_check import not_on_the_roster
    from course_kit.source.course_file import read_course
    from course_kit.source.findings import Finding

    try:
        return list(not_on_the_roster(folder, read_course(folder).course))
    except CourseKitError as error:
        return [Finding("warning", "roster-unread", "roster.csv", error.message, error.hint)]


def _gradebook(folder: Path) -> "list[Finding]":
    """Where course.yml's dates and nbgrader's gradebook disagree; nothing without nbgrader or a gradebook."""
    from course_kit.errors import CourseKitError, Unavailable
    from course_kit.grading.dates import disagreements
    from course_kit.grading.places import find_place
    from course_kit.source.findings import Finding

    hint = f"To bring course.yml's into the gradebook: {typed('publish', '--course', folder)}"
    try:
        found = disagreements(find_place(folder), at=datetime.now(UTC))
    except Unavailable:
        return []
    except CourseKitError as error:
        return [Finding("warning", "gradebook-unread", "course.yml", error.message, error.hint)]
    return [
        Finding("warning", "gradebook-dates", "course.yml", f"{key}: {text}.", hint)
        for key, texts in found.items()
        for text in texts
    ]


def _run_lessons(folder: Path, kernel: str | None) -> "list[Finding]":
    from course_kit.bridges.papermill import run_lesson
    from course_kit.source.course_file import read_course
    from course_kit.source.findings import Finding

    source = read_course(folder)
    lessons = [lesson for lesson in source.course.lessons() if lesson.kind == "notebook"]
    found = []
    with progress_bar("Running lessons") as progress:
        for number, lesson in enumerate(lessons):
            progress(number, len(lessons), lesson.path)
            failed = run_lesson(folder / lesson.path, kernel=kernel)
            if failed is not None:
                found.append(
                    Finding(
                        level="error",
                        code="lesson-fails",
                        file=lesson.path,
                        cell=failed.cell or None,
                        cell_number=failed.cell_number or None,
                        message=f"{'This' if failed.cell_number else 'A'} cell fails: {failed.error}: {failed.message}",
                        hint=failed.hint,
                    )
                )
        progress(len(lessons), len(lessons), "")
    return found


@click.command("build")
@FOLDER
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    default=None,
    help="Compare with this earlier release: its folder or hash; says what changed for learners.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def build_command(folder: Path, since: Path | None, as_json: bool) -> None:
    """Build a release of the course in FOLDER: one file, without answers, named by its content.

    A build that fails leaves the last release as it was. Notebooks that did not change are not built again.

    \b
    Examples:
      course-kit build
      course-kit build my-course --since 4f1c09ab33de
    """
    from course_kit.release.build import build_release, release_folder
    from course_kit.release.since import changes_since

    earlier = None if since is None else release_folder(folder, since)
    try:
        with progress_bar("Building", quiet=as_json) as progress:
            built = build_release(folder, progress=progress)
    except Invalid as error:
        show_findings(getattr(error, "findings", ()))
        raise
    changes = () if earlier is None else changes_since(earlier, built.folder)
    if as_json:
        print_json(
            {
                "release": built.hash,
                "folder": str(built.folder),
                "archive": str(built.archive),
                "rebuilt": built.rebuilt,
                "reused": built.reused,
                "changes": [change.json_object() for change in changes],
            }
        )
        return
    say(f"Release {built.hash[:12]}: {built.rebuilt} notebooks built, {built.reused} unchanged.")
    if earlier is not None:
        print_table(
            "What changed for learners",
            ("Kind", "Where", "What", "What it means in mid-course"),
            [(change.kind, change.where, change.what, change.meaning) for change in changes],
        )
    say(f"Give learners this one file: {built.archive}")
    say(f"\nNext: {typed('open', built.archive)}")
