"""``open``, ``progress``, ``goal``, ``check-work``, ``submit``, ``restore``, ``bring-over``, ``sync``."""

import re
import webbrowser
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.output import local_time, local_zone, print_json, print_table, progress_bar, say, typed
from course_kit.report.wording import percent, points
from course_kit.store.places import data_folder

if TYPE_CHECKING:
    from course_kit.workspace.open import Opened
    from course_kit.workspace.panel_parts import Panel
    from course_kit.workspace.submit import Preview, Receipt

FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The opened course; by default the one around the present folder, else the one opened last.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


def _now() -> datetime:
    return datetime.now(UTC)


def _course_folder(folder: Path) -> Path:
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


@click.command("open")
@click.argument("source")
@click.option("--to", type=click.Path(path_type=Path), default=None, help="Where your copy goes.")
@click.option("--no-lab", is_flag=True, help="Do not start JupyterLab.")
@JSON
def open_command(source: str, to: Path | None, no_lab: bool, as_json: bool) -> None:
    """Open a course from SOURCE: a file, a link, or a folder. Or show a feedback file.

    Your copy is made the first time, by default in course-kit/ in your home folder. Later, notebooks that you have not
    touched follow the newer release, and those that you have stay as they are, with the new version beside them.

    \b
    Examples:
      course-kit open data-science.course.zip
      course-kit open https://example.org/data-science.course.zip --to ~/data-science
      course-kit open frames-ada.feedback.zip
    """
    from course_kit.workspace.download import is_address
    from course_kit.workspace.open import open_course, what_is

    file = Path(source).expanduser()
    if not is_address(source) and (source.endswith(".feedback.zip") or what_is(file) == "feedback"):
        _show_feedback(file, no_lab=no_lab, as_json=as_json)
        return

    with progress_bar("Opening", quiet=as_json) as progress:
        opened = open_course(source, to=to, at=_now(), progress=progress)
    if as_json:
        print_json({**asdict(opened), "folder": str(opened.folder), "welcome": str(opened.welcome)})
        return
    _say_opened(opened)
    if no_lab:
        say(f"\nNext: {typed('open', opened.folder)}")
    else:
        start_lab(
            opened.folder, opened.welcome.relative_to(opened.folder).as_posix() if opened.first_run else opened.first
        )


def _say_opened(opened: "Opened") -> None:
    say(f"{opened.title} (release {opened.release[:12]}) is in {opened.folder}")
    if opened.message:
        say(opened.message)
    for names, what in (
        (() if opened.first_run else opened.added, "is new"),
        (opened.updated, "follows the new release"),
        (opened.removed, "is no longer part of the course (a backup was kept)"),
        (opened.kept, "stays as you left it"),
    ):
        for name in names:
            say(f"  {name} {what}")
    for name in opened.conflicts:
        own = opened.folder / re.sub(r" \(new version(?: \d+)?\)", "", name)
        say(f"  {name} lies beside yours; to carry your answers into it: {typed('bring-over', own)}")
    if opened.missing_packages:
        say(f"Missing packages: {', '.join(opened.missing_packages)}", fg="yellow", err=True)
        say(f"Lessons that use them will fail. Install them with: {opened.install}", err=True)
    if opened.first_run:
        say(f"What is recorded, and who sees it: {opened.welcome}")


def start_lab(folder: Path, first: str | None) -> None:
    """Start JupyterLab on ``folder``, at ``first`` if there is one; returns when it ends.

    The course's files are a stranger's: neither Python (``-P``) nor what reads its settings from the present folder
    (nbgrader) may find any of them before the learner runs a cell.
    """
    import subprocess
    import sys

    page = f"/lab/tree/{first}" if first else "/lab"
    settings = [f"--ServerApp.root_dir={folder.resolve()}", f"--LabApp.default_url={page}"]
    command = [sys.executable, "-P", "-m", "jupyterlab", *settings]
    elsewhere = data_folder()
    elsewhere.mkdir(parents=True, exist_ok=True)
    say("Starting JupyterLab; stop it with Control-C. Your work is saved in the folder above.")
    try:
        subprocess.run(command, check=False, cwd=elsewhere)
    except KeyboardInterrupt:
        say("JupyterLab was stopped. Go on any time with: " + typed("open", folder))


def _show_feedback(path: Path, *, no_lab: bool, as_json: bool) -> None:
    from course_kit.workspace.feedback import open_feedback

    feedback = open_feedback(path, data=data_folder(), at=_now())
    pages = [Path(page) for page in feedback.pages]
    if as_json:
        score = {"score": feedback.score, "max_score": feedback.max_score}
        shown = {"assignment": feedback.assignment, **score, "pages": [str(page) for page in pages]}
        print_json({**shown, "message": feedback.message} if feedback.message else shown)
        return
    say(f"{feedback.assignment}: {points(feedback.score)} of {points(feedback.max_score)} points")
    for page in pages:
        say(f"  {page}")
    if feedback.message:
        say(feedback.message)
    if pages and not no_lab:
        webbrowser.open(pages[0].resolve().as_uri())


