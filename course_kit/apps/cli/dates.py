"""``dates`` and ``extend``: who has to hand in when, and what it counts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from course_kit.apps.cli.arranging import check_learner, files_json, say_files
from course_kit.apps.cli.instructor import COURSE, JSON, typed_for
from course_kit.apps.cli.output import local_time, print_json, print_table, say
from course_kit.errors import Invalid, NotFound

if TYPE_CHECKING:
    from course_kit.grading.dates import WorkDates


@click.command("dates")
@click.argument("assignment", required=False)
@COURSE
@click.option("--check", is_flag=True, help="Say where course.yml and nbgrader's gradebook disagree; change nothing.")
@JSON
def dates_command(assignment: str | None, course: Path, check: bool, as_json: bool) -> None:
    """Show each learner's dates for ASSIGNMENT (or all), what they handed in when, and what it counts.

    Handed in is by the learner's own clock, received when you collected it; the grace of the course decides between
    the two. `grade` and `publish` bring the dates into nbgrader's gradebook.

    \b
    Examples:
      course-kit dates frames
      course-kit dates --check
    """
    from course_kit.grading.dates import all_dates, differences
    from course_kit.grading.places import find_place

    place, at = find_place(course), datetime.now(UTC)
    chosen = place.chosen(assignment)
    found = {one.key: all_dates(place, one, place.info(one.root), at=at, everyone=True) for one in chosen}
    differ = {one.key: differences(place, one, at=at) for one in chosen if check and found[one.key] is not None}
    if as_json:
        assignments = {
            key: {"dates": None if rows is None else [_json(row) for row in rows], "differences": differ.get(key, ())}
            for key, rows in found.items()
        }
        print_json({"assignments": assignments})
    else:
        for key, rows in found.items():
            _print(key, rows)
        if check:
            _print_differences(course, differ)
    if any(differ.values()):
        raise click.exceptions.Exit(1)


def _print(key: str, rows: "tuple[WorkDates, ...] | None") -> None:
    if rows is None:
        say(f"{key}: course.yml gives no dates; the gradebook's own count.")
        return
    shown = [
        (
            one.learner,
            local_time(one.dates.due),
            local_time(one.dates.closes),
            local_time(one.finished),
            local_time(one.received),
            f"{one.percent:g} %" if one.finished is not None else "",
            one.why,
        )
        for one in rows
    ]
    print_table(key, ("Learner", "Due", "Closes", "Handed in", "Received", "Counts", "Why"), shown)


def _print_differences(course: Path, differ: dict[str, tuple[str, ...]]) -> None:
    for key, texts in differ.items():
        for text in texts:
            say(f"  {key}: {text}", fg="yellow")
        if texts:
            say(f"Next: {typed_for(course, 'publish', key)} brings course.yml's into the gradebook.")
    if not any(differ.values()):
        say("course.yml and the gradebook agree.")


def _json(one: "WorkDates") -> dict[str, Any]:
    def text(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat()

    dates = one.dates
    return {
        "learner": one.learner,
        **{name: text(getattr(dates, name)) for name in ("opens", "due", "closes")},
        **{name: text(getattr(one, name)) for name in ("finished", "received", "counted")},
        "percent": one.percent,
        "why": one.why,
        "fixed": sorted(dates.fixed),
    }


@click.command("extend")
@click.argument("assignment")
@click.argument("learner")
@COURSE
@click.option("--by", "span", default=None, help="How much later, such as `3 days`.")
@click.option("--until", default=None, help="A due date with its zone, such as `2026-12-24T23:59+01:00`.")
@click.option("--reason", default="", help="For your own records; the learner does not see it.")
@click.option("--remove", is_flag=True, help="Take the extension back.")
@JSON
def extend_command(
    assignment: str,
    learner: str,
    course: Path,
    span: str | None,
    until: str | None,
    reason: str,
    remove: bool,
    as_json: bool,
) -> None:
    """Give LEARNER more time for ASSIGNMENT. It replaces the extension that they had, and travels in no release.

    Nothing is graded again: the next `grade` or `publish` brings it into nbgrader's gradebook. A file that this writes
    tells the learner's own computer, and so does the next feedback.

    \b
    Examples:
      course-kit extend frames mia --by "3 days" --reason ill
      course-kit extend frames mia --until 2026-12-24T23:59+01:00
      course-kit extend frames mia --remove
    """
    from course_kit.grading.arranging import write_arrangements
    from course_kit.grading.dates import calendar
    from course_kit.grading.extensions import Extensions
    from course_kit.grading.places import find_place
    from course_kit.store.sql import SqlStore

    if sum((span is not None, until is not None, remove)) != 1:
        raise click.UsageError("Give one of --by, --until and --remove.")
    place, at = find_place(course), datetime.now(UTC)
    one = place.assignment(assignment)
    if one.part is None:
        raise NotFound(
            f"{place.folder} has no course.yml, so nbgrader's own dates count.",
            hint="Give the extension in the formgrader, or with `nbgrader db`; or wrap the course: course-kit init.",
        )
    check_learner(place, learner, place.info(one.root).submitters(one.name))
    extensions = Extensions(place)
    if remove:
        if not extensions.remove(one.key, learner):
            raise NotFound(f"{learner} has no extension for {one.key!r}.", hint="`course-kit dates` shows who has one.")
    else:
        extensions.put(one.key, _override(learner, span, until, reason), at=at)
    found = calendar(place, one)
    dates = None if found is None else found.dates(learner, at)
    due = dates.due if dates is not None else None
    with SqlStore.open(place.store) as store:
        files = write_arrangements(place, store, at=at, learners=[learner])
    if as_json:
        said = {"assignment": one.key, "learner": learner, "due": None if due is None else due.isoformat()}
        print_json({**said, "files": files_json(files)})
        return
    when = f"is due {local_time(due)}" if due is not None else "has no due date that is known yet"
    say(f"{one.key} of {learner} {when} ({dates.why.get('due', 'the course') if dates else 'the course'}).")
    if due is None and span is not None and found is not None and one.part.due is None:
        say("The assignment has no `due` in course.yml that could be moved.", fg="yellow")
    say_files(files)
    say(f"Then: {typed_for(course, 'publish', one.key)}")


def _override(learner: str, span: str | None, until: str | None, reason: str) -> Any:
    from course_kit.model.when import Override

    try:
        return Override(learner=learner, extend=span, due=until, reason=reason)
    except ValidationError as error:
        (first, *_) = error.errors()
        raise Invalid(
            f"That is no extension: {str(first['msg']).removeprefix('Value error, ')}.",
            hint='Write --by "3 days", or --until 2026-12-24T23:59+01:00.',
        ) from error
