"""Notebooks that were damaged, merged by hand, or written long ago."""

import json
from pathlib import Path
from typing import Any

import pytest

from course_kit.source.notebooks import read_notebook


def codes(path: Path) -> list[str]:
    notebook, findings = read_notebook(path, path.name)
    if any(finding.code.startswith(("not-", "notebook-", "bad-", "unreadable")) for finding in findings):
        assert notebook is None
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not-json"),
        ('{"cells": [', "not-json"),
        ('{"nbformat": 4,\n<<<<<<< HEAD\n', "not-json"),
        ("[" * 100_000, "not-json"),
        ("[]", "not-a-notebook"),
        ("{}", "not-a-notebook"),
        ('{"nbformat": "4", "cells": []}', "not-a-notebook"),
        ('{"nbformat": 3, "worksheets": []}', "notebook-too-old"),
        ('{"nbformat": 5, "cells": []}', "notebook-too-new"),
        ('{"nbformat": 4, "cells": {}}', "not-a-notebook"),
        ('{"nbformat": 4, "cells": [5]}', "bad-cell"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}', "bad-cell"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": [5], "metadata": {}}]}', "bad-cell"),
        ('{"nbformat": 4, "cells": [{"cell_type": "sound", "source": ""}]}', "bad-cell"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "metadata": 5}]}', "bad-cell"),
    ],
)
def test_what_is_no_notebook_says_so(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    assert codes(path) == [code]


def test_json_faults_have_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text('{"nbformat": 4,\n<<<<<<< HEAD\n')
    _, (finding,) = read_notebook(path, "a.ipynb")
    assert finding.line == 2
    path.write_bytes(b'{"\xff": 1}')
    assert codes(path) == ["not-json"]
    assert codes(tmp_path / "none.ipynb") == ["unreadable"]


def test_cells_without_ids_get_the_same_ones_each_time(author: Any) -> None:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# A `b`\n", "x"]},
        {"cell_type": "raw", "source": "y"},
    ]
    path = author.writes("a.ipynb", json.dumps({"nbformat": 4, "nbformat_minor": 4, "cells": cells}))
    first, (finding,) = read_notebook(path, "a.ipynb")
    second, _ = read_notebook(path, "a.ipynb")
    assert finding.code == "no-cell-id"
    assert first is not None
    assert second is not None
    assert [cell.id for cell in first.cells] == [cell.id for cell in second.cells]
    assert len({cell.id for cell in first.cells}) == 2
    assert first.title == "A b"
    assert first.cells[0].source == "# A `b`\nx"


def test_ids_that_stand_twice_are_an_error(author: Any) -> None:
    text = author.notebook(author.cell("markdown", "# A", "x"), author.cell("code", "1", "x"))
    _, (finding,) = read_notebook(author.writes("a.ipynb", text), "a.ipynb")
    assert (finding.code, finding.cell_number) == ("duplicate-cell-id", 2)
    assert finding.message == "the cell has the same id as cell 1"


def test_the_title_is_the_first_heading_outside_code(author: Any) -> None:
    text = author.notebook(
        author.cell("code", "# not this", "a"),
        author.cell("markdown", "```\n# nor this\n```\n\n## **The** [title](x) ##", "b"),
    )
    notebook, _ = read_notebook(author.writes("a.ipynb", text), "a.ipynb")
    assert notebook is not None
    assert notebook.title == "The title"


def test_cells_for_the_author_alone_hold_no_quiz(author: Any) -> None:
    quiz = author.cell("code", "%%quiz k\nQ\n= 1\n", "q", metadata={"tags": ["author-only"]})
    notebook, findings = read_notebook(author.writes("a.ipynb", author.notebook(quiz)), "a.ipynb")
    assert notebook is not None
    assert (notebook.quizzes, notebook.code_cells, findings) == ((), (), [])


def test_a_cell_that_is_meant_to_fail_does_not_count(author: Any) -> None:
    fails = author.cell("code", "1 / 0", "fails", metadata={"tags": ["raises-exception"]})
    path = author.writes("a.ipynb", author.notebook(author.cell("code", "x = 1", "runs"), fails))
    notebook, _ = read_notebook(path, "a.ipynb")
    assert notebook is not None
    assert notebook.code_cells == ("runs",)


def test_a_skill_is_what_a_review_can_ask_for(author: Any) -> None:
    check = "Write `f`.\n```check\nf(1) == 1\n```\n"
    text = "%%quiz k\n" + "---\n".join(
        [
            "One?\n= 1\nkey: one\nskill: counting\n",
            "Why?\n= essay\nkey: why\nskill: counting\n",
            f"{check}key: code\nskill: counting\n",
            f"{check}key: alone\nskill: coding\n",
            "Two?\n= 2\nkey: two\n",
        ]
    )
    path = author.writes("a.ipynb", author.notebook(author.cell("code", text, "q")))
    notebook, findings = read_notebook(path, "a.ipynb")
    assert notebook is not None
    assert findings == []
    assert notebook.skills == {"k/one": "counting", "k/code": "counting"}
