"""``nbgrader enable``, ``nbgrader disable``, ``nbgrader status``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.output import print_json, say, short_path, typed

if TYPE_CHECKING:
    from course_kit.bridges.nbgrader.enable import Enabled

COURSE = click.option(
    "--course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The course's folder, or an nbgrader course directory; by default the present folder.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


@click.group("nbgrader")
def nbgrader_command() -> None:
    """Have nbgrader itself grade in course-kit's sandbox: `nbgrader autograde` and the formgrader's Autograde button.

    `enable` writes one marked block at the end of the course's nbgrader_config.py; `disable` takes it out, and the file
    is what it was. Only nbgrader's step that runs notebooks is exchanged; scores stay nbgrader's.

    \b
    Examples:
      course-kit nbgrader enable
      course-kit nbgrader status --course ~/courses/data-science
      course-kit nbgrader disable
    """


@nbgrader_command.command("enable")
@COURSE
@JSON
def enable_command(course: Path, as_json: bool) -> None:
    """Have nbgrader run submitted notebooks in course-kit's sandbox, in warm kernels.

    \b
    Example:
      course-kit nbgrader enable --course ~/courses/data-science
    """
    from course_kit.bridges.nbgrader.enable import enable

    done = [enable(root) for root in _roots(course)]
    if as_json:
        _print(done)
        return
    for one in done:
        say(f"{'Enabled' if one.changed else 'Already enabled'} in {short_path(one.config)}")
    say("From now on `nbgrader autograde` in that folder runs submitted notebooks in the sandbox.")
    say("The formgrader's Autograde button does so too once JupyterLab is started (anew) in that folder.")
    say(f"\nTo undo it: {typed('nbgrader', 'disable', '--course', course)}")


@nbgrader_command.command("disable")
@COURSE
@JSON
def disable_command(course: Path, as_json: bool) -> None:
    """Give nbgrader its own way of running notebooks back.

    \b
    Example:
      course-kit nbgrader disable --course ~/courses/data-science
    """
    from course_kit.bridges.nbgrader.enable import disable

    done = [disable(root) for root in _roots(course)]
    if as_json:
        _print(done)
        return
    for one in done:
        say(f"{'Disabled' if one.changed else 'It was not enabled'} in {short_path(one.config)}")
    say("`nbgrader autograde` runs submitted notebooks without a sandbox again; start JupyterLab anew, too.")


@nbgrader_command.command("status")
@COURSE
@JSON
def status_command(course: Path, as_json: bool) -> None:
    """Say whether nbgrader runs submitted notebooks in course-kit's sandbox.

    \b
    Example:
      course-kit nbgrader status
    """
    from course_kit.bridges.nbgrader.enable import status

    done = [status(root) for root in _roots(course)]
    if as_json:
        _print(done)
        return
    for one in done:
        say(f"{one.state}: {short_path(one.config)}")


def _roots(course: Path) -> list[Path]:
    """The nbgrader courses of a course: its folder itself, or where its assignments are."""
    from course_kit.grading.places import check_place, find_place

    folder = check_place(course)
    if not (folder / "course.yml").is_file():
        return [folder]
    return list(dict.fromkeys(assignment.root for assignment in find_place(folder).assignments)) or [folder]


def _print(done: "list[Enabled]") -> None:
    rows = [{"state": one.state, "config": str(one.config), "changed": one.changed} for one in done]
    print_json({"courses": rows})
