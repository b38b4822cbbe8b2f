"""Check my work: a learner sees which tests pass and why others do not; nothing of theirs changes."""

from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import NotFound, Unavailable
from course_kit.workspace.check_work import check_work

pytestmark = pytest.mark.slow


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def verdicts(checked: Any) -> list[tuple[str, str, str]]:
    return [(cell.grade_id, cell.verdict, cell.message) for cell in checked.cells]


def test_before_an_answer_the_tests_say_so(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    before = tree(laptop.copy)
    checked = check_work(laptop.copy, "sums")
    assert verdicts(checked) == [
        ("test-add", "not-answered", "Not answered yet."),
        ("test-zero", "not-answered", "Not answered yet."),
        ("essay", "by-hand", "A person marks this one."),
    ]
    assert (checked.passed, checked.tests) == (0, 2)
    assert tree(laptop.copy) == before


def test_a_test_of_what_an_unanswered_cell_would_make_is_not_answered(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(make.WORK, "add", "raise NotImplementedError()")
    assert verdicts(check_work(laptop.copy, "sums"))[0] == ("test-add", "not-answered", "Not answered yet.")
    laptop.types(make.WORK, "add", "ad = 1")
    assert verdicts(check_work(laptop.copy, "sums"))[0] == (
        "test-add",
        "failed",
        "NameError: name 'add' is not defined",
    )


def test_a_wrong_answer_gets_the_tests_own_words(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(make.WORK, "add", "def add(a, b):\n    return a * b + 1")
    assert verdicts(check_work(laptop.copy, "sums"))[1:2] == [
        ("test-zero", "failed", "This does not hold: assert add(0, 0) == 0")
    ]
    laptop.types(make.WORK, "add", "def add(a, b):\n    return a * b")
    assert verdicts(check_work(laptop.copy, "sums"))[:2] == [
        ("test-add", "failed", "1 + 2 should be 3"),
        ("test-zero", "passed", ""),
    ]
    laptop.types(make.WORK, "add", "def add(a, b):\n    return open('/no/such/place/x.txt')")
    message = verdicts(check_work(laptop.copy, "sums"))[0][2]
    assert message == "FileNotFoundError: [Errno 2] No such file or directory: '…/x.txt'"


def test_tests_that_the_learner_weakened_or_deleted_are_the_releases_again(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(make.WORK, "test-add", "pass")
    notebook = laptop.reads(make.WORK)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "test-zero"]
    (laptop.copy / make.WORK).write_bytes(make.as_bytes(notebook))
    assert verdicts(check_work(laptop.copy, "sums"))[:2] == [
        ("test-add", "not-answered", "Not answered yet."),
        ("test-zero", "not-run", "This test was deleted from your notebook. Bring it back with Restore."),
    ]


def test_what_cannot_be_run_is_said(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    with pytest.raises(NotFound, match="no assignment 'nothing'"):
        check_work(laptop.copy, "nothing")
    with pytest.raises(Unavailable, match="'xpython'"):
        check_work(laptop.copy, "sums", kernel="xpython")
    (laptop.copy / make.WORK).write_text("{ half")
    assert "it is not JSON" in check_work(laptop.copy, "sums").problems[0]
    (laptop.copy / make.WORK).unlink()
    assert check_work(laptop.copy, "sums").problems == ("sums.ipynb is missing. Bring it back with Restore.",)


def test_it_can_be_cancelled(author: Any, laptop: Any, make: Any) -> None:
    laptop.opens(author.releases())
    laptop.types(make.WORK, "add", "while True: pass")
    checked = check_work(laptop.copy, "sums", cancelled=lambda: True)
    assert checked.cancelled
    assert [cell.verdict for cell in checked.cells] == ["not-run", "not-run", "by-hand"]
