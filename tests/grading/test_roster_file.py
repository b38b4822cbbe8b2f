"""Rosters as people and learning management systems write them."""

from pathlib import Path

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.grading.roster_file import FaultyRoster, import_roster, read_roster, write_roster
from course_kit.model.roster import Roster, RosterEntry

ADA = RosterEntry(learner="ada", name="Ada Lovelace", email="ada@example.org", lms_id="101", cohort="A")


def test_a_roster_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    roster = Roster(
        entries=(ADA, RosterEntry(learner="jörg", name='Weiß, "Jörg"'), RosterEntry(learner="-x", name="=1+1"))
    )
    write_roster(tmp_path / "roster.csv", roster)

    assert read_roster(tmp_path / "roster.csv") == roster
    text = (tmp_path / "roster.csv").read_text(encoding="utf-8")
    assert text.splitlines()[3] == "'-x,'=1+1,,,"


def test_what_a_spreadsheet_does_to_a_roster_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes("sep=;\r\nLearner;Name;E-Mail\r\nada; Ada Lovelace ;ada@example.org\r\n;;\r\n".encode("utf-8-sig"))
    path.write_bytes("\ufeffLearner;Name;EMail\r\nada; Ada Lovelace ;ada@example.org\r\n;;\r\n".encode())
    assert read_roster(path).entries == (RosterEntry(learner="ada", name="Ada Lovelace", email="ada@example.org"),)
    path.write_bytes("learner\tname\r\njörg\tJörg\r\n".encode("utf-16"))
    assert read_roster(path).entries == (RosterEntry(learner="jörg", name="Jörg"),)
    path.write_bytes("learner,name\njorg,Jörg\n".encode("cp1252"))
    assert read_roster(path).entries == (RosterEntry(learner="jorg", name="Jörg"),)


def test_every_bad_line_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("learner,name\nada,Ada\n,Nobody\nADA,Again\na/b,Climber\n1.23457E+11,Rounded\n")

    with pytest.raises(FaultyRoster) as caught:
        read_roster(path)

    assert [(finding.line, finding.code) for finding in caught.value.findings] == [
        (3, "roster-learner"),
        (4, "roster-duplicate"),
        (5, "roster-learner"),
        (6, "roster-rounded"),
    ]
    assert "'ADA' is on line 2 already." in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rest", b"name,mail\nx,y\n", b'learner\n"open'])
def test_what_is_no_roster_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "roster.csv").write_bytes(content)
    if content.endswith(b"open"):
        assert read_roster(tmp_path / "roster.csv").entries[0].learner == "open"
    else:
        with pytest.raises(Invalid):
            read_roster(tmp_path / "roster.csv")
    with pytest.raises(NotFound):
        read_roster(tmp_path / "absent.csv")


def test_canvas_export(tmp_path: Path) -> None:
    path = tmp_path / "canvas.csv"
    path.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Adding (77)\n"
        "    Points Possible,,,,,5.00\n"
        '"Lovelace, Ada",101,S1,ada@example.org,Monday,4.00\n'
        '"Hopper, Grace",102,S2,ghopper,Monday,\n'
        '"Student, Test",999,,abc123,Monday,\n'
    )

    imported = import_roster(path)

    assert imported.roster.entries == (
        RosterEntry(learner="ada", name="Ada Lovelace", email="ada@example.org", lms_id="101", cohort="Monday"),
        RosterEntry(learner="ghopper", name="Grace Hopper", lms_id="102", cohort="Monday"),
    )
    assert imported.added == ("ada", "ghopper")


def test_moodle_exports_in_two_languages(tmp_path: Path) -> None:
    english, german = tmp_path / "en.csv", tmp_path / "de.csv"
    english.write_text("First name,Last name,ID number,Email address,Groups\nAda,Lovelace,S1,ada@example.org,A\n")
    german.write_text("Vorname;Nachname;ID-Nummer;E-Mail-Adresse;Gruppen\nAda;Lovelace;S1;ada@example.org;A\n")
    wanted = (RosterEntry(learner="S1", name="Ada Lovelace", email="ada@example.org", lms_id="S1", cohort="A"),)

    assert import_roster(english).roster.entries == wanted
    assert import_roster(german).roster.entries == wanted


