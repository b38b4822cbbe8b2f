"""Points that wait because a pass could not be verified: who waits, on what evidence, and the instructor's decisions.

Everything here is for the instructor. What a learner is shown says only that the answer is being reviewed.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from course_kit.bridges.nbgrader.evidence import Decision, Open, add_decisions, read_evidence, unverified
from course_kit.errors import NotFound
from course_kit.files.lock import FileLock
from course_kit.grading.batch import settle
from course_kit.grading.desk import Desk
from course_kit.grading.holds import Decisions, suspects, unproved_passes
from course_kit.grading.opened import Opened
from course_kit.grading.places import find_place
from course_kit.grading.records import Records
from course_kit.model.scores import SubmissionScore

HeldState = Literal["waiting", "accepted", "denied", "not-held"]
TEXTS: dict[HeldState, str] = {
    "waiting": "waits for your decision; its points are held",
    "accepted": "accepted; its points count",
    "denied": "denied; its points do not count",
    "not-held": "not held, because the test itself is suspected",
}


@dataclass(frozen=True)
class Held:
    """One cell that passed without proof. ``evidence`` is a sentence for the instructor alone."""

    learner: str
    notebook: str
    cell: str
    evidence: str
    state: HeldState
    by: str = ""
    at: str = ""

    @property
    def text(self) -> str:
        """What is to be said of it, in one sentence."""
        who = f" (by {self.by})" if self.by else ""
        return (
            f"{self.learner}: {self.cell} in {self.notebook}.ipynb {TEXTS[self.state]}{who}. {self.evidence}".rstrip()
        )


@dataclass(frozen=True)
class Decided:
    """``decisions``: what was decided; ``scores``: of those submissions whose record changed by it, as they are now;
    ``unsettled``: learners whose submission has to be graded again before it counts (what ran is not kept)."""

    decisions: tuple[Held, ...]
    scores: tuple[SubmissionScore, ...]
    unsettled: tuple[str, ...] = ()


def review(course_folder: Path, assignment: str) -> tuple[Held, ...]:
    """Every cell that passed without proof, with its evidence and what was decided. Reads only; starts nothing.

    Raises :class:`NotFound` (course, assignment).
    """
    place = find_place(course_folder)
    chosen = place.assignment(assignment)
    return _review(Records(place, chosen), chosen.root, chosen.name, chosen.grading.suspect)


def decide(
    course_folder: Path,
    assignment: str,
    *,
    learner: str | None,
    cell: str | None,
    accept: bool,
    by: str,
    at: datetime,
    notebook: str | None = None,
) -> Decided:
    """Give held points, or do not, for one cell or many (None: all learners, all cells); nothing is run again.

    The decision is kept with who took it and when, and holds for this very work: what is handed in later, or is graded
    by other tests, waits anew. A later decision goes before an earlier one. ``at`` is now, aware UTC.

    Raises :class:`NotFound` (course, assignment, or nothing that fits) and :class:`Busy` (a batch is under way).
    """
    with ExitStack() as stack:
        place = find_place(course_folder)
        chosen = place.assignment(assignment)
        stack.enter_context(FileLock(place.hidden / "locks" / "grade", "Grading"))
        records = Records(place, chosen)
        fitting = [
            one
            for one in _review(records, chosen.root, chosen.name, chosen.grading.suspect)
            if learner in {None, one.learner} and cell in {None, one.cell} and notebook in {None, one.notebook}
        ]
        if learner is None:
            # in bulk only what waits: what was decided for one learner stays, until it is decided anew for that one
            fitting = [one for one in fitting if one.state == "waiting"]
        if not fitting:
            raise NotFound(
                f"Nothing of {chosen.key!r} that fits waits for a decision.",
                hint="List what does: course-kit held " + chosen.key,
            )
        open_ones = _held_by_nbgrader(records, chosen.root, chosen.name)
        by_button = {(one.learner, one.notebook, one.cell): one.work for one in open_ones}

        def work_of(one: Held) -> str:
            record = records.get(one.learner)
            known = "" if record is None else record.work_of(one.notebook, one.cell)
            return known or by_button.get((one.learner, one.notebook, one.cell), "")

        when = at.isoformat()
        add_decisions(
            chosen.root,
            chosen.name,
            [Decision(one.learner, one.notebook, one.cell, work_of(one), accept, by, when) for one in fitting],
        )
        desk = stack.enter_context(Desk(log=place.log))
        opened = Opened(place, chosen, desk)
        opened.sync_tests(apply_changes=False, at=at)
        learners = {one.learner for one in fitting}
        scores, unsettled = settle(opened, at, learners)
        unsettled = tuple(sorted({*unsettled, *(name for name in learners if records.get(name) is None)}))
    after = _review(Records(place, chosen), chosen.root, chosen.name, chosen.grading.suspect)
    names = {(one.learner, one.notebook, one.cell) for one in fitting}
    decided = tuple(one for one in after if (one.learner, one.notebook, one.cell) in names)
    return Decided(decided, scores, unsettled)


def _review(records: Records, root: Path, assignment: str, share: float) -> tuple[Held, ...]:
    evidence = read_evidence(root, assignment)
    decisions = Decisions.of(root, assignment)
    cells = {(one.notebook, one.cell) for one in suspects(records.items(), share)}
    found = []
    for learner, record in records.items():
        if not record.scored:
            continue
        for notebook, passes in unproved_passes(record).items():
            known = evidence.get(learner, {}).get(notebook)
            for cell in passes:
                decision = decisions.last(learner, notebook, cell, record.work_of(notebook, cell))
                waived = ("", "") in cells or (notebook, cell) in cells
                state: HeldState = "not-held" if waived else "waiting"
                if decision is not None:
                    state = "accepted" if decision.accepted else "denied"
                found.append(
                    Held(
                        learner,
                        notebook,
                        cell,
                        known.cells[cell].evidence if known is not None and cell in known.cells else "",
                        state,
                        decision.by if decision else "",
                        decision.at if decision else "",
                    )
                )
    found += [_as_held(one) for one in _held_by_nbgrader(records, root, assignment)]
    return tuple(sorted(found, key=lambda one: one.learner))


def _held_by_nbgrader(records: Records, root: Path, assignment: str) -> list[Open]:
    """What nbgrader's own button holds (`course-kit nbgrader enable`) in work that no batch has taken up yet."""
    return [one for one in unverified(root, assignment) if one.held and records.get(one.learner) is None]


def _as_held(one: Open) -> Held:
    state: HeldState = "waiting"
    if one.decision is not None:
        state = "accepted" if one.decision.accepted else "denied"
    by, at = (one.decision.by, one.decision.at) if one.decision else ("", "")
    return Held(one.learner, one.notebook, one.cell, one.evidence, state, by, at)
