"""The command's root: finds a subcommand without importing the others, and turns errors into words."""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from course_kit import __version__
from course_kit.apps.cli.output import say
from course_kit.errors import CourseKitError

_CLI = "course_kit.apps.cli"
COMMANDS: dict[str, tuple[str, str, str]] = {
    # name: (journey, module, what it does in one line)
    "init": ("Author", "author", "Begin a course, or wrap an nbgrader course."),
    "check": ("Author", "author", "Find everything that is wrong in a course, at once."),
    "build": ("Author", "author", "Build a release: one file for learners."),
    "quiz": ("Author", "quizzes", "Preview quizzes, import questions, begin new ones."),
    "open": ("Learner", "opening", "Open a course, or feedback, and start JupyterLab."),
    "progress": ("Learner", "learner", "Show where you are and what comes next."),
    "goal": ("Learner", "learner", "Set or tick this week's goal."),
    "plan": ("Learner", "plan", "Show your plan: milestones, when you finish, this week; calendars."),
    "pace": ("Learner", "pace", "Show your dates; pause, or start over from today."),
    "review": ("Learner", "review", "Practise what is due, in a ten-minute notebook."),
    "check-work": ("Learner", "learner", "Run an assignment's visible tests on your work."),
    "solution": ("Learner", "learner", "Open a practice assignment's solution, after an attempt."),
    "submit": ("Learner", "roads", "Write a submission file with a receipt."),
    "restore": ("Learner", "learner", "Bring back a cell or a lesson as it came."),
    "bring-over": ("Learner", "learner", "Carry your answers into a lesson's new version."),
    "sync": ("Learner", "roads", "Keep two computers together through a folder."),
    "roster": ("Instructor", "instructor", "Show the roster, or import one."),
    "collect": ("Instructor", "instructor", "Take in submissions from a folder or a download."),
    "grade": ("Instructor", "grading", "Grade a batch: in a sandbox, many at once, scored by nbgrader."),
    "held": ("Instructor", "grading", "Decide on points that are held for a review."),
    "dates": ("Instructor", "dates", "Show who has to hand in when, and what late work counts."),
    "extend": ("Instructor", "dates", "Give a learner more time."),
    "waive": ("Instructor", "arranging", "Excuse a learner from a lesson."),
    "arrangements": ("Instructor", "arranging", "Write files that tell learners their cohort, extensions and waivers."),
    "publish": ("Instructor", "instructor", "Publish scores as events."),
    "feedback": ("Instructor", "instructor", "Make one feedback file per learner."),
    "grades": ("Instructor", "grades", "Write scores as a file for Canvas or Moodle."),
    "report": ("Instructor", "instructor", "Write the report: who is where, who is stuck."),
    "nbgrader": ("Instructor", "nbgrader", "Have nbgrader itself grade in the sandbox, or not."),
    "store": ("Records", "store", "Check, rebuild, back up, restore, export or erase what was recorded."),
    "demo": ("Try it", "demo", "Play the whole journey with made-up learners."),
}


class _Root(click.Group):
    """Imports the module of the one command that is asked for, and lists the commands by journey."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{_CLI}.{COMMANDS[cmd_name][1]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_") + "_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        import difflib

        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for journey in dict.fromkeys(journey for journey, _, _ in COMMANDS.values()):
            with formatter.section(journey):
                formatter.write_dl([(name, text) for name, (of, _, text) in COMMANDS.items() if of == journey])


@click.command(cls=_Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="course-kit")
def root() -> None:
    """Self-paced courses from Jupyter notebooks: lessons with quizzes, assignments, progress.

    \b
    Examples:
      course-kit demo                      the whole journey, on this computer
      course-kit init my-course            begin a course of your own
      course-kit open data-science.course.zip
      course-kit COMMAND --help            each command, with an example
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with 0, 1 (an error, said in words), 2 (bad usage) or 130 (interrupted)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = root.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.exceptions.Exit as stop:
        status = stop.exit_code
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("\nStopped. Nothing is lost: run the same command again to go on.", err=True)
        status = 130
    except CourseKitError as error:
        _say(error)
        status = error.exit_status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:
        _say_unexpected(error)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _say(error: CourseKitError) -> None:
    say("Error: ", fg="red", bold=True, nl=False, err=True)
    say(error.message, err=True)
    if error.hint:
        say(f"What next: {error.hint}", err=True)


def _say_unexpected(error: Exception) -> None:
    """A fault of ours: the traceback goes to a log, and the person is told where it is."""
    from course_kit.store.places import data_folder

    trace = "".join(traceback.format_exception(error))
    log = Path(data_folder()) / "errors.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now(UTC).isoformat()} course-kit {__version__}\n{trace}\n")
        where = f"The details are in {log}; please report them."
    except OSError:
        where = trace
    say("Error: ", fg="red", bold=True, nl=False, err=True)
    say(f"Something went wrong inside course-kit: {type(error).__name__}: {error}", err=True)
    say(f"What next: {where}", err=True)
