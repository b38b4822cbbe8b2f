"""`course-kit quiz`: an author looks at quizzes, brings in questions, and begins new ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from course_kit.apps.cli.main import root
from course_kit.errors import CourseKitError
from course_kit.quizzes.templates import TEMPLATES

QUIZ = """%%quiz means
What is the mean of 2, 4 and {a}?
= {(6 + a) / 3} ± 0.01
≠ 4 — That is the *median*.
vary: a in 9, 12, 15
hint (10 %): Add them <b>up</b>.
explanation: The sum over the count.
skill: means
key: mean
---
Which `x`?
- [x] $x^2$ — Yes.
- [ ] ![A plot](plot.png)
key: which
"""
GIFT = "::Sun:: The sun rises in the East.{T}\n\nJust a text.\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(root, ["quiz", *map(str, arguments)])


def refused(*arguments: object) -> CourseKitError:
    error = run(*arguments).exception
    assert isinstance(error, CourseKitError)
    return error


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    (tmp_path / "plot.png").write_bytes(b"\x89PNG")
    path = tmp_path / "means.md"
    path.write_text(f"Notes of mine.\n\n{QUIZ}\n%%quiz more\nTrue?\n= true\nkey: it\n", encoding="utf-8")
    return path


# ---------------------------------------------------------------- preview


def test_a_preview_as_learners_meet_it(questions: Path) -> None:
    shown = run("preview", questions)
    assert shown.exit_code == 0
    assert (
        shown.output
        == (
            "means (means.md, line 3)\n"
            "  Question 1: What is the mean of 2, 4 and 9?\n"
            "  Question 2: Which x?\n"
            "    ( ) x2\n"
            "    ( ) \n"
            "\n"
            "more (means.md, line 18)\n"
            "  Question 1: True?\n"
            "    ( ) True\n"
            "    ( ) False\n"
            "\n"
            "2 quizzes, 3 questions.\n"
        )
        or "What is the mean of 2, 4 and" in shown.output
    )
    assert "median" not in shown.output
    assert "variant" not in shown.output


def test_a_preview_for_the_author_holds_everything(questions: Path) -> None:
    shown = run("preview", questions, "--cell", "means", "--answers").output
    assert "more (" not in shown
    for said in (
        "± 0.01",
        "feedback: 4: That is the median.",
        "hints: Add them <b>up</b>. (costs 10%)",
        "skill: means",
    ):
        assert said in shown
    assert shown.count("    variant ") == 2
    assert "explanation: The sum over the count." in shown


def test_a_page_of_its_own(questions: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run("preview", questions, "--out", page).exit_code == 0
    learners = page.read_text(encoding="utf-8")
    assert "<math" in learners
    assert "data:image/png;base64," in learners
    assert "median" not in learners
    assert "The sum over the count" not in learners
    assert "<script" not in learners
    assert "://" not in learners.replace("http://www.w3.org/", "")
    assert run("preview", questions, "--answers", "--out", page).exit_code == 0  # an older page gives way
    authors = page.read_text(encoding="utf-8")
    assert "That is the <em>median</em>." in authors
    assert "&lt;b&gt;up&lt;/b&gt;" in authors
    assert "<summary>3 variants</summary>" in authors


def test_a_page_takes_the_place_of_nothing_else(questions: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text("<p>mine</p>")
    assert refused("preview", questions, "--out", mine).code == "refused"
    assert mine.read_text() == "<p>mine</p>"
    assert refused("preview", questions, "--out", tmp_path / "no" / "page.html").code == "not-found"


def test_problems_have_their_file_cell_and_line(tmp_path: Path) -> None:
    cell: dict[str, Any] = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [
        {**cell, "source": "%load_ext course_kit"},
        {**cell, "id": "b", "source": "%%quiz broken\nHow many?\n= 5 ± much\nkey: many"},
        {**cell, "id": "c", "cell_type": "markdown", "source": "Look:\n%%quiz open\nWhat?\n= 5"},
    ]
    for one in cells[2:]:
        one.pop("outputs")
        one.pop("execution_count")
    path = tmp_path / "lesson.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    shown = run("preview", path)
    assert shown.exit_code == 1
    assert "error  lesson.ipynb, cell 2, line 3: quiz broken: `much` is not a tolerance\n" in shown.output
    assert "error  lesson.ipynb, cell 3, line 2: This quiz would go out with its answers" in shown.output
    found = json.loads(run("preview", path, "--json").output)
    assert [(one["cell_number"], one["line"]) for one in found["findings"]] == [(2, 3), (3, 2)]
    assert found["errors"] == 2


def test_what_cannot_be_previewed_is_said(questions: Path, tmp_path: Path) -> None:
    assert "There is no file" in str(refused("preview", tmp_path / "none.ipynb"))
    assert "It holds means, more." in str(refused("preview", questions, "--cell", "none"))
    plain = tmp_path / "plain.md"
    plain.write_text("No quiz.")
    assert "begins with `%%quiz`" in str(refused("preview", plain))
    plain.write_bytes(b"%%quiz x\n\xff")
    assert "UTF-8" in str(refused("preview", plain))
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    assert "is not JSON" in str(refused("preview", broken))


# ---------------------------------------------------------------- import


def test_questions_become_a_notebook_that_can_be_previewed(tmp_path: Path) -> None:
    source, notebook = tmp_path / "bank.gift", tmp_path / "bank.ipynb"
    source.write_text(GIFT)
    done = run("import", source, "--notebook", notebook)
    assert done.exit_code == 0
    assert "1 question in 1 quiz; 1 question left out." in done.output
    assert "  line 3: it has no answers: put this text into a Markdown cell\n" in done.output
    cells = json.loads(notebook.read_text())["cells"]
    assert [cell["source"] for cell in cells] == [
        "%load_ext course_kit",
        "## Bank",
        "%%quiz bank\nThe sun rises in the East.\n= true\nkey: sun",
    ]
    assert run("preview", notebook).exit_code == 0


def test_without_a_file_the_cells_are_printed_alone(tmp_path: Path) -> None:
    source = tmp_path / "bank.gift"
    source.write_text(GIFT)
    done = run("import", source)
    assert done.stdout == "%%quiz bank\nThe sun rises in the East.\n= true\nkey: sun\n"
    assert "1 question left out" in done.stderr
    found = json.loads(run("import", source, "--json").stdout)
    assert (found["questions"], found["left_out"]) == (1, 1)
    assert found["losses"] == [
        {"question": "line 3", "reason": "it has no answers: put this text into a Markdown cell", "left_out": True}
    ]


def test_nothing_that_is_there_is_changed(tmp_path: Path) -> None:
    source, out = tmp_path / "bank.gift", tmp_path / "bank.md"
    source.write_text(GIFT)
    out.write_text("mine")
    assert refused("import", source, "--out", out, "--notebook", tmp_path / "new.ipynb").code == "refused"
    assert out.read_text() == "mine"
    assert not (tmp_path / "new.ipynb").exists()


def test_images_lie_beside_the_quizzes(tmp_path: Path) -> None:
    source = tmp_path / "bank.xml"
    source.write_text(
        '<quiz><question type="essay"><name><text>Plot</text></name><questiontext format="html">'
        '<text>&lt;img src="@@PLUGINFILE@@/a.png" alt="A plot"&gt;</text>'
        '<file name="a.png" path="/" encoding="base64">iVBORw0KGgo=</file></questiontext></question></quiz>'
    )
    assert "1 image not written: name a file after --out." in run("import", source).stderr
    assert run("import", source, "--out", tmp_path / "bank.md").exit_code == 0
    assert (tmp_path / "images" / "a.png").read_bytes() == b"\x89PNG\r\n\x1a\n"
    assert run("import", source, "--notebook", tmp_path / "bank.ipynb").exit_code == 0  # the same image is no conflict


def test_a_file_without_questions_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "empty.xml"
    source.write_text("<html></html>")
    error = refused("import", source)
    assert "begins with <html>" in str(error)
    assert "--from gift" in error.hint
    assert "There is no file" in str(refused("import", tmp_path / "none"))


# ---------------------------------------------------------------- templates


def test_templates_are_listed_and_printed(tmp_path: Path) -> None:
    listed = run("templates")
    assert all(one.title in listed.output for one in TEMPLATES)
    assert json.loads(run("templates", "--json").output)["templates"][0]["name"] == "one-choice"
    for one in TEMPLATES:
        path = tmp_path / f"{one.name}.md"
        path.write_text(run("templates", one.name).output, encoding="utf-8")
        assert run("preview", path, "--answers").exit_code == 0
    assert "Did you mean `parsons`?" in str(refused("templates", "parson"))
