"""`course-kit dates` and `course-kit extend`: what the instructor sees and can give."""

import json

import pytest
from worlds import Instructor

COURSE = """course: sums
title: Sums
units:
  - key: u
    assignments:
      - source: source/adding
        minutes: 5
        due: 2026-11-19T23:59Z
        credit: [{until: due, percent: 100}, {until: due + 7 days, percent: 80}, {percent: 50}]
      - source: source/other
        minutes: 5
"""


@pytest.fixture
def teacher(tmp_path):
    made = Instructor(tmp_path)
    for name in ("adding", "other"):
        folder = made.course / "source" / name
        folder.mkdir(parents=True)
        cells = [{"cell_type": "markdown", "metadata": {}, "source": "# Sums", "id": "a"}]
        text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        (folder / "sums.ipynb").write_text(text)
    (made.course / "course.yml").write_text(COURSE)
    (made.course / "roster.csv").write_text("learner,name\nada,Ada\nbob,Bob\n")
    work = made.course / "submitted" / "ada" / "adding"
    work.mkdir(parents=True)
    (work / "sums.ipynb").write_text("{}")
    (work / "timestamp.txt").write_text("2026-11-20 10:00:00 UTC\n")
    return made


def rows(teacher):
    said = teacher.runs("dates", "--course", teacher.course, "--json").out
    return json.loads(said)["assignments"]


def test_who_is_late_and_by_which_rule(teacher):
    found = rows(teacher)
    assert found["other"] == {"dates": None, "differences": []}
    assert [(one["learner"], one["percent"], one["why"]) for one in found["adding"]["dates"]] == [
        ("ada", 80.0, "the course"),
        ("bob", 100.0, "the course"),
    ]
    said = teacher.runs("dates", "--course", teacher.course).out
    assert "80 %" in said
    assert "other: course.yml gives no dates; the gradebook's own count." in said


def test_an_extension_is_given_replaced_and_taken_back(teacher):
    def extend(*words, fails=False):
        return teacher.runs("extend", "adding", *words, "--course", teacher.course, fails=fails)

    said = extend("ada", "--by", "3 days", "--reason", "ill").out
    assert "(the course, extended by 3 days (ill))." in said
    assert " publish adding" in said
    assert rows(teacher)["adding"]["dates"][0]["due"] == "2026-11-22T23:59:00+00:00"
    extend("ada", "--until", "2026-11-20T12:00+01:00")
    (ada, bob) = rows(teacher)["adding"]["dates"]
    assert (ada["due"], ada["percent"], ada["why"]) == (
        "2026-11-20T11:00:00+00:00",
        100.0,
        "ada's own dates; the course",
    )
    assert bob["due"] == "2026-11-19T23:59:00+00:00"
    extend("ada", "--remove")
    assert rows(teacher)["adding"]["dates"][0]["percent"] == 80.0
    assert "ada has no extension" in extend("ada", "--remove", fails=True).err


def test_what_is_arranged_goes_into_files_for_the_learners(teacher):
    said = teacher.runs("extend", "adding", "bob", "--by", "3 days", "--course", teacher.course).out
    assert "The file that tells bob: " in said
    assert "bears no name and opens for everybody" in said
    (file,) = (teacher.course / ".course-kit" / "arrangements").iterdir()
    told = teacher.runs("arrangements", "--course", teacher.course, "--json").json
    assert told == {"files": [{"learner": "bob", "file": str(file), "addressed": False}]}
    assert "arrangements-bob-" in teacher.runs("arrangements", "--course", teacher.course).out
    again = teacher.runs("extend", "adding", "bob", "--by", "3 days", "--course", teacher.course, "--json").json
    assert again["files"] == told["files"]
    refused = teacher.runs("arrangements", "--learner", "bobb", "--course", teacher.course, fails=True).err
    assert "Nobody is called 'bobb'" in refused


def test_a_lesson_is_waived_for_one_learner(teacher):
    empty = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (teacher.course / "first.ipynb").write_text(empty)
    with (teacher.course / "course.yml").open("a") as stream:
        stream.write("    lessons: [{notebook: first.ipynb}]\n")

    def waive(*words, fails=False):
        return teacher.runs("waive", *words, "--course", teacher.course, fails=fails)

    said = waive("first", "--learner", "ada", "--reason", "taken last year").out
    assert "ada is excused from first." in said
    again = waive("first", "--learner", "ada", "--reason", "once more", "--json").json
    assert (again["lesson"], again["learner"], again["new"]) == ("first", "ada", False)
    assert "no lesson 'frist'" in waive("frist", "--learner", "ada", "--reason", "x", fails=True).err
    assert "Nobody is called 'adda'" in waive("first", "--learner", "adda", "--reason", "x", fails=True).err


def test_what_is_no_extension_is_refused(teacher):
    def refused(*words):
        return teacher.runs("extend", "adding", *words, "--course", teacher.course, fails=True).err

    assert "Nobody is called 'adaa'" in refused("adaa", "--by", "3 days")
    assert "That is no extension: 'soon' is not a span of time" in refused("ada", "--by", "soon")
    assert "has no time zone" in refused("ada", "--until", "2026-11-20T12:00")
    assert "Give one of --by, --until and --remove." in refused("ada")
    assert not (teacher.course / ".course-kit" / "extensions.json").exists()
