"""What `check` finds between course.yml and roster.csv: cohorts and learners that the roster does not have."""

from collections.abc import Iterator
from pathlib import Path

from course_kit.errors import did_you_mean
from course_kit.grading.roster_file import roster_of
from course_kit.model.course import Course
from course_kit.model.gate_tree import InCohort, leaves
from course_kit.source.findings import Finding

_FILE = "course.yml"


def not_on_the_roster(folder: Path, course: Course) -> tuple[Finding, ...]:
    """A warning for each cohort and each learner that ``course`` names and roster.csv does not; none without a roster.

    Raises what reading a damaged roster raises.
    """
    entries = roster_of(folder).entries
    if not entries:
        return ()
    cohorts = sorted({entry.cohort for entry in entries if entry.cohort})
    learners = sorted(entry.learner for entry in entries)
    found = []
    for name in sorted(set(_cohorts(course)) - set(cohorts)):
        message = f"nobody in roster.csv is in the cohort `{name}`"
        hint = f"Write a cohort of roster.csv, or put learners into it there.{did_you_mean(name, cohorts)}"
        found.append(Finding("warning", "unknown-cohort", _FILE, message, hint))
    for name in sorted(set(_learners(course)) - set(learners)):
        hint = f"Write the learner's id as roster.csv has it.{did_you_mean(name, learners)}"
        found.append(Finding("warning", "unknown-learner", _FILE, f"nobody in roster.csv is called `{name}`", hint))
    return tuple(found)


def _cohorts(course: Course) -> Iterator[str]:
    for part in course.assignments():
        yield from (override.cohort for override in part.overrides if override.cohort)
    for lesson in course.lessons():
        if lesson.condition is not None:
            yield from (leaf.cohort for leaf in leaves(lesson.condition) if isinstance(leaf, InCohort))


def _learners(course: Course) -> Iterator[str]:
    for part in course.assignments():
        yield from (override.learner for override in part.overrides if override.learner)
