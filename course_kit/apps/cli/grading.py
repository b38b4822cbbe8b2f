"""``grade`` and ``held``: a batch, what it found, and the decisions that it waits for."""

import difflib
import getpass
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from course_kit.apps.cli.graded import (
    say_stopped,
    show_batch,
    show_dry_run,
    show_flaky,
    show_held,
    show_preview,
    show_reasons,
)
from course_kit.apps.cli.instructor import COURSE, JSON, typed_for
from course_kit.apps.cli.live import live_batch
from course_kit.apps.cli.output import print_json, say
from course_kit.errors import Invalid
from course_kit.model.limits import EXAMPLES, Limits
from course_kit.report.wording import points

if TYPE_CHECKING:
    from course_kit.grading.engine import Engine
    from course_kit.grading.graded import BatchState


@click.command("grade")
@click.argument("assignment")
@COURSE
@click.option("--learner", "learners", multiple=True, help="Only this learner; may be given more than once.")
@click.option("--force", is_flag=True, help="Run also what is graded and unchanged.")
@click.option("--kernel", default=None, help="Run every notebook in this kernel, whatever kernel it names.")
@click.option("--explain", is_flag=True, help="Only say why each submission would run or not.")
@click.option("--preview", is_flag=True, help="Only show whose score changed tests or cells would change.")
@click.option("--dry-run", is_flag=True, help="Only grade beside the recorded scores and show every difference.")
@click.option("--flaky", is_flag=True, help="Only run the reference solution three times: do all tests agree?")
@click.option("--yes", "apply_changes", is_flag=True, help="Carry changed tests and cells into the gradebook.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=AMOUNT",
    help="cell, notebook (time), memory, output, disk, processes: --limit cell=10s --limit 'memory=1 GB'.",
)
@click.option(
    "--proof",
    type=click.Choice(["drawn", "all", "off"]),
    default=None,
    help="How passes are proved: all at the end and one drawn in secret before (the default), each, or none.",
)
@click.option("--require-sandbox", is_flag=True, help="Run nothing without limits, landlock, seccomp and reaper.")
@click.option("--engine", "kind", type=click.Choice(["local", "dask"]), default="local", help="Where notebooks run.")
@click.option("--scheduler", default=None, help="With --engine dask: tcp://HOST:PORT, or the scheduler's file.")
@click.option("--in-flight", type=click.IntRange(min=1), default=None, help="Notebooks that run at once.")
@JSON
def grade_command(**given: Any) -> None:
    """Grade what was submitted for ASSIGNMENT: run in a sandbox, many at once, scored by nbgrader.

    ASSIGNMENT is one of a course-kit course or of a plain nbgrader course. The gradebook is backed up first. Only what
    changed is run; one broken submission never ends the batch; a batch that was stopped goes on where it was. Scores
    and comments that you gave by hand stay.

    \b
    Examples:
      course-kit grade frames
      course-kit grade frames --explain
      course-kit grade frames --preview        after a test was changed; then:
      course-kit grade frames --yes
      course-kit grade Lab2 --course cs1302 --kernel python3 --limit cell=60s
      course-kit grade frames --engine dask --scheduler tcp://10.0.0.1:8786
    """
    asked = _Asked(**given)
    asked.check()
    if asked.explain:
        _explain(asked)
    elif asked.flaky:
        _check_flaky(asked)
    elif asked.preview or asked.dry_run:
        _try(asked)
    else:
        _grade(asked)


@dataclass(frozen=True)
class _Asked:
    """What was typed after ``grade``."""

    assignment: str
    course: Path
    learners: tuple[str, ...]
    force: bool
    kernel: str | None
    explain: bool
    preview: bool
    dry_run: bool
    flaky: bool
    apply_changes: bool
    limits: tuple[str, ...]
    proof: Any
    require_sandbox: bool
    kind: Any
    scheduler: str | None
    in_flight: int | None
    as_json: bool

    def check(self) -> None:
        """Raises :class:`click.UsageError` for what does not go together or cannot be read."""
        one_of = {"--explain": self.explain, "--preview": self.preview, "--dry-run": self.dry_run}
        one_of |= {"--flaky": self.flaky, "--yes": self.apply_changes}
        chosen = [name for name, is_set in one_of.items() if is_set]
        if len(chosen) > 1:
            raise click.UsageError(f"{chosen[0]} and {chosen[1]} do not go together: run one after the other.")
        if self.flaky and (self.learners or self.proof):
            raise click.UsageError("--flaky runs the reference solution, without proof: no --learner, no --proof.")
        if self.scheduler is not None and self.kind != "dask":
            raise click.UsageError("--scheduler goes with --engine dask.")
        _limits(self.limits)

    @property
    def run_with(self) -> dict[str, Any]:
        """What a batch, a trial and an explanation have in common."""
        common = {"kernel": self.kernel, "limits": _limits(self.limits), "proof": self.proof}
        return {**common, "learners": self.learners or None}

    @contextmanager
    def engine(self) -> Iterator["Engine | None"]:
        """Where notebooks run; None leaves it to the batch, which then starts only what it needs."""
        if self.kind == "local" and self.in_flight is None:
            yield None
            return
        from course_kit.grading.engine import open_engine

        with open_engine(self.kind, scheduler=self.scheduler, in_flight=self.in_flight) as engine:
            if self.kind != "local":
                say(f"Notebooks run on {engine.name}.", err=True)
            yield engine


def _explain(asked: _Asked) -> None:
    from course_kit.grading.explain import explain

    with asked.engine() as engine:
        reasons = explain(asked.course, asked.assignment, force=asked.force, engine=engine, **asked.run_with)
    show_reasons(reasons, as_json=asked.as_json)


