"""Files for Canvas and Moodle, to the letter."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from course_kit.apps.cli.grades import grades_command
from course_kit.errors import Invalid, NotFound, Refused
from course_kit.grading.batch import grade
from course_kit.grading.canvas_gradebook import CanvasColumn, FilledGradebook, fill_gradebook
from course_kit.grading.grades_csv import LeftOut, two_decimals, write_grades
from course_kit.grading.moodle_grades import MoodleGrade, write_moodle
from course_kit.model.roster import Roster, RosterEntry

EXPORT = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Warm-up (900),Adding numbers (901),Current Score,Final Score\n"
    ",,,,,,Manual Posting,,,\n"
    "    Points Possible,,,,,,10.00,5.00,(read only),(read only)\n"
    '"Lovelace, Ada",101,U1,ada@example.org,Monday,shy,9.00,,90.0,45.0\n'
    '"Weiß, Bob",102,U2,bob@example.org,Monday,,8.00,EX,80.0,80.0\n'
    '"=HYPERLINK(""http://x"",""y"")",103,U3,cat,"Tuesday, late",,,3.5,,\n'
    '"Dee, Dan",104,U4,dan@example.org,Tuesday,,"1,000.50",,,\n'
    '"Student, Test",199,,1f2e3d,Monday,,,,,\n'
)


def person(learner: str, name: str = "", email: str = "", lms_id: str = "") -> RosterEntry:
    return RosterEntry(learner=learner, name=name, email=email, lms_id=lms_id)


PEOPLE = Roster(
    entries=(
        person("ada", "Ada Lovelace", "ada@example.org", "101"),
        person("bob", "Bob Weiß", "", "102"),
        person("cat", "Catherine", "", ""),
        person("eve", "Eve Adams", "eve@example.org", "105"),
    )
)


@pytest.fixture
def fill(tmp_path: Path) -> Callable[..., tuple[FilledGradebook, str]]:
    """``fill({"ada": "4.50"})`` is what was found and the file's text."""

    def filled(grades: dict[str, str], *, export: Any = EXPORT, people: Roster = PEOPLE, **options: Any) -> Any:
        template, to = tmp_path / "export.csv", tmp_path / "to import.csv"
        template.write_bytes(export if isinstance(export, bytes) else export.encode())
        column = CanvasColumn("adding", ("Adding numbers", "adding"), grades, options.pop("max_score", 5.0))
        found = fill_gradebook(template, [column], people, to, **options)
        return found, to.read_text(encoding="utf-8")

    return filled


def test_canvas_gets_its_export_back_with_grades_filled_in(fill: Callable[..., Any]) -> None:
    found, text = fill({"ada": "4.50", "bob": "3.00", "cat": "1234.00", "eve": "2.00"})
    assert text == (
        "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Adding numbers (901)\n"
        "    Points Possible,,,,,5.00\n"
        '"Lovelace, Ada",101,U1,ada@example.org,Monday,4.50\n'
        '"Weiß, Bob",102,U2,bob@example.org,Monday,EX\n'
        '"\'=HYPERLINK(""http://x"",""y"")",103,U3,cat,"Tuesday, late",1234.00\n'
        '"Dee, Dan",104,U4,dan@example.org,Tuesday,\n'
        '"Student, Test",199,,1f2e3d,Monday,\n'
    )
    assert found.learners == ("ada", "bob", "cat")
    assert found.kept == [("bob", "Canvas has EX (excused) for 'adding'; it stays, 3.00 is not written.")]
    assert found.unmatched == [
        ("Dee, Dan", "Line 7: nobody in the roster has that LMS id, e-mail, learner id or name."),
        ("eve", "No line of export.csv is theirs, by LMS id, e-mail, learner id or name."),
    ]
    assert found.notes == ()


