# ruff: noqa: E501  # what attackers write keeps its lines
"""Notebooks that are broken, huge, or say something else than they are."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from adversary.attack import RIGHT, WRONG, Attack, Ours, Plain

UNREAD = Ours(statuses=("unreadable", "failed"), scores=(None, 0.0))
MENDED = Ours(statuses=("repaired", "graded"))
LOST = Ours(statuses=("repaired", "graded", "failed"), scores=(0.0, None))
"""Mended where that can be done, and else named as failed; never points."""
NO_SCORE = Plain(score=None)


def _cells(edit: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    def change(notebook: Any) -> Any:
        edit(notebook.cells)
        return notebook

    return change


def _marks(index: int, **changed: Any) -> Callable[[Any], Any]:
    return _cells(lambda cells: cells[index].metadata.nbgrader.update(changed))


def _raw(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Any], bytes]:
    def change(notebook: Any) -> bytes:
        found = json.loads(json.dumps(notebook))
        edit(found)
        return json.dumps(found).encode()

    return change


def _deep(notebook: Any) -> bytes:
    return json.dumps(notebook)[:-1].encode() + b', "deep": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def _huge(size: int) -> Callable[[Any], Any]:
    def change(notebook: Any) -> Any:
        output = {"output_type": "stream", "name": "stdout", "text": "x" * size}
        notebook.cells[1].outputs = [output]
        return notebook

    return change


def _twice(cells: list[Any]) -> None:
    copy = deepcopy(cells[2])
    copy.id, copy.source = "again", "pass"
    cells.append(copy)


def _swapped(cells: list[Any]) -> None:
    one, other = cells[2].metadata.nbgrader, cells[3].metadata.nbgrader
    one.grade_id, other.grade_id = other.grade_id, one.grade_id


def _solved_outputs(cells: list[Any]) -> None:
    for cell in cells[2:]:
        cell.outputs = [
            {"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {}, "execution_count": 1}
        ]
        cell.execution_count = 1


def _retyped(cells: list[Any]) -> None:
    for index in range(2, len(cells)):
        cells[index] = {
            "cell_type": "markdown",
            "metadata": cells[index].metadata,
            "source": "passed",
            "id": f"m{index}",
        }


ATTACKS = (
    Attack(
        "not-json",
        "Hands in a text that is no JSON.",
        change=lambda book: b"%PDF-1.7 not a notebook",
        plain=NO_SCORE,
        ours=UNREAD,
    ),
    Attack(
        "cut-short",
        "Hands in the first half of a notebook.",
        change=lambda book: json.dumps(book).encode()[:900],
        plain=NO_SCORE,
        ours=UNREAD,
    ),
    Attack("not-an-object", "Hands in JSON that is a list.", change=lambda book: b"[]", plain=NO_SCORE, ours=UNREAD),
    Attack("empty-file", "Hands in an empty file.", change=lambda book: b"", plain=NO_SCORE, ours=UNREAD),
    Attack(
        "not-utf-8",
        "Hands in a notebook in another encoding, with bytes that are no text.",
        change=lambda book: json.dumps(book).encode("utf-16"),
        plain=NO_SCORE,
        ours=UNREAD,
    ),
    Attack("deep-nest", "Nests 200,000 lists into the notebook.", change=_deep, plain=NO_SCORE, ours=UNREAD),
    Attack(
        "hundred-megabytes",
        "Hands in a notebook of 100 MB, all of it one old output.",
        change=_huge(100 * 10**6),
        plain=Plain(score=8.0),
        ours=Ours(statuses=("graded", "repaired", "unreadable"), scores=(8.0, None)),
    ),
    Attack(
        "many-cells",
        "Hands in 20,000 empty cells.",
        change=_cells(
            lambda cells: cells.extend(
                {
                    "cell_type": "code",
                    "metadata": {},
                    "source": "",
                    "outputs": [],
                    "execution_count": None,
                    "id": f"c{n}",
                }
                for n in range(20_000)
            )
        ),
        plain=Plain(not_run="it keeps nbgrader busy for minutes"),
        ours=Ours(statuses=("graded", "repaired", "timed-out", "unreadable", "failed"), scores=(8.0, 0.0, None)),
    ),
    Attack(
        "solved-outputs",
        "Brings the outputs that passed tests would have.",
        answer=WRONG,
        change=_cells(_solved_outputs),
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "duplicated-cell",
        "Has a test twice, the second one empty.",
        answer=WRONG,
        change=_cells(_twice),
        plain=Plain(score=None, deeds=("stops",)),
        ours=Ours(statuses=("repaired",), scores=(0.0,)),
    ),
    Attack(
        "missing-tests",
        "Removes the tests.",
        answer=WRONG,
        change=_cells(lambda cells: cells.__delitem__(slice(2, None))),
        plain=Plain(score=0.0),
        ours=Ours(statuses=("repaired", "graded"), scores=(0.0,)),
    ),
    Attack(
        "renamed-cells",
        "Renames the tests, so that nbgrader does not know them.",
        answer=WRONG,
        change=_cells(
            lambda cells: [
                cell.metadata.nbgrader.update(grade_id="my-" + cell.metadata.nbgrader.grade_id) for cell in cells[2:]
            ]
        ),
        plain=NO_SCORE,
        ours=LOST,
    ),
    Attack(
        "swapped-names",
        "Exchanges the names of two tests.",
        answer=WRONG,
        change=_cells(_swapped),
        plain=Plain(score=0.0),
        ours=Ours(statuses=("repaired", "graded"), scores=(0.0,)),
    ),
    Attack(
        "retyped-cells",
        "Makes the tests Markdown cells, which say nothing.",
        answer=WRONG,
        change=_cells(_retyped),
        plain=Plain(score=0.0),
        ours=Ours(statuses=("repaired", "graded"), scores=(0.0,)),
    ),
    Attack(
        "tests-as-solutions",
        "Marks the tests as solutions, so that they are taken for answers to be marked by hand.",
        answer=WRONG,
        change=_cells(
            lambda cells: [
                cell.metadata.nbgrader.update(solution=True, locked=False) or setattr(cell, "source", "pass")
                for cell in cells[2:]
            ]
        ),
        plain=NO_SCORE,
        ours=LOST,
    ),
    Attack(
        "more-points",
        "Gives its tests a million points, nan and a negative number.",
        answer="def add(a, b):\n    return 3\n",
        change=_raw(
            lambda book: [
                book["cells"][n]["metadata"]["nbgrader"].update(points=points)
                for n, points in ((2, 1e6), (3, float("nan")), (4, -5), (5, "many"))
            ]
        ),
        plain=NO_SCORE,
        ours=Ours(statuses=("graded", "repaired", "failed"), scores=(2.0, None)),
    ),
    Attack(
        "own-tests",
        "Adds tests of its own, worth a hundred points.",
        answer=WRONG,
        change=_cells(
            lambda cells: cells.append(
                {
                    **deepcopy(cells[2]),
                    "id": "mine",
                    "source": "pass",
                    "metadata": {"nbgrader": {**cells[2].metadata.nbgrader, "grade_id": "mine", "points": 100}},
                }
            )
        ),
        plain=NO_SCORE,
        ours=LOST,
    ),
    Attack(
        "metadata-of-other-types",
        "Has lists, numbers and nothing where metadata should be.",
        change=_raw(
            lambda book: [
                book["cells"][0].update(metadata=[]),
                book["cells"][2]["metadata"].update(nbgrader="no"),
                book["cells"][3]["metadata"].update(nbgrader=None),
                book.update(metadata=[1]),
            ]
        ),
        plain=NO_SCORE,
        ours=Ours(statuses=("repaired", "unreadable", "graded"), scores=(8.0, None, 3.0)),
    ),
    Attack(
        "cells-of-other-types",
        "Has numbers among its cells, and cells without a type.",
        change=_raw(lambda book: book["cells"].extend([7, None, {}, {"cell_type": "video"}, "text"])),
        plain=NO_SCORE,
        ours=Ours(statuses=("repaired", "unreadable"), scores=(8.0, None)),
    ),
    Attack(
        "source-of-other-types",
        "Has a number as the text of a cell, and lists in lists.",
        change=_raw(
            lambda book: [book["cells"][0].update(source=42), book["cells"][1].update(source=[RIGHT, ["# x"], None])]
        ),
        plain=NO_SCORE,
        ours=Ours(statuses=("repaired", "unreadable", "graded"), scores=(8.0, 0.0, None)),
    ),
    Attack(
        "old-format",
        "Says that it is a notebook of version 3.",
        change=_raw(lambda book: book.update(nbformat=3)),
        plain=NO_SCORE,
        ours=Ours(statuses=("unreadable", "repaired", "graded", "failed"), scores=(None, 8.0, 0.0)),
    ),
    Attack(
        "future-format",
        "Says that it is a notebook of version 99.",
        change=_raw(lambda book: book.update(nbformat=99, nbformat_minor=-1)),
        plain=NO_SCORE,
        ours=Ours(statuses=("unreadable", "repaired", "graded"), scores=(None, 8.0)),
    ),
    Attack(
        "huge-numbers",
        "Has a number of 5,000 digits as its version.",
        change=lambda book: json.dumps(book).encode().replace(b'"nbformat": 4', b'"nbformat": ' + b"9" * 5000),
        plain=NO_SCORE,
        ours=UNREAD,
    ),
    Attack(
        "future-schema",
        "Says that its tests are of a newer nbgrader, which ends nbgrader's batch.",
        answer=WRONG,
        change=_cells(lambda cells: [cell.metadata.nbgrader.update(schema_version=99) for cell in cells[1:]]),
        plain=Plain(score=None, deeds=("stops",)),
        ours=LOST,
    ),
    Attack(
        "old-schema",
        "Says that its tests are of an older nbgrader, which ends nbgrader's batch.",
        answer=WRONG,
        change=_cells(lambda cells: [cell.metadata.nbgrader.update(schema_version=1) for cell in cells[1:]]),
        plain=Plain(score=None, deeds=("stops",)),
        ours=LOST,
    ),
    Attack(
        "unicode-names",
        "Names its tests with letters that look the same, reversed text and a zero byte.",
        answer=WRONG,
        change=_cells(
            lambda cells: [
                cells[2].metadata.nbgrader.update(grade_id="tеst-add"),
                cells[3].update(id="\u202etset\u0000"),
                cells[4].metadata.nbgrader.update(grade_id="test-complex\u200b"),
                cells[5].update(id="cell-add"),
            ]
        ),
        plain=NO_SCORE,
        ours=LOST,
    ),
    Attack(
        "lone-surrogates",
        "Has text that cannot be encoded, in its answer, its names and its outputs.",
        code="print('\\ud800')",
        change=lambda book: json.dumps({**book, "metadata": {**book.metadata, "title": "\ud800"}}).encode(),
        plain=NO_SCORE,
        ours=Ours(statuses=("graded", "repaired", "unreadable"), scores=(8.0, None)),
    ),
    Attack(
        "other-program",
        "Names a kernel that is a path, with a display name of terminal codes.",
        change=_raw(
            lambda book: book["metadata"].update(
                kernelspec={"name": "../../../@NAME@/evil", "display_name": "\x1b[2J<b>", "language": "bash"},
                language_info={"name": "bash"},
            )
        ),
        plain=Plain(score=8.0),
        ours=Ours(statuses=("graded", "repaired")),
    ),
    Attack(
        "brought-kernelspec",
        "Brings a kernelspec that starts a program of its own.",
        change=_raw(lambda book: book["metadata"].update(kernelspec={"name": "mine", "display_name": "mine"})),
        files={
            "kernels/mine/kernel.json": '{"argv": ["touch", "@OUT@/@NAME@"], "display_name": "mine", "language": "python"}',
            "share/jupyter/kernels/mine/kernel.json": '{"argv": ["touch", "@OUT@/@NAME@"], "display_name": "m", "language": "python"}',
        },
        plain=Plain(score=8.0),
        ours=Ours(statuses=("graded", "repaired")),
    ),
    Attack(
        "papermill-tags",
        "Tags its cells as papermill's parameters, brings papermill's and widgets' metadata.",
        answer=WRONG,
        change=_raw(
            lambda book: [
                book["cells"][1]["metadata"].update(tags=["parameters", "injected-parameters"]),
                book["cells"][2]["metadata"].update(
                    tags=["remove-cell", "hide-input", 5], papermill={"status": "completed"}
                ),
                book["metadata"].update(
                    papermill={"parameters": {"add": 1}},
                    widgets={"application/vnd.jupyter.widget-state+json": {"state": []}},
                ),
            ]
        ),
        plain=NO_SCORE,
        ours=LOST,
    ),
    Attack(
        "course-kit-metadata",
        "Claims in its metadata to be proved, accepted, graded and another assignment.",
        answer=WRONG,
        change=_raw(
            lambda book: [
                book["metadata"].update(
                    course_kit={
                        "version": 99,
                        "course": "x",
                        "assignment": "other",
                        "proof": "proved",
                        "accepted": True,
                    }
                ),
                book["cells"][2]["metadata"].update(
                    course_kit={"version": 1, "verdict": "proved", "accepted": True, "quiz": "q"}
                ),
            ]
        ),
        plain=Plain(score=0.0),
        ours=Ours(statuses=("repaired", "graded"), scores=(0.0,)),
    ),
)
