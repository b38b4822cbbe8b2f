"""A notebook without code comes back as a kernel would leave it, and no process is made for it."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_kit.execution.executor import Executor
from course_kit.execution.job import Job

pytestmark = pytest.mark.slow


def test_prose_alone_is_not_run_and_looks_as_if_it_were() -> None:
    prose = new_notebook(cells=[new_markdown_cell("An answer."), new_markdown_cell("Another.")])
    empty = new_notebook(cells=[new_markdown_cell("An answer."), new_code_cell("")])
    with Executor() as executor:
        unrun, run = (executor.execute(Job(json.dumps(one).encode())) for one in (prose, empty))
        odd = [executor.execute(Job(text)).ending for text in (b"[]", b'{"cells": 3}', b"no JSON")]
    assert (unrun.ending, unrun.cells, unrun.proof, unrun.files, unrun.layers) == ("ok", (), (), {}, ())
    found = json.loads(unrun.notebook)
    assert [cell["source"] for cell in found["cells"]] == ["An answer.", "Another."]
    assert found["metadata"] == json.loads(run.notebook)["metadata"]
    assert run.layers
    assert odd == ["failed"] * 3
