"""Which cells are tests, and which kernel a notebook names: said once, for nbgrader's notebooks and plain JSON."""

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader_courses import marks, notebook_of

from course_kit.bridges.kernel_name import named_kernel
from course_kit.bridges.nbgrader import tested


def test_only_code_that_scores_by_being_run_is_a_test() -> None:
    notebook = notebook_of(
        [
            new_code_cell("import math"),
            new_code_cell("x = 1", metadata=marks("answer", solution=True)),
            new_code_cell("assert x", metadata=marks("test", grade=True, points=2)),
            new_code_cell("y = 2", metadata=marks("by-hand", grade=True, solution=True)),
            new_code_cell("assert y", metadata=marks("for-nothing", grade=True, points=0)),
            new_markdown_cell("Why?", metadata=marks("why", grade=True, solution=True)),
            new_code_cell("# seen", metadata={"nbgrader": None}),
        ]
    )
    assert tested.tests_of(notebook) == {"test": 2}


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"kernelspec": {"name": "xpython"}}, "xpython"),
        ({"kernelspec": {"name": "python"}}, "python3"),
        ({"kernelspec": {"name": 7}}, "python3"),
        ({"kernelspec": "python"}, "python3"),
        ({}, "python3"),
    ],
)
def test_a_notebook_that_names_no_kernel_runs_in_this_python(metadata: dict[str, Any], name: str) -> None:
    assert named_kernel({"metadata": metadata}) == name
    assert named_kernel({"metadata": metadata}, "ir") == "ir"
