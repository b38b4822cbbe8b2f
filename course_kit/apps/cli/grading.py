"""``grade`` and ``held``: a batch, what it found, and the decisions that it waits for."""

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from course_kit.apps.cli.instructor import COURSE, JSON, say_formgrader, typed_for
from course_kit.apps.cli.live import live_batch
from course_kit.apps.cli.output import counted, print_json, print_table, say
from course_kit.errors import Invalid
from course_kit.report.wording import points

if TYPE_CHECKING:
    from course_kit.grading.decisions import Held
    from course_kit.grading.engine import Engine
    from course_kit.grading.graded import GradedBatch, Reason, TestFlag
    from course_kit.grading.trial import Trial


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
def grade_command(
    assignment: str,
    course: Path,
    learners: tuple[str, ...],
    force: bool,
    kernel: str | None,
    explain: bool,
    preview: bool,
    dry_run: bool,
    flaky: bool,
    apply_changes: bool,
    limits: tuple[str, ...],
    proof: Any,
    require_sandbox: bool,
    kind: Any,
    scheduler: str | None,
    in_flight: int | None,
    as_json: bool,
) -> None:
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
    _one_of(explain=explain, preview=preview, dry_run=dry_run, flaky=flaky, yes=apply_changes)
    if flaky and (learners or proof):
        raise click.UsageError("--flaky runs the reference solution, without proof: no --learner, no --proof.")
    common: dict[str, Any] = {"kernel": kernel, "learners": learners or None, "limits": _limits(limits), "proof": proof}
    if explain:
        from course_kit.grading.explain import explain as explained

        _show_reasons(explained(course, assignment, force=force, **common), as_json=as_json)
        return
    if not (flaky or preview or dry_run):
        from course_kit.grading.desk import start_ahead

        start_ahead(course)
    with _engine(kind, scheduler, in_flight) as engine:
        if flaky:
            from course_kit.grading.flaky import check_flaky

            found = check_flaky(
                course,
                assignment,
                kernel=kernel,
                limits=common["limits"],
                require_sandbox=require_sandbox,
                engine=engine,
            )
            _show_flaky(found, as_json=as_json)
            return
        if preview or dry_run:
            from course_kit.grading import trial

            run = trial.preview if preview else trial.dry_run
            with live_batch("Trying" if preview else "Grading beside", quiet=as_json) as watch:
                tried = run(course, assignment, engine=engine, watch=watch, require_sandbox=require_sandbox, **common)
            _show_trial(tried, course, assignment, kernel, preview=preview, as_json=as_json)
            return
        from course_kit.grading.batch import grade

        with live_batch("Grading", quiet=as_json) as watch:
            batch = grade(
                course,
                assignment,
                force=force,
                watch=watch,
                at=datetime.now(UTC),
                require_sandbox=require_sandbox,
                engine=engine,
                apply_changes=apply_changes,
                **common,
            )
    if as_json:
        print_json(batch.json_object())
        return
    _show_batch(batch, course, assignment, kernel)


def _one_of(**chosen: bool) -> None:
    given = [f"--{name.replace('_', '-')}" for name, is_set in chosen.items() if is_set]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} do not go together: run one after the other.")


