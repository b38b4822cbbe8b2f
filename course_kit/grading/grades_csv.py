"""Grades as a file for Canvas or Moodle: whose grade it is, and what is not ready to be sent.

nbgrader's own ``grades.csv`` writes a missing submission as 0.0 and joins names without quoting. Here what is missing
stays empty, and nobody gets a line by guess.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from course_kit.bridges.nbgrader.client import Worker
from course_kit.bridges.nbgrader.evidence import unverified
from course_kit.errors import Invalid, Refused
from course_kit.grading.canvas_gradebook import CanvasColumn, fill_gradebook
from course_kit.grading.moodle_grades import MoodleGrade, write_moodle
from course_kit.grading.places import GradedAssignment, GradingPlace, find_place
from course_kit.grading.records import Records
from course_kit.grading.roster_file import import_roster, roster_of
from course_kit.grading.unscored import has_score
from course_kit.model.roster import Roster, RosterEntry

Form = Literal["canvas", "moodle"]


@dataclass(frozen=True)
class LeftOut:
    """Somebody whose grade is not in the file, or a line of the LMS that is nobody's, and why, in one sentence."""

    learner: str
    reason: str


@dataclass(frozen=True)
class WrittenGrades:
    """``grades``: the learners whose grade is in the file. ``held``: what waits for the instructor's decision
    (``unverified``); ``unmarked``: answers wait to be marked by hand; both are left out unless asked for.
    ``ungraded``: the last attempt at grading failed (``unreadable``, …), so that a score would be an older
    submission's. ``kept``: cells of the LMS that were left as they are (``EX``). ``notes`` say what else to look at
    before importing.
    """

    path: Path
    grades: tuple[str, ...]
    held: tuple[str, ...] = ()
    unmarked: tuple[str, ...] = ()
    ungraded: tuple[str, ...] = ()
    unmatched: tuple[LeftOut, ...] = ()
    kept: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Gathered:
    """The scores of one assignment that may be sent."""

    scores: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    ungraded: list[str] = field(default_factory=list)
    max_score: float | None = None
    people: Roster = field(default_factory=Roster)


def write_grades(
    course_folder: Path,
    assignment: str | None,
    form: Form,
    to: Path,
    *,
    template: Path | None = None,
    column: str | None = None,
    held: bool = False,
    unmarked: bool = False,
    comments: bool = False,
) -> WrittenGrades:
    """Write the gradebook's scores, late penalties taken off, into the file ``to``, in points with two decimals.

    ``template``: the gradebook that was exported from Canvas (needed: it has the ids and the column's name), or
    Moodle's list of participants or grades (for e-mails and ID numbers that the roster has not). ``assignment`` None:
    every assignment that Canvas has a column for; Moodle takes one at a time, since an empty cell erases a grade there.
    ``column`` names Canvas's column where the titles do not tell. ``held`` and ``unmarked`` let those be in it too.
    ``comments`` adds the instructor's comments for Moodle.

    Raises :class:`NotFound` (course, assignment, template), :class:`Invalid` (a template that is none, no column that
    fits) and :class:`Refused` (``to`` is the template).
    """
    if template is not None and to.resolve() == template.resolve():
        raise Refused(f"{to} is the export itself.", hint="Name another file: what was exported is not written over.")
    place = find_place(course_folder)
    chosen = place.chosen(assignment)
    if form == "canvas" and template is None:
        raise Invalid(
            "Canvas's ids and the column's name are known from its own export only.",
            hint="In Canvas: Grades, Export, Export Entire Gradebook; then course-kit grades … --canvas FILE.",
        )
    if form == "moodle" and len(chosen) != 1:
        there = ", ".join(one.key for one in chosen) or "none"
        raise Invalid("Moodle takes one assignment at a time.", hint=f"Name one of: {there}.")
    gathered = {one.key: _gather(place, one, held=held, unmarked=unmarked) for one in chosen}
    roster = roster_of(place.folder)
    known = {entry.learner for entry in roster.entries}
    for one in gathered.values():
        roster = roster.merged(entry for entry in one.people.entries if entry.learner not in known)
    to.parent.mkdir(parents=True, exist_ok=True)
    if form == "canvas":
        assert template is not None  # noqa: S101 (refused above)
        return _canvas(place, gathered, roster, template, to, column)
    return _moodle(place, chosen[0], gathered[chosen[0].key], roster, template, to, comments=comments)