def test_who_is_known_keeps_the_learner_id(tmp_path: Path) -> None:
    path = tmp_path / "canvas.csv"
    path.write_text("Student,ID,SIS Login ID,Section\nAda King,101,king,B\n")

    imported = import_roster(path, Roster(entries=(ADA,)))

    assert imported.roster.entries == (ADA.model_copy(update={"name": "Ada King", "cohort": "B"}),)
    assert (imported.added, imported.changed) == ((), ("ada",))


def test_a_made_id_never_takes_the_place_of_somebody_else(tmp_path: Path) -> None:
    canvas, moodle = tmp_path / "canvas.csv", tmp_path / "moodle.csv"
    canvas.write_text('Student,ID,SIS User ID,SIS Login ID\n"Smith, Ada",202,s9,ada\n')
    moodle.write_text("First name,Last name,ID number,Email address\nAda,Smith,,ada@b.edu\n")
    smith = RosterEntry(learner="ada-2", name="Ada Smith", lms_id="202")

    first = import_roster(canvas, Roster(entries=(ADA,)))
    assert first.roster.entries == (ADA, smith)
    assert (first.added, first.changed) == (("ada-2",), ())
    assert [(f.level, f.code, f.line) for f in first.findings] == [("warning", "roster-namesake", 2)]
    assert "Ada Smith is 'ada-2' in the roster: 'ada' is Ada Lovelace" in first.findings[0].message
    again = import_roster(canvas, first.roster)
    assert (again.roster, again.findings) == (first.roster, ())

    other = import_roster(moodle, Roster(entries=(ADA,)))
    assert other.roster.entries == (ADA, RosterEntry(learner="ada-2", name="Ada Smith", email="ada@b.edu"))
    assert import_roster(moodle, other.roster).roster == other.roster


def test_two_of_one_login_in_one_export_are_two_people(tmp_path: Path) -> None:
    path = tmp_path / "canvas.csv"
    path.write_text(
        "Student,ID,SIS Login ID\n"
        '"Lovelace, Ada",101,ada@a.edu\n"Smith, Ada",202,Ada@b.edu\n'
        '"Twin, One",301,both@a.edu\n"Twin, Two",302,both@a.edu\n'
        '"Lovelace, Ada",101,ada@a.edu\n'
    )

    imported = import_roster(path)

    assert [(e.learner, e.lms_id, e.name) for e in imported.roster.entries] == [
        ("ada", "101", "Ada Lovelace"),
        ("Ada-2", "202", "Ada Smith"),
        ("both", "301", "One Twin"),
        ("both-2", "302", "Two Twin"),
    ]
    assert [(f.level, f.code, f.line) for f in imported.findings] == [
        ("warning", "roster-namesake", 3),
        ("warning", "roster-namesake", 5),
        ("error", "roster-duplicate", 6),
    ]
    write_roster(tmp_path / "roster.csv", imported.roster)
    assert read_roster(tmp_path / "roster.csv") == imported.roster
    assert import_roster(path, imported.roster).roster == imported.roster


def test_a_number_that_a_spreadsheet_rounded_is_named_and_not_stored(tmp_path: Path) -> None:
    path = tmp_path / "canvas.csv"
    path.write_text("Student,ID,SIS Login ID\nAda,1.23457E+11,ada\nGrace,102,grace\n")

    imported = import_roster(path)

    assert imported.added == ("grace",)
    assert [(f.level, f.code, f.line) for f in imported.findings] == [("error", "roster-rounded", 2)]
    assert "'1.23457E+11' is a rounded number" in imported.findings[0].message


def test_who_is_known_by_name_alone_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "canvas.csv"
    path.write_text('Student,ID,SIS Login ID\n"Lovelace, Ada",101,ada\n')

    imported = import_roster(path, Roster(entries=(RosterEntry(learner="Ada", name="ada lovelace"),)))

    assert imported.roster.entries == (RosterEntry(learner="Ada", name="Ada Lovelace", lms_id="101"),)