def test_what_nobody_graded_here_stays_as_canvas_has_it(fill: Callable[..., Any]) -> None:
    """An emptied cell would erase the grade there."""
    export = "Student,ID,Section,Adding numbers (901)\nAda,101,A,3.25\nBob,102,A,-\nCat,103,A,\n"
    _, text = fill({"ada": "4.00"}, export=export.replace("Ada,101,A,3.25", "Eve,105,A,3.25"))
    assert text == "Student,ID,Section,Adding numbers (901)\nEve,105,A,3.25\nBob,102,A,-\nCat,103,A,\n"


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (EXPORT.replace("Weiß", "Weiss").encode("utf-8-sig"), "Student,ID"),
        (EXPORT.encode("utf-16"), "\ufeffStudent,ID"),
        (EXPORT.encode("cp1252"), "\ufeffStudent,ID"),
        (EXPORT.replace(", ", "¤").replace(",", ";").replace("¤", ", ").encode(), "\ufeffStudent,ID"),
    ],
)
def test_any_encoding_and_separator_of_an_export_is_read(
    fill: Callable[..., Any], encoded: bytes, expected: str
) -> None:
    found, text = fill({"ada": "4.50", "bob": "1.00"}, export=encoded)
    assert found.learners == ("ada", "bob")
    assert text.startswith(expected)
    assert '"Lovelace, Ada",101,U1,ada@example.org,Monday,4.50\n' in text


def test_first_and_last_names_get_no_mark_that_canvas_would_stumble_over(fill: Callable[..., Any]) -> None:
    export = "LastName,FirstName,ID,SIS Login ID,Section,adding (1)\nWeiß,Bob,102,bob,A,\n"
    _, text = fill({"bob": "2.00"}, export=export)
    assert text == "LastName,FirstName,ID,SIS Login ID,Section,adding (1)\nWeiß,Bob,102,bob,A,2.00\n"


def test_points_that_differ_and_columns_that_canvas_computes_are_said(fill: Callable[..., Any]) -> None:
    found, text = fill({"ada": "4.50"}, max_score=20.0)
    assert "    Points Possible,,,,,5.00\n" in text
    assert found.notes == (
        "'adding' is worth 20 points in the gradebook and 5 in Canvas; grades are written as points, unscaled. Change "
        "the points in Canvas.",
    )
    found, _ = fill({"ada": "4.50"}, export=EXPORT.replace(",5.00,", ",(read only),"))
    assert found.notes == ("Canvas computes the column of 'adding' itself and will not import it.",)


def test_nobody_gets_a_line_by_a_login_or_a_name_that_is_anothers(fill: Callable[..., Any]) -> None:
    export = (
        "Student,ID,SIS Login ID,Section,adding (1)\n"
        "Ada Byron,102,ada,A,\n"
        "Ada Lovelace,101,ada.l,A,\n"
        "Bob,1.23457E+11,bob,A,\n"
        "Bob,103,bob,A,\n"
        "Bob again,103,,A,\n"
        "Sam Lee,104,,A,\n"
        "Sam Lee,105,,A,\n"
    )
    people = Roster(
        entries=(
            person("ada", "Ada Lovelace", lms_id="101"),
            person("bob", lms_id="103"),
            person("sam", "Sam Lee"),
        )
    )
    found, text = fill({"ada": "1.00", "bob": "2.00", "sam": "3.00"}, export=export, people=people)
    assert text == (
        "Student,ID,SIS Login ID,Section,adding (1)\n"
        "Ada Byron,102,ada,A,\n"
        "Ada Lovelace,101,ada.l,A,1.00\n"
        "Bob,1.23457E+11,bob,A,\n"
        "Bob,103,bob,A,2.00\n"
        "Bob again,103,,A,\n"
        "Sam Lee,104,,A,\n"
        "Sam Lee,105,,A,\n"
    )
    assert [name for name, _ in found.unmatched] == ["Ada Byron", "Bob", "Bob again", "Sam Lee", "Sam Lee", "sam"]
    assert found.unmatched[1][1] == (
        "Line 4: a spreadsheet rounded the id to 1.23457E+11; export again, use it as it is."
    )
    assert found.unmatched[2][1] == "Line 6: 'bob' has line 5 already."


