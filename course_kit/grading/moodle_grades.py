"""The CSV that Moodle's Grades, Import, CSV file takes, for one assignment.

Two habits of Moodle's importer decide the form. It stops the whole import at a person whom it does not find, and it
puts a line whose key is empty down to the person of the line before. So whoever has no key of their own gets no line.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_kit.grading.table_file import guarded, write_table
from course_kit.model.roster import Roster, RosterEntry

EMAIL, NUMBER = "Email address", "ID number"


@dataclass(frozen=True)
class MoodleGrade:
    """One learner's grade, as it is to be written; a comment never travels without a grade, which would erase it."""

    person: RosterEntry
    grade: str
    comment: str = ""


@dataclass(frozen=True)
class MoodleFile:
    """``learners`` are in the file; ``unmatched``: a learner and the reason why not."""

    learners: tuple[str, ...]
    unmatched: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def write_moodle(
    grades: Sequence[MoodleGrade], title: str, to: Path, *, comments: bool = False, everyone: Roster
) -> MoodleFile:
    """Write ``to``: the key (e-mail or ID number, whichever names more of them alone), the name, the grade.

    ``everyone``: all who may have that e-mail or number too; what two people share names nobody.
    """
    keys = {EMAIL: _own(everyone, lambda person: person.email), NUMBER: _own(everyone, lambda person: person.lms_id)}
    covered = {name: sum(one.person.learner in key for one in grades) for name, key in keys.items()}
    heading = EMAIL if covered[EMAIL] >= covered[NUMBER] else NUMBER
    key = keys[heading]
    rows, unmatched = [], []
    for one in grades:
        mine = key.get(one.person.learner)
        if mine is None:
            unmatched.append((one.person.learner, _why(one.person, heading)))
            continue
        rows.append([mine, one.person.name, one.grade, *([one.comment] if comments else [])])
    headers = [heading, "Name", guarded(title), *([f"{guarded(title)} (feedback)"] if comments else [])]
    write_table(to, headers, rows, mark=True)
    there = "Email address" if heading == EMAIL else "ID number"
    notes = [
        f"In Moodle: Grades, Import, CSV file; separator Comma, encoding UTF-8; map from {heading!r} to {there!r}, and "
        f"the column {title!r} to the assignment. Leave `Name` on Ignore."
    ]
    if comments:
        notes.append(f"Map {title + ' (feedback)'!r} to the assignment's feedback, and never without its grade.")
    missing = {name for name, _ in unmatched}
    if missing:
        notes.append("E-mails and ID numbers come with the list of participants that Moodle exports: --people FILE.")
    learners = tuple(one.person.learner for one in grades if one.person.learner not in missing)
    return MoodleFile(learners, tuple(unmatched), tuple(notes))


def _own(roster: Roster, value: Callable[[RosterEntry], str]) -> dict[str, str]:
    """What names one person and nobody else, and what no spreadsheet takes for a formula, by learner."""
    counts = Counter(value(person).strip().casefold() for person in roster.entries)
    return {
        person.learner: value(person).strip()
        for person in roster.entries
        if value(person).strip()
        and counts[value(person).strip().casefold()] == 1
        and guarded(value(person).strip()) == value(person).strip()
    }


def _why(person: RosterEntry, heading: str) -> str:
    value = (person.email if heading == EMAIL else person.lms_id).strip()
    what = "e-mail" if heading == EMAIL else "ID number"
    if not value:
        return f"The roster has no {what} for them, by which Moodle would know them."
    if guarded(value) != value:
        return f"Their {what} {value!r} would be run as a formula by a spreadsheet."
    return f"Somebody else in the roster has the {what} {value!r} too."
