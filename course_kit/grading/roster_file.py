"""``roster.csv``, who should be there, and how it is filled: from the gradebook, from Canvas, from Moodle."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from course_kit.errors import Invalid
from course_kit.grading.places import find_place
from course_kit.grading.roster_people import People
from course_kit.grading.table_file import Row, Table, plain_header, read_table, write_table
from course_kit.model.roster import Roster, RosterEntry
from course_kit.source.findings import Finding

COLUMNS = ("learner", "name", "email", "lms_id", "cohort")
_OWN = {plain_header(name): name for name in COLUMNS}
_FIRST = ("firstname", "givenname", "vorname", "prenom", "nombre", "voornaam", "nome", "fornavn", "imie")
_LAST = (
    "lastname",
    "surname",
    "familyname",
    "nachname",
    "nomdefamille",
    "nom",
    "apellidos",
    "achternaam",
    "cognome",
    "etternavn",
    "efternavn",
    "nazwisko",
)
_NAME = ("fullname", "name", "vollstandigername", "nomcomplet", "nombrecompleto")
_EMAIL = ("emailaddress", "email", "emailadresse", "adressedecourriel", "direcciondecorreo", "indirizzoemail")
_NUMBER = ("idnumber", "idnummer", "numerodidentification", "numerodeid", "numeroid")
_LOGIN = ("username", "anmeldename", "nomdutilisateur", "nombredeusuario", "gebruikersnaam", "login")
_GROUP = ("groups", "group", "gruppen", "gruppe", "groupes", "groupe", "grupos", "department", "section")


class FaultyRoster(Invalid):
    """A roster that cannot be used as it is: ``findings`` names each line."""

    def __init__(self, path: Path, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        shown = "\n".join(finding.text() for finding in self.findings[:20])
        super().__init__(f"{path} has faults:\n{shown}", hint="Mend these lines and run the same command again.")


@dataclass(frozen=True)
class ImportedRoster:
    """The roster with what was imported, who is new or changed in it, and the lines that were left out."""

    roster: Roster
    added: tuple[str, ...]
    changed: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_roster(path: Path) -> Roster:
    """The roster in a CSV file with a column ``learner`` (and name, email, lms_id, cohort where known).

    Raises :class:`NotFound`, or :class:`FaultyRoster` with a finding for every bad line.
    """
    table = read_table(path)
    if "learner" not in table.headers:
        message = f"There is no column `learner` (columns: {', '.join(filter(None, table.headers)) or 'none'})."
        hint = "An export of Canvas or Moodle becomes a roster with `course-kit roster FILE`."
        raise FaultyRoster(path, [Finding("error", "roster-header", path.name, message, hint, line=1)])
    entries, findings = _collect(table, path.name, lambda row: {name: row.get(plain) for plain, name in _OWN.items()})
    if findings:
        raise FaultyRoster(path, findings)
    return Roster(entries=tuple(entry for _, entry in entries))


def roster_of(course_folder: Path) -> Roster:
    """The course's ``roster.csv``; an empty roster where there is none yet. Raises :class:`FaultyRoster`."""
    path = course_folder / "roster.csv"
    return read_roster(path) if path.exists() else Roster()


def write_roster(path: Path, roster: Roster) -> None:
    """Write ``roster.csv``, safe to open in a spreadsheet."""
    write_table(path, COLUMNS, ([getattr(entry, name) for name in COLUMNS] for entry in roster.entries))


def import_roster(source: Path, into: Roster | None = None) -> ImportedRoster:
    """Add people from a Canvas or Moodle export, another roster, a gradebook.db or an nbgrader course folder.

    Whoever is known already (by LMS id, e-mail or learner id) keeps their learner id; a filled field replaces ours.
    A learner id that an export does not give, and that is made from a login or an e-mail, never names someone whose
    LMS id, e-mail or name is another: it gets a number (``ada-2``), and a finding says so.
    Raises :class:`NotFound`, or :class:`Invalid` if the file is none of these.
    """
    before = into or Roster()
    entries, findings, derived = _read_source(source)
    people = People(before, source.name, findings)
    for line, entry in entries:
        people.take(entry, line, derived=derived)
    after = people.roster
    changed = [e.learner for e in after.entries if (old := before.get(e.learner)) is not None and old != e]
    added = [entry.learner for entry in after.entries if before.get(entry.learner) is None]
    findings = sorted(people.findings, key=lambda finding: finding.line or 0)
    return ImportedRoster(after, tuple(added), tuple(changed), tuple(findings))


