"""`check`: everything at once, with its place and its mend."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.source.checks import check
from course_kit.source.course_file import load_course
from course_kit.source.shipped import shipped_files

Codes = Callable[[Any], list[tuple[str, str, int | None]]]
QUIZ = "%%quiz one\nTwo and two?\n= 4\n"


def test_a_good_course_has_no_findings(author: Any) -> None:
    author.writes_lesson("a", QUIZ, "1 + 1")
    author.writes_course()
    assert check(author.folder) == ()


def test_a_folder_without_course_yml(author: Any, codes: Codes) -> None:
    assert codes(check(author.folder)) == [("no-course", "course.yml", None)]
    assert codes(check(author.folder / "none")) == [("no-course", "course.yml", None)]


def test_keys_names_and_conditions(author: Any, codes: Codes) -> None:
    for name in ("a", "b", "c", "d"):
        author.writes_lesson(name)
    author.writes_course(
        """units:
  - key: u
    lessons:
      - {notebook: notebooks/a.ipynb, minutes: 1, requires: b}
      - {notebook: notebooks/b.ipynb, minutes: 1, requires: [c]}
      - {notebook: notebooks/c.ipynb, minutes: 1, requires: [a]}
      - {notebook: notebooks/d.ipynb, minutes: 1, key: d, was: b}
      - {notebook: notebooks/d.ipynb, minutes: 1, key: d, requires: [bb]}
      - {notebook: notebooks/d.ipynb, key: f, requires: [f]}
  - key: u