def _limits(texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, amount = text.partition("=")
        if not equals:
            raise click.UsageError(f"--limit {text}: write NAME=AMOUNT, such as --limit cell=10s.")
        found[name.strip()] = amount.strip()
    return found


@contextmanager
def _engine(kind: Any, scheduler: str | None, in_flight: int | None) -> Iterator["Engine | None"]:
    """None leaves it to the batch, which then starts only what it needs."""
    if scheduler is not None and kind != "dask":
        raise click.UsageError("--scheduler goes with --engine dask.")
    if kind == "local" and in_flight is None:
        yield None
        return
    from course_kit.grading.engine import open_engine

    with open_engine(kind, scheduler=scheduler, in_flight=in_flight) as engine:
        if kind != "local":
            say(f"Notebooks run on {engine.name}.", err=True)
        yield engine


def _show_reasons(reasons: Sequence["Reason"], *, as_json: bool) -> None:
    if as_json:
        print_json({"reasons": [asdict(one) for one in reasons]})
        return
    again = sum(one.again for one in reasons)
    title = f"{counted(len(reasons), 'submission')}, {again} to be graded"
    print_table(title, ("Learner", "To grade", "Why"), [(o.learner, "yes" if o.again else "", o.text) for o in reasons])


def _show_flaky(flags: Sequence["TestFlag"], *, as_json: bool) -> None:
    if as_json:
        print_json({"flags": [asdict(one) for one in flags]})
    elif flags:
        _show_flags(flags)
    else:
        say("Every test came out the same, and passed, each time the reference solution was run.")


def _show_flags(flags: Sequence["TestFlag"]) -> None:
    rows = [(one.notebook, one.cell, one.text, _people(one.learners)) for one in flags]
    print_table("Tests to look at", ("Notebook", "Cell", "Why", "Note"), rows)


def _people(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def _with(kernel: str | None) -> tuple[str, ...]:
    """What the next command needs, too."""
    return ("--kernel", kernel) if kernel else ()


def _show_trial(
    tried: "Trial", course: Path, assignment: str, kernel: str | None, *, preview: bool, as_json: bool
) -> None:
    if as_json:
        print_json({**asdict(tried), "batch": tried.batch.json_object()})
        return
    for change in tried.changes:
        say(f"  {change}")
    several = len({one.notebook for one in tried.differences if one.notebook}) > 1
    rows = [
        (one.learner, one.notebook, one.cell, points(one.before), points(one.after), "" if one.notebook else one.text)
        for one in tried.differences
        if several or one.cell or not one.notebook  # of a single notebook the submission's line says the same
    ]
    if rows:
        print_table("What would be otherwise", ("Learner", "Notebook", "Cell", "Now", "Then", "Note"), rows)
    changed = len(tried.learners)
    say(f"{counted(changed, 'score')} would change, {tried.unaffected} would not. Nothing was written.")
    lost = [one.learner for one in tried.differences if not one.notebook and one.after is None]
    if lost:
        say(f"{len(lost)} of them because what was handed in cannot be graded: {_people(lost)}.")
    if preview:
        say(f"\nNext, to apply this: {typed_for(course, 'grade', assignment, '--yes', *_with(kernel))}")


def _show_batch(batch: "GradedBatch", course: Path, assignment: str, kernel: str | None) -> None:
    print_table(
        f"{counted(len(batch), 'submission')} of {assignment}",
        ("Learner", "Status", "Score", "of", ""),
        [(s.learner, s.status, points(s.score), points(s.max_score), s.detail) for s in batch.scores],
    )
    empty = len(batch) - batch.ran - batch.cached - batch.settled
    say(
        f"{batch.ran} run, {batch.cached} from kept results, {batch.settled} unchanged"
        + (f", {empty} with nothing to run" if empty else "")
        + f", in {batch.seconds:.1f} s."
    )
    say(", ".join(f"{count} {status}" for status, count in sorted(batch.counts().items())))
    if batch.flags:
        _show_flags(batch.flags)
    for suspect in batch.suspects:
        say(f"\nSuspected test: {suspect.text}", fg="yellow")
    if batch.pending:
        say(
            "\nThe tests or cells changed since these submissions were graded; they kept the recorded ones:",
            fg="yellow",
        )
        for change in batch.pending:
            say(f"  {change}")
        say(f"  See whose score would change: {typed_for(course, 'grade', assignment, '--preview', *_with(kernel))}")
    counts = batch.counts()
    if "unverified" in counts:
        held = counts["unverified"]
        say(f"\n{counted(held, 'submission')} passed a test without proof: the points wait for you.", fg="yellow")
        say(f"  {typed_for(course, 'held', assignment)}")
    if "needs-manual-grading" in counts:
        say_formgrader(course, assignment)
    say(f"\nNext: {typed_for(course, 'publish', assignment)}")


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
        _show_held(review(course, assignment), course, assignment, as_json=as_json)
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


def _show_held(held: Sequence["Held"], course: Path, assignment: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"held": [asdict(one) for one in held]})
        return
    if not held:
        say("Nothing is held: every pass was proved, or nothing could be said against it.")
        return
    rows = [(one.learner, one.notebook, one.cell, one.state, one.evidence) for one in held]
    print_table("Passed without proof", ("Learner", "Notebook", "Cell", "State", "Evidence"), rows)
    if any(one.state == "waiting" for one in held):
        waiting = next(one.learner for one in held if one.state == "waiting")
        say("\nNext: look at the notebook (in the formgrader, or in submitted/), then give the points or not:")
        say(f"  {typed_for(course, 'held', assignment, '--accept', '--learner', waiting)}")
        say(f"  {typed_for(course, 'held', assignment, '--deny', '--learner', waiting)}")
        say("  --cell names one test, --all takes everything.")


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise Invalid("Nobody is named here.", hint="Say who decides: --by NAME.") from error