def two_decimals(score: float) -> str:
    """``12.345`` as ``12.35`` and ``1234.5`` as ``1234.50``: Canvas reads ``1,234`` as 1.234."""
    return str(Decimal(repr(float(score))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _gather(place: GradingPlace, one: GradedAssignment, *, held: bool, unmarked: bool) -> _Gathered:
    records = Records(place, one)
    # what nbgrader's own button held has no record of ours
    held_back = {item.learner for item in unverified(one.root, one.name) if item.held and item.decision is None}
    with Worker(one.root, log=place.log) as worker:
        info, rows = worker.info, worker.call("scores", assignment=one.name)
        people = worker.call("students")
    found = _Gathered(max_score=rows["max_score"], people=_roster(people))
    for learner, row in sorted(rows["submissions"].items()):
        if not any(info.autograded_folder(learner, one.name).glob("*.ipynb")):
            continue  # nbgrader has a line, and no score, for whoever was only met
        record = records.get(learner)
        if not has_score(info, one, learner, record):
            found.ungraded.append(learner)  # what the gradebook has is an earlier submission's
            continue
        waits = False
        if learner in held_back or (record is not None and record.status == "unverified"):
            found.held.append(learner)
            waits = not held
        if row["needs_manual"]:
            found.unmarked.append(learner)
            waits = waits or not unmarked
        if not waits:
            found.scores[learner] = row["score"]
            texts = [text for notebook in row["notebooks"].values() for text in notebook["comments"]]
            found.comments[learner] = "\n\n".join(texts)
    return found


def _roster(people: Iterable[Mapping[str, str]]) -> Roster:
    entries = []
    for person in people:
        try:
            entries.append(RosterEntry(**person))
        except ValidationError:
            continue  # nbgrader takes ids that cannot name a folder; none of them can have handed in
    return Roster(entries=tuple(entries))


def _canvas(
    place: GradingPlace, gathered: Mapping[str, _Gathered], roster: Roster, template: Path, to: Path, column: str | None
) -> WrittenGrades:
    titles = _titles(place)
    columns = [
        CanvasColumn(
            key=key,
            titles=tuple(dict.fromkeys(text for text in (titles.get(key, ""), key, _name(place, key)) if text)),
            grades={learner: two_decimals(score) for learner, score in one.scores.items()},
            max_score=one.max_score,
        )
        for key, one in gathered.items()
    ]
    filled = fill_gradebook(template, columns, roster, to, column=column)
    return WrittenGrades(
        path=to,
        grades=filled.learners,
        held=_all(one.held for one in gathered.values()),
        unmarked=_all(one.unmarked for one in gathered.values()),
        ungraded=_all(one.ungraded for one in gathered.values()),
        unmatched=tuple(LeftOut(*pair) for pair in filled.unmatched),
        kept=tuple(LeftOut(*pair) for pair in filled.kept),
        notes=filled.notes,
    )


def _moodle(
    place: GradingPlace,
    one: GradedAssignment,
    found: _Gathered,
    roster: Roster,
    template: Path | None,
    to: Path,
    *,
    comments: bool,
) -> WrittenGrades:
    if template is not None:
        roster = import_roster(template, roster).roster
    grades = [
        MoodleGrade(
            roster.get(learner) or RosterEntry(learner=learner),
            two_decimals(score),
            found.comments[learner] if comments else "",
        )
        for learner, score in found.scores.items()
    ]
    title = _titles(place).get(one.key) or one.name
    written = write_moodle(grades, title, to, comments=comments, everyone=roster)
    return WrittenGrades(
        path=to,
        grades=written.learners,
        held=tuple(found.held),
        unmarked=tuple(found.unmarked),
        ungraded=tuple(found.ungraded),
        unmatched=tuple(LeftOut(*pair) for pair in written.unmatched),
        notes=written.notes,
    )


def _titles(place: GradingPlace) -> dict[str, str]:
    """The assignments' titles in course.yml; none in a plain nbgrader course."""
    if not (place.folder / "course.yml").is_file():
        return {}
    from course_kit.source.course_file import read_course

    return {one.key: one.title for one in read_course(place.folder).course.assignments()}


def _name(place: GradingPlace, key: str) -> str:
    return place.assignment(key).name


def _all(lists: Iterable[list[str]]) -> tuple[str, ...]:
    return tuple(sorted({learner for one in lists for learner in one}))