def test_a_roster_with_the_registrars_numbers_denies_nobody_a_line(fill: Callable[..., Any]) -> None:
    export = "Student,ID,SIS Login ID,Section,adding (1)\nAda Lovelace,101,ada,A,\nBob,102,,A,\n"
    people = Roster(entries=(person("ada", lms_id="s-77"), person("b1", "Bob", lms_id="s-78")))
    found, _ = fill({"ada": "1.00", "b1": "2.00"}, export=export, people=people)
    assert (found.learners, found.unmatched) == (("ada", "b1"), [])


def test_the_column_is_found_by_title_and_named_where_titles_do_not_tell(fill: Callable[..., Any]) -> None:
    other = EXPORT.replace("Adding numbers (901)", "Homework 1 (901)")
    with pytest.raises(Invalid) as raised:
        fill({"ada": "1.00"}, export=other)
    assert raised.value.message.endswith(
        "has no column for 'Adding numbers' (its assignments: Warm-up (900), Homework 1 (901))."
    )
    for column in ("Homework 1 (901)", "901", "homework 1"):
        assert fill({"ada": "1.00"}, export=other, column=column)[0].learners == ("ada",)
    twice = EXPORT.replace("Warm-up (900)", "Adding Numbers (900)")
    with pytest.raises(Invalid, match=r"more than one column for 'adding': Adding Numbers \(900\), Adding numbers"):
        fill({"ada": "1.00"}, export=twice)
    with pytest.raises(Invalid, match="has no column"):
        fill({"ada": "1.00"}, column="902")


@pytest.mark.parametrize("export", ["name,email\nAda,a@b.c\n", "Student,ID,adding (1)\nAda,1,\n", "Student\n"])
def test_what_is_no_gradebook_is_refused(fill: Callable[..., Any], export: str) -> None:
    with pytest.raises(Invalid, match="is no gradebook exported from Canvas"):
        fill({"ada": "1.00"}, export=export)


def test_moodle_gets_only_lines_with_a_grade_and_a_key_of_ones_own(tmp_path: Path) -> None:
    """A person who is not found stops Moodle's import; a line without a key is put down to the one before."""
    people = Roster(
        entries=(
            person("ada", "Ada Lovelace", "ada@example.org", "101"),
            person("bob", "=1+1", "bob@example.org", "102"),
            person("cat", "Cat", "family@example.org", "103"),
            person("dan", "Dan", "Family@example.org", "104"),
            person("eve", "Eve", "", "105"),
            person("fay", "Fay", "+1@example.org", "106"),
            person("gus", "Gus Weiß, jr.", "gus@example.org", ""),
            person("not-graded", "N", "n@example.org", "107"),
        )
    )
    graded = [person for person in people.entries if person.learner not in {"not-graded", "dan"}]
    to = tmp_path / "moodle.csv"
    without_gus = [MoodleGrade(one, "4.50", "Good.\nGo on") for one in graded if one.learner != "gus"]

    found = write_moodle(without_gus, "Adding, numbers", to, comments=True, everyone=people)
    assert to.read_text(encoding="utf-8") == (
        'ID number,Name,"Adding, numbers","Adding, numbers (feedback)"\n'
        '101,Ada Lovelace,4.50,"Good.\nGo on"\n'
        '102,\'=1+1,4.50,"Good.\nGo on"\n'
        '103,Cat,4.50,"Good.\nGo on"\n'
        '105,Eve,4.50,"Good.\nGo on"\n'
        '106,Fay,4.50,"Good.\nGo on"\n'
    )
    assert (found.learners, found.unmatched) == (("ada", "bob", "cat", "eve", "fay"), ())

    by_mail = [MoodleGrade(one.model_copy(update={"lms_id": ""}), "0.00") for one in graded]
    nameless = Roster(entries=tuple(one.model_copy(update={"lms_id": ""}) for one in people.entries))
    found = write_moodle(by_mail, "=Adding", to, everyone=nameless)
    assert to.read_text(encoding="utf-8") == (
        "\ufeffEmail address,Name,'=Adding\n"
        "ada@example.org,Ada Lovelace,0.00\n"
        "bob@example.org,'=1+1,0.00\n"
        'gus@example.org,"Gus Weiß, jr.",0.00\n'
    )
    assert found.unmatched == (
        ("cat", "Somebody else in the roster has the e-mail 'family@example.org' too."),
        ("eve", "The roster has no e-mail for them, by which Moodle would know them."),
        ("fay", "Their e-mail '+1@example.org' would be run as a formula by a spreadsheet."),
    )
    assert found.notes == (
        "In Moodle: Grades, Import, CSV file; separator Comma, encoding UTF-8; map from 'Email address' to 'Email "
        "address', and the column '=Adding' to the assignment. Leave `Name` on Ignore.",
        "E-mails and ID numbers come with the list of participants that Moodle exports: --people FILE.",
    )


