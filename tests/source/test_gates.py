"""Gates, completion and diagnostics as an author writes them, and what `check` says about those that cannot work."""

from textwrap import dedent

import pytest

from course_kit.model.completion import Part
from course_kit.model.gate_tree import AllOf, AnyOf, Completed, InCohort, Scored
from course_kit.source.checks import check
from course_kit.source.course_file import read_course

QUIZ = "%%quiz one\nTwo and two?\n= 4\nskill: adding\n"


def write(author, *lessons: str, course: str = "", assignments: str = "") -> None:
    """A course of the lessons a, b, c … (a and b with a quiz), each with these further lines."""
    entries = []
    for number, more in enumerate(lessons):
        name = "abcdef"[number]
        author.writes_lesson(name, *([QUIZ] if name in "ab" else ["1 + 1"]))
        fields = [f"notebook: notebooks/{name}.ipynb", "minutes: 5", *filter(None, more.split("\n"))]
        entries.append("      - " + "\n        ".join(fields))
    text = f"course: c\ntitle: C\n{course}units:\n  - key: u\n    lessons:\n" + "\n".join(entries) + "\n"
    author.writes("course.yml", text + assignments)


def errors(author) -> list[tuple[str, int | None]]:
    return [(found.code, found.line) for found in check(author.folder)]


def test_a_gate_is_a_list_of_lessons_or_a_tree(author):
    write(
        author,
        "",
        "requires: [a]",
        "requires: {all: [completed a, {any: [scored b >= 80 %, cohort evening]}]}\ngate: enforce",
        "requires: {all: [a, completed b]}",
        course="gate: advise\n",
    )
    assert errors(author) == []
    course = read_course(author.folder).course
    _, b, c, d = course.lessons()
    assert (b.requires, b.condition) == (("a",), None)
    assert c.condition == AllOf((Completed("a"), AnyOf((Scored("b", 0.8), InCohort("evening")))))
    assert (c.requires, c.gate, course.gate) == ((), "enforce", "advise")
    assert (d.requires, d.condition) == (("a", "b"), None)


def test_a_lesson_says_when_it_is_done_what_it_waives_and_what_it_proves(author):
    write(
        author,
        "",
        "complete: quizzes >= 90 %\ndiagnostic: {waives: [a], pass: 80 %}",
        "complete: [cells, viewed >= 0.5]",
    )
    assert errors(author) == []
    _, b, c = read_course(author.folder).course.lessons()
    assert b.complete == Part("quizzes", 0.9)
    assert (b.diagnostic.waives, b.diagnostic.pass_score) == (("a",), 0.8)
    assert c.complete.parts == (Part("cells", 1.0), Part("viewed", 0.5))
    assert read_course(author.folder).course.lesson("a").complete is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("requires: [passed a]", "'passed a' is not a key"),
        ("requires: {most: [a]}", "one of `all"),
        ("requires: [scored a]", "lacks its share"),
        ("requires: [after tomorrow]", "not a date"),
        ("gate: perhaps", "`gate`"),
        ("complete: seen", "begins with one of"),
        ("diagnostic: {pass: 80 %}", "`waives` is missing"),
        ("diagnostic: {waives: [a], pass: 0 %}", "more than 0 %"),
        ("diagnostic: {waives: [a], passes: 3}", "`passes` is not a field"),
        ("proves: perhaps", "`proves`"),
    ],
)
def test_a_slip_is_said_with_its_line_and_opens_nothing(author, line, said):
    write(author, "", line)
    (found,) = check(author.folder)
    assert (found.level, found.line) == ("error", 10)
    assert said in found.message
    assert found.hint


@pytest.mark.parametrize(
    ("lessons", "code", "line"),
    [
        (("requires: {any: [ghost, a]}", ""), "unknown-lesson", 8),
        (("", "requires: {all: [a, completed b]}"), "cycle", 10),
        (("requires: [b]", "requires: {all: [{any: [a]}, cohort x]}"), "cycle", 8),
        (("requires: {any: [b, c]}", "requires: {any: [a, c]}", "requires: {any: [a, b]}"), "unreachable", 8),
        (("", "requires: {all: [a, {not: a}]}"), "unreachable", 10),
        (("", "requires: {all: [a, cohort x, {not: a}]}"), "unreachable", 10),
        (("", "requires: {all: [scored a >= 90 %, {not: scored a >= 50 %}]}"), "unreachable", 10),
        (
            ("", "requires: {all: [after 2027-03-01T09:00Z, {not: after 2027-02-01T09:00Z}]}"),
            "unreachable",
            10,
        ),
        (("", "", "requires: {any: [scored d >= 50 %]}", ""), "no-points", 12),
        (("", "", "complete: quizzes >= 50 %"), "never-complete", 12),
        (("complete: assignment ghost >= 50 %",), "never-complete", 8),
        (("proves: yes",), "practice-proves", 8),
        (("", "", "diagnostic: {waives: [a]}"), "no-points", 12),
        (("diagnostic: {waives: [ghost]}",), "unknown-lesson", 8),
        (("diagnostic: {waives: [a]}",), "cycle", 8),
        (("", "diagnostic: {waives: [a]}\nrequires: [a]"), "late-diagnostic", 10),
        (("requires: [cohort x]",), "cohort-unknown", 8),
        (("", "requires: {all: [old, cohort x]}", "was: [old]"), "old-name", 10),
    ],
)
def test_what_cannot_work_is_found(author, lessons, code, line):
    write(author, *lessons)
    assert (code, line) in errors(author)


def test_what_a_diagnostic_waives_and_no_review_can_check_is_found(author):
    write(author, "", "diagnostic: {waives: [a]}")
    assert errors(author) == []
    author.writes_lesson("a", "%%quiz one\nTwo and two?\n= 4\n")
    assert errors(author) == [("no-skill", 10)]


def test_alternatives_out_of_a_ring_make_it_sound(author):
    write(author, "requires: {any: [b, cohort evening]}", "requires: [a]")
    assert errors(author) == []


def test_what_rests_on_graded_work_proves_something(author):
    cell = author.cell
    graded = {
        "nbgrader": {
            "schema_version": 3,
            "grade": True,
            "solution": True,
            "locked": False,
            "points": 2,
            "grade_id": "one",
            "task": False,
        }
    }
    author.writes("autograders/source/hw/hw.ipynb", author.notebook(cell("code", "x = 1", "one", metadata=graded)))
    work = dedent("""\
        assignments:
          - source: autograders/source/hw
            minutes: 5
            requires: [b]
            due: start + 2 days
        """)
    write(
        author,
        "proves: yes\ncomplete: [quizzes >= 50 %, assignment hw >= 60 %]",
        "proves: yes\ncomplete: {any: [quizzes >= 50 %, assignment hw >= 60 %]}\n"
        "requires: {all: [a, after start + 3 days]}",
        assignments="".join(f"    {line}\n" for line in work.splitlines()),
    )
    found = {(finding.code, finding.line) for finding in check(author.folder) if finding.file == "course.yml"}
    assert found == {("practice-proves", 12), ("late-gate", 14)}
