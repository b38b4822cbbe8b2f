"""course.yml: read without guessing, and every fault told with its line."""

from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound
from course_kit.model.course import GradingSettings
from course_kit.model.limits import Limits
from course_kit.source.course_file import load_course, read_course
from course_kit.source.findings import FaultyCourse
from course_kit.source.yaml_text import MAX_TEXT, read_yaml


def test_every_value_is_the_text_that_was_typed() -> None:
    read = read_yaml("a: no\nb: 010\nc: 1:30\nd: 2026-01-01\ne: ~\nf:\ng: ''\nh: !!python/object:os.system x\n", "f")
    assert read.findings == []
    assert read.data == {
        "a": "no", "b": "010", "c": "1:30", "d": "2026-01-01", "e": "~", "g": "", "h": "x",
    }  # fmt: skip
    assert read.line(("c",)) == 3


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "`a` stands here a second time (the first is in line 1)"),
        ("a: &x [1]\nb: *x\n", 2, "an alias"),
        ("a: [1\nb: 2\n", 2, "not YAML"),
        ("a: b: c\n", 1, "mapping values are not allowed"),
        ("a:\n\t- b\n", 2, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: \x07\n", 1, "not allowed"),
        ("[" * 100, 1, "nested too deeply"),
        ("a" * (MAX_TEXT + 1), None, "larger than 1 MB"),
        ("? [a]\n: b\n", 1, "a key has to be one word"),
    ],
)
def test_a_fault_of_form_has_its_line(text: str, line: int | None, words: str) -> None:
    (finding, *_) = read_yaml(text, "course.yml").findings
    assert words in finding.message
    assert finding.line == line


def test_a_laughing_bomb_is_refused_at_once() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    (finding,) = read_yaml(bomb, "course.yml").findings
    assert finding.line == 2


def test_a_course_is_filled_in_from_its_notebooks(author: Any) -> None:
    author.writes_lesson("01-Tidy Data", "%%quiz k\nA\n= 1\nkey: a\nwas: b\n---\nB\n= 2\nkey: c\n", "1 + 1", "  ")
    author.writes_course(
        "units:\n  - title: First Unit\n    pace: 1 week\n    lessons:\n"
        "      - notebook: ./notebooks/01-Tidy Data.ipynb\n        minutes: 40\n        was: untidy\n"
        "      - {link: 'https://example.org', key: more, title: 'More: here'}\n",
        **{"pass": "0.5", "packages": "numpy"},
    )
    source = read_course(author.folder)
    assert source.course.pass_score == 0.5
    assert source.course.packages == ("numpy",)
    (unit,) = source.course.units
    assert (unit.key, unit.title, unit.pace) == ("first-unit", "First Unit", "1 week")
    first, second = unit.lessons
    assert first.model_dump() == {
        "key": "tidy-data",
        "title": "Lesson 01-Tidy Data",
        "kind": "notebook",
        "path": "notebooks/01-Tidy Data.ipynb",
        "url": "",
        "minutes": 40,
        "requires": (),
        "was": ("untidy",),
        "items": ("k/a", "k/c"),
        "cells": ("code-1",),
        "renamed_items": {"k/b": "k/a"},
        "pools": {},
    }
    assert (second.kind, second.url, second.title) == ("link", "https://example.org", "More: here")
    assert source.notebooks["tidy-data"].items == ("k/a", "k/c")


def test_ten_faults_give_ten_findings_with_their_lines(author: Any) -> None:
    author.writes_lesson("a")
    author.writes(
        "course.yml",
        """\
course: Data Science
titel: Data
pass: 70
contact: teacher@example.org
units:
  - key: one
    pace: a while
    lessons:
      - notebook: notebooks/a.ipynb
        minutes: forty
      - notebook: ../a.ipynb
      - notebook: notebooks/b.ipynb
      - document: x.pdf
        notebook: notebooks/a.ipynb
    assignments:
      - source: autograders/source/none
        due: tomorrow
""",
    )
    loaded = load_course(author.folder)
    found = sorted((finding.line, finding.code, finding.message) for finding in loaded.yaml.findings)
    assert [(line, code) for line, code, _ in found] == [
        (1, "bad-value"),
        (1, "missing-field"),
        (2, "unknown-field"),
        (3, "bad-value"),
        (4, "bad-value"),
        (7, "bad-value"),
        (10, "bad-value"),
        (11, "outside"),
        (12, "missing-notebook"),
        (13, "lesson-kind"),
        (16, "missing-source"),
        (17, "bad-value"),
    ]
    messages = [message for _, _, message in found]
    assert messages[0] == (
        "`course`: 'Data Science' is not a key: lower-case letters and digits, joined by - _ or . (try 'data-science')"
    )
    assert messages[3] == "`pass` has to be at most 1, and `70` stands there"
    assert messages[6] == "`minutes`: 'forty' is not a whole number of minutes"
    unknown = next(finding for finding in loaded.yaml.findings if finding.code == "unknown-field")
    assert unknown.hint.endswith("Did you mean `title`?")
    assert [placed.part.key for placed in loaded.lessons] == ["a", "b"]  # kept, without minutes or notebook
    with pytest.raises(FaultyCourse) as caught:
        read_course(author.folder)
    assert len(caught.value.findings) == 12
    assert isinstance(caught.value, Invalid)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "units: 5\ncourse: c\ntitle: t\n", "{", "\ufeff"])