"""
    )
    assert sorted(codes(check(author.folder)), key=lambda found: (found[2], found[0])) == [
        ("cycle", "course.yml", 6),
        ("was-is-live", "course.yml", 9),
        ("duplicate-key", "course.yml", 10),
        ("file-twice", "course.yml", 10),
        ("unknown-lesson", "course.yml", 10),
        ("cycle", "course.yml", 11),
        ("file-twice", "course.yml", 11),
        ("no-minutes", "course.yml", 11),
        ("duplicate-key", "course.yml", 12),
        ("empty-unit", "course.yml", 12),
    ]
    messages = {finding.message for finding in check(author.folder)}
    assert "these lessons wait for each other: a → b → c → a" in messages
    assert "the lesson key `d` is taken by line 9" in messages


def test_an_old_name_in_requires_is_told_the_new_one(author: Any) -> None:
    author.writes_lesson("a")
    author.writes_lesson("b")
    author.writes_course(
        "units:\n  - key: u\n    lessons:\n      - {notebook: notebooks/a.ipynb, minutes: 1, was: first}\n"
        "      - {notebook: notebooks/b.ipynb, minutes: 1, requires: first}\n"
    )
    (finding,) = check(author.folder)
    assert (finding.level, finding.hint) == ("warning", "Write `a`.")


def test_inside_a_lesson(author: Any) -> None:
    cell = author.cell
    text = author.notebook(
        cell("markdown", "text ![](x.png)", "one"),
        cell("markdown", "![what](https://example.org/x.png) ![a](attachment:y.png) <img src='z.png'>", "two"),
        cell("markdown", "[other](gone.ipynb) [web](https://example.org) [here](#part)", "three"),
        cell("code", QUIZ, "four"),
        cell("code", "%load_ext course_kit", "five"),
        cell("code", "%%quiz one\n![x](x.png) A?\n- [ ] a\n- [ ] b\n", "six"),
        cell(
            "code",
            "import pandas as pd, os\n!ls\npd.read_csv('data/x.csv')\ndf.to_csv('made.csv'); open('made.csv')",
            "seven",
        ),
        cell(
            "code", "import sklearn.tree", "eight", outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}]
        ),
    )
    author.writes("notebooks/a.ipynb", text)
    author.writes_course()
    found = {(f.level[0], f.code, f.cell_number, f.line) for f in check(author.folder)}
    assert found == {
        ("w", "no-title", None, None),
        ("e", "no-alt", 1, 1),
        ("e", "missing-image", 1, 1),
        ("e", "no-alt", 2, 1),
        ("e", "missing-image", 2, 1),
        ("w", "missing-link", 3, 1),
        ("e", "no-load-ext", 4, None),
        ("e", "duplicate-quiz-key", 6, 1),
        ("e", "missing-image", 6, 2),
        ("e", "no-right-answer", 6, 3),
        ("w", "missing-package", 7, None),
        ("w", "missing-data", 7, 3),
        ("w", "missing-package", 8, None),
        ("w", "stored-outputs", 8, None),
    }
    assert {f.message.split("`")[1] for f in check(author.folder) if f.code == "missing-package"} == {
        "pandas",
        "sklearn",
    }


def test_a_lesson_that_nothing_would_ever_complete(author: Any, codes: Codes) -> None:
    author.writes("notebooks/a.ipynb", author.notebook(author.cell("markdown", "# A"), author.cell("code", "x = 1")))
    author.writes_course()
    assert codes(check(author.folder)) == [("no-load-ext", "a.ipynb", None)]


def test_files_travel_only_when_they_are_named(author: Any, codes: Codes) -> None:
    author.writes_lesson("a", "open('data.csv')", "open('../secret/key.csv')")
    author.writes("notebooks/data.csv", "x")
    author.writes("secret/key.csv", "x")
    author.writes("autograders/source/x/x.ipynb", author.notebook(author.cell("markdown", "# X", "x")))
    author.writes_course(
        "units:\n  - key: u\n    lessons:\n      - {notebook: notebooks/a.ipynb, minutes: 1}\n"
        "    assignments:\n      - {source: autograders/source/x, minutes: 1}\n",
        files="[notebooks/*.csv, none, roster.csv, autograders/source, ../x]",
    )
    author.writes("roster.csv", "learner\n")
    found = sorted(codes(check(author.folder)), key=lambda each: (each[1] != "course.yml", each[0]))
    assert found == [
        ("kept-back", "course.yml", 3),
        ("kept-back", "course.yml", 3),
        ("missing-file", "course.yml", 3),
        ("missing-file", "course.yml", 3),
        ("no-points", "x", None),
        ("not-shipped", "a.ipynb", 1),
    ]


def test_no_lesson_and_no_file_brings_answers_or_the_roster(author: Any, codes: Codes) -> None:
    author.writes_lesson("a")
    author.writes_lesson("draft", "%%quiz one\nTwo and two?\n= 4\n")
    author.writes("autograders/source/x/x.ipynb", author.notebook(author.cell("markdown", "# X", "x")))
    author.writes("roster.csv", "learner\n")
    author.writes_course(
        "units:\n  - key: u\n    lessons:\n      - {notebook: notebooks/a.ipynb, minutes: 1}\n"
        "      - {notebook: autograders/source/x/x.ipynb, key: leak, minutes: 1}\n"
        "      - {document: roster.csv, minutes: 1}\n"
        "    assignments:\n      - {source: autograders/source/x, minutes: 1}\n",
        files="[notebooks]",
    )

    found = check(author.folder)

    assert [each for each in codes(found) if each[0] == "kept-back"] == [
        ("kept-back", "course.yml", 3),
        ("kept-back", "course.yml", 8),
        ("kept-back", "course.yml", 9),
    ]
    assert [each.message for each in found if each.line == 3] == [
        "`files:` brings `notebooks/draft.ipynb`, which holds answers (a quiz, solutions or hidden tests)"
    ]


def test_no_learners_data_travels_whatever_its_name(author: Any) -> None:
    author.writes_lesson("a")
    report = '<!doctype html>\n<html><head>\n<meta name="generator" content="course-kit report">\n'
    ours = {
        "report.html": report,
        "old/report-may.html": report,
        "old/people.csv": "learner,name,email,lms_id,cohort\n",
        "Roster.csv": "learner\n",
        "gradebook.db": "",
        "nb/gradebook.db-journal": "",
        "submitted/ada/x/x.txt": "",
        "nb/autograded/ada/x/x.txt": "",
        "feedback/ada/x.html": "",
        "inbox/x.submission.zip": "",
        "releases/latest": "",
        ".course-kit/report.html": report,
    }
    theirs = {"page.html": "<html>", "lab/report.html": "<html>", "lab/feedback/x.txt": "", "data.csv": "learner,x\n"}
    for name, text in {**ours, **theirs}.items():
        author.writes(name, text)
    author.writes_course(files='["*"]')
    assert check(author.folder) == ()
    shipped = shipped_files(load_course(author.folder).source)
    assert sorted(shipped.files) == sorted(theirs)

    author.writes_course(files=json.dumps(list(ours)))
    kept_back = {finding.message.split("`")[3] for finding in check(author.folder) if finding.code == "kept-back"}
    assert kept_back == {name for name in ours if not name.startswith(".")}


def nbgrader(grade_id: str, *, grade: bool = False, solution: bool = False, **more: Any) -> dict[str, Any]:
    meta = {"grade_id": grade_id, "grade": grade, "solution": solution, "locked": grade, "schema_version": 3, **more}
    return {"nbgrader": meta}


def test_what_nbgrader_would_trip_over(author: Any) -> None:
    cell = author.cell
    text = author.notebook(
        cell("code", "def f(): ...", "a", metadata=nbgrader("f", solution=True)),
        cell("code", "assert f()", "b", metadata=nbgrader("f", grade=True, points=1)),
        cell("code", "assert f()", "c", metadata=nbgrader("g", grade=True)),
        cell("code", "### BEGIN SOLUTION\n1", "d"),
        cell("code", "### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS", "e", metadata=nbgrader("h", solution=True)),
        cell("markdown", "text", "f", metadata=nbgrader("i", grade=True, points=1)),
        cell("code", "1", "g", metadata=nbgrader("j", grade=True, points=1, schema_version=1)),
        cell("code", "1", "h", metadata=nbgrader("k", grade=True, points=1, schema_version=9)),
        cell("code", "1", "i", metadata=nbgrader("", grade=True, points=1)),
        cell("code", "1", "j", metadata={"nbgrader": {}}),
        cell("code", "1", "l", metadata=nbgrader("m", grade="yes")),  # type: ignore[arg-type]
    )
    author.writes("autograders/source/Lab2/Lab.ipynb", text)
    author.writes_course(
        "units:\n  - key: u\n    assignments:\n      - {source: autograders/source/Lab2, minutes: 1}\n"
    )
    assert [(f.level[0], f.code, f.cell_number) for f in check(author.folder)] == [
        ("w", "no-solution-markers", 1),
        ("e", "duplicate-grade-id", 2),
        ("e", "no-points", 3),
        ("e", "bad-region", 4),
        ("e", "bad-region", 4),
        ("e", "bad-region", 5),
        ("w", "no-solution-markers", 5),
        ("e", "nbgrader-meta", 6),
        ("e", "nbgrader-schema", 7),
        ("e", "nbgrader-schema", 8),
        ("e", "no-grade-id", 9),
        ("e", "nbgrader-schema", 10),
        ("e", "nbgrader-meta", 11),
    ]


def test_dates_and_credit(author: Any) -> None:
    author.writes("autograders/source/x/x.ipynb", author.notebook(author.cell("markdown", "# X", "x")))
    author.writes("autograders/source/y/y.txt", "")
    author.writes_course(
        "units:\n  - key: u\n    assignments:\n"
        "      - {source: autograders/source/x, minutes: 1, credit: [{percent: 50}, {until: due, percent: 10}]}\n"
        "      - {source: autograders/source/y, minutes: 1, due: due + 1 day}\n"
    )
    found = [(f.code, f.line) for f in check(author.folder) if f.level == "error"]
    assert found == [("credit-order", 6), ("no-due", 6), ("no-due", 7), ("no-notebooks", None)]


def test_impossible_dates_and_credit_that_nbgrader_cannot_give(author: Any) -> None:
    for name in ("v", "w", "x", "y", "z"):
        author.writes(f"autograders/source/{name}/{name}.ipynb", author.notebook(author.cell("markdown", "# X", "x")))
    author.writes_course(
        "units:\n  - key: u\n    assignments:\n"
        "      - {source: autograders/source/v, minutes: 1, opens: start + 9 days, due: start + 8 days}\n"
        "      - {source: autograders/source/w, minutes: 1, due: start + 8 days,"
        " overrides: [{cohort: a, closes: start}]}\n"
        "      - {source: autograders/source/x, minutes: 1, due: start + 8 days,\n"
        "         credit: [{until: due, percent: 110}, {until: due - 1 day, percent: 100}]}\n"
        "      - {source: autograders/source/y, minutes: 1, due: start + 8 days, credit: [{until: start,\n"
        "         percent: 90}, {percent: 100}], overrides: [{due: start, cohort: a, learner: b}]}\n"
        "      - {source: autograders/source/z, minutes: 1, due: start + 1 day, closes: 2020-01-01T00:00Z}\n",
        zone="Europe/Nowhere",
        grace="soon",
    )
    found = [(f.level[0], f.code, f.line) for f in check(author.folder) if f.file == "course.yml"]
    assert sorted(found, key=lambda one: (one[2], one[1])) == [
        ("e", "bad-value", 3),
        ("e", "bad-value", 4),
        ("e", "impossible-dates", 8),
        ("e", "impossible-dates", 9),
        ("w", "credit-bonus", 11),
        ("e", "credit-order", 11),
        ("w", "credit-early", 12),
        ("w", "credit-rises", 12),
        ("e", "bad-value", 13),
    ]
    messages = {finding.message for finding in check(author.folder)}
    assert "`w` closes before it is due for the cohort a" in messages
    assert "`zone`: 'Europe/Nowhere' is no time zone; write `Europe/Berlin` or `America/New_York`, say" in messages


def test_what_one_learner_was_given_stays_out_of_the_outline(author: Any) -> None:
    author.writes("autograders/source/x/x.ipynb", author.notebook(author.cell("markdown", "# X", "x")))
    author.writes_course(
        "units:\n  - key: u\n    assignments:\n"
        "      - {source: autograders/source/x, minutes: 1, due: start + 8 days, closes: due + 9 days, overrides: [\n"
        "         {learner: mia, extend: 3 days, reason: ill}, {cohort: evening, due: start + 9 days}]}\n",
        zone="Europe/Berlin",
        grace="1 day",
    )
    course = load_course(author.folder).source.course
    assert [one.learner for part in course.assignments() for one in part.overrides] == ["mia", ""]
    shown = course.model_dump(mode="json")
    assert "mia" not in json.dumps(shown)
    (part,) = type(course).model_validate(shown).assignments()
    assert [(one.cohort, one.due) for one in part.overrides] == [("evening", "start + 9 days")]
    assert (shown["zone"], shown["grace"], part.closes) == ("Europe/Berlin", "1 day", "due + 9 days")


@pytest.mark.skipif(os.name == "nt", reason="the names differ only by case")
def test_names_that_a_release_needs_or_other_systems_confuse(author: Any) -> None:
    author.writes_lesson("a")
    for name in ("release.json", "x/A.txt", "x/a.txt", "x/a:b.txt"):
        author.writes(name, "x")
    author.writes_course(files="[release.json, x]")
    assert sorted(finding.code for finding in check(author.folder)) == ["odd-name", "reserved-name", "same-name"]


def test_a_former_name_belongs_to_one_question_of_the_lesson(author: Any) -> None:
    author.writes_lesson(
        "a",
        "%%quiz new\nQ?\n= 1\nkey: a\nwas: old/a, other/b\n---\nQ?\n= 1\nkey: b\nwas: c other/x\n",
        "%%quiz other\nQ?\n= 1\nkey: b\nwas: x\nquiz-was: new\n",
    )
    author.writes_course()
    found = check(author.folder)
    assert {finding.code for finding in found} == {"was-is-live"}
    assert [(finding.cell, finding.message) for finding in found] == [
        ("code-0", "`other/b`, a former name of the question `new/a`, names another question"),
        ("code-1", "`new/b`, a former name of the question `other/b`, names another question"),
        ("code-1", "`other/x`, a former name of the question `other/b`, names another question"),
    ]


def test_a_renamed_quiz_is_no_fault(author: Any) -> None:
    author.writes_lesson("a", "%%quiz new\nQ?\n= 1\nkey: a\nquiz-was: old\n---\nR?\n= 1\nkey: b\nwas: c\n")
    author.writes_course()
    assert check(author.folder) == ()


def test_a_finding_is_told_and_written(author: Any) -> None:
    author.writes_lesson("a", "%%quiz one\nQ?\n= 4\nkye: x\n")
    author.writes_course()
    (finding,) = check(author.folder)
    assert finding.text() == (
        "error: notebooks/a.ipynb, cell 3, line 4: quiz one: `kye:` is not an option of a question\n"
        "    Did you mean `key`?"
    )
    assert json.loads(json.dumps(finding.json_object()))["cell"] == "code-0"


def test_fifty_lessons_are_checked_in_well_under_a_second(author: Any) -> None:
    entries = []
    for number in range(50):
        quizzes = [
            f"%%quiz k{quiz}\n" + "---\n".join(f"Q{n}?\n- [x] a\n- [ ] b\nkey: i{n}\n" for n in range(3))
            for quiz in range(4)
        ]
        author.writes_lesson(f"l{number}", *quizzes)
        entries.append(f"      - {{notebook: notebooks/l{number}.ipynb, minutes: 1}}\n")
    author.writes_course("units:\n  - key: u\n    lessons:\n" + "".join(entries))
    began = time.process_time()
    assert check(author.folder) == ()
    assert time.process_time() - began < 2  # about 0.2 s where nothing else runs


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"{}", b"[" * 10_000, b'{"nbformat": 4, "cells": [null]}'])
def test_nothing_that_lies_in_a_course_makes_check_raise(author: Any, content: bytes) -> None:
    author.writes_course(
        "units:\n  - key: u\n    lessons:\n      - notebook: notebooks/a.ipynb\n"
        "    assignments:\n      - source: source/x\n"
    )
    for path in ("notebooks/a.ipynb", "source/x/x.ipynb"):
        file = Path(author.folder / path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    assert [finding for finding in check(author.folder) if finding.level == "error"]
