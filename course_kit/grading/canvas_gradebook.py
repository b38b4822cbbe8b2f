"""A gradebook that was exported from Canvas, with grades filled in, for Canvas to import.

What Canvas's importer does decides the form. A cell that is emptied erases the grade there, and a changed number in
the row of possible points changes the assignment; so what we do not know is left as it was exported. Columns that are
not in the file are not touched; so only the people's columns and the assignments in question are in it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_kit.errors import Invalid
from course_kit.grading.table_file import guarded, plain_header, read_rows, unguarded, write_table
from course_kit.model.roster import Roster, RosterEntry

_COLUMN = re.compile(r"^(?P<title>.*\S)\s*\((?P<id>\d+)\)\s*$", re.DOTALL)
_MUTED = re.compile(r"^\s*(Muted|Manual Posting.*)?\s*$", re.IGNORECASE)
_ROUNDED = re.compile(r"^\d+([.,]\d+)?E\+\d+$", re.IGNORECASE)
_TEST_STUDENTS = {"student, test", "test student"}
_EXPORT = "In Canvas: Grades, Export, Export Entire Gradebook. Use that file as it is."


@dataclass(frozen=True)
class CanvasColumn:
    """One assignment: what its column may be called, and the grades by learner as they are to be written."""

    key: str
    titles: tuple[str, ...]
    grades: Mapping[str, str]
    max_score: float | None = None


@dataclass
class FilledGradebook:
    """``unmatched`` and ``kept``: a learner, or a name of Canvas's, and the reason."""

    learners: tuple[str, ...] = ()
    unmatched: list[tuple[str, str]] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def fill_gradebook(
    template: Path, columns: Sequence[CanvasColumn], roster: Roster, to: Path, *, column: str | None = None
) -> FilledGradebook:
    """Write ``to`` from the exported ``template``. ``column``: the column of a sole assignment, by title or number.

    Raises :class:`NotFound`, or :class:`Invalid` where the template is no gradebook or no column fits.
    """
    (_, header), *rows = read_rows(template)
    info = _info_columns(header, template)
    places = {one.key: _place(one, header, info, template, column if len(columns) == 1 else None) for one in columns}
    there = [one for one in columns if places[one.key] is not None]
    missing = [one.key for one in columns if places[one.key] is None]
    if not there:
        raise _no_column(columns, header, info, template)
    found = FilledGradebook()
    where = {one.key: place for one in there if (place := places[one.key]) is not None}
    people = _People([header[:info], *(cells[:info] for _, cells in rows)], roster, found)
    written, notes = [], [f"Canvas has no column for {key!r}; create the assignment there first." for key in missing]
    for line, cells in rows:
        row = [*cells, *[""] * (len(header) - len(cells))]
        if all(_MUTED.match(cell) for cell in row):
            continue
        if "points possible" in row[0].casefold():
            notes += _check_points(there, where, row)
            written.append([*row[:info], *(row[where[one.key]] for one in there)])
            continue
        person = people.of(row, line)
        written.append([*row[:info], *(_cell(one, person, row[where[one.key]], found) for one in there)])
    _name_the_absent(there, people.taken, template, found)
    write_table(to, [guarded(header[n]) for n in (*range(info), *where.values())], written, mark=_may_be_marked(header))
    found.learners = tuple(sorted({name for one in there for name in one.grades if name in people.taken}))
    found.notes = tuple(notes)
    return found


def _info_columns(header: Sequence[str], template: Path) -> int:
    """How many columns say who it is: up to ``Section``, as Canvas's importer counts them."""
    plain = [plain_header(cell) for cell in header]
    begins = plain[:2] == ["student", "id"] or plain[:3] == ["lastname", "firstname", "id"]
    if not begins or "section" not in plain:
        raise Invalid(f"{template} is no gradebook exported from Canvas (it lacks Student, ID, Section).", hint=_EXPORT)
    return plain.index("section") + 1


def _place(one: CanvasColumn, header: Sequence[str], info: int, template: Path, column: str | None) -> int | None:
    wanted = {plain_header(text) for text in ((column,) if column is not None else one.titles)}
    fitting = []
    for number, cell in enumerate(header[info:], start=info):
        match = _COLUMN.match(cell)
        names = {plain_header(cell), *((plain_header(match["title"]), match["id"]) if match else ())}
        if (match or column is not None) and names & wanted:
            fitting.append(number)
    if len(fitting) > 1:
        raise Invalid(
            f"{template} has more than one column for {one.key!r}: {', '.join(header[n] for n in fitting)}.",
            hint="Say which: --column, with the number in brackets.",
        )
    if not fitting and column is not None:
        raise _no_column([one], header, info, template)
    return fitting[0] if fitting else None


def _no_column(columns: Sequence[CanvasColumn], header: Sequence[str], info: int, template: Path) -> Invalid:
    known = [cell for cell in header[info:] if _COLUMN.match(cell)]
    names = ", ".join(repr(one.titles[0]) for one in columns) or "any assignment"
    return Invalid(
        f"{template} has no column for {names} (its assignments: {', '.join(known) or 'none'}).",
        hint="Create the assignment in Canvas and export again, or name the column: --column 'Title (123)'.",
    )


