"""What the instructor's commands say: who was left out, what to type next, and nothing needless."""

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from worlds import Instructor

from course_kit.apps.cli.grading import grade_command
from course_kit.apps.cli.instructor import feedback_command, publish_command
from course_kit.apps.cli.output import counted, print_table


def marks(name, *, points, solution=False):
    return {
        "nbgrader": {
            "grade_id": name,
            "grade": True,
            "solution": solution,
            "locked": not solution,
            "task": False,
            "schema_version": 3,
            "points": points,
        }
    }


def notebook(code="1", essay="Why?"):
    return new_notebook(
        cells=[
            new_code_cell(code),
            new_code_cell("assert True", metadata=marks("test", points=2)),
            new_markdown_cell(essay, metadata=marks("why", points=4, solution=True)),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}},
    )


def write(path, made):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)


def test_a_line_that_is_refused_ends_with_1_after_the_good_ones_were_written(tmp_path):
    teacher = Instructor(tmp_path)
    (teacher.course / "source").mkdir(parents=True)
    (teacher.course / "roster.csv").write_text("learner,name,email,lms_id\nada,Ada Lovelace,ada@a.edu,101\n")
    export = tmp_path / "canvas.csv"
    export.write_text(
        'Student,ID,SIS User ID,SIS Login ID\n"Smith, Ada",202,s9,ada\n"Hopper, Grace",1.23457E+11,s10,grace\n'
    )
    ran = teacher.runs("roster", export, "--course", teacher.course, fails=True)
    assert ran.status == 1
    assert "warning: canvas.csv, line 2: Ada Smith is 'ada-2' in the roster" in ran.err
    assert "error: canvas.csv, line 3: '1.23457E+11' is a rounded number" in ran.err
    assert "1 line of " in ran.err
    assert "left out (see above); all the others are in the roster." in ran.err
    assert "1 added, 0 changed" in ran.out
    assert (teacher.course / "roster.csv").read_text().splitlines()[1:] == [
        "ada,Ada Lovelace,ada@a.edu,101,",
        "ada-2,Ada Smith,,202,",
    ]


def test_outside_of_a_course_roster_says_so(tmp_path):
    ran = Instructor(tmp_path).runs("roster", fails=True)
    assert "is no course: it has neither course.yml" in ran.err
    assert ran.out == ""


def test_columns_without_a_note_are_left_out_and_one_is_no_plural(capsys):
    print_table(counted(1, "submission"), ("Learner", "Score", "", "Note"), [("ada", "", "", "")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "1 submission"
    assert [cell.strip() for cell in lines[2].strip("┃").split("┃")] == ["Learner", "Score"]
    assert counted(0, "submission") == "0 submissions"


@pytest.mark.slow
def test_grading_says_where_to_mark_who_is_left_out_and_no_needless_option(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "home" / "jupyter"))
    course = tmp_path / "my course"
    write(course / "source" / "sums" / "one.ipynb", notebook())
    write(course / "submitted" / "ada" / "sums" / "one.ipynb", notebook(essay="Because."))
    write(course / "submitted" / "eva" / "sums" / "one.ipynb", notebook())
    (course / "submitted" / "eva" / "sums" / "one.ipynb").write_text("no notebook")

    monkeypatch.chdir(tmp_path)
    graded = CliRunner().invoke(grade_command, ["sums", "--course", "my course"]).output
    assert "2 submissions of sums" in graded
    assert "cd 'my course' && jupyter lab" in graded
    assert graded.rstrip().endswith("publish sums --course 'my course'")

    monkeypatch.chdir(course)
    assert "\n  jupyter lab\n" in CliRunner().invoke(grade_command, ["sums"]).output
    posted = CliRunner().invoke(publish_command, ["sums"]).output
    assert "1 new score, 0 known" in posted
    assert "No score and no feedback: eva (unreadable)" in posted
    made = CliRunner().invoke(feedback_command, ["sums"]).output
    assert "1 feedback file in .course-kit/feedback/sums" in made
    assert "1 learner has answers that nobody has marked yet" in made
    assert "No score and no feedback: eva (unreadable)" in made
    assert "--course" not in posted + made
