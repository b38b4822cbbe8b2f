"""What `check` says about quizzes in assignments."""

from typing import Any

from course_kit.source.checks import check
from course_kit.source.course_file import read_course

ONE = "%%quiz one\nIs it?\n= true\nkey: is\npoints: 2\n---\nSum of 2 and 3?\n= 5\nkey: sum\n"
SEALING = "from course_kit.bridges.nbgrader.enabled import seal_quizzes\nseal_quizzes(get_config())\n"
UNITS = "units:\n  - key: u\n    assignments:\n      - {source: autograders/source/ps1, minutes: 1}\n"


def codes(author: Any) -> list[tuple[str, str, int | None]]:
    return [(found.level[0], found.code, found.cell_number) for found in check(author.folder)]


def write(author: Any, *cells: Any, name: str = "sums", config: str = SEALING) -> None:
    author.writes(f"autograders/source/ps1/{name}.ipynb", author.notebook(*cells))
    author.writes("autograders/nbgrader_config.py", config)
    author.writes_course(UNITS)


def quiz(author: Any, source: str = ONE, name: str = "q", **more: Any) -> Any:
    return author.cell("code", source, name, **more)


def test_a_quiz_in_an_assignment_is_fine_and_counts(author: Any) -> None:
    write(author, author.cell("markdown", "# Sums", "top"), quiz(author))
    assert codes(author) == []
    (assignment,) = read_course(author.folder).course.assignments()
    assert assignment.max_score == 3.0


def test_nbgraders_own_button_has_to_seal_it(author: Any) -> None:
    write(author, quiz(author), config="c = get_config()\n# from course_kit.bridges.nbgrader.enabled import x\n")
    assert codes(author) == [("e", "unsealed-quiz", None)]
    (found,) = check(author.folder)
    assert "course-kit nbgrader enable" in found.hint


def test_keys_and_nbgrader_ids_are_each_ones_own(author: Any) -> None:
    write(author, quiz(author), name="other")
    taken = {"nbgrader": {"grade_id": "quiz-one", "grade": True, "solution": False, "locked": True, "points": 1}}
    taken["nbgrader"]["schema_version"] = 3
    write(author, author.cell("code", "assert 1", "t", metadata=taken), quiz(author, name="r"))
    assert codes(author) == [("e", "duplicate-grade-id", 2), ("e", "duplicate-quiz-key", 2)]


def test_what_a_graded_quiz_cannot_hold(author: Any) -> None:
    locked = {"nbgrader": {"grade_id": "x", "grade": False, "solution": False, "locked": True, "schema_version": 3}}
    hinted = ONE.replace("points: 2", "hint: Look.")
    write(
        author,
        quiz(author, hinted, metadata=locked),
        quiz(author, "%%quiz two\nWhy?\nkey: why\n", name="r"),
        author.cell("markdown", "%%quiz three\nIs it?\n= true", "s"),
        quiz(author, "%%quiz four\nIs it?\n= true\nkey: is\n", name="t", metadata={"tags": ["author-only"]}),
    )
    assert sorted(code for _, code, _ in codes(author)) == [
        "author-only-quiz",
        "misplaced-quiz",
        "no-help-here",
        "no-right-answer",
        "quiz-is-marked",
    ]


def test_answers_that_the_author_tried_out_do_not_travel(author: Any) -> None:
    author.writes("autograders/source/ps1/responses.json", "{}")
    write(author, quiz(author))
    assert codes(author) == [("e", "left-answers", None)]


def test_two_pieces_would_tell_their_order(author: Any) -> None:
    """What is shown is never right as it stands: of two orders that leaves one."""
    two = "%%quiz steps\nWhich is first?\n\n1. Look\n2. Leap\nkind: ordering\nkey: order\n"
    pairs = "%%quiz pairs\nMatch.\n= 1 => one\n= 2 => two\nkey: match\n"
    write(author, quiz(author, two), quiz(author, pairs, name="r"))
    assert codes(author) == [("w", "too-few-to-order", 1), ("w", "too-few-to-order", 2)]
    more = two.replace("2. Leap", "2. Leap\n3. Land")
    write(author, quiz(author, more), quiz(author, pairs.replace("= 2", "=> three\n= 2"), name="r"))
    assert codes(author) == []
