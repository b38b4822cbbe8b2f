"""``demo``."""

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course_kit.apps.cli.output import print_table, progress_bar, say, typed
from course_kit.report.wording import points

if TYPE_CHECKING:
    from course_kit.apps.demo import Demo


@click.command("demo")
@click.option(
    "--to", type=click.Path(path_type=Path), default=Path("demo"), help="The demo's folder; by default demo/."
)
@click.option(
    "--learners", type=click.IntRange(1, 200), default=8, show_default=True, help="How many made-up learners."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed makes the same cohort.")
@click.option("--open", "open_lab", is_flag=True, help="Then open JupyterLab on the course, as a learner.")
def demo_command(to: Path, learners: int, seed: int, open_lab: bool) -> None:
    """Play the whole journey on the flagship course: check, build, learn, submit, collect, grade, feedback, report.

    The learners are made up; everything else is the real thing.

    \b
    Examples:
      course-kit demo
      course-kit demo --to /tmp/demo --learners 20 --open
    """
    from course_kit.errors import Unavailable

    missing = [name for name in ("nbgrader", "numpy", "pandas", "matplotlib") if find_spec(name) is None]
    if missing:
        raise Unavailable(
            f"The demo grades the flagship course, and these are not installed: {', '.join(missing)}.",
            hint='Run: pip install "course-kit[grading,course]"',
        )
    from course_kit.apps.demo import Demo, run_demo

    demo = Demo(folder=to.resolve(), size=learners, seed=seed)
    run_demo(demo, progress_bar)
    _summarise(demo)
    if open_lab:
        from course_kit.apps.cli.opening import start_lab
        from course_kit.workspace.open import open_course

        assert demo.built is not None  # noqa: S101 (run_demo built it)
        opened = open_course(str(demo.built.archive), to=demo.folder / "you", at=datetime.now(UTC))
        start_lab(opened.folder, opened.first)


def _summarise(demo: "Demo") -> None:
    """What came of it, where things are, and what to type next."""
    print_table(
        "Scores",
        ("Learner", "Assignment", "Status", "Score", "of", ""),
        [(s.learner, s.assignment, s.status, points(s.score), points(s.max_score), s.detail) for s in demo.scores],
    )
    strays = [one for collected in demo.collected for one in collected.unmatched]
    for one in strays:
        say(f"Fits nobody: {one.file}: {one.reason}")
    archive = demo.built.archive if demo.built else ""
    print_table(
        "Where things are",
        ("", ""),
        [
            ("the course, as its author sees it", demo.course),
            ("the release, one file", archive),
            ("what learners handed in", demo.inbox),
            ("one learner's copy", demo.copy_of(demo.scores[0].learner) if demo.scores else ""),
            ("feedback, one file a learner", demo.feedback_files[0].parent if demo.feedback_files else ""),
            ("the report", demo.report),
        ],
    )
    say("Next:", bold=True)
    say(f"  look at the report          open {demo.report} in a browser")
    say(f"  be a learner                {typed('open', archive)}")
    say(f"  be an instructor            {typed('report', '--course', demo.course)}")
    say(f"  begin a course of your own  {typed('init', 'my-course')}")
