"""``open``: a course in a copy of the learner's own, or a feedback file; and JupyterLab on it."""

import re
import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.learner import JSON, now
from course_kit.apps.cli.output import local_zone, print_json, progress_bar, say, typed
from course_kit.report.wording import points
from course_kit.store.places import data_folder

if TYPE_CHECKING:
    from course_kit.workspace.open import Opened


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
        opened = open_course(source, to=to, at=now(), progress=progress)
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

    feedback = open_feedback(path, data=data_folder(), at=now(), zone=local_zone())
    pages = [Path(page) for page in feedback.pages]
    if as_json:
        score = {"score": feedback.score, "max_score": feedback.max_score}
        shown = {"assignment": feedback.assignment, **score, "pages": [str(page) for page in pages]}
        print_json({**shown, "message": feedback.message} if feedback.message else shown)
        return
    if feedback.assignment:
        say(f"{feedback.assignment}: {points(feedback.score)} of {points(feedback.max_score)} points")
    for page in pages:
        say(f"  {page}")
    if feedback.message:
        say(feedback.message)
    if pages and not no_lab:
        webbrowser.open(pages[0].resolve().as_uri())
