"""Submitted notebooks as they come: mended where an answer is not touched, else named."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.bridges.nbgrader.repair import read_notebook, write_notebook
from course_kit.errors import Invalid


def cell(source: Any, grade_id: Any = None, **more: Any) -> dict[str, Any]:
    metadata = {} if grade_id is None else {"nbgrader": {"grade_id": grade_id, "schema_version": 3}}
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], **more}


def notebook(*cells: Any, **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more}).encode()


def test_a_sound_notebook_needs_no_repair() -> None:
    read, repairs = read_notebook(notebook(cell("x = 1", "a"), cell(["y\n", "z"], "b")))
    assert repairs == []
    assert [one["source"] for one in read["cells"]] == ["x = 1", "y\nz"]
    assert read_notebook(write_notebook(read)) == (read, [])


def test_of_a_repeated_cell_the_last_is_marked_as_nbgrader_does() -> None:
    read, repairs = read_notebook(notebook(cell("first", "a"), cell("x"), cell("last", "a")))
    assert ["nbgrader" in one["metadata"] for one in read["cells"]] == [False, False, True]
    assert repairs == ["the cell 'a' is there more than once: the last one was marked"]


def test_what_other_tools_leave_behind_is_filled_in() -> None:
    bare = {"cell_type": "code", "source": "x"}
    read, repairs = read_notebook(
        b"\xef\xbb\xbf" + notebook(bare, "no cell", cell("y", 7), cell("z", id="i"), cell("z", id="i"))
    )
    assert len(read["cells"]) == 4
    assert repairs == [
        "cells of no known kind were left out",
        "missing parts of cells were filled in",
        "a cell with damaged nbgrader marks was made a plain cell",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"<html>", "it is not a notebook: it is not JSON (line 1)"),
        (b"[" * 100_000, "it is not a notebook: it is not JSON"),
        (b"[1, 2]", "it is not a notebook: it has no nbformat"),
        (b'{"nbformat": 9}', "it has notebook format 9, which is newer than 4"),
        (b'{"nbformat": 4}', "it is not a notebook: it has no cells"),
    ],
)
def test_what_is_no_notebook_is_named(content: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_notebook(content)
    assert caught.value.message == reason


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_cell_is_mended_or_named(junk: Any) -> None:
    for content in (notebook(junk), notebook(cell(junk, junk)), json.dumps({"nbformat": 4, "cells": junk}).encode()):
        try:
            read, _ = read_notebook(content)
        except Invalid:
            continue
        assert all(isinstance(one["source"], str) and isinstance(one["metadata"], dict) for one in read["cells"])
