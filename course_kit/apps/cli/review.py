"""``review``: the notebook of what is due, made and opened."""

from pathlib import Path

import click

from course_kit.apps.cli.learner import FOLDER, JSON, course_folder, now
from course_kit.apps.cli.output import local_zone, print_json, say, typed
from course_kit.store.places import data_folder


@click.command("review")
@click.option(
    "--minutes", type=click.FloatRange(1, 120), default=10, show_default=True, help="How long it is to take, at most."
)
@click.option("--anyway", is_flag=True, help="Where nothing is due: practise what is weakest.")
@click.option("--no-open", is_flag=True, help="Only make the notebook; do not start JupyterLab.")
@FOLDER
@JSON
def review_command(minutes: float, anyway: bool, no_open: bool, folder: Path, as_json: bool) -> None:
    """Make and open a notebook that asks what is due: skills that you would soon forget, in fresh questions.

    Each skill comes back when the chance that you remember it has fallen to nine in ten. Your first answer decides
    when it does so next; how far your lessons have come never changes. With --json, JupyterLab is not started.

    \b
    Examples:
      course-kit review
      course-kit review --minutes 5 --no-open
      course-kit review --anyway
    """
    from course_kit.workspace.review import make_review

    made = make_review(
        course_folder(folder), data=data_folder(), at=now(), zone=local_zone(), minutes=minutes, anyway=anyway
    )
    if as_json:
        print_json(
            {
                "review": made.review,
                "folder": str(made.folder),
                "path": made.path,
                "skills": list(made.skills),
                "minutes": made.minutes,
            }
        )
        return
    minutes_each = f"{made.minutes} minute{'' if made.minutes == 1 else 's'}"
    say(f"{', '.join(made.titles)}: about {minutes_each}, in {made.folder / made.path}")
    if no_open:
        say(f"\nNext: open it in JupyterLab and run all cells. {typed('open', made.folder)} starts it.")
        return
    from course_kit.apps.cli.opening import start_lab

    start_lab(made.folder, made.path)