@pytest.mark.parametrize(
    ("score", "text"),
    [(0.0, "0.00"), (1234.5, "1234.50"), (2.675, "2.68"), (1 / 3, "0.33"), (10, "10.00"), (1e6, "1000000.00")],
)
def test_two_decimals_and_no_thousands_separator(score: float, text: str) -> None:
    assert two_decimals(score) == text


# ---------------------------------------------------------------- from a real gradebook


@pytest.fixture
def graded_course(nbgrader_course: Path, hand_in: Callable[..., Path], make_source: Callable[..., Path]) -> Path:
    """Ada 5 points of which 1.5 were taken off for lateness, Bob 2, Cat unreadable, Dan on the roster only."""
    (nbgrader_course / "roster.csv").write_text(
        "learner,name,email,lms_id,cohort\n"
        "ada,Ada Lovelace,ada@example.org,101,\nbob,Bob,bob@example.org,102,\ncat,Cat,,103,\ndan,Dan,,104,\n"
    )
    hand_in("ada", "return a + b")
    hand_in("bob", "return a + b if a < 10 else 0")
    hand_in("cat", b"not a notebook")
    grade(nbgrader_course, "adding")
    with sqlite3.connect(nbgrader_course / "gradebook.db") as database:
        changed = database.execute(
            "UPDATE submitted_notebook SET late_submission_penalty = 1.5 WHERE assignment_id IN "
            "(SELECT id FROM submitted_assignment WHERE student_id = 'ada')"
        ).rowcount
    assert changed == 1
    return nbgrader_course


MINI = "Student,ID,Section,adding (1)\nPoints Possible,,,5\nAda,101,A,\nBob,102,A,\nCat,103,A,\nDan,104,A,\n"


@pytest.mark.slow
def test_scores_come_from_the_gradebook_with_late_penalties_taken_off(graded_course: Path, tmp_path: Path) -> None:
    template, to = tmp_path / "export.csv", tmp_path / "new" / "grades.csv"
    template.write_text(MINI)
    written = write_grades(graded_course, None, "canvas", to, template=template)
    assert to.read_text() == (
        "Student,ID,Section,adding (1)\nPoints Possible,,,5\nAda,101,A,3.50\nBob,102,A,2.00\nCat,103,A,\nDan,104,A,\n"
    )
    assert (written.path, written.grades, written.held, written.unmatched) == (to, ("ada", "bob"), (), ())
    written = write_grades(graded_course, "adding", "moodle", to)
    assert to.read_text() == (
        "Email address,Name,adding\nada@example.org,Ada Lovelace,3.50\nbob@example.org,Bob,2.00\n"
    )
    assert written.grades == ("ada", "bob")


