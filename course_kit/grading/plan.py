"""Which submissions are looked at again, and why: a comparison of what is there with what was recorded."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.bridges.nbgrader.evidence import holds_points
from course_kit.grading.graded import Reason, ReasonCode, Suspect
from course_kit.grading.holds import Decisions, is_settled, ruling, unproved_passes
from course_kit.grading.installed import Installed, upgrade
from course_kit.grading.kept_results import KeptResults
from course_kit.grading.pipeline import Terms
from course_kit.grading.places import GradedAssignment
from course_kit.grading.records import Record, Records
from course_kit.grading.stamps import Named, name_folder
from course_kit.model.limits import Limits

CUT_SHORT = frozenset({"timed-out", "out-of-memory", "kernel-died"})
_REPEATABLE = frozenset({"unreadable", "missing"})
"""Without a score, and nothing but another submission could change that."""


@dataclass(frozen=True)
class Terrain:
    """What submissions are compared with. ``tests``: digest of the tests in force, "" where it is not known;
    ``carried``: whether these were carried into a gradebook that had others before. ``scored``: whose score the
    gradebook has, None where nothing was ever recorded. ``results``, ``decisions`` and ``suspects`` tell whether what
    was decided can be carried out. ``environments``: the packages of earlier runs by :attr:`Installed.name`."""

    info: CourseInfo
    assignment: GradedAssignment
    records: Records
    terms: Terms
    tests: str
    files: str
    settings: str
    installed: Installed
    results: KeptResults
    decisions: Decisions
    suspects: tuple[Suspect, ...] = ()
    environments: Mapping[str, Collection[str]] = field(default_factory=dict)
    scored: Collection[str] | None = None
    carried: bool = False
    force: bool = False


@dataclass(frozen=True)
class Planned:
    """A submission with the reason for what will be done, and what names its content (None: it cannot be read)."""

    reason: Reason
    named: Named | None


def plan(terrain: Terrain, learners: Iterable[str]) -> dict[str, Planned]:
    """What to do about each learner's submission: the one place where that is decided.

    Reads stamps, and only those files whose stamp changed.
    """
    return {learner: _plan_one(terrain, learner) for learner in learners}


def _plan_one(terrain: Terrain, learner: str) -> Planned:
    record = terrain.records.get(learner)
    submitted = terrain.info.submitted_folder(learner, terrain.assignment.name)
    known = Named(record.submission, record.stamp) if record is not None and record.stamp else None
    try:
        named: Named | None = name_folder(submitted, known)
    except OSError:
        named = None
    code, text = _compare(terrain, learner, record, named)
    again = code not in {"unchanged", "by-nbgrader"}
    return Planned(Reason(learner, code, text, ran=None if again else False, again=again), named)


def _compare(terrain: Terrain, learner: str, record: Record | None, named: Named | None) -> tuple[ReasonCode, str]:
    autograded = terrain.info.autograded_folder(learner, terrain.assignment.name)
    there = has_notebooks(autograded)
    if terrain.force:
        return "forced", "It is run again because that was asked for."
    if record is None:
        submitted = terrain.info.submitted_folder(learner, terrain.assignment.name)
        if there and _done_by_nbgrader(submitted, autograded):
            if terrain.carried:
                return "tests", "The assignment's tests changed since nbgrader graded it."
            if holds_points(terrain.assignment.root, terrain.assignment.name, learner):
                return "unsettled", "nbgrader graded it and holds points of it: it is taken up here to be decided on."
            return "by-nbgrader", "nbgrader graded it, and it did not change since."
        return "new", "It was not graded yet."
    if record.due:
        return "forced", "It was to be run again, and the batch was stopped before it came to it."
    if named is None or record.submission != named.digest:
        return "changed", "What was handed in changed since it was graded."
    found = _terms_changed(terrain, record)
    if found is not None:
        return found
    if record.status in _REPEATABLE:
        return "unchanged", f"It is still {record.status}: what was handed in did not change."
    if not record.scored:
        return "unsettled", f"The last attempt ended in {record.status}."
    if not there:
        return "lost", "Its graded notebook is not there any more."
    if terrain.scored is not None and learner not in terrain.scored:
        return "lost", "The gradebook does not have its score any more."
    if not _can_be_decided(terrain, learner, record):
        return "unsettled", "A decision on it can be carried out only by running it again."
    return "unchanged", "Neither it nor the tests changed since it was graded."


def _can_be_decided(terrain: Terrain, learner: str, record: Record) -> bool:
    """Whether the gradebook has it as was decided, or what ran is kept, so that it can be recorded so."""
    if not unproved_passes(record):
        return True
    if is_settled(record, ruling(learner, record, terrain.decisions, terrain.suspects)):
        return True
    return all(terrain.results.get(learner, stem) is not None for stem in record.keys)


def _terms_changed(terrain: Terrain, record: Record) -> tuple[ReasonCode, str] | None:
    terms = terrain.terms
    if record.kernel != (terms.kernel or ""):
        return "kernel", f"It ran in the kernel {record.kernel or 'that it names'}; now {terms.kernel or 'its own'}."
    if terrain.tests and record.cells != terrain.tests:
        return "tests", "The assignment's tests changed since it was graded."
    if record.files and record.files != terrain.files:
        return "files", "Files that go beside every submission changed since it was graded."
    if record.limits and not _still_hold(record, terms.limits):
        return "limits", "The limits changed in a way that could change its result."
    if record.settings and record.settings != terrain.settings:
        return "settings", "nbgrader's configuration changed since it was graded (a penalty, say)."
    if record.proof and _RANK[record.proof] < _RANK[terms.proof]:
        return "proof", f"It was graded with proof {record.proof}, and {terms.proof} is asked for."
    return _environment_changed(terrain, record)


def _environment_changed(terrain: Terrain, record: Record) -> tuple[ReasonCode, str] | None:
    """Whether it ran with other packages than there are now: the same rule as the cache's key."""
    where, _, _ = record.environment.partition(" ")
    now = terrain.installed
    if not record.keys or where != now.where or record.environment == now.name:
        return None
    words = upgrade(terrain.environments.get(record.environment, ()), now.packages)
    return "environment", f"The environment changed since it was graded: {words or 'it has other packages now'}."


_RANK = {"off": 0, "drawn": 1, "all": 2}


def _still_hold(record: Record, limits: Limits) -> bool:
    """Whether a result stays what it is under other limits: the same ones, or wider ones that it did not need."""
    now = limits.json_object()
    if dict(record.limits) == now:
        return True
    if record.status in CUT_SHORT or set(record.limits) != set(now):
        return False
    endless = {"cell": float("inf")}
    return all(
        (value or endless.get(name, value)) >= (record.limits[name] or endless.get(name, 0))
        for name, value in now.items()
    )


def has_notebooks(folder: Path) -> bool:
    """Whether a graded notebook lies in ``folder``."""
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".ipynb") for entry in entries)
    except OSError:
        return False


def _done_by_nbgrader(submitted: Path, autograded: Path) -> bool:
    """nbgrader's own rule: what is autograded is done unless the submission's time is later."""
    times = [folder / "timestamp.txt" for folder in (submitted, autograded)]
    if not all(path.is_file() for path in times):
        return not times[0].is_file()
    new, old = (path.read_text(encoding="utf-8", errors="replace").strip() for path in times)
    return new == old