def test_other_texts_are_no_course(author: Any, text: str) -> None:
    author.writes("course.yml", text)
    with pytest.raises(FaultyCourse) as caught:
        read_course(author.folder)
    assert caught.value.findings[0].file == "course.yml"


def test_bytes_that_are_no_text(author: Any) -> None:
    (author.folder / "course.yml").write_bytes(b"\xff\xfe\x00")
    assert [finding.code for finding in load_course(author.folder).yaml.findings] == ["not-text"]


def test_a_folder_without_a_course(author: Any) -> None:
    with pytest.raises(NotFound, match=r"holds no course\.yml"):
        read_course(author.folder)


@pytest.mark.parametrize(
    "path", ["/etc/passwd.ipynb", "a/../../x.ipynb", "C:/x.ipynb", ".hidden/x.ipynb", "releases/x.ipynb", "a\\b.ipynb"]
)
def test_lessons_stay_inside_the_course(author: Any, path: str) -> None:
    author.writes_course(f"units:\n  - key: u\n    lessons:\n      - notebook: '{path}'\n")
    (finding,) = load_course(author.folder).yaml.findings
    assert (finding.code, finding.line) == ("outside", 6)


def test_a_link_out_of_the_course_is_not_followed(author: Any, tmp_path: Any) -> None:
    author.writes_lesson("a")
    (author.folder / "notebooks" / "a.ipynb").rename(tmp_path / "outside.ipynb")
    (author.folder / "notebooks" / "a.ipynb").symlink_to(tmp_path / "outside.ipynb")
    author.writes_course()
    (finding,) = load_course(author.folder).yaml.findings
    assert finding.code == "outside"


def _with_assignment(author: Any, lines: str) -> None:
    author.writes(
        "autograders/source/tables/one.ipynb", '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
    )
    author.writes_course(
        f"units:\n  - title: One\n    assignments:\n      - source: autograders/source/tables\n{lines}"
    )


def test_what_a_graded_notebook_may_use_is_read_and_stays_here(author: Any) -> None:
    _with_assignment(
        author,
        "        limits:\n          cell: 2 minutes\n          memory: 4 GB\n"
        "        grading: {proof: all, suspect: 10 %, require_sandbox: yes}\n",
    )
    (assignment,) = load_course(author.folder).source.course.assignments()
    assert Limits().with_settings(assignment.limits) == Limits(cell=120.0, memory=4 * 10**9)
    assert assignment.grading == GradingSettings(proof="all", suspect=0.1, require_sandbox=True)
    assert not {"limits", "grading"} & set(assignment.model_dump())


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ("        limits:\n          memory: much\n", 8, "the limit memory cannot be read from 'much'"),
        ("        limits:\n          memroy: 2 GB\n", 8, "`memroy` is not a field of"),
        ("        limits: 30\n", 7, "`limits`"),
        ("        grading:\n          proof: sometimes\n", 8, "`proof`"),
        ("        grading:\n          suspect: 120 %\n", 8, "`suspect` has to be at most 1"),
        ("        grading: {require_sandbox: maybe}\n", 7, "`require_sandbox`"),
    ],
)
def test_a_limit_that_cannot_be_read_has_its_line(author: Any, lines: str, line: int, words: str) -> None:
    _with_assignment(author, lines)
    (finding,) = [one for one in load_course(author.folder).yaml.findings if one.level == "error"]
    assert words in finding.message
    assert finding.line == line


def test_a_lesson_cannot_be_taken_for_a_review(author: Any) -> None:
    author.writes_course(
        "units:\n  - title: U\n    lessons:\n      - {link: 'https://example.org', key: review.2026, title: More}\n"
    )
    with pytest.raises(FaultyCourse) as faulty:
        read_course(author.folder)
    assert [finding.code for finding in faulty.value.findings if finding.level == "error"] == ["reserved-name"]