def _check_points(columns: Sequence[CanvasColumn], where: Mapping[str, int], row: Sequence[str]) -> list[str]:
    notes = []
    for one in columns:
        text = row[where[one.key]].strip()
        if "read only" in text.casefold():
            notes.append(f"Canvas computes the column of {one.key!r} itself and will not import it.")
            continue
        try:
            points = float(text)
        except ValueError:
            continue
        if one.max_score is not None and abs(points - one.max_score) > 0.005:
            notes.append(
                f"{one.key!r} is worth {one.max_score:g} points in the gradebook and {points:g} in Canvas; grades are "
                "written as points, unscaled. Change the points in Canvas."
            )
    return notes


def _cell(one: CanvasColumn, learner: str | None, before: str, found: FilledGradebook) -> str:
    """The grade, or what was there; ``EX`` (excused) and what nobody graded here stay."""
    grade = one.grades.get(learner) if learner is not None else None
    if before.strip().casefold() == "ex":
        if grade is not None and learner is not None:
            found.kept.append((learner, f"Canvas has EX (excused) for {one.key!r}; it stays, {grade} is not written."))
        return "EX"
    if grade is None:
        return before
    return grade


def _name_the_absent(
    columns: Sequence[CanvasColumn], taken: Mapping[str, int], template: Path, found: FilledGradebook
) -> None:
    reason = f"No line of {template.name} is theirs, by LMS id, e-mail, learner id or name."
    said = {name for name, _ in found.unmatched}
    for learner in sorted({name for one in columns for name in one.grades} - set(taken) - said):
        found.unmatched.append((learner, reason))


def _may_be_marked(header: Sequence[str]) -> bool:
    """Canvas compares the heading LastName with the mark in it, and fails; Student it finds behind one."""
    return plain_header(header[0]) == "student"


class _People:
    """Whose line it is. Nobody gets one by a name or a login if their LMS id is another."""

    def __init__(self, table: Sequence[Sequence[str]], roster: Roster, found: FilledGradebook) -> None:
        """``table``: the columns that say who it is, headings and all lines."""
        self._names = [plain_header(cell) for cell in table[0]]
        self._roster, self._found = roster, found
        self._one = {name: _alone(roster, name) for name in ("lms_id", "email", "learner")}
        self.taken: dict[str, int] = {}
        lines = [self._cells(row) for row in table[1:]]
        ours = {entry.lms_id.casefold() for entry in roster.entries if entry.lms_id}
        # a roster may have numbers of another kind (the registrar's); those deny nobody a line
        self._same_kind = any(line.get(key, "").casefold() in ours for line in lines for key in ("id", "sisuserid"))
        names = Counter(_full_name(line).casefold() for line in lines)
        self._shared = {name for name, number in names.items() if number > 1}

    def _cells(self, row: Sequence[str]) -> dict[str, str]:
        return {name: unguarded(cell.strip()) for name, cell in zip(self._names, row, strict=False)}

    def of(self, row: Sequence[str], line: int) -> str | None:
        cells = self._cells(row)
        name = _full_name(cells)
        if name.casefold() in _TEST_STUDENTS:
            return None
        number = cells.get("id", "")
        if _ROUNDED.match(number):
            self._leave(name, f"Line {line}: a spreadsheet rounded the id to {number}; export again, use it as it is.")
            return None
        entry = self._match(name, number, cells.get("sisuserid", ""), cells.get("sisloginid", ""))
        if entry is None:
            self._leave(name, f"Line {line}: nobody in the roster has that LMS id, e-mail, learner id or name.")
            return None
        if entry.learner in self.taken:
            self._leave(name, f"Line {line}: {entry.learner!r} has line {self.taken[entry.learner]} already.")
            return None
        self.taken[entry.learner] = line
        return entry.learner

    def _match(self, name: str, number: str, sis: str, login: str) -> RosterEntry | None:
        numbers = {text.casefold() for text in (number, sis) if text}
        sure = (("lms_id", number), ("lms_id", sis), ("email", login))
        likely = [("learner", text) for text in (login, login.partition("@")[0], sis, number)]
        if name.casefold() not in self._shared:
            likely.append(("name", name))
        for field_name, text in (*sure, *likely):
            if field_name == "name":
                entry = self._roster.match(name=text)
            else:
                entry = self._one[field_name].get(text.casefold()) if text else None
            if entry is None:
                continue
            another = self._same_kind and entry.lms_id and entry.lms_id.casefold() not in numbers
            if (field_name, text) in sure or not another:
                return entry
        return None

    def _leave(self, name: str, reason: str) -> None:
        self._found.unmatched.append((name, reason))


def _full_name(cells: Mapping[str, str]) -> str:
    return cells.get("student") or f"{cells.get('firstname', '')} {cells.get('lastname', '')}".strip()


def _alone(roster: Roster, name: str) -> dict[str, RosterEntry]:
    """Who has a value of that field that nobody else has; a thousand lines are looked up in it."""
    counts = Counter(getattr(entry, name).casefold() for entry in roster.entries)
    return {text: entry for entry in roster.entries if (text := getattr(entry, name).casefold()) and counts[text] == 1}
