"""``progress``, ``goal``, ``check-work``, ``solution``, ``restore``, ``bring-over``: work in an opened course."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.output import local_time, local_zone, print_json, print_table, progress_bar, say, typed
from course_kit.apps.cli.review_words import review_lines
from course_kit.apps.cli.standing import credit_text, next_line, standing_lines
from course_kit.report.wording import percent, points
from course_kit.store.places import data_folder

if TYPE_CHECKING:
    from course_kit.workspace.panel_parts import Panel, PanelLesson

FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The opened course; by default the one around the present folder, else the one opened last.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")

_RESULT = {
    "passed": "passed",
    "failed": "did not pass",
    "not-answered": "not answered yet",
    "not-run": "not run",
    "by-hand": "scored when it is graded",
}


def now() -> datetime:
    return datetime.now(UTC)


def course_folder(folder: Path) -> Path:
    """The opened course that is meant: around ``folder``, or for the present folder the one that was opened last."""
    from course_kit.errors import NotFound
    from course_kit.store.places import workspaces
    from course_kit.workspace.folder import Workspace

    try:
        return Workspace.around(folder).folder
    except NotFound:
        if folder != Path():
            raise
        known = [entry.folder for entry in workspaces(data_folder()) if Workspace.is_one(entry.folder)]
        if not known:
            raise
        return known[0]


@click.command("progress")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--open-anyway", metavar="LESSON", default="", help="Open a locked lesson (by its key) all the same.")
@JSON
def progress_command(folder: Path, open_anyway: str, as_json: bool) -> None:
    """Show where you are in a course and what comes next: the same as the panel in JupyterLab.

    Of a locked lesson it says why, the fewest steps that open it, and their minutes.

    \b
    Examples:
      course-kit progress
      course-kit progress ~/course-kit/data-science --json
      course-kit progress --open-anyway frames
    """
    from course_kit.model.video import clock

    if open_anyway:
        _open_anyway(folder, open_anyway, quiet=as_json)
    shown = _panel(folder)
    if as_json:
        print_json(shown.model_dump(mode="json"))
        return
    say(f"{shown.course.title}: {percent(shown.fraction)}", bold=True)
    rows: list[tuple[object, ...]] = []
    for unit in shown.units:
        rows.append((unit.title, "", percent(unit.fraction), ""))
        for lesson in unit.lessons:
            why = _why_locked(lesson) if lesson.state == "locked" else ""
            right = f"{lesson.items_right} of {lesson.items} answers right" if lesson.items else ""
            rows.append((f"  {lesson.title}", lesson.state, percent(lesson.fraction), why or right))
            for video in lesson.videos:
                rows.append(
                    (f"    Video: {video.title}", clock(video.seconds), f"{percent(video.watched)} watched", "")
                )
        for work in unit.assignments:
            got = "" if work.score is None else f"{points(work.score)} of {points(work.max_score)} points"
            due = f"due {local_time(datetime.fromisoformat(work.due))}{credit_text(work)}" if work.due else ""
            rows.append((f"  {work.title}", "submitted" if work.submitted_at else "assignment", got, due))
    print_table("", ("", "", "", ""), rows)
    for notice in shown.notices:
        say(notice.text, fg="yellow")
    if shown.goal.text:
        say(f"This week's goal: {shown.goal.text}{' (done)' if shown.goal.done else ''}")
    elif shown.goal.suggested:
        say(f"A goal for this week could be: {shown.goal.suggested}")
    for line in review_lines(shown.reviews):
        say(line)
    for what, link in (("contact", shown.course.contact), ("forum", shown.course.forum), ("live", shown.course.live)):
        if link:
            say(f"{what}: {link}")
    if shown.message:
        say(shown.message)
    for line in standing_lines(shown):
        say(line)
    say(f"\n{next_line(shown)}")


def _why_locked(lesson: "PanelLesson") -> str:
    """Every reason, then the fewest steps that open the lesson if they say more, and their minutes."""
    gate = lesson.gate
    said = " ".join(reason.text for reason in lesson.reasons)
    if gate is None:
        return said
    if gate.actions is None:
        return f"{said} Nothing that you could do opens it."
    took = f" ({gate.minutes} minutes)" if gate.minutes else ""
    if len(lesson.reasons) == 1 and [step.kind for step in gate.actions] == ["wait"]:
        return said
    if all(f"{step.text} first." in said for step in gate.actions) and len(gate.actions) == len(lesson.reasons):
        return f"{said}{took}"
    return f"{said} The shortest way: {'; '.join(step.text for step in gate.actions)}{took}."


def _open_anyway(folder: Path, lesson: str, *, quiet: bool) -> None:
    from course_kit.workspace.overriding import open_anyway

    lock = open_anyway(course_folder(folder), lesson, data=data_folder(), at=now(), zone=local_zone())
    if quiet:
        return
    if lock is None:
        say(f"{lesson} is open already.")
    else:
        say(f"{lesson} is open now. It was meant to wait: {' '.join(reason.text for reason in lock.reasons)}")


def _panel(folder: Path) -> "Panel":
    from course_kit.workspace.panel import panel

    return panel(course_folder(folder), data=data_folder(), at=now(), zone=local_zone())


@click.command("goal")
@click.argument("text", default="")
@click.option("--done", is_flag=True, help="Tick the goal.")
@FOLDER
@JSON
def goal_command(text: str, done: bool, folder: Path, as_json: bool) -> None:
    """Set this week's goal in your own words, or tick it; without either, show it.

    \b
    Examples:
      course-kit goal "Finish the lesson on tables"
      course-kit goal --done
    """
    from course_kit.errors import NotFound
    from course_kit.workspace.folder import Workspace
    from course_kit.workspace.panel import set_goal

    place = course_folder(folder)
    before = _panel(place).goal
    wish = text or before.text
    if not wish:
        hint = f"Write one: {typed('goal', before.suggested or 'Two lessons')}"
        raise NotFound("There is no goal for this week yet.", hint=hint)
    if text or done:
        set_goal(data_folder(), Workspace.at(place).course, wish, done, at=now(), zone=local_zone(), folder=place)
    ticked = done if text or done else before.done
    if as_json:
        print_json({"text": wish, "done": ticked})
    else:
        say(f"This week's goal: {wish}{' (done)' if ticked else ''}")


@click.command("check-work")
@click.argument("assignment")
@FOLDER
@click.option("--kernel", default=None, help="Run in this kernel instead of the one that the notebook names.")
@JSON
def check_work_command(assignment: str, folder: Path, kernel: str | None, as_json: bool) -> None:
    """Run the tests of ASSIGNMENT that you can see, on a copy of your work, in a fresh kernel.

    \b
    Example:
      course-kit check-work frames
    """
    from course_kit.workspace.check_work import check_work

    with progress_bar("Checking", quiet=as_json) as progress:
        work = check_work(course_folder(folder), assignment, kernel=kernel, progress=progress)
    if as_json:
        print_json({**asdict(work), "passed": work.passed, "tests": work.tests})
        return
    print_table(
        f"{work.assignment}: {work.passed} of {work.tests} {'' if work.practice else 'visible '}tests pass",
        ("Task", "Points", "Result", ""),
        [(cell.grade_id, points(cell.points), _RESULT[cell.verdict], cell.message) for cell in work.cells],
    )
    for problem in work.problems:
        say(problem, fg="yellow")
    if work.passed < work.tests:
        say(f"\nNext: open the notebook in assignments/{assignment}/, answer what is open, save it, and check again.")
        if work.practice and any(cell.verdict in ("passed", "failed") for cell in work.cells):
            say(f"To see how it can be done: {typed('solution', assignment)}")
    elif work.practice:
        say(f"\nIt is all done. To compare with the solution: {typed('solution', assignment)}")
    else:
        say(f"Other tests run when it is graded.\n\nNext: {typed('submit', assignment)}")


@click.command("solution")
@click.argument("assignment")
@FOLDER
@JSON
def solution_command(assignment: str, folder: Path, as_json: bool) -> None:
    """Open the solution of ASSIGNMENT, one for practice, once you have tried it. Your own work stays as it is.

    \b
    Example:
      course-kit solution warm-up
    """
    from course_kit.workspace.solution import open_solution

    place = course_folder(folder)
    found = open_solution(place, assignment)
    if as_json:
        print_json({"assignment": found.assignment, "folder": str(place), "notebooks": list(found.notebooks)})
        return
    for name in found.notebooks:
        say(f"The solution is in {place / name}")


@click.command("restore")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--cell", default=None, help="Only this cell, named by its id; by default the whole notebook.")
def restore_command(path: Path, cell: str | None) -> None:
    """Bring back a notebook of the course, or one cell in it, as it came. Your version is kept as a backup.

    \b
    Examples:
      course-kit restore notebooks/02-frames.ipynb
      course-kit restore notebooks/02-frames.ipynb --cell load-penguins
    """
    from course_kit.workspace.folder import Workspace
    from course_kit.workspace.restore import restore_cell, restore_lesson

    place, full = Workspace.around(path).folder, path.resolve()
    restored = restore_lesson(place, full, at=now()) if cell is None else restore_cell(place, full, cell, at=now())
    kept = f" Your version is kept in {restored.backup}" if restored.backup else ""
    say(f"{restored.path} is as it came.{kept}")


@click.command("bring-over")
@click.argument("path", type=click.Path(path_type=Path))
def bring_over_command(path: Path) -> None:
    """Carry your answers into the new version of a notebook that lies beside yours. Yours is kept as a backup.

    \b
    Example:
      course-kit bring-over notebooks/02-frames.ipynb
    """
    from course_kit.workspace.folder import Workspace
    from course_kit.workspace.merge import bring_answers_over

    done = bring_answers_over(Workspace.around(path).folder, path.resolve(), at=now())
    say(f"{done.path} is the new version with {done.carried} of your cells.")
    if done.both:
        say(f"{done.both} cells were changed by both: yours stayed, and the new text stands below each, marked.")
    say(f"Your version is kept in {done.backup}")
