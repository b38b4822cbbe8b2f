"""``nbgrader enable``, ``nbgrader disable``, ``nbgrader status``."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.instructor import COURSE, JSON, typed_for
from course_kit.apps.cli.output import print_json, say, short_path

if TYPE_CHECKING:
    from course_kit.bridges.nbgrader.enable import Enabled

Limits = Mapping[str, Mapping[str, str]] | None


@click.group("nbgrader")
def nbgrader_command() -> None:
    """Have nbgrader itself grade in course-kit's sandbox: `nbgrader autograde` and the formgrader's Autograde button.

    `enable` writes one marked block at the end of the course's nbgrader_config.py; `disable` takes it out, and the file
    is what it was. Only nbgrader's step that runs notebooks is exchanged; scores stay nbgrader's, and late work counts
    as course.yml says (`course-kit dates`), unless the course has a plugin for late penalties.

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

    It gets the limits of course.yml, too, where nbgrader_config.py sets none. Run it again when they changed.

    \b
    Example:
      course-kit nbgrader enable --course ~/courses/data-science
    """
    from course_kit.bridges.nbgrader.enable import enable

    if not _each(course, enable, lambda one: "Enabled" if one.changed else "Already enabled", as_json=as_json):
        return
    say("From now on `nbgrader autograde` in that folder runs submitted notebooks in the sandbox.")
    say("The formgrader's Autograde button does so too once JupyterLab is started (anew) in that folder.")
    say(f"\nTo undo it: {typed_for(course, 'nbgrader', 'disable')}")


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

    def out(root: Path, _limits: Limits) -> "Enabled":
        return disable(root)

    if not _each(course, out, lambda one: "Disabled" if one.changed else "It was not enabled", as_json=as_json):
        return
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

    done = _each(course, status, lambda one: one.state.capitalize(), as_json=as_json)
    if any(one.outdated for one in done):
        say("\nnbgrader grades with other limits than course.yml has by now.", fg="yellow")
        say(f"  To bring them over: {typed_for(course, 'nbgrader', 'enable')}")


def _each(
    course: Path, step: "Callable[[Path, Limits], Enabled]", said: "Callable[[Enabled], str]", *, as_json: bool
) -> "list[Enabled]":
    """Do ``step`` in each nbgrader course of a course and say what came of it; in JSON nothing is left to be said."""
    done = [step(root, limits) for root, limits in _roots(course).items()]
    if as_json:
        print_json({"courses": [{**asdict(one), "config": str(one.config)} for one in done]})
        return []
    for one in done:
        say(f"{said(one)} in {short_path(one.config)}")
    return done


def _roots(course: Path) -> dict[Path, Limits]:
    """The nbgrader courses of a course, with the limits that course.yml sets in each (None: there is no course.yml)."""
    from course_kit.grading.places import check_place, find_place

    folder = check_place(course)
    if not (folder / "course.yml").is_file():
        return {folder: None}
    found: dict[Path, dict[str, Mapping[str, str]]] = {}
    for assignment in find_place(folder).assignments:
        found.setdefault(assignment.root, {})[assignment.name] = assignment.limits
    return {**found} or {folder: None}
