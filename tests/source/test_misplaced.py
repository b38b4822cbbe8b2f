"""A quiz that is mistyped, or stands where nothing seals it, does not leave the author's hands."""

from typing import Any

import pytest

from course_kit.quizzes.misplaced import misplaced_quiz
from course_kit.source.checks import check

BODY = "\nTwo and two?\n= 4\n"
PLACE = "This quiz would go out with its answers: `%%quiz` must be the first line of a code cell"


@pytest.mark.parametrize(
    ("kind", "source", "line"),
    [
        ("code", "# the kinds of numbers\n%%quiz kinds" + BODY, 2),
        ("code", "x = 1\n\n  %%quiz kinds" + BODY, 3),
        ("code", "%%time\n%%quiz kinds" + BODY, 2),
        ("code", "# %%quiz kinds\n# Two and two?\n# = 4", 1),
        ("code", "\ufeff%%quiz kinds" + BODY, 1),
        ("markdown", "%%quiz kinds" + BODY, 1),
        ("markdown", "Answer this:\n\n> %%quiz kinds" + BODY, 3),
        ("raw", "\n%%quiz kinds" + BODY, 2),
    ],
)
def test_a_quiz_in_the_wrong_place(kind: str, source: str, line: int) -> None:
    found = misplaced_quiz(kind, source)
    assert found is not None
    assert (found.line, found.message) == (line, PLACE)
    assert found.hint.startswith("Cut it and paste it into a code cell of its own")


@pytest.mark.parametrize("magic", ["%%quizz", "%%Quiz", "%% quiz", "%%qiuz", "%%quis", "%quiz", "%%quizzes", "%%quiz_"])
def test_a_misspelt_magic(magic: str) -> None:
    found = misplaced_quiz("code", f"{magic} kinds{BODY}")
    assert found is not None
    assert found.message == f"This quiz would go out with its answers: `{magic}` is not `%%quiz`"
    assert found.hint.startswith("Did you mean `%%quiz`?")


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("code", "%%quiz kinds" + BODY),
        ("code", "\n\n%%quiz kinds" + BODY),
        ("code", "%%time\nx = 1"),
        ("code", "x = (y\n    %quiz)"),
        ("code", "%quickref"),
        ("markdown", "A quiz begins with `%%quiz`. The quiz:\n\n- a quiz\n- 5 %quiz"),
        ("code", ""),
        ("raw", "%%"),
    ],
)
def test_what_is_none(kind: str, source: str) -> None:
    assert misplaced_quiz(kind, source) is None


def test_check_says_where_and_nothing_is_built(author: Any) -> None:
    author.writes_lesson("a", "%%quizz kinds" + BODY)
    author.writes_course()
    (finding,) = check(author.folder)
    assert (finding.level, finding.code, finding.cell_number, finding.line) == ("error", "misplaced-quiz", 3, 1)


def test_the_authors_own_cells_may_hold_anything(author: Any) -> None:
    cell = author.cell
    tagged = cell("markdown", "%%quiz draft" + BODY, "draft", metadata={"tags": ["author-only"]})
    author.writes("notebooks/a.ipynb", author.notebook(cell("markdown", "# A", "top"), tagged))
    author.writes_course()
    assert check(author.folder) == ()


def test_nor_does_an_assignment_bring_one(author: Any) -> None:
    text = author.notebook(author.cell("markdown", "# X", "x"), author.cell("markdown", "%%quiz kinds" + BODY, "y"))
    author.writes("autograders/source/x/x.ipynb", text)
    author.writes_course("units:\n  - key: u\n    assignments:\n      - {source: autograders/source/x, minutes: 1}\n")
    assert ("misplaced-quiz", 2) in [(finding.code, finding.cell_number) for finding in check(author.folder)]