@click.command("progress")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@JSON
def progress_command(folder: Path, as_json: bool) -> None:
    """Show where you are in a course and what comes next: the same as the panel in JupyterLab.

    \b
    Examples:
      course-kit progress
      course-kit progress ~/course-kit/data-science --json
    """
    shown = _panel(folder)
    if as_json:
        print_json(shown.model_dump(mode="json"))
        return
    say(f"{shown.course.title}: {percent(shown.fraction)}", bold=True)
    rows: list[tuple[object, ...]] = []
    for unit in shown.units:
        rows.append((unit.title, "", percent(unit.fraction), ""))
        for lesson in unit.lessons:
            why = " ".join(reason.text for reason in lesson.reasons)
            right = f"{lesson.items_right} of {lesson.items} answers right" if lesson.items else ""
            rows.append((f"  {lesson.title}", lesson.state, percent(lesson.fraction), why or right))
        for work in unit.assignments:
            got = "" if work.score is None else f"{points(work.score)} of {points(work.max_score)} points"
            due = f"due {local_time(datetime.fromisoformat(work.due))}" if work.due else ""
            rows.append((f"  {work.title}", "submitted" if work.submitted_at else "assignment", got, due))
    print_table("", ("", "", "", ""), rows)
    if shown.goal.text:
        say(f"This week's goal: {shown.goal.text}{' (done)' if shown.goal.done else ''}")
    elif shown.goal.suggested:
        say(f"A goal for this week could be: {shown.goal.suggested}")
    for what, link in (("contact", shown.course.contact), ("forum", shown.course.forum), ("live", shown.course.live)):
        if link:
            say(f"{what}: {link}")
    if shown.message:
        say(shown.message)
    if shown.next is not None:
        minutes = f" ({shown.next.minutes} minutes)" if shown.next.minutes else ""
        say(f"\nNext: {shown.next.title}{minutes}. {shown.next.why}")
    else:
        say("\nEverything is done.")


def _panel(folder: Path) -> "Panel":
    from course_kit.workspace.panel import panel

    return panel(_course_folder(folder), data=data_folder(), at=_now(), zone=local_zone())


@click.command("goal")
@click.argument("text", default="")
@click.option("--done", is_flag=True, help="Tick the goal.")
@FOLDER
def goal_command(text: str, done: bool, folder: Path) -> None:
    """Set this week's goal in your own words, or tick it; without either, show it.

    \b
    Examples:
      course-kit goal "Finish the lesson on tables"
      course-kit goal --done
    """
    from course_kit.workspace.folder import Workspace
    from course_kit.workspace.panel import set_goal

    place = _course_folder(folder)
    before = _panel(place).goal
    wish = text or before.text
    if not wish:
        raise click.UsageError(f"There is no goal yet: write one, such as {typed('goal', 'Two lessons')}.")
    if not text and not done:
        say(f"This week's goal: {wish}{' (done)' if before.done else ''}")
        return
    set_goal(data_folder(), Workspace.at(place).course, wish, done, at=_now(), zone=local_zone(), folder=place)
    say(f"This week's goal: {wish}{' (done)' if done else ''}")


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
        work = check_work(_course_folder(folder), assignment, kernel=kernel, progress=progress)
    if as_json:
        print_json({**asdict(work), "passed": work.passed, "tests": work.tests})
        return
    print_table(
        f"{work.assignment}: {work.passed} of {work.tests} visible tests pass",
        ("Task", "Points", "Result", ""),
        [(cell.grade_id, points(cell.points), cell.verdict, cell.message) for cell in work.cells],
    )
    for problem in work.problems:
        say(problem, fg="yellow")
    if work.passed < work.tests:
        say(f"\nNext: open the notebook in assignments/{assignment}/, answer what is open, save it, and check again.")
    else:
        say(f"Other tests run when it is graded.\n\nNext: {typed('submit', assignment)}")


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

    place = _course_folder(folder)
    preview = preview_submission(place, assignment, data=data_folder(), at=_now())
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
            at=_now(),
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
    say(f"  {len(receipt.files)} files, {receipt.events} events")
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
    restored = restore_lesson(place, full, at=_now()) if cell is None else restore_cell(place, full, cell, at=_now())
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

    done = bring_answers_over(Workspace.around(path).folder, path.resolve(), at=_now())
    say(f"{done.path} is the new version with {done.carried} of your cells.")
    if done.both:
        say(f"{done.both} cells were changed by both: yours stayed, and the new text stands below each, marked.")
    say(f"Your version is kept in {done.backup}")


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
        synced = sync(folder, data=data_folder(), at=_now(), progress=progress)
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