@pytest.mark.slow
def test_an_older_submissions_score_is_nobodys_grade(
    graded_course: Path, hand_in: Callable[..., Path], tmp_path: Path
) -> None:
    hand_in("bob", b"not a notebook")
    grade(graded_course, "adding")
    written = write_grades(graded_course, "adding", "moodle", tmp_path / "grades.csv")
    assert (written.grades, written.ungraded, written.unmarked) == (("ada",), ("bob",), ())


@pytest.mark.slow
def test_what_is_held_or_unmarked_is_named_and_left_out_unless_asked(graded_course: Path, tmp_path: Path) -> None:
    records = next((graded_course / ".course-kit" / "graded").glob("adding-*.json"))
    held = json.loads(records.read_text())
    held["submissions"]["bob"]["status"] = "unverified"
    records.write_text(json.dumps(held))
    with sqlite3.connect(graded_course / "gradebook.db") as database:
        database.execute(
            "UPDATE grade SET needs_manual_grade = 1, auto_score = NULL WHERE id IN (SELECT grade.id FROM grade "
            "JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id JOIN submitted_assignment ON "
            "submitted_notebook.assignment_id = submitted_assignment.id WHERE student_id = 'ada' LIMIT 1)"
        )
    to = tmp_path / "moodle.csv"
    run = CliRunner().invoke(
        grades_command, ["adding", "--moodle", "--course", str(graded_course), "--out", str(to)], catch_exceptions=False
    )
    assert run.exit_code == 0
    assert len(to.read_text().splitlines()) == 1
    assert (
        "1 submission: passed without proof and wait for your decision; left out (--with-held lets them in): bob"
        in (run.output)
    )
    assert "left out (--with-unmarked lets them in): ada" in run.output
    written = write_grades(graded_course, "adding", "moodle", to, held=True, unmarked=True)
    assert (written.grades, written.held, written.unmarked) == (("ada", "bob"), ("bob",), ("ada",))


@pytest.mark.slow
def test_a_gradebook_knows_people_where_there_is_no_roster(graded_course: Path, tmp_path: Path) -> None:
    (graded_course / "roster.csv").unlink()
    template, to = tmp_path / "export.csv", tmp_path / "grades.csv"
    template.write_text(MINI)
    assert write_grades(graded_course, "adding", "canvas", to, template=template).grades == ("ada", "bob")


@pytest.mark.slow
def test_moodles_participants_bring_e_mails_that_the_roster_has_not(graded_course: Path, tmp_path: Path) -> None:
    (graded_course / "roster.csv").write_text("learner,name\nada,Ada Lovelace\nbob,Bob\n")
    people, to = tmp_path / "participants.csv", tmp_path / "grades.csv"
    people.write_text("First name,Last name,Username,Email address\nAda,Lovelace,ada,ada@uni.example\n")
    written = write_grades(graded_course, "adding", "moodle", to, template=people)
    assert to.read_text() == "Email address,Name,adding\nada@uni.example,Ada Lovelace,3.50\n"
    assert written.unmatched == (LeftOut("bob", "The roster has no e-mail for them, by which Moodle would know them."),)


def test_what_is_asked_wrongly_is_said_before_anything_is_read(nbgrader_course: Path, tmp_path: Path) -> None:
    template = tmp_path / "export.csv"
    template.write_text(MINI)
    with pytest.raises(Refused, match="is the export itself"):
        write_grades(nbgrader_course, "adding", "canvas", template, template=template)
    with pytest.raises(Invalid, match="from its own export only"):
        write_grades(nbgrader_course, "adding", "canvas", tmp_path / "x.csv")
    with pytest.raises(NotFound, match="no assignment 'subtracting'"):
        write_grades(nbgrader_course, "subtracting", "moodle", tmp_path / "x.csv")
    for wrong in ([], ["--canvas", str(template), "--moodle"], ["--canvas", str(template), "--comments"]):
        run = CliRunner().invoke(grades_command, ["adding", "--course", str(nbgrader_course), *wrong])
        assert run.exit_code == 2
    assert template.read_text() == MINI
