"""How a course begins."""

from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound, Refused
from course_kit.source.checks import check
from course_kit.source.course_file import read_course
from course_kit.source.scaffold import init_course, wrap_nbgrader


def test_a_new_course_has_no_findings_and_shows_every_kind(tmp_path: Path) -> None:
    made = init_course(tmp_path / "new", title='Data: "one"')
    assert [path.relative_to(tmp_path / "new").as_posix() for path in made] == [
        "course.yml",
        "notebooks/01-first-lesson.ipynb",
        "autograders/nbgrader_config.py",
        "autograders/source/warm-up/warm-up.ipynb",
        "roster.csv",
        ".gitignore",
        "README.md",
    ]
    assert check(tmp_path / "new") == ()
    source = read_course(tmp_path / "new")
    assert (source.course.key, source.course.title) == ("data-one", 'Data: "one"')
    (placed,) = source.notebooks["first-lesson"].quizzes
    assert [item.kind for item in placed.quiz.items] == [
        "one-choice", "several-choices", "true-false", "number", "short-text",
    ]  # fmt: skip
    (assignment,) = source.course.assignments()
    assert (assignment.title, assignment.notebooks, assignment.max_score) == ("Warm-up", ("warm-up.ipynb",), 2.0)
    assert source.nbgrader_root("warm-up") == tmp_path / "new" / "autograders"
    with pytest.raises(NotFound, match="no assignment 'x'"):
        source.nbgrader_root("x")


def test_the_title_comes_from_the_folder(tmp_path: Path) -> None:
    init_course(tmp_path / "data-science")
    assert read_course(tmp_path / "data-science").course.title == "Data science"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(Refused, match=r"holds README\.md already"):
        init_course(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    with pytest.raises(Refused, match="is a file"):
        init_course(tmp_path / "README.md")


def test_an_nbgrader_course_is_wrapped_and_stays_as_it_is(author: Any) -> None:
    for name, heading in (("Lab2", "# Calculators"), ("Lab10", "# It's: *tricky*"), ("lab2", "# Again")):
        text = author.notebook(author.cell("markdown", heading, "a"))
        author.writes(f"source/{name}/{name}.ipynb", text)
    author.writes("source/header.ipynb", author.notebook())
    author.writes("source/notes/notes.txt", "x")
    author.writes("nbgrader_config.py", 'c = get_config()\nc.CourseDirectory.course_id = "cs1302 i21a"\n')
    before = {path: path.read_bytes() for path in author.folder.rglob("*") if path.is_file()}
    assert wrap_nbgrader(author.folder) == [author.folder / "course.yml", author.folder / ".gitignore"]
    ignored = (author.folder / ".gitignore").read_text().splitlines()
    assert {"/submitted/", "/gradebook.db*", "releases/", ".course-kit/", "report*.html"} <= set(ignored)
    assert {path: path.read_bytes() for path in before} == before
    source = read_course(author.folder)
    assert (source.course.key, source.course.title) == ("cs1302-i21a", "cs1302 i21a")
    assert [(a.key, a.source, a.title) for a in source.course.assignments()] == [
        ("lab2", "source/Lab2", "Calculators"),
        ("lab2-2", "source/lab2", "Again"),
        ("lab10", "source/Lab10", "It's: tricky"),
    ]
    assert source.nbgrader_root("lab10") == author.folder
    assert {finding.level for finding in check(author.folder)} == {"warning"}
    with pytest.raises(Refused, match="is there already"):
        wrap_nbgrader(author.folder)


def test_an_assignment_of_several_notebooks_is_called_as_nbgrader_calls_it(author: Any) -> None:
    for name, heading in (("one", "# Adding"), ("two", "# Taking away")):
        author.writes(f"source/Lab 1/{name}.ipynb", author.notebook(author.cell("markdown", heading, "a")))
    author.writes(".gitignore", "mine\n")
    assert wrap_nbgrader(author.folder) == [author.folder / "course.yml"]
    assert (author.folder / ".gitignore").read_text() == "mine\n"
    assert [assignment.title for assignment in read_course(author.folder).course.assignments()] == ["Lab 1"]


def test_what_is_no_nbgrader_course(author: Any) -> None:
    with pytest.raises(NotFound, match="no folder `source`"):
        wrap_nbgrader(author.folder)
    author.writes("source/header.ipynb", author.notebook())
    with pytest.raises(Invalid, match="holds no assignment"):
        wrap_nbgrader(author.folder)
