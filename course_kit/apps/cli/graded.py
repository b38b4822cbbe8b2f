"""What ``grade`` and ``held`` print: reasons, a batch, what would change, and points that wait."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from course_kit.apps.cli.instructor import say_formgrader, typed_for
from course_kit.apps.cli.output import counted, print_json, print_table, say
from course_kit.report.wording import points

if TYPE_CHECKING:
    from course_kit.grading.decisions import Held
    from course_kit.grading.graded import BatchState, GradedBatch, Reason, TestFlag
    from course_kit.grading.trial import Difference, Trial


def show_reasons(reasons: Sequence["Reason"], *, as_json: bool) -> None:
    if as_json:
        print_json({"reasons": [asdict(one) for one in reasons]})
        return
    again = sum(one.again for one in reasons)
    title = f"{counted(len(reasons), 'submission')}, {again} to be graded"
    print_table(title, ("Learner", "To grade", "Why"), [(o.learner, "yes" if o.again else "", o.text) for o in reasons])


def show_flaky(flags: Sequence["TestFlag"], *, as_json: bool) -> None:
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


def show_dry_run(tried: "Trial", *, as_json: bool) -> None:
    """Every difference, of submissions, notebooks and cells."""
    if as_json:
        _print_trial(tried)
        return
    _say_changes(tried)
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


def show_preview(tried: "Trial", course: Path, assignment: str, kernel: str | None, *, as_json: bool) -> None:
    """Whose score would change and by how much, and one line for all the others."""
    if as_json:
        _print_trial(tried)
        return
    if not tried.changes:
        say(f"Nothing waits to be applied: the tests of {assignment!r} are those that submissions are graded with.")
        again = typed_for(course, "grade", assignment, "--dry-run", *_with(kernel))
        say(f"To grade beside the recorded scores: {again}")
        return
    _say_changes(tried)
    whole = [one for one in tried.differences if not one.notebook]
    rows = [
        (one.learner, points(one.before), points(one.after), _by(one), one.text if one.after is None else "")
        for one in whole
        if one.before != one.after
    ]
    if rows:
        print_table("Whose score would change", ("Learner", "Now", "Then", "By", "Note"), rows)
    others = len(tried.batch) - len(rows)
    maximum = len(whole) - len(rows)
    counts = {"with another maximum": maximum, "with other points within": others - maximum - tried.unaffected}
    asides = ", ".join(f"{count} {text}" for text, count in counts.items() if count)
    aside = f" ({asides})" if asides else ""
    say(f"{counted(len(rows), 'score')} would change, {others} would not{aside}. Nothing was written.")
    say(f"\nNext, to apply this: {typed_for(course, 'grade', assignment, '--yes', *_with(kernel))}")


def _by(one: "Difference") -> str:
    return "" if one.before is None or one.after is None else f"{one.after - one.before:+g}"


def _say_changes(tried: "Trial") -> None:
    for change in tried.changes:
        say(f"  {change}")


def _print_trial(tried: "Trial") -> None:
    print_json({**asdict(tried), "batch": tried.batch.json_object()})


def show_batch(batch: "GradedBatch", course: Path, assignment: str, kernel: str | None) -> None:
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


def show_held(held: Sequence["Held"], course: Path, assignment: str, *, as_json: bool) -> None:
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


def say_stopped(last: "BatchState | None", *, force: bool) -> None:
    """What Ctrl-C leaves of a batch, and how to go on."""
    if last is None or last.what == "Preparing":
        say("\nStopped before anything was run; nothing changed. To go on, run the same command again.", err=True)
    elif force:
        say(f"\nStopped: {last.done} of {last.total} were run again and are recorded.", err=True)
        say("The others keep the scores that they had until they are run again, too.", err=True)
        say("To go on: the same command without --force. With --force it begins with the first again.", err=True)
    else:
        say(f"\nStopped: {last.done} of {last.total} are graded and recorded; nothing is lost.", err=True)
        say("To go on, run the same command again.", err=True)