def _read_source(source: Path) -> tuple[list[tuple[int | None, RosterEntry]], list[Finding], bool]:
    """The people with their lines, what is wrong with others, and whether the learner ids were made here."""
    if source.is_dir() or source.suffix == ".db":
        people = _from_gradebooks(source if source.is_dir() else source.parent)
        return [(None, entry) for entry in people], [], False
    table = read_table(source)
    derived = "learner" not in table.headers
    entries, findings = _collect(table, source.name, _reader(table, source), derived=derived)
    return list(entries), findings, derived


def _reader(table: Table, source: Path) -> Callable[[Row], dict[str, str] | None]:
    headers = set(table.headers)
    if "learner" in headers:
        return lambda row: {name: row.get(plain) for plain, name in _OWN.items()}
    if "student" in headers and headers & {"id", "sisloginid", "sisuserid"}:
        return _canvas
    if headers & {*_FIRST, *_LAST, *_NAME} and headers & {*_EMAIL, *_NUMBER, *_LOGIN}:
        return _moodle
    raise Invalid(
        f"{source} is neither a roster nor an export that is known here (columns: {', '.join(table.headers)}).",
        hint="Export the gradebook of Canvas or the participants of Moodle as CSV, or give it the columns "
        "learner,name,email,lms_id,cohort.",
    )


def _canvas(row: Row) -> dict[str, str] | None:
    student, number = row.get("student"), row.get("id")
    login, sis = row.get("sisloginid"), row.get("sisuserid")
    pseudo = student.casefold().startswith("points possible") or not (number or login or sis)
    if pseudo or student.casefold() in {"student, test", "test student"}:
        return None
    return {
        "learner": login.partition("@")[0] or sis or number,
        "name": _turned(student),
        "email": login if "@" in login else row.get("email", "emailaddress"),
        "lms_id": number,
        "cohort": row.get("section"),
    }


def _moodle(row: Row) -> dict[str, str] | None:
    email, number, login = row.get(*_EMAIL), row.get(*_NUMBER), row.get(*_LOGIN)
    name = " ".join(part for part in (row.get(*_FIRST), row.get(*_LAST)) if part) or row.get(*_NAME)
    if not (email or number or login):
        return None
    return {
        "learner": login or number or email.partition("@")[0],
        "name": _turned(name),
        "email": email,
        "lms_id": number,
        "cohort": row.get(*_GROUP),
    }


def _turned(name: str) -> str:
    """``Lovelace, Ada`` as ``Ada Lovelace``."""
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and given.strip() else name


def _collect(
    table: Table, file: str, reader: Callable[[Row], dict[str, str] | None], *, derived: bool = False
) -> tuple[list[tuple[int, RosterEntry]], list[Finding]]:
    """The good lines, and a finding for each other one; ids that were ``derived`` may come more than once."""
    entries: list[tuple[int, RosterEntry]] = []
    lines: dict[str, int] = {}
    findings = []

    def fault(row: Row, code: str, message: str, hint: str = "") -> None:
        findings.append(Finding("error", code, file, message, hint, line=row.line))

    for row in table.rows:
        fields = reader(row)
        if fields is None:
            continue
        learner = fields["learner"]
        rounded = next((text for text in (learner, fields["lms_id"]) if _is_rounded(text)), "")
        if rounded:
            hint = "A spreadsheet rounded it: format the column as text and export again."
            fault(row, "roster-rounded", f"{rounded!r} is a rounded number, not an id.", hint)
            continue
        if not learner:
            fault(row, "roster-learner", "The learner's id is missing.", "Every line needs one; it names their folder.")
            continue
        folded = learner.casefold()  # some disks take `Ada` and `ada` for one folder
        if folded in lines and not derived:
            fault(row, "roster-duplicate", f"{learner!r} is on line {lines[folded]} already.", "Keep one of the two.")
            continue
        try:
            entries.append((row.line, RosterEntry(**fields)))
        except ValidationError as error:
            fault(row, "roster-learner", f"{error.errors()[0]['msg'].removeprefix('Value error, ')}.")
            continue
        lines[folded] = row.line
    return entries, findings


def _is_rounded(learner: str) -> bool:
    mantissa, exponent, power = learner.upper().partition("E+")
    return bool(exponent) and power.isdigit() and mantissa.replace(".", "").replace(",", "").isdigit()


def _from_gradebooks(folder: Path) -> list[RosterEntry]:
    from course_kit.bridges.nbgrader.client import Worker

    place = find_place(folder)
    entries: dict[str, RosterEntry] = {}
    for root in sorted({assignment.root for assignment in place.assignments} or {place.folder}):
        with Worker(root, log=place.log) as worker:
            for person in worker.call("students"):
                entries.setdefault(person["learner"], RosterEntry(**person))
    return list(entries.values())
