"""Bringing answers over: what each cell becomes, and that nothing a learner typed is ever lost."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.workspace.merge import merge
from course_kit.workspace.notebooks import id_of, source_of


def code(cell_id: str | None, source: str, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}
    return cell if cell_id is None else {**cell, "id": cell_id}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


def texts(merged: Any) -> list[str]:
    return [source_of(cell) for cell in merged.notebook["cells"]]


def locked(grade_id: str) -> dict[str, Any]:
    return {"nbgrader": {"grade": True, "grade_id": grade_id, "locked": True, "solution": False, "points": 1}}


def test_untouched_cells_follow_and_touched_ones_stay() -> None:
    base = notebook(code("a", "one"), code("b", "two"), code("c", "three"))
    mine = notebook(code("a", "one"), code("b", "my two"), code("c", "three"))
    new = notebook(code("a", "ONE"), code("b", "two"), code("d", "four"), code("c", "three"))
    merged = merge(base, mine, new)
    assert texts(merged) == ["ONE", "my two", "four", "three"]
    assert (merged.carried, merged.both, merged.only_in_backup) == (1, 0, 0)


def test_where_both_changed_the_new_text_stands_beside_and_is_marked() -> None:
    base, mine, new = (notebook(code("a", text)) for text in ("x", "my x", "new x with ``` in it"))
    merged = merge(base, mine, new)
    own, note = merged.notebook["cells"]
    assert own["source"] == "my x"
    assert note["cell_type"] == "markdown"
    assert note["metadata"]["course_kit"]["new_version_of"] == "a"
    assert "````\nnew x with ``` in it\n````" in note["source"]
    assert (merged.carried, merged.both) == (1, 1)


def test_merging_once_more_adds_no_second_note() -> None:
    base, mine, new = (notebook(code("a", text)) for text in ("x", "my x", "new x"))
    once = merge(base, mine, new)
    twice = merge(base, once.notebook, new)
    assert texts(twice) == texts(once)
    third = merge(new, twice.notebook, new)
    assert texts(third) == ["my x"]


def test_own_cells_keep_their_neighbour_and_their_order() -> None:
    base = notebook(code("a", "one"), code("b", "two"), code("c", "three"))
    mine = notebook(code("0", "top"), code("a", "one"), code("m", "mine 1"), code("n", "mine 2"), *base["cells"][1:])
    new = notebook(code("c", "three"), code("a", "one"))
    assert texts(merge(base, mine, new)) == ["top", "three", "one", "mine 1", "mine 2"]


def test_a_touched_cell_that_the_author_took_out_stays_and_loses_the_authors_marks() -> None:
    base = notebook(code("a", "one"), code("b", "two", **locked("b")), code("c", "three"))
    mine = notebook(code("a", "one"), code("b", "my two", **locked("b")), code("c", "three"))
    merged = merge(base, mine, notebook(code("a", "one"), code("c", "three")))
    assert texts(merged) == ["one", "my two", "three"]
    assert merged.notebook["cells"][1]["metadata"] == {}


def test_locked_cells_follow_the_author() -> None:
    base, mine, new = (notebook(code("t", text, **locked("t"))) for text in ("assert 1", "pass", "assert 2"))
    merged = merge(base, mine, new)
    assert texts(merged) == ["assert 2"]
    assert (merged.carried, merged.only_in_backup) == (0, 1)


def test_a_cell_that_the_learner_deleted_stays_deleted_unless_the_author_changed_it() -> None:
    base = notebook(code("a", "one"), code("b", "two"), code("t", "test", **locked("t")))
    new = notebook(code("a", "one"), code("b", "two, better"), code("t", "test", **locked("t")))
    assert texts(merge(base, notebook(), new)) == ["two, better", "test"]


def test_outputs_of_cells_that_stay_are_kept() -> None:
    ran = {
        **code("a", "one"),
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}],
        "execution_count": 7,
    }
    merged = merge(notebook(code("a", "one")), notebook(ran), notebook(code("b", "new"), code("a", "one", tags=["x"])))
    kept = merged.notebook["cells"][1]
    assert (kept["execution_count"], kept["outputs"], kept["metadata"]) == (7, ran["outputs"], {"tags": ["x"]})


def test_notebooks_from_before_cell_ids_are_matched_by_grade_id_and_text() -> None:
    solution = {"nbgrader": {"grade": False, "grade_id": "s", "locked": False, "solution": True}}
    base = notebook(code(None, "one"), code(None, "todo", **solution))
    mine = notebook(code("lab-1", "one"), code("lab-2", "my answer", **solution), code("lab-3", "scratch"))
    new = notebook(code(None, "one"), code(None, "inserted"), code(None, "todo", **solution))
    assert texts(merge(base, mine, new)) == ["one", "inserted", "my answer", "scratch"]


TEXT = st.sampled_from(["", "a", "b", "new", "```", "mine"]) | st.text(max_size=5)
IDS = st.sampled_from(["a", "b", "c", "d", "e"])
CELLS = st.lists(
    st.builds(
        lambda cell_id, source, kind: {**code(cell_id, source), "cell_type": kind},
        IDS,
        TEXT,
        st.sampled_from(["code", "markdown"]),
    ),
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(base=CELLS, mine=CELLS, new=CELLS)
def test_every_text_that_a_learner_typed_survives_and_ids_are_unique(base: Any, mine: Any, new: Any) -> None:
    before = copy.deepcopy((base, mine, new))
    merged = merge(notebook(*base), notebook(*mine), notebook(*new))
    assert (base, mine, new) == before
    ids = [id_of(cell) for cell in merged.notebook["cells"]]
    assert len(set(ids)) == len(ids)
    came = [(cell["cell_type"], cell["source"]) for cell in base]
    kept = [(cell["cell_type"], cell["source"]) for cell in merged.notebook["cells"]]
    for cell in mine:
        typed = (cell["cell_type"], cell["source"])
        assert typed in came or typed in kept
