"""A lesson is run from top to bottom, and the first cell that fails is named."""

from typing import Any

import pytest

from course_kit.bridges.papermill import run_lesson
from course_kit.errors import Invalid, Unavailable

pytestmark = pytest.mark.slow


def test_the_first_cell_that_fails_is_named(author: Any) -> None:
    cells = [
        author.cell("markdown", "top", "# Lesson"),
        author.cell("code", "may-fail", "1 / 0", metadata={"tags": ["raises-exception"]}),
        author.cell("code", "reads", "print(open('data.txt').read())"),
        author.cell("code", "fails", "[][3]"),
        author.cell("code", "never", "{}['x']"),
    ]
    author.writes("notebooks/data.txt", "x")
    path = author.writes("notebooks/a.ipynb", author.notebook(*cells))
    before = path.read_bytes()
    steps: list[int] = []
    failed = run_lesson(path, progress=lambda done, _total, _what: steps.append(done))
    assert failed is not None
    assert (failed.cell, failed.cell_number, failed.error) == ("fails", 4, "IndexError")
    assert failed.message == "list index out of range"
    assert path.read_bytes() == before
    assert steps == [0, 1]
    assert run_lesson(author.writes("b.ipynb", author.notebook(*cells[:1])), kernel="python3") is None


def test_a_cell_that_takes_too_long(author: Any) -> None:
    path = author.writes("a.ipynb", author.notebook(author.cell("code", "x", "while True: pass")))
    failed = run_lesson(path, timeout=2)
    assert failed is not None
    assert failed.error == "CellTimeoutError"


def test_a_kernel_that_is_not_installed_and_a_file_that_is_no_notebook(author: Any) -> None:
    path = author.writes("a.ipynb", author.notebook(author.cell("code", "x", "1")))
    with pytest.raises(Unavailable, match="names the kernel 'xpython', which is not installed"):
        run_lesson(path, kernel="xpython")
    with pytest.raises(Invalid, match="cannot be run"):
        run_lesson(author.writes("b.ipynb", "{"))


def test_the_terminal_hears_nothing_of_the_kernels_own_affairs(author: Any, capfd: pytest.CaptureFixture[str]) -> None:
    path = author.writes("a.ipynb", author.notebook(author.cell("code", "x", "print('printed')")))
    assert run_lesson(path) is None
    assert capfd.readouterr() == ("", "")
