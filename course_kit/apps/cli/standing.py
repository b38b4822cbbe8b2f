"""What ``progress`` says below its table, as the panel does: feedback, what nobody has got yet, and what comes next."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from course_kit.apps.cli.output import counted

if TYPE_CHECKING:
    from course_kit.workspace.panel import Panel
    from course_kit.workspace.panel_parts import PanelAssignment


def credit_text(work: "PanelAssignment") -> str:
    """What late work counts now; empty where it is handed in or counts in full."""
    return "" if work.submitted_at or work.credit_now == 100 else f", counts {work.credit_now:g} % now"


def standing_lines(shown: "Panel") -> Iterator[str]:
    """The pages of feedback, the newest last, and what was not handed in or synced yet."""
    works = [work for unit in shown.units for work in unit.assignments]
    for work in works:
        for page in work.feedback:
            yield f"Feedback on {work.title}: {page}"
    left = sum(1 for work in works if work.submitted_at is None)
    if left:
        yield f"Not handed in yet: {counted(left, 'assignment')}."
    if shown.unsynced:
        steps = counted(shown.unsynced, "step")
        yield f"On this computer only, until you submit or sync: {steps} of your progress."


def next_line(shown: "Panel") -> str:
    """Where to go on."""
    if shown.next is not None:
        minutes = f" ({shown.next.minutes} minutes)" if shown.next.minutes else ""
        return f"Next: {shown.next.title}{minutes}. {shown.next.why}"
    if shown.fraction < 1:
        return "Nothing is open right now: see above what opens next."
    return "Everything is done."