def _check_flaky(asked: _Asked) -> None:
    from course_kit.grading.flaky import check_flaky

    with asked.engine() as engine:
        found = check_flaky(
            asked.course,
            asked.assignment,
            kernel=asked.kernel,
            limits=_limits(asked.limits),
            require_sandbox=asked.require_sandbox,
            engine=engine,
        )
    show_flaky(found, as_json=asked.as_json)


def _try(asked: _Asked) -> None:
    from course_kit.grading import trial

    run, title = (trial.preview, "Trying") if asked.preview else (trial.dry_run, "Grading beside")
    with asked.engine() as engine, live_batch(title, quiet=asked.as_json) as watch:
        tried = run(
            asked.course,
            asked.assignment,
            engine=engine,
            watch=watch,
            require_sandbox=asked.require_sandbox,
            **asked.run_with,
        )
    if asked.preview:
        show_preview(tried, asked.course, asked.assignment, asked.kernel, as_json=asked.as_json)
    else:
        show_dry_run(tried, as_json=asked.as_json)


def _grade(asked: _Asked) -> None:
    from course_kit.grading.desk import start_ahead

    here = asked.kind == "local" and asked.in_flight is None
    start_ahead(asked.course, asked.assignment, runs_here=here)
    from course_kit.grading.batch import grade

    last: list[BatchState] = []
    try:
        with asked.engine() as engine, live_batch("Grading", quiet=asked.as_json) as watch:

            def see(state: "BatchState") -> None:
                last[:] = [state]
                watch(state)

            batch = grade(
                asked.course,
                asked.assignment,
                force=asked.force,
                watch=see,
                at=datetime.now(UTC),
                require_sandbox=asked.require_sandbox,
                engine=engine,
                apply_changes=asked.apply_changes,
                **asked.run_with,
            )
    except KeyboardInterrupt as stop:
        say_stopped(last[-1] if last else None, force=asked.force)
        raise click.exceptions.Exit(130) from stop
    if asked.as_json:
        print_json(batch.json_object())
    else:
        show_batch(batch, asked.course, asked.assignment, asked.kernel)


def _limits(texts: Sequence[str]) -> dict[str, str]:
    """By name, as they were typed. Raises :class:`click.UsageError`, which shows one that is right."""
    found = {}
    for text in texts:
        name, equals, amount = (part.strip() for part in text.partition("="))
        if not equals:
            raise click.UsageError(f"--limit {text}: write NAME=AMOUNT, such as {_example('cell')}.")
        if name not in EXAMPLES:
            near = difflib.get_close_matches(name, EXAMPLES, n=1)
            meant = f"write it like {_example(near[0])}" if near else f"there are {', '.join(EXAMPLES)}"
            raise click.UsageError(f"--limit {text}: there is no limit {name!r}; {meant}.")
        try:
            Limits().with_settings({name: amount})
        except ValueError:
            raise click.UsageError(
                f"--limit {text}: {amount!r} is no amount for {name}; write it like {_example(name)}."
            ) from None
        found[name] = amount
    return found


def _example(name: str) -> str:
    return f"--limit {shlex.quote(f'{name}={EXAMPLES[name]}')}"


@click.command("held")
@click.argument("assignment")
@COURSE
@click.option("--accept", "decision", flag_value="accept", help="Give the points.")
@click.option("--deny", "decision", flag_value="deny", help="Do not give the points.")
@click.option("--learner", default=None, help="Only this learner's.")
@click.option("--cell", default=None, help="Only this test's.")
@click.option("--all", "everything", is_flag=True, help="All that is held for this assignment.")
@click.option("--by", default=None, help="Who decides; your login by default. It is kept with the decision.")
@JSON
def held_command(
    assignment: str,
    course: Path,
    decision: str | None,
    learner: str | None,
    cell: str | None,
    everything: bool,
    by: str | None,
    as_json: bool,
) -> None:
    """Show which points of ASSIGNMENT are held because a pass could not be verified, and decide on them.

    The evidence is for you; a learner is told only that the answer is being reviewed. Look at the notebook in the
    formgrader before you deny: the program accuses nobody. Nothing is run again.

    \b
    Examples:
      course-kit held frames
      course-kit held frames --accept --learner ada
      course-kit held frames --deny --learner bob --cell test-mean
      course-kit held frames --accept --all
    """
    from course_kit.grading.decisions import decide, review

    if decision is None:
        if learner or cell or everything:
            raise click.UsageError("Say what to do with them: --accept or --deny.")
        show_held(review(course, assignment), course, assignment, as_json=as_json)
        return
    if not (learner or cell or everything):
        raise click.UsageError("Say whose: --learner NAME, --cell NAME, or --all.")
    decided = decide(
        course,
        assignment,
        learner=learner,
        cell=cell,
        accept=decision == "accept",
        by=by or _login(),
        at=datetime.now(UTC),
    )
    if as_json:
        print_json({**asdict(decided), "scores": [score.model_dump() for score in decided.scores]})
        return
    for one in decided.decisions:
        say(f"  {one.text}")
    for score in decided.scores:
        say(f"  {score.learner}: {points(score.score)} of {points(score.max_score)}, {score.status}")
    if decided.unsettled:
        say(f"  To be graded again before it counts: {', '.join(decided.unsettled)}", fg="yellow")
        say(f"\nNext: {typed_for(course, 'grade', assignment)}")
        return
    say(f"\nNext: {typed_for(course, 'publish', assignment)}")


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise Invalid("Nobody is named here.", hint="Say who decides: --by NAME.") from error
